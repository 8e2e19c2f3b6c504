//! The file that describes a network and its simulation.

use attractorlab::dynamics::{Integrator, Record, SimulationOptions};
use attractorlab::network::{Bulk, Connectivity, Form, NetworkError, RateNetwork, Transfer};
use attractorlab_numerics::random::Stream;
use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    network: Network,
    #[serde(default)]
    pub(super) simulation: Settings,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    units: usize,
    bulk: BulkKind,
    #[serde(default)]
    loops: Vec<Loop>,
    #[serde(default)]
    transfer: TransferName,
    #[serde(default)]
    threshold: f64,
    #[serde(default)]
    form: FormName,
    #[serde(default = "one")]
    time_constant: f64,
    #[serde(default)]
    noise: f64,
    #[serde(default)]
    bias: f64,
}

fn one() -> f64 {
    1.0
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum BulkKind {
    Gaussian { g: f64 },
    Uniform { g: f64 },
    Sparse { g: f64, probability: f64 },
    Dale { excitation: f64, fraction: f64, probability: f64 },
}

/// m standard normal, n = overlap·m.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Loop {
    overlap: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TransferName {
    #[default]
    Tanh,
    Erf,
    Relu,
    Linear,
    Softplus,
    Logistic,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FormName {
    #[default]
    Current,
    Rate,
    Map,
}

/// How a step is made.
#[derive(Debug, Clone, Copy, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Method {
    Euler,
    ExponentialEuler,
    RungeKutta,
}

/// What is recorded.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Recorded {
    Word(String),
    Units(Vec<usize>),
}

/// How to simulate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    pub(super) duration: f64,
    pub(super) dt: f64,
    pub(super) method: Method,
    pub(super) trials: usize,
    pub(super) initial: f64,
    pub(super) record: Recorded,
    pub(super) every: usize,
    pub(super) seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            duration: 100.0,
            dt: 0.1,
            method: Method::Euler,
            trials: 1,
            initial: 1.0,
            record: Recorded::Word("outputs".into()),
            every: 10,
            seed: 1,
        }
    }
}

impl Description {
    /// Draws the network.
    pub(super) fn network(&self, seed: u64) -> Result<RateNetwork, String> {
        self.draw(seed).map_err(|error| error.to_string())
    }

    fn draw(&self, seed: u64) -> Result<RateNetwork, NetworkError> {
        let network = &self.network;
        let bulk = match network.bulk {
            BulkKind::Gaussian { g } => Bulk::Gaussian { g },
            BulkKind::Uniform { g } => Bulk::Uniform { g },
            BulkKind::Sparse { g, probability } => Bulk::Sparse { g, probability },
            BulkKind::Dale { excitation, fraction, probability } => {
                Bulk::Dale { excitation, fraction, probability }
            }
        };
        let stream = |purpose: &str| Stream::new(seed, &format!("simulate: {purpose}"), 0);
        let n = network.units;
        let mut connectivity = Connectivity::new(bulk.draw(n, &mut stream("bulk"))?)?;
        let mut loops = stream("loops");
        let mut readout = Vec::new();
        for entry in &network.loops {
            let m = loops.normals(n);
            let direction: Vec<f64> = m.iter().map(|m| entry.overlap * m).collect();
            connectivity = connectivity.with_feedback(m, direction.clone())?;
            readout.push(direction);
        }
        let transfer = match network.transfer {
            TransferName::Tanh => Transfer::Tanh,
            TransferName::Erf => Transfer::Erf,
            TransferName::Relu => Transfer::Relu { threshold: network.threshold },
            TransferName::Linear => Transfer::Linear,
            TransferName::Softplus => Transfer::Softplus,
            TransferName::Logistic => Transfer::Logistic,
        };
        let form = match network.form {
            FormName::Current => Form::Current,
            FormName::Rate => Form::Rate,
            FormName::Map => Form::Map,
        };
        let bias: Vec<f64> = stream("bias").normals(n).iter().map(|b| network.bias * b).collect();
        let mut drawn = RateNetwork::new(connectivity, transfer, form)
            .with_bias(bias)?
            .with_time_constant(network.time_constant)?
            .with_noise(network.noise)?;
        for n in readout {
            drawn = drawn.with_output(n)?;
        }
        Ok(drawn)
    }
}

impl Settings {
    /// How to simulate it.
    pub(super) fn options(&self, map: bool) -> Result<SimulationOptions, String> {
        let record = match &self.record {
            Recorded::Units(units) => Record::Units(units.clone()),
            Recorded::Word(word) => match word.as_str() {
                "outputs" => Record::Outputs,
                "states" => Record::States,
                "nothing" => Record::Nothing,
                _ => {
                    return Err(format!(
                        "record = \"{word}\" is none of \"outputs\", \"states\", \"nothing\" or a list of units"
                    ));
                }
            },
        };
        if !(self.initial.is_finite() && self.initial >= 0.0) {
            return Err(format!(
                "initial must be a finite number that is not negative, got {}",
                self.initial
            ));
        }
        let steps = (self.duration / if map { 1.0 } else { self.dt }).round();
        if !(self.dt > 0.0) && !map {
            return Err(format!("dt must be positive and finite, got {}", self.dt));
        }
        if !(0.0..=1e12).contains(&steps) {
            return Err(format!("duration {} is not a sensible number of steps: {steps}", self.duration));
        }
        Ok(SimulationOptions {
            dt: self.dt,
            steps: steps as usize,
            integrator: match self.method {
                Method::Euler => Integrator::Euler,
                Method::ExponentialEuler => Integrator::ExponentialEuler,
                Method::RungeKutta => Integrator::RungeKutta4,
            },
            record,
            every: self.every,
            seed: self.seed,
        })
    }
}
