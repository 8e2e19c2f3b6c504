//! What happens around a fixed point: its modes.

use attractorlab_numerics::linalg::{Complex64, Eigen, LinalgError};

use super::super::{Dynamics, Time};

/// One mode of the linearised dynamics.
#[derive(Debug, Clone)]
pub struct Mode {
    /// Eigenvalue in the project's convention: λ of the effective connectivity (1 + τ × the Jacobian's; unstable
    /// iff Re λ > 1), or of the one-step Jacobian of a map (unstable iff |λ| > 1).
    pub eigenvalue: Complex64,
    /// Growth rate per unit of time (per step of a map), negative if it decays.
    pub growth: f64,
    /// Angular frequency per unit of time (per step).
    pub frequency: f64,
    /// 1/|growth|: the time in which it grows or decays by e.
    pub time_constant: f64,
    /// Right eigenvector, of length 1: the pattern of activity.
    pub right: Vec<Complex64>,
    /// Left eigenvector with left·right = 1 (the selection vector): what the mode reads from a perturbation, as
    /// ⟨left, δx⟩ with a complex conjugate.
    pub left: Vec<Complex64>,
}

/// The modes at a fixed point, the fastest growing first.
#[derive(Debug, Clone)]
pub struct Modes {
    /// The modes.
    pub modes: Vec<Mode>,
    /// Number of unstable directions.
    pub unstable: usize,
    /// Whether the eigenvectors are no basis.
    pub defective: bool,
}

/// Eigenvalues, time constants, left and right eigenvectors of the linearised dynamics at `x`.
///
/// # Errors
/// [`LinalgError`] if the Jacobian is not finite or its eigenvalues cannot be found.
///
/// # Panics
/// If x has not one entry for each variable.
#[track_caller]
pub fn modes(system: &(impl Dynamics + ?Sized), x: &[f64]) -> Result<Modes, LinalgError> {
    let eigen = Eigen::new(system.jacobian(x).as_ref())?;
    let tau = system.time_constant();
    let mut modes: Vec<Mode> = eigen
        .values
        .iter()
        .enumerate()
        .map(|(k, value)| {
            let (eigenvalue, growth, frequency) = match system.time() {
                Time::Continuous => (1.0 + tau * value, value.re, value.im.abs()),
                Time::Discrete => (*value, value.norm().ln(), value.arg().abs()),
            };
            let column = |vectors: &attractorlab_numerics::linalg::Mat<Complex64>| {
                (0..vectors.nrows()).map(|i| vectors[(i, k)]).collect()
            };
            Mode {
                eigenvalue,
                growth,
                frequency,
                time_constant: 1.0 / growth.abs(),
                right: column(&eigen.right),
                left: column(&eigen.left),
            }
        })
        .collect();
    modes.sort_by(|a, b| b.growth.total_cmp(&a.growth).then(b.eigenvalue.im.total_cmp(&a.eigenvalue.im)));
    let unstable = modes.iter().filter(|mode| mode.growth > 0.0).count();
    Ok(Modes { modes, unstable, defective: eigen.is_defective() })
}

impl Mode {
    /// How strongly a pattern v (an input weight vector, say) drives the mode: |⟨left, v⟩| / (|left||v|), from 0 to 1.
    ///
    /// # Panics
    /// If v has another length than the state.
    #[track_caller]
    pub fn drive_alignment(&self, v: &[f64]) -> f64 {
        alignment(&self.left, v)
    }

    /// How well a readout v sees the mode: |⟨v, right⟩| / (|right||v|), from 0 to 1.
    ///
    /// # Panics
    /// If v has another length than the state.
    #[track_caller]
    pub fn readout_alignment(&self, v: &[f64]) -> f64 {
        alignment(&self.right, v)
    }
}

#[track_caller]
fn alignment(mode: &[Complex64], v: &[f64]) -> f64 {
    assert_eq!(mode.len(), v.len(), "one entry for each variable");
    let product: Complex64 = mode.iter().zip(v).map(|(m, v)| m.conj() * v).sum();
    let norms = mode.iter().map(Complex64::norm_sqr).sum::<f64>() * v.iter().map(|v| v * v).sum::<f64>();
    if norms > 0.0 { product.norm() / norms.sqrt() } else { 0.0 }
}
