//! Quadrature rules.

use std::f64::consts::PI;

/// Nodes and weights of the `n`-point Gauss–Legendre rule on [−1, 1], by Newton's method on the
/// Legendre recurrence; exact to rounding for polynomials of degree 2n − 1.
///
/// ```
/// use attractorlab_numerics::quadrature::gauss_legendre;
/// let integral: f64 = gauss_legendre(5).iter().map(|(x, w)| w * x.powi(8)).sum();
/// assert!((integral - 2.0 / 9.0).abs() < 1e-15);
/// ```
pub fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    (0..n)
        .map(|i| {
            let mut x = -((i as f64 + 0.75) / (n as f64 + 0.5) * PI).cos();
            let mut slope = 1.0;
            for _ in 0..8 {
                let (mut previous, mut value) = (1.0, x);
                for j in 1..n {
                    let j = j as f64;
                    let next = ((2.0 * j + 1.0) * x * value - j * previous) / (j + 1.0);
                    (previous, value) = (value, next);
                }
                if n == 0 {
                    break;
                }
                slope = n as f64 * (previous - x * value) / (1.0 - x * x);
                x -= value / slope;
            }
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}
