//! Recursive least squares.

use attractorlab_numerics::kernels;
use attractorlab_numerics::linalg::{Mat, RankOneSymmetric};

use super::error::{at_least_one, positive};
use super::task::column;
use super::{FeedbackTask, ForceOptions, OutputTask, Trained, TrainedOutputs, TrainingError, status_of};
use crate::dynamics::Status;

/// The state of recursive least squares: the inverse correlation matrix P and the weights w, N×K.
pub(super) struct Learner {
    inverse: RankOneSymmetric<f64>,
    gain: Vec<f64>,
    weights: Mat<f64>,
}

impl Learner {
    /// P = 1/α, w = 0.
    pub(super) fn new(units: usize, outputs: usize, alpha: f64) -> Self {
        Self {
            inverse: RankOneSymmetric::scaled_identity(units, 1.0 / alpha),
            gain: vec![0.0; units],
            weights: Mat::zeros(units, outputs),
        }
    }

    /// Outputs wᵀf.
    pub(super) fn outputs(&self, rates: &[f64], z: &mut [f64]) {
        for (k, z) in z.iter_mut().enumerate() {
            *z = kernels::dot(column(self.weights.as_ref(), k), rates);
        }
    }

    /// With the errors e = wᵀf − target before the update: P ← P − (Pf)(Pf)ᵀ/(1 + f·Pf),
    /// w ← w − Pf eᵀ/(1 + f·Pf).
    pub(super) fn update(&mut self, rates: &[f64], errors: impl Iterator<Item = f64>) {
        self.inverse.multiply(rates, &mut self.gain);
        let norm = 1.0 + kernels::dot(rates, &self.gain);
        self.inverse.downdate(&self.gain, norm);
        for (k, error) in errors.enumerate() {
            let weights = self.weights.as_mut().col_mut(k);
            let weights = weights.try_as_col_major_mut().expect("columns are contiguous").as_slice_mut();
            kernels::axpy(-error / norm, &self.gain, weights);
        }
    }

    /// The readouts n = N w.
    pub(super) fn readout(&self) -> Mat<f64> {
        let units = self.weights.nrows() as f64;
        Mat::from_fn(self.weights.nrows(), self.weights.ncols(), |i, k| units * self.weights[(i, k)])
    }
}

impl OutputTask<'_> {
    /// Recursive least squares over the clamped states, presented one after the other in `passes`
    /// rounds, from P = 1/α and n = 0.
    ///
    /// The result is that of ridge regression with q = α/(passes·N) to rounding, since every pass adds
    /// RRᵀ to the inverse of P.
    ///
    /// # Errors
    /// [`TrainingError`] for arguments out of range or a clamped network that does not settle.
    pub fn recursive_least_squares(
        &self,
        alpha: f64,
        passes: usize,
    ) -> Result<TrainedOutputs, TrainingError> {
        positive("alpha", alpha)?;
        at_least_one("passes", passes)?;
        let states = self.clamped_states()?;
        let mut learner = Learner::new(self.units(), self.outputs(), alpha);
        let mut z = vec![0.0; self.outputs()];
        for _ in 0..passes {
            for m in 0..self.count() {
                let rates = column(states.rates.as_ref(), m);
                learner.outputs(rates, &mut z);
                learner.update(rates, z.iter().zip(self.targets.row(m).iter()).map(|(z, f)| z - f));
            }
        }
        let readout = learner.readout();
        let errors = self.errors(&readout, &states.rates);
        let status = self.status(&errors);
        Ok(TrainedOutputs { readout, states: states.x, errors, status })
    }

    /// The worst status over the targets.
    pub(super) fn status(&self, errors: &[f64]) -> Status {
        let all: Vec<Status> =
            errors.iter().enumerate().map(|(m, error)| status_of(*error, self.size(m))).collect();
        [Status::NotFinite, Status::Stalled]
            .into_iter()
            .find(|status| all.contains(status))
            .unwrap_or(Status::Converged)
    }
}

/// How recursive least squares with the loop closed is run to one target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecursiveLeastSquares {
    /// Regularisation α; the inverse correlation matrix starts at 1/α.
    pub alpha: f64,
    /// Euler step; the readout is updated at every step.
    pub dt: f64,
    /// Duration.
    pub duration: f64,
}

impl Default for RecursiveLeastSquares {
    fn default() -> Self {
        Self { alpha: 1.0, dt: 0.1, duration: 50.0 }
    }
}

/// Trains the readout while the network runs from `start` with the loop closed, and returns it: FORCE
/// ([`OutputTask::force`]) with one target, which is visited once and updated at every step.
///
/// From the first step on the output is at A to within α/N, so that what is learnt is the
/// transient from `start` to the clamped state; see `theory::feedback::RecursiveReadout`.
///
/// # Errors
/// [`TrainingError`] for arguments out of range.
pub fn recursive_least_squares(
    task: FeedbackTask<'_>,
    start: &[f64],
    options: RecursiveLeastSquares,
) -> Result<Trained, TrainingError> {
    let RecursiveLeastSquares { alpha, dt, duration } = options;
    let force = ForceOptions { alpha, dt, duration, update_every: 1, rounds: 1 };
    Ok(task.general().force(start, force)?.single())
}
