//! Running a plan: points on all cores, rows into parts, and nothing finished is lost.

mod point;
mod shard;
mod workers;

pub use shard::Shard;

pub(crate) use point::compute;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use self::workers::Workers;
use crate::store::{self, Damaged, Folder, Mend, Row};
use crate::{Plan, SweepError, text};

/// When finished points are written to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flush {
    /// After this long for the first time, then after twice as long, and so on: a run that ends soon after its
    /// start has kept something.
    pub first: Duration,
    /// At the latest after this long.
    pub longest: Duration,
    /// At the latest after this many points.
    pub rows: usize,
}

impl Default for Flush {
    fn default() -> Self {
        Self { first: Duration::from_millis(250), longest: Duration::from_secs(30), rows: 1 << 15 }
    }
}

/// How to run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Which points.
    pub shard: Shard,
    /// Number of threads; `None` takes all cores.
    pub threads: Option<usize>,
    /// Whether points that failed are run again.
    pub retry_failed: bool,
    /// When to write.
    pub flush: Flush,
    /// How long points in flight may go on after a stop.
    pub grace: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            shard: Shard::WHOLE,
            threads: None,
            retry_failed: false,
            flush: Flush::default(),
            grace: Duration::from_secs(10),
        }
    }
}

/// How a run is stopped from outside.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// Nothing stops the run yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop. The first time, points in flight are finished if they take no longer than
    /// [`RunOptions::grace`]; the second time they are dropped. What is finished is kept either way.
    pub fn ask(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Points of this run: those of its shard that were not finished before.
    pub total: u64,
    /// Points done by this run.
    pub done: u64,
    /// Of these, points that failed.
    pub failed: u64,
    /// Points of the shard that were finished before.
    pub before: u64,
    /// Since the start of the run.
    pub elapsed: Duration,
}

impl Progress {
    /// Seconds that are left, judged by the pace so far.
    pub fn seconds_left(&self) -> Option<f64> {
        (self.done > 0)
            .then(|| self.elapsed.as_secs_f64() * (self.total - self.done) as f64 / self.done as f64)
    }
}

/// Watches a run; called from the thread that started it.
pub trait Observer {
    /// Called a few times a second.
    fn progress(&self, progress: &Progress) {
        let _ = progress;
    }

    /// Something that the user should know, and that does not stop the run.
    fn remark(&self, remark: &str) {
        let _ = remark;
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}

/// What a run did.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// Points of the shard.
    pub points: u64,
    /// Finished before.
    pub before: u64,
    /// Done and kept now.
    pub done: u64,
    /// Failures that stand in the folder for this shard, of now and of before.
    pub failed: u64,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// Files that were moved aside.
    pub damaged: Vec<Damaged>,
}

/// Runs the points of a plan that are not finished yet, and keeps them in `folder`.
///
/// # Errors
/// [`SweepError`] if the folder is in use or holds something else, or rows cannot be written; what was written
/// before stays.
pub fn run(
    plan: &Arc<Plan>,
    folder: &Folder,
    options: &RunOptions,
    stop: &Stop,
    observer: &dyn Observer,
) -> Result<Ran, SweepError> {
    let shard = options.shard;
    let label = shard.label();
    // Shards share the folder with each other, but not with a run of everything.
    let _lock = folder.lock(shard.is_whole(), "this sweep")?;
    if shard.is_whole() {
        folder.sweep_leftovers();
    }
    let contents = if options.retry_failed {
        let own = format!("part-{label}-");
        let (contents, left) =
            store::forget_failures(folder, plan, &label, |name| shard.is_whole() || name.starts_with(&own))?;
        if left > 0 {
            let left = text::counted(left, "failure");
            observer
                .remark(&format!("{left} in files of other shards: to run them again, leave --shard out"));
        }
        contents
    } else {
        store::scan(folder, plan, Mend::Yes)?
    };
    for damaged in &contents.damaged {
        let place =
            damaged.moved_to.as_ref().map_or_else(String::new, |path| format!(" to {}", path.display()));
        observer.remark(&format!(
            "{} is cut short or damaged ({}); it was moved{place}, and its points are run again",
            damaged.name, damaged.reason
        ));
    }

    let mine = || (0..plan.points()).filter(|point| shard.contains(*point));
    let todo: Vec<u64> = mine().filter(|point| !contents.is_finished(*point)).collect();
    let points = mine().count() as u64;
    let failed_before = mine().filter(|point| contents.has_failed(*point)).count() as u64;
    let before = points - todo.len() as u64;
    let damaged = contents.damaged;
    let threads = options.threads.unwrap_or_else(available).clamp(1, todo.len().max(1));
    let mut writer = Writer::new(folder, plan, label, options.flush);
    let workers = Workers::start(plan, folder, todo, threads, stop)?;
    let total = workers.total;
    let ending = workers.watch(
        options.grace,
        |row| writer.take(row),
        |done, failed, elapsed| {
            observer.progress(&Progress { total, done, failed, before, elapsed });
        },
    );
    let (failed, stopped) = ending?;
    writer.flush()?;
    Ok(Ran { points, before, done: writer.kept, failed: failed + failed_before, stopped, damaged })
}

fn available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Collects rows and writes them as parts.
struct Writer<'a> {
    folder: &'a Folder,
    plan: &'a Plan,
    label: String,
    rows: Vec<Row>,
    kept: u64,
    flush: Flush,
    wait: Duration,
    due: Instant,
}

impl<'a> Writer<'a> {
    fn new(folder: &'a Folder, plan: &'a Plan, label: String, flush: Flush) -> Self {
        let (wait, due) = (flush.first, Instant::now() + flush.first);
        Self { folder, plan, label, rows: Vec::new(), kept: 0, flush, wait, due }
    }

    /// Takes a row, if there is one, and writes a part if it is time.
    fn take(&mut self, row: Option<Row>) -> Result<(), SweepError> {
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
        store::keep(self.folder, self.plan, &self.label, &mut self.rows).map_err(|error| match error {
            SweepError::Write { path, source } => {
                let lost = text::counted(count, "finished point");
                SweepError::Keep { path, source, lost: format!("{lost} could not be kept") }
            }
            error => error,
        })?;
        self.kept += count;
        self.rows.clear();
        Ok(())
    }
}
