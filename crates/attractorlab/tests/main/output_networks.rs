//! Finite networks that hold several outputs, against exact reference networks and statistics.

use attractorlab::dynamics::{ClampedNetwork, Status};
use attractorlab::network::{Transfer, gaussian_bulk};
use attractorlab::numerics::linalg::{Mat, MatRef};
use attractorlab::numerics::random::Stream;
use attractorlab::training::{ForceOptions, OutputTask, TrainingError};
use serde_json::Value;

use crate::output_dynamics::transfer_of;
use crate::reference::{cases, number};

const FILE: &str = "rivkind2017";

/// A matrix of a case, one list a row.
fn matrix(rows: &Value) -> Mat<f64> {
    let rows = rows.as_array().unwrap();
    let columns = rows[0].as_array().unwrap().len();
    Mat::from_fn(rows.len(), columns, |i, j| number(&rows[i][j]))
}

/// Bulk, feedback vectors and targets of a network.
struct Network {
    transfer: Transfer,
    bulk: Mat<f64>,
    feedback: Mat<f64>,
    targets: Mat<f64>,
}

impl Network {
    /// The very network of an exact case.
    fn listed(case: &Value) -> Self {
        let input = &case["input"];
        Self {
            transfer: transfer_of(input),
            bulk: matrix(&input["W"]),
            feedback: matrix(&input["w_fb"]),
            targets: matrix(&input["F"]),
        }
    }

    fn draw(transfer: Transfer, units: usize, g: f64, targets: Mat<f64>, stream: &mut Stream) -> Self {
        let bulk = gaussian_bulk(units, g, stream);
        let feedback = Mat::from_fn(units, targets.ncols(), |_, _| stream.normal());
        Self { transfer, bulk, feedback, targets }
    }

    fn task(&self) -> OutputTask<'_> {
        let network = ClampedNetwork { bulk: self.bulk.as_ref(), transfer: self.transfer };
        OutputTask::new(network, self.feedback.as_ref(), self.targets.as_ref())
    }
}

/// The readouts of a case are those of z = w·r, one a row; ours are N times as large, one a column.
#[track_caller]
fn same_readout(case: &Value, name: &str, readout: MatRef<'_, f64>) {
    let units = readout.nrows() as f64;
    let expected = matrix(&case["output"][name]);
    let scale = expected.as_ref().norm_max();
    for k in 0..readout.ncols() {
        for i in 0..readout.nrows() {
            let (found, expected) = (readout[(i, k)] / units, expected[(k, i)]);
            assert!(
                (found - expected).abs() <= 1e-7 * scale,
                "{} {name}[{k}][{i}]: {found} {expected}",
                case["id"]
            );
        }
    }
}

#[test]
fn training_on_clamped_states() {
    for case in cases(FILE, "finite_exact") {
        let (network, input) = (Network::listed(&case), &case["input"]);
        let trained = network.task().least_squares(number(&input["alpha"])).unwrap();
        let expected = matrix(&case["output"]["x"]);
        for m in 0..trained.states.ncols() {
            for i in 0..trained.states.nrows() {
                assert!((trained.states[(i, m)] - expected[(m, i)]).abs() <= 1e-9, "{}", case["id"]);
            }
        }
        same_readout(&case, "w_out", trained.readout.as_ref());
        let passes = input["rls_passes"].as_u64().unwrap() as usize;
        let recursive = network.task().recursive_least_squares(number(&input["rls_alpha"]), passes).unwrap();
        same_readout(&case, "w_rls", recursive.readout.as_ref());
    }
}

#[test]
fn passes_of_recursive_least_squares_are_a_ridge() {
    let mut stream = Stream::new(3, "passes", 0);
    let targets = Mat::from_fn(3, 2, |m, k| ((2 * m + k) as f64).cos());
    let network = Network::draw(Transfer::Tanh, 60, 0.8, targets, &mut stream);
    for passes in [1, 5] {
        let recursive = network.task().recursive_least_squares(2.0, passes).unwrap();
        let ridge = network.task().least_squares(2.0 / (60.0 * passes as f64)).unwrap();
        let difference = (&recursive.readout - &ridge.readout).norm_max();
        assert!(difference < 1e-11 * ridge.readout.norm_max(), "{difference}");
    }
}

#[test]
fn force_follows_a_staircase() {
    let mut stream = Stream::new(3, "force", 0);
    let targets = Mat::from_fn(2, 1, |m, _| [-1.0, 1.0][m]);
    let network = Network::draw(Transfer::Relu { threshold: -0.5 }, 200, 0.8, targets, &mut stream);
    let start = stream.normals(200);
    let errors = |duration: f64, rounds: usize| {
        let options = ForceOptions { duration, rounds, ..ForceOptions::default() };
        let trained = network.task().force(&start, options).unwrap();
        let within = trained.errors.iter().all(|error| *error <= 1e-2);
        assert_eq!(trained.status == Status::Converged, within, "{:?}", trained.errors);
        trained.errors
    };
    // The last target is where the run ends; the first was left for it, which the transient between
    // them, learnt since, disturbs: the less the longer each was held.
    let (short, long) = (errors(50.0, 1), errors(400.0, 1));
    assert!(short[1] < 1e-2 && long[1] < 1e-2, "{short:?} {long:?}");
    assert!(long[0] < 0.5 * short[0], "{short:?} {long:?}");
}

#[test]
fn inputs_of_the_targets_reach_the_states() {
    let mut stream = Stream::new(3, "inputs", 0);
    let targets = Mat::from_fn(2, 1, |_, _| 1.0);
    let network = Network::draw(Transfer::Tanh, 100, 0.8, targets, &mut stream);
    // The same output twice is one state, unless inputs tell them apart.
    assert!(matches!(network.task().least_squares(0.0), Err(TrainingError::Dependent { states: 2, .. })));
    let inputs = Mat::from_fn(100, 2, |_, _| stream.normal());
    let task = OutputTask { inputs: inputs.as_ref(), ..network.task() };
    let trained = task.least_squares(0.0).unwrap();
    assert!(trained.errors.iter().all(|error| *error < 1e-10));
}

#[test]
fn bad_tasks_are_named() {
    let mut stream = Stream::new(3, "bad", 0);
    let pair = Mat::from_fn(2, 1, |m, _| [0.8, -0.8][m]);
    let network = Network::draw(Transfer::Tanh, 100, 0.8, pair, &mut stream);
    let message = network.task().least_squares(0.0).unwrap_err().to_string();
    assert!(message.contains("A and −A") && message.contains("ridge"), "{message}");
    assert!(network.task().least_squares(0.1).is_ok());
    let wide = Mat::from_fn(2, 3, |_, _| 1.0);
    let task = OutputTask { targets: wide.as_ref(), ..network.task() };
    let message = task.least_squares(0.0).unwrap_err().to_string();
    assert!(message.contains("3 columns, one for each output, got 1"), "{message}");
    let none = Mat::zeros(0, 1);
    let task = OutputTask { targets: none.as_ref(), ..network.task() };
    assert!(matches!(task.least_squares(0.0), Err(TrainingError::NoTargets)));
    let nan = Mat::from_fn(1, 1, |_, _| f64::NAN);
    let task = OutputTask { targets: nan.as_ref(), ..network.task() };
    assert!(matches!(task.clamped_states(), Err(TrainingError::Parameter { name: "target", .. })));
    assert!(network.task().recursive_least_squares(0.0, 1).is_err());
    assert!(network.task().recursive_least_squares(1.0, 0).is_err());
    let chaotic = Network::draw(Transfer::Tanh, 100, 6.0, Mat::from_fn(1, 1, |_, _| 0.3), &mut stream);
    if let Err(error) = chaotic.task().least_squares(0.0) {
        assert!(error.to_string().contains("does not settle"), "{error}");
    }
}
