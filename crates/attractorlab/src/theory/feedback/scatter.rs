//! How finite networks scatter about the theory.
//!
//! A network of N units has the overlaps of its own vectors, and the sums over its units that make Δ and G are samples.
//! To the leading order the deviations are Gaussian of size N^(−1/2). Write x_i = m_i z + I_i + g√C ζ_i with
//! C = Σφ(x_i)²/N, which holds for a Gaussian bulk with independent ζ_i, whatever the network. The sample
//! fluctuation ε of Σφ²/N moves C itself, δC = ε/(1 − g²F), and C moves G by ½u⟨φ'''⟩g²δC with u = s_nm z + s_nI. So
//! √N δG is Gaussian of the variance of
//!
//! Y = nφ(x) + ½u⟨φ'''⟩ g²/(1 − g²F)·φ(x)²
//!
//! over the units, and a state moves by δG/(1 − G'). There is no parameter to fit.

use attractorlab_numerics::gaussian::{Averages, Product};

use super::{Direction, FeedbackError, Inputs, Readout};
use crate::network::Transfer;
use crate::theory::chaos::ChaosTheory;
use crate::theory::clamped::{ClampedError, DriveTheory};

/// Standard deviations over networks of the same ensemble, times √N, for large N.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// Of the overlap n·m/N.
    pub overlap_feedback: f64,
    /// Of the overlap n·I/N.
    pub overlap_input: f64,
    /// Of G_N(z) at the clamped output z.
    pub map: f64,
    /// Of the output of the stationary state next to z: that of the map over |1 − G'|.
    pub output: f64,
}

/// The scatter of networks with a Gaussian readout n = c·(direction) about a stationary state of the theory at output `z`.
///
/// It describes networks well while their own scatter is small against the distance to the next state.
///
/// Source: ours, by the argument above; checked against simulation in the study `mastrogiuseppe2019/finite-size`.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::feedback::{Direction, Inputs, predict, scatter};
///
/// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
/// let inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
/// let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
/// let prediction = predict(inputs, direction, 0.5)?;
/// let scatter = scatter(Transfer::Tanh, inputs, direction, prediction.scale, 0.5)?;
/// // The output of a network of 400 units is 0.50 ± 0.045.
/// assert!((scatter.output / 400.0_f64.sqrt() - 0.045).abs() < 0.001);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`FeedbackError::Parameter`] for arguments out of range; [`FeedbackError::ChaoticTraining`] where the clamped network is
/// chaotic; [`FeedbackError::Clamped`] for a transfer function other than tanh and erf.
pub fn scatter(
    transfer: Transfer,
    inputs: Inputs,
    direction: Direction,
    scale: f64,
    z: f64,
) -> Result<Scatter, FeedbackError> {
    inputs.check()?;
    for (name, value) in [("z", z), ("scale", scale)] {
        if !value.is_finite() {
            return Err(FeedbackError::Parameter { name, expected: "a finite number", value });
        }
    }
    direction.check()?;
    let (feedback, input) = direction.overlaps(&inputs);
    let readout = Readout { overlap_feedback: scale * feedback, overlap_input: scale * input };
    let Direction { shared, feedback_own, input_own } = direction;
    let power = scale * scale * (shared * shared + feedback_own * feedback_own + input_own * input_own);

    let drive = inputs.drive(z);
    let state = DriveTheory::new(transfer, inputs.g)?.at(drive)?;
    let g2 = inputs.g * inputs.g;
    if state.radius(inputs.g) >= 1.0 {
        let critical = ChaosTheory::new(transfer, inputs.g)?.critical_drive();
        return Err(FeedbackError::ChaoticTraining { z, drive, g: inputs.g, critical });
    }
    let u = readout.overlap_feedback * z + readout.overlap_input;
    let beyond = 1.0 - g2 * state.power_slope;
    let by_variance = 0.5 * u * state.third;
    let slope =
        readout.overlap_feedback * state.gain + by_variance * 2.0 * inputs.half_drive_slope(z) / beyond;

    // n = (u/Δ) x and a part that is independent of x.
    let (x, phi) = (Product::X, Product::VALUE);
    let mut averages = [0.0; 5];
    Averages::new(
        transfer,
        &[phi * phi, x * x * phi * phi, x * phi * phi * phi, phi * phi * phi * phi, x * phi],
    )
    .map_err(ClampedError::from)?
    .at(0.0, state.delta.sqrt(), &mut averages);
    let [square, x_square, x_cube, fourth, x_phi] = averages;
    let along = if state.delta > 0.0 { u / state.delta } else { 0.0 };
    let rest = (power - along * u).max(0.0);
    let weight = by_variance * g2 / beyond;
    let second =
        along * along * x_square + rest * square + 2.0 * weight * along * x_cube + weight * weight * fourth;
    let first = along * x_phi + weight * square;
    let map = (second - first * first).max(0.0).sqrt();

    let overlap = |std: f64, overlap: f64| (power * std * std + overlap * overlap).sqrt();
    Ok(Scatter {
        overlap_feedback: overlap(inputs.feedback_std, readout.overlap_feedback),
        overlap_input: overlap(inputs.input_std, readout.overlap_input),
        map,
        output: map / (1.0 - slope).abs(),
    })
}
