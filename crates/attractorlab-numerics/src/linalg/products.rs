//! Matrix products into memory that the caller owns.

use faer::linalg::matmul::matmul as faer_matmul;
use faer::reborrow::ReborrowMut;
use faer::{Accum, ColMut, ColRef, MatMut, MatRef, Par};

use crate::kernels::{Kernels, Part, Real, product};

/// `out = A x` for an m×n matrix `A`.
///
/// # Panics
/// If `x` has not length n or `out` not length m.
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, matvec};
/// let a = Mat::from_fn(2, 3, |i, j| (3 * i + j) as f64);
/// let mut out = [0.0; 2];
/// matvec(a.as_ref(), &[1.0, 0.0, 2.0], &mut out);
/// assert_eq!(out, [4.0, 13.0]);
/// ```
#[track_caller]
pub fn matvec<T: Real>(a: MatRef<'_, T>, x: &[T], out: &mut [T]) {
    assert_eq!(x.len(), a.ncols(), "matvec: x needs one entry a column of A");
    assert_eq!(out.len(), a.nrows(), "matvec: out needs one entry a row of A");
    T::matvec(a, x, out);
}

/// `out = Aᵀ x` for an m×n matrix `A`.
///
/// # Panics
/// If `x` has not length m or `out` not length n.
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, matvec_transposed};
/// let a = Mat::from_fn(2, 3, |i, j| (3 * i + j) as f32);
/// let mut out = [0.0; 3];
/// matvec_transposed(a.as_ref(), &[1.0, 1.0], &mut out);
/// assert_eq!(out, [3.0, 5.0, 7.0]);
/// ```
#[track_caller]
pub fn matvec_transposed<T: Real>(a: MatRef<'_, T>, x: &[T], out: &mut [T]) {
    assert_eq!(x.len(), a.nrows(), "matvec_transposed: x needs one entry a row of A");
    assert_eq!(out.len(), a.ncols(), "matvec_transposed: out needs one entry a column of A");
    T::matvec(a.transpose(), x, out);
}

/// `out = A B`.
///
/// Transposed operands are passed as `a.transpose()`; slices as `MatRef::from_column_major_slice`.
///
/// # Panics
/// If the shapes do not fit.
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, matmul};
/// let a = Mat::<f64>::from_fn(2, 2, |i, j| (2 * i + j) as f64);
/// let mut out = Mat::zeros(2, 2);
/// matmul(a.as_ref(), a.as_ref(), out.as_mut());
/// assert_eq!(out[(1, 1)], 11.0);
/// ```
#[track_caller]
pub fn matmul<T: Real>(a: MatRef<'_, T>, b: MatRef<'_, T>, out: MatMut<'_, T>) {
    check_product(a, b, out.as_ref());
    T::matmul(a, b, T::from_f64(1.0), Accum::Replace, out);
}

/// `out += alpha A B`.
///
/// # Panics
/// If the shapes do not fit.
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, matmul_add};
/// let a = Mat::<f64>::identity(2, 2);
/// let mut out = Mat::identity(2, 2);
/// matmul_add(3.0, a.as_ref(), a.as_ref(), out.as_mut());
/// assert_eq!((out[(0, 0)], out[(0, 1)]), (4.0, 0.0));
/// ```
#[track_caller]
pub fn matmul_add<T: Real>(alpha: T, a: MatRef<'_, T>, b: MatRef<'_, T>, out: MatMut<'_, T>) {
    check_product(a, b, out.as_ref());
    T::matmul(a, b, alpha, Accum::Add, out);
}

/// `out = Aᵀ B`, for example a Gram matrix.
///
/// # Panics
/// If the shapes do not fit.
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, matmul_transposed};
/// let a = Mat::<f64>::from_fn(3, 1, |i, _| i as f64);
/// let mut gram = Mat::zeros(1, 1);
/// matmul_transposed(a.as_ref(), a.as_ref(), gram.as_mut());
/// assert_eq!(gram[(0, 0)], 5.0);
/// ```
#[track_caller]
pub fn matmul_transposed<T: Real>(a: MatRef<'_, T>, b: MatRef<'_, T>, out: MatMut<'_, T>) {
    check_product(a.transpose(), b, out.as_ref());
    T::matmul(a.transpose(), b, T::from_f64(1.0), Accum::Replace, out);
}

/// The lower triangle of `out = Aᵀ A`, diagonal included, in little more than half the operations of the whole product;
/// what lies above the diagonal is left in an unspecified state. ([`Cholesky`](super::Cholesky) reads no more.)
///
/// # Panics
/// If `out` is not n×n for an m×n matrix A.
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, gram_lower};
/// let a = Mat::from_fn(3, 2, |i, j| (i + j) as f64);
/// let mut out = Mat::zeros(2, 2);
/// gram_lower(a.as_ref(), out.as_mut());
/// assert_eq!((out[(0, 0)], out[(1, 0)], out[(1, 1)]), (5.0, 8.0, 14.0));
/// ```
#[track_caller]
pub fn gram_lower<T: Real>(a: MatRef<'_, T>, mut out: MatMut<'_, T>) {
    /// Columns of a block: wide enough for the product to run at its full speed.
    const BLOCK: usize = 128;
    let n = a.ncols();
    check_product(a.transpose(), a, out.as_ref());
    if product(a.transpose(), a, T::from_f64(1.0), false, Part::Lower, out.as_mut()) {
        return;
    }
    for left in (0..n).step_by(BLOCK) {
        let width = BLOCK.min(n - left);
        let below = out.as_mut().submatrix_mut(left, left, n - left, width);
        T::matmul(
            a.subcols(left, n - left).transpose(),
            a.subcols(left, width),
            T::from_f64(1.0),
            Accum::Replace,
            below,
        );
    }
}

#[track_caller]
fn check_product<T: Real>(a: MatRef<'_, T>, b: MatRef<'_, T>, out: MatRef<'_, T>) {
    assert_eq!(a.ncols(), b.nrows(), "matrix product: A needs as many columns as B has rows");
    assert_eq!(
        (out.nrows(), out.ncols()),
        (a.nrows(), b.ncols()),
        "matrix product: out needs the rows of A and the columns of B"
    );
}

/// The products of one element type. Implemented with concrete types, so that faer's generic code is
/// compiled in this crate alone.
pub trait Products: Sized {
    /// `out = A x`, shapes already checked.
    fn matvec(a: MatRef<'_, Self>, x: &[Self], out: &mut [Self]);
    /// `out = [out +] alpha A B`, shapes already checked.
    fn matmul(a: MatRef<'_, Self>, b: MatRef<'_, Self>, alpha: Self, accum: Accum, out: MatMut<'_, Self>);
}

macro_rules! impl_products {
    ($($real:ty),*) => {$(
        impl Products for $real {
            fn matvec(a: MatRef<'_, Self>, x: &[Self], out: &mut [Self]) {
                if a.row_stride() == 1 {
                    return Self::combine_columns(a, x, out);
                }
                let x = ColRef::from_slice(x).as_mat();
                let out = ColMut::from_slice_mut(out).as_mat_mut();
                faer_matmul(out, Accum::Replace, a, x, 1.0, Par::Seq);
            }

            fn matmul(
                a: MatRef<'_, Self>,
                b: MatRef<'_, Self>,
                alpha: Self,
                accum: Accum,
                mut out: MatMut<'_, Self>,
            ) {
                let add = matches!(accum, Accum::Add);
                if !product(a, b, alpha, add, Part::Whole, out.rb_mut()) {
                    faer_matmul(out, accum, a, b, alpha, Par::Seq);
                }
            }
        }
    )*};
}
impl_products!(f32, f64);
