//! Integration tests of attractorlab: one binary.

mod chaos;
mod dynamics;
mod feedback_networks;
mod feedback_theory;
mod network_files;
mod output_dynamics;
mod output_networks;
mod rate_networks;
mod reference;
