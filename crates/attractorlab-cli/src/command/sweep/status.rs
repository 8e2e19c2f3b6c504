//! `sweep status`: how far a sweep is.

use std::fmt::Write;
use std::path::PathBuf;

use attractorlab_sweep::{Folder, Registry, duration, status};
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
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab sweep status phases
  attractorlab sweep status phases --json

Exit codes: 0 every point has a result; 1 points are missing or failed; 2 it could not look.";

pub(crate) fn execute(arguments: &Arguments, registry: &Registry) -> Result<Ending, CliError> {
    let (folder, plan) = Folder::open(&arguments.folder, registry)?;
    let status = status(&folder, &plan)?;
    let text = if arguments.json {
        format!("{:#}\n", status.to_json())
    } else {
        let mut text = format!(
            "{}, plan {}\n{} of {} finished, {} failed, in {}; {} on one core so far\n",
            status.what,
            status.plan,
            status.finished,
            counted(status.points, "point"),
            status.failed,
            counted(status.parts as u64, "file"),
            duration(status.seconds),
        );
        if !status.gaps.is_empty() {
            let left = status
                .seconds_left()
                .map_or_else(String::new, |left| format!("; about {} on one core", duration(left)));
            let _ = writeln!(
                text,
                "missing: {} (points {}){left}",
                status.points - status.finished,
                gaps(&status.gaps)
            );
        }
        for damaged in &status.damaged {
            let _ =
                writeln!(text, "damaged: {} ({}); the next run sets it aside", damaged.name, damaged.reason);
        }
        text
    };
    terminal::print(&text);
    Ok(if status.is_complete() { Ending::Good } else { Ending::Incomplete })
}
