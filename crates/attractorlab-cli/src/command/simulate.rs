//! `simulate`: a network described in a file, simulated.

mod description;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use attractorlab::dynamics::{Input, Record, Simulation, SimulationStatus};
use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;
use clap::Args;

use self::description::Description;
use crate::Ending;
use crate::error::CliError;
use crate::terminal;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file that describes network and simulation
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,
    /// Write what is recorded to this CSV file: one line a time and trial
    #[arg(short, long, value_name = "FILE.csv")]
    output: Option<PathBuf>,
    /// Root of all random numbers, instead of the file's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

const EXAMPLES: &str = r#"Examples:
  attractorlab simulate network.toml
  attractorlab simulate network.toml -o trajectory.csv --seed 7

A complete file; everything but units and bulk may be left out:
  [network]
  units = 500
  bulk = { kind = "gaussian", g = 1.5 }   # or uniform; sparse with probability; dale with excitation,
                                          # fraction, probability
  loops = [{ overlap = 1.5 }]             # feedback m n/N with <nm> = overlap; the outputs read n
  transfer = "tanh"                       # erf, relu, linear, softplus, logistic; threshold = 0 for relu
  form = "current"                        # rate, map
  time_constant = 1.0
  noise = 0.0
  bias = 0.0                              # standard deviation of the units' biases

  [simulation]
  duration = 100.0                        # steps of a map
  dt = 0.1
  method = "euler"                        # exponential-euler, runge-kutta
  trials = 4
  initial = 1.0                           # standard deviation of the initial states
  record = "outputs"                      # states, nothing, or a list of units
  every = 10
  seed = 1"#;

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let path = arguments.file.display().to_string();
    let refuse = |reason: String| CliError::SimulationFile { path: path.clone(), reason };
    let text = std::fs::read_to_string(&arguments.file).map_err(|error| refuse(error.to_string()))?;
    let mut description: Description = toml::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    if let Some(seed) = arguments.seed {
        description.simulation.seed = seed;
    }
    let network = description.network(description.simulation.seed).map_err(refuse)?;
    let options = description.options().map_err(refuse)?;
    let simulation = &description.simulation;
    let mut stream = Stream::new(simulation.seed, "simulate: initial states", 0);
    let start = Mat::from_fn(network.units(), simulation.trials, |_, _| simulation.initial * stream.normal());
    let run =
        network.simulate(start.as_ref(), Input::Zero, &options).map_err(|error| refuse(error.to_string()))?;
    if let Some(output) = &arguments.output {
        write_csv(output, &run, &options.record)
            .map_err(|source| CliError::SimulationOutput { path: output.display().to_string(), source })?;
    }
    terminal::print(&summary(&network, &run, arguments.output.as_deref()));
    Ok(Ending::Good)
}

fn summary(
    network: &attractorlab::network::RateNetwork,
    run: &Simulation<f64>,
    output: Option<&Path>,
) -> String {
    let mut text = format!(
        "{} units, {} form, {}; {} trials to time {}\n",
        network.units(),
        network.form().name(),
        network.transfer().name(),
        run.columns,
        run.times.last().copied().unwrap_or(0.0),
    );
    let _ = writeln!(text, "{:>6}  {:>12}  {:<20}outputs", "trial", "rms of state", "status");
    for trial in 0..run.columns.min(20) {
        let state: Vec<f64> = run.final_states.col(trial).iter().copied().collect();
        let rms = (state.iter().map(|x| x * x).sum::<f64>() / state.len() as f64).sqrt();
        let status = match run.status[trial] {
            SimulationStatus::Finished => "finished".to_owned(),
            SimulationStatus::Diverged { time, .. } => format!("diverged at {time:.4}"),
        };
        let outputs: Vec<String> = network.output(&state).iter().map(|z| format!("{z:.6}")).collect();
        let line = format!("{trial:>6}  {rms:>12.6}  {status:<20}{}", outputs.join(" "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if run.columns > 20 {
        let _ = writeln!(text, "… and {} more", run.columns - 20);
    }
    if let Some(SimulationStatus::Diverged { .. }) = run.divergence() {
        text.push_str("a trial diverged: take a smaller dt, or look at the network\n");
    }
    if let Some(path) = output {
        let _ = writeln!(text, "{} frames: {}", run.times.len(), path.display());
    }
    text
}

/// To a temporary name first: a crash leaves the old file.
fn write_csv(path: &Path, run: &Simulation<f64>, record: &Record) -> std::io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".part");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&temporary)?);
    write!(file, "time,trial")?;
    for v in 0..run.variables {
        match record {
            Record::Outputs => write!(file, ",z{v}")?,
            Record::Units(units) => write!(file, ",x{}", units[v])?,
            Record::States | Record::Nothing => write!(file, ",x{v}")?,
        }
    }
    writeln!(file)?;
    for (frame, time) in run.times.iter().enumerate() {
        for trial in 0..run.columns {
            write!(file, "{time},{trial}")?;
            for v in 0..run.variables {
                write!(file, ",{}", run.value(frame, v, trial))?;
            }
            writeln!(file)?;
        }
    }
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    std::fs::rename(&temporary, path)
}
