//! Why a change of weights cannot be analysed.

use attractorlab_numerics::linalg::LinalgError;

/// Why a change of weights cannot be analysed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// Two matrices, or a matrix and vectors, that do not fit.
    #[error("{name} must be {expected}, got {rows}×{columns}")]
    Shape {
        /// Which one.
        name: &'static str,
        /// As it must be.
        expected: String,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
    },
    /// A number is out of its range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the argument.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it was.
        value: f64,
    },
    /// A decomposition failed: an entry is not finite, as after training that diverged.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}
