//! The theory of given vectors against networks, against the theory of Gaussian vectors, and against itself.

use attractorlab::analysis::{DissectionOptions, dissect};
use attractorlab::dynamics::{Dynamics, SolverOptions, Status, fixed_point};
use attractorlab::network::{Cell, Connectivity, Form, Network, RateNetwork, Transfer, gaussian_bulk};
use attractorlab::numerics::linalg::{Mat, eigenvalues};
use attractorlab::numerics::random::Stream;
use attractorlab::theory::feedback::Stability;
use attractorlab::theory::low_rank::{LowRankError, LowRankTheory};

/// Two loops of unequal strength along a ring, with a bias and an input, and vectors that are not Gaussian.
fn network(bulk: Mat<f64>, transfer: Transfer) -> RateNetwork {
    let units = bulk.nrows();
    let mut stream = Stream::new(11, "low-rank vectors", 0);
    let angles: Vec<f64> = (0..units).map(|_| std::f64::consts::TAU * stream.uniform()).collect();
    let (m1, m2): (Vec<f64>, Vec<f64>) = angles.iter().map(|a| (1.5 * a.cos(), 1.5 * a.sin())).unzip();
    let readout = |along: f64, m: &[f64], stream: &mut Stream| -> Vec<f64> {
        m.iter().map(|m| along * m + 0.4 * stream.normal()).collect()
    };
    let (n1, n2) = (readout(1.9, &m1, &mut stream), readout(0.9, &m2, &mut stream));
    let input = Mat::from_fn(units, 1, |_, _| if stream.uniform() < 0.3 { 1.0 } else { 0.0 });
    let bias = (0..units).map(|_| 0.2 * stream.uniform()).collect();
    let connectivity = Connectivity::new(bulk)
        .unwrap()
        .with_feedback(m1, n1.clone())
        .unwrap()
        .with_feedback(m2, n2)
        .unwrap();
    RateNetwork::new(connectivity, transfer, Form::Current)
        .with_input_weights(input)
        .unwrap()
        .with_bias(bias)
        .unwrap()
        .with_output(n1)
        .unwrap()
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, variance.sqrt())
}

/// Means over 200 bulks lie within 4.5 standard errors plus the bias of order 1/N of any nonlinear average; the standard
/// deviations within 4.5 errors of a standard deviation from 200 samples (1/√400 each) plus 10 % for the next order.
#[test]
fn overlaps_their_scatter_and_outliers_are_those_of_networks() {
    let (units, networks, g) = (300, 200, 0.7);
    let model = network(gaussian_bulk(units, g, &mut Stream::new(1, "bulk", 0)), Transfer::Tanh);
    let theory = LowRankTheory::new(&model, &[0.4]).unwrap().with_g(g).unwrap();
    let states = theory.states().unwrap();
    let stable: Vec<_> = states.iter().filter(|state| state.outliers[0].re < 1.0).collect();
    assert!(!stable.is_empty());
    let state = stable[0];
    let start: Vec<f64> = state.drive.clone();
    let (mut overlaps, mut leading) = ([Vec::new(), Vec::new()], Vec::new());
    for replicate in 0..networks {
        let one = network(gaussian_bulk(units, g, &mut Stream::new(2, "bulk", replicate)), Transfer::Tanh);
        let system = one.under(&[0.4]);
        let found = fixed_point(&system, &start, SolverOptions::default());
        assert_eq!(found.status, Status::Converged);
        let rates: Vec<f64> = found.x.iter().map(|x| x.tanh()).collect();
        for (list, (_, n)) in overlaps.iter_mut().zip(one.connectivity().loops()) {
            list.push(n.iter().zip(&rates).map(|(n, r)| n * r).sum::<f64>() / units as f64);
        }
        if replicate < 20 {
            let values = eigenvalues(system.jacobian(&found.x).as_ref()).unwrap();
            leading.push(1.0 + values.iter().map(|v| v.re).fold(f64::NEG_INFINITY, f64::max));
        }
    }
    for (r, list) in overlaps.iter().enumerate() {
        let (mean, sd) = mean_and_error(list);
        let expected = state.overlap_errors[r];
        eprintln!("overlap {r}: {mean} ± {sd}; theory {} ± {expected}", state.overlaps[r]);
        let allowed = 4.5 * expected / (networks as f64).sqrt() + 2.0 / units as f64;
        assert!((mean - state.overlaps[r]).abs() < allowed);
        assert!((sd / expected - 1.0).abs() < 4.5 / (2.0 * networks as f64).sqrt() + 0.1);
    }
    let (mean, sd) = mean_and_error(&leading);
    eprintln!("outlier {mean} ± {sd}; theory {:?}, radius {}", state.outliers, state.radius);
    assert!(state.outliers[0].re > state.radius, "the outlier can be seen");
    assert!((mean - state.outliers[0].re).abs() < 4.5 * sd / 20.0_f64.sqrt() + 2.0 / units as f64);
}

#[test]
fn derivatives_are_those_of_the_equations() {
    for transfer in [Transfer::Tanh, Transfer::Relu { threshold: 0.3 }, Transfer::Erf, Transfer::Logistic] {
        let model = network(gaussian_bulk(40, 0.6, &mut Stream::new(1, "bulk", 0)), transfer);
        let theory = LowRankTheory::new(&model, &[0.4]).unwrap();
        for x in [[0.7, -0.2, 0.4], [-0.1, 0.9, 0.05]] {
            let exact = theory.jacobian(&x);
            let (mut above, mut below) = ([0.0; 3], [0.0; 3]);
            for s in 0..3 {
                let step = 1e-5;
                let moved = |by: f64| {
                    let mut x = x;
                    x[s] += by;
                    x
                };
                theory.field(&moved(step), &mut above);
                theory.field(&moved(-step), &mut below);
                for r in 0..3 {
                    let difference = (above[r] - below[r]) / (2.0 * step);
                    // Errors of a central difference: step² times third derivatives of order 10, and round-off.
                    assert!((difference - exact[(r, s)]).abs() < 1e-7, "{transfer:?} {r} {s}");
                }
            }
        }
    }
}

/// The map of the overlaps has the states for fixed points, and its slope there is that of the reduced equations
/// with the mean square rate eliminated.
#[test]
fn states_are_fixed_points_of_the_map() {
    let model = network(gaussian_bulk(200, 0.7, &mut Stream::new(5, "bulk", 0)), Transfer::Tanh);
    let theory = LowRankTheory::new(&model, &[0.0]).unwrap();
    let states = theory.states().unwrap();
    assert!(states.len() >= 3, "{}", states.len());
    for state in &states {
        let image = theory.map(&state.overlaps).unwrap();
        for (image, overlap) in image.iter().zip(&state.overlaps) {
            assert!((image - overlap).abs() < 1e-9, "{image} {overlap}");
        }
        assert!((state.outputs[0] - state.overlaps[0]).abs() < 1e-13);
        assert_eq!(state.outliers.len(), 3);
    }
}

/// Each pair's overlaps agree within 4.5 of the errors that theory gives them, for both forms of the same weights.
#[test]
fn a_dissection_pairs_predictions_with_fixed_points() {
    for form in [Form::Current, Form::Map] {
        let model = network(gaussian_bulk(150, 0.4, &mut Stream::new(8, "bulk", 0)), Transfer::Tanh);
        let connectivity = model.connectivity().clone();
        let rate = RateNetwork::new(connectivity, Transfer::Tanh, form);
        let options = DissectionOptions { random_starts: 128, ..DissectionOptions::default() };
        let found = dissect(&Network::new(Cell::Rate(rate)), None, &options).unwrap();
        let theory = found.theory.as_ref().expect("a theory for a network with loops");
        assert!((theory.g - 0.4).abs() < 0.02);
        assert!(theory.map.is_empty(), "two loops have no map of one variable");
        assert_eq!(theory.states.len(), found.points.len());
        for (state, matched) in theory.states.iter().zip(&theory.matches) {
            let point = &found.points[matched.expect("a fixed point for every predicted state")];
            for ((k, expected), error) in
                point.overlaps.iter().zip(&state.overlaps).zip(&state.overlap_errors)
            {
                assert!((k - expected).abs() < 4.5 * error + 1e-9, "{k} {expected} {error}");
            }
            let stable = point.modes.unstable == 0;
            let near_the_edge = (state.outliers[0].re - 1.0).abs() < 0.1;
            assert!(near_the_edge || stable == (state.stability == Stability::Stable));
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let model = network(gaussian_bulk(20, 0.7, &mut Stream::new(5, "bulk", 0)), Transfer::Tanh);
    let refused = LowRankTheory::new(&model, &[]).unwrap_err();
    assert_eq!(refused, LowRankError::Input { inputs: 1, found: 0 });
    let refused = LowRankTheory::new(&model, &[0.0]).unwrap().with_g(f64::NAN).unwrap_err();
    assert!(refused.to_string().starts_with("g must be a finite number"));
}
