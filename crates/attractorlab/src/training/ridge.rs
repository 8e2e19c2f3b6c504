//! Ridge regression on many states: readouts of trajectories.

use attractorlab_numerics::linalg::{Cholesky, Mat, MatRef, gram_lower, matmul};

use super::TrainingError;
use super::error::positive;

/// The readouts n (N×K) that ridge regression makes of the rates R (N×T) of T states, one a column, for targets F
/// (T×K): those that minimise |Rᵀn/N − F|² + (q/N)|n|².
///
/// n = (RRᵀ/N + q)⁻¹ R F, or n = R (RᵀR/N + q)⁻¹ F, by one Cholesky factorisation of the smaller of the two matrices,
/// in about min(N, T)·N·T + min(N, T)³/3 multiply-adds. For the few states of clamped networks, or for many ridge
/// parameters of the same states, [`RateDecomposition`](super::RateDecomposition) is better conditioned and serves all
/// parameters at once.
///
/// ```
/// use attractorlab::numerics::linalg::{Mat, matmul_transposed};
/// use attractorlab::training::ridge_readout;
///
/// # fn main() -> Result<(), attractorlab::training::TrainingError> {
/// // 20 units, 100 states: more states than units.
/// let rates = Mat::from_fn(20, 100, |i, t| (1.0 + 0.3 * i as f64 + 0.02 * (i * t) as f64).sin());
/// let targets = Mat::from_fn(100, 1, |t, _| rates[(3, t)] - 2.0 * rates[(7, t)]);
/// let readout = ridge_readout(rates.as_ref(), targets.as_ref(), 1e-9)?;
/// let mut outputs = Mat::zeros(100, 1);
/// matmul_transposed(rates.as_ref(), readout.as_ref(), outputs.as_mut());
/// assert!((0..100).all(|t| (outputs[(t, 0)] / 20.0 - targets[(t, 0)]).abs() < 1e-4));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`TrainingError::Parameter`] unless q is finite and above zero; [`TrainingError::NoTargets`] without states, units or
/// targets; [`TrainingError::Columns`] where there are not as many targets as states; [`TrainingError::Linalg`] for
/// entries that are not finite, or a q so small that the matrix is singular to working precision.
pub fn ridge_readout(
    rates: MatRef<'_, f64>,
    targets: MatRef<'_, f64>,
    ridge: f64,
) -> Result<Mat<f64>, TrainingError> {
    positive("ridge", ridge)?;
    let (units, states) = (rates.nrows(), rates.ncols());
    if units == 0 || states == 0 || targets.ncols() == 0 {
        return Err(TrainingError::NoTargets);
    }
    if targets.nrows() != states {
        let (name, of) = ("the matrix of rates", "target");
        return Err(TrainingError::Columns { name, of, expected: targets.nrows(), found: states });
    }
    let few_units = units <= states;
    let tall = if few_units { rates.transpose() } else { rates };
    let size = units.min(states);
    let mut matrix = Mat::zeros(size, size);
    gram_lower(tall, matrix.as_mut());
    for j in 0..size {
        for value in &mut matrix.col_as_slice_mut(j)[j..] {
            *value /= units as f64;
        }
        matrix[(j, j)] += ridge;
    }
    let factor = Cholesky::new(matrix.as_ref())?;
    let mut readout = Mat::zeros(units, targets.ncols());
    if few_units {
        matmul(rates, targets, readout.as_mut());
        factor.solve_matrix_in_place(readout.as_mut());
    } else {
        let mut weights = targets.to_owned();
        factor.solve_matrix_in_place(weights.as_mut());
        matmul(rates, weights.as_ref(), readout.as_mut());
    }
    Ok(readout)
}

#[cfg(test)]
mod tests {
    use attractorlab_numerics::random::Stream;

    use super::*;
    use crate::training::RateDecomposition;

    /// Either side of the square, the readouts are those of the decomposition: relative errors of order 1e-16 times the
    /// condition number, which the ridge keeps below 1e4.
    #[test]
    fn readouts_are_those_of_the_decomposition() {
        let mut stream = Stream::new(3, "ridge", 0);
        for (units, states) in [(130, 300), (300, 130), (64, 64), (1, 5), (5, 1)] {
            let rates = Mat::from_fn(units, states, |_, _| stream.normal().tanh());
            let targets = Mat::from_fn(states, 2, |_, _| stream.normal());
            let direct = ridge_readout(rates.as_ref(), targets.as_ref(), 0.01).unwrap();
            let other =
                RateDecomposition::new(rates.as_ref()).unwrap().readout(targets.as_ref(), 0.01).unwrap();
            let size = other.norm_max();
            assert!((&direct - &other).norm_max() < 1e-11 * size, "{units} {states}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let rates = Mat::from_fn(3, 4, |i, t| (i + t) as f64);
        let targets = Mat::zeros(4, 1);
        let refused = |rates: &Mat<f64>, targets: &Mat<f64>, ridge: f64| {
            ridge_readout(rates.as_ref(), targets.as_ref(), ridge).unwrap_err().to_string()
        };
        assert_eq!(refused(&rates, &targets, 0.0), "ridge must be a finite number above zero, got 0");
        assert!(refused(&rates, &Mat::zeros(5, 1), 1.0).contains("5 columns, one for each target, got 4"));
        assert!(refused(&rates, &Mat::zeros(4, 0), 1.0).contains("at least one target"));
        let nan = Mat::from_fn(3, 4, |_, _| f64::NAN);
        assert!(refused(&nan, &targets, 1.0).contains("finite"));
    }
}
