//! Times simulations: `cargo run --release -p attractorlab --example simulation_speed`.
//!
//! Speeds are those of the multiply-adds alone (2 N² a column and step), so that everything beside the
//! product with the weights counts as loss.

use std::hint::black_box;
use std::time::Instant;

use attractorlab::dynamics::{EffectiveConnectivity, Input, SimulationOptions, outliers};
use attractorlab::network::{Bulk, Connectivity, Form, RateNetwork, Transfer};
use attractorlab::numerics::kernels::Real;
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;

/// Best time of several runs, in seconds: the machine may be shared.
fn best(repetitions: usize, mut run: impl FnMut()) -> f64 {
    (0..repetitions)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

/// Multiply-adds a second of one thread, times two, out of independent sums in registers.
fn peak<T: Real>() -> f64 {
    let n = 256;
    let a = Mat::from_fn(n, n, |i, j| T::from_f64((i + j) as f64 * 1e-3));
    let mut out = Mat::<T>::zeros(n, n);
    let seconds = best(50, || {
        attractorlab::numerics::linalg::matmul(black_box(a.as_ref()), a.as_ref(), out.as_mut());
    });
    2.0 * (n * n * n) as f64 / seconds / 1e9
}

fn time<T: Real>(network: &RateNetwork) {
    let n = network.units();
    println!("{}: products of 256×256 matrices in cache run at {:.0} GF/s", T::NAME, peak::<T>());
    for batch in [1, 10, 100] {
        let start = Mat::from_fn(n, batch, |i, c| T::from_f64(((i + c) as f64).sin()));
        let steps = 2000 / (batch + 10);
        let run = |steps: usize| {
            let options = SimulationOptions { steps, ..Default::default() };
            best(5, || {
                black_box(network.simulate(start.as_ref(), Input::Zero, &options).expect("a valid run"));
            })
        };
        // The difference of two lengths leaves out what is done once.
        let seconds = (run(2 * steps) - run(steps)) / steps as f64;
        let flops = 2.0 * (n * n * batch) as f64;
        println!("  batch {batch:3}: {:8.1} µs a step, {:.1} GF/s", 1e6 * seconds, flops / seconds / 1e9);
    }
}

fn main() {
    let threads: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
    let n = 1000;
    let mut stream = Stream::new(1, "speed", 0);
    let bulk = Bulk::Gaussian { g: 0.8 }.draw(n, &mut stream).expect("valid");
    let (m, k) = (stream.normals(n), stream.normals(n));
    let readout = m.iter().zip(&k).map(|(m, k)| 1.5 * m + k).collect();
    let connectivity =
        Connectivity::new(bulk).and_then(|bulk| bulk.with_feedback(m, readout)).expect("valid");
    let operator = EffectiveConnectivity::new(&connectivity, vec![1.0; n]);
    let seconds = best(20, || {
        black_box(outliers(&operator, 0.1).expect("finite"));
    });
    println!("outlier of N = {n}, one loop: {:.2} ms (goal 15)", 1e3 * seconds);
    let network = RateNetwork::new(connectivity, Transfer::Tanh, Form::Current);
    println!("simulation, Euler, N = {n}, one loop, tanh, {threads} thread(s)");
    pool.install(|| {
        time::<f32>(&network);
        time::<f64>(&network);
    });
}
