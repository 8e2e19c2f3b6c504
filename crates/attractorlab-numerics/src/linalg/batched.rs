//! Many small systems at once.

use super::LinalgError;

/// Solves `A_b x_b = r_b` for a batch of k×k systems, by elimination with row pivoting, without memory
/// of its own.
///
/// `matrices` holds the matrices one after the other, each column-major, and is overwritten; `sides`
/// holds the right-hand sides one after the other and is overwritten with the solutions. For k up to a
/// dozen or so (the Newton steps of mean-field equations on a grid) this beats a factorisation object.
///
/// # Errors
/// [`LinalgError::SingularInBatch`] for the first system without a pivot (a NaN counts as none); the
/// systems before it are solved.
///
/// # Panics
/// If the lengths are not `batch·k·k` and `batch·k`.
///
/// ```
/// use attractorlab_numerics::linalg::solve_batch;
/// let mut matrices = [0.0, 1.0, 2.0, 0.0, /* the second: */ 1.0, 0.0, 0.0, 4.0];
/// let mut sides = [2.0, 3.0, 5.0, 8.0];
/// solve_batch(2, &mut matrices, &mut sides)?;
/// assert_eq!(sides, [3.0, 1.0, 5.0, 2.0]);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
#[track_caller]
pub fn solve_batch(k: usize, matrices: &mut [f64], sides: &mut [f64]) -> Result<(), LinalgError> {
    if k == 0 {
        assert!(matrices.is_empty() && sides.is_empty(), "solve_batch: systems of order 0 have no entries");
        return Ok(());
    }
    assert_eq!(sides.len() % k, 0, "solve_batch: sides must hold k entries a system");
    assert_eq!(matrices.len(), sides.len() * k, "solve_batch: matrices must hold k·k entries a system");
    for (index, (a, b)) in matrices.chunks_exact_mut(k * k).zip(sides.chunks_exact_mut(k)).enumerate() {
        solve_one(k, a, b).ok_or(LinalgError::SingularInBatch { index })?;
    }
    Ok(())
}

/// `None` if a pivot is zero, NaN or infinite.
fn solve_one(k: usize, a: &mut [f64], b: &mut [f64]) -> Option<()> {
    for j in 0..k {
        let pivot =
            (j..k).fold(j, |best, i| if a[j * k + i].abs() > a[j * k + best].abs() { i } else { best });
        let value = a[j * k + pivot];
        if value == 0.0 || !value.is_finite() {
            return None;
        }
        if pivot != j {
            for column in a.chunks_exact_mut(k).skip(j) {
                column.swap(j, pivot);
            }
            b.swap(j, pivot);
        }
        for i in j + 1..k {
            a[j * k + i] /= value;
        }
        let (done, rest) = a.split_at_mut((j + 1) * k);
        let factors = &done[j * k + j + 1..];
        for column in rest.chunks_exact_mut(k) {
            let top = column[j];
            for (entry, factor) in column[j + 1..].iter_mut().zip(factors) {
                *entry -= factor * top;
            }
        }
        let top = b[j];
        for (entry, factor) in b[j + 1..].iter_mut().zip(factors) {
            *entry -= factor * top;
        }
    }
    for j in (0..k).rev() {
        b[j] /= a[j * k + j];
        let value = b[j];
        for (entry, factor) in b[..j].iter_mut().zip(&a[j * k..]) {
            *entry -= factor * value;
        }
    }
    Some(())
}
