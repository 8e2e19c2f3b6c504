//! The commands, one a file.

mod bifurcations;
pub(crate) mod claims;
mod completions;
mod dissect;
mod net;
mod network_file;
mod simulate;
mod study_list;
mod study_run;
mod sweep;
mod theory_average;
mod theory_chaos;
mod theory_feedback;
mod theory_linear_learning;
mod theory_output;
mod theory_overlay;
mod theory_phase_diagram;
mod train;

use std::ffi::OsString;

use attractorlab_studies::Study;
use clap::{CommandFactory, Parser, Subcommand};

use crate::Ending;
use crate::error::CliError;

/// A laboratory for recurrent networks that compute with fixed points
#[derive(Debug, Parser)]
#[command(name = "attractorlab", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab study list
  attractorlab study run --all --quick -o report
  attractorlab theory average phi^2 --sd 4
  attractorlab sweep run phases.toml -o phases

Exit codes: 0 every claim holds and every point has a result; 1 a claim fails, points are missing or
failed; 2 it could not run; 130 stopped by Ctrl-C, 143 by SIGTERM.";

#[derive(Debug, Subcommand)]
enum Command {
    /// List and run studies: figures and claims of papers, put to the test
    #[command(subcommand)]
    Study(StudyCommand),
    /// Compute what the theory predicts
    #[command(subcommand)]
    Theory(TheoryCommand),
    /// Find, prove and link all fixed points of a trained network
    Dissect(dissect::Arguments),
    /// Follow all fixed points as a weight scale, an input or a mixture of networks changes
    Bifurcations(bifurcations::Arguments),
    /// Look at network files and convert them
    #[command(subcommand)]
    Net(net::NetCommand),
    /// Simulate a network that a TOML file describes
    Simulate(simulate::Arguments),
    /// Train a network that a TOML file describes, with checkpoints
    Train(train::Arguments),
    /// Sweep parameters and seeds, on this machine or on a Slurm cluster
    #[command(subcommand)]
    Sweep(sweep::SweepCommand),
    /// Print the completion script of a shell
    Completions(completions::Arguments),
}

#[derive(Debug, Subcommand)]
enum StudyCommand {
    /// List the studies and the question each answers
    List(study_list::Arguments),
    /// Run studies: figures, tables, and claims with their verdicts
    Run(study_run::Arguments),
}

#[derive(Debug, Subcommand)]
enum TheoryCommand {
    /// Gaussian averages of a transfer function and its derivatives
    Average(theory_average::Arguments),
    /// The chaotic state of a strong bulk, with or without a constant drive
    Chaos(theory_chaos::Arguments),
    /// Every state of a feedback network, for readouts of all families, and what will happen
    Feedback(theory_feedback::Arguments),
    /// Lay the theory over a given feedback network: its own map, states, outlier and verdict
    Overlay(theory_overlay::Arguments),
    /// What feedback networks do over any two of target, gain, geometry, input strength and share
    PhaseDiagram(theory_phase_diagram::Arguments),
    /// Local dynamics at each value that a network is trained to hold, and whether it is held
    Output(theory_output::Arguments),
    /// How a linear network learns an output: the low-rank change of its weights, to all orders
    LinearLearning(theory_linear_learning::Arguments),
}

/// Reads the arguments, the program's name first.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments)
}

/// Does what was asked for.
pub(crate) fn execute(cli: Cli, studies: &[&dyn Study]) -> Result<Ending, CliError> {
    match cli.command {
        Command::Study(StudyCommand::List(arguments)) => Ok(study_list::execute(&arguments, studies)),
        Command::Study(StudyCommand::Run(arguments)) => study_run::execute(&arguments, studies),
        Command::Theory(TheoryCommand::Average(arguments)) => theory_average::execute(&arguments),
        Command::Theory(TheoryCommand::Chaos(arguments)) => theory_chaos::execute(&arguments),
        Command::Theory(TheoryCommand::PhaseDiagram(arguments)) => theory_phase_diagram::execute(&arguments),
        Command::Theory(TheoryCommand::Overlay(arguments)) => theory_overlay::execute(&arguments),
        Command::Theory(TheoryCommand::Feedback(arguments)) => theory_feedback::execute(&arguments),
        Command::Dissect(arguments) => dissect::execute(&arguments),
        Command::Bifurcations(arguments) => bifurcations::execute(&arguments),
        Command::Net(command) => net::execute(&command),
        Command::Theory(TheoryCommand::Output(arguments)) => theory_output::execute(&arguments),
        Command::Theory(TheoryCommand::LinearLearning(arguments)) => {
            theory_linear_learning::execute(&arguments)
        }
        Command::Simulate(arguments) => simulate::execute(&arguments),
        Command::Train(arguments) => train::execute(&arguments),
        Command::Sweep(command) => sweep::execute(&command),
        Command::Completions(arguments) => Ok(completions::execute(&arguments, &mut Cli::command())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn visit(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let mut children = command.get_subcommands().peekable();
            if children.peek().is_none() {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("  attractorlab "), "'{path}' shows no example");
            }
            children.for_each(|child| visit(child, &path));
        }
        visit(&Cli::command(), "");
    }
}
