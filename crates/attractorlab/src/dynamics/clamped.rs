//! Stationary states of a network whose drive is held constant.

use attractorlab_numerics::linalg::{Mat, MatRef, matvec};

use super::stationary::{Balance, solve};
use super::{SolverOptions, Stationary};
use crate::network::Transfer;

/// A bulk under a constant drive: x = bulk·φ(x) + drive.
///
/// Relaxation converges by a factor of about the bulk's radius a step, which beats Newton's
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
    pub fn solve(&self, drive: &[f64], start: &[f64], options: SolverOptions) -> Stationary {
        let n = self.bulk.nrows();
        assert!(drive.len() == n && start.len() == n, "drive and start need one entry for each of {n} units");
        solve(&Clamp { network: self, drive }, start, options)
    }
}

struct Clamp<'a> {
    network: &'a ClampedNetwork<'a>,
    drive: &'a [f64],
}

impl Balance for Clamp<'_> {
    fn residual(&self, x: &[f64], out: &mut [f64]) {
        let mut rates = x.to_vec();
        self.network.transfer.values_in_place(&mut rates);
        matvec(self.network.bulk, &rates, out);
        for ((o, d), x) in out.iter_mut().zip(self.drive).zip(x) {
            *o += d - x;
        }
    }

    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        let (n, bulk) = (x.len(), self.network.bulk);
        let (mut phi, mut gains) = (vec![0.0; n], vec![0.0; n]);
        self.network.transfer.with_first(x, &mut phi, &mut gains);
        Mat::from_fn(n, n, |i, j| bulk[(i, j)] * gains[j] - f64::from(u8::from(i == j)))
    }
}
