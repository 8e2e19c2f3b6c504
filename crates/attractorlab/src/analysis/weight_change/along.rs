//! How change and spectrum developed along training.

use attractorlab_numerics::linalg::{Complex64, Mat, MatRef, singular_values};
use rayon::prelude::*;

use super::{ChangeError, sorted_eigenvalues};

/// The first `count` singular values of W_t − W₀ for each snapshot W_t.
///
/// # Errors
/// [`ChangeError::Shape`] for a snapshot of another shape, [`ChangeError::Linalg`] for entries that are not finite.
pub fn singular_values_along(
    initial: MatRef<'_, f64>,
    snapshots: &[Mat<f64>],
    count: usize,
) -> Result<Vec<Vec<f64>>, ChangeError> {
    snapshots
        .par_iter()
        .map(|snapshot| {
            let (rows, columns) = (initial.nrows(), initial.ncols());
            if (snapshot.nrows(), snapshot.ncols()) != (rows, columns) {
                return Err(ChangeError::Shape {
                    name: "a snapshot",
                    expected: format!("{rows}×{columns} like the initial weights"),
                    rows: snapshot.nrows(),
                    columns: snapshot.ncols(),
                });
            }
            let change = Mat::from_fn(rows, columns, |i, j| snapshot[(i, j)] - initial[(i, j)]);
            let mut values = singular_values(change.as_ref())?;
            values.truncate(count);
            Ok(values)
        })
        .collect()
}

/// The first `count` eigenvalues of each snapshot, by decreasing real part.
///
/// # Errors
/// [`ChangeError::Linalg`] for a snapshot that is not square or has entries that are not finite.
pub fn eigenvalues_along(snapshots: &[Mat<f64>], count: usize) -> Result<Vec<Vec<Complex64>>, ChangeError> {
    snapshots
        .par_iter()
        .map(|snapshot| {
            let mut values = sorted_eigenvalues(snapshot.as_ref())?;
            values.truncate(count);
            Ok(values)
        })
        .collect()
}
