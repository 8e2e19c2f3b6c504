//! Positions a at which a Gaussian readout gains further states or loses the target.

use attractorlab_numerics::roots::{Options, all_roots};

use super::inputs::check_target;
use super::{FeedbackError, Inputs};
use crate::network::Transfer;
use crate::theory::clamped::DriveTheory;

/// Borders on the axis a = s_nm⟨φ'⟩ of all Gaussian readouts that hold one target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// a_b: below it the target is the only stationary state.
    pub bistable: f64,
    /// a_c: above it the target is unstable. (A complex pair of outliers would have to pass real part one
    /// earlier where k² ≥ ((1 − g²F)²/g²F)², k = A(⟨φ'''⟩/⟨φ'⟩)(Sm²A + Smi); over all stationary states of tanh
    /// |k| stays below a quarter of that.)
    pub unstable: f64,
}

/// The thresholds a_b and a_c of one target (specification section 3, equation 12).
///
/// A further state at output z exists for exactly one readout (ours): s_nm⟨φ'⟩_A = a and
/// s_nI⟨φ'⟩_A = A(1−a) put into z = (s_nm z + s_nI)⟨φ'⟩_z give
/// a(z) = (z⟨φ'⟩_A/⟨φ'⟩_z − A)/(z − A). So a_b is the least value of a(z) over all z, and
/// a_c = 1 − A ⟨φ'⟩'/⟨φ'⟩ is its value at z = A.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::feedback::{Inputs, thresholds};
///
/// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
/// let inputs = Inputs { g: 0.8, feedback_std: 1.2, input_std: 0.5, rho: 0.0 };
/// let borders = thresholds(Transfer::Tanh, inputs, 1.0)?;
/// assert!((borders.bistable - 0.91628).abs() < 5e-6);
/// assert!((borders.unstable - 1.55712).abs() < 5e-6);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`FeedbackError::Parameter`] for arguments out of range, or a target of zero (which every
/// readout holds); [`FeedbackError::Clamped`] for a transfer function other than tanh or erf.
pub fn thresholds(transfer: Transfer, inputs: Inputs, target: f64) -> Result<Thresholds, FeedbackError> {
    inputs.check()?;
    check_target(target)?;
    if target == 0.0 {
        return Err(FeedbackError::Parameter { name: "target", expected: "other than zero", value: target });
    }
    let theory = DriveTheory::new(transfer, inputs.g)?;
    let g2 = inputs.g * inputs.g;
    // (⟨φ'⟩, d⟨φ'⟩/dz) at a clamped output; the drive is finite, so the theory answers.
    let gain = |z: f64| {
        theory.at(inputs.drive(z)).map_or((f64::NAN, f64::NAN), |m| {
            (m.gain, m.third * inputs.half_drive_slope(z) / (1.0 - g2 * m.power_slope))
        })
    };
    let (at_target, slope_at_target) = gain(target);
    let unstable = 1.0 - target * slope_at_target / at_target;
    let share = |z: f64| (z * at_target / gain(z).0 - target) / (z - target);
    // (z − A)² a'(z)
    let slope = |z: f64| {
        let (p, dp) = gain(z);
        at_target * (p - z * dp) / (p * p) * (z - target) - z * at_target / p + target
    };
    let scale =
        target.abs() + if inputs.feedback_std > 0.0 { inputs.input_std / inputs.feedback_std } else { 1.0 };
    // a(z) grows like |z| far out; search in t = asinh(z/scale) on either side of the double zero.
    let near = 1e-3;
    let center = (target / scale).asinh();
    let mut bistable = unstable;
    for (low, high) in [(-6.0, center - near), (center + near, 6.0)] {
        let found = all_roots(|t: f64| slope(scale * t.sinh()), low, high, Options::default());
        for root in found.map(|roots| roots.positions()).unwrap_or_default() {
            bistable = bistable.min(share(scale * root.sinh()));
        }
    }
    Ok(Thresholds { bistable, unstable })
}
