//! The one map from the layers' errors to the exceptions of `attractorlab.errors`.
//!
//! A binding returns `Result<_, Failure>` and uses `?`. A new layer needs a variant with `#[from]` here, and a
//! line in the map that names its exception; the tree of exceptions itself is Python, in
//! `python/attractorlab/errors.py`.

use attractorlab::analysis::DissectionError;
use attractorlab::analysis::alignment::AlignmentError;
use attractorlab::analysis::weight_change::ChangeError;
use attractorlab::dynamics::{EquilibriumError, SimulationError, StaticMapError};
use attractorlab::network::NetworkError;
use attractorlab::network::files::NetworkFileError;
use attractorlab::task::TaskError;
use attractorlab::task::images::ImageError;
use attractorlab::theory::chaos::ChaosError;
use attractorlab::theory::clamped::ClampedError;
use attractorlab::theory::feedback::FeedbackError;
use attractorlab::theory::linear_learning::LearningError;
use attractorlab::theory::output_dynamics::OutputError as DynamicsError;
use attractorlab::training::TrainingError;
use attractorlab::training::bptt::BpttError;
use attractorlab::training::equilibrium::{CheckpointError, LearningError as EquilibriumLearningError};
use attractorlab_numerics::gaussian::{AverageError, ParseProductError};
use attractorlab_numerics::linalg::LinalgError;
use attractorlab_numerics::roots::RootError;
use attractorlab_studies::run::RunError;
use attractorlab_sweep::{PlanError, SweepError};
use pyo3::PyErr;

mod exceptions {
    pyo3::import_exception!(attractorlab.errors, AttractorLabError);
    pyo3::import_exception!(attractorlab.errors, AverageDoesNotExistError);
    pyo3::import_exception!(attractorlab.errors, InputError);
    pyo3::import_exception!(attractorlab.errors, OutputError);
    pyo3::import_exception!(attractorlab.errors, UnknownStudyError);
    pyo3::import_exception!(attractorlab.errors, UnrealisableTargetError);
}
use exceptions::{
    AttractorLabError, AverageDoesNotExistError, InputError, OutputError, UnknownStudyError,
    UnrealisableTargetError,
};

/// Why a binding could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// An argument that no layer below would understand.
    #[error("{0}")]
    Input(String),
    /// An element of an array is what a layer refused.
    #[error("{source}, at {position:?}")]
    At {
        /// Its indices.
        position: Vec<usize>,
        /// The refusal.
        source: Box<Failure>,
    },
    /// Text that is not a product.
    #[error(transparent)]
    Product(#[from] ParseProductError),
    /// A Gaussian average.
    #[error(transparent)]
    Average(#[from] AverageError),
    /// The search for roots.
    #[error(transparent)]
    Roots(#[from] RootError),
    /// The theory of clamped states.
    #[error(transparent)]
    Clamped(#[from] ClampedError),
    /// The theory of feedback networks.
    #[error(transparent)]
    Feedback(#[from] FeedbackError),
    /// A network cannot be made.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A file is no network.
    #[error(transparent)]
    NetworkFile(#[from] NetworkFileError),
    /// A network cannot be dissected.
    #[error(transparent)]
    Dissection(#[from] DissectionError),
    #[error(transparent)]
    Bifurcation(#[from] attractorlab::analysis::BifurcationError),
    #[error(transparent)]
    Continuation(#[from] attractorlab::dynamics::continuation::ContinuationError),
    #[error(transparent)]
    Family(#[from] attractorlab::dynamics::continuation::NetworkFamilyError),
    /// A simulation cannot be run.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// Linear algebra refused.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// The theory of chaos.
    #[error(transparent)]
    Chaos(#[from] ChaosError),
    /// A static map.
    #[error(transparent)]
    StaticMap(#[from] StaticMapError),
    /// The theory of trained outputs.
    #[error(transparent)]
    Dynamics(#[from] DynamicsError),
    /// The theory of linear learning.
    #[error(transparent)]
    Learning(#[from] LearningError),
    /// A change of weights cannot be analysed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// Alignment cannot be measured.
    #[error(transparent)]
    Alignment(#[from] AlignmentError),
    /// Training.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// A task, or a batch of it, is wrong.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// Back-propagation through time refused.
    #[error(transparent)]
    Bptt(#[from] BpttError),
    /// A test whether targets are held.
    #[error(transparent)]
    Holding(#[from] attractorlab::training::HoldingError),
    /// The fixed-point layer.
    #[error(transparent)]
    Equilibrium(#[from] EquilibriumError),
    /// Learning on fixed points.
    #[error(transparent)]
    EquilibriumLearning(#[from] EquilibriumLearningError),
    /// A checkpoint cannot be written or continued.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Images cannot be read.
    #[error(transparent)]
    Images(#[from] ImageError),
    /// The study runner refused.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A sweep's plan is wrong.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A sweep cannot be done.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// No such number of threads.
    #[error(transparent)]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// Something has no JSON form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Python itself: Ctrl-C, above all.
    #[error(transparent)]
    Python(#[from] PyErr),
}

impl Failure {
    /// Adds where in arrays of this shape the flat `index` lies; nothing where there is one number only.
    pub(crate) fn at(self, mut index: usize, shape: &[usize]) -> Self {
        if shape.is_empty() {
            return self;
        }
        let mut position = vec![0; shape.len()];
        for (place, &length) in position.iter_mut().zip(shape).rev() {
            *place = index % length.max(1);
            index /= length.max(1);
        }
        Self::At { position, source: Box::new(self) }
    }

    /// The exception that bears `message`.
    fn exception(self, message: String) -> PyErr {
        match self {
            Self::At { source, .. } => source.exception(message),
            Self::Average(AverageError::DoesNotExist { .. })
            | Self::Clamped(ClampedError::Average(AverageError::DoesNotExist { .. })) => {
                AverageDoesNotExistError::new_err(message)
            }
            Self::Feedback(FeedbackError::Unrealisable { .. }) => UnrealisableTargetError::new_err(message),
            Self::Dynamics(DynamicsError::Clamped(error)) | Self::Feedback(FeedbackError::Clamped(error)) => {
                Self::Clamped(error).exception(message)
            }
            Self::Run(RunError::Output { .. }) | Self::Bptt(BpttError::File(_)) => {
                OutputError::new_err(message)
            }
            Self::Input(_)
            | Self::Task(_)
            | Self::Bptt(_)
            | Self::Network(_)
            | Self::Dissection(_)
            | Self::Bifurcation(_)
            | Self::Continuation(_)
            | Self::Family(_)
            | Self::Simulation(_)
            | Self::Linalg(_)
            | Self::Threads(_)
            | Self::Product(_)
            | Self::Average(_)
            | Self::Roots(_)
            | Self::Clamped(_)
            | Self::Chaos(_)
            | Self::StaticMap(_)
            | Self::Dynamics(_)
            | Self::Learning(_)
            | Self::Change(_)
            | Self::Alignment(_)
            | Self::Training(_)
            | Self::Equilibrium(_)
            | Self::EquilibriumLearning(_)
            | Self::Images(_)
            | Self::Holding(_)
            | Self::Feedback(_) => InputError::new_err(message),
            Self::Run(RunError::UnknownStudy { suggestion: Some(name), .. }) => {
                UnknownStudyError::new_err(format!("{message}: did you mean '{name}'?"))
            }
            Self::Run(RunError::UnknownStudy { suggestion: None, .. }) => UnknownStudyError::new_err(message),
            Self::Checkpoint(error) => match error {
                CheckpointError::File(_) => OutputError::new_err(message),
                _ => InputError::new_err(message),
            },
            Self::NetworkFile(error) => match error {
                NetworkFileError::File(_) => OutputError::new_err(message),
                _ => InputError::new_err(message),
            },
            Self::Run(RunError::Json(_)) | Self::Json(_) => AttractorLabError::new_err(message),
            Self::Plan(error) => {
                // The plan was put together from arguments: its lines mean nothing to the caller.
                InputError::new_err(hinted(&error.message, error.hint.as_deref()))
            }
            Self::Sweep(error) => {
                let message = hinted(&message, error.hint().as_deref());
                match error {
                    SweepError::Write { .. } | SweepError::Keep { .. } | SweepError::Read { .. } => {
                        OutputError::new_err(message)
                    }
                    _ => InputError::new_err(message),
                }
            }
            Self::Python(error) => error,
        }
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        let message = failure.to_string();
        failure.exception(message)
    }
}

fn hinted(message: &str, hint: Option<&str>) -> String {
    hint.map_or_else(|| message.to_owned(), |hint| format!("{message}: {hint}"))
}
