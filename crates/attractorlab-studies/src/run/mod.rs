//! The runner: chooses studies, runs them in order, keeps what is finished.

mod folder;
mod report;
mod result;
mod select;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

pub use folder::OutputFolder;
pub use result::{Run, StudyResult, Verdict};
pub use select::select;

use crate::{Context, Outcome, Preset, Progress, Study, StudyError};

/// The seed of a run that names none. It is fixed, so that two people see the same numbers.
pub const DEFAULT_SEED: u64 = 1;

/// Why a run could not start or could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A pattern names no study and no paper.
    #[error("there is no study '{pattern}'")]
    UnknownStudy {
        /// What was asked for.
        pattern: String,
        /// The nearest id or paper.
        suggestion: Option<String>,
    },
    /// The output folder, or a file in it, cannot be written.
    #[error("cannot write to '{}': {source}", path.display())]
    Output {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The results have no JSON form.
    #[error("the results cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// How studies are run.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// Size of the run.
    pub preset: Preset,
    /// Root of the seed tree. Every study gets the same root: the streams below it are named.
    pub seed: u64,
    /// Where to write, if anywhere.
    pub output: Option<&'a OutputFolder>,
    /// Set to stop: the running study gives up at its next check, what is finished is kept.
    pub cancelled: &'a AtomicBool,
    /// A folder with data of the user's (MNIST's four IDX files), for studies that can use it.
    pub data: Option<&'a Path>,
}

/// Is told how a run goes. Positions count from 1.
pub trait Observer: Sync {
    /// A study begins.
    fn started(&self, position: usize, total: usize, study: &dyn Study) {
        let _ = (position, total, study);
    }
    /// The running study has finished `done` of `total` equal steps; called from many threads.
    fn progress(&self, done: usize, total: usize) {
        let _ = (done, total);
    }
    /// A study came to its end, or to an error.
    fn finished(&self, position: usize, total: usize, result: &StudyResult) {
        let _ = (position, total, result);
    }
}

/// Watches nothing.
impl Observer for crate::Silent {}

/// Hands a study's progress on to the observer of the run.
struct Forward<'a>(&'a dyn Observer);

impl Progress for Forward<'_> {
    fn update(&self, done: usize, total: usize) {
        self.0.progress(done, total);
    }
}

/// Runs studies one after the other on the current rayon pool.
///
/// A study that cannot run, or panics, is recorded with its error and the next one is run. With an output
/// folder, everything finished so far is on disk after each study.
///
/// # Errors
/// [`RunError`] if results cannot be written; what was written before stays.
pub fn run(
    studies: &[&dyn Study],
    settings: &Settings<'_>,
    observer: &dyn Observer,
) -> Result<Run, RunError> {
    let total = studies.len();
    let mut run = Run { results: Vec::with_capacity(total), planned: total, interrupted: false };
    for (study, position) in studies.iter().zip(1..) {
        if settings.cancelled.load(Ordering::Relaxed) {
            run.interrupted = true;
            break;
        }
        observer.started(position, total, *study);
        let Some(result) = run_one(*study, settings, observer) else {
            run.interrupted = true;
            break;
        };
        observer.finished(position, total, &result);
        run.results.push(result);
        if let Some(folder) = settings.output {
            keep(folder, &run, settings)?;
        }
    }
    Ok(run)
}

/// Writes the newest study's figures, and the results and the report of all that is finished.
fn keep(folder: &OutputFolder, run: &Run, settings: &Settings<'_>) -> Result<(), RunError> {
    if let Some(newest) = run.results.last() {
        for figure in &newest.figures {
            folder.write(format!("figures/{}/{}.svg", newest.id, figure.id), figure.to_svg().as_bytes())?;
        }
    }
    folder.write("results.json", &to_json(&run.results)?)?;
    folder.write("report.html", report::report(run, settings).to_html().as_bytes())
}

/// The JSON form of results: a list with one object a study.
///
/// # Errors
/// [`RunError::Json`] if a study's parameters have no JSON form.
pub fn to_json(results: &[StudyResult]) -> Result<Vec<u8>, RunError> {
    let mut bytes = serde_json::to_vec_pretty(results)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Runs one study; `None` if it was stopped.
fn run_one(study: &dyn Study, settings: &Settings<'_>, observer: &dyn Observer) -> Option<StudyResult> {
    let progress = Forward(observer);
    let context = Context {
        preset: settings.preset,
        seed: settings.seed,
        progress: &progress,
        cancelled: settings.cancelled,
        data: settings.data,
    };
    let start = Instant::now();
    // A defect in one study must not lose the others. Nothing of a study that panicked is looked at again.
    let ending = catch_unwind(AssertUnwindSafe(|| study.run(&context)));
    let seconds = start.elapsed().as_secs_f64();
    let (outcome, error) = match ending {
        Ok(Ok(outcome)) if outcome.claims.is_empty() => {
            (outcome, Some("it makes no claim, so nothing was tested".to_owned()))
        }
        Ok(Ok(outcome)) => (outcome, None),
        Ok(Err(StudyError::Cancelled)) => return None,
        Ok(Err(error)) => (Outcome::default(), Some(error.to_string())),
        Err(panic) => (Outcome::default(), Some(format!("defect in the study: {}", panic_message(&*panic)))),
    };
    Some(StudyResult {
        id: study.id().to_owned(),
        title: study.title().to_owned(),
        question: study.question().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        preset: settings.preset,
        seed: settings.seed,
        seconds,
        error,
        claims: outcome.claims,
        parameters: study.parameters(settings.preset),
        figures: outcome.figures,
        tables: outcome.tables,
    })
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it stopped without a message")
}
