//! What every task offers.

use attractorlab_numerics::random::Stream;
use serde::{Deserialize, Serialize};

use super::text::TextClassification;
use super::{Batch, ContextDecision, Cosine, DrivenFixedPoint, FlipFlop, TaskError, TrialMut, WorkingMemory};

/// Sizes of a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dimensions {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// Steps T of a trial.
    pub steps: usize,
    /// Time dt from step to step, in units of the time constant τ.
    pub time_step: f64,
}

impl Dimensions {
    /// The most values (inputs, targets and masks together) that a batch can have: 8 GiB.
    const LIMIT: usize = 1 << 30;

    /// Number of steps of all trials together.
    ///
    /// # Errors
    /// [`TaskError::TooLarge`] if their inputs, targets and masks are too many.
    pub(super) fn columns(self, trials: usize) -> Result<usize, TaskError> {
        let values = || {
            let channels = self.outputs.checked_mul(2)?.checked_add(self.inputs)?;
            // Without channels the steps themselves must still be a number.
            trials.checked_mul(self.steps)?.checked_mul(channels.max(1))
        };
        match values() {
            Some(values) if values <= Self::LIMIT => Ok(trials * self.steps),
            _ => Err(TaskError::TooLarge { task: self, trials, limit: Self::LIMIT }),
        }
    }
}

/// Whole steps of `time_step` in a duration: the fraction that is left is cut off, unless it is a rounding
/// error short of a step.
///
/// Numbers beyond all trials are cut at one of which a dozen can be added up.
pub(super) fn whole_steps(duration: f64, time_step: f64) -> usize {
    let steps = (duration / time_step * (1.0 + 8.0 * f64::EPSILON)) as usize;
    steps.min(usize::MAX / 16)
}

/// A task: how long its trials are, and how one is written.
///
/// A whole task of a user's own, to integrate two inputs that arrive as noise:
///
/// ```
/// use attractorlab::numerics::random::Stream;
/// use attractorlab::task::{Dimensions, Task, TaskError, TrialMut};
///
/// /// Report the difference of the sums of two inputs.
/// struct Difference;
///
/// impl Task for Difference {
///     fn dimensions(&self) -> Dimensions {
///         Dimensions { inputs: 2, outputs: 1, steps: 60, time_step: 0.5 }
///     }
///     fn check(&self) -> Result<(), TaskError> {
///         Ok(())
///     }
///     fn trial(&self, stream: &mut Stream, trial: &mut TrialMut<'_>) {
///         let mut sum = 0.0;
///         for step in 0..40 {
///             let (a, b) = (stream.normal(), stream.normal());
///             trial.input(step..step + 1, 0, a);
///             trial.input(step..step + 1, 1, b);
///             sum += a - b;
///         }
///         trial.target(50..60, 0, sum / 40.0);
///         trial.mask(50..60, 1.0);
///     }
/// }
///
/// # fn main() -> Result<(), TaskError> {
/// let batch = Difference.batch(1, 7, 32)?;
/// assert_eq!(batch, Difference.batch(1, 7, 32)?);
/// assert_ne!(batch, Difference.batch(1, 8, 32)?);
/// # Ok(())
/// # }
/// ```
pub trait Task: Sync {
    /// Numbers of inputs, outputs and steps: the most steps, where batches may have fewer.
    fn dimensions(&self) -> Dimensions;

    /// Whether the parameters make a task.
    ///
    /// # Errors
    /// [`TaskError`] naming the first that does not.
    fn check(&self) -> Result<(), TaskError>;

    /// What tells this task from others: a training that is resumed must have the same. Tasks of this library
    /// name all their parameters; without a description of its own, a task is told by its dimensions alone.
    fn describe(&self) -> String {
        format!("{:?}", self.dimensions())
    }

    /// Draws one trial. Called only after [`check`](Self::check) has passed.
    fn trial(&self, stream: &mut Stream, trial: &mut TrialMut<'_>);

    /// The batch of training step `step` under `seed`.
    ///
    /// # Errors
    /// [`TaskError`] for parameters that make no task, or trials with nothing to learn.
    fn batch(&self, seed: u64, step: u64, trials: usize) -> Result<Batch, TaskError> {
        self.batch_of(&mut Stream::new(seed, "training batch", step), trials)
    }

    /// A batch for tests, which no training step under `seed` sees.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    fn test_batch(&self, seed: u64, trials: usize) -> Result<Batch, TaskError> {
        self.batch_of(&mut Stream::new(seed, "test batch", 0), trials)
    }

    /// A batch of trials drawn from a stream, one after the other.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    fn batch_of(&self, stream: &mut Stream, trials: usize) -> Result<Batch, TaskError> {
        self.check()?;
        Batch::from_trials(self.dimensions(), trials, |_, trial| self.trial(stream, trial))
    }
}

impl<K: Task + ?Sized> Task for &K {
    fn dimensions(&self) -> Dimensions {
        (**self).dimensions()
    }
    fn check(&self) -> Result<(), TaskError> {
        (**self).check()
    }
    fn describe(&self) -> String {
        (**self).describe()
    }
    fn trial(&self, stream: &mut Stream, trial: &mut TrialMut<'_>) {
        (**self).trial(stream, trial);
    }
    fn batch(&self, seed: u64, step: u64, trials: usize) -> Result<Batch, TaskError> {
        (**self).batch(seed, step, trials)
    }
    fn test_batch(&self, seed: u64, trials: usize) -> Result<Batch, TaskError> {
        (**self).test_batch(seed, trials)
    }
    fn batch_of(&self, stream: &mut Stream, trials: usize) -> Result<Batch, TaskError> {
        (**self).batch_of(stream, trials)
    }
}

impl Task for TaskKind {
    fn dimensions(&self) -> Dimensions {
        self.task().dimensions()
    }
    fn check(&self) -> Result<(), TaskError> {
        self.task().check()
    }
    fn describe(&self) -> String {
        self.task().describe()
    }
    fn trial(&self, stream: &mut Stream, trial: &mut TrialMut<'_>) {
        self.task().trial(stream, trial);
    }
    fn batch(&self, seed: u64, step: u64, trials: usize) -> Result<Batch, TaskError> {
        self.task().batch(seed, step, trials)
    }
    fn test_batch(&self, seed: u64, trials: usize) -> Result<Batch, TaskError> {
        self.task().test_batch(seed, trials)
    }
    fn batch_of(&self, stream: &mut Stream, trials: usize) -> Result<Batch, TaskError> {
        self.task().batch_of(stream, trials)
    }
}

/// A task of this library, chosen by name: what files and sweeps hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskKind {
    /// [`FlipFlop`].
    FlipFlop(FlipFlop),
    /// [`ContextDecision`].
    ContextDecision(ContextDecision),
    /// [`WorkingMemory`].
    WorkingMemory(WorkingMemory),
    /// [`DrivenFixedPoint`].
    DrivenFixedPoint(DrivenFixedPoint),
    /// [`Cosine`].
    Cosine(Cosine),
    /// [`TextClassification`].
    TextClassification(TextClassification),
}

impl TaskKind {
    /// The names that [`named`](Self::named) knows.
    pub const NAMES: [&str; 6] = [
        "flip_flop",
        "context_decision",
        "working_memory",
        "driven_fixed_point",
        "cosine",
        "text_classification",
    ];

    /// The task of this name with its published parameters.
    ///
    /// ```
    /// use attractorlab::task::{Task, TaskKind};
    /// assert_eq!(TaskKind::named("flip_flop").unwrap().task().dimensions().steps, 100);
    /// assert!(TaskKind::named("flipflop").is_none());
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "flip_flop" => Self::FlipFlop(FlipFlop::default()),
            "context_decision" => Self::ContextDecision(ContextDecision::default()),
            "working_memory" => Self::WorkingMemory(WorkingMemory::default()),
            "driven_fixed_point" => Self::DrivenFixedPoint(DrivenFixedPoint::default()),
            "cosine" => Self::Cosine(Cosine::default()),
            "text_classification" => Self::TextClassification(TextClassification::default()),
            _ => return None,
        })
    }

    /// The task itself.
    pub fn task(&self) -> &dyn Task {
        match self {
            Self::FlipFlop(task) => task,
            Self::ContextDecision(task) => task,
            Self::WorkingMemory(task) => task,
            Self::DrivenFixedPoint(task) => task,
            Self::Cosine(task) => task,
            Self::TextClassification(task) => task,
        }
    }
}
