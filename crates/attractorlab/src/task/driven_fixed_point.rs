//! The input-driven fixed point.

use attractorlab_numerics::random::Stream;
use serde::{Deserialize, Serialize};

use super::error::{finite, not_negative, positive};
use super::trials::whole_steps;
use super::{Dimensions, Task, TaskError, TrialMut};

/// Under a constant input, the output is to have settled at the target at the end of the trial: the task whose
/// learning the theory of linear networks describes (Schuessler et al. 2020). All trials are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrivenFixedPoint {
    /// dt.
    pub time_step: f64,
    /// Length of a trial.
    pub duration: f64,
    /// When the input sets in.
    pub onset: f64,
    /// The input from then on.
    pub amplitude: f64,
    /// The target ẑ.
    pub target: f64,
    /// Steps at the end in which the output counts.
    pub counted_steps: usize,
}

impl Default for DrivenFixedPoint {
    fn default() -> Self {
        Self { time_step: 0.5, duration: 101.0, onset: 1.0, amplitude: 1.0, target: 1.0, counted_steps: 2 }
    }
}

impl Task for DrivenFixedPoint {
    fn dimensions(&self) -> Dimensions {
        let steps = whole_steps(self.duration, self.time_step);
        Dimensions { inputs: 1, outputs: 1, steps, time_step: self.time_step }
    }

    fn check(&self) -> Result<(), TaskError> {
        positive("time_step", self.time_step)?;
        positive("duration", self.duration)?;
        not_negative("onset", self.onset)?;
        finite("amplitude", self.amplitude)?;
        finite("target", self.target)?;
        if self.counted_steps == 0 {
            return Err(TaskError::Parameter { name: "counted_steps", expected: "at least 1", value: 0.0 });
        }
        let steps = self.dimensions().steps;
        let needed = whole_steps(self.onset, self.time_step).saturating_add(self.counted_steps);
        if needed > steps {
            return Err(TaskError::TooShort { events: "onset and counted steps", needed, steps });
        }
        self.dimensions().columns(1).map(drop)
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }

    fn trial(&self, _stream: &mut Stream, trial: &mut TrialMut<'_>) {
        let steps = trial.steps();
        let counted = steps - self.counted_steps..steps;
        trial.input(whole_steps(self.onset, self.time_step)..steps, 0, self.amplitude);
        trial.target(counted.clone(), 0, self.target);
        trial.mask(counted, 1.0);
    }
}
