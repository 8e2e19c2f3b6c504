//! Pair averages of bounded functions over moderate Gaussians, on a grid of two variables.
//!
//! With x₁ = m₁ + s₁ z₁, and x₂ given x₁ a Gaussian around m₂ + ρ (s₂/s₁)(x₁ − m₁) of width c = s₂√(1−ρ²),
//!
//! E f h = Σₖ wₖ f(x₁ₖ) Σⱼ vⱼ h(x₂ₖⱼ).
//!
//! Where c is not small, the nodes in x₂ are the same for all x₁: h is a table, and only the weights vary, which at
//! equidistant points need no exponentials ([`kernels::gaussian_dot`]). Where c is small, the nodes move with x₁ and there
//! are few of them, but h is evaluated at each. Either way this beats one adaptive average for each x₁ as long as neither
//! variable spreads over much more than the functions' own features, or both functions die out. The steps are those that
//! `trapezoid.rs` derives, for poles of f and of h at the same x₁.

use std::ops::Range;

use super::pair::Pair;
use super::{Product, narrow};
use crate::kernels;
use crate::special::INV_SQRT_2PI;
use crate::transfer::Transfer;

/// Beyond this distance from zero, in units of the scale, derivatives are left out: exp(−34) = 2e-15.
const REACH: f64 = 17.0;
/// Largest standard deviation, in units of the function's scale, unless both functions die out: beyond it the other
/// method is faster.
const LARGEST_SD: f64 = 3.5;
/// Farthest mean, in the same units.
const FARTHEST_MEAN: f64 = 6.0;
/// Width of the conditional law, in the same units, from which on h is tabulated.
const TABLE_WIDTH: f64 = 0.3;

/// Whether this rule serves: bounded factors of a function whose derivatives are rational in e^−|x|.
pub(super) fn serves(transfer: Transfer, product: Product) -> bool {
    matches!(transfer, Transfer::Tanh | Transfer::Logistic) && product.x == 0 && product.primitive == 0
}

/// Distance of the nearest poles from the real axis, over π/2.
fn scale(transfer: Transfer) -> f64 {
    if transfer == Transfer::Logistic { 2.0 } else { 1.0 }
}

/// Whether the law is moderate enough for this rule. The first variable has the larger deviation.
pub(super) fn suits(transfer: Transfer, f: Product, h: Product, pair: Pair) -> bool {
    let scale = scale(transfer);
    let local = f.derivatives() > 0 && h.derivatives() > 0;
    (local || pair.sd[0] <= LARGEST_SD * scale) && pair.mean.iter().all(|m| m.abs() <= FARTHEST_MEAN * scale)
}

/// E f(x₁) h(x₂) for a law that [`suits`], with sd[0] ≥ sd[1] > 0; `even` says that the means are zero and
/// f·h is even, so that half of the grid is enough.
pub(super) fn average(transfer: Transfer, f: Product, h: Product, pair: Pair, even: bool) -> f64 {
    let Pair { mean: [m1, m2], sd: [s1, s2], correlation } = pair;
    let slope = correlation * s2 / s1;
    let c = s2 * ((1.0 - correlation) * (1.0 + correlation)).sqrt();
    let scale = scale(transfer);
    let step = step(order(f) + order(h), zeros(f) + zeros(h), s1 / scale) * scale;
    let mut work = Work::default();

    // Both functions draw the mass nearer to where they are large.
    let pull = |rate: f64, distance: f64| (rate * s1 * s1).min(distance.abs());
    let steep = slope.abs();
    let nearer =
        pull(rate(f, scale), m1) + if steep > 0.0 { pull(steep * rate(h, scale), m2 / steep) } else { 0.0 };
    let (mut low, high) = within(f, scale, m1, cut(zeros(f) + zeros(h)) * s1 + nearer);
    if even {
        low = 0.0;
    }
    let displacements = nodes(low, high, step);
    let mut outer: Vec<f64> = displacements.iter().map(|d| d / s1).collect();
    kernels::gaussian_in_place(&mut outer);
    if even {
        outer.iter_mut().skip(1).for_each(|w| *w *= 2.0);
    }
    let x: Vec<f64> = displacements.iter().map(|d| m1 + d).collect();
    let mut values = vec![0.0; x.len()];
    work.evaluate(transfer, f, &x, &mut values);
    values.iter_mut().zip(&outer).for_each(|(value, weight)| *value *= weight);
    // h is bounded by a few units: where f leaves nothing, no row is needed.
    let negligible = 1e-18 * values.iter().map(|value| value.abs()).sum::<f64>();
    let rows = || {
        let centers = displacements.iter().map(|d| m2 + slope * d);
        centers.zip(&values).filter(|(_, value)| value.abs() > negligible)
    };
    let mut inner = Inner::new(transfer, h, c, &mut work, rows().map(|(center, _)| center));
    let total: f64 = rows().map(|(center, value)| value * inner.average(center)).sum();
    total * step / s1 * INV_SQRT_2PI
}

/// The average of h over its conditional law, for many centres.
struct Inner<'a> {
    transfer: Transfer,
    h: Product,
    scale: f64,
    /// Width of the law.
    c: f64,
    step: f64,
    work: &'a mut Work,
    nodes: Nodes,
}

enum Nodes {
    /// The law has no width.
    Point,
    /// h at fixed nodes, from the first on.
    Fixed { first: f64, table: Vec<f64> },
    /// Distances from the centre and their weights; memory for a row.
    Moving { offsets: Vec<f64>, weights: Vec<f64>, row: Vec<f64>, found: Vec<f64> },
}

impl<'a> Inner<'a> {
    fn new(
        transfer: Transfer,
        h: Product,
        c: f64,
        work: &'a mut Work,
        centers: impl Iterator<Item = f64>,
    ) -> Self {
        let scale = scale(transfer);
        let step = if c > 0.0 { step(order(h), zeros(h), c / scale) * scale } else { 0.0 };
        let nodes = if c == 0.0 {
            Nodes::Point
        } else if c >= TABLE_WIDTH * scale {
            let (low, high) = centers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), center| {
                let window = within(h, scale, center, reach(h, scale, center, c));
                (low.min(center + window.0), high.max(center + window.1))
            });
            let x = nodes(low, high, step);
            let mut table = vec![0.0; x.len()];
            work.evaluate(transfer, h, &x, &mut table);
            Nodes::Fixed { first: x.first().copied().unwrap_or(0.0), table }
        } else {
            let reach = cut(zeros(h)) * c + rate(h, scale) * c * c;
            let offsets = nodes(-reach, reach, step);
            let mut weights: Vec<f64> = offsets.iter().map(|x| x / c).collect();
            kernels::gaussian_in_place(&mut weights);
            Nodes::Moving { row: offsets.clone(), found: vec![0.0; offsets.len()], offsets, weights }
        };
        Self { transfer, h, scale, c, step, work, nodes }
    }

    fn average(&mut self, center: f64) -> f64 {
        let Self { transfer, h, scale, c, step, .. } = *self;
        let normal = step / c * INV_SQRT_2PI;
        match &mut self.nodes {
            Nodes::Point => {
                let mut found = [0.0];
                self.work.evaluate(transfer, h, &[center], &mut found);
                found[0]
            }
            Nodes::Fixed { first, table } => {
                let (low, high) = within(h, scale, center, reach(h, scale, center, c));
                let index = |offset: f64| ((center + offset - *first) / step).clamp(0.0, table.len() as f64);
                let range = index(low).floor() as usize..(index(high).ceil() as usize + 1).min(table.len());
                let start = *first + range.start as f64 * step - center;
                normal * kernels::gaussian_dot(start / c, step / c, &table[range])
            }
            Nodes::Moving { offsets, weights, row, found } => {
                let range: Range<usize> = if h.derivatives() > 0 {
                    let index = |x: f64| ((x - center - offsets[0]) / step).clamp(0.0, offsets.len() as f64);
                    index(-REACH * scale) as usize..index(REACH * scale).ceil() as usize
                } else {
                    0..offsets.len()
                };
                let (row, found) = (&mut row[range.clone()], &mut found[range.clone()]);
                row.iter_mut().zip(&offsets[range.clone()]).for_each(|(x, offset)| *x = center + offset);
                self.work.evaluate(transfer, h, row, found);
                normal * kernels::dot(&weights[range], found)
            }
        }
    }
}

/// Rate at which a product of derivatives dies out.
fn rate(product: Product, scale: f64) -> f64 {
    2.0 / scale * f64::from(product.derivatives())
}

/// Beyond this many standard deviations the weights are left out: they hold 3e-15 of the probability, and as little of a
/// power that grows outwards from its zeros.
fn cut(zeros: usize) -> f64 {
    (62.4 + 3.0 * zeros.saturating_sub(2) as f64).sqrt()
}

/// How far from the mean the mass of exp(−rate·|x|) × Gaussian reaches: as far as the Gaussian's own, and up to rate·s²
/// nearer to zero.
fn reach(product: Product, scale: f64, mean: f64, sd: f64) -> f64 {
    cut(zeros(product)) * sd + (rate(product, scale) * sd * sd).min(mean.abs())
}

/// Distances from the mean up to `reach`, cut where a product of derivatives has died out.
fn within(product: Product, scale: f64, mean: f64, reach: f64) -> (f64, f64) {
    if product.derivatives() > 0 {
        let end = REACH * scale;
        ((-reach).max(-end - mean).min(0.0), reach.min(end - mean).max(0.0))
    } else {
        (-reach, reach)
    }
}

/// Order of the product's poles.
fn order(product: Product) -> usize {
    narrow::pole_order(product)
}

/// Order to which the product of an odd function vanishes at zero.
fn zeros(product: Product) -> usize {
    narrow::zeros(product)
}

/// Largest step, in units of the scale, that resolves a Gaussian times a function with poles of this order at distance π/2,
/// and with as many zeros at the mean, to 1e-13 of the average: the pole contributes
/// (2π/h)^(m−1) exp(−π²/h + π²/(8 s²)), and the integral on the line at height y
/// exp(−2πy/h + y²/(2 s²)) (cos y)⁻ᵐ.
pub(super) fn step(order: usize, zeros: usize, sd: f64) -> f64 {
    let (order, zeros) = (order as f64, zeros as f64);
    let precision = 1.0 / (sd * sd);
    // Where the Gaussian alone would put the line.
    let height = 8.49 * sd;
    if height < 1.4 {
        let at = |y: f64| {
            let exponent = (32.0 + 1.6 * zeros - order * y.cos().ln()).max(36.0);
            std::f64::consts::TAU * y / (exponent + 0.5 * y * y * precision)
        };
        return [1.0, 0.8, 0.6].map(|part| at(part * height)).into_iter().fold(0.0, f64::max);
    }
    let pole =
        9.87 / (32.5 + 3.4 * (order - 1.0).max(0.0) + 1.6 * (zeros - 2.0).max(0.0) + 1.234 * precision);
    pole.min(0.74 * sd)
}

/// Multiples of the step from the last below `low` to the first above `high`; from zero on for `low` = 0.
fn nodes(low: f64, high: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((low / step).floor() as i32, (high / step).ceil() as i32);
    (first..=last).map(|k| f64::from(k) * step).collect()
}

/// Memory for the factors.
#[derive(Default)]
struct Work {
    value: Vec<f64>,
    first: Vec<f64>,
}

impl Work {
    /// The product at many points, each factor to its own relative accuracy: φ' from e^−|x|, not from
    /// 1 − φ².
    fn evaluate(&mut self, transfer: Transfer, product: Product, x: &[f64], out: &mut [f64]) {
        if product == Product::VALUE {
            return transfer.values(x, out);
        }
        let Self { value, first } = self;
        if product.value + product.second > 0 {
            value.resize(x.len(), 0.0);
            transfer.values(x, value);
        }
        // φ' = a e/(1+e)² with e = exp(−b|x|).
        let (a, b) = if transfer == Transfer::Tanh { (4.0, 2.0) } else { (1.0, 1.0) };
        if product.derivatives() > 0 {
            first.clear();
            first.extend(x.iter().map(|x| -b * x.abs()));
            kernels::exp_in_place(first);
            for first in first.iter_mut() {
                let e = *first;
                *first = a * e / ((1.0 + e) * (1.0 + e));
            }
        }
        out.fill(1.0);
        for _ in 0..product.value {
            multiply(out, value, |phi| phi);
        }
        for _ in 0..product.first {
            multiply(out, first, |prime| prime);
        }
        for _ in 0..product.second {
            // φ'' = −2φφ' for tanh; φ'(1 − 2φ) for the logistic function.
            multiply(out, first, |prime| prime);
            if transfer == Transfer::Tanh {
                multiply(out, value, |phi| -2.0 * phi);
            } else {
                multiply(out, value, |phi| 1.0 - 2.0 * phi);
            }
        }
        for _ in 0..product.third {
            let (constant, slope) = if transfer == Transfer::Tanh { (4.0, -6.0) } else { (1.0, -6.0) };
            multiply(out, first, |prime| prime * (constant + slope * prime));
        }
    }
}

fn multiply(out: &mut [f64], factor: &[f64], of: impl Fn(f64) -> f64) {
    for (out, factor) in out.iter_mut().zip(factor) {
        *out *= of(*factor);
    }
}
