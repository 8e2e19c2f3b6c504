//! The transfer functions of one lane, with their first two derivatives.

use super::elementary::{at_most, exp, expm1_positive, gauss, log1p_unit, polynomial};
use super::lane::Lane;

/// A function of one real variable, to be run over slices.
pub(super) trait Function<T: Lane>: Copy {
    /// f(x).
    fn value<const FMA: bool>(self, x: T) -> T;
}

/// A function with derivatives.
pub(super) trait Smooth<T: Lane>: Function<T> {
    /// f(x), f'(x).
    fn with_prime<const FMA: bool>(self, x: T) -> (T, T);
    /// f(x), f'(x), f''(x).
    fn with_primes<const FMA: bool>(self, x: T) -> (T, T, T);
}

/// exp(x).
#[derive(Clone, Copy)]
pub(super) struct Exp;
/// exp(−x²/2).
#[derive(Clone, Copy)]
pub(super) struct Gaussian;
/// tanh(x).
#[derive(Clone, Copy)]
pub(super) struct Tanh;
/// erf(x).
#[derive(Clone, Copy)]
pub(super) struct Erf;
/// 1/(1 + exp(−x)).
#[derive(Clone, Copy)]
pub(super) struct Logistic;
/// log(1 + exp(x)).
#[derive(Clone, Copy)]
pub(super) struct Softplus;
/// erf(x/√2), the transfer function.
#[derive(Clone, Copy)]
pub(super) struct NormalErf;
/// max(x − θ, 0).
#[derive(Clone, Copy)]
pub(super) struct Relu<T> {
    /// θ.
    pub(super) threshold: T,
}
/// x.
#[derive(Clone, Copy)]
pub(super) struct Linear;

impl<T: Lane> Function<T> for Exp {
    #[inline(always)]
    fn value<const FMA: bool>(self, x: T) -> T {
        exp::<T, FMA>(x)
    }
}

impl<T: Lane> Function<T> for Gaussian {
    #[inline(always)]
    fn value<const FMA: bool>(self, x: T) -> T {
        gauss::<T, FMA, true>(x)
    }
}

impl Tanh {
    /// |tanh(x)| and exp(2|x|) + 1.
    #[inline(always)]
    fn parts<T: Lane, const FMA: bool>(x: T) -> (T, T) {
        let e = expm1_positive::<T, FMA>(at_most(T::TWO * x.abs(), T::EXP_SAFE));
        let d = e + T::TWO;
        let t = e / d;
        // The rounding error of d (Knuth's sum) would cost a unit in the last place; 1/d = (1 − t)/2.
        let part = d - e;
        let d_rest = (e - (d - part)) + (T::TWO - part);
        ((t * d_rest).madd::<FMA>((t - T::ONE) * T::HALF, t), d)
    }
}

impl<T: Lane> Function<T> for Tanh {
    #[inline(always)]
    fn value<const FMA: bool>(self, x: T) -> T {
        Self::parts::<T, FMA>(x).0.copysign(x)
    }
}

impl<T: Lane> Smooth<T> for Tanh {
    #[inline(always)]
    fn with_prime<const FMA: bool>(self, x: T) -> (T, T) {
        let (t, d) = Self::parts::<T, FMA>(x);
        // 1 − t² = (1 − t)(1 + t) with 1 − t = 2/d keeps its relative accuracy in the tails.
        let prime = (T::TWO / d) * (T::ONE + t);
        let far = x.abs() > T::EXP_SAFE * T::HALF;
        (t.copysign(x), if far { T::ZERO } else { prime })
    }
    #[inline(always)]
    fn with_primes<const FMA: bool>(self, x: T) -> (T, T, T) {
        let (t, prime) = self.with_prime::<FMA>(x);
        (t, prime, -T::TWO * t * prime)
    }
}

impl Erf {
    /// erf(x), given e^(−x²) for |x| ≤ `ERF_MAX` (anything beyond).
    #[inline(always)]
    fn from_gauss<T: Lane, const FMA: bool>(x: T, gauss: T) -> T {
        let small = x.madd::<FMA>(polynomial::<T, FMA>(x * x, T::ERF_SMALL), x);
        let size = at_most(x.abs(), T::ERF_MAX);
        let t = (size - T::TWO) / (size + T::TWO);
        let scaled = polynomial::<T, FMA>(t, T::ERFCX);
        let large = (-gauss).madd::<FMA>(scaled, T::ONE).copysign(x);
        if x.abs() < T::ONE { small } else { large }
    }
}

impl<T: Lane> Function<T> for Erf {
    #[inline(always)]
    fn value<const FMA: bool>(self, x: T) -> T {
        let size = at_most(x.abs(), T::ERF_MAX);
        // The rounding error of x² is harmless here: erfc is small where it matters.
        Self::from_gauss::<T, FMA>(x, exp::<T, FMA>(-size * size))
    }
}

impl<T: Lane> Function<T> for NormalErf {
    #[inline(always)]
    fn value<const FMA: bool>(self, x: T) -> T {
        Erf.value::<FMA>(x * T::FRAC_1_SQRT_2)
    }
}

impl<T: Lane> Smooth<T> for NormalErf {
    #[inline(always)]
    fn with_prime<const FMA: bool>(self, x: T) -> (T, T) {
        let g = gauss::<T, FMA, true>(x);
        (Erf::from_gauss::<T, FMA>(x * T::FRAC_1_SQRT_2, g), T::SQRT_2_OVER_PI * g)
    }
    #[inline(always)]
    fn with_primes<const FMA: bool>(self, x: T) -> (T, T, T) {
        let (value, prime) = self.with_prime::<FMA>(x);
        // x may be infinite where the derivative is 0.
        let limited = at_most(x.abs(), T::GAUSS_MAX).copysign(x);
        (value, prime, -limited * prime)
    }
}

impl Logistic {
    /// 1/(1 + exp(−x)), given z = exp(−|x|).
    #[inline(always)]
    fn from_exp<T: Lane, const FMA: bool>(x: T, z: T) -> T {
        let d = T::ONE + z;
        let negative = x < T::ZERO;
        let quotient = if negative { z } else { T::ONE } / d;
        // The rounding error of d would cost a unit in the last place; 1/d is the quotient or its
        // complement.
        let d_rest = z - (d - T::ONE);
        let inverse = if negative { T::ONE - quotient } else { quotient };
        (-quotient * d_rest).madd::<FMA>(inverse, quotient)
    }
}

impl<T: Lane> Function<T> for Logistic {
    #[inline(always)]
    fn value<const FMA: bool>(self, x: T) -> T {
        Self::from_exp::<T, FMA>(x, exp::<T, FMA>(-x.abs()))
    }
}

impl<T: Lane> Smooth<T> for Logistic {
    #[inline(always)]
    fn with_prime<const FMA: bool>(self, x: T) -> (T, T) {
        let z = exp::<T, FMA>(-x.abs());
        let d = T::ONE + z;
        (Self::from_exp::<T, FMA>(x, z), z / (d * d))
    }
    #[inline(always)]
    fn with_primes<const FMA: bool>(self, x: T) -> (T, T, T) {
        let z = exp::<T, FMA>(-x.abs());
        let inverse = T::ONE / (T::ONE + z);
        let prime = z * inverse * inverse;
        // σ'' = −σ' tanh(x/2), and tanh(|x|/2) = (1 − z)/(1 + z).
        let second = (prime * (z - T::ONE) * inverse).abs().copysign(-x);
        (Self::from_exp::<T, FMA>(x, z), prime, second)
    }
}

impl<T: Lane> Function<T> for Softplus {
    #[inline(always)]
    fn value<const FMA: bool>(self, x: T) -> T {
        let z = exp::<T, FMA>(-x.abs());
        let positive = if x < T::ZERO { T::ZERO } else { x };
        positive + log1p_unit::<T, FMA>(z)
    }
}

impl<T: Lane> Smooth<T> for Softplus {
    #[inline(always)]
    fn with_prime<const FMA: bool>(self, x: T) -> (T, T) {
        let (value, prime, _) = self.with_primes::<FMA>(x);
        (value, prime)
    }
    #[inline(always)]
    fn with_primes<const FMA: bool>(self, x: T) -> (T, T, T) {
        let z = exp::<T, FMA>(-x.abs());
        let positive = if x < T::ZERO { T::ZERO } else { x };
        let d = T::ONE + z;
        (positive + log1p_unit::<T, FMA>(z), Logistic::from_exp::<T, FMA>(x, z), z / (d * d))
    }
}

impl<T: Lane> Function<T> for Relu<T> {
    #[inline(always)]
    fn value<const FMA: bool>(self, x: T) -> T {
        // Written so that NaN stays NaN.
        if x <= self.threshold { T::ZERO } else { x - self.threshold }
    }
}

impl<T: Lane> Smooth<T> for Relu<T> {
    #[inline(always)]
    fn with_prime<const FMA: bool>(self, x: T) -> (T, T) {
        let above = if x > self.threshold { T::ONE } else { T::ZERO };
        let prime = if x == self.threshold { T::HALF } else { above };
        (self.value::<FMA>(x), if x.is_nan() { x } else { prime })
    }
    #[inline(always)]
    fn with_primes<const FMA: bool>(self, x: T) -> (T, T, T) {
        let (value, prime) = self.with_prime::<FMA>(x);
        (value, prime, if x.is_nan() { x } else { T::ZERO })
    }
}

impl<T: Lane> Function<T> for Linear {
    #[inline(always)]
    fn value<const FMA: bool>(self, x: T) -> T {
        x
    }
}

impl<T: Lane> Smooth<T> for Linear {
    #[inline(always)]
    fn with_prime<const FMA: bool>(self, x: T) -> (T, T) {
        (x, if x.is_nan() { x } else { T::ONE })
    }
    #[inline(always)]
    fn with_primes<const FMA: bool>(self, x: T) -> (T, T, T) {
        let (value, prime) = self.with_prime::<FMA>(x);
        (value, prime, if x.is_nan() { x } else { T::ZERO })
    }
}
