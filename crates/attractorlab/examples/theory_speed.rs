//! Times the theories: a least-squares readout with all its states, two-target stability maps, and loops over 10,000
//! evaluations, which one vectorised call from Python is held against.
use std::time::Instant;

use attractorlab::network::Transfer;
use attractorlab::numerics::gaussian::average;
use attractorlab::theory::feedback::{
    self, BulkCorrelation, Direction, Inputs, ReadoutCurve, TrainedReadout,
};
use attractorlab::theory::output_dynamics::{Candidates, Setting};

fn best(name: &str, rounds: u32, mut work: impl FnMut() -> f64) {
    let mut best = f64::INFINITY;
    let mut value = 0.0;
    for _ in 0..rounds {
        let start = Instant::now();
        value = work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name:<60} {:>9.3} ms   ({value:.6})", best * 1e3);
}

/// 10,000 numbers as numpy's `linspace` makes them.
fn evenly(low: f64, high: f64) -> impl Iterator<Item = f64> {
    (0..10_000).map(move |i| low + (high - low) / 9999.0 * f64::from(i))
}

fn loops() {
    let inputs = |g: f64| Inputs { g, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
    let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
    best("10,000 averages of tanh²", 20, || {
        let product = "phi^2".parse().expect("a product");
        evenly(0.5, 3.0).map(|sd| average(Transfer::Tanh, product, 0.0, sd).expect("an average")).sum()
    });
    best("10,000 targets of one readout", 20, || {
        let curve = ReadoutCurve::new(Transfer::Tanh, inputs(0.3), direction).expect("a curve");
        let targets: Vec<f64> = evenly(0.1, 1.0).collect();
        curve.predictions(&targets).into_iter().map(|p| p.expect("realisable").at_target().delta).sum()
    });
    best("10,000 networks of different gain", 3, || {
        evenly(0.1, 0.9)
            .map(|g| feedback::predict(inputs(g), direction, 1.0).expect("realisable").at_target().delta)
            .sum()
    });
}

fn main() {
    let inputs = Inputs { g: 0.5, feedback_std: 1.2, input_std: 0.15, rho: 0.0 };
    best("true least squares, all states", 20, || {
        let trained = TrainedReadout::least_squares(Transfer::Tanh, inputs, 1.5, 0.0, BulkCorrelation::Kept)
            .expect("a readout");
        trained.fixed_points().expect("states")[0].z
    });
    let map = |transfer: Transfer, low: f64, high: f64| {
        let values: Vec<f64> = (0..50).map(|k| low + (high - low) * f64::from(k) / 49.0).collect();
        let candidates = Candidates::new(&Setting::scalar(transfer, 0.8, &values)).expect("states");
        let map = candidates.pairs().expect("poles");
        (0..50 * 50).filter(|k| map.held(k / 50, k % 50)).count() as f64
    };
    best("50×50 map, relu θ = −0.5, [−2.5, 2.5]²", 3, || {
        map(Transfer::Relu { threshold: -0.5 }, -2.5, 2.5)
    });
    best("50×50 map, tanh, [0.1, 2.5]²", 3, || map(Transfer::Tanh, 0.1, 2.5));
    loops();
}
