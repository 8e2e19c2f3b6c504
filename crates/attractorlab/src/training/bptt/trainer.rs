//! The loop of training.

use attractorlab_numerics::kernels::Real;
use serde::{Deserialize, Serialize};

use super::trainable::check_channels;
use super::{BpttError, Loss, Noise, Trainable};
use crate::task::Task;
use crate::training::{Optimiser, OptimiserRule, global_norm};

/// How a network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingOptions {
    /// Number of epochs: steps of the optimiser, each on a batch of its own.
    pub epochs: u64,
    /// Trials of a batch.
    pub trials: usize,
    /// The optimiser.
    pub optimiser: OptimiserRule,
    /// Largest norm of the gradient over all that is trained; longer ones are scaled down to it.
    pub clip: Option<f64>,
    /// Names of the parts of the parameters that are trained.
    pub trained: Vec<String>,
    /// The loss.
    pub loss: Loss,
    /// Seed of batches and noise.
    pub seed: u64,
    /// A snapshot of the trained parameters is kept before every so many epochs; 0 for none.
    pub snapshot_every: u64,
    /// Training ends at the first epoch whose loss is below this fraction of the first epoch's; 0 for never.
    pub stop_below: f64,
}

impl Default for TrainingOptions {
    /// Adam with learning rate 0.05/256 on batches of 32 trials, for 1000 epochs: recurrent, input and readout
    /// weights, as Schuessler et al. (2020) trained the flip-flop with 256 units.
    fn default() -> Self {
        Self {
            epochs: 1000,
            trials: 32,
            optimiser: OptimiserRule::adam(0.05 / 256.0),
            clip: None,
            trained: ["recurrent", "input", "readout"].map(str::to_owned).to_vec(),
            loss: Loss::HalfSquare,
            seed: 1,
            snapshot_every: 0,
            stop_below: 0.0,
        }
    }
}

/// What an epoch was like, before its update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// Loss on the batch of the epoch, before the update.
    pub loss: f64,
    /// Norm of the gradient of all that is trained, before clipping.
    pub gradient_norm: f64,
}

/// How a training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingStatus {
    /// Epochs are left.
    Running,
    /// All epochs were made.
    Finished,
    /// The loss fell below the fraction that was asked for.
    Converged {
        /// At this epoch.
        epoch: u64,
    },
    /// A loss or gradient was not finite. The network has the parameters of the last epoch that was.
    NotFinite {
        /// The epoch at which that happened.
        epoch: u64,
    },
}

/// The trained parameters before an epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot<T> {
    /// The epoch, from 0.
    pub epoch: u64,
    /// All parameters of the network.
    pub parameters: Vec<T>,
}

/// A network in training on a task, which may be owned or borrowed.
///
/// ```
/// use attractorlab::network::{Form, Transfer};
/// use attractorlab::numerics::random::Stream;
/// use attractorlab::task::FlipFlop;
/// use attractorlab::training::OptimiserRule;
/// use attractorlab::training::bptt::{RateUnits, RateWeights, Trainer, TrainingOptions, TrainingStatus};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let weights = RateWeights::draw(64, 2, 2, 0.9, &mut Stream::new(1, "network", 0));
/// let network = RateUnits::<f32>::new(&weights, Form::Current, Transfer::Tanh, 0.5)?;
/// let optimiser = OptimiserRule::adam(0.05 / 64.0);
/// let options = TrainingOptions { epochs: 40, optimiser, ..TrainingOptions::default() };
/// let task = FlipFlop::default();
/// let mut trainer = Trainer::new(network, &task, options)?;
/// assert_eq!(trainer.run()?, TrainingStatus::Finished);
/// let losses = trainer.losses();
/// assert!(losses[39] < 0.5 * losses[0]);
/// # Ok(())
/// # }
/// ```
pub struct Trainer<T: Real, M: Trainable<T>, K: Task> {
    pub(super) network: M,
    pub(super) task: K,
    pub(super) options: TrainingOptions,
    wanted: Vec<bool>,
    /// One for each part that is trained, in the order of the layout.
    pub(super) optimisers: Vec<Optimiser<T>>,
    pub(super) history: Vec<Epoch>,
    pub(super) snapshots: Vec<Snapshot<T>>,
    pub(super) status: TrainingStatus,
    tape: M::Tape,
    errors: Vec<T>,
    gradient: Vec<T>,
    /// Parameters of the last epoch whose loss and gradient were finite.
    pub(super) last_good: Vec<T>,
}

impl<T: Real, M: Trainable<T>, K: Task> Trainer<T, M, K> {
    /// A training that has made no epoch.
    ///
    /// # Errors
    /// [`BpttError`] for options out of range, names of parameters that the network does not have, or a task
    /// that does not fit it.
    pub fn new(network: M, task: K, options: TrainingOptions) -> Result<Self, BpttError> {
        let wanted = network.layout().selection(&options.trained)?;
        options.optimiser.check()?;
        if options.trials == 0 || options.trials >= 1 << 20 {
            let (name, expected) = ("the number of trials of a batch", "between 1 and 2^20");
            return Err(BpttError::Parameter { name, expected, value: options.trials as f64 });
        }
        if let Some(value) = options.clip.filter(|clip| !(*clip > 0.0)) {
            let (name, expected) = ("the largest norm of a gradient", "above zero");
            return Err(BpttError::Parameter { name, expected, value });
        }
        if !(0.0..1.0).contains(&options.stop_below) {
            let (name, expected) = ("stop_below", "at least 0 and below 1");
            return Err(BpttError::Parameter { name, expected, value: options.stop_below });
        }
        check_channels(&network, &task.batch(options.seed, 0, 1)?)?;
        let tensors = network.layout().tensors().iter().zip(&wanted).filter(|(_, wanted)| **wanted);
        let optimisers = tensors
            .map(|(tensor, _)| Optimiser::new(options.optimiser, tensor.range.len()))
            .collect::<Result<_, _>>()?;
        let last_good = network.parameters().to_vec();
        Ok(Self {
            gradient: vec![T::default(); last_good.len()],
            network,
            task,
            options,
            wanted,
            optimisers,
            history: Vec::new(),
            snapshots: Vec::new(),
            status: TrainingStatus::Running,
            tape: M::Tape::default(),
            errors: Vec::new(),
            last_good,
        })
    }

    /// Makes the next epoch, if there is one: forward, backward, update.
    ///
    /// # Errors
    /// [`BpttError`] if the task gives no batch.
    pub fn step(&mut self) -> Result<TrainingStatus, BpttError> {
        let epoch = self.history.len() as u64;
        if self.status == TrainingStatus::Running && epoch >= self.options.epochs {
            self.status = TrainingStatus::Finished;
        }
        if self.status != TrainingStatus::Running {
            return Ok(self.status);
        }
        let seed = self.options.seed;
        let batch = self.task.batch(seed, epoch, self.options.trials)?;
        self.network.forward(&batch, 0..batch.trials(), Some(Noise { seed, step: epoch }), &mut self.tape);
        let outputs = M::tape_outputs(&self.tape);
        self.errors.resize(outputs.len(), T::default());
        let (total, errors) = (batch.mask_total(), &mut self.errors);
        let loss = self.options.loss.with_errors(outputs, batch.targets(), batch.masks(), total, errors);
        self.network.backward(&self.errors, &self.wanted, &mut self.tape, &mut self.gradient);
        let gradient_norm = self.gradient_norm();
        if !(loss.is_finite() && gradient_norm.is_finite()) {
            self.network.parameters_mut().copy_from_slice(&self.last_good);
            self.status = TrainingStatus::NotFinite { epoch };
            return Ok(self.status);
        }
        self.last_good.copy_from_slice(self.network.parameters());
        if self.options.snapshot_every > 0 && epoch.is_multiple_of(self.options.snapshot_every) {
            self.snapshots.push(Snapshot { epoch, parameters: self.last_good.clone() });
        }
        self.history.push(Epoch { loss, gradient_norm });
        if loss < self.options.stop_below * self.history[0].loss {
            self.status = TrainingStatus::Converged { epoch };
            return Ok(self.status);
        }
        self.update(gradient_norm);
        if epoch + 1 == self.options.epochs {
            self.status = TrainingStatus::Finished;
        }
        Ok(self.status)
    }

    /// Norm of the gradient of all that is trained.
    fn gradient_norm(&self) -> f64 {
        let tensors = self.network.layout().tensors().iter().zip(&self.wanted);
        let parts = tensors.filter(|(_, wanted)| **wanted);
        let parts: Vec<&[T]> = parts.map(|(tensor, _)| &self.gradient[tensor.range.clone()]).collect();
        global_norm(&parts)
    }

    fn update(&mut self, gradient_norm: f64) {
        let factor = self.options.clip.map_or(1.0, |clip| (clip / gradient_norm).min(1.0));
        let layout = self.network.layout().clone();
        let trained = layout.tensors().iter().zip(&self.wanted).filter(|(_, wanted)| **wanted);
        for ((tensor, _), optimiser) in trained.zip(&mut self.optimisers) {
            let gradient = &mut self.gradient[tensor.range.clone()];
            if factor < 1.0 {
                attractorlab_numerics::kernels::scale(T::from_f64(factor), gradient);
            }
            optimiser.update(&mut self.network.parameters_mut()[tensor.range.clone()], gradient);
        }
    }

    /// Makes all epochs that are left.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn run(&mut self) -> Result<TrainingStatus, BpttError> {
        self.run_until(|_| false)
    }

    /// Makes epochs until none is left or `stopped`, which is asked before each, says so: the status is then
    /// still [`TrainingStatus::Running`].
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn run_until(&mut self, stopped: impl Fn(&Self) -> bool) -> Result<TrainingStatus, BpttError> {
        while self.status == TrainingStatus::Running && !stopped(self) {
            self.step()?;
        }
        Ok(self.status)
    }

    /// The network as it is now.
    pub fn network(&self) -> &M {
        &self.network
    }

    /// The network, when training is over.
    pub fn into_network(self) -> M {
        self.network
    }

    /// The task.
    pub fn task(&self) -> &K {
        &self.task
    }

    /// How it was asked to train.
    pub fn options(&self) -> &TrainingOptions {
        &self.options
    }

    /// How training stands.
    pub fn status(&self) -> TrainingStatus {
        self.status
    }

    /// The epochs so far.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }

    /// The losses of the epochs so far.
    pub fn losses(&self) -> Vec<f64> {
        self.history.iter().map(|epoch| epoch.loss).collect()
    }

    /// The norms of the gradients of the epochs so far.
    pub fn gradient_norms(&self) -> Vec<f64> {
        self.history.iter().map(|epoch| epoch.gradient_norm).collect()
    }

    /// The snapshots so far.
    pub fn snapshots(&self) -> &[Snapshot<T>] {
        &self.snapshots
    }
}

/// The first epoch whose loss is below `fraction` of that of the first, as Schuessler et al. (2020) measure
/// convergence with fraction 0.05: `None` if there is none.
///
/// ```
/// use attractorlab::training::bptt::convergence_epoch;
/// assert_eq!(convergence_epoch(&[1.0, 0.3, 0.04, 0.06], 0.05), Some(2));
/// assert_eq!(convergence_epoch(&[1.0, 0.3], 0.05), None);
/// ```
pub fn convergence_epoch(losses: &[f64], fraction: f64) -> Option<usize> {
    let first = losses.first()?;
    losses.iter().position(|loss| *loss < fraction * first)
}
