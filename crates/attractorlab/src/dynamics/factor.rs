//! A matrix that many batches are multiplied with.

use attractorlab_numerics::kernels::{Packed, Real};
use attractorlab_numerics::linalg::{Mat, MatMut, MatRef, matmul};

/// The left factor of products with batches of columns.
pub(crate) enum Factor<T: Real> {
    /// For batches: packed once.
    Packed(Packed<T>),
    /// For few columns, where reading the matrix is all there is, or without an instruction set to pack for.
    Plain(Mat<T>),
}

/// Columns from which on packing pays.
const BATCH: usize = 8;

impl<T: Real> Factor<T> {
    /// The matrix of these entries, for batches of about `batch` columns.
    pub(crate) fn new(
        rows: usize,
        columns: usize,
        batch: usize,
        entry: impl Fn(usize, usize) -> T + Copy,
    ) -> Self {
        let packed = if batch >= BATCH { Packed::new(rows, columns, entry) } else { None };
        packed.map_or_else(|| Self::Plain(Mat::from_fn(rows, columns, entry)), Self::Packed)
    }

    /// `out = A B` for `count` columns without gaps; `work` is memory that is reused.
    pub(crate) fn multiply(&self, b: &[T], out: &mut [T], count: usize, work: &mut Vec<T>) {
        if count == 0 {
            return;
        }
        match self {
            Self::Packed(a) => a.multiply(b, out, count, work),
            Self::Plain(a) => matmul(
                a.as_ref(),
                MatRef::from_column_major_slice(b, b.len() / count, count),
                MatMut::from_column_major_slice_mut(out, out.len() / count, count),
            ),
        }
    }
}
