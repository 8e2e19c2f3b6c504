//! Finite networks of the paper's ensemble, trained and measured.

use attractorlab::dynamics::ClampedNetwork;
use attractorlab::network::{RateNetwork, Transfer, gaussian_bulk};
use attractorlab::numerics::linalg::{Complex64, Mat};
use attractorlab::numerics::random::Stream;
use attractorlab::theory::output_dynamics::{FeedbackLaw, Setting};
use attractorlab::training::OutputTask;
use rayon::prelude::*;

use crate::{Context, StudyError};

/// Bulk, feedback vectors, targets and context inputs of one network.
pub(super) struct Network {
    pub(super) transfer: Transfer,
    pub(super) bulk: Mat<f64>,
    pub(super) feedback: Mat<f64>,
    targets: Mat<f64>,
    inputs: Mat<f64>,
}

/// A network whose loop is closed by the readout that training made.
pub(super) struct Closed {
    pub(super) network: RateNetwork,
    /// The readouts, N×K.
    pub(super) readout: Mat<f64>,
    /// The states of the targets, N×M.
    pub(super) states: Mat<f64>,
}

impl Network {
    /// Draws a network of the setting's ensemble.
    pub(super) fn draw(setting: &Setting, units: usize, stream: &mut Stream) -> Self {
        let outputs = setting.targets[0].len();
        let bulk = gaussian_bulk(units, setting.g, stream);
        let feedback = Mat::from_fn(units, outputs, |_, _| match setting.feedback {
            FeedbackLaw::Gaussian { variance } => variance.sqrt() * stream.normal(),
            FeedbackLaw::Uniform { half_width } => half_width * (2.0 * stream.uniform() - 1.0),
        });
        let direction = if setting.context.is_empty() { Vec::new() } else { stream.normals(units) };
        Self {
            transfer: setting.transfer,
            bulk,
            feedback,
            targets: Mat::from_fn(setting.targets.len(), outputs, |m, k| setting.targets[m][k]),
            inputs: Mat::from_fn(units, setting.context.len(), |i, m| setting.context[m] * direction[i]),
        }
    }

    pub(super) fn task(&self) -> OutputTask<'_> {
        OutputTask {
            network: ClampedNetwork { bulk: self.bulk.as_ref(), transfer: self.transfer },
            feedback: self.feedback.as_ref(),
            targets: self.targets.as_ref(),
            inputs: self.inputs.as_ref(),
        }
    }

    /// Trains by least squares or ridge regression on the clamped states, and closes the loop.
    pub(super) fn least_squares(&self, ridge: f64) -> Result<Closed, StudyError> {
        let trained = self.task().least_squares(ridge).map_err(StudyError::step("training"))?;
        let network = self
            .task()
            .closed_loop(trained.readout.as_ref())
            .map_err(StudyError::step("closing the loop"))?;
        Ok(Closed { network, readout: trained.readout, states: trained.states })
    }
}

impl Closed {
    /// State m.
    pub(super) fn state(&self, m: usize) -> Vec<f64> {
        self.states.col(m).iter().copied().collect()
    }

    /// Gains φ'(x) of state m.
    pub(super) fn gains(&self, m: usize) -> Vec<f64> {
        self.states.col(m).iter().map(|x| self.network.transfer().first(*x)).collect()
    }
}

/// The value of a list that lies nearest to `point`.
pub(super) fn nearest(values: &[Complex64], point: Complex64) -> Option<Complex64> {
    values.iter().copied().min_by(|a, b| (a - point).norm().total_cmp(&(b - point).norm()))
}

/// Runs `count` jobs, each with a stream of its own, on all threads.
pub(super) fn replicate<T: Send>(
    context: &Context<'_>,
    purpose: &str,
    count: usize,
    job: impl Fn(usize, &mut Stream) -> Result<T, StudyError> + Sync,
) -> Result<Vec<T>, StudyError> {
    let done = std::sync::atomic::AtomicUsize::new(0);
    (0..count)
        .into_par_iter()
        .map(|index| {
            context.check()?;
            let result = job(index, &mut Stream::new(context.seed, purpose, index as u64))?;
            let finished = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            context.progress.update(finished, count);
            Ok(result)
        })
        .collect()
}
