//! The circular law, for every kind of bulk.

use attractorlab::dynamics::spectrum;
use attractorlab::network::{Bulk, Connectivity};
use attractorlab::numerics::linalg::Complex64;
use attractorlab::numerics::random::Stream;
use attractorlab_figures::{Axis, Colour, Crosses, Disc, Dots, Line, Panel, Reference};
use rayon::prelude::*;

use super::random_networks::{PURPOSE, Sizes};
use crate::{Claim, Context, StudyError};

/// The disc of the figure, and its rank-one outlier.
const G: f64 = 0.8;
const OVERLAP: f64 = 1.5;

pub(super) struct Spectra {
    /// |λ|²/g² of each kind, sorted, all networks together.
    kinds: Vec<(&'static str, Bulk, Vec<f64>)>,
    /// Mean over networks of the largest |λ|/g of each kind.
    edges: Vec<f64>,
    with_outlier: Vec<Complex64>,
    overlap: f64,
    units: usize,
}

fn kinds() -> [(&'static str, Bulk); 3] {
    [
        ("Gaussian", Bulk::Gaussian { g: 1.0 }),
        ("sparse", Bulk::Sparse { g: 1.2, probability: 0.1 }),
        ("Dale's law", Bulk::Dale { excitation: 2.0, fraction: 0.5, probability: 0.5 }),
    ]
}

/// One network with a rank-one loop, and the bulks of all kinds.
pub(super) fn run(context: &Context<'_>, sizes: Sizes) -> Result<Spectra, StudyError> {
    let n = sizes.spectrum_units;
    let of = |bulk: Bulk, stream: &mut Stream| -> Result<Vec<Complex64>, StudyError> {
        context.check()?;
        let bulk = bulk.draw(n, stream).map_err(StudyError::step("bulk"))?;
        let connectivity = Connectivity::new(bulk).map_err(StudyError::step("bulk"))?;
        spectrum(&connectivity, &vec![1.0; n]).map_err(StudyError::step("spectrum"))
    };
    let jobs: Vec<(usize, u64)> =
        (0..kinds().len()).flat_map(|kind| (0..sizes.spectra as u64).map(move |k| (kind, k))).collect();
    let spectra = jobs
        .par_iter()
        .map(|&(kind, k)| {
            let purpose = format!("{PURPOSE} spectrum {kind}");
            let bulk = kinds()[kind].1;
            let values = of(bulk, &mut Stream::new(context.seed, &purpose, k))?;
            let g = bulk.effective_g();
            Ok((kind, values.iter().map(|v| v.norm_sqr() / (g * g)).collect::<Vec<f64>>()))
        })
        .collect::<Result<Vec<_>, StudyError>>()?;
    let mut found = Vec::new();
    let mut edges = Vec::new();
    for (kind, (name, bulk)) in kinds().into_iter().enumerate() {
        let own = || spectra.iter().filter(|(k, _)| *k == kind).map(|(_, values)| values);
        let mut all: Vec<f64> = own().flatten().copied().collect();
        all.sort_by(f64::total_cmp);
        let largest = own().map(|values| values.iter().fold(0.0, |m: f64, v| m.max(*v)).sqrt());
        edges.push(largest.sum::<f64>() / sizes.spectra as f64);
        found.push((name, bulk, all));
    }
    let mut stream = Stream::new(context.seed, &format!("{PURPOSE} portrait"), 0);
    let bulk = Bulk::Gaussian { g: G }.draw(n, &mut stream).map_err(StudyError::step("bulk"))?;
    let m = stream.normals(n);
    let readout: Vec<f64> = m.iter().map(|m| OVERLAP * m).collect();
    let overlap = m.iter().zip(&readout).map(|(m, n)| m * n).sum::<f64>() / n as f64;
    let connectivity = Connectivity::new(bulk)
        .and_then(|bulk| bulk.with_feedback(m, readout))
        .map_err(StudyError::step("network"))?;
    let with_outlier = spectrum(&connectivity, &vec![1.0; n]).map_err(StudyError::step("spectrum"))?;
    Ok(Spectra { kinds: found, edges, with_outlier, overlap, units: n })
}

/// Largest difference between the distribution of sorted values and the uniform one on [0, 1].
fn kolmogorov_smirnov(sorted: &[f64]) -> f64 {
    let n = sorted.len() as f64;
    sorted
        .iter()
        .enumerate()
        .map(|(i, &v)| {
            let expected = v.min(1.0);
            (expected - i as f64 / n).abs().max(((i + 1) as f64 / n - expected).abs())
        })
        .fold(0.0, f64::max)
}

impl Spectra {
    pub(super) fn claims(&self) -> Vec<Claim> {
        let root = (self.units as f64).sqrt();
        let mut claims = Vec::new();
        for (((name, bulk, values), edge), slug) in
            self.kinds.iter().zip(&self.edges).zip(["gaussian", "sparse", "dale"])
        {
            let g = bulk.effective_g();
            let (allowed, why) = match slug {
                "gaussian" => (
                    1.2 / root,
                    "Eigenvalues repel each other: the distance is not the 1.4/√(number) of independent points but the \
                     tail of about 0.4 √N values beyond the edge and √(2N/π) values on the real axis, 0.6/√N together; \
                     its scatter between seeds is a tenth of that, and twice the mean is allowed.",
                ),
                "sparse" => (
                    1.6 / root,
                    "As for the Gaussian bulk, with a correction of order 1/(pN) from the fourth moment of sparse \
                     weights.",
                ),
                _ => (
                    2.5 / root,
                    "As for the Gaussian bulk; a few values leave the disc because rows are balanced on average only \
                     (Rajan & Abbott 2006).",
                ),
            };
            claims.push(
                Claim::at_most(
                    &format!("disc-{slug}"),
                    &format!(
                        "{name} bulk: |λ|²/g² is uniform on [0, 1] (Kolmogorov–Smirnov distance), g = {g:.3}"
                    ),
                    allowed,
                    kolmogorov_smirnov(values),
                )
                .source("circular law: Girko 1984; Tao & Vu 2010; Rajan & Abbott 2006 for Dale's law")
                .because(why),
            );
            if slug != "dale" {
                claims.push(
                    Claim::within(
                        &format!("edge-{slug}"),
                        &format!("{name} bulk: the largest |λ| is g, mean over networks"),
                        1.0,
                        *edge,
                        3.0 / root,
                    )
                    .source("circular law; Rider 2003 for the edge")
                    .because(
                        "The largest modulus lies √(log N/4N) above g, about 1.1/√N here, with a scatter of a quarter of \
                         that per network.",
                    ),
                );
            }
        }
        claims
    }

    pub(super) fn panels(&self) -> [Panel; 2] {
        let portrait = Panel::complex_plane()
            .title("Bulk and one loop")
            .layer(Disc::new(G).label("bulk radius g"))
            .layer(Reference::vertical(1.0).label("Re λ = 1"))
            .layer(Dots::at(self.with_outlier.iter().map(|v| (v.re, v.im))).size(2.0).label("eigenvalues"))
            .layer(Crosses::at([(self.overlap, 0.0)]).label("predicted outlier"));
        let mut law = Panel::new(
            Axis::new("scaled modulus |λ|/g").range(0.0, 1.3),
            Axis::new("fraction of eigenvalues within").range(0.0, 1.05),
        )
        .title("Circular law")
        .layer(
            Line::through((0..=130).map(|k| {
                let r = 0.01 * f64::from(k);
                (r, (r * r).min(1.0))
            }))
            .label("|λ|²/g²"),
        );
        for (i, (name, _, values)) in self.kinds.iter().enumerate() {
            let n = values.len();
            // Twenty quantiles of each, shifted against each other so that they do not hide.
            let points = (0..20).map(|k| {
                let index = ((f64::from(k) + 0.25 + 0.25 * i as f64) / 20.0 * n as f64) as usize;
                (values[index.min(n - 1)].sqrt(), (index as f64 + 0.5) / n as f64)
            });
            let colour = [Colour::Blue, Colour::Vermillion, Colour::Green][i];
            law = law.layer(Dots::at(points).colour(colour).size(3.0).label(*name));
        }
        [portrait, law]
    }
}
