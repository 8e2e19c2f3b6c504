//! What mean-field theory predicts, in the limit of many units.

pub mod chaos;
pub mod clamped;
pub mod feedback;
pub mod linear_learning;
pub mod low_rank;
pub mod output_dynamics;
