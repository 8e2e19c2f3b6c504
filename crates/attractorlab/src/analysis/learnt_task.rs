//! One network learns one task: the experiment of Schuessler et al. (2020), and what it shows.

use attractorlab_numerics::random::Stream;

use super::weight_change::{TrainedChange, TrainedChangeError, TruncationCurve, WeightChange};
use crate::network::{Form, Transfer};
use crate::task::{Batch, TaskKind};
use crate::training::OptimiserRule;
use crate::training::bptt::{
    BpttError, Loss, RateUnits, RateWeights, Trainable, TrainableMatrices, Trainer, TrainingOptions,
    TrainingStatus, convergence_epoch,
};

/// A random rate network that learns a task by back-propagation through time.
///
/// The network has N tanh units in the current form and recurrent weights of strength g
/// ([`RateWeights::draw`]); input, recurrent and readout weights are trained with Adam in `f32`. It is named by
/// seed and replicate: weights, batches and tests depend on nothing else.
///
/// ```
/// use attractorlab::analysis::TaskLearning;
/// use attractorlab::task::TaskKind;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let task = TaskKind::named("flip_flop").expect("a task of the library");
/// let learning = TaskLearning { units: 48, epochs: 60, test_trials: 64, ..TaskLearning::new(task, 0.9) };
/// let learnt = learning.run(1, 0, || false)?;
/// let curve = learnt.truncation_curve(8)?;
/// assert!(learnt.convergence.is_some() && curve.functional_rank(0.05).is_some_and(|rank| rank >= 2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TaskLearning {
    /// The task.
    pub task: TaskKind,
    /// Strength g of the initial recurrent weights.
    pub g: f64,
    /// Number of units N.
    pub units: usize,
    /// Epochs: steps of the optimiser, each on a batch of its own.
    pub epochs: u64,
    /// Trials of a batch.
    pub trials: usize,
    /// The learning rate of Adam is this over N.
    pub learning_rate_times_units: f64,
    /// The network has converged at the first epoch whose loss is below this fraction of the first loss.
    pub fraction: f64,
    /// Trials of the batch on which truncated and shuffled weights are tested.
    pub test_trials: usize,
    /// A snapshot is kept before every so many epochs; 0 for none.
    pub snapshot_every: u64,
}

impl TaskLearning {
    /// The published experiment at strength g: 256 units, 1000 epochs of 32 trials, learning rate 0.05/N.
    pub fn new(task: TaskKind, g: f64) -> Self {
        Self {
            task,
            g,
            units: 256,
            epochs: 1000,
            trials: 32,
            learning_rate_times_units: 0.05,
            fraction: 0.05,
            test_trials: 512,
            snapshot_every: 0,
        }
    }

    /// Draws the network and trains it, until `stopped`, which is asked before each epoch, says so.
    ///
    /// # Errors
    /// [`TrainedChangeError`] for a task that is none, a negative g, or sizes out of range.
    pub fn run(
        &self,
        seed: u64,
        replicate: u64,
        stopped: impl Fn() -> bool,
    ) -> Result<LearntTask, TrainedChangeError> {
        if !(self.g >= 0.0 && self.g.is_finite()) {
            let (name, expected) = ("g", "a finite number that is not negative");
            return Err(BpttError::Parameter { name, expected, value: self.g }.into());
        }
        let task = self.task.task();
        task.check().map_err(BpttError::from)?;
        let dimensions = task.dimensions();
        let mut stream = Stream::new(seed, "learnt task", replicate);
        let weights =
            RateWeights::draw(self.units, dimensions.inputs, dimensions.outputs, self.g, &mut stream);
        let network = RateUnits::<f32>::new(&weights, Form::Current, Transfer::Tanh, dimensions.time_step)?;
        // A seed of its own for the batches of each replicate.
        let training_seed = stream.normal().to_bits();
        let options = TrainingOptions {
            epochs: self.epochs,
            trials: self.trials,
            optimiser: OptimiserRule::adam(self.learning_rate_times_units / self.units as f64),
            seed: training_seed,
            snapshot_every: self.snapshot_every,
            ..TrainingOptions::default()
        };
        let mut trainer = Trainer::new(network.clone(), task, options)?;
        let status = trainer.run_until(|_| stopped())?;
        let losses = trainer.losses();
        let snapshots = trainer
            .snapshots()
            .iter()
            .map(|snapshot| Ok((snapshot.epoch, network.with_parameters(&snapshot.parameters)?)))
            .collect::<Result<_, BpttError>>()?;
        let learnt = TrainedChange::new(&network, &trainer.into_network(), "recurrent")?;
        let test = task.test_batch(training_seed, self.test_trials).map_err(BpttError::from)?;
        Ok(LearntTask {
            convergence: convergence_epoch(&losses, self.fraction),
            losses,
            status,
            initial: network,
            learnt,
            snapshots,
            test,
            fraction: self.fraction,
        })
    }
}

/// A network before and after learning.
#[derive(Debug, Clone)]
pub struct LearntTask {
    /// Loss of each epoch, on its own batch, before the update.
    pub losses: Vec<f64>,
    /// First epoch whose loss is below the fraction of the first; `None` if there is none.
    pub convergence: Option<usize>,
    /// How training ended.
    pub status: TrainingStatus,
    /// The network before training.
    pub initial: RateUnits<f32>,
    /// The network after it, and the change of its recurrent weights.
    pub learnt: TrainedChange<RateUnits<f32>>,
    /// Epochs and networks along training.
    pub snapshots: Vec<(u64, RateUnits<f32>)>,
    /// The test batch.
    pub test: Batch,
    fraction: f64,
}

impl LearntTask {
    /// The network after training.
    pub fn trained(&self) -> &RateUnits<f32> {
        &self.learnt.trained
    }

    /// The change of the recurrent weights.
    pub fn change(&self) -> &WeightChange {
        &self.learnt.change
    }

    /// Test loss of W₀ and the first R components of the change, for R = 0 … `most`.
    ///
    /// # Errors
    /// None for the matrices of this network.
    pub fn truncation_curve(&self, most: usize) -> Result<TruncationCurve, TrainedChangeError> {
        self.learnt.truncation_curve(most, &self.test, Loss::HalfSquare)
    }

    /// The functional rank: the first R of the truncation curve whose loss is below the fraction of that at
    /// R = 0; `None` if there is none up to `most`.
    ///
    /// # Errors
    /// As [`truncation_curve`](Self::truncation_curve).
    pub fn functional_rank(&self, most: usize) -> Result<Option<usize>, TrainedChangeError> {
        Ok(self.truncation_curve(most)?.functional_rank(self.fraction))
    }

    /// Test loss with the entries of W₀ permuted and the change as it is, over the loss at the start of training.
    ///
    /// # Errors
    /// None for the matrices of this network.
    pub fn shuffled_loss(&self, stream: &mut Stream) -> Result<f64, TrainedChangeError> {
        let loss = self.learnt.shuffled_loss(stream, &self.test, Loss::HalfSquare)?;
        Ok(loss / self.losses.first().copied().unwrap_or(f64::NAN))
    }

    /// Norms of the changes of a part of the parameters, and of the part before training.
    ///
    /// # Errors
    /// [`BpttError::UnknownTensor`].
    pub fn part_change(&self, name: &str) -> Result<(f64, f64), BpttError> {
        let (before, after) = (self.initial.tensor(name)?, self.trained().tensor(name)?);
        let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
        let change = norm(&mut before.iter().zip(after).map(|(a, b)| f64::from(*b) - f64::from(*a)));
        Ok((change, norm(&mut before.iter().map(|v| f64::from(*v)))))
    }
}
