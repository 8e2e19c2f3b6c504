//! The four pair averages of relu that a pair of states needs, from one bivariate tail.

use super::{Pair, PairMoments};
use crate::special::{INV_SQRT_2PI, bivariate_normal_upper, normal_cdf, normal_pdf};

/// E φ(x₁)φ(x₂), E φ'(x₁)φ'(x₂), E φ(x₁)φ''(x₂) and E φ''(x₁)φ(x₂) of φ = (x − `threshold`)₊ at one law.
///
/// All four follow from the tail L = P(x₁ > θ, x₂ > θ) and three densities. With h = (θ−μ₁)/s₁,
/// k = (θ−μ₂)/s₂, s = √(1−ρ²) and G(t) = tΦ(t) + n(t):
///
/// E φ' φ' = L,   E φ(x₁)δ(x₂−θ) = (s₁/s₂) n(k) s G((ρk−h)/s),
/// E φ φ = s₁s₂[(ρ+hk)L + s² n₂ − h n(k)Φ((ρk−h)/s) − k n(h)Φ((ρh−k)/s)].
///
/// The error is about 1e-15 of s₁s₂(1 + |hk|). The bound on the error, where [`PairMoments`] has one,
/// is zero. NaN for a law that is not one, or a standard deviation of zero.
///
/// ```
/// use attractorlab_numerics::gaussian::{Pair, Product, pair_average, relu_pair};
/// use attractorlab_numerics::transfer::Transfer;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pair = Pair::centered(0.7, 1.3, 0.5);
/// let moments = relu_pair(-0.3, pair);
/// let relu = Transfer::Relu { threshold: -0.3 };
/// let rates = pair_average(relu, Product::VALUE, Product::VALUE, pair)?;
/// assert!((moments.rates - rates).abs() < 1e-14);
/// # Ok(())
/// # }
/// ```
pub fn relu_pair(threshold: f64, pair: Pair) -> PairMoments {
    let Pair { mean, sd: [s1, s2], correlation: rho } = pair;
    if !(pair.is_valid() && s1 > 0.0 && s2 > 0.0 && threshold.is_finite()) {
        let nan = f64::NAN;
        return PairMoments {
            rates: nan,
            gains: nan,
            curvature_second: nan,
            curvature_first: nan,
            error: nan,
        };
    }
    let (h, k) = ((threshold - mean[0]) / s1, (threshold - mean[1]) / s2);
    let variance = (1.0 - rho) * (1.0 + rho);
    let s = variance.sqrt();
    // How far, in conditional standard deviations, the other variable's mean lies above the
    // threshold while one sits on it.
    let above = |distance: f64| if distance == 0.0 { 0.0 } else { distance / s };
    let (first, second) = (above(rho * k - h), above(rho * h - k));
    let (density_h, density_k) = (normal_pdf(h), normal_pdf(k));
    let tail = bivariate_normal_upper(h, k, rho);
    // s² n₂ = s n(k) n((h − ρk)/s)
    let corner = s * density_k * normal_pdf(first);
    let rates = s1
        * s2
        * ((rho + h * k) * tail + corner
            - h * density_k * normal_cdf(first)
            - k * density_h * normal_cdf(second));
    let excess = |distance: f64, t: f64| {
        if s == 0.0 {
            distance.max(0.0)
        } else {
            s * (t * normal_cdf(t) + INV_SQRT_2PI * (-0.5 * t * t).exp())
        }
    };
    PairMoments {
        rates: rates.max(0.0),
        gains: tail,
        curvature_second: s1 / s2 * density_k * excess(rho * k - h, first).max(0.0),
        curvature_first: s2 / s1 * density_h * excess(rho * h - k, second).max(0.0),
        error: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::{PairAverage, Product};
    use crate::transfer::Transfer;

    /// Against the closed sums of [`PairAverage`], which take another way, and with each other
    /// through d E φφ/dc = E φ'φ'.
    #[test]
    fn agrees_with_the_averages_taken_one_by_one() {
        let phi = Product::VALUE;
        for threshold in [-2.0, -0.5, 0.0, 0.3, 1.5] {
            let relu = Transfer::Relu { threshold };
            let average = |f, h| PairAverage::new(relu, f, h).unwrap();
            let rates = average(phi, phi);
            let gains = average(Product::FIRST, Product::FIRST);
            let curvature = average(phi, Product::SECOND);
            for mean in [[0.0, 0.0], [0.4, -1.0]] {
                for sd in [[0.3, 0.3], [1.0, 2.5], [4.0, 0.2]] {
                    for correlation in [-1.0, -0.99, -0.5, 0.0, 0.3, 0.97, 0.999_999, 1.0] {
                        let pair = Pair { mean, sd, correlation };
                        let found = relu_pair(threshold, pair);
                        let size = (sd[0] + threshold.abs() + 1.0) * (sd[1] + threshold.abs() + 1.0);
                        let close = |a: f64, b: f64| {
                            assert!((a - b).abs() <= 2e-13 * size, "{a} {b} θ={threshold} {pair:?}");
                        };
                        close(found.rates, rates.at(pair));
                        close(found.gains, gains.at(pair));
                        if correlation.abs() < 1.0 {
                            close(found.curvature_second, curvature.at(pair));
                            close(found.curvature_first, curvature.at(pair.swapped()));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn one_variable_twice_has_the_averages_of_one() {
        // x₁ = x₂ up to scale: E φφ at the standard normal and threshold zero is one half.
        let found = relu_pair(0.0, Pair { mean: [0.0; 2], sd: [1.0; 2], correlation: 1.0 });
        assert!((found.rates - 0.5).abs() < 1e-15 && (found.gains - 0.5).abs() < 1e-15);
        assert!(relu_pair(0.0, Pair { mean: [0.0; 2], sd: [0.0, 1.0], correlation: 0.0 }).rates.is_nan());
    }
}
