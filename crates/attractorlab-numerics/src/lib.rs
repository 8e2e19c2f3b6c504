//! Gaussian averages, all-roots search, vector kernels, linear algebra, memory and random streams.
//!
//! This crate knows no network: everything here is plain numerical mathematics.

pub mod chebyshev;
pub mod gaussian;
pub mod interval;
pub mod kernels;
pub mod linalg;
pub mod memory;
mod nonlinearity;
pub mod ode;
pub mod quadrature;
pub mod random;
pub mod roots;
pub mod special;
pub mod transfer;
