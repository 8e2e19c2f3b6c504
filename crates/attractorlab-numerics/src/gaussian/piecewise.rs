//! Averages of piecewise polynomials (relu with threshold, linear): closed forms without
//! cancellation, far below the threshold too.

use super::polynomial::multiply;
use super::sum::{Factor, GaussSum, Step, Term, heaviside, moment};
use super::{AverageError, Product};
use crate::special::{INV_SQRT_2PI, normal_cdf, normal_pdf};
use crate::transfer::Transfer;

/// A product of relu's or the linear function's factors, in powers of y = x − θ:
/// left(y) below the threshold, left(y) + right(y) above it, a delta and a delta' on it.
#[derive(Debug, Clone)]
pub(super) struct Piecewise {
    threshold: f64,
    left: Vec<f64>,
    right: Vec<f64>,
    delta: f64,
    /// E[x^a δ'(x−θ)] is asked for.
    delta_prime: Option<u8>,
}

impl Piecewise {
    pub(super) fn new(transfer: Transfer, product: Product) -> Result<Self, AverageError> {
        let (threshold, kinked) = match transfer {
            Transfer::Relu { threshold } => (threshold, true),
            _ => (0.0, false),
        };
        let impossible =
            |reason| Err(AverageError::DoesNotExist { product, transfer: transfer.name(), reason });
        let mut this = Self { threshold, left: Vec::new(), right: Vec::new(), delta: 0.0, delta_prime: None };
        if kinked && product.third > 0 {
            let alone = product.value + product.first + product.second + product.primitive == 0;
            if product.third > 1 || !alone {
                return impossible("φ''' is the derivative of a delta function");
            }
            this.delta_prime = Some(product.x);
            return Ok(this);
        }
        if kinked && product.second > 1 {
            return impossible("φ'' is a delta function, whose powers are not defined");
        }
        if !kinked && product.second + product.third > 0 {
            return Ok(this);
        }
        // Polynomials in y on either side of the threshold.
        let at_zero = if kinked { (-threshold).max(0.0) } else { 0.0 };
        let offset = -0.5 * at_zero * at_zero;
        let mut sides = [vec![1.0], vec![1.0]];
        for _ in 0..product.x {
            sides = sides.map(|side| multiply(&side, &[threshold, 1.0]));
        }
        for _ in 0..product.primitive {
            let below = if kinked { vec![offset] } else { vec![0.0, 0.0, 0.5] };
            sides = [multiply(&sides[0], &below), multiply(&sides[1], &[offset, 0.0, 0.5])];
        }
        for _ in 0..product.value {
            let below = if kinked { vec![0.0] } else { vec![0.0, 1.0] };
            sides = [multiply(&sides[0], &below), multiply(&sides[1], &[0.0, 1.0])];
        }
        for _ in 0..product.first {
            let below = if kinked { vec![0.0] } else { vec![1.0] };
            sides = [multiply(&sides[0], &below), multiply(&sides[1], &[1.0])];
        }
        if product.second == 1 {
            // θᵏδ = δ/(k+1): the delta is the derivative of the step whose powers multiply it.
            this.delta = sides[1][0] / (1.0 + f64::from(product.first));
            if product.value > 0 {
                this.delta = 0.0;
            }
            return Ok(this);
        }
        let [left, mut right] = sides;
        for (r, l) in right.iter_mut().zip(&left) {
            *r -= l;
        }
        this.left = left;
        this.right = right;
        Ok(this)
    }

    pub(super) fn value(&self, x: f64) -> f64 {
        let y = x - self.threshold;
        let evaluate = |polynomial: &[f64]| polynomial.iter().rev().fold(0.0, |sum, &c| sum * y + c);
        evaluate(&self.left) + if y == 0.0 { 0.5 } else { heaviside(y) } * evaluate(&self.right)
    }

    pub(super) fn average(&self, mean: f64, sd: f64) -> f64 {
        let shifted = mean - self.threshold;
        if sd == 0.0 {
            return if self.delta != 0.0 || self.delta_prime.is_some() {
                if shifted == 0.0 { f64::NAN } else { 0.0 }
            } else {
                self.value(mean)
            };
        }
        let h = -shifted / sd;
        let density = normal_pdf(h) / sd;
        if let Some(a) = self.delta_prime {
            // −d/dx [xᵃ n(x)] at the threshold
            let (theta, slope) = (self.threshold, shifted / (sd * sd));
            let power = theta.powi(i32::from(a));
            let lowered = if a == 0 { 0.0 } else { f64::from(a) * theta.powi(i32::from(a) - 1) };
            return -density * (lowered + power * slope);
        }
        let step = Step { center: 0.0, width: 0.0 };
        let whole: f64 = self
            .left
            .iter()
            .enumerate()
            .filter(|(_, c)| **c != 0.0)
            .map(|(n, c)| c * moment(shifted, sd * sd, n as u8, Factor::One, step))
            .sum();
        let above = if self.right.iter().any(|&c| c != 0.0) {
            let moments = half_line_moments(h, self.right.len());
            let mut scale = 1.0;
            let mut sum = 0.0;
            for (c, m) in self.right.iter().zip(&moments) {
                sum += c * scale * m;
                scale *= sd;
            }
            sum
        } else {
            0.0
        };
        whole + above + self.delta * density
    }

    /// The same function as a sum over a step of width zero, for pair averages.
    pub(super) fn to_sum(&self) -> Option<GaussSum> {
        if self.delta_prime.is_some() {
            return None;
        }
        let step = Step { center: self.threshold, width: 0.0 };
        let mut terms = Vec::new();
        for (polynomial, factor) in [(&self.left, Factor::One), (&self.right, Factor::Cdf)] {
            // Powers of y = x − θ in powers of x.
            let mut in_x = vec![0.0; polynomial.len()];
            for (n, &c) in polynomial.iter().enumerate() {
                let mut binomial = 1.0;
                for k in 0..=n {
                    in_x[k] += c * binomial * (-self.threshold).powi((n - k) as i32);
                    binomial *= (n - k) as f64 / (k + 1) as f64;
                }
            }
            for (power, &coefficient) in in_x.iter().enumerate() {
                if coefficient != 0.0 {
                    terms.push(Term { coefficient, power: power as u8, factor });
                }
            }
        }
        if self.delta != 0.0 {
            terms.push(Term { coefficient: self.delta, power: 0, factor: Factor::Pdf });
        }
        Some(GaussSum { step, terms })
    }
}

/// E[(U−h)₊ⁿ] for n < count, U standard normal, each with full relative accuracy.
///
/// With Kₙ = ∫₀^∞ uⁿ exp(−hu − u²/2) du the moments are n(h)·Kₙ, and n Kₙ₋₁ = Kₙ₊₁ + h Kₙ. Upward
/// the recurrence cancels for h > 0, downward (Miller) it does not.
fn half_line_moments(h: f64, count: usize) -> Vec<f64> {
    let first = normal_cdf(-h);
    let mut moments = vec![first; count.max(2)];
    if h < 1.0 {
        // E[Y₊] = n(h) − hQ(h), E[Y₊ⁿ⁺¹] = n E[Y₊ⁿ⁻¹] − h E[Y₊ⁿ]
        moments[1] = INV_SQRT_2PI * (-0.5 * h * h).exp() - h * first;
        for n in 1..moments.len() - 1 {
            moments[n + 1] = n as f64 * moments[n - 1] - h * moments[n];
        }
    } else {
        let start = count + 30 + (250.0 / (h * h)) as usize;
        // The sequence moves by up to 1e±290 on the way down: start it high enough.
        let (mut above, mut current) = (0.0, 1e150);
        for n in (1..=start).rev() {
            // current = Kₙ, above = Kₙ₊₁.
            if n < moments.len() {
                moments[n] = current;
            }
            let below = (above + h * current) / n as f64;
            (above, current) = (current, below);
        }
        if first == 0.0 {
            return vec![0.0; count];
        }
        let norm = first / current;
        for m in moments.iter_mut().skip(1) {
            *m *= norm;
        }
        moments[0] = first;
    }
    moments.truncate(count);
    moments
}
