//! The flip-flop task.

use attractorlab_numerics::random::Stream;
use serde::{Deserialize, Serialize};

use super::error::{finite, not_negative, positive, range};
use super::trials::whole_steps;
use super::{Dimensions, Task, TaskError, TrialMut};

/// Short pulses of random sign arrive on random channels; from `delay` after the onset of each, until the next,
/// the output of the pulsed channel is to have its sign.
///
/// As published (Schuessler et al. 2020), the outputs of all *other* channels are to return to zero, so that a
/// network of two channels has four states; with `keep` they hold their last sign, as in the flip-flop of
/// Sussillo & Barak (2013), with 2^channels states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlipFlop {
    /// Number of inputs, and of outputs.
    pub channels: usize,
    /// dt.
    pub time_step: f64,
    /// Length of a trial.
    pub duration: f64,
    /// Time of the first pulse.
    pub onset: f64,
    /// Length of a pulse.
    pub pulse: f64,
    /// Height of a pulse.
    pub amplitude: f64,
    /// From the onset of a pulse until the target counts.
    pub delay: f64,
    /// Range of the time from there to the next pulse, drawn uniformly.
    pub gap: (f64, f64),
    /// Size of the target.
    pub target: f64,
    /// Whether the other channels keep their last sign.
    pub keep: bool,
}

impl Default for FlipFlop {
    fn default() -> Self {
        Self {
            channels: 2,
            time_step: 0.5,
            duration: 50.0,
            onset: 1.0,
            pulse: 1.0,
            amplitude: 1.0,
            delay: 5.0,
            gap: (5.0, 25.0),
            target: 0.5,
            keep: false,
        }
    }
}

/// One pulse of a trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pulse {
    /// Time from the end of its delay to the next pulse.
    pub gap: f64,
    /// Its channel.
    pub channel: usize,
    /// Its sign, ±1.
    pub sign: f64,
}

impl FlipFlop {
    /// Draws the pulses of one trial.
    pub fn draw(&self, stream: &mut Stream) -> Vec<Pulse> {
        let mut pulses = Vec::new();
        let mut onset = whole_steps(self.onset, self.time_step);
        let steps = self.dimensions().steps;
        while onset <= steps {
            let gap = self.gap.0 + (self.gap.1 - self.gap.0) * stream.uniform();
            let channel = (stream.uniform() * self.channels as f64) as usize;
            let sign = if stream.uniform() < 0.5 { -1.0 } else { 1.0 };
            pulses.push(Pulse { gap, channel, sign });
            onset += self.interval(gap);
        }
        pulses
    }

    /// Steps from a pulse to the next: gap and delay are cut to steps together.
    fn interval(&self, gap: f64) -> usize {
        whole_steps(gap + self.delay, self.time_step).max(1)
    }

    /// Writes a trial with these pulses.
    pub fn write(&self, pulses: &[Pulse], trial: &mut TrialMut<'_>) {
        let steps = |duration| whole_steps(duration, self.time_step);
        let mut onset = steps(self.onset);
        let mut held = vec![0.0; self.channels];
        for pulse in pulses {
            trial.input(onset..onset + steps(self.pulse), pulse.channel, pulse.sign * self.amplitude);
            if !self.keep {
                held.fill(0.0);
            }
            held[pulse.channel] = pulse.sign * self.target;
            let counted = onset + steps(self.delay)..onset + self.interval(pulse.gap);
            for (channel, value) in held.iter().enumerate() {
                trial.target(counted.clone(), channel, *value);
            }
            trial.mask(counted, 1.0);
            onset += self.interval(pulse.gap);
        }
    }
}

impl Task for FlipFlop {
    fn dimensions(&self) -> Dimensions {
        let steps = whole_steps(self.duration, self.time_step);
        Dimensions { inputs: self.channels, outputs: self.channels, steps, time_step: self.time_step }
    }

    fn check(&self) -> Result<(), TaskError> {
        positive("time_step", self.time_step)?;
        for (name, value) in [("duration", self.duration), ("pulse", self.pulse)] {
            positive(name, value)?;
        }
        not_negative("onset", self.onset)?;
        not_negative("delay", self.delay)?;
        range("gap", self.gap)?;
        finite("amplitude", self.amplitude)?;
        finite("target", self.target)?;
        if self.channels == 0 {
            return Err(TaskError::Parameter { name: "channels", expected: "at least 1", value: 0.0 });
        }
        let steps = self.dimensions().steps;
        let needed = whole_steps(self.onset, self.time_step) + whole_steps(self.delay, self.time_step) + 1;
        if needed > steps {
            return Err(TaskError::TooShort { events: "the first pulse and its delay", needed, steps });
        }
        self.dimensions().columns(1).map(drop)
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }

    fn trial(&self, stream: &mut Stream, trial: &mut TrialMut<'_>) {
        let pulses = self.draw(stream);
        self.write(&pulses, trial);
    }
}
