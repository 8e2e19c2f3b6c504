//! A user's own transfer function.

use crate::transfer::Transfer;

/// A transfer function φ of a user, given by its value and as many derivatives as are known.
///
/// Its Gaussian averages come from [`gaussian::adaptive`](crate::gaussian::adaptive), which asks for
/// what an average needs and reports what is missing.
///
/// ```
/// use attractorlab_numerics::gaussian::{Product, adaptive};
/// use attractorlab_numerics::transfer::Nonlinearity;
///
/// /// x/√(1 + x²).
/// struct Algebraic;
/// impl Nonlinearity for Algebraic {
///     fn value(&self, x: f64) -> f64 {
///         x / x.hypot(1.0)
///     }
///     fn first(&self, x: f64) -> f64 {
///         x.hypot(1.0).powi(-3)
///     }
/// }
/// let square = adaptive::average(&Algebraic, Product::VALUE * Product::VALUE, 0.0, 1.0)?;
/// // ⟨x²/(1 + x²)⟩ = 1 − √(π e/2) erfc(1/√2)
/// assert!((square - 0.344_320_457_581_201_6).abs() < 1e-13);
/// # Ok::<(), attractorlab_numerics::gaussian::AverageError>(())
/// ```
pub trait Nonlinearity {
    /// φ(x).
    fn value(&self, x: f64) -> f64;

    /// φ'(x).
    fn first(&self, x: f64) -> f64;

    /// φ''(x), if known.
    fn second(&self, _x: f64) -> Option<f64> {
        None
    }

    /// φ'''(x), if known.
    fn third(&self, _x: f64) -> Option<f64> {
        None
    }

    /// Φ(x) = ∫₀ˣ φ, if known.
    fn primitive(&self, _x: f64) -> Option<f64> {
        None
    }

    /// Where φ or a derivative jumps, and the middles of its features: quadrature is refined towards
    /// these points. The origin by default. A jump that is not listed costs time, not accuracy.
    fn breakpoints(&self) -> &[f64] {
        &[0.0]
    }

    /// Width of φ's narrowest feature around a breakpoint, 1 by default.
    fn feature_width(&self) -> f64 {
        1.0
    }
}

impl Nonlinearity for Transfer {
    fn value(&self, x: f64) -> f64 {
        Self::value(*self, x)
    }
    fn first(&self, x: f64) -> f64 {
        self.jet(x).first
    }
    fn second(&self, x: f64) -> Option<f64> {
        (!matches!(self, Self::Relu { .. })).then(|| self.jet(x).second)
    }
    fn third(&self, x: f64) -> Option<f64> {
        (!matches!(self, Self::Relu { .. })).then(|| self.jet(x).third)
    }
    fn primitive(&self, x: f64) -> Option<f64> {
        Some(self.jet(x).primitive)
    }
    fn breakpoints(&self) -> &[f64] {
        match self {
            Self::Relu { threshold } => std::slice::from_ref(threshold),
            _ => &[0.0],
        }
    }
}
