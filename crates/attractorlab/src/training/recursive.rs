//! Recursive least squares with the loop closed (FORCE).

use attractorlab_numerics::kernels;
use attractorlab_numerics::linalg::RankOneSymmetric;

use super::{FeedbackTask, Trained, TrainingError, positive};

/// How recursive least squares is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecursiveLeastSquares {
    /// Regularisation α; the inverse correlation matrix starts at 1/α.
    pub alpha: f64,
    /// Euler step; the readout is updated at every step.
    pub dt: f64,
    /// Duration.
    pub duration: f64,
}

impl Default for RecursiveLeastSquares {
    fn default() -> Self {
        Self { alpha: 1.0, dt: 0.1, duration: 50.0 }
    }
}

/// Trains the readout while the network runs from `start`, and returns it.
///
/// At every step, with f = φ(x), w = n/N and the error e = w·f − A before the update:
/// P ← P − (Pf)(Pf)ᵀ/(1 + f·Pf), w ← w − e Pf/(1 + f·Pf), then an Euler step with the new w and the
/// same f. From the first step on the output is at A to within α/N, so that what is learnt is the
/// transient from `start` to the clamped state; see `theory::feedback::RecursiveReadout`.
///
/// # Errors
/// [`TrainingError`] for arguments out of range.
pub fn recursive_least_squares(
    task: FeedbackTask<'_>,
    start: &[f64],
    options: RecursiveLeastSquares,
) -> Result<Trained, TrainingError> {
    task.check_start(start)?;
    positive("alpha", options.alpha)?;
    positive("dt", options.dt)?;
    positive("duration", options.duration)?;
    let units = task.units();
    let mut inverse = RankOneSymmetric::scaled_identity(units, 1.0 / options.alpha);
    let mut x = start.to_vec();
    let (mut w, mut rates) = (vec![0.0; units], vec![0.0; units]);
    let (mut gain, mut field) = (vec![0.0; units], vec![0.0; units]);
    let mut z = f64::NAN;
    for _ in 0..(options.duration / options.dt).round() as usize {
        task.network.transfer.values(&x, &mut rates);
        let error = kernels::dot(&w, &rates) - task.target;
        inverse.multiply(&rates, &mut gain);
        let norm = 1.0 + kernels::dot(&rates, &gain);
        inverse.downdate(&gain, norm);
        kernels::axpy(-error / norm, &gain, &mut w);
        z = kernels::dot(&w, &rates);
        task.step(&mut x, &rates, z, options.dt, &mut field);
        if !z.is_finite() {
            break;
        }
    }
    let readout = w.iter().map(|w| w * units as f64).collect();
    Ok(Trained::after_run(readout, x, z, task.target))
}
