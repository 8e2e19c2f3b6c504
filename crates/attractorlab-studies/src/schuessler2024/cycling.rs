//! The cycling task: the output goes round a circle, in the direction that a cue tells.

use attractorlab::numerics::random::Stream;
use attractorlab::task::{Dimensions, Task, TaskError, TrialMut};

/// A pulse on one of two inputs tells the direction; from some time on, the output is to go round a circle.
#[derive(Debug, Clone)]
pub(super) struct Cycling {
    pub(super) time_step: f64,
    pub(super) duration: f64,
    pub(super) period: f64,
}

impl Cycling {
    /// When the output counts.
    const START: f64 = 3.0;
    /// Radius of the circle.
    const AMPLITUDE: f64 = 0.5;
    /// The cue.
    const CUE: (f64, f64) = (0.0, 1.0);
    /// Steps from one that counts to the next.
    const STRIDE: usize = 5;

    fn step(&self, time: f64) -> usize {
        (time / self.time_step).round() as usize
    }
}

impl Task for Cycling {
    fn dimensions(&self) -> Dimensions {
        Dimensions { inputs: 2, outputs: 2, steps: self.step(self.duration), time_step: self.time_step }
    }

    fn check(&self) -> Result<(), TaskError> {
        let (needed, steps) = (self.step(Self::START) + 1, self.dimensions().steps);
        if needed > steps {
            return Err(TaskError::TooShort {
                events: "the cue and the first step that counts",
                needed,
                steps,
            });
        }
        Ok(())
    }

    fn trial(&self, stream: &mut Stream, trial: &mut TrialMut<'_>) {
        let forward = stream.uniform() < 0.5;
        trial.input(self.step(Self::CUE.0)..self.step(Self::CUE.1), usize::from(!forward), 1.0);
        let turn = if forward { 1.0 } else { -1.0 };
        for step in self.step(Self::START)..trial.steps() {
            let angle =
                turn * std::f64::consts::TAU * (step as f64 * self.time_step - Self::START) / self.period;
            trial.target(step..step + 1, 0, Self::AMPLITUDE * angle.cos());
            trial.target(step..step + 1, 1, Self::AMPLITUDE * angle.sin());
            if step % Self::STRIDE == 0 {
                trial.mask(step..step + 1, 1.0);
            }
        }
    }
}
