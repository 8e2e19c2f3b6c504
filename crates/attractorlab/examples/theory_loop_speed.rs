//! Times loops over 10,000 evaluations of the theory: what one vectorised call from Python is held against.
use std::time::Instant;

use attractorlab::network::Transfer;
use attractorlab::numerics::gaussian::average;
use attractorlab::theory::feedback::{Direction, Inputs, ReadoutCurve, predict};

const COUNT: usize = 10_000;

fn best(name: &str, rounds: u32, mut work: impl FnMut() -> f64) {
    let mut best = f64::INFINITY;
    let mut value = 0.0;
    for _ in 0..rounds {
        let start = Instant::now();
        value = work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name:<40} {:>9.3} ms   ({value:.9})", best * 1e3);
}

/// As numpy's `linspace`.
fn evenly(low: f64, high: f64) -> impl Iterator<Item = f64> {
    (0..COUNT).map(move |i| low + (high - low) / (COUNT - 1) as f64 * i as f64)
}

fn main() {
    let inputs = |g: f64| Inputs { g, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
    let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
    best("averages of tanh²", 20, || {
        let product = "phi^2".parse().expect("a product");
        evenly(0.5, 3.0).map(|sd| average(Transfer::Tanh, product, 0.0, sd).expect("an average")).sum()
    });
    best("targets of one readout", 20, || {
        let curve = ReadoutCurve::new(Transfer::Tanh, inputs(0.3), direction).expect("a curve");
        let targets: Vec<f64> = evenly(0.1, 1.0).collect();
        curve.predictions(&targets).into_iter().map(|p| p.expect("realisable").at_target().delta).sum()
    });
    best("networks of different gain", 3, || {
        evenly(0.1, 0.9)
            .map(|g| predict(inputs(g), direction, 1.0).expect("realisable").at_target().delta)
            .sum()
    });
}
