//! Families of readouts: where a readout comes from.

use std::fmt;

use super::closed_loop::ClosedLoop;
use super::inputs::check_target;
use super::{
    BulkCorrelation, Direction, FeedbackError, FixedPoint, Inputs, Readout, ReadoutCurve, RecursiveOptions,
    RecursiveReadout, TrainedReadout, TrainingStart,
};
use crate::network::Transfer;
use crate::theory::chaos::ChaosTheory;
use crate::theory::clamped::ClampedState;

/// Where a readout comes from: what mean-field theory must know of it, besides the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Family {
    /// Gaussian along a direction, independent of the bulk, scaled so that the target is stationary.
    Gaussian(Direction),
    /// Gaussian along mA + I, the direction that least squares finds, and independent of the bulk: the
    /// coarser of the two approximations of least squares.
    GaussianLeastSquares,
    /// Least squares, or ridge regression with q > 0, on the clamped state; the readout's dependence on the bulk
    /// kept (exact) or dropped (the paper's approximation).
    LeastSquares {
        /// Ridge parameter q ≥ 0.
        ridge: f64,
        /// Whether the bulk correlation is kept.
        correlation: BulkCorrelation,
    },
    /// The slow limit of the online delta rule from a readout of zero.
    SlowGradientDescent,
    /// Recursive least squares (FORCE) from a known start.
    Recursive(RecursiveOptions),
    /// A readout known by its overlaps alone, as measured in a network, independent of the bulk; it need not
    /// hold any target.
    Overlaps(Readout),
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gaussian(_) => "a Gaussian readout",
            Self::GaussianLeastSquares => "a Gaussian readout along mA + I",
            Self::LeastSquares { ridge, correlation: BulkCorrelation::Kept } if *ridge == 0.0 => {
                "least squares"
            }
            Self::LeastSquares { ridge, correlation: BulkCorrelation::Dropped } if *ridge == 0.0 => {
                "least squares with the bulk correlation dropped"
            }
            Self::LeastSquares { .. } => "ridge regression",
            Self::SlowGradientDescent => "slow gradient descent",
            Self::Recursive(options) => match options.start {
                TrainingStart::InputOnly => "recursive least squares from the input-only state",
                TrainingStart::Random => "recursive least squares from a random state",
            },
            Self::Overlaps(_) => "a readout of these overlaps",
        })
    }
}

/// Nodes of the Volterra equation of slow gradient descent: its error is of order 1/NODES².
const NODES: usize = 64;

impl Family {
    /// The closed loop of this family.
    pub(super) fn closed_loop(
        &self,
        transfer: Transfer,
        inputs: Inputs,
        target: f64,
        chaos: &ChaosTheory,
    ) -> Result<Box<dyn ClosedLoop>, FeedbackError> {
        inputs.check()?;
        check_target(target)?;
        let stationary_at = |z: f64| {
            let (drive, critical) = (inputs.drive(z), chaos.critical_drive());
            let error = FeedbackError::ChaoticTraining { z, drive, g: inputs.g, critical };
            if drive < critical { Err(error) } else { Ok(()) }
        };
        Ok(match *self {
            Self::Gaussian(direction) => {
                direction.check()?;
                let (alpha, beta) = direction.overlaps(&inputs);
                Box::new(GaussianLoop::holding(transfer, inputs, (alpha, beta), target, chaos)?)
            }
            Self::GaussianLeastSquares => {
                let overlap = inputs.overlap();
                let input = target * overlap + inputs.input_std * inputs.input_std;
                let direction = (inputs.half_drive_slope(target), input);
                Box::new(GaussianLoop::holding(transfer, inputs, direction, target, chaos)?)
            }
            Self::Overlaps(readout) => {
                let curve = ReadoutCurve::with_overlaps(transfer, inputs, readout)?;
                Box::new(GaussianLoop { curve, scale: 1.0 })
            }
            Self::LeastSquares { ridge, correlation } => {
                stationary_at(target)?;
                Box::new(TrainedReadout::least_squares(transfer, inputs, target, ridge, correlation)?)
            }
            Self::SlowGradientDescent => {
                // The weakest drive on the way from 0 to the target.
                let (low, high) = (target.min(0.0), target.max(0.0));
                let center = if inputs.feedback_std > 0.0 {
                    -inputs.overlap() / (inputs.feedback_std * inputs.feedback_std)
                } else {
                    0.0
                };
                stationary_at(center.clamp(low, high))?;
                Box::new(TrainedReadout::slow_gradient_descent(transfer, inputs, target, NODES)?)
            }
            Self::Recursive(options) => {
                if options.start == TrainingStart::InputOnly {
                    stationary_at(0.0)?;
                }
                stationary_at(target)?;
                Box::new(RecursiveReadout::new(transfer, inputs, target, options)?)
            }
        })
    }
}

/// A Gaussian readout c·(direction).
struct GaussianLoop {
    curve: ReadoutCurve,
    scale: f64,
}

impl GaussianLoop {
    /// Scaled so that the target is stationary, or chaotic with this output.
    fn holding(
        transfer: Transfer,
        inputs: Inputs,
        (alpha, beta): (f64, f64),
        target: f64,
        chaos: &ChaosTheory,
    ) -> Result<Self, FeedbackError> {
        let direction = Readout { overlap_feedback: alpha, overlap_input: beta };
        let curve = ReadoutCurve::with_overlaps(transfer, inputs, direction)?;
        // Which targets cannot be realised, and the scale for stationary ones, the curve knows.
        let scale = curve.states(target)?.scale;
        let active = chaos.activity(inputs.drive(target))?;
        let scale = if !active.chaotic || target == 0.0 {
            scale
        } else {
            target / ((alpha * target + beta) * active.state.gain)
        };
        Ok(Self { curve, scale })
    }
}

impl ClosedLoop for GaussianLoop {
    fn readout(&self) -> Readout {
        let (alpha, beta) = self.curve.overlaps();
        Readout { overlap_feedback: self.scale * alpha, overlap_input: self.scale * beta }
    }

    fn map_in(&self, z: f64, state: &ClampedState) -> Result<f64, FeedbackError> {
        let readout = self.readout();
        Ok((readout.overlap_feedback * z + readout.overlap_input) * state.gain)
    }

    fn state(&self, z: f64) -> Result<FixedPoint, FeedbackError> {
        Ok(self.curve.state(&self.readout(), z))
    }

    fn reach(&self) -> f64 {
        1.01 * self.curve.outermost(1.0 / self.scale.abs()).min(1e12) + 1e-3
    }

    /// All of them, from the curve: none can be missed.
    fn stationary_states(
        &self,
        low: f64,
        high: f64,
        _: &dyn Fn(f64) -> Result<f64, FeedbackError>,
    ) -> Result<(Vec<FixedPoint>, bool), FeedbackError> {
        let mut states = self.curve.fixed_points(self.scale)?;
        states.retain(|state| (low..=high).contains(&state.z));
        Ok((states, !self.curve.is_marginal(1.0 / self.scale)))
    }
}
