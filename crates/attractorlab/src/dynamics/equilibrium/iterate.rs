//! Fixed points of a map, many columns at once: relaxation with adaptive steps, sped up by Anderson's mixing.
//!
//! The forward pass (r = φ(Wr + x)) and its adjoint (u = G(δ + Wᵀu)) are both such maps. Every column has its
//! own step and its own memory; a column that has converged leaves the products.

use attractorlab_numerics::kernels::{Real, axpy, dot};
use attractorlab_numerics::linalg::{LeftFactor, solve_batch};

/// A map x ↦ h(Ax) of columns, with h acting on each entry of each column.
pub(super) trait BatchMap<T: Real>: Sync {
    /// A.
    fn factor(&self) -> &LeftFactor<T>;

    /// Replaces the inputs Ax of the column of this number by h(Ax).
    fn respond(&self, column: usize, input: &mut [T]);
}

/// When a column stops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Sweeps at most.
    pub(super) sweeps: usize,
    /// States that the mixing remembers; 0 is plain relaxation.
    pub(super) mixing: usize,
    /// First and largest step.
    pub(super) step: f64,
}

/// How a column ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Converged,
    Stalled,
    NotFinite,
}

/// What became of a column: its best state.
#[derive(Debug, Clone)]
pub(super) struct Column<T> {
    pub(super) state: Vec<T>,
    pub(super) ended: Ended,
    /// max |F(x) − x| of the state.
    pub(super) residual: f64,
    pub(super) sweeps: usize,
}

/// Sweeps without progress after which a column is given up.
const PATIENCE: usize = 25;
const SMALLEST_STEP: f64 = 0.02;
/// A residual that falls by this factor in a sweep is left to plain steps: where the spectrum fills a disc about zero,
/// as that of random weights does, no combination of past states does better, and mixing costs as much as the product.
const QUICK: f64 = 0.65;

/// A column on its way.
struct Walker<T> {
    /// Among the columns that were asked for.
    place: usize,
    tolerance: f64,
    step: f64,
    previous: f64,
    best: f64,
    best_state: Vec<T>,
    since_progress: usize,
    /// The last residual, for plain relaxation.
    last: Vec<T>,
    memory: Memory<T>,
}

/// Iterates the columns of these numbers from `start` (without gaps) until |F(x) − x| ≤ tolerance, entry by entry.
pub(super) fn iterate<T: Real>(
    map: &impl BatchMap<T>,
    rows: usize,
    columns: &[usize],
    start: &[T],
    tolerance: impl Fn(usize) -> f64,
    limits: Limits,
) -> Vec<Column<T>> {
    let mut done: Vec<Option<Column<T>>> = vec![None; columns.len()];
    let mut numbers = columns.to_vec();
    let mut walkers: Vec<Walker<T>> = columns
        .iter()
        .enumerate()
        .map(|(place, &number)| Walker {
            place,
            tolerance: tolerance(number),
            step: limits.step,
            previous: f64::INFINITY,
            best: f64::INFINITY,
            best_state: Vec::new(),
            since_progress: 0,
            last: Vec::new(),
            memory: Memory::new(limits.mixing),
        })
        .collect();
    let mut states = start.to_vec();
    let mut residuals = vec![T::default(); states.len()];
    let mut work = Vec::new();
    for sweep in 1..=limits.sweeps {
        let active = walkers.len();
        if active == 0 {
            break;
        }
        map.factor().multiply(&states, &mut residuals, active, &mut work);
        // From the last on: a column that leaves is replaced by the last one.
        for slot in (0..active).rev() {
            let here = slot * rows..(slot + 1) * rows;
            let (state, residual) = (&mut states[here.clone()], &mut residuals[here.clone()]);
            map.respond(numbers[slot], residual);
            let size = subtract(residual, state);
            let walker = &mut walkers[slot];
            if let Some(column) = walker.advance(state, residual, size, sweep, limits) {
                done[walker.place] = Some(column);
                let last = walkers.len() - 1;
                states.copy_within(last * rows..(last + 1) * rows, here.start);
                states.truncate(last * rows);
                residuals.truncate(last * rows);
                walkers.swap_remove(slot);
                numbers.swap_remove(slot);
            }
        }
    }
    for (walker, state) in walkers.into_iter().zip(states.chunks_exact(rows.max(1))) {
        let state = if walker.best.is_finite() { walker.best_state } else { state.to_vec() };
        done[walker.place] =
            Some(Column { state, ended: Ended::Stalled, residual: walker.best, sweeps: limits.sweeps });
    }
    done.into_iter().map(|column| column.expect("every column has left or was collected")).collect()
}

/// `image ← image − state`, and the largest difference; NaN if one is not finite.
pub(super) fn subtract<T: Real>(image: &mut [T], state: &[T]) -> f64 {
    // Lane by lane: sums and comparisons in one chain would wait for each other.
    const LANES: usize = 16;
    let (mut largest, mut sums) = ([T::default(); LANES], [T::default(); LANES]);
    for (image, state) in image.chunks_mut(LANES).zip(state.chunks(LANES)) {
        for (lane, (f, x)) in image.iter_mut().zip(state).enumerate() {
            *f -= *x;
            let size = if *f < T::default() { -*f } else { *f };
            largest[lane] = if size > largest[lane] { size } else { largest[lane] };
            sums[lane] += size;
        }
    }
    if sums.iter().all(|sum| sum.is_finite()) {
        largest.iter().fold(0.0, |most, size| size.to_f64().max(most))
    } else {
        f64::NAN
    }
}

impl<T: Real> Walker<T> {
    /// Makes a step, or says how the column ends.
    fn advance(
        &mut self,
        state: &mut [T],
        residual: &[T],
        size: f64,
        sweep: usize,
        limits: Limits,
    ) -> Option<Column<T>> {
        if size.is_nan() {
            let state = if self.best.is_finite() { self.best_state.clone() } else { state.to_vec() };
            return Some(Column { state, ended: Ended::NotFinite, residual: self.best, sweeps: sweep });
        }
        if size <= self.tolerance {
            let state = state.to_vec();
            return Some(Column { state, ended: Ended::Converged, residual: size, sweeps: sweep });
        }
        self.since_progress = if size < 0.95 * self.best { 0 } else { self.since_progress + 1 };
        if size < self.best {
            self.best = size;
            self.best_state.clear();
            self.best_state.extend_from_slice(state);
        }
        // Plain relaxation follows the dynamics, which may leave a saddle and take its time.
        if self.since_progress > PATIENCE && limits.mixing > 0 {
            let state = std::mem::take(&mut self.best_state);
            return Some(Column { state, ended: Ended::Stalled, residual: self.best, sweeps: sweep });
        }
        if limits.mixing == 0 {
            // A residual that grew is no reason for a shorter step, one that turned round as well is.
            let turned = !self.last.is_empty() && dot(&self.last, residual) < T::default();
            if turned && size > 0.9 * self.previous {
                self.step = (0.5 * self.step).max(SMALLEST_STEP);
            }
            self.last.clear();
            self.last.extend_from_slice(residual);
        } else if size > 2.0 * self.previous {
            // Mixing assumes that the residual is nearly linear; where it grew, it is not.
            self.memory.clear();
            self.step = (0.5 * self.step).max(SMALLEST_STEP);
        } else if size < self.previous {
            self.step = (1.1 * self.step).min(limits.step);
        }
        let quick = size <= QUICK * self.previous;
        self.previous = size;
        if quick && self.memory.is_empty() {
            axpy(T::from_f64(self.step), residual, state);
        } else {
            self.memory.advance(state, residual, T::from_f64(self.step));
        }
        None
    }
}

/// The last few differences of states and residuals, in rings.
struct Memory<T> {
    depth: usize,
    /// How many differences have been stored since the memory was empty.
    stored: usize,
    last: Option<(Vec<T>, Vec<T>)>,
    states: Vec<Vec<T>>,
    residuals: Vec<Vec<T>>,
}

impl<T: Real> Memory<T> {
    fn new(depth: usize) -> Self {
        Self { depth, stored: 0, last: None, states: Vec::new(), residuals: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    fn clear(&mut self) {
        self.stored = 0;
        self.last = None;
    }

    /// x ← x + a r − Σ γₖ (Δxₖ + a Δrₖ), with γ the least-squares solution of r ≈ Σ γₖ Δrₖ.
    fn advance(&mut self, x: &mut [T], r: &[T], step: T) {
        if self.depth == 0 {
            axpy(step, r, x);
            return;
        }
        if let Some((last_x, last_r)) = &mut self.last {
            let slot = self.stored % self.depth;
            if self.states.len() <= slot {
                self.states.push(vec![T::default(); x.len()]);
                self.residuals.push(vec![T::default(); x.len()]);
            }
            difference(x, last_x, &mut self.states[slot]);
            difference(r, last_r, &mut self.residuals[slot]);
            self.stored += 1;
            last_x.copy_from_slice(x);
            last_r.copy_from_slice(r);
        } else {
            self.last = Some((x.to_vec(), r.to_vec()));
        }
        let gamma = self.weights(r);
        axpy(step, r, x);
        for (k, gamma) in gamma.into_iter().enumerate() {
            axpy(T::from_f64(-gamma), &self.states[k], x);
            axpy(T::from_f64(-gamma) * step, &self.residuals[k], x);
        }
    }

    /// Normal equations with a trace of regularisation: at most a handful of unknowns.
    fn weights(&self, r: &[T]) -> Vec<f64> {
        let m = self.stored.min(self.depth);
        if m == 0 {
            return Vec::new();
        }
        let mut gram = vec![0.0; m * m];
        for i in 0..m {
            for j in 0..=i {
                let product = dot(&self.residuals[i], &self.residuals[j]).to_f64();
                (gram[i * m + j], gram[j * m + i]) = (product, product);
            }
        }
        let scale = (0..m).map(|i| gram[i * m + i]).fold(0.0, f64::max);
        if !(scale > 0.0 && scale.is_finite()) {
            return Vec::new();
        }
        // Rounding in the products, relative to the largest.
        let regular = 4.0 * T::EPSILON.to_f64() * scale;
        (0..m).for_each(|i| gram[i * m + i] += regular);
        let mut gamma: Vec<f64> = (0..m).map(|i| dot(&self.residuals[i], r).to_f64()).collect();
        match solve_batch(m, &mut gram, &mut gamma) {
            Ok(()) if gamma.iter().all(|g| g.abs() < 1e6) => gamma,
            _ => Vec::new(),
        }
    }
}

pub(super) fn difference<T: Real>(a: &[T], b: &[T], out: &mut [T]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = *a - *b;
    }
}
