//! Readouts that are trained on clamped states of the network itself: least squares, ridge, slow
//! gradient descent.
//!
//! All of them are mixtures n = Σ w_k φ(x(z_k)) of clamped states, so that the static map is
//! G(z) = Σ w_k E φ(x(z_k))φ(x(z)), with the covariances of clamped states of the same bulk. The
//! paper drops the readout's dependence on the bulk; both are offered here, side by side.

use attractorlab_numerics::linalg::Mat;
use num_complex::Complex;

use super::closed_loop::{ClosedLoop, roots_of_map};
use super::inputs::check_target;
use super::{FeedbackError, FixedPoint, Inputs, Readout};
use crate::network::Transfer;
use crate::theory::clamped::{ClampedState, ClampedStates, LinearReadout, LocalDynamics, PairOfStates};

/// Whether the readout's dependence on the random bulk is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkCorrelation {
    /// Kept: exact for many units, as long as the clamped states are stationary.
    Kept,
    /// Dropped, as in the paper: the readout is made from an independent copy of the bulk's field.
    Dropped,
}

/// A readout n = Σ w_k φ(x(z_k)) of a feedback network, and the theory of its closed loop.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::feedback::{BulkCorrelation, Inputs, TrainedReadout};
///
/// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
/// let inputs = Inputs { g: 0.5, feedback_std: 1.2, input_std: 0.15, rho: 0.0 };
/// let trained = TrainedReadout::least_squares(Transfer::Tanh, inputs, 1.5, 0.0, BulkCorrelation::Kept)?;
/// let states = trained.fixed_points()?;
/// assert_eq!(states.len(), 3);
/// assert!((states[0].z + 1.4560752923563718).abs() < 1e-8);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TrainedReadout {
    inputs: Inputs,
    theory: ClampedStates,
    correlation: BulkCorrelation,
    /// Clamped outputs z_k, their states, and the weights w_k.
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    z: f64,
    state: ClampedState,
    weight: f64,
}

impl TrainedReadout {
    /// Least squares (ridge q = 0) or ridge regression on the clamped state at the target:
    /// n = A φ(x(A))/(q + ⟨φ²⟩).
    ///
    /// Source: specification sections 2.2 (ii), (iii), 5; equations (7), (10), (11).
    ///
    /// # Errors
    /// [`FeedbackError::Parameter`] for arguments out of range or a target of zero (whose readout is
    /// zero); [`FeedbackError::Clamped`] if the clamped state does not exist.
    pub fn least_squares(
        transfer: Transfer,
        inputs: Inputs,
        target: f64,
        ridge: f64,
        correlation: BulkCorrelation,
    ) -> Result<Self, FeedbackError> {
        inputs.check()?;
        check_nonzero(target)?;
        if !(ridge.is_finite() && ridge >= 0.0) {
            let expected = "a finite number that is not negative";
            return Err(FeedbackError::Parameter { name: "ridge", expected, value: ridge });
        }
        let theory = ClampedStates::new(transfer, inputs.g)?;
        let state = theory.state(inputs.drive(target))?;
        let power = match correlation {
            BulkCorrelation::Kept => state.power,
            // The copy shares the drive with the network, and nothing else.
            BulkCorrelation::Dropped => theory.at_covariance(&state, &state, inputs.drive(target)).rates,
        };
        let weight = target / (ridge + power);
        Ok(Self { inputs, theory, correlation, parts: vec![Part { z: target, state, weight }] })
    }

    /// The slow limit of the online delta rule from n = 0: the output climbs from 0 to A through
    /// clamped states, n = ∫₀ᴬ w(z')φ(x(z'))dz' with ∫₀ᶻ w(z')K(z',z)dz' = z, a Volterra equation of
    /// the first kind. Midpoint rule with `steps` nodes, of error O(steps⁻²).
    ///
    /// Source: specification section 5 (derived there).
    ///
    /// # Errors
    /// [`FeedbackError::Parameter`] for arguments out of range, a target of zero, or no steps.
    pub fn slow_gradient_descent(
        transfer: Transfer,
        inputs: Inputs,
        target: f64,
        steps: usize,
    ) -> Result<Self, FeedbackError> {
        inputs.check()?;
        check_nonzero(target)?;
        if steps == 0 {
            return Err(FeedbackError::Parameter { name: "steps", expected: "at least 1", value: 0.0 });
        }
        let theory = ClampedStates::new(transfer, inputs.g)?;
        let h = target / steps as f64;
        let mut this =
            Self { inputs, theory, correlation: BulkCorrelation::Kept, parts: Vec::with_capacity(steps) };
        for k in 0..steps {
            let (midpoint, collocation) = (h * (k as f64 + 0.5), h * (k as f64 + 1.0));
            let state = this.theory.state(inputs.drive(midpoint))?;
            let reached = this.theory.state(inputs.drive(collocation))?;
            let mut missing = collocation;
            for part in &this.parts {
                missing -= part.weight * this.pair(part, collocation, &reached)?.rates;
            }
            let mut part = Part { z: midpoint, state, weight: 1.0 };
            part.weight = missing / this.pair(&part, collocation, &reached)?.rates;
            this.parts.push(part);
        }
        Ok(this)
    }

    /// The state clamped at z, to be paired with the readout's own states.
    fn clamp(&self, z: f64) -> Result<ClampedState, FeedbackError> {
        let terms = self.parts.iter().map(|part| part.state.terms()).max().unwrap_or(0);
        Ok(self.theory.state_beside(self.inputs.drive(z), terms)?)
    }

    /// ⟨drive(z₁) drive(z₂)⟩ over the units.
    fn drive_covariance(&self, z1: f64, z2: f64) -> f64 {
        let Inputs { feedback_std, input_std, .. } = self.inputs;
        z1 * z2 * feedback_std * feedback_std + (z1 + z2) * self.inputs.overlap() + input_std * input_std
    }

    fn pair(&self, part: &Part, z: f64, state: &ClampedState) -> Result<PairOfStates, FeedbackError> {
        let drive = self.drive_covariance(part.z, z);
        Ok(match self.correlation {
            BulkCorrelation::Kept if part.z == z => {
                self.theory.at_covariance(&part.state, state, state.delta)
            }
            BulkCorrelation::Kept => self.theory.pair(&part.state, state, drive)?,
            BulkCorrelation::Dropped => self.theory.at_covariance(&part.state, state, drive),
        })
    }

    /// Scale c of a readout that is made of one state; the sum of all weights otherwise.
    pub fn scale(&self) -> f64 {
        self.parts.iter().map(|part| part.weight).sum()
    }

    /// Overlaps s_nm and s_nI.
    pub fn readout(&self) -> Readout {
        let Inputs { input_std, .. } = self.inputs;
        let overlap = self.inputs.overlap();
        let mut readout = Readout { overlap_feedback: 0.0, overlap_input: 0.0 };
        for part in &self.parts {
            let gain = part.weight * part.state.gain;
            readout.overlap_feedback += gain * self.inputs.half_drive_slope(part.z);
            readout.overlap_input += gain * (part.z * overlap + input_std * input_std);
        }
        readout
    }

    /// The static map G(z).
    ///
    /// # Errors
    /// [`FeedbackError::Clamped`] if no clamped state exists at z.
    pub fn map(&self, z: f64) -> Result<f64, FeedbackError> {
        check_target(z)?;
        self.map_in(z, &self.clamp(z)?)
    }

    /// G(z) where the network clamped at z has the averages of `state`, stationary or chaotic: a chaotic
    /// trajectory has the same covariance with a stationary state at all times.
    pub(super) fn map_in(&self, z: f64, state: &ClampedState) -> Result<f64, FeedbackError> {
        let mut value = 0.0;
        for part in &self.parts {
            value += part.weight * self.pair(part, z, state)?.rates;
        }
        Ok(value)
    }

    /// No |z| beyond this is a stationary state, since |φ| ≤ 1; a little more, so that a root on it is inside.
    pub(super) fn reach(&self) -> f64 {
        1.01 * self.parts.iter().map(|part| part.weight.abs()).sum::<f64>()
    }

    /// The stationary state at output `z` (which must be a root of the map to mean anything).
    ///
    /// # Errors
    /// Those of [`Self::map`].
    pub fn state(&self, z: f64) -> Result<FixedPoint, FeedbackError> {
        let g = self.inputs.g;
        let own = self.clamp(z)?;
        let radius = g * own.gain_squared.sqrt();
        let (outliers, slope) = match self.correlation {
            BulkCorrelation::Kept => self.correlated_outliers(z, &own)?,
            BulkCorrelation::Dropped => self.decorrelated_outliers(z, &own)?,
        };
        let stability = FixedPoint::judged(radius, &outliers);
        Ok(FixedPoint { z, delta: own.delta, outliers, radius, slope, stability })
    }

    /// Every stationary state, by rising z. |z| is bounded by Σ|w_k| since |φ| ≤ 1.
    ///
    /// # Errors
    /// Those of [`Self::map`].
    pub fn fixed_points(&self) -> Result<Vec<FixedPoint>, FeedbackError> {
        let reach = self.reach();
        let (places, _) = roots_of_map(-reach, reach, |z| self.map(z), 1e-9)?;
        places.into_iter().map(|z| self.state(z)).collect()
    }

    /// λ = 1 + pole of the reduced dynamics, the two with the largest real parts; and G'(z) = G(0).
    fn correlated_outliers(
        &self,
        z: f64,
        own: &ClampedState,
    ) -> Result<([Complex<f64>; 2], f64), FeedbackError> {
        let at = self.parts.iter().position(|part| part.z == z);
        let m = self.parts.len();
        let order = if at.is_some() { m } else { m + 1 };
        let u = |i: usize| self.inputs.half_drive_slope(if i < m { self.parts[i].z } else { z });
        let readout = LinearReadout {
            feedback: Mat::from_fn(order, 1, |i, _| u(i)),
            weights: Mat::from_fn(order, 1, |i, _| if i < m { self.parts[i].weight } else { 0.0 }),
            context: Vec::new(),
        };
        let pairs = self
            .parts
            .iter()
            .map(|part| self.pair(part, z, own))
            .collect::<Result<Vec<_>, FeedbackError>>()?;
        let local = LocalDynamics::new(self.inputs.g, own, at.unwrap_or(m), readout, |i| pairs[i])?;
        let slope = local.open_transfer(Complex::new(0.0, 0.0))?[(0, 0)].re;
        let lambda = |i: usize| local.poles.get(i).map(|pole| pole + 1.0);
        let first = lambda(0).unwrap_or_default();
        // At the target a single state leaves one pole; the second outlier g²⟨φ'²⟩ of the quadratic
        // (10) carries no weight of the readout, and is listed for the comparison with it.
        let second = lambda(1).unwrap_or(Complex::new(self.inputs.g * self.inputs.g * own.gain_squared, 0.0));
        let outliers = if first.re >= second.re { [first, second] } else { [second, first] };
        Ok((outliers, slope))
    }

    /// Equation (10) with κ = 0, for one state.
    fn decorrelated_outliers(
        &self,
        z: f64,
        own: &ClampedState,
    ) -> Result<([Complex<f64>; 2], f64), FeedbackError> {
        let bulk = self.inputs.g * self.inputs.g * own.power_slope();
        let v = self.inputs.half_drive_slope(z);
        let (mut direct, mut indirect) = (0.0, 0.0);
        for part in &self.parts {
            let pair = self.pair(part, z, own)?;
            direct += part.weight * self.inputs.half_drive_slope(part.z) * pair.gains;
            indirect += part.weight * pair.curvature_second * v;
        }
        let outliers = super::state::quadratic(bulk + direct + indirect, bulk * direct);
        Ok((outliers, direct + indirect / (1.0 - bulk)))
    }
}

impl ClosedLoop for TrainedReadout {
    fn readout(&self) -> Readout {
        self.readout()
    }

    fn map_in(&self, z: f64, state: &ClampedState) -> Result<f64, FeedbackError> {
        self.map_in(z, state)
    }

    fn state(&self, z: f64) -> Result<FixedPoint, FeedbackError> {
        self.state(z)
    }

    fn reach(&self) -> f64 {
        self.reach()
    }
}

fn check_nonzero(target: f64) -> Result<(), FeedbackError> {
    check_target(target)?;
    if target == 0.0 {
        let expected = "other than zero, for which training leaves the readout at zero";
        return Err(FeedbackError::Parameter { name: "target", expected, value: target });
    }
    Ok(())
}
