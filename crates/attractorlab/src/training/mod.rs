//! Training networks.
//!
//! [`bptt`] trains any weights of a recurrent network on any [task](crate::task), by back-propagation through
//! time and an [`Optimiser`]. The rest of this module trains the readouts of a feedback network to stationary
//! outputs.
//!
//! Bulk, feedback vectors and inputs are frozen; only the readouts n of z = n·φ(x)/N are trained, so
//! that each of M target outputs is a stationary state of the network. The rules are those that the
//! theories of such networks speak of:
//!
//! | rule | what it learns from | item |
//! |---|---|---|
//! | least squares, ridge | the M clamped states | [`OutputTask::least_squares`] |
//! | recursive least squares | the same, one after the other | [`OutputTask::recursive_least_squares`] |
//! | FORCE | transients, with the loop closed | [`OutputTask::force`] |
//! | delta rule | the running output | [`delta_rule`] |
//! | ridge, of a trajectory | any number of states that a network passed | [`ridge_readout`] |
//!
//! Whether the closed loop then holds its targets is found by [`OutputTask::test_holding`].
//!
//! One target of one output, the task of Mastrogiuseppe & Ostojic (2019), is a [`FeedbackTask`], with
//! functions of its own: [`least_squares`], [`recursive_least_squares`], [`delta_rule`].

pub mod bptt;
mod delta;
pub mod equilibrium;
mod error;
mod fixed_point_descent;
mod force;
mod least_squares;
mod optimiser;
mod recursive;
mod ridge;
mod success;
mod task;
mod verdict;

pub use delta::{DeltaOptions, delta_rule};
pub use error::TrainingError;
pub use fixed_point_descent::{DescendedNetwork, DescentStatus, FixedPointDescent};
pub use force::ForceOptions;
pub use least_squares::{RateDecomposition, least_squares};
pub use optimiser::{
    Optimiser, OptimiserError, OptimiserRule, OptimiserState, clip_by_global_norm, global_norm,
};
pub use recursive::{RecursiveLeastSquares, recursive_least_squares};
pub use ridge::ridge_readout;
pub use success::{Holding, HoldingError, HoldingTest};
pub use task::{FeedbackTask, OutputTask, TrainingStates};
pub use verdict::{GlobalVerdict, LocalVerdict, Verdict};

use attractorlab_numerics::linalg::Mat;

use crate::dynamics::Status;
use error::positive;

/// What a training rule made of one target of one output.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The readout n, entries O(1).
    pub readout: Vec<f64>,
    /// State of the network when training ended.
    pub x: Vec<f64>,
    /// |z − A| at the end of training.
    pub error: f64,
    /// How training ended. [`Status::Stalled`]: the clamped state was not reached, or the output is
    /// not at the target.
    pub status: Status,
}

/// What a training rule made of M targets of K outputs.
#[derive(Debug, Clone)]
pub struct TrainedOutputs {
    /// The readouts n, N×K, entries O(1); z = nᵀφ(x)/N.
    pub readout: Mat<f64>,
    /// The states that were learnt from, N×M: the clamped ones, or those in which a run with the
    /// loop closed left each target.
    pub states: Mat<f64>,
    /// Largest |zₖ − fₖ| over the outputs, at each of the states.
    pub errors: Vec<f64>,
    /// [`Status::Converged`] where every error is within a hundredth of the largest entry of its
    /// target, or where the rule is exact; [`Status::Stalled`] or [`Status::NotFinite`] otherwise.
    pub status: Status,
}

impl TrainedOutputs {
    /// The single readout, state and error of a task with one target and one output.
    fn single(&self) -> Trained {
        let column = |a: &Mat<f64>| a.col(0).iter().copied().collect();
        Trained {
            readout: column(&self.readout),
            x: column(&self.states),
            error: self.errors[0],
            status: self.status,
        }
    }
}

/// Within a hundredth of the target, the output of a run counts as trained.
fn status_of(error: f64, target: f64) -> Status {
    if !error.is_finite() {
        Status::NotFinite
    } else if error <= 1e-2 * target.abs().max(1e-12) {
        Status::Converged
    } else {
        Status::Stalled
    }
}
