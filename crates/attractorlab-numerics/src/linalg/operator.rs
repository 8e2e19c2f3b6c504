//! Linear maps that are known by their products only.

use faer::{Mat, MatRef};

use super::{matvec, matvec_transposed};

/// A square real matrix, given by what it does to vectors: a Jacobian `−I + J diag(φ')` need not be
/// formed to find its leading eigenvalues.
///
/// ```
/// use attractorlab_numerics::linalg::LinearOperator;
/// /// m nᵀ / N.
/// struct RankOne(Vec<f64>, Vec<f64>);
/// impl LinearOperator for RankOne {
///     fn dim(&self) -> usize {
///         self.0.len()
///     }
///     fn apply(&self, x: &[f64], out: &mut [f64]) {
///         let along: f64 = self.1.iter().zip(x).map(|(n, x)| n * x).sum();
///         out.iter_mut().zip(&self.0).for_each(|(out, m)| *out = m * along / self.0.len() as f64);
///     }
///     fn apply_transposed(&self, x: &[f64], out: &mut [f64]) {
///         let along: f64 = self.0.iter().zip(x).map(|(m, x)| m * x).sum();
///         out.iter_mut().zip(&self.1).for_each(|(out, n)| *out = n * along / self.0.len() as f64);
///     }
/// }
/// let mut out = [0.0; 2];
/// RankOne(vec![1.0, 2.0], vec![3.0, 1.0]).apply(&[1.0, 1.0], &mut out);
/// assert_eq!(out, [2.0, 4.0]);
/// ```
pub trait LinearOperator {
    /// Order N of the matrix.
    fn dim(&self) -> usize;

    /// `out = A x`; both have length N.
    fn apply(&self, x: &[f64], out: &mut [f64]);

    /// `out = Aᵀ x`; both have length N.
    fn apply_transposed(&self, x: &[f64], out: &mut [f64]);
}

impl LinearOperator for MatRef<'_, f64> {
    fn dim(&self) -> usize {
        assert_eq!(self.nrows(), self.ncols(), "a linear operator must be square");
        self.nrows()
    }
    fn apply(&self, x: &[f64], out: &mut [f64]) {
        matvec(*self, x, out);
    }
    fn apply_transposed(&self, x: &[f64], out: &mut [f64]) {
        matvec_transposed(*self, x, out);
    }
}

impl LinearOperator for Mat<f64> {
    fn dim(&self) -> usize {
        self.as_ref().dim()
    }
    fn apply(&self, x: &[f64], out: &mut [f64]) {
        matvec(self.as_ref(), x, out);
    }
    fn apply_transposed(&self, x: &[f64], out: &mut [f64]) {
        matvec_transposed(self.as_ref(), x, out);
    }
}

/// The transpose of an operator: its right eigenvectors are the left ones of the original (conjugated).
///
/// ```
/// use attractorlab_numerics::linalg::{LinearOperator, Mat, Transposed};
/// let a = Mat::from_fn(2, 2, |i, j| (2 * i + j) as f64);
/// let mut out = [0.0; 2];
/// Transposed(&a).apply(&[1.0, 0.0], &mut out);
/// assert_eq!(out, [0.0, 1.0]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Transposed<'a, A>(pub &'a A);

impl<A: LinearOperator> LinearOperator for Transposed<'_, A> {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn apply(&self, x: &[f64], out: &mut [f64]) {
        self.0.apply_transposed(x, out);
    }
    fn apply_transposed(&self, x: &[f64], out: &mut [f64]) {
        self.0.apply(x, out);
    }
}
