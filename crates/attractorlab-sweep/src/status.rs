//! How far a folder's sweep is.

use serde_json::{Value as Json, json};

use crate::store::{self, Damaged, Folder, Mend};
use crate::{Plan, SweepError};

/// The state of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// What is run.
    pub what: String,
    /// The plan's hash.
    pub plan: String,
    /// Points of the plan.
    pub points: u64,
    /// Points with a row.
    pub finished: u64,
    /// Of these, points that failed.
    pub failed: u64,
    /// Points without a row, as ranges with both ends included.
    pub gaps: Vec<(u64, u64)>,
    /// Files with rows.
    pub parts: usize,
    /// Sum of the times of all finished points, in seconds on one core.
    pub seconds: f64,
    /// Files that are cut short or damaged.
    pub damaged: Vec<Damaged>,
}

/// Looks at a folder, and changes nothing.
///
/// # Errors
/// [`SweepError`] if it cannot be read or holds what does not belong to its sweep.
pub fn status(folder: &Folder, plan: &Plan) -> Result<Status, SweepError> {
    let contents = store::scan(folder, plan, Mend::No)?;
    let column = folder.layout.seconds();
    let mut seconds = 0.0;
    store::windows(folder, &[column], &contents, |points, cells| {
        seconds += (0..points.len()).filter_map(|row| cells[column].number(row)).sum::<f64>();
        Ok(())
    })?;
    Ok(Status {
        what: plan.runnable().name().to_owned(),
        plan: plan.hash().to_owned(),
        points: plan.points(),
        finished: contents.finished(),
        failed: contents.failures(),
        gaps: store::gaps(&contents),
        parts: contents.parts.len(),
        seconds,
        damaged: contents.damaged,
    })
}

impl Status {
    /// Whether every point has a row, and none failed.
    pub fn is_complete(&self) -> bool {
        self.finished == self.points && self.failed == 0
    }

    /// One core's time for what is left, if the missing points take as long as the finished ones.
    pub fn seconds_left(&self) -> Option<f64> {
        (self.finished > 0)
            .then(|| self.seconds / self.finished as f64 * (self.points - self.finished) as f64)
    }

    /// The state as JSON.
    pub fn to_json(&self) -> Json {
        json!({
            "what": self.what, "plan": self.plan, "points": self.points, "finished": self.finished,
            "failed": self.failed, "missing": self.points - self.finished, "gaps": self.gaps,
            "parts": self.parts, "seconds": self.seconds, "seconds_left": self.seconds_left(),
            "complete": self.is_complete(),
            "damaged": self.damaged.iter().map(|damaged| &damaged.name).collect::<Vec<_>>(),
        })
    }
}
