//! `sweep collect`: one table.

use std::fmt::Write;
use std::path::PathBuf;

use attractorlab_sweep::{Folder, Registry, collect};
use clap::Args;

use super::{counted, gaps};
use crate::error::CliError;
use crate::{Ending, terminal};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder of the sweep
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

const EXAMPLES: &str = "\
Example:
  attractorlab sweep collect phases

The parts become DIR/table.parquet, in the order of the plan; the folder is read as before.

Exit codes: 0 every point has a result; 1 points are missing or failed; 2 it could not run.";

pub(crate) fn execute(arguments: &Arguments, registry: &Registry) -> Result<Ending, CliError> {
    let (folder, plan) = Folder::open(&arguments.folder, registry)?;
    let collected = collect(&folder, &plan)?;
    for damaged in &collected.damaged {
        eprintln!("note: {} is cut short or damaged ({}) and was moved aside", damaged.name, damaged.reason);
    }
    let mut text = format!(
        "{} of {} in {}, out of {}\n",
        collected.rows,
        counted(collected.points, "point"),
        folder.path().join("table.parquet").display(),
        counted(collected.merged as u64, "file"),
    );
    if !collected.gaps.is_empty() {
        let missing = collected.points - collected.rows;
        let _ = writeln!(text, "missing: {missing} (points {})", gaps(&collected.gaps));
    }
    if collected.failed > 0 {
        let _ = writeln!(text, "failed: {}", collected.failed);
        for (point, message) in collected.failures.iter().take(10) {
            let _ = writeln!(text, "  point {point}: {message}");
        }
        if collected.failed > 10 {
            let _ = writeln!(text, "  and {} more, in the table", collected.failed - 10);
        }
    }
    terminal::print(&text);
    Ok(if collected.gaps.is_empty() && collected.failed == 0 { Ending::Good } else { Ending::Incomplete })
}
