//! Gaussian averages, all-roots search, vector kernels, linear algebra and random streams.
//!
//! This crate knows no network: everything here is plain numerical mathematics.

pub mod gaussian;
pub mod quadrature;
pub mod random;
pub mod special;
pub mod transfer;
