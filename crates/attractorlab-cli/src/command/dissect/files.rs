//! The results of a dissection as files for other programs.

use std::path::Path;

use attractorlab::analysis::Dissection;
use attractorlab::arrays::{Array, Arrays};
use attractorlab::dynamics::fixed_points::{LinkEnd, Stability};
use attractorlab::numerics::linalg::Mat;
use attractorlab_sweep::table::{Column, write_table};

use crate::error::CliError;

/// Writes `points.parquet` (a row a point) and `points.npz` (states, modes, trajectories, links).
pub(super) fn write(found: &Dissection, folder: &Path) -> Result<(), CliError> {
    let failed = |path: &Path, reason: String| CliError::Results { path: path.display().to_string(), reason };
    let path = folder.join("points.parquet");
    write_table(&path, &table(found)).map_err(|error| failed(&path, error.to_string()))?;
    let path = folder.join("points.npz");
    arrays(found).write(&path).map_err(|error| failed(&path, error.to_string()))
}

fn table(found: &Dissection) -> Vec<(String, Column)> {
    let points = &found.points;
    let count =
        |f: &dyn Fn(usize) -> usize| Column::Integer((0..points.len()).map(|k| Some(f(k) as i64)).collect());
    let number = |f: &dyn Fn(usize) -> Option<f64>| Column::Number((0..points.len()).map(f).collect());
    let proof = |k: usize| points[k].certificate.as_ref().ok();
    let mut columns = vec![
        ("point".to_owned(), count(&|k| k + 1)),
        ("unstable_directions".to_owned(), count(&|k| points[k].modes.unstable)),
        (
            "index".to_owned(),
            Column::Integer(points.iter().map(|p| Some(i64::from(p.point.index))).collect()),
        ),
        ("residual".to_owned(), number(&|k| Some(points[k].point.residual))),
        ("certified".to_owned(), Column::Truth(points.iter().map(|p| Some(p.certificate.is_ok())).collect())),
        ("existence_radius".to_owned(), number(&|k| proof(k).map(|proof| proof.existence_radius))),
        ("uniqueness_radius".to_owned(), number(&|k| proof(k).map(|proof| proof.uniqueness_radius))),
        (
            "stability".to_owned(),
            Column::Text(
                (0..points.len())
                    .map(|k| {
                        proof(k).map(|proof| match proof.stability {
                            Stability::Stable => "stable".to_owned(),
                            Stability::Unstable { .. } => "unstable".to_owned(),
                            Stability::Marginal { .. } => "marginal".to_owned(),
                        })
                    })
                    .collect(),
            ),
        ),
        ("survives_f32".to_owned(), Column::Truth(points.iter().map(|p| Some(p.survives_f32)).collect())),
        (
            "leading_eigenvalue_re".to_owned(),
            number(&|k| points[k].modes.modes.first().map(|mode| mode.eigenvalue.re)),
        ),
        (
            "leading_eigenvalue_im".to_owned(),
            number(&|k| points[k].modes.modes.first().map(|mode| mode.eigenvalue.im)),
        ),
        ("hits_trajectory".to_owned(), count(&|k| points[k].point.hits.trajectory)),
        ("hits_structure".to_owned(), count(&|k| points[k].point.hits.structure)),
        ("hits_random".to_owned(), count(&|k| points[k].point.hits.random)),
        ("hits_deflation".to_owned(), count(&|k| points[k].point.hits.deflation)),
    ];
    let outputs = points.first().map_or(0, |point| point.output.len());
    for z in 0..outputs {
        columns.push((format!("output_{}", z + 1), number(&|k| points[k].output.get(z).copied())));
    }
    let loops = points.first().map_or(0, |point| point.overlaps.len());
    for r in 0..loops {
        columns.push((format!("overlap_{}", r + 1), number(&|k| points[k].overlaps.get(r).copied())));
    }
    if let Some(theory) = &found.theory {
        let state =
            |k: usize| theory.matches.iter().position(|point| *point == Some(k)).map(|s| &theory.states[s]);
        for r in 0..loops {
            columns.push((
                format!("theory_overlap_{}", r + 1),
                number(&|k| state(k).map(|state| state.overlaps[r])),
            ));
            columns.push((
                format!("theory_overlap_{}_error", r + 1),
                number(&|k| state(k).map(|state| state.overlap_errors[r])),
            ));
        }
        columns.push(("theory_radius".to_owned(), number(&|k| state(k).map(|state| state.radius))));
        columns
            .push(("theory_outlier_re".to_owned(), number(&|k| state(k).map(|state| state.outliers[0].re))));
        columns
            .push(("theory_outlier_im".to_owned(), number(&|k| state(k).map(|state| state.outliers[0].im))));
    }
    columns
}

fn arrays(found: &Dissection) -> Arrays {
    let mut out = Arrays::default();
    let points = &found.points;
    let dim = found.components.mean.len();
    let mut put = |name: &str, array: Array| out.arrays.insert(name.to_owned(), array);
    put("input", Array::vector(&found.input));
    put("points", Array::matrix(&Mat::from_fn(points.len(), dim, |k, i| points[k].point.x[i])));
    for (name, part) in [("eigenvalues_re", true), ("eigenvalues_im", false)] {
        let matrix = Mat::from_fn(points.len(), dim, |k, i| {
            points[k]
                .modes
                .modes
                .get(i)
                .map_or(f64::NAN, |mode| if part { mode.eigenvalue.re } else { mode.eigenvalue.im })
        });
        put(name, Array::matrix(&matrix));
    }
    let slow = &found.slow;
    put("slow_points", Array::matrix(&Mat::from_fn(slow.len(), dim, |k, i| slow[k].x[i])));
    put("slow_speeds", Array::vector(&slow.iter().map(|point| point.speed).collect::<Vec<_>>()));
    // from, mode, sign, to; 0 where a direction leads to no known point.
    let links = Mat::from_fn(found.links.len(), 4, |k, i| {
        let link = &found.links[k];
        match i {
            0 => (link.from + 1) as f64,
            1 => (link.mode + 1) as f64,
            2 => link.sign,
            _ => match link.to {
                LinkEnd::Point(to) => (to + 1) as f64,
                LinkEnd::Elsewhere | LinkEnd::Diverged => 0.0,
            },
        }
    });
    put("links", Array::matrix(&links));
    put("principal_axes", Array::matrix(&found.components.axes));
    out
}
