//! `dissect`: from a weight file to all its fixed points, in one command.

mod files;
mod page;
mod theory_page;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use attractorlab::analysis::{Dissection, DissectionOptions, Rest, Trajectories, dissect};
use attractorlab::arrays::Arrays;
use attractorlab::dynamics::LongRun;
use attractorlab::dynamics::fixed_points::FindOptions;
use attractorlab::numerics::linalg::Mat;
use clap::Args;

use super::network_file::NetworkFile;
use crate::Ending;
use crate::error::CliError;
use crate::terminal::{self, Page};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    network: NetworkFile,
    /// Constant input under which to look, one number for each input: `1,0,0`; zero if left out. Give it several times
    /// to look under several inputs
    #[arg(long, value_name = "U", value_parser = vector, allow_hyphen_values = true)]
    input: Vec<Input>,
    /// States to start from: a .npz or .safetensors file with an array `states` (or `hidden`) of trials × steps ×
    /// units or steps × units; the network makes its own if left out
    #[arg(long, value_name = "FILE")]
    trajectories: Option<PathBuf>,
    /// Random starts
    #[arg(long, value_name = "N", default_value_t = 1024)]
    starts: usize,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Folder for the report and the results
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab dissect model.safetensors -o dissected
  attractorlab dissect model.safetensors --input 1,0,0 --trajectories states.npz -o dissected
  attractorlab dissect model.safetensors --input 0,0,0 --input 1,0,0 -o dissected

Writes DIR/report.html (a page that opens without a network), DIR/points.parquet and DIR/points.npz; of several inputs
the points go to DIR/input-1, DIR/input-2, and so on.";

/// A constant input.
#[derive(Debug, Clone)]
struct Input(Vec<f64>);

fn vector(text: &str) -> Result<Input, String> {
    let number = |part: &str| {
        part.trim().parse::<f64>().map_err(|_| format!("'{part}' is no number; write the input as 1,0,0"))
    };
    text.split(',').map(number).collect::<Result<_, _>>().map(Input)
}

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let (network, _) = arguments.network.read()?;
    let given = arguments.trajectories.as_deref().map(trajectories).transpose()?;
    let inputs: Vec<Vec<f64>> = match arguments.input.as_slice() {
        [] => vec![Vec::new()],
        several => several.iter().map(|input| input.0.clone()).collect(),
    };
    let name = arguments.network.file.file_name().unwrap_or_default().to_string_lossy();
    let mut report = page::report(&name, arguments.seed);
    let folder = |path: &Path| {
        std::fs::create_dir_all(path)
            .map_err(|source| CliError::Folder { path: path.display().to_string(), source })
    };
    for (k, input) in inputs.iter().enumerate() {
        let begin = std::time::Instant::now();
        let options = DissectionOptions {
            input: input.clone(),
            random_starts: arguments.starts,
            search: FindOptions { seed: arguments.seed, ..FindOptions::default() },
            seed: arguments.seed,
            ..DissectionOptions::default()
        };
        let found = dissect(&network, given.as_ref(), &options)?;
        let seconds = begin.elapsed().as_secs_f64();
        let own = match inputs.len() {
            1 => arguments.output.clone(),
            _ => arguments.output.join(format!("input-{}", k + 1)),
        };
        folder(&own)?;
        files::write(&found, &own)?;
        let place = (inputs.len() > 1).then_some(k + 1);
        summary(&found, place);
        report = report.section(page::section(&network, &found, place, seconds));
    }
    let path = arguments.output.join("report.html");
    report.write_atomic(&path).map_err(CliError::Page)?;
    terminal::print(&format!("{}\n", path.display()));
    Ok(Ending::Good)
}

/// Trajectories from a file.
fn trajectories(path: &Path) -> Result<Trajectories, CliError> {
    let wrong = |reason: String| CliError::NetworkFile { path: path.display().to_string(), reason };
    let arrays = Arrays::read(path).map_err(|error| wrong(error.to_string()))?;
    let array = ["states", "hidden"].iter().find_map(|name| arrays.arrays.get(*name)).ok_or_else(|| {
        let present: Vec<&str> = arrays.arrays.keys().map(String::as_str).collect();
        wrong(format!("there is no array 'states' or 'hidden'; the file has {}", present.join(", ")))
    })?;
    let (trials, steps, units) = match array.shape() {
        [steps, units] => (1, *steps, *units),
        [trials, steps, units] => (*trials, *steps, *units),
        other => {
            return Err(wrong(format!(
                "the states must be steps × units or trials × steps × units, got the shape {other:?}"
            )));
        }
    };
    let values = array.to_f64();
    if let Some(at) = values.iter().position(|v| !v.is_finite()) {
        return Err(wrong(format!("value {at} of the states is not finite")));
    }
    Ok(Trajectories(
        (0..trials)
            .map(|trial| Mat::from_fn(units, steps, |i, t| values[(trial * steps + t) * units + i]))
            .collect(),
    ))
}

/// Numbers of a vector.
pub(super) fn numbers(values: &[f64]) -> String {
    values.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
}

/// What a point of rest is called.
pub(super) fn fate(rest: &Rest) -> String {
    match rest {
        Rest::Point(k) => format!("fixed point {}", k + 1),
        Rest::Other(LongRun::Rests(_)) => "a fixed point that the search did not find".to_owned(),
        Rest::Other(LongRun::Cycles(orbit)) => {
            let largest = orbit.multipliers.iter().map(|m| m.norm()).fold(0.0, f64::max);
            format!("a periodic orbit of period {:.6}, largest multiplier {largest:.4}", orbit.period)
        }
        Rest::Other(LongRun::Wanders { exponent, error, .. }) => {
            format!("no rest and no period; largest Lyapunov exponent {exponent:.4} ± {error:.4}")
        }
        Rest::Other(LongRun::Diverges) => "nothing: it diverges".to_owned(),
    }
}

/// How complete the set is, in words.
pub(super) fn verdict(found: &Dissection) -> String {
    let said = &found.completeness;
    let index = match said.index_sum {
        Some(1) => "the indices add up to 1, as they must".to_owned(),
        Some(sum) => {
            format!("the indices add up to {sum} instead of 1, which proves that points are missing")
        }
        None => "the sum of the indices is not known for this system".to_owned(),
    };
    format!(
        "At least {} fixed points (95 % interval of their number: {} to {}); {index}. At 95 % confidence every point \
         that catches more than {:.2} % of random starts is among them.",
        said.found,
        said.interval.0,
        if said.interval.1.is_finite() { said.interval.1.to_string() } else { "unbounded".to_owned() },
        100.0 * said.share
    )
}

fn summary(found: &Dissection, place: Option<usize>) {
    let page = Page::stdout();
    let stable = found.points.iter().filter(|point| point.modes.unstable == 0).count();
    let certified = found.points.iter().filter(|point| point.certificate.is_ok()).count();
    let mut text = format!(
        "{}\n",
        page.bold(&format!(
            "{}{} fixed points, {stable} stable, {certified} certified",
            place.map_or_else(String::new, |_| format!("input {}: ", numbers(&found.input))),
            found.points.len()
        ))
    );
    for line in page.lines(&verdict(found), 2) {
        text.push_str(&line);
        text.push('\n');
    }
    text.push_str("  trajectories end at\n");
    for (rest, count) in &found.rests {
        let _ = writeln!(text, "    {count:>3} × {}", fate(rest));
    }
    if let Some(theory) = &found.theory {
        let matched = theory.matches.iter().flatten().count();
        let _ = writeln!(
            text,
            "  mean-field theory (g = {:.3}) predicts {} states; {matched} of them are among the fixed points",
            theory.g,
            theory.states.len()
        );
    }
    terminal::print(&text);
}
