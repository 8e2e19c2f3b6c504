//! Rule 1: gradient descent through the fixed point.

use attractorlab_numerics::kernels::Real;

use super::{Batch, LearningError, Rule, Update, outer};
use crate::dynamics::AdjointOptions;

/// ΔW = −η (1/m) Σ uᵢ rᵢᵀ with the adjoint states uᵢ = Gᵢ(1 − WᵀGᵢ)⁻¹δᵢ: the implicit gradient.
///
/// It blows up where det(1 − GW) vanishes, as the cube of the inverse distance.
#[derive(Debug, Clone, Copy)]
pub struct ImplicitGradient {
    /// How the adjoint states are solved for.
    pub adjoint: AdjointOptions,
}

impl<T: Real> Rule<T> for ImplicitGradient {
    fn name(&self) -> &'static str {
        "gradient"
    }

    fn update(&self, batch: &Batch<'_, T>, rate: f64) -> Result<Update<T>, LearningError> {
        let adjoint = batch.layer.adjoint(&batch.states.gains, batch.delta, &self.adjoint)?;
        let increment = outer(-rate / batch.samples as f64, &adjoint.values, &batch.states.rates);
        let residual =
            adjoint.residuals.iter().fold(0.0, |most: f64, r| if r.is_nan() { *r } else { most.max(*r) });
        Ok(Update { increment, adjoint_residual: Some(residual), factorised: adjoint.factorised })
    }
}
