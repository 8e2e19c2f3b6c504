//! `sweep submit`: a plan for Slurm.

use std::path::PathBuf;

use attractorlab_sweep::slurm::{SlurmOptions, scripts, submit};
use attractorlab_sweep::{Plan, Registry};
use clap::Args;

use super::counted;
use crate::error::CliError;
use crate::{Ending, terminal};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The plan
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder of the results, on a file system that all nodes share
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Submit to Slurm (the engine there is)
    #[arg(long, required = true)]
    slurm: bool,
    /// Number of tasks of the array job
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    array_size: u64,
    /// How many tasks may run at a time [default: what Slurm gives]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    at_once: Option<u64>,
    /// Cores of each task
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=4096))]
    cores: u64,
    /// Time limit of a task, for example 12:00:00; a task that meets it is started again and goes on
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// Memory of a task, for example 4G
    #[arg(long, value_name = "SIZE")]
    mem: Option<String>,
    /// Partition
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// A further option of sbatch for both jobs, for example --sbatch-option=--account=theory; may be repeated
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    sbatch_option: Vec<String>,
    /// Run points again that failed
    #[arg(long)]
    retry_failed: bool,
    /// Print the job scripts and submit nothing
    #[arg(long)]
    dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab sweep submit phases.toml -o phases --slurm --array-size 50 --time 4:00:00 --mem 2G
  attractorlab sweep submit phases.toml -o phases --slurm --sbatch-option=--account=theory --dry-run

Submitting again computes what is missing. Scripts and logs stand in DIR.slurm.";

pub(crate) fn execute(arguments: &Arguments, registry: &Registry) -> Result<Ending, CliError> {
    let plan = Plan::read(&arguments.file, registry)?;
    let options = SlurmOptions {
        tasks: arguments.array_size,
        at_once: arguments.at_once,
        cores: arguments.cores,
        time: arguments.time.clone(),
        memory: arguments.mem.clone(),
        partition: arguments.partition.clone(),
        options: arguments.sbatch_option.clone(),
        retry_failed: arguments.retry_failed,
        ..SlurmOptions::default()
    };
    let program = std::env::current_exe().map_err(CliError::OwnPath)?;
    if arguments.dry_run {
        let scripts = scripts(&plan, &arguments.output, &program, &options)?;
        terminal::print(&format!(
            "# array.sh\n{}\n# collect.sh, after all tasks have ended\n{}",
            scripts.array, scripts.collect
        ));
        return Ok(Ending::Good);
    }
    match submit(&plan, &arguments.output, &program, &options)? {
        None => terminal::print("every point has a row: nothing to submit\n"),
        Some(submitted) => terminal::print(&format!(
            "array job {} for {}, collecting job {}; logs in {}\n",
            submitted.array,
            counted(submitted.missing, "point"),
            submitted.collect,
            submitted.logs.display()
        )),
    }
    Ok(Ending::Good)
}
