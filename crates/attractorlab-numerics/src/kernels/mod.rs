//! Vector kernels over slices, for `f32` and `f64`, on the widest instruction set of the processor.
//!
//! Elementary functions ([`exp`], [`gaussian`], [`erf`], [`tanh`]) and the vector operations [`dot`], [`gaussian_dot`],
//! [`axpy`], [`scale`], [`product_axpy`], [`decay_product`] and [`adam_step`]. Transfer functions with their derivatives, and the fused Euler steps of a
//! network, are methods of [`Transfer`](crate::transfer::Transfer) that run here.
//!
//! | property | what holds on every instruction set |
//! |---|---|
//! | accuracy of values | at most 2.5 units in the last place, `f32` tested on every number there is |
//! | accuracy of first and second derivatives | absolute error at most 8 ε; relative in the tails too for tanh, erf and logistic |
//! | special values | NaN gives NaN; ±0, subnormal and infinite arguments give their limits |
//! | determinism | the same bits on every machine of the same [`Level`], whatever the slice's length or alignment |
//!
//! [`level`] tells which instruction set is in use; the environment variable [`LEVEL_VARIABLE`] or
//! [`select_level`] forces one.
//!
//! Slices of different lengths are a bug of the caller and panic with the caller's location.

mod activation;
mod api;
mod buffer;
mod columns;
mod dispatch;
mod elementary;
mod equidistant;
mod lane;
mod learning;
mod passes;
mod polynomials;
mod real;
mod symmetric;
mod tiles;

pub use api::{
    adam_step, axpy, decay_product, dot, erf, erf_in_place, exp, exp_in_place, gaussian, gaussian_dot,
    gaussian_in_place, product_axpy, scale, tanh, tanh_in_place,
};
pub use dispatch::{LEVEL_VARIABLE, Level, LevelError, level, select_level};
pub use learning::AdamStep;
pub(crate) use polynomials::three_term_step;
pub use real::Real;
pub(crate) use real::{Kernels, Pass};
pub use tiles::Packed;
pub(crate) use tiles::{Part, product};
