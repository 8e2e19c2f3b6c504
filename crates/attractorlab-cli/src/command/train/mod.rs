//! `train`: a training run that a file describes, with checkpoints and a report.

mod bptt;
mod equilibrium;

use std::path::PathBuf;

use clap::Args;

use crate::Ending;
use crate::error::CliError;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file that describes network, data, rule and schedule (.toml)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder for checkpoint, network, history and report; made if need be
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Continue from the checkpoint in the folder: the same bits as without the interruption
    #[arg(long)]
    resume: bool,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

const EXAMPLES: &str = r#"Examples:
  attractorlab train digits.toml -o trained
  attractorlab train digits.toml -o trained --resume

A complete file; everything with a comment "default" may be left out:
  kind = "equilibrium"                    # a learning rule on fixed points r = φ(Wr + x)
  seed = 1                                # default
  precision = "float32"                   # default; or float64

  [network]
  units = 100
  radius = 0.5                            # default: initial weights N(0, radius²/N)
  transfer = "tanh"                       # default; erf, relu, linear, softplus, logistic
  # weights = "start.npz"                 # instead of units and radius: an array "weights", N×N

  [data]
  images = "digits"                       # 8×8 digits; or a folder with MNIST's four IDX files
  white = 0.7                             # default 1: the value of a white pixel
  # arrays = "samples.npz"                # instead of images: arrays "inputs" N×m, "targets" N×m; or "targets" K×m
                                          # and "readout" K×N

  [rule]
  name = "linearised"                     # gradient, reparameterised, reparameterised-lookahead,
                                          # reparameterised-first-order, linearised-variant, unrolled
  learning_rate = 0.1
  optimiser = "gradient-descent"          # default; momentum, adam
  # momentum = 0.9
  # clip = 1.0                            # largest norm of the gradient

  [states]                                # the whole table is optional
  pass = "converged"                      # default; truncated: Euler steps from r = 0
  tolerance = 1e-5                        # default 1e-5 for float32, 1e-12 for float64
  stability = "growth"                    # default; off, exact, spectrum
  missing = "leave-out"                   # default: samples without a stable state; use-last, stop
  # dt = 0.01                             # default of the truncated pass
  # steps = 500                           # default of the truncated pass

  [schedule]
  steps = 300                             # or epochs
  batch = 100
  every = 20                              # default: steps between tests and spectra
  checkpoint = 50                         # default: steps between checkpoints

Another kind, back-propagation through time; again what is marked "default" may be left out:
  kind = "bptt"
  seed = 1                                # default
  precision = "float32"                   # default; or float64

  [network]
  units = 256
  cell = "current"                        # default; rate, map, gru, lstm
  g = 0.9                                 # default 0: initial weights N(0, g²/N)
  transfer = "tanh"                       # default; erf, relu, linear, softplus, logistic
  noise = 0.0                             # default: strength of the state's noise
  initial_noise = 0.0                     # default: spread of the initial state
  # layers = 2                            # default 1: a stack of gru or lstm cells; its files have PyTorch's names
  # dropout = 0.5                         # default 0: of what a layer of gru or lstm cells hands on, in training

  [task]
  name = "flip_flop"                      # context_decision, working_memory, driven_fixed_point, cosine; every
                                          # duration and amplitude can be set: duration = 50.0
  # name = "text_classification"          # is a review for or against? with loss = "binary_cross_entropy"
  # data = "reviews.tsv"                  # default: those of the program; lines `rating TAB text`
  # dimension = 100                       # default: of the word vectors

  [training]
  epochs = 1000
  trials = 32                             # default
  optimiser = { rule = "adam", learning_rate = 2e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }
                                          # default: Adam with 0.05/units; gradient_descent, momentum
  clip = 1.0                              # default none: largest norm of the gradient
  trained = ["recurrent", "input", "readout"]   # default; bias, initial
  loss = "half_square"                    # default; square, binary_cross_entropy
  stop_below = 0.05                       # default 0: end when the loss is below this part of the first
  snapshot_every = 0                      # default: epochs between snapshots in the checkpoint
  checkpoint = 100                        # default: epochs between checkpoints"#;

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let path = arguments.file.display().to_string();
    let refuse = |reason: String| CliError::TrainingFile { path: path.clone(), reason };
    let text = std::fs::read_to_string(&arguments.file).map_err(|error| refuse(error.to_string()))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    let kind = match table.get("kind") {
        Some(toml::Value::String(kind)) => kind.clone(),
        Some(_) => {
            return Err(refuse("kind must be a word in quotes: \"equilibrium\" or \"bptt\"".to_owned()));
        }
        None => return Err(refuse("it needs an entry kind = \"equilibrium\" or kind = \"bptt\"".to_owned())),
    };
    match kind.as_str() {
        "equilibrium" => equilibrium::execute(arguments, &text, &refuse),
        "bptt" => bptt::execute(arguments, &text, &refuse),
        other => Err(refuse(format!(
            "there is no training of kind \"{other}\"; there are \"equilibrium\" and \"bptt\""
        ))),
    }
}
