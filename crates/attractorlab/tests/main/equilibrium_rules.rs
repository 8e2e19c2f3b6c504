//! The rules on fixed points against the reference cases.

use std::sync::Arc;

use attractorlab::dynamics::{
    AdjointOptions, Columns, Equilibria, EquilibriumOptions, EquilibriumStatus, FixedPointLayer,
    StabilityTest,
};
use attractorlab::network::Transfer;
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use attractorlab::training::equilibrium::linear::{
    GradientPath, LinearRule, LinearTask, LinearWeights, LinearisedPath, ReparameterisedPath, ResponseMetric,
    angle, landscape_points, response_distance, singular_steps,
};
use attractorlab::training::equilibrium::{
    Batch, Evaluation, ForwardPass, ImplicitGradient, LearningError, Linearised, LinearisedVariant, Loss,
    MeanSquaredError, MissingStates, Reparameterised, ReparameterisedStep, Rule, SoftmaxCrossEntropy,
    Trainer, TrainerOptions, Unrolled,
};
use serde_json::Value;

use crate::reference::{cases, number};

const FILE: &str = "zhu2023";

fn matrix(value: &Value) -> Mat<f64> {
    let rows = value.as_array().expect("a matrix");
    let columns = rows[0].as_array().expect("rows").len();
    Mat::from_fn(rows.len(), columns, |i, j| number(&value[i][j]))
}

fn columns(value: &Value) -> Columns<f64> {
    Columns::from_mat(matrix(value).as_ref())
}

fn vector(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

#[track_caller]
fn same_number(case: &Value, what: &str, found: f64, expected: &Value, tolerance: f64) {
    let expected = number(expected);
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1e-300),
        "{} {what}: {found} against {expected}",
        case["name"]
    );
}

/// Largest difference relative to the largest entry.
#[track_caller]
fn same_matrix(case: &Value, what: &str, found: &Mat<f64>, expected: &Value, tolerance: f64) {
    let expected = matrix(expected);
    assert_eq!((found.nrows(), found.ncols()), (expected.nrows(), expected.ncols()), "{what}");
    let scale = expected.norm_max();
    let error = (found - &expected).norm_max();
    assert!(error <= tolerance * scale, "{} {what}: off by {error:e} of {scale:e}", case["name"]);
}

fn mat(columns: &Columns<f64>) -> Mat<f64> {
    columns.to_f64()
}

fn gradient() -> ImplicitGradient {
    ImplicitGradient { adjoint: AdjointOptions::of::<f64>() }
}

/// Losses after a number of steps; those that are null are not tested.
fn same_losses(case: &Value, rule: &str, losses: &Value, mut run: impl FnMut(u64) -> f64) {
    for (steps, expected) in losses.as_object().expect("losses by steps") {
        if expected.is_null() {
            continue;
        }
        let (found, wanted) = (run(steps.parse().unwrap()), number(expected));
        if wanted < 1e-12 {
            assert!((found.log10() - wanted.log10()).abs() <= 0.05, "{} rule {rule}", case["name"]);
        } else {
            same_number(case, &format!("rule {rule} after {steps}"), found, expected, 1e-6);
        }
    }
}

#[test]
fn linear_cases_agree_with_the_reference() {
    for case in cases(FILE, "linear_mse") {
        let (input, output) = (&case["inputs"], &case["outputs"]);
        let (w, x, y) = (matrix(&input["W"]), matrix(&input["X"]), matrix(&input["Y"]));
        let rate = number(&input["eta"]);
        let task = LinearTask::new(x.clone(), y.clone()).unwrap();
        let start = LinearWeights::new(&task, w.clone()).unwrap();
        same_number(&case, "loss", task.loss(w.as_ref()).unwrap(), &output["loss"], 1e-9);
        same_number(&case, "growth", start.largest_real_part().unwrap(), &output["max_real_eig_W"], 1e-9);
        let rules = [
            (LinearRule::Gradient, "dW1", "1"),
            (LinearRule::Reparameterised, "dW2", "2"),
            (LinearRule::Lookahead, "dW2_lookahead", "2look"),
            (LinearRule::Linearised, "dW3", "3"),
        ];
        let mut changes = Vec::new();
        for (rule, name, key) in rules {
            let (change, _) = start.increment(rule, rate).unwrap();
            same_matrix(&case, name, &change, &output[name], 1e-9);
            changes.push(change);
            same_losses(&case, key, &output["loss_after"][key], |steps| {
                let mut weights = start.clone();
                for _ in 0..steps {
                    weights.step(rule, rate).unwrap();
                }
                task.loss(weights.weights()).unwrap()
            });
        }
        same_number(&case, "theta12", angle(&changes[0], &changes[1]), &output["theta12_deg"], 1e-9);
        same_number(&case, "theta23", angle(&changes[1], &changes[3]), &output["theta23_deg"], 1e-9);

        // The same rules through the general layer.
        let layer = FixedPointLayer::new(w.clone(), Transfer::Linear).unwrap();
        let (drive, targets) = (Columns::from_mat(x.as_ref()), Columns::from_mat(y.as_ref()));
        let loss = MeanSquaredError::of_rates(targets);
        let options =
            EquilibriumOptions { stability: StabilityTest::Spectrum, relax: false, ..Default::default() };
        let pass = ForwardPass::Converged(options);
        let here = Evaluation::new(&layer, &drive, None, &loss, &pass, MissingStates::UseLast).unwrap();
        same_matrix(&case, "R", &mat(&here.states.rates), &output["R"], 1e-9);
        let stable = here.states.count(EquilibriumStatus::Stable) == drive.count();
        assert_eq!(stable, output["stable"].as_bool().unwrap());
        let batch = Batch::of(&layer, &drive, &here, &loss, &pass);
        let step = |step| Box::new(Reparameterised { step });
        let general: [(Box<dyn Rule<f64>>, &str); 6] = [
            (Box::new(gradient()), "dW1"),
            (step(ReparameterisedStep::Finite), "dW2"),
            (step(ReparameterisedStep::Lookahead), "dW2_lookahead"),
            (step(ReparameterisedStep::FirstOrder), "dW3"),
            (Box::new(Linearised), "dW3"),
            (Box::new(LinearisedVariant), "dW3"),
        ];
        for (rule, name) in general {
            let update = rule.update(&batch, rate).unwrap();
            same_matrix(
                &case,
                &format!("{} {name}", rule.name()),
                &mat(&update.increment),
                &output[name],
                1e-9,
            );
        }
    }
}

#[test]
fn looking_ahead_a_sample_that_is_right_already_takes_part() {
    // With W = 0 the rates are the inputs, and the first sample is met exactly: δ = 0. Its input overlaps with the other's,
    // so that the step moves it, and the residual after the step is not zero.
    let x = Mat::from_fn(3, 2, |i, c| [[0.5, 1.0], [1.0, 0.25], [-0.5, 1.5]][i][c]);
    let y = Mat::from_fn(3, 2, |i, c| if c == 0 { x[(i, 0)] } else { 0.0 });
    let (rate, layer) = (0.2, FixedPointLayer::new(Mat::zeros(3, 3), Transfer::Linear).unwrap());
    let (drive, loss) =
        (Columns::from_mat(x.as_ref()), MeanSquaredError::of_rates(Columns::from_mat(y.as_ref())));
    let pass = ForwardPass::converged::<f64>();
    let here = Evaluation::new(&layer, &drive, None, &loss, &pass, MissingStates::LeaveOut).unwrap();
    assert_eq!(here.delta.column(0), [0.0; 3]);
    let rule = Reparameterised { step: ReparameterisedStep::Lookahead };
    let general = rule.update(&Batch::of(&layer, &drive, &here, &loss, &pass), rate).unwrap();
    let task = LinearTask::new(x, y).unwrap();
    let weights = LinearWeights::new(&task, Mat::zeros(3, 3)).unwrap();
    let (literal, _) = weights.increment(LinearRule::Lookahead, rate).unwrap();
    let apart = (&mat(&general.increment) - &literal).norm_max();
    assert!(apart < 1e-14, "{apart:e}");
}

#[test]
fn gains_of_linear_units_enter_the_rules() {
    for case in cases(FILE, "linear_with_gains") {
        let (input, output) = (&case["inputs"], &case["outputs"]);
        let (w, x, rates) = (matrix(&input["W"]), columns(&input["X"]), columns(&output["R"]));
        let g = vector(&input["g"]);
        let layer = FixedPointLayer::new(w, Transfer::Linear).unwrap();
        let loss = MeanSquaredError::of_rates(columns(&input["Y"]));
        let count = x.count();
        let states = Equilibria {
            gains: Columns::from_fn(g.len(), count, |i, _| g[i]),
            rates,
            status: vec![EquilibriumStatus::Stable; count],
            residuals: vec![0.0; count],
            growth: vec![None; count],
            sweeps: 0,
        };
        let here = Evaluation::of_states(states, &loss, MissingStates::LeaveOut).unwrap();
        same_number(&case, "loss", here.loss, &output["loss"], 1e-9);
        let pass = ForwardPass::converged::<f64>();
        let batch = Batch::of(&layer, &x, &here, &loss, &pass);
        let rate = number(&input["eta"]);
        let rules: [(Box<dyn Rule<f64>>, &str); 3] = [
            (Box::new(gradient()), "dW1"),
            (Box::new(Reparameterised { step: ReparameterisedStep::Finite }), "dW2"),
            (Box::new(Reparameterised { step: ReparameterisedStep::FirstOrder }), "dW3_A_param"),
        ];
        for (rule, name) in rules {
            let update = rule.update(&batch, rate).unwrap();
            same_matrix(&case, name, &mat(&update.increment), &output[name], 1e-9);
        }
    }
}

#[test]
fn nonlinear_cases_agree_with_the_reference() {
    for kind in ["tanh_mse", "tanh_ce", "relu_mse"] {
        for case in cases(FILE, kind) {
            let (input, output) = (&case["inputs"], &case["outputs"]);
            let transfer =
                if kind == "relu_mse" { Transfer::Relu { threshold: 0.0 } } else { Transfer::Tanh };
            let (w, x, rate) = (matrix(&input["W"]), columns(&input["X"]), number(&input["eta"]));
            let loss: Box<dyn Loss<f64>> = if kind == "tanh_ce" {
                let readout = columns_of_rows(&input["C"]);
                let labels = vector(&input["Y"]).into_iter().map(|y| y as usize).collect();
                Box::new(SoftmaxCrossEntropy::new(Arc::new(readout), labels).unwrap())
            } else {
                Box::new(MeanSquaredError::of_rates(columns(&input["Y"])))
            };
            let layer = FixedPointLayer::new(w.clone(), transfer).unwrap();
            let options = EquilibriumOptions { stability: StabilityTest::Spectrum, ..Default::default() };
            let pass = ForwardPass::Converged(options);
            let here =
                Evaluation::new(&layer, &x, None, loss.as_ref(), &pass, MissingStates::LeaveOut).unwrap();
            same_matrix(&case, "R", &mat(&here.states.rates), &output["R"], 1e-9);
            same_matrix(&case, "gains", &mat(&here.states.gains), &output["gains"], 1e-9);
            same_matrix(&case, "delta", &mat(&here.delta), &output["delta"], 1e-9);
            same_number(&case, "loss", here.loss, &output["loss"], 1e-9);
            let growth = here.states.growth.iter().map(|g| g.unwrap()).fold(f64::NEG_INFINITY, f64::max);
            same_number(&case, "growth", growth, &output["max_real_eig_GW"], 1e-9);
            let batch = Batch::of(&layer, &x, &here, loss.as_ref(), &pass);
            let rules: [(Box<dyn Rule<f64>>, &str); 3] = [
                (Box::new(gradient()), "1"),
                (Box::new(Linearised), "3"),
                (Box::new(LinearisedVariant), "4"),
            ];
            let mut changes = Vec::new();
            for (rule, key) in rules {
                let update = rule.update(&batch, rate).unwrap();
                let name = format!("dW{key}");
                same_matrix(&case, &name, &mat(&update.increment), &output[&name], 1e-9);
                changes.push(mat(&update.increment));
                same_losses(&case, key, &output["loss_after"][key], |steps| {
                    let rule = attractorlab::training::equilibrium::rule_by_name(rule.name()).unwrap();
                    let options = TrainerOptions { pass, ..TrainerOptions::plain::<f64>(rate) };
                    let mut trainer = Trainer::new(w.as_ref(), transfer, rule, options).unwrap();
                    for _ in 0..steps {
                        trainer.step(&x, loss.as_ref()).unwrap();
                    }
                    trainer.step(&x, loss.as_ref()).unwrap().loss
                });
            }
            same_number(&case, "theta13", angle(&changes[0], &changes[1]), &output["theta13_deg"], 1e-9);
            same_number(&case, "theta14", angle(&changes[0], &changes[2]), &output["theta14_deg"], 1e-9);

            let steps = number(&input["euler_steps"]) as usize;
            let pass = ForwardPass::Truncated { dt: number(&input["euler_dt"]), steps };
            let end =
                Evaluation::new(&layer, &x, None, loss.as_ref(), &pass, MissingStates::LeaveOut).unwrap();
            same_matrix(&case, "euler_R", &mat(&end.states.rates), &output["euler_R"], 1e-9);
            same_number(&case, "euler_loss", end.loss, &output["euler_loss"], 1e-9);
            let update = Unrolled.update(&Batch::of(&layer, &x, &end, loss.as_ref(), &pass), -1.0).unwrap();
            same_matrix(&case, "bptt", &mat(&update.increment), &output["bptt_grad_W"], 1e-9);
        }
    }
}

/// Rows of a readout as columns.
fn columns_of_rows(value: &Value) -> Columns<f64> {
    let c = matrix(value);
    Columns::from_fn(c.ncols(), c.nrows(), |i, k| c[(k, i)])
}

#[test]
fn the_one_dimensional_example_agrees_with_the_reference() {
    for case in cases(FILE, "one_dimensional") {
        let (input, output) = (&case["inputs"], &case["outputs"]);
        let row = |key: &str| {
            let values = vector(&input[key]);
            Mat::from_fn(1, values.len(), |_, c| values[c])
        };
        let task = LinearTask::new(row("x"), row("y")).unwrap();
        let scalar = |w: f64| Mat::from_fn(1, 1, |_, _| w);
        for (w, expected) in vector(&output["grid_w"]).into_iter().zip(vector(&output["grid_J"])) {
            let found = task.loss(scalar(w).as_ref()).unwrap();
            assert!((found - expected).abs() <= 1e-9 * expected, "J({w}): {found} against {expected}");
        }
        for (w, expected) in vector(&output["grid_w"]).into_iter().zip(vector(&output["grid_dJ"])) {
            let weights = LinearWeights::new(&task, scalar(w)).unwrap();
            let found = -weights.increment(LinearRule::Gradient, 1.0).unwrap().0[(0, 0)];
            assert!((found - expected).abs() <= 1e-9 * expected.abs(), "dJ({w}): {found} against {expected}");
        }
        for (name, run) in output["train"].as_object().unwrap() {
            let mut parts = name.split('_');
            let rule = match parts.next().unwrap() {
                "rule1" => LinearRule::Gradient,
                "rule2" => LinearRule::Reparameterised,
                _ => LinearRule::Linearised,
            };
            let start = number(&input[format!("w_{}", parts.next().unwrap())]);
            let rate: f64 = parts.next().unwrap()[3..].parse().unwrap();
            let begin = || LinearWeights::new(&task, scalar(start)).unwrap();
            same_losses(&case, name, &run["J"], |steps| {
                let mut weights = begin();
                (0..steps).for_each(|_| {
                    weights.step(rule, rate).unwrap();
                });
                task.loss(weights.weights()).unwrap()
            });
        }
    }
}

#[test]
fn the_path_of_rule_1_is_that_of_its_steps() {
    // Fewer samples than units, as many, more, one alone, and dependent inputs.
    for (seed, n, m, dependent) in
        [(1, 30, 12, false), (2, 9, 9, false), (3, 6, 14, false), (4, 20, 1, false), (5, 20, 6, true)]
    {
        let mut stream = Stream::new(seed, "path of rule 1", 0);
        let mut normal = |rows, columns, sd: f64| Mat::from_fn(rows, columns, |_, _| sd * stream.normal());
        let (mut x, y) = (normal(n, m, 0.5), normal(n, m, 0.4));
        let start = normal(n, n, 0.6 / (n as f64).sqrt());
        if dependent {
            (0..n).for_each(|i| x[(i, m - 1)] = x[(i, 0)] - 2.0 * x[(i, 1)]);
        }
        let task = LinearTask::new(x, y).unwrap();
        let mut path = GradientPath::new(&task, start.as_ref(), 0.05).unwrap();
        let apart = (path.weights() - &start).norm_max();
        assert!(apart < 1e-13, "{n}×{m}: the start is {apart:e} away");
        let mut literal = LinearWeights::new(&task, start).unwrap();
        for step in 0..40 {
            let (found, expected) = (path.loss().unwrap(), task.loss(literal.weights()).unwrap());
            assert!(
                (found - expected).abs() < 1e-11 * expected,
                "{n}×{m}, step {step}: {found} against {expected}"
            );
            path.advance(1).unwrap();
            literal.step(LinearRule::Gradient, 0.05).unwrap();
        }
        assert_eq!(path.step(), 40);
        let apart = (path.weights() - literal.weights()).norm_max();
        assert!(apart < 1e-11, "{n}×{m}: the weights are {apart:e} away");
    }
}

#[test]
fn the_path_of_rule_1_needs_a_response() {
    let mut stream = Stream::new(7, "path of rule 1", 0);
    let inputs = Mat::from_fn(6, 2, |_, _| stream.normal());
    let task = LinearTask::new(inputs.clone(), inputs).unwrap();
    let begin = |weights: &Mat<f64>| GradientPath::new(&task, weights.as_ref(), 0.1);
    // Singular in its own basis, and in another up to rounding.
    for ones in [1, 6] {
        let singular = Mat::from_fn(6, 6, |i, j| f64::from(u8::from(i == j && i < ones)));
        assert!(matches!(begin(&singular), Err(LearningError::Linalg(_))), "{ones}");
    }
    let infinite = Mat::from_fn(6, 6, |i, j| if i > j { 0.0 } else { f64::INFINITY });
    assert!(matches!(begin(&infinite), Err(LearningError::Linalg(_))));
    assert!(matches!(begin(&Mat::zeros(6, 3)), Err(LearningError::Size { .. })));
    // A rate that throws the weights out of the numbers: the path ends where it is.
    let mut path = GradientPath::new(&task, Mat::from_fn(6, 6, |_, _| 0.1).as_ref(), 1e308).unwrap();
    assert!(matches!(path.advance(3), Err(LearningError::Linalg(_))));
    assert_eq!(path.step(), 1);
    assert!(path.loss().is_err());
}

#[test]
fn the_metric_agrees_with_the_reference() {
    for case in cases(FILE, "metric") {
        let (input, output) = (&case["inputs"], &case["outputs"]);
        let (w, z, v) = (matrix(&input["W"]), matrix(&input["Z"]), matrix(&input["V"]));
        let metric = ResponseMetric::new(w.as_ref()).unwrap();
        same_matrix(&case, "metric", &metric.apply(&z), &output["metric_Z"], 1e-9);
        same_matrix(&case, "inverse", &metric.apply_inverse(&z), &output["metric_inv_Z"], 1e-9);
        same_number(&case, "inner", metric.inner(&z, &v), &output["inner_Z_V"], 1e-9);
        let other = matrix(&input["W2"]);
        let distance = response_distance(w.as_ref(), other.as_ref()).unwrap();
        same_number(&case, "distance", distance, &output["distance_W_W2"], 1e-9);
        let (low, high) = metric.extremes().unwrap();
        same_number(&case, "smallest", low, &output["smallest_metric_eig"], 1e-9);
        same_number(&case, "largest", high, &output["largest_metric_eig"], 1e-9);
    }
}

#[test]
fn landscape_slices_agree_with_the_reference() {
    for case in cases(FILE, "landscape_slice") {
        let (input, output) = (&case["inputs"], &case["outputs"]);
        let task = LinearTask::new(matrix(&input["X"]), matrix(&input["Y"])).unwrap();
        let centre = task.interpolating_weights().unwrap();
        same_matrix(&case, "W*", &centre, &output["W_star"], 1e-9);
        let direction = matrix(&input["W1"]);
        let t = vector(&input["t"]);
        let points: Vec<Vec<f64>> = t.iter().map(|t| vec![*t]).collect();
        let found = landscape_points(&task, centre.as_ref(), &[direction.as_ref()], &points, true).unwrap();
        for (k, point) in found.iter().enumerate() {
            let expected = number(&output["J"][k]);
            if expected < 1e-12 {
                assert!(point.loss < 1e-12);
            } else {
                same_number(&case, "J", point.loss, &output["J"][k], 1e-9);
            }
            same_number(&case, "growth", point.growth.unwrap(), &output["max_real_eig"][k], 1e-9);
            assert_eq!(point.sign, number(&output["det_sign"][k]));
        }
        let poles = singular_steps(centre.as_ref(), direction.as_ref()).unwrap();
        for expected in vector(&output["singular_t"]) {
            let nearest = poles.iter().map(|p| (p - expected).abs()).fold(f64::INFINITY, f64::min);
            assert!(nearest <= 1e-9, "{}: pole at {expected}", case["name"]);
        }
    }
}

#[test]
fn exponents_at_the_singularity_agree_with_the_reference() {
    for case in cases(FILE, "singularity") {
        let (input, output) = (&case["inputs"], &case["outputs"]);
        let (p, mut lam) = (matrix(&input["P"]), vector(&input["lam"]));
        let task = LinearTask::new(matrix(&input["X"]), matrix(&input["Y"])).unwrap();
        let inverse = attractorlab::numerics::linalg::Lu::new(p.as_ref()).unwrap().inverse();
        let at_lam = Mat::from_fn(p.nrows(), p.ncols(), |i, j| p[(i, j)] * lam[j]);
        let weights = LinearWeights::new(&task, &at_lam * &inverse).unwrap();
        let found = weights.critical_rates().unwrap();
        let expected = vector(&output["rule2_critical_etas_at_lam"]);
        assert_eq!(found.len(), expected.len(), "critical rates {found:?}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found / expected - 1.0).abs() < 1e-9, "critical rate {found} against {expected}");
        }
        for row in output["table"].as_array().unwrap() {
            let entry = |k: &str| number(&row[k]);
            lam[0] = 1.0 - entry("eps");
            let scaled = Mat::from_fn(p.nrows(), p.ncols(), |i, j| p[(i, j)] * lam[j]);
            let w = &scaled * &inverse;
            let weights = LinearWeights::new(&task, w).unwrap();
            // The condition number of 1 − W, 1/eps, multiplies rounding.
            let tolerance = 1e-9_f64.max(1e-13 / entry("eps"));
            same_number(&case, "J", task.loss(weights.weights()).unwrap(), &row["J"], tolerance);
            let norm = |rule| {
                let (change, _) = weights.increment(rule, 1.0).unwrap();
                change.norm_l2()
            };
            same_number(&case, "gradient", norm(LinearRule::Gradient), &row["norm_grad_W"], tolerance);
            same_number(&case, "rule 3", norm(LinearRule::Linearised), &row["norm_dW3_eta1"], tolerance);
        }
    }
}

#[test]
fn closed_forms_equal_the_literal_rules() {
    let mut stream = attractorlab::numerics::random::Stream::new(3, "closed forms", 0);
    // Fewer, as many, and more samples than units.
    for (n, m) in [(20, 8), (9, 9), (6, 15)] {
        let mut normal = |rows, columns, sd: f64| Mat::from_fn(rows, columns, |_, _| sd * stream.normal());
        let (x, teacher, start) =
            (normal(n, m, 0.5), normal(n, n, 0.5 / (n as f64).sqrt()), normal(n, n, 0.5 / (n as f64).sqrt()));
        let noise = normal(n, m, 0.01);
        let identity = Mat::<f64>::identity(n, n);
        let response =
            attractorlab::numerics::linalg::Lu::from_matrix(&identity - &teacher).unwrap().inverse();
        let y = &response * &x + &noise;
        let task = LinearTask::new(x, y).unwrap();
        let rate = 0.3;
        for lookahead in [false, true] {
            let rule = if lookahead { LinearRule::Lookahead } else { LinearRule::Reparameterised };
            let path = ReparameterisedPath::new(&task, start.as_ref(), rate, lookahead).unwrap();
            let mut literal = LinearWeights::new(&task, start.clone()).unwrap();
            for step in 0..=60 {
                let (found, expected) = (path.loss(step), task.loss(literal.weights()).unwrap());
                assert!((found / expected - 1.0).abs() < 1e-10, "{n} {m} {step}: {found} {expected}");
                literal.step(rule, rate).unwrap();
            }
            let error = (path.weights(61).unwrap() - literal.weights()).norm_max();
            assert!(error < 1e-10, "weights of rule 2 differ by {error:e}");
        }
        let (path, literal) = rule_3_keeps_to_its_steps(&task, start.clone(), rate, 60, 1e-10);
        let error = (path.weights().unwrap() - literal.weights()).norm_max();
        assert!(error < 1e-10, "weights of rule 3 differ by {error:e}");
        // The threshold is crossed at the step that is named.
        let path = ReparameterisedPath::new(&task, start.as_ref(), rate, false).unwrap();
        let threshold = 0.5 * (path.loss(0) + path.loss(1000));
        let step = path.step_below(threshold).unwrap();
        assert!(step > 0 && path.loss(step) < threshold && path.loss(step - 1) >= threshold);
    }
}

/// The losses of the course of rule 3 are those of its single steps; both, one step after the last that was compared.
fn rule_3_keeps_to_its_steps(
    task: &LinearTask,
    start: Mat<f64>,
    rate: f64,
    steps: u64,
    tolerance: f64,
) -> (LinearisedPath, LinearWeights<'_>) {
    let (n, m) = (task.units(), task.samples());
    let mut path = LinearisedPath::new(task, start.as_ref(), rate).unwrap();
    let mut literal = LinearWeights::new(task, start).unwrap();
    for step in 0..=steps {
        let (found, expected) = (path.loss().unwrap(), task.loss(literal.weights()).unwrap());
        assert!((found / expected - 1.0).abs() < tolerance, "{n} {m} {step}: {found} {expected}");
        literal.step(LinearRule::Linearised, rate).unwrap();
        path.advance(1);
    }
    (path, literal)
}

/// Columns of the course vanish one after the other; with more samples than units the product of all steps keeps its rows.
#[test]
fn the_course_of_rule_3_is_right_where_most_of_it_has_vanished() {
    let mut stream = attractorlab::numerics::random::Stream::new(9, "vanished", 0);
    for (n, m) in [(24, 18), (18, 18), (12, 18)] {
        let mut normal = |rows, columns, sd: f64| Mat::from_fn(rows, columns, |_, _| sd * stream.normal());
        let (x, start) = (normal(n, m, 1.0), normal(n, n, 0.1));
        // Samples of very different size, so that rates of decay are: 0.002 to 0.8 a step at the start.
        let x = Mat::from_fn(n, m, |i, j| x[(i, j)] * 0.83_f64.powi(j as i32));
        let response = attractorlab::numerics::linalg::Lu::from_matrix(
            &Mat::<f64>::identity(n, n) - normal(n, n, 0.2 / (n as f64).sqrt()),
        )
        .unwrap();
        let y = response.inverse() * &x + normal(n, m, 0.01);
        let task = LinearTask::new(x, y).unwrap();
        let (path, literal) = rule_3_keeps_to_its_steps(&task, start, 0.2, 500, 1e-9);
        let error = (path.weights().unwrap() - literal.weights()).norm_max();
        assert!(error < 1e-9, "{n} {m}: {error:e}");
    }
}

/// A start that is right but for three directions: what the errors follow from has no triangular factor then.
#[test]
fn the_loss_of_rule_3_is_right_where_few_directions_are_wrong() {
    let mut stream = attractorlab::numerics::random::Stream::new(4, "few directions", 0);
    for (n, m) in [(8, 8), (12, 8), (8, 12)] {
        let mut normal = |rows, columns, sd: f64| Mat::from_fn(rows, columns, |_, _| sd * stream.normal());
        let (x, start) = (normal(n, m, 0.5), normal(n, n, 0.2));
        let wrong = normal(n, 3, 1.0) * normal(3, m, 0.3);
        let response =
            attractorlab::numerics::linalg::Lu::from_matrix(&Mat::<f64>::identity(n, n) - &start).unwrap();
        let y = response.inverse() * (&x - &wrong);
        let task = LinearTask::new(x, y).unwrap();
        rule_3_keeps_to_its_steps(&task, start, 0.1, 20, 1e-8);
    }
}

#[test]
fn targets_and_readouts_of_other_networks_are_refused() {
    let layer = FixedPointLayer::new(Mat::<f64>::zeros(5, 5), Transfer::Tanh).unwrap();
    let (drive, pass) = (Columns::zeros(5, 4), ForwardPass::converged::<f64>());
    let rows = |rows: usize, count: usize| Columns::<f64>::zeros(rows, count);
    let evaluate = |loss: &dyn Loss<f64>| {
        Evaluation::new(&layer, &drive, None, loss, &pass, MissingStates::LeaveOut).map(|e| e.loss)
    };
    let refused = |loss: &dyn Loss<f64>, expected: usize, found: usize| {
        let words = format!("must have {expected} ");
        let error = evaluate(loss).unwrap_err().to_string();
        assert!(error.contains(&words) && error.ends_with(&format!("got {found}")), "{error}");
    };
    refused(&MeanSquaredError::of_rates(rows(3, 4)), 5, 3);
    refused(&MeanSquaredError::of_rates(rows(9, 4)), 5, 9);
    refused(&MeanSquaredError::of_rates(rows(5, 3)), 4, 3);
    refused(&MeanSquaredError::of_readout(Arc::new(rows(7, 2)), rows(2, 4)).unwrap(), 5, 7);
    refused(&SoftmaxCrossEntropy::new(Arc::new(rows(7, 2)), vec![0; 4]).unwrap(), 5, 7);
    assert_eq!(evaluate(&MeanSquaredError::of_rates(rows(5, 4))).unwrap(), 0.0);
    let states = pass.run(&layer, &drive, None).unwrap();
    let loss = MeanSquaredError::of_rates(rows(3, 4));
    assert!(Evaluation::of_states(states, &loss, MissingStates::LeaveOut).is_err());
}

#[test]
fn a_course_that_diverges_has_infinite_losses() {
    let mut stream = Stream::new(1, "diverging", 0);
    let mut normal = || Mat::from_fn(6, 3, |_, _| stream.normal());
    let task = LinearTask::new(normal(), normal()).unwrap();
    let mut path = LinearisedPath::new(&task, Mat::<f64>::zeros(6, 6).as_ref(), 10.0).unwrap();
    assert!(path.loss().unwrap().is_finite() && !path.has_diverged());
    path.advance(60);
    assert!(path.has_diverged());
    assert_eq!(path.loss().unwrap(), f64::INFINITY);
    assert!(path.weights().is_err());
}

#[test]
fn rule_3_keeps_its_accuracy_where_inputs_are_nearly_dependent() {
    let mut stream = Stream::new(5, "nearly dependent", 0);
    let (n, m) = (20, 6);
    // Singular values from 1 to 1e-4: those of the Gram matrix reach to 1e-8.
    let scale = Mat::from_fn(m, m, |i, j| if i == j { 10.0_f64.powf(-0.8 * i as f64) } else { 0.0 });
    let mut normal = |rows, columns, sd: f64| Mat::from_fn(rows, columns, |_, _| sd * stream.normal());
    let orthogonal = |a: Mat<f64>| {
        let svd = attractorlab::numerics::linalg::Svd::new(a.as_ref()).unwrap();
        &svd.u * svd.v.transpose()
    };
    let (left, right) = (orthogonal(normal(n, m, 1.0)), orthogonal(normal(m, m, 1.0)));
    let x = &left * &scale * &right;
    let (y, start) = (&x + normal(n, m, 0.1), normal(n, n, 0.3 / (n as f64).sqrt()));
    let task = LinearTask::new(x, y).unwrap();
    let (path, literal) = rule_3_keeps_to_its_steps(&task, start, 0.3, 200, 1e-10);
    let error = (path.weights().unwrap() - literal.weights()).norm_max();
    assert!(error < 1e-9 * literal.weights().norm_max(), "{error:e}");
}

#[test]
fn a_course_whose_last_columns_overflow_has_diverged() {
    // T overflows at the eighth step, when columns are looked at.
    let diagonal = |first: f64, second: f64| {
        Mat::from_fn(2, 2, |i, j| match (i, j) {
            (0, 0) => first,
            (1, 1) => second,
            _ => 0.0,
        })
    };
    let task = LinearTask::new(diagonal(1.0, 2.0), diagonal(0.9, -0.469_884_971_242_81)).unwrap();
    let mut path = LinearisedPath::new(&task, Mat::<f64>::zeros(2, 2).as_ref(), 0.1).unwrap();
    path.advance(64);
    assert!(path.has_diverged());
    assert_eq!(path.loss().unwrap(), f64::INFINITY);
}
