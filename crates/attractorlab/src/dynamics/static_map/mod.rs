//! The static map G_N(z) of one given feedback network, and its fixed points.

mod release;
mod trace;

use attractorlab_numerics::roots::refine;

pub use release::{Outcome, ReleaseOptions};
pub use trace::{MapFixedPoint, MapSample, MapTrace, TraceOptions};

use attractorlab_numerics::linalg::LinalgError;

use super::{ClampedNetwork, SimulationError, SolverOptions, Status};
use crate::network::{NetworkError, mean_product};

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

/// A static map at one clamped output.
#[derive(Debug, Clone)]
pub struct ClampedSample {
    /// G_N(z).
    pub value: f64,
    /// Radius of the bulk of J·diag(φ') at the clamped state.
    pub radius: f64,
    /// How the search for the clamped state ended.
    pub status: Status,
    /// The clamped state.
    pub x: Vec<f64>,
}

/// Why a static map cannot be traced, or its closed loop not be released.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StaticMapError {
    /// The network has an entry that is not finite, or a vector of the wrong length.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// The closed loop could not be simulated.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// The map is not bounded, and no reach was given.
    #[error(
        "{transfer} does not saturate, so that fixed points may lie anywhere: give the reach of z to be searched"
    )]
    Unbounded {
        /// Name of the transfer function.
        transfer: &'static str,
    },
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
    fn evaluate(&self, z: f64, start: &[f64], options: SolverOptions) -> (f64, super::Stationary) {
        let clamped = self.network.solve(&self.drive(z), start, options);
        let mut rates = vec![0.0; start.len()];
        self.network.transfer.values(&clamped.x, &mut rates);
        (mean_product(self.readout, &rates), clamped)
    }

    /// G_N at one clamped output, the state found from the drive alone. What it says means nothing unless the
    /// status is [`Status::Converged`].
    ///
    /// # Panics
    /// If the vectors differ in length.
    #[track_caller]
    pub fn sample(&self, z: f64, options: SolverOptions) -> ClampedSample {
        let (value, clamped) = self.evaluate(z, &self.drive(z), options);
        let bulk = self.network.bulk;
        let power: f64 = (0..clamped.x.len())
            .map(|j| {
                let gain = self.network.transfer.first(clamped.x[j]);
                gain * gain * bulk.col(j).squared_norm_l2()
            })
            .sum();
        let radius = (power / clamped.x.len() as f64).sqrt();
        ClampedSample { value, radius, status: clamped.status, x: clamped.x }
    }

    /// The stationary state of the closed loop next to `z` at which G_N(z) − z falls (`slope` below
    /// one, a state that the readout's dynamics keeps) or rises (a saddle), searched for up to
    /// `reach` away. The sign change is bracketed by growing steps, then refined, each clamped state
    /// started from its neighbour; stability plays no part.
    ///
    /// The status is [`Status::Stalled`] if there is no such sign change within reach.
    ///
    /// # Panics
    /// If the vectors differ in length.
    #[track_caller]
    pub fn fixed_point_near(
        &self,
        z: f64,
        falling: bool,
        reach: f64,
        options: SolverOptions,
    ) -> ClosedLoopState {
        let mut x = self.drive(z);
        let mut solves = 0;
        let mut status = Status::Converged;
        let mut excess = |z: f64| {
            let (value, clamped) = self.evaluate(z, &x, options);
            solves += 1;
            if clamped.status != Status::Converged {
                status = clamped.status;
            }
            x = clamped.x;
            value - z
        };
        let (mut near, mut near_excess) = (z, excess(z));
        let direction = if (near_excess > 0.0) == falling { 1.0 } else { -1.0 };
        let mut step = near_excess.abs().clamp(0.01, 0.1);
        let mut bracket = None;
        while near_excess.is_finite() && (near - z).abs() < reach {
            let far = near + direction * step;
            let far_excess = excess(far);
            if far_excess * near_excess <= 0.0 {
                bracket = Some(((near, near_excess), (far, far_excess)));
                break;
            }
            (near, near_excess) = (far, far_excess);
            step *= 1.4;
        }
        let Some((low, high)) = bracket else {
            let status = if status == Status::Converged { Status::Stalled } else { status };
            return ClosedLoopState { z: near, x, status, residual: near_excess.abs(), solves };
        };
        let (root, _) = refine(&mut excess, low, high);
        let residual = excess(root).abs();
        ClosedLoopState { z: root, x, status, residual, solves }
    }
}
