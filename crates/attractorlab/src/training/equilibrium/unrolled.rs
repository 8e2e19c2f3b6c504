//! Back-propagation through the steps of the truncated forward pass.

use attractorlab_numerics::kernels::{Real, axpy};
use attractorlab_numerics::linalg::{MatMut, MatRef, matmul_add};
use rayon::prelude::*;

use super::{Batch, ForwardPass, LearningError, Rule, Update};
use crate::dynamics::{Columns, blocks};

/// The exact gradient of the loss after K Euler steps from r = 0, ΔW = −η (1/m) Σᵢ Σₖ dt Gₖ λₖ₊₁ rₖᵀ with
/// λ_K = δ and λₖ = (1 − dt) λₖ₊₁ + dt Wᵀ Gₖ λₖ₊₁.
///
/// Becomes the implicit gradient as the simulation becomes long. The rates of all steps of a block of 64 columns are kept:
/// 2·K·N·64 numbers a thread.
#[derive(Debug, Clone, Copy)]
pub struct Unrolled;

impl<T: Real> Rule<T> for Unrolled {
    fn name(&self) -> &'static str {
        "unrolled"
    }

    fn update(&self, batch: &Batch<'_, T>, rate: f64) -> Result<Update<T>, LearningError> {
        let ForwardPass::Truncated { dt, steps } = *batch.pass else {
            return Err(LearningError::NotTruncated);
        };
        let (layer, n) = (batch.layer, batch.layer.units());
        let parts: Vec<Vec<T>> = blocks(batch.drive.count())
            .into_par_iter()
            .map(|block| {
                let width = block.len() * n;
                let (mut rates, mut gains) = (Vec::new(), Vec::new());
                let mut state = vec![T::default(); width];
                let mut phi = vec![T::default(); width];
                rates.extend_from_slice(&state);
                layer.euler_block(
                    batch.drive.columns(block.clone()),
                    &mut state,
                    dt,
                    steps,
                    |inputs, next| {
                        let from = gains.len();
                        gains.resize(from + width, T::default());
                        layer.transfer().with_first(inputs, &mut phi, &mut gains[from..]);
                        rates.extend_from_slice(next);
                    },
                );
                let mut lambda = batch.delta.columns(block.clone()).to_vec();
                let (mut fed, mut back, mut work) =
                    (vec![T::default(); width], vec![T::default(); width], Vec::new());
                let mut sum = vec![T::default(); n * n];
                for k in (0..steps).rev() {
                    let here = k * width..(k + 1) * width;
                    for ((f, l), g) in fed.iter_mut().zip(&lambda).zip(&gains[here.clone()]) {
                        *f = T::from_f64(dt) * *g * *l;
                    }
                    matmul_add(
                        T::from_f64(-rate / batch.samples as f64),
                        MatRef::from_column_major_slice(&fed, n, block.len()),
                        MatRef::from_column_major_slice(&rates[here], n, block.len()).transpose(),
                        MatMut::from_column_major_slice_mut(&mut sum, n, n),
                    );
                    layer.multiply_transposed(&fed, &mut back, block.len(), &mut work);
                    for (l, b) in lambda.iter_mut().zip(&back) {
                        *l = T::from_f64(1.0 - dt) * *l + *b;
                    }
                }
                sum
            })
            .collect();
        let mut increment = Columns::zeros(n, n);
        for part in parts {
            axpy(T::from_f64(1.0), &part, increment.values_mut());
        }
        Ok(Update::new(increment))
    }
}
