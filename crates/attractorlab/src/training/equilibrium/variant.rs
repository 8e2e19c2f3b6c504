//! Rule 4: the variant of the linearised rule in the authors' later code.

use attractorlab_numerics::kernels::Real;

use super::{Batch, LearningError, Rule, Update, entrywise, minus, outer};

/// ΔW = −η (1/m) Σ (1 − WGᵢ) δᵢ [(1 − WGᵢ)ᵀ (1 − WGᵢ) rᵢ]ᵀ.
///
/// As [`Linearised`](super::Linearised) with one factor G fewer on the left, and WG in place of GW on the right. For
/// linear networks the two are the same.
#[derive(Debug, Clone, Copy)]
pub struct LinearisedVariant;

impl<T: Real> Rule<T> for LinearisedVariant {
    fn name(&self) -> &'static str {
        "linearised-variant"
    }

    fn update(&self, batch: &Batch<'_, T>, rate: f64) -> Result<Update<T>, LearningError> {
        let (layer, gains, rates) = (batch.layer, &batch.states.gains, &batch.states.rates);
        let left = layer.times(&entrywise(gains, batch.delta));
        let left = minus(batch.delta.clone(), &left);
        // P = (1 − WG) r, Q = (1 − GWᵀ) P.
        let part = layer.times(&entrywise(gains, rates));
        let part = minus(rates.clone(), &part);
        let back = entrywise(gains, &layer.transposed_times(&part));
        let right = minus(part, &back);
        Ok(Update::new(outer(-rate / batch.samples as f64, &left, &right)))
    }
}
