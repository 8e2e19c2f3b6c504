//! Symmetric matrices under rank-one updates: the engine of recursive least squares.

use faer::{Mat, MatRef};

use super::{LinalgError, matmul_add};
use crate::kernels::{Real, axpy, dot};

/// A symmetric matrix P with the two operations of recursive least squares.
///
/// Both are limited by memory traffic. Downdates `P ← P − v vᵀ/s` of a multiple of the identity are kept as their vectors: a
/// product reads these once, which is less than the matrix while there are few. Once there are half as many as rows, the
/// lower triangle takes their place (for a moment both are there, as many numbers as the whole matrix has); a downdate is then
/// only noted, and carried out by the pass that the next product makes over it.
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
    entries: Entries<T>,
}

#[derive(Debug, Clone)]
enum Entries<T> {
    Downdates(Downdates<T>),
    Triangle(Triangle<T>),
}

/// `diagonal · 1 − Σ v vᵀ/s`.
#[derive(Debug, Clone)]
struct Downdates<T> {
    diagonal: T,
    /// The vectors, one after the other, and 1/s of each.
    vectors: Vec<T>,
    inverses: Vec<T>,
}

/// The lower triangle, and a noted downdate.
#[derive(Debug, Clone)]
struct Triangle<T> {
    /// Columns, each from its diagonal entry down.
    packed: Vec<T>,
    /// The noted downdate `w vᵀ` with w = v/s; zeros if there is none.
    v: Vec<T>,
    w: Vec<T>,
}

/// Columns of the triangle that are made together.
const BLOCK: usize = 64;

impl<T: Real> Downdates<T> {
    fn multiply(&self, f: &[T], out: &mut [T]) {
        for (out, &f) in out.iter_mut().zip(f) {
            *out = self.diagonal * f;
        }
        // A vector is in the nearest cache when it is used again.
        for (vector, &inverse) in self.vectors.chunks_exact(f.len().max(1)).zip(&self.inverses) {
            axpy(-(dot(vector, f) * inverse), vector, out);
        }
    }

    /// A block of columns, with the lower triangle's entries from row `first` down.
    fn columns(&self, dim: usize, first: usize) -> Mat<T> {
        let (count, width) = (self.inverses.len(), BLOCK.min(dim - first));
        let below = MatRef::from_column_major_slice(&self.vectors, dim, count).subrows(first, dim - first);
        let scaled = Mat::from_fn(count, width, |k, j| below[(j, k)] * self.inverses[k]);
        let mut block = Mat::zeros(dim - first, width);
        matmul_add(T::from_f64(-1.0), below, scaled.as_ref(), block.as_mut());
        (0..width).for_each(|j| block[(j, j)] += self.diagonal);
        block
    }

    fn triangle(&self, dim: usize) -> Triangle<T> {
        let mut packed = Vec::with_capacity(dim * (dim + 1) / 2);
        for first in (0..dim).step_by(BLOCK) {
            let block = self.columns(dim, first);
            (0..block.ncols()).for_each(|j| packed.extend_from_slice(&block.col_as_slice(j)[j..]));
        }
        Triangle { packed, v: vec![T::default(); dim], w: vec![T::default(); dim] }
    }
}

impl<T: Real> Triangle<T> {
    fn multiply(&mut self, f: &[T], out: &mut [T]) {
        T::update_and_multiply(&mut self.packed, &self.w, &self.v, f, out);
        self.v.fill(T::default());
        self.w.fill(T::default());
    }

    fn downdate(&mut self, v: &[T], inverse: T) {
        if self.w.iter().any(|w| *w != T::default()) {
            // Two downdates without a product between them: carry out the first.
            let (zeros, mut unused) = (vec![T::default(); v.len()], vec![T::default(); v.len()]);
            self.multiply(&zeros, &mut unused);
        }
        for ((to, w), &v) in self.v.iter_mut().zip(&mut self.w).zip(v) {
            *to = v;
            *w = v * inverse;
        }
    }
}

impl<T: Real> RankOneSymmetric<T> {
    /// `diagonal` times the n×n identity.
    pub fn scaled_identity(n: usize, diagonal: T) -> Self {
        // Memory that is only asked for until it is used.
        let vectors = Vec::with_capacity(n * n.div_ceil(2));
        let downdates = Downdates { diagonal, vectors, inverses: Vec::new() };
        Self { dim: n, entries: Entries::Downdates(downdates) }
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
        let packed = (0..n).flat_map(|j| (j..n).map(move |i| a[(i, j)])).collect();
        let (v, w) = (vec![T::default(); n], vec![T::default(); n]);
        Ok(Self { dim: n, entries: Entries::Triangle(Triangle { packed, v, w }) })
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
        match &mut self.entries {
            Entries::Downdates(downdates) => downdates.multiply(f, out),
            Entries::Triangle(triangle) => triangle.multiply(f, out),
        }
    }

    /// `P ← P − v vᵀ / s`.
    ///
    /// # Panics
    /// If `v` has not length n.
    #[track_caller]
    pub fn downdate(&mut self, v: &[T], s: T) {
        assert_eq!(v.len(), self.dim, "RankOneSymmetric::downdate: v needs n entries");
        let inverse = T::from_f64(1.0) / s;
        match &mut self.entries {
            Entries::Triangle(triangle) => triangle.downdate(v, inverse),
            Entries::Downdates(downdates) => {
                downdates.vectors.extend_from_slice(v);
                downdates.inverses.push(inverse);
                // More vectors would hold more than the triangle.
                if 2 * downdates.inverses.len() >= self.dim {
                    self.entries = Entries::Triangle(downdates.triangle(self.dim));
                }
            }
        }
    }

    /// The full matrix.
    pub fn to_matrix(&self) -> Mat<T> {
        let n = self.dim;
        let of_triangle = |triangle: &Triangle<T>| {
            let entry = |i: usize, j: usize| {
                // Columns before j hold n + (n−1) + … entries.
                let start = j * n - j * (j + 1) / 2;
                triangle.packed[start + i] - triangle.w[i] * triangle.v[j]
            };
            Mat::from_fn(n, n, |i, j| entry(i.max(j), i.min(j)))
        };
        match &self.entries {
            Entries::Downdates(downdates) => of_triangle(&downdates.triangle(n)),
            Entries::Triangle(triangle) => of_triangle(triangle),
        }
    }
}
