//! Connectivity: a random bulk and low-rank feedback, kept apart.

use attractorlab_numerics::linalg::{Mat, MatRef, matvec, matvec_transposed};

/// `J = bulk + M Nᵀ/N`, with N×R matrices M (feedback vectors) and N (readout vectors), R ≥ 0.
///
/// The sum is never formed to multiply a vector; `J[i][j]` is the weight from unit j to unit i.
#[derive(Debug, Clone)]
pub struct Connectivity {
    bulk: Mat<f64>,
    feedback: Vec<Vec<f64>>,
    readout: Vec<Vec<f64>>,
}

/// Why a connectivity cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectivityError {
    /// The bulk has no units.
    #[error("a network needs at least one unit, got a bulk of size 0")]
    Empty,
    /// The bulk is not square.
    #[error("the bulk must be square, got {rows}×{columns}")]
    NotSquare {
        /// Number of rows.
        rows: usize,
        /// Number of columns.
        columns: usize,
    },
    /// A vector has the wrong length.
    #[error("{name} must have one entry for each of the {units} units, got {found}")]
    Length {
        /// Which vector.
        name: &'static str,
        /// Number of units.
        units: usize,
        /// Its length.
        found: usize,
    },
    /// An entry is NaN or infinite.
    #[error("{name} has an entry that is not finite, at {position:?}")]
    NotFinite {
        /// Which matrix or vector.
        name: &'static str,
        /// Row and column (or loop).
        position: (usize, usize),
    },
}

impl Connectivity {
    /// A network with this bulk and no feedback.
    ///
    /// # Errors
    /// [`ConnectivityError`] if the bulk is empty, not square, or has an entry that is not finite.
    pub fn new(bulk: Mat<f64>) -> Result<Self, ConnectivityError> {
        let (rows, columns) = (bulk.nrows(), bulk.ncols());
        if rows != columns {
            return Err(ConnectivityError::NotSquare { rows, columns });
        }
        if rows == 0 {
            return Err(ConnectivityError::Empty);
        }
        for j in 0..columns {
            for i in 0..rows {
                if !bulk[(i, j)].is_finite() {
                    return Err(ConnectivityError::NotFinite { name: "the bulk", position: (i, j) });
                }
            }
        }
        Ok(Self { bulk, feedback: Vec::new(), readout: Vec::new() })
    }

    /// Adds one feedback loop m nᵀ/N; entries of m and n are O(1).
    ///
    /// # Errors
    /// [`ConnectivityError`] if a vector has another length than the network or is not finite.
    pub fn with_feedback(mut self, m: Vec<f64>, n: Vec<f64>) -> Result<Self, ConnectivityError> {
        let units = self.units();
        let which = self.feedback.len();
        for (name, vector) in [("the feedback vector", &m), ("the readout vector", &n)] {
            if vector.len() != units {
                return Err(ConnectivityError::Length { name, units, found: vector.len() });
            }
            if let Some(i) = vector.iter().position(|v| !v.is_finite()) {
                return Err(ConnectivityError::NotFinite { name, position: (i, which) });
            }
        }
        self.feedback.push(m);
        self.readout.push(n);
        Ok(self)
    }

    /// Number of units.
    pub fn units(&self) -> usize {
        self.bulk.nrows()
    }

    /// The bulk.
    pub fn bulk(&self) -> MatRef<'_, f64> {
        self.bulk.as_ref()
    }

    /// The feedback loops (m, n), one after the other.
    pub fn loops(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
        self.feedback.iter().map(Vec::as_slice).zip(self.readout.iter().map(Vec::as_slice))
    }

    /// out = J r.
    ///
    /// # Panics
    /// If a length differs from the number of units.
    #[track_caller]
    pub fn apply(&self, r: &[f64], out: &mut [f64]) {
        matvec(self.bulk.as_ref(), r, out);
        for (m, n) in self.loops() {
            let z = mean_product(n, r);
            for (o, m) in out.iter_mut().zip(m) {
                *o += m * z;
            }
        }
    }

    /// out = Jᵀ v.
    ///
    /// # Panics
    /// If a length differs from the number of units.
    #[track_caller]
    pub fn apply_transposed(&self, v: &[f64], out: &mut [f64]) {
        matvec_transposed(self.bulk.as_ref(), v, out);
        for (m, n) in self.loops() {
            let overlap = mean_product(m, v);
            for (o, n) in out.iter_mut().zip(n) {
                *o += n * overlap;
            }
        }
    }

    /// The dense matrix J·diag(gains).
    ///
    /// # Panics
    /// If there is not one gain for each unit.
    #[track_caller]
    pub fn effective(&self, gains: &[f64]) -> Mat<f64> {
        let n = self.units();
        assert_eq!(gains.len(), n, "one gain for each unit");
        let mut out = self.bulk.clone();
        for j in 0..n {
            for i in 0..n {
                out[(i, j)] *= gains[j];
            }
        }
        for (left, right) in self.loops() {
            for j in 0..n {
                let weight = right[j] * gains[j] / n as f64;
                for i in 0..n {
                    out[(i, j)] += left[i] * weight;
                }
            }
        }
        out
    }
}

/// (1/N) Σ aᵢ bᵢ: the overlap of two vectors.
pub(crate) fn mean_product(a: &[f64], b: &[f64]) -> f64 {
    attractorlab_numerics::kernels::dot(a, b) / a.len() as f64
}
