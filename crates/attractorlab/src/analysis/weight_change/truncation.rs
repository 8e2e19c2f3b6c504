//! What the network does with part of its change.

use attractorlab_numerics::linalg::{Mat, MatRef};
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;

use super::WeightChange;

/// Loss of W₀ + the first R components of ΔW, for each R.
#[derive(Debug, Clone, PartialEq)]
pub struct TruncationCurve {
    /// Loss at rank R = 0, 1, 2, …
    pub losses: Vec<f64>,
    /// Loss of the trained network itself.
    pub trained: f64,
}

impl TruncationCurve {
    /// The functional rank: the smallest R whose loss is below `fraction` of that at R = 0 (0.05 in Schuessler et
    /// al. 2020); `None` if no rank of the curve reaches it.
    ///
    /// It is the first crossing of a curve that need not fall monotonically.
    pub fn functional_rank(&self, fraction: f64) -> Option<usize> {
        let bound = fraction * self.losses.first()?;
        self.losses.iter().position(|loss| *loss < bound)
    }

    /// The smallest R from which on all losses of the curve stay below `fraction` of that at R = 0 (ours): a
    /// lucky crossing does not count.
    pub fn lasting_rank(&self, fraction: f64) -> Option<usize> {
        let bound = fraction * self.losses.first()?;
        let above = self.losses.iter().rposition(|loss| !(*loss < bound));
        let rank = above.map_or(0, |last| last + 1);
        (rank < self.losses.len()).then_some(rank)
    }
}

impl WeightChange {
    /// Losses of W₀ + U_R S_R V_Rᵀ for R = 0, …, `most`, given what the loss of a network with certain weights
    /// is: on one common test batch, with the trained inputs and readouts.
    ///
    /// Ranks are evaluated side by side on all threads; results do not depend on their number.
    ///
    /// ```
    /// use attractorlab::analysis::weight_change::{ChangeError, WeightChange};
    /// use attractorlab::numerics::linalg::{Mat, MatRef};
    ///
    /// let before = Mat::zeros(4, 4);
    /// let after = Mat::from_fn(4, 4, |i, j| if i == j { [1.0, 0.5, 0.1, 0.0][i] } else { 0.0 });
    /// let change = WeightChange::new(before.as_ref(), after.as_ref())?;
    /// let loss = |w: MatRef<'_, f64>| -> Result<f64, ChangeError> {
    ///     Ok((w[(0, 0)] - 1.0).powi(2) + (w[(1, 1)] - 0.5).powi(2))
    /// };
    /// let curve = change.truncation_curve(3, loss)?;
    /// assert_eq!(curve.functional_rank(0.05), Some(2));
    /// # Ok::<(), attractorlab::analysis::weight_change::ChangeError>(())
    /// ```
    ///
    /// # Errors
    /// What `loss` returns, of the lowest rank at which it does.
    pub fn truncation_curve<E: Send>(
        &self,
        most: usize,
        loss: impl Fn(MatRef<'_, f64>) -> Result<f64, E> + Sync,
    ) -> Result<TruncationCurve, E> {
        let most = most.min(self.values().len());
        let of = |index: usize| {
            if index > most { loss(self.trained()) } else { loss(self.truncated(index).as_ref()) }
        };
        let mut losses = (0..most + 2)
            .into_par_iter()
            .map(of)
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        let trained = losses.pop().unwrap_or(f64::NAN);
        Ok(TruncationCurve { losses, trained })
    }

    /// W₀ with all its entries permuted at random, plus the unchanged ΔW.
    pub fn shuffled(&self, stream: &mut Stream) -> Mat<f64> {
        let (rows, columns) = (self.initial().nrows(), self.initial().ncols());
        let mut entries: Vec<f64> =
            (0..columns).flat_map(|j| (0..rows).map(move |i| (i, j))).map(|at| self.initial()[at]).collect();
        stream.shuffle(&mut entries);
        Mat::from_fn(rows, columns, |i, j| {
            entries[j * rows + i] + (self.trained()[(i, j)] - self.initial()[(i, j)])
        })
    }

    /// Loss after the entries of W₀ were permuted at random: near the untrained loss if the change works only
    /// together with this very W₀, near the trained one if it works by itself.
    ///
    /// # Errors
    /// What `loss` returns.
    pub fn shuffled_loss<E>(
        &self,
        stream: &mut Stream,
        loss: impl FnOnce(MatRef<'_, f64>) -> Result<f64, E>,
    ) -> Result<f64, E> {
        loss(self.shuffled(stream).as_ref())
    }
}
