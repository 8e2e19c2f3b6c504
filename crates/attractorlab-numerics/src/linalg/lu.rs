//! LU factorisation with row pivoting, and the systems it solves.

use faer::linalg::triangular_solve as triangular;
use faer::{ColMut, Mat, MatMut, MatRef, Par};

use super::{LinalgError, check_square};
use crate::kernels::Real;

/// `P A = L U` of a square matrix in `f64` or `f32`, ready to solve with.
///
/// ```
/// use attractorlab_numerics::linalg::{Lu, Mat};
/// let a = Mat::from_fn(2, 2, |i, j| [[0.0, 2.0], [1.0, 1.0]][i][j]);
/// let lu = Lu::new(a.as_ref())?;
/// assert_eq!(lu.solve(&[4.0, 3.0]), [1.0, 2.0]);
/// assert_eq!(lu.determinant_sign(), -1.0);
/// assert!(lu.reciprocal_condition() > 0.1);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Lu<T: Real = f64> {
    factors: Mat<T>,
    /// Row `permutation[i]` of A is row i of L U.
    permutation: Vec<usize>,
    odd: bool,
    norm_1: f64,
}

impl<T: Real> Lu<T> {
    /// Factors `a` (n×n) in 2n³/3 operations.
    ///
    /// # Errors
    /// [`LinalgError::NotSquare`], [`LinalgError::NotFinite`], or [`LinalgError::Singular`] when a pivot
    /// is exactly zero. A matrix that is singular only up to rounding passes: ask
    /// [`Lu::reciprocal_condition`].
    pub fn new(a: MatRef<'_, T>) -> Result<Self, LinalgError> {
        let n = check_square(a)?;
        let mut factors = Mat::zeros(n, n);
        factors.copy_from(a);
        Self::from_matrix(factors)
    }

    /// As [`Lu::new`], overwriting the matrix instead of copying it.
    ///
    /// # Errors
    /// As [`Lu::new`].
    pub fn from_matrix(a: Mat<T>) -> Result<Self, LinalgError> {
        let (n, mut factors) = (a.nrows(), a);
        let sums: Vec<f64> = (0..factors.ncols()).map(|j| sum_abs(factors.col_as_slice(j))).collect();
        // Finite sums are those of finite entries: most matrices need not be looked at twice.
        if sums.len() != n || !sums.iter().all(|sum| sum.is_finite()) {
            check_square(factors.as_ref())?;
        }
        let norm_1 = sums.into_iter().fold(0.0, f64::max);
        let mut permutation = vec![0_usize; n];
        let mut inverse = vec![0_usize; n];
        let odd = T::lu(factors.as_mut(), &mut permutation, &mut inverse);
        let unusable = |pivot: T| pivot == T::default() || !pivot.is_finite();
        if let Some(pivot) = (0..n).find(|&i| unusable(factors[(i, i)])) {
            return Err(LinalgError::Singular { pivot, size: n });
        }
        Ok(Self { factors, permutation, odd, norm_1 })
    }

    /// Factors another matrix in the memory of this one: fresh memory costs as much as half a factorisation at n = 200.
    ///
    /// # Errors
    /// As [`Lu::new`].
    ///
    /// ```
    /// use attractorlab_numerics::linalg::{Lu, Mat};
    /// let lu = Lu::from_matrix(Mat::<f64>::identity(2, 2))?;
    /// let a = Mat::from_fn(2, 2, |i, j| if i == j { 2.0 } else { 0.0 });
    /// assert_eq!(lu.factor_next(a.as_ref())?.solve(&[4.0, 6.0]), [2.0, 3.0]);
    /// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
    /// ```
    pub fn factor_next(self, a: MatRef<'_, T>) -> Result<Self, LinalgError> {
        let mut factors = self.factors;
        if (factors.nrows(), factors.ncols()) != (a.nrows(), a.ncols()) {
            return Self::new(a);
        }
        factors.copy_from(a);
        Self::from_matrix(factors)
    }

    /// Order n of the matrix.
    pub fn dim(&self) -> usize {
        self.permutation.len()
    }

    /// The solution x of `A x = b`.
    ///
    /// # Panics
    /// If `b` has not length n.
    #[track_caller]
    pub fn solve(&self, b: &[T]) -> Vec<T> {
        let mut x = b.to_vec();
        self.solve_in_place(&mut x);
        x
    }

    /// Overwrites `b` with the solution of `A x = b`.
    ///
    /// # Panics
    /// If `b` has not length n.
    #[track_caller]
    pub fn solve_in_place(&self, b: &mut [T]) {
        assert_eq!(b.len(), self.dim(), "Lu::solve: the right-hand side needs one entry a row");
        self.solve_matrix_in_place(ColMut::from_slice_mut(b).as_mat_mut());
    }

    /// Overwrites every column of `b` with the solution of `A x = b`.
    ///
    /// # Panics
    /// If `b` has not n rows.
    #[track_caller]
    pub fn solve_matrix_in_place(&self, mut b: MatMut<'_, T>) {
        assert_eq!(b.nrows(), self.dim(), "Lu::solve: the right-hand side needs n rows");
        each_column(b.as_mut(), |column, before| {
            column.iter_mut().zip(&self.permutation).for_each(|(to, &from)| *to = before[from]);
        });
        T::solve_lu(self.factors.as_ref(), b);
    }

    /// The inverse matrix. Prefer a solve where one is meant.
    pub fn inverse(&self) -> Mat<T> {
        let mut inverse = Mat::zeros(self.dim(), self.dim());
        (0..self.dim()).for_each(|i| inverse[(i, i)] = T::from_f64(1.0));
        self.solve_matrix_in_place(inverse.as_mut());
        inverse
    }
}

impl Lu {
    /// The solution x of `Aᵀ x = b`.
    ///
    /// # Panics
    /// If `b` has not length n.
    #[track_caller]
    pub fn solve_transposed(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        self.solve_transposed_in_place(&mut x);
        x
    }

    /// Overwrites `b` with the solution of `Aᵀ x = b`.
    ///
    /// # Panics
    /// If `b` has not length n.
    #[track_caller]
    pub fn solve_transposed_in_place(&self, b: &mut [f64]) {
        assert_eq!(b.len(), self.dim(), "Lu::solve_transposed: the right-hand side needs one entry a row");
        self.solve_transposed_matrix_in_place(ColMut::from_slice_mut(b).as_mat_mut());
    }

    /// Overwrites every column of `b` with the solution of `Aᵀ x = b`.
    ///
    /// # Panics
    /// If `b` has not n rows.
    #[track_caller]
    pub fn solve_transposed_matrix_in_place(&self, b: MatMut<'_, f64>) {
        self.solve_transposed_tail_in_place(0, b);
    }

    /// As [`Lu::solve_transposed_matrix_in_place`] where the first `zeros` rows of `b` hold zeros, which saves `n² − (n − zeros)²`
    /// of the 2n² operations for a column.
    ///
    /// # Panics
    /// If `b` has not n rows, or `zeros` is more than n.
    #[track_caller]
    pub fn solve_transposed_tail_in_place(&self, zeros: usize, mut b: MatMut<'_, f64>) {
        let n = self.dim();
        assert_eq!(b.nrows(), n, "Lu::solve_transposed: the right-hand side needs n rows");
        assert!(zeros <= n, "Lu::solve_transposed: {zeros} rows of {n} cannot be zero");
        let lu = self.factors.as_ref().transpose();
        let rest = n - zeros;
        // Zeros stay zeros while a triangular system is solved from above.
        triangular::solve_lower_triangular_in_place(
            lu.submatrix(zeros, zeros, rest, rest),
            b.as_mut().subrows_mut(zeros, rest),
            Par::Seq,
        );
        triangular::solve_unit_upper_triangular_in_place(lu, b.as_mut(), Par::Seq);
        each_column(b, |column, before| {
            before.iter().zip(&self.permutation).for_each(|(&value, &to)| column[to] = value);
        });
    }

    /// Sign of det A: 1 or −1.
    pub fn determinant_sign(&self) -> f64 {
        let negative = (0..self.dim()).filter(|&i| self.factors[(i, i)] < 0.0).count();
        if (negative % 2 == 1) == self.odd { 1.0 } else { -1.0 }
    }

    /// log |det A|, which neither overflows nor underflows.
    pub fn log_abs_determinant(&self) -> f64 {
        (0..self.dim()).map(|i| self.factors[(i, i)].abs().ln()).sum()
    }

    /// Estimate of `1 / (‖A‖₁ ‖A⁻¹‖₁)`: near 1 well conditioned, near 1e-16 singular up to rounding.
    ///
    /// A few solves, O(n²), after Hager (1984) and Higham (1988), as LAPACK's `gecon`: the estimate of
    /// ‖A⁻¹‖₁ is a lower bound and rarely off by more than a factor of three.
    pub fn reciprocal_condition(&self) -> f64 {
        let n = self.dim();
        if n == 0 {
            return 1.0;
        }
        let mut x = vec![1.0 / n as f64; n];
        self.solve_in_place(&mut x);
        let mut estimate = sum_abs(&x);
        let mut previous = usize::MAX;
        for _ in 0..5 {
            let mut z: Vec<f64> = x.iter().map(|value| 1.0_f64.copysign(*value)).collect();
            self.solve_transposed_in_place(&mut z);
            let largest = (0..n).fold(0, |best, i| if z[i].abs() > z[best].abs() { i } else { best });
            if largest == previous {
                break;
            }
            previous = largest;
            x.fill(0.0);
            x[largest] = 1.0;
            self.solve_in_place(&mut x);
            let next = sum_abs(&x);
            if next <= estimate {
                break;
            }
            estimate = next;
        }
        // Higham's second starting vector catches the matrices that the iteration is blind to.
        let mut x: Vec<f64> = (0..n)
            .map(|i| {
                let size = 1.0 + i as f64 / (n.max(2) - 1) as f64;
                if i % 2 == 0 { size } else { -size }
            })
            .collect();
        self.solve_in_place(&mut x);
        estimate = estimate.max(2.0 * sum_abs(&x) / (3.0 * n as f64));
        let reciprocal = 1.0 / (estimate * self.norm_1);
        if reciprocal.is_finite() { reciprocal.min(1.0) } else { 0.0 }
    }
}

/// Rewrites every column, given a copy of it as it was.
fn each_column<T: Real>(b: MatMut<'_, T>, rewrite: impl Fn(&mut [T], &[T])) {
    let mut before = vec![T::default(); b.nrows()];
    if b.row_stride() == 1 {
        for column in b.col_iter_mut() {
            let column =
                column.try_as_col_major_mut().expect("entries of a column are neighbours").as_slice_mut();
            before.copy_from_slice(column);
            rewrite(column, &before);
        }
        return;
    }
    let mut after = before.clone();
    for column in b.col_iter_mut() {
        before.iter_mut().zip(column.as_ref().iter()).for_each(|(value, from)| *value = *from);
        rewrite(&mut after, &before);
        column.iter_mut().zip(&after).for_each(|(to, value)| *to = *value);
    }
}

/// Sum of absolute values, lane by lane: additions in one chain would wait for each other.
fn sum_abs<T: Real>(x: &[T]) -> f64 {
    let (chunks, rest) = x.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(sum, value)| *sum += value.to_f64().abs());
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|value| value.to_f64().abs()).sum::<f64>()
}
