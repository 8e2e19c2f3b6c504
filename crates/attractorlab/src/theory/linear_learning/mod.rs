//! How linear networks learn: low-rank change beside a random bulk (Schuessler et al. 2020).
//!
//! A linear network with W₀ = gJ, input m and readout w learns by gradient flow to answer a constant input with a
//! given output ẑ at its fixed point, z = wᵀ(1 − W)⁻¹m/N. Every step changes W by a matrix of rank one,
//! and yet the sum is nearly of rank two; the bulk makes learning faster and its change smaller.
//!
//! | wanted | item | range |
//! |---|---|---|
//! | everything, to all orders | [`LearningFlow::large`] | many units, any ẑ, 0 ≤ g ≤ 0.999 |
//! | the same for one given network | [`LearningFlow::of_network`] | exact gradient flow |
//! | the paper's expansion | [`ThirdOrder`] | until its output passes the target; error O(t⁴) |
//! | closed form | [`WithoutBulk`] | g = 0, w ⊥ m |
//! | scaling with g | [`scaling_laws`] | ẑ²β ≪ 1 |
//! | outliers | [`OutlierLaw`] | leading order in s₁ |
//! | singular values of 1 − gJ | [`singular_support`], [`singular_density`], [`singular_quadrature`] | many units |
//!
//! Learning time is τ = learning rate × epochs; β = 1/(1 − g²) and t = β²τ.

mod density;
mod error;
mod expansion;
mod flow;
mod modes;
mod without_bulk;

pub use density::{SingularNode, singular_density, singular_quadrature, singular_support};
pub use error::LearningError;
pub use expansion::{OutlierLaw, ScalingLaws, ThirdOrder, ThirdOrderState, scaling_laws};
pub use flow::{Convergence, LearnedState, LearningFlow};
pub use without_bulk::WithoutBulk;
