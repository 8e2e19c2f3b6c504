//! The loss over lines and planes in the space of the weights.

use attractorlab_numerics::linalg::{Lu, Mat, MatRef, eigenvalues};
use rayon::prelude::*;

use super::task::{LinearTask, identity_minus};
use crate::training::equilibrium::LearningError;

/// The loss at one point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LandscapePoint {
    /// J; infinite where 1 − W is singular.
    pub loss: f64,
    /// Sign of det(1 − W), which smooth training never changes; 0 where it is singular.
    pub sign: f64,
    /// Largest real part of the eigenvalues of W, if asked for: the state is stable iff it is below one, and where it
    /// is not J is that of a state in which the dynamics does not rest.
    pub growth: Option<f64>,
}

/// J at W = `centre` + Σ cₖ Dₖ, for each list of coordinates c, on the threads of the current pool.
///
/// # Errors
/// [`LearningError`] if a matrix is not N×N, a list has not one coordinate for each direction, or a spectrum cannot be
/// computed.
pub fn landscape_points(
    task: &LinearTask,
    centre: MatRef<'_, f64>,
    directions: &[MatRef<'_, f64>],
    coordinates: &[Vec<f64>],
    with_growth: bool,
) -> Result<Vec<LandscapePoint>, LearningError> {
    let n = task.units();
    for matrix in directions.iter().chain([&centre]) {
        if (matrix.nrows(), matrix.ncols()) != (n, n) {
            let (name, of) = ("centre and directions", "rows and columns, one a unit");
            return Err(LearningError::Size { name, of, expected: n, found: matrix.nrows() });
        }
    }
    if let Some(wrong) = coordinates.iter().find(|c| c.len() != directions.len()) {
        let (name, of) = ("a point", "coordinates, one a direction");
        return Err(LearningError::Size { name, of, expected: directions.len(), found: wrong.len() });
    }
    coordinates
        .par_iter()
        .map(|c| {
            let weights = Mat::from_fn(n, n, |i, j| {
                centre[(i, j)] + c.iter().zip(directions).map(|(c, d)| c * d[(i, j)]).sum::<f64>()
            });
            let growth = if with_growth {
                let values = eigenvalues(weights.as_ref())?;
                Some(values.iter().map(|v| v.re).fold(f64::NEG_INFINITY, f64::max))
            } else {
                None
            };
            let Ok(lu) = Lu::from_matrix(identity_minus(weights.as_ref())) else {
                return Ok(LandscapePoint { loss: f64::INFINITY, sign: 0.0, growth });
            };
            let mut rates = task.inputs().to_owned();
            lu.solve_matrix_in_place(rates.as_mut());
            let square: f64 = (0..task.samples())
                .map(|c| {
                    let pairs = rates.col(c).iter().zip(task.targets().col(c).iter());
                    pairs.map(|(r, y)| (r - y) * (r - y)).sum::<f64>()
                })
                .sum();
            Ok(LandscapePoint { loss: square / task.samples() as f64, sign: lu.determinant_sign(), growth })
        })
        .collect()
}

/// Every real t at which 1 − W − tD is singular, in increasing order: the poles of the loss along the line W + tD.
///
/// They are the inverses of the real eigenvalues of (1 − W)⁻¹D, hence all of them, to rounding; pairs of poles closer
/// than rounding in the eigenvalues may be missed or found as none.
///
/// # Errors
/// [`LearningError::Linalg`] if 1 − W is singular, or the spectrum cannot be computed.
pub fn singular_steps(
    weights: MatRef<'_, f64>,
    direction: MatRef<'_, f64>,
) -> Result<Vec<f64>, LearningError> {
    let lu = Lu::from_matrix(identity_minus(weights))?;
    for found in [direction.nrows(), direction.ncols()] {
        if found != weights.nrows() {
            let expected = weights.nrows();
            return Err(LearningError::Size {
                name: "the direction",
                of: "rows and columns",
                expected,
                found,
            });
        }
    }
    let mut pencil = direction.to_owned();
    lu.solve_matrix_in_place(pencil.as_mut());
    let values = eigenvalues(pencil.as_ref())?;
    let largest = values.iter().map(|v| v.norm()).fold(0.0, f64::max);
    let mut steps: Vec<f64> =
        values.iter().filter(|v| v.im == 0.0 && v.re.abs() > 1e-14 * largest).map(|v| 1.0 / v.re).collect();
    steps.sort_by(f64::total_cmp);
    Ok(steps)
}
