//! Finite networks against the statistics of independent simulations.

use attractorlab::dynamics::{
    ClampedNetwork, ReleaseOptions, SolverOptions, StaticMapError, Status, TraceOptions, spectrum,
};
use attractorlab::network::{Connectivity, InputVectors, Transfer, gaussian_bulk};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use attractorlab::theory::feedback::{Direction, Inputs, predict};
use attractorlab::training::{
    DeltaOptions, FeedbackTask, RecursiveLeastSquares, TrainingError, delta_rule, least_squares,
    recursive_least_squares,
};
use serde_json::Value;

use crate::reference::{cases, number};

const FILE: &str = "mastrogiuseppe2019";

struct Network {
    bulk: Mat<f64>,
    vectors: InputVectors,
}

impl Network {
    fn draw(case: &Value, replicate: u64) -> Self {
        let get = |key: &str| number(&case["in"][key]);
        let units = get("N") as usize;
        let mut stream = Stream::new(20_261_123, case["id"].as_str().unwrap(), replicate);
        let bulk = gaussian_bulk(units, get("g"), &mut stream);
        let vectors = InputVectors::draw(units, get("Sm"), get("SI"), get("rho"), &mut stream);
        Self { bulk, vectors }
    }

    fn task(&self, target: f64) -> FeedbackTask<'_> {
        FeedbackTask {
            network: ClampedNetwork { bulk: self.bulk.as_ref(), transfer: Transfer::Tanh },
            feedback: &self.vectors.feedback,
            input: &self.vectors.input,
            target,
        }
    }

    /// Output of the closed loop nearest to `z`, and the largest real part of its spectrum.
    fn closed_loop(&self, readout: &[f64], z: f64) -> (f64, f64) {
        let state = self.task(z).static_map(readout).fixed_point_near(z, true, 1.0, SolverOptions::default());
        assert_eq!(state.status, Status::Converged);
        let gains: Vec<f64> = state.x.iter().map(|&x| Transfer::Tanh.first(x)).collect();
        let connectivity = Connectivity::new(self.bulk.clone())
            .and_then(|c| c.with_feedback(self.vectors.feedback.clone(), readout.to_vec()))
            .unwrap();
        let largest = spectrum(&connectivity, &gains).unwrap().iter().map(|l| l.re).fold(f64::MIN, f64::max);
        (state.z, largest)
    }
}

fn overlap(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / a.len() as f64
}

/// The rule of the reference file: means within four standard errors of both samples, spreads within
/// a factor of 1.8.
#[track_caller]
fn agrees(case: &Value, what: &str, values: &[f64]) {
    let reference = &case["out"][what];
    let (mean, std, n) = (number(&reference["mean"]), number(&reference["std"]), number(&reference["n"]));
    let count = values.len() as f64;
    let own = values.iter().sum::<f64>() / count;
    let spread = (values.iter().map(|v| (v - own).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    let allowed = 4.0 * std * (1.0 / n + 1.0 / count).sqrt() + 1e-3;
    assert!((own - mean).abs() <= allowed, "{} {what}: {own} against {mean}, allowed {allowed}", case["id"]);
    if n >= 20.0 && std > 1e-3 {
        assert!(
            (0.55..=1.8).contains(&(spread / std)),
            "{} {what}: spread {spread} against {std}",
            case["id"]
        );
    }
}

#[test]
fn least_squares_networks() {
    for case in cases(FILE, "fin_ls") {
        let target = number(&case["in"]["A"]);
        let mut columns: [Vec<f64>; 3] = Default::default();
        for replicate in 0..30 {
            let network = Network::draw(&case, replicate);
            let trained = least_squares(network.task(target), 0.0).unwrap();
            assert!(trained.error < 1e-10);
            let (z, largest) = network.closed_loop(&trained.readout, target);
            assert!((z - target).abs() < 1e-8);
            columns[0].push(overlap(&trained.readout, &network.vectors.feedback));
            columns[1].push(overlap(&trained.readout, &network.vectors.input));
            columns[2].push(largest);
        }
        agrees(&case, "s_nm", &columns[0]);
        agrees(&case, "s_nI", &columns[1]);
        agrees(&case, "outlier", &columns[2]);
    }
}

#[test]
fn gaussian_readouts() {
    for case in cases(FILE, "fin_gauss") {
        let get = |key: &str| number(&case["in"][key]);
        let inputs = Inputs { g: get("g"), feedback_std: get("Sm"), input_std: get("SI"), rho: get("rho") };
        let direction = Direction { shared: get("p"), feedback_own: get("pm"), input_own: get("pI") };
        let scale = predict(inputs, direction, get("A")).unwrap().scale;
        let outputs: Vec<f64> = (0..60)
            .map(|replicate| {
                let network = Network::draw(&case, replicate);
                let v = &network.vectors;
                let readout: Vec<f64> = (0..v.shared.len())
                    .map(|i| {
                        let along =
                            direction.shared * v.shared[i] + direction.feedback_own * v.feedback_own[i];
                        scale * (along + direction.input_own * v.input_own[i])
                    })
                    .collect();
                let map = network.task(get("A")).static_map(&readout);
                map.fixed_point_near(get("A"), true, 2.0, SolverOptions::default()).z
            })
            .collect();
        agrees(&case, "z", &outputs);
    }
}

#[test]
fn recursive_least_squares_networks() {
    for case in cases(FILE, "fin_rls") {
        let target = number(&case["in"]["A"]);
        let mut columns: [Vec<f64>; 5] = Default::default();
        for replicate in 0..20 {
            let network = Network::draw(&case, replicate);
            let task = network.task(target);
            let start = if case["in"]["init"] == "z0" {
                task.clamped_state(0.0).unwrap()
            } else {
                Stream::new(7, "start", replicate).normals(task.units())
            };
            let trained = recursive_least_squares(task, &start, RecursiveLeastSquares::default()).unwrap();
            assert_eq!(trained.status, Status::Converged);
            let (z, largest) = network.closed_loop(&trained.readout, target);
            columns[0].push(overlap(&trained.readout, &network.vectors.feedback));
            columns[1].push(overlap(&trained.readout, &network.vectors.input));
            columns[2].push(overlap(&trained.readout, &trained.readout).sqrt());
            columns[3].push(z);
            columns[4].push(largest);
        }
        for (what, values) in ["s_nm", "s_nI", "norm_n", "z", "max_re"].into_iter().zip(&columns) {
            agrees(&case, what, values);
        }
    }
}

#[test]
fn delta_rule_networks() {
    for case in cases(FILE, "fin_gd") {
        let target = number(&case["in"]["A"]);
        let mut columns: [Vec<f64>; 3] = Default::default();
        for replicate in 0..15 {
            let network = Network::draw(&case, replicate);
            let task = network.task(target);
            let start = task.clamped_state(0.0).unwrap();
            let trained = delta_rule(task, &start, DeltaOptions::default()).unwrap();
            assert_eq!(trained.status, Status::Converged);
            columns[0].push(overlap(&trained.readout, &network.vectors.feedback));
            columns[1].push(overlap(&trained.readout, &network.vectors.input));
            columns[2].push(overlap(&trained.readout, &trained.readout).sqrt());
        }
        for (what, values) in ["s_nm", "s_nI", "norm_n"].into_iter().zip(&columns) {
            agrees(&case, what, values);
        }
    }
}

/// A Gaussian readout of a network, scaled by theory.
fn gaussian_readout(case: &Value, vectors: &InputVectors) -> Vec<f64> {
    let get = |key: &str| number(&case["in"][key]);
    let inputs = Inputs { g: get("g"), feedback_std: get("Sm"), input_std: get("SI"), rho: get("rho") };
    let direction = Direction { shared: get("p"), feedback_own: get("pm"), input_own: get("pI") };
    let scale = predict(inputs, direction, get("A")).unwrap().scale;
    (0..vectors.shared.len())
        .map(|i| {
            let along =
                direction.shared * vectors.shared[i] + direction.feedback_own * vectors.feedback_own[i];
            scale * (along + direction.input_own * vectors.input_own[i])
        })
        .collect()
}

#[test]
fn basins_of_two_attractors() {
    for case in cases(FILE, "fin_basin") {
        let (target, per_network) = (number(&case["in"]["A"]), number(&case["in"]["inits"]) as usize);
        let networks = 24;
        let mut fractions = Vec::new();
        let (mut at_target, mut elsewhere) = (Vec::new(), Vec::new());
        for replicate in 0..networks {
            let network = Network::draw(&case, replicate);
            let readout = gaussian_readout(&case, &network.vectors);
            let map = network.task(target).static_map(&readout);
            let mut stream = Stream::new(5, "starts", replicate);
            let starts = Mat::from_fn(readout.len(), per_network, |_, _| stream.normal());
            let outcomes = map.release(&starts, ReleaseOptions::default()).unwrap();
            // All end in fixed points that the trace of the map knows.
            let trace = map.trace(&TraceOptions::default()).unwrap();
            for outcome in &outcomes {
                assert!(outcome.settled, "{outcome:?}");
                let near = trace.fixed_points.iter().filter(|p| (p.z - outcome.z).abs() < 1e-2).count();
                assert_eq!(near, 1, "{outcome:?}");
            }
            let (target, other): (Vec<f64>, Vec<f64>) = outcomes.iter().map(|o| o.z).partition(|z| *z > 0.0);
            fractions.push(target.len() as f64 / per_network as f64);
            // Starts of one network end at the same state: one value a network.
            at_target.extend(target.first());
            elsewhere.extend(other.first());
        }
        let n = number(&case["in"]["seeds"]);
        for (what, values) in [("frac_target", &fractions), ("z_target", &at_target), ("z_other", &elsewhere)]
        {
            let reference = &case["out"][what];
            let (mean, std) = (number(&reference["mean"]), number(&reference["std"]));
            let own = values.iter().sum::<f64>() / values.len() as f64;
            let allowed = 4.0 * std * (1.0 / n + 1.0 / values.len() as f64).sqrt() + 1e-3;
            assert!((own - mean).abs() <= allowed, "{what}: {own} against {mean}, allowed {allowed}");
        }
    }
}

#[test]
fn the_traced_map_has_the_states_of_theory() {
    let case = &cases(FILE, "fin_basin")[0];
    let network = Network::draw(case, 3);
    let readout = gaussian_readout(case, &network.vectors);
    let map = network.task(1.5).static_map(&readout);
    let trace = map.trace(&TraceOptions::default()).unwrap();
    assert!(trace.gaps.is_empty());
    assert_eq!(trace.fixed_points.iter().map(|p| p.stable).collect::<Vec<_>>(), [true, false, true]);
    for point in &trace.fixed_points {
        assert!(point.residual < 1e-9);
        // The slope is that of the map, and the saddle's outlier is beyond one.
        let h = 1e-4;
        let around: Vec<f64> = [point.z - h, point.z + h]
            .iter()
            .map(|&z| {
                let x = network.task(z).clamped_state(z).unwrap();
                x.iter().zip(&readout).map(|(x, n)| n * x.tanh()).sum::<f64>() / readout.len() as f64
            })
            .collect();
        assert!(((around[1] - around[0]) / (2.0 * h) - point.slope).abs() < 1e-5);
        assert_eq!(point.outliers.iter().any(|l| l.re > 1.0), !point.stable);
    }
    // A chaotic bulk without drive leaves a gap around z = 0.
    let mut strong = case.clone();
    strong["in"]["g"] = 2.5.into();
    strong["in"]["SI"] = 0.05.into();
    let network = Network::draw(&strong, 0);
    let readout: Vec<f64> = network.vectors.feedback.iter().map(|m| 6.0 * m).collect();
    let trace = network.task(1.0).static_map(&readout).trace(&TraceOptions::default()).unwrap();
    assert!(trace.gaps.iter().any(|gap| gap.0 < 0.0 && gap.1 > 0.0), "{:?}", trace.gaps);
    let relu = ClampedNetwork { bulk: network.bulk.as_ref(), transfer: Transfer::Relu { threshold: 0.0 } };
    let task = FeedbackTask { network: relu, ..network.task(1.0) };
    let refused = task.static_map(&readout).trace(&TraceOptions::default()).unwrap_err();
    assert!(matches!(refused, StaticMapError::Unbounded { .. }), "{refused}");
}

#[test]
fn bad_training_input_is_named() {
    let case = &cases(FILE, "fin_ls")[0];
    let network = Network::draw(case, 0);
    let start = vec![0.0; 3];
    let options = RecursiveLeastSquares { alpha: 0.0, ..RecursiveLeastSquares::default() };
    let units = network.bulk.nrows();
    let refused = recursive_least_squares(network.task(1.0), &vec![0.0; units], options).unwrap_err();
    assert!(refused.to_string().contains("alpha must be a finite number above zero, got 0"));
    let short = recursive_least_squares(network.task(1.0), &start, RecursiveLeastSquares::default());
    assert!(matches!(short, Err(TrainingError::Length { found: 3, .. })));
    assert!(least_squares(network.task(1.0), -1.0).is_err());
    assert!(least_squares(network.task(f64::NAN), 0.0).is_err());
}
