//! `theory chaos`: the chaotic state of a random bulk.

use std::fmt::Write;

use attractorlab::theory::chaos::ChaosTheory;
use clap::Args;
use serde_json::json;

use super::theory_feedback::Name;
use crate::Ending;
use crate::error::CliError;
use crate::terminal;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Spectral radius g of the random bulk
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    g: f64,
    /// Variance S of a constant drive
    #[arg(long, value_name = "S", default_value_t = 0.0, allow_negative_numbers = true)]
    drive: f64,
    /// The transfer function
    #[arg(long, value_enum, default_value_t = Name::Tanh)]
    transfer: Name,
    /// Print the result as JSON, with the whole autocorrelation of a chaotic state
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab theory chaos --g 1.5
  attractorlab theory chaos --g 2 --drive 0.3 --json

A drive of a variance above S_c silences chaos. The variance is that of the units' inputs over units and time;
its persistent part is that of their time averages over units.";

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let transfer = arguments.transfer.transfer();
    let theory = ChaosTheory::new(transfer, arguments.g)?;
    let activity = theory.activity(arguments.drive)?;
    let radius = arguments.g * activity.state.gain_squared.sqrt();
    let state = if activity.chaotic { Some(theory.state(arguments.drive)?) } else { None };
    let text = if arguments.json {
        let value = json!({
            "transfer": transfer.name(),
            "g": arguments.g,
            "drive": arguments.drive,
            "critical_drive": theory.critical_drive(),
            "chaotic": activity.chaotic,
            "variance": activity.variance(),
            "persistent": activity.persistent,
            "radius": radius,
            "gain": activity.state.gain,
            "lyapunov_exponent": state.as_ref().map(|s| s.lyapunov_exponent),
            "autocorrelation_step": state.as_ref().map(|s| s.step),
            "autocorrelation": state.as_ref().map(|s| s.autocorrelation.clone()),
        });
        format!("{value:#}\n")
    } else {
        let mut text = String::new();
        let what = match &state {
            Some(state) => {
                format!(
                    "The network is chaotic: nearby trajectories part at the rate {:.6}.",
                    state.lyapunov_exponent
                )
            }
            None if activity.variance() == 0.0 => "Activity dies out.".to_owned(),
            None => "The network comes to rest.".to_owned(),
        };
        let _ = writeln!(text, "{what}\n");
        for (name, value) in [
            ("variance of the inputs", activity.variance()),
            ("its persistent part", activity.persistent),
            ("radius of the bulk", radius),
            ("average gain <phi'>", activity.state.gain),
            ("critical drive S_c", theory.critical_drive()),
        ] {
            let _ = writeln!(text, "{name:<24}{value:>14.8}");
        }
        text
    };
    terminal::print(&text);
    Ok(Ending::Good)
}
