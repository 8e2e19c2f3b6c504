//! Why a rule, a loss or a run cannot go on.

use attractorlab_numerics::linalg::LinalgError;

use crate::dynamics::EquilibriumError;
use crate::training::OptimiserError;

/// What is wrong with what a rule was given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LearningError {
    /// The layer refused the batch.
    #[error(transparent)]
    Equilibrium(#[from] EquilibriumError),
    /// The optimiser refused its options.
    #[error(transparent)]
    Optimiser(#[from] OptimiserError),
    /// Linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// A label names no class.
    #[error("label {label} of sample {sample} is out of range: there are {classes} classes, numbered from 0")]
    Label {
        /// The sample.
        sample: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Two things that belong together have different sizes.
    #[error("{name} must have {expected} {of}, got {found}")]
    Size {
        /// What has the wrong size.
        name: &'static str,
        /// What is counted.
        of: &'static str,
        /// The number that fits.
        expected: usize,
        /// The number found.
        found: usize,
    },
    /// An option is out of range.
    #[error("{name} must be {expected}, got {value}")]
    Option {
        /// Which option.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
    /// The rule needs one response for all samples.
    #[error(
        "the reparameterised rule needs the same gains in every sample, because it steps in the one response matrix \
         A = (G⁻¹ − W)⁻¹; the gains of unit {unit} differ: use a linear network, or the linearised rule"
    )]
    GainsDiffer {
        /// The first such unit.
        unit: usize,
    },
    /// A unit does not respond.
    #[error(
        "the reparameterised rule needs gains above zero, because it steps in A = (G⁻¹ − W)⁻¹; unit {unit} has gain 0"
    )]
    Silent {
        /// The unit.
        unit: usize,
    },
    /// The finite step ends where the response matrix cannot be inverted.
    #[error(
        "the step of the reparameterised rule ends within {reciprocal_condition:.1e} of a singular response matrix \
         (learning rate {rate} is critical for this batch): the new weights would be enormous; change the learning rate"
    )]
    Critical {
        /// The learning rate.
        rate: f64,
        /// Reciprocal condition number of the factor that is inverted.
        reciprocal_condition: f64,
    },
    /// Back-propagation through time needs time.
    #[error(
        "back-propagation through the Euler steps needs the truncated forward pass: its gradient is that of the \
         simulation, not of the fixed point"
    )]
    NotTruncated,
}
