//! The whole course of rules 2 and 3 on a linear network, from small matrices.
//!
//! Both rules move A = (1 − W)⁻¹ only along Xᵀ: A_k = A₀ − (E₀ − E_k)X⁺ with the errors E = AX − Y. For rule 2 the errors
//! are E₀(1 − ηK)^k with K = (2/m)XᵀX. For rule 3 the matrix T = (2/m)Xᵀ(X − BY) obeys T ← T(1 − ηK + ηT), and the
//! errors follow from it.

use std::sync::OnceLock;

use attractorlab_numerics::linalg::{
    Lu, Mat, MatMut, MatRef, Qr, Svd, SymmetricEigen, frobenius_norm, matmul, matmul_add, singular_values,
};

use super::task::{LinearTask, identity_minus, product_transposed};
use crate::training::equilibrium::LearningError;

/// What both paths share.
#[derive(Debug, Clone)]
struct Start {
    /// The factors of 1 − W₀ = A₀⁻¹.
    factors: Lu,
    /// E₀ = A₀X − Y.
    error: Mat<f64>,
    /// X, or Xᵀ with more samples than units.
    inputs: Mat<f64>,
    /// Its factors, where they are asked for.
    factored_inputs: OnceLock<Qr>,
    units: usize,
    samples: f64,
    /// A₀ and X⁺, m×N, which only weights and limits ask for.
    inverses: OnceLock<(Mat<f64>, Mat<f64>)>,
}

impl Start {
    fn new(task: &LinearTask, weights: MatRef<'_, f64>) -> Result<Self, LearningError> {
        let (units, samples) = (task.units(), task.samples());
        task.check_weights(weights)?;
        let factors = Lu::from_matrix(identity_minus(weights))?;
        let mut error = task.inputs().to_owned();
        factors.solve_matrix_in_place(error.as_mut());
        error -= task.targets();
        let inputs = if samples > units { task.inputs().transpose() } else { task.inputs() }.to_owned();
        let (factored_inputs, inverses) = (OnceLock::new(), OnceLock::new());
        Ok(Self { factors, error, inputs, factored_inputs, units, samples: samples as f64, inverses })
    }

    /// Refuses inputs that are rank-deficient. Where `ratio`, of the least to the largest eigenvalue of XᵀX, leaves no doubt,
    /// nothing is computed.
    fn check_rank(&self, ratio: f64) -> Result<(), LearningError> {
        if !(ratio > 1e-9) && self.factored_inputs.get().is_none() {
            let _ = self.factored_inputs.set(Qr::new(self.inputs.as_ref())?);
        }
        Ok(())
    }

    fn factored_inputs(&self) -> &Qr {
        self.factored_inputs.get_or_init(|| Qr::new(self.inputs.as_ref()).expect("inputs of full rank"))
    }

    /// A₀ and X⁺.
    fn inverses(&self) -> &(Mat<f64>, Mat<f64>) {
        self.inverses.get_or_init(|| {
            let rows = self.units.max(self.error.ncols());
            let inverse = self.factored_inputs().least_squares_matrix(Mat::identity(rows, rows).as_ref());
            let wide = self.error.ncols() > self.units;
            (self.factors.inverse(), if wide { inverse.transpose().to_owned() } else { inverse })
        })
    }

    /// A of the errors E: A₀ − (E₀ − E)X⁺.
    fn response(&self, error: MatRef<'_, f64>) -> Mat<f64> {
        let (response, inverse) = self.inverses();
        let (mut response, moved) = (response.clone(), &self.error - error);
        matmul_add(-1.0, moved.as_ref(), inverse.as_ref(), response.as_mut());
        response
    }

    /// A_∞ = A₀ − E₀X⁺, to which rules 2 and 3 converge.
    fn limit(&self) -> Mat<f64> {
        self.response(Mat::zeros(self.error.nrows(), self.error.ncols()).as_ref())
    }

    /// A_∞ R.
    fn limit_times(&self, r: MatRef<'_, f64>) -> Mat<f64> {
        if self.error.ncols() > self.units {
            return times(self.limit().as_ref(), r);
        }
        let along = self.factored_inputs().least_squares_matrix(r);
        let mut out = r.to_owned();
        self.factors.solve_matrix_in_place(out.as_mut());
        matmul_add(-1.0, self.error.as_ref(), along.as_ref(), out.as_mut());
        out
    }

    /// W of the errors E: 1 − A⁻¹.
    fn weights(&self, error: &Mat<f64>) -> Result<Mat<f64>, LearningError> {
        let inverse = Lu::from_matrix(self.response(error.as_ref()))?.inverse();
        Ok(identity_minus(inverse.as_ref()))
    }
}

/// The course of rule 2 from one eigendecomposition: the loss at any step, and the step at which a loss is reached.
///
/// ```
/// use attractorlab::numerics::{linalg::Mat, random::Stream};
/// use attractorlab::training::equilibrium::linear::{
///     LinearRule, LinearTask, LinearWeights, ReparameterisedPath,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream = Stream::new(1, "example", 0);
/// let mut normal = |rows, columns, sd: f64| Mat::from_fn(rows, columns, |_, _| sd * stream.normal());
/// let (x, y, start) = (normal(10, 4, 0.5), normal(10, 4, 0.5), normal(10, 10, 0.1));
/// let task = LinearTask::new(x, y)?;
/// let path = ReparameterisedPath::new(&task, start.as_ref(), 0.2, false)?;
/// let mut literal = LinearWeights::new(&task, start)?;
/// for _ in 0..10 {
///     literal.step(LinearRule::Reparameterised, 0.2)?;
/// }
/// let loss = task.loss(literal.weights())?;
/// assert!((path.loss(10) / loss - 1.0).abs() < 1e-10);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ReparameterisedPath {
    start: Start,
    /// Eigenvalues and eigenvectors of K.
    values: Vec<f64>,
    modes: Mat<f64>,
    /// By what the error of each mode is multiplied in a step.
    factors: Vec<f64>,
    /// |E₀ v|²/m of each mode.
    weights: Vec<f64>,
}

impl ReparameterisedPath {
    /// The path from W under the learning rate η; `lookahead` as in [`LinearRule::Lookahead`](super::LinearRule).
    ///
    /// # Errors
    /// [`LearningError`] if W has another shape, 1 − W is singular, or X is rank-deficient.
    pub fn new(
        task: &LinearTask,
        weights: MatRef<'_, f64>,
        rate: f64,
        lookahead: bool,
    ) -> Result<Self, LearningError> {
        let start = Start::new(task, weights)?;
        let m = task.samples();
        let gram = product_transposed(task.inputs(), task.inputs());
        let kernel = Mat::from_fn(m, m, |i, j| (gram[(i, j)] + gram[(j, i)]) / start.samples);
        let eigen = SymmetricEigen::new(kernel.as_ref())?;
        start.check_rank(eigen.values[0] / eigen.values[m - 1])?;
        let factors = factors(&eigen.values, rate, lookahead);
        let mut projected = Mat::zeros(task.units(), m);
        matmul(start.error.as_ref(), eigen.vectors.as_ref(), projected.as_mut());
        let weights =
            (0..m).map(|j| projected.col(j).iter().map(|e| e * e).sum::<f64>() / start.samples).collect();
        Ok(Self { start, values: eigen.values, modes: eigen.vectors, factors, weights })
    }

    /// The path from the same weights under another learning rate, for nothing.
    #[must_use]
    pub fn at_rate(mut self, rate: f64, lookahead: bool) -> Self {
        self.factors = factors(&self.values, rate, lookahead);
        self
    }

    /// J at steps 0 to `steps`.
    pub fn losses(&self, steps: u64) -> Vec<f64> {
        let squares: Vec<f64> = self.factors.iter().map(|f| f * f).collect();
        let mut weights = self.weights.clone();
        (0..=steps)
            .map(|_| {
                let loss = weights.iter().sum();
                weights.iter_mut().zip(&squares).for_each(|(w, f)| *w *= f);
                loss
            })
            .collect()
    }

    /// J after `step` steps.
    pub fn loss(&self, step: u64) -> f64 {
        self.weights.iter().zip(&self.factors).map(|(w, f)| w * f.powi(2).powf(step as f64)).sum()
    }

    /// The first step after which J is below `threshold`; `None` if it never will be, or the rule diverges.
    pub fn step_below(&self, threshold: f64) -> Option<u64> {
        // Without a mode that grows J never rises.
        if self.factors.iter().any(|f| f.abs() > 1.0 + 1e-12) {
            return None;
        }
        if self.loss(0) < threshold {
            return Some(0);
        }
        let (mut low, mut high) = (0_u64, 1_u64);
        while !(self.loss(high) < threshold) {
            (low, high) = (high, high.checked_mul(2).filter(|h| *h < 1 << 50)?);
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.loss(middle) < threshold { high = middle } else { low = middle }
        }
        Some(high)
    }

    /// Whether no mode grows: η λ_max(K) ≤ 2.
    pub fn is_stable(&self) -> bool {
        self.factors.iter().all(|f| f.abs() <= 1.0)
    }

    /// E_k = A_k X − Y, N×m.
    pub fn errors(&self, step: u64) -> Mat<f64> {
        let m = self.factors.len();
        let scaled = Mat::from_fn(m, m, |i, j| {
            // The sign of negative factors alternates.
            let power = self.factors[j].abs().powf(step as f64);
            let sign = if self.factors[j] < 0.0 && step % 2 == 1 { -1.0 } else { 1.0 };
            self.modes[(i, j)] * power * sign
        });
        let (mut first, mut out) =
            (Mat::zeros(self.start.error.nrows(), m), Mat::zeros(self.start.error.nrows(), m));
        matmul(self.start.error.as_ref(), scaled.as_ref(), first.as_mut());
        matmul(first.as_ref(), self.modes.transpose(), out.as_mut());
        out
    }

    /// W after `step` steps.
    ///
    /// # Errors
    /// [`LearningError::Linalg`] if the response is singular there.
    pub fn weights(&self, step: u64) -> Result<Mat<f64>, LearningError> {
        self.start.weights(&self.errors(step))
    }

    /// The weights to which rules 2 and 3 both converge, 1 − (A₀ − E₀X⁺)⁻¹.
    ///
    /// # Errors
    /// [`LearningError::Linalg`] if the response is singular there: the weights then grow without bound.
    pub fn limit(&self) -> Result<Mat<f64>, LearningError> {
        self.start.weights(&Mat::zeros(self.start.error.nrows(), self.start.error.ncols()))
    }
}

/// By what a step multiplies the error of the modes with these eigenvalues of K.
fn factors(values: &[f64], rate: f64, lookahead: bool) -> Vec<f64> {
    let factor = |step: f64| if lookahead { 1.0 - step + step * step } else { 1.0 - step };
    values.iter().map(|lambda| factor(rate * lambda)).collect()
}

/// The course of rule 3, one product of m×m matrices a step at most; the loss and the weights only where they are asked for.
///
/// In the eigenbasis of K, (2/m)XᵀX = VΛVᵀ, column j of T obeys tⱼ ← (1 − ηλⱼ + ηT) tⱼ: it vanishes sooner the larger λⱼ,
/// and once it is below rounding beside the others it is left out. With X − BY = C T and Xᵀ(X − BY) = (m/2) T the errors
/// are A_∞ C T (1 − Λ⁻¹T)⁻¹, with no more of the network in them than its limit.
///
/// Every step multiplies T from the right, which leaves its columns in the space that they span: of r columns that are left,
/// r rows tell all others, by a matrix that the course does not change. So only r×r numbers are stepped.
#[derive(Debug, Clone)]
pub struct LinearisedPath {
    start: Start,
    rate: f64,
    /// Λ, rising, and V.
    eigenvalues: Vec<f64>,
    modes: Mat<f64>,
    /// VᵀTV = `lift` times as many rows of `transfer` as it has columns, and the first `active` columns of that.
    transfer: Mat<f64>,
    active: usize,
    lift: Mat<f64>,
    /// X − BY = `residual` · P · Vᵀ, where P is VᵀTV itself, or the product of all steps where T₀ is singular.
    residual: Mat<f64>,
    product: Option<Product>,
    /// The triangular factor of A_∞ · `residual` · `lift`, whose norm is that of the matrix; or the matrix itself, where it has none.
    moved: Mat<f64>,
    is_triangle: bool,
    step: u64,
    next: Mat<f64>,
}

/// P where T₀ is singular, and VᵀX⁺ · `residual`.
#[derive(Debug, Clone)]
struct Product {
    course: Mat<f64>,
    projected: Mat<f64>,
}

/// Rows that must be in excess before the others are told by them, and the size of the factors with which they may tell them, which
/// amplify rounding.
const EXCESS: usize = 4;
const AMPLIFIED: f64 = 1e3;

/// Steps between two looks for columns that have vanished, and the size, beside the largest column, at which one has.
const LOOK: u64 = 8;
const VANISHED: f64 = 0.2 * f64::EPSILON;

impl LinearisedPath {
    /// The path from W under the learning rate η.
    ///
    /// # Errors
    /// [`LearningError`] if W has another shape, 1 − W is singular, or X is rank-deficient.
    pub fn new(task: &LinearTask, weights: MatRef<'_, f64>, rate: f64) -> Result<Self, LearningError> {
        let start = Start::new(task, weights)?;
        let (n, m) = (task.units(), task.samples());
        start.check_rank(0.0)?;
        let (eigenvalues, modes, inputs) = if n >= m {
            // Of X itself, and XV = UΣ: from XᵀX, or as a product, what is small would have lost its digits.
            let Svd { values, u, v } = Svd::new(task.inputs())?;
            let modes = Mat::from_fn(m, m, |i, j| v[(i, m - 1 - j)]);
            let inputs = Mat::from_fn(n, m, |i, j| values[m - 1 - j] * u[(i, m - 1 - j)]);
            (values.iter().rev().map(|s| 2.0 * s * s / start.samples).collect(), modes, inputs)
        } else {
            let gram = product_transposed(task.inputs(), task.inputs());
            let kernel = Mat::from_fn(m, m, |i, j| (gram[(i, j)] + gram[(j, i)]) / start.samples);
            let SymmetricEigen { values, vectors, .. } = SymmetricEigen::new(kernel.as_ref())?;
            let inputs = times(task.inputs(), vectors.as_ref());
            (values, vectors, inputs)
        };
        let b = identity_minus(weights);
        let mut first = task.inputs().to_owned();
        matmul_add(-1.0, b.as_ref(), task.targets(), first.as_mut());
        let first = times(first.as_ref(), modes.as_ref());
        let mut transfer = product_transposed(inputs.as_ref(), first.as_ref());
        (0..m).for_each(|j| transfer.col_mut(j).iter_mut().for_each(|t| *t *= 2.0 / start.samples));
        // X − BY = R₀ T₀⁻¹ T, where T₀ can be inverted without loss.
        let sigma = singular_values(transfer.as_ref())?;
        let invertible = sigma.last().is_some_and(|low| *low > 1e-7 * sigma[0]);
        let (residual, product) = if invertible {
            let mut transposed = first.transpose().to_owned();
            Lu::from_matrix(transfer.transpose().to_owned())?.solve_matrix_in_place(transposed.as_mut());
            (transposed.transpose().to_owned(), None)
        } else {
            let projected = times(start.inverses().1.as_ref(), first.as_ref());
            let projected = times(modes.transpose(), projected.as_ref());
            (first, Some(Product { course: Mat::identity(m, m), projected }))
        };
        let moved = start.limit_times(residual.as_ref());
        let triangle = if n >= m { Qr::new(moved.as_ref()).ok().map(|qr| qr.r()) } else { None };
        let next = Mat::zeros(m, m);
        let mut path = Self {
            start,
            rate,
            eigenvalues,
            modes,
            transfer,
            active: m,
            lift: Mat::identity(m, m),
            residual,
            product,
            is_triangle: triangle.is_some(),
            moved: triangle.unwrap_or(moved),
            step: 0,
            next,
        };
        path.leave_out();
        Ok(path)
    }

    /// Makes steps.
    pub fn advance(&mut self, steps: u64) {
        for _ in 0..steps {
            let (lambdas, rows) = (&self.eigenvalues[..self.active], self.rows());
            let transfer = self.transfer.as_ref().subrows(0, rows);
            if let Some(Product { course, .. }) = &mut self.product {
                multiply_by_step(course.as_ref(), transfer, lambdas, self.rate, self.next.as_mut());
                std::mem::swap(course, &mut self.next);
            }
            multiply_by_step(transfer, transfer, lambdas, self.rate, self.next.as_mut().subrows_mut(0, rows));
            std::mem::swap(&mut self.transfer, &mut self.next);
            self.step += 1;
            if self.step.is_multiple_of(LOOK) {
                self.leave_out();
            }
        }
    }

    /// Number of rows that are stepped; the others follow from them.
    fn rows(&self) -> usize {
        self.lift.ncols()
    }

    /// Leaves out the last columns while they have vanished beside the largest, and go on vanishing.
    fn leave_out(&mut self) {
        let matrices = [Some(&self.transfer), self.product.as_ref().map(|product| &product.course)];
        let sizes: Vec<Vec<f64>> = matrices
            .into_iter()
            .flatten()
            .map(|matrix| (0..self.active).map(|j| largest(&matrix.col_as_slice(j)[..self.rows()])).collect())
            .collect();
        // A course that diverges keeps all its columns.
        if !sizes.iter().flatten().all(|size| size.is_finite()) {
            return;
        }
        let floors: Vec<f64> = sizes.iter().map(|sizes| VANISHED * largest(sizes)).collect();
        let vanished = |j: usize| {
            (1.0 - self.rate * self.eigenvalues[j]).abs() < 1.0
                && sizes.iter().zip(&floors).all(|(sizes, floor)| sizes[j] <= *floor)
        };
        while self.active > 1 && vanished(self.active - 1) {
            self.active -= 1;
        }
        // The product of all steps is needed in full.
        if self.product.is_none() && self.rows() >= self.active + EXCESS {
            self.tell_by_first_rows();
        }
    }

    /// Keeps as many rows of T as columns, if the others follow from them with little loss.
    fn tell_by_first_rows(&mut self) {
        let (rows, r) = (self.rows(), self.active);
        // Columns differ by all that numbers can tell apart.
        let sizes: Vec<f64> = (0..r).map(|j| largest(&self.transfer.col_as_slice(j)[..rows])).collect();
        let columns = Mat::from_fn(r, rows, |j, i| self.transfer[(i, j)] / sizes[j]);
        let (first, others) = columns.as_ref().split_at_col(r);
        let Ok(factors) = Lu::from_matrix(first.to_owned()) else { return };
        let mut told = others.to_owned();
        factors.solve_matrix_in_place(told.as_mut());
        let follow = |matrix: &Mat<f64>| {
            let (first, others) = matrix.as_ref().split_at_col(r);
            let mut kept = first.to_owned();
            matmul_add(1.0, others, told.transpose(), kept.as_mut());
            kept
        };
        let lift = follow(&self.lift);
        if !(told.norm_max().max(lift.norm_max()) < AMPLIFIED) {
            return;
        }
        (self.lift, self.moved) = (lift, follow(&self.moved));
        if self.is_triangle {
            match Qr::new(self.moved.as_ref()) {
                Ok(qr) => self.moved = qr.r(),
                Err(_) => self.is_triangle = false,
            }
        }
    }

    /// Number of steps made.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The rows and columns of P that count.
    fn course(&self) -> MatRef<'_, f64> {
        let p = self.product.as_ref().map_or(&self.transfer, |product| &product.course);
        p.as_ref().submatrix(0, 0, self.rows(), self.active)
    }

    /// Z = (1 − PQ)⁻¹P with Q = VᵀX⁺ · `residual`, in the columns that count, so that
    /// E = A_∞ · `residual` · `lift` · ZVᵀ.
    fn resolved(&self) -> Result<Mat<f64>, LearningError> {
        let (p, m, r) = (self.course(), self.rows(), self.active);
        let mut z = p.to_owned();
        if let Some(product) = &self.product {
            let mut factor = Mat::identity(m, m);
            matmul_add(-1.0, p, product.projected.as_ref().subrows(0, r), factor.as_mut());
            Lu::from_matrix(factor)?.solve_matrix_in_place(z.as_mut());
            return Ok(z);
        }
        // Q = Λ⁻¹: 1 − PQ has r columns that are not those of the identity.
        let scaled = Mat::from_fn(m, r, |i, j| p[(i, j)] / self.eigenvalues[j]);
        let (upper, lower) = scaled.as_ref().split_at_row(r);
        let factor = Mat::from_fn(r, r, |i, j| f64::from(u8::from(i == j)) - upper[(i, j)]);
        let (mut z_upper, z_lower) = z.as_mut().split_at_row_mut(r);
        Lu::from_matrix(factor)?.solve_matrix_in_place(z_upper.as_mut());
        matmul_add(1.0, lower, z_upper.as_ref(), z_lower);
        Ok(z)
    }

    /// Whether the course has left what numbers can hold.
    pub fn has_diverged(&self) -> bool {
        let finite = |matrix: &Mat<f64>| {
            let columns = (0..self.active).map(|j| &matrix.col_as_slice(j)[..self.rows()]);
            columns
                .fold(true, |so_far, column| column.iter().fold(so_far, |so_far, v| so_far & v.is_finite()))
        };
        !finite(&self.transfer) || self.product.as_ref().is_some_and(|product| !finite(&product.course))
    }

    /// J at this step; infinite once the rule has [diverged](Self::has_diverged).
    ///
    /// # Errors
    /// [`LearningError::Linalg`] where 1 − W is singular.
    pub fn loss(&self) -> Result<f64, LearningError> {
        if self.has_diverged() {
            return Ok(f64::INFINITY);
        }
        let z = self.resolved()?;
        let mut error = Mat::zeros(self.moved.nrows(), z.ncols());
        // What is left of the diagonal of a triangle is zero.
        let half = if self.is_triangle { z.nrows() / 2 } else { 0 };
        let (upper, lower) = self.moved.as_ref().split_at_row(half);
        let (error_upper, error_lower) = error.as_mut().split_at_row_mut(half);
        matmul(upper, z.as_ref(), error_upper);
        let rest = z.nrows() - half;
        matmul(lower.subcols(half, rest), z.as_ref().subrows(half, rest), error_lower);
        let norm = frobenius_norm(error.as_ref());
        Ok(norm * norm / self.start.samples)
    }

    /// W at this step.
    ///
    /// # Errors
    /// [`LearningError::Linalg`] where 1 − W is singular, and once the rule has [diverged](Self::has_diverged).
    pub fn weights(&self) -> Result<Mat<f64>, LearningError> {
        let left = self.start.limit_times(self.residual.as_ref());
        let left = times(left.as_ref(), self.lift.as_ref());
        let error = times(left.as_ref(), self.resolved()?.as_ref());
        let modes = self.modes.as_ref().subcols(0, self.active);
        self.start.weights(&times(error.as_ref(), modes.transpose()))
    }
}

/// `out = P (1 − ηΛ + ηT)` in the columns of these eigenvalues.
fn multiply_by_step(
    p: MatRef<'_, f64>,
    transfer: MatRef<'_, f64>,
    eigenvalues: &[f64],
    rate: f64,
    mut out: MatMut<'_, f64>,
) {
    let (m, r) = (p.nrows(), eigenvalues.len());
    for (j, lambda) in eigenvalues.iter().enumerate() {
        let factor = 1.0 - rate * lambda;
        out.as_mut().col_mut(j).iter_mut().zip(p.col(j).iter()).for_each(|(out, p)| *out = factor * p);
    }
    let (p, transfer) = (p.subcols(0, r), transfer.submatrix(0, 0, r, r));
    matmul_add(rate, p, transfer, out.submatrix_mut(0, 0, m, r));
}

/// The largest size; NaN if there is one.
fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most: f64, v| if v.abs() > most || v.is_nan() { v.abs() } else { most })
}

fn times(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let mut out = Mat::zeros(a.nrows(), b.ncols());
    matmul(a, b, out.as_mut());
    out
}

#[cfg(test)]
mod tests {
    use super::LinearisedPath;
    use crate::training::equilibrium::linear::{LinearRule, LinearTask, LinearWeights};
    use attractorlab_numerics::linalg::{Lu, Mat};
    use attractorlab_numerics::random::Stream;

    #[test]
    fn rows_are_told_by_others_again_and_again() {
        let mut stream = Stream::new(2, "rows", 0);
        let (n, m, rate) = (60, 40, 0.3);
        let mut normal = |rows, columns, sd: f64| Mat::from_fn(rows, columns, |_, _| sd * stream.normal());
        let (x, start, noise) = (normal(n, m, 0.6), normal(n, n, 0.05), normal(n, m, 0.05));
        let teacher = Lu::from_matrix(Mat::<f64>::identity(n, n) - normal(n, n, 0.05)).unwrap();
        let y = teacher.inverse() * &x + noise;
        let task = LinearTask::new(x, y).unwrap();
        let mut path = LinearisedPath::new(&task, start.as_ref(), rate).unwrap();
        let mut literal = LinearWeights::new(&task, start).unwrap();
        let mut rows = vec![path.rows()];
        for step in 1..=800 {
            path.advance(1);
            literal.step(LinearRule::Linearised, rate).unwrap();
            if rows.last() != Some(&path.rows()) {
                rows.push(path.rows());
            }
            if step % 40 == 0 {
                let (found, expected) = (path.loss().unwrap(), task.loss(literal.weights()).unwrap());
                assert!((found / expected - 1.0).abs() < 1e-9, "{step}: {found} {expected}");
            }
        }
        assert!(rows.len() > 3 && path.rows() < m / 2, "{rows:?}");
        let error = (path.weights().unwrap() - literal.weights()).norm_max();
        assert!(error < 1e-9, "{error:e}");
    }
}
