//! What will happen, and why.

use std::fmt;

use super::curve::{ReadoutCurve, TargetStates};
use super::{Direction, FeedbackError, FixedPoint, Inputs, Readout, Stability};
use crate::network::Transfer;

/// What a trained network does with its target, by the number and stability of its states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The target is the only stationary state, and stable.
    Monostable,
    /// The target is stable, and so is another state.
    Bistable,
    /// The target is a saddle: it is stationary and never reached.
    TargetUnstable,
    /// The bulk is unstable at the target: the clamped network is chaotic there, and the stationary
    /// theory does not hold.
    TargetBulkUnstable,
}

impl Class {
    /// The label of the specification: mono, multi, target-unstable, target-bulk-unstable.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Monostable => "mono",
            Self::Bistable => "multi",
            Self::TargetUnstable => "target-unstable",
            Self::TargetBulkUnstable => "target-bulk-unstable",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// The prediction for one target and one Gaussian readout.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The inputs.
    pub inputs: Inputs,
    /// The target A.
    pub target: f64,
    /// Scale c of the readout direction (equation 6).
    pub scale: f64,
    /// Overlaps of the readout.
    pub readout: Readout,
    /// a = s_nm⟨φ'⟩ at the target: the share of the target that the readout draws from its overlap
    /// with the feedback vector. Every Gaussian readout that solves the task is a point a.
    pub feedback_share: f64,
    /// A_flex, the target that this direction cannot realise; `None` if there is none.
    pub flex: Option<f64>,
    /// Every stationary state, by rising z.
    pub fixed_points: Vec<FixedPoint>,
    /// Index of the target in `fixed_points`.
    pub target_index: usize,
    /// Whether the number of states is in doubt, next to a saddle-node.
    pub marginal: bool,
    /// The class.
    pub class: Class,
}

/// Predicts what a tanh network with a Gaussian readout does; see [`predict_with`].
///
/// # Errors
/// Those of [`predict_with`].
pub fn predict(inputs: Inputs, direction: Direction, target: f64) -> Result<Prediction, FeedbackError> {
    predict_with(Transfer::Tanh, inputs, direction, target)
}

/// Predicts every stationary state of a feedback network whose readout n lies along `direction`,
/// is independent of the bulk, and is scaled so that `target` is stationary.
///
/// Source: Mastrogiuseppe & Ostojic 2019, specification sections 2.2(i), 2.3, 3(i), 4.
///
/// # Errors
/// [`FeedbackError`] for arguments out of range, a transfer function other than tanh or erf, a
/// direction without overlap, or the target A_flex.
pub fn predict_with(
    transfer: Transfer,
    inputs: Inputs,
    direction: Direction,
    target: f64,
) -> Result<Prediction, FeedbackError> {
    ReadoutCurve::new(transfer, inputs, direction)?.prediction(target)
}

impl ReadoutCurve {
    /// The prediction for each of many targets, from one curve. A target that cannot be realised
    /// has its error in its place.
    ///
    /// ```
    /// use attractorlab::network::Transfer;
    /// use attractorlab::theory::feedback::{Class, Direction, Inputs, ReadoutCurve};
    ///
    /// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
    /// let inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
    /// let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
    /// let curve = ReadoutCurve::new(Transfer::Tanh, inputs, direction)?;
    /// let classes: Vec<Class> =
    ///     curve.predictions(&[-1.5, -0.5, 0.5]).into_iter().flatten().map(|p| p.class).collect();
    /// assert_eq!(classes, [Class::Bistable, Class::TargetUnstable, Class::Monostable]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn predictions(&self, targets: &[f64]) -> Vec<Result<Prediction, FeedbackError>> {
        let curve = self.covering(targets);
        targets.iter().map(|&target| curve.prediction(target)).collect()
    }

    /// The prediction for one target. Where the curve must be extended for it, that is done for it alone:
    /// [`Self::covering`] does it once for many.
    ///
    /// # Errors
    /// [`FeedbackError::Unrealisable`] at A_flex; [`FeedbackError::Parameter`] if the target is not finite.
    pub fn prediction(&self, target: f64) -> Result<Prediction, FeedbackError> {
        Ok(Prediction::of(self, self.states(target)?))
    }
}

impl TargetStates {
    /// The class, by the target's stability and the number of states.
    pub fn class(&self) -> Class {
        match self.at_target().stability {
            Stability::BulkUnstable => Class::TargetBulkUnstable,
            Stability::OutlierUnstable => Class::TargetUnstable,
            Stability::Stable if self.fixed_points.len() == 1 => Class::Monostable,
            Stability::Stable => Class::Bistable,
        }
    }
}

impl Prediction {
    fn of(curve: &ReadoutCurve, states: TargetStates) -> Self {
        let target = states.target;
        let class = states.class();
        let (alpha, beta) = curve.overlaps();
        let feedback_share = if target == 0.0 && states.scale == 0.0 {
            0.0
        } else if beta == 0.0 {
            // Also where the target is the silent state of an m-class readout.
            1.0
        } else {
            // s_nm⟨φ'⟩ at the target
            alpha * target / (alpha * target + beta)
        };
        Self {
            inputs: *curve.inputs(),
            target,
            scale: states.scale,
            readout: states.readout,
            feedback_share,
            flex: curve.flex(),
            target_index: states.target_index,
            marginal: states.marginal,
            fixed_points: states.fixed_points,
            class,
        }
    }

    /// The state at the target.
    pub fn at_target(&self) -> &FixedPoint {
        &self.fixed_points[self.target_index]
    }

    /// The other states.
    pub fn others(&self) -> impl Iterator<Item = &FixedPoint> {
        self.fixed_points.iter().enumerate().filter(|(i, _)| *i != self.target_index).map(|(_, p)| p)
    }

    /// What will happen, in one sentence, and why, in another.
    ///
    /// ```
    /// use attractorlab::theory::feedback::{Direction, Inputs, predict};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let inputs = Inputs { g: 0.8, feedback_std: 1.2, input_std: 0.5, rho: 0.0 };
    /// let along_input = Direction { shared: 0.0, feedback_own: 0.0, input_own: 1.0 };
    /// let verdict = predict(inputs, along_input, 1.0)?.verdict();
    /// assert!(verdict.starts_with("The target 1 is held from every start"), "{verdict}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn verdict(&self) -> String {
        let target = Short(self.target);
        let attractors: Vec<String> = self
            .others()
            .filter(|p| p.stability == Stability::Stable)
            .map(|p| format!("z = {}", Short(p.z)))
            .collect();
        let attractors = attractors.join(" and ");
        let chaotic = self.others().filter(|p| p.stability == Stability::BulkUnstable).count();
        let doubt =
            if self.marginal { " It lies on the border to another class, to within rounding." } else { "" };
        let what = match self.class {
            Class::Monostable => {
                format!("The target {target} is held from every start: it is the only stationary state.")
            }
            Class::Bistable if attractors.is_empty() && chaotic > 0 => {
                format!("The target {target} is stable, but the network can also stay in a chaotic state.")
            }
            Class::Bistable => {
                format!("The target {target} is stable, but other starts end at {attractors}.")
            }
            Class::TargetUnstable if attractors.is_empty() => {
                format!(
                    "The target {target} is stationary but unstable, and no other stationary state is stable."
                )
            }
            Class::TargetUnstable => {
                format!(
                    "The target {target} is stationary but unstable: the network leaves it for {attractors}."
                )
            }
            Class::TargetBulkUnstable => {
                format!("At the target {target} the random bulk is unstable: the network is chaotic there.")
            }
        };
        format!("{what} {}{doubt}", self.reason())
    }

    fn reason(&self) -> String {
        let a = self.feedback_share;
        let share = format!("a = {}", Short(a));
        if self.scale == 0.0 {
            return "The readout is zero.".to_owned();
        }
        let geometry = if a == 0.0 {
            "the readout has no overlap with the feedback vector, so that it reads the input alone"
        } else if a < 0.0 {
            "the readout overlaps negatively with the feedback vector, so that feedback opposes the output"
        } else if a < 0.5 {
            "the readout draws the target mostly from the input vector"
        } else if a < 1.0 {
            "the readout draws the target mostly from its overlap with the feedback vector, which also supports states without it"
        } else if a == 1.0 {
            "the readout lies along the feedback vector alone, so that the silent state and others are stationary too"
        } else {
            "the readout's overlaps with feedback and input oppose each other"
        };
        format!("The reason: {geometry} ({share}).")
    }
}

/// A number with as many digits as a sentence bears.
pub(super) struct Short(pub(super) f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.4}", self.0);
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        f.write_str(if text == "-0" { "0" } else { text })
    }
}
