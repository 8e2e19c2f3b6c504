//! Roots of a piecewise Chebyshev polynomial, each isolated by bounds on its coefficients.

use super::{Kind, Root, Roots, refine};
use crate::chebyshev::{Interpolant, clenshaw};

/// Stop halving below this width, in units of the piece.
const SMALLEST: f64 = 1e-10;

pub(super) fn roots_of(
    interpolant: &Interpolant,
    accuracy: f64,
    function: &mut impl FnMut(f64) -> f64,
    found: &mut Roots,
) {
    for index in 0..interpolant.pieces() {
        let (a, b, coefficients) = interpolant.piece(index, 0);
        let size: f64 = coefficients.iter().map(|c| c.abs()).sum();
        let tail = coefficients[coefficients.len() - 3..].iter().fold(0.0_f64, |m, c| m.max(c.abs()));
        // Beyond the accuracy asked for, the tail is what the function's own noise is.
        if tail > 1e-10 * size {
            found.doubts.push((a, b));
        }
        let piece = Piece {
            a,
            b,
            noise: (8.0 * accuracy * size).max(8.0 * tail),
            first: derivative(coefficients),
            second: derivative(&derivative(coefficients)),
            coefficients,
        };
        piece.search(-1.0, 1.0, function, found);
    }
}

/// One polynomial piece in its own variable t ∈ [−1, 1].
struct Piece<'a> {
    a: f64,
    b: f64,
    /// Values below this cannot be told from zero.
    noise: f64,
    coefficients: &'a [f64],
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Piece<'_> {
    fn x(&self, t: f64) -> f64 {
        // Exact at both ends, so that neighbours agree.
        0.5 * ((1.0 - t) * self.a + (1.0 + t) * self.b)
    }

    fn search(&self, low: f64, high: f64, function: &mut impl FnMut(f64) -> f64, found: &mut Roots) {
        let value = range(self.coefficients, low, high);
        if value.excludes_zero(self.noise) {
            return;
        }
        let slope = range(&self.first, low, high);
        if slope.excludes_zero(0.0) {
            return self.monotone(low, high, function, found);
        }
        if range(&self.second, low, high).excludes_zero(0.0) {
            self.bent(low, high, function, found);
            return;
        }
        if high - low < SMALLEST {
            // Flat to the second derivative at the resolution of the numbers: say so.
            let t = 0.5 * (low + high);
            let x = self.x(t);
            let residual = function(x);
            if residual.abs() <= self.noise {
                found.roots.push(Root { x, residual, kind: Kind::Tangent });
                found.doubts.push((self.x(low), self.x(high)));
            }
            return;
        }
        // Slightly off the middle, where roots like to be.
        let middle = low + 0.507 * (high - low);
        self.search(low, middle, function, found);
        self.search(middle, high, function, found);
    }

    /// The polynomial is monotone on [low, high].
    fn monotone(&self, low: f64, high: f64, function: &mut impl FnMut(f64) -> f64, found: &mut Roots) {
        let (p_low, p_high) = (clenshaw(self.coefficients, low), clenshaw(self.coefficients, high));
        if p_low * p_high <= 0.0 {
            self.crossing(low, high, function, found);
        } else {
            self.touching_end((low, p_low), (high, p_high), function, found);
        }
    }

    /// The polynomial is monotone on [low, high] and changes sign or vanishes at an end.
    fn crossing(&self, low: f64, high: f64, function: &mut impl FnMut(f64) -> f64, found: &mut Roots) {
        let (x_low, x_high) = (self.x(low), self.x(high));
        let (f_low, f_high) = (function(x_low), function(x_high));
        if f_low * f_high <= 0.0 {
            let (x, residual) = refine(&mut *function, (x_low, f_low), (x_high, f_high));
            // A sign change between two values that are both noise proves nothing.
            let certain = f_low.abs().max(f_high.abs()) > self.noise;
            let kind = if certain { Kind::Crossing } else { Kind::Tangent };
            found.roots.push(Root { x, residual, kind });
        } else {
            // The polynomial's root lies within its error of an end; the neighbour sees the sign
            // change if there is one, and the end itself counts if it is zero to within the noise.
            let (x, residual) = if f_low.abs() < f_high.abs() { (x_low, f_low) } else { (x_high, f_high) };
            if residual.abs() <= self.noise {
                found.roots.push(Root { x, residual, kind: Kind::Tangent });
            }
        }
    }

    /// Monotone without a sign change: a root can only be an end of the whole interval.
    fn touching_end(
        &self,
        (low, p_low): (f64, f64),
        (high, p_high): (f64, f64),
        function: &mut impl FnMut(f64) -> f64,
        found: &mut Roots,
    ) {
        let t = if p_low.abs() < p_high.abs() { low } else { high };
        if t.abs() == 1.0 && p_low.abs().min(p_high.abs()) <= self.noise {
            let x = self.x(t);
            let residual = function(x);
            if residual == 0.0 {
                found.roots.push(Root { x, residual, kind: Kind::Crossing });
            }
        }
    }

    /// The polynomial is convex or concave on [low, high], with at most one extremum.
    fn bent(&self, low: f64, high: f64, function: &mut impl FnMut(f64) -> f64, found: &mut Roots) {
        let (s_low, s_high) = (clenshaw(&self.first, low), clenshaw(&self.first, high));
        if s_low * s_high >= 0.0 {
            return self.monotone(low, high, function, found);
        }
        let (t, _) = refine(|t| clenshaw(&self.first, t), (low, s_low), (high, s_high));
        let x = self.x(t);
        let residual = function(x);
        if residual.abs() <= self.noise {
            self.tangency(low, high, t, residual, function, found);
            return;
        }
        // The ends of this stretch lie on the other side of zero, or not, for each branch alone.
        for (from, to) in [(low, t), (t, high)] {
            let ends = [clenshaw(self.coefficients, from), clenshaw(self.coefficients, to)];
            if ends[0] * ends[1] <= 0.0 {
                self.crossing(from, to, function, found);
            }
        }
    }

    /// An extremum at `t` that is zero to within the noise. If the function as computed still
    /// crosses zero on both sides, both crossings are reported, in doubt; otherwise the one touch.
    fn tangency(
        &self,
        low: f64,
        high: f64,
        t: f64,
        residual: f64,
        function: &mut impl FnMut(f64) -> f64,
        found: &mut Roots,
    ) {
        let x = self.x(t);
        let ends = [low, high].map(|end| {
            let x = self.x(end);
            (x, function(x))
        });
        if ends.iter().all(|end| end.1 * residual < 0.0) {
            for end in ends {
                let (x, residual) = refine(&mut *function, end, (x, residual));
                found.roots.push(Root { x, residual, kind: Kind::Tangent });
            }
        } else {
            found.roots.push(Root { x, residual, kind: Kind::Tangent });
        }
    }
}

/// An enclosure of a polynomial's values.
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn excludes_zero(&self, noise: f64) -> bool {
        self.low > noise || self.high < -noise
    }
}

/// Encloses Σ cₖ Tₖ on [low, high] by its Taylor form around the middle, |remainder| bounded by the
/// derivative's coefficients; on the whole of [−1, 1] simply by Σ|cₖ|.
fn range(coefficients: &[f64], low: f64, high: f64) -> Range {
    let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
    if half > 0.45 {
        let rest: f64 = coefficients[1..].iter().map(|c| c.abs()).sum();
        let center = coefficients.first().copied().unwrap_or(0.0);
        return Range { low: center - rest, high: center + rest };
    }
    // p(m + h) = Σ p⁽ʲ⁾(m) hʲ/j!: as many terms as there are derivatives.
    let mut center = None;
    let mut spread = 0.0;
    let mut factor = 1.0;
    let mut current = coefficients.to_vec();
    for j in 0..coefficients.len() {
        let value = clenshaw_any(&current, middle);
        if j == 0 {
            center = Some(value);
        } else {
            factor *= half / j as f64;
            spread += value.abs() * factor;
        }
        current = derivative(&current);
    }
    let center = center.unwrap_or(0.0);
    Range { low: center - spread, high: center + spread }
}

fn clenshaw_any(coefficients: &[f64], t: f64) -> f64 {
    if coefficients.is_empty() { 0.0 } else { clenshaw(coefficients, t) }
}

/// Chebyshev coefficients of the derivative.
fn derivative(coefficients: &[f64]) -> Vec<f64> {
    let n = coefficients.len();
    if n < 2 {
        return vec![0.0];
    }
    let mut out = vec![0.0; n + 1];
    for k in (1..n).rev() {
        out[k - 1] = out[k + 1] + 2.0 * k as f64 * coefficients[k];
    }
    out[0] *= 0.5;
    out.truncate(n - 1);
    out
}
