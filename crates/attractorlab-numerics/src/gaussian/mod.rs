//! Gaussian averages of transfer functions: ⟨f(μ + s z)⟩ and E f(x₁) h(x₂).
//!
//! What is averaged is a [`Product`] of x, the primitive Φ, φ and its derivatives, for any
//! [`Transfer`] function. The error is at most 1e-12·⟨|f|⟩ for every standard deviation from 0 to
//! 100 and every mean. Averages that do not exist, like ⟨φ''²⟩ of relu, are a typed error.
//!
//! ```
//! use attractorlab_numerics::gaussian::{Average, Product, average};
//! use attractorlab_numerics::transfer::Transfer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // ⟨φ'''⟩ of tanh at standard deviation 4; a 200-node Gauss–Hermite rule gives −0.00474.
//! let third = average(Transfer::Tanh, Product::THIRD, 0.0, 4.0)?;
//! assert!((third + 0.01158).abs() < 1e-5);
//!
//! // Prepared once, evaluated often.
//! let gain = Average::new(Transfer::Tanh, Product::FIRST)?;
//! assert!(gain.at(0.0, 1.0) > gain.at(0.0, 2.0));
//! # Ok(())
//! # }
//! ```

pub mod adaptive;
mod erf;
mod error;
mod hermite;
mod narrow;
mod pair;
mod pair_grid;
mod piecewise;
mod polynomial;
mod product;
mod relu_pair;
mod sum;
mod trapezoid;

pub use error::AverageError;
pub(crate) use error::require;
pub use hermite::{HermiteSeries, PairMoments};
pub use pair::{Pair, PairAverage, pair_average};
pub use product::{ParseProductError, Product};
pub use relu_pair::relu_pair;

use std::sync::Arc;

use self::erf::ErfProduct;
use self::piecewise::Piecewise;
use self::trapezoid::Trapezoid;
use crate::kernels;
use crate::special::INV_SQRT_2PI;
use crate::transfer::Transfer;

/// The average of one product, prepared for evaluation at many means and standard deviations.
#[derive(Debug, Clone)]
pub struct Average {
    engine: Engine,
}

#[derive(Debug, Clone)]
enum Engine {
    Piecewise(Piecewise),
    Erf(ErfProduct),
    Trapezoid(Arc<Trapezoid>),
}

impl Average {
    /// Prepares the average of `product` for `transfer`.
    ///
    /// # Errors
    /// [`AverageError::DoesNotExist`] where a derivative of φ is a distribution and the product has
    /// no meaning; [`AverageError::Parameter`] for a relu threshold that is not finite;
    /// [`AverageError::Degree`] for more than eight factors.
    pub fn new(transfer: Transfer, product: Product) -> Result<Self, AverageError> {
        product.check()?;
        let engine = match transfer {
            Transfer::Relu { threshold } => {
                require("threshold", threshold, threshold.is_finite(), "a finite number")?;
                Engine::Piecewise(Piecewise::new(transfer, product)?)
            }
            Transfer::Linear => Engine::Piecewise(Piecewise::new(transfer, product)?),
            Transfer::Erf => Engine::Erf(ErfProduct::new(product)),
            Transfer::Tanh | Transfer::Softplus | Transfer::Logistic => {
                Engine::Trapezoid(Trapezoid::shared(transfer, &[product]))
            }
        };
        Ok(Self { engine })
    }

    /// The average over N(mean, sd²). NaN unless both are finite and sd ≥ 0; use [`average`] for
    /// checked arguments.
    pub fn at(&self, mean: f64, sd: f64) -> f64 {
        if !(mean.is_finite() && sd.is_finite() && sd >= 0.0) {
            return f64::NAN;
        }
        match &self.engine {
            Engine::Piecewise(piecewise) => piecewise.average(mean, sd),
            Engine::Erf(product) => product.average(mean, sd),
            Engine::Trapezoid(trapezoid) => {
                let mut out = [0.0];
                trapezoid.averages(mean, sd, &mut out);
                out[0]
            }
        }
    }
}

/// Averages of several products over the same Gaussian; the weights are computed once.
#[derive(Debug, Clone)]
pub struct Averages {
    engine: Shared,
}

#[derive(Debug, Clone)]
enum Shared {
    Trapezoid(Arc<Trapezoid>),
    Each(Vec<Average>),
}

impl Averages {
    /// Prepares the averages of `products` for `transfer`.
    ///
    /// # Errors
    /// Those of [`Average::new`].
    pub fn new(transfer: Transfer, products: &[Product]) -> Result<Self, AverageError> {
        products.iter().try_for_each(|product| product.check())?;
        let engine = match transfer {
            Transfer::Tanh | Transfer::Softplus | Transfer::Logistic if !products.is_empty() => {
                Shared::Trapezoid(Trapezoid::shared(transfer, products))
            }
            _ => Shared::Each(products.iter().map(|&p| Average::new(transfer, p)).collect::<Result<_, _>>()?),
        };
        Ok(Self { engine })
    }

    /// Writes the averages over N(mean, sd²) in the order of the products; NaN for arguments that
    /// are not finite or a negative sd.
    ///
    /// # Panics
    /// If `out` has another length than the list of products.
    #[track_caller]
    pub fn at(&self, mean: f64, sd: f64, out: &mut [f64]) {
        let valid = mean.is_finite() && sd.is_finite() && sd >= 0.0;
        match &self.engine {
            Shared::Trapezoid(trapezoid) => {
                assert_eq!(trapezoid.len(), out.len(), "one output for each product");
                if valid {
                    trapezoid.averages(mean, sd, out);
                } else {
                    out.fill(f64::NAN);
                }
            }
            Shared::Each(list) => {
                assert_eq!(list.len(), out.len(), "one output for each product");
                for (value, average) in out.iter_mut().zip(list) {
                    *value = average.at(mean, sd);
                }
            }
        }
    }
}

/// ⟨product⟩ of `transfer` over N(mean, sd²).
///
/// # Errors
/// [`AverageError`] if the average does not exist or an argument is not finite, or sd < 0.
pub fn average(transfer: Transfer, product: Product, mean: f64, sd: f64) -> Result<f64, AverageError> {
    require("mean", mean, mean.is_finite(), "a finite number")?;
    require("standard deviation", sd, sd.is_finite() && sd >= 0.0, "a finite number that is not negative")?;
    let value = Average::new(transfer, product)?.at(mean, sd);
    if value.is_nan() {
        let reason = "the Gaussian has zero width on the kink";
        return Err(AverageError::DoesNotExist { product, transfer: transfer.name(), reason });
    }
    Ok(value)
}

/// Trapezoid weights at x = start, start + h, …, but for the factor that is returned: h·n(x; 0, sd) is
/// the weight times the factor.
#[must_use]
fn gaussian_weights(start: f64, h: f64, sd: f64, weights: &mut [f64]) -> f64 {
    let inverse = 1.0 / sd;
    let (start, step) = (start * inverse, h * inverse);
    let end = start + step * weights.len() as f64;
    if weights.len() > 3 * STRIDE && start.abs().max(end.abs()) <= 9.0 {
        equidistant_gaussian(start, step, weights);
    } else {
        for (k, weight) in weights.iter_mut().enumerate() {
            *weight = start + step * f64::from(k as i32);
        }
        kernels::gaussian_in_place(weights);
    }
    step * INV_SQRT_2PI
}

/// Weights that are computed at once by [`equidistant_gaussian`].
const STRIDE: usize = 8;

/// exp(−x²/2) at x = start, start + step, …: a Gaussian at equidistant points obeys a recurrence of second
/// order, w(x + L) = w(x) q(x) and q(x + L) = q(x) exp(−L²), so that two products take the place of an exponential.
///
/// After m strides of L the relative error is about (m²/2 + m·|start|·L) ε: below 1e-13 for |x| ≤ 9 and the at most 64
/// strides of the longest sums.
fn equidistant_gaussian(start: f64, step: f64, weights: &mut [f64]) {
    let stride = step * STRIDE as f64;
    // exp(−x²/2) of the first stride, then q there: exp(−(x + L/2) L).
    let mut first = [0.0; 2 * STRIDE + 1];
    for k in 0..STRIDE {
        let x = start + step * k as f64;
        first[k] = -0.5 * x * x;
        first[STRIDE + k] = -(x + 0.5 * stride) * stride;
    }
    first[2 * STRIDE] = -stride * stride;
    kernels::exp_in_place(&mut first);
    let mut w: [f64; STRIDE] = std::array::from_fn(|k| first[k]);
    let mut q: [f64; STRIDE] = std::array::from_fn(|k| first[STRIDE + k]);
    let c = first[2 * STRIDE];
    let mut chunks = weights.chunks_exact_mut(STRIDE);
    for chunk in &mut chunks {
        chunk.copy_from_slice(&w);
        for k in 0..STRIDE {
            w[k] *= q[k];
            q[k] *= c;
        }
    }
    let rest = chunks.into_remainder();
    let count = rest.len();
    rest.copy_from_slice(&w[..count]);
}
