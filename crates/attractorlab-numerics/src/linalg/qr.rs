//! Orthogonal factorisation and least squares.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder;
use faer::linalg::qr::no_pivoting::factor as qr;
use faer::linalg::triangular_solve::solve_upper_triangular_in_place;
use faer::prelude::default;
use faer::{ColMut, Conj, Mat, MatMut, MatRef, Par};

use super::{LinalgError, check_finite, lifting_scale, scaled};

/// `A = Q R` of an m×n matrix with m ≥ n, for least squares with columns of full rank.
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, Qr};
/// // The line through (0, 1), (1, 3), (2, 5).
/// let a = Mat::from_fn(3, 2, |i, j| if j == 0 { 1.0 } else { i as f64 });
/// let fit = Qr::new(a.as_ref())?.least_squares(&[1.0, 3.0, 5.0]);
/// assert!((fit[0] - 1.0).abs() < 1e-14 && (fit[1] - 2.0).abs() < 1e-14);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Qr {
    /// R on and above the diagonal, the Householder vectors below it.
    factors: Mat<f64>,
    coefficients: Mat<f64>,
}

impl Qr {
    /// Factors `a` (m×n, m ≥ n) in 2mn² operations.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`], [`LinalgError::Underdetermined`] when m < n,
    /// [`LinalgError::RankDeficient`] when a diagonal entry of R is at most `max(m, n) ε` of the largest
    /// (the singular value decomposition gives the solution of least norm then).
    pub fn new(a: MatRef<'_, f64>) -> Result<Self, LinalgError> {
        check_finite(a)?;
        let (m, n) = (a.nrows(), a.ncols());
        if m < n {
            return Err(LinalgError::Underdetermined { rows: m, cols: n });
        }
        let block = qr::recommended_block_size::<f64>(m, n).max(1);
        let scale = lifting_scale(a);
        let mut factors = scaled(a, scale);
        let mut coefficients = Mat::zeros(block, n);
        let scratch = qr::qr_in_place_scratch::<f64>(m, n, block, Par::Seq, default());
        if n > 0 {
            qr::qr_in_place(
                factors.as_mut(),
                coefficients.as_mut(),
                Par::Seq,
                MemStack::new(&mut MemBuffer::new(scratch)),
                default(),
            );
        }
        for (j, column) in factors.col_iter_mut().enumerate() {
            column.subrows_mut(0, j + 1).iter_mut().for_each(|entry| *entry /= scale);
        }
        let largest = (0..n).map(|i| factors[(i, i)].abs()).fold(0.0, f64::max);
        let floor = largest * m as f64 * f64::EPSILON;
        let rank = (0..n).filter(|&i| factors[(i, i)].abs() > floor).count();
        if rank < n {
            return Err(LinalgError::RankDeficient { rank, cols: n });
        }
        Ok(Self { factors, coefficients })
    }

    /// The x that minimises `‖A x − b‖₂`.
    ///
    /// # Panics
    /// If `b` has not length m.
    #[track_caller]
    pub fn least_squares(&self, b: &[f64]) -> Vec<f64> {
        let mut work = b.to_vec();
        self.least_squares_in_place(ColMut::from_slice_mut(&mut work).as_mat_mut());
        work.truncate(self.factors.ncols());
        work
    }

    /// Overwrites the first n rows of every column of `b` with the least-squares solution; the norm of
    /// the remaining rows is the norm of that column's misfit.
    ///
    /// # Panics
    /// If `b` has not m rows.
    #[track_caller]
    pub fn least_squares_in_place(&self, mut b: MatMut<'_, f64>) {
        let (m, n) = (self.factors.nrows(), self.factors.ncols());
        assert_eq!(b.nrows(), m, "Qr::least_squares: the right-hand side needs one entry a row of A");
        if n == 0 {
            return;
        }
        let block = self.coefficients.nrows();
        let scratch = householder::apply_block_householder_sequence_transpose_on_the_left_in_place_scratch::<
            f64,
        >(m, block, b.ncols());
        householder::apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj(
            self.factors.as_ref(),
            self.coefficients.as_ref(),
            Conj::No,
            b.as_mut(),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
        );
        solve_upper_triangular_in_place(
            self.factors.as_ref().submatrix(0, 0, n, n),
            b.subrows_mut(0, n),
            Par::Seq,
        );
    }

    /// The n×k matrix whose columns minimise `‖A x − b‖₂` for the columns b of `b`.
    ///
    /// # Panics
    /// If `b` has not m rows.
    #[track_caller]
    pub fn least_squares_matrix(&self, b: MatRef<'_, f64>) -> Mat<f64> {
        let mut work = b.to_owned();
        self.least_squares_in_place(work.as_mut());
        work.subrows(0, self.factors.ncols()).to_owned()
    }

    /// The m×n matrix with orthonormal columns.
    pub fn thin_q(&self) -> Mat<f64> {
        self.columns_of_q(self.factors.ncols())
    }

    /// The orthogonal m×m matrix, whose first n columns are those of [`Qr::thin_q`] and whose others span what A does not
    /// reach.
    ///
    /// ```
    /// use attractorlab_numerics::linalg::{Mat, Qr};
    /// let a = Mat::from_fn(3, 1, |i, _| [3.0, 0.0, 4.0][i]);
    /// let q = Qr::new(a.as_ref())?.q();
    /// let outside = q.col(1).transpose() * a.col(0);
    /// assert!(outside.abs() < 1e-15 && (q.col(2).norm_l2() - 1.0).abs() < 1e-15);
    /// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
    /// ```
    pub fn q(&self) -> Mat<f64> {
        self.columns_of_q(self.factors.nrows())
    }

    fn columns_of_q(&self, columns: usize) -> Mat<f64> {
        let (m, n) = (self.factors.nrows(), self.factors.ncols());
        let mut q = Mat::identity(m, columns);
        if n > 0 {
            let block = self.coefficients.nrows();
            let scratch = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(
                m, block, columns,
            );
            householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
                self.factors.as_ref(),
                self.coefficients.as_ref(),
                Conj::No,
                q.as_mut(),
                Par::Seq,
                MemStack::new(&mut MemBuffer::new(scratch)),
            );
        }
        q
    }

    /// The n×n upper triangular factor.
    pub fn r(&self) -> Mat<f64> {
        let n = self.factors.ncols();
        Mat::from_fn(n, n, |i, j| if i <= j { self.factors[(i, j)] } else { 0.0 })
    }
}
