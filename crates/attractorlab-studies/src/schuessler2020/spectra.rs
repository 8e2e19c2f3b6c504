//! Figure S1: spectra of trained networks, and of the change alone.

use attractorlab::analysis::LearntTask;
use attractorlab::analysis::weight_change::Spectra;
use attractorlab::numerics::linalg::Complex64;
use attractorlab_figures::{Axis, Colour, Disc, Dots, Figure, Marker, Panel, Reference, Table};
use serde_json::{Value, json};

use super::learnt::{Kind, PUBLISHED, Tasks, learn, listed, sample, task_title};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// Eigenvalues of W₀, W and ΔW after learning.
#[derive(Debug, Clone, Copy)]
pub struct TrainedSpectra;

const STRENGTHS: [f64; 3] = [0.0, 0.9, 1.8];

struct Sizes {
    units: usize,
    networks: usize,
    tasks: Tasks,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 96, networks: 5, tasks: &[("flip_flop", 120)] },
        Preset::Full => Sizes { units: 256, networks: 5, tasks: PUBLISHED },
    }
}

struct Found {
    spectra: Spectra,
    values: Vec<f64>,
    trained_values: Vec<f64>,
    converged: bool,
}

fn examine(learnt: &LearntTask) -> Result<Found, StudyError> {
    let trained = attractorlab::numerics::linalg::singular_values(learnt.change().trained())
        .map_err(StudyError::step("singular values"))?;
    Ok(Found {
        spectra: learnt.change().spectra().map_err(StudyError::step("spectra"))?,
        values: learnt.change().values().iter().take(40).copied().collect(),
        trained_values: trained.into_iter().take(40).collect(),
        converged: learnt.convergence.is_some(),
    })
}

fn radius(eigenvalues: &[Complex64]) -> f64 {
    eigenvalues.iter().map(|z| z.norm()).fold(0.0, f64::max)
}

impl Study for TrainedSpectra {
    fn id(&self) -> &'static str {
        "schuessler2020/spectra"
    }

    fn title(&self) -> &'static str {
        "Outliers come from the change and W₀ together"
    }

    fn question(&self) -> &'static str {
        "Which eigenvalues does training place outside the bulk, and are they those of the change alone?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let s = sizes(preset);
        let tasks = listed(s.tasks);
        json!({"tasks": tasks, "units": s.units, "networks": s.networks, "g": STRENGTHS})
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let s = sizes(context.preset);
        let kinds: Vec<Kind> = s
            .tasks
            .iter()
            .flat_map(|&(task, epochs)| STRENGTHS.map(|g| Kind { task, g, units: s.units, epochs }))
            .collect();
        let found = learn(context, &kinds, s.networks, 16, |learnt, _| examine(learnt))?;
        let mut table = Table::new("spectra", "Leading eigenvalues and spectral radii")
            .caption("Means over networks: the three largest real parts of W's eigenvalues, and the largest modulus of W₀, W and ΔW.");
        for column in ["task", "g", "Re λ₁", "Re λ₂", "Re λ₃", "radius of W₀", "radius of W", "radius of ΔW"]
        {
            table = table.column(column);
        }
        for (kind, networks) in kinds.iter().zip(&found) {
            let mean = |pick: &dyn Fn(&Found) -> f64| sample(networks.iter().map(|n| Some(pick(n)))).mean;
            table = table.row([
                task_title(kind.task).into(),
                kind.g.into(),
                mean(&|n| n.spectra.trained[0].re).into(),
                mean(&|n| n.spectra.trained[1].re).into(),
                mean(&|n| n.spectra.trained[2].re).into(),
                mean(&|n| radius(&n.spectra.initial)).into(),
                mean(&|n| radius(&n.spectra.trained)).into(),
                mean(&|n| radius(&n.spectra.change)).into(),
            ]);
        }
        let figures = s.tasks.iter().enumerate().map(|(index, (task, _))| {
            figure(task, &found[index * STRENGTHS.len()..(index + 1) * STRENGTHS.len()])
        });
        // The first task is the flip-flop in both presets.
        Ok(Outcome { figures: figures.collect(), tables: vec![table], claims: claims(&found) })
    }
}

fn claims(found: &[Vec<Found>]) -> Vec<Claim> {
    let converged = |index: usize| found[index].iter().filter(|n| n.converged);
    let mean = |index: usize, pick: &dyn Fn(&Found) -> f64| {
        let values: Vec<f64> = converged(index).map(pick).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let all = |index: usize, pick: &dyn Fn(&Found) -> f64| {
        found[index].iter().map(pick).sum::<f64>() / found[index].len() as f64
    };
    vec![
        Claim::within(
            "two-outliers",
            "flip-flop, g = 0: the second largest real part of W's eigenvalues (mean over networks that converged)",
            1.08,
            mean(0, &|n| n.spectra.trained[1].re),
            0.1,
        )
        .source("supplement, spectra: two real outliers near 1.15")
        .because(
            "Between 1.02 and 1.03 in seven networks of 96 units just after convergence, and 1.13 with 256 units after 1000 \
             epochs.",
        ),
        Claim::at_most(
            "only-two",
            "flip-flop, g = 0: the third largest real part stays in the bulk of the change",
            0.4,
            mean(0, &|n| n.spectra.trained[2].re),
        )
        .source("supplement, spectra")
        .because("Between 0.04 and 0.14 in seven networks of 96 units."),
        Claim::at_least(
            "outliers-beyond-one",
            "flip-flop, g = 0.9: W has eigenvalues beyond 1: the largest real part (mean over networks)",
            1.0,
            mean(1, &|n| n.spectra.trained[0].re),
        )
        .source("supplement, spectra: a few outliers just beyond 1")
        .because("Between 1.05 and 1.12 in eight networks; states that are held at zero input need it."),
        Claim::at_most(
            "change-inside",
            "flip-flop, g = 0.9: the eigenvalues of ΔW alone lie well inside the circle of radius g: largest modulus",
            0.7,
            mean(1, &|n| radius(&n.spectra.change)),
        )
        .source("supplement, spectra")
        .because("Between 0.25 and 0.43 in eight networks of 96 units."),
        Claim::within(
            "no-outliers",
            "flip-flop, g = 1.8: no outliers appear beyond the bulk: largest modulus of W's eigenvalues over that of W₀'s",
            1.0,
            all(2, &|n| radius(&n.spectra.trained) / radius(&n.spectra.initial)),
            0.12,
        )
        .source("supplement, spectra")
        .because("The edge itself moves by a few percent where a change of norm 0.6 meets a bulk of norm 18."),
    ]
}

fn figure(task: &str, found: &[Vec<Found>]) -> Figure {
    let points = |eigenvalues: &[Complex64]| eigenvalues.iter().map(|z| (z.re, z.im)).collect::<Vec<_>>();
    let mut figure = Figure::new(format!("spectra-{task}"), format!("Spectra after learning the {} task", task_title(task)))
        .columns(3)
        .caption(
            "Above, eigenvalues of W (dots) and of ΔW alone (squares) of one network for each strength g; grey, the disc of \
             radius g; the line is where a state loses stability at zero input. Below, singular values of ΔW and of W.",
        );
    for (g, networks) in STRENGTHS.iter().zip(found) {
        let spectra = &networks[0].spectra;
        figure = figure.panel(
            Panel::complex_plane()
                .title(format!("g = {g}"))
                .layer(Disc::new(*g))
                .layer(Reference::vertical(1.0))
                .layer(Dots::at(points(&spectra.trained)).size(2.5).colour(Colour::Blue).label("W"))
                .layer(
                    Dots::at(points(&spectra.change))
                        .size(2.5)
                        .marker(Marker::Square)
                        .colour(Colour::Orange)
                        .label("ΔW"),
                ),
        );
    }
    for networks in found {
        let values =
            |values: &[f64]| values.iter().enumerate().map(|(k, s)| ((k + 1) as f64, *s)).collect::<Vec<_>>();
        figure = figure.panel(
            Panel::new(Axis::new("index"), Axis::new("singular value"))
                .layer(
                    Dots::at(values(&networks[0].trained_values)).size(2.5).colour(Colour::Blue).label("W"),
                )
                .layer(
                    Dots::at(values(&networks[0].values))
                        .size(2.5)
                        .marker(Marker::Square)
                        .colour(Colour::Orange)
                        .label("ΔW"),
                ),
        );
    }
    figure
}
