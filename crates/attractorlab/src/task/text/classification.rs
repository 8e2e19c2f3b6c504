//! The task: is this review for or against?

use std::sync::{Arc, OnceLock};

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::random::Stream;
use serde::{Deserialize, Serialize};

use super::{TextData, TextError, TextOptions};
use crate::task::{Batch, Dimensions, Task, TaskError, TrialMut};

/// Tell from a text, one word vector a step, whether its rating is above zero.
///
/// The output after the last word counts: the log-odds of approval, with target 1 or 0 (train with the loss
/// [`BinaryCrossEntropy`](crate::training::bptt::Loss::BinaryCrossEntropy)). Batches are drawn with replacement from
/// the texts to train on, test batches from those set aside; a batch has as many steps as its longest text has words.
/// Texts are read, and vectors made, when they are first needed.
///
/// Stands for the sentiment task of Schuessler et al. (2020), with other texts and other word vectors.
///
/// ```
/// use attractorlab::task::Task;
/// use attractorlab::task::text::{TextClassification, TextOptions};
///
/// # fn main() -> Result<(), attractorlab::task::TaskError> {
/// let task = TextClassification::new(TextOptions { dimension: 20, most_words: 12, ..TextOptions::default() });
/// let batch = task.batch(1, 0, 16)?;
/// assert_eq!((batch.dimensions().inputs, batch.dimensions().outputs), (20, 1));
/// assert!(batch.dimensions().steps <= 12 && batch.mask_total() == 16.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "TextOptions", into = "TextOptions")]
pub struct TextClassification {
    options: TextOptions,
    loaded: OnceLock<Result<Arc<TextData>, TextError>>,
}

impl PartialEq for TextClassification {
    fn eq(&self, other: &Self) -> bool {
        self.options == other.options
    }
}

impl From<TextOptions> for TextClassification {
    fn from(options: TextOptions) -> Self {
        Self::new(options)
    }
}

impl From<TextClassification> for TextOptions {
    fn from(task: TextClassification) -> Self {
        task.options
    }
}

impl TextClassification {
    /// The task with these texts.
    pub fn new(options: TextOptions) -> Self {
        Self { options, loaded: OnceLock::new() }
    }

    /// Which texts, and how they are turned into numbers.
    pub fn options(&self) -> &TextOptions {
        &self.options
    }

    /// The texts as numbers.
    ///
    /// # Errors
    /// [`TextError`] if they cannot be read or used.
    pub fn data(&self) -> Result<&TextData, TextError> {
        let loaded = self.loaded.get_or_init(|| TextData::load(&self.options).map(Arc::new));
        loaded.as_deref().map_err(Clone::clone)
    }
}

impl Task for TextClassification {
    fn dimensions(&self) -> Dimensions {
        let TextOptions { dimension, most_words, .. } = self.options;
        Dimensions { inputs: dimension, outputs: 1, steps: most_words, time_step: 1.0 }
    }

    fn check(&self) -> Result<(), TaskError> {
        Ok(self.data().map(|_| ())?)
    }

    fn describe(&self) -> String {
        format!("{:?}", self.options)
    }

    fn trial(&self, stream: &mut Stream, trial: &mut TrialMut<'_>) {
        if let Ok(data) = self.data() {
            data.write_one(stream, trial);
        }
    }

    fn test_batch(&self, seed: u64, trials: usize) -> Result<Batch, TaskError> {
        self.data()?.draw_validation(&mut Stream::new(seed, "test batch", 0), trials)
    }

    fn batch_of(&self, stream: &mut Stream, trials: usize) -> Result<Batch, TaskError> {
        self.data()?.draw(stream, trials)
    }
}

/// The share of outputs, among those that count, that lie on the side of zero of their target (above for 1, below for
/// 0); 0 if none counts.
///
/// ```
/// use attractorlab::task::{Batch, Dimensions};
/// use attractorlab::task::text::accuracy;
///
/// let dimensions = Dimensions { inputs: 0, outputs: 1, steps: 2, time_step: 1.0 };
/// let batch = Batch::from_trials(dimensions, 2, |index, trial| {
///     trial.target(1..2, 0, index as f64);
///     trial.mask(1..2, 1.0);
/// })?;
/// // Step by step: the first does not count.
/// assert_eq!(accuracy(&[9.0, -9.0, -0.1, -0.1], &batch), 0.5);
/// # Ok::<(), attractorlab::task::TaskError>(())
/// ```
///
/// # Panics
/// If there are not as many outputs as the batch has targets.
#[track_caller]
pub fn accuracy<T: Real>(outputs: &[T], batch: &Batch) -> f64 {
    assert_eq!(outputs.len(), batch.targets().len(), "accuracy: one output for each target");
    let (mut right, mut count) = (0_usize, 0_usize);
    for ((z, y), mask) in outputs.iter().zip(batch.targets()).zip(batch.masks()) {
        if *mask > 0.0 {
            count += 1;
            right += usize::from((z.to_f64() > 0.0) == (*y > 0.5));
        }
    }
    right as f64 / count.max(1) as f64
}
