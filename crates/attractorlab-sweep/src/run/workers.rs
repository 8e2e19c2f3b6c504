//! Threads at work on points.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Stop;
use super::point::compute_with;
use crate::store::{Folder, Row, keep_arrays};
use crate::{Plan, RunError, SweepError};

/// How often the run looks whether it is stopped, and tells how far it is.
const TICK: Duration = Duration::from_millis(50);

/// Threads at work. They are the operating system's own and not a rayon pool's, because points that take too
/// long must be left behind when the run is stopped, and a pool waits for its work.
pub(super) struct Workers {
    rows: Receiver<Row>,
    /// Stops the threads when the run cannot go on by itself.
    halt: Stop,
    stop: Stop,
    pub(super) total: u64,
}

/// What a thread works on.
struct Work {
    plan: Arc<Plan>,
    folder: Folder,
    todo: Arc<Vec<u64>>,
    next: Arc<AtomicUsize>,
    rows: SyncSender<Row>,
    halt: Stop,
    stop: Stop,
}

impl Workers {
    pub(super) fn start(
        plan: &Arc<Plan>,
        folder: &Folder,
        todo: Vec<u64>,
        threads: usize,
        stop: &Stop,
    ) -> Result<Self, SweepError> {
        let total = todo.len() as u64;
        let (todo, next) = (Arc::new(todo), Arc::new(AtomicUsize::new(0)));
        // A bound: should the disk be slower than the points, the points wait.
        let (sender, rows) = sync_channel(4096);
        let workers = Self { rows, halt: Stop::new(), stop: stop.clone(), total };
        for index in 0..threads {
            let work = Work {
                plan: Arc::clone(plan),
                folder: folder.clone(),
                todo: Arc::clone(&todo),
                next: Arc::clone(&next),
                rows: sender.clone(),
                halt: workers.halt.clone(),
                stop: stop.clone(),
            };
            let thread = thread::Builder::new().name(format!("sweep-{index}")).stack_size(8 << 20);
            match thread.spawn(move || work.go()) {
                Ok(_) => {}
                // One thread is enough; more are only faster.
                Err(_) if index > 0 => break,
                Err(source) => return Err(SweepError::Thread { source }),
            }
        }
        Ok(workers)
    }

    /// Hands rows to `take` until all are there or the run is stopped; returns whether it was stopped before its
    /// end.
    pub(super) fn watch(
        self,
        grace: Duration,
        mut take: impl FnMut(Option<Row>) -> Result<(), SweepError>,
        tell: impl Fn(u64, u64, Duration),
    ) -> Result<bool, SweepError> {
        let start = Instant::now();
        let (mut done, mut failed) = (0, 0);
        let mut told = start;
        let mut asked: Option<Instant> = None;
        tell(0, 0, Duration::ZERO);
        loop {
            let row = match self.rows.recv_timeout(TICK) {
                Ok(row) => Some(row),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            done += u64::from(row.is_some());
            failed += u64::from(row.as_ref().is_some_and(|row| row.message.is_some()));
            if let Err(error) = take(row) {
                // Threads end after their points; nobody waits for them.
                self.halt.ask();
                return Err(error);
            }
            if told.elapsed() >= TICK {
                told = Instant::now();
                tell(done, failed, start.elapsed());
                match self.stop.asked() {
                    0 => {}
                    1 if asked.get_or_insert(told).elapsed() < grace => {}
                    _ => break,
                }
            }
        }
        self.halt.ask();
        // Rows that arrived while the last one was looked at are finished as well.
        while let Ok(row) = self.rows.try_recv() {
            done += 1;
            failed += u64::from(row.message.is_some());
            take(Some(row))?;
        }
        tell(done, failed, start.elapsed());
        Ok(done < self.total)
    }
}

impl Work {
    fn go(self) {
        // What the library does in parallel elsewhere is serial in here: the points are the parallel work.
        // Without such a pool (the system gives no more memory, say), the common one is used.
        let _pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
        while self.stop.asked() == 0 && self.halt.asked() == 0 {
            let Some(point) = self.todo.get(self.next.fetch_add(1, Ordering::Relaxed)) else { break };
            let row = compute_with(&self.plan, *point, |row, arrays| {
                keep_arrays(&self.folder, row.key, self.plan.array_format(), arrays)
                    .map_err(RunError::because)
            });
            if self.rows.send(row).is_err() {
                break;
            }
        }
    }
}
