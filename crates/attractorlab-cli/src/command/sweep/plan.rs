//! `sweep plan`: what a plan would do, and what it would cost.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use attractorlab_sweep::{Plan, Registry, duration};
use clap::Args;
use serde_json::json;

use super::counted;
use crate::Ending;
use crate::error::{CliError, available};
use crate::terminal::{self, Page};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The plan
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check the plan without timing a sample of its points
    #[arg(long)]
    no_timing: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab sweep plan phases.toml
  attractorlab sweep plan phases.toml --no-timing --json";

/// How long points are timed for.
const BUDGET: Duration = Duration::from_millis(1500);

pub(crate) fn execute(arguments: &Arguments, registry: &Registry) -> Result<Ending, CliError> {
    let plan = Plan::read(&arguments.file, registry)?;
    let estimate = (!arguments.no_timing).then(|| plan.estimate(BUDGET));
    if arguments.json {
        let axes: Vec<_> = plan
            .axes()
            .into_iter()
            .map(|(names, values)| json!({"names": names, "values": values}))
            .collect();
        let estimate = estimate.map(|estimate| {
            json!({"sampled": estimate.sampled, "seconds_per_point": estimate.seconds_per_point,
                   "standard_error": estimate.standard_error, "total_seconds": estimate.total_seconds,
                   "failures": estimate.failures})
        });
        let measures: Vec<&str> = plan.measures().iter().map(|measure| measure.name.as_str()).collect();
        let json = json!({
            "what": plan.runnable().name(), "hash": plan.hash(), "points": plan.points(), "axes": axes,
            "seeds": plan.seeds().len(), "measures": measures, "arrays": plan.arrays(), "estimate": estimate,
        });
        terminal::print(&format!("{json:#}\n"));
        return Ok(Ending::Good);
    }
    let page = Page::stdout();
    let mut text = format!("{}  {}\n", page.bold(plan.runnable().name()), plan.runnable().about());
    for (names, values) in plan.axes() {
        let _ = writeln!(text, "  {:<30} {}", names.join(", "), counted(values as u64, "value"));
    }
    if plan.runnable().is_random() {
        let _ = writeln!(text, "  {:<30} {}", "seeds", counted(plan.seeds().len() as u64, "value"));
    }
    let _ = writeln!(text, "  {:<30} {}", "together", page.bold(&counted(plan.points(), "point")));
    let measures: Vec<&str> = plan.measures().iter().map(|measure| measure.name.as_str()).collect();
    let _ = writeln!(text, "  {:<30} {}", "measures", measures.join(", "));
    if let Some(estimate) = estimate {
        let threads = available();
        let _ = writeln!(
            text,
            "  {:<30} {} ± {} a point (timed {}); about {} on {threads} cores, {} on one",
            "cost",
            duration(estimate.seconds_per_point),
            duration(estimate.standard_error),
            counted(estimate.sampled as u64, "point"),
            duration(estimate.total_seconds / threads as f64),
            duration(estimate.total_seconds),
        );
        if let Some(first) = estimate.failures.first() {
            let failed =
                format!("{} of {} timed points fail: {first}", estimate.failures.len(), estimate.sampled);
            let _ = writeln!(text, "  {}", page.bad(&failed));
        }
    }
    terminal::print(&text);
    Ok(Ending::Good)
}
