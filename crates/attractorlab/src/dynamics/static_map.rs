//! The static map G_N(z) of one given feedback network, and its fixed points.

use super::{ClampedNetwork, ClampedOptions, Status};
use crate::network::mean_product;

/// One feedback network with its loop cut: clamp the output at z, let the bulk settle at
/// x(z) = bulk·φ(x) + m z + I, read G_N(z) = n·φ(x(z))/N.
///
/// Stationary states of the closed loop are the roots of G_N(z) = z, stable or not.
#[derive(Debug, Clone, Copy)]
pub struct StaticMap<'a> {
    /// Bulk and transfer function.
    pub network: ClampedNetwork<'a>,
    /// Feedback vector m.
    pub feedback: &'a [f64],
    /// Constant input I.
    pub input: &'a [f64],
    /// Readout n.
    pub readout: &'a [f64],
}

/// A stationary state of the closed loop.
#[derive(Debug, Clone)]
pub struct ClosedLoopState {
    /// Output z.
    pub z: f64,
    /// Inputs x of the units.
    pub x: Vec<f64>,
    /// How the search ended.
    pub status: Status,
    /// |G_N(z) − z|.
    pub residual: f64,
    /// Number of clamped states that were solved for.
    pub solves: usize,
}

impl StaticMap<'_> {
    /// Drive m z + I.
    fn drive(&self, z: f64) -> Vec<f64> {
        self.feedback.iter().zip(self.input).map(|(m, i)| m * z + i).collect()
    }

    /// (G_N(z), the clamped state), started from `start`.
    fn evaluate(&self, z: f64, start: &[f64], options: ClampedOptions) -> (f64, super::Clamped) {
        let clamped = self.network.solve(&self.drive(z), start, options);
        let mut rates = vec![0.0; start.len()];
        self.network.transfer.values(&clamped.x, &mut rates);
        (mean_product(self.readout, &rates), clamped)
    }

    /// The stationary state of the closed loop that the secant method reaches from `z`, each clamped
    /// state started from the last one.
    ///
    /// # Panics
    /// If the vectors differ in length.
    #[track_caller]
    pub fn fixed_point_near(&self, z: f64, options: ClampedOptions) -> ClosedLoopState {
        let tolerance = 10.0 * options.tolerance;
        let start = self.drive(z);
        let (value, mut clamped) = self.evaluate(z, &start, options);
        let (mut last_z, mut last_excess) = (z, value - z);
        // A first step along the map itself would leave an unstable state; a fixed one does not.
        let mut z = z + 0.02;
        for solves in 2..40 {
            if clamped.status != Status::Converged {
                let status = clamped.status;
                return ClosedLoopState { z, x: clamped.x, status, residual: f64::NAN, solves };
            }
            let (value, next) = self.evaluate(z, &clamped.x, options);
            clamped = next;
            let excess = value - z;
            if excess.abs() <= tolerance && clamped.status == Status::Converged {
                let status = Status::Converged;
                return ClosedLoopState { z, x: clamped.x, status, residual: excess.abs(), solves };
            }
            let step = -excess * (z - last_z) / (excess - last_excess);
            (last_z, last_excess) = (z, excess);
            if !step.is_finite() {
                break;
            }
            // Far steps leave the neighbourhood that was asked for.
            z += step.clamp(-0.5, 0.5);
        }
        ClosedLoopState { z, x: clamped.x, status: Status::Stalled, residual: last_excess.abs(), solves: 40 }
    }
}
