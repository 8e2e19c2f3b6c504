//! Vector kernels over slices, for `f32` and `f64`.

mod real;

pub use real::Real;
