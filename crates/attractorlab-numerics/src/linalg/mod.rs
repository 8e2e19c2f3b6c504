//! Dense linear algebra: one thin layer over [faer](https://docs.rs/faer), always serial.
//!
//! faer is reached through this module only, so that its traps are handled once (each has a
//! regression test) and its generic code is compiled once, for `f32` and `f64`:
//!
//! * every call is serial, hence the bits do not depend on the number of threads;
//! * eigenvectors come back normalised and finite, and a defective matrix is reported as such;
//! * decompositions are checked (residual, trace or Frobenius norm) before they are returned.
//!
//! Matrices are column-major [`Mat`]s; vectors are slices. User input that cannot be used (NaN, a
//! non-square or singular matrix) gives a [`LinalgError`]; a wrong length is a bug of the caller and
//! panics with the caller's location. Empty and 1×1 matrices are ordinary input.
//!
//! | wanted | item |
//! |---|---|
//! | products | [`matvec`], [`matvec_transposed`], [`matmul`], [`matmul_add`], [`matmul_transposed`]; [`LeftFactor`] for many with one matrix |
//! | linear systems | [`Lu`], [`Cholesky`], [`Ldlt`], [`Qr`], [`solve_batch`] for many small ones |
//! | recursive least squares | [`RankOneSymmetric`] |
//! | spectra | [`eigenvalues`], [`complex_eigenvalues`], [`Eigen`], [`SymmetricEigen`] |
//! | outliers without the matrix | [`leading_eigenvalues`] of a [`LinearOperator`] |
//! | resolvents at many frequencies | [`KrylovResponse`] of a [`LinearOperator`], [`Hessenberg`] where that fails |
//! | singular values | [`singular_values`], [`Svd`] |

mod arnoldi;
mod batched;
mod cholesky;
mod eigen;
mod error;
mod factors;
mod hessenberg;
mod krylov;
mod left_factor;
mod lu;
mod operator;
mod products;
mod qr;
mod rank_one;
mod resolvent;
mod svd;
mod symmetric;

pub use arnoldi::{
    ArnoldiOptions, ArnoldiStatus, Leading, LeadingEigenvalues, leading_eigenvalues, ritz_values,
};
pub use batched::solve_batch;
pub use cholesky::{Cholesky, Ldlt};
pub use eigen::{Defective, Eigen, complex_eigenvalues, eigenvalues};
pub use error::LinalgError;
pub(crate) use factors::Factors;
pub use faer::{Mat, MatMut, MatRef};
pub use hessenberg::Hessenberg;
pub use left_factor::LeftFactor;
pub use lu::Lu;
pub use operator::{LinearOperator, Transposed};
pub(crate) use products::Products;
pub use products::{gram_lower, matmul, matmul_add, matmul_transposed, matvec, matvec_transposed};
pub use qr::Qr;
pub use rank_one::RankOneSymmetric;
pub use resolvent::KrylovResponse;
pub use svd::{Svd, singular_values};
pub use symmetric::SymmetricEigen;

use crate::kernels::{Real, dot};

/// A complex number with `f64` parts.
pub type Complex64 = num_complex::Complex<f64>;

/// `√Σ a²` over all entries, scaled where it would overflow or underflow.
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, frobenius_norm};
/// for scale in [1e-200, 1.0, 1e200] {
///     let a = Mat::from_fn(1, 2, |_, j| scale * (3.0 + j as f64));
///     assert!((frobenius_norm(a.as_ref()) / scale - 5.0).abs() < 1e-14);
/// }
/// ```
pub fn frobenius_norm(a: MatRef<'_, f64>) -> f64 {
    // faer's own norm also sums squares that underflow, for which processors take fifty times as long.
    let sum = a.col_iter().map(|col| match col.try_as_col_major() {
        Some(entries) => dot(entries.as_slice(), entries.as_slice()),
        None => col.iter().map(|entry| entry * entry).sum(),
    });
    let sum: f64 = sum.sum();
    if (1e-280..1e300).contains(&sum) {
        return sum.sqrt();
    }
    let largest = a.norm_max();
    if sum.is_nan() || largest == 0.0 || largest.is_infinite() {
        return if sum.is_nan() { sum } else { largest };
    }
    let squares = a.col_iter().map(|col| col.iter().map(|entry| (entry / largest).powi(2)).sum::<f64>());
    largest * squares.sum::<f64>().sqrt()
}

/// Whether all are finite, lane by lane: 0·x is zero for finite x, and NaN for any other.
pub(crate) fn all_finite<T: Real>(x: &[T]) -> bool {
    let (chunks, rest) = x.as_chunks::<16>();
    let mut lanes = [T::default(); 16];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(sum, value)| *sum += T::default() * *value);
    }
    lanes.iter().chain(rest).all(|value| value.is_finite())
}

/// Returns the first entry that is NaN or infinite as an error.
fn check_finite<T: Real>(a: MatRef<'_, T>) -> Result<(), LinalgError> {
    for (col, entries) in a.col_iter().enumerate() {
        // Most columns are finite: all entries at once, and one by one only to say which is not.
        let all = entries.try_as_col_major().is_some_and(|entries| all_finite(entries.as_slice()));
        if !all && let Some(row) = entries.iter().position(|entry| !entry.is_finite()) {
            return Err(LinalgError::NotFinite { row, col });
        }
    }
    Ok(())
}

/// Returns the order of a square matrix with finite entries.
fn check_square<T: Real>(a: MatRef<'_, T>) -> Result<usize, LinalgError> {
    if a.nrows() != a.ncols() {
        return Err(LinalgError::NotSquare { rows: a.nrows(), cols: a.ncols() });
    }
    check_finite(a)?;
    Ok(a.nrows())
}

/// A power of two that brings the largest entry near 2⁴⁰ when multiplied with; 1 where it is there.
///
/// faer multiplies many entries without scaling them first: its spectra are silently wrong for entries near 1e-30. And it sums
/// the squares of a column three times at once, once with entries scaled down by 2⁵¹¹: below 1 these squares underflow, which
/// takes fifty times as long, up to half of the time of a small reduction by reflections.
fn lifting_scale(a: MatRef<'_, f64>) -> f64 {
    lifting_scale_of(a.norm_max())
}

/// As [`lifting_scale`], given the size of the largest entry.
fn lifting_scale_of(largest: f64) -> f64 {
    if (1e9..1e15).contains(&largest) { 1.0 } else { scale_to(40, largest) }
}

/// As [`lifting_scale`], for symmetric spectra: faer's divide-and-conquer method for them is silently wrong where entries exceed
/// some thousands or fall below a thousandth, beyond an order of about 128.
fn symmetric_scale(a: MatRef<'_, f64>) -> f64 {
    let largest = a.norm_max();
    if (16.0..1024.0).contains(&largest) { 1.0 } else { scale_to(8, largest) }
}

fn scale_to(exponent: i32, largest: f64) -> f64 {
    if largest == 0.0 {
        return 1.0;
    }
    // Limited, because 2^1074 is no number; subnormal matrices become merely small.
    (f64::from(exponent) - largest.log2().round()).clamp(-1000.0, 1000.0).exp2()
}

/// `factor` times the matrix.
fn scaled(a: MatRef<'_, f64>, factor: f64) -> Mat<f64> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| factor * a[(i, j)])
}
