//! The adjoint of the fixed point: gradients of a loss through r = φ(Wr + x).

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{LeftFactor, Lu, Mat};
use rayon::prelude::*;

use super::chord::Chord;
use super::iterate::{BatchMap, Column, Ended, Limits, iterate, subtract};
use super::{Columns, EquilibriumError, FixedPointLayer, blocks};

/// When the adjoint iteration stops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdjointOptions {
    /// Residual max |G(δ + Wᵀu) − u| of a column, relative to its largest |δ|, up to which it counts as solved.
    pub tolerance: f64,
    /// Sweeps over the batch at most; one product with Wᵀ each.
    pub sweeps: usize,
    /// States that Anderson's mixing remembers, 0 to 8; 0 is plain iteration alone.
    pub mixing: usize,
}

impl AdjointOptions {
    /// The options for weights of this precision: relative residuals of 1e-12 for `f64`, 1e-5 for `f32`.
    pub fn of<T: Real>() -> Self {
        let tolerance = if T::EPSILON.to_f64() < 1e-10 { 1e-12 } else { 1e-5 };
        Self { tolerance, sweeps: 200, mixing: 4 }
    }
}

/// The adjoint states of a batch.
#[derive(Debug, Clone)]
pub struct Adjoint<T> {
    /// u = G(1 − WᵀG)⁻¹δ, N×m: the gradient of the loss with respect to the input x.
    pub values: Columns<T>,
    /// max |G(δ + Wᵀu) − u| of each column, relative to its largest |δ|; NaN where I − WᵀG is singular.
    pub residuals: Vec<f64>,
    /// How many columns the iteration left to LU factorisation.
    pub factorised: usize,
}

/// u ↦ G(δ + Wᵀu).
struct Backward<'a, T: Real> {
    factor: &'a LeftFactor<T>,
    gains: &'a Columns<T>,
    delta: &'a Columns<T>,
}

impl<T: Real> BatchMap<T> for Backward<'_, T> {
    fn factor(&self) -> &LeftFactor<T> {
        self.factor
    }

    fn respond(&self, column: usize, input: &mut [T]) {
        let entries = input.iter_mut().zip(self.delta.column(column)).zip(self.gains.column(column));
        for ((u, d), g) in entries {
            *u = *g * (*u + *d);
        }
    }
}

impl<T: Real> FixedPointLayer<T> {
    /// u = G(1 − WᵀG)⁻¹δ for every column: the derivative of the loss with respect to the input, of which the
    /// implicit gradient is made, dL/dW = u rᵀ. (Recurrent back-propagation, Almeida 1987, Pineda 1987.)
    ///
    /// `gains` are φ' at the states and `delta` is dL/dr there. G⁻¹ is never formed, so that silent and saturated
    /// units are ordinary. The fixed point of u ↦ G(δ + Wᵀu) is sought with one inverse for all columns where the
    /// batch is large, and iterated with Anderson's mixing for what that leaves; columns where this stalls too, as it may where GW has eigenvalues beyond one, are solved by LU factorisation in 64 bits.
    ///
    /// # Errors
    /// [`EquilibriumError`] for wrong shapes, entries that are not finite, or options out of range.
    pub fn adjoint(
        &self,
        gains: &Columns<T>,
        delta: &Columns<T>,
        options: &AdjointOptions,
    ) -> Result<Adjoint<T>, EquilibriumError> {
        self.check_batch("the batch of gradients", delta, delta.count())?;
        self.check_batch("the batch of gains", gains, delta.count())?;
        if !(options.tolerance > 0.0 && options.tolerance.is_finite()) {
            let (name, expected) = ("tolerance", "positive and finite");
            return Err(EquilibriumError::Option { name, expected, value: options.tolerance });
        }
        let (n, count) = (self.units(), delta.count());
        let sizes: Vec<f64> = (0..count)
            .map(|c| delta.column(c).iter().map(|d| d.to_f64().abs()).fold(0.0, f64::max))
            .collect();
        let map = Backward { factor: self.backward(), gains, delta };
        let limits = Limits { sweeps: options.sweeps, mixing: options.mixing.min(8), step: 1.0 };
        let tolerance = |c: usize| options.tolerance * sizes[c];
        let (start, settled) = if options.mixing > 0 && Chord::<T>::pays(n, count) {
            self.adjoint_by_chords(&map, tolerance)
        } else {
            (Columns::zeros(n, count), vec![None; count])
        };
        let open: Vec<usize> = (0..count).filter(|&c| settled[c].is_none()).collect();
        let mut rest = open
            .par_chunks(super::BLOCK)
            .flat_map_iter(|block| {
                let start: Vec<T> = block.iter().flat_map(|&c| start.column(c).iter().copied()).collect();
                iterate(&map, n, block, &start, tolerance, limits)
            })
            .collect::<Vec<_>>()
            .into_iter();
        let columns: Vec<Column<T>> =
            settled.into_iter().filter_map(|column| column.or_else(|| rest.next())).collect();
        let solved: Vec<(Column<T>, bool)> = columns
            .into_par_iter()
            .enumerate()
            .map(|(c, column)| {
                if column.ended == Ended::Converged {
                    (column, false)
                } else {
                    (self.factorise(column, gains.column(c), delta.column(c)), true)
                }
            })
            .collect();
        let mut values = Columns::zeros(n, count);
        let mut residuals = vec![0.0; count];
        for (c, (column, _)) in solved.iter().enumerate() {
            values.column_mut(c).copy_from_slice(&column.state);
            residuals[c] = if sizes[c] > 0.0 { column.residual / sizes[c] } else { column.residual };
        }
        Ok(Adjoint { values, residuals, factorised: solved.iter().filter(|(_, lu)| *lu).count() })
    }

    /// What chords solve of the batch, with residuals computed anew, and states from which to seek the rest.
    fn adjoint_by_chords(
        &self,
        map: &Backward<'_, T>,
        tolerance: impl Fn(usize) -> f64 + Sync,
    ) -> (Columns<T>, Vec<Option<Column<T>>>) {
        let (n, count) = (self.units(), map.delta.count());
        let mut states = Columns::zeros(n, count);
        let Some(chord) = Chord::new(self.weights().transpose(), &map.gains.row_means()) else {
            return (states, vec![None; count]);
        };
        let sweeps = chord.solve(map, &mut states, &tolerance);
        let settled = blocks(count)
            .into_par_iter()
            .flat_map_iter(|block| {
                let numbers: Vec<usize> = block.clone().collect();
                let mut image = vec![T::default(); n * numbers.len()];
                map.factor().multiply(states.columns(block), &mut image, numbers.len(), &mut Vec::new());
                let columns = numbers.into_iter().zip(image.chunks_exact_mut(n));
                let judged = columns.map(|(c, image)| {
                    map.respond(c, image);
                    let residual = subtract(image, states.column(c));
                    let state = states.column(c).to_vec();
                    let column = Column { state, ended: Ended::Converged, residual, sweeps };
                    (residual <= tolerance(c)).then_some(column)
                });
                judged.collect::<Vec<_>>()
            })
            .collect();
        (states, settled)
    }

    /// (1 − WᵀG)s = δ, u = Gs.
    fn factorise(&self, column: Column<T>, gains: &[T], delta: &[T]) -> Column<T> {
        let (n, w) = (self.units(), self.wide_weights());
        let gains: Vec<f64> = gains.iter().map(|g| g.to_f64()).collect();
        let matrix = Mat::from_fn(n, n, |i, j| f64::from(u8::from(i == j)) - w[(j, i)] * gains[j]);
        let Ok(lu) = Lu::from_matrix(matrix) else {
            return Column { residual: f64::NAN, ..column };
        };
        let mut s: Vec<f64> = delta.iter().map(|d| d.to_f64()).collect();
        lu.solve_in_place(&mut s);
        let u: Vec<f64> = s.iter().zip(&gains).map(|(s, g)| s * g).collect();
        let residual = (0..n)
            .map(|i| {
                let fed: f64 = w.col(i).iter().zip(&u).map(|(w, u)| w * u).sum();
                (gains[i] * (delta[i].to_f64() + fed) - u[i]).abs()
            })
            .fold(0.0, |most: f64, size| if size.is_finite() { most.max(size) } else { f64::NAN });
        let state = u.iter().map(|u| T::from_f64(*u)).collect();
        Column { state, ended: Ended::Converged, residual, sweeps: column.sweeps }
    }
}
