//! How much of the set of fixed points may have been missed.

use super::FixedPoints;

/// What the hits of random starts say about what is unseen.
///
/// No number of starts proves that a set is complete: a point whose basin catches one start in a million is
/// missed by a thousand. What can be said, and at which confidence, is here. The index sum is the one test
/// that can prove a set *in*complete.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Completeness {
    /// Points found: a lower bound.
    pub found: usize,
    /// Chao's estimate of the number of points, from those that random starts hit once and twice.
    pub estimate: f64,
    /// 95 % interval of the estimate; its lower end is never below what was found.
    pub interval: (f64, f64),
    /// At 95 % confidence the random starts found *every* point that catches more than this share of them:
    /// the chance to miss any of them, at most 1/s of size s, is (1 − s)ⁿ/s ≤ 5 %.
    pub share: f64,
    /// Good–Turing estimate of the share of random starts that would reach unseen points.
    pub unseen_share: f64,
    /// Sum of the indices, if it must be 1.
    pub index_sum: Option<i64>,
}

impl Completeness {
    /// Whether the indices prove that points are missing.
    pub fn is_incomplete(&self) -> bool {
        self.index_sum.is_some_and(|sum| sum != 1)
    }
}

/// What the hits of the random starts of a search say about what is unseen.
///
/// Sources: Chao, Biometrics 43, 783 (1987), with bias correction and log-normal interval; Good, Biometrika 40, 237
/// (1953). Points that only structured starts or deflation found are unseen by the random ones, and widen the
/// interval.
pub fn completeness(found: &FixedPoints) -> Completeness {
    let n = found.random_starts as f64;
    let hits: Vec<usize> = found.points.iter().map(|point| point.hits.random).collect();
    let exactly = |count: usize| hits.iter().filter(|hits| **hits == count).count() as f64;
    let (once, twice, all) = (exactly(1), exactly(2), found.points.len());
    let seen = all as f64 - exactly(0);
    let shrink = if n > 0.0 { (n - 1.0) / n } else { 0.0 };
    let extra = shrink * once * (once - 1.0) / (2.0 * (twice + 1.0));
    let variance = shrink * once * (once - 1.0) / (2.0 * (twice + 1.0))
        + shrink * shrink * once * (2.0 * once - 1.0).powi(2) / (4.0 * (twice + 1.0).powi(2))
        + shrink * shrink * once * once * twice * (once - 1.0).powi(2) / (4.0 * (twice + 1.0).powi(4));
    let ratio = if extra > 0.0 { (1.96 * (1.0 + variance / (extra * extra)).ln().sqrt()).exp() } else { 1.0 };
    let estimate = (seen + extra).max(all as f64);
    let lower = (seen + extra / ratio).max(all as f64);
    let upper = (seen + extra * ratio).max(all as f64);
    Completeness {
        found: all,
        estimate,
        interval: (lower, upper),
        share: smallest_share(n),
        unseen_share: if n > 0.0 { once / n } else { 1.0 },
        index_sum: found.index_known.then(|| found.index_sum()),
    }
}

/// The smallest s with (1 − s)ⁿ/s ≤ 5 %.
fn smallest_share(n: f64) -> f64 {
    if n < 1.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..100 {
        let s = 0.5 * (low + high);
        if n * (-s).ln_1p() - s.ln() <= 0.05_f64.ln() {
            high = s;
        } else {
            low = s;
        }
    }
    high
}
