//! One table for all gains: averages as functions of the variance Δ.

use attractorlab_numerics::chebyshev::Interpolant;
use attractorlab_numerics::transfer::Transfer;

use super::{ClampedError, DriveMoments, DriveTheory};

/// Averages of a transfer function over √Δ, from which the clamped state at any gain and drive follows by
/// Newton's method in a fraction of a microsecond: g enters only the equation Δ = g²⟨φ²⟩_Δ + S, not the
/// averages. Relative accuracy 1e-12.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::clamped::VarianceTable;
///
/// # fn main() -> Result<(), attractorlab::theory::clamped::ClampedError> {
/// let table = VarianceTable::new(Transfer::Tanh, 10.0)?;
/// let state = table.at(0.8, 1.99);
/// assert!((state.delta - 2.340_386_917_232_93).abs() < 1e-11);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct VarianceTable {
    interpolant: Interpolant,
    largest: f64,
}

impl VarianceTable {
    /// Tabulates variances up to `largest`, which must exceed S + g² of every question.
    ///
    /// # Errors
    /// [`ClampedError::Transfer`] for functions other than tanh and erf; [`ClampedError::Drive`] if
    /// the largest variance is not finite.
    pub fn new(transfer: Transfer, largest: f64) -> Result<Self, ClampedError> {
        if !(largest.is_finite() && largest >= 0.0) {
            return Err(ClampedError::Drive { drive: largest });
        }
        let theory = DriveTheory::new(transfer, 1.0)?;
        let interpolant = Interpolant::new(0.0, largest.sqrt() + 1e-6, 5, 2e-14, |sd, out| {
            let delta = sd * sd;
            let m = theory.at_variance(delta);
            out.copy_from_slice(&[theory.power_at(delta), m.power_slope, m.gain, m.gain_squared, m.third]);
        });
        Ok(Self { interpolant, largest })
    }

    /// The largest variance.
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// Variance and averages under a drive of variance `drive` at gain g; the root that is not silent
    /// where there are two. `drive + g²` must not exceed [`Self::largest`].
    pub fn at(&self, g: f64, drive: f64) -> DriveMoments {
        let g2 = g * g;
        let mut out = [0.0; 5];
        // From above, since ⟨φ²⟩ ≤ 1; the excess is convex, so that the steps fall monotonically.
        let mut delta = drive + g2;
        if g2 == 0.0 || (drive == 0.0 && g2 <= 1.0) {
            delta = drive;
        }
        for _ in 0..60 {
            self.interpolant.evaluate(delta.sqrt(), &mut out[..2]);
            let slope = 1.0 - g2 * out[1];
            let next = delta - (delta - g2 * out[0] - drive) / slope;
            if slope <= 0.0 || !(next < delta) || next <= 0.0 {
                break;
            }
            let done = delta - next <= 1e-8 * delta;
            delta = next;
            if done {
                break;
            }
        }
        self.interpolant.evaluate(delta.sqrt(), &mut out);
        let [_, power_slope, gain, gain_squared, third] = out;
        DriveMoments { delta, gain, gain_squared, third, power_slope }
    }
}
