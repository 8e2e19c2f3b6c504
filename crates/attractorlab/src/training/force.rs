//! FORCE: recursive least squares on transients, with the loop closed.

use attractorlab_numerics::linalg::Mat;

use super::error::{at_least_one, positive};
use super::recursive::Learner;
use super::{OutputTask, TrainedOutputs, TrainingError};

/// How FORCE is run on a staircase of targets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForceOptions {
    /// Regularisation α; the inverse correlation matrix starts at 1/α.
    pub alpha: f64,
    /// Euler step.
    pub dt: f64,
    /// Time spent at each target in each round.
    pub duration: f64,
    /// Steps between two updates of the readout.
    pub update_every: usize,
    /// Rounds through all targets.
    pub rounds: usize,
}

impl Default for ForceOptions {
    /// α = 1, dt = 0.1, 50 time constants a target, an update every two steps, one round.
    fn default() -> Self {
        Self { alpha: 1.0, dt: 0.1, duration: 50.0, update_every: 2, rounds: 1 }
    }
}

impl OutputTask<'_> {
    /// Trains the readouts while the network runs from `start` with the loop closed, its target
    /// jumping from one to the next: FORCE (Sussillo & Abbott 2009) on a staircase.
    ///
    /// Every `update_every` steps, with f = φ(x), w = n/N and the errors e = wᵀf − target before the
    /// update: P ← P − (Pf)(Pf)ᵀ/(1 + f·Pf), w ← w − Pf eᵀ/(1 + f·Pf); then an Euler step with
    /// the new w and the same f.
    ///
    /// This does *not* make the readout of least norm on the clamped states, of which
    /// [`theory::output_dynamics`](crate::theory::output_dynamics) speaks: the outputs are at their
    /// targets from the first update on, so that the readout is ridge regression on the transients from
    /// one clamped state to the next ([`theory::feedback::RecursiveReadout`] for one target).
    ///
    /// [`theory::feedback::RecursiveReadout`]: crate::theory::feedback::RecursiveReadout
    ///
    /// # Errors
    /// [`TrainingError`] for arguments out of range.
    pub fn force(&self, start: &[f64], options: ForceOptions) -> Result<TrainedOutputs, TrainingError> {
        Ok(self.force_recorded(start, options)?.0)
    }

    /// As [`OutputTask::force`], with the outputs during training, one row a step and one column an
    /// output, as they were fed back: after the update. Rows after an output that is not finite are NaN.
    ///
    /// # Errors
    /// [`TrainingError`] for arguments out of range.
    pub fn force_recorded(
        &self,
        start: &[f64],
        options: ForceOptions,
    ) -> Result<(TrainedOutputs, Mat<f64>), TrainingError> {
        self.check_start(start)?;
        positive("alpha", options.alpha)?;
        positive("dt", options.dt)?;
        positive("duration", options.duration)?;
        at_least_one("update_every", options.update_every)?;
        at_least_one("rounds", options.rounds)?;
        let units = self.units();
        let mut learner = Learner::new(units, self.outputs(), options.alpha);
        let mut x = start.to_vec();
        let (mut rates, mut field) = (vec![0.0; units], vec![0.0; units]);
        let mut z = vec![0.0; self.outputs()];
        let mut states = Mat::zeros(units, self.count());
        let mut last_rates = states.clone();
        let steps = (options.duration / options.dt).round() as usize;
        let mut course = Mat::from_fn(steps * self.count() * options.rounds, z.len(), |_, _| f64::NAN);
        'run: for round in 0..options.rounds {
            for m in 0..self.count() {
                for step in 0..steps {
                    self.network.transfer.values(&x, &mut rates);
                    learner.outputs(&rates, &mut z);
                    if step % options.update_every == 0 {
                        learner.update(
                            &rates,
                            z.iter().zip(self.targets.row(m).iter()).map(|(z, target)| z - target),
                        );
                        learner.outputs(&rates, &mut z);
                    }
                    for (k, z) in z.iter().enumerate() {
                        course[((round * self.count() + m) * steps + step, k)] = *z;
                    }
                    self.step(m, &mut x, &rates, &z, options.dt, &mut field);
                    if !z.iter().all(|z| z.is_finite()) {
                        states.fill(f64::NAN);
                        last_rates.fill(f64::NAN);
                        break 'run;
                    }
                }
                self.network.transfer.values(&x, &mut rates);
                for i in 0..units {
                    states[(i, m)] = x[i];
                    last_rates[(i, m)] = rates[i];
                }
            }
        }
        let readout = learner.readout();
        let errors = self.errors(&readout, &last_rates);
        let status = self.status(&errors);
        Ok((TrainedOutputs { readout, states, errors, status }, course))
    }
}
