//! The forward pass and the loss of a batch, and what becomes of columns without a stable fixed point.

use attractorlab_numerics::kernels::Real;
use rayon::prelude::*;

use super::{LearningError, Loss};
use crate::dynamics::{Columns, Equilibria, EquilibriumOptions, EquilibriumStatus, FixedPointLayer};

/// How the states of a batch are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ForwardPass {
    /// Fixed points, to a residual.
    Converged(EquilibriumOptions),
    /// The end of a truncated simulation from r = 0.
    Truncated {
        /// Euler step in units of τ.
        dt: f64,
        /// Number of steps.
        steps: usize,
    },
}

impl ForwardPass {
    /// Converged states in the precision of `T`.
    pub fn converged<T: Real>() -> Self {
        Self::Converged(EquilibriumOptions::of::<T>())
    }

    /// The truncated pass of Zhu & Rosenbaum (2024): 500 Euler steps of 0.01 τ.
    pub fn truncated() -> Self {
        Self::Truncated { dt: 0.01, steps: 500 }
    }

    /// The states under these inputs.
    ///
    /// # Errors
    /// [`LearningError`] if the layer refuses them.
    pub fn run<T: Real>(
        &self,
        layer: &FixedPointLayer<T>,
        drive: &Columns<T>,
        start: Option<&Columns<T>>,
    ) -> Result<Equilibria<T>, LearningError> {
        Ok(match self {
            Self::Converged(options) => layer.solve(drive, start, options)?,
            // Always from the origin: what is truncated depends on where it began.
            Self::Truncated { dt, steps } => layer.euler(drive, None, *dt, *steps)?,
        })
    }
}

/// What a rule does with columns that have no stable fixed point: unstable ones, and those where none was found.
///
/// Columns whose stability is undecided are used and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingStates {
    /// They take no part in loss and update, and are counted.
    #[default]
    LeaveOut,
    /// Their last state is used as if it were one.
    UseLast,
    /// Training stops.
    Stop,
}

/// Whether a loss is one of this many units and samples.
fn check<T: Real>(loss: &dyn Loss<T>, units: usize, samples: usize) -> Result<(), LearningError> {
    let name = "the loss (its targets or its readout)";
    for (of, expected, found) in
        [("rows, one a unit", units, loss.units()), ("samples, one a column", samples, loss.samples())]
    {
        if expected != found {
            return Err(LearningError::Size { name, of, expected, found });
        }
    }
    Ok(())
}

/// The states and losses of a batch.
#[derive(Debug, Clone)]
pub struct Evaluation<T> {
    /// The states.
    pub states: Equilibria<T>,
    /// dL/dr of each column, zero where it takes no part.
    pub delta: Columns<T>,
    /// L of each column.
    pub losses: Vec<f64>,
    /// Whether each column takes part.
    pub included: Vec<bool>,
    /// J: the mean of L over the columns that take part; NaN if there are none.
    pub loss: f64,
    /// Share of them that are classified correctly, where there are classes.
    pub accuracy: Option<f64>,
}

impl<T: Real> Evaluation<T> {
    /// Runs the forward pass and the loss.
    ///
    /// # Errors
    /// [`LearningError`] if the shapes of inputs and loss differ, or the layer refuses them.
    pub fn new(
        layer: &FixedPointLayer<T>,
        drive: &Columns<T>,
        start: Option<&Columns<T>>,
        loss: &dyn Loss<T>,
        pass: &ForwardPass,
        missing: MissingStates,
    ) -> Result<Self, LearningError> {
        check(loss, layer.units(), drive.count())?;
        Self::of_states(pass.run(layer, drive, start)?, loss, missing)
    }

    /// The losses of states that are given.
    ///
    /// # Errors
    /// [`LearningError::Size`] if states and loss have other numbers of units or samples.
    pub fn of_states(
        states: Equilibria<T>,
        loss: &dyn Loss<T>,
        missing: MissingStates,
    ) -> Result<Self, LearningError> {
        let (n, count) = (states.rates.rows(), states.rates.count());
        check(loss, n, count)?;
        let included: Vec<bool> = states
            .status
            .iter()
            .map(|status| match status {
                EquilibriumStatus::Stable | EquilibriumStatus::Undecided | EquilibriumStatus::Truncated => {
                    true
                }
                EquilibriumStatus::Unstable | EquilibriumStatus::NotFound => {
                    missing == MissingStates::UseLast
                }
                EquilibriumStatus::NotFinite => false,
            })
            .collect();
        let mut delta = Columns::zeros(n, count);
        let results: Vec<_> = delta
            .values_mut()
            .par_chunks_mut(n)
            .enumerate()
            .map(|(c, delta)| {
                let result = loss.evaluate(c, states.rates.column(c), delta);
                if !included[c] {
                    delta.fill(T::default());
                }
                result
            })
            .collect();
        let taken = || results.iter().zip(&included).filter(|(_, included)| **included).map(|(r, _)| r);
        let samples = taken().count() as f64;
        let loss = taken().map(|r| r.value).sum::<f64>() / samples;
        let correct: Option<Vec<bool>> = taken().map(|r| r.correct).collect();
        let accuracy = correct
            .filter(|correct| !correct.is_empty())
            .map(|correct| correct.iter().filter(|c| **c).count() as f64 / samples);
        let losses = results.iter().map(|r| r.value).collect();
        Ok(Self { states, delta, losses, included, loss, accuracy })
    }

    /// Number of columns that take part.
    pub fn samples(&self) -> usize {
        self.included.iter().filter(|included| **included).count()
    }

    /// Number of columns that are left out.
    pub fn left_out(&self) -> usize {
        self.included.len() - self.samples()
    }
}
