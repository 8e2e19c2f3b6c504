//! Batches of columns in memory without gaps.

use std::ops::Range;

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{Mat, MatRef};

/// A matrix with one sample a column, column after column without gaps.
///
/// ```
/// use attractorlab::dynamics::Columns;
/// let batch = Columns::from_fn(2, 3, |i, c| (10 * c + i) as f64);
/// assert_eq!(batch.column(1), [10.0, 11.0]);
/// assert_eq!(batch.as_mat()[(1, 2)], 21.0);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Columns<T> {
    rows: usize,
    count: usize,
    values: Vec<T>,
}

impl<T: Real> Columns<T> {
    /// A batch of zeros.
    pub fn zeros(rows: usize, count: usize) -> Self {
        Self { rows, count, values: vec![T::default(); rows * count] }
    }

    /// A batch given by its entries.
    pub fn from_fn(rows: usize, count: usize, mut entry: impl FnMut(usize, usize) -> T) -> Self {
        let mut values = Vec::with_capacity(rows * count);
        for c in 0..count {
            values.extend((0..rows).map(|i| entry(i, c)));
        }
        Self { rows, count, values }
    }

    /// A copy of a matrix.
    pub fn from_mat(matrix: MatRef<'_, T>) -> Self {
        Self::from_fn(matrix.nrows(), matrix.ncols(), |i, c| matrix[(i, c)])
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn count(&self) -> usize {
        self.count
    }

    /// A column.
    ///
    /// # Panics
    /// If there is no such column.
    #[track_caller]
    pub fn column(&self, c: usize) -> &[T] {
        &self.values[c * self.rows..(c + 1) * self.rows]
    }

    /// A column, to be changed.
    ///
    /// # Panics
    /// If there is no such column.
    #[track_caller]
    pub fn column_mut(&mut self, c: usize) -> &mut [T] {
        &mut self.values[c * self.rows..(c + 1) * self.rows]
    }

    /// Neighbouring columns.
    ///
    /// # Panics
    /// If the range reaches beyond the last column.
    #[track_caller]
    pub fn columns(&self, range: Range<usize>) -> &[T] {
        &self.values[range.start * self.rows..range.end * self.rows]
    }

    /// All values, column after column.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// All values, to be changed.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// The batch as a matrix.
    pub fn as_mat(&self) -> MatRef<'_, T> {
        MatRef::from_column_major_slice(&self.values, self.rows, self.count)
    }

    /// A copy as a matrix of 64-bit floats.
    pub fn to_f64(&self) -> Mat<f64> {
        Mat::from_fn(self.rows, self.count, |i, c| self.column(c)[i].to_f64())
    }

    /// The columns of these numbers.
    pub(crate) fn picked(&self, columns: &[usize]) -> Self {
        let values = columns.iter().flat_map(|&c| self.column(c)).copied().collect();
        Self { rows: self.rows, count: columns.len(), values }
    }

    /// The mean of each row.
    pub(crate) fn row_means(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.rows];
        for column in self.values.chunks_exact(self.rows) {
            sums.iter_mut().zip(column).for_each(|(sum, value)| *sum += value.to_f64());
        }
        sums.iter().map(|sum| sum / self.count as f64).collect()
    }

    /// The number of the first column with an entry that is NaN or infinite, and the entry's row.
    pub(crate) fn not_finite(&self) -> Option<(usize, usize)> {
        // Most columns are finite: all entries at once, and one by one only to say which is not.
        let broken = |column: &&[T]| !column.iter().fold(true, |all, v| all & v.is_finite());
        let columns = || self.values.chunks_exact(self.rows.max(1));
        let c = columns().position(|column| broken(&column))?;
        let row = self.column(c).iter().position(|v| !v.is_finite())?;
        Some((row, c))
    }
}
