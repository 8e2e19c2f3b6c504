//! Which singular values of a change stand out of a random matrix.

use super::{ChangeError, WeightChange};

/// One singular value against those of a random matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Significance {
    /// The singular value s_k.
    pub value: f64,
    /// Expected largest singular value of a random matrix that has what is left of ΔW after the first k − 1
    /// components: its size and its norm.
    pub null_mean: f64,
    /// Standard deviation of that.
    pub null_deviation: f64,
    /// Probability of a value as large.
    pub p_value: f64,
}

impl WeightChange {
    /// Tests the first `count` singular values one after the other (ours).
    ///
    /// Null hypothesis for s_k: what the first k − 1 components leave is a (n − k + 1)×(m − k + 1) matrix of
    /// independent entries of mean zero and of its variance. The square of its largest singular value is then
    /// distributed like μ + σ·TW₁ (Johnstone 2001; the law does not depend on the entries' distribution if
    /// fourth moments exist), μ = (√(n−1) + √m)², σ = (√(n−1) + √m)(1/√(n−1) + 1/√m)^{1/3}, times the
    /// variance. The variance is taken with s_k in it, so that the test errs on the side of noise.
    ///
    /// What it asks is whether a component stands out of *noise*. The change that Adam makes has a long tail of small
    /// components that are no noise, and most of them are significant; how many the function needs is the
    /// functional rank.
    ///
    /// ```
    /// use attractorlab::analysis::weight_change::WeightChange;
    /// use attractorlab::numerics::linalg::Mat;
    /// use attractorlab::numerics::random::Stream;
    ///
    /// let n = 60;
    /// let mut stream = Stream::new(1, "significance", 0);
    /// let noise = Mat::from_fn(n, n, |_, _| 0.01 * stream.normal());
    /// // One component of size 3 beside noise whose largest singular value is about 0.15.
    /// let after = Mat::from_fn(n, n, |i, j| noise[(i, j)] + 3.0 / n as f64);
    /// let change = WeightChange::new(Mat::zeros(n, n).as_ref(), after.as_ref())?;
    /// let tests = change.significance(2)?;
    /// assert!(tests[0].p_value < 1e-10 && tests[1].p_value > 1e-3);
    /// assert_eq!(change.significant_rank(1e-3)?, 1);
    /// # Ok::<(), attractorlab::analysis::weight_change::ChangeError>(())
    /// ```
    ///
    /// # Errors
    /// [`ChangeError::Parameter`] if there are no `count` singular values that leave a matrix of at least 2×2.
    pub fn significance(&self, count: usize) -> Result<Vec<Significance>, ChangeError> {
        let (rows, columns) = (self.initial().nrows(), self.initial().ncols());
        let most = rows.min(columns).saturating_sub(1);
        if count > most {
            let expected = "below the smaller dimension of the matrix";
            return Err(ChangeError::Parameter { name: "count", expected, value: count as f64 });
        }
        let squares: Vec<f64> = self.values().iter().map(|s| s * s).collect();
        Ok((0..count)
            .map(|k| {
                let (n, m) = ((rows - k) as f64, (columns - k) as f64);
                let variance = squares[k..].iter().sum::<f64>() / (n * m);
                let edge = (n - 1.0).sqrt() + m.sqrt();
                let (mean, width) =
                    (edge * edge, edge * (1.0 / (n - 1.0).sqrt() + 1.0 / m.sqrt()).powf(1.0 / 3.0));
                let score =
                    if variance > 0.0 { (squares[k] / variance - mean) / width } else { f64::NEG_INFINITY };
                // Mean and standard deviation of TW₁; the singular value is the root.
                let typical = (variance * (mean + TW1_MEAN * width)).sqrt();
                Significance {
                    value: self.values()[k],
                    null_mean: typical,
                    null_deviation: 0.5 * TW1_DEVIATION * width * variance / typical.max(f64::MIN_POSITIVE),
                    p_value: tracy_widom_tail(score),
                }
            })
            .collect())
    }

    /// Number of leading singular values whose p-values all lie below `level`.
    ///
    /// # Errors
    /// [`ChangeError::Parameter`] unless 0 < level < 1.
    pub fn significant_rank(&self, level: f64) -> Result<usize, ChangeError> {
        if !(level > 0.0 && level < 1.0) {
            let expected = "a probability above 0 and below 1";
            return Err(ChangeError::Parameter { name: "level", expected, value: level });
        }
        let most = self.initial().nrows().min(self.initial().ncols()).saturating_sub(1);
        Ok(self.significance(most)?.iter().take_while(|test| test.p_value < level).count())
    }
}

const TW1_MEAN: f64 = -1.206_533_574_6;
const TW1_DEVIATION: f64 = 1.267_980_3;

/// P(TW₁ > x): the tail of the Tracy–Widom law of order one, by the shifted gamma distribution of Chiani (2014,
/// arXiv:1209.3394), which errs by less than 0.003 anywhere and by a factor of order one far out.
///
/// ```
/// use attractorlab::analysis::weight_change::tracy_widom_tail;
/// // The 95 % and 99 % points of tables.
/// assert!((tracy_widom_tail(0.9793) - 0.05).abs() < 2e-3 && (tracy_widom_tail(2.0234) - 0.01).abs() < 1e-3);
/// ```
pub fn tracy_widom_tail(x: f64) -> f64 {
    const SHAPE: f64 = 46.446;
    const SCALE: f64 = 0.186054;
    const SHIFT: f64 = 9.84801;
    if !(x > -SHIFT) {
        return 1.0;
    }
    puruspe::gammq(SHAPE, (x + SHIFT) / SCALE)
}
