//! What training changed, and alignment with the output: reference values, closed forms and random matrices.

use attractorlab::analysis::alignment::{
    AlignmentError, output_alignment, output_explained, participation_ratio, procrustes_angle,
    relative_noise_along_output, relative_susceptibility,
};
use attractorlab::analysis::weight_change::{
    ChangeError, TrainedChange, TruncationCurve, WeightChange, eigenvalues_along, singular_values_along,
};
use attractorlab::network::{Bulk, Form, Transfer};
use attractorlab::numerics::linalg::{Mat, MatRef, Qr};
use attractorlab::numerics::random::Stream;
use attractorlab::task::{FlipFlop, Task};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{Loss, RateUnits, RateWeights, Trainer, TrainingOptions, evaluate};
use serde_json::Value;

use crate::reference::{cases, number};

fn matrix(value: &Value) -> Mat<f64> {
    let rows: Vec<Vec<f64>> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r.as_array().unwrap().iter().map(number).collect())
        .collect();
    Mat::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

/// Masked loss of the network of the case with these weights, by the specification's loop.
fn loss(case: &Value, weights: MatRef<'_, f64>) -> f64 {
    let (input, output) = (matrix(&case["params"]["WI"]), matrix(&case["params"]["WO"]));
    let (n, dt) = (weights.nrows(), number(&case["dt"]));
    let (mut sum, mut total) = (0.0, 0.0);
    for trial in 0..case["u"].as_array().unwrap().len() {
        let [u, y, mask] = ["u", "target", "mask"].map(|name| matrix(&case[name][trial]));
        let mut h = vec![0.0_f64; n];
        for t in 0..u.nrows() {
            let rates: Vec<f64> = h.iter().map(|h| h.tanh()).collect();
            for i in 0..n {
                let recurrent: f64 = (0..n).map(|j| weights[(i, j)] * rates[j]).sum();
                let driven: f64 = (0..input.nrows()).map(|k| input[(k, i)] * u[(t, k)]).sum();
                h[i] += dt * (recurrent + driven - h[i]);
            }
            for k in 0..output.ncols() {
                let z: f64 = (0..n).map(|i| output[(i, k)] * h[i].tanh()).sum();
                sum += mask[(t, k)] * (y[(t, k)] - z).powi(2);
                total += mask[(t, k)];
            }
        }
    }
    0.5 * sum / total
}

#[test]
fn truncation_reproduces_the_reference() {
    for case in cases("schuessler2020", "truncation") {
        let change =
            WeightChange::new(matrix(&case["W0"]).as_ref(), matrix(&case["params"]["W"]).as_ref()).unwrap();
        let (relative, absolute) = (number(&case["rtol"]), number(&case["atol"]));
        let close = |found: f64, expected: &Value| {
            let expected = number(expected);
            assert!((found - expected).abs() <= absolute + relative * expected.abs(), "{found} {expected}");
        };
        let expect = &case["expect"];
        change.values().iter().zip(expect["sv_dW"].as_array().unwrap()).for_each(|(s, e)| close(*s, e));
        close(change.norm(), &expect["norm_dW"]);
        let curve = change.truncation_curve(25, |w| Ok::<_, ()>(loss(&case, w))).unwrap();
        let losses = expect["trunc_loss"].as_array().unwrap();
        assert_eq!(curve.losses.len(), losses.len());
        curve.losses.iter().zip(losses).for_each(|(l, e)| close(*l, e));
        assert_eq!(curve.functional_rank(0.05).unwrap() as f64, number(&expect["functional_rank"]));
        assert!((curve.trained - curve.losses[8]).abs() < 1e-13);
    }
}

#[test]
fn ranks_read_curves_that_are_not_monotone() {
    let curve = TruncationCurve { losses: vec![1.0, 1.4, 0.04, 0.3, 0.01, 0.02], trained: 0.0 };
    assert_eq!((curve.functional_rank(0.05), curve.lasting_rank(0.05)), (Some(2), Some(4)));
    assert_eq!((curve.functional_rank(0.001), curve.lasting_rank(0.001)), (None, None));
    let lost = TruncationCurve { losses: vec![1.0, f64::NAN, 0.01], trained: f64::NAN };
    assert_eq!((lost.functional_rank(0.05), lost.lasting_rank(0.05)), (Some(2), Some(2)));
    assert_eq!(TruncationCurve { losses: Vec::new(), trained: 1.0 }.functional_rank(0.05), None);
}

#[test]
fn significance_finds_the_planted_rank_and_no_more() {
    let n = 100;
    let (mut false_alarms, mut found) = (0, 0);
    for replicate in 0..60 {
        let mut stream = Stream::new(21, "significance", replicate);
        // Uniform entries: the null law does not ask for normal ones.
        let noise = Mat::from_fn(n, n, |_, _| stream.uniform() - 0.5);
        let zero = Mat::zeros(n, n);
        let pure = WeightChange::new(zero.as_ref(), noise.as_ref()).unwrap();
        false_alarms += usize::from(pure.significant_rank(0.05).unwrap() > 0);
        // Three components at 1.5 times the edge 2√(n/12).
        let edge = 2.0 * (n as f64 / 12.0).sqrt();
        let factors = [stream.normals(3 * n), stream.normals(3 * n)];
        let planted = Mat::from_fn(n, n, |i, j| {
            noise[(i, j)]
                + (0..3).map(|k| factors[0][k * n + i] * factors[1][k * n + j]).sum::<f64>() * 2.0 * edge
                    / n as f64
        });
        let change = WeightChange::new(zero.as_ref(), planted.as_ref()).unwrap();
        found += usize::from(change.significant_rank(1e-3).unwrap() == 3);
    }
    // 5 % of 60 are 3; more than 12 have a probability below 1e-4.
    assert!(false_alarms <= 12 && found >= 57, "{false_alarms} {found}");
}

#[test]
fn shuffling_keeps_entries_and_the_change() {
    let mut stream = Stream::new(4, "shuffle", 0);
    let before = Bulk::Gaussian { g: 1.0 }.draw(20, &mut stream).unwrap();
    let after = Mat::from_fn(20, 20, |i, j| before[(i, j)] + if i == j { 2.0 } else { 0.0 });
    let change = WeightChange::new(before.as_ref(), after.as_ref()).unwrap();
    let shuffled = change.shuffled(&mut stream);
    let sorted = |a: &dyn Fn(usize, usize) -> f64| {
        let mut all: Vec<f64> = (0..400).map(|k| a(k % 20, k / 20)).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let old = sorted(&|i, j| before[(i, j)]);
    let new = sorted(&|i, j| shuffled[(i, j)] - if i == j { 2.0 } else { 0.0 });
    assert!(old.iter().zip(&new).all(|(a, b)| (a - b).abs() < 1e-12));
    let moved = (0..400).filter(|k| shuffled[(k % 20, k / 20)] != after[(k % 20, k / 20)]).count();
    assert!(moved > 380, "{moved}");
}

#[test]
fn spectra_overlaps_and_snapshots_know_a_rank_one_change() {
    let n = 40;
    let mut stream = Stream::new(6, "overlaps", 0);
    let before = Bulk::Gaussian { g: 0.5 }.draw(n, &mut stream).unwrap();
    let (m, w) = (stream.normals(n), stream.normals(n));
    let step = |size: f64| Mat::from_fn(n, n, |i, j| before[(i, j)] + size * m[i] * w[j] / n as f64);
    let after = step(3.0);
    let change = WeightChange::new(before.as_ref(), after.as_ref()).unwrap();
    let column = |v: &[f64]| Mat::from_fn(n, 1, |i, _| v[i]);
    let overlaps = change.overlaps(column(&m).as_ref(), column(&w).as_ref(), 3).unwrap();
    assert!((overlaps.left_input[(0, 0)].abs() - 1.0).abs() < 1e-12);
    assert!((overlaps.right_readout[(0, 0)].abs() - 1.0).abs() < 1e-12);
    let cosine = m.iter().zip(&w).map(|(a, b)| a * b).sum::<f64>()
        / (m.iter().map(|v| v * v).sum::<f64>() * w.iter().map(|v| v * v).sum::<f64>()).sqrt();
    assert!((overlaps.left_readout[(0, 0)].abs() - cosine.abs()).abs() < 1e-12);
    let spectra = change.spectra().unwrap();
    let mean = 3.0 * m.iter().zip(&w).map(|(a, b)| a * b).sum::<f64>() / n as f64;
    let leading =
        spectra.change.iter().map(|v| v.re).fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
    assert!((leading - mean).abs() < 1e-10);
    assert!(spectra.trained.windows(2).all(|pair| pair[0].re >= pair[1].re));
    assert_eq!(change.explained()[0], change.explained()[0].min(1.0));
    assert!((change.effective_rank() - 1.0).abs() < 1e-12);

    let snapshots = [step(0.0), step(1.0), step(3.0)];
    let along = singular_values_along(before.as_ref(), &snapshots, 2).unwrap();
    assert!(along[0][0] == 0.0 && (3.0 * along[1][0] - along[2][0]).abs() < 1e-12);
    assert!((along[2][0] - change.values()[0]).abs() < 1e-12);
    let paths = eigenvalues_along(&snapshots, 1).unwrap();
    assert_eq!(paths[2][0], spectra.trained[0]);
}

#[test]
fn alignment_is_the_cosine_for_one_output_and_a_line_of_states() {
    let (n, p) = (200, 300);
    let mut stream = Stream::new(8, "alignment", 0);
    let (w, other) = (stream.normals(n), stream.normals(n));
    let weights = Mat::from_fn(n, 1, |i, _| w[i]);
    let line = |v: &[f64]| Mat::from_fn(n, p, |i, t| 0.3 + v[i] * (0.1 * t as f64).sin());
    let aligned = output_alignment(weights.as_ref(), line(&w).as_ref()).unwrap();
    let oblique = output_alignment(weights.as_ref(), line(&other).as_ref()).unwrap();
    assert!((aligned - 1.0).abs() < 1e-12 && oblique < 5.0 / (n as f64).sqrt());
    // White states: ρ² = 1/N for any direction.
    let white = Mat::from_fn(n, 4000, |_, _| stream.normal());
    let rho = output_alignment(weights.as_ref(), white.as_ref()).unwrap();
    assert!((rho * rho * n as f64 - 1.0).abs() < 5.0 * (2.0 / 4000.0_f64).sqrt());
    assert!((relative_noise_along_output(weights.as_ref(), white.as_ref()).unwrap() - 1.0).abs() < 0.12);
    assert!(
        (relative_noise_along_output(weights.as_ref(), line(&w).as_ref()).unwrap() - n as f64).abs() < 1e-6
    );
    assert!((participation_ratio(line(&w).as_ref()).unwrap() - 1.0).abs() < 1e-9);
    let ratio = participation_ratio(white.as_ref()).unwrap();
    // (Σv)²/Σv² of a Wishart matrix: N/(1 + N/P).
    assert!((ratio / (n as f64 / (1.0 + n as f64 / 4000.0)) - 1.0).abs() < 0.01, "{ratio}");
}

#[test]
fn procrustes_angles_ignore_rotations_and_see_angles() {
    let mut stream = Stream::new(9, "procrustes", 0);
    let (n, p) = (6, 50);
    let x = Mat::from_fn(n, p, |_, _| stream.normal());
    let rotation = Qr::new(Mat::from_fn(n, n, |_, _| stream.normal()).as_ref()).unwrap().thin_q();
    let mut turned = Mat::zeros(n, p);
    attractorlab::numerics::linalg::matmul(rotation.as_ref(), x.as_ref(), turned.as_mut());
    assert!(procrustes_angle(x.as_ref(), turned.as_ref()).unwrap() < 1e-6);
    // Courses of time at an angle of 60°.
    let wave = |phase: f64| Mat::from_fn(1, 360, |_, t| ((t as f64).to_radians() + phase).cos());
    let angle = procrustes_angle(wave(0.0).as_ref(), wave(std::f64::consts::FRAC_PI_3).as_ref()).unwrap();
    assert!((angle - std::f64::consts::FRAC_PI_3).abs() < 1e-12);
}

#[test]
fn outputs_are_explained_by_the_components_that_carry_them() {
    // Three orthogonal courses of falling variance; the output is the third plus half the first.
    let course = |k: usize, t: usize| ((k + 1) as f64 * (t as f64) * std::f64::consts::TAU / 64.0).sin();
    let states = Mat::from_fn(3, 64, |i, t| [3.0, 2.0, 1.0][i] * course(i, t));
    let outputs = Mat::from_fn(1, 64, |_, t| course(2, t) + 0.5 * course(0, t));
    let shares = output_explained(states.as_ref(), outputs.as_ref(), 3, 0.0).unwrap();
    for (found, expected) in shares.iter().zip([0.2, 0.2, 1.0]) {
        assert!((found - expected).abs() < 1e-12, "{shares:?}");
    }
    let ridged = output_explained(states.as_ref(), outputs.as_ref(), 3, 10.0).unwrap();
    assert!(ridged[2] < 0.5 && ridged[2] > ridged[0]);
}

#[test]
fn susceptibility_compares_directions() {
    // Two units; the network forgets perturbations of the second; it is read from the second, and lives in the first.
    let weights = Mat::from_fn(2, 1, |i, _| if i == 1 { 2.0 } else { 0.0 });
    let states = Mat::from_fn(2, 20, |i, t| if i == 0 { (t as f64).cos() } else { 0.0 });
    let loss = |direction: &[f64], amplitude: f64| -> Result<f64, AlignmentError> {
        Ok(0.1 + (amplitude * direction[0]).powi(2) + 0.01 * (amplitude * direction[1]).powi(2))
    };
    let found = relative_susceptibility(weights.as_ref(), states.as_ref(), &[0.0, 1.0, 2.0], loss).unwrap();
    assert!((found.relative - 0.01).abs() < 1e-12);
    assert!((found.along_components[2] - 4.1).abs() < 1e-12);
}

#[test]
fn a_trained_flip_flop_keeps_its_function_in_few_components() {
    let (n, task) = (64, FlipFlop::default());
    let weights = RateWeights::draw(n, 2, 2, 0.9, &mut Stream::new(3, "network", 0));
    let initial = RateUnits::<f32>::new(&weights, Form::Current, Transfer::Tanh, 0.5).unwrap();
    let optimiser = OptimiserRule::adam(0.05 / n as f64);
    let options = TrainingOptions { epochs: 250, optimiser, ..TrainingOptions::default() };
    let mut trainer = Trainer::new(initial.clone(), &task, options).unwrap();
    trainer.run().unwrap();
    let change = TrainedChange::new(&initial, trainer.network(), "recurrent").unwrap();
    let batch = task.test_batch(1, 96).unwrap();
    let curve = change.truncation_curve(25, &batch, Loss::HalfSquare).unwrap();
    let (trained, _) = evaluate(trainer.network(), &batch, Loss::HalfSquare).unwrap();
    assert!((curve.trained - trained).abs() <= 1e-6 * trained);
    let rank = curve.functional_rank(0.05).unwrap();
    assert!((2..=12).contains(&rank), "{rank}");
    // All components: single precision apart, the trained network again.
    let all = change.loss_with(change.change.truncated(n).as_ref(), &batch, Loss::HalfSquare).unwrap();
    assert!((all / trained - 1.0).abs() < 1e-2, "{all} {trained}");
    let shuffled = change.shuffled_loss(&mut Stream::new(1, "shuffle", 0), &batch, Loss::HalfSquare).unwrap();
    assert!(shuffled > 0.3 * curve.losses[0] && shuffled > 20.0 * trained, "{shuffled}");
    assert!(TrainedChange::new(&initial, trainer.network(), "nothing").is_err());
}

#[test]
fn what_does_not_fit_is_said() {
    let (a, b) = (Mat::<f64>::zeros(3, 3), Mat::<f64>::zeros(3, 2));
    assert!(matches!(WeightChange::new(a.as_ref(), b.as_ref()), Err(ChangeError::Shape { .. })));
    let nan = Mat::from_fn(3, 3, |_, _| f64::NAN);
    assert!(matches!(WeightChange::new(a.as_ref(), nan.as_ref()), Err(ChangeError::Linalg(_))));
    let nothing = WeightChange::new(a.as_ref(), a.as_ref()).unwrap();
    assert!(nothing.explained().is_empty() && nothing.effective_rank() == 0.0);
    assert_eq!(nothing.significant_rank(0.05).unwrap(), 0);
    assert!(nothing.significance(3).is_err() && nothing.significant_rank(1.5).is_err());
    assert!(nothing.overlaps(Mat::zeros(2, 1).as_ref(), b.as_ref(), 1).is_err());
    let rectangular = WeightChange::new(b.as_ref(), b.as_ref()).unwrap();
    assert!(rectangular.spectra().is_err() && rectangular.overlaps(b.as_ref(), b.as_ref(), 1).is_err());
    assert!(singular_values_along(a.as_ref(), std::slice::from_ref(&b), 1).is_err());
    assert!(WeightChange::new(Mat::zeros(0, 0).as_ref(), Mat::zeros(0, 0).as_ref()).is_ok());

    let constant = Mat::from_fn(3, 5, |i, _| i as f64);
    let weights = Mat::from_fn(3, 1, |_, _| 1.0);
    assert!(matches!(
        output_alignment(weights.as_ref(), constant.as_ref()),
        Err(AlignmentError::Nothing { name: "the states", .. })
    ));
    assert!(output_alignment(weights.as_ref(), Mat::zeros(2, 5).as_ref()).is_err());
    assert!(procrustes_angle(constant.as_ref(), Mat::zeros(3, 4).as_ref()).is_err());
    assert!(participation_ratio(constant.as_ref()).is_err());
    // Sums of 0.1 are rounded, so that its mean is not 0.1: still nothing varies.
    for (value, columns) in [(0.1, 5), (0.1, 20_000), (-1e-30, 7), (1e200, 3)] {
        let still = Mat::from_fn(3, columns, |i, _| value * (1.0 + i as f64));
        let outputs = Mat::from_fn(1, columns, |_, c| c as f64);
        assert!(output_alignment(weights.as_ref(), still.as_ref()).is_err(), "{value} {columns}");
        assert!(procrustes_angle(still.as_ref(), still.as_ref()).is_err());
        assert!(participation_ratio(still.as_ref()).is_err());
        assert!(output_explained(still.as_ref(), outputs.as_ref(), 2, 0.0).is_err());
        assert!(relative_noise_along_output(weights.as_ref(), still.as_ref()).is_err());
        // One unit that varies, however little beside the others, has a direction.
        let moving = Mat::from_fn(3, columns, |i, c| if i == 2 { 1e-30 * c as f64 } else { value });
        let along = Mat::from_fn(3, 1, |i, _| f64::from(u8::from(i == 2)));
        let rho = output_alignment(along.as_ref(), moving.as_ref()).unwrap();
        assert!((rho - 1.0).abs() < 1e-12, "{value} {columns}: {rho}");
    }
    let none = |_: &[f64], _: f64| Ok::<f64, AlignmentError>(0.0);
    let moving = Mat::from_fn(3, 5, |i, t| (i + t) as f64);
    assert!(relative_susceptibility(weights.as_ref(), moving.as_ref(), &[1.0], none).is_err());
    assert!(relative_susceptibility(weights.as_ref(), moving.as_ref(), &[0.0, 1.0], none).is_err());
}
