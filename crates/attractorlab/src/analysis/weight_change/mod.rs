//! What training changed: ΔW = W − W₀, its rank, its significance, and what it is aligned with.
//!
//! | wanted | item |
//! |---|---|
//! | singular values, variance explained, truncated weights | [`WeightChange`] |
//! | which singular values stand out of a random matrix | [`WeightChange::significance`] |
//! | loss against rank, functional rank | [`WeightChange::truncation_curve`], [`TruncationCurve`] |
//! | does the change need this very W₀? | [`WeightChange::shuffled_loss`] |
//! | both, of a network trained through time | [`TrainedChange`] |
//! | several matrices of a network, truncated together | [`TrainedChanges`] |
//! | spectra before, after, of the change | [`WeightChange::spectra`] |
//! | overlaps with input, readout and W₀ | [`WeightChange::overlaps`] |
//! | the same along training | [`singular_values_along`], [`eigenvalues_along`] |

mod along;
mod error;
mod network;
mod overlaps;
mod parts;
mod significance;
mod truncation;

use attractorlab_numerics::linalg::{Complex64, Mat, MatRef, Svd, eigenvalues, matmul_add};

pub use along::{eigenvalues_along, singular_values_along};
pub use error::ChangeError;
pub use network::{TrainedChange, TrainedChangeError};
pub use overlaps::ComponentOverlaps;
pub use parts::TrainedChanges;
pub use significance::{Significance, tracy_widom_tail};
pub use truncation::TruncationCurve;

/// The change of one weight matrix by training, decomposed.
///
/// ```
/// use attractorlab::analysis::weight_change::WeightChange;
/// use attractorlab::numerics::linalg::Mat;
///
/// let before = Mat::from_fn(3, 3, |i, j| if i == j { 0.2 } else { 0.0 });
/// let after = Mat::from_fn(3, 3, |i, j| before[(i, j)] + if i == 0 { 0.5 } else { 0.0 });
/// let change = WeightChange::new(before.as_ref(), after.as_ref())?;
/// assert!((change.values()[0] - 0.5 * 3.0_f64.sqrt()).abs() < 1e-15 && change.values()[1] < 1e-15);
/// assert!((change.norm() - change.values()[0]).abs() < 1e-15);
/// assert!((change.truncated(1)[(0, 2)] - 0.5).abs() < 1e-15);
/// # Ok::<(), attractorlab::analysis::weight_change::ChangeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct WeightChange {
    initial: Mat<f64>,
    trained: Mat<f64>,
    svd: Svd,
}

/// Eigenvalues before training, after it, and of the change alone; by decreasing real part.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectra {
    /// Of W₀.
    pub initial: Vec<Complex64>,
    /// Of W.
    pub trained: Vec<Complex64>,
    /// Of ΔW.
    pub change: Vec<Complex64>,
}

impl WeightChange {
    /// The change from `initial` to `trained`; rectangular matrices (of inputs, or of gated cells) too.
    ///
    /// # Errors
    /// [`ChangeError::Shape`] if the shapes differ, [`ChangeError::Linalg`] for entries that are not finite.
    pub fn new(initial: MatRef<'_, f64>, trained: MatRef<'_, f64>) -> Result<Self, ChangeError> {
        let (rows, columns) = (initial.nrows(), initial.ncols());
        if (trained.nrows(), trained.ncols()) != (rows, columns) {
            return Err(ChangeError::Shape {
                name: "the trained weights",
                expected: format!("{rows}×{columns} like the initial ones"),
                rows: trained.nrows(),
                columns: trained.ncols(),
            });
        }
        if rows == 0 || columns == 0 {
            let (name, expected) =
                ("the weights", "a matrix with at least one row and one column".to_owned());
            return Err(ChangeError::Shape { name, expected, rows, columns });
        }
        let change = Mat::from_fn(rows, columns, |i, j| trained[(i, j)] - initial[(i, j)]);
        let svd = Svd::new(change.as_ref())?;
        Ok(Self { initial: initial.to_owned(), trained: trained.to_owned(), svd })
    }

    /// Singular values of ΔW, largest first.
    pub fn values(&self) -> &[f64] {
        &self.svd.values
    }

    /// Left singular vectors, as columns: the directions of units' inputs that changed.
    pub fn left(&self) -> MatRef<'_, f64> {
        self.svd.u.as_ref()
    }

    /// Right singular vectors, as columns: the patterns of activity that the change reads.
    pub fn right(&self) -> MatRef<'_, f64> {
        self.svd.v.as_ref()
    }

    /// W₀.
    pub fn initial(&self) -> MatRef<'_, f64> {
        self.initial.as_ref()
    }

    /// W.
    pub fn trained(&self) -> MatRef<'_, f64> {
        self.trained.as_ref()
    }

    /// ‖ΔW‖ (Frobenius).
    pub fn norm(&self) -> f64 {
        self.values().iter().map(|s| s * s).sum::<f64>().sqrt()
    }

    /// Share of ‖ΔW‖² in the first 1, 2, … components; empty if nothing changed.
    pub fn explained(&self) -> Vec<f64> {
        let total: f64 = self.values().iter().map(|s| s * s).sum();
        if total == 0.0 {
            return Vec::new();
        }
        let mut sum = 0.0;
        self.values()
            .iter()
            .map(|s| {
                sum += s * s;
                sum / total
            })
            .collect()
    }

    /// Participation ratio (Σs²)²/Σs⁴ of the squared singular values: an effective rank; 0 if nothing changed.
    pub fn effective_rank(&self) -> f64 {
        let (squares, fourths) =
            self.values().iter().fold((0.0, 0.0), |(a, b), s| (a + s * s, b + s.powi(4)));
        if fourths > 0.0 { squares * squares / fourths } else { 0.0 }
    }

    /// W₀ + the first `rank` components of ΔW; all of them from min(rows, columns) on.
    pub fn truncated(&self, rank: usize) -> Mat<f64> {
        let rank = rank.min(self.values().len());
        let mut out = self.initial.clone();
        if rank > 0 {
            let u = Mat::from_fn(out.nrows(), rank, |i, k| self.svd.u[(i, k)] * self.svd.values[k]);
            let v = Mat::from_fn(rank, out.ncols(), |k, j| self.svd.v[(j, k)]);
            matmul_add(1.0, u.as_ref(), v.as_ref(), out.as_mut());
        }
        out
    }

    /// Eigenvalues of W₀, W and ΔW. Those of W that leave the bulk come from the correlation of ΔW with W₀ where
    /// those of ΔW alone lie inside.
    ///
    /// # Errors
    /// [`ChangeError::Linalg`] if the matrices are not square or a spectrum does not converge.
    pub fn spectra(&self) -> Result<Spectra, ChangeError> {
        let change = Mat::from_fn(self.initial.nrows(), self.initial.ncols(), |i, j| {
            self.trained[(i, j)] - self.initial[(i, j)]
        });
        Ok(Spectra {
            initial: sorted_eigenvalues(self.initial.as_ref())?,
            trained: sorted_eigenvalues(self.trained.as_ref())?,
            change: sorted_eigenvalues(change.as_ref())?,
        })
    }
}

/// Eigenvalues by decreasing real part.
fn sorted_eigenvalues(matrix: MatRef<'_, f64>) -> Result<Vec<Complex64>, ChangeError> {
    let mut values = eigenvalues(matrix)?;
    values.sort_by(|a, b| b.re.total_cmp(&a.re).then(b.im.total_cmp(&a.im)));
    Ok(values)
}
