//! Singular values and vectors.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::prelude::default;
use faer::{Accum, Mat, MatRef, Par};

use super::{LinalgError, Products, check_finite, frobenius_norm, lifting_scale, scaled};

/// The singular values of `a` (m×n), in decreasing order: min(m, n) of them.
///
/// # Errors
/// [`LinalgError::NotFinite`], [`LinalgError::NotConverged`].
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, singular_values};
/// let a = Mat::from_fn(2, 2, |i, j| if i == j { 0.0 } else { 2.0 + i as f64 });
/// let sigma = singular_values(a.as_ref())?;
/// assert!((sigma[0] - 3.0).abs() < 1e-14 && (sigma[1] - 2.0).abs() < 1e-14);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
pub fn singular_values(a: MatRef<'_, f64>) -> Result<Vec<f64>, LinalgError> {
    Ok(decompose(a, ComputeSvdVectors::No)?.values)
}

/// The thin decomposition `A = U diag(σ) Vᵀ` of an m×n matrix, with k = min(m, n).
///
/// Before it is returned, `Σσ² = ‖A‖²` is verified; [`Svd::residual`] does the full check.
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, Svd};
/// let rank_one = Mat::from_fn(3, 2, |i, j| (1.0 + i as f64) * (1.0 - j as f64));
/// let svd = Svd::new(rank_one.as_ref())?;
/// assert_eq!(svd.rank(1e-12), 1);
/// assert!(svd.residual(rank_one.as_ref()) < 1e-15);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Svd {
    /// Singular values in decreasing order.
    pub values: Vec<f64>,
    /// Left singular vectors, m×k.
    pub u: Mat<f64>,
    /// Right singular vectors, n×k: columns, not rows.
    pub v: Mat<f64>,
}

impl Svd {
    /// Decomposes `a`.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`], [`LinalgError::NotConverged`].
    pub fn new(a: MatRef<'_, f64>) -> Result<Self, LinalgError> {
        decompose(a, ComputeSvdVectors::Thin)
    }

    /// Number of singular values above `tolerance` times the largest.
    pub fn rank(&self, tolerance: f64) -> usize {
        let floor = tolerance * self.values.first().copied().unwrap_or(0.0);
        self.values.iter().filter(|value| **value > floor).count()
    }

    /// `‖A − U diag(σ) Vᵀ‖ / ‖A‖` in Frobenius norms; 0 for a zero matrix that is reproduced.
    ///
    /// # Panics
    /// If `a` has another shape than the matrix that was decomposed.
    #[track_caller]
    pub fn residual(&self, a: MatRef<'_, f64>) -> f64 {
        assert_eq!(
            (a.nrows(), a.ncols()),
            (self.u.nrows(), self.v.nrows()),
            "Svd::residual: this is not the shape of the matrix that was decomposed"
        );
        let scaled = Mat::from_fn(self.u.nrows(), self.u.ncols(), |i, j| self.u[(i, j)] * self.values[j]);
        let mut difference = Mat::zeros(a.nrows(), a.ncols());
        difference.copy_from(a);
        f64::matmul(scaled.as_ref(), self.v.as_ref().transpose(), -1.0, Accum::Add, difference.as_mut());
        relative(frobenius_norm(difference.as_ref()), frobenius_norm(a))
    }

    /// The x of least norm among those that minimise `‖A x − b‖₂`; singular values up to `tolerance`
    /// times the largest count as zero.
    ///
    /// # Panics
    /// If `b` has not length m.
    #[track_caller]
    pub fn least_squares(&self, b: &[f64], tolerance: f64) -> Vec<f64> {
        assert_eq!(b.len(), self.u.nrows(), "Svd::least_squares: b needs one entry a row of A");
        let mut x = vec![0.0; self.v.nrows()];
        for k in 0..self.rank(tolerance) {
            let along: f64 = self.u.col(k).iter().zip(b).map(|(u, b)| u * b).sum();
            for (x, v) in x.iter_mut().zip(self.v.col(k).iter()) {
                *x += along / self.values[k] * v;
            }
        }
        x
    }
}

fn relative(value: f64, scale: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value / scale }
}

/// Of a 2×2 matrix: σ₁ ± σ₂ are the sizes of its parts that are a rotation and a reflection, each times a number. The
/// difference of these would lose the smaller value, which is |det A|/σ₁.
fn of_two([[a, b], [c, d]]: [[f64; 2]; 2]) -> [f64; 2] {
    let largest = 0.5 * ((a + d).hypot(b - c) + (a - d).hypot(b + c));
    // What rounding takes from b c comes back, so that the determinant is right to its last digits (Kahan).
    let product = b * c;
    let rest = b.mul_add(c, -product);
    let determinant = a.mul_add(d, -product) - rest;
    // Rounding must not put equal values in the wrong order.
    [largest, relative(determinant.abs(), largest).min(largest)]
}

fn decompose(a: MatRef<'_, f64>, vectors: ComputeSvdVectors) -> Result<Svd, LinalgError> {
    check_finite(a)?;
    let scale = lifting_scale(a);
    if scale != 1.0 {
        let mut svd = decompose(scaled(a, scale).as_ref(), vectors)?;
        svd.values.iter_mut().for_each(|value| *value /= scale);
        return Ok(svd);
    }
    let (m, n) = (a.nrows(), a.ncols());
    if (m, n) == (2, 2) && matches!(vectors, ComputeSvdVectors::No) {
        let values = of_two([[a[(0, 0)], a[(0, 1)]], [a[(1, 0)], a[(1, 1)]]]).to_vec();
        return Ok(Svd { values, u: Mat::new(), v: Mat::new() });
    }
    let k = m.min(n);
    let width = if matches!(vectors, ComputeSvdVectors::No) { 0 } else { k };
    let mut values = Diag::<f64>::zeros(k);
    let mut u = Mat::zeros(m, width);
    let mut v = Mat::zeros(n, width);
    if k > 0 {
        let wanted = !matches!(vectors, ComputeSvdVectors::No);
        let scratch = svd_scratch::<f64>(m, n, vectors, vectors, Par::Seq, default());
        svd(
            a,
            values.as_mut(),
            wanted.then(|| u.as_mut()),
            wanted.then(|| v.as_mut()),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            default(),
        )
        .map_err(|_| LinalgError::NotConverged { what: "singular value decomposition", defect: f64::NAN })?;
    }
    let values: Vec<f64> = values.column_vector().iter().copied().collect();
    // The sum of squares is invariant.
    let norm = frobenius_norm(a);
    let sum = norm * values.iter().map(|value| relative(*value, norm).powi(2)).sum::<f64>().sqrt();
    let defect = relative((sum - norm).abs(), norm);
    if defect > 1e-13 * (k as f64).max(10.0) || !sum.is_finite() && norm.is_finite() {
        return Err(LinalgError::NotConverged { what: "singular value decomposition", defect });
    }
    Ok(Svd { values, u, v })
}
