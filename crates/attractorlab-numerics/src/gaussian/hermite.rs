//! Hermite series of a transfer function under a centred Gaussian.
//!
//! With φ(s z) = Σₖ aₖ hₖ(z) in the orthonormal Hermite polynomials, the pair averages of *all*
//! correlations ρ follow from two coefficient vectors (Mehler):
//!
//! E φ(x₁)φ(x₂) = Σ aₖ(s₁) aₖ(s₂) ρᵏ,
//! E φ'(x₁)φ'(x₂) = (s₁s₂)⁻¹ Σ k aₖ(s₁) aₖ(s₂) ρᵏ⁻¹,
//! E φ(x₁)φ''(x₂) = s₂⁻² Σ √((k+1)(k+2)) aₖ(s₁) aₖ₊₂(s₂) ρᵏ.
//!
//! A theory that needs the same two states at many covariances, or many states against one, pays
//! for each state once and tens of nanoseconds a pair after that. The error is known afterwards:
//! by Cauchy–Schwarz it is at most the geometric mean of what the two series leave of ⟨φ²⟩.

use super::{AverageError, Product};
use crate::kernels;
use crate::special::INV_SQRT_2PI;
use crate::transfer::Transfer;

/// Terms beyond this are not computed; sums that need them are reported by their bound.
const MOST_TERMS: usize = 600;

/// The Hermite coefficients of φ under N(0, sd²).
#[derive(Debug, Clone)]
pub struct HermiteSeries {
    sd: f64,
    coefficients: Vec<f64>,
    /// remainder[n] = ⟨φ²⟩ − Σ_{k<n} aₖ², the power that the first n terms leave.
    remainder: Vec<f64>,
}

/// Pair averages of two states at one correlation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairMoments {
    /// E φ(x₁)φ(x₂).
    pub rates: f64,
    /// E φ'(x₁)φ'(x₂), the derivative of `rates` with respect to the covariance.
    pub gains: f64,
    /// E φ(x₁)φ''(x₂).
    pub curvature_second: f64,
    /// E φ''(x₁)φ(x₂).
    pub curvature_first: f64,
    /// Bound on the error of `rates`.
    pub error: f64,
}

impl HermiteSeries {
    /// Expands `transfer`, an analytic function (tanh, erf, softplus, logistic), under N(0, sd²).
    ///
    /// Terms are added until they are below 1e-13, or, from the 64th on, until their squares are
    /// below 1e-15 of ⟨φ²⟩, since pair averages see products of two; at most 600.
    ///
    /// # Errors
    /// [`AverageError`] for a transfer function with a kink, or a standard deviation that is
    /// negative or not finite.
    pub fn new(transfer: Transfer, sd: f64) -> Result<Self, AverageError> {
        super::require(
            "standard deviation",
            sd,
            sd.is_finite() && sd >= 0.0,
            "a finite number that is not negative",
        )?;
        if matches!(transfer, Transfer::Relu { .. }) {
            let reason = "the Hermite series of a kink converges too slowly; its pair averages are closed";
            return Err(AverageError::DoesNotExist {
                product: Product::VALUE,
                transfer: transfer.name(),
                reason,
            });
        }
        Ok(Self::expand(transfer, sd))
    }

    fn expand(transfer: Transfer, sd: f64) -> Self {
        // Step that resolves the highest polynomial, of wave number √k for about k = 40 s² terms,
        // and the poles of the function: see the trapezoid rule's argument.
        let step = 0.16_f64.min(0.24 / sd.max(1e-300)).min(if sd > 2.0 { 0.09 } else { 0.16 });
        let count = (8.7 / step).ceil() as usize;
        let odd = matches!(transfer, Transfer::Tanh | Transfer::Erf | Transfer::Linear);
        let z: Vec<f64> = if odd {
            (0..=count).map(|k| k as f64 * step).collect()
        } else {
            (0..=2 * count).map(|k| (k as f64 - count as f64) * step).collect()
        };
        let x: Vec<f64> = z.iter().map(|z| sd * z).collect();
        let mut weighted = vec![0.0; z.len()];
        transfer.values(&x, &mut weighted);
        let mut gaussian = vec![0.0; z.len()];
        kernels::gaussian(&z, &mut gaussian);
        let mut power = 0.0;
        for ((w, gaussian), z) in weighted.iter_mut().zip(&gaussian).zip(&z) {
            let fold = if odd && *z > 0.0 { 2.0 } else { 1.0 };
            let rate = *w;
            *w *= fold * step * INV_SQRT_2PI * gaussian;
            power += rate * *w;
        }
        let mut coefficients = Vec::new();
        let mut rest = power;
        let mut remainder = vec![power];
        let mut last = [f64::INFINITY; 2];
        let (mut below, mut current) = (vec![0.0; z.len()], vec![1.0; z.len()]);
        for k in 0..MOST_TERMS {
            let value: f64 = if odd && k % 2 == 0 { 0.0 } else { kernels::dot(&weighted, &current) };
            coefficients.push(value);
            rest -= value * value;
            // What rounding leaves below the sum of squares cannot be told from the last terms.
            last = [last[1], value.abs()];
            let largest = last[0].max(last[1]);
            remainder.push(rest.max(8.0 * largest * largest));
            let small = largest <= 1e-13 * power.sqrt() || (k >= 64 && largest * largest <= 1e-15 * power);
            if small && k > 3 {
                break;
            }
            // h_{k+1} = (z h_k − √k h_{k−1})/√(k+1)
            let (a, b) = (1.0 / ((k + 1) as f64).sqrt(), (k as f64 / (k + 1) as f64).sqrt());
            for ((below, current), z) in below.iter_mut().zip(&mut current).zip(&z) {
                let next = a * z * *current - b * *below;
                *below = *current;
                *current = next;
            }
        }
        Self { sd, coefficients, remainder }
    }

    /// The standard deviation.
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// The coefficients aₖ = ⟨φ(s z) hₖ(z)⟩.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// (E φφ, E φ'φ') with another state at correlation `rho` ∈ [−1, 1]: what an equation for the
    /// covariance needs. The second is NaN if a standard deviation is zero.
    pub fn rates_and_gains(&self, other: &Self, rho: f64) -> (f64, f64) {
        let n = self.coefficients.len().min(other.coefficients.len());
        let (a, b) = (&self.coefficients[..n], &other.coefficients[..n]);
        let (mut rates, mut gains) = (0.0, 0.0);
        // Horner from the top, for the value and its derivative together.
        for (a, b) in a.iter().zip(b).rev() {
            gains = gains * rho + rates;
            rates = rates * rho + a * b;
        }
        let scale = self.sd * other.sd;
        (rates, if scale > 0.0 { gains / scale } else { f64::NAN })
    }

    /// Pair averages with another state at correlation `rho` ∈ [−1, 1].
    ///
    /// ```
    /// use attractorlab_numerics::gaussian::HermiteSeries;
    /// use attractorlab_numerics::transfer::Transfer;
    ///
    /// # fn main() -> Result<(), attractorlab_numerics::gaussian::AverageError> {
    /// let a = HermiteSeries::new(Transfer::Tanh, 0.7_f64.sqrt())?;
    /// let b = HermiteSeries::new(Transfer::Tanh, 1.3_f64.sqrt())?;
    /// let pair = a.pair(&b, 0.5 / (0.7_f64 * 1.3).sqrt());
    /// assert!((pair.rates - 0.18979012342351378).abs() < 1e-12);
    /// assert!((pair.gains - 0.3924881992952969).abs() < 1e-10);
    /// # Ok(())
    /// # }
    /// ```
    pub fn pair(&self, other: &Self, rho: f64) -> PairMoments {
        let (a, b) = (&self.coefficients, &other.coefficients);
        let n = a.len().min(b.len());
        let (rates, gains) = self.rates_and_gains(other, rho);
        let (mut second, mut first) = (0.0, 0.0);
        let shifted = |left: &[f64], right: &[f64]| {
            let n = left.len().min(right.len().saturating_sub(2));
            (0..n)
                .rev()
                .fold(0.0, |sum, k| sum * rho + (((k + 1) * (k + 2)) as f64).sqrt() * left[k] * right[k + 2])
        };
        if other.sd > 0.0 {
            second += shifted(a, b) / (other.sd * other.sd);
        }
        if self.sd > 0.0 {
            first += shifted(b, a) / (self.sd * self.sd);
        }
        let error = (self.remainder[n] * other.remainder[n]).sqrt() * rho.abs().powi(n as i32);
        PairMoments { rates, gains, curvature_second: second, curvature_first: first, error }
    }
}
