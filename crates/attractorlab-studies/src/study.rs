//! What a study is, and what it hands over.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab::dynamics::{Input, Simulation, SimulationError, SimulationOptions};
use attractorlab::network::RateNetwork;
use attractorlab::numerics::kernels::Real;
use attractorlab::numerics::linalg::MatRef;
use attractorlab::numerics::random::Stream;
use attractorlab_figures::{Figure, Table};
use serde::{Deserialize, Serialize};

use crate::Claim;

/// Size of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// At most six seconds on two cores; tolerances widened by statistics, not by hand.
    Quick,
    /// The paper's size.
    Full,
}

impl std::fmt::Display for Preset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Quick => "quick",
            Self::Full => "full",
        })
    }
}

/// Receives the progress of a study; called from many threads.
pub trait Progress: Sync {
    /// `done` of `total` equal steps are finished.
    fn update(&self, done: usize, total: usize);
}

/// A progress receiver that ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn update(&self, _done: usize, _total: usize) {}
}

/// What the surroundings give to a running study.
pub struct Context<'a> {
    /// Size of the run.
    pub preset: Preset,
    /// Root of the seed tree.
    pub seed: u64,
    /// Told about finished steps.
    pub progress: &'a dyn Progress,
    /// Set when the user wants to stop.
    pub cancelled: &'a AtomicBool,
    /// A folder with data of the user's, for studies that can use it.
    pub data: Option<&'a Path>,
}

impl Context<'_> {
    /// Returns [`StudyError::Cancelled`] if the user wants to stop. Call between steps of a few tens of ms.
    ///
    /// # Errors
    /// [`StudyError::Cancelled`] once the flag is set.
    pub fn check(&self) -> Result<(), StudyError> {
        if self.cancelled.load(Ordering::Relaxed) { Err(StudyError::Cancelled) } else { Ok(()) }
    }

    /// Simulates a network, and stops between two steps if the user wants to stop; `step` says what is simulated.
    ///
    /// # Errors
    /// [`StudyError::Cancelled`], and [`StudyError::Library`] for what [`RateNetwork::simulate`] refuses.
    pub fn simulate<T: Real>(
        &self,
        step: &str,
        network: &RateNetwork,
        start: MatRef<'_, T>,
        input: Input<'_>,
        options: &SimulationOptions,
    ) -> Result<Simulation<T>, StudyError> {
        network.simulate_until(start, input, options, self.cancelled).map_err(|error| match error {
            SimulationError::Stopped => StudyError::Cancelled,
            error => StudyError::step(step)(error),
        })
    }

    /// A seed for what takes a seed of its own (mini-batches, noise of training), from the stream of `replicate` for
    /// `purpose`: no two replicates, and no replicates of two seeds of the study, share their random numbers.
    pub fn seed_for(&self, purpose: &str, replicate: u64) -> u64 {
        Stream::new(self.seed, purpose, replicate).normal().to_bits()
    }
}

/// Why a study could not run. (A claim that fails is not an error.)
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The user stopped it.
    #[error("the study was stopped before its end")]
    Cancelled,
    /// The library refused a step.
    #[error("{step}: {source}")]
    Library {
        /// What was being done.
        step: String,
        /// Why it could not be done.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StudyError {
    /// Turns an error of the library into one that names the step, for `map_err`.
    pub fn step<E>(step: &str) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let step = step.to_owned();
        move |source| Self::Library { step, source: Box::new(source) }
    }
}

/// What a study produces.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Figures, each with a caption that says what it shows in one sentence.
    pub figures: Vec<Figure>,
    /// Tables to be read.
    pub tables: Vec<Table>,
    /// Claims with their verdicts.
    pub claims: Vec<Claim>,
}

/// A question with an answer that can be checked.
pub trait Study: Sync {
    /// `PAPER/NAME`, for example `mastrogiuseppe2019/target-sweep`.
    fn id(&self) -> &'static str;
    /// A title of a few words.
    fn title(&self) -> &'static str;
    /// The question it answers, in one or two sentences.
    fn question(&self) -> &'static str;
    /// Parameters of a preset, as they are printed in the report.
    fn parameters(&self, preset: Preset) -> serde_json::Value;
    /// Runs it.
    ///
    /// # Errors
    /// [`StudyError`] if it could not run; a claim that fails is part of a normal [`Outcome`].
    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError>;
}
