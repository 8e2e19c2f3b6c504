//! Tests of the public interface, one module a room.

mod double_double;
mod kernels;
mod linalg;
mod matrices;
mod spectra;
