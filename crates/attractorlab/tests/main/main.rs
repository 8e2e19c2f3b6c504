//! Integration tests of attractorlab: one binary.

mod chaos;
mod dynamics;
mod feedback_theory;
mod rate_networks;
mod reference;
