//! The two element types.

use std::fmt::{Debug, Display, LowerExp};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::linalg::Products;

/// A real number type of this library: `f32` or `f64`, and no other (the trait is sealed).
///
/// ```
/// use attractorlab_numerics::kernels::Real;
/// fn mean<T: Real>(x: &[T]) -> T {
///     x.iter().copied().sum::<T>() / T::from_f64(x.len() as f64)
/// }
/// assert_eq!(mean(&[1.0_f32, 3.0]), 2.0);
/// ```
pub trait Real:
    Products
    + faer::traits::RealField
    + Copy
    + Default
    + Debug
    + Display
    + LowerExp
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
    + Send
    + Sync
    + 'static
{
    /// Spacing of the numbers just above 1.
    const EPSILON: Self;
    /// Name of the type as numpy writes it: `"float32"` or `"float64"`.
    const NAME: &'static str;

    /// The nearest number of this type.
    fn from_f64(value: f64) -> Self;
    /// The value, exactly.
    fn to_f64(self) -> f64;
    /// Neither NaN nor infinite.
    fn is_finite(self) -> bool;
}

impl Real for f32 {
    const EPSILON: Self = f32::EPSILON;
    const NAME: &'static str = "float32";

    fn from_f64(value: f64) -> Self {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
}

impl Real for f64 {
    const EPSILON: Self = f64::EPSILON;
    const NAME: &'static str = "float64";

    fn from_f64(value: f64) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
}
