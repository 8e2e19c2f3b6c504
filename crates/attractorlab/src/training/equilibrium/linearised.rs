//! Rule 3: the reparameterised rule to first order, in the form for nonlinear networks.

use attractorlab_numerics::kernels::Real;
use rayon::prelude::*;

use super::{Batch, LearningError, Rule, Update, entrywise, minus, outer};

/// ΔW = −η (1/m) Σ (1 − WGᵢ) Gᵢ δᵢ [(1 − GᵢW)ᵀ (1 − GᵢW) rᵢ]ᵀ.
///
/// Mind the order: the columns of W are scaled on the left, its rows on the right. At frozen gains the response is
/// A = G + G B G with B = W(1 − GW)⁻¹; a gradient step on B mapped back to first order, with Gx ≈ (1 − GW)r, is this
/// rule. No G⁻¹ appears. It needs no adjoint state: four products with W for the whole batch. For one sample it
/// descends; for a batch with different gains it need not.
#[derive(Debug, Clone, Copy)]
pub struct Linearised;

impl<T: Real> Rule<T> for Linearised {
    fn name(&self) -> &'static str {
        "linearised"
    }

    fn update(&self, batch: &Batch<'_, T>, rate: f64) -> Result<Update<T>, LearningError> {
        let (layer, gains, rates) = (batch.layer, &batch.states.gains, &batch.states.rates);
        // L = (1 − WG) Gδ.
        let responsive = entrywise(gains, batch.delta);
        let left = layer.times(&entrywise(gains, &responsive));
        let left = minus(responsive, &left);
        // P = (1 − GW) r, Q = (1 − WᵀG) P.
        let mut part = layer.times(rates);
        part.values_mut()
            .par_iter_mut()
            .with_min_len(1 << 14)
            .zip(rates.values())
            .zip(gains.values())
            .for_each(|((p, r), g)| *p = *r - *g * *p);
        let back = layer.transposed_times(&entrywise(gains, &part));
        let right = minus(part, &back);
        Ok(Update::new(outer(-rate / batch.samples as f64, &left, &right)))
    }
}
