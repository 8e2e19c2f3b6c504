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
use attractorlab_numerics::linalg::{LeftFactor, Lu, Mat, MatMut, MatRef};
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
    pub(super) fn new(a: MatRef<'_, T>, gains: &[f64]) -> Option<Self> {
        let n = gains.len();
        let gains: Vec<f64> = gains.iter().map(|g| g.max(LEAST_GAIN)).collect();
        let narrow: Vec<T> = gains.iter().map(|g| T::from_f64(-g)).collect();
        let mut matrix = Mat::from_fn(n, n, |i, j| narrow[i] * a[(i, j)]);
        (0..n).for_each(|i| matrix[(i, i)] += T::from_f64(1.0));
        let lu = Lu::from_matrix(matrix).ok()?;
        // Column after column, in parts for the threads.
        let mut inverse = vec![T::default(); n * n];
        inverse.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal = T::from_f64(1.0));
        inverse.par_chunks_mut(n * BLOCK).for_each(|part| {
            let columns = part.len() / n;
            lu.solve_matrix_in_place(MatMut::from_column_major_slice_mut(part, n, columns));
        });
        if !inverse.iter().fold(true, |all, entry| all & (entry.to_f64().abs() <= LARGEST)) {
            return None;
        }
        Some(Self {
            inverse: LeftFactor::by_columns(n, n, BLOCK, |j, range, out| {
                out.copy_from_slice(&inverse[j * n..(j + 1) * n][range]);
            }),
            inverse_gains: gains.iter().map(|g| T::from_f64(1.0 / g)).collect(),
        })
    }

    /// Brings states to x = h(Ax), up to the tolerance of each column; a column that is not solved stays as it was. Returns
    /// the most sweeps that a block took.
    pub(super) fn solve(
        &self,
        map: &impl BatchMap<T>,
        states: &mut Columns<T>,
        tolerance: impl Fn(usize) -> f64 + Sync,
    ) -> usize {
        let (rows, count) = (states.rows(), states.count());
        states
            .values_mut()
            .par_chunks_mut(rows * BLOCK)
            .zip(blocks(count))
            .map_init(Scratch::default, |scratch, (states, columns)| {
                self.solve_block(map, columns.collect(), states, &tolerance, scratch)
            })
            .max()
            .unwrap_or(0)
    }

    fn solve_block(
        &self,
        map: &impl BatchMap<T>,
        mut numbers: Vec<usize>,
        states: &mut [T],
        tolerance: &impl Fn(usize) -> f64,
        scratch: &mut Scratch<T>,
    ) -> usize {
        let rows = self.inverse_gains.len();
        let first = numbers[0];
        let mut walkers: Vec<Walker> = (0..numbers.len()).map(Walker::new).collect();
        let Scratch { x, inputs, residuals, steps, memory, work } = scratch;
        x.clear();
        x.extend_from_slice(states);
        for values in [&mut *inputs, residuals, steps] {
            values.resize(x.len(), T::default());
        }
        memory.resize(x.len() * Walker::VECTORS, T::default());
        if x.iter().any(|x| *x != T::default()) {
            map.factor().multiply(x, inputs, numbers.len(), work);
        } else {
            inputs.fill(T::default());
        }
        for sweep in 1..=SWEEPS {
            // From the last on: a column that leaves is replaced by the last one. A column is worked through while it is in
            // the nearest cache.
            for slot in (0..numbers.len()).rev() {
                let here = slot * rows..(slot + 1) * rows;
                {
                    let (x, inputs) = (&mut x[here.clone()], &mut inputs[here.clone()]);
                    let residuals = &mut residuals[here.clone()];
                    if sweep > 1 {
                        self.advance(x, inputs, residuals, &steps[here.clone()]);
                    }
                    residuals.copy_from_slice(inputs);
                    map.respond(numbers[slot], residuals);
                    let (size, walker) = (subtract(residuals, x), &mut walkers[slot]);
                    let solved = size <= tolerance(numbers[slot]);
                    if !solved && walker.goes_on(size) {
                        let own = walker.place * rows * Walker::VECTORS;
                        let memory = &mut memory[own..own + rows * Walker::VECTORS];
                        walker.mix(memory, [x, inputs, residuals]);
                        continue;
                    }
                    if solved {
                        let to = (numbers[slot] - first) * rows;
                        states[to..to + rows].copy_from_slice(x);
                    }
                }
                let last = numbers.len() - 1;
                for values in [&mut *x, inputs, residuals] {
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
            self.inverse.multiply(residuals, steps, numbers.len(), work);
        }
        SWEEPS
    }

    /// x ← x + MF, and the inputs Ax with it.
    fn advance(&self, x: &mut [T], inputs: &mut [T], residual: &[T], step: &[T]) {
        let entries = x.iter_mut().zip(inputs).zip(residual).zip(step).zip(&self.inverse_gains);
        for ((((x, input), residual), step), inverse_gain) in entries {
            *x += *step;
            *input += (*step - *residual) * *inverse_gain;
        }
    }
}

/// Memory for a block, used again for the next.
#[derive(Default)]
struct Scratch<T> {
    x: Vec<T>,
    inputs: Vec<T>,
    residuals: Vec<T>,
    steps: Vec<T>,
    /// What the columns remember.
    memory: Vec<T>,
    work: Vec<T>,
}

/// A column on its way. It remembers its last state, inputs and residual, and the last differences of each.
struct Walker {
    /// Where in the memory of the block.
    place: usize,
    best: f64,
    since_progress: usize,
    /// Sweeps that are remembered; of these, all but the first have differences.
    seen: usize,
    /// Products of the differences of residuals.
    gram: [[f64; DEPTH]; DEPTH],
}

impl Walker {
    /// Vectors that a column remembers: the last state, inputs and residual, and rings of differences.
    const VECTORS: usize = 3 * (1 + DEPTH);

    fn new(place: usize) -> Self {
        let gram = [[0.0; DEPTH]; DEPTH];
        Self { place, best: f64::INFINITY, since_progress: 0, seen: 0, gram }
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
    fn mix<T: Real>(&mut self, memory: &mut [T], now: [&mut [T]; 3]) {
        let rows = now[0].len();
        let (last, differences) = memory.split_at_mut(3 * rows);
        if self.seen > 0 {
            let slot = (self.seen - 1) % DEPTH;
            let ring = &mut differences[slot * 3 * rows..(slot + 1) * 3 * rows];
            let kept = last.chunks_exact(rows).zip(ring.chunks_exact_mut(rows));
            for (now, (last, out)) in now.iter().zip(kept) {
                difference(now, last, out);
            }
        }
        for (now, last) in now.iter().zip(last.chunks_exact_mut(rows)) {
            last.copy_from_slice(now);
        }
        self.seen += 1;
        let stored = (self.seen - 1).min(DEPTH);
        let change = |k: usize, which: usize| &differences[(3 * k + which) * rows..][..rows];
        let gamma = self.weights(stored, |k| change(k, 2), now[2]);
        for (which, now) in now.into_iter().enumerate() {
            for (k, gamma) in gamma.into_iter().enumerate().take(stored) {
                axpy(T::from_f64(-gamma), change(k, which), now);
            }
        }
    }

    /// γ with r ≈ Σ γₖ Δrₖ, by normal equations with a trace of regularisation; zero where they say nothing.
    fn weights<'a, T: Real>(
        &mut self,
        stored: usize,
        change: impl Fn(usize) -> &'a [T],
        residual: &[T],
    ) -> [f64; DEPTH] {
        if stored == 0 {
            return [0.0; DEPTH];
        }
        let newest = (self.seen - 2) % DEPTH;
        for k in 0..stored {
            let product = dot(change(k), change(newest)).to_f64();
            (self.gram[k][newest], self.gram[newest][k]) = (product, product);
        }
        let scale = (0..stored).map(|k| self.gram[k][k]).fold(0.0, f64::max);
        if !(scale > 0.0 && scale.is_finite()) {
            return [0.0; DEPTH];
        }
        // Rounding in the products, relative to the largest. Products of small residuals would underflow if multiplied.
        let regular = 4.0 * T::EPSILON.to_f64();
        let relative = |i: usize, j: usize| self.gram[i][j] / scale;
        let (a, b, c) = (relative(0, 0) + regular, relative(0, 1), relative(1, 1) + regular);
        let mut right = [0.0; DEPTH];
        (0..stored).for_each(|k| right[k] = dot(change(k), residual).to_f64() / scale);
        // Positive, because both diagonal entries are larger than without the regularisation.
        let determinant = a * c - b * b;
        let gamma = if stored == 1 {
            [right[0] / a, 0.0]
        } else {
            [(c * right[0] - b * right[1]) / determinant, (a * right[1] - b * right[0]) / determinant]
        };
        if gamma.iter().all(|g| g.abs() < 1e6) { gamma } else { [0.0; DEPTH] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The combination of past states does not depend on the unit of their residuals.
    #[test]
    fn small_residuals_mix_as_large_ones_do() {
        let weights = |unit: f64| {
            let (first, second) = ([3.0 * unit, -unit, 0.5 * unit], [unit, 2.0 * unit, -unit]);
            let changes = [first, second];
            let mut walker = Walker::new(0);
            walker.seen = 2;
            walker.weights(1, |k| &changes[k], &second);
            walker.seen = 3;
            walker.weights(2, |k| &changes[k], &[unit, unit, unit])
        };
        // By Cramer's rule.
        let expected = [14.0 / 61.25, 19.25 / 61.25];
        for unit in [1.0, 1e-90, 1e-120, 1e90] {
            for (found, expected) in weights(unit).into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{unit:e}: {found} against {expected}");
            }
        }
    }
}
