//! Spectra of the effective connectivity J·diag(φ').

use attractorlab_numerics::kernels::axpy;
use attractorlab_numerics::linalg::{
    ArnoldiOptions, ArnoldiStatus, Complex64, LinalgError, LinearOperator, eigenvalues, leading_eigenvalues,
};

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

    /// Radius of the disc that the bulk's eigenvalues fill: ‖bulk·diag(gains)‖_F/√N, which is g√⟨φ'²⟩
    /// for independent entries of variance g²/N. It is measured from the matrix, so that it needs no
    /// knowledge of the ensemble, but for a bulk whose entries have a mean (Dale's law) it includes
    /// the mean and is too large.
    pub fn bulk_radius(&self) -> f64 {
        let bulk = self.connectivity.bulk();
        let sum: f64 = (0..self.gains.len())
            .map(|j| {
                let gain = self.gains[j];
                gain * gain * bulk.col(j).squared_norm_l2()
            })
            .sum();
        (sum / self.gains.len() as f64).sqrt()
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
        self.connectivity.apply_transposed(x, out);
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

/// Eigenvalues outside the bulk, found without the spectrum.
#[derive(Debug, Clone)]
pub struct Outliers {
    /// The outliers λ, largest |λ| first.
    pub values: Vec<Complex64>,
    /// ‖A v − λ v‖ of each, with ‖v‖ = 1.
    pub residuals: Vec<f64>,
    /// Predicted radius of the bulk.
    pub bulk_radius: f64,
    /// Values that were found beyond the bulk's edge but did not converge: doubtful. Empty in a good
    /// search.
    pub doubtful: Vec<Complex64>,
}

/// The eigenvalues of J·diag(gains) with |λ| > (1 + `margin`)·bulk radius, at most as many as there are
/// feedback loops (each can make one), by the Arnoldi method on the operator, N² work a step.
///
/// The edge of a finite bulk frays: its largest eigenvalue exceeds the radius by about
/// √(log N/N)/2 of it. A margin of 0.1 is safe from N = 200.
///
/// # Errors
/// [`LinalgError`] if a gain is not finite.
///
/// ```
/// use attractorlab::dynamics::{EffectiveConnectivity, outliers};
/// use attractorlab::network::{Bulk, Connectivity};
/// use attractorlab::numerics::random::Stream;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream = Stream::new(1, "example", 0);
/// let bulk = Bulk::Gaussian { g: 0.5 }.draw(400, &mut stream)?;
/// let connectivity = Connectivity::new(bulk)?.with_feedback(vec![1.0; 400], vec![2.0; 400])?;
/// let found = outliers(&EffectiveConnectivity::new(&connectivity, vec![1.0; 400]), 0.1)?;
/// // m·n/N = 2, up to a fluctuation of order N^(−1/2).
/// assert!(found.values.len() == 1 && (found.values[0] - 2.0).norm() < 0.2);
/// # Ok(())
/// # }
/// ```
pub fn outliers(operator: &EffectiveConnectivity<'_>, margin: f64) -> Result<Outliers, LinalgError> {
    let bulk_radius = operator.bulk_radius();
    let mut found = Outliers { values: Vec::new(), residuals: Vec::new(), bulk_radius, doubtful: Vec::new() };
    let loops = operator.connectivity.loops().count();
    // The eigenvector of an outlier is (λ − bulk)⁻¹ applied to feedback vectors: the Krylov space begins with them.
    let mut start = vec![0.0; operator.dim()];
    for (feedback, _) in operator.connectivity.loops() {
        axpy(1.0, feedback, &mut start);
    }
    let options = ArnoldiOptions { start: Some(start), ..ArnoldiOptions::default() };
    // From the largest number down: where fewer outliers exist, the next value is at the bulk's edge,
    // where the method does not converge, and spoils the status but not the others' residuals.
    let leading = leading_eigenvalues(operator, loops, &options)?;
    for (value, residual) in leading.values.into_iter().zip(leading.residuals) {
        if value.norm() <= (1.0 + margin) * bulk_radius {
            continue;
        }
        if leading.status == ArnoldiStatus::Converged || residual <= 1e-6 * value.norm() {
            found.values.push(value);
            found.residuals.push(residual);
        } else {
            found.doubtful.push(value);
        }
    }
    Ok(found)
}
