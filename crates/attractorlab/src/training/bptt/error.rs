//! What can be wrong with a training.

use std::path::PathBuf;

use crate::arrays::ArrayFileError;
use crate::network::NetworkError;
use crate::task::TaskError;
use crate::training::OptimiserError;

/// Why a network cannot be trained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BpttError {
    /// The task, or a batch of it, is wrong.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The optimiser is wrong.
    #[error(transparent)]
    Optimiser(#[from] OptimiserError),
    /// The network is wrong.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A parameter of the training is out of its range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
    /// No parameter of the network has this name.
    #[error("the network has no parameters '{name}'; it has {known}")]
    UnknownTensor {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// Nothing is to be trained.
    #[error("nothing is trained: name at least one of {known}")]
    NothingTrained {
        /// The names that there are.
        known: String,
    },
    /// A matrix has the wrong shape.
    #[error("{name} must be {expected:?}, got {found:?} (rows, columns)")]
    Shape {
        /// Which matrix.
        name: String,
        /// The shape that fits.
        expected: (usize, usize),
        /// Its shape.
        found: (usize, usize),
    },
    /// The network has another cell than what it is to be trained as.
    #[error("the network must be {expected}, and it is of {found}")]
    Cell {
        /// The cells that fit.
        expected: &'static str,
        /// Its cell.
        found: &'static str,
    },
    /// A file of arrays cannot be read or written.
    #[error(transparent)]
    File(#[from] ArrayFileError),
    /// A file holds no training, or another one.
    #[error("{path}: this training cannot be resumed: {reason}")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A weight is not finite.
    #[error("{name} has an entry that is not finite, in row {}, column {}", position.0, position.1)]
    NotFinite {
        /// Which matrix.
        name: String,
        /// The first such entry.
        position: (usize, usize),
    },
}
