//! Piecewise Chebyshev interpolation of functions of one variable.

use std::cmp::Ordering;
use std::f64::consts::PI;
use std::sync::LazyLock;

/// Degree of one piece.
const DEGREE: usize = 16;

/// Division stops at this many pieces, whatever the function does.
const MOST_PIECES: usize = 4096;

/// The first piece that is tried is one of so many.
const FIRST_PIECES: f64 = 8.0;

/// Of so many edges, counting those to the left is faster than a search.
const FEW: usize = 48;

/// A tail that does not shrink is taken for noise only below this.
const NOISE: f64 = 1e-10;

/// A function of one variable with `n` components, interpolated to a stated accuracy.
///
/// ```
/// use attractorlab_numerics::chebyshev::Interpolant;
/// let sine = Interpolant::new(0.0, 10.0, 1, 1e-13, |x, out| out[0] = x.sin());
/// let mut out = [0.0];
/// sine.evaluate(3.3, &mut out);
/// assert!((out[0] - 3.3_f64.sin()).abs() < 1e-12);
/// ```
#[derive(Debug, Clone)]
pub struct Interpolant {
    components: usize,
    edges: Vec<f64>,
    /// For each piece, component by component, DEGREE + 1 coefficients.
    coefficients: Vec<f64>,
    unresolved: usize,
}

impl Interpolant {
    /// Interpolates `function`, which writes `components` values, on [low, high], piece after piece. A piece is fine when the last
    /// coefficients of each component fall below `tolerance` times the largest value of that component on it, or have sunk into
    /// the noise of the function; how fast they fall says how wide the next attempt should be. Pieces of width below
    /// 1e-12·(high − low), what is left beyond 4096 pieces, and pieces with values that are not finite are kept as they are
    /// and counted by [`Self::unresolved`].
    ///
    /// # Panics
    /// If the interval is empty or not finite, or there are no components.
    #[track_caller]
    pub fn new(
        low: f64,
        high: f64,
        components: usize,
        tolerance: f64,
        function: impl FnMut(f64, &mut [f64]),
    ) -> Self {
        assert!(
            low.is_finite() && high.is_finite() && low < high && components > 0,
            "interval [{low}, {high}]"
        );
        let mut this = Self { components, edges: vec![low], coefficients: Vec::new(), unresolved: 0 };
        this.append(high, tolerance, function);
        this
    }

    /// Continues to `high` with the function of before; nothing is left to do if it ends there already.
    pub fn append(&mut self, high: f64, tolerance: f64, mut function: impl FnMut(f64, &mut [f64])) {
        let (components, start) = (self.components, self.edges[self.edges.len() - 1]);
        if high.partial_cmp(&start) != Some(Ordering::Greater) {
            return;
        }
        // Narrower pieces would end where they start.
        let rounding = 4.0 * f64::EPSILON * start.abs().max(high.abs());
        let (smallest, most) = (rounding.max(1e-12 * (high - start)), self.edges.len() + MOST_PIECES);
        let mut values = vec![0.0; components * (DEGREE + 1)];
        // Where the piece starts and how wide it is.
        let (mut a, mut width) = (start, (high - start) / FIRST_PIECES);
        // The tail of the piece of which it is a half, and that of the noise before it.
        let (mut whole, mut floor) = (f64::INFINITY, 0.0);
        // The width below which a piece is given up: more where that has happened, or what surrounds a kink would use up all pieces.
        let mut least = smallest;
        while a < high {
            // What is left is one piece, or two of the same width.
            let left = high - a;
            let exhausted = self.edges.len() >= most;
            width = if exhausted || left <= 1.05 * width { left } else { width.min(0.5 * left) };
            let b = if width == left { high } else { a + width };
            let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
            for (node, values) in TABLES.nodes.iter().zip(values.chunks_exact_mut(components)) {
                function(middle + half * node, values);
            }
            let pieces = transform(&values, components);
            let finite = pieces.iter().all(|coefficient| coefficient.is_finite());
            // Largest ratio of a component's last coefficients to its size.
            let tail = pieces.chunks_exact(DEGREE + 1).fold(0.0_f64, |worst, piece| {
                let size = piece.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
                let last = piece[DEGREE - 2..].iter().fold(0.0_f64, |m, v| m.max(v.abs()));
                if last == 0.0 { worst } else { worst.max(last / size) }
            });
            // Halving a resolved piece divides its tail by thousands; where it does not, the tail is the noise of the function, and
            // further halving would chase it without end.
            let noise = tail < NOISE && (tail > 0.1 * whole || tail <= 4.0 * floor);
            if finite && (tail <= tolerance || noise) {
                // The last coefficients are as this power of the width.
                let ratio = 0.9 * (tolerance / tail.max(f64::MIN_POSITIVE)).powf(1.0 / (DEGREE - 2) as f64);
                (floor, width) = if tail <= tolerance {
                    (0.0, width * ratio.clamp(1.0, 3.0))
                } else {
                    (tail, 2.0 * width)
                };
                least = smallest;
            } else if finite && !exhausted && width >= least {
                (whole, width) = (tail, 0.5 * width);
                continue;
            } else {
                self.unresolved += 1;
                least = 2.0 * least.max(width);
                width *= 2.0;
            }
            self.edges.push(b);
            self.coefficients.extend(pieces);
            (a, whole) = (b, f64::INFINITY);
        }
    }

    /// Number of pieces that could not be resolved to the tolerance.
    pub fn unresolved(&self) -> usize {
        self.unresolved
    }

    /// The edges of the pieces, rising.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Writes the first components at `x`, as many as `out` has room for; outside the interval the nearest piece is extrapolated.
    #[inline]
    pub fn evaluate(&self, x: f64, out: &mut [f64]) {
        let (piece, t) = self.locate(x);
        let size = DEGREE + 1;
        let start = piece * self.components * size;
        for (c, value) in out.iter_mut().enumerate().take(self.components) {
            *value = clenshaw(&self.coefficients[start + c * size..start + (c + 1) * size], t);
        }
    }

    #[inline]
    fn locate(&self, x: f64) -> (usize, f64) {
        let last = self.edges.len() - 2;
        let left = if self.edges.len() <= FEW {
            // Without questions whose answers a processor guesses wrong.
            self.edges.iter().map(|&edge| usize::from(edge <= x)).sum()
        } else {
            self.edges.partition_point(|&edge| edge <= x)
        };
        let piece = left.saturating_sub(1).min(last);
        let (a, b) = (self.edges[piece], self.edges[piece + 1]);
        (piece, (2.0 * x - a - b) / (b - a))
    }

    /// Interval and coefficients of a piece's component.
    pub(crate) fn piece(&self, piece: usize, component: usize) -> (f64, f64, &[f64]) {
        let size = DEGREE + 1;
        let start = (piece * self.components + component) * size;
        (self.edges[piece], self.edges[piece + 1], &self.coefficients[start..start + size])
    }

    pub(crate) fn pieces(&self) -> usize {
        self.edges.len() - 1
    }
}

/// Σ cₖ Tₖ(t), by Clenshaw's recurrence for every fourth term by itself: each is a series in T₄(t), so that four short chains
/// of operations, side by side, take the place of a long one.
#[inline]
pub(crate) fn clenshaw(coefficients: &[f64], t: f64) -> f64 {
    let t2 = 2.0 * t * t - 1.0;
    let (t3, t4) = (t * (2.0 * t2 - 1.0), 2.0 * t2 * t2 - 1.0);
    let (groups, rest) = coefficients.as_chunks::<4>();
    let (mut sums, mut before) = ([0.0; 4], [0.0; 4]);
    sums[..rest.len()].copy_from_slice(rest);
    for group in groups.iter().rev() {
        for r in 0..4 {
            // In this order a sum waits for one product and one addition.
            (sums[r], before[r]) = ((group[r] - before[r]) + 2.0 * t4 * sums[r], sums[r]);
        }
    }
    // T₄₊ᵣ + T₄₋ᵣ = 2 T₄ Tᵣ.
    let even = (sums[0] - t4 * before[0]) + t2 * (sums[2] - before[2]);
    let odd = (t * sums[1] - t3 * before[1]) + (t3 * sums[3] - t * before[3]);
    even + odd
}

/// Chebyshev points of the second kind, falling from 1 to −1, and the weights that turn values there into coefficients.
struct Tables {
    nodes: [f64; DEGREE + 1],
    weights: [[f64; DEGREE + 1]; DEGREE + 1],
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let cosine = |i: usize| (PI * i as f64 / DEGREE as f64).cos();
    let end = |i: usize| if i == 0 || i == DEGREE { 0.5 } else { 1.0 };
    Tables {
        nodes: std::array::from_fn(cosine),
        weights: std::array::from_fn(|i| {
            std::array::from_fn(|k| 2.0 * end(i) * end(k) * cosine(i * k % (2 * DEGREE)) / DEGREE as f64)
        }),
    }
});

/// Coefficients of all components, one after the other, from values at the nodes.
fn transform(values: &[f64], components: usize) -> Vec<f64> {
    let mut out = vec![0.0; components * (DEGREE + 1)];
    for (weights, values) in TABLES.weights.iter().zip(values.chunks_exact(components)) {
        for (out, value) in out.chunks_exact_mut(DEGREE + 1).zip(values) {
            for (out, weight) in out.iter_mut().zip(weights) {
                *out += value * weight;
            }
        }
    }
    out
}
