//! Back-propagation through time.
//!
//! A [`Trainable`] network runs a [`Batch`](crate::task::Batch) of trials forward, a [`Loss`] compares its
//! outputs with the targets, and the network carries the errors backward through all its steps: the exact
//! gradient of the loss with respect to each of its parameters, without approximation in time. The adjoints
//! are written out for each kind of network:
//!
//! | network | item | equations |
//! |---|---|---|
//! | rate networks, every form | [`RateUnits`] | Schuessler et al. (2020) |
//! | gated recurrent units, long short-term memory, one layer or a stack | [`GatedUnits`] | as PyTorch defines the cells |
//!
//! A [`Trainer`] makes one step of an [optimiser](super::OptimiserRule) an epoch, on a batch of its own;
//! [`check_gradient`] holds a network's gradient against finite differences.
//!
//! Parameters are one flat slice with named parts, its [`Layout`]. Matrices in it are column-major.

mod check;
mod checkpoint;
mod error;
mod gated;
mod layout;
mod loss;
mod rate;
mod trainable;
mod trainer;

pub use check::{TensorCheck, check_gradient, check_gradient_until};
pub use error::BpttError;
pub use gated::{GatedCellKind, GatedTape, GatedUnits};
pub use layout::{Layout, Tensor};
pub use loss::Loss;
pub use rate::{RateTape, RateUnits, RateWeights, StepNoise};
pub use trainable::{Gradient, Noise, Trainable, TrainableMatrices, evaluate, gradient};
pub use trainer::{Epoch, Snapshot, Trainer, TrainingOptions, TrainingStatus, convergence_epoch};
