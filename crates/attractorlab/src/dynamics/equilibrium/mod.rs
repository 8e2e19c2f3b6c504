//! The fixed-point layer: stationary rates r = φ(Wr + x) of many inputs at once, their stability, and the adjoint.
//!
//! A [`FixedPointLayer`] holds the weights; [`FixedPointLayer::solve`] finds the states of a batch of inputs and
//! says of each column how it ended and whether it is stable, [`FixedPointLayer::euler`] is the truncated
//! simulation that stands for the fixed point in some of the literature, and [`FixedPointLayer::adjoint`] carries
//! gradients back through the fixed point.

mod adjoint;
mod chord;
mod columns;
mod filter;
mod iterate;
mod solve;
mod stability;

use std::sync::OnceLock;

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{LeftFactor, Mat, MatRef};
use rayon::prelude::*;

use crate::network::Transfer;

pub use adjoint::{Adjoint, AdjointOptions};
pub use columns::Columns;
pub use solve::{Equilibria, EquilibriumOptions, EquilibriumStatus};
pub use stability::StabilityTest;

/// Columns are cut into blocks of at most this many; how, depends on their number alone.
const BLOCK: usize = 64;

/// Recurrent weights W and a transfer function φ: the layer r = φ(Wr + x) of networks in the rate form.
///
/// Computes in the precision of its weights, `f32` or `f64`. Columns are spread over the threads of the current
/// rayon pool in blocks that depend on their number only: one thread and many give the same bits.
///
/// ```
/// use attractorlab::dynamics::{Columns, EquilibriumOptions, EquilibriumStatus, FixedPointLayer};
/// use attractorlab::network::{Bulk, Transfer};
/// use attractorlab::numerics::random::Stream;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream = Stream::new(1, "example", 0);
/// let layer = FixedPointLayer::new(Bulk::Gaussian { g: 0.5 }.draw(80, &mut stream)?, Transfer::Tanh)?;
/// let drive = Columns::from_fn(80, 20, |_, _| stream.normal());
/// let found = layer.solve(&drive, None, &EquilibriumOptions::default())?;
/// assert!(found.status.iter().all(|s| *s == EquilibriumStatus::Stable));
/// assert!(found.residuals.iter().all(|r| *r <= 1e-12));
/// # Ok(())
/// # }
/// ```
pub struct FixedPointLayer<T: Real> {
    weights: Mat<T>,
    transfer: Transfer,
    forward: LeftFactor<T>,
    backward: OnceLock<LeftFactor<T>>,
    wide: OnceLock<Mat<f64>>,
    /// Whether the symmetric part of W alone proves every state stable.
    contracting: OnceLock<bool>,
}

/// What is wrong with a layer or with what it is given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EquilibriumError {
    /// The weights are not a square matrix with at least one unit.
    #[error("the recurrent weights must be square with at least one unit, got {rows}×{columns}")]
    Weights {
        /// Number of rows.
        rows: usize,
        /// Number of columns.
        columns: usize,
    },
    /// An entry is NaN or infinite.
    #[error("{name} has an entry that is not finite, in row {row} of column {column}")]
    NotFinite {
        /// Which matrix.
        name: &'static str,
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
    },
    /// A batch has another shape than the layer or the inputs.
    #[error("{name} must be {expected:?} (units, columns), got {found:?}")]
    Shape {
        /// Which matrix.
        name: &'static str,
        /// The shape that fits.
        expected: (usize, usize),
        /// The shape found.
        found: (usize, usize),
    },
    /// The batch has no columns.
    #[error("the batch has no columns: there is no input whose fixed point could be sought")]
    EmptyBatch,
    /// An option is out of range.
    #[error("{name} must be {expected}, got {value}")]
    Option {
        /// Which option.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
}

impl<T: Real> FixedPointLayer<T> {
    /// The layer of these weights (`W[i][j]` from unit j to unit i).
    ///
    /// # Errors
    /// [`EquilibriumError`] if W is empty, not square, or not finite.
    pub fn new(weights: Mat<T>, transfer: Transfer) -> Result<Self, EquilibriumError> {
        let (rows, columns) = (weights.nrows(), weights.ncols());
        if rows != columns || rows == 0 {
            return Err(EquilibriumError::Weights { rows, columns });
        }
        for column in 0..columns {
            if let Some(row) = weights.col(column).iter().position(|w| !w.is_finite()) {
                return Err(EquilibriumError::NotFinite { name: "the matrix of weights", row, column });
            }
        }
        let forward = LeftFactor::by_columns(rows, rows, BLOCK, |j, range, out| {
            out.copy_from_slice(&weights.col_as_slice(j)[range]);
        });
        Ok(Self {
            weights,
            transfer,
            forward,
            backward: OnceLock::new(),
            wide: OnceLock::new(),
            contracting: OnceLock::new(),
        })
    }

    /// Number of units N.
    pub fn units(&self) -> usize {
        self.weights.nrows()
    }

    /// W.
    pub fn weights(&self) -> MatRef<'_, T> {
        self.weights.as_ref()
    }

    /// φ.
    pub fn transfer(&self) -> Transfer {
        self.transfer
    }

    /// Gives the weights back.
    pub fn into_weights(self) -> Mat<T> {
        self.weights
    }

    /// W as 64-bit floats.
    pub fn wide_weights(&self) -> MatRef<'_, f64> {
        self.wide
            .get_or_init(|| Mat::from_fn(self.units(), self.units(), |i, j| self.weights[(i, j)].to_f64()))
            .as_ref()
    }

    /// W B for the columns of a batch.
    ///
    /// # Panics
    /// If B has not one row for each unit.
    #[track_caller]
    pub fn times(&self, b: &Columns<T>) -> Columns<T> {
        self.product(&self.forward, b)
    }

    /// Wᵀ B for the columns of a batch.
    ///
    /// # Panics
    /// If B has not one row for each unit.
    #[track_caller]
    pub fn transposed_times(&self, b: &Columns<T>) -> Columns<T> {
        self.product(self.backward(), b)
    }

    #[track_caller]
    fn product(&self, factor: &LeftFactor<T>, b: &Columns<T>) -> Columns<T> {
        assert_eq!(b.rows(), self.units(), "products with the weights need one row for each unit");
        let mut out = Columns::zeros(b.rows(), b.count());
        let n = self.units();
        out.values_mut()
            .par_chunks_mut(n * BLOCK)
            .zip(b.values().par_chunks(n * BLOCK))
            .for_each(|(out, b)| factor.multiply(b, out, b.len() / n, &mut Vec::new()));
        out
    }

    /// `out = W B` for `count` columns without gaps.
    pub(crate) fn multiply(&self, b: &[T], out: &mut [T], count: usize, work: &mut Vec<T>) {
        self.forward.multiply(b, out, count, work);
    }

    /// `out = Wᵀ B` for `count` columns without gaps.
    pub(crate) fn multiply_transposed(&self, b: &[T], out: &mut [T], count: usize, work: &mut Vec<T>) {
        self.backward().multiply(b, out, count, work);
    }

    /// Wᵀ, packed at its first use.
    fn backward(&self) -> &LeftFactor<T> {
        self.backward
            .get_or_init(|| LeftFactor::new(self.units(), self.units(), BLOCK, |i, j| self.weights[(j, i)]))
    }

    fn check_batch(
        &self,
        name: &'static str,
        batch: &Columns<T>,
        count: usize,
    ) -> Result<(), EquilibriumError> {
        let (expected, found) = ((self.units(), count), (batch.rows(), batch.count()));
        if found != expected {
            return Err(EquilibriumError::Shape { name, expected, found });
        }
        if count == 0 {
            return Err(EquilibriumError::EmptyBatch);
        }
        match batch.not_finite() {
            Some((row, column)) => Err(EquilibriumError::NotFinite { name, row, column }),
            None => Ok(()),
        }
    }
}

/// The bounds of the blocks of a batch.
pub(crate) fn blocks(count: usize) -> Vec<std::ops::Range<usize>> {
    (0..count).step_by(BLOCK).map(|first| first..(first + BLOCK).min(count)).collect()
}
