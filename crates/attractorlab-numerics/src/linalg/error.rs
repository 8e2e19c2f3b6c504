//! What can be wrong with a matrix.

/// Why a decomposition, a solve or a spectrum could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinalgError {
    /// An entry is NaN or infinite.
    #[error("the entry in row {row}, column {col} is NaN or infinite (counted from 0)")]
    NotFinite {
        /// Row of the first such entry, in column order.
        row: usize,
        /// Its column.
        col: usize,
    },
    /// A linear operator returned NaN or infinity.
    #[error("a product with the linear operator contains NaN or infinity")]
    OperatorNotFinite,
    /// A square matrix is needed.
    #[error("a square matrix is needed, but this one has {rows} rows and {cols} columns")]
    NotSquare {
        /// Number of rows.
        rows: usize,
        /// Number of columns.
        cols: usize,
    },
    /// Two matrices, or a matrix and a vector, do not fit together.
    #[error("{what} must have length {expected}, but has {found}")]
    WrongLength {
        /// What has the wrong length.
        what: &'static str,
        /// The length that is needed.
        expected: usize,
        /// The length that was given.
        found: usize,
    },
    /// A symmetric matrix is needed.
    #[error(
        "a symmetric matrix is needed, but the entries ({row}, {col}) and ({col}, {row}) differ by {difference:e}"
    )]
    NotSymmetric {
        /// Row of the worst pair.
        row: usize,
        /// Column of the worst pair.
        col: usize,
        /// Absolute difference of the pair.
        difference: f64,
    },
    /// The matrix has no inverse.
    #[error("the {size}×{size} matrix is singular: elimination found no pivot for column {pivot} (from 0)")]
    Singular {
        /// Column without a pivot.
        pivot: usize,
        /// Order of the matrix.
        size: usize,
    },
    /// One matrix of a batch has no inverse.
    #[error("matrix {index} of the batch is singular")]
    SingularInBatch {
        /// Position of the matrix in the batch.
        index: usize,
    },
    /// The matrix is not positive definite.
    #[error("the matrix is not positive definite: the pivot of row {row} (from 0) is not positive")]
    NotPositiveDefinite {
        /// Row whose pivot is zero or negative.
        row: usize,
    },
    /// The columns are linearly dependent, so that least squares has no unique solution.
    #[error("the {cols} columns are linearly dependent: their numerical rank is {rank}")]
    RankDeficient {
        /// Numerical rank.
        rank: usize,
        /// Number of columns.
        cols: usize,
    },
    /// More unknowns than equations.
    #[error("least squares needs at least as many rows as columns, but the matrix is {rows}×{cols}")]
    Underdetermined {
        /// Number of rows (equations).
        rows: usize,
        /// Number of columns (unknowns).
        cols: usize,
    },
    /// An iteration inside the decomposition ended without an answer, or its answer failed the check.
    #[error("the {what} did not converge (relative defect {defect:e})")]
    NotConverged {
        /// The decomposition, in words.
        what: &'static str,
        /// Relative defect of the answer that was rejected; NaN if there was none.
        defect: f64,
    },
}
