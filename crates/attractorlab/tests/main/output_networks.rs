//! Finite networks that hold several outputs, against exact reference networks and statistics.

use attractorlab::dynamics::{
    ClampedNetwork, DrivenOptions, Input, Integrator, OutputResponse, Record, SimulationOptions, Status,
    driven_response, spectrum,
};
use attractorlab::network::{Transfer, gaussian_bulk};
use attractorlab::numerics::linalg::{Complex64, Mat, MatRef};
use attractorlab::numerics::random::Stream;
use attractorlab::theory::output_dynamics::predict;
use attractorlab::training::{ForceOptions, HoldingTest, OutputTask, TrainingError};
use serde_json::Value;

use crate::output_dynamics::{close, setting_of, transfer_of};
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

/// Gains φ'(x) of state m.
fn gains(transfer: Transfer, states: &Mat<f64>, m: usize) -> Vec<f64> {
    states.col(m).iter().map(|x| transfer.first(*x)).collect()
}

#[test]
fn spectrum_and_response_of_exact_networks() {
    for case in cases(FILE, "finite_exact") {
        let (network, out) = (Network::listed(&case), &case["output"]);
        let trained = network.task().least_squares(number(&case["input"]["alpha"])).unwrap();
        let closed = network.task().closed_loop(trained.readout.as_ref()).unwrap();
        let gains = gains(network.transfer, &trained.states, 0);
        let found = spectrum(closed.connectivity(), &gains).unwrap();
        let (re, im) = (out["eig_state0"]["re"].as_array().unwrap(), &out["eig_state0"]["im"]);
        assert_eq!(found.len(), re.len());
        for (i, re) in re.iter().enumerate() {
            let expected = Complex64::new(number(re) + 1.0, number(&im[i]));
            let distance = found.iter().map(|l| (l - expected).norm()).fold(f64::INFINITY, f64::min);
            assert!(distance < 1e-7, "{}: {expected} {distance:e}", case["id"]);
        }
        let frequencies: Vec<Complex64> = case["input"]["omega"]
            .as_array()
            .unwrap()
            .iter()
            .map(|omega| Complex64::new(0.0, number(omega)))
            .collect();
        let response = OutputResponse::new(closed.connectivity(), &gains).unwrap();
        let open = response.open_loop(&frequencies).unwrap();
        let closed = response.closed_loop(&frequencies).unwrap();
        for (w, (open, closed)) in open.iter().zip(&closed).enumerate() {
            let part = |key: &str, a: usize, b: usize| number(&out["G_state0"][key][w][a][b]);
            let k = open.nrows();
            for a in 0..k {
                for b in 0..k {
                    let expected = Complex64::new(part("re", a, b), part("im", a, b));
                    assert!((open[(a, b)] - expected).norm() < 1e-7 * open.norm_max(), "{}", case["id"]);
                    // H = G + G H
                    let again =
                        open[(a, b)] + (0..k).map(|c| open[(a, c)] * closed[(c, b)]).sum::<Complex64>();
                    assert!((closed[(a, b)] - again).norm() < 1e-12 * closed.norm_max());
                }
            }
        }
    }
}

fn mean_and_spread(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}

/// The rule of the file: means within four standard errors of both samples.
#[track_caller]
fn agrees(
    case: &Value,
    what: &str,
    values: &[f64],
    mean: &Value,
    spread: &Value,
    reference: f64,
    slack: f64,
) {
    let (own, _) = mean_and_spread(values);
    let allowed = 4.0 * number(spread) * (1.0 / values.len() as f64 + 1.0 / reference).sqrt() + slack;
    assert!((own - number(mean)).abs() <= allowed, "{} {what}: {own} {mean}, allowed {allowed}", case["id"]);
}

#[test]
fn statistics_of_trained_networks() {
    for case in cases(FILE, "finite_stats") {
        let (input, out) = (&case["input"], &case["output"]);
        let setting = setting_of(input);
        let prediction = predict(&setting).unwrap();
        let (units, states) = (input["N"].as_u64().unwrap() as usize, setting.targets.len());
        let replicates = 10;
        let mut square = vec![Vec::new(); states];
        let mut products = vec![Vec::new(); states * (states + 1) / 2];
        let mut gain = vec![Vec::new(); states];
        let mut leading = vec![Vec::new(); states];
        for replicate in 0..replicates {
            let mut stream = Stream::new(20_261_124, case["id"].as_str().unwrap(), replicate);
            let targets = matrix(&input["F"]);
            let network = Network::draw(setting.transfer, units, setting.g, targets, &mut stream);
            let trained = network.task().least_squares(0.0).unwrap();
            let closed = network.task().closed_loop(trained.readout.as_ref()).unwrap();
            let overlap =
                |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / units as f64;
            let x = |m: usize| trained.states.col(m).iter().copied().collect::<Vec<f64>>();
            let rates = |m: usize| x(m).iter().map(|x| setting.transfer.value(*x)).collect::<Vec<f64>>();
            let mut pair = 0;
            for m in 0..states {
                square[m].push(overlap(&x(m), &x(m)));
                for n in m..states {
                    products[pair].push(overlap(&rates(m), &rates(n)));
                    pair += 1;
                }
                let gains = gains(setting.transfer, &trained.states, m);
                let response = OutputResponse::new(closed.connectivity(), &gains).unwrap();
                let open = &response.open_loop(&[Complex64::new(0.0, 0.0)]).unwrap()[0];
                gain[m].push((0..open.nrows()).map(|k| open[(k, k)].re).sum::<f64>());
                let pole = prediction.local[m].poles[0];
                if (pole + 1.0).norm() > 1.15 * prediction.local[m].bulk_radius {
                    let nearest = spectrum(closed.connectivity(), &gains)
                        .unwrap()
                        .into_iter()
                        .map(|l| l - 1.0)
                        .min_by(|a, b| (a - pole).norm().total_cmp(&(b - pole).norm()))
                        .unwrap();
                    leading[m].push(nearest);
                }
            }
        }
        let reference = number(&input["n_seeds"]);
        let check = |what: &str, i: usize, values: &[f64]| {
            agrees(&case, what, values, &out[what]["mean"][i], &out[what]["std"][i], reference, 0.002);
        };
        for m in 0..states {
            check("x2", m, &square[m]);
            check("trG0", m, &gain[m]);
            if !leading[m].is_empty() {
                for (part, values) in [
                    leading[m].iter().map(|l| l.re).collect::<Vec<f64>>(),
                    leading[m].iter().map(|l| l.im.abs()).collect(),
                ]
                .iter()
                .enumerate()
                {
                    let (mean, std) = (&out["lead"]["mean"][m][part], &out["lead"]["std"][m][part]);
                    agrees(&case, "lead", values, mean, std, reference, 0.002);
                }
            }
            close(&case, "theory", prediction.states[m].delta, number(&out["theory"]["x2"][m]), 1e-6);
        }
        for (pair, values) in products.iter().enumerate() {
            check("rr", pair, values);
        }
    }
}

#[test]
fn targets_are_held_where_theory_says_so() {
    for case in cases(FILE, "success") {
        let input = &case["input"];
        let setting = setting_of(input);
        let prediction = predict(&setting).unwrap();
        let units = input["N"].as_u64().unwrap() as usize;
        let test = HoldingTest {
            perturbation: number(&input["kick"]),
            duration: number(&input["T"]),
            tolerance: number(&input["tol"]),
            ..HoldingTest::default()
        };
        for replicate in 0..5 {
            let mut stream = Stream::new(20_261_124, case["id"].as_str().unwrap(), replicate);
            let network = Network::draw(setting.transfer, units, setting.g, matrix(&input["F"]), &mut stream);
            let trained = network.task().least_squares(0.0).unwrap();
            let holding = network
                .task()
                .test_holding(trained.readout.as_ref(), trained.states.as_ref(), test, &mut stream)
                .unwrap();
            for (m, held) in holding.held.iter().enumerate() {
                // Every leading pole of the file exceeds 0.15 in size, so that fractions are 0 or 1.
                assert_eq!(
                    number(&case["output"]["fraction"][m]),
                    f64::from(u8::from(*held)),
                    "{}",
                    case["id"]
                );
                assert_eq!(prediction.local[m].is_stable(), *held);
            }
        }
    }
}

#[test]
fn output_and_internal_perturbations_decay_apart() {
    for case in cases(FILE, "decay") {
        let (input, out) = (&case["input"], &case["output"]);
        let setting = setting_of(input);
        let local = &predict(&setting).unwrap().local[0];
        let times: Vec<f64> = input["t"].as_array().unwrap().iter().map(number).collect();
        let units = input["N"].as_u64().unwrap() as usize;
        for (i, &t) in times.iter().enumerate() {
            close(&case, "output", local.kick_response(t)[(0, 0)], number(&out["output_theory"][i]), 1e-6);
            close(&case, "internal", local.internal_decay(t), number(&out["internal_theory"][i]), 1e-6);
        }
        let kick = 1e-5;
        let (mut outputs, mut internal) = (vec![Vec::new(); times.len()], vec![Vec::new(); times.len()]);
        for replicate in 0..6 {
            let mut stream = Stream::new(20_261_124, "decay", replicate);
            let targets = Mat::from_fn(1, 1, |_, _| number(&input["A"]));
            let network = Network::draw(setting.transfer, units, setting.g, targets, &mut stream);
            let trained = network.task().least_squares(0.0).unwrap();
            let closed = network.task().closed_loop(trained.readout.as_ref()).unwrap();
            let random = stream.normals(units);
            let start = Mat::from_fn(units, 2, |i, c| {
                trained.states[(i, 0)] + kick * if c == 0 { network.feedback[(i, 0)] } else { random[i] }
            });
            let options = SimulationOptions {
                steps: 80,
                integrator: Integrator::RungeKutta4,
                record: Record::States,
                ..SimulationOptions::default()
            };
            let run = closed.simulate(start.as_ref(), Input::Zero, &options).unwrap();
            let size = |frame: usize| {
                (0..units)
                    .map(|i| (run.value(frame, i, 1) - trained.states[(i, 0)]).powi(2))
                    .sum::<f64>()
                    .sqrt()
            };
            for (i, t) in times.iter().enumerate() {
                let frame = (t / 0.1).round() as usize;
                let state: Vec<f64> = (0..units).map(|u| run.value(frame, u, 0)).collect();
                outputs[i].push((closed.output(&state)[0] - number(&input["A"])) / kick);
                internal[i].push(size(frame) / size(0));
            }
        }
        let reference = number(&input["n_seeds"]);
        for i in 0..times.len() {
            for (what, values) in [("output", &outputs[i]), ("internal", &internal[i])] {
                let (mean, std) = (&out[format!("{what}_mean")][i], &out[format!("{what}_std")][i]);
                agrees(&case, what, values, mean, std, reference, 0.01);
            }
        }
    }
}

#[test]
fn a_driven_network_answers_as_linear_solves_say() {
    let mut stream = Stream::new(3, "driven", 0);
    let targets = Mat::from_fn(2, 1, |m, _| [-1.0, 1.0][m]);
    let network = Network::draw(Transfer::Relu { threshold: -0.5 }, 200, 0.8, targets, &mut stream);
    let trained = network.task().least_squares(0.0).unwrap();
    let closed = network.task().closed_loop(trained.readout.as_ref()).unwrap();
    let response =
        OutputResponse::new(closed.connectivity(), &gains(network.transfer, &trained.states, 1)).unwrap();
    let omegas = [0.05, 0.3, 1.0];
    let s: Vec<Complex64> = omegas.iter().map(|omega| Complex64::new(0.0, *omega)).collect();
    let solved = response.closed_loop(&s).unwrap();
    let x: Vec<f64> = trained.states.col(1).iter().copied().collect();
    let options = DrivenOptions { amplitude: 1e-6, settle: 150.0, ..DrivenOptions::default() };
    let driven = driven_response(&closed, 0, &x, &omegas, options).unwrap();
    for (solved, driven) in solved.iter().zip(&driven.values) {
        // The input is held over the stages of a step at their own times: order four, 1e-5 at dt = 0.1.
        assert!((solved[(0, 0)] - driven).norm() < 1e-4 * solved[(0, 0)].norm(), "{solved:?} {driven}");
    }
    assert!(driven_response(&closed, 1, &x, &omegas, options).is_err());
    assert!(driven_response(&closed, 0, &x[1..], &omegas, options).is_err());
}

#[test]
fn a_holding_test_uses_each_targets_own_input() {
    // relu with a positive threshold and one target is unstable; a context input stabilises it
    // (theory: +0.234 against −0.117).
    let mut stream = Stream::new(3, "context", 0);
    let targets = Mat::from_fn(1, 1, |_, _| 1.0);
    let network = Network::draw(Transfer::Relu { threshold: 0.3 }, 600, 0.8, targets, &mut stream);
    let context = Mat::from_fn(600, 1, |_, _| 0.7 * stream.normal());
    let alone = network.task();
    let with = OutputTask { inputs: context.as_ref(), ..alone };
    for (task, expected) in [(alone, false), (with, true)] {
        let trained = task.least_squares(0.0).unwrap();
        let holding = task
            .test_holding(
                trained.readout.as_ref(),
                trained.states.as_ref(),
                HoldingTest::default(),
                &mut stream,
            )
            .unwrap();
        assert_eq!(holding.held, [expected], "{:?}", holding.outputs);
    }
}
