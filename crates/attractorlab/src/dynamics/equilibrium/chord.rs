//! Newton's method with one matrix for the whole batch: chords.
//!
//! Both maps of the layer are x ↦ h(Ax), with h acting on each entry of each column: the forward pass has A = W and
//! h = φ(· + drive), the adjoint A = Wᵀ and h = G(· + δ). Newton's method for column c divides the residual F = h(Ax) − x by
//! 1 − H_c A with H_c = diag(h'); with the mean H̄ over the batch in its place one inverse M = (1 − H̄A)⁻¹ serves all
//! columns, and what the replacement leaves of an error is of the size of (H_c − H̄)A, not of H_c A: outliers of A, which
//! relaxation follows step by step, cost nothing here.
//!
//! A step x ← x + MF takes one product, not two: from M = 1 + H̄AM follows A MF = H̄⁻¹(MF − F), so that the inputs Ax are
//! carried along. (They drift by rounding; whoever uses the states computes the residual anew.) Mixing of two past
//! states takes most of what is left.

use attractorlab_numerics::kernels::{Real, axpy, dot};
use attractorlab_numerics::linalg::{LeftFactor, Lu, Mat, MatMut, MatRef, solve_batch};
use rayon::prelude::*;

use super::iterate::{BatchMap, difference, subtract};
use super::{BLOCK, Columns, blocks};

/// Past states that are mixed.
const DEPTH: usize = 2;
/// Least mean gain that counts: the inverse of the mean carries the inputs along, and need not be exact.
const LEAST_GAIN: f64 = 0.05;
/// Sweeps at most, and those without progress after which a column is given up.
const SWEEPS: usize = 25;
const PATIENCE: usize = 4;
/// Largest entry of M that is trusted.
const LARGEST: f64 = 1e4;

/// M = (1 − H̄A)⁻¹ and 1/H̄.
pub(super) struct Chord<T: Real> {
    inverse: LeftFactor<T>,
    inverse_gains: Vec<T>,
}

impl<T: Real> Chord<T> {
    /// Whether the inverse, 2N³ operations, is worth its cost for this many columns.
    pub(super) fn pays(units: usize, columns: usize) -> bool {
        columns >= BLOCK.max(units / 4)
    }

    /// For A and mean gains H̄; `None` if 1 − H̄A is singular, or nearly so.
    pub(super) fn new(a: MatRef<'_, f64>, gains: &[f64]) -> Option<Self> {
        let n = gains.len();
        let gains: Vec<f64> = gains.iter().map(|g| g.max(LEAST_GAIN)).collect();
        let matrix = Mat::from_fn(n, n, |i, j| f64::from(u8::from(i == j)) - gains[i] * a[(i, j)]);
        let lu = Lu::from_matrix(matrix).ok()?;
        // Column after column, in parts for the threads.
        let mut inverse = vec![0.0; n * n];
        inverse.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal = 1.0);
        inverse.par_chunks_mut(n * BLOCK).for_each(|part| {
            let columns = part.len() / n;
            lu.solve_matrix_in_place(MatMut::from_column_major_slice_mut(part, n, columns));
        });
        if !inverse.iter().all(|entry| entry.abs() <= LARGEST) {
            return None;
        }
        Some(Self {
            inverse: LeftFactor::by_columns(n, n, BLOCK, |j, range, out| {
                let column = &inverse[j * n..(j + 1) * n][range];
                out.iter_mut().zip(column).for_each(|(out, m)| *out = T::from_f64(*m));
            }),
            inverse_gains: gains.iter().map(|g| T::from_f64(1.0 / g)).collect(),
        })
    }

    /// States x = h(Ax) from `start`, up to the tolerance of each column; a column that is not solved comes back as it
    /// started. Also the most sweeps that a block took.
    pub(super) fn solve(
        &self,
        map: &impl BatchMap<T>,
        start: &Columns<T>,
        tolerance: impl Fn(usize) -> f64 + Sync,
    ) -> (Columns<T>, usize) {
        let rows = start.rows();
        let mut states = start.clone();
        let sweeps = states
            .values_mut()
            .par_chunks_mut(rows * BLOCK)
            .zip(blocks(start.count()))
            .map(|(states, columns)| self.solve_block(map, columns.collect(), states, &tolerance))
            .max();
        (states, sweeps.unwrap_or(0))
    }

    fn solve_block(
        &self,
        map: &impl BatchMap<T>,
        mut numbers: Vec<usize>,
        states: &mut [T],
        tolerance: &impl Fn(usize) -> f64,
    ) -> usize {
        let rows = self.inverse_gains.len();
        let first = numbers[0];
        let mut walkers: Vec<Walker<T>> = numbers.iter().map(|_| Walker::new(rows)).collect();
        let mut x = states.to_vec();
        let (mut inputs, mut residuals) = (vec![T::default(); x.len()], vec![T::default(); x.len()]);
        let (mut steps, mut work) = (vec![T::default(); x.len()], Vec::new());
        if x.iter().any(|x| *x != T::default()) {
            map.factor().multiply(&x, &mut inputs, numbers.len(), &mut work);
        }
        for sweep in 1..=SWEEPS {
            residuals.copy_from_slice(&inputs);
            map.respond(&numbers, &mut residuals);
            // From the last on: a column that leaves is replaced by the last one.
            for slot in (0..numbers.len()).rev() {
                let here = slot * rows..(slot + 1) * rows;
                let size = subtract(&mut residuals[here.clone()], &x[here.clone()]);
                let solved = size <= tolerance(numbers[slot]);
                if !solved && walkers[slot].goes_on(size) {
                    let (x, inputs) = (&mut x[here.clone()], &mut inputs[here.clone()]);
                    walkers[slot].mix(x, inputs, &mut residuals[here]);
                    continue;
                }
                if solved {
                    let to = (numbers[slot] - first) * rows;
                    states[to..to + rows].copy_from_slice(&x[here.clone()]);
                }
                let last = numbers.len() - 1;
                for values in [&mut x, &mut inputs, &mut residuals] {
                    values.copy_within(last * rows..(last + 1) * rows, here.start);
                    values.truncate(last * rows);
                }
                steps.truncate(last * rows);
                walkers.swap_remove(slot);
                numbers.swap_remove(slot);
            }
            if numbers.is_empty() {
                return sweep;
            }
            self.inverse.multiply(&residuals, &mut steps, numbers.len(), &mut work);
            axpy(T::from_f64(1.0), &steps, &mut x);
            let columns = inputs.chunks_exact_mut(rows).zip(steps.chunks_exact(rows));
            for ((inputs, step), residual) in columns.zip(residuals.chunks_exact(rows)) {
                let entries = inputs.iter_mut().zip(step).zip(residual).zip(&self.inverse_gains);
                for (((input, step), residual), inverse_gain) in entries {
                    *input += (*step - *residual) * *inverse_gain;
                }
            }
        }
        SWEEPS
    }
}

/// What a column remembers: its last state, inputs and residual, and rings of differences.
struct Walker<T> {
    best: f64,
    since_progress: usize,
    stored: usize,
    last: Option<[Vec<T>; 3]>,
    differences: [[Vec<T>; 3]; DEPTH],
}

impl<T: Real> Walker<T> {
    fn new(rows: usize) -> Self {
        let differences = [(); DEPTH].map(|()| [(); 3].map(|()| vec![T::default(); rows]));
        Self { best: f64::INFINITY, since_progress: 0, stored: 0, last: None, differences }
    }

    /// Whether a column with this residual is worth another step.
    fn goes_on(&mut self, size: f64) -> bool {
        self.since_progress = if size < 0.9 * self.best { 0 } else { self.since_progress + 1 };
        if size < self.best {
            self.best = size;
        }
        size.is_finite() && self.since_progress <= PATIENCE
    }

    /// Replaces state, inputs and residual by the combination of past ones with the smallest residual.
    fn mix(&mut self, x: &mut [T], inputs: &mut [T], residual: &mut [T]) {
        let Some(last) = &mut self.last else {
            self.last = Some([x.to_vec(), inputs.to_vec(), residual.to_vec()]);
            return;
        };
        let slot = self.stored % DEPTH;
        self.stored += 1;
        for ((now, last), out) in
            [&*x, &*inputs, &*residual].into_iter().zip(last).zip(&mut self.differences[slot])
        {
            difference(now, last, out);
            last.copy_from_slice(now);
        }
        for (k, gamma) in self.weights(residual).into_iter().enumerate() {
            let [dx, d_inputs, d_residual] = &self.differences[k];
            let gamma = T::from_f64(-gamma);
            axpy(gamma, dx, x);
            axpy(gamma, d_inputs, inputs);
            axpy(gamma, d_residual, residual);
        }
    }

    /// γ with r ≈ Σ γₖ Δrₖ, by normal equations with a trace of regularisation.
    fn weights(&self, residual: &[T]) -> Vec<f64> {
        let m = self.stored.min(DEPTH);
        let change = |k: usize| self.differences[k][2].as_slice();
        let product = |a: &[T], b: &[T]| dot(a, b).to_f64();
        let mut gram: Vec<f64> = (0..m * m).map(|ij| product(change(ij / m), change(ij % m))).collect();
        let scale = (0..m).map(|i| gram[i * m + i]).fold(0.0, f64::max);
        if !(scale > 0.0 && scale.is_finite()) {
            return Vec::new();
        }
        // Rounding in the products, relative to the largest.
        let regular = 4.0 * T::EPSILON.to_f64() * scale;
        (0..m).for_each(|i| gram[i * m + i] += regular);
        let mut gamma: Vec<f64> = (0..m).map(|k| product(change(k), residual)).collect();
        match solve_batch(m, &mut gram, &mut gamma) {
            Ok(()) if gamma.iter().all(|g| g.abs() < 1e6) => gamma,
            _ => Vec::new(),
        }
    }
}
