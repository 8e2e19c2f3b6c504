//! What is trained, and why there may be no prediction.

use attractorlab_numerics::linalg::LinalgError;

use crate::network::Transfer;
use crate::theory::clamped::ClampedError;

/// How the entries of the feedback vectors w_FB are distributed, all independent and of mean zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FeedbackLaw {
    /// Normally.
    Gaussian {
        /// Their variance; 1 in the paper.
        variance: f64,
    },
    /// Uniformly on ±`half_width`, as FORCE learning has it with 1; for one or two outputs.
    Uniform {
        /// The half-width; √3 makes the variance 1.
        half_width: f64,
    },
}

impl Default for FeedbackLaw {
    /// Normal entries of variance 1.
    fn default() -> Self {
        Self::Gaussian { variance: 1.0 }
    }
}

/// A reservoir and the output values it is trained to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The transfer function.
    pub transfer: Transfer,
    /// Spectral radius g of the bulk.
    pub g: f64,
    /// M target outputs of K entries each.
    pub targets: Vec<Vec<f64>>,
    /// Constant context input u_m for each target, along a vector of unit variance that is
    /// independent of the feedback vectors; empty for none.
    pub context: Vec<f64>,
    /// Ridge parameter α of the normalised Gram matrix, (C + α)c = F; zero for least squares.
    pub ridge: f64,
    /// The law of the feedback vectors.
    pub feedback: FeedbackLaw,
}

impl Setting {
    /// Scalar targets, no context input, least squares, normal feedback vectors of variance 1.
    pub fn scalar(transfer: Transfer, g: f64, targets: &[f64]) -> Self {
        let targets = targets.iter().map(|&target| vec![target]).collect();
        Self { transfer, g, targets, context: Vec::new(), ridge: 0.0, feedback: FeedbackLaw::default() }
    }
}

/// Why a setting has no prediction.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There are no targets, or targets without entries.
    #[error("training needs at least one target with at least one entry")]
    NoTargets,
    /// A target, context or ridge parameter is out of range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the argument.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it was.
        value: f64,
    },
    /// Lists of different lengths.
    #[error("{name} must have {expected} entries, got {found}")]
    Length {
        /// Which list.
        name: &'static str,
        /// Its length as it must be.
        expected: usize,
        /// Its length.
        found: usize,
    },
    /// The clamped states of two targets are linearly dependent, so that no readout tells them apart.
    #[error(
        "the clamped states of targets {first} and {second} are linearly dependent (condition number of their rates' \
         covariance {condition:.1e}): {remedy}"
    )]
    Dependent {
        /// Index of one target.
        first: usize,
        /// Index of the other.
        second: usize,
        /// Condition number of the covariance of rates.
        condition: f64,
        /// What to do.
        remedy: &'static str,
    },
    /// There is no candidate of this index.
    #[error("there is no candidate {index}: there are {count}, the first is 0")]
    NoCandidate {
        /// The index.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A clamped state does not exist.
    #[error(transparent)]
    Clamped(#[from] ClampedError),
    /// Linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

impl Setting {
    /// Context input of a target; zero where there is none.
    pub(super) fn context_of(&self, target: usize) -> f64 {
        self.context.get(target).copied().unwrap_or(0.0)
    }

    /// Refuses targets that are the same.
    pub(super) fn tells_apart(&self) -> Result<(), OutputError> {
        let same = |i: usize, j: usize| {
            self.targets[i] == self.targets[j] && self.context_of(i) == self.context_of(j)
        };
        for j in 0..self.targets.len() {
            if let Some(i) = (0..j).find(|&i| same(i, j)) {
                return Err(dependent(self, i, j, f64::INFINITY));
            }
        }
        Ok(())
    }
}

pub(super) fn check(setting: &Setting) -> Result<(), OutputError> {
    let k = setting.targets.first().map_or(0, Vec::len);
    if k == 0 {
        return Err(OutputError::NoTargets);
    }
    for target in &setting.targets {
        if target.len() != k {
            return Err(OutputError::Length { name: "every target", expected: k, found: target.len() });
        }
        if let Some(&value) = target.iter().find(|v| !v.is_finite()) {
            return Err(OutputError::Parameter { name: "a target", expected: "a finite number", value });
        }
    }
    let (expected, found) = (setting.targets.len(), setting.context.len());
    if found != 0 && found != expected {
        return Err(OutputError::Length { name: "the context input", expected, found });
    }
    if let Some(&value) = setting.context.iter().find(|v| !v.is_finite()) {
        return Err(OutputError::Parameter { name: "the context input", expected: "a finite number", value });
    }
    if !(setting.ridge.is_finite() && setting.ridge >= 0.0) {
        let expected = "a finite number that is not negative";
        return Err(OutputError::Parameter { name: "ridge", expected, value: setting.ridge });
    }
    Ok(())
}

pub(super) fn dependent(setting: &Setting, first: usize, second: usize, condition: f64) -> OutputError {
    let opposite = setting.targets[first].iter().zip(&setting.targets[second]).all(|(a, b)| *a == -*b);
    let odd = matches!(setting.transfer, Transfer::Tanh | Transfer::Erf | Transfer::Linear);
    let remedy = if opposite && odd {
        "for an odd transfer function a value and its negative are one target; leave one of them out"
    } else if setting.targets[first] == setting.targets[second] {
        "they are the same value; leave one of them out"
    } else {
        "move them apart, or use a ridge parameter above zero"
    };
    OutputError::Dependent { first, second, condition, remedy }
}
