//! Stationary states of a network whose drive is held constant.

use attractorlab_numerics::linalg::{Lu, Mat, MatRef, matvec};

use crate::network::Transfer;

/// How a search for a stationary state ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The residual is below the tolerance.
    Converged,
    /// The residual stopped falling above the tolerance, or the steps ran out.
    Stalled,
    /// A number became infinite or NaN.
    NotFinite,
}

/// A stationary state of a clamped network, or the best that was found.
#[derive(Debug, Clone)]
pub struct Clamped {
    /// The units' inputs x.
    pub x: Vec<f64>,
    /// How the search ended. Look at it: the state means nothing unless converged.
    pub status: Status,
    /// Largest |−x + Jφ(x) + drive| over the units.
    pub residual: f64,
    /// Relaxation steps and Newton steps taken.
    pub iterations: usize,
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClampedOptions {
    /// Residual below which a state counts as stationary.
    pub tolerance: f64,
    /// Relaxation steps before Newton's method takes over.
    pub relaxation_steps: usize,
    /// Newton steps.
    pub newton_steps: usize,
}

impl Default for ClampedOptions {
    fn default() -> Self {
        Self { tolerance: 1e-12, relaxation_steps: 200, newton_steps: 30 }
    }
}

/// A bulk under a constant drive: x = bulk·φ(x) + drive.
///
/// Plain iteration converges by a factor of about the bulk's radius a step, which beats Newton's
/// method for the strongly driven states of the theory; where it does not, Newton's method with a
/// line search on the residual takes over from the best state.
#[derive(Debug, Clone, Copy)]
pub struct ClampedNetwork<'a> {
    /// The random bulk.
    pub bulk: MatRef<'a, f64>,
    /// The transfer function.
    pub transfer: Transfer,
}

impl ClampedNetwork<'_> {
    /// Solves for the stationary state under `drive`, starting from `start`.
    ///
    /// # Panics
    /// If a length differs from the number of units.
    #[track_caller]
    pub fn solve(&self, drive: &[f64], start: &[f64], options: ClampedOptions) -> Clamped {
        let n = self.bulk.nrows();
        assert!(drive.len() == n && start.len() == n, "drive and start need one entry for each of {n} units");
        let mut x = start.to_vec();
        let mut next = vec![0.0; n];
        let mut rates = vec![0.0; n];
        let mut best = f64::INFINITY;
        let mut since_progress = 0;
        for iteration in 0..options.relaxation_steps {
            let residual = self.step(&x, drive, &mut rates, &mut next);
            if !residual.is_finite() {
                return Clamped { x, status: Status::NotFinite, residual, iterations: iteration };
            }
            if residual <= options.tolerance {
                return Clamped { x, status: Status::Converged, residual, iterations: iteration };
            }
            since_progress = if residual < 0.9 * best { 0 } else { since_progress + 1 };
            best = best.min(residual);
            if since_progress > 20 {
                break;
            }
            std::mem::swap(&mut x, &mut next);
        }
        self.newton(x, drive, options)
    }

    /// next = bulk·φ(x) + drive; returns max |next − x|.
    fn step(&self, x: &[f64], drive: &[f64], rates: &mut [f64], next: &mut [f64]) -> f64 {
        self.transfer.values(x, rates);
        matvec(self.bulk, rates, next);
        let mut residual = 0.0_f64;
        for ((value, d), x) in next.iter_mut().zip(drive).zip(x) {
            *value += d;
            residual = if value.is_finite() { residual.max((*value - x).abs()) } else { f64::NAN };
        }
        residual
    }

    fn newton(&self, mut x: Vec<f64>, drive: &[f64], options: ClampedOptions) -> Clamped {
        let n = x.len();
        let (mut rates, mut next) = (vec![0.0; n], vec![0.0; n]);
        let mut residual = self.step(&x, drive, &mut rates, &mut next);
        for iteration in 0..options.newton_steps {
            let iterations = options.relaxation_steps + iteration;
            if !residual.is_finite() {
                return Clamped { x, status: Status::NotFinite, residual, iterations };
            }
            if residual <= options.tolerance {
                return Clamped { x, status: Status::Converged, residual, iterations };
            }
            let gains: Vec<f64> = x.iter().map(|&x| self.transfer.first(x)).collect();
            let jacobian =
                Mat::from_fn(n, n, |i, j| f64::from(u8::from(i == j)) - self.bulk[(i, j)] * gains[j]);
            let step: Vec<f64> = next.iter().zip(&x).map(|(next, x)| next - x).collect();
            let Ok(lu) = Lu::from_matrix(jacobian) else {
                return Clamped { x, status: Status::Stalled, residual, iterations };
            };
            let step = lu.solve(&step);
            // Halve the step until the residual falls.
            let mut length = 1.0;
            let accepted = loop {
                let trial: Vec<f64> = x.iter().zip(&step).map(|(x, s)| x + length * s).collect();
                let trial_residual = self.step(&trial, drive, &mut rates, &mut next);
                if trial_residual < residual {
                    x = trial;
                    residual = trial_residual;
                    break true;
                }
                length *= 0.5;
                if length < 1e-6 {
                    break false;
                }
            };
            if !accepted {
                let status = if residual <= options.tolerance { Status::Converged } else { Status::Stalled };
                return Clamped { x, status, residual, iterations };
            }
        }
        let status = if residual <= options.tolerance { Status::Converged } else { Status::Stalled };
        Clamped { x, status, residual, iterations: options.relaxation_steps + options.newton_steps }
    }
}
