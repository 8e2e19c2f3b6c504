//! Integration tests of attractorlab: one binary.

mod feedback_theory;
mod reference;
