//! Running a plan: points on all cores, rows into parts, and nothing finished is lost.

mod point;
mod session;
mod shard;
mod workers;

pub use session::Session;
pub use shard::Shard;

pub(crate) use point::compute;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use self::workers::Workers;
use crate::store::{Damaged, Folder};
use crate::{Plan, SweepError};

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
    let mut session = Session::begin(plan, folder, options, observer)?;
    let todo = session.take_todo();
    let before = session.before();
    let threads = options.threads.unwrap_or_else(available).clamp(1, todo.len().max(1));
    let workers = Workers::start(plan, folder, todo, threads, stop)?;
    let total = workers.total;
    let stopped = workers.watch(
        options.grace,
        |row| session.take(row),
        |done, failed, elapsed| {
            observer.progress(&Progress { total, done, failed, before, elapsed });
        },
    )?;
    Ok(Ran { stopped, ..session.finish()? })
}

fn available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
