//! Ctrl-C, and the SIGTERM of a batch system, stop a run and keep what is finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab_sweep::Stop;

use crate::Ending;

/// Watches for signals from now on.
pub(super) struct Signals {
    pub(super) stop: Stop,
    terminated: Arc<AtomicBool>,
}

impl Signals {
    pub(super) fn watch() -> Self {
        let stop = Stop::new();
        let terminated = Arc::new(AtomicBool::new(false));
        watch(stop.clone(), Arc::clone(&terminated));
        Self { stop, terminated }
    }

    /// How the program ends once it was stopped: as a shell reports a program that the signal ended.
    pub(super) fn ending(&self) -> Ending {
        if self.terminated.load(Ordering::Relaxed) { Ending::Terminated } else { Ending::Interrupted }
    }
}

/// Notes a signal. A batch system may send SIGTERM to a script and to the program it runs, and the script hands
/// it on: only a user who presses Ctrl-C again wants points in flight to be dropped.
fn note(stop: &Stop, by_user: bool) {
    if stop.asked() > 0 && !by_user {
        return;
    }
    if stop.asked() == 0 {
        eprintln!(
            "\nstopping: points in flight may end; what is finished is kept (Ctrl-C again to drop them)"
        );
    }
    stop.ask();
}

#[cfg(unix)]
fn watch(stop: Stop, terminated: Arc<AtomicBool>) {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    match Signals::new([SIGINT, SIGTERM]) {
        Ok(mut signals) => {
            std::thread::spawn(move || {
                for signal in signals.forever() {
                    if stop.asked() == 0 {
                        terminated.store(signal == SIGTERM, Ordering::Relaxed);
                    }
                    note(&stop, signal == SIGINT);
                }
            });
        }
        Err(error) => eprintln!("note: Ctrl-C will not stop cleanly: {error}"),
    }
}

#[cfg(not(unix))]
fn watch(stop: Stop, _: Arc<AtomicBool>) {
    if let Err(error) = ctrlc::set_handler(move || note(&stop, true)) {
        eprintln!("note: Ctrl-C will not stop cleanly: {error}");
    }
}
