//! Rivkind & Barak 2017: local dynamics in trained recurrent neural networks.

mod edge_of_chaos;
mod frequency;
mod local_ode;
mod networks;
mod prediction;
mod scores;
mod stability;

pub use edge_of_chaos::EdgeOfChaosStudy;
pub use frequency::FrequencySelectivity;
pub use local_ode::LocalOde;
pub use prediction::Prediction;
pub use stability::Stability;
