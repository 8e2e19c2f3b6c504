//! Ridge regression on many states: readouts of trajectories.

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{Cholesky, LinalgError, Mat, MatRef, gram_lower, matmul, matmul_add};

use super::TrainingError;
use super::error::positive;

/// The readouts n (N×K) that ridge regression makes of the rates R (N×T) of T states, one a column, for targets F
/// (T×K): those that minimise |Rᵀn/N − F|² + (q/N)|n|².
///
/// n = (RRᵀ/N + q)⁻¹ R F, or n = R (RᵀR/N + q)⁻¹ F, by one Cholesky factorisation of the smaller of the two matrices,
/// in about min(N, T)·N·T + min(N, T)³/3 multiply-adds. Where the ridge keeps a large matrix well enough conditioned, it
/// is factorised in 32 bits, in half of the time, and the solution refined to that of 64. For the few states of clamped
/// networks, or for many ridge parameters of the same states, [`RateDecomposition`](super::RateDecomposition) is better
/// conditioned and serves all parameters at once.
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
/// targets; [`TrainingError::Columns`] where there are not as many targets as states; [`TrainingError::NotFinite`] and
/// [`TrainingError::Overflow`] for entries that are not finite, or have no finite products; [`TrainingError::Linalg`] for a
/// q so small that the matrix is singular to working precision.
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
    check_finite("the targets", targets)?;
    let squares = rates.squared_norm_l2();
    if !squares.is_finite() {
        check_finite("the rates", rates)?;
        return Err(TrainingError::Overflow);
    }
    let few_units = units <= states;
    let tall = if few_units { rates.transpose() } else { rates };
    let mut sides = Mat::zeros(units.min(states), targets.ncols());
    if few_units {
        matmul(rates, targets, sides.as_mut());
    } else {
        sides.copy_from(targets);
    }
    let equations = NormalEquations { tall, squares, scale: 1.0 / units as f64, ridge };
    let solutions = match equations.solve_refined(&sides) {
        Some(solutions) => solutions,
        None => equations.solve(sides)?,
    };
    let readout = if few_units {
        solutions
    } else {
        let mut readout = Mat::zeros(units, targets.ncols());
        matmul(rates, solutions.as_ref(), readout.as_mut());
        readout
    };
    check_finite("the readouts", readout.as_ref()).map_err(|_| TrainingError::Overflow)?;
    Ok(readout)
}

fn check_finite(name: &'static str, matrix: MatRef<'_, f64>) -> Result<(), TrainingError> {
    for (column, values) in matrix.col_iter().enumerate() {
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return Err(TrainingError::NotFinite { name, row, column });
        }
    }
    Ok(())
}

/// (s AᵀA + q) x = b for a tall matrix A.
struct NormalEquations<'a> {
    tall: MatRef<'a, f64>,
    /// |A|².
    squares: f64,
    scale: f64,
    ridge: f64,
}

/// Largest condition number, as trace and ridge bound it, at which a factorisation in 32 bits is a good approximation: its
/// errors, 6e-8 of the trace, are then below 6 % of the smallest eigenvalue, and every refinement gains a digit at least.
const CONDITION: f64 = 1e6;
/// Least number of unknowns, and of unknowns for each side, at which half of the factorisation costs more than the
/// refinement.
const LARGE: usize = 192;
const PER_SIDE: usize = 64;
/// Refinements at most; each gains a digit at least.
const REFINEMENTS: usize = 14;
/// Rows of A that are multiplied together while they are in the cache.
const ROWS: usize = 64;

impl NormalEquations<'_> {
    /// The factor of s AᵀA + q and the Frobenius norm of that matrix, in the precision of the matrix given, which is A or A
    /// rounded.
    fn factor<T: Real>(&self, tall: MatRef<'_, T>) -> Result<(Cholesky<T>, f64), LinalgError> {
        let size = tall.ncols();
        let mut matrix = Mat::zeros(size, size);
        gram_lower(tall, matrix.as_mut());
        let mut squares = 0.0;
        for j in 0..size {
            let column = &mut matrix.col_as_slice_mut(j)[j..];
            for value in &mut *column {
                *value *= T::from_f64(self.scale);
            }
            column[0] += T::from_f64(self.ridge);
            // Every entry but those of the diagonal is there twice.
            let square: f64 = column.iter().map(|value| value.to_f64().powi(2)).sum();
            squares += 2.0 * square - column[0].to_f64().powi(2);
        }
        Ok((Cholesky::new(matrix.as_ref())?, squares.sqrt()))
    }

    fn solve(&self, mut sides: Mat<f64>) -> Result<Mat<f64>, TrainingError> {
        self.factor(self.tall)?.0.solve_matrix_in_place(sides.as_mut());
        Ok(sides)
    }

    /// The solutions from a factorisation in 32 bits, refined until the residual b − (s AᵀA + q) x, in 64 bits, is no larger
    /// than rounding; `None` where that does not pay or does not succeed.
    fn solve_refined(&self, sides: &Mat<f64>) -> Option<Mat<f64>> {
        let (size, columns) = (sides.nrows(), sides.ncols());
        if size < LARGE || size < PER_SIDE * columns {
            return None;
        }
        let trace = self.scale * self.squares + size as f64 * self.ridge;
        if !(trace <= CONDITION * self.ridge) {
            return None;
        }
        // By columns of the rates: rows of A where it is their transpose.
        let factor = if self.tall.row_stride() == 1 {
            let narrow = rounded(self.tall);
            self.factor(narrow.as_ref())
        } else {
            let narrow = rounded(self.tall.transpose());
            self.factor(narrow.as_ref().transpose())
        };
        // The norm is no more than √size times the spectral one.
        let (factor, norm) = factor.ok()?;
        let mut solutions = Mat::zeros(size, columns);
        let (mut residual, mut last) = (sides.clone(), f64::INFINITY);
        for _ in 0..REFINEMENTS {
            // Every side divided by its size: small residuals would underflow.
            let units: Vec<f64> = residual.col_iter().map(|r| r.norm_max().max(f64::MIN_POSITIVE)).collect();
            let of_unit = |i: usize, k: usize| residual[(i, k)] / units[k];
            let mut step = Mat::from_fn(size, columns, |i, k| of_unit(i, k) as f32);
            factor.solve_matrix_in_place(step.as_mut());
            for (k, unit) in units.into_iter().enumerate() {
                let entries = solutions.col_as_slice_mut(k).iter_mut().zip(step.col_as_slice(k));
                entries.for_each(|(x, step)| *x += unit * f64::from(*step));
            }
            residual = self.residual(sides, &solutions);
            // Largest backward error of a side.
            let error = residual
                .col_iter()
                .zip(solutions.col_iter())
                .map(|(residual, x)| (residual.norm_l2() / norm, x.norm_l2()))
                .map(|(residual, x)| if residual == 0.0 { 0.0 } else { residual / x })
                .fold(
                    0.0,
                    |most: f64, error| {
                        if most.is_nan() || error.is_nan() { f64::NAN } else { most.max(error) }
                    },
                );
            if !solutions.col_iter().all(|x| x.norm_l2().is_finite()) {
                return None;
            }
            if error <= 0.1 * f64::EPSILON {
                return Some(solutions);
            }
            if !(error <= 0.1 * last) {
                // As far as 64 bits lead, or not converging. A residual cannot be computed to less than this.
                return (error * norm <= f64::EPSILON * trace).then_some(solutions);
            }
            last = error;
        }
        None
    }

    /// b − (s AᵀA + q) x, with one pass over A.
    fn residual(&self, sides: &Mat<f64>, x: &Mat<f64>) -> Mat<f64> {
        let (rows, columns) = (self.tall.nrows(), sides.ncols());
        let mut out = Mat::from_fn(sides.nrows(), columns, |i, k| sides[(i, k)] - self.ridge * x[(i, k)]);
        let mut images = Mat::zeros(ROWS, columns);
        for first in (0..rows).step_by(ROWS) {
            let part = self.tall.subrows(first, ROWS.min(rows - first));
            let mut images = images.as_mut().subrows_mut(0, part.nrows());
            matmul(part, x.as_ref(), images.as_mut());
            matmul_add(-self.scale, part.transpose(), images.as_ref(), out.as_mut());
        }
        out
    }
}

fn rounded(a: MatRef<'_, f64>) -> Mat<f32> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)] as f32)
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

    /// Refined solutions solve the equations as well as a factorisation in 64 bits, whatever the conditioning below the
    /// bound, and are not sought beyond it. The errors of both are of order 1e-16 times the condition number.
    #[test]
    fn refined_solutions_are_those_of_64_bits() {
        let mut stream = Stream::new(4, "ridge", 0);
        for (units, states) in [(220, 500), (500, 220), (256, 256)] {
            // Singular values that fall over three decades.
            let rates =
                Mat::from_fn(units, states, |i, _| (-6.9 * i as f64 / units as f64).exp() * stream.normal());
            let targets = Mat::from_fn(states, 2, |_, k| 10.0_f64.powi(-100 * k as i32) * stream.normal());
            for (ridge, refines) in [(0.1, true), (1e-3, true), (2e-4, true), (1e-5, false)] {
                let few_units = units <= states;
                let tall = if few_units { rates.transpose() } else { rates.as_ref() };
                let equations = NormalEquations {
                    tall,
                    squares: rates.squared_norm_l2(),
                    scale: 1.0 / units as f64,
                    ridge,
                };
                let sides = if few_units { &rates * &targets } else { targets.clone() };
                let direct = equations.solve(sides.clone()).unwrap();
                let Some(refined) = equations.solve_refined(&sides) else {
                    assert!(!refines, "{units} {states} {ridge}");
                    continue;
                };
                assert!(refines, "{units} {states} {ridge}");
                let condition = rates.squared_norm_l2() / (units as f64 * ridge);
                for k in 0..2 {
                    let (size, error) = (direct.col(k).norm_l2(), (&direct - &refined).col(k).norm_l2());
                    assert!(
                        error < 1e-15 * condition * size,
                        "{units} {states} {ridge} {k}: {error:e} of {size:e}"
                    );
                }
            }
            let equations = NormalEquations {
                tall: rates.transpose(),
                squares: rates.squared_norm_l2(),
                scale: 1.0,
                ridge: 1e3,
            };
            assert_eq!(equations.solve_refined(&Mat::zeros(units, 1)).unwrap(), Mat::<f64>::zeros(units, 1));
        }
    }

    /// Where the ridge is most of the matrix, its trace says little about its norm.
    #[test]
    fn refined_solutions_are_exact_beside_the_norm() {
        let mut stream = Stream::new(5, "ridge", 0);
        let (units, states) = (320, 400);
        let rates = Mat::from_fn(units, states, |_, _| stream.normal());
        let sides = Mat::from_fn(units, 1, |_, _| stream.normal());
        for ridge in [10.0, 1e3, 1e6, 1e25] {
            let equations = NormalEquations {
                tall: rates.transpose(),
                squares: rates.squared_norm_l2(),
                scale: 1.0 / units as f64,
                ridge,
            };
            let refined = equations.solve_refined(&sides).unwrap();
            // Rates of variance one have a spectral norm below (1 + √(400/320))² < 5 here.
            let error = equations.residual(&sides, &refined).norm_l2() / ((ridge + 5.0) * refined.norm_l2());
            assert!(error < 4.0 * f64::EPSILON, "ridge {ridge}: {error:e}");
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
        let nan = Mat::from_fn(3, 4, |i, t| if (i, t) == (2, 1) { f64::NAN } else { 0.5 });
        assert!(refused(&nan, &targets, 1.0).starts_with("the rates: the entry in row 2, column 1 is NaN"));
        // Finite numbers, but not their squares, or not their products.
        let huge = Mat::from_fn(3, 4, |_, _| 1e160);
        assert!(refused(&huge, &targets, 1.0).contains("so large, or the ridge parameter so small"));
        let ones = Mat::from_fn(3, 1000, |i, t| 1.0 + 0.1 * ((i * t) as f64).sin());
        let large = Mat::from_fn(1000, 1, |_, _| 1e306);
        assert!(refused(&Mat::zeros(4, 3), &Mat::from_fn(3, 1, |_, _| 1e10), 1e-300).contains("so small"));
        assert!(refused(&ones, &large, 1.0).contains("so large, or the ridge parameter so small"));
        let infinite = Mat::from_fn(4, 2, |t, k| if (t, k) == (2, 1) { f64::INFINITY } else { 0.0 });
        assert!(
            refused(&rates, &infinite, 1.0)
                .starts_with("the targets: the entry in row 2, column 1 is NaN or")
        );
    }
}
