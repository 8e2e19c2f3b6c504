//! Clamped states of one random network: the common ground of the theories of trained networks.
//!
//! Feed a random bulk of gain g with a constant Gaussian drive of variance S. If the state is
//! stationary, its units are Gaussian with the variance Δ that solves Δ = g²⟨φ²⟩_Δ + S.

mod drive;
mod local;
mod mixed;
mod states;
mod variance_table;

pub use drive::{ClampedError, DriveMoments, DriveTable, DriveTheory};
pub use local::{LinearReadout, LocalDynamics};
pub use mixed::{MixedPair, MixedStates};
pub use states::{ClampedState, ClampedStates, PairOfStates};
pub use variance_table::VarianceTable;
