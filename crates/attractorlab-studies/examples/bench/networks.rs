//! Kernels, simulation and spectra: the work of the rows, with what is made once left out of the time.

use std::sync::LazyLock;

use attractorlab::dynamics::{EffectiveConnectivity, Input, SimulationOptions, outliers};
use attractorlab::network::{Connectivity, Form, RateNetwork, Transfer};
use attractorlab::numerics::kernels::Real;
use attractorlab::numerics::linalg::{self, Mat};

const UNITS: usize = 1000;

/// The work of a kernel: 4096 numbers, 200 times.
pub(crate) fn kernel<T: Real>(function: fn(&[T], &mut [T])) -> Vec<(&'static str, f64)> {
    let x: Vec<T> = (0..4096).map(|i| T::from_f64(-3.0 + 6.0 * f64::from(i) / 4095.0)).collect();
    let mut out = x.clone();
    for _ in 0..200 {
        function(std::hint::black_box(&x), &mut out);
    }
    let sum = out.iter().map(|value| value.to_f64()).sum();
    vec![("sum", sum), ("last", out[4095].to_f64())]
}

/// As in `bench/peers/simulation.py`.
fn bulk() -> Mat<f64> {
    let scale = 0.8 * (2.0 / UNITS as f64).sqrt();
    Mat::from_fn(UNITS, UNITS, |i, j| {
        let (i, j) = (i as f64, j as f64);
        scale * (1.0 + 12.9898 * i + 78.233 * j + 0.37 * i * j).sin()
    })
}

/// 50 Euler steps of 100 trials.
pub(crate) fn simulation<T: Real>() -> Vec<(&'static str, f64)> {
    static NETWORK: LazyLock<Option<RateNetwork>> = LazyLock::new(|| {
        let connectivity = Connectivity::new(bulk()).ok()?;
        Some(RateNetwork::new(connectivity, Transfer::Tanh, Form::Current))
    });
    static START: LazyLock<Mat<f64>> =
        LazyLock::new(|| Mat::from_fn(UNITS, 100, |i, c| (i as f64 + 7.0 * c as f64).sin()));
    let start = Mat::from_fn(UNITS, 100, |i, c| T::from_f64(START[(i, c)]));
    let options = SimulationOptions { steps: 50, dt: 0.1, ..SimulationOptions::default() };
    // This network exists and these arguments are right; NaN would agree with nobody.
    let run =
        NETWORK.as_ref().and_then(|network| network.simulate(start.as_ref(), Input::Zero, &options).ok());
    let (mut squares, mut first) = (f64::NAN, f64::NAN);
    if let Some(run) = run {
        let states = &run.final_states;
        squares = (0..100).flat_map(|c| (0..UNITS).map(move |i| states[(i, c)].to_f64().powi(2))).sum();
        first = states[(0, 0)].to_f64();
    }
    vec![("rms", (squares / (100 * UNITS) as f64).sqrt()), ("first", first)]
}

/// The feedback vector of the rows on spectra; the readout is 1.5 times as long.
fn feedback() -> Vec<f64> {
    (0..UNITS).map(|i| 2.0_f64.sqrt() * (3.0 + 5.1 * (i as f64).powf(1.5)).sin()).collect()
}

/// All eigenvalues of the same bulk with one loop.
pub(crate) fn eigenvalues() -> Vec<(&'static str, f64)> {
    static MATRIX: LazyLock<Mat<f64>> = LazyLock::new(|| {
        let m = feedback();
        let bulk = bulk();
        Mat::from_fn(UNITS, UNITS, |i, j| bulk[(i, j)] + 1.5 * m[i] * m[j] / UNITS as f64)
    });
    // No eigenvalues would agree with nobody.
    let values = linalg::eigenvalues(MATRIX.as_ref()).unwrap_or_default();
    vec![
        ("largest", values.iter().map(|value| value.re).fold(f64::NEG_INFINITY, f64::max)),
        ("sum of squares", values.iter().map(|value| (value * value).re).sum()),
        ("sum of moduli", values.iter().map(|value| value.norm()).sum()),
    ]
}

/// The outlier of the same bulk with one loop.
pub(crate) fn outlier() -> Vec<(&'static str, f64)> {
    static CONNECTIVITY: LazyLock<Option<Connectivity>> = LazyLock::new(|| {
        let m = feedback();
        let n = m.iter().map(|m| 1.5 * m).collect();
        Connectivity::new(bulk()).and_then(|bulk| bulk.with_feedback(m, n)).ok()
    });
    let found = CONNECTIVITY.as_ref().and_then(|connectivity| {
        outliers(&EffectiveConnectivity::new(connectivity, vec![1.0; UNITS]), 0.1).ok()
    });
    let value = found.and_then(|found| found.values.first().map(|value| value.re));
    vec![("outlier", value.unwrap_or(f64::NAN))]
}
