//! Several clamped states of one network, and their covariances.
//!
//! Clamp the same random bulk at two different drives: the states it settles in are jointly
//! Gaussian over the units. Their covariance solves Σ₁₂ = g² E φ(x₁)φ(x₂) + (covariance of the
//! drives), whose right side has slope g² E φ'φ' < 1 while both states are stable, so that the root
//! is unique. Everything that least squares, recursive least squares or slow gradient descent make
//! of clamped states is built from these numbers.

use std::sync::Arc;

use attractorlab_numerics::gaussian::{
    Average, Averages, HermiteSeries, Pair, PairAverage, Product, relu_pair,
};
use attractorlab_numerics::roots::{Options, all_roots};
use attractorlab_numerics::special::normal_cdf;
use attractorlab_numerics::transfer::Transfer;

use super::{ClampedError, DriveTheory};

/// Mean-field theory of the clamped states of one random bulk of gain g, for any transfer function
/// except those whose averages are missing.
#[derive(Debug, Clone)]
pub struct ClampedStates {
    transfer: Transfer,
    g: f64,
    power: Average,
    moments: Averages,
    /// The quick way to the variance of an odd, saturating network.
    sigmoid: Option<DriveTheory>,
    direct: Option<DirectPairs>,
}

/// Pair averages with closed forms.
#[derive(Debug, Clone)]
struct DirectPairs {
    rates: PairAverage,
    gains: PairAverage,
    curvature: PairAverage,
}

/// One clamped state, in the limit of many units.
#[derive(Debug, Clone)]
pub struct ClampedState {
    /// Variance Δ of the units' inputs.
    pub delta: f64,
    /// C = ⟨φ²⟩.
    pub power: f64,
    /// P = ⟨φ'²⟩.
    pub gain_squared: f64,
    /// B = ⟨φφ''⟩.
    pub curvature: f64,
    /// ⟨φ'⟩.
    pub gain: f64,
    /// ⟨φ⟩.
    pub mean_rate: f64,
    series: Option<Arc<HermiteSeries>>,
}

impl PairOfStates {
    /// The same pair with first and second exchanged.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self { curvature_second: self.curvature_first, curvature_first: self.curvature_second, ..self }
    }

    /// A state with itself.
    pub fn of_one(state: &ClampedState) -> Self {
        Self {
            covariance: state.delta,
            rates: state.power,
            gains: state.gain_squared,
            curvature_second: state.curvature,
            curvature_first: state.curvature,
        }
    }
}

impl ClampedState {
    /// A state known by its averages alone.
    pub(super) fn plain(
        delta: f64,
        power: f64,
        gain_squared: f64,
        curvature: f64,
        gain: f64,
        mean_rate: f64,
    ) -> Self {
        Self { delta, power, gain_squared, curvature, gain, mean_rate, series: None }
    }

    /// Terms of its Hermite series; none where pair averages are closed.
    pub(crate) fn terms(&self) -> usize {
        self.series.as_ref().map_or(0, |series| series.coefficients().count())
    }

    /// K = P + B = dC/dΔ.
    pub fn power_slope(&self) -> f64 {
        self.gain_squared + self.curvature
    }
}

/// Two clamped states of the same bulk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairOfStates {
    /// Σ₁₂, the covariance of the units' inputs.
    pub covariance: f64,
    /// C₁₂ = E φ(x₁)φ(x₂).
    pub rates: f64,
    /// a₁₂ = E φ'(x₁)φ'(x₂).
    pub gains: f64,
    /// b₁₂ = E φ(x₁)φ''(x₂).
    pub curvature_second: f64,
    /// b₂₁ = E φ''(x₁)φ(x₂).
    pub curvature_first: f64,
}

impl ClampedStates {
    /// The theory for a transfer function and a gain g ≥ 0.
    ///
    /// # Errors
    /// [`ClampedError::Gain`] for a gain that is negative or not finite; [`ClampedError::Average`]
    /// for a relu threshold that is not finite.
    pub fn new(transfer: Transfer, g: f64) -> Result<Self, ClampedError> {
        if !(g.is_finite() && g >= 0.0) {
            return Err(ClampedError::Gain { g });
        }
        let (phi, first, second) = (Product::VALUE, Product::FIRST, Product::SECOND);
        let analytic = matches!(transfer, Transfer::Tanh | Transfer::Softplus | Transfer::Logistic);
        let direct = if analytic {
            None
        } else {
            Some(DirectPairs {
                rates: PairAverage::new(transfer, phi, phi)?,
                gains: PairAverage::new(transfer, first, first)?,
                curvature: PairAverage::new(transfer, phi, second)?,
            })
        };
        let sigmoid = match transfer {
            Transfer::Tanh | Transfer::Erf => Some(DriveTheory::new(transfer, g)?),
            _ => None,
        };
        Ok(Self {
            transfer,
            g,
            sigmoid,
            power: Average::new(transfer, phi * phi)?,
            moments: Averages::new(transfer, &[phi * phi, first * first, phi * second, first, phi])?,
            direct,
        })
    }

    /// The gain g.
    pub fn g(&self) -> f64 {
        self.g
    }

    /// The transfer function.
    pub fn transfer(&self) -> Transfer {
        self.transfer
    }

    /// The state under a drive of variance `drive`: the smallest root of Δ = g²⟨φ²⟩_Δ + S, except
    /// for an undriven odd network with g > 1, where it is the root that is not silent.
    ///
    /// # Errors
    /// [`ClampedError::Drive`] if the variance is negative or not finite;
    /// [`ClampedError::NoState`] if no variance solves the equation (an unbounded transfer function
    /// under too strong a bulk).
    pub fn state(&self, drive: f64) -> Result<ClampedState, ClampedError> {
        if !(drive.is_finite() && drive >= 0.0) {
            return Err(ClampedError::Drive { drive });
        }
        self.at_variance(self.variance(drive)?)
    }

    /// The same for a state that is only ever paired with states of at most `terms` terms: what its own series has beyond
    /// them is not computed.
    pub(crate) fn state_beside(&self, drive: f64, terms: usize) -> Result<ClampedState, ClampedError> {
        if !(drive.is_finite() && drive >= 0.0) {
            return Err(ClampedError::Drive { drive });
        }
        // One more serves the sums with φ''.
        self.expanded(self.variance(drive)?, terms + 2)
    }

    /// The averages of a state of variance `delta`, whatever its drive.
    ///
    /// # Errors
    /// [`ClampedError::Average`] if the variance is negative or not finite.
    pub fn at_variance(&self, delta: f64) -> Result<ClampedState, ClampedError> {
        self.expanded(delta, usize::MAX)
    }

    fn expanded(&self, delta: f64, terms: usize) -> Result<ClampedState, ClampedError> {
        let sd = delta.sqrt();
        let mut values = [0.0; 5];
        self.moments.at(0.0, sd, &mut values);
        let [power, gain_squared, curvature, gain, mean_rate] = values;
        let series = match self.direct {
            None => Some(Arc::new(HermiteSeries::with_terms(self.transfer, sd, terms)?)),
            Some(_) => None,
        };
        Ok(ClampedState { delta, power, gain_squared, curvature, gain, mean_rate, series })
    }

    fn variance(&self, drive: f64) -> Result<f64, ClampedError> {
        if self.g == 0.0 {
            return Ok(drive);
        }
        if let Some(theory) = &self.sigmoid {
            return Ok(theory.at(drive)?.delta);
        }
        match self.transfer {
            Transfer::Linear if self.g < 1.0 => Ok(drive / (1.0 - self.g * self.g)),
            Transfer::Linear => Err(ClampedError::NoState { g: self.g, drive }),
            Transfer::Relu { threshold } => self.relu_variance(threshold, drive),
            _ => self.smallest_variance(drive),
        }
    }

    /// For relu d⟨φ²⟩/dΔ = Q(θ/√Δ), which falls with Δ for θ ≤ 0 and rises for θ > 0. So the excess
    /// Δ − g²⟨φ²⟩ − S is convex, with one root if g² < 2, that Newton's method reaches from above
    /// without a step back; or concave, with its smallest root reached likewise from Δ = S.
    fn relu_variance(&self, threshold: f64, drive: f64) -> Result<f64, ClampedError> {
        let gain_squared = self.g * self.g;
        let none = Err(ClampedError::NoState { g: self.g, drive });
        let excess = |delta: f64| delta - gain_squared * self.power.at(0.0, delta.sqrt()) - drive;
        let slope = |delta: f64| {
            let sd = delta.sqrt();
            let tail = if sd > 0.0 {
                normal_cdf(-threshold / sd)
            } else if threshold > 0.0 {
                0.0
            } else {
                1.0
            };
            1.0 - gain_squared * tail
        };
        let mut delta = drive;
        if threshold <= 0.0 {
            if gain_squared >= 2.0 {
                return none;
            }
            delta = delta.max(1e-300);
            while excess(delta) < 0.0 {
                delta = 2.0 * delta + threshold * threshold + f64::MIN_POSITIVE;
            }
        }
        for _ in 0..500 {
            let slope = slope(delta);
            if slope <= 0.0 {
                return none;
            }
            let next = delta - excess(delta) / slope;
            if !next.is_finite() || next > 1e12 {
                return none;
            }
            let moved = (next - delta).abs();
            delta = next.max(0.0);
            if moved <= 1e-15 * delta {
                break;
            }
        }
        Ok(delta)
    }

    fn smallest_variance(&self, drive: f64) -> Result<f64, ClampedError> {
        let gain_squared = self.g * self.g;
        let excess = |delta: f64| delta - gain_squared * self.power.at(0.0, delta.max(0.0).sqrt()) - drive;
        smallest_root(excess, self.g, drive, drive)
    }

    /// The covariance of two states whose drives have covariance `drive_covariance`.
    ///
    /// # Errors
    /// [`ClampedError::Drive`] if the covariance is not finite.
    ///
    /// # Panics
    /// If the states are not those of this theory's transfer function.
    pub fn pair(
        &self,
        first: &ClampedState,
        second: &ClampedState,
        drive_covariance: f64,
    ) -> Result<PairOfStates, ClampedError> {
        if !drive_covariance.is_finite() {
            return Err(ClampedError::Drive { drive: drive_covariance });
        }
        let gain_squared = self.g * self.g;
        let bound = (first.delta * second.delta).sqrt();
        let mut covariance = drive_covariance.clamp(-bound, bound);
        if gain_squared > 0.0 && bound > 0.0 {
            // At ±bound the excess has the sign of the bound, by Cauchy–Schwarz: a bracket.
            let (mut low, mut high) = (-bound, bound);
            for _ in 0..80 {
                let (rates, gains) = self.rates_and_gains(first, second, covariance);
                let excess = covariance - gain_squared * rates - drive_covariance;
                if excess > 0.0 {
                    high = high.min(covariance);
                } else {
                    low = low.max(covariance);
                }
                let slope = 1.0 - gain_squared * gains;
                let newton = covariance - excess / slope;
                let next =
                    if slope > 0.0 && newton >= low && newton <= high { newton } else { 0.5 * (low + high) };
                let moved = (next - covariance).abs();
                covariance = next;
                if moved <= 1e-14 * bound {
                    break;
                }
            }
        }
        Ok(self.at_covariance(first, second, covariance))
    }

    /// Pair averages of two states at a given covariance of their inputs.
    ///
    /// # Panics
    /// If the states are not those of this theory's transfer function.
    pub fn at_covariance(
        &self,
        first: &ClampedState,
        second: &ClampedState,
        covariance: f64,
    ) -> PairOfStates {
        if let (Some(a), Some(b)) = (&first.series, &second.series) {
            let m = a.pair(b, correlation(first, second, covariance));
            let gains = if m.gains.is_nan() { first.gain * second.gain } else { m.gains };
            return PairOfStates {
                covariance,
                rates: m.rates,
                gains,
                curvature_second: m.curvature_second,
                curvature_first: m.curvature_first,
            };
        }
        let law = Pair::centered(first.delta, second.delta, covariance);
        if let Some(threshold) = self.joint_relu(first, second) {
            let m = relu_pair(threshold, law);
            return PairOfStates {
                covariance,
                rates: m.rates,
                gains: m.gains,
                curvature_second: m.curvature_second,
                curvature_first: m.curvature_first,
            };
        }
        let swapped = Pair::centered(second.delta, first.delta, covariance);
        let direct = self.direct_pairs();
        PairOfStates {
            covariance,
            rates: direct.rates.at(law),
            gains: direct.gains.at(law),
            curvature_second: direct.curvature.at(law),
            curvature_first: direct.curvature.at(swapped),
        }
    }

    /// E φ(x₁)φ(x₂) alone at a given covariance.
    ///
    /// # Panics
    /// If the states are not those of this theory's transfer function.
    pub fn rates_at_covariance(&self, first: &ClampedState, second: &ClampedState, covariance: f64) -> f64 {
        if first.series.is_some() {
            return self.rates_and_gains(first, second, covariance).0;
        }
        self.direct_pairs().rates.at(Pair::centered(first.delta, second.delta, covariance))
    }

    pub(crate) fn rates_and_gains(
        &self,
        first: &ClampedState,
        second: &ClampedState,
        covariance: f64,
    ) -> (f64, f64) {
        if let (Some(a), Some(b)) = (&first.series, &second.series) {
            return a.rates_and_gains(b, correlation(first, second, covariance));
        }
        let law = Pair::centered(first.delta, second.delta, covariance);
        if let Some(threshold) = self.joint_relu(first, second) {
            let m = relu_pair(threshold, law);
            return (m.rates, m.gains);
        }
        let direct = self.direct_pairs();
        (direct.rates.at(law), direct.gains.at(law))
    }

    /// The threshold of relu, whose pair averages are best computed together; `None` for other
    /// transfer functions and for states without variance.
    fn joint_relu(&self, first: &ClampedState, second: &ClampedState) -> Option<f64> {
        match self.transfer {
            Transfer::Relu { threshold } if first.delta > 0.0 && second.delta > 0.0 => Some(threshold),
            _ => None,
        }
    }

    fn direct_pairs(&self) -> &DirectPairs {
        self.direct.as_ref().expect("states of one theory carry series exactly where it has no closed pairs")
    }
}

/// March up from Δ = `start` in growing stretches until the excess Δ − g²⟨φ²⟩ − S, negative at first,
/// vanishes; `drive` sets the length of the first stretch.
pub(super) fn smallest_root(
    excess: impl Fn(f64) -> f64,
    g: f64,
    start: f64,
    drive: f64,
) -> Result<f64, ClampedError> {
    let mut low = start;
    let mut width = 0.5 * (drive + g * g).max(1e-3);
    while low < 1e9 {
        let high = low + width;
        let found = all_roots(&excess, low, high, Options { minimum_pieces: 2, accuracy: 1e-13 });
        if let Ok(roots) = found
            && let Some(root) = roots.roots.first()
        {
            return Ok(root.x);
        }
        low = high;
        width *= 3.0;
    }
    Err(ClampedError::NoState { g, drive })
}

fn correlation(first: &ClampedState, second: &ClampedState, covariance: f64) -> f64 {
    let bound = (first.delta * second.delta).sqrt();
    if bound > 0.0 { (covariance / bound).clamp(-1.0, 1.0) } else { 0.0 }
}
