//! Trials side by side.

use std::ops::Range;

use super::{Dimensions, TaskError};

/// B trials of T steps: inputs u, targets y and masks, in the order in which a network reads them: channel
/// fastest, then trial, then step. As matrices they have one column for each (step, trial).
///
/// The mask has a weight for each output at each step; where it is zero the target does not count.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    dimensions: Dimensions,
    trials: usize,
    input: Vec<f64>,
    target: Vec<f64>,
    mask: Vec<f64>,
}

impl Batch {
    /// A batch of `trials` trials, each written by `write(index, trial)`; what is not written is zero.
    ///
    /// ```
    /// use attractorlab::task::{Batch, Dimensions};
    ///
    /// let dimensions = Dimensions { inputs: 1, outputs: 1, steps: 20, time_step: 0.5 };
    /// // Echo: repeat the input of the first steps at the end.
    /// let batch = Batch::from_trials(dimensions, 8, |index, trial| {
    ///     let value = index as f64 - 3.5;
    ///     trial.input(0..4, 0, value);
    ///     trial.target(15..20, 0, value);
    ///     trial.mask(15..20, 1.0);
    /// })?;
    /// assert_eq!(batch.mask_total(), 8.0 * 5.0);
    /// # Ok::<(), attractorlab::task::TaskError>(())
    /// ```
    ///
    /// # Errors
    /// [`TaskError`] without trials, for more values than a batch can have (2^30), a mask that is zero everywhere, or for values that are not finite.
    pub fn from_trials(
        dimensions: Dimensions,
        trials: usize,
        mut write: impl FnMut(usize, &mut TrialMut<'_>),
    ) -> Result<Self, TaskError> {
        let Dimensions { inputs, outputs, .. } = dimensions;
        let columns = dimensions.columns(trials)?;
        let (input, target) = (vec![0.0; inputs * columns], vec![0.0; outputs * columns]);
        let mut batch = Self { dimensions, trials, input, mask: target.clone(), target };
        for index in 0..trials {
            write(index, &mut TrialMut { batch: &mut batch, index });
        }
        batch.check()?;
        Ok(batch)
    }

    /// A batch from arrays in its order (channel fastest, then trial, then step).
    ///
    /// # Errors
    /// [`TaskError`] for lengths that do not fit, no trials, an empty mask or values that are not finite.
    pub fn from_arrays(
        dimensions: Dimensions,
        trials: usize,
        input: Vec<f64>,
        target: Vec<f64>,
        mask: Vec<f64>,
    ) -> Result<Self, TaskError> {
        let columns = dimensions.columns(trials)?;
        for (name, channels, found) in [
            ("the input", dimensions.inputs, input.len()),
            ("the target", dimensions.outputs, target.len()),
            ("the mask", dimensions.outputs, mask.len()),
        ] {
            let expected = channels * columns;
            if found != expected {
                return Err(TaskError::Length { name, expected, found });
            }
        }
        let batch = Self { dimensions, trials, input, target, mask };
        batch.check()?;
        Ok(batch)
    }

    /// Whether there is something to learn, and everything is a number.
    fn check(&self) -> Result<(), TaskError> {
        if self.trials == 0 {
            return Err(TaskError::NoTrials);
        }
        let weight = |v: f64| v.is_finite() && v >= 0.0;
        let arrays: [(_, _, _, &dyn Fn(f64) -> bool, _); 3] = [
            ("the input", &self.input, self.dimensions.inputs, &f64::is_finite, "a finite number"),
            ("the target", &self.target, self.dimensions.outputs, &f64::is_finite, "a finite number"),
            (
                "the mask",
                &self.mask,
                self.dimensions.outputs,
                &weight,
                "a finite number that is not negative",
            ),
        ];
        for (name, values, channels, fits, expected) in arrays {
            if let Some(at) = values.iter().position(|v| !fits(*v)) {
                let column = at / channels;
                let (trial, step) = (column % self.trials, column / self.trials);
                return Err(TaskError::Value { name, trial, step, expected, value: values[at] });
            }
        }
        if self.mask_total() > 0.0 { Ok(()) } else { Err(TaskError::NothingMasked) }
    }

    /// Numbers of inputs, outputs and steps.
    pub fn dimensions(&self) -> Dimensions {
        self.dimensions
    }

    /// Number of trials B.
    pub fn trials(&self) -> usize {
        self.trials
    }

    /// u, inputs × (B·T).
    pub fn inputs(&self) -> &[f64] {
        &self.input
    }

    /// y, outputs × (B·T).
    pub fn targets(&self) -> &[f64] {
        &self.target
    }

    /// The mask, outputs × (B·T).
    pub fn masks(&self) -> &[f64] {
        &self.mask
    }

    /// Sum of the mask over everything.
    pub fn mask_total(&self) -> f64 {
        self.mask.iter().sum()
    }

    /// L of the output zero: half the mean of y² under the mask.
    pub fn zero_loss(&self) -> f64 {
        let sum: f64 = self.target.iter().zip(&self.mask).map(|(y, m)| m * y * y).sum();
        0.5 * sum / self.mask_total()
    }
}

/// One trial of a batch, to be written. Ranges of steps are cut at the end of the trial.
#[derive(Debug)]
pub struct TrialMut<'a> {
    batch: &'a mut Batch,
    index: usize,
}

impl TrialMut<'_> {
    /// Number of steps T.
    pub fn steps(&self) -> usize {
        self.batch.dimensions.steps
    }

    fn set(
        &mut self,
        which: fn(&mut Batch) -> (&mut Vec<f64>, usize),
        steps: Range<usize>,
        channel: usize,
        value: f64,
    ) {
        let (trials, index, end) = (self.batch.trials, self.index, steps.end.min(self.steps()));
        let (values, channels) = which(self.batch);
        assert!(channel < channels, "trial: channel {channel} of {channels}");
        for step in steps.start..end {
            values[(step * trials + index) * channels + channel] = value;
        }
    }

    /// Sets an input.
    ///
    /// # Panics
    /// If there is no such channel.
    #[track_caller]
    pub fn input(&mut self, steps: Range<usize>, channel: usize, value: f64) {
        self.set(|batch| (&mut batch.input, batch.dimensions.inputs), steps, channel, value);
    }

    /// Sets a target.
    ///
    /// # Panics
    /// If there is no such channel.
    #[track_caller]
    pub fn target(&mut self, steps: Range<usize>, channel: usize, value: f64) {
        self.set(|batch| (&mut batch.target, batch.dimensions.outputs), steps, channel, value);
    }

    /// Sets the weight of all outputs.
    pub fn mask(&mut self, steps: Range<usize>, weight: f64) {
        for channel in 0..self.batch.dimensions.outputs {
            self.mask_channel(steps.clone(), channel, weight);
        }
    }

    /// Sets the weight of one output.
    ///
    /// # Panics
    /// If there is no such channel.
    #[track_caller]
    pub fn mask_channel(&mut self, steps: Range<usize>, channel: usize, weight: f64) {
        self.set(|batch| (&mut batch.mask, batch.dimensions.outputs), steps, channel, weight);
    }
}
