//! Times the whole E1 theory figure: 1000 targets, every state, outliers and radii.
use attractorlab::network::Transfer;
use attractorlab::theory::feedback::*;
fn main() {
    let inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
    let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let curve = ReadoutCurve::new(Transfer::Tanh, inputs, direction).unwrap();
        let setup = start.elapsed();
        let targets: Vec<f64> = (0..1000).map(|i| -2.0 + 4.0 * i as f64 / 999.0).collect();
        let count: usize =
            curve.sweep(&targets).iter().map(|s| s.as_ref().map_or(0, |s| s.fixed_points.len())).sum();
        println!("{count} states: {:?} (set-up {setup:?})", start.elapsed());
    }
}
