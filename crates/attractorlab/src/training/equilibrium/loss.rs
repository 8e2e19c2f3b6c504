//! Losses on fixed points: a number for each sample, and its derivative with respect to the rates.

use std::sync::Arc;

use attractorlab_numerics::kernels::{Real, axpy, dot};

use super::LearningError;
use crate::dynamics::Columns;

/// The loss of one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleLoss {
    /// L(r, y).
    pub value: f64,
    /// Whether the sample is classified correctly, where there are classes.
    pub correct: Option<bool>,
}

/// A loss of the samples of a batch, J = (1/m) Σ L(rᵢ, yᵢ). A user's own loss is one implementation of this trait.
pub trait Loss<T: Real>: Send + Sync {
    /// Number of samples m.
    fn samples(&self) -> usize;

    /// Number of units N whose rates it takes.
    fn units(&self) -> usize;

    /// L of a sample at the rates r; `delta` becomes dL/dr, without the 1/m.
    fn evaluate(&self, sample: usize, rates: &[T], delta: &mut [T]) -> SampleLoss;
}

/// L = |r − y|², or |Cr − y|² of a readout C. There is no ½: δ = 2(r − y).
#[derive(Debug, Clone)]
pub struct MeanSquaredError<T> {
    /// Cᵀ, N×K; the rates themselves without one.
    readout: Option<Arc<Columns<T>>>,
    targets: Columns<T>,
}

impl<T: Real> MeanSquaredError<T> {
    /// The squared distance of the rates from targets, N×m.
    pub fn of_rates(targets: Columns<T>) -> Self {
        Self { readout: None, targets }
    }

    /// The squared distance of K readouts Cr from targets, K×m; `readout` is Cᵀ, N×K, one column a readout.
    ///
    /// # Errors
    /// [`LearningError::Size`] unless the targets have K rows.
    pub fn of_readout(readout: Arc<Columns<T>>, targets: Columns<T>) -> Result<Self, LearningError> {
        if targets.rows() != readout.count() {
            let (expected, found) = (readout.count(), targets.rows());
            return Err(LearningError::Size {
                name: "the targets",
                of: "rows, one a readout",
                expected,
                found,
            });
        }
        Ok(Self { readout: Some(readout), targets })
    }
}

impl<T: Real> Loss<T> for MeanSquaredError<T> {
    fn samples(&self) -> usize {
        self.targets.count()
    }

    fn units(&self) -> usize {
        self.readout.as_ref().map_or(self.targets.rows(), |readout| readout.rows())
    }

    fn evaluate(&self, sample: usize, rates: &[T], delta: &mut [T]) -> SampleLoss {
        let (targets, two) = (self.targets.column(sample), T::from_f64(2.0));
        let mut value = 0.0;
        match &self.readout {
            None => {
                for ((d, r), y) in delta.iter_mut().zip(rates).zip(targets) {
                    let error = *r - *y;
                    value += error.to_f64() * error.to_f64();
                    *d = two * error;
                }
            }
            Some(readout) => {
                delta.fill(T::default());
                for (k, y) in targets.iter().enumerate() {
                    let error = dot(readout.column(k), rates) - *y;
                    value += error.to_f64() * error.to_f64();
                    axpy(two * error, readout.column(k), delta);
                }
            }
        }
        SampleLoss { value, correct: None }
    }
}

/// L = −log softmax(Cr)_y: softmax cross-entropy of K readouts, one a class.
#[derive(Debug, Clone)]
pub struct SoftmaxCrossEntropy<T> {
    readout: Arc<Columns<T>>,
    labels: Vec<usize>,
}

impl<T: Real> SoftmaxCrossEntropy<T> {
    /// The loss of samples with these labels, numbered from 0; `readout` is Cᵀ, N×K, one column a class.
    ///
    /// # Errors
    /// [`LearningError::Label`] if a label is K or more.
    pub fn new(readout: Arc<Columns<T>>, labels: Vec<usize>) -> Result<Self, LearningError> {
        let classes = readout.count();
        match labels.iter().position(|label| *label >= classes) {
            Some(sample) => Err(LearningError::Label { sample, label: labels[sample], classes }),
            None => Ok(Self { readout, labels }),
        }
    }
}

impl<T: Real> Loss<T> for SoftmaxCrossEntropy<T> {
    fn samples(&self) -> usize {
        self.labels.len()
    }

    fn units(&self) -> usize {
        self.readout.rows()
    }

    fn evaluate(&self, sample: usize, rates: &[T], delta: &mut [T]) -> SampleLoss {
        let label = self.labels[sample];
        let scores: Vec<f64> =
            (0..self.readout.count()).map(|k| dot(self.readout.column(k), rates).to_f64()).collect();
        let best = (0..scores.len()).fold(0, |best, k| if scores[k] > scores[best] { k } else { best });
        let exponentials: Vec<f64> = scores.iter().map(|s| (s - scores[best]).exp()).collect();
        let sum: f64 = exponentials.iter().sum();
        delta.fill(T::default());
        for (k, e) in exponentials.iter().enumerate() {
            let error = e / sum - f64::from(u8::from(k == label));
            axpy(T::from_f64(error), self.readout.column(k), delta);
        }
        SampleLoss { value: sum.ln() - (scores[label] - scores[best]), correct: Some(best == label) }
    }
}
