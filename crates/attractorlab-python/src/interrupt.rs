//! Long work without the GIL that Ctrl-C can stop.

#![expect(clippy::redundant_closure_for_method_calls, reason = "the method alone is of one lifetime only")]

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::errors::Failure;

/// How often Python is asked whether the user pressed Ctrl-C.
const INTERVAL: Duration = Duration::from_millis(25);

/// Runs `work` with the GIL released, on a thread of its own, while this one listens for signals.
///
/// After Ctrl-C the flag that `work` was given is set; its result is dropped, and `KeyboardInterrupt` raised
/// as soon as it returns.
pub(crate) fn interruptible<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&AtomicBool) -> T + Send,
) -> PyResult<T> {
    let cancelled = AtomicBool::new(false);
    py.detach(|| {
        std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            let cancelled = &cancelled;
            let worker = scope.spawn(move || {
                let result = work(cancelled);
                // Only a wake-up: the listener may already have given up.
                let _ = sender.send(());
                result
            });
            let mut interrupt = None;
            while receiver.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if interrupt.is_none()
                    && let Err(error) = Python::attach(|py| py.check_signals())
                {
                    cancelled.store(true, Ordering::Relaxed);
                    interrupt = Some(error);
                }
            }
            match (worker.join(), interrupt) {
                // A panic is a defect: pyo3 turns it into Python's PanicException.
                (Err(panic), _) => std::panic::resume_unwind(panic),
                (Ok(_), Some(interrupt)) => Err(interrupt),
                (Ok(result), None) => Ok(result),
            }
        })
    })
}

/// Runs `work` as [`interruptible`] does, where no flag can end it in time: inside one dense decomposition, say.
///
/// After Ctrl-C the work is abandoned: `KeyboardInterrupt` is raised at once, and the thread, which owns all that it
/// works on, goes on by itself, frees its memory and ends. It sees the flag if it has a place to look.
///
/// The work must not touch Python: nobody waits for it when the interpreter ends.
pub(crate) fn abandonable<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce(&AtomicBool) -> T + Send + 'static,
) -> PyResult<T> {
    py.detach(|| {
        let abandoned = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = channel();
        let flag = Arc::clone(&abandoned);
        let worker = std::thread::spawn(move || {
            // Nobody receives it if the work was abandoned.
            let _ = sender.send(work(&flag));
        });
        loop {
            match receiver.recv_timeout(INTERVAL) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(interrupt) = Python::attach(|py| py.check_signals()) {
                        abandoned.store(true, Ordering::Relaxed);
                        return Err(interrupt);
                    }
                }
                // No result and no sender: a panic, which pyo3 turns into Python's PanicException.
                Err(RecvTimeoutError::Disconnected) => match worker.join() {
                    Err(panic) => std::panic::resume_unwind(panic),
                    Ok(()) => unreachable!("the worker sends before it ends"),
                },
            }
        }
    })
}

/// Goes through `0..count` in blocks with the GIL released, on this thread, and asks between blocks, not too
/// often, whether the user pressed Ctrl-C.
///
/// # Errors
/// What `work` returns, or `KeyboardInterrupt`.
pub(crate) fn in_blocks(
    py: Python<'_>,
    count: usize,
    block: usize,
    mut work: impl FnMut(Range<usize>) -> Result<(), Failure> + Send,
) -> Result<(), Failure> {
    py.detach(|| {
        let mut asked = Instant::now();
        for start in (0..count).step_by(block) {
            work(start..count.min(start + block))?;
            // To ask is to wait for the GIL, which another thread may hold.
            if asked.elapsed() >= INTERVAL {
                Python::attach(|py| py.check_signals())?;
                asked = Instant::now();
            }
        }
        Ok(())
    })
}
