//! The normal distribution in one and two dimensions.

use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::sync::LazyLock;

use crate::quadrature::gauss_legendre;

/// 1/√(2π).
pub const INV_SQRT_2PI: f64 = 0.398_942_280_401_432_7;

/// Density of the standard normal distribution at `x`.
#[inline]
pub fn normal_pdf(x: f64) -> f64 {
    INV_SQRT_2PI * (-0.5 * x * x).exp()
}

/// Distribution function of the standard normal, P(U ≤ x), accurate in both tails.
///
/// ```
/// use attractorlab_numerics::special::normal_cdf;
/// assert!((normal_cdf(-10.0) / 7.619853024160527e-24 - 1.0).abs() < 1e-14);
/// ```
#[inline]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// P(U > h, V > k) for standard normals U, V of correlation `rho`; absolute error below 1e-14
/// for every correlation in [−1, 1], the limits included.
///
/// For |rho| ≤ 0.925 this is Plackett's integral from correlation zero,
/// Q(h)Q(k) + (2π)⁻¹ ∫₀^{asin ρ} exp(−(h² + k² − 2hk sin t)/(2 cos² t)) dt, by Gauss–Legendre.
/// Nearer to one the same integral is taken from the other end,
/// Q(max(h,k)) − (2π)⁻¹ ∫₀^{√(1−ρ²)} exp(−(h−k)²/(2s²) − hk/(1+√(1−s²))) ds/√(1−s²),
/// whose second factor is expanded in s² and integrated term by term.
///
/// `rho` outside [−1, 1] is clamped; a NaN anywhere gives NaN.
///
/// ```
/// use attractorlab_numerics::special::bivariate_normal_upper;
/// let quadrant = bivariate_normal_upper(0.0, 0.0, 0.5);
/// assert!((quadrant - 1.0 / 3.0).abs() < 1e-15);
/// ```
pub fn bivariate_normal_upper(h: f64, k: f64, rho: f64) -> f64 {
    if h.is_nan() || k.is_nan() || rho.is_nan() {
        return f64::NAN;
    }
    let rho = rho.clamp(-1.0, 1.0);
    if h == f64::INFINITY || k == f64::INFINITY {
        return 0.0;
    }
    if h == f64::NEG_INFINITY {
        return normal_cdf(-k);
    }
    if k == f64::NEG_INFINITY {
        return normal_cdf(-h);
    }
    if rho.abs() <= 0.925 {
        return plackett_from_zero(h, k, rho);
    }
    if rho > 0.0 {
        (normal_cdf(-h.max(k)) - gap_below_one(h, k, rho)).max(0.0)
    } else {
        // V → −V turns the correlation's sign: P(U>h, V>k) = P(U>h) − P(U>h, −V>−k).
        let whole = if h < -k { normal_cdf(-k) - normal_cdf(h) } else { 0.0 };
        (whole + gap_below_one(h, -k, -rho)).max(0.0)
    }
}

fn plackett_from_zero(h: f64, k: f64, rho: f64) -> f64 {
    static RULES: LazyLock<[Vec<(f64, f64)>; 3]> =
        LazyLock::new(|| [gauss_legendre(8), gauss_legendre(14), gauss_legendre(24)]);
    let product = normal_cdf(-h) * normal_cdf(-k);
    if rho == 0.0 {
        return product;
    }
    let rule = &RULES[if rho.abs() < 0.3 { 0 } else { usize::from(rho.abs() >= 0.75) + 1 }];
    let half = 0.5 * rho.asin();
    let (square, cross) = (0.5 * (h * h + k * k), h * k);
    let integral: f64 = rule
        .iter()
        .map(|&(node, weight)| {
            let sine = (half * (1.0 + node)).sin();
            weight * ((sine * cross - square) / (1.0 - sine * sine)).exp()
        })
        .sum();
    (product + half * integral / (2.0 * PI)).clamp(0.0, 1.0)
}

/// (2π)⁻¹ ∫₀^{√(1−ρ²)} …, the amount by which the upper tail lies below its value at ρ = 1.
///
/// With c = hk, b = |h−k| and x = s² the integrand is exp(−b²/(2x))·g(x), g analytic for |x| < 1:
/// g' = (B − cA) g with the power series A = 1/(2y(1+y)²), B = 1/(2y²), y = √(1−x). The moments
/// Jₙ = ∫ s²ⁿ exp(−b²/(2s²)) ds follow from J₀ by parts, without loss since b stays below 4.
fn gap_below_one(h: f64, k: f64, rho: f64) -> f64 {
    // (1−ρ)(1+ρ) keeps the digits that 1 − ρ² would lose.
    let square = (1.0 - rho) * (1.0 + rho);
    let end = square.sqrt();
    let (b, c) = ((h - k).abs(), h * k);
    if end == 0.0 || b > 9.0 * end {
        return 0.0;
    }
    let series = slope_series();
    let edge = (-0.5 * b * b / square).exp();
    let mut moment = end * edge - b / INV_SQRT_2PI * normal_cdf(-b / end);
    let mut power = end * edge;
    let mut g = [0.0; TERMS];
    g[0] = (-0.5 * c).exp();
    let mut integral = g[0] * moment;
    for n in 0..TERMS - 1 {
        let product: f64 = (0..=n).map(|j| (0.5 - c * series[j]) * g[n - j]).sum();
        g[n + 1] = product / (n + 1) as f64;
        power *= square;
        moment = (power - b * b * moment) / (2 * n + 3) as f64;
        integral += g[n + 1] * moment;
    }
    integral / (2.0 * PI)
}

/// Terms of the series in x ≤ 1 − 0.925² = 0.144 that are below 1e-17 together.
const TERMS: usize = 24;

/// Power series of 1/(2y(1+y)²) = 1/(2[y(2−x) + 2(1−x)]), y = √(1−x).
fn slope_series() -> &'static [f64; TERMS] {
    static SERIES: LazyLock<[f64; TERMS]> = LazyLock::new(|| {
        let mut root = [0.0; TERMS];
        root[0] = 1.0;
        for n in 1..TERMS {
            root[n] = root[n - 1] * (n as f64 - 1.5) / n as f64;
        }
        let mut denominator = [0.0; TERMS];
        for n in 0..TERMS {
            denominator[n] = 2.0 * (2.0 * root[n] - if n > 0 { root[n - 1] } else { 0.0 });
        }
        denominator[0] += 4.0;
        denominator[1] -= 4.0;
        let mut inverse = [0.0; TERMS];
        inverse[0] = 1.0 / denominator[0];
        for n in 1..TERMS {
            let sum: f64 = (1..=n).map(|j| denominator[j] * inverse[n - j]).sum();
            inverse[n] = -sum / denominator[0];
        }
        inverse
    });
    &SERIES
}
