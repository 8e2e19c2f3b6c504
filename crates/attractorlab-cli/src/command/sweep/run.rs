//! `sweep run`: computing the points of a plan.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attractorlab_sweep::{
    Flush, Folder, Observer, Plan, Progress, Registry, RunOptions, Shard, duration, run,
};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::counted;
use super::signals::Signals;
use crate::Ending;
use crate::error::CliError;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The plan
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder of the results; made if need be
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Compute one of N shares, I from 1 to N; the shares may run at the same time
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    threads: Option<usize>,
    /// Run points again that failed
    #[arg(long)]
    retry_failed: bool,
    /// Write finished points at the latest after this many seconds; at first they are written sooner
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    flush_every: f64,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.001..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("seconds from 0.001 to 86400".to_owned()),
    }
}

const EXAMPLES: &str = "\
Examples:
  attractorlab sweep run phases.toml -o phases
  attractorlab sweep run phases.toml -o phases --shard 2/8

Running again continues: finished points are never computed again. The folder is read as it stands by
pandas.read_parquet(DIR) and polars.scan_parquet(DIR).

Exit codes: 0 every point has a result; 1 points failed; 2 it could not run; 130 stopped by Ctrl-C,
143 by SIGTERM, with everything kept that was finished.";

pub(crate) fn execute(arguments: &Arguments, registry: &Registry) -> Result<Ending, CliError> {
    if arguments.threads == Some(0) {
        return Err(CliError::NoThreads);
    }
    let plan = Arc::new(Plan::read(&arguments.file, registry)?);
    let folder = Folder::begin(&arguments.output, &plan)?;
    let usual = Flush::default();
    let longest = Duration::from_secs_f64(arguments.flush_every);
    let options = RunOptions {
        flush: Flush { first: usual.first.min(longest), longest, ..usual },
        shard: arguments.shard.unwrap_or(Shard::WHOLE),
        threads: arguments.threads,
        retry_failed: arguments.retry_failed,
        ..RunOptions::default()
    };
    let signals = Signals::watch();
    let show = Show::new();
    let ran = run(&plan, &folder, &options, &signals.stop, &show);
    show.bar.finish_and_clear();
    let ran = ran?;
    let failures = if ran.failed > 0 { format!(", {} failed", ran.failed) } else { String::new() };
    let whose = if options.shard.is_whole() { String::new() } else { format!("share {}: ", options.shard) };
    eprintln!(
        "{whose}{} of {} done now, {} before{failures}{}",
        ran.done,
        counted(ran.points, "point"),
        ran.before,
        if ran.stopped { "; stopped, run again to go on" } else { "" }
    );
    Ok(if ran.stopped {
        signals.ending()
    } else if ran.failed > 0 {
        Ending::Incomplete
    } else {
        Ending::Good
    })
}

/// Shows how far a run is: a bar on a terminal, a line now and then elsewhere.
struct Show {
    bar: ProgressBar,
    on_terminal: bool,
    /// When the last line was written, and how long until the next: a log of days should stay short.
    log: RefCell<(Instant, Duration)>,
}

impl Show {
    fn new() -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        let bar = if on_terminal { ProgressBar::no_length() } else { ProgressBar::hidden() };
        // The template is a literal of this file; the plain bar is what is left if it had a slip.
        let style = ProgressStyle::with_template("{bar:30} {percent:>3}%  {pos} of {len} points  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸ ");
        bar.set_style(style);
        Self { bar, on_terminal, log: RefCell::new((Instant::now(), Duration::from_secs(10))) }
    }
}

impl Observer for Show {
    fn progress(&self, progress: &Progress) {
        let left =
            progress.seconds_left().map_or_else(String::new, |left| format!("{} left", duration(left)));
        let failed =
            if progress.failed > 0 { format!(", {} failed", progress.failed) } else { String::new() };
        if self.on_terminal {
            self.bar.set_length(progress.before + progress.total);
            self.bar.set_position(progress.before + progress.done);
            self.bar.set_message(format!("{left}{failed}"));
            return;
        }
        let mut log = self.log.borrow_mut();
        if log.0.elapsed() >= log.1 && progress.done < progress.total {
            *log = (Instant::now(), (2 * log.1).min(Duration::from_mins(10)));
            let all = progress.before + progress.total;
            eprintln!("{} of {all} points, {left}{failed}", progress.before + progress.done);
        }
    }

    fn remark(&self, remark: &str) {
        self.bar.suspend(|| eprintln!("note: {remark}"));
    }
}
