//! Mean-field theory of chaos in random networks, with a constant drive (Sompolinsky, Crisanti &
//! Sommers 1988; with a static drive: Mastrogiuseppe & Ostojic 2018, 2019).
//!
//! A network dx/dt = −x + Jφ(x) + drive with entries of variance g²/N, an odd φ and a drive of
//! variance S is described by one Gaussian process with autocorrelation Δ(τ) = ⟨x(t)x(t+τ)⟩, which
//! obeys Newton's equation
//!
//! Δ'' = h(Δ) = Δ − g² C(Δ) − S = −∂V/∂Δ,  C = ⟨φ(x)φ(y)⟩ for variances Δ₀ = Δ(0) and covariance Δ.
//!
//! The motion starts at rest in Δ₀ and ends at rest in Δ∞, the variance of the time average, so that
//!
//! h(Δ∞) = 0 and ∫ h dΔ = 0 from Δ∞ to Δ₀ (conservation of energy).
//!
//! These are the two-variance equations. For a trial Δ₀ the function h is concave in Δ ≥ 0 (C is a
//! power series with coefficients that are not negative), so that it has at most two roots; Δ∞ is the
//! smaller one, reached by Newton's method from Δ = S without a step back. The integral is negative
//! where the roots meet and positive at Δ₀ = Δ_static, the variance of the stationary solution (ours:
//! there h > 0 in between and h(Δ₀) = 0), and its root between them is the chaotic state. Without a
//! drive Δ∞ = 0.
//!
//! Two trajectories close to each other part at the rate λ = −1 + √(1 − E₀), where E₀ is the ground-state
//! energy of the Schrödinger equation −ψ'' + W ψ = E ψ with W(τ) = 1 − g²⟨φ'(x)φ'(y)⟩. The derivative
//! Δ'(τ) is an eigenfunction with E = 0 and one node: E₀ < 0, hence λ > 0, wherever Δ₀ > Δ∞.

mod driven;
mod ground_state;

use attractorlab_numerics::gaussian::AverageError;
use attractorlab_numerics::transfer::Transfer;

pub use driven::{Activity, ChaosTheory};

use super::clamped::ClampedError;

/// The chaotic state of an infinite random network.
#[derive(Debug, Clone)]
pub struct ChaoticState {
    /// Δ₀, the variance of x over units and time.
    pub variance: f64,
    /// Δ∞, the variance over units of the time averages; zero without a drive.
    pub persistent: f64,
    /// Step between two values of the autocorrelation.
    pub step: f64,
    /// Δ(τ) at τ = 0, step, 2·step, …, until it has fallen to Δ∞.
    pub autocorrelation: Vec<f64>,
    /// The largest Lyapunov exponent λ.
    pub lyapunov_exponent: f64,
}

/// Why there is no chaotic state.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChaosError {
    /// The theory here is for odd, saturating functions.
    #[error("the theory of chaos is for odd, saturating transfer functions (tanh, erf), got {transfer}")]
    Transfer {
        /// Its name.
        transfer: &'static str,
    },
    /// Activity dies out.
    #[error("with g = {g} activity dies out: chaos needs g·φ'(0) > 1, here g > {critical}")]
    Quiet {
        /// The strength of the bulk.
        g: f64,
        /// 1/φ'(0).
        critical: f64,
    },
    /// The drive holds the network still.
    #[error(
        "a drive of variance {drive} suppresses chaos: at g = {g} the state is stationary for drives above {critical}"
    )]
    Suppressed {
        /// The strength of the bulk.
        g: f64,
        /// The variance of the drive.
        drive: f64,
        /// S_c(g), from which on the state is stationary.
        critical: f64,
    },
    /// g is not a number of ordinary size.
    #[error("g must be a finite number from 0 to 100, got {g}")]
    Gain {
        /// What was given.
        g: f64,
    },
    /// The theory of clamped states refuses.
    #[error(transparent)]
    Clamped(#[from] ClampedError),
    /// An average does not exist.
    #[error(transparent)]
    Average(#[from] AverageError),
}

/// The chaotic state of a network without input, with a Gaussian bulk of radius g and time constant 1;
/// for one with input see [`ChaosTheory::state`].
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::chaos::chaotic_state;
///
/// # fn main() -> Result<(), attractorlab::theory::chaos::ChaosError> {
/// let state = chaotic_state(Transfer::Tanh, 1.5)?;
/// assert!((state.variance - 0.747_686_4).abs() < 1e-6);
/// assert!(state.lyapunov_exponent > 0.0);
/// assert!(chaotic_state(Transfer::Tanh, 0.9).is_err());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ChaosError`] for g·φ'(0) ≤ 1, and for transfer functions other than tanh and erf.
pub fn chaotic_state(transfer: Transfer, g: f64) -> Result<ChaoticState, ChaosError> {
    ChaosTheory::new(transfer, g)?.state(0.0)
}
