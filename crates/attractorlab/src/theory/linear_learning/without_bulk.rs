//! The exact solution without a bulk.

use std::cell::RefCell;
use std::f64::consts::FRAC_PI_2;

use attractorlab_numerics::ode::{OdeOptions, integrate};

use super::LearningError;
use super::error::{check_finite, check_time};

/// W = [A w mᵀ + B(w wᵀ + m mᵀ) + C m wᵀ]/N: learning from W₀ = 0 with w ⊥ m, exact for all times (ours).
///
/// A² + (1 − B)² = 1 is conserved, so A = sin θ, B = 1 − cos θ, C = artanh A − A, and the output is
/// z = A/(1 − A artanh A). The change has rank two at all times.
///
/// ```
/// use attractorlab::theory::linear_learning::WithoutBulk;
/// let trained = WithoutBulk::trained(2.0)?;
/// assert!((trained.a - 0.71532).abs() < 5e-6 && (trained.outliers[0] - 0.66268).abs() < 5e-6);
/// # Ok::<(), attractorlab::theory::linear_learning::LearningError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WithoutBulk {
    /// Coefficient A of w mᵀ/N.
    pub a: f64,
    /// Coefficient B of (w wᵀ + m mᵀ)/N.
    pub b: f64,
    /// Coefficient C of m wᵀ/N.
    pub c: f64,
    /// Output z.
    pub output: f64,
    /// Both singular values of W.
    pub singular_values: [f64; 2],
    /// Both eigenvalues of W other than zero, B ± √(AC).
    pub outliers: [f64; 2],
}

impl WithoutBulk {
    /// The state at the angle θ of the conserved circle, |θ| < 0.985… where 1 − A artanh A stays positive.
    fn at_angle(theta: f64) -> Self {
        let a = theta.sin();
        let b = 2.0 * (0.5 * theta).sin().powi(2);
        let c = excess(a);
        let middle = 0.5 * (a + c).abs();
        let half = (0.25 * (a - c) * (a - c) + b * b).sqrt();
        Self {
            a,
            b,
            c,
            output: a / denominator(theta),
            // Their product is |AC − B²|: nothing cancels in the smaller one.
            singular_values: [half + middle, (a * c - b * b).abs() / (half + middle).max(f64::MIN_POSITIVE)],
            outliers: [b + (a * c).sqrt(), b - (a * c).sqrt()],
        }
    }

    /// The end of training: sin θ/(1 − A artanh A) = ẑ.
    ///
    /// # Errors
    /// [`LearningError::Parameter`] if the target is not finite.
    pub fn trained(target: f64) -> Result<Self, LearningError> {
        check_finite("target", target)?;
        let size = target.abs();
        let (mut low, mut high) = (0.0_f64, FRAC_PI_2);
        for _ in 0..200 {
            let theta = 0.5 * (low + high);
            let left = denominator(theta);
            if left > 0.0 && theta.sin() < size * left { low = theta } else { high = theta }
        }
        Ok(Self::at_angle(0.5 * (low + high) * target.signum()))
    }

    /// The states at these learning times, ascending: dθ/dτ = (ẑ − z) cos θ/(1 − A artanh A)².
    ///
    /// # Errors
    /// [`LearningError::Parameter`] for a target or a time that cannot be, [`LearningError::Flow`] if the flow is lost.
    pub fn at_times(target: f64, times: &[f64]) -> Result<Vec<Self>, LearningError> {
        check_finite("target", target)?;
        times.iter().try_for_each(|&time| check_time(time))?;
        if let Some(pair) = times.windows(2).find(|pair| pair[0] > pair[1]) {
            let expected = "not smaller than the one before it";
            return Err(LearningError::Parameter { name: "time", expected, value: pair[1] });
        }
        let flow = |theta: &[f64], out: &mut [f64]| {
            let left = denominator(theta[0]);
            out[0] = (target - theta[0].sin() / left) * theta[0].cos() / (left * left);
        };
        // θ is of the order of the target.
        let size = if target == 0.0 { 1.0 } else { target.abs().min(1.0) };
        let options = OdeOptions { relative: 1e-12, absolute: 1e-14 * size, max_steps: 1_000_000 };
        let found = RefCell::new(Vec::with_capacity(times.len()));
        integrate(flow, &mut [0.0], times, options, |_, theta| {
            found.borrow_mut().push(Self::at_angle(theta[0]));
        })?;
        Ok(found.into_inner())
    }
}

/// 1 − A artanh A at A = sin θ.
fn denominator(theta: f64) -> f64 {
    let a = theta.sin();
    1.0 - a * a.atanh()
}

/// artanh a − a, by its series where the difference would cancel.
fn excess(a: f64) -> f64 {
    if a.abs() > 0.1 {
        return a.atanh() - a;
    }
    let square = a * a;
    (1..12).rev().fold(0.0, |sum, k| square * (sum + 1.0 / f64::from(2 * k + 1))) * a
}
