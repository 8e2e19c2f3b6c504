//! How far a run is: a bar with the time left on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use attractorlab_studies::Study;
use attractorlab_studies::run::{Observer, StudyResult};
use indicatif::{ProgressBar, ProgressStyle};

use crate::command::claims;
use crate::terminal::{self, Page};

/// In a log, a study says how far it is this often.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Shows a run on stderr, and each study's claims on stdout once it is finished.
pub(crate) struct Show {
    /// Whether claims go to stdout as text; JSON is printed at the end instead.
    tables: bool,
    on_terminal: bool,
    study: Mutex<Option<Current>>,
    /// Steps reported so far: reports come from many threads and out of order.
    done: AtomicUsize,
}

/// The study that is running.
struct Current {
    label: String,
    bar: ProgressBar,
    begun: Instant,
    logged: Instant,
}

impl Show {
    pub(crate) fn new(tables: bool) -> Self {
        Self {
            tables,
            on_terminal: std::io::stderr().is_terminal(),
            study: Mutex::new(None),
            done: AtomicUsize::new(0),
        }
    }

    /// Takes the bar away, for example because the run was stopped.
    pub(crate) fn clear(&self) {
        if let Some(current) = self.current().take() {
            current.bar.finish_and_clear();
        }
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Option<Current>> {
        // A panic while drawing leaves nothing half done that matters.
        self.study.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Observer for Show {
    fn started(&self, position: usize, total: usize, study: &dyn Study) {
        let label = format!("[{position}/{total}] {}", study.id());
        let bar = if self.on_terminal {
            let bar = ProgressBar::no_length().with_style(style("{spinner} {msg} {elapsed}"));
            bar.set_message(label.clone());
            bar.enable_steady_tick(Duration::from_millis(150));
            bar
        } else {
            eprintln!("{label} ...");
            ProgressBar::hidden()
        };
        self.done.store(0, Ordering::Relaxed);
        let now = Instant::now();
        *self.current() = Some(Current { label, bar, begun: now, logged: now });
    }

    fn progress(&self, done: usize, total: usize) {
        let done = self.done.fetch_max(done, Ordering::Relaxed).max(done);
        let mut current = self.current();
        let Some(current) = current.as_mut() else { return };
        if self.on_terminal {
            if current.bar.length() != Some(total as u64) {
                current.bar.set_style(style("{spinner} {msg} {bar:30} {percent:>3}% {eta} left"));
                current.bar.set_length(total as u64);
            }
            current.bar.set_position(done as u64);
        } else if current.logged.elapsed() >= LOG_INTERVAL && done > 0 && done < total {
            current.logged = Instant::now();
            let share = done as f64 / total as f64;
            let left = current.begun.elapsed().as_secs_f64() * (1.0 - share) / share;
            eprintln!("{} {:.0}%, {left:.0} s left", current.label, 100.0 * share);
        }
    }

    fn finished(&self, position: usize, total: usize, result: &StudyResult) {
        self.clear();
        if !self.on_terminal || !self.tables {
            eprintln!("[{position}/{total}] {}: {}", result.id, claims::summary(result));
        }
        if self.tables {
            terminal::print(&claims::table(Page::stdout(), result));
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are literals of this file; the plain bar is what is left if one had a slip.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ")
}
