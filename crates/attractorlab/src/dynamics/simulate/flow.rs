//! One trajectory of any system.

use attractorlab_numerics::kernels::{axpy, dot};

use super::super::{Dynamics, Time};
use super::{DIVERGED, SimulationStatus};

/// How to follow a trajectory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowOptions {
    /// Time step of the Runge–Kutta method of order 4; without meaning for a map.
    pub dt: f64,
    /// Number of steps.
    pub steps: usize,
}

/// Follows one trajectory of `system` from `x`, which holds the last state afterwards; `visit` sees
/// every state, the first included, with its time.
///
/// For a batch of trials of a rate network, use
/// [`RateNetwork::simulate`](crate::network::RateNetwork::simulate), which is much faster.
///
/// ```
/// use attractorlab::dynamics::{Dynamics, FlowOptions, SimulationStatus, Time, flow};
/// use attractorlab::numerics::linalg::Mat;
///
/// /// dx/dt = −x.
/// struct Decay;
/// impl Dynamics for Decay {
///     fn dim(&self) -> usize {
///         1
///     }
///     fn time(&self) -> Time {
///         Time::Continuous
///     }
///     fn field(&self, x: &[f64], out: &mut [f64]) {
///         out[0] = -x[0];
///     }
///     fn jacobian(&self, _x: &[f64]) -> Mat<f64> {
///         -Mat::<f64>::identity(1, 1)
///     }
/// }
/// let mut x = [1.0];
/// let status = flow(&Decay, &mut x, FlowOptions { dt: 0.1, steps: 10 }, |_time, _x| {});
/// assert!(status == SimulationStatus::Finished && (x[0] - (-1.0_f64).exp()).abs() < 1e-6);
/// ```
///
/// # Panics
/// If `x` has not as many entries as the system has variables.
#[track_caller]
pub fn flow(
    system: &(impl Dynamics + ?Sized),
    x: &mut [f64],
    options: FlowOptions,
    mut visit: impl FnMut(f64, &[f64]),
) -> SimulationStatus {
    assert_eq!(x.len(), system.dim(), "one entry of the state for each variable");
    let n = x.len();
    let dt = if system.time() == Time::Discrete { 1.0 } else { options.dt };
    let (mut slope, mut stage, mut next) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    visit(0.0, x);
    for step in 1..=options.steps {
        if system.time() == Time::Discrete {
            system.field(x, &mut next);
        } else {
            next.copy_from_slice(x);
            stage.copy_from_slice(x);
            for (weight, reach) in [(1.0 / 6.0, 0.5), (1.0 / 3.0, 0.5), (1.0 / 3.0, 1.0), (1.0 / 6.0, 0.0)] {
                system.field(&stage, &mut slope);
                axpy(weight * dt, &slope, &mut next);
                stage.copy_from_slice(x);
                axpy(reach * dt, &slope, &mut stage);
            }
        }
        x.copy_from_slice(&next);
        let time = step as f64 * dt;
        if !(dot(x, x) <= DIVERGED * DIVERGED * n as f64) {
            return SimulationStatus::Diverged { step, time };
        }
        visit(time, x);
    }
    SimulationStatus::Finished
}
