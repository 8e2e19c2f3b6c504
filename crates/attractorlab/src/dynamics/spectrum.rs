//! Spectra of the effective connectivity J·diag(φ').

use attractorlab_numerics::linalg::{Complex64, LinalgError, LinearOperator, eigenvalues, matvec_transposed};

use crate::network::Connectivity;

/// J·diag(gains) as an operator that is never formed: bulk and feedback loops stay apart.
#[derive(Debug, Clone)]
pub struct EffectiveConnectivity<'a> {
    connectivity: &'a Connectivity,
    gains: Vec<f64>,
}

impl<'a> EffectiveConnectivity<'a> {
    /// The operator for gains φ'(xᵢ).
    ///
    /// # Panics
    /// If there is not one gain for each unit.
    #[track_caller]
    pub fn new(connectivity: &'a Connectivity, gains: Vec<f64>) -> Self {
        assert_eq!(gains.len(), connectivity.units(), "one gain for each unit");
        Self { connectivity, gains }
    }
}

impl LinearOperator for EffectiveConnectivity<'_> {
    fn dim(&self) -> usize {
        self.gains.len()
    }

    fn apply(&self, x: &[f64], out: &mut [f64]) {
        let scaled: Vec<f64> = x.iter().zip(&self.gains).map(|(x, gain)| x * gain).collect();
        self.connectivity.apply(&scaled, out);
    }

    fn apply_transposed(&self, x: &[f64], out: &mut [f64]) {
        matvec_transposed(self.connectivity.bulk(), x, out);
        for (m, n) in self.connectivity.loops() {
            let overlap = crate::network::mean_product(m, x);
            for (o, n) in out.iter_mut().zip(n) {
                *o += n * overlap;
            }
        }
        for (o, gain) in out.iter_mut().zip(&self.gains) {
            *o *= gain;
        }
    }
}

/// All eigenvalues λ of J·diag(gains); a continuous-time state is stable iff all have Re λ < 1.
///
/// # Errors
/// [`LinalgError`] if a gain is not finite or the decomposition does not converge.
///
/// # Panics
/// If there is not one gain for each unit.
#[track_caller]
pub fn spectrum(connectivity: &Connectivity, gains: &[f64]) -> Result<Vec<Complex64>, LinalgError> {
    eigenvalues(connectivity.effective(gains).as_ref())
}
