//! One lane of a vector: the operations and constants that the kernels need of `f32` and `f64`.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// Scalar operations out of which every kernel is written, branch-free, so that the compiler turns a
/// loop over them into vector code. `FMA` is true exactly where the instruction set has fused
/// multiply-add: elsewhere `mul_add` would be a slow library call.
pub(super) trait Lane:
    Copy
    + Default
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// 0, ½, 1 and 2.
    const ZERO: Self;
    const HALF: Self;
    const ONE: Self;
    const TWO: Self;
    /// 1.5 · 2^(number of stored mantissa bits): adding it rounds to an integer, which then stands in
    /// the lowest bits.
    const ROUND: Self;
    /// Multiplies to split a number into two halves of its digits (Veltkamp).
    const SPLIT: Self;
    const LOG2_E: Self;
    /// ln 2 = `LN_2_HI` + `LN_2_LO`, the first with enough trailing zeros for exact multiples.
    const LN_2_HI: Self;
    const LN_2_LO: Self;
    /// ln 2 = `LN_2` + `LN_2_REST`, the first rounded to nearest.
    const LN_2: Self;
    const LN_2_REST: Self;
    /// exp overflows above the first and vanishes below the second.
    const EXP_MAX: Self;
    const EXP_MIN: Self;
    /// Largest argument for which a single power of two scales exp without overflow.
    const EXP_SAFE: Self;
    /// `|x|` from which exp(−x²/2) vanishes.
    const GAUSS_MAX: Self;
    /// Largest `|x|` of the large-argument branch of erf: erf rounds to 1 there.
    const ERF_MAX: Self;
    /// 1/√2 and √(2/π).
    const FRAC_1_SQRT_2: Self;
    const SQRT_2_OVER_PI: Self;
    /// √2 − 1.
    const SQRT_2_MINUS_1: Self;

    /// Coefficients, lowest power first, all by the Remez exchange with 60 digits.
    /// `(exp(r) − 1 − r) / r²` on `|r| ≤ ln 2 / 2`.
    const EXP: &'static [Self];
    /// `(2 atanh(s) / s − 2) / s²` as a function of s², for `s² ≤ (3 − 2√2)²`.
    const LOG: &'static [Self];
    /// `erf(x)/x − 1` as a function of x², for `|x| ≤ 1`.
    const ERF_SMALL: &'static [Self];
    /// `exp(x²) erfc(x)` as a function of `(x − 2)/(x + 2)`, weighted by exp(−x²), from x = 1 to `ERF_MAX`.
    const ERFCX: &'static [Self];

    /// `self · b + c`.
    fn madd<const FMA: bool>(self, b: Self, c: Self) -> Self;
    fn is_nan(self) -> bool;
    fn abs(self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    fn sqrt(self) -> Self;
    /// 2^n for an argument `n + ROUND` with n in the range of normal exponents.
    fn pow2(rounded: Self) -> Self;
}

macro_rules! impl_lane {
    ($real:ty, $bits:ty, $mantissa:expr, { $($constants:tt)* }) => {
        #[allow(clippy::inline_always)]
        impl Lane for $real {
            const ZERO: Self = 0.0;
            const HALF: Self = 0.5;
            const ONE: Self = 1.0;
            const TWO: Self = 2.0;
            const ROUND: Self = 1.5 * ((1_u64 << $mantissa) as Self);
            const SPLIT: Self = ((1_u64 << (($mantissa + 2) / 2)) + 1) as Self;
            $($constants)*

            #[inline(always)]
            fn madd<const FMA: bool>(self, b: Self, c: Self) -> Self {
                if FMA { self.mul_add(b, c) } else { self * b + c }
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                <$real>::is_nan(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                <$real>::abs(self)
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                <$real>::copysign(self, sign)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                <$real>::sqrt(self)
            }
            #[inline(always)]
            fn pow2(rounded: Self) -> Self {
                let one = <$real>::to_bits(1.0);
                <$real>::from_bits((rounded.to_bits() << $mantissa).wrapping_add(one))
            }
        }
    };
}

impl_lane!(f64, u64, 52, {
    const LOG2_E: Self = std::f64::consts::LOG2_E;
    const LN_2_HI: Self = 0.6931471805598903;
    const LN_2_LO: Self = 5.497923018708371e-14;
    const LN_2: Self = std::f64::consts::LN_2;
    const LN_2_REST: Self = 2.3190468138462996e-17;
    const EXP_MAX: Self = 710.0;
    const EXP_MIN: Self = -746.0;
    const EXP_SAFE: Self = 708.0;
    const GAUSS_MAX: Self = 39.0;
    const ERF_MAX: Self = 6.0;
    const FRAC_1_SQRT_2: Self = std::f64::consts::FRAC_1_SQRT_2;
    const SQRT_2_OVER_PI: Self = 0.7978845608028654;
    const SQRT_2_MINUS_1: Self = 0.41421356237309503;
    const EXP: &'static [Self] = &[
        0.5000000000000006,
        0.16666666666666688,
        0.04166666666657343,
        0.008333333333313212,
        0.0013888888932507139,
        0.00019841269905729311,
        2.4801504244752996e-05,
        2.755722573198913e-06,
        2.7626419505081693e-07,
        2.511513154679234e-08,
    ];
    const LOG: &'static [Self] = &[
        0.6666666666666737,
        0.39999999999387764,
        0.2857142874922577,
        0.22222197794394663,
        0.18183608437410392,
        0.1531283619191051,
        0.14808899310872248,
    ];
    const ERF_SMALL: &'static [Self] = &[
        0.12837916709551256,
        -0.3761263890318355,
        0.11283791670945253,
        -0.02686617064327622,
        0.005223977607423468,
        -0.0008548325989696758,
        0.00012055295320494294,
        -1.4924744663335489e-05,
        1.6447517677871873e-06,
        -1.6209175911748696e-07,
        1.3722976265924504e-08,
        -7.801188874097751e-10,
    ];
    const ERFCX: &'static [Self] = &[
        0.2553956763105071,
        -0.42718584741394294,
        0.24165819424104082,
        -0.07897858103682293,
        0.0037328925043966055,
        0.006997464544102592,
        -0.0008471351729975761,
        -0.0009820557433953617,
        4.304322588328262e-05,
        0.00017408367941240294,
        3.275379811906273e-05,
        -1.1922421205980834e-05,
    ];
});

impl_lane!(f32, u32, 23, {
    const LOG2_E: Self = std::f32::consts::LOG2_E;
    const LN_2_HI: Self = 0.693145751953125;
    const LN_2_LO: Self = 1.4286068e-06;
    const LN_2: Self = std::f32::consts::LN_2;
    const LN_2_REST: Self = -1.9046542e-09;
    const EXP_MAX: Self = 89.0;
    const EXP_MIN: Self = -105.0;
    const EXP_SAFE: Self = 87.0;
    const GAUSS_MAX: Self = 15.0;
    const ERF_MAX: Self = 4.0;
    const FRAC_1_SQRT_2: Self = std::f32::consts::FRAC_1_SQRT_2;
    const SQRT_2_OVER_PI: Self = 0.7978846;
    const SQRT_2_MINUS_1: Self = 0.41421357;
    const EXP: &'static [Self] = &[0.5, 0.16666542, 0.041666284, 0.008366628, 0.0013946227];
    const LOG: &'static [Self] = &[0.6666666, 0.40000343, 0.28536716, 0.23594236];
    const ERF_SMALL: &'static [Self] =
        &[0.12837917, -0.37612626, 0.112836, -0.026854446, 0.0051895366, -0.00080208457, 7.889119e-05];
    const ERFCX: &'static [Self] =
        &[0.25539568, -0.42718586, 0.24165727, -0.078986906, 0.003729743, 0.007212555];
});
