//! How long a search for all fixed points takes: `cargo run --release --example fixed_point_speed FILE [STARTS]`, where
//! STARTS is a number of random starts or a file with an array `states`, one start a row.

use std::path::Path;
use std::time::Instant;

use attractorlab::arrays::{Array, Arrays};
use attractorlab::dynamics::fixed_points::{FindOptions, SeedKind, Starts, find};
use attractorlab::network::files::ImportOptions;
use attractorlab::network::{Network, Transfer};
use attractorlab::numerics::random::Stream;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name a network file")?;
    let starts = arguments.next().unwrap_or_else(|| "1024".to_owned());
    let options = ImportOptions { transfer: Some(Transfer::Tanh), ..ImportOptions::default() };
    let (network, _) = Network::read(Path::new(&file), &options)?;
    let system = network.under(&vec![0.0; network.inputs()]);
    let none = Starts::new(network.state_size());
    let starts = if let Ok(count) = starts.parse() {
        none.with_random(&system, count, &mut Stream::new(1, "starts", 0))
    } else {
        let arrays = Arrays::read(Path::new(&starts))?;
        let states = arrays.arrays.get("states").and_then(Array::to_matrix).ok_or("no matrix 'states'")?;
        none.with(SeedKind::Trajectory, states.transpose())
    };
    let mut times = Vec::new();
    for _ in 0..3 {
        let begin = Instant::now();
        let options = FindOptions { slow_points: 0, ..FindOptions::default() };
        let found = find(&system, &starts, &options)?;
        times.push((begin.elapsed().as_secs_f64() * 1e3, found.points.len(), found.lost));
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!(
        "{} starts: median {:.2} ms, {} points, {} lost",
        starts.len(),
        times[1].0,
        times[1].1,
        times[1].2
    );
    Ok(())
}
