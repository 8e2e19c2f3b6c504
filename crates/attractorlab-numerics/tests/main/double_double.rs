//! Reference functions with about 30 digits: numbers as unevaluated sums of two `f64`.

use std::f64::consts::LN_2;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `high + low` with `|low| ≤ ulp(high)/2`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Double {
    pub(crate) high: f64,
    pub(crate) low: f64,
}

fn quick_sum(a: f64, b: f64) -> Double {
    let high = a + b;
    Double { high, low: b - (high - a) }
}

fn sum(a: f64, b: f64) -> Double {
    let high = a + b;
    let part = high - a;
    Double { high, low: (a - (high - part)) + (b - part) }
}

/// Exact product without fused multiply-add (Dekker).
fn product(a: f64, b: f64) -> Double {
    let split = |x: f64| {
        let c = 134_217_729.0 * x;
        let high = c - (c - x);
        (high, x - high)
    };
    let high = a * b;
    let ((a1, a2), (b1, b2)) = (split(a), split(b));
    Double { high, low: ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2 }
}

impl From<f64> for Double {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Add for Double {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let high = sum(self.high, other.high);
        let low = sum(self.low, other.low);
        let first = quick_sum(high.high, high.low + low.high);
        quick_sum(first.high, first.low + low.low)
    }
}

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Sub for Double {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Double {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let p = product(self.high, other.high);
        quick_sum(p.high, p.low + (self.high * other.low + self.low * other.high))
    }
}

impl Div for Double {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other * first.into();
        let second = rest.high / other.high;
        let rest = rest - other * second.into();
        quick_sum(first, second) + (rest.high / other.high).into()
    }
}

impl Double {
    const LN_2: Self = Self { high: LN_2, low: 2.3190468138462996e-17 };
    const TWO_OVER_SQRT_PI: Self =
        Self { high: std::f64::consts::FRAC_2_SQRT_PI, low: 1.533545961316588e-17 };

    fn scaled(self, factor: f64) -> Self {
        Self { high: self.high * factor, low: self.low * factor }
    }

    /// exp as `(value, n)`, standing for `value · 2^n`, with value near 1.
    fn exp_parts(self) -> (Self, i32) {
        let n = (self.high / LN_2).round();
        // 16 halvings of the reduced argument make the series short.
        let r = (self - Self::LN_2 * n.into()).scaled(1.0 / 65536.0);
        // exp(r) − 1 by its series; squaring keeps it: (1 + e)² − 1 = 2e + e².
        let mut e = Self::from(0.0);
        for k in (1..=7).rev() {
            e = (e + 1.0.into()) * r / f64::from(k).into();
        }
        for _ in 0..16 {
            e = e.scaled(2.0) + e * e;
        }
        (e + 1.0.into(), n as i32)
    }

    /// exp(self), exact also where the result is subnormal up to one rounding of `low`.
    pub(crate) fn exp(self) -> Self {
        if self.high > 800.0 {
            return f64::INFINITY.into();
        }
        if self.high < -800.0 {
            return 0.0.into();
        }
        let (value, n) = self.exp_parts();
        let half = n / 2;
        value.scaled(2.0_f64.powi(half)).scaled(2.0_f64.powi(n - half))
    }

    pub(crate) fn tanh(x: f64) -> Self {
        if x.abs() < 1e-4 {
            // x − x³/3 + 2x⁵/15 − 17x⁷/315.
            let x2 = Self::from(x) * x.into();
            let tail = Self::from(-1.0) / 3.0.into()
                + x2 * (Self::from(2.0) / 15.0.into() - x2 * (17.0 / 315.0).into());
            return Self::from(x) + tail * x2 * x.into();
        }
        if x.abs() > 40.0 {
            return 1.0_f64.copysign(x).into();
        }
        let e = Self::from(2.0 * x.abs()).exp();
        let t = (e - 1.0.into()) / (e + 1.0.into());
        if x < 0.0 { -t } else { t }
    }

    pub(crate) fn logistic(x: f64) -> Self {
        let z = Self::from(-x.abs()).exp();
        let one = Self::from(1.0);
        if x < 0.0 { if z.high < 1e-40 { z } else { z / (one + z) } } else { one / (one + z) }
    }

    pub(crate) fn softplus(x: f64) -> Self {
        let z = Self::from(-x.abs()).exp();
        let log = if z.high < 1e-40 {
            z
        } else if z.high < 1e-5 {
            // z − z²/2 + z³/3 − …
            let mut sum = Self::from(0.0);
            for k in (1..=7).rev() {
                sum = z * (Self::from(1.0) / f64::from(k).into() - sum);
            }
            sum
        } else {
            // One Newton step of third order from the f64 logarithm.
            let y = z.high.ln_1p();
            let d = (Self::from(1.0) + z) * Self::from(-y).exp() - 1.0.into();
            Self::from(y) + d - (d * d).scaled(0.5)
        };
        if x > 0.0 { Self::from(x) + log } else { log }
    }

    pub(crate) fn gaussian(x: f64) -> Self {
        if x.abs() > 50.0 {
            return 0.0.into();
        }
        product(x, x).scaled(-0.5).exp()
    }

    /// erf(x/√2): erf at the rounded argument, and the slope there times what the rounding cut off.
    pub(crate) fn erf_over_root_2(x: f64) -> Self {
        if !x.is_finite() || x.abs() > 40.0 {
            return Self::erf(x);
        }
        let y = x * std::f64::consts::FRAC_1_SQRT_2;
        let rest = x.mul_add(std::f64::consts::FRAC_1_SQRT_2, -y) - x * 4.833646656726457e-17;
        Self::erf(y) + (std::f64::consts::FRAC_2_SQRT_PI * (-y * y).exp() * rest).into()
    }

    pub(crate) fn erf(x: f64) -> Self {
        let size = x.abs();
        if size < 1e-100 {
            return Self::TWO_OVER_SQRT_PI * x.into();
        }
        if size > 7.0 {
            return 1.0_f64.copysign(x).into();
        }
        let square = product(x, x);
        if size < 2.0 {
            // 2/√π exp(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!, without cancellation.
            let mut term = Self::from(x);
            let mut sum = term;
            let mut odd = 3.0;
            while term.high.abs() > 1e-25 * sum.high.abs() {
                term = term * square.scaled(2.0) / odd.into();
                sum = sum + term;
                odd += 2.0;
            }
            return Self::TWO_OVER_SQRT_PI * (-square).exp() * sum;
        }
        // erfc is small here: a continued fraction in f64 gives it with 1e-15 of itself.
        let mut fraction = size;
        for k in (1..=80).rev() {
            fraction = size + f64::from(k) / 2.0 / fraction;
        }
        let erfc = (-square).exp() * (1.0 / fraction * 0.5 * std::f64::consts::FRAC_2_SQRT_PI).into();
        let value = Self::from(1.0) - erfc;
        if x < 0.0 { -value } else { value }
    }
}

/// Distance of `value` from `exact` in units in the last place of the result.
pub(crate) fn ulps(value: f64, exact: Double) -> f64 {
    if value == exact.high && (exact.low == 0.0 || !value.is_finite()) {
        return 0.0;
    }
    // The largest finite number and infinity are neighbours.
    if !exact.high.is_finite() || !value.is_finite() {
        return if value.is_nan() == exact.high.is_nan() { 1.0 } else { f64::INFINITY };
    }
    let exponent = (exact.high.abs().max(f64::MIN_POSITIVE).to_bits() >> 52) as i32 - 1023;
    let scaled = ((value - exact.high) - exact.low) * 2.0_f64.powi(-exponent / 2);
    (scaled * 2.0_f64.powi(52 - exponent + exponent / 2)).abs()
}
