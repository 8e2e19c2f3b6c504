//! Phase diagrams: the class of a network over two of its parameters, with refined boundaries.

mod boundary;
mod label;

use rayon::prelude::*;

pub use boundary::Boundary;
use label::Labeller;

use super::{Class, Family, FeedbackError, Inputs};
use crate::network::Transfer;

/// What an axis of a phase diagram measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// The target A.
    Target,
    /// The bulk's gain g.
    Gain,
    /// The weight ρ of the direction that feedback and input vectors share.
    Rho,
    /// SI/Sm, the input's strength over the feedback's, which keeps its own.
    InputRatio,
    /// The share a of the target that a Gaussian readout draws from its overlap with the feedback vector.
    Share,
}

impl Quantity {
    /// All of them, with their names.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Target, "target"),
        (Self::Gain, "g"),
        (Self::Rho, "rho"),
        (Self::InputRatio, "input-ratio"),
        (Self::Share, "share"),
    ];
}

/// One axis: `points` values from `low` to `high`, evenly spaced, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseAxis {
    /// What it measures.
    pub quantity: Quantity,
    /// First value.
    pub low: f64,
    /// Last value.
    pub high: f64,
    /// Number of values, at least 2.
    pub points: usize,
}

impl PhaseAxis {
    /// The values.
    pub fn values(&self) -> Vec<f64> {
        let last = (self.points - 1) as f64;
        (0..self.points).map(|i| self.low + (self.high - self.low) * i as f64 / last).collect()
    }
}

/// Which readouts a phase diagram speaks of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PhaseReadout {
    /// Gaussian readouts with this share a, whatever their direction.
    Share(f64),
    /// Readouts of a family. Gaussian ones take microseconds a point; trained ones milliseconds and more.
    Of(Family),
}

/// What is held fixed in a phase diagram; the axes replace two of these.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseSettings {
    /// The transfer function, tanh or erf.
    pub transfer: Transfer,
    /// The inputs.
    pub inputs: Inputs,
    /// The target A.
    pub target: f64,
    /// The readouts; replaced by a [`Quantity::Share`] axis.
    pub readout: PhaseReadout,
    /// How closely boundaries are located, as a fraction of each axis.
    pub tolerance: f64,
}

/// The classes over a grid, and the boundaries between them.
#[derive(Debug, Clone)]
pub struct PhaseDiagram {
    /// The horizontal axis.
    pub x: PhaseAxis,
    /// The vertical axis.
    pub y: PhaseAxis,
    /// The classes, row after row from the lowest y on; `None` where no readout of the family holds the
    /// target, or its training starts from a chaotic state.
    pub classes: Vec<Option<Class>>,
    /// Where classes change, refined on the edges of the grid and joined to curves.
    pub boundaries: Vec<Boundary>,
}

/// Computes a phase diagram.
///
/// Every point is labelled on its own, by the stability of the target and whether further states exist; that
/// a Gaussian readout has some is read off the share a(z) = (z⟨φ'⟩_A/⟨φ'⟩_z − A)/(z − A) of the one readout that
/// has a state at z besides the target (ours): further states exist iff a(z) ≤ a somewhere. Where
/// neighbours differ, the boundary is bisected on the edge between them. Two changes on one edge of the
/// grid are not seen.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::feedback::{
///     Class, Inputs, PhaseAxis, PhaseReadout, PhaseSettings, Quantity, phase_diagram,
/// };
///
/// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
/// let settings = PhaseSettings {
///     transfer: Transfer::Tanh,
///     inputs: Inputs { g: 0.8, feedback_std: 1.2, input_std: 0.5, rho: 0.0 },
///     target: 1.0,
///     readout: PhaseReadout::Share(0.5),
///     tolerance: 1e-6,
/// };
/// let x = PhaseAxis { quantity: Quantity::Target, low: 0.2, high: 2.0, points: 10 };
/// let y = PhaseAxis { quantity: Quantity::Share, low: 0.0, high: 2.0, points: 20 };
/// let diagram = phase_diagram(&settings, x, y)?;
/// assert_eq!(diagram.classes[0], Some(Class::Monostable));
/// // At A = 1 the target is lost at a_c = 1.55712.
/// let lost = diagram.boundaries.iter().flat_map(|b| &b.points).any(|p| {
///     (p.0 - 1.0).abs() < 1e-9 && (p.1 - 1.557124).abs() < 1e-5
/// });
/// assert!(lost);
/// # Ok(())
/// # }
/// ```
///
/// Source: Mastrogiuseppe & Ostojic 2019, specification section 4, experiment E9.
///
/// # Errors
/// [`FeedbackError::Parameter`] for axes of less than two points, that are not finite, measure the same
/// quantity or leave its range, and for a tolerance that is not above zero; [`FeedbackError`] for other
/// arguments out of range.
pub fn phase_diagram(
    settings: &PhaseSettings,
    x: PhaseAxis,
    y: PhaseAxis,
) -> Result<PhaseDiagram, FeedbackError> {
    check(settings, &x, &y)?;
    let labeller = Labeller::new(settings, x, y)?;
    let (columns, rows) = (x.values(), y.values());
    let classes: Vec<Option<Class>> = rows
        .par_iter()
        .flat_map_iter(|&row| columns.iter().map(move |&column| (column, row)))
        .map(|(column, row)| labeller.label(column, row))
        .collect();
    let boundaries = boundary::between(&labeller, &columns, &rows, &classes, settings.tolerance);
    Ok(PhaseDiagram { x, y, classes, boundaries })
}

fn check(settings: &PhaseSettings, x: &PhaseAxis, y: &PhaseAxis) -> Result<(), FeedbackError> {
    settings.inputs.check()?;
    super::inputs::check_target(settings.target)?;
    let refuse = |name, expected, value| Err(FeedbackError::Parameter { name, expected, value });
    if !(settings.tolerance > 0.0 && settings.tolerance < 1.0) {
        return refuse("tolerance", "a fraction between zero and one", settings.tolerance);
    }
    if let PhaseReadout::Share(share) = settings.readout
        && !share.is_finite()
    {
        return refuse("share", "a finite number", share);
    }
    if x.quantity == y.quantity {
        return refuse("the second axis", "another quantity than the first", y.low);
    }
    for axis in [x, y] {
        if axis.points < 2 {
            return refuse("points of an axis", "at least 2", axis.points as f64);
        }
        for end in [axis.low, axis.high] {
            if !end.is_finite() {
                return refuse("the end of an axis", "a finite number", end);
            }
            let (low, expected) = match axis.quantity {
                Quantity::Gain => (0.0, "a gain that is not negative"),
                Quantity::InputRatio => (0.0, "a ratio SI/Sm that is not negative"),
                Quantity::Rho => (-1.0, "a weight rho between -1 and 1"),
                Quantity::Target | Quantity::Share => (f64::NEG_INFINITY, ""),
            };
            if end < low || (axis.quantity == Quantity::Rho && end > 1.0) {
                return refuse("the end of an axis", expected, end);
            }
        }
        if !(axis.low < axis.high) {
            return refuse("the upper end of an axis", "above its lower end", axis.high);
        }
    }
    Ok(())
}
