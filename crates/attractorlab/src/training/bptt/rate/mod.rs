//! Rate networks.

mod pass;
mod weights;

pub use pass::RateTape;
pub use weights::{RateUnits, RateWeights, StepNoise};
