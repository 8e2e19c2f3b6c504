//! The outlier of a rank-one loop, and how it fluctuates.

use attractorlab::dynamics::{EffectiveConnectivity, outliers};
use attractorlab::network::{Bulk, Connectivity};
use attractorlab::numerics::random::Stream;
use attractorlab_figures::{Axis, Dots, Line, Panel};
use rayon::prelude::*;

use super::random_networks::{PURPOSE, Sizes};
use crate::statistics::Sample;
use crate::{Claim, Context, StudyError};

const G: f64 = 0.6;
/// m·n/N, and the standard deviations of the entries of m (1) and n.
const OVERLAP: f64 = 1.5;
const READOUT_STD: f64 = 2.0;

pub(super) struct Outliers {
    /// Networks sizes with the deviations λ − m·n/N over networks.
    sizes: Vec<(usize, Sample)>,
    missing: usize,
}

/// Standard deviation of λ − m·n/N: λ = m·n/N + Σₖ nᵀJᵏm/(N λᵏ), and the terms are independent with
/// variances g²ᵏ ⟨m²⟩⟨n²⟩/N.
fn predicted_std(units: usize) -> f64 {
    G * READOUT_STD / (units as f64 * (OVERLAP * OVERLAP - G * G)).sqrt()
}

pub(super) fn run(context: &Context<'_>, sizes: Sizes) -> Result<Outliers, StudyError> {
    let mut found = Vec::new();
    let mut missing = 0;
    for &units in sizes.outlier_units {
        let deviations = (0..sizes.outlier_networks as u64)
            .into_par_iter()
            .map(|k| {
                context.check()?;
                let mut stream = Stream::new(context.seed, &format!("{PURPOSE} outlier {units}"), k);
                let bulk =
                    Bulk::Gaussian { g: G }.draw(units, &mut stream).map_err(StudyError::step("bulk"))?;
                let (m, own) = (stream.normals(units), stream.normals(units));
                let rest = (READOUT_STD * READOUT_STD - OVERLAP * OVERLAP).sqrt();
                let n: Vec<f64> = m.iter().zip(&own).map(|(m, e)| OVERLAP * m + rest * e).collect();
                let overlap = m.iter().zip(&n).map(|(m, n)| m * n).sum::<f64>() / units as f64;
                let connectivity = Connectivity::new(bulk)
                    .and_then(|bulk| bulk.with_feedback(m, n))
                    .map_err(StudyError::step("network"))?;
                let operator = EffectiveConnectivity::new(&connectivity, vec![1.0; units]);
                let found = outliers(&operator, 0.1).map_err(StudyError::step("outlier"))?;
                // A conjugate pair or a value within the bulk would be no real outlier.
                Ok(found.values.first().filter(|v| v.im == 0.0).map(|v| v.re - overlap))
            })
            .collect::<Result<Vec<Option<f64>>, StudyError>>()?;
        let present: Vec<f64> = deviations.iter().filter_map(|d| *d).collect();
        missing += deviations.len() - present.len();
        found.push((units, Sample::of(&present)));
    }
    Ok(Outliers { sizes: found, missing })
}

impl Outliers {
    /// Slope of log std against log N by least squares, and its standard error from 1/√(2M) a point.
    fn exponent(&self) -> (f64, f64) {
        let x: Vec<f64> = self.sizes.iter().map(|(n, _)| (*n as f64).ln()).collect();
        let y: Vec<f64> = self.sizes.iter().map(|(_, sample)| sample.std.ln()).collect();
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let (mx, my) = (mean(&x), mean(&y));
        let spread: f64 = x.iter().map(|x| (x - mx).powi(2)).sum();
        let slope = x.iter().zip(&y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>() / spread;
        (slope, 1.0 / (2.0 * self.sizes[0].1.count as f64 * spread).sqrt())
    }

    pub(super) fn claims(&self) -> Vec<Claim> {
        let (slope, error) = self.exponent();
        let (units, sample) = self.sizes[self.sizes.len() - 1];
        vec![
            Claim::equal(
                "outlier-found",
                "Every network with m·n/N = 1.5 beyond a bulk of radius 0.6 has one real outlier",
                0.0,
                self.missing as f64,
            )
            .source("Tao 2013; Rivkind & Barak 2017")
            .because("A count of networks without one. The overlap would have to fluctuate by more than six standard deviations."),
            Claim::within(
                "outlier-place",
                "Mean of λ − m·n/N over networks, in standard errors",
                0.0,
                sample.score(0.0),
                4.5,
            )
            .source("Tao 2013")
            .because(
                "A t score, exceeded by chance with probability 7e-6. The bias is of order 1/N, a small fraction of the \
                 standard error.",
            ),
            Claim::within(
                "outlier-exponent",
                "The fluctuation of the outlier falls with the number of units to this power",
                -0.5,
                slope,
                4.0 * error + 0.03,
            )
            .source("Rivkind & Barak 2017; Mastrogiuseppe & Ostojic 2019, methods")
            .because(
                "Four standard errors of the fit, the log of each standard deviation having the error 1/√(2M) for M \
                 networks; 0.03 for the next order, 1/N, at the smallest networks.",
            ),
            Claim::within(
                "outlier-fluctuation",
                &format!("Standard deviation of λ − m·n/N over its prediction g s_n/√(N(λ² − g²)), N = {units}"),
                1.0,
                sample.std / predicted_std(units),
                4.0 / (2.0 * sample.count as f64).sqrt() + 0.03,
            )
            .source("ours: λ = m·n/N + Σ nᵀJᵏm/(Nλᵏ), independent terms")
            .because("Four standard errors 1/√(2M) of a standard deviation, and 0.03 for the next order in 1/N."),
        ]
    }

    pub(super) fn panel(&self) -> Panel {
        let theory = Line::through(self.sizes.iter().map(|(n, _)| (*n as f64, predicted_std(*n))));
        let bars: Vec<f64> = self.sizes.iter().map(|(_, s)| s.std / (2.0 * s.count as f64).sqrt()).collect();
        Panel::new(Axis::log10("number of units N"), Axis::log10("std of λ − m·n/N"))
            .title("Fluctuation of the outlier")
            .layer(theory.label("prediction"))
            .layer(
                Dots::at(self.sizes.iter().map(|(n, s)| (*n as f64, s.std)))
                    .y_error(&bars)
                    .label("simulation"),
            )
    }
}
