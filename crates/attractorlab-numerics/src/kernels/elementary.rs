//! exp, expm1 and log1p of one lane.

use super::lane::Lane;

/// `c₀ + c₁ x + c₂ x² + …`.
#[inline(always)]
pub(super) fn polynomial<T: Lane, const FMA: bool>(x: T, coefficients: &[T]) -> T {
    let mut sum = coefficients[coefficients.len() - 1];
    for &coefficient in coefficients[..coefficients.len() - 1].iter().rev() {
        sum = sum.madd::<FMA>(x, coefficient);
    }
    sum
}

/// x limited from above; NaN stays NaN.
#[inline(always)]
pub(super) fn at_most<T: Lane>(x: T, limit: T) -> T {
    if x > limit { limit } else { x }
}

/// x limited from below; NaN stays NaN.
#[inline(always)]
pub(super) fn at_least<T: Lane>(x: T, limit: T) -> T {
    if x < limit { limit } else { x }
}

/// `x = n ln 2 + r` with an integer n and `|r| ≤ ln 2 / 2`: returns n + ROUND, n, and exp(r) − 1.
#[inline(always)]
fn reduced_expm1<T: Lane, const FMA: bool>(x: T) -> (T, T, T) {
    let rounded = x.madd::<FMA>(T::LOG2_E, T::ROUND);
    let n = rounded - T::ROUND;
    let r = n.madd::<FMA>(-T::LN_2_HI, x);
    let r = n.madd::<FMA>(-T::LN_2_LO, r);
    let p = polynomial::<T, FMA>(r, T::EXP);
    (rounded, n, (r * r).madd::<FMA>(p, r))
}

/// exp(x), through subnormals to 0 and to infinity.
#[inline(always)]
pub(super) fn exp<T: Lane, const FMA: bool>(x: T) -> T {
    let x = at_least(at_most(x, T::EXP_MAX), T::EXP_MIN);
    let (_, n, p) = reduced_expm1::<T, FMA>(x);
    // 2^n in two factors: either may be a normal number where 2^n is not.
    let half_rounded = n.madd::<FMA>(T::HALF, T::ROUND);
    let rest = n - (half_rounded - T::ROUND);
    (T::ONE + p) * T::pow2(half_rounded) * T::pow2(rest + T::ROUND)
}

/// exp(x) − 1 for 0 ≤ x ≤ `EXP_SAFE`, without cancellation.
#[inline(always)]
pub(super) fn expm1_positive<T: Lane, const FMA: bool>(x: T) -> T {
    let (rounded, _, p) = reduced_expm1::<T, FMA>(x);
    let scale = T::pow2(rounded);
    scale.madd::<FMA>(p, scale - T::ONE)
}

/// log(1 + z) for 0 ≤ z ≤ 1, after fdlibm's `log`.
#[inline(always)]
pub(super) fn log1p_unit<T: Lane, const FMA: bool>(z: T) -> T {
    // 1 + z = 2^k (1 + f) with −0.3 < f ≤ √2 − 1; forming f is exact where it matters.
    let upper = z > T::SQRT_2_MINUS_1;
    let f = if upper { (z - T::ONE) * T::HALF } else { z };
    let (k, k_rest) = if upper { (T::LN_2, T::LN_2_REST) } else { (T::ZERO, T::ZERO) };
    let s = f / (T::TWO + f);
    let s2 = s * s;
    let tail = s2 * polynomial::<T, FMA>(s2, T::LOG);
    let half_square = T::HALF * f * f;
    // log(1 + f) = f − (f²/2 − s (f²/2 + tail)).
    let correction = s.madd::<FMA>(half_square + tail, k_rest) - half_square;
    k + (f + correction)
}

/// x² as a sum of two numbers, the second the rounding error of the first.
#[inline(always)]
pub(super) fn exact_square<T: Lane, const FMA: bool>(x: T) -> (T, T) {
    let square = x * x;
    if FMA {
        return (square, x.madd::<FMA>(x, -square));
    }
    let c = T::SPLIT * x;
    let high = c - (c - x);
    let low = x - high;
    (square, ((high * high - square) + T::TWO * high * low) + low * low)
}

/// exp(−x²/2) (`HALVED`) or exp(−x²), accurate far into the tail.
#[inline(always)]
pub(super) fn gauss<T: Lane, const FMA: bool, const HALVED: bool>(x: T) -> T {
    let x = at_most(x.abs(), T::GAUSS_MAX);
    let (square, error) = exact_square::<T, FMA>(x);
    let factor = if HALVED { -T::HALF } else { -T::ONE };
    let value = exp::<T, FMA>(factor * square);
    value.madd::<FMA>(factor * error, value)
}
