//! Factorisations of symmetric matrices: Gram matrices, covariances, regularised normal equations.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::ldlt;
use faer::linalg::triangular_solve as triangular;
use faer::prelude::default;
use faer::{ColMut, Mat, MatMut, MatRef, Par};

use super::{LinalgError, check_square};
use crate::kernels::Real;

/// `A = L Lᵀ` of a symmetric positive definite matrix in `f64` or `f32`. Only the lower triangle of A is read.
///
/// ```
/// use attractorlab_numerics::linalg::{Cholesky, LinalgError, Mat};
/// let gram = Mat::from_fn(2, 2, |i, j| [[4.0_f64, 2.0], [2.0, 3.0]][i][j]);
/// let factor = Cholesky::new(gram.as_ref())?;
/// let x = factor.solve(&[8.0, 8.0]);
/// assert!((x[0] - 1.0).abs() < 1e-15 && (x[1] - 2.0).abs() < 1e-15);
/// let indefinite = Mat::from_fn(2, 2, |i, j| if i == j { 1.0 } else { 2.0 });
/// assert!(matches!(
///     Cholesky::new(indefinite.as_ref()),
///     Err(LinalgError::NotPositiveDefinite { row: 1 })
/// ));
/// # Ok::<(), LinalgError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cholesky<T: Real = f64> {
    factor: Mat<T>,
}

impl<T: Real> Cholesky<T> {
    /// Factors `a` (n×n) in n³/3 operations.
    ///
    /// # Errors
    /// [`LinalgError::NotSquare`], [`LinalgError::NotFinite`], [`LinalgError::NotPositiveDefinite`].
    pub fn new(a: MatRef<'_, T>) -> Result<Self, LinalgError> {
        check_square(a)?;
        let mut factor = lower_triangle(a);
        T::cholesky(factor.as_mut()).map_err(|row| LinalgError::NotPositiveDefinite { row })?;
        clear_above_diagonal(&mut factor);
        Ok(Self { factor })
    }

    /// The lower triangular factor L.
    pub fn factor(&self) -> MatRef<'_, T> {
        self.factor.as_ref()
    }

    /// The solution x of `A x = b`.
    ///
    /// # Panics
    /// If `b` has not length n.
    #[track_caller]
    pub fn solve(&self, b: &[T]) -> Vec<T> {
        let mut x = b.to_vec();
        self.solve_matrix_in_place(ColMut::from_slice_mut(&mut x).as_mat_mut());
        x
    }

    /// Overwrites every column of `b` with the solution of `A x = b`.
    ///
    /// # Panics
    /// If `b` has not n rows.
    #[track_caller]
    pub fn solve_matrix_in_place(&self, b: MatMut<'_, T>) {
        assert_eq!(b.nrows(), self.factor.nrows(), "Cholesky::solve: the right-hand side needs n rows");
        T::solve_cholesky(self.factor.as_ref(), b);
    }

    /// log det A.
    pub fn log_determinant(&self) -> f64 {
        2.0 * (0..self.factor.nrows()).map(|i| self.factor[(i, i)].to_f64().ln()).sum::<f64>()
    }
}

/// `A = L D Lᵀ` (L unit lower triangular, D diagonal) of a symmetric matrix whose leading minors do not
/// vanish. Only the lower triangle of A is read.
///
/// There is no pivoting: meant for matrices that are definite or nearly so, where a square root is
/// unwanted. An indefinite matrix belongs to [`super::Lu`].
///
/// ```
/// use attractorlab_numerics::linalg::{Ldlt, Mat};
/// let a = Mat::from_fn(2, 2, |i, j| [[2.0, 1.0], [1.0, -1.0]][i][j]);
/// let factor = Ldlt::new(a.as_ref())?;
/// assert_eq!(factor.diagonal(), [2.0, -1.5]);
/// let x = factor.solve(&[4.0, -1.0]);
/// assert!((x[0] - 1.0).abs() < 1e-15 && (x[1] - 2.0).abs() < 1e-15);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ldlt {
    factor: Mat<f64>,
    diagonal: Vec<f64>,
}

impl Ldlt {
    /// Factors `a` (n×n) in n³/3 operations.
    ///
    /// # Errors
    /// [`LinalgError::NotSquare`], [`LinalgError::NotFinite`], [`LinalgError::Singular`].
    pub fn new(a: MatRef<'_, f64>) -> Result<Self, LinalgError> {
        let n = check_square(a)?;
        let mut factor = lower_triangle(a);
        let scratch = ldlt::factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, default());
        ldlt::factor::cholesky_in_place(
            factor.as_mut(),
            default(),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            default(),
        )
        .map_err(|error| match error {
            ldlt::factor::LdltError::ZeroPivot { index } => LinalgError::Singular { pivot: index, size: n },
        })?;
        let diagonal: Vec<f64> = (0..n).map(|i| factor[(i, i)]).collect();
        if let Some(pivot) = diagonal.iter().position(|pivot| *pivot == 0.0 || !pivot.is_finite()) {
            return Err(LinalgError::Singular { pivot, size: n });
        }
        clear_above_diagonal(&mut factor);
        for i in 0..n {
            factor[(i, i)] = 1.0;
        }
        Ok(Self { factor, diagonal })
    }

    /// The entries of D.
    pub fn diagonal(&self) -> &[f64] {
        &self.diagonal
    }

    /// The solution x of `A x = b`.
    ///
    /// # Panics
    /// If `b` has not length n.
    #[track_caller]
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        assert_eq!(b.len(), self.diagonal.len(), "Ldlt::solve: the right-hand side needs n entries");
        let mut x = b.to_vec();
        let mut column = ColMut::from_slice_mut(&mut x).as_mat_mut();
        triangular::solve_unit_lower_triangular_in_place(self.factor.as_ref(), column.as_mut(), Par::Seq);
        for (i, pivot) in self.diagonal.iter().enumerate() {
            column[(i, 0)] /= pivot;
        }
        triangular::solve_unit_upper_triangular_in_place(self.factor.as_ref().transpose(), column, Par::Seq);
        x
    }
}

fn lower_triangle<T: Real>(a: MatRef<'_, T>) -> Mat<T> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| if i >= j { a[(i, j)] } else { T::default() })
}

/// The factorisations leave scratch values above the diagonal.
fn clear_above_diagonal<T: Real>(factor: &mut Mat<T>) {
    for j in 0..factor.ncols() {
        for i in 0..j {
            factor[(i, j)] = T::default();
        }
    }
}
