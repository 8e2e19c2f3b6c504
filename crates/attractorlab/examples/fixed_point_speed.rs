//! How long a search for all fixed points takes: `cargo run --release --example fixed_point_speed FILE [STARTS]`.

use std::path::Path;
use std::time::Instant;

use attractorlab::dynamics::fixed_points::{FindOptions, Starts, find};
use attractorlab::network::Network;
use attractorlab::network::files::ImportOptions;
use attractorlab::numerics::random::Stream;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name a network file")?;
    let starts: usize = arguments.next().map_or(Ok(1024), |n| n.parse())?;
    let (network, _) = Network::read(Path::new(&file), &ImportOptions::default())?;
    let system = network.under(&vec![0.0; network.inputs()]);
    let starts =
        Starts::new(network.state_size()).with_random(&system, starts, &mut Stream::new(1, "starts", 0));
    let mut times = Vec::new();
    for _ in 0..7 {
        let begin = Instant::now();
        let options = FindOptions { deflation: 0, slow_points: 0, ..FindOptions::default() };
        let found = find(&system, &starts, &options)?;
        times.push((begin.elapsed().as_secs_f64() * 1e3, found.points.len(), found.lost));
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!(
        "{} starts: median {:.2} ms, {} points, {} lost",
        starts.len(),
        times[3].0,
        times[3].1,
        times[3].2
    );
    Ok(())
}
