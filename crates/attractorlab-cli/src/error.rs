//! What the program says when it cannot do what it was asked to.

use std::io::IsTerminal;

use attractorlab::theory::chaos::ChaosError;
use attractorlab::theory::feedback::FeedbackError;
use attractorlab::theory::output_dynamics::OutputError;
use attractorlab_figures::FigureError;
use attractorlab_numerics::gaussian::{AverageError, ParseProductError};
use attractorlab_studies::run::RunError;
use attractorlab_sweep::SweepError;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use crate::terminal;

/// Why the program could not run: one sentence, and a hint at what to do.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(crate) enum CliError {
    /// `study run` without names.
    #[error("no study is named")]
    #[diagnostic(help(
        "name studies or papers, or run everything with --all; 'study list' shows what there is"
    ))]
    NothingNamed,
    /// `--threads 0`.
    #[error("--threads must be at least 1, not 0")]
    #[diagnostic(help("leave --threads out to use all cores"))]
    NoThreads,
    /// The system gives no such number of threads.
    #[error("cannot start {threads} threads: {reason}")]
    #[diagnostic(help("this machine runs {} threads at once", available()))]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system said.
        reason: String,
    },
    /// A pattern that names no study.
    #[error("there is no study '{pattern}'")]
    #[diagnostic(help("{}", did_you_mean(suggestion.as_deref())))]
    UnknownStudy {
        /// What was asked for.
        pattern: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// A folder or file that cannot be written.
    #[error("{0}")]
    #[diagnostic(help("choose another folder with -o, or make this one writable"))]
    Output(RunError),
    /// A Gaussian average that cannot be given.
    #[error("{0}")]
    #[diagnostic(help("'theory average --help' says what each argument is"))]
    Average(#[from] AverageError),
    /// A feedback network that the theory refuses.
    #[error("{0}")]
    #[diagnostic(help("'theory feedback --help' says what each argument is"))]
    Feedback(#[from] FeedbackError),
    /// A network file, a name map or a file of trajectories that cannot be read or written.
    #[error("{path}: {reason}")]
    #[diagnostic(help("'net convert --help' shows what files can hold"))]
    NetworkFile {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A network that cannot be dissected.
    #[error("{0}")]
    #[diagnostic(help("'dissect --help' says what each argument is; 'net show' what the network has"))]
    Dissection(#[from] attractorlab::analysis::DissectionError),
    /// Fixed points that cannot be followed.
    #[error("{0}")]
    #[diagnostic(help("'bifurcations --help' says what each argument is; 'net show' what the network has"))]
    Bifurcation(#[from] attractorlab::analysis::BifurcationError),
    /// A parameter that does not fit the network.
    #[error("{0}")]
    #[diagnostic(help("'net show' says how many inputs the network has"))]
    Family(#[from] attractorlab::dynamics::continuation::NetworkFamilyError),
    /// A morph without the second network.
    #[error("--along morph needs the network into which to change, and there is no --other")]
    #[diagnostic(help("name its file with --other"))]
    NoOther,
    /// A folder that cannot be made.
    #[error("cannot make the folder {path}: {source}")]
    #[diagnostic(help("choose another folder with -o"))]
    Folder {
        /// The folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Results that cannot be written.
    #[error("cannot write {path}: {reason}")]
    #[diagnostic(help("choose another folder with -o"))]
    Results {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A network that is not a feedback network with one loop.
    #[error("{path}: {reason}")]
    #[diagnostic(help(
        "the theory is of τ dx/dt = −x + Jφ(x) + m z + I with one output z = n·φ(x)/N: keep bulk, m, n and I apart in the file"
    ))]
    NotFeedback {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The static map of a network that cannot be traced.
    #[error("{0}")]
    #[diagnostic(help("'theory overlay --help' says what the network must be"))]
    StaticMap(#[from] attractorlab::dynamics::StaticMapError),
    /// A direction for a readout that training finds.
    #[error("--p, --pm and --pi are for a Gaussian readout: training finds its own direction")]
    #[diagnostic(help("leave them out, or leave --readout out"))]
    DirectionOfTrained,
    /// A chaotic state that the theory refuses.
    #[error("{0}")]
    #[diagnostic(help("'theory chaos --help' says what each argument is"))]
    Chaos(#[from] ChaosError),
    /// An axis of a phase diagram that cannot be read.
    #[error("cannot read the axis '{axis}': {reason}")]
    #[diagnostic(help(
        "write QUANTITY=LOW:HIGH[:POINTS], for example target=-2:2:200; quantities are target, g, rho, input-ratio, share"
    ))]
    Axis {
        /// What was given.
        axis: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A network with several values to hold that the theory refuses.
    #[error("{0}")]
    #[diagnostic(help("'theory output --help' says what each argument is"))]
    Dynamics(#[from] OutputError),
    /// The theory of linear learning.
    #[error("{0}")]
    #[diagnostic(help("'theory linear-learning --help' explains every argument"))]
    LinearLearning(#[from] attractorlab::theory::linear_learning::LearningError),
    /// A target that is not a list of numbers.
    #[error("--target must be numbers separated by commas, got '{entry}' in '{text}'")]
    #[diagnostic(help(
        "one value an output: --target 0.75 1.5 for two values, --target 1,0 0,1 for two outputs"
    ))]
    Target {
        /// The target as it was typed.
        text: String,
        /// The part that is not a number.
        entry: String,
    },
    /// A file that `simulate` cannot read or understand.
    #[error("{path}: {reason}")]
    #[diagnostic(help("'simulate --help' shows a complete file"))]
    SimulationFile {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A file that `train` cannot read or understand, or a run that cannot go on.
    #[error("{path}: {reason}")]
    #[diagnostic(help("'train --help' shows a complete file"))]
    TrainingFile {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A simulation's values that cannot be written.
    #[error("cannot write {path}: {source}")]
    #[diagnostic(help("choose another file with -o"))]
    SimulationOutput {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A product that cannot be read.
    #[error("{0}")]
    #[diagnostic(help("quote products with primes: attractorlab theory average \"phi'\" --sd 1"))]
    Product(#[from] ParseProductError),
    /// A name that nothing to sweep has.
    #[error("there is nothing called '{name}' to sweep")]
    #[diagnostic(help("{}", match suggestion {
        Some(name) => format!("did you mean '{name}'?"),
        None => "'sweep list' shows what there is".to_owned(),
    }))]
    UnknownRunnable {
        /// What was asked for.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// A sweep that cannot be done.
    #[error("{error}")]
    Sweep {
        /// Why.
        error: SweepError,
        /// What to do about it.
        #[help]
        advice: Option<String>,
    },
    /// A report that cannot be written.
    #[error("{0}")]
    #[diagnostic(help("choose another file with -o"))]
    Page(FigureError),
    /// The system does not say where this program is.
    #[error("cannot tell where this program is: {0}")]
    OwnPath(std::io::Error),
    /// Results without a JSON form.
    #[error("{0}")]
    Json(RunError),
}

impl From<SweepError> for CliError {
    fn from(error: SweepError) -> Self {
        Self::Sweep { advice: error.hint(), error }
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::UnknownStudy { pattern, suggestion } => Self::UnknownStudy { pattern, suggestion },
            RunError::Output { .. } => Self::Output(error),
            RunError::Json(_) => Self::Json(error),
        }
    }
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    match suggestion {
        Some(name) => format!("did you mean '{name}'?"),
        None => "'study list' shows what there is".to_owned(),
    }
}

pub(crate) fn available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

impl CliError {
    /// Prints the sentence and the hint on stderr.
    pub(crate) fn show(&self) {
        let on_terminal = std::io::stderr().is_terminal();
        let theme = if terminal::colour(on_terminal) {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme).without_cause_chain();
        // Only a terminal has a width; a log is searched, and a wrapped path cannot be found.
        let handler =
            if on_terminal { handler.with_width(terminal::width()) } else { handler.with_wrap_lines(false) };
        let mut text = String::new();
        if handler.render_report(&mut text, self).is_err() {
            text = format!("error: {self}\n");
        }
        eprint!("{text}");
    }
}
