//! How well yes-or-no forecasts did.

use crate::statistics::wilson_interval;

/// One forecast with what came true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Forecast {
    /// Probability that was given to "yes".
    pub(super) probability: f64,
    /// What happened.
    pub(super) happened: bool,
}

/// Fraction of right answers ("yes" where the probability exceeds one half), with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Accuracy {
    pub(super) fraction: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) count: usize,
}

pub(super) fn accuracy(forecasts: &[Forecast]) -> Accuracy {
    let right = forecasts.iter().filter(|f| (f.probability > 0.5) == f.happened).count();
    let (low, high) = wilson_interval(right, forecasts.len(), 1.96);
    Accuracy { fraction: right as f64 / forecasts.len() as f64, low, high, count: forecasts.len() }
}

/// Mean squared difference between probability and outcome.
pub(super) fn brier(forecasts: &[Forecast]) -> f64 {
    let sum: f64 = forecasts.iter().map(|f| (f.probability - f64::from(u8::from(f.happened))).powi(2)).sum();
    sum / forecasts.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_a_short_list() {
        let list = [(0.9, true), (0.2, true), (0.4, false), (1.0, true)]
            .map(|(probability, happened)| Forecast { probability, happened });
        let accuracy = accuracy(&list);
        assert_eq!((accuracy.fraction, accuracy.count), (0.75, 4));
        assert!(accuracy.low < 0.75 && accuracy.high > 0.75);
        assert!((brier(&list) - (0.01 + 0.64 + 0.16) / 4.0).abs() < 1e-15);
    }
}
