//! Integration tests of attractorlab-numerics: one binary.

mod adaptive;
mod chebyshev;
mod double_double;
mod gaussian;
mod kernels;
mod levels;
mod linalg;
mod matrices;
mod reference;
mod roots;
mod spectra;
