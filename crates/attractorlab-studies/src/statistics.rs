//! Statistics behind the tolerances of claims.

/// Mean, standard deviation (n − 1) and number of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Mean.
    pub mean: f64,
    /// Standard deviation with n − 1 in the denominator.
    pub std: f64,
    /// Number of values.
    pub count: usize,
}

impl Sample {
    /// Summarises finite values.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let square: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        Self { mean, std: (square / (n - 1.0)).sqrt(), count: values.len() }
    }

    /// Standard error of the mean.
    pub fn standard_error(&self) -> f64 {
        self.std / (self.count as f64).sqrt()
    }

    /// The deviation of the mean from `expected` as a standard normal score: Student's t with its
    /// degrees of freedom, mapped to the normal quantile of the same probability.
    pub fn score(&self, expected: f64) -> f64 {
        let t = (self.mean - expected) / self.standard_error();
        student_to_normal(t, self.count as f64 - 1.0)
    }
}

/// The largest value, −∞ without values; NaN if one of them is, so that no bound holds of a quantity that was lost.
///
/// ```
/// use attractorlab_studies::statistics::largest;
/// assert_eq!(largest([1.0, 3.0, 2.0]), 3.0);
/// assert!(largest([1.0, f64::NAN, 2.0]).is_nan());
/// ```
pub fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    // From a NaN on, every comparison is with it.
    values.into_iter().fold(f64::NEG_INFINITY, |most, v| if most.is_nan() || v <= most { most } else { v })
}

/// The smallest value, ∞ without values; NaN if one of them is.
pub fn smallest(values: impl IntoIterator<Item = f64>) -> f64 {
    -largest(values.into_iter().map(|v| -v))
}

/// The normal quantile with the probability of Student's t, for up to some ten million degrees of freedom: beyond,
/// the argument of the incomplete beta function is one to within rounding.
fn student_to_normal(t: f64, degrees: f64) -> f64 {
    if !t.is_finite() {
        return t;
    }
    // Two-sided tail probability of t, then the normal quantile of it by bisection.
    let tail = puruspe::betai(0.5 * degrees, 0.5, degrees / (degrees + t * t));
    let (mut low, mut high) = (0.0, 38.0);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if two_sided_tail(middle) > tail { low = middle } else { high = middle }
    }
    t.signum() * 0.5 * (low + high)
}

/// Two-sided tail of the standard normal.
fn two_sided_tail(z: f64) -> f64 {
    2.0 * attractorlab_numerics::special::normal_cdf(-z)
}

/// The 95 % interval of Wilson for a share of `hits` among `count` trials; all of [0, 1] without trials.
pub fn wilson(hits: usize, count: usize) -> (f64, f64) {
    if count == 0 {
        return (0.0, 1.0);
    }
    let (n, z2) = (count as f64, 1.959_963_984_540_054_f64.powi(2));
    let p = hits as f64 / n;
    let center = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = (z2 * (p * (1.0 - p) / n + z2 / (4.0 * n * n))).sqrt() / (1.0 + z2 / n);
    ((center - half).max(0.0), (center + half).min(1.0))
}

/// Probability that a χ² variable of `degrees` degrees of freedom exceeds `value`.
pub fn chi_square_tail(value: f64, degrees: usize) -> f64 {
    if value <= 0.0 { 1.0 } else { puruspe::gammq(0.5 * degrees as f64, 0.5 * value) }
}

/// Wilson's interval for the probability behind `successes` of `trials`, at `z` standard normal units.
///
/// ```
/// let (low, high) = attractorlab_studies::statistics::wilson_interval(10, 10, 1.96);
/// assert!((low - 0.7225).abs() < 1e-4 && high == 1.0);
/// ```
pub fn wilson_interval(successes: usize, trials: usize, z: f64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (trials as f64, successes as f64 / trials as f64);
    let centre = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_pass_nan_on_wherever_it_stands() {
        assert_eq!((largest([]), smallest([])), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!((largest([2.0, -1.0, 0.5]), smallest([2.0, -1.0, 0.5])), (2.0, -1.0));
        for place in 0..3 {
            let mut values = [2.0, -1.0, 0.5];
            values[place] = f64::NAN;
            assert!(largest(values).is_nan() && smallest(values).is_nan());
        }
    }

    #[test]
    fn tails_match_tables() {
        assert!((chi_square_tail(3.841458820694124, 1) - 0.05).abs() < 1e-9);
        let (low, high) = wilson(8, 10);
        assert!((low - 0.490_162).abs() < 1e-6 && (high - 0.943_318).abs() < 1e-6, "{low} {high}");
        assert!((chi_square_tail(18.307038053275146, 10) - 0.05).abs() < 1e-9);
        // t = 2.093024 is the 97.5 % point at 19 degrees of freedom.
        assert!((student_to_normal(2.0930240544082634, 19.0) - 1.959963984540054).abs() < 1e-7);
        assert!((student_to_normal(-1.0, 19.0) + 0.9743620591557159).abs() < 1e-9);
        assert!((student_to_normal(5.0, 19.0) - 3.945903136664087).abs() < 1e-8);
        assert!((student_to_normal(1.962339080826408, 1000.0) - 1.959963984540054).abs() < 1e-7);
        // Student's t becomes normal: t (1 − (t² + 1)/4ν) to the next order.
        assert!((student_to_normal(-1.0, 1e6) + 1.0 - 0.5e-6).abs() < 1e-8);
    }
}
