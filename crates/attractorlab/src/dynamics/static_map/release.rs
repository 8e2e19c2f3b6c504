//! Where the closed loop goes from given starts.

use std::sync::atomic::AtomicBool;

use attractorlab_numerics::linalg::Mat;

use super::{StaticMap, StaticMapError};
use crate::dynamics::{Dynamics, Input, Record, SimulationOptions};
use crate::network::{Form, RateNetwork};

/// How a closed loop is released.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReleaseOptions {
    /// Euler step.
    pub dt: f64,
    /// Longest time, in units of τ.
    pub duration: f64,
    /// Root mean square of dx/dt below which a state counts as settled.
    pub settled: f64,
}

impl Default for ReleaseOptions {
    fn default() -> Self {
        Self { dt: 0.1, duration: 300.0, settled: 1e-3 }
    }
}

/// Where one start ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The last output.
    pub z: f64,
    /// Root mean square of dx/dt at the end.
    pub speed: f64,
    /// Whether the state had settled; otherwise it still moves, slowly or for ever.
    pub settled: bool,
}

impl StaticMap<'_> {
    /// The closed loop as a rate network in the current form, with one output.
    ///
    /// # Errors
    /// [`StaticMapError`] if an entry is not finite.
    pub fn closed_loop(&self) -> Result<RateNetwork, StaticMapError> {
        Ok(RateNetwork::new(self.connectivity()?, self.network.transfer, Form::Current)
            .with_bias(self.input.to_vec())?
            .with_output(self.readout.to_vec())?)
    }

    /// Releases the closed loop from every column of `starts` (N×P, states x) and reports where each ends.
    /// Runs in single precision, and in parts, so that columns that settle early cost little.
    ///
    /// # Errors
    /// [`StaticMapError`] if an entry of the network or of a start is not finite.
    ///
    /// # Panics
    /// If the starts have not as many rows as the network has units.
    #[track_caller]
    pub fn release(
        &self,
        starts: &Mat<f64>,
        options: ReleaseOptions,
    ) -> Result<Vec<Outcome>, StaticMapError> {
        self.release_until(starts, options, &AtomicBool::new(false))
    }

    /// Like [`Self::release`], but gives up within a step once `stop` is set.
    ///
    /// # Errors
    /// Those of [`Self::release`], and
    /// [`SimulationError::Stopped`](crate::dynamics::SimulationError::Stopped) if the flag was set before all columns
    /// had settled.
    ///
    /// # Panics
    /// If the starts have not as many rows as the network has units.
    #[track_caller]
    pub fn release_until(
        &self,
        starts: &Mat<f64>,
        options: ReleaseOptions,
        stop: &AtomicBool,
    ) -> Result<Vec<Outcome>, StaticMapError> {
        let network = self.closed_loop()?;
        let units = network.units();
        assert_eq!(starts.nrows(), units, "starts need one row for each unit");
        let mut outcomes = vec![Outcome { z: f64::NAN, speed: f64::NAN, settled: false }; starts.ncols()];
        let mut moving: Vec<usize> = (0..starts.ncols()).collect();
        let mut states: Mat<f32> = Mat::from_fn(units, starts.ncols(), |i, c| starts[(i, c)] as f32);
        let mut time = 0.0;
        let mut part = 40.0_f64.min(options.duration);
        while !moving.is_empty() && time < options.duration {
            let steps = (part / options.dt).ceil() as usize;
            let simulation = SimulationOptions {
                dt: options.dt,
                steps,
                record: Record::Nothing,
                every: steps,
                ..SimulationOptions::default()
            };
            let run = network.simulate_until(states.as_ref(), Input::Zero, &simulation, stop)?;
            time += steps as f64 * options.dt;
            let mut rest = Vec::new();
            let mut field = vec![0.0; units];
            for (column, &start) in moving.iter().enumerate() {
                let x: Vec<f64> =
                    run.final_states.col(column).iter().map(|value| f64::from(*value)).collect();
                network.field(&x, &mut field);
                let speed = (field.iter().map(|v| v * v).sum::<f64>() / units as f64).sqrt();
                let settled = speed <= options.settled;
                outcomes[start] = Outcome { z: network.output(&x)[0], speed, settled };
                if !settled {
                    rest.push((start, column));
                }
            }
            states = Mat::from_fn(units, rest.len(), |i, c| run.final_states[(i, rest[c].1)]);
            moving = rest.into_iter().map(|(start, _)| start).collect();
            part = (options.duration - time).clamp(options.dt, 80.0);
        }
        Ok(outcomes)
    }
}
