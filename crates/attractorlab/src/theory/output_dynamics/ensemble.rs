//! The clamped states of a setting, for every law of the feedback vectors.

use attractorlab_numerics::linalg::Mat;

use super::{FeedbackLaw, OutputError, Setting};
use crate::theory::clamped::{
    ClampedState, ClampedStates, LinearReadout, LocalDynamics, MixedPair, MixedStates, PairOfStates,
};

/// The theory of the clamped states of one bulk.
#[derive(Debug, Clone)]
pub(super) enum Ensemble {
    /// Gaussian feedback vectors of this variance.
    Gaussian(Box<ClampedStates>, f64),
    /// Uniform feedback vectors.
    Mixed(Box<MixedStates>),
}

/// A clamped state with what it was clamped at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clamp<'a> {
    pub(super) state: &'a ClampedState,
    /// Outputs.
    pub(super) z: &'a [f64],
    /// Context input.
    pub(super) u: f64,
}

/// Two states, and how the feedback line drives their overlap where that does not follow from them.
#[derive(Debug, Clone)]
pub(super) enum Coupled {
    Gaussian(PairOfStates),
    Mixed(MixedPair),
}

impl Coupled {
    pub(super) fn pair(&self) -> PairOfStates {
        match self {
            Self::Gaussian(pair) => *pair,
            Self::Mixed(mixed) => mixed.pair,
        }
    }

    pub(super) fn swapped(&self) -> Self {
        match self {
            Self::Gaussian(pair) => Self::Gaussian(pair.swapped()),
            Self::Mixed(mixed) => Self::Mixed(mixed.clone().swapped()),
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Ensemble {
    pub(super) fn new(setting: &Setting) -> Result<Self, OutputError> {
        let positive = |name, value: f64| {
            if value.is_finite() && value > 0.0 {
                Ok(value)
            } else {
                Err(OutputError::Parameter { name, expected: "a finite number above zero", value })
            }
        };
        Ok(match setting.feedback {
            FeedbackLaw::Gaussian { variance } => Self::Gaussian(
                Box::new(ClampedStates::new(setting.transfer, setting.g)?),
                positive("the variance of the feedback vectors", variance)?,
            ),
            FeedbackLaw::Uniform { half_width } => {
                let half_width = positive("the half-width of the feedback vectors", half_width)?;
                Self::Mixed(Box::new(MixedStates::new(setting.transfer, setting.g, half_width)?))
            }
        })
    }

    /// The state clamped at outputs `z` under context input `u`.
    pub(super) fn state(&self, z: &[f64], u: f64) -> Result<ClampedState, OutputError> {
        Ok(match self {
            Self::Gaussian(theory, variance) => theory.state(variance * dot(z, z) + u * u)?,
            Self::Mixed(theory) => theory.state(z, u * u)?,
        })
    }

    pub(super) fn own(&self, clamp: Clamp<'_>) -> Result<Coupled, OutputError> {
        Ok(match self {
            Self::Gaussian(..) => Coupled::Gaussian(PairOfStates::of_one(clamp.state)),
            Self::Mixed(theory) => Coupled::Mixed(theory.own(clamp.state, clamp.z)?),
        })
    }

    pub(super) fn pair(&self, a: Clamp<'_>, b: Clamp<'_>) -> Result<Coupled, OutputError> {
        let context = a.u * b.u;
        Ok(match self {
            Self::Gaussian(theory, variance) => {
                Coupled::Gaussian(theory.pair(a.state, b.state, variance * dot(a.z, b.z) + context)?)
            }
            Self::Mixed(theory) => Coupled::Mixed(theory.pair((a.state, a.z), (b.state, b.z), context)?),
        })
    }

    /// Covariance of the units' inputs in two states, the feedback's part included.
    pub(super) fn covariance(&self, coupled: &Coupled, a: &[f64], b: &[f64]) -> f64 {
        match self {
            Self::Gaussian(..) => coupled.pair().covariance,
            Self::Mixed(theory) => coupled.pair().covariance + theory.weight_variance() * dot(a, b),
        }
    }

    /// The local dynamics at the state `own`, number `current` of the states that the rows of
    /// `values` (their outputs) and `readout` speak of; `coupled[m]` is state m (first) with it (second).
    pub(super) fn local(
        &self,
        own: &ClampedState,
        current: usize,
        values: Mat<f64>,
        weights: Mat<f64>,
        context: Vec<f64>,
        coupled: &[Coupled],
    ) -> Result<LocalDynamics, OutputError> {
        let (order, outputs) = (values.nrows(), values.ncols());
        let pair = |m: usize| coupled[m].pair();
        Ok(match self {
            Self::Gaussian(theory, variance) => {
                let feedback = Mat::from_fn(order, outputs, |m, k| variance * values[(m, k)]);
                let readout = LinearReadout { feedback, weights, context };
                LocalDynamics::new(theory.g(), own, current, readout, pair)?
            }
            Self::Mixed(theory) => {
                let drive = Mat::from_fn(order, outputs, |m, k| match &coupled[m] {
                    Coupled::Mixed(mixed) => mixed.drive_second[k],
                    // The states of one ensemble are of one kind.
                    Coupled::Gaussian(_) => f64::NAN,
                });
                let readout = LinearReadout { feedback: values, weights, context };
                LocalDynamics::with_drive(theory.g(), own, current, readout, drive, pair)?
            }
        })
    }
}
