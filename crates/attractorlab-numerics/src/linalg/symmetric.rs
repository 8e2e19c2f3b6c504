//! Spectra of symmetric matrices.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::prelude::default;
use faer::{Accum, Mat, MatRef, Par};

use super::{LinalgError, Products, check_square, frobenius_norm, scaled, symmetric_scale};

/// `A = V diag(λ) Vᵀ` of a symmetric matrix, with orthonormal columns in V.
///
/// The residual is computed before the decomposition is returned, because faer's issue tracker reports
/// wrong values on special inputs.
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, SymmetricEigen};
/// let a = Mat::from_fn(2, 2, |i, j| if i == j { 2.0 } else { 1.0 });
/// let eigen = SymmetricEigen::new(a.as_ref())?;
/// assert!((eigen.values[0] - 1.0).abs() < 1e-15 && (eigen.values[1] - 3.0).abs() < 1e-15);
/// assert!(eigen.residual < 1e-15);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SymmetricEigen {
    /// Eigenvalues in increasing order.
    pub values: Vec<f64>,
    /// Eigenvectors as columns, in the same order.
    pub vectors: Mat<f64>,
    /// `‖A V − V diag(λ)‖ / ‖A‖` in Frobenius norms.
    pub residual: f64,
}

impl SymmetricEigen {
    /// Decomposes the symmetric matrix `a` (n×n).
    ///
    /// # Errors
    /// [`LinalgError::NotSquare`], [`LinalgError::NotFinite`], [`LinalgError::NotSymmetric`] when two
    /// mirrored entries differ by more than 1e-12 of the largest entry, [`LinalgError::NotConverged`]
    /// when the residual exceeds 1e-12.
    pub fn new(a: MatRef<'_, f64>) -> Result<Self, LinalgError> {
        let n = check_square(a)?;
        check_symmetric(a)?;
        let scale = symmetric_scale(a);
        if scale != 1.0 {
            let mut eigen = Self::new(scaled(a, scale).as_ref())?;
            eigen.values.iter_mut().for_each(|value| *value /= scale);
            return Ok(eigen);
        }
        let mut values = Diag::<f64>::zeros(n);
        let mut vectors = Mat::zeros(n, n);
        if n > 0 {
            let scratch = self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, Par::Seq, default());
            self_adjoint_evd(
                a,
                values.as_mut(),
                Some(vectors.as_mut()),
                Par::Seq,
                MemStack::new(&mut MemBuffer::new(scratch)),
                default(),
            )
            .map_err(|_| LinalgError::NotConverged { what: "symmetric spectrum", defect: f64::NAN })?;
        }
        let values: Vec<f64> = values.column_vector().iter().copied().collect();
        let mut difference = Mat::from_fn(n, n, |i, j| vectors[(i, j)] * values[j]);
        f64::matmul(a, vectors.as_ref(), -1.0, Accum::Add, difference.as_mut());
        let (error, norm) = (frobenius_norm(difference.as_ref()), frobenius_norm(a));
        let residual = if error == 0.0 { 0.0 } else { error / norm };
        // NaN must fail the check too.
        if residual <= 1e-12 {
            Ok(Self { values, vectors, residual })
        } else {
            Err(LinalgError::NotConverged { what: "symmetric spectrum", defect: residual })
        }
    }
}

fn check_symmetric(a: MatRef<'_, f64>) -> Result<(), LinalgError> {
    let mut largest = 0.0_f64;
    let (mut worst, mut at) = (0.0_f64, (0, 0));
    for col in 0..a.ncols() {
        for row in 0..=col {
            let (upper, lower) = (a[(row, col)], a[(col, row)]);
            largest = largest.max(upper.abs()).max(lower.abs());
            if (upper - lower).abs() > worst {
                worst = (upper - lower).abs();
                at = (row, col);
            }
        }
    }
    if worst > 1e-12 * largest {
        return Err(LinalgError::NotSymmetric { row: at.0, col: at.1, difference: worst });
    }
    Ok(())
}
