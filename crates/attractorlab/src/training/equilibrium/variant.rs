//! Rule 4: the variant of the linearised rule in the authors' later code.

use attractorlab_numerics::kernels::Real;

use super::{Batch, LearningError, Rule, Update, by_blocks, outer};

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
        let (left, right) = by_blocks(batch, |block, left, right, scratch| {
            let (layer, gains) = (block.layer, block.gains);
            // L = (1 − WG) δ.
            for ((fed, g), d) in scratch.fed.iter_mut().zip(gains).zip(block.delta) {
                *fed = *g * *d;
            }
            layer.multiply(&scratch.fed, left, block.count, &mut scratch.work);
            left.iter_mut().zip(block.delta).for_each(|(l, d)| *l = *d - *l);
            // P = (1 − WG) r, Q = (1 − GWᵀ) P.
            for ((fed, g), r) in scratch.fed.iter_mut().zip(gains).zip(block.rates) {
                *fed = *g * *r;
            }
            layer.multiply(&scratch.fed, right, block.count, &mut scratch.work);
            right.iter_mut().zip(block.rates).for_each(|(p, r)| *p = *r - *p);
            layer.multiply_transposed(right, &mut scratch.back, block.count, &mut scratch.work);
            for ((q, g), back) in right.iter_mut().zip(gains).zip(&scratch.back) {
                *q -= *g * *back;
            }
        });
        Ok(Update::new(outer(-rate / batch.samples as f64, &left, &right)))
    }
}
