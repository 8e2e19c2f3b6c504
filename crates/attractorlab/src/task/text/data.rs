//! Texts as numbers, to train on and to test on.

use std::path::PathBuf;

use attractorlab_numerics::random::Stream;
use serde::{Deserialize, Serialize};

use super::{Snippets, TextError, WordVectors, words};
use crate::task::{Batch, Dimensions, TaskError, TrialMut};

/// Which texts are classified, and how they are turned into numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextOptions {
    /// A file of rated texts, or a folder with one ([`Snippets::read`]); without it the reviews that come with the
    /// library.
    pub data: Option<PathBuf>,
    /// Dimension of the word vectors: inputs of the network.
    pub dimension: usize,
    /// Least number of times that a word must occur to have a vector; others are passed over.
    pub least_count: usize,
    /// Least size of a rating: texts with smaller ones are left out, and so are those rated zero.
    pub least_rating: f64,
    /// Texts are cut after so many words.
    pub most_words: usize,
    /// Number of texts that are set aside for tests.
    pub validation: usize,
    /// Seed of the choice of these.
    pub split: u64,
}

impl Default for TextOptions {
    /// Vectors of dimension 100 for words that occur three times, up to 60 words, 1000 texts set aside.
    fn default() -> Self {
        Self {
            data: None,
            dimension: 100,
            least_count: 3,
            least_rating: 0.0,
            most_words: 60,
            validation: 1000,
            split: 1,
        }
    }
}

/// One text: numbers of its words, and whether it approves.
#[derive(Debug, Clone, PartialEq)]
struct Encoded {
    words: Vec<u32>,
    approves: bool,
}

/// Texts to train on and texts set aside, as numbers.
///
/// Word vectors come from all texts: they do not know the ratings.
#[derive(Debug, Clone, PartialEq)]
pub struct TextData {
    vectors: WordVectors,
    train: Vec<Encoded>,
    validation: Vec<Encoded>,
}

impl TextData {
    /// Reads the texts and makes vectors for their words.
    ///
    /// # Errors
    /// [`TextError`] for files that cannot be read, options out of range, or too few texts.
    pub fn load(options: &TextOptions) -> Result<Self, TextError> {
        if options.most_words == 0 {
            let (name, expected) = ("most_words", "at least 1".to_owned());
            return Err(TextError::Parameter { name, expected, value: 0.0 });
        }
        if !(options.least_rating >= 0.0 && options.least_rating.is_finite()) {
            let (name, expected) = ("least_rating", "a finite number that is not negative".to_owned());
            return Err(TextError::Parameter { name, expected, value: options.least_rating });
        }
        let snippets = match &options.data {
            Some(path) => Snippets::read(path)?,
            None => Snippets::movie_reviews(),
        };
        let vectors = WordVectors::new(&snippets, options.dimension, options.least_count)?;
        let encoded = snippets.snippets.iter().filter_map(|snippet| {
            let known = words(&snippet.text).filter_map(|word| vectors.number(&word));
            let words: Vec<u32> = known.take(options.most_words).map(|number| number as u32).collect();
            let clear = snippet.rating != 0.0 && snippet.rating.abs() >= options.least_rating;
            (clear && !words.is_empty()).then_some(Encoded { words, approves: snippet.rating > 0.0 })
        });
        let mut encoded: Vec<Encoded> = encoded.collect();
        if options.validation >= encoded.len() {
            return Err(TextError::Split { validation: options.validation, texts: encoded.len() });
        }
        Stream::new(options.split, "texts: split", 0).shuffle(&mut encoded);
        let train = encoded.split_off(options.validation);
        Ok(Self { vectors, train, validation: encoded })
    }

    /// The word vectors.
    pub fn vectors(&self) -> &WordVectors {
        &self.vectors
    }

    /// Number of texts to train on.
    pub fn train_count(&self) -> usize {
        self.train.len()
    }

    /// Number of texts set aside.
    pub fn validation_count(&self) -> usize {
        self.validation.len()
    }

    /// Share of the texts set aside that approve.
    pub fn approving(&self) -> f64 {
        let approving = self.validation.iter().filter(|text| text.approves).count();
        approving as f64 / self.validation.len().max(1) as f64
    }

    /// The texts set aside in batches of up to so many, short ones first: a batch has as many steps as its longest
    /// text has words.
    ///
    /// # Errors
    /// [`TaskError`] for batches without texts, or too large.
    pub fn validation_batches(&self, trials: usize) -> Result<Vec<Batch>, TaskError> {
        if trials == 0 {
            return Err(TaskError::NoTrials);
        }
        let mut order: Vec<&Encoded> = self.validation.iter().collect();
        order.sort_by_key(|text| text.words.len());
        order.chunks(trials).map(|texts| self.batch_of(texts)).collect()
    }

    /// Texts to train on, drawn at random with replacement.
    pub(super) fn draw(&self, stream: &mut Stream, trials: usize) -> Result<Batch, TaskError> {
        let texts: Vec<&Encoded> = (0..trials).map(|_| self.pick(stream)).collect();
        self.batch_of(&texts)
    }

    /// Texts set aside in a random order, each once before any comes twice.
    pub(super) fn draw_validation(&self, stream: &mut Stream, trials: usize) -> Result<Batch, TaskError> {
        let order = stream.permutation(self.validation.len());
        let texts: Vec<&Encoded> = order.iter().cycle().take(trials).map(|&i| &self.validation[i]).collect();
        self.batch_of(&texts)
    }

    /// Writes a text to train on that is drawn at random.
    pub(super) fn write_one(&self, stream: &mut Stream, trial: &mut TrialMut<'_>) {
        self.write(self.pick(stream), trial);
    }

    fn pick(&self, stream: &mut Stream) -> &Encoded {
        let index = (stream.uniform() * self.train.len() as f64) as usize;
        &self.train[index.min(self.train.len() - 1)]
    }

    fn batch_of(&self, texts: &[&Encoded]) -> Result<Batch, TaskError> {
        let steps = texts.iter().map(|text| text.words.len()).max().unwrap_or(0);
        let dimensions = Dimensions { inputs: self.vectors.dimension(), outputs: 1, steps, time_step: 1.0 };
        Batch::from_trials(dimensions, texts.len(), |index, trial| self.write(texts[index], trial))
    }

    /// A word a step from the first on; the output at the last word counts.
    fn write(&self, text: &Encoded, trial: &mut TrialMut<'_>) {
        for (step, &word) in text.words.iter().enumerate() {
            for (channel, value) in self.vectors.at(word as usize).iter().enumerate() {
                trial.input(step..step + 1, channel, *value);
            }
        }
        let last = text.words.len() - 1;
        trial.target(last..last + 1, 0, f64::from(u8::from(text.approves)));
        trial.mask(last..last + 1, 1.0);
    }
}
