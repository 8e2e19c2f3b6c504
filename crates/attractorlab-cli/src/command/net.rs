//! `net`: look at network files, and write them in the program's own format.

use std::fmt::Write;
use std::path::PathBuf;

use attractorlab::network::files::Origin;
use attractorlab::network::{Cell, Network, Transfer};
use clap::{Args, Subcommand};
use serde_json::json;

use super::network_file::NetworkFile;
use crate::Ending;
use crate::error::CliError;
use crate::terminal::{self, Page};

#[derive(Debug, Subcommand)]
pub(crate) enum NetCommand {
    /// Say what a network file holds
    Show(Show),
    /// Write a network in the program's own format, conventions included
    Convert(Convert),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attractorlab net show model.safetensors
  attractorlab net show weights.npz --map names.toml --json")]
pub(crate) struct Show {
    #[command(flatten)]
    network: NetworkFile,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attractorlab net convert model.safetensors -o network.safetensors
  attractorlab net convert weights.npz --map names.toml -o network.npz

A name map is a TOML file:
  recurrent = \"wrec\"
  input = \"wi\"
  output = \"wo\"
  transposed = [\"wi\"]
  form = \"current\"
  transfer = \"tanh\"
  tau = 1.0
  dt = 0.2")]
pub(crate) struct Convert {
    #[command(flatten)]
    network: NetworkFile,
    /// The file to write, .safetensors or .npz
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub(crate) fn execute(command: &NetCommand) -> Result<Ending, CliError> {
    match command {
        NetCommand::Show(arguments) => show(arguments),
        NetCommand::Convert(arguments) => {
            let (network, _) = arguments.network.read()?;
            network.write(&arguments.output).map_err(|error| CliError::NetworkFile {
                path: arguments.output.display().to_string(),
                reason: error.to_string(),
            })?;
            Ok(Ending::Good)
        }
    }
}

/// What a network is, as (name, value) pairs.
pub(super) fn facts(network: &Network) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("network", network.kind()),
        ("units", network.units().to_string()),
        ("variables of a state", network.state_size().to_string()),
        ("inputs", network.inputs().to_string()),
        ("outputs", network.outputs().to_string()),
    ];
    if let Cell::Rate(rate) = network.cell() {
        if let Transfer::Relu { threshold } = rate.transfer() {
            facts.push(("threshold", threshold.to_string()));
        }
        facts.push(("time constant", rate.time_constant().to_string()));
        facts.push(("feedback loops", rate.connectivity().loops().count().to_string()));
        facts.push(("noise", rate.noise().to_string()));
    }
    let step = network.time_step().map_or_else(|| "not given".to_owned(), |dt| dt.to_string());
    facts.push(("time step", step));
    facts.push(("initial state", if network.has_initial_state() { "given" } else { "zero" }.to_owned()));
    facts
}

fn show(arguments: &Show) -> Result<Ending, CliError> {
    let (network, origin) = arguments.network.read()?;
    let origin = match origin {
        Origin::Own => "attractorlab's own format",
        Origin::PyTorch => "PyTorch state dictionary",
        Origin::Named => "arrays by name map",
    };
    let facts = facts(&network);
    if arguments.json {
        let mut value = json!({ "file": arguments.network.file.display().to_string(), "origin": origin });
        for (name, fact) in &facts {
            value[name.replace(' ', "_")] = json!(fact);
        }
        terminal::print(&format!("{value:#}\n"));
        return Ok(Ending::Good);
    }
    let page = Page::stdout();
    let mut text = format!("{}  {origin}\n", page.bold(&arguments.network.file.display().to_string()));
    for (name, fact) in facts {
        let _ = writeln!(text, "  {name:<22}{fact}");
    }
    terminal::print(&text);
    Ok(Ending::Good)
}
