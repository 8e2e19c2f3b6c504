//! What a plan will cost, from a timed sample of its points.

use std::time::{Duration, Instant};

use super::Plan;

/// The cost of a plan, estimated.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Number of points that were timed.
    pub sampled: usize,
    /// Mean time of a point on one core, in seconds.
    pub seconds_per_point: f64,
    /// Standard error of that mean, in seconds.
    pub standard_error: f64,
    /// Whole plan on one core, in seconds.
    pub total_seconds: f64,
    /// Messages of sampled points that failed.
    pub failures: Vec<String>,
}

impl Plan {
    /// Runs points spread over the whole plan, one after the other, for about `budget`, and times them.
    ///
    /// At least one point is run, so a plan of slow points takes longer. Their results are thrown away.
    pub fn estimate(&self, budget: Duration) -> Estimate {
        let start = Instant::now();
        let mut times = Vec::new();
        let mut failures = Vec::new();
        // The golden ratio's multiples fill the plan evenly, however many there will be.
        let mut place = 0.5;
        while times.len() < 1000 && (times.len() as u64) < self.points() {
            let point = ((place * self.points() as f64) as u64).min(self.points() - 1);
            place = (place + 0.618_033_988_749_895) % 1.0;
            let begun = Instant::now();
            let row = crate::run::compute(self, point);
            times.push(begun.elapsed().as_secs_f64());
            failures.extend(row.message);
            if start.elapsed() > budget {
                break;
            }
        }
        let n = times.len() as f64;
        let mean = times.iter().sum::<f64>() / n;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
        Estimate {
            sampled: times.len(),
            seconds_per_point: mean,
            standard_error: (variance / n).sqrt(),
            total_seconds: mean * self.points() as f64,
            failures,
        }
    }
}
