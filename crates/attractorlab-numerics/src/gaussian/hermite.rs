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
    /// The coefficients listed are those of k = first, first + stride, …; the others are zero.
    first: usize,
    stride: usize,
    coefficients: Vec<f64>,
    /// remainder[n] is the power that the first n terms listed leave of ⟨φ²⟩.
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
        Self::with_terms(transfer, sd, MOST_TERMS)
    }

    /// Like [`Self::new`], with no more than `most` terms: for pairs with series that are not longer than that less one.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn with_terms(transfer: Transfer, sd: f64, most: usize) -> Result<Self, AverageError> {
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
        Ok(Self::expand(transfer, sd, most))
    }

    fn expand(transfer: Transfer, sd: f64, most: usize) -> Self {
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
        let mut this = Self {
            sd,
            first: usize::from(odd),
            stride: 1 + usize::from(odd),
            coefficients: Vec::new(),
            remainder: vec![power],
        };
        let mut rest = power;
        let mut last = [f64::INFINITY; 2];
        // The three-term recurrence in steps of one, or of two for an odd function:
        // h_{k+1} = (z h_k − √k h_{k−1})/√(k+1),
        // h_{k+2} = ((z² − 2k − 1) h_k − √(k(k−1)) h_{k−2})/√((k+1)(k+2)).
        let (mut below, mut current, variable) = if odd {
            (vec![0.0; z.len()], z.clone(), z.iter().map(|z| z * z).collect())
        } else {
            (vec![0.0; z.len()], vec![1.0; z.len()], z.clone())
        };
        let mut k = this.first;
        let mut value = kernels::dot(&weighted, &current);
        while k < MOST_TERMS {
            this.coefficients.push(value);
            rest -= value * value;
            // What rounding leaves below the sum of squares cannot be told from the last terms.
            last = [last[1], value.abs()];
            let largest = last[0].max(last[1]);
            this.remainder.push(rest.max(8.0 * largest * largest));
            let small = largest <= 1e-13 * power.sqrt() || (k >= 64 && largest * largest <= 1e-15 * power);
            if (small && k > 3) || this.coefficients.len() >= most {
                break;
            }
            let n = k as f64;
            let (shift, norm, back) = if odd {
                (2.0 * n + 1.0, 1.0 / ((n + 1.0) * (n + 2.0)).sqrt(), (n * (n - 1.0)).sqrt())
            } else {
                (0.0, 1.0 / (n + 1.0).sqrt(), n.sqrt())
            };
            value = kernels::three_term_step(
                [shift, norm, back * norm],
                &variable,
                &weighted,
                &current,
                &mut below,
            );
            std::mem::swap(&mut below, &mut current);
            k += this.stride;
        }
        this
    }

    /// The standard deviation.
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// The pairs (k, aₖ), aₖ = ⟨φ(s z) hₖ(z)⟩; for an odd function those of odd k alone.
    pub fn coefficients(&self) -> impl Iterator<Item = (usize, f64)> {
        self.coefficients.iter().enumerate().map(|(i, a)| (self.first + self.stride * i, *a))
    }

    /// (E φφ, E φ'φ') with another state at correlation `rho` ∈ [−1, 1]: what an equation for the
    /// covariance needs. The second is NaN if a standard deviation is zero.
    pub fn rates_and_gains(&self, other: &Self, rho: f64) -> (f64, f64) {
        let n = self.coefficients.len().min(other.coefficients.len());
        let (a, b) = (&self.coefficients[..n], &other.coefficients[..n]);
        // Horner from the top in t = ρ^stride, for the value and its derivative together.
        let t = if self.stride == 2 { rho * rho } else { rho };
        let (mut sum, mut slope) = (0.0, 0.0);
        for (a, b) in a.iter().zip(b).rev() {
            slope = slope * t + sum;
            sum = sum * t + a * b;
        }
        // ρ·S(ρ²) for an odd function, S(ρ) otherwise.
        let (rates, gains) = if self.stride == 2 { (rho * sum, sum + 2.0 * t * slope) } else { (sum, slope) };
        let scale = self.sd * other.sd;
        (rates, if scale > 0.0 { gains / scale } else { f64::NAN })
    }

    /// Pair averages with another state of the same transfer function at correlation `rho` ∈ [−1, 1].
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
        let t = if self.stride == 2 { rho * rho } else { rho };
        // Two orders further is one entry further in a list of every other order.
        let ahead = 2 / self.stride;
        let shifted = |left: &[f64], right: &[f64]| {
            let n = left.len().min(right.len().saturating_sub(ahead));
            let sum = (0..n).rev().fold(0.0, |sum, i| {
                let k = (self.first + self.stride * i) as f64;
                sum * t + ((k + 1.0) * (k + 2.0)).sqrt() * left[i] * right[i + ahead]
            });
            if self.stride == 2 { rho * sum } else { sum }
        };
        if other.sd > 0.0 {
            second += shifted(a, b) / (other.sd * other.sd);
        }
        if self.sd > 0.0 {
            first += shifted(b, a) / (self.sd * self.sd);
        }
        let error = (self.remainder[n] * other.remainder[n]).sqrt()
            * rho.abs().powi((self.first + self.stride * n) as i32);
        PairMoments { rates, gains, curvature_second: second, curvature_first: first, error }
    }
}
