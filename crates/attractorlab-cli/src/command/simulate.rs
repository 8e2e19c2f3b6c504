//! `simulate`: a network, described in a file or held by one, simulated.

mod description;
mod output;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use attractorlab::dynamics::{Input, Simulation, SimulationStatus, initial_states};
use attractorlab::network::files::ImportOptions;
use attractorlab::network::{Cell, Form, Network, RateNetwork};
use clap::Args;

use self::description::{Description, Method, Recorded, Settings};
use crate::Ending;
use crate::error::CliError;
use crate::terminal;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file that describes network and simulation (.toml), or holds a network (.safetensors, .npz)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write what is recorded: one line a time and trial (.csv), or arrays (.npz)
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Root of all random numbers, instead of the file's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How long, in the units of the time constant (steps of a map), instead of the file's
    #[arg(long, value_name = "T")]
    duration: Option<f64>,
    /// Time step, instead of the file's
    #[arg(long, value_name = "DT")]
    dt: Option<f64>,
    /// Number of trials, instead of the file's
    #[arg(long, value_name = "P")]
    trials: Option<usize>,
    /// Standard deviation of the initial states, instead of the file's
    #[arg(long, value_name = "SD")]
    initial: Option<f64>,
    /// Steps between two frames, instead of the file's
    #[arg(long, value_name = "N")]
    every: Option<usize>,
    /// What is recorded, instead of the file's: outputs, states, nothing
    #[arg(long, value_name = "WHAT")]
    record: Option<String>,
    /// How a step is made, instead of the file's
    #[arg(long, value_enum)]
    method: Option<Method>,
    /// Write the network too, as .safetensors or .npz
    #[arg(long, value_name = "FILE")]
    save_network: Option<PathBuf>,
}

impl Arguments {
    /// Lets the command line have the last word.
    fn amend(&self, settings: &mut Settings) {
        let Self { seed, duration, dt, trials, initial, every, record, method, .. } = self;
        settings.seed = seed.unwrap_or(settings.seed);
        settings.duration = duration.unwrap_or(settings.duration);
        settings.dt = dt.unwrap_or(settings.dt);
        settings.trials = trials.unwrap_or(settings.trials);
        settings.initial = initial.unwrap_or(settings.initial);
        settings.every = every.unwrap_or(settings.every);
        settings.method = method.unwrap_or(settings.method);
        if let Some(record) = record {
            settings.record = Recorded::Word(record.clone());
        }
    }
}

const EXAMPLES: &str = r#"Examples:
  attractorlab simulate network.toml
  attractorlab simulate network.toml -o trajectory.csv --seed 7
  attractorlab simulate trained.safetensors --duration 50 --trials 10 --record states -o states.npz

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
    let (network, settings) = match arguments.file.extension().and_then(|extension| extension.to_str()) {
        Some("safetensors" | "npz") => held(arguments).map_err(refuse)?,
        _ => described(arguments).map_err(refuse)?,
    };
    let options = settings.options(network.form() == Form::Map).map_err(refuse)?;
    if let Some(path) = &arguments.save_network {
        Network::new(Cell::Rate(network.clone())).write(path).map_err(|error| refuse(error.to_string()))?;
    }
    let start = initial_states(network.units(), settings.trials, settings.initial, settings.seed);
    let run =
        network.simulate(start.as_ref(), Input::Zero, &options).map_err(|error| refuse(error.to_string()))?;
    if let Some(path) = &arguments.output {
        output::write(path, &run, &options.record)
            .map_err(|source| CliError::SimulationOutput { path: path.display().to_string(), source })?;
    }
    terminal::print(&summary(&network, &run, arguments.output.as_deref()));
    Ok(Ending::Good)
}

/// Network and settings of a file that describes them.
fn described(arguments: &Arguments) -> Result<(RateNetwork, Settings), String> {
    let text = std::fs::read_to_string(&arguments.file).map_err(|error| error.to_string())?;
    let mut description: Description = toml::from_str(&text).map_err(|error| error.to_string())?;
    arguments.amend(&mut description.simulation);
    let network = description.network(description.simulation.seed)?;
    Ok((network, description.simulation))
}

/// The rate network that a file holds, with settings from the command line alone.
fn held(arguments: &Arguments) -> Result<(RateNetwork, Settings), String> {
    let (network, _) =
        Network::read(&arguments.file, &ImportOptions::default()).map_err(|error| error.to_string())?;
    let mut settings = Settings { dt: network.time_step().unwrap_or(0.1), ..Settings::default() };
    arguments.amend(&mut settings);
    match network.cell() {
        Cell::Rate(network) => Ok((network.clone(), settings)),
        _ => Err(format!("the file holds a {}; only rate networks can be simulated here", network.kind())),
    }
}

fn summary(network: &RateNetwork, run: &Simulation<f64>, output: Option<&Path>) -> String {
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
