//! Mean-field theory of chaos in random networks (Sompolinsky, Crisanti & Sommers 1988).
//!
//! A network dx/dt = −x + Jφ(x) with entries of variance g²/N and an odd φ is described by one Gaussian
//! process with autocorrelation Δ(τ) = ⟨x(t)x(t+τ)⟩, which obeys Newton's equation
//!
//! Δ'' = Δ − g² C(Δ) = −∂V/∂Δ,  C = ⟨φ(x)φ(y)⟩ for variances Δ₀ = Δ(0) and covariance Δ,
//!
//! in the potential V = −Δ²/2 + g²(⟨Φ(x)Φ(y)⟩ − ⟨Φ⟩²), where Φ is the primitive of φ. The
//! motion starts at rest in Δ₀ and ends at rest in Δ = 0, so that V(Δ₀) = V(0) fixes Δ₀. Two
//! trajectories close to each other part at the rate λ = −1 + √(1 − E₀), where E₀ is the ground-state
//! energy of the Schrödinger equation −ψ'' + W ψ = E ψ with W(τ) = 1 − g²⟨φ'(x)φ'(y)⟩. The derivative
//! Δ'(τ) is an eigenfunction with E = 0 and one node: E₀ < 0, hence λ > 0, wherever Δ₀ > 0.

use attractorlab_numerics::gaussian::{Average, AverageError, Pair, PairAverage, Product};
use attractorlab_numerics::roots::refine;
use attractorlab_numerics::transfer::Transfer;

/// Step of Δ(τ); the ground state's energy is extrapolated from this step and twice it.
const STEP: f64 = 0.05;

/// The chaotic state of an infinite random network.
#[derive(Debug, Clone)]
pub struct ChaoticState {
    /// Δ₀, the variance of x.
    pub variance: f64,
    /// Step between two values of the autocorrelation.
    pub step: f64,
    /// Δ(τ) at τ = 0, step, 2·step, ….
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
    /// g is not a number of ordinary size.
    #[error("g must be finite and at most 100, got {g}")]
    Gain {
        /// What was given.
        g: f64,
    },
    /// An average does not exist.
    #[error(transparent)]
    Average(#[from] AverageError),
}

/// The chaotic state of a network with a Gaussian bulk of radius g and time constant 1.
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
    if !matches!(transfer, Transfer::Tanh | Transfer::Erf) {
        return Err(ChaosError::Transfer { transfer: transfer.name() });
    }
    if !(g.is_finite() && g <= 100.0) {
        return Err(ChaosError::Gain { g });
    }
    let critical = 1.0 / transfer.first(0.0);
    if g <= critical {
        return Err(ChaosError::Quiet { g, critical });
    }
    let variance = variance(transfer, g)?;
    let autocorrelation = autocorrelation(transfer, g, variance)?;
    let slopes = PairAverage::new(transfer, Product::FIRST, Product::FIRST)?;
    let well = |delta: f64| 1.0 - g * g * slopes.at(Pair::centered(variance, variance, delta));
    let mut potential: Vec<f64> = autocorrelation.iter().map(|&delta| well(delta)).collect();
    // The ground state reaches further than Δ: go on with its exponential tail.
    let edge = well(0.0);
    let (last, depth) = (autocorrelation[autocorrelation.len() - 1], potential[potential.len() - 1] - edge);
    let decay = edge.max(1e-12).sqrt();
    if last > 0.0 {
        let tail = (30.0 / decay / STEP) as usize;
        potential
            .extend((1..=tail.min(200_000)).map(|k| edge + depth * (-2.0 * decay * STEP * k as f64).exp()));
    }
    let fine = ground_state(&potential, STEP);
    let coarse = ground_state(&potential.iter().step_by(2).copied().collect::<Vec<_>>(), 2.0 * STEP);
    let energy = fine + (fine - coarse) / 3.0;
    Ok(ChaoticState { variance, step: STEP, autocorrelation, lyapunov_exponent: (1.0 - energy).sqrt() - 1.0 })
}

/// Δ₀ from Δ₀²/2 = g²(⟨Φ²⟩ − ⟨Φ⟩²).
fn variance(transfer: Transfer, g: f64) -> Result<f64, ChaosError> {
    let square = Average::new(transfer, Product::PRIMITIVE * Product::PRIMITIVE)?;
    let primitive = Average::new(transfer, Product::PRIMITIVE)?;
    let mut excess = |variance: f64| {
        let sd = variance.sqrt();
        let mean = primitive.at(0.0, sd);
        // Over Δ²: the difference is of that order near the transition.
        0.5 - g * g * (square.at(0.0, sd) - mean * mean) / (variance * variance)
    };
    let mut low = 1e-4;
    while excess(low) > 0.0 && low > 1e-9 {
        low *= 0.1;
    }
    let mut high = 2.0 * low;
    while excess(high) < 0.0 {
        high *= 2.0;
    }
    let ends = ((low, excess(low)), (high, excess(high)));
    Ok(refine(&mut excess, ends.0, ends.1).0)
}

/// Δ(τ) by the Runge–Kutta method, until it has fallen to 1e-5 of Δ₀: the end is a saddle, and beyond
/// that the error of Δ₀ would grow faster than the rest decays.
fn autocorrelation(transfer: Transfer, g: f64, variance: f64) -> Result<Vec<f64>, ChaosError> {
    let rates = PairAverage::new(transfer, Product::VALUE, Product::VALUE)?;
    let force = |delta: f64| {
        let delta = delta.clamp(-variance, variance);
        delta - g * g * rates.at(Pair::centered(variance, variance, delta))
    };
    let (mut delta, mut speed) = (variance, 0.0);
    let mut values = vec![delta];
    while delta > 1e-5 * variance && values.len() < 100_000 {
        let h = STEP;
        let k1 = (speed, force(delta));
        let k2 = (speed + 0.5 * h * k1.1, force(delta + 0.5 * h * k1.0));
        let k3 = (speed + 0.5 * h * k2.1, force(delta + 0.5 * h * k2.0));
        let k4 = (speed + h * k3.1, force(delta + h * k3.0));
        let next = delta + h / 6.0 * (k1.0 + 2.0 * k2.0 + 2.0 * k3.0 + k4.0);
        speed += h / 6.0 * (k1.1 + 2.0 * k2.1 + 2.0 * k3.1 + k4.1);
        if next <= 0.0 || next >= delta {
            break;
        }
        delta = next;
        values.push(delta);
    }
    Ok(values)
}

/// Lowest eigenvalue of −ψ'' + W ψ on the even functions, by bisection on the number of negative pivots
/// (Sturm) of the tridiagonal matrix of second differences.
fn ground_state(potential: &[f64], step: f64) -> f64 {
    let inverse = 1.0 / (step * step);
    let below = |energy: f64| {
        let mut pivot = 2.0 * inverse + potential[0] - energy;
        if pivot < 0.0 {
            return true;
        }
        // An even function's first coupling is √2 as strong, once symmetrised.
        let mut coupling = 2.0 * inverse * inverse;
        for w in &potential[1..] {
            pivot = 2.0 * inverse + w - energy - coupling / pivot;
            if pivot < 0.0 {
                return true;
            }
            coupling = inverse * inverse;
        }
        false
    };
    let (mut low, mut high) =
        potential.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), &w| (l.min(w), h.max(w)));
    low -= 1.0;
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if below(middle) { high = middle } else { low = middle }
    }
    0.5 * (low + high)
}
