//! A laboratory for recurrent networks that compute with fixed points.
//!
//! Data moves one way through the library: a [`network`] is built from a transfer function, a
//! random bulk and low-rank feedback; [`training`] gives it a readout; [`dynamics`] says what it does; [`theory`] predicts what it
//! should do, without ever looking at a network. The two meet in studies, outside of this crate.
//!
//! Conventions, everywhere: `J[i][j]` is the weight from unit j to unit i; the time constant is 1;
//! the bulk has entries of variance g²/N; the readout is z = n·φ(x)/N; a continuous-time state is
//! stable iff every eigenvalue λ of J·diag(φ') has Re λ < 1.

pub mod analysis;
pub mod arrays;
pub mod dynamics;
pub mod network;
pub mod task;
pub mod theory;
pub mod training;

pub use attractorlab_numerics as numerics;
