//! The edge of chaos of a clamped network, and time constants there.

use attractorlab_numerics::roots::{Options, all_roots};

use super::{OutputError, Setting, predict};
use crate::network::Transfer;
use crate::theory::clamped::ClampedStates;

/// Where the clamped state of one target becomes chaotic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EdgeOfChaos {
    /// The gain g_c at which the bulk radius is one.
    pub g: f64,
    /// Variance of the units' inputs there.
    pub delta: f64,
    /// Time constant −1/s_open of the output with the loop cut.
    pub tau_open: f64,
    /// Time constant −1/s_closed of the closed loop.
    pub tau_closed: f64,
}

/// The edge of chaos for one scalar target: g² ⟨φ'²⟩ = 1 at the clamped state.
///
/// Time constants of the output stay finite there, while the internal dynamics slow down: for
/// tanh, τ_open = 1/(g²|⟨φφ''⟩|).
///
/// # Errors
/// [`OutputError::Parameter`] if the target is zero or not finite, or there is no edge below
/// g = 1000 (as for relu, whose radius stays below one up to where the state is lost).
pub fn edge_of_chaos(transfer: Transfer, target: f64) -> Result<EdgeOfChaos, OutputError> {
    if !(target.is_finite() && target != 0.0) {
        let expected = "a finite number other than zero";
        return Err(OutputError::Parameter { name: "target", expected, value: target });
    }
    let drive = target * target;
    let excess = |log_g: f64| {
        let g = log_g.exp();
        ClampedStates::new(transfer, g)
            .and_then(|theory| theory.state(drive))
            .map_or(f64::NAN, |state| g * g * state.gain_squared - 1.0)
    };
    let options = Options { minimum_pieces: 4, accuracy: 1e-12 };
    let root = all_roots(excess, 0.5_f64.ln(), 1000.0_f64.ln(), options)
        .ok()
        .and_then(|found| found.roots.first().copied());
    let Some(root) = root else {
        let expected = "one whose clamped state reaches the edge of chaos for some g below 1000";
        return Err(OutputError::Parameter { name: "target", expected, value: target });
    };
    let g = root.x.exp();
    let prediction = predict(&Setting::scalar(transfer, g, &[target]))?;
    let local = &prediction.local[0];
    Ok(EdgeOfChaos {
        g,
        delta: prediction.states[0].delta,
        tau_open: -1.0 / local.open_poles[0].re,
        tau_closed: -1.0 / local.poles[0].re,
    })
}
