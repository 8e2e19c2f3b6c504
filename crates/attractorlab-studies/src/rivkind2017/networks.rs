//! Finite networks of the paper's ensemble, trained and measured.

use attractorlab::dynamics::{ClampedNetwork, Input, Integrator, Record, SimulationOptions, spectrum};
use attractorlab::network::{RateNetwork, Transfer, gaussian_bulk};
use attractorlab::numerics::linalg::{Complex64, Mat};
use attractorlab::numerics::random::Stream;
use attractorlab::theory::output_dynamics::{FeedbackLaw, Setting};
use attractorlab::training::{OutputTask, TrainedOutputs, TrainingError};
use rayon::prelude::*;

use crate::statistics::Sample;
use crate::{Claim, Context, StudyError};

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
        self.close(self.task().least_squares(ridge).map_err(StudyError::step("training"))?)
    }

    /// Closes the loop with trained readouts.
    pub(super) fn close(&self, trained: TrainedOutputs) -> Result<Closed, StudyError> {
        let network = self
            .task()
            .closed_loop(trained.readout.as_ref())
            .map_err(StudyError::step("closing the loop"))?;
        Ok(Closed { network, readout: trained.readout, states: trained.states })
    }
}

/// A network trained by least squares on states that settle. The bulk of a small network may exceed the radius of the
/// theory by enough for a clamped state to be unstable: such a network cannot be trained this way, and another is
/// drawn in its place.
pub(super) fn settled(setting: &Setting, units: usize, stream: &mut Stream) -> Result<Closed, StudyError> {
    for _ in 0..20 {
        let network = Network::draw(setting, units, stream);
        match network.task().least_squares(0.0) {
            Err(TrainingError::NotStationary { .. }) => {}
            trained => return network.close(trained.map_err(StudyError::step("training"))?),
        }
    }
    Network::draw(setting, units, stream).least_squares(0.0)
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

impl Closed {
    /// The growth rate λ − 1 of the network at state m that lies nearest to a predicted pole.
    pub(super) fn eigenvalue_near(&self, m: usize, pole: Complex64) -> Result<Complex64, StudyError> {
        let rates = self.growth_rates(m)?;
        // A network without units has none.
        Ok(nearest(&rates, pole).unwrap_or(Complex64::new(f64::NAN, f64::NAN)))
    }

    /// All growth rates λ − 1 at state m.
    pub(super) fn growth_rates(&self, m: usize) -> Result<Vec<Complex64>, StudyError> {
        let values = spectrum(self.network.connectivity(), &self.gains(m))
            .map_err(StudyError::step("spectrum of a trained network"))?;
        Ok(values.into_iter().map(|value| value - 1.0).collect())
    }

    /// Courses of the output after a kick of size 1e-4 along the first feedback vector, in units of the
    /// kick, one for each state; frames every `every` steps of a tenth.
    pub(super) fn kicked(
        &self,
        context: &Context<'_>,
        steps: usize,
        every: usize,
    ) -> Result<Vec<Vec<f64>>, StudyError> {
        let kick = 1e-4;
        let Some((feedback, _)) = self.network.connectivity().loops().next() else {
            return Ok(Vec::new());
        };
        let start = Mat::from_fn(self.states.nrows(), self.states.ncols(), |i, m| {
            self.states[(i, m)] + kick * feedback[i]
        });
        let options = SimulationOptions {
            dt: 0.1,
            steps,
            every,
            integrator: Integrator::RungeKutta4,
            record: Record::Outputs,
            seed: 0,
        };
        let run =
            context.simulate("a kicked network", &self.network, start.as_ref(), Input::Zero, &options)?;
        Ok((0..self.states.ncols())
            .map(|m| {
                let rest = self.network.output(&self.state(m))[0];
                run.trace(0, m).into_iter().map(|z| (z - rest) / kick).collect()
            })
            .collect())
    }
}

/// Whether a pole is an eigenvalue of its own, clear of the bulk's frayed edge.
pub(super) fn is_visible(pole: Complex64, bulk_radius: f64) -> bool {
    (pole + 1.0).norm() > 1.3 * bulk_radius
}

/// Claims that a mean over networks agrees with theory. Theory is that of infinitely many units: what
/// depends smoothly on fluctuations of order N^(−1/2) is biased by their variance times half its
/// curvature, for which six times the variance is allowed, but never more than a quarter of the quantity,
/// beside six and a half standard errors: with 20 networks or more Student's t exceeds them once in two hundred
/// thousand claims.
pub(super) fn agrees(id: &str, statement: &str, theory: f64, sample: Sample) -> Claim {
    let bias = (6.0 * sample.std * sample.std).min(0.25 * theory.abs());
    let allowed = 6.5 * sample.standard_error() + bias + 1e-9;
    Claim::within(id, statement, theory, sample.mean, allowed).because(
        "Six and a half standard errors of the mean over networks (of 20 or more, so that Student's t exceeds them once in two \
         hundred thousand claims), and for the bias of second order of finite networks six times the variance, at most a quarter of \
         the quantity.",
    )
}
