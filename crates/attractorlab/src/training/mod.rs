//! Training the readout of a feedback network to a stationary output.
//!
//! Bulk, feedback vector and input are frozen; only the readout n of z = n·φ(x)/N is trained, so
//! that the network settles at z = A. Three rules, as the theory of feedback networks speaks of them:
//! least squares (with ridge) on the clamped state, recursive least squares with the loop closed
//! (FORCE), and the online delta rule.

mod delta;
mod least_squares;
mod recursive;

pub use delta::{DeltaOptions, delta_rule};
pub use least_squares::least_squares;
pub use recursive::{RecursiveLeastSquares, recursive_least_squares};

use crate::dynamics::{ClampedNetwork, SolverOptions, StaticMap, Status};

/// A network whose readout is to be trained: bulk, transfer function, feedback vector m, input I.
#[derive(Debug, Clone, Copy)]
pub struct FeedbackTask<'a> {
    /// Bulk and transfer function.
    pub network: ClampedNetwork<'a>,
    /// Feedback vector m.
    pub feedback: &'a [f64],
    /// Constant input I.
    pub input: &'a [f64],
    /// The output A that the network should settle at.
    pub target: f64,
}

/// What a training rule made.
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

impl Trained {
    /// The result of a rule that ran until the output was `z`; within a hundredth of the target it
    /// counts as trained.
    fn after_run(readout: Vec<f64>, x: Vec<f64>, z: f64, target: f64) -> Self {
        let error = (z - target).abs();
        let status = if !error.is_finite() {
            Status::NotFinite
        } else if error <= 1e-2 * target.abs().max(1e-12) {
            Status::Converged
        } else {
            Status::Stalled
        };
        Self { readout, x, error, status }
    }
}

/// Why training cannot start.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// An argument is out of range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the argument.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it was.
        value: f64,
    },
    /// A vector has the wrong length.
    #[error("{name} must have one entry for each of the {units} units, got {found}")]
    Length {
        /// Which vector.
        name: &'static str,
        /// Number of units.
        units: usize,
        /// Its length.
        found: usize,
    },
    /// The clamped network does not settle.
    #[error(
        "the network clamped at z = {z} does not settle (residual {residual:.1e}): least squares needs a stationary \
         state; use a stronger drive or a weaker bulk"
    )]
    NotStationary {
        /// The clamped output.
        z: f64,
        /// Residual of the best state.
        residual: f64,
    },
    /// The rates vanish, so that no readout produces the target.
    #[error("the rates of the clamped state vanish, so that no readout can produce the target {target}")]
    NoRates {
        /// The target.
        target: f64,
    },
}

impl<'a> FeedbackTask<'a> {
    /// Number of units.
    pub fn units(&self) -> usize {
        self.network.bulk.nrows()
    }

    /// The closed loop's static map with a readout.
    pub fn static_map(&self, readout: &'a [f64]) -> StaticMap<'a> {
        StaticMap { network: self.network, feedback: self.feedback, input: self.input, readout }
    }

    /// The stationary state clamped at `z`, found from the drive alone.
    ///
    /// # Errors
    /// [`TrainingError`] for vectors of the wrong length or a state that is not stationary.
    pub fn clamped_state(&self, z: f64) -> Result<Vec<f64>, TrainingError> {
        self.check()?;
        let drive: Vec<f64> = self.feedback.iter().zip(self.input).map(|(m, i)| m * z + i).collect();
        let clamped = self.network.solve(&drive, &drive, SolverOptions::default());
        if clamped.status == Status::Converged {
            Ok(clamped.x)
        } else {
            Err(TrainingError::NotStationary { z, residual: clamped.residual })
        }
    }

    fn check(&self) -> Result<(), TrainingError> {
        let units = self.units();
        for (name, vector) in [("the feedback vector", self.feedback), ("the input", self.input)] {
            if vector.len() != units {
                return Err(TrainingError::Length { name, units, found: vector.len() });
            }
        }
        if !self.target.is_finite() {
            let expected = "a finite number";
            return Err(TrainingError::Parameter { name: "target", expected, value: self.target });
        }
        Ok(())
    }

    /// Checks the task together with a starting state.
    fn check_start(&self, start: &[f64]) -> Result<(), TrainingError> {
        self.check()?;
        let units = self.units();
        if start.len() == units {
            Ok(())
        } else {
            Err(TrainingError::Length { name: "the starting state", units, found: start.len() })
        }
    }

    /// One Euler step of the network with output `z`, given the rates of `x`.
    fn step(&self, x: &mut [f64], rates: &[f64], z: f64, dt: f64, scratch: &mut [f64]) {
        attractorlab_numerics::linalg::matvec(self.network.bulk, rates, scratch);
        for (((x, field), m), i) in x.iter_mut().zip(scratch).zip(self.feedback).zip(self.input) {
            *x += dt * (*field - *x + m * z + i);
        }
    }
}

fn positive(name: &'static str, value: f64) -> Result<(), TrainingError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(TrainingError::Parameter { name, expected: "a finite number above zero", value })
    }
}
