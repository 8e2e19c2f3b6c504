//! The largest Lyapunov exponent.

use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab_numerics::kernels::{axpy, dot, scale};
use attractorlab_numerics::random::Stream;

use super::{Dynamics, SimulationStatus, Time};

/// How to measure a Lyapunov exponent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LyapunovOptions {
    /// Time step of the Runge–Kutta method; without meaning for a map.
    pub dt: f64,
    /// Steps before the measurement, for the state to reach its attractor and the tangent vector its
    /// fastest direction.
    pub transient: usize,
    /// Steps of the measurement.
    pub steps: usize,
    /// Parts of the measurement whose scatter makes the error bar.
    pub parts: usize,
    /// Seed of the first tangent vector.
    pub seed: u64,
}

impl Default for LyapunovOptions {
    fn default() -> Self {
        Self { dt: 0.1, transient: 1000, steps: 4000, parts: 20, seed: 0 }
    }
}

/// A measured largest Lyapunov exponent.
#[derive(Debug, Clone)]
pub struct Lyapunov {
    /// Growth rate of a small perturbation, per unit of time (per step of a map).
    pub exponent: f64,
    /// Standard error from the scatter of the parts. An error of the attractor at hand: other networks
    /// of an ensemble scatter on their own.
    pub standard_error: f64,
    /// The state after the last step.
    pub x: Vec<f64>,
    /// Whether the trajectory stayed finite; the exponent means nothing otherwise.
    pub status: SimulationStatus,
}

/// The largest Lyapunov exponent along the trajectory from `start`, by integrating the linearised
/// system beside it with renormalisation after every step (Benettin, Galgani, Giorgilli & Strelcyn,
/// Meccanica 15, 9 (1980)).
///
/// ```
/// use attractorlab::dynamics::{LyapunovOptions, lyapunov_exponent};
/// use attractorlab::network::{Connectivity, Form, RateNetwork, Transfer};
/// use attractorlab::numerics::linalg::Mat;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Without connections perturbations decay at rate 1.
/// let network = RateNetwork::new(Connectivity::new(Mat::zeros(5, 5))?, Transfer::Tanh, Form::Current);
/// let found = lyapunov_exponent(&network, &[0.1; 5], LyapunovOptions::default());
/// assert!((found.exponent + 1.0).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// If `start` has not as many entries as the system has variables.
#[track_caller]
pub fn lyapunov_exponent(
    system: &(impl Dynamics + ?Sized),
    start: &[f64],
    options: LyapunovOptions,
) -> Lyapunov {
    let never = AtomicBool::new(false);
    lyapunov_exponent_until(system, start, options, &never).expect("the flag is never set")
}

/// Like [`lyapunov_exponent`], but gives up within a step once `stop` is set, and then returns nothing: for
/// measurements that a user may interrupt.
///
/// # Panics
/// If `start` has not as many entries as the system has variables.
#[track_caller]
pub fn lyapunov_exponent_until(
    system: &(impl Dynamics + ?Sized),
    start: &[f64],
    options: LyapunovOptions,
    stop: &AtomicBool,
) -> Option<Lyapunov> {
    assert_eq!(start.len(), system.dim(), "one entry of the state for each variable");
    let n = start.len();
    let dt = if system.time() == Time::Discrete { 1.0 } else { options.dt };
    let mut x = start.to_vec();
    let mut v = Stream::new(options.seed, "tangent vector", 0).normals(n);
    normalise(&mut v);
    let mut work = Work::new(n);
    let parts = options.parts.clamp(1, options.steps.max(1));
    let mut growth = vec![0.0; parts];
    let mut status = SimulationStatus::Finished;
    for step in 0..options.transient + options.steps {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        work.advance(system, &mut x, &mut v, dt);
        let rate = normalise(&mut v).ln();
        if !dot(&x, &x).is_finite() {
            status = SimulationStatus::Diverged { step: step + 1, time: (step + 1) as f64 * dt };
            growth.fill(f64::NAN);
            break;
        }
        if step >= options.transient {
            growth[(step - options.transient) * parts / options.steps] += rate;
        }
    }
    let rates: Vec<f64> = (0..parts)
        .map(|p| {
            let steps = ((p + 1) * options.steps).div_ceil(parts) - (p * options.steps).div_ceil(parts);
            growth[p] / (steps as f64 * dt)
        })
        .collect();
    let exponent = growth.iter().sum::<f64>() / (options.steps as f64 * dt);
    let scatter = rates.iter().map(|r| (r - exponent).powi(2)).sum::<f64>();
    let standard_error =
        if parts > 1 { (scatter / (parts * (parts - 1)) as f64).sqrt() } else { f64::INFINITY };
    Some(Lyapunov { exponent, standard_error, x, status })
}

/// Scales v to length 1 and returns its former length; a vector that vanished is left alone.
fn normalise(v: &mut [f64]) -> f64 {
    let length = dot(v, v).sqrt();
    if length > 0.0 {
        scale(1.0 / length, v);
    }
    length
}

/// Memory for one step of a state and a tangent vector.
struct Work {
    slope: [Vec<f64>; 2],
    stage: [Vec<f64>; 2],
    next: [Vec<f64>; 2],
}

impl Work {
    fn new(n: usize) -> Self {
        let pair = || [vec![0.0; n], vec![0.0; n]];
        Self { slope: pair(), stage: pair(), next: pair() }
    }

    fn advance(&mut self, system: &(impl Dynamics + ?Sized), x: &mut [f64], v: &mut [f64], dt: f64) {
        let Self { slope, stage, next } = self;
        if system.time() == Time::Discrete {
            system.field(x, &mut next[0]);
            system.jacobian_times(x, v, &mut next[1]);
        } else {
            for (stored, current) in [(0, &*x), (1, &*v)] {
                stage[stored].copy_from_slice(current);
                next[stored].copy_from_slice(current);
            }
            for (weight, reach) in [(1.0 / 6.0, 0.5), (1.0 / 3.0, 0.5), (1.0 / 3.0, 1.0), (1.0 / 6.0, 0.0)] {
                system.field(&stage[0], &mut slope[0]);
                system.jacobian_times(&stage[0], &stage[1], &mut slope[1]);
                for (k, start) in [(0, &*x), (1, &*v)] {
                    axpy(weight * dt, &slope[k], &mut next[k]);
                    stage[k].copy_from_slice(start);
                    axpy(reach * dt, &slope[k], &mut stage[k]);
                }
            }
        }
        x.copy_from_slice(&next[0]);
        v.copy_from_slice(&next[1]);
    }
}
