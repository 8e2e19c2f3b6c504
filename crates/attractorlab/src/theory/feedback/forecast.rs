//! Given a network, inputs, a readout's origin and a target: what will happen, and why.

use std::fmt;

use super::closed_loop::{ClosedLoop, all_states};
use super::inputs::check_target;
use super::prediction::Short;
use super::{
    BulkCorrelation, Class, Family, FeedbackError, FixedPoint, Inputs, Readout, Stability, TrainingStart,
};
use crate::network::Transfer;
use crate::theory::chaos::ChaosTheory;

/// What mean-field theory says about a trained feedback network.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The inputs.
    pub inputs: Inputs,
    /// Where the readout comes from.
    pub family: Family,
    /// The target A.
    pub target: f64,
    /// Overlaps s_nm and s_nI of the readout.
    pub readout: Readout,
    /// a = s_nm⟨φ'⟩ at the target: the share of the target that the readout draws from its overlap with
    /// the feedback vector.
    pub feedback_share: f64,
    /// Every state of the closed loop, by rising z; chaotic ones ([`Stability::BulkUnstable`]) have the
    /// variance Δ₀ and the slope of the chaotic map, and no outliers.
    pub fixed_points: Vec<FixedPoint>,
    /// Index of the state that training aims at: the one nearest to the target.
    pub target_index: usize,
    /// Whether the number of states is in doubt, next to a saddle-node.
    pub marginal: bool,
    /// The class.
    pub class: Class,
    /// S_c(g): a clamped state with a weaker drive is chaotic.
    pub critical_drive: f64,
}

/// The theory of one readout: its static map, and everything that follows from it.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::feedback::{Family, Inputs, ReadoutTheory};
///
/// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
/// let inputs = Inputs { g: 0.5, feedback_std: 1.2, input_std: 0.15, rho: 0.0 };
/// let theory = ReadoutTheory::new(Transfer::Tanh, inputs, Family::SlowGradientDescent, 1.5)?;
/// // The target is a fixed point of the map.
/// assert!((theory.map(1.5)? - 1.5).abs() < 1e-3);
/// assert_eq!(theory.forecast()?.fixed_points.len(), 3);
/// # Ok(())
/// # }
/// ```
pub struct ReadoutTheory {
    inputs: Inputs,
    family: Family,
    target: f64,
    chaos: ChaosTheory,
    closed_loop: Box<dyn ClosedLoop>,
}

impl fmt::Debug for ReadoutTheory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadoutTheory")
            .field("inputs", &self.inputs)
            .field("family", &self.family)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl ReadoutTheory {
    /// Solves the theory of training, where the family has one.
    ///
    /// # Errors
    /// Those of [`forecast`].
    pub fn new(
        transfer: Transfer,
        inputs: Inputs,
        family: Family,
        target: f64,
    ) -> Result<Self, FeedbackError> {
        inputs.check()?;
        let chaos = ChaosTheory::new(transfer, inputs.g)?;
        let closed_loop = family.closed_loop(transfer, inputs, target, &chaos)?;
        Ok(Self { inputs, family, target, chaos, closed_loop })
    }

    /// Overlaps s_nm and s_nI.
    pub fn readout(&self) -> Readout {
        self.closed_loop.readout()
    }

    /// No |z| beyond this is a state.
    pub fn reach(&self) -> f64 {
        self.closed_loop.reach()
    }

    /// The theory of the bulk under a constant drive.
    pub fn chaos(&self) -> &ChaosTheory {
        &self.chaos
    }

    /// The static map G(z); where the clamped network is chaotic, with the averages of the chaotic state.
    ///
    /// # Errors
    /// [`FeedbackError::Parameter`] if z is not finite.
    pub fn map(&self, z: f64) -> Result<f64, FeedbackError> {
        check_target(z)?;
        self.closed_loop.map_in(z, &self.chaos.activity(self.inputs.drive(z))?.state)
    }

    /// All states, and what will happen.
    ///
    /// # Errors
    /// Those of [`forecast`].
    pub fn forecast(&self) -> Result<Forecast, FeedbackError> {
        let Self { inputs, family, target, .. } = *self;
        let (fixed_points, certain) = all_states(self.closed_loop.as_ref(), &inputs, &self.chaos)?;
        let distance = |point: &FixedPoint| (point.z - target).abs();
        let nearest = (0..fixed_points.len())
            .min_by(|&a, &b| distance(&fixed_points[a]).total_cmp(&distance(&fixed_points[b])));
        let Some(target_index) = nearest else {
            // G is bounded, so that z = G(z) has a root; only numbers beyond all bounds lose it.
            let expected = "one with a stationary state within reach";
            return Err(FeedbackError::Parameter { name: "target", expected, value: target });
        };
        let class = match fixed_points[target_index].stability {
            Stability::BulkUnstable => Class::TargetBulkUnstable,
            Stability::OutlierUnstable => Class::TargetUnstable,
            Stability::Stable if fixed_points.len() == 1 => Class::Monostable,
            Stability::Stable => Class::Bistable,
        };
        let readout = self.readout();
        let at_target = self.chaos.activity(inputs.drive(target))?;
        Ok(Forecast {
            inputs,
            family,
            target,
            readout,
            feedback_share: readout.overlap_feedback * at_target.state.gain,
            fixed_points,
            target_index,
            marginal: !certain,
            class,
            critical_drive: self.chaos.critical_drive(),
        })
    }
}

/// Predicts every state of a feedback network, for readouts of all families.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::feedback::{BulkCorrelation, Class, Family, Inputs, forecast};
///
/// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
/// let inputs = Inputs { g: 0.5, feedback_std: 1.2, input_std: 0.15, rho: 0.0 };
/// let family = Family::LeastSquares { ridge: 0.0, correlation: BulkCorrelation::Kept };
/// let forecast = forecast(Transfer::Tanh, inputs, family, 1.5)?;
/// assert_eq!(forecast.class, Class::Bistable);
/// let verdict = forecast.verdict();
/// assert!(verdict.starts_with("The target 1.5 is stable, but other starts end at z = -1.4561"), "{verdict}");
/// # Ok(())
/// # }
/// ```
///
/// Source: Mastrogiuseppe & Ostojic 2019, specification sections 2 to 5; families beyond the Gaussian one,
/// the theory of recursive least squares and the chaotic states of trained readouts are derived.
///
/// # Errors
/// [`FeedbackError`] for arguments out of range, a transfer function other than tanh or erf, a target that
/// the readout cannot realise, or training that passes through chaotic states
/// ([`FeedbackError::ChaoticTraining`]).
pub fn forecast(
    transfer: Transfer,
    inputs: Inputs,
    family: Family,
    target: f64,
) -> Result<Forecast, FeedbackError> {
    ReadoutTheory::new(transfer, inputs, family, target)?.forecast()
}

impl Forecast {
    /// The state that training aims at.
    pub fn at_target(&self) -> &FixedPoint {
        &self.fixed_points[self.target_index]
    }

    /// Whether the target is a stable state.
    pub fn holds(&self) -> bool {
        self.at_target().stability == Stability::Stable
    }

    /// Stable stationary states other than the target.
    pub fn other_attractors(&self) -> impl Iterator<Item = &FixedPoint> {
        self.others().filter(|p| p.stability == Stability::Stable)
    }

    /// Chaotic states that keep their output: the slope of the chaotic map is below one (a heuristic).
    pub fn chaotic_attractors(&self) -> impl Iterator<Item = &FixedPoint> {
        self.fixed_points.iter().filter(|p| p.stability == Stability::BulkUnstable && p.slope < 1.0)
    }

    fn others(&self) -> impl Iterator<Item = &FixedPoint> {
        self.fixed_points.iter().enumerate().filter(|(i, _)| *i != self.target_index).map(|(_, p)| p)
    }

    /// What will happen, and why.
    pub fn verdict(&self) -> String {
        let target = Short(self.target);
        let list = |points: &mut dyn Iterator<Item = &FixedPoint>| {
            points.map(|p| format!("z = {}", Short(p.z))).collect::<Vec<_>>().join(" and ")
        };
        let attractors = list(&mut self.other_attractors());
        let index = self.target_index;
        let chaotic = list(
            &mut self.chaotic_attractors().filter(|p| !std::ptr::eq(*p, &raw const self.fixed_points[index])),
        );
        let elsewhere = match (attractors.is_empty(), chaotic.is_empty()) {
            (true, true) => String::new(),
            (false, true) => attractors,
            (true, false) => format!("a chaotic state around {chaotic}"),
            (false, false) => format!("{attractors}, or in a chaotic state around {chaotic}"),
        };
        let z = self.at_target().z;
        let missed = (z - self.target).abs() > 1e-3 * (1.0 + self.target.abs());
        let held = if missed {
            format!("Of the target {target} the output keeps z = {}, which", Short(z))
        } else {
            format!("The target {target}")
        };
        let what = match self.class {
            Class::Monostable => format!("{held} is held from every start: it is the only stationary state."),
            Class::Bistable if elsewhere.is_empty() => {
                format!("{held} is held: the other stationary states are unstable.")
            }
            Class::Bistable => format!("{held} is stable, but other starts end at {elsewhere}."),
            Class::TargetUnstable if elsewhere.is_empty() => {
                format!("{held} is stationary but unstable, and no other stationary state is stable.")
            }
            Class::TargetUnstable => {
                format!("{held} is stationary but unstable: the network leaves it for {elsewhere}.")
            }
            Class::TargetBulkUnstable => {
                let then = if elsewhere.is_empty() {
                    String::new()
                } else {
                    format!(" Other starts end at {elsewhere}.")
                };
                format!(
                    "At the target {target} the random bulk is unstable: the units fluctuate chaotically around an \
                     output of {}.{then}",
                    Short(z)
                )
            }
        };
        let doubt =
            if self.marginal { " It lies on the border to another class, to within rounding." } else { "" };
        format!("{what} {}{doubt}", self.reason())
    }

    fn reason(&self) -> String {
        let a = self.feedback_share;
        let share = format!("a = {}", Short(a));
        let origin = match self.family {
            Family::Gaussian(_) | Family::Overlaps(_) => String::new(),
            Family::GaussianLeastSquares => "a readout along mA + I ".to_owned(),
            Family::LeastSquares { correlation: BulkCorrelation::Kept, .. } => {
                "least squares reads the clamped state, whose drive is mA + I: its readout ".to_owned()
            }
            Family::LeastSquares { .. } => {
                "least squares, taken as independent of the bulk, reads the drive mA + I: its readout ".to_owned()
            }
            Family::SlowGradientDescent => {
                "gradient descent climbs from zero through smaller outputs, whose states lie less along the feedback \
                 vector than the target's: its readout "
                    .to_owned()
            }
            Family::Recursive(options) => match options.start {
                TrainingStart::InputOnly => {
                    "recursive least squares holds the target all the way from the input-only state, a way that runs \
                     along the feedback vector, so that its readout turns away from it: it "
                        .to_owned()
                }
                TrainingStart::Random => {
                    "recursive least squares from a random start learns a way that has little to do with the feedback \
                     vector, and ends near least squares: its readout "
                        .to_owned()
                }
            },
        };
        let subject = if origin.is_empty() { "the readout ".to_owned() } else { origin };
        let geometry = if a == 0.0 {
            "has no overlap with the feedback vector and reads the input alone"
        } else if a < 0.0 {
            "overlaps negatively with the feedback vector, so that feedback opposes the output"
        } else if a < 0.5 {
            "draws the target mostly from the input vector"
        } else if a < 1.0 - 1e-12 {
            "draws the target mostly from its overlap with the feedback vector, which also supports states without it"
        } else if a <= 1.0 + 1e-12 {
            "lies along the feedback vector alone, so that the silent state and others are stationary too"
        } else {
            "has overlaps with feedback and input that oppose each other"
        };
        let mut text = format!("The reason: {subject}{geometry} ({share}).");
        if let Some(point) = self.chaotic_attractors().next() {
            use fmt::Write;
            let _ = write!(
                text,
                " Around z = {} the drive has variance {}, below the S_c = {} that would silence chaos at g = {}.",
                Short(point.z),
                Short(self.inputs.drive(point.z)),
                Short(self.critical_drive),
                Short(self.inputs.g)
            );
        }
        text
    }
}
