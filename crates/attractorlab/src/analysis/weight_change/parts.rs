//! The changes of several matrices of one network, truncated together.

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::Mat;

use super::{TrainedChangeError, WeightChange};
use crate::training::bptt::{Trainable, TrainableMatrices};

/// The changes of several matrices of a network by training: what is left of the trained network if each change, or
/// each matrix itself, is cut down to the same rank.
///
/// Schuessler et al. (2020) do so with the recurrent and input weights of both layers of a long short-term memory: its
/// change can be cut down to few components, its weights cannot.
///
/// ```
/// use attractorlab::analysis::weight_change::TrainedChanges;
/// use attractorlab::numerics::random::Stream;
/// use attractorlab::task::FlipFlop;
/// use attractorlab::training::bptt::{
///     GatedCellKind, GatedUnits, TrainableMatrices, Trainer, TrainingOptions,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream = Stream::new(1, "network", 0);
/// let initial = GatedUnits::<f64>::draw_stack(GatedCellKind::Lstm, 2, 8, 2, 2, &mut stream)?;
/// let task = FlipFlop { duration: 10.0, ..FlipFlop::default() };
/// let options = TrainingOptions { epochs: 3, trials: 4, ..TrainingOptions::default() };
/// let mut trainer = Trainer::new(initial.clone(), &task, options)?;
/// trainer.run()?;
/// let names = ["recurrent_l0", "recurrent_l1", "input_l1"];
/// let changes = TrainedChanges::new(&initial, trainer.network(), &names)?;
/// let cut = changes.truncated(0)?;
/// assert_eq!(cut.matrix("recurrent_l1")?, initial.matrix("recurrent_l1")?);
/// assert_eq!(cut.matrix("readout")?, trainer.network().matrix("readout")?);
/// let silent = changes.truncated_weights(0)?;
/// assert_eq!(silent.matrix("input_l1")?.norm_l2(), 0.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TrainedChanges<M> {
    /// The network after training.
    pub trained: M,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    name: String,
    change: WeightChange,
    /// The trained matrix as a change from zero.
    whole: WeightChange,
}

impl<M> TrainedChanges<M> {
    /// The changes of the parts of these names from `initial` to `trained`.
    ///
    /// # Errors
    /// [`TrainedChangeError`] if there is no such part, the shapes differ, or a weight is not finite.
    pub fn new<T: Real>(
        initial: &M,
        trained: &M,
        names: &[impl AsRef<str>],
    ) -> Result<Self, TrainedChangeError>
    where
        M: Trainable<T>,
    {
        let part = |name: &str| -> Result<Part, TrainedChangeError> {
            let (before, after) = (initial.matrix(name)?, trained.matrix(name)?);
            let none = Mat::<f64>::zeros(after.nrows(), after.ncols());
            Ok(Part {
                name: name.to_owned(),
                change: WeightChange::new(before.as_ref(), after.as_ref())?,
                whole: WeightChange::new(none.as_ref(), after.as_ref())?,
            })
        };
        let parts = names.iter().map(|name| part(name.as_ref())).collect::<Result<_, _>>()?;
        Ok(Self { trained: trained.clone(), parts })
    }

    /// Name and change of each part.
    pub fn changes(&self) -> impl Iterator<Item = (&str, &WeightChange)> {
        self.parts.iter().map(|part| (part.name.as_str(), &part.change))
    }

    /// The change of the part of this name.
    pub fn change(&self, name: &str) -> Option<&WeightChange> {
        self.changes().find(|(found, _)| *found == name).map(|(_, change)| change)
    }

    /// The trained network with W₀ + the first `rank` components of its change in the place of each part.
    ///
    /// # Errors
    /// None for the parts of this network.
    pub fn truncated<T: Real>(&self, rank: usize) -> Result<M, TrainedChangeError>
    where
        M: Trainable<T>,
    {
        self.with(|part| part.change.truncated(rank))
    }

    /// The trained network with the first `rank` components of each part itself.
    ///
    /// # Errors
    /// None for the parts of this network.
    pub fn truncated_weights<T: Real>(&self, rank: usize) -> Result<M, TrainedChangeError>
    where
        M: Trainable<T>,
    {
        self.with(|part| part.whole.truncated(rank))
    }

    fn with<T: Real>(&self, matrix: impl Fn(&Part) -> Mat<f64>) -> Result<M, TrainedChangeError>
    where
        M: Trainable<T>,
    {
        let mut network = self.trained.clone();
        for part in &self.parts {
            network = network.with_matrix(&part.name, matrix(part).as_ref())?;
        }
        Ok(network)
    }
}
