//! The learning problem of a linear network, and the rules as they are written.

use attractorlab_numerics::linalg::{
    Lu, Mat, MatRef, Qr, eigenvalues, frobenius_norm, matmul, matmul_add, matmul_transposed,
};

use crate::training::equilibrium::LearningError;
use crate::training::equilibrium::reparameterised::finite_step;

/// Inputs X and targets Y, N×m: J(W) = (1/m) |(1 − W)⁻¹X − Y|².
#[derive(Debug, Clone)]
pub struct LinearTask {
    inputs: Mat<f64>,
    targets: Mat<f64>,
}

/// A rule for linear networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinearRule {
    /// Rule 1: ΔW = −η (2/m) Aᵀ(AX − Y)(AX)ᵀ.
    Gradient,
    /// Rule 2: A' = A − η (2/m)(AX − Y)Xᵀ.
    Reparameterised,
    /// Rule 2 with the residual at the stepped A, as in one of the authors' notebooks.
    Lookahead,
    /// Rule 3: ΔW = −η (2/m)(X − BY)XᵀB with B = 1 − W. Needs neither fixed point nor inverse.
    Linearised,
}

impl LinearTask {
    /// The problem of these inputs and targets.
    ///
    /// # Errors
    /// [`LearningError`] if the shapes differ, there are no samples, or an entry is not finite.
    pub fn new(inputs: Mat<f64>, targets: Mat<f64>) -> Result<Self, LearningError> {
        let size = |name, of, expected, found| LearningError::Size { name, of, expected, found };
        if targets.nrows() != inputs.nrows() {
            return Err(size("the targets", "rows, one a unit", inputs.nrows(), targets.nrows()));
        }
        if targets.ncols() != inputs.ncols() {
            return Err(size("the targets", "columns, one a sample", inputs.ncols(), targets.ncols()));
        }
        if inputs.ncols() == 0 || inputs.nrows() == 0 {
            return Err(size("the inputs", "units and samples at least", 1, 0));
        }
        for (name, matrix) in [("inputs", &inputs), ("targets", &targets)] {
            for c in 0..matrix.ncols() {
                if matrix.col(c).iter().any(|v| !v.is_finite()) {
                    return Err(LearningError::Option { name, expected: "finite numbers", value: f64::NAN });
                }
            }
        }
        Ok(Self { inputs, targets })
    }

    /// X.
    pub fn inputs(&self) -> MatRef<'_, f64> {
        self.inputs.as_ref()
    }

    /// Y.
    pub fn targets(&self) -> MatRef<'_, f64> {
        self.targets.as_ref()
    }

    /// Number of units N.
    pub fn units(&self) -> usize {
        self.inputs.nrows()
    }

    /// Number of samples m.
    pub fn samples(&self) -> usize {
        self.inputs.ncols()
    }

    /// W* = (Y − X) Y⁺, whose loss is zero if m ≤ N and Y has full column rank.
    ///
    /// # Errors
    /// [`LearningError::Linalg`] if Y has not full column rank.
    pub fn interpolating_weights(&self) -> Result<Mat<f64>, LearningError> {
        let (n, m) = (self.units(), self.samples());
        let inverse = pseudo_inverse(self.targets.as_ref())?;
        let difference = Mat::from_fn(n, m, |i, c| self.targets[(i, c)] - self.inputs[(i, c)]);
        let mut out = Mat::zeros(n, n);
        matmul(difference.as_ref(), inverse.as_ref(), out.as_mut());
        Ok(out)
    }

    /// J at the weights W, whether they are stable or not.
    ///
    /// # Errors
    /// [`LearningError::Linalg`] if 1 − W is singular.
    pub fn loss(&self, weights: MatRef<'_, f64>) -> Result<f64, LearningError> {
        Ok(self.rates(weights)?.loss)
    }

    /// Refuses weights that are not N×N.
    pub(super) fn check_weights(&self, weights: MatRef<'_, f64>) -> Result<(), LearningError> {
        let expected = self.units();
        match [weights.nrows(), weights.ncols()].into_iter().find(|found| *found != expected) {
            None => Ok(()),
            Some(found) => {
                let (name, of) = ("the weights", "rows and columns, one a unit");
                Err(LearningError::Size { name, of, expected, found })
            }
        }
    }

    /// The rates R = (1 − W)⁻¹X and their loss.
    fn rates(&self, weights: MatRef<'_, f64>) -> Result<Solved, LearningError> {
        let lu = Lu::from_matrix(identity_minus(weights))?;
        let mut rates = self.inputs.clone();
        lu.solve_matrix_in_place(rates.as_mut());
        let mut error = rates.clone();
        for c in 0..error.ncols() {
            let targets = self.targets.col_as_slice(c);
            error.col_as_slice_mut(c).iter_mut().zip(targets).for_each(|(e, y)| *e -= y);
        }
        let norm = frobenius_norm(error.as_ref());
        Ok(Solved { lu, rates, error, loss: norm * norm / self.samples() as f64 })
    }
}

struct Solved {
    lu: Lu,
    rates: Mat<f64>,
    error: Mat<f64>,
    loss: f64,
}

/// 1 − W. Weights that are not square are left to whoever decomposes it, and are refused there.
pub(super) fn identity_minus(weights: MatRef<'_, f64>) -> Mat<f64> {
    let mut out = Mat::zeros(weights.nrows(), weights.ncols());
    for (j, column) in weights.col_iter().enumerate() {
        let out = out.col_as_slice_mut(j).iter_mut();
        match column.try_as_col_major() {
            Some(column) => out.zip(column.as_slice()).for_each(|(out, w)| *out = -w),
            None => out.zip(column.iter()).for_each(|(out, w)| *out = -w),
        }
    }
    for j in 0..out.ncols().min(out.nrows()) {
        out[(j, j)] += 1.0;
    }
    out
}

/// Y⁺ of a matrix of full column rank, or (Yᵀ)⁺ᵀ of one of full row rank.
fn pseudo_inverse(y: MatRef<'_, f64>) -> Result<Mat<f64>, LearningError> {
    if y.nrows() < y.ncols() {
        let transposed = pseudo_inverse(y.transpose().to_owned().as_ref())?;
        return Ok(transposed.transpose().to_owned());
    }
    let qr = Qr::new(y)?;
    let identity = Mat::identity(y.nrows(), y.nrows());
    Ok(qr.least_squares_matrix(identity.as_ref()))
}

/// Weights of a linear network under training, with their loss.
#[derive(Debug, Clone)]
pub struct LinearWeights<'a> {
    task: &'a LinearTask,
    weights: Mat<f64>,
}

impl<'a> LinearWeights<'a> {
    /// Starts at W.
    ///
    /// # Errors
    /// [`LearningError::Size`] unless W is N×N.
    pub fn new(task: &'a LinearTask, weights: Mat<f64>) -> Result<Self, LearningError> {
        task.check_weights(weights.as_ref())?;
        Ok(Self { task, weights })
    }

    /// W.
    pub fn weights(&self) -> MatRef<'_, f64> {
        self.weights.as_ref()
    }

    /// Largest real part of the eigenvalues of W; stable iff below one.
    ///
    /// # Errors
    /// [`LearningError::Linalg`] if the spectrum cannot be computed.
    pub fn largest_real_part(&self) -> Result<f64, LearningError> {
        let values = eigenvalues(self.weights.as_ref())?;
        Ok(values.iter().map(|v| v.re).fold(f64::NEG_INFINITY, f64::max))
    }

    /// ΔW of a rule at the learning rate η, and the loss before the step (NaN for [`LinearRule::Linearised`], which
    /// does not see it).
    ///
    /// # Errors
    /// [`LearningError::Linalg`] where 1 − W is singular, [`LearningError::Critical`] at a critical learning rate.
    pub fn increment(&self, rule: LinearRule, rate: f64) -> Result<(Mat<f64>, f64), LearningError> {
        let (n, m, task) = (self.task.units(), self.task.samples(), self.task);
        let scale = 2.0 * rate / m as f64;
        let mut change = Mat::zeros(n, n);
        match rule {
            LinearRule::Gradient => {
                let (rates, adjoint, loss) = self.adjoint()?;
                matmul_add(-scale, adjoint.as_ref(), rates.transpose(), change.as_mut());
                return Ok((change, loss));
            }
            LinearRule::Linearised => {
                let b = identity_minus(self.weights.as_ref());
                let (residual, xb) = (self.residual(&b), product_transposed(task.inputs(), b.as_ref()));
                matmul_add(-scale, residual.as_ref(), xb.as_ref(), change.as_mut());
                return Ok((change, f64::NAN));
            }
            LinearRule::Reparameterised | LinearRule::Lookahead => {}
        }
        // ηBD = U Xᵀ with U = (2η/m) B E and BE = X − BY; ΔW = −U (1 − XᵀU)⁻¹ XᵀB.
        let b = identity_minus(self.weights.as_ref());
        let mut residual = self.residual(&b);
        if rule == LinearRule::Lookahead {
            // E ← E − (2η/m) E XᵀX.
            let gram = product_transposed(task.inputs(), task.inputs());
            let before = residual.clone();
            matmul_add(-scale, before.as_ref(), gram.as_ref(), residual.as_mut());
        }
        (0..m).for_each(|c| residual.col_mut(c).iter_mut().for_each(|r| *r *= scale));
        let xb = product_transposed(task.inputs(), b.as_ref());
        Ok((finite_step(&residual, task.inputs(), xb, rate)?, f64::NAN))
    }

    /// The learning rates η > 0 at which the finite step of rule 2 ends at a singular response, det(A − η dJ/dA) = 0, in
    /// increasing order: the inverses of the positive eigenvalues of (2/m)Xᵀ(X − BY).
    ///
    /// # Errors
    /// [`LearningError::Linalg`] if the spectrum cannot be computed.
    pub fn critical_rates(&self) -> Result<Vec<f64>, LearningError> {
        let residual = self.residual(&identity_minus(self.weights.as_ref()));
        let values = eigenvalues(product_transposed(self.task.inputs(), residual.as_ref()).as_ref())?;
        let largest = values.iter().map(|v| v.norm()).fold(0.0, f64::max);
        let mut rates: Vec<f64> = values
            .iter()
            .filter(|v| v.im == 0.0 && v.re > 1e-14 * largest)
            .map(|v| 0.5 * self.task.samples() as f64 / v.re)
            .collect();
        rates.sort_by(f64::total_cmp);
        Ok(rates)
    }

    /// The rates R = AX, the adjoint states Aᵀ(R − Y), and the loss.
    fn adjoint(&self) -> Result<(Mat<f64>, Mat<f64>, f64), LearningError> {
        let Solved { lu, rates, mut error, loss } = self.task.rates(self.weights.as_ref())?;
        lu.solve_transposed_matrix_in_place(error.as_mut());
        Ok((rates, error, loss))
    }

    /// X − BY = BE.
    fn residual(&self, b: &Mat<f64>) -> Mat<f64> {
        let mut residual = self.task.inputs.clone();
        matmul_add(-1.0, b.as_ref(), self.task.targets(), residual.as_mut());
        residual
    }

    /// One step W ← W + ΔW; the loss before it, as [`LinearWeights::increment`] gives it.
    ///
    /// # Errors
    /// As [`LinearWeights::increment`].
    pub fn step(&mut self, rule: LinearRule, rate: f64) -> Result<f64, LearningError> {
        if rule == LinearRule::Gradient {
            // Added in place: ΔW need not be kept.
            let (rates, adjoint, loss) = self.adjoint()?;
            let scale = 2.0 * rate / self.task.samples() as f64;
            matmul_add(-scale, adjoint.as_ref(), rates.transpose(), self.weights.as_mut());
            return Ok(loss);
        }
        let (change, loss) = self.increment(rule, rate)?;
        for j in 0..change.ncols() {
            let change = change.col_as_slice(j);
            self.weights.col_as_slice_mut(j).iter_mut().zip(change).for_each(|(w, c)| *w += c);
        }
        Ok(loss)
    }
}

/// Aᵀ B.
pub(super) fn product_transposed(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let mut out = Mat::zeros(a.ncols(), b.ncols());
    matmul_transposed(a, b, out.as_mut());
    out
}
