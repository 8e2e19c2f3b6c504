//! Learning rules on fixed points: training the recurrent weights W for a loss of r = φ(Wr + x).
//!
//! | rule | what it does | item |
//! |---|---|---|
//! | 1 | gradient of the loss through the fixed point | [`ImplicitGradient`] |
//! | 2 | a finite gradient step in the response A = (G⁻¹ − W)⁻¹, mapped back | [`Reparameterised`] |
//! | 3 | rule 2 to first order, for nonlinear networks too | [`Linearised`] |
//! | 4 | a variant of rule 3 with one gain fewer | [`LinearisedVariant`] |
//! | | back-propagation through the Euler steps | [`Unrolled`] |
//!
//! Every rule is a [`Rule`]: a user adds one in one file. The increments are added to W and hold the learning rate;
//! all average over the samples of a batch. Rules run under any [`OptimiserRule`](crate::training::OptimiserRule):
//! the practice of deep-equilibrium models is rule 1 with converged states, Adam and clipping.
//!
//! [`linear`] has the closed forms for linear networks, loss landscapes, and the metric behind rules 2 and 3.
//!
//! Source: Zhu & Rosenbaum, Neural Computation 36, 1568 (2024), and the authors' code.

mod check;
mod checkpoint;
mod error;
mod evaluate;
mod gradient;
pub mod linear;
mod linearised;
mod loss;
mod reparameterised;
mod task;
mod trainer;
mod unrolled;
mod variant;

use std::ops::Range;

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{MatMut, matmul_add};
use rayon::prelude::*;

use crate::dynamics::{AdjointOptions, Columns, Equilibria, FixedPointLayer, blocks};

pub use check::GradientCheck;
pub use checkpoint::CheckpointError;
pub use error::LearningError;
pub use evaluate::{Evaluation, ForwardPass, MissingStates};
pub use gradient::ImplicitGradient;
pub use linearised::Linearised;
pub use loss::{Loss, MeanSquaredError, SampleLoss, SoftmaxCrossEntropy};
pub use reparameterised::{Reparameterised, ReparameterisedStep};
pub use task::{ImageClassification, LearningTask, Regression, Samples, Score, Split};
pub use trainer::{Batches, StepRecord, StepStatus, Trainer, TrainerOptions};
pub use unrolled::Unrolled;
pub use variant::LinearisedVariant;

/// What a rule learns from.
pub struct Batch<'a, T: Real> {
    /// The weights and the transfer function.
    pub layer: &'a FixedPointLayer<T>,
    /// The inputs x, N×m.
    pub drive: &'a Columns<T>,
    /// The states of the forward pass.
    pub states: &'a Equilibria<T>,
    /// dL/dr at the states, N×m; zero in columns that take no part.
    pub delta: &'a Columns<T>,
    /// Whether each column takes part.
    pub included: &'a [bool],
    /// Number of columns that take part: the m of the averages 1/m.
    pub samples: usize,
    /// The loss, for rules that look at it elsewhere.
    pub loss: &'a dyn Loss<T>,
    /// The forward pass that led to the states.
    pub pass: &'a ForwardPass,
}

impl<'a, T: Real> Batch<'a, T> {
    /// The batch of an evaluation.
    pub fn of(
        layer: &'a FixedPointLayer<T>,
        drive: &'a Columns<T>,
        evaluation: &'a Evaluation<T>,
        loss: &'a dyn Loss<T>,
        pass: &'a ForwardPass,
    ) -> Self {
        Self {
            layer,
            drive,
            states: &evaluation.states,
            delta: &evaluation.delta,
            included: &evaluation.included,
            samples: evaluation.samples(),
            loss,
            pass,
        }
    }
}

/// What a rule wants to add to the weights.
#[derive(Debug, Clone)]
pub struct Update<T> {
    /// ΔW, N×N, the learning rate included.
    pub increment: Columns<T>,
    /// Largest residual of the adjoint states, relative to their δ, for rules that solve for them: an implicit gradient
    /// is worth no more than this, divided by the distance of I − GW from singularity.
    pub adjoint_residual: Option<f64>,
    /// How many adjoint states needed an LU factorisation.
    pub factorised: usize,
}

impl<T> Update<T> {
    /// An update that needed no adjoint states.
    pub fn new(increment: Columns<T>) -> Self {
        Self { increment, adjoint_residual: None, factorised: 0 }
    }
}

/// A learning rule for the recurrent weights.
///
/// ```
/// use attractorlab::dynamics::{Columns, FixedPointLayer};
/// use attractorlab::network::{Bulk, Transfer};
/// use attractorlab::numerics::{linalg::Mat, random::Stream};
/// use attractorlab::training::equilibrium::{
///     Batch, Evaluation, ForwardPass, Linearised, Loss, MeanSquaredError, MissingStates, Rule,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream = Stream::new(1, "example", 0);
/// let layer = FixedPointLayer::new(Bulk::Gaussian { g: 0.5 }.draw(30, &mut stream)?, Transfer::Tanh)?;
/// let drive = Columns::from_fn(30, 10, |_, _| stream.normal());
/// let loss = MeanSquaredError::of_rates(Columns::from_fn(30, 10, |_, _| 0.5 * stream.normal()));
/// let pass = ForwardPass::converged::<f64>();
/// let evaluate = |layer: &_| Evaluation::new(layer, &drive, None, &loss, &pass, MissingStates::LeaveOut);
/// let before = evaluate(&layer)?;
/// let update = Linearised.update(&Batch::of(&layer, &drive, &before, &loss, &pass), 0.02)?;
/// let new = Mat::from_fn(30, 30, |i, j| layer.weights()[(i, j)] + update.increment.column(j)[i]);
/// let after = evaluate(&FixedPointLayer::new(new, Transfer::Tanh)?)?;
/// assert!(after.loss < before.loss);
/// # Ok(())
/// # }
/// ```
pub trait Rule<T: Real>: Send + Sync {
    /// The name used in files, tables and Python.
    fn name(&self) -> &'static str;

    /// ΔW for a batch under the learning rate η.
    ///
    /// # Errors
    /// [`LearningError`] if the rule does not apply to the batch.
    fn update(&self, batch: &Batch<'_, T>, rate: f64) -> Result<Update<T>, LearningError>;
}

/// The rules by their names: `gradient`, `reparameterised`, `reparameterised-lookahead`, `linearised`,
/// `linearised-variant`, `unrolled`; `None` for any other.
pub fn rule_by_name<T: Real>(name: &str) -> Option<Box<dyn Rule<T>>> {
    Some(match name {
        "gradient" => Box::new(ImplicitGradient { adjoint: AdjointOptions::of::<T>() }),
        "reparameterised" => Box::new(Reparameterised { step: ReparameterisedStep::Finite }),
        "reparameterised-lookahead" => Box::new(Reparameterised { step: ReparameterisedStep::Lookahead }),
        "reparameterised-first-order" => Box::new(Reparameterised { step: ReparameterisedStep::FirstOrder }),
        "linearised" => Box::new(Linearised),
        "linearised-variant" => Box::new(LinearisedVariant),
        "unrolled" => Box::new(Unrolled),
        _ => return None,
    })
}

/// The names that [`rule_by_name`] knows.
pub const RULES: [&str; 7] = [
    "gradient",
    "reparameterised",
    "reparameterised-lookahead",
    "reparameterised-first-order",
    "linearised",
    "linearised-variant",
    "unrolled",
];

/// `factor · L Qᵀ`, N×N, for N×m matrices L and Q, in fixed blocks of columns.
fn outer<T: Real>(factor: f64, l: &Columns<T>, q: &Columns<T>) -> Columns<T> {
    const BLOCK: usize = 80;
    let n = l.rows();
    let mut out = Columns::zeros(n, n);
    out.values_mut().par_chunks_mut(n * BLOCK).enumerate().for_each(|(b, out)| {
        let width = out.len() / n;
        let rows = q.as_mat().subrows(b * BLOCK, width);
        let out = MatMut::from_column_major_slice_mut(out, n, width);
        matmul_add(T::from_f64(factor), l.as_mat(), rows.transpose(), out);
    });
    out
}

/// Columns of a batch that are worked on together.
struct Block<'a, T: Real> {
    layer: &'a FixedPointLayer<T>,
    /// Their number.
    count: usize,
    rates: &'a [T],
    gains: &'a [T],
    delta: &'a [T],
}

/// Memory for a block, used again for the next.
#[derive(Default)]
struct Scratch<T> {
    fed: Vec<T>,
    back: Vec<T>,
    work: Vec<T>,
}

/// The matrices L and Q of an update −η/m LQᵀ, of which a rule makes a few columns at a time from those of the states:
/// they stay in the cache, and blocks are spread over threads.
fn by_blocks<T: Real>(
    batch: &Batch<'_, T>,
    make: impl Fn(&Block<'_, T>, &mut [T], &mut [T], &mut Scratch<T>) + Sync,
) -> (Columns<T>, Columns<T>) {
    let (n, count) = (batch.states.rates.rows(), batch.states.rates.count());
    let (mut left, mut right) = (Columns::zeros(n, count), Columns::zeros(n, count));
    let blocks = blocks(count);
    let size = n * blocks.first().map_or(1, Range::len).max(1);
    left.values_mut()
        .par_chunks_mut(size)
        .zip(right.values_mut().par_chunks_mut(size))
        .zip(blocks)
        .for_each_init(Scratch::default, |scratch, ((left, right), columns)| {
            for values in [&mut scratch.fed, &mut scratch.back] {
                values.resize(left.len(), T::default());
            }
            let block = Block {
                layer: batch.layer,
                count: columns.len(),
                rates: batch.states.rates.columns(columns.clone()),
                gains: batch.states.gains.columns(columns.clone()),
                delta: batch.delta.columns(columns),
            };
            make(&block, left, right, scratch);
        });
    (left, right)
}
