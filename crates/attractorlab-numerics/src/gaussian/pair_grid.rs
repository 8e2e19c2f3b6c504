//! Pair averages of bounded functions over moderate Gaussians, on a grid of two independent variables.
//!
//! With x₁ = m₁ + s₁ z₁ and x₂ = m₂ + ρ s₂ z₁ + c z₂, c = s₂√(1−ρ²),
//!
//! E f h = Σₖ wₖ f(x₁ₖ) Σⱼ vⱼ h(x₂ₖⱼ).
//!
//! The weights are those of two fixed rules, so that all the work is in h, and h is a vector kernel: this
//! beats one adaptive average for each x₁ as long as neither variable spreads over much more than the
//! functions' own features. The steps are those that `trapezoid.rs` derives, for poles of f and of h at
//! the same x₁.

use super::Product;
use crate::kernels;
use crate::special::INV_SQRT_2PI;
use crate::transfer::Transfer;

use super::pair::Pair;

/// Beyond this many standard deviations the weights are left out; they hold 3e-15 of the probability.
const CUT: f64 = 7.9;
/// Beyond this distance from zero, in units of the scale, derivatives are left out: exp(−34) = 2e-15.
const REACH: f64 = 17.0;
/// Largest standard deviation, in units of the function's scale: then the other method is faster.
const LARGEST_SD: f64 = 3.5;
/// Farthest mean, in the same units: beyond it an average of derivatives is exponentially small, and the
/// other method keeps its digits.
const FARTHEST_MEAN: f64 = 2.0;

/// Whether this rule serves: bounded factors of a function whose derivatives are rational in e^−|x|.
pub(super) fn serves(transfer: Transfer, product: Product) -> bool {
    matches!(transfer, Transfer::Tanh | Transfer::Logistic) && product.x == 0 && product.primitive == 0
}

/// Distance of the nearest poles from the real axis, over π/2.
fn scale(transfer: Transfer) -> f64 {
    if transfer == Transfer::Logistic { 2.0 } else { 1.0 }
}

/// Whether the law is moderate enough for this rule. The first variable has the larger deviation.
pub(super) fn suits(transfer: Transfer, pair: Pair) -> bool {
    let scale = scale(transfer);
    pair.sd[0] <= LARGEST_SD * scale && pair.mean.iter().all(|m| m.abs() <= FARTHEST_MEAN * scale)
}

/// E f(x₁) h(x₂) for a law that [`suits`], with sd[0] ≥ sd[1] > 0; `even` says that the means are zero and
/// f·h is even, so that half of the grid is enough.
pub(super) fn average(transfer: Transfer, f: Product, h: Product, pair: Pair, even: bool) -> f64 {
    let Pair { mean: [m1, m2], sd: [s1, s2], correlation } = pair;
    let slope = correlation * s2 / s1;
    let c = s2 * ((1.0 - correlation) * (1.0 + correlation)).sqrt();
    let scale = scale(transfer);
    let first_step = step(order(f) + order(h), s1 / scale) * scale;
    let second_step = step(order(h), c / scale) * scale;

    let offsets = if c > 0.0 { nodes(second_step, c, false) } else { vec![0.0] };
    let inner = if c > 0.0 { weights(&offsets, second_step, c) } else { vec![1.0] };
    let displacements = nodes(first_step, s1, even);
    let mut outer = weights(&displacements, first_step, s1);
    if even {
        outer.iter_mut().skip(1).for_each(|w| *w *= 2.0);
    }
    let mut work = Work::default();
    let x: Vec<f64> = displacements.iter().map(|d| m1 + d).collect();
    let mut values = vec![0.0; x.len()];
    work.evaluate(transfer, f, &x, &mut values);
    values.iter_mut().zip(&outer).for_each(|(value, weight)| *value *= weight);
    // h is bounded by a few units: where f leaves nothing, no row is needed.
    let negligible = 1e-18 * values.iter().map(|value| value.abs()).sum::<f64>();

    let (mut row, mut found) = (offsets.clone(), vec![0.0; offsets.len()]);
    let mut total = 0.0;
    for (displacement, value) in displacements.iter().zip(&values) {
        if value.abs() <= negligible {
            continue;
        }
        let center = m2 + slope * displacement;
        let range = if h.derivatives() > 0 && c > 0.0 {
            let index = |x: f64| ((x - center - offsets[0]) / second_step).clamp(0.0, offsets.len() as f64);
            index(-REACH * scale) as usize..index(REACH * scale).ceil() as usize
        } else {
            0..offsets.len()
        };
        let (row, found) = (&mut row[range.clone()], &mut found[range.clone()]);
        row.iter_mut().zip(&offsets[range.clone()]).for_each(|(x, offset)| *x = center + offset);
        work.evaluate(transfer, h, row, found);
        total += value * kernels::dot(&inner[range], found);
    }
    total
}

/// Order of the product's poles.
fn order(product: Product) -> u8 {
    product.value + 2 * product.first + 3 * product.second + 4 * product.third
}

/// Largest step, in units of the scale, for which a pole of this order at distance π/2 contributes below
/// 1e-13: (2π/h)^(m−1) exp(−π²/h + π²/(8 s²)), and the Gaussian alone exp(−2π²s²/h²).
fn step(order: u8, sd: f64) -> f64 {
    let precision = 1.0 / (sd * sd);
    // The pole matters only if it is nearer than the height 2πs²/h to which the contour moves.
    let gaussian = 0.74 * sd;
    if 2.0 * std::f64::consts::PI * sd * sd / gaussian < 1.4 {
        return gaussian;
    }
    let pole = 9.87 / (31.5 + 3.4 * f64::from(order.saturating_sub(1)) + 1.234 * precision);
    pole.min(gaussian)
}

/// Multiples of the step within the cut; those from zero on only where `half`.
fn nodes(step: f64, sd: f64, half: bool) -> Vec<f64> {
    let last = (CUT * sd / step).ceil() as i32;
    (if half { 0 } else { -last }..=last).map(|k| f64::from(k) * step).collect()
}

/// step·n(x; 0, sd).
fn weights(x: &[f64], step: f64, sd: f64) -> Vec<f64> {
    let mut weights: Vec<f64> = x.iter().map(|x| x / sd).collect();
    kernels::gaussian_in_place(&mut weights);
    kernels::scale(step / sd * INV_SQRT_2PI, &mut weights);
    weights
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
