//! Rivkind & Barak 2017: local dynamics in trained recurrent neural networks.

mod networks;
mod prediction;
mod scores;

pub use prediction::Prediction;
