//! Rule 2: a gradient step in the response matrix, mapped back to the weights.

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{Lu, Mat, MatRef, matmul_add, matmul_transposed};

use super::{Batch, LearningError, Rule, Update};
use crate::dynamics::Columns;

/// How the step in A is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReparameterisedStep {
    /// A' = A − η dJ/dA.
    #[default]
    Finite,
    /// A' = A − η dJ/dA at A − η dJ/dA: the residual is evaluated after the step, as in one of the authors' notebooks.
    Lookahead,
    /// ΔW = −η B (dJ/dA) B with B = A⁻¹: the finite step to first order in η. Equals
    /// [`Linearised`](super::Linearised) where all gains are one.
    FirstOrder,
}

/// With A = (G⁻¹ − W)⁻¹, dJ/dA = (1/m) Δ Xᵀ and A' = A − η dJ/dA: ΔW = A⁻¹ − A'⁻¹.
///
/// The rule exists where all samples have the same gains G: linear networks. It computes in 64 bits, without A or its
/// inverse: with B = G⁻¹ − W the step is B' = (1 − ηB dJ/dA)⁻¹B, and as dJ/dA has rank m at most, one m×m or N×N system
/// is solved, whichever is smaller.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reparameterised {
    /// How the step in A is made.
    pub step: ReparameterisedStep,
}

/// Reciprocal condition number below which a step counts as critical.
const CRITICAL: f64 = 1e-14;

impl<T: Real> Rule<T> for Reparameterised {
    fn name(&self) -> &'static str {
        match self.step {
            ReparameterisedStep::Finite => "reparameterised",
            ReparameterisedStep::Lookahead => "reparameterised-lookahead",
            ReparameterisedStep::FirstOrder => "reparameterised-first-order",
        }
    }

    fn update(&self, batch: &Batch<'_, T>, rate: f64) -> Result<Update<T>, LearningError> {
        let (n, m) = (batch.layer.units(), batch.drive.count());
        let gains = common_gains(&batch.states.gains)?;
        let w = batch.layer.wide_weights();
        let b = Mat::from_fn(n, n, |i, j| if i == j { 1.0 / gains[i] - w[(i, j)] } else { -w[(i, j)] });
        let (x, per_sample) = (batch.drive.to_f64(), 1.0 / batch.samples as f64);
        let delta = match self.step {
            ReparameterisedStep::Lookahead => looked_ahead(batch, &x, rate * per_sample),
            _ => batch.delta.to_f64(),
        };
        // ηB dJ/dA = U Xᵀ with U = (η/m) BΔ, and ΔW = B − B' = −U (1 − XᵀU)⁻¹ XᵀB.
        let mut u = Mat::zeros(n, m);
        matmul_add(rate * per_sample, b.as_ref(), delta.as_ref(), u.as_mut());
        let mut xb = Mat::zeros(m, n);
        matmul_transposed(x.as_ref(), b.as_ref(), xb.as_mut());
        let change = if self.step == ReparameterisedStep::FirstOrder {
            let mut change = Mat::zeros(n, n);
            matmul_add(-1.0, u.as_ref(), xb.as_ref(), change.as_mut());
            change
        } else {
            finite_step(&u, x.as_ref(), xb, rate)?
        };
        Ok(Update::new(Columns::from_fn(n, n, |i, j| T::from_f64(change[(i, j)]))))
    }
}

/// ΔW = −U (1 − XᵀU)⁻¹ XᵀB of the step B' = (1 − U Xᵀ)⁻¹B, by the smaller of the two systems; `xb` is XᵀB.
pub(super) fn finite_step(
    u: &Mat<f64>,
    x: MatRef<'_, f64>,
    mut xb: Mat<f64>,
    rate: f64,
) -> Result<Mat<f64>, LearningError> {
    let (n, m) = (x.nrows(), x.ncols());
    let mut change = Mat::zeros(n, n);
    if m < n {
        let mut factor = Mat::identity(m, m);
        matmul_add(-1.0, x.transpose(), u.as_ref(), factor.as_mut());
        factorise(factor, rate)?.solve_matrix_in_place(xb.as_mut());
        matmul_add(-1.0, u.as_ref(), xb.as_ref(), change.as_mut());
    } else {
        let mut factor = Mat::identity(n, n);
        matmul_add(-1.0, u.as_ref(), x.transpose(), factor.as_mut());
        let lu = factorise(factor, rate)?;
        matmul_add(-1.0, u.as_ref(), xb.as_ref(), change.as_mut());
        // U (1 − XᵀU)⁻¹ = (1 − UXᵀ)⁻¹ U.
        lu.solve_matrix_in_place(change.as_mut());
    }
    Ok(change)
}

fn factorise(matrix: Mat<f64>, rate: f64) -> Result<Lu, LearningError> {
    let Ok(lu) = Lu::from_matrix(matrix) else {
        return Err(LearningError::Critical { rate, reciprocal_condition: 0.0 });
    };
    let reciprocal_condition = lu.reciprocal_condition();
    if reciprocal_condition < CRITICAL {
        return Err(LearningError::Critical { rate, reciprocal_condition });
    }
    Ok(lu)
}

/// The gains that all columns share.
fn common_gains<T: Real>(gains: &Columns<T>) -> Result<Vec<f64>, LearningError> {
    let first = gains.column(0);
    for c in 1..gains.count() {
        if let Some(unit) = gains.column(c).iter().zip(first).position(|(g, f)| g != f) {
            return Err(LearningError::GainsDiffer { unit });
        }
    }
    match first.iter().position(|g| !(*g > T::default())) {
        Some(unit) => Err(LearningError::Silent { unit }),
        None => Ok(first.iter().map(|g| g.to_f64()).collect()),
    }
}

/// dL/dr at the rates that A − η dJ/dA would give, A X − (η/m) Δ XᵀX.
fn looked_ahead<T: Real>(batch: &Batch<'_, T>, x: &Mat<f64>, rate: f64) -> Mat<f64> {
    let (n, m) = (x.nrows(), x.ncols());
    let mut gram = Mat::zeros(m, m);
    matmul_transposed(x.as_ref(), x.as_ref(), gram.as_mut());
    let mut rates = batch.states.rates.to_f64();
    matmul_add(-rate, batch.delta.to_f64().as_ref(), gram.as_ref(), rates.as_mut());
    let rates = Columns::from_fn(n, m, |i, c| T::from_f64(rates[(i, c)]));
    let mut delta = Columns::zeros(n, m);
    for c in 0..m {
        // Columns that take no part keep their zero; one that is right already, and has zero too, may not be so after the
        // step.
        if batch.included[c] {
            batch.loss.evaluate(c, rates.column(c), delta.column_mut(c));
        }
    }
    delta.to_f64()
}
