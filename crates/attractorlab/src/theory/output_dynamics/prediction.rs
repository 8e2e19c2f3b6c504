//! What theory says of one training.

use std::sync::Arc;

use attractorlab_numerics::linalg::Mat;

use super::ensemble::Ensemble;
use super::{Candidates, OutputError, Setting};
use crate::theory::clamped::{ClampedState, LocalDynamics};

/// Everything the theory says about a setting.
#[derive(Debug, Clone)]
pub struct Prediction {
    pub(super) setting: Setting,
    pub(super) ensemble: Arc<Ensemble>,
    /// The clamped state of each target.
    pub states: Vec<ClampedState>,
    /// Σ, the covariance of the units' inputs between states (M×M).
    pub covariance: Mat<f64>,
    /// C, the covariance of the rates between states (M×M).
    pub rates: Mat<f64>,
    /// Reduced readout c = (C + α)⁻¹F (M×K); w_out = (1/N) Σ φ(x_m) c_m.
    pub readout: Mat<f64>,
    /// Condition number of C: how much the scatter of finite networks is amplified.
    pub condition: f64,
    /// The local dynamics at each target.
    pub local: Vec<LocalDynamics>,
}

/// Predicts the local dynamics at every target of a setting.
///
/// # Errors
/// [`OutputError`] for arguments out of range, targets whose states are linearly dependent (A and
/// −A of an odd transfer function, equal targets), or a bulk without a stationary state.
pub fn predict(setting: &Setting) -> Result<Prediction, OutputError> {
    let every: Vec<usize> = (0..setting.targets.len()).collect();
    Candidates::new(setting)?.train(&every)
}

impl Prediction {
    /// The setting that was predicted.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Whether training succeeds: every target is stable.
    pub fn success(&self) -> bool {
        self.local.iter().all(LocalDynamics::is_stable)
    }

    /// Whether training succeeds, and where and why not, in words.
    pub fn verdict(&self) -> String {
        let name = |i: usize| match self.setting.targets[i].as_slice() {
            [value] => format!("z = {value}"),
            values => format!("z = {values:?}"),
        };
        if self.success() {
            return format!(
                "All {} values are held: every pole lies in the left half plane.",
                self.local.len()
            );
        }
        let lost: Vec<String> = self
            .local
            .iter()
            .enumerate()
            .filter(|(_, local)| !local.is_stable())
            .map(|(i, local)| {
                let reason = if local.bulk_radius >= 1.0 {
                    format!(
                        "the bulk is unstable (radius {:.3}): take a weaker bulk or, where rates saturate, a larger value",
                        local.bulk_radius
                    )
                } else {
                    format!("a pole at {:.3} drives the output away", local.poles[0].re)
                };
                format!("{}: {reason}", name(i))
            })
            .collect();
        format!("Training fails at {} of {} values. {}.", lost.len(), self.local.len(), lost.join("; "))
    }
}
