//! Parametric working memory.

use attractorlab_numerics::random::Stream;
use serde::{Deserialize, Serialize};

use super::error::{finite, not_negative, positive, range};
use super::trials::whole_steps;
use super::{Batch, Dimensions, PsychometricPoint, Task, TaskError, TrialMut, psychometric_curve};

/// Two stimuli follow each other after a time that varies; the output that stands for the larger one is to
/// rise (Romo et al. 1999, as in Schuessler et al. 2020).
///
/// Until the end of the second stimulus both outputs are to be zero, then `delay` passes in which nothing is
/// asked, and during `decision` the output of the larger stimulus is to be at `target`, the other at zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkingMemory {
    /// dt.
    pub time_step: f64,
    /// Length of the time before the first stimulus.
    pub fixation: f64,
    /// Length of each stimulus.
    pub stimulus: f64,
    /// Range of the time between the stimuli, drawn uniformly.
    pub gap: (f64, f64),
    /// From the end of the second stimulus until the decision is read.
    pub delay: f64,
    /// Length of the time in which it is read.
    pub decision: f64,
    /// Range of the stimuli, drawn uniformly.
    pub amplitudes: (f64, f64),
    /// Least difference of the two.
    pub least_difference: f64,
    /// Size of the target.
    pub target: f64,
}

impl Default for WorkingMemory {
    fn default() -> Self {
        Self {
            time_step: 0.5,
            fixation: 3.0,
            stimulus: 1.0,
            gap: (2.0, 8.0),
            delay: 5.0,
            decision: 10.0,
            amplitudes: (0.5, 1.5),
            least_difference: 0.2,
            target: 0.5,
        }
    }
}

/// What is drawn for a trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorkingMemoryTrial {
    /// The two stimuli.
    pub stimuli: [f64; 2],
    /// Time between them.
    pub gap: f64,
}

impl WorkingMemoryTrial {
    /// Which stimulus is larger, 0 or 1.
    pub fn larger(&self) -> usize {
        usize::from(self.stimuli[1] > self.stimuli[0])
    }
}

impl WorkingMemory {
    fn steps(&self, duration: f64) -> usize {
        whole_steps(duration, self.time_step)
    }

    /// Draws stimuli, until they differ enough, and the time between them.
    pub fn draw(&self, stream: &mut Stream) -> WorkingMemoryTrial {
        let mut between = |(low, high): (f64, f64)| low + (high - low) * stream.uniform();
        let mut stimuli = [between(self.amplitudes), between(self.amplitudes)];
        while (stimuli[0] - stimuli[1]).abs() < self.least_difference {
            stimuli = [between(self.amplitudes), between(self.amplitudes)];
        }
        WorkingMemoryTrial { stimuli, gap: between(self.gap) }
    }

    /// First step of the second stimulus.
    fn second_onset(&self, gap: f64) -> usize {
        self.steps(self.fixation) + self.steps(self.stimulus) + self.steps(gap)
    }

    /// Steps in which the decision of a trial is read.
    fn response(&self, gap: f64) -> std::ops::Range<usize> {
        let start = self.second_onset(gap) + self.steps(self.stimulus) + self.steps(self.delay);
        start..start + self.steps(self.decision)
    }

    /// Writes a trial.
    pub fn write(&self, drawn: &WorkingMemoryTrial, trial: &mut TrialMut<'_>) {
        let stimulus = self.steps(self.stimulus);
        let (first, second) = (self.steps(self.fixation), self.second_onset(drawn.gap));
        trial.input(first..first + stimulus, 0, drawn.stimuli[0]);
        trial.input(second..second + stimulus, 0, drawn.stimuli[1]);
        let response = self.response(drawn.gap);
        trial.target(response.clone(), drawn.larger(), self.target);
        trial.mask(0..second + stimulus, 1.0);
        trial.mask(response, 1.0);
    }

    /// A batch of the given trials.
    ///
    /// # Errors
    /// [`TaskError`] for parameters that make no task or no trials.
    pub fn batch_with(&self, trials: &[WorkingMemoryTrial]) -> Result<Batch, TaskError> {
        self.check()?;
        Batch::from_trials(self.dimensions(), trials.len(), |index, trial| self.write(&trials[index], trial))
    }

    /// The decision of each trial from the outputs z of a network, 2 × (B·T): which output is larger on average
    /// while the decision is read.
    ///
    /// # Panics
    /// If the outputs are not those of the trials.
    #[track_caller]
    pub fn decisions(&self, outputs: &[f64], trials: &[WorkingMemoryTrial]) -> Vec<usize> {
        let count = trials.len();
        let expected = 2 * self.dimensions().steps * count;
        assert_eq!(outputs.len(), expected, "decisions: two outputs for each step of each trial");
        let difference = |b: usize, t: usize| outputs[2 * (t * count + b) + 1] - outputs[2 * (t * count + b)];
        let response = |b: usize| self.response(trials[b].gap);
        (0..count).map(|b| usize::from(response(b).map(|t| difference(b, t)).sum::<f64>() > 0.0)).collect()
    }

    /// How often the second stimulus is taken for the larger one, against its difference from the first, gathered
    /// by multiples of `width`; every difference by itself if it is 0.
    ///
    /// # Panics
    /// If the outputs are not those of the trials, or the width is negative.
    #[track_caller]
    pub fn psychometric_curve(
        &self,
        outputs: &[f64],
        trials: &[WorkingMemoryTrial],
        width: f64,
    ) -> Vec<PsychometricPoint> {
        let chosen: Vec<bool> = self.decisions(outputs, trials).iter().map(|d| *d == 1).collect();
        let stimuli: Vec<f64> = trials.iter().map(|trial| trial.stimuli[1] - trial.stimuli[0]).collect();
        psychometric_curve(&stimuli, &chosen, width)
    }
}

impl Task for WorkingMemory {
    fn dimensions(&self) -> Dimensions {
        let steps = self.response(self.gap.1).end;
        Dimensions { inputs: 1, outputs: 2, steps, time_step: self.time_step }
    }

    fn check(&self) -> Result<(), TaskError> {
        positive("time_step", self.time_step)?;
        for (name, value) in [("stimulus", self.stimulus), ("decision", self.decision)] {
            positive(name, value)?;
        }
        for (name, value) in [("fixation", self.fixation), ("delay", self.delay)] {
            not_negative(name, value)?;
        }
        range("gap", self.gap)?;
        range("amplitudes", self.amplitudes)?;
        finite("target", self.target)?;
        let (name, value) = ("least_difference", self.least_difference);
        not_negative(name, value)?;
        // Pairs are drawn until they differ enough: at least one in a hundred must.
        let width = self.amplitudes.1 - self.amplitudes.0;
        if value > 0.9 * width {
            let expected = "at most nine tenths of the width of `amplitudes`";
            return Err(TaskError::Parameter { name, expected, value });
        }
        if self.steps(self.stimulus) == 0 || self.steps(self.decision) == 0 {
            let (needed, steps) = (self.dimensions().steps + 1, self.dimensions().steps);
            return Err(TaskError::TooShort { events: "stimulus and decision", needed, steps });
        }
        self.dimensions().columns(1).map(drop)
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }

    fn trial(&self, stream: &mut Stream, trial: &mut TrialMut<'_>) {
        let drawn = self.draw(stream);
        self.write(&drawn, trial);
    }
}
