//! Initial value problems with controlled error.

/// Tolerances and the limit of work of [`integrate`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OdeOptions {
    /// Error of one step relative to each entry.
    pub relative: f64,
    /// Error of one step, absolute.
    pub absolute: f64,
    /// Steps, refused ones included, after which the integration is given up.
    pub max_steps: usize,
}

impl Default for OdeOptions {
    fn default() -> Self {
        Self { relative: 1e-11, absolute: 1e-12, max_steps: 100_000 }
    }
}

/// Why an integration was given up.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OdeError {
    /// The solution ceases to exist or is too stiff: the step became too small to be seen.
    #[error("the solution cannot be followed beyond t = {t}: the step became too small")]
    Stuck {
        /// Where.
        t: f64,
    },
    /// Too many steps.
    #[error("the solution needs more than {steps} steps; it was followed up to t = {t}")]
    TooManySteps {
        /// The limit.
        steps: usize,
        /// Where it was reached.
        t: f64,
    },
}

/// Stages of Dormand & Prince (1980): the last row is also the step of order five.
const STAGES: [&[f64]; 6] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
/// Order five minus order four.
const ERROR: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339200.0, 22.0 / 525.0, -1.0 / 40.0];

/// Integrates the autonomous system y' = f(y) from t = 0 with the pair 5(4) of Dormand & Prince (1980).
///
/// Every one of `stops` (not negative, ascending) is hit by a step of its own; there `at_stop` is called with its
/// index and the state. `y` holds the state at the last stop afterwards.
///
/// ```
/// use attractorlab_numerics::ode::{OdeOptions, integrate};
/// let mut y = [1.0, 0.0];
/// let mut seen = Vec::new();
/// let spin = |y: &[f64], out: &mut [f64]| (out[0], out[1]) = (-y[1], y[0]);
/// integrate(spin, &mut y, &[1.0, 2.0], OdeOptions::default(), |_, y| seen.push(y[1]))?;
/// assert!((seen[0] - 1.0_f64.sin()).abs() < 1e-10 && (seen[1] - 2.0_f64.sin()).abs() < 1e-10);
/// # Ok::<(), attractorlab_numerics::ode::OdeError>(())
/// ```
///
/// # Errors
/// [`OdeError`] if the step becomes too small (as where the solution blows up) or there are too many.
pub fn integrate(
    mut f: impl FnMut(&[f64], &mut [f64]),
    y: &mut [f64],
    stops: &[f64],
    options: OdeOptions,
    mut at_stop: impl FnMut(usize, &[f64]),
) -> Result<(), OdeError> {
    let n = y.len();
    let mut stages = vec![vec![0.0; n]; 7];
    let (mut trial, mut error) = (vec![0.0; n], vec![0.0; n]);
    f(y, &mut stages[0]);
    let weight = |y: f64| options.absolute + options.relative * y.abs();
    let mean_square = |of: &[f64], y: &[f64]| {
        let sum: f64 = of.iter().zip(y).map(|(e, y)| (e / weight(*y)).powi(2)).sum();
        (sum / n.max(1) as f64).sqrt()
    };
    // A first step over which the solution changes by about the fifth root of the tolerance.
    let speed = mean_square(&stages[0], y) * options.relative;
    let mut step = 0.1 * options.relative.powf(0.2) / speed.max(1e-12);
    let (mut t, mut steps) = (0.0, 0);
    for (index, &stop) in stops.iter().enumerate() {
        while t < stop {
            let last = step >= stop - t;
            let h = if last { stop - t } else { step };
            if !(h > 1e-15 * t.max(1e-300)) && !last {
                return Err(OdeError::Stuck { t });
            }
            if steps == options.max_steps {
                return Err(OdeError::TooManySteps { steps, t });
            }
            steps += 1;
            for (done, row) in STAGES.iter().enumerate() {
                trial.copy_from_slice(y);
                for (factor, stage) in row.iter().zip(&stages) {
                    if *factor != 0.0 {
                        trial.iter_mut().zip(stage).for_each(|(y, k)| *y += h * factor * k);
                    }
                }
                f(&trial, &mut stages[done + 1]);
            }
            error.fill(0.0);
            for (factor, stage) in ERROR.iter().zip(&stages) {
                error.iter_mut().zip(stage).for_each(|(e, k)| *e += h * factor * k);
            }
            let size = mean_square(&error, &trial);
            if size <= 1.0 {
                t = if last { stop } else { t + h };
                y.copy_from_slice(&trial);
                // First same as last: the seventh stage is the slope at the new point.
                stages.swap(0, 6);
            }
            let growth = if size > 0.0 { (0.9 * size.powf(-0.2)).clamp(0.2, 5.0) } else { 5.0 };
            // A step cut short by a stop says little about the next; NaN (a trial beyond the domain) halves.
            let proposed = if size.is_finite() { h * growth } else { 0.5 * h };
            step = if last && size <= 1.0 { step.max(proposed) } else { proposed };
            if step < 1e-15 * t.max(1e-300) {
                return Err(OdeError::Stuck { t });
            }
        }
        at_stop(index, y);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blow_up_is_reported_where_it_is() {
        let mut y = [1.0];
        let found =
            integrate(|y, out| out[0] = y[0] * y[0], &mut y, &[2.0], OdeOptions::default(), |_, _| ());
        let Err(OdeError::Stuck { t }) = found else { panic!("{found:?}") };
        assert!((t - 1.0).abs() < 1e-6, "{t}");
    }

    #[test]
    fn too_many_steps_are_reported() {
        let options = OdeOptions { max_steps: 10, ..OdeOptions::default() };
        let found = integrate(|y, out| out[0] = -1e4 * y[0], &mut [1.0], &[1.0], options, |_, _| ());
        assert!(matches!(found, Err(OdeError::TooManySteps { steps: 10, .. })), "{found:?}");
    }

    #[test]
    fn errors_follow_the_tolerance() {
        for relative in [1e-6, 1e-9, 1e-12] {
            let options = OdeOptions { relative, absolute: 0.1 * relative, ..OdeOptions::default() };
            let mut y = [1.0];
            integrate(|y, out| out[0] = -y[0], &mut y, &[3.0], options, |_, _| ()).unwrap();
            assert!((y[0] / (-3.0_f64).exp() - 1.0).abs() < 30.0 * relative, "{relative}: {}", y[0]);
        }
    }
}
