//! What is kept of a study that was run.

use attractorlab_figures::{Figure, Table};
use serde::Serialize;

use crate::{Claim, Preset};

/// A study that was run to its end, or that ended in an error.
///
/// Its JSON form leaves out the figures and tables, which are files and parts of the report.
#[derive(Debug, Clone, Serialize)]
pub struct StudyResult {
    /// `PAPER/NAME`.
    pub id: String,
    /// Title of a few words.
    pub title: String,
    /// The question it answers.
    pub question: String,
    /// Version of this program.
    pub version: String,
    /// Size of the run.
    pub preset: Preset,
    /// Root of the seed tree.
    pub seed: u64,
    /// Wall-clock time.
    pub seconds: f64,
    /// Why it could not run, in one line; `None` if it ran.
    pub error: Option<String>,
    /// The claims with their verdicts.
    pub claims: Vec<Claim>,
    /// Parameters of the preset.
    pub parameters: serde_json::Value,
    /// Figures, with captions.
    #[serde(skip)]
    pub figures: Vec<Figure>,
    /// Tables.
    #[serde(skip)]
    pub tables: Vec<Table>,
}

impl StudyResult {
    /// Whether it ran and every claim holds.
    pub fn holds(&self) -> bool {
        self.error.is_none() && self.claims.iter().all(|claim| claim.holds)
    }

    /// Number of claims that do not hold.
    pub fn failing(&self) -> usize {
        self.claims.iter().filter(|claim| !claim.holds).count()
    }
}

/// How a whole run ended; the worst thing that happened decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every study ran and all its claims hold.
    Holds,
    /// Every study ran, and a claim does not hold.
    ClaimFails,
    /// A study could not run.
    StudyError,
    /// The user stopped the run.
    Interrupted,
}

/// The results of a run.
#[derive(Debug, Clone)]
pub struct Run {
    /// The studies that came to an end, in order.
    pub results: Vec<StudyResult>,
    /// How many studies were to be run.
    pub planned: usize,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

impl Run {
    /// How the run ended.
    pub fn verdict(&self) -> Verdict {
        if self.interrupted {
            Verdict::Interrupted
        } else if self.results.iter().any(|result| result.error.is_some()) {
            Verdict::StudyError
        } else if self.results.iter().all(StudyResult::holds) {
            Verdict::Holds
        } else {
            Verdict::ClaimFails
        }
    }
}
