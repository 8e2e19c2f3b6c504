//! `sweep`: plans over parameters and seeds.

mod collect;
mod list;
mod plan;
mod report;
mod run;
mod schema;
mod signals;
mod status;
mod submit;

use attractorlab_sweep::Registry;
use clap::Subcommand;

use crate::Ending;
use crate::error::CliError;

#[derive(Debug, Subcommand)]
pub(crate) enum SweepCommand {
    /// List what can be swept, with parameters and measures
    List(list::Arguments),
    /// Check a plan: number of points, cost, columns
    Plan(plan::Arguments),
    /// Run a plan, or go on with it
    Run(run::Arguments),
    /// Make one table of all parts, and list gaps and failures
    Collect(collect::Arguments),
    /// Say how far a sweep is
    Status(status::Arguments),
    /// Draw a sweep: lines, heat maps, small multiples
    Report(report::Arguments),
    /// Hand a plan to Slurm: an array job, and one that collects
    Submit(submit::Arguments),
    /// Print the JSON schema of plans, for editors
    Schema(schema::Arguments),
}

pub(crate) fn execute(command: &SweepCommand) -> Result<Ending, CliError> {
    let registry = Registry::standard();
    match command {
        SweepCommand::List(arguments) => list::execute(arguments, &registry),
        SweepCommand::Plan(arguments) => plan::execute(arguments, &registry),
        SweepCommand::Run(arguments) => run::execute(arguments, &registry),
        SweepCommand::Collect(arguments) => collect::execute(arguments, &registry),
        SweepCommand::Status(arguments) => status::execute(arguments, &registry),
        SweepCommand::Report(arguments) => report::execute(arguments, &registry),
        SweepCommand::Submit(arguments) => submit::execute(arguments, &registry),
        SweepCommand::Schema(_) => Ok(schema::execute(&registry)),
    }
}

/// Points without a row, as ranges with both ends included, the first few.
fn gaps(gaps: &[(u64, u64)]) -> String {
    let mut words: Vec<String> = gaps
        .iter()
        .take(8)
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}–{last}") })
        .collect();
    if gaps.len() > words.len() {
        words.push(format!("and {} more", gaps.len() - words.len()));
    }
    words.join(", ")
}

fn counted(number: u64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}
