//! Finite networks of the paper's ensemble, and what is measured on them.

use attractorlab::dynamics::{ClampedNetwork, EffectiveConnectivity, SolverOptions, StaticMap, Status};
use attractorlab::network::{Connectivity, InputVectors, Transfer, gaussian_bulk};
use attractorlab::theory::feedback::{Direction, FixedPoint, Inputs};
use attractorlab_numerics::linalg::{ArnoldiOptions, leading_eigenvalues};
use attractorlab_numerics::random::Stream;
use num_complex::Complex;
use rayon::prelude::*;

use crate::statistics::{Sample, chi_square_tail};
use crate::{Claim, Context, StudyError};

/// What one network shows near a stationary state that theory predicts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measurement {
    /// Output at the network's own stationary state.
    pub z: f64,
    /// Its leading eigenvalue outside the bulk; `None` where theory puts none, or none was found.
    pub outlier: Option<Complex<f64>>,
}

/// A predicted state and the networks that were asked about it.
#[derive(Debug, Clone)]
pub(super) struct Dot {
    /// The target of the readout.
    pub target: f64,
    /// The prediction.
    pub predicted: FixedPoint,
    /// Outputs of the networks that have the state.
    pub z: Sample,
    /// Real parts of the outliers, where theory puts a real one well outside of the bulk.
    pub outlier: Option<Sample>,
    /// Networks in which no such state was found.
    pub lost: usize,
}

/// Which networks to draw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ensemble<'a> {
    /// Names the random streams.
    pub purpose: &'a str,
    /// Units.
    pub units: usize,
    /// Networks for each dot.
    pub networks: usize,
}

/// A state of one target to be looked for: target, readout scale, prediction.
pub(super) type Query = (f64, f64, FixedPoint);

/// Fluctuations of a network's static map, of order N^(−1/2), move a state by 1/(1 − G') times as
/// much. Nearer than this to a saddle-node, where G' = 1, the move is no longer small against the
/// distance to the state it merges with; such states are left out of the comparison.
pub(super) const MARGIN: f64 = 0.55;

/// Whether a state is far enough from a saddle-node.
pub(super) fn is_far(point: &FixedPoint) -> bool {
    (1.0 - point.slope).abs() >= MARGIN
}

/// The states of one target that finite networks can be held against: far from a saddle-node
/// themselves, and so are the neighbours that they could merge with.
pub(super) fn comparable(points: &[FixedPoint]) -> impl Iterator<Item = &FixedPoint> {
    (0..points.len())
        .filter(|&i| points[i.saturating_sub(1)..(i + 2).min(points.len())].iter().all(is_far))
        .map(|i| &points[i])
}

/// Draws separate networks for every query, so that the dots are statistically independent.
///
/// # Errors
/// [`StudyError::Cancelled`].
pub(super) fn measure(
    context: &Context<'_>,
    ensemble: Ensemble<'_>,
    inputs: Inputs,
    direction: Direction,
    queries: &[Query],
) -> Result<Vec<Dot>, StudyError> {
    let total = queries.len() * ensemble.networks;
    let done = std::sync::atomic::AtomicUsize::new(0);
    let measured: Vec<Option<Measurement>> = (0..total)
        .into_par_iter()
        .map(|job| {
            context.check()?;
            let (_, scale, predicted) = queries[job / ensemble.networks];
            let mut stream = Stream::new(context.seed, ensemble.purpose, job as u64);
            let found = one_network(&mut stream, ensemble.units, inputs, direction, scale, &predicted);
            let finished = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            context.progress.update(finished, total);
            Ok(found)
        })
        .collect::<Result<_, StudyError>>()?;
    Ok(queries
        .iter()
        .zip(measured.chunks(ensemble.networks))
        .map(|(&(target, _, predicted), found)| {
            let z: Vec<f64> = found.iter().flatten().map(|m| m.z).collect();
            let outliers: Vec<f64> =
                found.iter().flatten().filter_map(|m| m.outlier).map(|outlier| outlier.re).collect();
            let whole = !z.is_empty() && outliers.len() == z.len();
            Dot {
                target,
                predicted,
                lost: found.len() - z.len(),
                z: Sample::of(&z),
                outlier: whole.then(|| Sample::of(&outliers)),
            }
        })
        .collect())
}

/// Theory's outlier is compared where it is real and this much larger than the bulk radius; nearer,
/// a finite network hides it among the eigenvalues of the bulk's edge.
const VISIBLE: f64 = 1.35;

fn one_network(
    stream: &mut Stream,
    units: usize,
    inputs: Inputs,
    direction: Direction,
    scale: f64,
    predicted: &FixedPoint,
) -> Option<Measurement> {
    let Inputs { g, feedback_std, input_std, rho } = inputs;
    let bulk = gaussian_bulk(units, g, stream);
    let vectors = InputVectors::draw(units, feedback_std, input_std, rho, stream);
    let readout: Vec<f64> = (0..units)
        .map(|i| {
            scale
                * (direction.shared * vectors.shared[i]
                    + direction.feedback_own * vectors.feedback_own[i]
                    + direction.input_own * vectors.input_own[i])
        })
        .collect();
    let map = StaticMap {
        network: ClampedNetwork { bulk: bulk.as_ref(), transfer: Transfer::Tanh },
        feedback: &vectors.feedback,
        input: &vectors.input,
        readout: &readout,
    };
    let options = SolverOptions { tolerance: 1e-10, ..SolverOptions::default() };
    let state = map.fixed_point_near(predicted.z, predicted.slope < 1.0, 1.5, options);
    if state.status != Status::Converged {
        return None;
    }
    let real = predicted.outliers[0].im == 0.0;
    let visible = real && predicted.outliers[0].re.abs() > VISIBLE * predicted.radius;
    let outlier = if visible {
        let gains: Vec<f64> = state.x.iter().map(|x| Transfer::Tanh.first(*x)).collect();
        let connectivity = Connectivity::new(bulk).ok()?.with_feedback(vectors.feedback, readout).ok()?;
        let operator = EffectiveConnectivity::new(&connectivity, gains);
        let leading =
            leading_eigenvalues(&operator, 1, &ArnoldiOptions { tolerance: 1e-8, ..Default::default() });
        leading
            .ok()
            .filter(|l| l.status == attractorlab_numerics::linalg::ArnoldiStatus::Converged)
            .map(|l| l.values[0])
    } else {
        None
    };
    Some(Measurement { z: state.z, outlier })
}

/// χ² of the dots against the theory lines, and the count of states that were not found.
pub(super) fn agreement(dots: &[Dot]) -> Vec<Claim> {
    let scores: Vec<f64> = dots.iter().map(|dot| dot.z.score(dot.predicted.z)).collect();
    let outliers: Vec<f64> = dots
        .iter()
        .filter_map(|dot| dot.outlier.as_ref().map(|sample| sample.score(dot.predicted.outliers[0].re)))
        .collect();
    let lost: usize = dots.iter().map(|dot| dot.lost).sum();
    let networks: usize = dots.iter().map(|dot| dot.lost + dot.z.count).sum();
    let tail = |scores: &[f64]| chi_square_tail(scores.iter().map(|s| s * s).sum(), scores.len());
    vec![
        Claim::at_most(
            "states-found",
            "Nearly every network has every state that theory predicts: fraction without",
            0.02,
            lost as f64 / networks as f64,
        )
        .source("ours")
        .because(
            "With |1 − G'| ≥ 0.55 for a state and its neighbours about one network in a thousand of 400 units has \
             lost the pair to a saddle-node; two in a hundred would be something else.",
        ),
        Claim::at_least(
            "chi-square-z",
            "Outputs of simulated networks agree with theory (p of χ²)",
            1e-4,
            tail(&scores),
        )
        .source("ours")
        .because(CHI_SQUARE),
        Claim::at_least(
            "chi-square-outlier",
            "Outliers of simulated networks agree with theory (p of χ²)",
            1e-4,
            tail(&outliers),
        )
        .source("ours")
        .because(CHI_SQUARE),
    ]
}

const CHI_SQUARE: &str = "Each dot is a mean over 20 networks of its own, so that the dots are independent; its deviation \
    in standard errors (Student's t, mapped to a normal score) enters the sum of squares. p < 1e-4 happens by chance \
    in one run of ten thousand.";
