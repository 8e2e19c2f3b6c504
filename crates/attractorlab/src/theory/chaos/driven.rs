//! The two-variance equations of a bulk under a constant drive.

use attractorlab_numerics::gaussian::{Average, Pair, PairAverage, Product};
use attractorlab_numerics::quadrature::gauss_legendre;
use attractorlab_numerics::roots::refine;
use attractorlab_numerics::transfer::Transfer;

use super::ground_state::ground_state;
use super::{ChaosError, ChaoticState};
use crate::theory::clamped::{ClampedError, ClampedState, ClampedStates};

/// Step of Δ(τ); the ground state's energy is extrapolated from this step and twice it.
const STEP: f64 = 0.05;

/// Ends of the panels of the energy integral in u = √(distance from Δ₀), finer where a steep φ makes C
/// change fast, and Gauss–Legendre nodes on each.
const PANELS: [f64; 4] = [0.0, 0.06, 0.3, 1.0];
const NODES: usize = 16;

/// Mean-field theory of a random bulk under a constant drive, stationary or chaotic.
///
/// Source: specification section 4, equation (13); the solution by a concave h and one monotone
/// integral is ours (see the module's page).
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::chaos::ChaosTheory;
///
/// # fn main() -> Result<(), attractorlab::theory::chaos::ChaosError> {
/// let theory = ChaosTheory::new(Transfer::Tanh, 2.0)?;
/// assert!((theory.critical_drive() - 1.635957).abs() < 1e-6);
/// let active = theory.activity(0.3)?;
/// assert!(active.chaotic);
/// assert!((active.variance() - 2.488_753_2).abs() < 1e-6 && (active.persistent - 1.698_780_4).abs() < 1e-6);
/// assert!(!theory.activity(2.0)?.chaotic);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ChaosTheory {
    states: ClampedStates,
    critical_drive: f64,
    nodes: Vec<(f64, f64)>,
    /// E φφ and E φ'φ' where the series of the states are too long.
    rates: PairAverage,
    gains: PairAverage,
}

/// Up to this variance the Hermite series of a state is complete for every correlation.
const SERIES: f64 = 12.0;

/// What a driven bulk does.
#[derive(Debug, Clone)]
pub struct Activity {
    /// Averages at the variance of the units' inputs: Δ of the stationary state or Δ₀ of the chaotic one.
    pub state: ClampedState,
    /// Δ∞, the variance over units of the time averages; equal to the variance in a stationary state.
    pub persistent: f64,
    /// Whether the state is chaotic.
    pub chaotic: bool,
}

impl Activity {
    /// Variance of the units' inputs, over units and time.
    pub fn variance(&self) -> f64 {
        self.state.delta
    }
}

impl ChaosTheory {
    /// The theory for a transfer function (tanh or erf) and a gain 0 ≤ g ≤ 100.
    ///
    /// # Errors
    /// [`ChaosError::Transfer`], [`ChaosError::Gain`].
    pub fn new(transfer: Transfer, g: f64) -> Result<Self, ChaosError> {
        if !matches!(transfer, Transfer::Tanh | Transfer::Erf) {
            return Err(ChaosError::Transfer { transfer: transfer.name() });
        }
        if !(0.0..=100.0).contains(&g) {
            return Err(ChaosError::Gain { g });
        }
        let states = ClampedStates::new(transfer, g)?;
        let critical_drive = critical_drive(transfer, g)?;
        let rates = PairAverage::new(transfer, Product::VALUE, Product::VALUE)?;
        let gains = PairAverage::new(transfer, Product::FIRST, Product::FIRST)?;
        Ok(Self { states, critical_drive, nodes: energy_nodes(), rates, gains })
    }

    /// The gain g.
    pub fn g(&self) -> f64 {
        self.states.g()
    }

    /// S_c(g), the variance of the drive from which on the state is stationary: there g²⟨φ'²⟩ = 1. Zero if
    /// g·φ'(0) ≤ 1, where it always is.
    pub fn critical_drive(&self) -> f64 {
        self.critical_drive
    }

    /// The state under a drive of variance `drive`: chaotic below [`Self::critical_drive`], stationary above.
    ///
    /// # Errors
    /// [`ChaosError::Clamped`] if the variance is negative or not finite.
    pub fn activity(&self, drive: f64) -> Result<Activity, ChaosError> {
        let stationary = self.states.state(drive)?;
        let g2 = self.g() * self.g();
        if drive < self.critical_drive
            && g2 * stationary.gain_squared > 1.0
            && let Some((state, persistent)) = self.chaotic(drive, stationary.delta)?
        {
            return Ok(Activity { state, persistent, chaotic: true });
        }
        let persistent = stationary.delta;
        Ok(Activity { state: stationary, persistent, chaotic: false })
    }

    /// The chaotic state under a drive of variance `drive`, with its autocorrelation and exponent.
    ///
    /// # Errors
    /// [`ChaosError::Quiet`] if g·φ'(0) ≤ 1; [`ChaosError::Suppressed`] at and above the critical
    /// drive; [`ChaosError::Clamped`] if the variance is negative or not finite.
    pub fn state(&self, drive: f64) -> Result<ChaoticState, ChaosError> {
        let g = self.g();
        let critical = 1.0 / self.states.transfer().first(0.0);
        if g <= critical {
            return Err(ChaosError::Quiet { g, critical });
        }
        let activity = self.activity(drive)?;
        if !activity.chaotic {
            return Err(ChaosError::Suppressed { g, drive, critical: self.critical_drive });
        }
        let (variance, persistent) = (activity.variance(), activity.persistent);
        let autocorrelation = self.autocorrelation(&activity, drive);
        let well = |delta: f64| 1.0 - g * g * self.rates_and_gains(&activity.state, delta).1;
        let mut potential: Vec<f64> = autocorrelation.iter().map(|&delta| well(delta)).collect();
        // The ground state reaches further than Δ: go on with its exponential tail, Δ − Δ∞ ∝ e^(−τ√W∞).
        // Without a drive the first correction of W is of second order in Δ.
        let edge = well(persistent);
        let depth = potential[potential.len() - 1] - edge;
        let decay = edge.max(1e-12).sqrt();
        let order = if persistent == 0.0 { 2.0 } else { 1.0 };
        let tail = (30.0 / decay / STEP) as usize;
        potential
            .extend((1..=tail.min(200_000)).map(|k| edge + depth * (-order * decay * STEP * k as f64).exp()));
        let fine = ground_state(&potential, STEP);
        let coarse = ground_state(&potential.iter().step_by(2).copied().collect::<Vec<_>>(), 2.0 * STEP);
        let energy = fine + (fine - coarse) / 3.0;
        let lyapunov_exponent = (1.0 - energy).sqrt() - 1.0;
        Ok(ChaoticState { variance, persistent, step: STEP, autocorrelation, lyapunov_exponent })
    }

    /// E φφ and E φ'φ' at two times between which the covariance is `delta`.
    fn rates_and_gains(&self, state: &ClampedState, delta: f64) -> (f64, f64) {
        if state.delta <= SERIES {
            return self.states.rates_and_gains(state, state, delta);
        }
        let law = Pair::centered(state.delta, state.delta, delta);
        (self.rates.at(law), self.gains.at(law))
    }

    /// h(Δ) = Δ − g²C(Δ) − S and its slope.
    fn force(&self, state: &ClampedState, delta: f64, drive: f64) -> (f64, f64) {
        let g2 = self.g() * self.g();
        let (rates, gains) = self.rates_and_gains(state, delta);
        (delta - g2 * rates - drive, 1.0 - g2 * gains)
    }

    /// Δ∞ of a trial state: the smaller root of the concave h, from below; `None` if there is none.
    fn smaller_root(&self, state: &ClampedState, drive: f64) -> Option<f64> {
        let mut delta = drive;
        for _ in 0..200 {
            let (force, slope) = self.force(state, delta, drive);
            if slope <= 0.0 {
                return None;
            }
            if force >= 0.0 {
                return Some(delta);
            }
            let next = delta - force / slope;
            if next >= state.delta {
                return None;
            }
            if next - delta <= 1e-15 * delta {
                return Some(next);
            }
            delta = next;
        }
        None
    }

    /// ∫ h dΔ from Δ∞ to Δ₀ over Δ₀², with Δ = Δ₀ − (Δ₀ − Δ∞)u², in which h is smooth even where φ is
    /// nearly a step.
    fn energy(&self, state: &ClampedState, persistent: f64, drive: f64) -> f64 {
        let width = state.delta - persistent;
        let sum: f64 = self
            .nodes
            .iter()
            .map(|&(u, weight)| 2.0 * u * weight * self.force(state, state.delta - width * u * u, drive).0)
            .sum();
        width * sum / (state.delta * state.delta)
    }

    /// The state with Δ₀ and its Δ∞; `None` if it cannot be told from the stationary one.
    fn chaotic(&self, drive: f64, stationary: f64) -> Result<Option<(ClampedState, f64)>, ChaosError> {
        let trial = |variance: f64| -> Result<Option<(ClampedState, f64, f64)>, ClampedError> {
            let state = self.states.at_variance(variance)?;
            Ok(self.smaller_root(&state, drive).map(|persistent| {
                let energy = self.energy(&state, persistent, drive);
                (state, persistent, energy)
            }))
        };
        let (mut low, mut high) = (drive, stationary);
        // The larger trial is on the side of positive energy; the smaller one may have no Δ∞ at all.
        let Some((_, _, mut above)) = trial(high)?.filter(|t| t.2 > 0.0) else { return Ok(None) };
        let mut below = None;
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            match trial(middle)? {
                Some((_, _, energy)) if energy > 0.0 => (high, above) = (middle, energy),
                Some((_, _, energy)) => {
                    below = Some(energy);
                    low = middle;
                    break;
                }
                None => low = middle,
            }
            if high - low <= 1e-14 * high {
                return Ok(None);
            }
        }
        let Some(below) = below else { return Ok(None) };
        let mut failure = None;
        let energy = |variance: f64| match trial(variance) {
            Ok(Some((_, _, energy))) => energy,
            Ok(None) => f64::NAN,
            Err(error) => {
                failure.get_or_insert(error);
                f64::NAN
            }
        };
        let (variance, _) = refine(energy, (low, below), (high, above));
        if let Some(error) = failure {
            return Err(error.into());
        }
        Ok(trial(variance)?.map(|(state, persistent, _)| (state, persistent)))
    }

    /// Δ(τ) by the Runge–Kutta method, until it has come within 1e-5 of the way to Δ∞: the end is a saddle,
    /// and beyond that the error of Δ₀ would grow faster than the rest decays.
    fn autocorrelation(&self, activity: &Activity, drive: f64) -> Vec<f64> {
        let (variance, persistent) = (activity.variance(), activity.persistent);
        let force = |delta: f64| self.force(&activity.state, delta.clamp(-variance, variance), drive).0;
        let (mut delta, mut speed) = (variance, 0.0);
        let mut values = vec![delta];
        while delta - persistent > 1e-5 * (variance - persistent) && values.len() < 100_000 {
            let h = STEP;
            let k1 = (speed, force(delta));
            let k2 = (speed + 0.5 * h * k1.1, force(delta + 0.5 * h * k1.0));
            let k3 = (speed + 0.5 * h * k2.1, force(delta + 0.5 * h * k2.0));
            let k4 = (speed + h * k3.1, force(delta + h * k3.0));
            let next = delta + h / 6.0 * (k1.0 + 2.0 * k2.0 + 2.0 * k3.0 + k4.0);
            speed += h / 6.0 * (k1.1 + 2.0 * k2.1 + 2.0 * k3.1 + k4.1);
            if next <= persistent || next >= delta {
                break;
            }
            delta = next;
            values.push(delta);
        }
        values
    }
}

/// Nodes and weights on [0, 1], panel by panel.
fn energy_nodes() -> Vec<(f64, f64)> {
    let rule = gauss_legendre(NODES);
    PANELS
        .windows(2)
        .flat_map(|ends| {
            let (middle, half) = (0.5 * (ends[0] + ends[1]), 0.5 * (ends[1] - ends[0]));
            rule.iter().map(move |&(node, weight)| (middle + half * node, half * weight)).collect::<Vec<_>>()
        })
        .collect()
}

/// S_c: ⟨φ'²⟩ falls with Δ, so that g²⟨φ'²⟩ = 1 at one Δ; there S = Δ − g²⟨φ²⟩.
fn critical_drive(transfer: Transfer, g: f64) -> Result<f64, ChaosError> {
    if g * transfer.first(0.0) <= 1.0 {
        return Ok(0.0);
    }
    let gains = Average::new(transfer, Product::FIRST * Product::FIRST)?;
    let power = Average::new(transfer, Product::VALUE * Product::VALUE)?;
    let g2 = g * g;
    let excess = |sd: f64| g2 * gains.at(0.0, sd) - 1.0;
    let mut high = 1.0;
    while excess(high) > 0.0 {
        high *= 2.0;
    }
    let sd = refine(excess, (0.0, excess(0.0)), (high, excess(high))).0;
    Ok((sd * sd - g2 * power.at(0.0, sd)).max(0.0))
}
