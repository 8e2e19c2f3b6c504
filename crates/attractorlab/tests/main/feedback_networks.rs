//! Finite networks against the statistics of independent simulations.

use attractorlab::dynamics::{ClampedNetwork, SolverOptions, Status, spectrum};
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
