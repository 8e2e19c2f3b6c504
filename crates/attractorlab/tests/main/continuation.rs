//! Branches of fixed points, against systems whose branches are known.

use attractorlab::dynamics::continuation::{
    BranchEnd, ContinuationError, ContinuationOptions, Family, NetworkFamily, NetworkFamilyError,
    SpecialKind, diagram, follow,
};
use attractorlab::dynamics::fixed_points::{FindOptions, Starts, find};
use attractorlab::dynamics::{Dynamics, Time};
use attractorlab::network::{Bulk, Cell, Connectivity, Form, Network, RateNetwork, Transfer};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;

use crate::network_files::trained;

/// A scalar system dx/dt = f(x, p) with its slope in x.
struct Scalar {
    f: fn(f64, f64) -> f64,
    slope: fn(f64, f64) -> f64,
}

struct AtParameter<'a>(&'a Scalar, f64);

impl Dynamics for AtParameter<'_> {
    fn dim(&self) -> usize {
        1
    }
    fn time(&self) -> Time {
        Time::Continuous
    }
    fn field(&self, x: &[f64], out: &mut [f64]) {
        out[0] = (self.0.f)(x[0], self.1);
    }
    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        Mat::from_fn(1, 1, |_, _| (self.0.slope)(x[0], self.1))
    }
}

impl Family for Scalar {
    type System<'a> = AtParameter<'a>;
    fn at(&self, parameter: f64) -> AtParameter<'_> {
        AtParameter(self, parameter)
    }
}

fn network(entries: &[f64], form: Form) -> Network {
    let n = entries.len().isqrt();
    let bulk = Mat::from_fn(n, n, |i, j| entries[i * n + j]);
    let connectivity = Connectivity::new(bulk).expect("a finite bulk");
    Network::new(Cell::Rate(RateNetwork::new(connectivity, Transfer::Tanh, form)))
}

fn scale(network: &Network) -> NetworkFamily {
    NetworkFamily::recurrent_scale(network, &vec![0.0; network.inputs()]).expect("a family")
}

#[test]
fn a_closed_branch_is_traced_once_with_its_two_folds() {
    let circle = Scalar { f: |x, p| 0.25 - x * x - p * p, slope: |x, _| -2.0 * x };
    let branch = follow(&circle, &[0.5], 0.0, &ContinuationOptions::between(-1.0, 1.0)).expect("a branch");
    assert_eq!(branch.ends.1, BranchEnd::Closed);
    let mut folds: Vec<f64> = branch.specials.iter().map(|special| special.parameter).collect();
    folds.sort_by(f64::total_cmp);
    assert!(branch.specials.iter().all(|special| special.kind == SpecialKind::Fold));
    assert_eq!(folds.len(), 2);
    assert!((folds[0] + 0.5).abs() < 1e-9 && (folds[1] - 0.5).abs() < 1e-9, "{folds:?}");
    for point in &branch.points {
        let off = point.x[0].powi(2) + point.parameter.powi(2) - 0.25;
        assert!(off.abs() < 1e-10, "{off}");
        assert_eq!(point.unstable, usize::from(point.x[0] < 0.0));
    }
}

#[test]
fn branches_exchange_stability_where_they_cross() {
    // Transcritical: x = 0 and x = p cross at p = 0.2.
    let family = Scalar { f: |x, p| (p - 0.2) * x - x * x, slope: |x, p| p - 0.2 - 2.0 * x };
    let found =
        diagram(&family, &[(-1.0, vec![0.0])], &ContinuationOptions::between(-1.0, 1.0)).expect("a diagram");
    assert!(found.complete);
    assert_eq!(found.branches.len(), 2);
    let crossing = &found.branches[0].specials;
    assert_eq!(crossing.len(), 1);
    assert_eq!(crossing[0].kind, SpecialKind::BranchPoint { corank: 1 });
    assert!((crossing[0].parameter - 0.2).abs() < 1e-8, "{}", crossing[0].parameter);
    for point in &found.branches[1].points {
        assert!((point.x[0] - (point.parameter - 0.2)).abs() < 1e-9);
        assert_eq!(point.unstable, usize::from(point.parameter < 0.2));
    }
}

#[test]
fn a_pitchfork_opens_both_ways_and_its_arms_obey_their_equation() {
    let family = scale(&network(&[1.0], Form::Current));
    let found =
        diagram(&family, &[(0.2, vec![0.0])], &ContinuationOptions::between(0.2, 2.0)).expect("a diagram");
    assert_eq!(found.branches.len(), 2);
    let arms = &found.branches[1];
    assert_eq!(arms.ends, (BranchEnd::Range, BranchEnd::Range));
    assert!(
        arms.specials.is_empty(),
        "the pitchfork is listed on the branch that came first: {:?}",
        arms.specials
    );
    let ends = (&arms.points[0], &arms.points[arms.points.len() - 1]);
    assert!(ends.0.x[0] * ends.1.x[0] < 0.0 && ends.0.parameter == 2.0 && ends.1.parameter == 2.0);
    for point in &arms.points {
        assert!((point.x[0] - point.parameter * point.x[0].tanh()).abs() < 1e-10);
        assert!(point.unstable == 0 || point.x[0].abs() < 1e-3);
    }
}

#[test]
fn complex_pairs_and_period_doublings_are_located_and_named() {
    // λ = p(1 ± i): a Hopf point at p = 1 with frequency 1.
    let options = ContinuationOptions::between(0.1, 1.9);
    let rotation = [1.0, -1.0, 1.0, 1.0];
    let branch =
        follow(&scale(&network(&rotation, Form::Current)), &[0.0, 0.0], 0.5, &options).expect("a branch");
    let [special] = branch.specials.as_slice() else { panic!("{:?}", branch.specials) };
    let SpecialKind::Hopf { frequency } = special.kind else { panic!("{:?}", special.kind) };
    assert!((special.parameter - 1.0).abs() < 1e-9 && (frequency - 1.0).abs() < 1e-9);
    // The map has |λ| = √2 p: a Neimark–Sacker point at p = 1/√2, angle π/4.
    let branch =
        follow(&scale(&network(&rotation, Form::Map)), &[0.0, 0.0], 0.5, &options).expect("a branch");
    let [special] = branch.specials.as_slice() else { panic!("{:?}", branch.specials) };
    let SpecialKind::NeimarkSacker { angle } = special.kind else { panic!("{:?}", special.kind) };
    assert!((special.parameter - 0.5f64.sqrt()).abs() < 1e-9);
    assert!((angle - std::f64::consts::FRAC_PI_4).abs() < 1e-9);
    let branch = follow(&scale(&network(&[-1.0], Form::Map)), &[0.0], 0.5, &options).expect("a branch");
    assert_eq!(branch.specials.len(), 1);
    assert_eq!(branch.specials[0].kind, SpecialKind::PeriodDoubling);
    assert!((branch.specials[0].parameter - 1.0).abs() < 1e-9);
}

#[test]
fn branches_that_meet_by_symmetry_are_named_and_entered() {
    // Two independent units: at p = 1 both eigenvalues cross; the arms along the modes have one unit active.
    let family = scale(&network(&[1.0, 0.0, 0.0, 1.0], Form::Current));
    let found = diagram(&family, &[(0.5, vec![0.0, 0.0])], &ContinuationOptions::between(0.5, 1.5))
        .expect("a diagram");
    assert_eq!(found.branches[0].specials[0].kind, SpecialKind::BranchPoint { corank: 2 });
    assert!(found.branches.len() >= 3, "{}", found.branches.len());
}

#[test]
fn a_networks_diagram_agrees_with_searches_at_single_values() {
    // A random network with feedback under input: folds and stability changes along the input. At several values of
    // the parameter the branches must hold every point that a search finds.
    let mut stream = Stream::new(3, "continuation", 0);
    let n = 24;
    let m = stream.normals(n);
    let readout: Vec<f64> = m.iter().map(|m| 2.2 * m).collect();
    let input = Mat::from_fn(n, 1, |i, _| m[i]);
    let connectivity = Connectivity::new(Bulk::Gaussian { g: 0.3 }.draw(n, &mut stream).expect("a bulk"))
        .and_then(|c| c.with_feedback(m.clone(), readout))
        .expect("a connectivity");
    let rate = RateNetwork::new(connectivity, Transfer::Tanh, Form::Current)
        .with_input_weights(input)
        .expect("weights that fit");
    let network = Network::new(Cell::Rate(rate));
    let family = NetworkFamily::input(&network, &[0.0], &[1.0]).expect("a family");
    let branch =
        follow(&family, &vec![-2.0; n], -1.0, &ContinuationOptions::between(-1.0, 1.0)).expect("a branch");
    let folds = branch.specials.iter().filter(|special| special.kind == SpecialKind::Fold).count();
    assert_eq!(folds, 2, "{:?}", branch.specials.iter().map(|s| s.kind).collect::<Vec<_>>());
    for p in [-0.9, -0.1, 0.0, 0.07, 0.8] {
        let system = family.at(p);
        let starts = Starts::new(n).with_random(&system, 200, &mut stream).with_directions([m.as_slice()]);
        let found = find(&system, &starts, &FindOptions::default()).expect("a search");
        let mut on_branch: Vec<f64> = branch.at(p).iter().map(|x| x[0]).collect();
        let mut by_search: Vec<f64> = found.points.iter().map(|point| point.x[0]).collect();
        on_branch.sort_by(f64::total_cmp);
        by_search.sort_by(f64::total_cmp);
        assert_eq!(on_branch.len(), by_search.len(), "at {p}");
        // Between two points of the branch it is interpolated: an error of order (step)².
        assert!(
            on_branch.iter().zip(&by_search).all(|(a, b)| (a - b).abs() < 0.02),
            "{on_branch:?} {by_search:?}"
        );
    }
}

#[test]
fn mixing_two_networks_begins_and_ends_at_them() {
    let (a, b) = (network(&[0.5, 0.2, -0.3, 0.4], Form::Map), network(&[1.5, 0.0, 0.0, 1.5], Form::Map));
    let family = NetworkFamily::morph(&a, &b, &[]).expect("a family");
    let x = [0.3, -0.2];
    for (p, end) in [(0.0, &a), (1.0, &b)] {
        let (mut here, mut there) = ([0.0; 2], [0.0; 2]);
        family.at(p).field(&x, &mut here);
        end.under(&[]).field(&x, &mut there);
        assert!(here.iter().zip(there).all(|(a, b)| (a - b).abs() < 1e-15));
    }
    let gru = trained("gru16");
    let error = NetworkFamily::morph(&a, &gru, &[]).expect_err("different kinds");
    assert!(matches!(error, NetworkFamilyError::Different(..)));
    assert!(error.to_string().contains("GRU with 16 units"), "{error}");
    assert!(matches!(NetworkFamily::bulk_scale(&gru, &[0.0; 3]), Err(NetworkFamilyError::NoBulk(_))));
}

#[test]
fn a_trained_gru_is_followed_as_its_input_grows() {
    let network = trained("gru16");
    let inputs = network.inputs();
    let mut direction = vec![0.0; inputs];
    direction[0] = 1.0;
    let family = NetworkFamily::input(&network, &vec![0.0; inputs], &direction).expect("a family");
    let system = family.at(0.0);
    let mut stream = Stream::new(1, "continuation", 1);
    let starts = Starts::new(system.dim()).with_random(&system, 1024, &mut stream);
    let found = find(&system, &starts, &FindOptions::default()).expect("a search");
    assert_eq!(found.points.len(), 27);
    let seeds: Vec<(f64, Vec<f64>)> = found.points.iter().map(|point| (0.0, point.x.clone())).collect();
    let all = diagram(&family, &seeds, &ContinuationOptions::between(-0.5, 0.5)).expect("a diagram");
    // Every point lies on some branch, branches hold several of them, and the channel that is pushed loses states.
    let at_zero: usize = all.branches.iter().map(|branch| branch.at(0.0).len()).sum();
    assert_eq!(at_zero, 27);
    let at_end: usize = all.branches.iter().map(|branch| branch.at(0.4999).len()).sum();
    let ends = {
        let system = family.at(0.4999);
        let starts = Starts::new(system.dim()).with_random(&system, 1024, &mut stream);
        find(&system, &starts, &FindOptions::default()).expect("a search").points.len()
    };
    assert_eq!(at_end, ends, "the branches hold at 0.5 what a search finds there");
    assert!(at_end < 27);
}

#[test]
fn a_start_on_a_fold_or_at_the_end_of_the_range_is_as_good_as_any() {
    let parabola = Scalar { f: |x, p| p + x * x, slope: |x, _| 2.0 * x };
    let branch = follow(&parabola, &[0.0], 0.0, &ContinuationOptions::between(-1.0, 1.0)).expect("a branch");
    assert_eq!(branch.ends, (BranchEnd::Range, BranchEnd::Range));
    assert!(branch.points.iter().all(|point| (point.parameter + point.x[0].powi(2)).abs() < 1e-10));
    let line = Scalar { f: |x, p| p - x, slope: |_, _| -1.0 };
    let branch = follow(&line, &[-1.0], -1.0, &ContinuationOptions::between(-1.0, 1.0)).expect("a branch");
    assert!(branch.points.windows(2).all(|pair| pair[0].parameter < pair[1].parameter));
    let crossing = Scalar { f: |x, p| p * x, slope: |_, p| p };
    let error =
        follow(&crossing, &[0.0], 0.0, &ContinuationOptions::between(-1.0, 1.0)).expect_err("a crossing");
    assert!(
        matches!(error, ContinuationError::NoTangent { .. } | ContinuationError::NoFixedPoint { .. }),
        "{error}"
    );
}

#[test]
fn senseless_requests_are_refused_with_the_reason() {
    let family = scale(&network(&[1.0], Form::Current));
    let go = |start: &[f64], p: f64, options: &ContinuationOptions| {
        follow(&family, start, p, options).expect_err("no")
    };
    let good = ContinuationOptions::between(0.0, 1.0);
    assert!(matches!(
        go(&[0.0], 0.5, &ContinuationOptions::between(1.0, 0.0)),
        ContinuationError::Range { .. }
    ));
    assert!(matches!(go(&[0.0], 2.0, &good), ContinuationError::Outside { .. }));
    assert!(matches!(go(&[0.0, 1.0], 0.5, &good), ContinuationError::Dimension { dim: 1, found: 2 }));
    let wrong = ContinuationOptions { largest_step: 1e-9, ..good };
    assert!(go(&[0.0], 0.5, &wrong).to_string().contains("larger than the smallest step"));
    assert!(matches!(go(&[f64::NAN], 0.5, &good), ContinuationError::NoFixedPoint { .. }));
    assert!(matches!(diagram(&family, &[], &good), Err(ContinuationError::NoStarts)));
}
