//! Context-dependent decision.

use attractorlab_numerics::random::Stream;
use serde::{Deserialize, Serialize};

use super::error::{finite, not_negative, positive};
use super::trials::whole_steps;
use super::{Batch, Dimensions, PsychometricPoint, Task, TaskError, TrialMut, psychometric_curve};

/// Two noisy stimuli are shown at once, and a context says which one counts; after a delay the output is to have
/// the sign of its coherence (Mante et al. 2013, as in Schuessler et al. 2020).
///
/// Inputs: context 0, context 1, stimulus 0, stimulus 1. Until the end of the stimulus the output is to be zero;
/// during the delay nothing is asked. The noise is there at every step of the trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContextDecision {
    /// dt.
    pub time_step: f64,
    /// Length of the time before the stimuli.
    pub fixation: f64,
    /// Length of the stimuli.
    pub stimulus: f64,
    /// Length of the delay after them.
    pub delay: f64,
    /// Length of the time in which the decision is read.
    pub decision: f64,
    /// Sizes of the coherences; each stimulus has one of them, with either sign.
    pub coherences: Vec<f64>,
    /// Height of the context's input.
    pub context: f64,
    /// The noise of a stimulus has the standard deviation noise/√dt at each step.
    pub noise: f64,
    /// Size of the target.
    pub target: f64,
}

impl Default for ContextDecision {
    fn default() -> Self {
        Self {
            time_step: 0.5,
            fixation: 3.0,
            stimulus: 20.0,
            delay: 5.0,
            decision: 20.0,
            coherences: vec![0.125, 0.25, 0.5, 1.0],
            context: 1.0,
            noise: 0.05,
            target: 0.5,
        }
    }
}

/// What is drawn for a trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContextTrial {
    /// Which stimulus counts, 0 or 1.
    pub context: usize,
    /// Signed coherences of the two stimuli.
    pub coherences: [f64; 2],
}

impl ContextTrial {
    /// Coherence of the stimulus that counts.
    pub fn relevant(&self) -> f64 {
        self.coherences[self.context]
    }

    /// Coherence of the other one.
    pub fn irrelevant(&self) -> f64 {
        self.coherences[1 - self.context]
    }
}

impl ContextDecision {
    /// First steps of stimulus, delay and decision, and the end.
    fn phases(&self) -> [usize; 4] {
        let steps = |duration| whole_steps(duration, self.time_step);
        let stimulus = steps(self.fixation);
        let delay = stimulus + steps(self.stimulus);
        let decision = delay + steps(self.delay);
        [stimulus, delay, decision, decision + steps(self.decision)]
    }

    /// Draws context and coherences, all uniformly.
    pub fn draw(&self, stream: &mut Stream) -> ContextTrial {
        let mut coherence = || {
            let size = self.coherences[(stream.uniform() * self.coherences.len() as f64) as usize];
            if stream.uniform() < 0.5 { -size } else { size }
        };
        let coherences = [coherence(), coherence()];
        ContextTrial { context: usize::from(stream.uniform() < 0.5), coherences }
    }

    /// Writes a trial, its noise drawn from `stream`.
    pub fn write(&self, drawn: &ContextTrial, stream: &mut Stream, trial: &mut TrialMut<'_>) {
        let [stimulus, delay, decision, end] = self.phases();
        trial.input(stimulus..delay, drawn.context, self.context);
        let noise = self.noise / self.time_step.sqrt();
        for step in 0..end {
            for (channel, coherence) in drawn.coherences.iter().enumerate() {
                let shown = if (stimulus..delay).contains(&step) { *coherence } else { 0.0 };
                // No draw without noise, so that noise is the one difference of the trials.
                let noise = if noise > 0.0 { noise * stream.normal() } else { 0.0 };
                trial.input(step..step + 1, 2 + channel, shown + noise);
            }
        }
        trial.target(decision..end, 0, self.target * drawn.relevant().signum());
        trial.mask(0..delay, 1.0);
        trial.mask(decision..end, 1.0);
    }

    /// A batch of the given trials.
    ///
    /// # Errors
    /// [`TaskError`] for parameters that make no task or no trials.
    pub fn batch_with(&self, trials: &[ContextTrial], stream: &mut Stream) -> Result<Batch, TaskError> {
        self.check()?;
        Batch::from_trials(self.dimensions(), trials.len(), |index, trial| {
            self.write(&trials[index], stream, trial);
        })
    }

    /// The decision of each trial of a batch from the outputs z of a network, 1 × (B·T): the sign of the mean
    /// output while the decision is read.
    ///
    /// # Panics
    /// If the outputs are not those of `trials` trials.
    #[track_caller]
    pub fn decisions(&self, outputs: &[f64], trials: usize) -> Vec<f64> {
        let [.., decision, end] = self.phases();
        assert_eq!(outputs.len(), end * trials, "decisions: one output for each step of each trial");
        (0..trials).map(|b| (decision..end).map(|t| outputs[t * trials + b]).sum::<f64>().signum()).collect()
    }

    /// How often the decision is positive, against the coherence of the stimulus that counts and of the one that
    /// does not: a network that solves the task follows the first and ignores the second.
    ///
    /// Every coherence of the task is a point of its own.
    ///
    /// # Panics
    /// If the outputs are not those of the trials.
    #[track_caller]
    pub fn psychometric_curves(
        &self,
        outputs: &[f64],
        trials: &[ContextTrial],
    ) -> [Vec<PsychometricPoint>; 2] {
        let chosen: Vec<bool> = self.decisions(outputs, trials.len()).iter().map(|d| *d > 0.0).collect();
        [ContextTrial::relevant, ContextTrial::irrelevant].map(|coherence| {
            let stimuli: Vec<f64> = trials.iter().map(coherence).collect();
            psychometric_curve(&stimuli, &chosen, 0.0)
        })
    }
}

impl Task for ContextDecision {
    fn dimensions(&self) -> Dimensions {
        Dimensions { inputs: 4, outputs: 1, steps: self.phases()[3], time_step: self.time_step }
    }

    fn check(&self) -> Result<(), TaskError> {
        positive("time_step", self.time_step)?;
        for (name, value) in [("stimulus", self.stimulus), ("decision", self.decision)] {
            positive(name, value)?;
        }
        for (name, value) in [("fixation", self.fixation), ("delay", self.delay), ("noise", self.noise)] {
            not_negative(name, value)?;
        }
        finite("context", self.context)?;
        finite("target", self.target)?;
        let expected = "a list of at least one finite number above zero";
        if let Some(&value) = self.coherences.iter().find(|c| !(c.is_finite() && **c > 0.0)) {
            return Err(TaskError::Parameter { name: "coherences", expected, value });
        }
        if self.coherences.is_empty() {
            return Err(TaskError::Parameter { name: "coherences", expected, value: f64::NAN });
        }
        let [stimulus, delay, decision, end] = self.phases();
        if stimulus == delay || decision == end {
            let events = "stimulus and decision";
            return Err(TaskError::TooShort { events, needed: end + 1, steps: end });
        }
        self.dimensions().columns(1).map(drop)
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }

    fn trial(&self, stream: &mut Stream, trial: &mut TrialMut<'_>) {
        let drawn = self.draw(stream);
        self.write(&drawn, stream, trial);
    }
}
