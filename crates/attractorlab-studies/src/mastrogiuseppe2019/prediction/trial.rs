//! One setting in a simulated network: trained, released, and asked for its own static map.

use attractorlab::dynamics::{ReleaseOptions, SolverOptions, Status, TraceOptions};
use attractorlab::training::{DeltaOptions, FeedbackTask, LocalVerdict};
use attractorlab_numerics::linalg::{Mat, matvec};
use attractorlab_numerics::random::Stream;

use super::super::rules::{Network, released};
use super::setting::{Answer, Decisive, Scatter, Setting, Verdict};
use crate::{Context, StudyError};

/// The delta rule at the rate of the specification, run until it has converged for weak drives too.
pub(super) const DELTA: DeltaOptions = DeltaOptions { rate: 0.05, dt: 0.2, duration: 1600.0 };

pub(super) const RELEASE: ReleaseOptions = ReleaseOptions { dt: 0.1, duration: 300.0, settled: 1e-3 };

/// Generic starts, and those of large norm, for each network.
pub(super) const GENERIC: usize = 8;
const LARGE: usize = 3;
const LARGE_STD: f64 = 5.0;

/// What one setting showed.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    pub(super) setting: Setting,
    pub(super) predicted: Verdict,
    /// From the network's own map.
    pub(super) own: Verdict,
    /// From its releases.
    pub(super) observed: Verdict,
    /// Whether every release ended at the target.
    pub(super) held: bool,
    /// Distance from theory's nearest boundary in standard deviations.
    pub(super) margin: f64,
    /// Theory's probability that every release ends at the target.
    pub(super) probability: f64,
}

/// Whether an output counts as the target.
fn is_target(z: f64, target: f64) -> bool {
    (z - target).abs() <= 0.01 + 0.02 * target.abs()
}

pub(super) fn run(
    context: &Context<'_>,
    setting: Setting,
    answer: &Answer,
    units: usize,
    scatter: &Scatter,
    stream: &mut Stream,
) -> Result<Trial, StudyError> {
    let network = Network::draw(units, setting.inputs, stream);
    let task = network.task(setting.target);
    let (readout, end) = setting.rule.train(context, task, DELTA, stream)?;
    let starts = starts(&network, setting.target, &end, stream);
    let map = task.static_map(&readout);
    let outcomes = map.release_until(&starts, RELEASE, context.cancelled).map_err(released)?;
    let observed = Verdict {
        // The first start is the end of training, slightly perturbed.
        target: outcomes[0].settled && is_target(outcomes[0].z, setting.target),
        other: Some(outcomes.iter().any(|o| o.settled && !is_target(o.z, setting.target))),
        chaotic: outcomes.iter().any(|o| !o.settled),
    };
    let held = outcomes.iter().all(|o| o.settled && is_target(o.z, setting.target));
    let own = own_verdict(&task, &readout)?;
    Ok(Trial {
        setting,
        predicted: answer.verdict,
        own,
        observed,
        held,
        margin: answer.decisive.margin(scatter),
        probability: answer.decisive.probability(setting.target, scatter),
    })
}

/// The verdict of the network's own map. In a gap, where clamped states are chaotic, a chaotic state with a
/// steady output lies where G_N − z falls through zero from one side of the gap to the other.
fn own_verdict(task: &FeedbackTask<'_>, readout: &[f64]) -> Result<Verdict, StudyError> {
    let options = TraceOptions {
        solver: SolverOptions { tolerance: 1e-8, newton_steps: 4, ..SolverOptions::default() },
        ..TraceOptions::default()
    };
    let verdict = task.verdict(readout, &options).map_err(StudyError::step("tracing a map"))?;
    let samples = &verdict.trace.samples;
    let falls = |gap: &(f64, f64)| {
        let below = samples.iter().rfind(|s| s.stationary && s.z <= gap.0);
        let above = samples.iter().find(|s| s.stationary && s.z >= gap.1);
        below.is_none_or(|s| s.value > s.z) && above.is_none_or(|s| s.value < s.z)
    };
    Ok(Verdict {
        target: verdict.local == LocalVerdict::Stable,
        other: Some(verdict.global.others.iter().any(|z| !is_target(*z, task.target))),
        chaotic: verdict.trace.gaps.iter().any(falls),
    })
}

/// The end of training with a small perturbation; clamped at −A and ±2A; generic; of large norm; along the
/// leading eigenspace of the bulk.
fn starts(network: &Network, target: f64, end: &[f64], stream: &mut Stream) -> Mat<f64> {
    let units = end.len();
    let mut columns: Vec<Vec<f64>> = vec![end.iter().map(|x| x + 0.05 * stream.normal()).collect()];
    let task = network.task(target);
    for z in [-target, 2.0 * target, -2.0 * target] {
        let drive = || task.feedback.iter().zip(task.input).map(|(m, i)| m * z + i).collect::<Vec<f64>>();
        columns.push(task.clamped_state(z).unwrap_or_else(|_| drive()));
    }
    columns.extend((0..GENERIC).map(|_| stream.normals(units)));
    columns.extend((0..LARGE).map(|_| stream.normals(units).iter().map(|x| LARGE_STD * x).collect()));
    let mut vector = stream.normals(units);
    let mut next = vec![0.0; units];
    for _ in 0..60 {
        matvec(network.bulk.as_ref(), &vector, &mut next);
        let norm = (next.iter().map(|x| x * x).sum::<f64>() / units as f64).sqrt();
        vector = next.iter().map(|x| x / norm.max(1e-300)).collect();
    }
    // A complex pair leads as a rule: two successive vectors span its plane.
    matvec(network.bulk.as_ref(), &vector, &mut next);
    let norm = (next.iter().map(|x| x * x).sum::<f64>() / units as f64).sqrt().max(1e-300);
    for sign in [1.0, -1.0] {
        columns.push(vector.iter().map(|x| sign * x).collect());
        columns.push(next.iter().map(|x| sign * x / norm).collect());
    }
    Mat::from_fn(units, columns.len(), |i, c| columns[c][i])
}

/// Number of starts of one network.
pub(super) const STARTS: usize = 1 + 3 + GENERIC + LARGE + 4;

/// Scatter over `networks` networks of `units` units, carried to `size` units by N^(−1/2).
pub(super) fn scatter(
    context: &Context<'_>,
    setting: &Setting,
    decisive: &Decisive,
    (networks, units, size): (usize, usize, usize),
    edge: f64,
    stream: &mut Stream,
) -> Result<Scatter, StudyError> {
    let mut columns = vec![Vec::with_capacity(networks); decisive.extrema.len()];
    let (mut slopes, mut radii) = (Vec::new(), Vec::new());
    // Without further places to be asked for, the radius alone decides, and its scatter is that of the edge.
    let solver = SolverOptions { tolerance: 1e-8, newton_steps: 4, ..SolverOptions::default() };
    for _ in 0..networks {
        if !decisive.slope.is_finite() {
            break;
        }
        let network = Network::draw(units, setting.inputs, stream);
        let task = network.task(setting.target);
        let (readout, _) = setting.rule.train(context, task, DELTA, stream)?;
        let map = task.static_map(&readout);
        for (column, (z, _)) in columns.iter_mut().zip(&decisive.extrema) {
            let sample = map.sample(*z, solver);
            if sample.status == Status::Converged {
                column.push(sample.value);
            }
        }
        let h = 0.02 * (1.0 + setting.target.abs());
        let [low, high] = [-h, h].map(|h| map.sample(setting.target + h, solver));
        if low.status == Status::Converged && high.status == Status::Converged {
            slopes.push((high.value - low.value) / (2.0 * h));
            radii.push(0.5 * (low.radius + high.radius));
        }
    }
    let shrink = (units as f64 / size as f64).sqrt();
    let sd = |values: &[f64]| {
        let sample = crate::statistics::Sample::of(values);
        // Fewer than three values that could be had: a place that is chaotic in most networks.
        if values.len() >= 3 { (shrink * sample.std).max(1e-9) } else { f64::INFINITY }
    };
    let radius = if radii.len() >= 3 { sd(&radii) } else { 0.0 };
    Ok(Scatter {
        extrema: columns.iter().map(|column| sd(column)).collect(),
        slope: if slopes.len() >= 3 { sd(&slopes) } else { 0.0 },
        radius: radius.hypot(edge),
    })
}
