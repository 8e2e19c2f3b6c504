//! The row about all fixed points of a trained network.

use std::path::Path;

use attractorlab::dynamics::fixed_points::{FindOptions, SeedKind, Starts, find, modes};
use attractorlab::network::Network;
use attractorlab::network::files::ImportOptions;
use attractorlab::numerics::linalg::Mat;

use crate::trained::number;

/// The GRU of the tests, from 1024 starts in the cube that holds its states.
pub(crate) fn gru() -> Vec<(&'static str, f64)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pytorch/flipflop_gru16.safetensors");
    let Ok((network, _)) = Network::read(&file, &ImportOptions::default()) else { return Vec::new() };
    let system = network.under(&[0.0; 3]);
    let states = Mat::from_fn(16, 1024, |i, c| number(60_000_000 + (16 * c + i) as u32) / 3.0_f64.sqrt());
    let starts = Starts::new(16).with(SeedKind::Trajectory, states.as_ref());
    let options = FindOptions { deflation: 0, slow_points: 0, ..FindOptions::default() };
    let Ok(found) = find(&system, &starts, &options) else { return Vec::new() };
    let stable =
        found.points.iter().filter(|p| modes(&system, &p.x).is_ok_and(|modes| modes.unstable == 0)).count();
    vec![("stable points", stable as f64)]
}
