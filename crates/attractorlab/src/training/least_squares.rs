//! Least squares and ridge regression on the clamped state.

use super::{FeedbackTask, Trained, TrainingError};
use crate::dynamics::Status;
use crate::network::mean_product;

/// Clamp z = A, let the network settle at x, and take the readout of least norm that reads A from
/// f = φ(x): n = A f/(q + f·f/N), with ridge parameter q ≥ 0.
///
/// # Errors
/// [`TrainingError`] for arguments out of range, a clamped network that does not settle, or rates
/// that vanish.
pub fn least_squares(task: FeedbackTask<'_>, ridge: f64) -> Result<Trained, TrainingError> {
    if !(ridge.is_finite() && ridge >= 0.0) {
        let expected = "a finite number that is not negative";
        return Err(TrainingError::Parameter { name: "ridge", expected, value: ridge });
    }
    let x = task.clamped_state(task.target)?;
    let mut rates = vec![0.0; x.len()];
    task.network.transfer.values(&x, &mut rates);
    let power = mean_product(&rates, &rates);
    if power + ridge == 0.0 {
        return Err(TrainingError::NoRates { target: task.target });
    }
    let scale = task.target / (ridge + power);
    let readout = rates.iter().map(|rate| scale * rate).collect();
    let error = (scale * power - task.target).abs();
    Ok(Trained { readout, x, error, status: Status::Converged })
}
