//! `sweep report`: figures.

use std::path::PathBuf;

use attractorlab_sweep::{Folder, Registry, view};
use clap::Args;

use crate::error::CliError;
use crate::{Ending, terminal};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder of the sweep
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The page [default: DIR.html, beside the folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab sweep report phases
  attractorlab sweep report phases -o figures/phases.html

One numeric axis gives lines, two give a heat map, the others give small multiples; what is random has its
95 % interval over seeds. An unfinished sweep is drawn as far as it is.";

pub(crate) fn execute(arguments: &Arguments, registry: &Registry) -> Result<Ending, CliError> {
    let (folder, plan) = Folder::open(&arguments.folder, registry)?;
    let report = view::report(&folder, &plan)?;
    let page = arguments.output.clone().unwrap_or_else(|| folder.beside("html"));
    report.write_atomic(&page).map_err(CliError::Page)?;
    terminal::print(&format!("{}\n", page.display()));
    Ok(Ending::Good)
}
