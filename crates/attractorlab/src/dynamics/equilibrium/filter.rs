//! Polynomials that damp the modes of stable states and no mode that grows.
//!
//! A factor 1 + a(λ − 1) with a > 0 has at least size one wherever Re λ ≥ 1. So has the product of a conjugate pair,
//! f(s) = 1 + 2 Re(a) s + |a|²s² with s = λ − 1, if |Im a| ≤ Re a: 1/f is analytic for Re s ≥ 0 and vanishes far away, so
//! that |f| is smallest on the imaginary axis, where |f(it)|² = 1 + (4 Re(a)² − 2|a|²)t² + |a|⁴t⁴. Within these bounds
//! the roots are free, and are put where they damp most: on the spectra themselves, as a few columns show them.

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{
    Complex64, LinearOperator, MatRef, matvec, matvec_transposed, ritz_values,
};

use super::{Columns, FixedPointLayer};

/// A factor of the polynomial, in s = λ − 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Factor {
    /// 1 + a s.
    Real(f64),
    /// 1 + `first` s + `second` s².
    Pair { first: f64, second: f64 },
}

/// Dimension of the Krylov spaces whose Ritz values stand for a spectrum.
const KRYLOV: usize = 24;
/// Degree of the polynomial, one more if a pair ends it.
const DEGREE: usize = 20;
/// Columns whose spectra are looked at.
const COLUMNS: usize = 5;
/// Intervals into which the real axis between the outermost of their values is cut, and how far it reaches beyond them.
const GRID: usize = 40;
const BEYOND: f64 = 1.05;
/// Distance from λ = 1 within which no root is put: it would call for a step of more than ten.
const NEAREST: f64 = 0.1;

/// diag(gains) W.
struct Effective<'a> {
    weights: MatRef<'a, f64>,
    gains: Vec<f64>,
}

impl LinearOperator for Effective<'_> {
    fn dim(&self) -> usize {
        self.gains.len()
    }

    fn apply(&self, x: &[f64], out: &mut [f64]) {
        matvec(self.weights, x, out);
        out.iter_mut().zip(&self.gains).for_each(|(out, g)| *out *= g);
    }

    fn apply_transposed(&self, x: &[f64], out: &mut [f64]) {
        let scaled: Vec<f64> = x.iter().zip(&self.gains).map(|(x, g)| x * g).collect();
        matvec_transposed(self.weights, &scaled, out);
    }
}

impl<T: Real> FixedPointLayer<T> {
    /// A polynomial for the spectra of diag(gains)W of these columns; empty if none could be found.
    pub(super) fn filter(&self, gains: &Columns<T>, columns: &[usize]) -> Vec<Factor> {
        // From the most saturated column to the least.
        let mut order: Vec<(f64, usize)> =
            columns.iter().map(|&c| (gains.column(c).iter().map(|g| g.to_f64()).sum::<f64>(), c)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        let shown = COLUMNS.min(order.len());
        let mut spectrum = Vec::new();
        for k in 0..shown {
            let column = order[if shown > 1 { k * (order.len() - 1) / (shown - 1) } else { 0 }].1;
            let gains = gains.column(column).iter().map(|g| g.to_f64()).collect();
            let effective = Effective { weights: self.wide_weights(), gains };
            spectrum.extend(ritz_values(&effective, KRYLOV, k as u64).unwrap_or_default());
        }
        polynomial(&spectrum)
    }
}

/// The polynomial with roots at Leja points of these eigenvalues λ.
fn polynomial(spectrum: &[Complex64]) -> Vec<Factor> {
    // One of each conjugate pair, within the bounds.
    let mut points: Vec<Complex64> = spectrum
        .iter()
        .map(|lambda| *lambda - 1.0)
        .filter(|s| s.im >= 0.0 && s.re < -NEAREST)
        .map(|s| Complex64::new(s.re, s.im.min(-s.re)))
        .collect();
    // Outliers differ from column to column: between those that were seen the polynomial must be small too.
    let low = BEYOND * points.iter().map(|s| s.re).fold(0.0, f64::min);
    let high = points.iter().map(|s| s.re).fold(low, f64::max);
    points.extend(
        (0..=GRID).map(|k| low + (high - low) * k as f64 / GRID as f64).map(|s| Complex64::new(s, 0.0)),
    );
    points.retain(|s| s.re < 0.0);
    let Some(mut root) = points.iter().copied().max_by(|a, b| a.norm().total_cmp(&b.norm())) else {
        return Vec::new();
    };
    // log |∏ (s − root)| at every point.
    let mut sizes = vec![0.0; points.len()];
    let (mut factors, mut degree) = (Vec::new(), 0);
    loop {
        let square = root.norm_sqr();
        if root.im > 0.0 {
            factors.push(Factor::Pair { first: -2.0 * root.re / square, second: 1.0 / square });
            degree += 2;
        } else {
            factors.push(Factor::Real(-1.0 / root.re));
            degree += 1;
        }
        for (size, s) in sizes.iter_mut().zip(&points) {
            *size += (s - root).norm().ln();
            if root.im > 0.0 {
                *size += (s - root.conj()).norm().ln();
            }
        }
        let next = (0..points.len()).max_by(|&a, &b| sizes[a].total_cmp(&sizes[b]));
        match next {
            Some(next) if degree < DEGREE && sizes[next].is_finite() => root = points[next],
            _ => return factors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(factors: &[Factor], lambda: Complex64) -> f64 {
        let s = lambda - 1.0;
        factors
            .iter()
            .map(|factor| match factor {
                Factor::Real(a) => (1.0 + a * s).norm(),
                Factor::Pair { first, second } => (1.0 + first * s + second * s * s).norm(),
            })
            .product()
    }

    #[test]
    fn no_mode_that_grows_is_damped_and_the_spectrum_is() {
        // A disc with outliers far to the left, near the boundary, beyond it, and far from the real axis.
        let disc = (0..40).map(|k| Complex64::from_polar(0.5, std::f64::consts::TAU * f64::from(k) / 40.0));
        let outliers = [(-3.5, 0.0), (-3.0, 0.0), (0.7, 0.0), (1.4, 0.0), (0.5, 2.0), (0.5, -2.0)];
        let spectrum: Vec<Complex64> =
            disc.clone().chain(outliers.map(|(re, im)| Complex64::new(re, im))).collect();
        let factors = polynomial(&spectrum);
        for k in 0..400 {
            let im = 0.05 * f64::from(k);
            for re in [1.0, 1.001, 1.5, 4.0] {
                let size = at(&factors, Complex64::new(re, im));
                assert!(size >= 1.0 - 1e-12, "{re} {im}: {size}");
            }
        }
        // Outliers between those that were shown, too.
        let between = [-3.5, -3.28, -2.0, -1.0, 0.6, 0.7].map(|re| Complex64::new(re, 0.0));
        for lambda in disc.chain(between) {
            assert!(at(&factors, lambda) < 0.05, "{lambda}: {}", at(&factors, lambda));
        }
        assert_eq!(polynomial(&[Complex64::new(1.2, 0.0)]), []);
    }
}
