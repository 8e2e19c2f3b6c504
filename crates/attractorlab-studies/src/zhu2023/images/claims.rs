//! What must hold of the runs.

use super::runs::{Run, Setting};
use crate::{Claim, Preset};

pub(super) fn gradient(
    _setting: &Setting,
    _preset: Preset,
    truncated: &[&Run],
    _converged: &[&Run],
) -> Vec<Claim> {
    let best = truncated.iter().map(|run| run.test_accuracy()).fold(0.0, f64::max);
    vec![Claim::at_most("best", "best", 1.0, best)]
}
pub(super) fn linearised(
    _setting: &Setting,
    _preset: Preset,
    truncated: &[&Run],
    _converged: &[&Run],
) -> Vec<Claim> {
    let best = truncated.iter().map(|run| run.test_accuracy()).fold(0.0, f64::max);
    vec![Claim::at_most("best", "best", 1.0, best)]
}
pub(super) fn variant(_setting: &Setting, _preset: Preset, _truncated: &[&Run]) -> Vec<Claim> {
    Vec::new()
}
pub(super) fn practice(_setting: &Setting, _preset: Preset, runs: &[Run]) -> Vec<Claim> {
    let best = runs.iter().map(|run| run.test_accuracy()).fold(0.0, f64::max);
    vec![Claim::at_most("best", "best", 1.0, best)]
}
