//! The course of rule 1 on a linear network, in the basis that its inputs suggest.
//!
//! The rule does not ask for a basis: with any orthogonal Q, QᵀX, QᵀY and QᵀWQ learn as X, Y and W do. In a basis whose last
//! m vectors span the inputs, the first N − m rows of X are zeros, and stay zeros while the first of the two triangular
//! systems for the rates (1 − W)⁻¹X is solved from above. Rows keep their places if it is the transposed matrix that is
//! factored with pivots.

use attractorlab_numerics::linalg::{LinalgError, Lu, Mat, MatRef, Qr, frobenius_norm, matmul, matmul_add};

use super::task::{LinearTask, identity_minus, product_transposed};
use crate::training::equilibrium::LearningError;

/// The course of rule 1: the same weights and losses as single steps of [`LinearRule::Gradient`](super::LinearRule) up to
/// rounding, with fewer operations a step where the inputs of fewer samples m than units N are independent.
///
/// ```
/// use attractorlab::numerics::{linalg::Mat, random::Stream};
/// use attractorlab::training::equilibrium::linear::{
///     GradientPath, LinearRule, LinearTask, LinearWeights,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream = Stream::new(1, "example", 0);
/// let mut normal = |rows, columns, sd: f64| Mat::from_fn(rows, columns, |_, _| sd * stream.normal());
/// let (x, y, start) = (normal(10, 4, 0.5), normal(10, 4, 0.5), normal(10, 10, 0.1));
/// let task = LinearTask::new(x, y)?;
/// let mut path = GradientPath::new(&task, start.as_ref(), 0.2)?;
/// path.advance(10)?;
/// let mut literal = LinearWeights::new(&task, start)?;
/// for _ in 0..10 {
///     literal.step(LinearRule::Gradient, 0.2)?;
/// }
/// assert!((path.loss()? / task.loss(literal.weights())? - 1.0).abs() < 1e-10);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct GradientPath {
    /// Q, unless it is the identity.
    basis: Option<Mat<f64>>,
    /// QᵀX below its first `zeros` rows.
    inputs: Mat<f64>,
    zeros: usize,
    /// QᵀY.
    targets: Mat<f64>,
    /// Qᵀ(1 − W)ᵀQ.
    transposed: Mat<f64>,
    /// 2η/m.
    scale: f64,
    step: u64,
    /// Of `transposed`, if `solved`, or memory for the next.
    lu: Option<Lu>,
    /// QᵀR and QᵀE with E = R − Y, if `solved`.
    rates: Mat<f64>,
    error: Mat<f64>,
    solved: bool,
}

impl GradientPath {
    /// The path from W under the learning rate η.
    ///
    /// # Errors
    /// [`LearningError`] unless W is N×N and finite, and 1 − W regular.
    pub fn new(task: &LinearTask, weights: MatRef<'_, f64>, rate: f64) -> Result<Self, LearningError> {
        let (n, m) = (task.units(), task.samples());
        task.check_weights(weights)?;
        let scale = 2.0 * rate / m as f64;
        let transposed = identity_minus(weights).transpose().to_owned();
        // In another basis what is singular is so up to rounding only.
        let lu = Lu::new(transposed.as_ref())?;
        let own_basis = Self {
            basis: None,
            inputs: task.inputs().to_owned(),
            zeros: 0,
            targets: task.targets().to_owned(),
            transposed,
            scale,
            step: 0,
            lu: Some(lu),
            rates: Mat::zeros(n, m),
            error: Mat::zeros(n, m),
            solved: false,
        };
        if m >= n {
            return Ok(own_basis);
        }
        let q = match Qr::new(task.inputs()) {
            Ok(qr) => qr.q(),
            // Dependent inputs have bases of this kind too, which this factorisation refuses to give.
            Err(LinalgError::RankDeficient { .. }) => return Ok(own_basis),
            Err(error) => return Err(error.into()),
        };
        // The inputs' vectors go last.
        let basis = Mat::from_fn(n, n, |i, j| q[(i, (j + m) % n)]);
        let mut middle = Mat::zeros(n, n);
        matmul(own_basis.transposed.as_ref(), basis.as_ref(), middle.as_mut());
        Ok(Self {
            inputs: product_transposed(basis.as_ref().subcols(n - m, m), task.inputs()),
            zeros: n - m,
            targets: product_transposed(basis.as_ref(), task.targets()),
            transposed: product_transposed(basis.as_ref(), middle.as_ref()),
            basis: Some(basis),
            ..own_basis
        })
    }

    /// The number of steps made.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Makes steps. A path that cannot go on stays where it is.
    ///
    /// # Errors
    /// [`LearningError::Linalg`] where 1 − W is singular (not if only up to rounding), or the weights have left the numbers.
    pub fn advance(&mut self, steps: u64) -> Result<(), LearningError> {
        for _ in 0..steps {
            self.solve()?;
            self.solved = false;
            // The adjoint states (1 − W)⁻ᵀE.
            if let Some(lu) = &self.lu {
                lu.solve_matrix_in_place(self.error.as_mut());
            }
            let adjoint = self.error.transpose();
            matmul_add(self.scale, self.rates.as_ref(), adjoint, self.transposed.as_mut());
            self.step += 1;
        }
        Ok(())
    }

    /// J at this step.
    ///
    /// # Errors
    /// As [`GradientPath::advance`].
    pub fn loss(&mut self) -> Result<f64, LearningError> {
        self.solve()?;
        let norm = frobenius_norm(self.error.as_ref());
        Ok(norm * norm / self.targets.ncols() as f64)
    }

    /// W at this step.
    pub fn weights(&self) -> Mat<f64> {
        let weights = identity_minus(self.transposed.transpose());
        let Some(basis) = &self.basis else { return weights };
        let n = weights.nrows();
        let (mut middle, mut out) = (Mat::zeros(n, n), Mat::zeros(n, n));
        matmul(basis.as_ref(), weights.as_ref(), middle.as_mut());
        matmul(middle.as_ref(), basis.transpose(), out.as_mut());
        out
    }

    /// Finds rates and errors at this step.
    fn solve(&mut self) -> Result<(), LearningError> {
        if self.solved {
            return Ok(());
        }
        let lu = match self.lu.take() {
            Some(last) => last.factor_next(self.transposed.as_ref())?,
            None => Lu::new(self.transposed.as_ref())?,
        };
        let (zeros, m) = (self.zeros, self.targets.ncols());
        for c in 0..m {
            let (zeros, inputs) = self.rates.col_as_slice_mut(c).split_at_mut(zeros);
            zeros.fill(0.0);
            inputs.copy_from_slice(self.inputs.col_as_slice(c));
        }
        lu.solve_transposed_tail_in_place(zeros, self.rates.as_mut());
        for c in 0..m {
            let of = self.rates.col_as_slice(c).iter().zip(self.targets.col_as_slice(c));
            self.error.col_as_slice_mut(c).iter_mut().zip(of).for_each(|(e, (r, y))| *e = r - y);
        }
        (self.lu, self.solved) = (Some(lu), true);
        Ok(())
    }
}
