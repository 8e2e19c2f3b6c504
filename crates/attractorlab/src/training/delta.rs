//! The online delta rule: gradient descent on the error of the running output.

use attractorlab_numerics::kernels;

use super::{FeedbackTask, Trained, TrainingError, positive, status_of};
use crate::network::mean_product;

/// How the delta rule is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeltaOptions {
    /// Learning rate η of dn/dt = η(A − z)φ(x).
    pub rate: f64,
    /// Euler step.
    pub dt: f64,
    /// Duration.
    pub duration: f64,
}

impl Default for DeltaOptions {
    fn default() -> Self {
        Self { rate: 0.05, dt: 0.1, duration: 600.0 }
    }
}

/// Trains n by dn/dt = η(A − z)φ(x) from n = 0 while the network runs from `start`.
///
/// For slow rates the output climbs from 0 to A through clamped states; see
/// `theory::feedback::TrainedReadout::slow_gradient_descent`.
///
/// # Errors
/// [`TrainingError`] for arguments out of range.
pub fn delta_rule(
    task: FeedbackTask<'_>,
    start: &[f64],
    options: DeltaOptions,
) -> Result<Trained, TrainingError> {
    let general = task.general();
    general.check_start(start)?;
    positive("rate", options.rate)?;
    positive("dt", options.dt)?;
    positive("duration", options.duration)?;
    let units = task.units();
    let mut x = start.to_vec();
    let (mut readout, mut rates, mut field) = (vec![0.0; units], vec![0.0; units], vec![0.0; units]);
    let mut z = 0.0;
    for _ in 0..(options.duration / options.dt).round() as usize {
        task.network.transfer.values(&x, &mut rates);
        z = mean_product(&readout, &rates);
        if !z.is_finite() {
            break;
        }
        kernels::axpy(options.dt * options.rate * (task.target - z), &rates, &mut readout);
        general.step(0, &mut x, &rates, &[z], options.dt, &mut field);
    }
    let error = (z - task.target).abs();
    Ok(Trained { readout, x, error, status: status_of(error, task.target) })
}
