//! The rows about all fixed points of a network.

use std::path::Path;
use std::sync::LazyLock;

use attractorlab::dynamics::fixed_points::{FindOptions, SeedKind, Starts, find, modes};
use attractorlab::network::files::ImportOptions;
use attractorlab::network::{Cell, Connectivity, Form, Network, RateNetwork, Transfer};
use attractorlab::numerics::linalg::Mat;

use crate::trained::number;

/// Searched from so many states.
const STARTS: usize = 1024;

/// The GRU of the tests.
pub(crate) fn gru() -> Vec<(&'static str, f64)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pytorch/flipflop_gru16.safetensors");
    let Ok((network, _)) = Network::read(&file, &ImportOptions::default()) else { return Vec::new() };
    // Random states in the cube that holds all of them.
    search(&network, |i, c| number(60_000_000 + (16 * c + i) as u32) / 3.0_f64.sqrt())
}

/// 256 units that hold three bits, as in `bench/peers/fixed_points_256_torch.py`.
pub(crate) fn three_bits() -> Vec<(&'static str, f64)> {
    const UNITS: usize = 256;
    /// Pattern k.
    fn bit(k: u32, i: usize) -> f64 {
        number(70_000_000 + 256 * k + i as u32).signum()
    }
    static NETWORK: LazyLock<Option<Network>> = LazyLock::new(|| {
        let weights = Mat::from_fn(UNITS, UNITS, |i, j| {
            let held: f64 = (0..3).map(|k| bit(k, i) * bit(k, j)).sum();
            (0.3 * number((UNITS * i + j) as u32) + 1.5 * held / 16.0) / 16.0
        });
        let network = RateNetwork::new(Connectivity::new(weights).ok()?, Transfer::Tanh, Form::Map);
        Some(Network::new(Cell::Rate(network)))
    });
    // Random mixtures of the patterns, with noise.
    let start = |i: usize, c: usize| {
        let amount = |k: u32| number(80_000_000 + 3 * c as u32 + k) / 3.0_f64.sqrt();
        let mixture: f64 = (0..3).map(|k| amount(k) * bit(k, i)).sum();
        mixture + 0.1 * number(60_000_000 + (UNITS * c + i) as u32)
    };
    NETWORK.as_ref().map(|network| search(network, start)).unwrap_or_default()
}

/// Fixed points from these states.
fn search(network: &Network, start: impl Fn(usize, usize) -> f64) -> Vec<(&'static str, f64)> {
    let units = network.units();
    let inputs = match network.cell() {
        Cell::Rate(_) => &[][..],
        _ => &[0.0; 3],
    };
    let system = network.under(inputs);
    let starts = Starts::new(units).with(SeedKind::Trajectory, Mat::from_fn(units, STARTS, start).as_ref());
    let options = FindOptions { deflation: 0, slow_points: 0, ..FindOptions::default() };
    let Ok(found) = find(&system, &starts, &options) else { return Vec::new() };
    let stable =
        found.points.iter().filter(|p| modes(&system, &p.x).is_ok_and(|modes| modes.unstable == 0)).count();
    vec![("stable points", stable as f64)]
}
