//! Integration tests of attractorlab-numerics: one binary.

mod gaussian;
