//! The registry: a row is added here, and nowhere else.

use attractorlab::network::Transfer;
use attractorlab::theory::feedback::{Direction, FixedPoint, Inputs, ReadoutCurve};

use crate::Row;

/// All rows, in the order in which they are measured.
pub(crate) fn all() -> Vec<Row> {
    vec![Row {
        name: "e1-theory",
        what: "The theory figure of Mastrogiuseppe & Ostojic (2019): all fixed points, outliers and radii of \
               1000 targets.",
        peers: &[
            ("e1_damped_iteration.py", "numpy, damped iteration with 200-node Gauss–Hermite sums"),
            ("e1_table.py", "numpy, vectorised over one table"),
        ],
        tolerance: 1e-4,
        work: e1_theory,
    }]
}

/// Targets that are not counted, as in `bench/peers/e1.py`: (centre, half-width).
const WINDOWS: [(f64, f64); 3] = [(-0.231757, 0.04), (-0.737977, 0.08), (1.440101, 0.02)];

fn e1_theory() -> Vec<(&'static str, f64)> {
    let inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
    let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
    let targets: Vec<f64> = (0..1000).map(|i| -2.0 + 4.0 * f64::from(i) / 999.0).collect();
    // A target that cannot be realised has no states, and the checks below would say so.
    let points: Vec<Vec<FixedPoint>> = match ReadoutCurve::new(Transfer::Tanh, inputs, direction) {
        Ok(curve) => targets
            .iter()
            .map(|&target| curve.states(target).map(|states| states.fixed_points).unwrap_or_default())
            .collect(),
        Err(_) => vec![Vec::new(); targets.len()],
    };
    let clear = |target: f64| WINDOWS.iter().all(|(centre, width)| (target - centre).abs() > *width);
    let counted = targets.iter().zip(&points).filter(|(target, _)| clear(**target));
    let at = |target: usize, state: usize, value: fn(&FixedPoint) -> f64| {
        points[target].get(state).map_or(f64::NAN, value)
    };
    vec![
        ("number of fixed points", counted.map(|(_, states)| states.len()).sum::<usize>() as f64),
        ("lowest z at target 125", at(125, 0, |state| state.z)),
        ("middle z at target 125", at(125, 1, |state| state.z)),
        ("outlier of the middle at target 125", at(125, 1, |state| state.outliers[0].re)),
        ("outlier at target 749", at(749, 0, |state| state.outliers[0].re)),
        ("radius at target 749", at(749, 0, |state| state.radius)),
        ("lowest z at target 900", at(900, 0, |state| state.z)),
    ]
}
