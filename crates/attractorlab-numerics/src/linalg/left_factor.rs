//! The left factor of many products.

use std::ops::Range;

use faer::{Mat, MatMut, MatRef};

use super::matmul;
use crate::kernels::{Packed, Real};

/// Columns from which on packing pays.
const BATCH: usize = 8;

/// A matrix A that is multiplied with many matrices of some columns each, as a simulation or a gradient
/// multiplies with the same weights at every step: packed once where that pays, and plain for few columns
/// (where reading the matrix is all there is) or without an instruction set to pack for.
///
/// ```
/// use attractorlab_numerics::linalg::LeftFactor;
/// let factor = LeftFactor::new(2, 3, 1, |i, j| (3 * i + j) as f64);
/// let mut out = [0.0; 2];
/// factor.multiply(&[1.0, 0.0, 2.0], &mut out, 1, &mut Vec::new());
/// assert_eq!(out, [4.0, 13.0]);
/// ```
pub struct LeftFactor<T: Real> {
    rows: usize,
    columns: usize,
    values: Values<T>,
}

enum Values<T: Real> {
    Packed(Packed<T>),
    Plain(Mat<T>),
}

impl<T: Real> LeftFactor<T> {
    /// A matrix given by its entries, for right factors of about `batch` columns.
    pub fn new(rows: usize, columns: usize, batch: usize, entry: impl Fn(usize, usize) -> T) -> Self {
        Self::by_columns(rows, columns, batch, |j, range, out| {
            out.iter_mut().zip(range).for_each(|(out, i)| *out = entry(i, j));
        })
    }

    /// Like [`Self::new`], for a matrix that writes the rows of a range of one of its columns: faster where the
    /// columns lie in memory.
    pub fn by_columns(
        rows: usize,
        columns: usize,
        batch: usize,
        write: impl Fn(usize, Range<usize>, &mut [T]),
    ) -> Self {
        let packed = if batch >= BATCH { Packed::by_columns(rows, columns, &write) } else { None };
        let values = packed.map_or_else(
            || {
                let mut plain = Mat::zeros(rows, columns);
                for j in 0..columns {
                    write(j, 0..rows, plain.col_as_slice_mut(j));
                }
                Values::Plain(plain)
            },
            Values::Packed,
        );
        Self { rows, columns, values }
    }

    /// `out = A B`, both column after column without gaps; `work` is memory for the packed columns.
    ///
    /// # Panics
    /// If a length does not fit.
    #[track_caller]
    pub fn multiply(&self, b: &[T], out: &mut [T], count: usize, work: &mut Vec<T>) {
        if count == 0 {
            return;
        }
        match &self.values {
            Values::Packed(packed) => packed.multiply(b, out, count, work),
            Values::Plain(plain) => matmul(
                plain.as_ref(),
                MatRef::from_column_major_slice(b, self.columns, count),
                MatMut::from_column_major_slice_mut(out, self.rows, count),
            ),
        }
    }
}
