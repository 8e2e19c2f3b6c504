//! Gated recurrent units and long short-term memories.

mod pass;
mod weights;

pub use pass::GatedTape;
pub use weights::{GatedCellKind, GatedUnits};
