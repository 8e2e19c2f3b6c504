//! How fixed points move, vanish and turn unstable as a parameter changes.
//!
//! [`follow`] traces one branch of fixed points by pseudo-arclength continuation, around folds, and locates the
//! places where its stability changes; [`diagram`] also switches to the branches that cross it. The parameter is
//! whatever a [`Family`] makes of a number: a weight scale, an input, a morph between two networks
//! ([`NetworkFamily`]), or a user's own.
//!
//! Sources: Keller, in *Applications of Bifurcation Theory*, 359 (1977), for the arclength; Kuznetsov, *Elements of
//! Applied Bifurcation Theory*, chapter 10, for the test functions.

mod branch;
mod curve;
mod diagram;
mod family;
mod special;

pub use branch::{Branch, BranchEnd, BranchPoint, follow};
pub use diagram::{Diagram, diagram, diagram_until};
pub use family::{Family, NetworkFamily, NetworkFamilyError, OwnedNetwork};
pub use special::{Special, SpecialKind};

/// How to trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContinuationOptions {
    /// Interval of the parameter; a branch ends where it leaves it.
    pub range: (f64, f64),
    /// Largest step. Steps are lengths in the metric |δx|²/n + (δp/(upper − lower))².
    pub largest_step: f64,
    /// Smallest step: a branch that needs smaller ones is given up.
    pub smallest_step: f64,
    /// Steps in each direction.
    pub steps: usize,
    /// Residual, largest over the variables, below which a state is a fixed point.
    pub tolerance: f64,
    /// Branches of a diagram.
    pub branches: usize,
}

impl ContinuationOptions {
    /// The default options between two values of the parameter.
    pub fn between(lower: f64, upper: f64) -> Self {
        Self {
            range: (lower, upper),
            largest_step: 0.03,
            smallest_step: 1e-7,
            steps: 1000,
            tolerance: 1e-11,
            branches: 64,
        }
    }

    /// Whether the options make sense.
    pub(crate) fn check(&self) -> Result<(), ContinuationError> {
        let options = self;
        let (lower, upper) = options.range;
        if !(lower < upper && lower.is_finite() && upper.is_finite()) {
            return Err(ContinuationError::Range { lower, upper });
        }
        let checks = [
            ("the largest step", options.largest_step, options.largest_step > options.smallest_step),
            ("the smallest step", options.smallest_step, true),
            ("the tolerance", options.tolerance, true),
            ("the number of steps", options.steps as f64, true),
            ("the number of branches", options.branches as f64, true),
        ];
        for (name, value, more) in checks {
            if !(value > 0.0 && value.is_finite() && more) {
                let extra = if more { "" } else { " and larger than the smallest step" };
                return Err(ContinuationError::Option { name, extra, value });
            }
        }
        Ok(())
    }
}

/// Why a branch cannot be followed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ContinuationError {
    /// It was told to stop.
    #[error("the continuation was stopped before its end")]
    Stopped,
    /// The range of the parameter is empty or not finite.
    #[error("the range of the parameter must be finite with its lower end first, got {lower} to {upper}")]
    Range {
        /// Its lower end.
        lower: f64,
        /// Its upper end.
        upper: f64,
    },
    /// A step, a tolerance or a number of steps makes no sense.
    #[error("{name} must be positive{extra}, got {value}")]
    Option {
        /// Which option.
        name: &'static str,
        /// What else is asked of it.
        extra: &'static str,
        /// What was given.
        value: f64,
    },
    /// The parameter of the start is outside the range.
    #[error("the start is at parameter {parameter}, outside the range from {lower} to {upper}")]
    Outside {
        /// Parameter of the start.
        parameter: f64,
        /// Lower end of the range.
        lower: f64,
        /// Upper end of the range.
        upper: f64,
    },
    /// The start has another number of variables than the system.
    #[error("the start needs one entry for each of the {dim} variables, got {found}")]
    Dimension {
        /// Number of variables.
        dim: usize,
        /// Length of the start.
        found: usize,
    },
    /// Newton's method found no fixed point from the start.
    #[error(
        "no fixed point was found from the start at parameter {parameter} (residual {residual:.1e}); start closer to one"
    )]
    NoFixedPoint {
        /// Parameter of the start.
        parameter: f64,
        /// The residual that is left.
        residual: f64,
    },
    /// The branch has no tangent at the start.
    #[error(
        "the branch has no tangent at the start (parameter {parameter}): branches cross there; start beside it"
    )]
    NoTangent {
        /// Parameter of the start.
        parameter: f64,
    },
    /// There is no start.
    #[error("there is no fixed point to start from")]
    NoStarts,
}
