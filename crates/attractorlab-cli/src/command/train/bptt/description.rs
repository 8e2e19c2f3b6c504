//! The file that describes a training by back-propagation through time.

use attractorlab::network::{Form, Transfer};
use attractorlab::numerics::kernels::Real;
use attractorlab::numerics::random::Stream;
use attractorlab::task::{Task, TaskKind};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{
    GatedCellKind, GatedUnits, Loss, RateUnits, RateWeights, StepNoise, TrainingOptions,
};
use serde::{Deserialize, Serialize};

use super::super::equilibrium::{Precision, TransferName};

/// The whole file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    kind: String,
    #[serde(default = "one")]
    seed: u64,
    #[serde(default)]
    pub(super) precision: Precision,
    pub(super) network: NetworkTable,
    pub(super) task: TaskKind,
    training: TrainingTable,
}

fn one() -> u64 {
    1
}

/// Which cell.
#[derive(Debug, Default, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CellName {
    #[default]
    Current,
    Rate,
    Map,
    Gru,
    Lstm,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkTable {
    #[serde(default)]
    pub(super) cell: CellName,
    units: usize,
    #[serde(default)]
    g: f64,
    #[serde(default)]
    transfer: TransferName,
    #[serde(default)]
    noise: f64,
    #[serde(default)]
    initial_noise: f64,
    #[serde(default = "one_layer")]
    layers: usize,
    #[serde(default)]
    dropout: f64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TrainingTable {
    /// Not part of what a checkpoint belongs to: a run may be made longer.
    #[serde(skip_serializing)]
    epochs: u64,
    #[serde(default = "batch")]
    trials: usize,
    optimiser: Option<OptimiserRule>,
    clip: Option<f64>,
    trained: Option<Vec<String>>,
    #[serde(default)]
    loss: Loss,
    #[serde(default)]
    stop_below: f64,
    #[serde(default)]
    snapshot_every: u64,
    #[serde(default = "often", skip_serializing)]
    checkpoint: u64,
}

fn one_layer() -> usize {
    1
}

fn batch() -> usize {
    32
}

fn often() -> u64 {
    100
}

impl Description {
    /// What a checkpoint belongs to: everything but the length of the run.
    pub(super) fn configuration(&self) -> Result<String, String> {
        serde_json::to_string_pretty(self).map_err(|error| error.to_string())
    }

    /// Epochs from one checkpoint to the next.
    pub(super) fn checkpoint(&self) -> u64 {
        self.training.checkpoint.max(1)
    }

    pub(super) fn options(&self) -> TrainingOptions {
        let training = &self.training;
        let usual = TrainingOptions::default();
        TrainingOptions {
            epochs: training.epochs,
            trials: training.trials,
            optimiser: training
                .optimiser
                .unwrap_or_else(|| OptimiserRule::adam(0.05 / self.network.units.max(1) as f64)),
            clip: training.clip,
            trained: training.trained.clone().unwrap_or(usual.trained),
            loss: training.loss,
            seed: self.seed,
            snapshot_every: training.snapshot_every,
            stop_below: training.stop_below,
        }
    }

    fn stream(&self) -> Stream {
        Stream::new(self.seed, "initial network", 0)
    }

    /// Rate units in this form.
    pub(super) fn rate<T: Real>(&self, form: Form) -> Result<RateUnits<T>, String> {
        let (d, network) = (self.task.dimensions(), &self.network);
        if !(network.g >= 0.0 && network.g.is_finite()) {
            return Err(format!(
                "network: g must be a finite number that is not negative, got {}",
                network.g
            ));
        }
        if network.units == 0 {
            return Err("network: units must be at least 1, got 0".to_owned());
        }
        if network.layers != 1 || network.dropout != 0.0 {
            return Err(format!(
                "network: layers and dropout are for the cells gru and lstm, got layers = {} and dropout = {} for rate units",
                network.layers, network.dropout
            ));
        }
        let weights = RateWeights::draw(network.units, d.inputs, d.outputs, network.g, &mut self.stream());
        let noise = StepNoise { state: network.noise, initial: network.initial_noise };
        RateUnits::new(&weights, form, Transfer::from(network.transfer), d.time_step)
            .and_then(|units| units.with_noise(noise))
            .map_err(|error| error.to_string())
    }

    /// Gated units of this kind.
    pub(super) fn gated<T: Real>(&self, kind: GatedCellKind) -> Result<GatedUnits<T>, String> {
        let (d, network) = (self.task.dimensions(), &self.network);
        if network.noise != 0.0 || network.initial_noise != 0.0 {
            return Err("network: gated units are trained without noise".to_owned());
        }
        GatedUnits::draw_stack(kind, network.layers, network.units, d.inputs, d.outputs, &mut self.stream())
            .and_then(|units| units.with_dropout(network.dropout))
            .map_err(|error| error.to_string())
    }
}
