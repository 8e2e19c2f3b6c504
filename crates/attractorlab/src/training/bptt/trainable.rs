//! What a network must offer to be trained, and what is done with it.

use std::ops::Range;

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{Mat, MatRef};
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;

use super::{BpttError, Layout, Loss};
use crate::task::{Batch, TaskError};

/// The random numbers of a forward pass: those of one training step under a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noise {
    /// The seed.
    pub seed: u64,
    /// The training step.
    pub step: u64,
}

impl Noise {
    /// The stream of one trial: what it draws depends neither on the other trials nor on threads.
    pub fn stream(self, trial: usize) -> Stream {
        Stream::new(self.seed, "training noise", (self.step << 20) | trial as u64)
    }
}

/// A recurrent network whose parameters can be trained by back-propagation through time.
///
/// The forward pass writes all that the backward pass needs on a tape, which is kept from step to step so that
/// nothing is allocated in between.
pub trait Trainable<T: Real>: Clone + Send + Sync {
    /// What a forward pass remembers.
    type Tape: Default + Send;

    /// Names of the parts of the parameters.
    fn layout(&self) -> &Layout;

    /// All of the equations that is not a parameter (cell, transfer functions, time step, noise): a training that
    /// is resumed must have the same.
    fn equations(&self) -> String;

    /// The parameters.
    fn parameters(&self) -> &[T];

    /// The parameters, to be changed.
    fn parameters_mut(&mut self) -> &mut [T];

    /// Number of inputs.
    fn inputs(&self) -> usize;

    /// Number of outputs.
    fn outputs(&self) -> usize;

    /// Runs some trials of a batch whose numbers of channels fit; noise only if it is given.
    fn forward(&self, batch: &Batch, trials: Range<usize>, noise: Option<Noise>, tape: &mut Self::Tape);

    /// Outputs of the last forward pass, outputs × (trials·steps), in the order of a batch.
    fn tape_outputs(tape: &Self::Tape) -> &[T];

    /// From the derivatives of a loss with respect to the outputs of the last forward pass, its derivatives
    /// with respect to the parameters, for the parts that are `wanted`; the others are left as they are.
    fn backward(&self, errors: &[T], wanted: &[bool], tape: &mut Self::Tape, gradient: &mut [T]);

    /// Replaces all parameters, as with those of a [`Snapshot`](super::Snapshot).
    ///
    /// # Errors
    /// [`BpttError::Shape`] for another number of parameters.
    fn set_parameters(&mut self, parameters: &[T]) -> Result<(), BpttError> {
        let (expected, found) = (self.layout().len(), parameters.len());
        if expected != found {
            let (name, expected, found) = ("all parameters together".to_owned(), (expected, 1), (found, 1));
            return Err(BpttError::Shape { name, expected, found });
        }
        self.parameters_mut().copy_from_slice(parameters);
        Ok(())
    }

    /// A part of the parameters, column after column.
    ///
    /// # Errors
    /// [`BpttError::UnknownTensor`].
    fn tensor(&self, name: &str) -> Result<&[T], BpttError> {
        Ok(&self.parameters()[self.layout().tensor(name)?.range.clone()])
    }

    /// Replaces a part of the parameters.
    ///
    /// # Errors
    /// [`BpttError`] for an unknown name or another number of values.
    fn set_tensor(&mut self, name: &str, values: &[T]) -> Result<(), BpttError> {
        let tensor = self.layout().tensor(name)?.clone();
        if values.len() != tensor.range.len() {
            let (expected, found) = ((tensor.rows, tensor.columns), (values.len(), 1));
            return Err(BpttError::Shape { name: name.to_owned(), expected, found });
        }
        self.parameters_mut()[tensor.range].copy_from_slice(values);
        Ok(())
    }
}

/// Parts of the parameters as matrices in `f64`, and networks with others.
pub trait TrainableMatrices<T: Real>: Trainable<T> {
    /// A part of the parameters as a matrix.
    ///
    /// # Errors
    /// [`BpttError::UnknownTensor`].
    fn matrix(&self, name: &str) -> Result<Mat<f64>, BpttError> {
        let tensor = self.layout().tensor(name)?;
        let values = &self.parameters()[tensor.range.clone()];
        Ok(Mat::from_fn(tensor.rows, tensor.columns, |i, j| values[j * tensor.rows + i].to_f64()))
    }

    /// The network with another matrix in the place of a part of its parameters.
    ///
    /// ```
    /// use attractorlab::network::{Form, Transfer};
    /// use attractorlab::numerics::{linalg::Mat, random::Stream};
    /// use attractorlab::training::bptt::{RateUnits, RateWeights, TrainableMatrices};
    ///
    /// # fn main() -> Result<(), attractorlab::training::bptt::BpttError> {
    /// let weights = RateWeights::draw(5, 1, 1, 0.9, &mut Stream::new(1, "network", 0));
    /// let network = RateUnits::<f64>::new(&weights, Form::Current, Transfer::Tanh, 0.5)?;
    /// let none = Mat::<f64>::zeros(5, 5);
    /// let cut = network.with_matrix("recurrent", none.as_ref())?;
    /// assert_eq!(cut.matrix("recurrent")?, none);
    /// assert_eq!(cut.matrix("readout")?, network.matrix("readout")?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`BpttError`] for an unknown name or another shape.
    fn with_matrix(&self, name: &str, matrix: MatRef<'_, f64>) -> Result<Self, BpttError> {
        let mut network = self.clone();
        network.set_matrix(name, (matrix.nrows(), matrix.ncols()), |i, j| matrix[(i, j)])?;
        Ok(network)
    }

    /// Replaces a part of the parameters by a matrix of this shape, given by its entries.
    ///
    /// # Errors
    /// [`BpttError`] for an unknown name or another shape.
    fn set_matrix(
        &mut self,
        name: &str,
        shape: (usize, usize),
        entry: impl Fn(usize, usize) -> f64,
    ) -> Result<(), BpttError> {
        let tensor = self.layout().tensor(name)?.clone();
        let expected = (tensor.rows, tensor.columns);
        if expected != shape {
            return Err(BpttError::Shape { name: name.to_owned(), expected, found: shape });
        }
        for (k, value) in self.parameters_mut()[tensor.range].iter_mut().enumerate() {
            *value = T::from_f64(entry(k % tensor.rows, k / tensor.rows));
        }
        Ok(())
    }

    /// The network with all its parameters replaced, as by those of a [`Snapshot`](super::Snapshot).
    ///
    /// # Errors
    /// [`BpttError::Shape`] for another number of parameters.
    fn with_parameters(&self, parameters: &[T]) -> Result<Self, BpttError> {
        let mut network = self.clone();
        network.set_parameters(parameters)?;
        Ok(network)
    }
}

impl<T: Real, M: Trainable<T>> TrainableMatrices<T> for M {}

/// A loss and its derivatives.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient<T> {
    /// The loss.
    pub loss: f64,
    /// Its derivatives with respect to all parameters.
    pub values: Vec<T>,
}

pub(super) fn check_channels<T: Real>(network: &impl Trainable<T>, batch: &Batch) -> Result<(), BpttError> {
    let (task, inputs, outputs) = (batch.dimensions(), network.inputs(), network.outputs());
    if (task.inputs, task.outputs) == (inputs, outputs) {
        Ok(())
    } else {
        Err(TaskError::Network { task, inputs, outputs }.into())
    }
}

/// The loss of a network on a batch, and its gradient with respect to every parameter.
///
/// ```
/// use attractorlab::numerics::random::Stream;
/// use attractorlab::task::{FlipFlop, Task};
/// use attractorlab::training::bptt::{Loss, RateUnits, RateWeights, StepNoise, gradient};
/// use attractorlab::network::{Form, Transfer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let task = FlipFlop::default();
/// let weights = RateWeights::draw(20, 2, 2, 0.9, &mut Stream::new(1, "network", 0));
/// let network = RateUnits::<f64>::new(&weights, Form::Current, Transfer::Tanh, 0.5)?;
/// let gradient = gradient(&network, &task.batch(1, 0, 8)?, Loss::HalfSquare)?;
/// assert!(gradient.loss > 0.0 && gradient.values.len() == 20 * (20 + 2 + 1 + 2 + 1));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`BpttError`] if task and network have other numbers of inputs or outputs.
pub fn gradient<T: Real, M: Trainable<T>>(
    network: &M,
    batch: &Batch,
    loss: Loss,
) -> Result<Gradient<T>, BpttError> {
    check_channels(network, batch)?;
    let mut tape = M::Tape::default();
    network.forward(batch, 0..batch.trials(), None, &mut tape);
    let outputs = M::tape_outputs(&tape);
    let mut errors = vec![T::default(); outputs.len()];
    let loss = loss.with_errors(outputs, batch.targets(), batch.masks(), batch.mask_total(), &mut errors);
    let mut values = vec![T::default(); network.layout().len()];
    let wanted = vec![true; network.layout().tensors().len()];
    network.backward(&errors, &wanted, &mut tape, &mut values);
    Ok(Gradient { loss, values })
}

/// Trials that are run together by [`evaluate`]: enough for fast products, and few enough for the caches.
const BLOCK: usize = 32;

/// The outputs of a network on a batch, outputs × (trials·steps), and the loss; without noise.
///
/// Blocks of trials run in parallel; the result does not depend on the number of threads.
///
/// # Errors
/// [`BpttError`] if task and network have other numbers of inputs or outputs.
pub fn evaluate<T: Real, M: Trainable<T>>(
    network: &M,
    batch: &Batch,
    loss: Loss,
) -> Result<(f64, Vec<T>), BpttError> {
    check_channels(network, batch)?;
    let (trials, channels) = (batch.trials(), network.outputs());
    let mut outputs = vec![T::default(); batch.targets().len()];
    let starts: Vec<usize> = (0..trials).step_by(BLOCK).collect();
    let blocks: Vec<Vec<T>> = starts
        .par_iter()
        .map_init(M::Tape::default, |tape, &start| {
            network.forward(batch, start..trials.min(start + BLOCK), None, tape);
            M::tape_outputs(tape).to_vec()
        })
        .collect();
    for (start, block) in starts.iter().zip(&blocks) {
        let width = channels * BLOCK.min(trials - start);
        let into = outputs.chunks_exact_mut(channels * trials);
        for (into, from) in into.zip(block.chunks_exact(width)) {
            into[channels * start..channels * start + width].copy_from_slice(from);
        }
    }
    let mut errors = vec![T::default(); outputs.len()];
    let loss = loss.with_errors(&outputs, batch.targets(), batch.masks(), batch.mask_total(), &mut errors);
    Ok((loss, outputs))
}
