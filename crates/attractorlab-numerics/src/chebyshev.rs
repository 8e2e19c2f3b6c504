//! Piecewise Chebyshev interpolation of functions of one variable.

use std::f64::consts::PI;

/// Degree of one piece.
const DEGREE: usize = 16;

/// Halving stops at this many pieces, whatever the function does.
const MOST_PIECES: usize = 4096;

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
    /// Interpolates `function`, which writes `components` values, on [low, high]. Pieces are halved
    /// until the last coefficients of each component fall below `tolerance` times the largest value
    /// of that component on the piece, or have sunk into the noise of the function; pieces of width below 1e-12·(high − low), and what is
    /// left beyond 4096 pieces, are kept as they are and counted by [`Self::unresolved`].
    ///
    /// # Panics
    /// If the interval is empty or not finite, or there are no components.
    #[track_caller]
    pub fn new(
        low: f64,
        high: f64,
        components: usize,
        tolerance: f64,
        mut function: impl FnMut(f64, &mut [f64]),
    ) -> Self {
        assert!(
            low.is_finite() && high.is_finite() && low < high && components > 0,
            "interval [{low}, {high}]"
        );
        let mut this = Self { components, edges: vec![low], coefficients: Vec::new(), unresolved: 0 };
        let mut stack = vec![(low, high, f64::INFINITY)];
        let smallest = 1e-12 * (high - low);
        let mut values = vec![0.0; components * (DEGREE + 1)];
        while let Some((a, b, parent)) = stack.pop() {
            let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
            for (i, node) in nodes().iter().enumerate() {
                function(middle + half * node, &mut values[i * components..(i + 1) * components]);
            }
            let pieces = transform(&values, components);
            // Largest ratio of a component's last coefficients to its size.
            let tail = (0..components).fold(0.0_f64, |worst, c| {
                let piece = &pieces[c * (DEGREE + 1)..(c + 1) * (DEGREE + 1)];
                let size = piece.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
                let last = piece[DEGREE - 2..].iter().fold(0.0_f64, |m, v| m.max(v.abs()));
                if last == 0.0 { worst } else { worst.max(last / size) }
            });
            // Halving a resolved piece divides its tail by thousands; where it does not, the tail
            // is the noise of the function, and further halving would chase it without end.
            let fine = tail <= tolerance || (tail < NOISE && tail > 0.1 * parent);
            let exhausted = this.edges.len() + stack.len() > MOST_PIECES;
            if fine || exhausted || b - a < smallest {
                this.unresolved += usize::from(!fine);
                this.edges.push(b);
                this.coefficients.extend(pieces);
            } else {
                stack.push((middle, b, tail));
                stack.push((a, middle, tail));
            }
        }
        this
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

    fn locate(&self, x: f64) -> (usize, f64) {
        let last = self.edges.len() - 2;
        let piece = self.edges.partition_point(|&edge| edge <= x).saturating_sub(1).min(last);
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

/// Σ cₖ Tₖ(t).
#[inline]
pub(crate) fn clenshaw(coefficients: &[f64], t: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for &c in coefficients[1..].iter().rev() {
        (b1, b2) = (c + 2.0 * t * b1 - b2, b1);
    }
    coefficients[0] + t * b1 - b2
}

/// Chebyshev points of the second kind, falling from 1 to −1.
fn nodes() -> [f64; DEGREE + 1] {
    std::array::from_fn(|i| (PI * i as f64 / DEGREE as f64).cos())
}

/// Coefficients of all components from values at the nodes.
fn transform(values: &[f64], components: usize) -> Vec<f64> {
    let n = DEGREE;
    let mut out = vec![0.0; components * (n + 1)];
    let cosines: [f64; 2 * DEGREE] = std::array::from_fn(|i| (PI * i as f64 / n as f64).cos());
    for c in 0..components {
        for k in 0..=n {
            let mut sum = 0.0;
            for i in 0..=n {
                let half = if i == 0 || i == n { 0.5 } else { 1.0 };
                sum += half * values[i * components + c] * cosines[(i * k) % (2 * n)];
            }
            let half = if k == 0 || k == n { 1.0 } else { 2.0 };
            out[c * (n + 1) + k] = half * sum / n as f64;
        }
    }
    out
}
