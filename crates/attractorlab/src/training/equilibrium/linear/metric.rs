//! The geometry in which rules 2 and 3 descend: distances between responses.

use attractorlab_numerics::linalg::{Lu, Mat, MatRef, frobenius_norm, matmul, singular_values};

use super::task::{identity_minus, product_transposed};
use crate::training::equilibrium::LearningError;

/// d(W₁, W₂) = |(1 − W₁)⁻¹ − (1 − W₂)⁻¹|, in the Frobenius norm: how differently two networks respond. Rule 2 minimises
/// ⟨dJ/dA, A' − A⟩ + d²/2η.
///
/// # Errors
/// [`LearningError::Linalg`] if 1 − W₁ or 1 − W₂ is singular or not square.
pub fn response_distance(first: MatRef<'_, f64>, second: MatRef<'_, f64>) -> Result<f64, LearningError> {
    let response = |w: MatRef<'_, f64>| Ok::<_, LearningError>(Lu::from_matrix(identity_minus(w))?.inverse());
    let (first, second) = (response(first)?, response(second)?);
    if first.nrows() != second.nrows() {
        let (expected, found) = (first.nrows(), second.nrows());
        return Err(LearningError::Size { name: "the second network", of: "units", expected, found });
    }
    Ok(frobenius_norm((&first - &second).as_ref()))
}

/// The Riemannian metric that the distance of responses induces at W: ⟨U, V⟩ = ⟨AUA, AVA⟩ in the Frobenius inner product,
/// with A = (1 − W)⁻¹. Rule 3 is gradient descent in it.
#[derive(Debug, Clone)]
pub struct ResponseMetric {
    a: Mat<f64>,
    b: Mat<f64>,
}

fn times(a: &Mat<f64>, b: &Mat<f64>) -> Mat<f64> {
    let mut out = Mat::zeros(a.nrows(), b.ncols());
    matmul(a.as_ref(), b.as_ref(), out.as_mut());
    out
}

impl ResponseMetric {
    /// The metric at W.
    ///
    /// # Errors
    /// [`LearningError::Linalg`] if 1 − W is singular or not square.
    pub fn new(weights: MatRef<'_, f64>) -> Result<Self, LearningError> {
        let b = identity_minus(weights);
        let a = Lu::new(b.as_ref())?.inverse();
        Ok(Self { a, b })
    }

    /// AᵀA Z AAᵀ.
    pub fn apply(&self, z: &Mat<f64>) -> Mat<f64> {
        let left = product_transposed(self.a.as_ref(), self.a.as_ref());
        let right = times(&self.a, &self.a.transpose().to_owned());
        times(&times(&left, z), &right)
    }

    /// BBᵀ Z BᵀB, the inverse of [`ResponseMetric::apply`]: turns a gradient into the direction of rule 3.
    pub fn apply_inverse(&self, z: &Mat<f64>) -> Mat<f64> {
        let left = times(&self.b, &self.b.transpose().to_owned());
        let right = product_transposed(self.b.as_ref(), self.b.as_ref());
        times(&times(&left, z), &right)
    }

    /// ⟨U, V⟩.
    pub fn inner(&self, u: &Mat<f64>, v: &Mat<f64>) -> f64 {
        let moved = |z: &Mat<f64>| times(&times(&self.a, z), &self.a);
        let (u, v) = (moved(u), moved(v));
        (0..u.ncols()).map(|j| u.col(j).iter().zip(v.col(j).iter()).map(|(u, v)| u * v).sum::<f64>()).sum()
    }

    /// Smallest and largest eigenvalue of the metric, σ⁴ of the extreme singular values of A.
    ///
    /// # Errors
    /// [`LearningError::Linalg`] if the singular values cannot be computed.
    pub fn extremes(&self) -> Result<(f64, f64), LearningError> {
        let sigma = singular_values(self.a.as_ref())?;
        Ok((sigma.last().map_or(1.0, |s| s.powi(4)), sigma.first().map_or(1.0, |s| s.powi(4))))
    }
}

/// The angle between two matrices in the Frobenius inner product, in degrees, accurate for small angles too; NaN if one
/// is zero.
///
/// ```
/// use attractorlab::numerics::linalg::Mat;
/// use attractorlab::training::equilibrium::linear::angle;
/// let a = Mat::from_fn(2, 2, |i, j| if i == j { 1.0 } else { 0.0 });
/// let b = Mat::from_fn(2, 2, |i, j| if i == 0 && j == 0 { 1.0 } else { 0.0 });
/// assert!((angle(&a, &b) - 45.0).abs() < 1e-12);
/// ```
pub fn angle(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let (a_norm, b_norm) = (frobenius_norm(a.as_ref()), frobenius_norm(b.as_ref()));
    let (mut apart, mut together) = (0.0, 0.0);
    for j in 0..a.ncols() {
        for (x, y) in a.col(j).iter().zip(b.col(j).iter()) {
            let (x, y) = (x / a_norm, y / b_norm);
            apart += (x - y) * (x - y);
            together += (x + y) * (x + y);
        }
    }
    2.0 * f64::atan2(apart.sqrt(), together.sqrt()).to_degrees()
}
