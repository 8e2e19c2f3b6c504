//! What everything else stands on, put to the test: random networks without training.

mod chaos;
mod outlier;
mod random_networks;
mod spectra;

pub use random_networks::RandomNetworks;
