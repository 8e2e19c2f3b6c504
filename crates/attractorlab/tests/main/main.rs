//! Integration tests of attractorlab: one binary.

mod feedback_networks;
mod feedback_theory;
mod output_dynamics;
mod reference;
