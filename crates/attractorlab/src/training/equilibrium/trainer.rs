//! The training loop: one step at a time, each with a record of what happened.

use attractorlab_numerics::kernels::{Real, dot};
use attractorlab_numerics::linalg::{Mat, MatRef};
use attractorlab_numerics::random::Stream;

use super::{Batch, Evaluation, ForwardPass, LearningError, Loss, MissingStates, Rule};
use crate::dynamics::{Columns, EquilibriumStatus, FixedPointLayer};
use crate::network::Transfer;
use crate::training::{Optimiser, OptimiserRule, OptimiserState, clip_by_global_norm};

/// How weights are trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainerOptions {
    /// How states are found.
    pub pass: ForwardPass,
    /// What becomes of columns without a stable fixed point.
    pub missing: MissingStates,
    /// Which optimiser takes the rule's increments, with the learning rate.
    pub optimiser: OptimiserRule,
    /// Largest norm of the gradient (of ΔW/η); longer ones are shortened to it.
    pub clip: Option<f64>,
    /// Whether the search starts from the states of the last step, for batches that are always the same samples.
    pub warm_start: bool,
}

impl TrainerOptions {
    /// Plain gradient descent with this learning rate on converged states.
    pub fn plain<T: Real>(learning_rate: f64) -> Self {
        Self {
            pass: ForwardPass::converged::<T>(),
            missing: MissingStates::LeaveOut,
            optimiser: OptimiserRule::GradientDescent { learning_rate },
            clip: None,
            warm_start: false,
        }
    }

    /// The practice of deep-equilibrium models: Adam, gradients clipped to norm 1, converged states; meant for
    /// [`ImplicitGradient`](super::ImplicitGradient).
    pub fn deep_equilibrium<T: Real>(learning_rate: f64) -> Self {
        Self {
            optimiser: OptimiserRule::adam(learning_rate),
            clip: Some(1.0),
            ..Self::plain::<T>(learning_rate)
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepStatus {
    /// The weights were updated.
    Updated,
    /// No column had a state to learn from; the weights stayed.
    NoStates,
    /// A column had no stable state, and the policy is to stop; the weights stayed.
    Stopped,
    /// The update would have made a weight infinite or NaN; the weights stayed.
    NotFinite,
}

impl StepStatus {
    /// The status of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let all = [Self::Updated, Self::NoStates, Self::Stopped, Self::NotFinite];
        all.into_iter().find(|status| status.name() == name)
    }

    /// The name used in tables, files and Python.
    pub fn name(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::NoStates => "no states",
            Self::Stopped => "stopped",
            Self::NotFinite => "not finite",
        }
    }
}

/// What happened in a step. Losses are those before the update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepRecord {
    /// Number of the step, from 0.
    pub step: u64,
    /// How it ended.
    pub status: StepStatus,
    /// J over the columns that took part; NaN if there are none.
    pub loss: f64,
    /// Share of them classified correctly, where there are classes.
    pub accuracy: Option<f64>,
    /// Number of columns that were left out.
    pub left_out: usize,
    /// Number of columns at unstable states: a small loss there is no usable network.
    pub unstable: usize,
    /// Number of columns whose stability is undecided (truncated passes say nothing of stability).
    pub undecided: usize,
    /// Largest residual of the states that took part.
    pub residual: f64,
    /// Largest residual of the adjoint states, for rules that solve for them.
    pub adjoint_residual: Option<f64>,
    /// Norm of ΔW/η, before clipping.
    pub gradient_norm: f64,
}

/// Weights under training.
pub struct Trainer<T: Real> {
    weights: Columns<T>,
    transfer: Transfer,
    rule: Box<dyn Rule<T>>,
    options: TrainerOptions,
    optimiser: Optimiser<T>,
    steps: u64,
    /// How the last step ended.
    status: StepStatus,
    last: Option<Columns<T>>,
}

impl<T: Real> Trainer<T> {
    /// Starts from these weights.
    ///
    /// # Errors
    /// [`LearningError`] if the weights are not square and finite, or an option is out of range.
    pub fn new(
        weights: MatRef<'_, T>,
        transfer: Transfer,
        rule: Box<dyn Rule<T>>,
        options: TrainerOptions,
    ) -> Result<Self, LearningError> {
        FixedPointLayer::new(weights.to_owned(), transfer)?;
        if let Some(clip) = options.clip
            && !(clip > 0.0)
        {
            return Err(LearningError::Option { name: "clip", expected: "above zero", value: clip });
        }
        let weights = Columns::from_mat(weights);
        let optimiser = Optimiser::new(options.optimiser, weights.values().len())?;
        Ok(Self {
            weights,
            transfer,
            rule,
            options,
            optimiser,
            steps: 0,
            status: StepStatus::Updated,
            last: None,
        })
    }

    /// W, N×N.
    pub fn weights(&self) -> MatRef<'_, T> {
        self.weights.as_mat()
    }

    /// All that tells how the weights are trained.
    pub(super) fn describe(&self) -> String {
        let Self { transfer, rule, options, .. } = self;
        format!("rule {}, transfer {transfer:?}, {options:?}", rule.name())
    }

    /// The layer with the present weights.
    ///
    /// # Errors
    /// Never, while the weights are finite, as the trainer keeps them.
    pub fn layer(&self) -> Result<FixedPointLayer<T>, LearningError> {
        Ok(FixedPointLayer::new(self.weights.as_mat().to_owned(), self.transfer)?)
    }

    /// Number of steps made.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// How the last step ended, of this trainer or of the run that it continues; updated before the first.
    pub fn status(&self) -> StepStatus {
        self.status
    }

    /// How the weights are trained.
    pub fn options(&self) -> &TrainerOptions {
        &self.options
    }

    /// One step on a batch: forward pass, loss, update.
    ///
    /// A step that cannot be made (no states, weights that would not be finite, a critical learning rate) leaves the
    /// weights as they were and says so in its record.
    ///
    /// # Errors
    /// [`LearningError`] if batch and loss do not fit, or the rule does not apply to them.
    pub fn step(&mut self, drive: &Columns<T>, loss: &dyn Loss<T>) -> Result<StepRecord, LearningError> {
        let record = self.try_step(drive, loss)?;
        self.status = record.status;
        Ok(record)
    }

    fn try_step(&mut self, drive: &Columns<T>, loss: &dyn Loss<T>) -> Result<StepRecord, LearningError> {
        let layer = self.layer()?;
        let start = self.last.take().filter(|last| last.count() == drive.count());
        let evaluation =
            Evaluation::new(&layer, drive, start.as_ref(), loss, &self.options.pass, self.options.missing)?;
        let mut record = self.record(&evaluation);
        self.steps += 1;
        if self.options.warm_start {
            self.last = Some(evaluation.states.rates.clone());
        }
        if self.options.missing == MissingStates::Stop && evaluation.left_out() > 0 {
            record.status = StepStatus::Stopped;
            return Ok(record);
        }
        if evaluation.samples() == 0 {
            record.status = StepStatus::NoStates;
            return Ok(record);
        }
        let rate = self.options.optimiser.learning_rate();
        let batch = Batch::of(&layer, drive, &evaluation, loss, &self.options.pass);
        let update = match self.rule.update(&batch, rate) {
            Ok(update) => update,
            Err(LearningError::Critical { .. }) => {
                record.status = StepStatus::NotFinite;
                return Ok(record);
            }
            Err(error) => return Err(error),
        };
        record.adjoint_residual = update.adjoint_residual;
        let mut gradient = update.increment;
        let to_gradient = T::from_f64(-1.0 / rate);
        gradient.values_mut().iter_mut().for_each(|g| *g *= to_gradient);
        record.gradient_norm = match self.options.clip {
            Some(clip) => clip_by_global_norm(&mut [gradient.values_mut()], clip)?,
            None => gradient.values().chunks(1024).map(|run| dot(run, run).to_f64()).sum::<f64>().sqrt(),
        };
        let before = self.weights.clone();
        let state = (!record.gradient_norm.is_finite()).then(|| self.optimiser.state().clone());
        self.optimiser.update(self.weights.values_mut(), gradient.values());
        if self.weights.not_finite().is_some() {
            self.weights = before;
            if let Some(state) = state {
                self.optimiser.restore(state)?;
            }
            record.status = StepStatus::NotFinite;
        }
        Ok(record)
    }

    fn record(&self, evaluation: &Evaluation<T>) -> StepRecord {
        let states = &evaluation.states;
        let residual = states
            .residuals
            .iter()
            .zip(&evaluation.included)
            .filter(|(_, included)| **included)
            .fold(0.0, |most: f64, (r, _)| most.max(*r));
        StepRecord {
            step: self.steps,
            status: StepStatus::Updated,
            loss: evaluation.loss,
            accuracy: evaluation.accuracy,
            left_out: evaluation.left_out(),
            unstable: states.count(EquilibriumStatus::Unstable),
            undecided: states.count(EquilibriumStatus::Undecided),
            residual,
            adjoint_residual: None,
            gradient_norm: 0.0,
        }
    }

    /// The state of the run: weights, optimiser, number of steps, states of a warm start.
    pub fn state(&self) -> (&Columns<T>, &OptimiserState<T>, u64, Option<&Columns<T>>) {
        (&self.weights, self.optimiser.state(), self.steps, self.last.as_ref())
    }

    /// Continues from a state: the next step has the same bits as in the run that it was taken from. `status` is how
    /// the last step of that run ended.
    ///
    /// # Errors
    /// [`LearningError`] if it belongs to other weights or another optimiser.
    pub fn restore(
        &mut self,
        weights: Columns<T>,
        optimiser: OptimiserState<T>,
        steps: u64,
        status: StepStatus,
        last: Option<Columns<T>>,
    ) -> Result<(), LearningError> {
        if weights.rows() != self.weights.rows() || weights.count() != self.weights.count() {
            let (expected, found) = (self.weights.rows(), weights.rows());
            return Err(LearningError::Size { name: "the saved weights", of: "units", expected, found });
        }
        FixedPointLayer::new(
            Mat::from_fn(weights.rows(), weights.count(), |i, j| weights.column(j)[i]),
            self.transfer,
        )?;
        self.optimiser.restore(optimiser)?;
        (self.weights, self.steps, self.status, self.last) = (weights, steps, status, last);
        Ok(())
    }
}

/// Mini-batches without replacement: every epoch is a new permutation from the stream (seed, "batches", epoch).
///
/// ```
/// use attractorlab::training::equilibrium::Batches;
/// let batches = Batches::new(10, 4, 1)?;
/// assert_eq!(batches.per_epoch(), 3);
/// let mut epoch: Vec<usize> = (0..3).flat_map(|step| batches.indices(step)).collect();
/// epoch.sort();
/// assert_eq!(epoch, (0..10).collect::<Vec<_>>());
/// # Ok::<(), attractorlab::training::equilibrium::LearningError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batches {
    samples: usize,
    size: usize,
    seed: u64,
}

impl Batches {
    /// Batches of `size` out of `samples`; the last of an epoch may be smaller.
    ///
    /// # Errors
    /// [`LearningError::Option`] if the batch is empty or larger than the data.
    pub fn new(samples: usize, size: usize, seed: u64) -> Result<Self, LearningError> {
        if size == 0 {
            return Err(LearningError::Option { name: "batch", expected: "at least 1 sample", value: 0.0 });
        }
        if size > samples {
            return Err(LearningError::Size {
                name: "the data",
                of: "samples at least, one batch",
                expected: size,
                found: samples,
            });
        }
        Ok(Self { samples, size, seed })
    }

    /// Number of batches in an epoch.
    pub fn per_epoch(&self) -> u64 {
        self.samples.div_ceil(self.size) as u64
    }

    /// The samples of a step, numbered from 0.
    pub fn indices(&self, step: u64) -> Vec<usize> {
        let (epoch, batch) = (step / self.per_epoch(), (step % self.per_epoch()) as usize);
        let order = Stream::new(self.seed, "batches", epoch).permutation(self.samples);
        order[batch * self.size..((batch + 1) * self.size).min(self.samples)].to_vec()
    }
}
