//! Why linear learning cannot be predicted.

use attractorlab_numerics::linalg::LinalgError;
use attractorlab_numerics::ode::OdeError;

/// Why linear learning cannot be predicted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LearningError {
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
    /// A vector or matrix does not fit the network.
    #[error("{name} must have {expected} entries, got {found}")]
    Length {
        /// Which one.
        name: &'static str,
        /// As it must be.
        expected: usize,
        /// As it is.
        found: usize,
    },
    /// The untrained network has no fixed point: 1 − W₀ is singular.
    #[error("1 − W₀ is singular, so that the untrained network has no unique fixed point: draw another one")]
    NoFixedPoint,
    /// The flow could not be followed.
    #[error("the flow of learning was lost: {0}")]
    Flow(#[from] OdeError),
    /// Linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

/// 0 ≤ g < 1.
pub(super) fn check_gain(g: f64) -> Result<(), LearningError> {
    // Beyond 0.999 the fixed point responds a million times more strongly than without a bulk.
    if (0.0..=0.999).contains(&g) {
        return Ok(());
    }
    let expected = "between 0 and 0.999 (the fixed point is unstable from 1 on)";
    Err(LearningError::Parameter { name: "g", expected, value: g })
}

/// A finite number.
pub(super) fn check_finite(name: &'static str, value: f64) -> Result<(), LearningError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(LearningError::Parameter { name, expected: "a finite number", value })
}

/// A learning time: finite, not negative.
pub(super) fn check_time(value: f64) -> Result<(), LearningError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(LearningError::Parameter { name: "time", expected: "a finite number that is not negative", value })
}
