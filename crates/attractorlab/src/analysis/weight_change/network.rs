//! The same for networks that were trained by back-propagation through time.

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::MatRef;
use attractorlab_numerics::random::Stream;

use super::{ChangeError, TruncationCurve, WeightChange};
use crate::task::Batch;
use crate::training::bptt::{BpttError, Loss, Trainable, TrainableMatrices, evaluate};

/// The change of one matrix of a network by training, together with the trained network: input and readout weights of
/// the trained network serve every evaluation, as they must.
///
/// ```
/// use attractorlab::analysis::weight_change::TrainedChange;
/// use attractorlab::network::{Form, Transfer};
/// use attractorlab::numerics::random::Stream;
/// use attractorlab::task::{FlipFlop, Task};
/// use attractorlab::training::OptimiserRule;
/// use attractorlab::training::bptt::{Loss, RateUnits, RateWeights, Trainer, TrainingOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let weights = RateWeights::draw(32, 2, 2, 0.9, &mut Stream::new(1, "network", 0));
/// let initial = RateUnits::<f32>::new(&weights, Form::Current, Transfer::Tanh, 0.5)?;
/// let optimiser = OptimiserRule::adam(0.05 / 32.0);
/// let (task, options) = (FlipFlop::default(), TrainingOptions { epochs: 30, optimiser, ..Default::default() });
/// let mut trainer = Trainer::new(initial.clone(), &task, options)?;
/// trainer.run()?;
/// let change = TrainedChange::new(&initial, trainer.network(), "recurrent")?;
/// let curve = change.truncation_curve(8, &task.test_batch(1, 64)?, Loss::HalfSquare)?;
/// assert!(curve.losses.len() == 9 && curve.trained < curve.losses[0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TrainedChange<M> {
    /// The change.
    pub change: WeightChange,
    /// The network after training.
    pub trained: M,
    tensor: String,
}

/// Why the change of a trained network cannot be analysed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainedChangeError {
    /// The change itself.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The network or its task.
    #[error(transparent)]
    Network(#[from] BpttError),
}

impl<M> TrainedChange<M> {
    /// The change of the part `tensor` (such as "recurrent") from `initial` to `trained`.
    ///
    /// # Errors
    /// [`TrainedChangeError`] if there is no such part, the shapes differ, or a weight is not finite.
    pub fn new<T: Real>(initial: &M, trained: &M, tensor: &str) -> Result<Self, TrainedChangeError>
    where
        M: Trainable<T>,
    {
        let change = WeightChange::new(initial.matrix(tensor)?.as_ref(), trained.matrix(tensor)?.as_ref())?;
        Ok(Self { change, trained: trained.clone(), tensor: tensor.to_owned() })
    }

    /// Loss of the trained network with these weights in place of its own.
    ///
    /// # Errors
    /// [`TrainedChangeError::Network`] if the batch or the shape does not fit.
    pub fn loss_with<T: Real>(
        &self,
        weights: MatRef<'_, f64>,
        batch: &Batch,
        loss: Loss,
    ) -> Result<f64, TrainedChangeError>
    where
        M: Trainable<T>,
    {
        let network = self.trained.with_matrix(&self.tensor, weights)?;
        Ok(evaluate(&network, batch, loss)?.0)
    }

    /// Losses on one common batch with W₀ + the first R components of the change, R = 0, …, `most`.
    ///
    /// # Errors
    /// As [`loss_with`](Self::loss_with).
    pub fn truncation_curve<T: Real>(
        &self,
        most: usize,
        batch: &Batch,
        loss: Loss,
    ) -> Result<TruncationCurve, TrainedChangeError>
    where
        M: Trainable<T>,
    {
        self.change.truncation_curve(most, |weights| self.loss_with(weights, batch, loss))
    }

    /// Loss after the entries of W₀ were permuted at random.
    ///
    /// # Errors
    /// As [`loss_with`](Self::loss_with).
    pub fn shuffled_loss<T: Real>(
        &self,
        stream: &mut Stream,
        batch: &Batch,
        loss: Loss,
    ) -> Result<f64, TrainedChangeError>
    where
        M: Trainable<T>,
    {
        self.change.shuffled_loss(stream, |weights| self.loss_with(weights, batch, loss))
    }
}
