//! `study run`: studies with figures and claims.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab_studies::run::{DEFAULT_SEED, OutputFolder, Run, Settings, Verdict, run, select, to_json};
use attractorlab_studies::{Preset, Study};
use clap::Args;

use crate::Ending;
use crate::command::claims;
use crate::error::{CliError, available};
use crate::progress::Show;
use crate::terminal::{self, Page};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Studies to run: PAPER/NAME, or PAPER for all of its studies
    #[arg(value_name = "ID", conflicts_with = "all")]
    ids: Vec<String>,
    /// Run every study
    #[arg(long)]
    all: bool,
    /// A few seconds a study; tolerances are as wide as the smaller samples demand (the default)
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// The papers' own sizes
    #[arg(long)]
    full: bool,
    /// Root of all random numbers: the same seed gives the same results
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED, allow_negative_numbers = true)]
    seed: u64,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    threads: Option<usize>,
    /// Folder for report.html, results.json and the figures; made if need be
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Folder with data of your own, plain or gzipped: MNIST's four IDX files for the studies of images, or one .tsv file of
    /// rated texts for schuessler2020/text; without it they use what comes with the program
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print the results as JSON instead of tables
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab study run --all --quick -o report
  attractorlab study run mastrogiuseppe2019 --full --threads 8 -o report
  attractorlab study run mastrogiuseppe2019/target-sweep --seed 7 --json
  attractorlab study run zhu2023 --full --data mnist -o report
  attractorlab study run schuessler2020/text --full --data reviews -o report

Exit codes: 0 every claim holds; 1 a claim fails; 2 it could not run; 130 stopped by Ctrl-C,
with everything kept that was finished.";

pub(crate) fn execute(arguments: &Arguments, studies: &[&dyn Study]) -> Result<Ending, CliError> {
    // Everything that can be wrong with the request is found before the first study costs time.
    let chosen = if arguments.all { studies.to_vec() } else { select(studies, &arguments.ids)? };
    if chosen.is_empty() {
        return Err(CliError::NothingNamed);
    }
    let pool = pool(arguments.threads)?;
    let output = arguments.output.as_ref().map(OutputFolder::open).transpose()?;
    let preset = if arguments.full { Preset::Full } else { Preset::Quick };
    let cancelled = stop_on_ctrl_c();
    eprintln!("preset {preset}, seed {}, threads {}", arguments.seed, pool.current_num_threads());

    let settings = Settings {
        preset,
        seed: arguments.seed,
        output: output.as_ref(),
        cancelled: &cancelled,
        data: arguments.data.as_deref(),
    };
    let show = Show::new(!arguments.json);
    let ran = pool.install(|| run(&chosen, &settings, &show));
    show.clear();
    let ran = ran?;

    if arguments.json {
        terminal::print(&String::from_utf8_lossy(&to_json(&ran.results)?));
    } else {
        terminal::print(&claims::total(Page::stdout(), &ran));
    }
    if let (Some(folder), false) = (&output, ran.results.is_empty()) {
        eprintln!("report: {}", folder.path().join("report.html").display());
    }
    Ok(ending(&ran))
}

fn ending(run: &Run) -> Ending {
    match run.verdict() {
        Verdict::Holds => Ending::Good,
        Verdict::ClaimFails => Ending::ClaimFails,
        Verdict::StudyError => Ending::CouldNotRun,
        Verdict::Interrupted => Ending::Interrupted,
    }
}

pub(super) fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool, CliError> {
    if threads == Some(0) {
        return Err(CliError::NoThreads);
    }
    let threads = threads.unwrap_or_else(available);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| CliError::Threads { threads, reason: error.to_string() })
}

/// The first Ctrl-C asks the running study to stop, the second one ends the program where it stands.
pub(super) fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let cancelled = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancelled);
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nstopping; what is finished is kept (Ctrl-C again to quit at once)");
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        eprintln!("note: Ctrl-C will not stop cleanly: {error}");
    }
    cancelled
}
