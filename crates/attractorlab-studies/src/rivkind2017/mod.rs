//! Rivkind & Barak 2017: local dynamics in trained recurrent neural networks.

mod edge_of_chaos;
mod finite_size;
mod force;
mod frequency;
mod local_ode;
mod networks;
mod prediction;
mod scores;
mod stability;
mod static_map;

pub use edge_of_chaos::EdgeOfChaosStudy;
pub use finite_size::SizesAndOutputs;
pub use force::Force;
pub use frequency::FrequencySelectivity;
pub use local_ode::LocalOde;
pub use prediction::Prediction;
pub use stability::Stability;
pub use static_map::StaticMapStudy;
