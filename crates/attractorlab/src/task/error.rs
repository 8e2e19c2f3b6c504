//! What can be wrong with a task or a batch of its trials.

use super::Dimensions;
use super::text::TextError;

/// Why trials cannot be made, or cannot be learnt from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// A parameter is out of its range.
    #[error("{name} of the task must be {expected}, got {value}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
    /// The events of a trial do not fit into it.
    #[error(
        "a trial of {steps} steps is too short: {events} need {needed} steps; lengthen `duration` or shorten the events"
    )]
    TooShort {
        /// What has to fit.
        events: &'static str,
        /// Steps that it needs.
        needed: usize,
        /// Steps of a trial.
        steps: usize,
    },
    /// Inputs, targets and masks of the trials are more values than a batch can have.
    #[error(
        "{trials} trials of {} steps with {} inputs and {} outputs are more than {limit} values: take fewer trials \
         or channels, a shorter trial or a longer `time_step`", task.steps, task.inputs, task.outputs
    )]
    TooLarge {
        /// Sizes of a trial.
        task: Dimensions,
        /// Number of trials.
        trials: usize,
        /// The most values that a batch can have.
        limit: usize,
    },
    /// The texts of a task cannot be used.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A task of a user's own could not make a batch.
    #[error("the task's own function failed: {reason}")]
    Own {
        /// Why.
        reason: String,
    },
    /// A batch without trials.
    #[error("a batch needs at least one trial")]
    NoTrials,
    /// The mask is zero everywhere.
    #[error(
        "the mask is zero at every step of every trial, so that there is nothing to learn: set it where the target counts"
    )]
    NothingMasked,
    /// A weight of the mask is negative or not finite, or an input or target is not finite.
    #[error("{name} of trial {trial} at step {step} must be {expected}, got {value}")]
    Value {
        /// Input, target or mask.
        name: &'static str,
        /// The trial.
        trial: usize,
        /// The step.
        step: usize,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        value: f64,
    },
    /// An array has the wrong length.
    #[error("{name} must have {expected} entries (channels × trials × steps), got {found}")]
    Length {
        /// Which array.
        name: &'static str,
        /// The length that fits.
        expected: usize,
        /// Its length.
        found: usize,
    },
    /// A network has other numbers of inputs or outputs than the task.
    #[error(
        "the task has {} inputs and {} outputs, the network {inputs} and {outputs}", task.inputs, task.outputs
    )]
    Network {
        /// What the task has.
        task: Dimensions,
        /// Inputs of the network.
        inputs: usize,
        /// Outputs of the network.
        outputs: usize,
    },
}

pub(super) fn positive(name: &'static str, value: f64) -> Result<(), TaskError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(TaskError::Parameter { name, expected: "a finite number above zero", value })
    }
}

pub(super) fn not_negative(name: &'static str, value: f64) -> Result<(), TaskError> {
    if value.is_finite() && value >= 0.0 {
        Ok(())
    } else {
        Err(TaskError::Parameter { name, expected: "a finite number that is not negative", value })
    }
}

pub(super) fn finite(name: &'static str, value: f64) -> Result<(), TaskError> {
    if value.is_finite() {
        Ok(())
    } else {
        Err(TaskError::Parameter { name, expected: "a finite number", value })
    }
}

/// A range [low, high] of positive durations or amplitudes.
pub(super) fn range(name: &'static str, (low, high): (f64, f64)) -> Result<(), TaskError> {
    not_negative(name, low)?;
    if high.is_finite() && high >= low {
        Ok(())
    } else {
        let expected = "a range whose upper end is finite and not below the lower one";
        Err(TaskError::Parameter { name, expected, value: high })
    }
}
