//! What a network does: clamped states, spectra.

mod clamped;
mod spectrum;
mod static_map;

pub use clamped::{Clamped, ClampedNetwork, ClampedOptions, Status};
pub use spectrum::{EffectiveConnectivity, spectrum};
pub use static_map::{ClosedLoopState, StaticMap};
