//! The one map from the layers' errors to the exceptions of `attractorlab.errors`.
//!
//! A binding returns `Result<_, Failure>` and uses `?`. A new layer needs a variant with `#[from]` here, and a
//! line in the map that names its exception; the tree of exceptions itself is Python, in
//! `python/attractorlab/errors.py`.

use attractorlab_studies::run::RunError;
use attractorlab_sweep::{PlanError, SweepError};
use pyo3::PyErr;

mod exceptions {
    pyo3::import_exception!(attractorlab.errors, AttractorLabError);
    pyo3::import_exception!(attractorlab.errors, InputError);
    pyo3::import_exception!(attractorlab.errors, OutputError);
    pyo3::import_exception!(attractorlab.errors, UnknownStudyError);
}
use exceptions::{AttractorLabError, InputError, OutputError, UnknownStudyError};

/// Why a binding could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// An argument that no layer below would understand.
    #[error("{0}")]
    Input(String),
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

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        let message = failure.to_string();
        match failure {
            Failure::Input(_) | Failure::Threads(_) => InputError::new_err(message),
            Failure::Run(RunError::UnknownStudy { suggestion: Some(name), .. }) => {
                UnknownStudyError::new_err(format!("{message}: did you mean '{name}'?"))
            }
            Failure::Run(RunError::UnknownStudy { suggestion: None, .. }) => {
                UnknownStudyError::new_err(message)
            }
            Failure::Run(RunError::Output { .. }) => OutputError::new_err(message),
            Failure::Run(RunError::Json(_)) | Failure::Json(_) => AttractorLabError::new_err(message),
            Failure::Plan(error) => {
                // The plan was put together from arguments: its lines mean nothing to the caller.
                InputError::new_err(hinted(&error.message, error.hint.as_deref()))
            }
            Failure::Sweep(error) => {
                let message = hinted(&message, error.hint().as_deref());
                match error {
                    SweepError::Write { .. } | SweepError::Keep { .. } | SweepError::Read { .. } => {
                        OutputError::new_err(message)
                    }
                    _ => InputError::new_err(message),
                }
            }
            Failure::Python(error) => error,
        }
    }
}

fn hinted(message: &str, hint: Option<&str>) -> String {
    hint.map_or_else(|| message.to_owned(), |hint| format!("{message}: {hint}"))
}
