//! What stands between points and parts: which points are to be done, and keeping those that are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::point::row_of;
use super::{Flush, Observer, Ran, RunOptions};
use crate::store::{self, Damaged, Folder, Lock, Mend, Row, keep_arrays};
use crate::{Measures, Plan, RunError, SweepError, text};

/// A folder that points are being added to. [`run`](super::run) does all of it; who computes points by other
/// means (in Python, on other machines) asks for [`todo`](Self::todo) and hands each to [`keep`](Self::keep).
#[derive(Debug)]
pub struct Session {
    plan: Arc<Plan>,
    folder: Folder,
    label: String,
    todo: Vec<u64>,
    rows: Vec<Row>,
    ran: Ran,
    flush: Flush,
    wait: Duration,
    due: Instant,
    _lock: Lock,
}

impl Session {
    /// Locks the folder and finds what is to be done.
    ///
    /// # Errors
    /// [`SweepError`] if the folder is in use, or cannot be read or mended.
    pub fn begin(
        plan: &Arc<Plan>,
        folder: &Folder,
        options: &RunOptions,
        observer: &dyn Observer,
    ) -> Result<Self, SweepError> {
        let shard = options.shard;
        let label = shard.label();
        // Shards share the folder with each other, but not with a run of everything.
        let lock = folder.lock(shard.is_whole(), "this sweep")?;
        if shard.is_whole() {
            folder.sweep_leftovers();
        }
        let contents = if options.retry_failed {
            let own = format!("part-{label}-");
            let chosen = |name: &str| shard.is_whole() || name.starts_with(&own);
            let (contents, left) = store::forget_failures(folder, plan, &label, chosen)?;
            if left > 0 {
                let left = text::counted(left, "failure");
                observer.remark(&format!(
                    "{left} in files of other shards: to run them again, leave --shard out"
                ));
            }
            contents
        } else {
            store::scan(folder, plan, Mend::Yes)?
        };
        for damaged in &contents.damaged {
            observer.remark(&remark(damaged));
        }
        let mine = || (0..plan.points()).filter(|point| shard.contains(*point));
        let todo: Vec<u64> = mine().filter(|point| !contents.is_finished(*point)).collect();
        let points = mine().count() as u64;
        let ran = Ran {
            points,
            before: points - todo.len() as u64,
            done: 0,
            failed: mine().filter(|point| contents.has_failed(*point)).count() as u64,
            stopped: false,
            damaged: contents.damaged,
        };
        let flush = options.flush;
        Ok(Self {
            plan: Arc::clone(plan),
            folder: folder.clone(),
            label,
            todo,
            rows: Vec::new(),
            ran,
            flush,
            wait: flush.first,
            due: Instant::now() + flush.first,
            _lock: lock,
        })
    }

    /// Points that are not finished, in the order of the plan.
    pub fn todo(&self) -> &[u64] {
        &self.todo
    }

    pub(super) fn take_todo(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.todo)
    }

    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Points that were finished when the session began.
    pub fn before(&self) -> u64 {
        self.ran.before
    }

    /// Keeps a point: what it gave, or why it gave nothing, and how long it took. It is on disk after a while
    /// (see [`Flush`]), and for certain after [`finish`](Self::finish).
    ///
    /// # Errors
    /// [`SweepError`] if it is time to write and nothing can be written.
    ///
    /// # Panics
    /// If the plan has no such point.
    pub fn keep(
        &mut self,
        point: u64,
        ending: Result<Measures, RunError>,
        seconds: f64,
    ) -> Result<(), SweepError> {
        let folder = &self.folder;
        let row = row_of(&self.plan, point, ending, seconds, |row, arrays| {
            keep_arrays(folder, row.key, self.plan.array_format(), arrays).map_err(RunError::because)
        });
        self.take(Some(row))
    }

    /// Takes a row, if there is one, and writes a part if it is time.
    pub(super) fn take(&mut self, row: Option<Row>) -> Result<(), SweepError> {
        self.ran.failed += u64::from(row.as_ref().is_some_and(|row| row.message.is_some()));
        self.rows.extend(row);
        if self.rows.len() >= self.flush.rows || (Instant::now() >= self.due && !self.rows.is_empty()) {
            self.flush()?;
            self.wait = (2 * self.wait).min(self.flush.longest);
            self.due = Instant::now() + self.wait;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SweepError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let count = self.rows.len() as u64;
        store::keep(&self.folder, &self.plan, &self.label, &mut self.rows).map_err(|error| match error {
            SweepError::Write { path, source } => {
                let lost = text::counted(count, "finished point");
                SweepError::Keep { path, source, lost: format!("{lost} could not be kept") }
            }
            error => error,
        })?;
        self.ran.done += count;
        self.rows.clear();
        Ok(())
    }

    /// Writes what is not written yet, and lets go of the folder.
    ///
    /// # Errors
    /// [`SweepError`] if it cannot be written.
    pub fn finish(mut self) -> Result<Ran, SweepError> {
        self.flush()?;
        self.ran.stopped = self.ran.before + self.ran.done < self.ran.points;
        Ok(self.ran)
    }
}

fn remark(damaged: &Damaged) -> String {
    let place = damaged.moved_to.as_ref().map_or_else(String::new, |path| format!(" to {}", path.display()));
    format!(
        "{} is cut short or damaged ({}); it was moved{place}, and its points are run again",
        damaged.name, damaged.reason
    )
}
