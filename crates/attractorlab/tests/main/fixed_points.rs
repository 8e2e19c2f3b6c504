//! All fixed points: networks trained elsewhere, networks whose full set is known, proofs.

use std::sync::atomic::AtomicBool;

use attractorlab::dynamics::Dynamics;
use attractorlab::dynamics::fixed_points::{
    FindError, FindOptions, FixedPoints, SeedKind, Stability, Starts, certify, completeness, find,
    find_under_inputs, modes, survives_rounding,
};
use attractorlab::network::{Bulk, Connectivity, Form, RateNetwork, Transfer, gaussian_bulk};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use serde_json::Value;

use crate::network_files::{pytorch, trained};

fn reference(name: &str) -> (Vec<Vec<f64>>, Vec<f64>) {
    let text = std::fs::read_to_string(pytorch(&format!("flipflop_{name}.newton.json"))).expect("there");
    let data: Value = serde_json::from_str(&text).expect("JSON");
    let numbers = |value: &Value| -> Vec<f64> {
        value.as_array().expect("an array").iter().map(|v| v.as_f64().expect("a number")).collect()
    };
    let points = data["fixed_points"].as_array().expect("points").iter().map(&numbers).collect();
    (points, numbers(&data["spectral_radius"]))
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |m, (a, b)| f64::max(m, (a - b).abs()))
}

fn search(system: &impl Dynamics, count: usize, seed: u64) -> FixedPoints {
    let starts = Starts::new(system.dim()).with_random(system, count, &mut Stream::new(seed, "starts", 0));
    find(system, &starts, &FindOptions::default()).expect("a search")
}

#[test]
fn all_points_of_networks_trained_in_pytorch_are_found_and_certified() {
    for (name, count, stable) in [("lstm12", 27, 8), ("gru16", 27, 8), ("tanh24", 11, 0)] {
        let network = trained(name);
        let system = network.under(&[0.0; 3]);
        let (known, radii) = reference(name);
        let found = search(&system, 1024, 3);
        assert_eq!(found.points.len(), count, "{name}");
        let said = completeness(&found);
        assert!(said.index_sum == Some(1) && !said.is_incomplete(), "{name}: {said:?}");
        assert!(said.interval.1 <= count as f64 + 2.0, "{name}: {said:?}");
        let mut certified_stable = 0;
        for point in &found.points {
            let proof = certify(&system, &point.x).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(proof.existence_radius < 1e-11 && proof.uniqueness_radius > 1e-5, "{name}: {proof:?}");
            let k = known.iter().position(|x| apart(x, &proof.x) < 1e-8).expect("a point of the reference");
            let around = modes(&system, &proof.x).expect("modes");
            let radius = around.modes.iter().map(|mode| mode.eigenvalue.norm()).fold(0.0, f64::max);
            assert!((radius - radii[k]).abs() < 1e-7, "{name}: {radius} against {}", radii[k]);
            let directions = match proof.stability {
                Stability::Stable => 0,
                Stability::Unstable { directions } => directions,
                Stability::Marginal { error } => panic!("{name}: marginal within {error}"),
            };
            assert_eq!(directions, around.unstable);
            certified_stable += usize::from(directions == 0);
            // The weights are 32-bit floats, so that rounding changes nothing.
            assert!(survives_rounding(&network, &[0.0; 3], &proof).is_some());
        }
        assert_eq!(certified_stable, stable, "{name}");
    }
}

#[test]
fn saturated_gates_are_no_fixed_points() {
    // An update gate that is 1 to the last bit keeps any state: residual 0, and no fixed point.
    let network = trained("gru16");
    let system = network.under(&[0.0; 3]);
    let mut stream = Stream::new(4, "saturated", 0);
    let mut impostors = 0;
    for _ in 0..3000 {
        let x: Vec<f64> = stream.normals(16).iter().map(|x| 30.0 * x).collect();
        let mut next = vec![0.0; 16];
        system.field(&x, &mut next);
        if apart(&x, &next) < 1e-12 {
            impostors += 1;
            assert!(certify(&system, &x).is_err());
        }
    }
    println!("{impostors} impostors");
    // From far outside, the search ends inside the box or nowhere.
    let far = Mat::from_fn(16, 200, |_, _| 30.0 * stream.normal());
    let starts = Starts::new(16).with(SeedKind::Random, far.as_ref());
    let found = find(&system, &starts, &FindOptions::default()).expect("a search");
    assert!(found.points.iter().all(|point| point.x.iter().all(|x| x.abs() < 1.0)));
}

#[test]
fn bistable_networks_show_three_points_every_time() {
    // Large networks take minutes: all of them with ATTRACTORLAB_EXHAUSTIVE=1.
    let many = if std::env::var_os("ATTRACTORLAB_EXHAUSTIVE").is_some() { 20 } else { 1 };
    let large = if many > 1 { 20 } else { 0 };
    for (units, seeds) in [(100, 20), (200, 20), (400, 20), (1000, many), (2000, large)] {
        for seed in 0..seeds {
            let mut stream = Stream::new(seed, "bistable", units as u64);
            let m = stream.normals(units);
            let n: Vec<f64> = m.iter().map(|m| 2.0 * m).collect();
            let bulk = Bulk::Gaussian { g: 0.7 }.draw(units, &mut stream).expect("a bulk");
            let connectivity =
                Connectivity::new(bulk).and_then(|c| c.with_feedback(m.clone(), n)).expect("a connectivity");
            let network = RateNetwork::new(connectivity, Transfer::Tanh, Form::Current);
            let starts = Starts::new(units).with_directions([m.as_slice()]);
            let options = FindOptions { deflation: 0, slow_points: 0, ..FindOptions::default() };
            let found = find(&network, &starts, &options).expect("a search");
            assert_eq!((found.points.len(), found.index_sum()), (3, 1), "N = {units}, seed {seed}");
        }
    }
}

#[test]
fn certificates_hold_for_rate_networks_and_bracket_the_truth() {
    // Every transfer function and form: the certified ball holds the point that more digits would give.
    let transfers = [
        Transfer::Tanh,
        Transfer::Erf,
        Transfer::Relu { threshold: 0.1 },
        Transfer::Linear,
        Transfer::Softplus,
        Transfer::Logistic,
    ];
    for transfer in transfers {
        for form in [Form::Current, Form::Rate, Form::Map] {
            let mut stream = Stream::new(6, "certificates", 0);
            let bulk = Bulk::Gaussian { g: 0.5 }.draw(30, &mut stream).expect("a bulk");
            let network = RateNetwork::new(Connectivity::new(bulk).expect("a connectivity"), transfer, form)
                .with_bias(stream.normals(30))
                .and_then(|network| network.with_time_constant(2.5))
                .expect("a network");
            let found = search(&network, 10, 1);
            let system = network.under(&[]);
            let proof = certify(&system, &found.points[0].x).expect("a certificate");
            // Thirty terms of order 1, times the condition of the linear system.
            assert!(proof.existence_radius < 1e-12, "{transfer:?} {form:?}: {}", proof.existence_radius);
            assert!(proof.uniqueness_radius > 1e-3, "{transfer:?} {form:?}: {}", proof.uniqueness_radius);
            assert_eq!(proof.stability, Stability::Stable, "{transfer:?} {form:?}");
            // Another centre in the ball of uniqueness leads to the same point; a wrong state to none.
            let moved: Vec<f64> = proof.x.iter().map(|x| x + 1e-7).collect();
            let again = certify(&system, &moved).expect("a certificate");
            assert!(apart(&again.x, &proof.x) <= again.existence_radius + proof.existence_radius);
        }
    }
}

#[test]
fn bad_input_is_refused_in_words() {
    let network = trained("tanh24");
    let system = network.under(&[0.0; 3]);
    let options = FindOptions::default();
    assert_eq!(find(&system, &Starts::new(24), &options).err(), Some(FindError::NoStarts));
    let wrong = Starts::new(3).with(SeedKind::Random, Mat::<f64>::zeros(3, 1).as_ref());
    assert!(matches!(find(&system, &wrong, &options), Err(FindError::Dimension { dim: 24, found: 3 })));
    let nan = Mat::from_fn(24, 2, |i, c| if (i, c) == (5, 1) { f64::NAN } else { 0.0 });
    let starts = Starts::new(24).with(SeedKind::Trajectory, nan.as_ref());
    let expected = FindError::NotFinite { column: 1, variable: 5 };
    assert_eq!(find(&system, &starts, &options).err(), Some(expected));
}

#[test]
fn a_network_without_stable_points_rests_on_something_that_is_shown() {
    use attractorlab::analysis::{DissectionOptions, Rest, dissect};
    use attractorlab::dynamics::LongRun;
    let found = dissect(&trained("tanh24"), None, &DissectionOptions::default()).expect("a dissection");
    assert!(found.points.iter().all(|point| point.modes.unstable > 0));
    // Three bits are kept in eight stable orbits of period two.
    for (rest, _) in &found.rests {
        let Rest::Other(LongRun::Cycles(orbit)) = rest else { panic!("{rest:?} is no orbit") };
        assert!(orbit.period == 2.0 && orbit.residual < 1e-10 && orbit.is_stable());
    }
    assert_eq!(found.rests.len(), 8);
}

/// A map whose full set of fixed points is known: independent units x' = tanh(a x + b), rotated by a random orthogonal
/// matrix and embedded, so that nothing gives the product away. Each unit with a > 1 and small b has three points, with
/// basins as unequal as b makes them.
struct Hidden {
    gain: Vec<f64>,
    shift: Vec<f64>,
    rotation: Mat<f64>,
}

impl Hidden {
    fn draw(units: usize, stream: &mut Stream) -> (Self, usize) {
        let gain: Vec<f64> = (0..units).map(|_| 0.5 + 2.5 * stream.uniform()).collect();
        let shift: Vec<f64> = (0..units).map(|_| 0.4 * (2.0 * stream.uniform() - 1.0)).collect();
        let square = Mat::from_fn(units, units, |_, _| stream.normal());
        let rotation = attractorlab::numerics::linalg::Qr::new(square.as_ref()).expect("a basis").thin_q();
        // tanh(ax + b) − x has three zeros iff its extrema, where tanh' = 1/a, have opposite signs.
        let count = gain
            .iter()
            .zip(&shift)
            .map(|(a, b)| {
                if *a <= 1.0 {
                    return 1;
                }
                let t = (1.0 - 1.0 / a).sqrt();
                let x = |t: f64| (t.atanh() - b) / a;
                if (t - x(t)) * (-t - x(-t)) < 0.0 { 3 } else { 1 }
            })
            .product();
        (Self { gain, shift, rotation }, count)
    }

    fn inner(&self, x: &[f64]) -> Vec<f64> {
        let n = x.len();
        (0..n).map(|k| (0..n).map(|i| self.rotation[(i, k)] * x[i]).sum()).collect()
    }
}

impl Dynamics for Hidden {
    fn dim(&self) -> usize {
        self.gain.len()
    }
    fn time(&self) -> attractorlab::dynamics::Time {
        attractorlab::dynamics::Time::Discrete
    }
    fn field(&self, x: &[f64], out: &mut [f64]) {
        let y = self.inner(x);
        for (i, o) in out.iter_mut().enumerate() {
            *o = (0..x.len())
                .map(|k| self.rotation[(i, k)] * (self.gain[k] * y[k] + self.shift[k]).tanh())
                .sum();
        }
    }
    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        let (n, y) = (x.len(), self.inner(x));
        let slope: Vec<f64> = (0..n)
            .map(|k| self.gain[k] * (1.0 - (self.gain[k] * y[k] + self.shift[k]).tanh().powi(2)))
            .collect();
        Mat::from_fn(n, n, |i, j| {
            (0..n).map(|k| self.rotation[(i, k)] * slope[k] * self.rotation[(j, k)]).sum()
        })
    }
}

#[test]
fn what_is_said_of_completeness_is_true_of_networks_whose_full_set_is_known() {
    let networks = 200;
    let (mut covered, mut complete, mut proofs_false, mut large_missed) = (0, 0, 0, 0);
    for network in 0..networks {
        let mut stream = Stream::new(9, "hidden products", network);
        let units = 2 + (network % 4) as usize;
        let (system, truth) = Hidden::draw(units, &mut stream);
        // Few starts for many points, and no deflation: some must be missed.
        let count = 20 + 20 * (network % 3) as usize;
        let starts = Starts::new(units).with_random(&system, count, &mut stream);
        let options = FindOptions { deflation: 0, slow_points: 0, ..FindOptions::default() };
        let found = find(&system, &starts, &options).expect("a search");
        let said = completeness(&found);
        assert!(said.found <= truth, "network {network}: {} points of {truth}", said.found);
        covered += usize::from(said.interval.0 <= truth as f64 && truth as f64 <= said.interval.1);
        complete += usize::from(said.found == truth);
        // A box is mapped into itself, so that the indices of the full set add up to 1.
        proofs_false += usize::from(said.found == truth && found.index_sum() != 1);
        // The same search with many starts shows the share of each point: those beyond the promised share are there.
        let many = Starts::new(units).with_random(&system, 2000, &mut stream);
        let shares = find(&system, &many, &options).expect("a search");
        large_missed += usize::from(shares.points.iter().any(|point| {
            point.hits.random as f64 / 2000.0 > said.share
                && found.points.iter().all(|other| apart(&other.x, &point.x) > 1e-6)
        }));
    }
    println!("covered {covered}, complete {complete}, large missed {large_missed} of {networks}");
    assert_eq!(proofs_false, 0);
    // 95 % are promised: 190 of 200, with a binomial standard deviation of 3.1.
    assert!(covered >= 178, "the interval holds the truth for {covered} of {networks}");
    assert!(
        large_missed <= 22,
        "a point beyond the promised share was missed for {large_missed} of {networks}"
    );
    assert!(complete < networks as usize, "the test was too easy to say anything");
}

#[test]
fn starts_with_inputs_of_their_own_find_the_points_of_these_inputs() {
    let gru = trained("gru16");
    let never = AtomicBool::new(false);
    let options = FindOptions::default();
    let mut stream = Stream::new(3, "starts", 0);
    let states = Mat::from_fn(16, 40, |_, _| 2.0 * stream.uniform() - 1.0);
    let inputs = Mat::from_fn(3, 40, |k, c| if k == 0 && c % 2 == 1 { 0.5 } else { -0.0 });
    let found =
        find_under_inputs(&gru, states.as_ref(), inputs.as_ref(), &options, &never).expect("a search");
    assert_eq!(found.iter().map(|under| under.starts.len()).collect::<Vec<_>>(), [20, 20]);
    assert_eq!((found[0].input.as_slice(), found[1].input.as_slice()), (&[0.0; 3][..], &[0.5, 0.0, 0.0][..]));
    for under in &found {
        let system = gru.under(&under.input);
        let mut image = vec![0.0; 16];
        for point in &under.found.points {
            system.field(&point.x, &mut image);
            assert!(image.iter().zip(&point.x).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
    // What does not fit, and a flag that is set before the start.
    let fewer = find_under_inputs(&gru, states.as_ref(), inputs.as_ref().subcols(0, 3), &options, &never);
    assert_eq!(fewer.err(), Some(FindError::Inputs { inputs: 3, starts: 40, found: (3, 3) }));
    let nan = Mat::from_fn(3, 40, |k, c| if (k, c) == (1, 7) { f64::NAN } else { 0.0 });
    let refused = find_under_inputs(&gru, states.as_ref(), nan.as_ref(), &options, &never);
    assert_eq!(refused.err(), Some(FindError::InputNotFinite { column: 7, entry: 1 }));
    let stop = AtomicBool::new(true);
    let stopped = find_under_inputs(&gru, states.as_ref(), inputs.as_ref(), &options, &stop);
    assert_eq!(stopped.err(), Some(FindError::Stopped));
}

/// The origin of an undriven network is a fixed point to the last bit, and its ball is not lost in that.
#[test]
fn a_point_without_residual_is_alone_in_a_ball_of_sensible_size() {
    let bulk = gaussian_bulk(30, 0.5, &mut Stream::new(1, "bulk", 0));
    let network = RateNetwork::new(Connectivity::new(bulk).expect("a bulk"), Transfer::Tanh, Form::Current);
    let proof = certify(&network.under(&[]), &[0.0; 30]).expect("a proof");
    assert!(proof.existence_radius < 1e-300 && proof.uniqueness_radius > 1e-3, "{proof:?}");
}
