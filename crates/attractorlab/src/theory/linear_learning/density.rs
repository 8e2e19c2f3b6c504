//! The singular values of 1 − gJ for a Gaussian bulk of many units.

use std::f64::consts::PI;

use attractorlab_numerics::quadrature::gauss_legendre;

/// A node of a quadrature over the singular values of 1 − gJ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SingularNode {
    /// The square x = s² of the singular value.
    pub square: f64,
    /// The share of singular values that it stands for; all shares sum to one.
    pub weight: f64,
    /// Mean overlap u·v of the left and the right singular vector there.
    pub alignment: f64,
}

/// The support [x₋, x₊] of the density of squared singular values of 1 − gJ, for 0 ≤ g ≤ 1.
///
/// The edges are where the discriminant of the cubic in [`singular_density`] vanishes:
/// 4x² + (d² + 18d − 27)x + 4d³ = 0 with d = 1 − g², hence
/// x₊ = (27 − 18d − d² + g(8 + g²)^{3/2})/8 and x₋ = d³/x₊. Their roots are the singular values.
pub fn singular_support(g: f64) -> (f64, f64) {
    let d = (1.0 - g) * (1.0 + g);
    let upper = (27.0 - 18.0 * d - d * d + g * (8.0 + g * g).powf(1.5)) / 8.0;
    (d * d * d / upper, upper)
}

/// The density of x = s² at `x` and the mean overlap of the two singular vectors there, for 0 < g < 1.
///
/// With m(x) = ⟨1/(s² − x)⟩ and y = 1 + g²m, the Dyson equation of the Hermitised matrix is
/// x y³ − x y² − (1 − g²) y + 1 = 0; the density is Im y/(πg²) at the root with positive imaginary part.
/// The off-diagonal block of the same equation gives tr[(GGᵀ − x)⁻¹G]/N = m/y, so that
/// tr[h(GGᵀ)G]/N = ∫ h ρ/|y|² dx and the overlap is u·v = 1/(s|y|²) (ours).
///
/// Cardano's formula is written such that nothing cancels, up to the very edges: the discriminant is
/// (x − x₋)(x₊ − x)/27x³.
pub fn singular_density(g: f64, x: f64) -> (f64, f64) {
    let (lower, upper) = singular_support(g);
    density_between(g, x, (x - lower) * (upper - x))
}

/// The same, given (x − x₋)(x₊ − x).
fn density_between(g: f64, x: f64, inside: f64) -> (f64, f64) {
    if !(inside > 0.0) {
        return (0.0, 0.0);
    }
    let d = (1.0 - g) * (1.0 + g);
    let third = 1.0 / 9.0 + d / (3.0 * x);
    let half = 0.5 * (1.0 / x - d / (3.0 * x) - 2.0 / 27.0);
    let root = (inside / (27.0 * x)).sqrt() / x;
    // y = 1/3 − half.signum() (u + v e^{±2πi/3}…), uv = third.
    let u = (half.abs() + root).cbrt();
    let v = third / u;
    let difference = 2.0 * root / (u * u + third + v * v);
    let imaginary = 0.5 * 3.0_f64.sqrt() * difference;
    let real = 1.0 / 3.0 + 0.5 * half.signum() * (u + v);
    let modulus = real * real + imaginary * imaginary;
    (imaginary / (PI * g * g), 1.0 / (x.sqrt() * modulus))
}

/// A quadrature over the singular values of 1 − gJ: exact to about 1e-13 for the averages ⟨s^k⟩, |k| ≤ 8, and
/// 0 ≤ g ≤ 0.999.
///
/// In u = log x the density is √((u − u₋)(u₊ − u)) times a function that is analytic in a wide
/// neighbourhood, so u = centre + half·cos θ makes the integrand analytic in θ, and the midpoint rule converges
/// geometrically.
///
/// ```
/// use attractorlab::theory::linear_learning::singular_quadrature;
/// let average = |power: i32| -> f64 {
///     singular_quadrature(0.9).iter().map(|node| node.weight * node.square.powi(power)).sum()
/// };
/// let beta: f64 = 1.0 / (1.0 - 0.81);
/// assert!((average(1) - 1.81).abs() < 1e-12);
/// assert!((average(-1) / beta - 1.0).abs() < 1e-12 && (average(-2) / beta.powi(4) - 1.0).abs() < 1e-12);
/// ```
pub fn singular_quadrature(g: f64) -> Vec<SingularNode> {
    // Below, the spread of the singular values is lost in rounding, and moments differ from 1 by g² at most.
    if g < 1e-7 {
        return vec![SingularNode { square: 1.0, weight: 1.0, alignment: 1.0 }];
    }
    let (lower, upper) = singular_support(g);
    let (low, high) = (lower.ln(), upper.ln());
    let (centre, half) = (0.5 * (low + high), 0.5 * (high - low));
    // The nearest singularities, at Im u = 2π, set the rate.
    let reach = 2.0 * PI / half;
    let rate = (reach + (1.0 + reach * reach).sqrt()).ln();
    let count = ((20.0 / rate).ceil() as usize).max(8) + 4;
    let mut nodes: Vec<SingularNode> = (0..count)
        .map(|k| {
            let theta = PI * (k as f64 + 0.5) / count as f64;
            // Distances to the edges without cancellation.
            let above = 2.0 * half * (0.5 * theta).cos().powi(2);
            let below = 2.0 * half * (0.5 * theta).sin().powi(2);
            let square = (centre + half * theta.cos()).exp();
            let inside = lower * above.exp_m1() * square * below.exp_m1();
            let (density, alignment) = density_between(g, square, inside);
            let weight = density * square * half * theta.sin() * PI / count as f64;
            SingularNode { square, weight, alignment }
        })
        .collect();
    let total: f64 = nodes.iter().map(|node| node.weight).sum();
    for node in &mut nodes {
        node.weight /= total;
    }
    nodes
}

/// Nodes and weights on [0, length].
pub(super) fn path_nodes(length: f64, count: usize) -> Vec<(f64, f64)> {
    gauss_legendre(count).iter().map(|(x, w)| (0.5 * length * (1.0 + x), 0.5 * length * w)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_alignments_are_exact() {
        for g in [0.0, 1e-5, 0.1, 0.5, 0.8, 0.9, 0.99, 0.999] {
            let nodes = singular_quadrature(g);
            let mean =
                |f: &dyn Fn(&SingularNode) -> f64| -> f64 { nodes.iter().map(|n| n.weight * f(n)).sum() };
            let beta = 1.0 / ((1.0 - g) * (1.0 + g));
            let tolerance = 3e-11;
            assert!((mean(&|n| n.square) - 1.0 - g * g).abs() < tolerance, "g = {g}");
            assert!((mean(&|n| 1.0 / n.square) / beta - 1.0).abs() < tolerance, "g = {g}");
            assert!((mean(&|n| n.square.powi(-2)) / beta.powi(4) - 1.0).abs() < tolerance, "g = {g}");
            // tr G = N, and tr G⁻¹ = N: the powers of J have no trace.
            assert!((mean(&|n| n.alignment * n.square.sqrt()) - 1.0).abs() < tolerance, "g = {g}");
            assert!((mean(&|n| n.alignment / n.square.sqrt()) - 1.0).abs() < tolerance, "g = {g}");
        }
    }

    #[test]
    fn the_density_has_mass_one_and_ends_at_its_edges() {
        let g = 0.6;
        let (lower, upper) = singular_support(g);
        let mass: f64 = gauss_legendre(4000)
            .iter()
            .map(|(x, w)| {
                let x = lower + 0.5 * (upper - lower) * (1.0 + x);
                0.5 * (upper - lower) * w * singular_density(g, x).0
            })
            .sum();
        assert!((mass - 1.0).abs() < 1e-6, "{mass}");
        assert_eq!(singular_density(g, lower * 0.999), (0.0, 0.0));
        assert_eq!(singular_density(g, upper * 1.001), (0.0, 0.0));
        assert!(singular_density(g, lower * 1.001).0 > 0.0);
    }
}
