//! What can be wrong with a task.

/// Why training cannot start.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// An argument is out of range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the argument.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it was.
        value: f64,
    },
    /// A vector has the wrong length.
    #[error("{name} must have one entry for each of the {units} units, got {found}")]
    Length {
        /// Which vector.
        name: &'static str,
        /// Number of units.
        units: usize,
        /// Its length.
        found: usize,
    },
    /// A matrix has the wrong number of columns.
    #[error("{name} must have {expected} columns, one for each {of}, got {found}")]
    Columns {
        /// Which matrix.
        name: &'static str,
        /// What a column stands for.
        of: &'static str,
        /// Number of columns as it must be.
        expected: usize,
        /// Its number of columns.
        found: usize,
    },
    /// An entry is NaN or infinite.
    #[error("{name}: the entry in row {row}, column {column} is NaN or infinite (counted from 0)")]
    NotFinite {
        /// Of which matrix.
        name: &'static str,
        /// Its row, and the first of its column.
        row: usize,
        /// Its column, and the first with such an entry.
        column: usize,
    },
    /// Finite numbers whose products or quotients are not.
    #[error(
        "the rates or the targets are so large, or the ridge parameter so small, that the readouts are not finite: divide \
         rates and targets by their largest size, or use a larger ridge parameter"
    )]
    Overflow,
    /// There is nothing to be trained.
    #[error("training needs at least one target with at least one output")]
    NoTargets,
    /// The clamped network does not settle.
    #[error(
        "the network clamped at z = {z} does not settle (residual {residual:.1e}): least squares needs a stationary \
         state; use a stronger drive or a weaker bulk"
    )]
    NotStationary {
        /// The clamped output.
        z: String,
        /// Residual of the best state.
        residual: f64,
    },
    /// The rates vanish, so that no readout produces the target.
    #[error("the rates of the clamped state vanish, so that no readout can produce the target {target}")]
    NoRates {
        /// The target.
        target: f64,
    },
    /// The rates of the clamped states are linearly dependent.
    #[error(
        "the rates of the {states} clamped states are linearly dependent (condition number of their covariance \
         {condition:.1e}), so that no readout tells them apart: leave out targets that are the same state (for an odd \
         transfer function A and −A are), move them apart, or use a ridge parameter above zero"
    )]
    Dependent {
        /// Number of states.
        states: usize,
        /// Condition number of the covariance of the rates.
        condition: f64,
    },
    /// Linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] attractorlab_numerics::linalg::LinalgError),
}

pub(super) fn positive(name: &'static str, value: f64) -> Result<(), TrainingError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(TrainingError::Parameter { name, expected: "a finite number above zero", value })
    }
}

/// A ridge parameter.
pub(super) fn not_negative(name: &'static str, value: f64) -> Result<(), TrainingError> {
    if value.is_finite() && value >= 0.0 {
        Ok(())
    } else {
        Err(TrainingError::Parameter { name, expected: "a finite number that is not negative", value })
    }
}

/// A number of repetitions.
pub(super) fn at_least_one(name: &'static str, value: usize) -> Result<(), TrainingError> {
    if value > 0 {
        Ok(())
    } else {
        Err(TrainingError::Parameter { name, expected: "at least 1", value: 0.0 })
    }
}
