//! Samples by number: what mini-batches are drawn from.

use std::sync::Arc;

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::random::Stream;

use super::{
    Evaluation, ForwardPass, LearningError, Loss, MeanSquaredError, MissingStates, SoftmaxCrossEntropy,
};
use crate::dynamics::{Columns, EquilibriumStatus, FixedPointLayer};
use crate::task::images::{CLASSES, ImageData, Projection};

/// Which samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Those that are learnt from.
    Train,
    /// Those that are only tested on.
    Test,
}

/// The inputs of some samples, and the loss of their rates.
pub type Samples<T> = (Columns<T>, Box<dyn Loss<T>>);

/// Numbered samples with inputs to a network of N units and a loss of its rates.
pub trait LearningTask<T: Real>: Send + Sync {
    /// Number of units N.
    fn units(&self) -> usize;

    /// Number of samples.
    fn samples(&self, split: Split) -> usize;

    /// Inputs and loss of the samples with these numbers.
    ///
    /// # Errors
    /// [`LearningError`] if a sample is not one of the task's.
    fn batch(&self, split: Split, which: &[usize]) -> Result<Samples<T>, LearningError>;
}

/// Classification of images by the rates of a network: x = Wx s with fixed Wx, softmax cross-entropy of Cr with fixed C.
pub struct ImageClassification<T: Real> {
    data: Arc<ImageData>,
    projection: Projection<T>,
    readout: Arc<Columns<T>>,
}

impl<T: Real> ImageClassification<T> {
    /// Draws Wx ~ N(0, 1/P) and C ~ N(0, 1/N) from streams of the seed; pixels are scaled to [0, scale].
    ///
    /// # Errors
    /// [`LearningError::Option`] for no units, or a scale that is not positive.
    pub fn draw(data: Arc<ImageData>, units: usize, scale: f64, seed: u64) -> Result<Self, LearningError> {
        if units == 0 {
            return Err(LearningError::Option { name: "units", expected: "at least 1", value: 0.0 });
        }
        if !(scale > 0.0 && scale.is_finite()) {
            let expected = "positive and finite";
            return Err(LearningError::Option { name: "the scale of pixels", expected, value: scale });
        }
        let projection = Projection::draw(units, data.train.pixels_per_image(), scale, seed);
        let mut stream = Stream::new(seed, "images: readout", 0);
        let sd = 1.0 / (units as f64).sqrt();
        let readout = Columns::from_fn(units, CLASSES, |_, _| T::from_f64(sd * stream.normal()));
        Ok(Self { data, projection, readout: Arc::new(readout) })
    }

    /// Cᵀ, N×10.
    pub fn readout(&self) -> &Columns<T> {
        &self.readout
    }

    /// The images.
    pub fn data(&self) -> &ImageData {
        &self.data
    }
}

impl<T: Real> LearningTask<T> for ImageClassification<T> {
    fn units(&self) -> usize {
        self.projection.units()
    }

    fn samples(&self, split: Split) -> usize {
        match split {
            Split::Train => self.data.train.count(),
            Split::Test => self.data.test.count(),
        }
    }

    fn batch(&self, split: Split, which: &[usize]) -> Result<Samples<T>, LearningError> {
        let images = match split {
            Split::Train => &self.data.train,
            Split::Test => &self.data.test,
        };
        check_samples(which, images.count())?;
        let labels = which.iter().map(|&image| images.label(image)).collect();
        let loss = SoftmaxCrossEntropy::new(Arc::clone(&self.readout), labels)?;
        Ok((self.projection.inputs(images, which), Box::new(loss)))
    }
}

/// Regression of rates, or of readouts of them, from inputs given as they are. Training and test samples are the same.
pub struct Regression<T> {
    inputs: Columns<T>,
    targets: Columns<T>,
    readout: Option<Arc<Columns<T>>>,
}

impl<T: Real> Regression<T> {
    /// Inputs x, N×m, and targets of the rates, N×m, or of K readouts, K×m, given with `readout` = Cᵀ, N×K.
    ///
    /// # Errors
    /// [`LearningError::Size`] if the shapes do not fit.
    pub fn new(
        inputs: Columns<T>,
        targets: Columns<T>,
        readout: Option<Columns<T>>,
    ) -> Result<Self, LearningError> {
        let size = |name, of, expected, found| LearningError::Size { name, of, expected, found };
        if targets.count() != inputs.count() {
            return Err(size("the targets", "columns, one a sample", inputs.count(), targets.count()));
        }
        let rows = match &readout {
            Some(readout) if readout.rows() != inputs.rows() => {
                return Err(size("the readout", "rows, one a unit", inputs.rows(), readout.rows()));
            }
            Some(readout) => readout.count(),
            None => inputs.rows(),
        };
        if targets.rows() != rows {
            return Err(size("the targets", "rows, one a unit or readout", rows, targets.rows()));
        }
        Ok(Self { inputs, targets, readout: readout.map(Arc::new) })
    }
}

impl<T: Real> LearningTask<T> for Regression<T> {
    fn units(&self) -> usize {
        self.inputs.rows()
    }

    fn samples(&self, _split: Split) -> usize {
        self.inputs.count()
    }

    fn batch(&self, _split: Split, which: &[usize]) -> Result<Samples<T>, LearningError> {
        check_samples(which, self.inputs.count())?;
        let pick =
            |from: &Columns<T>| Columns::from_fn(from.rows(), which.len(), |i, c| from.column(which[c])[i]);
        let loss = match &self.readout {
            None => MeanSquaredError::of_rates(pick(&self.targets)),
            Some(readout) => MeanSquaredError::of_readout(Arc::clone(readout), pick(&self.targets))?,
        };
        Ok((pick(&self.inputs), Box::new(loss)))
    }
}

fn check_samples(which: &[usize], count: usize) -> Result<(), LearningError> {
    match which.iter().find(|sample| **sample >= count) {
        Some(sample) => Err(LearningError::Size {
            name: "the data",
            of: "samples at least",
            expected: sample + 1,
            found: count,
        }),
        None => Ok(()),
    }
}

/// Loss and accuracy over all samples of a split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Mean loss over the samples that take part.
    pub loss: f64,
    /// Share of them that are classified correctly, where there are classes.
    pub accuracy: Option<f64>,
    /// Number of samples.
    pub samples: usize,
    /// Number of samples without a stable state; they take part if the policy says so.
    pub unstable: usize,
    /// Number of samples for which no state was found.
    pub not_found: usize,
    /// Number of samples whose stability is undecided.
    pub undecided: usize,
    /// Largest residual over the samples that take part.
    pub residual: f64,
}

impl Score {
    /// Whether every sample has a state that is known to be stable: only then is a small loss that of a usable network.
    pub fn is_stable(&self) -> bool {
        self.unstable == 0 && self.not_found == 0 && self.undecided == 0
    }

    /// Evaluates a layer on the first `limit` samples of a split, in batches of 512.
    ///
    /// # Errors
    /// [`LearningError`] if task and layer do not fit.
    pub fn of<T: Real>(
        layer: &FixedPointLayer<T>,
        task: &dyn LearningTask<T>,
        split: Split,
        limit: usize,
        pass: &ForwardPass,
        missing: MissingStates,
    ) -> Result<Self, LearningError> {
        let samples = task.samples(split).min(limit);
        let mut score = Self {
            loss: 0.0,
            accuracy: None,
            samples,
            unstable: 0,
            not_found: 0,
            undecided: 0,
            residual: 0.0,
        };
        let (mut taken, mut correct, mut classes) = (0, 0.0, false);
        let numbers: Vec<usize> = (0..samples).collect();
        for which in numbers.chunks(512) {
            let (drive, loss) = task.batch(split, which)?;
            let here = Evaluation::new(layer, &drive, None, loss.as_ref(), pass, missing)?;
            let count = here.samples();
            if count > 0 {
                score.loss += here.loss * count as f64;
                taken += count;
            }
            if let Some(accuracy) = here.accuracy {
                classes = true;
                correct += accuracy * count as f64;
            }
            score.unstable += here.states.count(EquilibriumStatus::Unstable);
            score.not_found += here.states.count(EquilibriumStatus::NotFound)
                + here.states.count(EquilibriumStatus::NotFinite);
            score.undecided += here.states.count(EquilibriumStatus::Undecided);
            let residuals = here.states.residuals.iter().zip(&here.included).filter(|(_, i)| **i);
            score.residual = residuals.fold(score.residual, |most, (r, _)| most.max(*r));
        }
        score.loss /= taken as f64;
        score.accuracy = classes.then(|| correct / taken as f64);
        Ok(score)
    }
}
