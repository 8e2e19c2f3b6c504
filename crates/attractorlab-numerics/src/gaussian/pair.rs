//! Pair averages E f(x₁) h(x₂) of two correlated Gaussian variables.
//!
//! A tensor grid in standardised variables needs (sd)² nodes and more near |correlation| = 1.
//! Instead both functions are split into a closed part and a local remainder, f = q + r:
//!
//! E f h = E q_f q_h + E q_f(x₁) r_h(x₂) + E r_f(x₁) h(x₂).
//!
//! The first is closed. Each of the others is a sum over fixed nodes of the variable with the
//! remainder, of a one-dimensional average of the other function over its conditional law. Nothing
//! grows with the standard deviations, and at |correlation| = 1 the inner average is one value.
//!
//! Where both variables spread over no more than the functions' own features, the grid is small and
//! faster after all: `pair_grid.rs`.

use std::sync::Arc;

use super::narrow;
use super::pair_grid;
use super::piecewise::Piecewise;
use super::sum::{Factor, GaussSum, Joint, Step, Term};
use super::trapezoid::{HALF_SQUARE, Trapezoid};
use super::{AverageError, Product, require};
use crate::special::INV_SQRT_2PI;
use crate::transfer::Transfer;

/// The law of two jointly Gaussian variables.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Means of x₁ and x₂.
    pub mean: [f64; 2],
    /// Standard deviations of x₁ and x₂.
    pub sd: [f64; 2],
    /// Correlation, in [−1, 1].
    pub correlation: f64,
}

impl Pair {
    /// Zero means, from variances and covariance; a covariance beyond the bound by rounding is
    /// clamped to it.
    ///
    /// ```
    /// use attractorlab_numerics::gaussian::Pair;
    /// assert_eq!(Pair::centered(4.0, 1.0, 1.0).correlation, 0.5);
    /// ```
    pub fn centered(variance1: f64, variance2: f64, covariance: f64) -> Self {
        let sd = [variance1.sqrt(), variance2.sqrt()];
        let bound = sd[0] * sd[1];
        let correlation = if bound > 0.0 { (covariance / bound).clamp(-1.0, 1.0) } else { 0.0 };
        Self { mean: [0.0; 2], sd, correlation }
    }

    pub(super) fn swapped(self) -> Self {
        let Self { mean: [m1, m2], sd: [s1, s2], correlation } = self;
        Self { mean: [m2, m1], sd: [s2, s1], correlation }
    }

    fn joint(self) -> Joint {
        Joint {
            mean: self.mean,
            variance: self.sd.map(|s| s * s),
            covariance: self.correlation * self.sd[0] * self.sd[1],
        }
    }

    pub(super) fn is_valid(self) -> bool {
        self.mean.iter().all(|m| m.is_finite())
            && self.sd.iter().all(|s| s.is_finite() && *s >= 0.0)
            && (-1.0..=1.0).contains(&self.correlation)
    }
}

/// E f(x₁) h(x₂) of two products of one transfer function, prepared for many laws.
///
/// The error is at most 1e-12·max(⟨|f h|⟩, 1e-12) up to standard deviation 10 and a hundred times that
/// up to 100.
#[derive(Debug, Clone)]
pub struct PairAverage {
    sides: [Side; 2],
    /// Function and products, where the grid of two variables serves for moderate laws.
    grid: Option<(Transfer, [Product; 2])>,
    /// Order of the poles of f·h.
    poles: usize,
    /// Zeros of f·h at the origin.
    zeros: usize,
    /// Parity of f·h under (x₁, x₂) → −(x₁, x₂), where φ is odd.
    parity: Option<bool>,
}

#[derive(Debug, Clone)]
enum Side {
    Closed(GaussSum),
    Split(Arc<Trapezoid>),
}

impl Side {
    fn new(transfer: Transfer, product: Product) -> Result<Self, AverageError> {
        if matches!(transfer, Transfer::Relu { .. } | Transfer::Linear) {
            return Piecewise::new(transfer, product)?.to_sum().map(Self::Closed).ok_or(
                AverageError::DoesNotExist {
                    product,
                    transfer: transfer.name(),
                    reason: "φ''' is the derivative of a delta function",
                },
            );
        }
        if transfer == Transfer::Erf
            && let Some(sum) = erf_factor(product)
        {
            return Ok(Self::Closed(sum));
        }
        Ok(Self::Split(Trapezoid::shared(transfer, &[product])))
    }

    fn average(&self, mean: f64, sd: f64) -> f64 {
        match self {
            Self::Closed(sum) => sum.average(mean, sd),
            Self::Split(trapezoid) => {
                let mut out = [0.0];
                trapezoid.averages(mean, sd, &mut out);
                out[0]
            }
        }
    }
}

/// A single factor of erf, which is a closed sum: φ = 2cdf − 1 and so on.
fn erf_factor(product: Product) -> Option<GaussSum> {
    let step = Step { center: 0.0, width: 1.0 };
    let x = product.x;
    let rest = Product { x: 0, ..product };
    let term = |coefficient, power, factor| Term { coefficient, power: x + power, factor };
    let terms = match rest {
        Product::ONE => vec![term(1.0, 0, Factor::One)],
        Product::VALUE => vec![term(2.0, 0, Factor::Cdf), term(-1.0, 0, Factor::One)],
        Product::FIRST => vec![term(2.0, 0, Factor::Pdf)],
        Product::SECOND => vec![term(-2.0, 1, Factor::Pdf)],
        Product::THIRD => vec![term(2.0, 2, Factor::Pdf), term(-2.0, 0, Factor::Pdf)],
        _ => return None,
    };
    Some(GaussSum { step, terms })
}

impl PairAverage {
    /// Prepares E f(x₁) h(x₂).
    ///
    /// # Errors
    /// [`AverageError::DoesNotExist`] where a product has no meaning for `transfer`;
    /// [`AverageError::Degree`] for more than eight factors.
    pub fn new(transfer: Transfer, f: Product, h: Product) -> Result<Self, AverageError> {
        f.check()?;
        h.check()?;
        if let Transfer::Relu { threshold } = transfer {
            require("threshold", threshold, threshold.is_finite(), "a finite number")?;
        }
        let odd = |p: Product| (p.x + p.value + p.second) % 2 == 1;
        let parity =
            matches!(transfer, Transfer::Tanh | Transfer::Erf | Transfer::Linear).then(|| odd(f) == odd(h));
        let serves = |product| pair_grid::serves(transfer, product);
        let grid = (serves(f) && serves(h)).then_some((transfer, [f, h]));
        Ok(Self {
            sides: [Side::new(transfer, f)?, Side::new(transfer, h)?],
            grid,
            poles: narrow::pole_order(f * h),
            zeros: narrow::zeros(f * h),
            parity,
        })
    }

    /// The average over the given law. NaN unless means and standard deviations are finite,
    /// standard deviations ≥ 0 and the correlation in [−1, 1].
    pub fn at(&self, pair: Pair) -> f64 {
        if !pair.is_valid() {
            return f64::NAN;
        }
        let symmetric = pair.mean == [0.0; 2];
        if symmetric && self.parity == Some(false) {
            return 0.0;
        }
        // The variable with the larger standard deviation leads, so that the conditional mean of
        // the other varies no faster than itself.
        let swapped = pair.sd[0] < pair.sd[1];
        let (first, second, pair) = if swapped {
            (&self.sides[1], &self.sides[0], pair.swapped())
        } else {
            (&self.sides[0], &self.sides[1], pair)
        };
        if pair.sd[1] == 0.0 {
            return second.average(pair.mean[1], 0.0) * first.average(pair.mean[0], pair.sd[0]);
        }
        let fold = symmetric && self.parity == Some(true);
        if let Some((transfer, [f, h])) = self.grid
            && let (f, h) = if swapped { (h, f) } else { (f, h) }
            && pair_grid::suits(transfer, f, h, pair)
        {
            return pair_grid::average(transfer, f, h, pair, fold);
        }
        match (first, second) {
            (Side::Closed(f), Side::Closed(h)) => f.pair_average(h, pair.joint()),
            (Side::Closed(f), Side::Split(h)) => {
                let closed = h.tails(0).map_or(0.0, |tails| f.pair_average(tails, pair.joint()));
                closed + self.over_remainder(h, pair.swapped(), first, fold, Inner::Sum(f))
            }
            (Side::Split(f), _) => {
                let whole = self.over_remainder(f, pair, second, fold, Inner::Whole);
                let Some(tails) = f.tails(0) else { return whole };
                if f.is_narrow(pair.sd[0]) {
                    return whole;
                }
                whole
                    + match second {
                        Side::Closed(h) => tails.pair_average(h, pair.joint()),
                        Side::Split(h) => {
                            let closed =
                                h.tails(0).map_or(0.0, |other| tails.pair_average(other, pair.joint()));
                            closed + self.over_remainder(h, pair.swapped(), first, fold, Inner::Sum(tails))
                        }
                    }
            }
        }
    }

    /// E r(x₁) inner(x₂), r the remainder of the split function of the first variable; for a narrow
    /// first variable and the whole inner function r is the function itself.
    fn over_remainder(
        &self,
        split: &Trapezoid,
        pair: Pair,
        other: &Side,
        fold: bool,
        inner: Inner<'_>,
    ) -> f64 {
        let Pair { mean: [m1, m2], sd: [s1, s2], correlation } = pair;
        let slope = correlation * s2 / s1;
        let conditional_sd = s2 * ((1.0 - correlation) * (1.0 + correlation)).sqrt();
        let conditional = |x: f64| {
            let mean = m2 + slope * (x - m1);
            match inner {
                Inner::Whole => other.average(mean, conditional_sd),
                Inner::Sum(sum) => sum.average(mean, conditional_sd),
            }
        };
        // A closed inner function of a variable with a larger spread may vary faster than r.
        let inner_precision = match inner {
            Inner::Whole if slope.abs() <= 1.0 => 0.0,
            Inner::Whole => slope * slope / (split.scale() * split.scale()),
            Inner::Sum(sum) => {
                let width = sum.step.width * sum.step.width + conditional_sd * conditional_sd;
                if width > 0.0 { slope * slope / width } else { f64::INFINITY }
            }
        };
        let narrow_whole = split.is_narrow(s1) && matches!(inner, Inner::Whole);
        let cached = split.cached(0, s1);
        let needed = self.required_step(split, inner_precision, s1);
        let (step, values) = match cached {
            Some((step, values)) if step <= needed * 1.000_001 => (step, Some(values)),
            Some((step, _)) => (step.min(needed), None),
            None => ((0.6 * s1).min(needed), None),
        };
        // A power grows outwards from its zeros.
        let cut = (2.0 * HALF_SQUARE + 3.0 * self.zeros.saturating_sub(2) as f64).sqrt();
        let [left, right] = split.reach();
        let (low, high) = if narrow_whole {
            (m1 - cut * s1, m1 + cut * s1)
        } else {
            ((m1 - cut * s1).max(-left), (m1 + cut * s1).min(right))
        };
        let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
        let first = if fold { 0 } else { first };
        let mut total = 0.0;
        for k in first..=last {
            let x = k as f64 * step;
            let z = (x - m1) / s1;
            let mut weight = step / s1 * INV_SQRT_2PI * (-0.5 * z * z).exp();
            if fold && k > 0 {
                weight *= 2.0;
            }
            let r = match values {
                Some(values) => values[(k + (values.len() / 2) as i64) as usize],
                None if narrow_whole => split.remainder(0, x) + split.tails(0).map_or(0.0, |t| t.value(x)),
                None => split.remainder(0, x),
            };
            let weighted = weight * r;
            if weighted != 0.0 {
                total += weighted * conditional(x);
            }
        }
        total
    }

    /// Largest step that resolves Gaussian × inner function and the poles of the remainder between
    /// them; the derivation stands in `trapezoid.rs` and `pair_grid.rs`.
    fn required_step(&self, split: &Trapezoid, inner_precision: f64, sd: f64) -> f64 {
        let scale = split.scale();
        let precision = (inner_precision + 1.0 / (sd * sd)) * scale * scale;
        let d_squared_half = 1.234;
        let of_order = pair_grid::step(self.poles, self.zeros, precision.sqrt().recip());
        let step = if precision < 31.0 {
            9.87 / (46.0 + d_squared_half * precision)
        } else {
            (0.72 / precision.sqrt()).min(0.115)
        };
        (step.min(of_order) * scale).min(split.largest_step())
    }
}

/// What is averaged over the conditional law at each node.
#[derive(Clone, Copy)]
enum Inner<'a> {
    /// The whole other function.
    Whole,
    /// A closed sum.
    Sum(&'a GaussSum),
}

/// E f(x₁) h(x₂) for one law.
///
/// ```
/// use attractorlab_numerics::gaussian::{Pair, Product, pair_average};
/// use attractorlab_numerics::transfer::Transfer;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pair = Pair::centered(0.7, 1.3, 0.5);
/// let phi = pair_average(Transfer::Tanh, Product::VALUE, Product::VALUE, pair)?;
/// assert!((phi - 0.18979012342351378).abs() < 1e-13);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`AverageError`] if the average does not exist, an argument is not finite, a standard deviation
/// is negative, or the correlation lies outside [−1, 1].
pub fn pair_average(transfer: Transfer, f: Product, h: Product, pair: Pair) -> Result<f64, AverageError> {
    for mean in pair.mean {
        require("mean", mean, mean.is_finite(), "a finite number")?;
    }
    for sd in pair.sd {
        require(
            "standard deviation",
            sd,
            sd.is_finite() && sd >= 0.0,
            "a finite number that is not negative",
        )?;
    }
    require("correlation", pair.correlation, (-1.0..=1.0).contains(&pair.correlation), "between -1 and 1")?;
    let value = PairAverage::new(transfer, f, h)?.at(pair);
    if value.is_finite() {
        Ok(value)
    } else {
        let reason = "both variables are one and two derivatives of a kink meet";
        Err(AverageError::DoesNotExist { product: f * h, transfer: transfer.name(), reason })
    }
}
