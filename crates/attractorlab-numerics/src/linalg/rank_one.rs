//! Symmetric matrices under rank-one updates: the engine of recursive least squares.

use faer::{Mat, MatRef};

use super::LinalgError;
use crate::kernels::Real;

/// A symmetric matrix P with the two operations of recursive least squares, each entry stored once.
///
/// The step is limited by memory traffic. Hence a downdate `P ← P − v vᵀ/s` is only noted, and carried
/// out by the pass that the next product makes over half of P.
///
/// ```
/// use attractorlab_numerics::kernels::dot;
/// use attractorlab_numerics::linalg::RankOneSymmetric;
/// // One step of recursive least squares (Sussillo & Abbott 2009) with P = I and activity f.
/// let mut p = RankOneSymmetric::scaled_identity(2, 1.0);
/// let f = [1.0, 2.0];
/// let mut v = [0.0; 2];
/// p.multiply(&f, &mut v);
/// p.downdate(&v, 1.0 + dot(&f, &v));
/// // P = (I + f fᵀ)⁻¹ now.
/// p.multiply(&f, &mut v);
/// assert!((v[0] - 1.0 / 6.0_f64).abs() < 1e-15);
/// ```
#[derive(Debug, Clone)]
pub struct RankOneSymmetric<T> {
    dim: usize,
    /// Columns of the lower triangle, each from its diagonal entry down.
    packed: Vec<T>,
    /// The noted downdate `w vᵀ` with w = v/s; zeros if there is none.
    v: Vec<T>,
    w: Vec<T>,
}

impl<T: Real> RankOneSymmetric<T> {
    /// `diagonal` times the n×n identity.
    pub fn scaled_identity(n: usize, diagonal: T) -> Self {
        let mut packed = vec![T::default(); n * (n + 1) / 2];
        let mut start = 0;
        for j in 0..n {
            packed[start] = diagonal;
            start += n - j;
        }
        Self { dim: n, packed, v: vec![T::default(); n], w: vec![T::default(); n] }
    }

    /// The matrix whose lower triangle is that of `a`.
    ///
    /// # Errors
    /// [`LinalgError::NotSquare`].
    pub fn from_lower(a: MatRef<'_, T>) -> Result<Self, LinalgError> {
        let n = a.nrows();
        if n != a.ncols() {
            return Err(LinalgError::NotSquare { rows: n, cols: a.ncols() });
        }
        let mut matrix = Self::scaled_identity(n, T::default());
        matrix.packed.clear();
        matrix.packed.extend((0..n).flat_map(|j| (j..n).map(move |i| a[(i, j)])));
        Ok(matrix)
    }

    /// Order n of the matrix.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// `out = P f`.
    ///
    /// # Panics
    /// If `f` or `out` has not length n.
    #[track_caller]
    pub fn multiply(&mut self, f: &[T], out: &mut [T]) {
        assert_eq!(f.len(), self.dim, "RankOneSymmetric::multiply: f needs n entries");
        assert_eq!(out.len(), self.dim, "RankOneSymmetric::multiply: out needs n entries");
        T::update_and_multiply(&mut self.packed, &self.w, &self.v, f, out);
        self.v.fill(T::default());
        self.w.fill(T::default());
    }

    /// `P ← P − v vᵀ / s`.
    ///
    /// # Panics
    /// If `v` has not length n.
    #[track_caller]
    pub fn downdate(&mut self, v: &[T], s: T) {
        assert_eq!(v.len(), self.dim, "RankOneSymmetric::downdate: v needs n entries");
        if self.w.iter().any(|w| *w != T::default()) {
            // Two downdates without a product between them: carry out the first.
            let (zeros, mut unused) = (vec![T::default(); self.dim], vec![T::default(); self.dim]);
            self.multiply(&zeros, &mut unused);
        }
        let inverse = T::from_f64(1.0) / s;
        for ((to, w), &v) in self.v.iter_mut().zip(&mut self.w).zip(v) {
            *to = v;
            *w = v * inverse;
        }
    }

    /// The full matrix.
    pub fn to_matrix(&self) -> Mat<T> {
        let n = self.dim;
        let entry = |i: usize, j: usize| {
            // Columns before j hold n + (n−1) + … entries.
            let start = j * n - j * (j + 1) / 2;
            self.packed[start + i] - self.w[i] * self.v[j]
        };
        Mat::from_fn(n, n, |i, j| entry(i.max(j), i.min(j)))
    }
}
