//! Long work without the GIL that Ctrl-C can stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::prelude::*;

/// How often Python is asked whether the user pressed Ctrl-C.
const INTERVAL: Duration = Duration::from_millis(100);

/// Runs `work` with the GIL released, on a thread of its own, while this one listens for signals.
///
/// After Ctrl-C the flag that `work` was given is set; its result is dropped, and `KeyboardInterrupt` raised
/// as soon as it returns.
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone is of one lifetime only")]
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
