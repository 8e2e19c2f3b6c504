//! What a network does: clamped states, spectra.

mod clamped;
mod spectrum;

pub use clamped::{Clamped, ClampedNetwork, ClampedOptions, Status};
pub use spectrum::{EffectiveConnectivity, spectrum};
