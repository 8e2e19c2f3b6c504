//! Rows about trained feedback networks.

use std::sync::LazyLock;

use attractorlab::dynamics::{ClampedNetwork, EffectiveConnectivity, SolverOptions, outliers};
use attractorlab::network::{Connectivity, Transfer};
use attractorlab::numerics::linalg::Mat;
use attractorlab::theory::feedback::{BulkCorrelation, Inputs, TrainedReadout};
use attractorlab::training::{
    FeedbackTask, RecursiveLeastSquares, least_squares, recursive_least_squares, ridge_readout,
};

pub(crate) fn least_squares_theory() -> Vec<(&'static str, f64)> {
    let inputs = Inputs { g: 0.5, feedback_std: 1.2, input_std: 0.15, rho: 0.0 };
    let states = TrainedReadout::least_squares(Transfer::Tanh, inputs, 1.5, 0.0, BulkCorrelation::Kept)
        .and_then(|readout| readout.fixed_points())
        .unwrap_or_default();
    let z = |i: usize| states.get(i).map_or(f64::NAN, |p| p.z);
    let outlier = |i: usize, j: usize| states.get(i).map_or(f64::NAN, |p| p.outliers[j].re);
    vec![
        ("number of states", states.len() as f64),
        ("lowest z", z(0)),
        ("middle z", z(1)),
        ("outlier of the middle", outlier(1, 0)),
        ("second outlier of the middle", outlier(1, 1)),
        ("outlier at the target", outlier(2, 0)),
    ]
}

/// Numbers in (−√3, √3) of variance one that numpy makes too: a hash of the index.
pub(crate) fn number(index: u32) -> f64 {
    let mut h = index.wrapping_mul(2_654_435_761);
    h ^= h >> 15;
    h = h.wrapping_mul(2_246_822_519);
    h ^= h >> 13;
    (f64::from(h) / 4_294_967_296.0 - 0.5) * 12.0_f64.sqrt()
}

struct Network {
    bulk: Mat<f64>,
    feedback: Vec<f64>,
    input: Vec<f64>,
}

impl Network {
    fn new(units: u32, g: f64) -> Self {
        let scale = g / f64::from(units).sqrt();
        let n = units as usize;
        let bulk = Mat::from_fn(n, n, |i, j| scale * number((i * n + j) as u32));
        let vector = |from: u32, std: f64| (0..units).map(|i| std * number(from + i)).collect();
        Self { bulk, feedback: vector(10_000_000, 1.2), input: vector(20_000_000, 0.5) }
    }

    fn task(&self) -> FeedbackTask<'_> {
        FeedbackTask {
            network: ClampedNetwork { bulk: self.bulk.as_ref(), transfer: Transfer::Tanh },
            feedback: &self.feedback,
            input: &self.input,
            target: 1.0,
        }
    }
}

pub(crate) fn clamped_state() -> Vec<(&'static str, f64)> {
    static NETWORK: LazyLock<Network> = LazyLock::new(|| Network::new(1000, 0.8));
    let network = NETWORK.task().network;
    let drive: Vec<f64> = NETWORK.feedback.iter().zip(&NETWORK.input).map(|(m, i)| m + i).collect();
    let state = network.solve(&drive, &drive, SolverOptions::default());
    let square = state.x.iter().map(|x| x * x).sum::<f64>() / state.x.len() as f64;
    vec![("mean square", square), ("first", state.x[0])]
}

pub(crate) fn recursive_steps() -> Vec<(&'static str, f64)> {
    learn(1000, 20.0)
}

pub(crate) fn many_recursive_steps() -> Vec<(&'static str, f64)> {
    learn(500, 200.0)
}

fn learn(units: u32, duration: f64) -> Vec<(&'static str, f64)> {
    let network = Network::new(units, 0.8);
    let start: Vec<f64> = (0..units).map(|i| number(30_000_000 + i)).collect();
    let options = RecursiveLeastSquares { alpha: 1.0, dt: 0.1, duration };
    let readout =
        recursive_least_squares(network.task(), &start, options).map(|t| t.readout).unwrap_or_default();
    let mean = |v: &[f64]| readout.iter().zip(v).map(|(n, v)| n * v).sum::<f64>() / f64::from(units);
    vec![("overlap with feedback", mean(&network.feedback)), ("mean square", mean(&readout))]
}

pub(crate) fn ridge() -> Vec<(&'static str, f64)> {
    static STATES: LazyLock<(Mat<f64>, Mat<f64>)> = LazyLock::new(|| {
        let (units, steps) = (1000, 2000);
        let rates = Mat::from_fn(units, steps, |i, t| number(40_000_000 + (t * units + i) as u32));
        (rates, Mat::from_fn(steps, 2, |t, k| number(50_000_000 + (2 * t + k) as u32)))
    });
    let (rates, targets) = &*STATES;
    let units = rates.nrows();
    let readout =
        ridge_readout(rates.as_ref(), targets.as_ref(), 0.01).unwrap_or_else(|_| Mat::zeros(units, 2));
    let square = |k: usize| (0..units).map(|i| readout[(i, k)].powi(2)).sum::<f64>() / units as f64;
    vec![
        ("mean square", square(0)),
        ("mean square of the second", square(1)),
        ("first entry", readout[(0, 0)]),
    ]
}

pub(crate) fn outlier() -> Vec<(&'static str, f64)> {
    static TRAINED: LazyLock<Option<(Connectivity, Vec<f64>)>> = LazyLock::new(|| {
        let network = Network::new(800, 0.5);
        let trained = least_squares(network.task(), 0.0).ok()?;
        let gains = trained.x.iter().map(|x| Transfer::Tanh.first(*x)).collect();
        let connectivity =
            Connectivity::new(network.bulk).ok()?.with_feedback(network.feedback, trained.readout).ok()?;
        Some((connectivity, gains))
    });
    let found = TRAINED.as_ref().and_then(|(connectivity, gains)| {
        outliers(&EffectiveConnectivity::new(connectivity, gains.clone()), 0.02).ok()
    });
    vec![("outlier", found.and_then(|f| f.values.first().map(|l| l.re)).unwrap_or(f64::NAN))]
}
