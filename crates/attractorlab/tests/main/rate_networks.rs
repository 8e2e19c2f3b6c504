//! Rate networks: what they refuse, and what their ensembles promise.

use attractorlab::dynamics::{EffectiveConnectivity, outliers, spectrum};
use attractorlab::network::{Bulk, BulkError, Connectivity, Form, NetworkError, RateNetwork, Transfer};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;

#[test]
fn bad_input_is_a_typed_error() {
    assert_eq!(Bulk::Gaussian { g: 1.0 }.draw(0, &mut Stream::new(1, "t", 0)).unwrap_err(), BulkError::Empty);
    for bulk in [
        Bulk::Gaussian { g: -1.0 },
        Bulk::Uniform { g: f64::NAN },
        Bulk::Sparse { g: 1.0, probability: 0.0 },
        Bulk::Sparse { g: 1.0, probability: 1.5 },
        Bulk::Dale { excitation: 1.0, fraction: 1.0, probability: 0.5 },
    ] {
        assert!(matches!(bulk.check(), Err(BulkError::Parameter { .. })), "{bulk:?}");
    }
    assert!(Connectivity::new(Mat::zeros(0, 0)).is_err());
    assert!(Connectivity::new(Mat::from_fn(2, 2, |_, _| f64::NAN)).is_err());
    let network =
        || RateNetwork::new(Connectivity::new(Mat::zeros(3, 3)).unwrap(), Transfer::Tanh, Form::Rate);
    assert!(matches!(
        network().with_input_weights(Mat::zeros(2, 1)),
        Err(NetworkError::InputRows { units: 3, rows: 2 })
    ));
    assert!(network().with_input_weights(Mat::from_fn(3, 1, |_, _| f64::INFINITY)).is_err());
    assert!(network().with_bias(vec![0.0; 2]).is_err());
    assert!(network().with_output(vec![0.0, f64::NAN, 0.0]).is_err());
    assert!(network().with_time_constant(0.0).is_err());
    let error = network().with_noise(-1.0).unwrap_err().to_string();
    assert!(error.contains("noise strength") && error.contains("-1"), "{error}");
}

#[test]
fn bulks_have_the_variance_and_the_radius_that_they_state() {
    let n = 400;
    for (bulk, edge) in [
        (Bulk::Gaussian { g: 1.3 }, true),
        (Bulk::Uniform { g: 0.7 }, true),
        (Bulk::Sparse { g: 1.1, probability: 0.1 }, true),
        (Bulk::Dale { excitation: 2.0, fraction: 0.5, probability: 0.5 }, false),
        (Bulk::Dale { excitation: 1.0, fraction: 0.8, probability: 0.2 }, false),
    ] {
        let j = bulk.draw(n, &mut Stream::new(3, "bulk", 0)).unwrap();
        // Column variances add up to the square of the effective g; with N² entries this is good to
        // a few per mille, and to a few per cent for sparse ones.
        let mut radius = 0.0;
        for c in 0..n {
            let mean = j.col(c).iter().sum::<f64>() / n as f64;
            radius += j.col(c).iter().map(|w| (w - mean).powi(2)).sum::<f64>() / n as f64;
        }
        let g = bulk.effective_g();
        assert!((radius.sqrt() / g - 1.0).abs() < 0.03, "{bulk:?}: {} not {g}", radius.sqrt());
        if edge {
            let connectivity = Connectivity::new(j).unwrap();
            let values = spectrum(&connectivity, &vec![1.0; n]).unwrap();
            let largest = values.iter().map(|v| v.norm()).fold(0.0, f64::max);
            assert!((largest / g - 1.0).abs() < 0.12, "{bulk:?}: edge at {largest}, not {g}");
        }
    }
}

#[test]
fn dales_law_gives_every_unit_one_sign_and_balance() {
    let (n, fraction) = (300, 0.8);
    let bulk = Bulk::Dale { excitation: 1.0, fraction, probability: 0.3 };
    let j = bulk.draw(n, &mut Stream::new(5, "bulk", 0)).unwrap();
    let excitatory = Bulk::excitatory_units(n, fraction);
    let mut total = 0.0;
    for c in 0..n {
        let sign = if c < excitatory { 1.0 } else { -1.0 };
        assert!(j.col(c).iter().all(|w| sign * w >= 0.0));
        total += j.col(c).iter().sum::<f64>();
    }
    // A sum of N² terms of standard deviation √(g²/N).
    assert!(total.abs() < 5.0 * bulk.effective_g() * (n as f64).sqrt(), "unbalanced: {total}");
}

#[test]
fn outliers_without_the_spectrum_are_those_of_the_spectrum() {
    let n = 300;
    let mut stream = Stream::new(7, "outliers", 0);
    let bulk = Bulk::Gaussian { g: 0.6 }.draw(n, &mut stream).unwrap();
    let (m1, m2, e) = (stream.normals(n), stream.normals(n), stream.normals(n));
    let scaled = |v: &[f64], a: f64| v.iter().map(|x| a * x).collect::<Vec<_>>();
    // Two loops that outweigh the bulk, and one that does not.
    let connectivity = Connectivity::new(bulk)
        .unwrap()
        .with_feedback(m1.clone(), scaled(&m1, 2.0))
        .unwrap()
        .with_feedback(m2.clone(), scaled(&m2, -1.4))
        .unwrap()
        .with_feedback(e.clone(), scaled(&e, 0.1))
        .unwrap();
    let gains: Vec<f64> = (0..n).map(|i| 0.8 + 0.2 * (i as f64).sin()).collect();
    let operator = EffectiveConnectivity::new(&connectivity, gains.clone());
    let found = outliers(&operator, 0.1).unwrap();
    let edge = 1.1 * found.bulk_radius;
    let mut expected: Vec<_> =
        spectrum(&connectivity, &gains).unwrap().into_iter().filter(|v| v.norm() > edge).collect();
    expected.sort_by(|a, b| b.norm().total_cmp(&a.norm()));
    assert_eq!(found.values.len(), 2, "{found:?}");
    assert!(found.doubtful.is_empty());
    for (a, b) in found.values.iter().zip(&expected) {
        assert!((a - b).norm() < 1e-6, "{a} not {b}");
    }
    // The measured radius is g √⟨φ'²⟩.
    let mean_square = gains.iter().map(|g| g * g).sum::<f64>() / n as f64;
    assert!((found.bulk_radius / (0.6 * mean_square.sqrt()) - 1.0).abs() < 0.02);
}
