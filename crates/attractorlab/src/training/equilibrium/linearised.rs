//! Rule 3: the reparameterised rule to first order, in the form for nonlinear networks.

use attractorlab_numerics::kernels::Real;

use super::{Batch, LearningError, Rule, Update, by_blocks, outer};

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
        let (left, right) = by_blocks(batch, |block, left, right, scratch| {
            let (layer, gains) = (block.layer, block.gains);
            // L = (1 − WG) Gδ.
            for ((fed, g), d) in scratch.fed.iter_mut().zip(gains).zip(block.delta) {
                *fed = *g * (*g * *d);
            }
            layer.multiply(&scratch.fed, left, block.count, &mut scratch.work);
            for ((l, g), d) in left.iter_mut().zip(gains).zip(block.delta) {
                *l = *g * *d - *l;
            }
            // P = (1 − GW) r, Q = (1 − WᵀG) P.
            layer.multiply(block.rates, right, block.count, &mut scratch.work);
            for (((p, fed), r), g) in right.iter_mut().zip(&mut scratch.fed).zip(block.rates).zip(gains) {
                *p = *r - *g * *p;
                *fed = *g * *p;
            }
            layer.multiply_transposed(&scratch.fed, &mut scratch.back, block.count, &mut scratch.work);
            right.iter_mut().zip(&scratch.back).for_each(|(q, back)| *q -= *back);
        });
        Ok(Update::new(outer(-rate / batch.samples as f64, &left, &right)))
    }
}
