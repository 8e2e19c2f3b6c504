//! Intervals with outward rounding: bounds that hold in spite of every rounding error.
//!
//! Each operation rounds its bounds outward by one unit in the last place, whatever the processor's rounding
//! did; elementary functions allow for the error of the system's mathematical library, four units in the last
//! place where it documents one or two.

use std::ops::{Add, Mul, Neg, Sub};

/// All numbers from `lo` to `hi`.
///
/// ```
/// use attractorlab_numerics::interval::Interval;
/// let third = Interval::new(1.0, 1.0) * Interval::point(1.0 / 3.0);
/// assert!(third.lo < 1.0 / 3.0 && 1.0 / 3.0 < third.hi && third.width() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub lo: f64,
    /// Upper bound.
    pub hi: f64,
}

impl Interval {
    /// The numbers from `lo` to `hi`.
    pub const fn new(lo: f64, hi: f64) -> Self {
        Self { lo, hi }
    }

    /// One number.
    pub const fn point(x: f64) -> Self {
        Self { lo: x, hi: x }
    }

    /// The numbers within `radius` of `middle`.
    pub fn around(middle: f64, radius: f64) -> Self {
        Self { lo: (middle - radius).next_down(), hi: (middle + radius).next_up() }
    }

    /// Bounds rounded outward from two values with a relative error of `ulps` units in the last place each.
    fn widened(lo: f64, hi: f64, ulps: f64) -> Self {
        let slack = |x: f64| ulps * f64::EPSILON * x.abs() + f64::MIN_POSITIVE;
        Self { lo: lo - slack(lo), hi: hi + slack(hi) }
    }

    /// The middle.
    pub fn middle(self) -> f64 {
        0.5 * (self.lo + self.hi)
    }

    /// A number that is at least the distance of the middle from both ends.
    pub fn radius(self) -> f64 {
        let middle = self.middle();
        (middle - self.lo).max(self.hi - middle).next_up()
    }

    /// Upper bound of the width.
    pub fn width(self) -> f64 {
        (self.hi - self.lo).next_up()
    }

    /// Largest absolute value.
    pub fn magnitude(self) -> f64 {
        self.lo.abs().max(self.hi.abs())
    }

    /// Smallest interval that holds both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// The part that lies between `lo` and `hi`, for values that are known to.
    fn clamped(self, lo: f64, hi: f64) -> Self {
        Self { lo: self.lo.clamp(lo, hi), hi: self.hi.clamp(lo, hi) }
    }

    /// All squares.
    #[must_use]
    pub fn square(self) -> Self {
        let (small, large) = if self.lo <= 0.0 && self.hi >= 0.0 {
            (0.0, self.magnitude())
        } else {
            (self.lo.abs().min(self.hi.abs()), self.magnitude())
        };
        Self { lo: (small * small).next_down().max(0.0), hi: (large * large).next_up() }
    }

    /// tanh of all numbers.
    #[must_use]
    pub fn tanh(self) -> Self {
        Self::widened(self.lo.tanh(), self.hi.tanh(), 4.0).clamped(-1.0, 1.0)
    }

    /// exp of all numbers.
    #[must_use]
    pub fn exp(self) -> Self {
        let wide = Self::widened(self.lo.exp(), self.hi.exp(), 4.0);
        Self { lo: wide.lo.max(0.0), hi: wide.hi }
    }

    /// 1/(1 + e⁻ˣ) of all numbers.
    #[must_use]
    pub fn logistic(self) -> Self {
        let value = |x: f64| {
            let e = (-x.abs()).exp();
            if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
        };
        Self::widened(value(self.lo), value(self.hi), 6.0).clamped(0.0, 1.0)
    }

    /// erf of all numbers.
    #[must_use]
    pub fn erf(self) -> Self {
        Self::widened(libm::erf(self.lo), libm::erf(self.hi), 4.0).clamped(-1.0, 1.0)
    }

    /// log(1 + eˣ) of all numbers.
    #[must_use]
    pub fn softplus(self) -> Self {
        let value = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        let wide = Self::widened(value(self.lo), value(self.hi), 6.0);
        Self { lo: wide.lo.max(0.0), hi: wide.hi }
    }
}

impl Add for Interval {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { lo: (self.lo + other.lo).next_down(), hi: (self.hi + other.hi).next_up() }
    }
}

impl Sub for Interval {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { lo: (self.lo - other.hi).next_down(), hi: (self.hi - other.lo).next_up() }
    }
}

impl Neg for Interval {
    type Output = Self;
    fn neg(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo }
    }
}

impl Mul for Interval {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let products = [self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi];
        let lo = products.iter().copied().fold(f64::INFINITY, f64::min);
        let hi = products.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self { lo: lo.next_down(), hi: hi.next_up() }
    }
}

/// Bound on the relative error of a sum of `n` products in any order of summation, fused or not:
/// γ = nε/(1 − nε) with one unit more for the factor that multiplies it.
pub fn summation_bound(n: usize) -> f64 {
    let n = (n + 3) as f64 * f64::EPSILON;
    n / (1.0 - n)
}

/// Encloses Σ aᵢxᵢ for all x in the intervals: a sum in floating point with a bound on its error.
///
/// # Panics
/// If the lengths differ.
#[track_caller]
pub fn enclosed_dot(a: impl ExactSizeIterator<Item = f64>, x: &[Interval]) -> Interval {
    assert_eq!(a.len(), x.len(), "one weight for each interval");
    let (mut middle, mut size, mut radius) = (0.0, 0.0, 0.0);
    for (a, x) in a.zip(x) {
        let m = x.middle();
        middle += a * m;
        size += (a * m).abs();
        radius += a.abs() * x.radius();
    }
    let gamma = summation_bound(x.len());
    let error = (gamma * size + (1.0 + gamma) * radius) * (1.0 + 4.0 * gamma) + f64::MIN_POSITIVE;
    Interval::around(middle, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn operations_enclose_what_they_should() {
        let mut stream = Stream::new(3, "interval", 0);
        for _ in 0..2000 {
            let (a, b) = (3.0 * stream.normal(), 3.0 * stream.normal());
            let (ra, rb) = (0.1 * stream.uniform(), 0.1 * stream.uniform());
            let (x, y) = (Interval::around(a, ra), Interval::around(b, rb));
            let (s, t) = (2.0 * stream.uniform() - 1.0, 2.0 * stream.uniform() - 1.0);
            let (p, q) = (a + s * ra, b + t * rb);
            let holds = |i: Interval, v: f64| i.lo <= v && v <= i.hi;
            assert!(holds(x + y, p + q) && holds(x - y, p - q) && holds(x * y, p * q));
            assert!(holds(x.square(), p * p) && holds(x.tanh(), p.tanh()) && holds(x.exp(), p.exp()));
            assert!(holds(x.logistic(), 1.0 / (1.0 + (-p).exp())) && holds(x.erf(), libm::erf(p)));
            assert!(holds(x.softplus(), p.exp().ln_1p()) && holds(-x, -p));
        }
    }

    #[test]
    fn sums_are_enclosed_in_any_order() {
        let mut stream = Stream::new(4, "interval", 0);
        let (a, x) = (stream.normals(500), stream.normals(500));
        let boxes: Vec<Interval> = x.iter().map(|x| Interval::point(*x)).collect();
        let dot = enclosed_dot(a.iter().copied(), &boxes);
        let forward: f64 = a.iter().zip(&x).map(|(a, x)| a * x).sum();
        let backward: f64 = a.iter().zip(&x).rev().map(|(a, x)| a * x).sum();
        assert!(dot.lo <= forward.min(backward) && forward.max(backward) <= dot.hi && dot.width() < 1e-9);
    }
}
