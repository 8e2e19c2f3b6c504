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
    /// Chao's estimate of the number of points, from those that random starts hit once and twice: a lower bound on
    /// average, and a close one if all points are equally easy to hit.
    pub chao: f64,
    /// 95 % interval of the number of points if their basins are unequal by some gamma distribution; the lower end is
    /// never below what was found, the upper one is infinite where the hits do not bound it.
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
/// The interval is that of the profile likelihood of the number S of points when the hits of a point are Poisson and
/// their means have a gamma distribution of unknown shape over the points: hits are then negative binomial, and points
/// with none are unseen. Equal basins are the limit of a large shape; the smallest shape allowed is 0.3, where the
/// basins of most points are a small fraction of the mean. (Ours; Chao's interval for equal basins holds the truth for
/// 70 % of networks with unequal basins instead of 95 %.)
///
/// Sources: Chao, Biometrics 43, 783 (1987), with bias correction; Good, Biometrika 40, 237 (1953). Points that only
/// structured starts or deflation found are among the unseen ones of the random starts.
pub fn completeness(found: &FixedPoints) -> Completeness {
    let n = found.random_starts as f64;
    let hits: Vec<f64> =
        found.points.iter().map(|point| point.hits.random as f64).filter(|hits| *hits > 0.0).collect();
    let exactly = |count: f64| hits.iter().filter(|hits| **hits == count).count() as f64;
    let (once, twice, all) = (exactly(1.0), exactly(2.0), found.points.len() as f64);
    let shrink = if n > 0.0 { (n - 1.0) / n } else { 0.0 };
    let chao = hits.len() as f64 + shrink * once * (once - 1.0) / (2.0 * (twice + 1.0));
    Completeness {
        found: found.points.len(),
        chao: chao.max(all),
        interval: if hits.is_empty() { (all, f64::INFINITY) } else { interval(&hits, all) },
        share: smallest_share(n),
        unseen_share: if n > 0.0 { once / n } else { 1.0 },
        index_sum: found.index_known.then(|| found.index_sum()),
    }
}

/// Log-likelihood of S points, the best over the shapes of the gamma distribution; up to a constant.
fn log_likelihood(hits: &[f64], points: f64) -> f64 {
    let (seen, total) = (hits.len() as f64, hits.iter().sum::<f64>());
    // The mean that fits best is the mean number of hits, whatever the shape.
    let mean = total / points;
    (0..24)
        .map(|k| {
            let shape = 0.3 * (0.4 * f64::from(k)).exp();
            let unseen = -shape * (mean / shape).ln_1p();
            let seen_points: f64 = hits
                .iter()
                .map(|hits| {
                    libm::lgamma(hits + shape) - libm::lgamma(shape)
                        + unseen
                        + hits * (mean / (mean + shape)).ln()
                })
                .sum();
            libm::lgamma(points + 1.0) - libm::lgamma(points - seen + 1.0)
                + (points - seen) * unseen
                + seen_points
        })
        .fold(f64::NEG_INFINITY, f64::max)
}

/// All S whose log-likelihood is within 1.92 of the best, from what was found upward.
fn interval(hits: &[f64], found: f64) -> (f64, f64) {
    let seen = hits.len() as f64;
    // In steps of one for the first hundred, then of one part in twenty.
    let mut candidates = vec![seen];
    while candidates[candidates.len() - 1] < 1000.0 * seen {
        let last = candidates[candidates.len() - 1];
        candidates.push(last + (0.05 * (last - seen)).floor().max(1.0));
    }
    let values: Vec<f64> = candidates.iter().map(|points| log_likelihood(hits, *points)).collect();
    let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let inside: Vec<f64> =
        candidates.iter().zip(&values).filter(|(_, value)| **value >= best - 1.92).map(|(c, _)| *c).collect();
    let (low, high) = (inside[0], inside[inside.len() - 1]);
    let high = if high >= candidates[candidates.len() - 1] { f64::INFINITY } else { high };
    (low.max(found), high.max(found))
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
