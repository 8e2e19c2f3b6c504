//! The level curve W(z) on which the stationary states of all targets lie.

use std::borrow::Cow;

use attractorlab_numerics::roots::{Options, all_roots, refine};

use super::inputs::check_target;
use super::{Direction, FeedbackError, FixedPoint, Inputs, Readout};
use crate::network::Transfer;
use crate::theory::clamped::{ClampedError, DriveMoments, DriveTable, DriveTheory};

/// All stationary states of one target, with the readout that holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetStates {
    /// The target A.
    pub target: f64,
    /// Scale c of the readout direction that makes A stationary.
    pub scale: f64,
    /// The readout's overlaps.
    pub readout: Readout,
    /// Every stationary state, by rising z; one of them has z = A.
    pub fixed_points: Vec<FixedPoint>,
    /// Index of the target in `fixed_points`.
    pub target_index: usize,
    /// Whether two states are so close to merging in a saddle-node that their number is in doubt.
    pub marginal: bool,
}

impl TargetStates {
    /// The state at the target.
    pub fn at_target(&self) -> &FixedPoint {
        &self.fixed_points[self.target_index]
    }
}

/// The curve W(z) = (αz + β)⟨φ'⟩_Δ(z)/z of one readout direction, cut into monotone branches.
///
/// It serves any number of targets: their states are the level sets W(z) = W(A). See the module's
/// page for the argument.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::feedback::{Direction, Inputs, ReadoutCurve};
///
/// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
/// let inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
/// let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
/// let curve = ReadoutCurve::new(Transfer::Tanh, inputs, direction)?;
/// let borders = curve.bifurcation_targets(-2.0, 2.0)?;
/// assert!((borders[0] + 0.737977).abs() < 1e-6 && (borders[1] - 1.440100).abs() < 1e-6);
/// let states = curve.sweep(&[-1.5, 0.5, 2.0]).into_iter().collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(states.iter().map(|s| s.fixed_points.len()).collect::<Vec<_>>(), [3, 1, 3]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ReadoutCurve {
    inputs: Inputs,
    /// Overlaps of the direction at scale one.
    alpha: f64,
    beta: f64,
    theory: DriveTheory,
    table: DriveTable,
    /// Largest |z| that the table covers.
    reach: f64,
    /// Points that cut the line into pieces on which W is monotone: more of them than there are extrema, so that a root is
    /// bracketed closely.
    breaks: Breaks,
    /// Extrema of W: (z, W).
    folds: Vec<(f64, f64)>,
}

/// Points of the curve, rising, and at each what gives [`ReadoutCurve::excess`] there: product − level·weight.
#[derive(Debug, Clone, Default)]
struct Breaks {
    z: Vec<f64>,
    products: Vec<f64>,
    weights: Vec<f64>,
}

impl Breaks {
    fn excess(&self, i: usize, level: f64) -> f64 {
        self.products[i] - level * self.weights[i]
    }

    /// The pieces, by their left ends, in which the excess over a level changes its sign; a root on a break belongs to the piece
    /// on its left.
    fn changes(&self, level: f64) -> impl Iterator<Item = usize> {
        let last = self.z.len() - 1;
        (0..last).step_by(PIECES).flat_map(move |first| {
            let here = first..=last.min(first + PIECES);
            // One bit for each break: most pieces have no root, and this asks no question for each.
            let (mut below, mut above, mut on) = (0_u64, 0_u64, 0_u64);
            let values = self.products[here.clone()].iter().zip(&self.weights[here]);
            for (bit, (product, weight)) in values.enumerate() {
                let excess = product - level * weight;
                below |= u64::from(excess < 0.0) << bit;
                above |= u64::from(excess > 0.0) << bit;
                on |= u64::from(excess == 0.0) << bit;
            }
            let mut changes = (on >> 1) | (below & (above >> 1)) | (above & (below >> 1));
            std::iter::from_fn(move || {
                let piece = (changes != 0).then(|| changes.trailing_zeros() as usize)?;
                changes &= changes - 1;
                Some(first + piece)
            })
        })
    }
}

/// Outputs that a new curve covers; it is extended where a target needs more.
const FIRST_REACH: f64 = 8.0;

/// Width of the pieces that bracket a root, in asinh z.
const BRACKET: f64 = 0.12;

/// Pieces that are looked at together: those between as many breaks as a word has bits.
const PIECES: usize = 63;

/// |W − W(fold)| below this, relatively, leaves the number of states in doubt.
const MARGIN: f64 = 1e-11;

impl ReadoutCurve {
    /// Prepares the curve of a readout direction.
    ///
    /// # Errors
    /// [`FeedbackError`] for arguments out of range or a direction without overlap.
    pub fn new(transfer: Transfer, inputs: Inputs, direction: Direction) -> Result<Self, FeedbackError> {
        inputs.check()?;
        direction.check()?;
        let (alpha, beta) = direction.overlaps(&inputs);
        if alpha == 0.0 && beta == 0.0 {
            return Err(FeedbackError::Orthogonal);
        }
        let theory = DriveTheory::new(transfer, inputs.g)?;
        Self::with_reach(theory, inputs, (alpha, beta), FIRST_REACH)
    }

    /// Prepares the curve of a readout by its overlaps α = ⟨n m⟩ and β = ⟨n I⟩, whatever its direction; its
    /// own states are those of scale one, [`Self::fixed_points`].
    ///
    /// # Errors
    /// [`FeedbackError`] for arguments out of range or a readout without overlap.
    pub fn with_overlaps(
        transfer: Transfer,
        inputs: Inputs,
        readout: Readout,
    ) -> Result<Self, FeedbackError> {
        inputs.check()?;
        let (alpha, beta) = (readout.overlap_feedback, readout.overlap_input);
        for (name, value) in [("overlap_feedback", alpha), ("overlap_input", beta)] {
            if !value.is_finite() {
                return Err(FeedbackError::Parameter { name, expected: "a finite number", value });
            }
        }
        if alpha == 0.0 && beta == 0.0 {
            return Err(FeedbackError::Orthogonal);
        }
        let theory = DriveTheory::new(transfer, inputs.g)?;
        Self::with_reach(theory, inputs, (alpha, beta), FIRST_REACH)
    }

    fn with_reach(
        theory: DriveTheory,
        inputs: Inputs,
        (alpha, beta): (f64, f64),
        reach: f64,
    ) -> Result<Self, FeedbackError> {
        let lowest = if inputs.feedback_std > 0.0 {
            inputs.drive(-inputs.overlap() / (inputs.feedback_std * inputs.feedback_std))
        } else {
            inputs.drive(0.0)
        };
        let table = theory.table(lowest, highest_drive(&inputs, reach))?;
        let mut curve =
            Self { inputs, alpha, beta, theory, table, reach, breaks: Breaks::default(), folds: Vec::new() };
        curve.cut_into_branches();
        Ok(curve)
    }

    /// W(z); infinite at z = 0 unless β = 0.
    fn level(&self, z: f64) -> f64 {
        self.level_of_gain(z, self.table.gain(self.inputs.drive(z)))
    }

    fn level_of_gain(&self, z: f64, gain: f64) -> f64 {
        if self.beta == 0.0 { self.alpha * gain } else { (self.alpha + self.beta / z) * gain }
    }

    /// z²W'(z) = z(αz + β) d⟨φ'⟩/dz − β⟨φ'⟩, which vanishes where W is extremal.
    fn level_slope(&self, z: f64) -> f64 {
        let m = self.table.at(self.inputs.drive(z));
        let bulk = self.inputs.g * self.inputs.g * m.power_slope;
        let gain_slope = m.third * self.inputs.half_drive_slope(z) / (1.0 - bulk);
        if self.beta == 0.0 {
            // z divides out: W' = α d⟨φ'⟩/dz.
            self.alpha * gain_slope
        } else {
            z * (self.alpha * z + self.beta) * gain_slope - self.beta * m.gain
        }
    }

    fn cut_into_branches(&mut self) {
        // In t = asinh z the function has the same scale at all z.
        let end = self.reach.asinh();
        let options = Options { minimum_pieces: 8, accuracy: 1e-12 };
        // The function is finite everywhere, so the search cannot fail.
        let roots = all_roots(|t| self.level_slope(t.sinh()), -end, end, options);
        let folds: Vec<f64> = roots.map(|r| r.positions()).unwrap_or_default();
        self.folds = folds.iter().map(|t| (t.sinh(), self.level(t.sinh()))).collect();
        let mut cuts: Vec<f64> = self.folds.iter().map(|fold| fold.0).collect();
        cuts.extend([-self.reach, self.reach]);
        cuts.push(0.0);
        let count = (end / BRACKET).ceil();
        cuts.extend((1..count as usize).flat_map(|i| {
            let z = (end * i as f64 / count).sinh();
            [-z, z]
        }));
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        let pole = self.beta != 0.0;
        let product = |&z: &f64| if pole { self.alpha * z + self.beta } else { self.alpha } * self.gain(z);
        let products = cuts.iter().map(product).collect();
        let weights = cuts.iter().map(|&z| if pole { z } else { 1.0 }).collect();
        self.breaks = Breaks { z: cuts, products, weights };
    }

    /// The inputs.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Overlaps α = ⟨n m⟩ and β = ⟨n I⟩ of the direction at scale one.
    pub fn overlaps(&self) -> (f64, f64) {
        (self.alpha, self.beta)
    }

    /// A_flex = −β/α, the target that this direction cannot realise; `None` if α = 0.
    pub fn flex(&self) -> Option<f64> {
        (self.alpha != 0.0 && self.beta != 0.0).then(|| -self.beta / self.alpha)
    }

    /// Outputs at which two stationary states merge: the targets at which the target itself is on a
    /// saddle-node or exchanges stability with another state.
    pub fn folds(&self) -> Vec<f64> {
        self.folds.iter().map(|fold| fold.0).collect()
    }

    /// Targets within `[low, high]` at which the number of stationary states changes: the level of
    /// an extremum of W is met. Rising, the folds themselves included.
    ///
    /// # Errors
    /// [`FeedbackError::Parameter`] if an end is not finite.
    pub fn bifurcation_targets(&self, low: f64, high: f64) -> Result<Vec<f64>, FeedbackError> {
        check_target(low)?;
        check_target(high)?;
        let largest = low.abs().max(high.abs());
        if largest > self.reach {
            return self.extended(largest)?.bifurcation_targets(low, high);
        }
        let mut targets = Vec::new();
        for &(fold, level) in &self.folds {
            targets.extend(
                self.crossings(level, None)
                    .into_iter()
                    .filter(|z| (z - fold).abs() > 1e-6 * (1.0 + fold.abs())),
            );
            targets.push(fold);
        }
        targets.retain(|z| (low..=high).contains(z));
        targets.sort_by(f64::total_cmp);
        Ok(targets)
    }

    /// (αz + β)⟨φ'⟩ − level·z, which has the roots of W − level without its pole. Without a pole, β = 0, it would have zero as
    /// a further root, and is W − level.
    fn excess(&self, z: f64, level: f64) -> f64 {
        let gain = self.gain(z);
        if self.beta == 0.0 {
            self.alpha * gain - level
        } else {
            (self.alpha * z + self.beta) * gain - level * z
        }
    }

    /// All z with W(z) = level, rising. `known` is one of them that need not be searched for.
    fn crossings(&self, level: f64, known: Option<f64>) -> Vec<f64> {
        let mut found = Vec::new();
        let (pole, breaks) = (self.beta != 0.0, &self.breaks);
        let excess = |z: f64| self.excess(z, level);
        for piece in breaks.changes(level) {
            let (low, high) = (breaks.z[piece], breaks.z[piece + 1]);
            match known {
                Some(z) if low < z && z <= high => found.push(z),
                _ => {
                    let (below, above) = (breaks.excess(piece, level), breaks.excess(piece + 1, level));
                    found.push(refine(excess, (low, below), (high, above)).0);
                }
            }
        }
        if !pole && !found.contains(&0.0) {
            found.push(0.0);
            found.sort_by(f64::total_cmp);
        }
        found
    }

    /// All stationary states for each of many targets; the curve is extended once for all of them.
    /// A target that cannot be realised has its error in its place.
    pub fn sweep(&self, targets: &[f64]) -> Vec<Result<TargetStates, FeedbackError>> {
        let (curve, moments) = self.covering_with_moments(targets);
        let pairs = targets.iter().zip(moments);
        let states = |(&target, moments): (&f64, Result<_, _>)| {
            // As one by one, where this curve did not reach the target itself.
            if target.abs() > self.reach { curve.states(target) } else { curve.states_with(target, moments?) }
        };
        pairs.map(states).collect()
    }

    /// This curve, extended where some of the targets need more of it than is there.
    pub fn covering(&self, targets: &[f64]) -> Cow<'_, Self> {
        self.covering_with_moments(targets).0
    }

    /// The same, with the moments at each target.
    fn covering_with_moments(
        &self,
        targets: &[f64],
    ) -> (Cow<'_, Self>, Vec<Result<DriveMoments, FeedbackError>>) {
        let moments: Vec<_> = targets.iter().map(|&target| self.moments(target)).collect();
        let reach = targets
            .iter()
            .zip(&moments)
            .filter_map(|(&target, moments)| Some(self.needed_reach(target, moments.as_ref().ok()?)))
            .filter(|reach| reach.is_finite())
            .fold(self.reach, f64::max);
        let wide = if reach > self.reach { self.extended(reach).ok() } else { None };
        (wide.map_or(Cow::Borrowed(self), Cow::Owned), moments)
    }

    /// The moments at a target that can be realised, from the table or beyond it.
    fn moments(&self, target: f64) -> Result<DriveMoments, FeedbackError> {
        self.check_realisable(target)?;
        Ok(self.moments_at(target)?)
    }

    fn moments_at(&self, z: f64) -> Result<DriveMoments, ClampedError> {
        let drive = self.inputs.drive(z);
        if z.abs() <= self.reach { Ok(self.table.at(drive)) } else { self.theory.at(drive) }
    }

    fn check_realisable(&self, target: f64) -> Result<(), FeedbackError> {
        check_target(target)?;
        let (by_feedback, by_input) = (self.alpha * target, self.beta);
        let cancelled = (by_feedback + by_input).abs() <= 1e-9 * by_feedback.abs().max(by_input.abs());
        if cancelled && target != 0.0 {
            return Err(FeedbackError::Unrealisable { target, flex: -self.beta / self.alpha });
        }
        Ok(())
    }

    /// Largest |z| that a state of this target can have.
    fn needed_reach(&self, target: f64, moments: &DriveMoments) -> f64 {
        if target == 0.0 && self.beta != 0.0 {
            return 0.0;
        }
        self.outermost(self.level_of_gain(target, moments.gain).abs()).max(target.abs())
    }

    /// All stationary states of the network whose readout along this direction holds `target`.
    ///
    /// # Errors
    /// [`FeedbackError::Unrealisable`] at A_flex; [`FeedbackError::Parameter`] if the target is not
    /// finite.
    pub fn states(&self, target: f64) -> Result<TargetStates, FeedbackError> {
        self.states_with(target, self.moments(target)?)
    }

    fn states_with(&self, target: f64, moments: DriveMoments) -> Result<TargetStates, FeedbackError> {
        if target == 0.0 && self.beta != 0.0 {
            return Ok(self.silent_readout());
        }
        let reach = self.needed_reach(target, &moments);
        if reach > self.reach {
            return self.extended(reach)?.states(target);
        }
        let level = self.level_of_gain(target, moments.gain);
        let mut positions = self.crossings(level, Some(target));
        let closest = (0..positions.len())
            .min_by(|&a, &b| (positions[a] - target).abs().total_cmp(&(positions[b] - target).abs()));
        let near = |z: f64| (z - target).abs() <= 1e-7 * (1.0 + target.abs());
        let target_index = match closest {
            Some(i) if near(positions[i]) => {
                positions[i] = target;
                i
            }
            // The target sits on an extremum of W, where rounding decides whether it is crossed.
            _ => {
                let i = positions.partition_point(|&z| z < target);
                positions.insert(i, target);
                i
            }
        };
        let scale = if target == 0.0 {
            1.0 / level
        } else {
            target / ((self.alpha * target + self.beta) * moments.gain)
        };
        let readout = Readout { overlap_feedback: scale * self.alpha, overlap_input: scale * self.beta };
        let state = |(i, &z): (usize, &f64)| {
            if i == target_index { self.state_of(&readout, z, &moments) } else { self.state(&readout, z) }
        };
        let fixed_points = positions.iter().enumerate().map(state).collect();
        let marginal = self.is_marginal(level);
        Ok(TargetStates { target, scale, readout, fixed_points, target_index, marginal })
    }

    /// All stationary states of the readout c·(direction), by rising z, whatever its target.
    ///
    /// ```
    /// use attractorlab::network::Transfer;
    /// use attractorlab::theory::feedback::{Inputs, Readout, ReadoutCurve};
    ///
    /// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
    /// let inputs = Inputs { g: 0.5, feedback_std: 1.2, input_std: 0.5, rho: 0.0 };
    /// let readout = Readout { overlap_feedback: 2.4, overlap_input: 0.1 };
    /// let curve = ReadoutCurve::with_overlaps(Transfer::Tanh, inputs, readout)?;
    /// assert_eq!(curve.fixed_points(1.0)?.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`FeedbackError::Parameter`] if the scale is not finite.
    pub fn fixed_points(&self, scale: f64) -> Result<Vec<FixedPoint>, FeedbackError> {
        if !scale.is_finite() {
            let expected = "a finite number";
            return Err(FeedbackError::Parameter { name: "scale", expected, value: scale });
        }
        if scale == 0.0 {
            return Ok(self.silent_readout().fixed_points);
        }
        let reach = self.outermost(1.0 / scale.abs());
        if reach > self.reach {
            return self.extended(reach)?.fixed_points(scale);
        }
        let readout = Readout { overlap_feedback: scale * self.alpha, overlap_input: scale * self.beta };
        Ok(self.crossings(1.0 / scale, None).into_iter().map(|z| self.state(&readout, z)).collect())
    }

    /// The static map G(z) = (s_nm z + s_nI)⟨φ'⟩ of a readout (equation 5).
    pub fn map(&self, readout: &Readout, z: f64) -> f64 {
        let gain = if z.abs() <= self.reach {
            self.gain(z)
        } else {
            self.theory.at(self.inputs.drive(z)).map_or(f64::NAN, |m| m.gain)
        };
        (readout.overlap_feedback * z + readout.overlap_input) * gain
    }

    /// Whether a level is so close to that of an extremum that its number of states is in doubt.
    pub(super) fn is_marginal(&self, level: f64) -> bool {
        self.folds.iter().any(|fold| (fold.1 - level).abs() <= MARGIN * level.abs())
    }

    fn gain(&self, z: f64) -> f64 {
        self.table.gain(self.inputs.drive(z))
    }

    pub(super) fn state(&self, readout: &Readout, z: f64) -> FixedPoint {
        self.state_of(readout, z, &self.moments_at(z).unwrap_or_else(|_| self.table.at(self.inputs.drive(z))))
    }

    fn state_of(&self, readout: &Readout, z: f64, moments: &DriveMoments) -> FixedPoint {
        FixedPoint::gaussian(&self.inputs, readout.overlap_feedback, readout.overlap_input, z, moments)
    }

    /// Target zero with an input: the readout vanishes, and the network is the bulk alone.
    fn silent_readout(&self) -> TargetStates {
        let readout = Readout { overlap_feedback: 0.0, overlap_input: 0.0 };
        let fixed_points = vec![self.state(&readout, 0.0)];
        TargetStates { target: 0.0, scale: 0.0, readout, fixed_points, target_index: 0, marginal: false }
    }

    /// No |z| beyond this meets the level: |z| W ≤ (|α||z| + |β|)·√(2/π)/√S(z) for a sigmoid, and
    /// √S ≥ Sm|z|/2 from 2 SI/Sm on.
    pub(super) fn outermost(&self, level: f64) -> f64 {
        let Inputs { feedback_std, input_std, .. } = self.inputs;
        if feedback_std == 0.0 {
            // ⟨φ'⟩ does not depend on z: the curve is a hyperbola.
            return ((self.alpha + self.beta) * self.gain(0.0) / level).abs() + self.reach.min(1.0);
        }
        let from = (2.0 * input_std / feedback_std).max(1.0);
        from.max(1.6 * (self.alpha.abs() + self.beta.abs() / from) / (feedback_std * level))
    }

    fn extended(&self, reach: f64) -> Result<Self, FeedbackError> {
        let reach = 1.05 * reach;
        let table = self.table.extended(&self.theory, highest_drive(&self.inputs, reach))?;
        let mut wide = Self {
            inputs: self.inputs,
            alpha: self.alpha,
            beta: self.beta,
            theory: self.theory.clone(),
            table,
            reach,
            breaks: Breaks::default(),
            folds: Vec::new(),
        };
        wide.cut_into_branches();
        Ok(wide)
    }
}

/// The largest drive variance at outputs up to `reach` in size.
fn highest_drive(inputs: &Inputs, reach: f64) -> f64 {
    inputs.drive(reach).max(inputs.drive(-reach))
}
