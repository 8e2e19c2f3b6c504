//! Every state of a closed loop, stationary and chaotic, from its static map.

use attractorlab_numerics::roots::{Kind, Options, all_roots};
use num_complex::Complex;

use super::{FeedbackError, FixedPoint, Inputs, Readout, Stability};
use crate::theory::chaos::ChaosTheory;
use crate::theory::clamped::ClampedState;

/// A readout whose static map mean-field theory knows.
pub(super) trait ClosedLoop: Send + Sync {
    /// Overlaps s_nm and s_nI.
    fn readout(&self) -> Readout;

    /// G(z) where the network clamped at z has the averages of `state`.
    fn map_in(&self, z: f64, state: &ClampedState) -> Result<f64, FeedbackError>;

    /// The stationary state at output `z`.
    fn state(&self, z: f64) -> Result<FixedPoint, FeedbackError>;

    /// No |z| beyond this is a state.
    fn reach(&self) -> f64;

    /// All stationary states in [low, high], by rising z, and whether their number is certain.
    fn stationary_states(
        &self,
        low: f64,
        high: f64,
        map: &dyn Fn(f64) -> Result<f64, FeedbackError>,
    ) -> Result<(Vec<FixedPoint>, bool), FeedbackError> {
        let (places, certain) = roots_of_map(low, high, map, 1e-9)?;
        let states = places.into_iter().map(|z| self.state(z)).collect::<Result<_, _>>()?;
        Ok((states, certain))
    }
}

/// Roots of G(z) − z in [low, high], and whether their number is certain.
pub(super) fn roots_of_map(
    low: f64,
    high: f64,
    map: impl Fn(f64) -> Result<f64, FeedbackError>,
    accuracy: f64,
) -> Result<(Vec<f64>, bool), FeedbackError> {
    let mut failure = None;
    let excess = |z: f64| {
        map(z).map_or_else(
            |error| {
                failure.get_or_insert(error);
                f64::NAN
            },
            |value| value - z,
        )
    };
    let found = all_roots(excess, low, high, Options { minimum_pieces: 2, accuracy });
    match (found, failure) {
        (_, Some(error)) => Err(error),
        (Ok(roots), None) => {
            // Pieces are resolved to the accuracy asked for, which the list of doubts would hold against them.
            let certain = roots.roots.iter().all(|root| root.kind == Kind::Crossing);
            Ok((roots.positions(), certain))
        }
        (Err(_), None) => {
            let expected = "one with a finite readout that is not zero";
            Err(FeedbackError::Parameter { name: "target", expected, value: high })
        }
    }
}

/// All states of a closed loop by rising z, and whether their number is certain. Where the clamped network
/// is chaotic, the map is that of the chaotic states, z = G with averages at Δ₀ (equation 13), and
/// what is found is a state around whose output the units fluctuate: [`Stability::BulkUnstable`]. Its
/// outliers are NaN, and its slope tells, as a heuristic, whether its output is held (below one).
pub(super) fn all_states(
    closed_loop: &dyn ClosedLoop,
    inputs: &Inputs,
    chaos: &ChaosTheory,
) -> Result<(Vec<FixedPoint>, bool), FeedbackError> {
    let reach = closed_loop.reach();
    let map = |z: f64| {
        let active = chaos.activity(inputs.drive(z))?;
        closed_loop.map_in(z, &active.state)
    };
    let Some((low, high)) = inputs.outputs_below(chaos.critical_drive()) else {
        return closed_loop.stationary_states(-reach, reach, &map);
    };
    let (low, high) = (low.max(-reach), high.min(reach));
    let (mut states, mut certain) = (Vec::new(), true);
    let mut add = |found: (Vec<FixedPoint>, bool)| {
        states.extend(found.0);
        certain &= found.1;
    };
    if -reach < low {
        add(closed_loop.stationary_states(-reach, low, &map)?);
    }
    if low < high {
        let (places, sure) = roots_of_map(low, high, map, 1e-7)?;
        let chaotic = places.into_iter().map(|z| chaotic_state(z, inputs, chaos, map));
        add((chaotic.collect::<Result<_, _>>()?, sure));
    }
    if high < reach {
        add(closed_loop.stationary_states(high.max(-reach), reach, &map)?);
    }
    Ok((states, certain))
}

fn chaotic_state(
    z: f64,
    inputs: &Inputs,
    chaos: &ChaosTheory,
    map: impl Fn(f64) -> Result<f64, FeedbackError>,
) -> Result<FixedPoint, FeedbackError> {
    let active = chaos.activity(inputs.drive(z))?;
    let h = 1e-4 * (1.0 + z.abs());
    let slope = (map(z + h)? - map(z - h)?) / (2.0 * h);
    let missing = Complex::new(f64::NAN, f64::NAN);
    let radius = inputs.g * active.state.gain_squared.sqrt();
    let stability =
        if active.chaotic { Stability::BulkUnstable } else { FixedPoint::judged(radius, &[missing; 2]) };
    Ok(FixedPoint { z, delta: active.variance(), outliers: [missing; 2], radius, slope, stability })
}
