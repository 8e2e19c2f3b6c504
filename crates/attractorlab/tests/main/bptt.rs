//! Back-propagation through time against reference gradients, finite differences and itself.

use std::ops::Range;

use attractorlab::network::{Form, Transfer};
use attractorlab::numerics::linalg::{Mat, singular_values};
use attractorlab::numerics::random::Stream;
use attractorlab::task::{
    Batch, Cosine, Dimensions, DrivenFixedPoint, FlipFlop, Task, TaskError, TaskKind, TrialMut,
};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{
    BpttError, GatedCellKind, GatedTape, GatedUnits, Layout, Loss, Noise, RateTape, RateUnits, RateWeights,
    StepNoise, Trainable, Trainer, TrainingOptions, TrainingStatus, check_gradient, evaluate, gradient,
};
use serde_json::Value;

use crate::reference::{cases, number};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(number).collect()
}

fn matrix(value: &Value) -> Mat<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().expect("rows").iter().map(numbers).collect();
    Mat::from_fn(rows.len(), rows.first().map_or(0, Vec::len), |i, j| rows[i][j])
}

fn weights(case: &Value) -> RateWeights {
    let p = &case["params"];
    RateWeights {
        recurrent: matrix(&p["W"]),
        input: matrix(&p["WI"]).transpose().to_owned(),
        bias: numbers(&p["b"]),
        readout: matrix(&p["WO"]),
        initial: numbers(&p["h0"]),
    }
}

fn network(case: &Value) -> RateUnits<f64> {
    let transfer = if case["nonlinearity"] == "id" { Transfer::Linear } else { Transfer::Tanh };
    let form = if case["rate_inside"] == true { Form::Rate } else { Form::Current };
    let readout = if form == Form::Rate { transfer } else { Transfer::Linear };
    RateUnits::new(&weights(case), form, transfer, number(&case["dt"]))
        .unwrap()
        .with_readout_transfer(readout)
}

/// Reference arrays are (trial, step, channel).
fn batch(case: &Value) -> Batch {
    let array = |name: &str| -> Vec<Vec<Vec<f64>>> {
        let trials = case[name].as_array().expect("trials");
        trials.iter().map(|trial| trial.as_array().expect("steps").iter().map(numbers).collect()).collect()
    };
    let (u, y, mask) = (array("u"), array("target"), array("mask"));
    let dimensions = Dimensions {
        inputs: u[0][0].len(),
        outputs: y[0][0].len(),
        steps: u[0].len(),
        time_step: number(&case["dt"]),
    };
    let flat = |array: &[Vec<Vec<f64>>]| -> Vec<f64> {
        (0..dimensions.steps).flat_map(|t| array.iter().flat_map(move |trial| trial[t].clone())).collect()
    };
    Batch::from_arrays(dimensions, u.len(), flat(&u), flat(&y), flat(&mask)).unwrap()
}

fn assert_close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let allowed = tolerance * expected.abs() + 1e-14;
    assert!((found - expected).abs() <= allowed, "{what}: {found:e} against {expected:e}");
}

fn assert_matrix(what: &str, found: &Mat<f64>, expected: &Mat<f64>, tolerance: f64) {
    assert_eq!((found.nrows(), found.ncols()), (expected.nrows(), expected.ncols()), "{what}");
    let size = expected.as_ref().norm_l2() / ((expected.nrows() * expected.ncols()) as f64).sqrt();
    for i in 0..found.nrows() {
        for j in 0..found.ncols() {
            let error = (found[(i, j)] - expected[(i, j)]).abs();
            assert!(error <= tolerance * size.max(expected[(i, j)].abs()), "{what} ({i}, {j}): {error:e}");
        }
    }
}

/// The parts of a gradient as matrices.
fn parts(network: &RateUnits<f64>, values: &[f64]) -> RateWeights {
    let mut of = network.clone();
    of.parameters_mut().copy_from_slice(values);
    of.weights()
}

fn column(values: &[f64]) -> Mat<f64> {
    Mat::from_fn(values.len(), 1, |i, _| values[i])
}

#[test]
fn losses_and_gradients_are_those_of_the_reference() {
    for case in cases("schuessler2020", "forward_loss_gradient") {
        let (network, batch) = (network(&case), batch(&case));
        let (tolerance, expect, name) = (number(&case["rtol"]), &case["expect"], &case["name"]);
        let found = gradient(&network, &batch, Loss::HalfSquare).unwrap();
        assert_close(&format!("{name} loss"), found.loss, number(&expect["loss"]), tolerance);
        let (loss, outputs) = evaluate(&network, &batch, Loss::HalfSquare).unwrap();
        assert_eq!(loss, found.loss);
        for (b, trial) in expect["z"].as_array().unwrap().iter().enumerate() {
            for (t, z) in trial.as_array().unwrap().iter().enumerate() {
                for (k, z) in numbers(z).into_iter().enumerate() {
                    let at = (t * batch.trials() + b) * batch.dimensions().outputs + k;
                    assert_close(&format!("{name} output"), outputs[at], z, tolerance);
                }
            }
        }
        let (parts, grad) = (parts(&network, &found.values), &expect["grad"]);
        let expected_input = matrix(&grad["WI"]).transpose().to_owned();
        for (what, found, expected) in [
            ("W", &parts.recurrent, &matrix(&grad["W"])),
            ("WI", &parts.input, &expected_input),
            ("WO", &parts.readout, &matrix(&grad["WO"])),
            ("b", &column(&parts.bias), &column(&numbers(&grad["b"]))),
            ("h0", &column(&parts.initial), &column(&numbers(&grad["h0"]))),
        ] {
            assert_matrix(&format!("{name} {what}"), found, expected, tolerance);
        }
    }
}

/// The same batch at every step.
struct Fixed(Batch);

impl Task for Fixed {
    fn dimensions(&self) -> Dimensions {
        self.0.dimensions()
    }
    fn check(&self) -> Result<(), TaskError> {
        Ok(())
    }
    fn trial(&self, _: &mut Stream, _: &mut TrialMut<'_>) {
        unreachable!("batches are given whole")
    }
    fn batch(&self, _: u64, _: u64, _: usize) -> Result<Batch, TaskError> {
        Ok(self.0.clone())
    }
}

fn change(after: &Mat<f64>, before: &Mat<f64>) -> Mat<f64> {
    Mat::from_fn(after.nrows(), after.ncols(), |i, j| after[(i, j)] - before[(i, j)])
}

#[test]
fn training_steps_are_those_of_the_reference() {
    for case in cases("schuessler2020", "training_steps") {
        let (task, before) = (Fixed(batch(&case)), weights(&case));
        let learning_rate = number(&case["lr"]);
        let optimiser = match case["optimizer"].as_str().unwrap() {
            "sgd" => OptimiserRule::GradientDescent { learning_rate },
            "adam" => OptimiserRule::adam(learning_rate),
            other => panic!("{other}"),
        };
        let names = |name: &Value| match name.as_str().unwrap() {
            "W" => "recurrent".to_owned(),
            "WI" => "input".to_owned(),
            "WO" => "readout".to_owned(),
            other => panic!("{other}"),
        };
        let trained = case["trained"].as_array().unwrap().iter().map(names).collect();
        let epochs = number(&case["steps"]) as u64;
        let options = TrainingOptions {
            epochs,
            trials: task.0.trials(),
            optimiser,
            trained,
            ..TrainingOptions::default()
        };
        let (tolerance, expect) = (number(&case["rtol"]), &case["expect"]);
        let mut trainer = Trainer::new(network(&case), &task, options).unwrap();
        let compare = |weights: &RateWeights, key: &str| {
            for (name, value) in expect[key].as_object().unwrap() {
                let (found, expected) = match name.as_str() {
                    "W" => (weights.recurrent.clone(), matrix(value)),
                    "WI" => (weights.input.transpose().to_owned(), matrix(value)),
                    "WO" => (weights.readout.clone(), matrix(value)),
                    other => panic!("{other}"),
                };
                assert_matrix(&format!("{} {key} {name}", case["name"]), &found, &expected, tolerance);
            }
        };
        trainer.step().unwrap();
        compare(&trainer.network().weights(), "after_1");
        assert_eq!(trainer.run().unwrap(), TrainingStatus::Finished);
        let after = trainer.network().weights();
        compare(&after, "after_k");
        let mut losses = trainer.losses();
        losses.push(evaluate(trainer.network(), &task.0, Loss::HalfSquare).unwrap().0);
        for (found, expected) in losses.iter().zip(numbers(&expect["losses"])) {
            assert_close("loss", *found, expected, tolerance);
        }
        let change = change(&after.recurrent, &before.recurrent);
        for (found, expected) in
            singular_values(change.as_ref()).unwrap().iter().zip(numbers(&expect["sv_dW"]))
        {
            // Absolute: the smallest values are differences of large numbers.
            assert!((found - expected).abs() < tolerance, "singular value {found} {expected}");
        }
        assert!(after.bias == before.bias && after.initial == before.initial);
    }
}

#[test]
fn linear_networks_learn_fixed_points_as_the_reference_does() {
    let case = cases("schuessler2020", "linear_fp_training").remove(0);
    let task = DrivenFixedPoint {
        duration: number(&case["t_max"]),
        target: number(&case["zhat"]),
        ..DrivenFixedPoint::default()
    };
    let before = weights(&case);
    let network = RateUnits::<f64>::new(&before, Form::Current, Transfer::Linear, 0.5).unwrap();
    let (tolerance, expect) = (number(&case["rtol"]), &case["expect"]);
    let batch = task.batch(1, 0, 1).unwrap();
    let first = gradient(&network, &batch, Loss::HalfSquare).unwrap();
    let found = parts(&network, &first.values).recurrent;
    assert_matrix("gradient", &found, &matrix(&expect["grad_W_0"]), tolerance);
    let options = TrainingOptions {
        epochs: number(&case["steps"]) as u64,
        trials: 1,
        optimiser: OptimiserRule::GradientDescent { learning_rate: number(&case["lr"]) },
        trained: vec!["recurrent".to_owned()],
        ..TrainingOptions::default()
    };
    let mut trainer = Trainer::new(network, &task, options).unwrap();
    trainer.run().unwrap();
    for (found, expected) in trainer.losses().iter().zip(numbers(&expect["losses"])) {
        assert_close("loss", *found, expected, tolerance);
    }
    let after = trainer.network().weights().recurrent;
    assert_matrix("W", &after, &matrix(&expect["W_final"]), tolerance);
    let values = singular_values(change(&after, &before.recurrent).as_ref()).unwrap();
    for (found, expected) in values.iter().zip(numbers(&expect["sv_dW"])) {
        assert!((found - expected).abs() < 1e-9, "singular value {found} {expected}");
    }
}

#[test]
fn the_cosine_is_that_of_the_reference() {
    let case = cases("schuessler2020", "cosine").remove(0);
    let (duration, period) = (number(&case["t_max"]), number(&case["period"]));
    let task = Cosine { duration, period, periods: number(&case["n_periods"]), ..Cosine::default() };
    let mut weights = weights(&case);
    weights.input = Mat::zeros(5, 0);
    let network = RateUnits::<f64>::new(&weights, Form::Current, Transfer::Linear, 0.1).unwrap();
    let batch = task.batch(1, 0, 1).unwrap();
    let (tolerance, expect) = (number(&case["rtol"]), &case["expect"]);
    let found = gradient(&network, &batch, Loss::HalfSquare).unwrap();
    assert_close("loss", found.loss, number(&expect["loss"]), tolerance);
    assert_matrix("W", &parts(&network, &found.values).recurrent, &matrix(&expect["grad_W"]), tolerance);
    let (_, outputs) = evaluate(&network, &batch, Loss::HalfSquare).unwrap();
    for (found, expected) in outputs.iter().zip(numbers(&expect["z"])) {
        assert_close("output", *found, expected, tolerance);
    }
}

/// A small network of every kind, with every parameter other than zero.
fn small(form: Form, transfer: Transfer, stream: &mut Stream) -> RateUnits<f64> {
    let mut weights = RateWeights::draw(13, 2, 2, 0.7, stream);
    weights.bias = stream.normals(13);
    weights.initial = stream.normals(13);
    RateUnits::new(&weights, form, transfer, 0.4).unwrap()
}

#[test]
fn gradients_agree_with_finite_differences() {
    let mut stream = Stream::new(5, "test", 0);
    let task = FlipFlop { duration: 15.0, gap: (1.0, 4.0), ..FlipFlop::default() };
    for form in [Form::Current, Form::Rate, Form::Map] {
        for transfer in
            [Transfer::Tanh, Transfer::Erf, Transfer::Softplus, Transfer::Logistic, Transfer::Linear]
        {
            for readout in [Transfer::Linear, Transfer::Tanh] {
                for loss in [Loss::HalfSquare, Loss::Square, Loss::BinaryCrossEntropy] {
                    let network = small(form, transfer, &mut stream).with_readout_transfer(readout);
                    // Nine trials: more than the narrow products take, and no multiple of a tile.
                    let batch = task.test_batch(stream.normal().to_bits(), 9).unwrap();
                    for check in check_gradient(&network, &batch, loss, 1).unwrap() {
                        assert!(
                            check.relative_error < 1e-6,
                            "{form:?} {transfer:?} {readout:?} {loss:?} {check:?}"
                        );
                    }
                }
            }
        }
    }
}

/// Rate units whose gradient of the bias is one percent too long.
#[derive(Clone)]
struct Wrong(RateUnits<f64>);

impl Trainable<f64> for Wrong {
    type Tape = RateTape<f64>;
    fn layout(&self) -> &Layout {
        self.0.layout()
    }
    fn equations(&self) -> String {
        format!("wrong {}", self.0.equations())
    }
    fn parameters(&self) -> &[f64] {
        self.0.parameters()
    }
    fn parameters_mut(&mut self) -> &mut [f64] {
        self.0.parameters_mut()
    }
    fn inputs(&self) -> usize {
        self.0.inputs()
    }
    fn outputs(&self) -> usize {
        self.0.outputs()
    }
    fn forward(&self, batch: &Batch, trials: Range<usize>, noise: Option<Noise>, tape: &mut RateTape<f64>) {
        self.0.forward(batch, trials, noise, tape);
    }
    fn tape_outputs(tape: &RateTape<f64>) -> &[f64] {
        RateUnits::tape_outputs(tape)
    }
    fn backward(&self, errors: &[f64], wanted: &[bool], tape: &mut RateTape<f64>, gradient: &mut [f64]) {
        self.0.backward(errors, wanted, tape, gradient);
        for g in &mut gradient[self.layout().tensor("bias").unwrap().range.clone()] {
            *g *= 1.01;
        }
    }
}

#[test]
fn a_wrong_gradient_is_found_out() {
    let mut stream = Stream::new(6, "test", 0);
    let network = Wrong(small(Form::Current, Transfer::Tanh, &mut stream));
    let task = FlipFlop { duration: 15.0, gap: (1.0, 4.0), ..FlipFlop::default() };
    let batch = task.test_batch(1, 4).unwrap();
    for check in check_gradient(&network, &batch, Loss::HalfSquare, 1).unwrap() {
        assert_eq!(check.relative_error > 1e-4, check.name == "bias", "{check:?}");
    }
}

#[test]
fn outputs_are_those_of_the_simulation() {
    use attractorlab::dynamics::{Input, Record, SimulationOptions};
    use attractorlab::network::Cell;

    let mut stream = Stream::new(7, "test", 0);
    let task = FlipFlop::default();
    let batch = task.test_batch(1, 40).unwrap();
    let weights = RateWeights::draw(30, 2, 2, 0.9, &mut stream);
    let network = RateUnits::<f64>::new(&weights, Form::Current, Transfer::Tanh, 0.5).unwrap();
    let (_, outputs) = evaluate(&network, &batch, Loss::HalfSquare).unwrap();
    let whole = network.to_network().unwrap();
    let Cell::Rate(rate) = whole.cell() else { unreachable!("rate units") };
    let options =
        SimulationOptions { dt: 0.5, steps: 100, record: Record::States, ..SimulationOptions::default() };
    let u = |time: f64, trial: usize, out: &mut [f64]| {
        let step = (time / 0.5).round() as usize;
        out.copy_from_slice(&batch.inputs()[(step * 40 + trial) * 2..][..2]);
    };
    let start = Mat::<f64>::zeros(30, 40);
    let run = rate.simulate(start.as_ref(), Input::Varying(&u), &options).unwrap();
    for t in 0..100 {
        for b in 0..40 {
            for l in 0..2 {
                let z: f64 = (0..30).map(|i| weights.readout[(i, l)] * run.value(t + 1, i, b).tanh()).sum();
                assert!((outputs[(t * 40 + b) * 2 + l] - z).abs() < 1e-13);
            }
        }
    }
    let again = RateUnits::<f64>::from_network(&whole, 1.0).unwrap();
    assert_eq!(again.parameters(), network.parameters());
}

fn flip_flop_training<T: attractorlab::numerics::kernels::Real>(
    g: f64,
    epochs: u64,
) -> (RateUnits<T>, TrainingOptions) {
    let weights = RateWeights::draw(48, 2, 2, g, &mut Stream::new(3, "network", 0));
    let network = RateUnits::new(&weights, Form::Current, Transfer::Tanh, 0.5).unwrap();
    let optimiser = OptimiserRule::adam(0.05 / 48.0);
    (network, TrainingOptions { epochs, optimiser, ..TrainingOptions::default() })
}

#[test]
fn single_precision_follows_double_precision() {
    let task = FlipFlop::default();
    let (network, options) = flip_flop_training::<f64>(0.9, 30);
    let mut double = Trainer::new(network, &task, options.clone()).unwrap();
    let (network, _) = flip_flop_training::<f32>(0.9, 30);
    let mut single = Trainer::new(network, &task, options).unwrap();
    double.run().unwrap();
    single.run().unwrap();
    for (a, b) in double.history().iter().zip(single.history()) {
        assert!((a.loss - b.loss).abs() < 1e-4 * a.loss, "{} {}", a.loss, b.loss);
        assert!((a.gradient_norm - b.gradient_norm).abs() < 1e-3 * a.gradient_norm);
    }
}

#[test]
fn noise_is_that_of_its_trial_and_moves_the_loss() {
    let task = FlipFlop::default();
    let mut losses = Vec::new();
    for noise in [0.0, 0.1, 0.1] {
        let (network, options) = flip_flop_training::<f32>(0.9, 3);
        let network = network.with_noise(StepNoise { state: noise, initial: noise }).unwrap();
        let mut trainer = Trainer::new(network, &task, options).unwrap();
        trainer.run().unwrap();
        losses.push(trainer.losses());
    }
    assert_eq!(losses[1], losses[2]);
    assert_ne!(losses[0], losses[1]);
    assert!((losses[0][0] / losses[1][0] - 1.0).abs() < 0.1);
}

#[test]
fn a_training_that_explodes_keeps_its_last_good_parameters() {
    let task = FlipFlop::default();
    let (network, options) = flip_flop_training::<f32>(0.9, 50);
    let start = network.parameters().to_vec();
    let optimiser = OptimiserRule::GradientDescent { learning_rate: 1e30 };
    let mut trainer = Trainer::new(network, &task, TrainingOptions { optimiser, ..options }).unwrap();
    let TrainingStatus::NotFinite { epoch } = trainer.run().unwrap() else {
        panic!("{:?}", trainer.status())
    };
    assert!(epoch >= 1 && trainer.losses().len() as u64 == epoch);
    assert!(trainer.losses().iter().all(|loss| loss.is_finite()));
    let kept = trainer.network().parameters();
    assert!(kept.iter().all(|p| p.is_finite()));
    assert!(epoch > 1 || kept == start.as_slice());
    // It stays as it is.
    assert_eq!(trainer.step().unwrap(), TrainingStatus::NotFinite { epoch });
}

#[test]
fn wrong_trainings_are_refused() {
    let task = FlipFlop::default();
    let refused = |change: &dyn Fn(&mut TrainingOptions), words: &str| {
        let (network, mut options) = flip_flop_training::<f32>(0.9, 5);
        change(&mut options);
        let error = Trainer::new(network, &task, options).err().expect("an error").to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(&|o| o.trained = vec!["W".to_owned()], "it has recurrent, input, bias, readout, initial");
    refused(&|o| o.trained.clear(), "nothing is trained");
    refused(&|o| o.trials = 0, "trials");
    refused(&|o| o.clip = Some(0.0), "largest norm");
    refused(&|o| o.stop_below = 1.0, "stop_below");
    refused(&|o| o.optimiser = OptimiserRule::adam(-1.0), "learning rate");
    let (network, options) = flip_flop_training::<f32>(0.9, 5);
    let romo = TaskKind::named("working_memory").unwrap();
    let error = Trainer::new(network.clone(), romo.task(), options).err().expect("an error");
    assert_eq!(error.to_string(), "the task has 1 inputs and 2 outputs, the network 2 and 2");
    let weights = RateWeights::draw(5, 2, 2, 0.9, &mut Stream::new(1, "test", 0));
    for dt in [0.0, 2.0, f64::NAN] {
        assert!(RateUnits::<f64>::new(&weights, Form::Current, Transfer::Tanh, dt).is_err());
    }
    let broken = RateWeights { bias: vec![0.0; 4], ..weights };
    let error = RateUnits::<f64>::new(&broken, Form::Current, Transfer::Tanh, 0.5).unwrap_err();
    assert!(matches!(error, BpttError::Shape { .. }), "{error}");
}

#[test]
fn clipping_and_early_stops_do_what_they_say() {
    let task = FlipFlop::default();
    let (network, options) = flip_flop_training::<f64>(0.9, 400);
    let before = network.parameters().to_vec();
    let optimiser = OptimiserRule::GradientDescent { learning_rate: 1.0 };
    let clipped = TrainingOptions { epochs: 1, optimiser, clip: Some(1e-3), ..options.clone() };
    let mut trainer = Trainer::new(network.clone(), &task, clipped).unwrap();
    trainer.run().unwrap();
    assert!(trainer.history()[0].gradient_norm > 1e-3);
    let moved = trainer.network().parameters().iter().zip(&before).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    assert!((moved.sqrt() / 1e-3 - 1.0).abs() < 1e-9);

    let options = TrainingOptions { stop_below: 0.05, snapshot_every: 10, ..options };
    let mut trainer = Trainer::new(network, &task, options).unwrap();
    let TrainingStatus::Converged { epoch } = trainer.run().unwrap() else {
        panic!("{:?}", trainer.status())
    };
    let losses = trainer.losses();
    assert_eq!(attractorlab::training::bptt::convergence_epoch(&losses, 0.05), Some(epoch as usize));
    let epochs: Vec<u64> = trainer.snapshots().iter().map(|snapshot| snapshot.epoch).collect();
    assert_eq!(epochs, (0..=epoch).step_by(10).collect::<Vec<_>>());
    assert_eq!(trainer.snapshots()[0].parameters, before);
}

fn gated(kind: GatedCellKind, stream: &mut Stream) -> GatedUnits<f64> {
    let mut network = GatedUnits::draw(kind, 11, 2, 2, stream).unwrap();
    let initial = network.layout().tensor("initial").unwrap().range.len();
    network.set_tensor("initial", &stream.normals(initial)).unwrap();
    network
}

#[test]
fn gradients_of_gated_networks_agree_with_finite_differences() {
    let mut stream = Stream::new(8, "test", 0);
    let task = FlipFlop { duration: 15.0, gap: (1.0, 4.0), ..FlipFlop::default() };
    for kind in [GatedCellKind::Gru, GatedCellKind::Lstm] {
        for trials in [3, 9] {
            let network = gated(kind, &mut stream);
            let batch = task.test_batch(1, trials).unwrap();
            let checks = check_gradient(&network, &batch, Loss::HalfSquare, 1).unwrap();
            assert_eq!(checks.len(), 7);
            for check in checks {
                assert!(check.relative_error < 1e-6, "{kind:?} {check:?}");
            }
        }
    }
}

#[test]
fn gated_networks_in_training_are_the_cells_of_the_library() {
    use attractorlab::dynamics::Dynamics;

    let mut stream = Stream::new(9, "test", 0);
    let task = FlipFlop { duration: 10.0, ..FlipFlop::default() };
    let batch = task.test_batch(1, 2).unwrap();
    for kind in [GatedCellKind::Gru, GatedCellKind::Lstm] {
        let network = gated(kind, &mut stream);
        let (_, outputs) = evaluate(&network, &batch, Loss::HalfSquare).unwrap();
        let whole = network.to_network().unwrap();
        let readout = whole.readout().unwrap();
        for b in 0..2 {
            let mut state = whole.initial_state();
            for t in 0..20 {
                let u = &batch.inputs()[(t * 2 + b) * 2..][..2];
                let mut next = vec![0.0; state.len()];
                whole.under(u).field(&state, &mut next);
                state = next;
                for l in 0..2 {
                    let z: f64 =
                        readout.bias[l] + (0..11).map(|i| readout.weights[(l, i)] * state[i]).sum::<f64>();
                    assert!((z - outputs[(t * 2 + b) * 2 + l]).abs() < 1e-12, "{kind:?} step {t}");
                }
            }
        }
        assert_eq!(GatedUnits::<f64>::from_network(&whole).unwrap().parameters(), network.parameters());
    }
}

/// A stack with random initial states.
fn stack(kind: GatedCellKind, layers: usize, stream: &mut Stream) -> GatedUnits<f64> {
    let mut network = GatedUnits::draw_stack(kind, layers, 7, 2, 2, stream).unwrap();
    for layer in 0..layers {
        let name = format!("initial_l{layer}");
        let length = network.tensor(&name).unwrap().len();
        network.set_tensor(&name, &stream.normals(length)).unwrap();
    }
    network
}

#[test]
fn gradients_of_stacks_agree_with_finite_differences() {
    let mut stream = Stream::new(10, "test", 0);
    let task = FlipFlop { duration: 15.0, gap: (1.0, 4.0), ..FlipFlop::default() };
    for kind in [GatedCellKind::Gru, GatedCellKind::Lstm] {
        for layers in [2, 3] {
            let network = stack(kind, layers, &mut stream);
            let batch = task.test_batch(1, 5).unwrap();
            let checks = check_gradient(&network, &batch, Loss::BinaryCrossEntropy, 1).unwrap();
            assert_eq!(checks.len(), 5 * layers + 2);
            for check in checks {
                assert!(check.relative_error < 1e-6, "{kind:?} {check:?}");
            }
        }
    }
}

/// Gated units that draw the same dropout in every pass.
#[derive(Clone)]
struct Dropped(GatedUnits<f64>);

impl Trainable<f64> for Dropped {
    type Tape = GatedTape<f64>;
    fn layout(&self) -> &Layout {
        self.0.layout()
    }
    fn equations(&self) -> String {
        self.0.equations()
    }
    fn parameters(&self) -> &[f64] {
        self.0.parameters()
    }
    fn parameters_mut(&mut self) -> &mut [f64] {
        self.0.parameters_mut()
    }
    fn inputs(&self) -> usize {
        self.0.inputs()
    }
    fn outputs(&self) -> usize {
        self.0.outputs()
    }
    fn forward(&self, batch: &Batch, trials: Range<usize>, _: Option<Noise>, tape: &mut GatedTape<f64>) {
        self.0.forward(batch, trials, Some(Noise { seed: 3, step: 1 }), tape);
    }
    fn tape_outputs(tape: &GatedTape<f64>) -> &[f64] {
        GatedUnits::tape_outputs(tape)
    }
    fn backward(&self, errors: &[f64], wanted: &[bool], tape: &mut GatedTape<f64>, gradient: &mut [f64]) {
        self.0.backward(errors, wanted, tape, gradient);
    }
}

#[test]
fn dropout_has_the_right_gradient_and_mean() {
    let mut stream = Stream::new(11, "test", 0);
    let task = FlipFlop { duration: 15.0, gap: (1.0, 4.0), ..FlipFlop::default() };
    let batch = task.test_batch(1, 6).unwrap();
    for kind in [GatedCellKind::Gru, GatedCellKind::Lstm] {
        let network = stack(kind, 2, &mut stream).with_dropout(0.4).unwrap();
        for check in check_gradient(&Dropped(network.clone()), &batch, Loss::HalfSquare, 1).unwrap() {
            assert!(check.relative_error < 1e-6, "{kind:?} {check:?}");
        }
    }
    // The states of a single layer are untouched, so that its outputs are right on average.
    let network = GatedUnits::<f64>::draw(GatedCellKind::Lstm, 40, 2, 2, &mut stream).unwrap();
    let (_, whole) = evaluate(&network, &batch, Loss::HalfSquare).unwrap();
    let network = network.with_dropout(0.4).unwrap();
    assert_eq!(
        evaluate(&network, &batch, Loss::HalfSquare).unwrap().1,
        whole,
        "no dropout outside of training"
    );
    let mut tape = GatedTape::default();
    let (mut sums, mut squares, draws) = (vec![0.0; whole.len()], vec![0.0; whole.len()], 400);
    for step in 0..draws {
        network.forward(&batch, 0..6, Some(Noise { seed: 5, step }), &mut tape);
        for (i, z) in GatedUnits::tape_outputs(&tape).iter().enumerate() {
            sums[i] += z;
            squares[i] += z * z;
        }
    }
    let n = draws as f64;
    let score = |i: usize| {
        let mean = sums[i] / n;
        (mean - whole[i]) / ((squares[i] / n - mean * mean) / n).sqrt()
    };
    let scores: Vec<f64> = (0..whole.len()).map(score).collect();
    // 360 outputs: one lies beyond 5 standard errors in 1 of 5000 seeds.
    assert!(scores.iter().all(|score| score.abs() < 5.0), "{scores:?}");
    assert!(
        GatedUnits::<f64>::draw(GatedCellKind::Gru, 3, 1, 1, &mut stream).unwrap().with_dropout(1.0).is_err()
    );
}

#[test]
fn a_stack_is_a_chain_of_cells() {
    let mut stream = Stream::new(12, "test", 0);
    let batch = FlipFlop { duration: 10.0, ..FlipFlop::default() }.test_batch(1, 3).unwrap();
    let steps = batch.dimensions().steps;
    for kind in [GatedCellKind::Gru, GatedCellKind::Lstm] {
        let network = stack(kind, 2, &mut stream);
        // Each layer as a network of its own, read out by every unit.
        let layer = |l: usize, inputs: usize| {
            let mut single =
                GatedUnits::<f64>::draw(kind, 7, inputs, 7, &mut Stream::new(1, "any", 0)).unwrap();
            for name in ["recurrent", "input", "input_bias", "recurrent_bias", "initial"] {
                single.set_tensor(name, network.tensor(&format!("{name}_l{l}")).unwrap()).unwrap();
            }
            let identity: Vec<f64> = (0..49).map(|at| f64::from(u8::from(at % 8 == 0))).collect();
            single.set_tensor("readout", &identity).unwrap();
            single.set_tensor("readout_bias", &[0.0; 7]).unwrap();
            single
        };
        let run = |network: &GatedUnits<f64>, inputs: Vec<f64>| {
            let d = Dimensions { inputs: network.inputs(), outputs: 7, steps, time_step: 0.5 };
            let values = 7 * 3 * steps;
            let batch = Batch::from_arrays(d, 3, inputs, vec![0.0; values], vec![1.0; values]).unwrap();
            evaluate(network, &batch, Loss::HalfSquare).unwrap().1
        };
        let states = run(&layer(1, 7), run(&layer(0, 2), batch.inputs().to_vec()));
        let (_, outputs) = evaluate(&network, &batch, Loss::HalfSquare).unwrap();
        let (readout, bias) = (network.tensor("readout").unwrap(), network.tensor("readout_bias").unwrap());
        for (z, h) in outputs.chunks_exact(2).zip(states.chunks_exact(7)) {
            for l in 0..2 {
                let expected = bias[l] + (0..7).map(|i| readout[l * 7 + i] * h[i]).sum::<f64>();
                assert!((z[l] - expected).abs() < 1e-13);
            }
        }
        let dict = network.state_dict();
        assert_eq!(dict.arrays["recurrent.weight_ih_l1"].shape(), [7 * kind_gates(kind), 7]);
        let message = network.to_network().unwrap_err().to_string();
        assert!(message.contains("a single layer"), "{message}");
    }
}

fn kind_gates(kind: GatedCellKind) -> usize {
    if kind == GatedCellKind::Gru { 3 } else { 4 }
}

#[test]
fn a_resumed_training_has_the_same_bits() {
    let folder = std::env::temp_dir().join(format!("attractorlab-bptt-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let task = FlipFlop::default();
    for (name, optimiser) in [
        ("a.safetensors", OptimiserRule::adam(1e-3)),
        ("b.npz", OptimiserRule::Momentum { learning_rate: 0.1, momentum: 0.5 }),
    ] {
        let path = folder.join(name);
        let (network, options) = flip_flop_training::<f32>(0.9, 12);
        let network = network.with_noise(StepNoise { state: 0.1, initial: 0.0 }).unwrap();
        let options = TrainingOptions { optimiser, snapshot_every: 4, ..options };
        let mut whole = Trainer::new(network.clone(), &task, options.clone()).unwrap();
        whole.run().unwrap();
        let mut first = Trainer::new(network.clone(), &task, options.clone()).unwrap();
        first.run_until(|trainer| trainer.history().len() == 5).unwrap();
        assert_eq!(first.status(), TrainingStatus::Running);
        first.save(&path).unwrap();
        let mut resumed = Trainer::resume(network.clone(), &task, options.clone(), &path).unwrap();
        assert_eq!(resumed.run().unwrap(), TrainingStatus::Finished);
        assert_eq!(resumed.history(), whole.history());
        assert_eq!(resumed.snapshots(), whole.snapshots());
        assert_eq!(resumed.network().parameters(), whole.network().parameters());

        let noise = StepNoise { state: 0.1, initial: 0.0 };
        // Other equations are refused, and so is a task that differs in anything, not in its sizes alone.
        let equations: [&dyn Fn(RateUnits<f32>) -> RateUnits<f32>; 3] = [
            &|n| n.with_noise(StepNoise::default()).unwrap(),
            &|n| n.with_readout_transfer(Transfer::Tanh),
            &|n| n,
        ];
        for (other, transfer) in equations.iter().zip([Transfer::Tanh, Transfer::Tanh, Transfer::Erf]) {
            let weights = RateWeights::draw(network.units(), 2, 2, 0.9, &mut Stream::new(1, "test", 0));
            let units = RateUnits::<f32>::new(&weights, Form::Current, transfer, 0.5).unwrap();
            let units = other(units.with_noise(noise).unwrap());
            let error = Trainer::resume(units, &task, options.clone(), &path).err().expect("an error");
            assert!(error.to_string().contains("other equations"), "{error}");
        }
        for other in [
            FlipFlop { keep: true, ..FlipFlop::default() },
            FlipFlop { amplitude: 2.0, ..FlipFlop::default() },
        ] {
            let error = Trainer::resume(network.clone(), &other, options.clone(), &path);
            let error = error.err().expect("an error").to_string();
            assert!(error.contains("another task") && error.contains("FlipFlop"), "{error}");
        }
        // The same task by its name is the same.
        let named = TaskKind::named("flip_flop").unwrap();
        assert!(Trainer::resume(network.clone(), named, options.clone(), &path).is_ok());

        // Another training, network or precision is refused.
        let other = TrainingOptions { seed: 2, ..options.clone() };
        let error = Trainer::resume(network, &task, other, &path).err().expect("an error");
        assert!(error.to_string().contains("other options"), "{error}");
        let weights = RateWeights::draw(20, 2, 2, 0.9, &mut Stream::new(1, "test", 0));
        let small = RateUnits::<f32>::new(&weights, Form::Current, Transfer::Tanh, 0.5).unwrap();
        let small = small.with_noise(noise).unwrap();
        let error = Trainer::resume(small, &task, options.clone(), &path).err().expect("an error");
        assert!(error.to_string().contains("values where the network has"), "{error}");
        let longer = FlipFlop { duration: 60.0, ..FlipFlop::default() };
        let (network, _) = flip_flop_training::<f32>(0.9, 12);
        let network = network.with_noise(noise).unwrap();
        let error = Trainer::resume(network, &longer, options.clone(), &path).err().expect("an error");
        assert!(error.to_string().contains("another task"), "{error}");
        let (wide, _) = flip_flop_training::<f64>(0.9, 12);
        let wide = wide.with_noise(noise).unwrap();
        let error = Trainer::resume(wide, &task, options, &path).err().expect("an error");
        assert!(error.to_string().contains("is float32, and the network is float64"), "{error}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
