//! Why an average cannot be given.

use super::Product;

/// Why a Gaussian average cannot be given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AverageError {
    /// A mean, standard deviation or variance is not a finite number of the right sign.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the argument.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it was.
        value: f64,
    },
    /// More factors than averages are built for.
    #[error("the product {product} has more than eight factors")]
    Degree {
        /// The product.
        product: Product,
    },
    /// The average does not exist, because a derivative of φ is a distribution.
    #[error("the average of {product} does not exist for {transfer}: {reason}")]
    DoesNotExist {
        /// The product.
        product: Product,
        /// Name of the transfer function.
        transfer: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A user's transfer function does not provide what the product needs.
    #[error("the average of {product} needs {what}, which this transfer function does not provide")]
    Missing {
        /// The product.
        product: Product,
        /// The missing function.
        what: &'static str,
    },
    /// Adaptive quadrature did not reach the accuracy.
    #[error("the average of {product} could not be resolved: relative error {error:.1e} remains")]
    Unresolved {
        /// The product.
        product: Product,
        /// Estimated error, relative to the average of the magnitude.
        error: f64,
    },
}

pub(crate) fn require(
    name: &'static str,
    value: f64,
    ok: bool,
    expected: &'static str,
) -> Result<(), AverageError> {
    if ok { Ok(()) } else { Err(AverageError::Parameter { name, expected, value }) }
}
