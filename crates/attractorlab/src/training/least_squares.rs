//! Least squares and ridge regression on clamped states.

use attractorlab_numerics::linalg::{Mat, MatRef, Svd, matmul};

use super::error::not_negative;
use super::{FeedbackTask, OutputTask, Trained, TrainedOutputs, TrainingError, TrainingStates};
use crate::dynamics::Status;

/// Condition number of the rates' covariance beyond which states count as linearly dependent.
const DEPENDENT: f64 = 1e12;

impl OutputTask<'_> {
    /// Clamps the outputs at each target, lets the network settle at x_m, and takes the readouts of
    /// least norm that read every target from R = [φ(x_1) … φ(x_M)]:
    /// n = R (C + q)⁻¹ F with C = RᵀR/N and ridge parameter q ≥ 0.
    ///
    /// Source: Rivkind & Barak 2017; the theory of the result is
    /// [`theory::output_dynamics`](crate::theory::output_dynamics).
    ///
    /// # Errors
    /// [`TrainingError`] for arguments out of range, a clamped network that does not settle, rates
    /// that vanish, or states that are linearly dependent (without ridge).
    pub fn least_squares(&self, ridge: f64) -> Result<TrainedOutputs, TrainingError> {
        not_negative("ridge", ridge)?;
        let states = self.clamped_states()?;
        self.fit(states, ridge)
    }

    /// The readouts that ridge regression makes of given states.
    fn fit(&self, states: TrainingStates, ridge: f64) -> Result<TrainedOutputs, TrainingError> {
        let readout = states.decompose()?.readout(self.targets, ridge)?;
        let errors = self.errors(&readout, &states.rates);
        Ok(TrainedOutputs { readout, states: states.x, errors, status: Status::Converged })
    }
}

impl TrainingStates {
    /// One decomposition of the rates, from which the readouts of every ridge parameter follow.
    ///
    /// # Errors
    /// [`TrainingError::Linalg`] if the decomposition fails.
    pub fn decompose(&self) -> Result<RateDecomposition, TrainingError> {
        RateDecomposition::new(self.rates.as_ref())
    }
}

/// R/√N = U diag(σ) Vᵀ of the rates R (N×M) of M states.
///
/// The readouts n = √N·U diag(σ/(σ² + q)) Vᵀ F of least norm follow for every ridge parameter q and
/// all targets F, without the square of the condition number that normal equations have.
#[derive(Debug, Clone)]
pub struct RateDecomposition {
    svd: Svd,
}

impl RateDecomposition {
    /// Decomposes the rates of M states, one a column.
    ///
    /// # Errors
    /// [`TrainingError::Linalg`] for entries that are not finite.
    pub fn new(rates: MatRef<'_, f64>) -> Result<Self, TrainingError> {
        let scale = (rates.nrows() as f64).sqrt().recip();
        let scaled = Mat::from_fn(rates.nrows(), rates.ncols(), |i, j| scale * rates[(i, j)]);
        Ok(Self { svd: Svd::new(scaled.as_ref())? })
    }

    /// Eigenvalues σ² of the covariance C = RᵀR/N, largest first.
    pub fn spectrum(&self) -> impl Iterator<Item = f64> {
        self.svd.values.iter().map(|s| s * s)
    }

    /// Condition number of C; infinite where states are dependent or more than units.
    pub fn condition(&self) -> f64 {
        let (values, states) = (&self.svd.values, self.svd.v.nrows());
        if values.len() < states || states == 0 {
            return f64::INFINITY;
        }
        (values[0] / values[states - 1]).powi(2)
    }

    /// The readouts (N×K) that ridge regression with parameter `ridge` = q ≥ 0 makes for `targets` (M×K).
    ///
    /// # Errors
    /// [`TrainingError`] for a negative ridge parameter, targets of another number than states, rates
    /// that vanish, or, without ridge, states that are linearly dependent.
    pub fn readout(&self, targets: MatRef<'_, f64>, ridge: f64) -> Result<Mat<f64>, TrainingError> {
        not_negative("ridge", ridge)?;
        let (states, units) = (self.svd.v.nrows(), self.svd.u.nrows());
        if targets.nrows() != states {
            let (name, of) = ("the matrix of rates", "target");
            return Err(TrainingError::Columns { name, of, expected: targets.nrows(), found: states });
        }
        let largest = self.svd.values.first().copied().unwrap_or(0.0);
        if largest * largest + ridge == 0.0 {
            return Err(TrainingError::NoRates { target: targets[(0, 0)] });
        }
        let condition = self.condition();
        if ridge == 0.0 && !(condition < DEPENDENT) {
            return Err(TrainingError::Dependent { states, condition });
        }
        let mut along = Mat::zeros(self.svd.v.ncols(), targets.ncols());
        matmul(self.svd.v.as_ref().transpose(), targets, along.as_mut());
        let root = (units as f64).sqrt();
        for (i, s) in self.svd.values.iter().enumerate() {
            let weight = if *s == 0.0 { 0.0 } else { root * s / (s * s + ridge) };
            for k in 0..targets.ncols() {
                along[(i, k)] *= weight;
            }
        }
        let mut readout = Mat::zeros(units, targets.ncols());
        matmul(self.svd.u.as_ref(), along.as_ref(), readout.as_mut());
        Ok(readout)
    }
}

/// Clamp z = A, let the network settle at x, and take the readout of least norm that reads A from
/// f = φ(x): n = A f/(q + f·f/N), with ridge parameter q ≥ 0.
///
/// # Errors
/// [`TrainingError`] for arguments out of range, a clamped network that does not settle, or rates
/// that vanish.
pub fn least_squares(task: FeedbackTask<'_>, ridge: f64) -> Result<Trained, TrainingError> {
    Ok(task.general().least_squares(ridge)?.single())
}
