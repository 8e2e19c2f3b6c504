//! The autonomous cosine.

use attractorlab_numerics::random::Stream;
use serde::{Deserialize, Serialize};

use super::error::{finite, positive};
use super::trials::whole_steps;
use super::{Dimensions, Task, TaskError, TrialMut};

/// Without input, from its initial state, the network is to follow amplitude · cos(2π i dt/period) at step i
/// for some periods (Schuessler et al. 2020, supplement). All trials are alike.
///
/// The trial goes on beyond the periods that count, so that one sees whether the oscillation lasts. Output i is
/// that of state i + 1: the target lags it by one step, as published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cosine {
    /// dt.
    pub time_step: f64,
    /// Length of a trial.
    pub duration: f64,
    /// The period.
    pub period: f64,
    /// Number of periods that count.
    pub periods: f64,
    /// The amplitude.
    pub amplitude: f64,
}

impl Default for Cosine {
    fn default() -> Self {
        Self { time_step: 0.1, duration: 20.0, period: 5.0, periods: 2.0, amplitude: 1.0 }
    }
}

impl Task for Cosine {
    fn dimensions(&self) -> Dimensions {
        let steps = whole_steps(self.duration, self.time_step);
        Dimensions { inputs: 0, outputs: 1, steps, time_step: self.time_step }
    }

    fn check(&self) -> Result<(), TaskError> {
        for (name, value) in [
            ("time_step", self.time_step),
            ("duration", self.duration),
            ("period", self.period),
            ("periods", self.periods),
        ] {
            positive(name, value)?;
        }
        finite("amplitude", self.amplitude)?;
        let (needed, steps) =
            (whole_steps(self.periods * self.period, self.time_step), self.dimensions().steps);
        if needed > steps || needed == 0 {
            let needed = needed.max(1);
            return Err(TaskError::TooShort { events: "the periods that count", needed, steps });
        }
        self.dimensions().columns(1).map(drop)
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }

    fn trial(&self, _stream: &mut Stream, trial: &mut TrialMut<'_>) {
        let angle = std::f64::consts::TAU * self.time_step / self.period;
        for step in 0..trial.steps() {
            trial.target(step..step + 1, 0, self.amplitude * (angle * step as f64).cos());
        }
        trial.mask(0..whole_steps(self.periods * self.period, self.time_step), 1.0);
    }
}
