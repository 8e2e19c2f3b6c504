//! The file that describes a training run on fixed points.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use attractorlab::arrays::{Array, Arrays};
use attractorlab::dynamics::{Columns, EquilibriumOptions, StabilityTest};
use attractorlab::network::{Bulk, Transfer};
use attractorlab::numerics::kernels::Real;
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use attractorlab::task::images::ImageData;
use attractorlab::training::OptimiserRule;
use attractorlab::training::equilibrium::{
    ForwardPass, ImageClassification, LearningTask, MissingStates, RULES, Regression, Rule, TrainerOptions,
    rule_by_name,
};
use serde::{Deserialize, Serialize};

/// The whole file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    kind: String,
    #[serde(default = "first_seed")]
    pub(super) seed: u64,
    #[serde(default)]
    pub(super) precision: Precision,
    network: NetworkTable,
    data: DataTable,
    rule: RuleTable,
    #[serde(default)]
    states: StatesTable,
    pub(super) schedule: Schedule,
}

fn first_seed() -> u64 {
    1
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::command::train) enum Precision {
    #[default]
    Float32,
    Float64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct NetworkTable {
    units: Option<usize>,
    #[serde(default = "half")]
    radius: f64,
    #[serde(default)]
    transfer: TransferName,
    weights: Option<PathBuf>,
}

fn half() -> f64 {
    0.5
}

fn one() -> f64 {
    1.0
}

#[derive(Debug, Default, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::command::train) enum TransferName {
    #[default]
    Tanh,
    Erf,
    Relu,
    Linear,
    Softplus,
    Logistic,
}

impl From<TransferName> for Transfer {
    fn from(name: TransferName) -> Self {
        match name {
            TransferName::Tanh => Self::Tanh,
            TransferName::Erf => Self::Erf,
            TransferName::Relu => Self::Relu { threshold: 0.0 },
            TransferName::Linear => Self::Linear,
            TransferName::Softplus => Self::Softplus,
            TransferName::Logistic => Self::Logistic,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct DataTable {
    images: Option<String>,
    #[serde(default = "one")]
    white: f64,
    arrays: Option<PathBuf>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    name: String,
    learning_rate: f64,
    #[serde(default)]
    optimiser: OptimiserName,
    #[serde(default = "usual_momentum")]
    momentum: f64,
    clip: Option<f64>,
}

fn usual_momentum() -> f64 {
    0.9
}

#[derive(Debug, Default, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum OptimiserName {
    #[default]
    GradientDescent,
    Momentum,
    Adam,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct StatesTable {
    pass: PassName,
    tolerance: Option<f64>,
    stability: StabilityName,
    missing: MissingName,
    dt: f64,
    steps: usize,
}

impl Default for StatesTable {
    fn default() -> Self {
        Self {
            pass: PassName::Converged,
            tolerance: None,
            stability: StabilityName::Growth,
            missing: MissingName::LeaveOut,
            dt: 0.01,
            steps: 500,
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum PassName {
    Converged,
    Truncated,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum StabilityName {
    Off,
    Growth,
    Exact,
    Spectrum,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum MissingName {
    LeaveOut,
    UseLast,
    Stop,
}

/// How long, in which pieces.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Schedule {
    /// Not part of what a checkpoint belongs to: a run may be made longer.
    #[serde(skip_serializing)]
    steps: Option<u64>,
    #[serde(skip_serializing)]
    epochs: Option<u64>,
    pub(super) batch: usize,
    #[serde(default = "twenty")]
    pub(super) every: u64,
    #[serde(default = "fifty", skip_serializing)]
    pub(super) checkpoint: u64,
}

fn twenty() -> u64 {
    20
}

fn fifty() -> u64 {
    50
}

impl Schedule {
    /// Number of steps, where an epoch has this many.
    pub(super) fn total(&self, per_epoch: u64) -> Result<u64, String> {
        if self.every == 0 || self.checkpoint == 0 {
            return Err("schedule: every and checkpoint must be at least 1 step".to_owned());
        }
        match (self.steps, self.epochs) {
            (Some(steps), None) => Ok(steps),
            (None, Some(epochs)) => Ok(epochs.saturating_mul(per_epoch)),
            _ => Err("schedule: give either steps or epochs".to_owned()),
        }
    }
}

impl Description {
    /// What a checkpoint belongs to: everything but the length of the run.
    pub(super) fn configuration(&self) -> String {
        // FNV-1a, 64 bits: this tells configurations apart, and is no defence against forgery.
        let text = serde_json::to_string(self).unwrap_or_default();
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, byte| {
            (h ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        format!("{hash:016x}")
    }

    pub(super) fn transfer(&self) -> Transfer {
        self.network.transfer.into()
    }

    /// The initial weights; `folder` is where paths in the file begin.
    pub(super) fn weights<T: Real>(&self, folder: &Path) -> Result<Mat<T>, String> {
        let wide = match (&self.network.weights, self.network.units) {
            (Some(path), None) => named(&read(folder, path)?, "weights", path)?,
            (None, Some(units)) => Bulk::Gaussian { g: self.network.radius }
                .draw(units, &mut Stream::new(self.seed, "train: weights", 0))
                .map_err(|error| error.to_string())?,
            _ => return Err("network: give either units or weights".to_owned()),
        };
        Ok(Mat::from_fn(wide.nrows(), wide.ncols(), |i, j| T::from_f64(wide[(i, j)])))
    }

    /// The task for a network of N units.
    pub(super) fn task<T: Real>(
        &self,
        folder: &Path,
        units: usize,
    ) -> Result<Box<dyn LearningTask<T>>, String> {
        match (&self.data.images, &self.data.arrays) {
            (Some(images), None) => {
                let data = if images == "digits" {
                    ImageData::digits(self.seed)
                } else {
                    ImageData::read_folder(&folder.join(images))
                };
                let data = Arc::new(data.map_err(|error| error.to_string())?);
                let task = ImageClassification::draw(data, units, self.data.white, self.seed);
                Ok(Box::new(task.map_err(|error| error.to_string())?))
            }
            (None, Some(path)) => {
                let arrays = read(folder, path)?;
                let columns = |matrix: Mat<f64>| {
                    Columns::from_fn(matrix.nrows(), matrix.ncols(), |i, c| T::from_f64(matrix[(i, c)]))
                };
                let inputs = named(&arrays, "inputs", path)?;
                if inputs.nrows() != units {
                    let found = inputs.nrows();
                    return Err(format!(
                        "inputs must have one row for each of the {units} units, got {found}"
                    ));
                }
                let targets = columns(named(&arrays, "targets", path)?);
                let readout = if arrays.arrays.contains_key("readout") {
                    Some(columns(named(&arrays, "readout", path)?.transpose().to_owned()))
                } else {
                    None
                };
                let task = Regression::new(columns(inputs), targets, readout);
                Ok(Box::new(task.map_err(|error| error.to_string())?))
            }
            _ => Err("data: give either images or arrays".to_owned()),
        }
    }

    pub(super) fn rule<T: Real>(&self) -> Result<Box<dyn Rule<T>>, String> {
        rule_by_name(&self.rule.name)
            .ok_or_else(|| format!("there is no rule \"{}\"; there are {}", self.rule.name, RULES.join(", ")))
    }

    pub(super) fn options<T: Real>(&self) -> TrainerOptions {
        let RuleTable { learning_rate, optimiser, momentum, clip, .. } = self.rule;
        let usual = EquilibriumOptions::of::<T>();
        let pass = match self.states.pass {
            PassName::Truncated => ForwardPass::Truncated { dt: self.states.dt, steps: self.states.steps },
            PassName::Converged => ForwardPass::Converged(EquilibriumOptions {
                tolerance: self.states.tolerance.unwrap_or(usual.tolerance),
                stability: match self.states.stability {
                    StabilityName::Off => StabilityTest::Off,
                    StabilityName::Growth => StabilityTest::Growth,
                    StabilityName::Exact => StabilityTest::Exact,
                    StabilityName::Spectrum => StabilityTest::Spectrum,
                },
                ..usual
            }),
        };
        TrainerOptions {
            pass,
            missing: match self.states.missing {
                MissingName::LeaveOut => MissingStates::LeaveOut,
                MissingName::UseLast => MissingStates::UseLast,
                MissingName::Stop => MissingStates::Stop,
            },
            optimiser: match optimiser {
                OptimiserName::GradientDescent => OptimiserRule::GradientDescent { learning_rate },
                OptimiserName::Momentum => OptimiserRule::Momentum { learning_rate, momentum },
                OptimiserName::Adam => OptimiserRule::adam(learning_rate),
            },
            clip,
            warm_start: false,
        }
    }
}

fn read(folder: &Path, path: &Path) -> Result<Arrays, String> {
    Arrays::read(&folder.join(path)).map_err(|error| error.to_string())
}

fn named(arrays: &Arrays, name: &str, path: &Path) -> Result<Mat<f64>, String> {
    arrays
        .arrays
        .get(name)
        .and_then(Array::to_matrix)
        .ok_or_else(|| format!("{}: there is no matrix \"{name}\"", path.display()))
}
