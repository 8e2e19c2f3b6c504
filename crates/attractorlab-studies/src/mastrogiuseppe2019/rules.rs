//! The training rules of the comparison, with their theories.

use attractorlab::dynamics::{
    ClampedNetwork, Input, Record, SimulationError, SimulationOptions, StaticMapError,
};
use attractorlab::network::{Connectivity, Form, InputVectors, RateNetwork, Transfer, gaussian_bulk};
use attractorlab::theory::feedback::{BulkCorrelation, Family, Inputs, RecursiveOptions, TrainingStart};
use attractorlab::training::{
    DeltaOptions, FeedbackTask, RateDecomposition, RecursiveLeastSquares, TrainingError, delta_rule,
    least_squares, recursive_least_squares,
};
use attractorlab_figures::{Colour, Marker};
use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;

use crate::{Context, StudyError};

/// A training rule and its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    LeastSquares,
    GradientDescent,
    RecursiveRandom,
    RecursiveInputOnly,
}

/// Regularisation, step and duration of recursive least squares (specification section 5).
pub(super) const RECURSIVE: RecursiveLeastSquares =
    RecursiveLeastSquares { alpha: 1.0, dt: 0.1, duration: 50.0 };

impl Rule {
    pub(super) const ALL: [Self; 4] =
        [Self::LeastSquares, Self::GradientDescent, Self::RecursiveRandom, Self::RecursiveInputOnly];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LeastSquares => "least squares",
            Self::GradientDescent => "gradient descent",
            Self::RecursiveRandom => "RLS, random start",
            Self::RecursiveInputOnly => "RLS, input-only start",
        }
    }

    pub(super) fn mark(self) -> (Colour, Marker) {
        match self {
            Self::LeastSquares => (Colour::Blue, Marker::Circle),
            Self::GradientDescent => (Colour::Green, Marker::Square),
            Self::RecursiveRandom => (Colour::Orange, Marker::Triangle),
            Self::RecursiveInputOnly => (Colour::Vermillion, Marker::Diamond),
        }
    }

    /// What theory must know of it.
    pub(super) fn family(self, units: usize) -> Family {
        let recursive = |start| {
            let RecursiveLeastSquares { alpha, dt, duration } = RECURSIVE;
            Family::Recursive(RecursiveOptions { units, alpha, dt, duration, start })
        };
        match self {
            Self::LeastSquares => Family::LeastSquares { ridge: 0.0, correlation: BulkCorrelation::Kept },
            Self::GradientDescent => Family::SlowGradientDescent,
            Self::RecursiveRandom => recursive(TrainingStart::Random),
            Self::RecursiveInputOnly => recursive(TrainingStart::InputOnly),
        }
    }

    /// Trains a readout; the state in which training ended comes with it.
    pub(super) fn train(
        self,
        context: &Context<'_>,
        task: FeedbackTask<'_>,
        delta: DeltaOptions,
        stream: &mut Stream,
    ) -> Result<(Vec<f64>, Vec<f64>), StudyError> {
        let units = task.units();
        // Where the state without output is chaotic, training starts on its trajectory.
        let input_only = || {
            task.clamped_state(0.0).or_else(|_| settle(context, task, 0.0, 40).map(|frames| last(&frames)))
        };
        let trained = match self {
            Self::LeastSquares => match least_squares(task, 0.0) {
                Err(TrainingError::NotStationary { .. }) => return snapshots(context, task),
                trained => trained,
            },
            Self::GradientDescent => delta_rule(task, &input_only()?, delta),
            Self::RecursiveRandom => recursive_least_squares(task, &stream.normals(units), RECURSIVE),
            Self::RecursiveInputOnly => recursive_least_squares(task, &input_only()?, RECURSIVE),
        };
        let trained = trained.map_err(StudyError::step("training"))?;
        Ok((trained.readout, trained.x))
    }
}

/// The network clamped at z, run from its drive: one state a column, one every time unit.
fn settle(
    context: &Context<'_>,
    task: FeedbackTask<'_>,
    z: f64,
    duration: usize,
) -> Result<Mat<f64>, StudyError> {
    let drive: Vec<f64> = task.feedback.iter().zip(task.input).map(|(m, i)| m * z + i).collect();
    let units = drive.len();
    let start = Mat::from_fn(units, 1, |i, _| drive[i]);
    let options = SimulationOptions {
        dt: 0.1,
        steps: 10 * duration,
        record: Record::States,
        every: 10,
        ..SimulationOptions::default()
    };
    let connectivity =
        Connectivity::new(task.network.bulk.to_owned()).map_err(StudyError::step("a clamped network"))?;
    let network = RateNetwork::new(connectivity, task.network.transfer, Form::Current)
        .with_bias(drive)
        .map_err(StudyError::step("a clamped network"))?;
    let run = context.simulate("a clamped network", &network, start.as_ref(), Input::Zero, &options)?;
    Ok(Mat::from_fn(units, run.times.len(), |i, frame| run.value(frame, i, 0)))
}

fn last(frames: &Mat<f64>) -> Vec<f64> {
    frames.col(frames.ncols() - 1).iter().copied().collect()
}

/// Least squares where the clamped network is chaotic: on 40 states of its trajectory, one a time unit. A trace of
/// ridge stands for the pseudo-inverse, should a finite network have settled after all.
fn snapshots(context: &Context<'_>, task: FeedbackTask<'_>) -> Result<(Vec<f64>, Vec<f64>), StudyError> {
    let frames = settle(context, task, task.target, 60)?;
    let count = 40;
    let skip = frames.ncols() - count;
    let rates =
        Mat::from_fn(frames.nrows(), count, |i, c| task.network.transfer.value(frames[(i, skip + c)]));
    let targets = Mat::from_fn(count, 1, |_, _| task.target);
    let readout = RateDecomposition::new(rates.as_ref())
        .and_then(|decomposition| decomposition.readout(targets.as_ref(), 1e-9))
        .map_err(StudyError::step("training on snapshots"))?;
    Ok((readout.col(0).iter().copied().collect(), last(&frames)))
}

/// What a release that failed or was stopped means to a study.
pub(super) fn released(error: StaticMapError) -> StudyError {
    match error {
        StaticMapError::Simulation(SimulationError::Stopped) => StudyError::Cancelled,
        error => StudyError::step("releasing a network")(error),
    }
}

/// One network of the paper's ensemble.
pub(super) struct Network {
    pub(super) bulk: Mat<f64>,
    pub(super) vectors: InputVectors,
}

impl Network {
    pub(super) fn draw(units: usize, inputs: Inputs, stream: &mut Stream) -> Self {
        let bulk = gaussian_bulk(units, inputs.g, stream);
        let vectors = InputVectors::draw(units, inputs.feedback_std, inputs.input_std, inputs.rho, stream);
        Self { bulk, vectors }
    }

    pub(super) fn task(&self, target: f64) -> FeedbackTask<'_> {
        FeedbackTask {
            network: ClampedNetwork { bulk: self.bulk.as_ref(), transfer: Transfer::Tanh },
            feedback: &self.vectors.feedback,
            input: &self.vectors.input,
            target,
        }
    }
}
