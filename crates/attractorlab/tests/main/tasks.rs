//! Tasks against reference trials, their statistics, and what they refuse.

use attractorlab::numerics::random::Stream;
use attractorlab::task::{
    Batch, ContextDecision, ContextTrial, Cosine, DrivenFixedPoint, FlipFlop, Pulse, Task, TaskError,
    TaskKind, WorkingMemory, WorkingMemoryTrial,
};
use serde_json::{Value, json};

use crate::reference::{cases, number};

fn case(name: &str) -> Value {
    let kind = if name == "task_sampler_statistics" { "statistics" } else { "task" };
    cases("schuessler2020", kind).into_iter().find(|case| case["name"] == name).expect("the case")
}

/// Runs [channel, first, end, value] of constant values other than zero, of the first trial.
fn runs(values: &[f64], channels: usize, trials: usize) -> Value {
    let mut found = Vec::new();
    for channel in 0..channels {
        let at = |step: usize| values[step * trials * channels + channel];
        let steps = values.len() / (channels * trials);
        let mut step = 0;
        while step < steps {
            let start = step;
            while step < steps && at(step) == at(start) {
                step += 1;
            }
            if at(start) != 0.0 {
                found.push(json!([channel, start, step, at(start)]));
            }
        }
    }
    Value::Array(found)
}

fn assert_trial(name: &str, batch: &Batch) {
    let expect = &case(name)["expect"];
    let d = batch.dimensions();
    assert_eq!(json!(d.steps), expect["n_steps"]);
    assert_eq!(runs(batch.inputs(), d.inputs, batch.trials()), expect["u_runs"], "{name} inputs");
    assert_eq!(runs(batch.targets(), d.outputs, batch.trials()), expect["target_runs"], "{name} targets");
    assert_eq!(runs(batch.masks(), d.outputs, batch.trials()), expect["mask_runs"], "{name} masks");
    assert_eq!(json!(batch.mask_total()), expect["mask_sum"]);
}

#[test]
fn trials_are_those_of_the_reference() {
    let flip_flop = case("task_flipflop");
    let task = FlipFlop::default();
    let pulses: Vec<Pulse> = flip_flop["pulses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| Pulse { gap: number(&p[0]), channel: number(&p[1]) as usize, sign: number(&p[2]) })
        .collect();
    let batch = Batch::from_trials(task.dimensions(), 1, |_, trial| task.write(&pulses, trial)).unwrap();
    assert_trial("task_flipflop", &batch);

    let mante = case("task_mante_noise_free");
    let task = ContextDecision { noise: 0.0, ..ContextDecision::default() };
    let trial = ContextTrial {
        context: number(&mante["context"]) as usize,
        coherences: [number(&mante["coh"][0]), number(&mante["coh"][1])],
    };
    let batch = task.batch_with(&[trial], &mut Stream::new(1, "test", 0)).unwrap();
    assert_trial("task_mante_noise_free", &batch);

    let romo = case("task_romo");
    let trial =
        WorkingMemoryTrial { stimuli: [number(&romo["a0"]), number(&romo["a1"])], gap: number(&romo["gap"]) };
    let batch = WorkingMemory::default().batch_with(&[trial]).unwrap();
    assert_trial("task_romo", &batch);

    let batch = DrivenFixedPoint::default().batch(1, 0, 1).unwrap();
    assert_eq!(runs(batch.inputs(), 1, 1), json!([[0, 2, 202, 1.0]]));
    assert_eq!(runs(batch.masks(), 1, 1), json!([[0, 200, 202, 1.0]]));

    let cosine = cases("schuessler2020", "cosine").remove(0);
    let task = Cosine { duration: 4.0, period: 2.0, periods: 1.0, ..Cosine::default() };
    let batch = task.batch(1, 0, 1).unwrap();
    assert_eq!(json!(batch.mask_total()), cosine["expect"]["mask_sum"]);
    assert_eq!(json!(task.dimensions().steps), cosine["expect"]["n_steps"]);
    for (found, expected) in batch.targets().iter().zip(cosine["expect"]["target_first5"].as_array().unwrap())
    {
        assert!((found - number(expected)).abs() < 1e-15);
    }
}

#[test]
fn samples_have_the_statistics_of_the_reference() {
    let expect = &case("task_sampler_statistics")["expect"];
    let trials = 4000;
    for (name, kind) in [("flipflop", "flip_flop"), ("mante", "context_decision"), ("romo", "working_memory")]
    {
        let kind = TaskKind::named(kind).unwrap();
        let batch = kind.task().test_batch(11, trials).unwrap();
        let d = batch.dimensions();
        let per_trial = |values: &[f64], channels: usize, f: &dyn Fn(f64) -> f64| -> Vec<f64> {
            (0..trials)
                .map(|b| {
                    let at = |t: usize, c: usize| f(values[(t * trials + b) * channels + c]);
                    let sum: f64 = (0..d.steps).map(|t| (0..channels).map(|c| at(t, c)).sum::<f64>()).sum();
                    sum / (d.steps * channels) as f64
                })
                .collect()
        };
        // The reference's sample is as large as this one: both scatter.
        let agree = |what: &str, sample: &[f64], expected: f64| {
            let mean = sample.iter().sum::<f64>() / trials as f64;
            let variance = sample.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / trials as f64;
            let allowed = 4.0 * (2.0 * variance / trials as f64).sqrt() + 1e-12;
            assert!((mean - expected).abs() <= allowed, "{name} {what}: {mean} {expected} ± {allowed}");
        };
        let expect = &expect[name];
        agree("mask", &per_trial(batch.masks(), d.outputs, &|m| m), number(&expect["mask_fraction_mean"]));
        agree("input", &per_trial(batch.inputs(), d.inputs, &|u| u * u), number(&expect["u_mean_square"]));
        let loss = number(&expect["loss_of_zero_output"]);
        assert!((batch.zero_loss() / loss - 1.0).abs() < 0.01, "{name}: {} {loss}", batch.zero_loss());
    }
}

#[test]
fn kept_channels_hold_their_sign() {
    let task = FlipFlop { keep: true, channels: 3, ..FlipFlop::default() };
    let pulses = [(0, 1.0), (2, -1.0), (0, -1.0)].map(|(channel, sign)| Pulse { gap: 5.0, channel, sign });
    let batch = Batch::from_trials(task.dimensions(), 1, |_, trial| task.write(&pulses, trial)).unwrap();
    let at = |step: usize| &batch.targets()[3 * step..3 * step + 3];
    assert_eq!(
        (at(15), at(35), at(55)),
        (&[0.5, 0.0, 0.0][..], &[0.5, 0.0, -0.5][..], &[-0.5, 0.0, -0.5][..])
    );
}

#[test]
fn tasks_that_are_none_are_refused() {
    let refused = |task: &dyn Task, words: &str| {
        let error = task.batch(1, 0, 4).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(&FlipFlop { duration: 4.0, ..FlipFlop::default() }, "too short");
    refused(&FlipFlop { time_step: 0.0, ..FlipFlop::default() }, "time_step");
    refused(&FlipFlop { gap: (5.0, 1.0), ..FlipFlop::default() }, "gap");
    refused(&FlipFlop { channels: 0, ..FlipFlop::default() }, "channels");
    refused(&ContextDecision { decision: 0.1, ..ContextDecision::default() }, "too short");
    refused(&ContextDecision { coherences: vec![], ..ContextDecision::default() }, "coherences");
    refused(&WorkingMemory { least_difference: 2.0, ..WorkingMemory::default() }, "least_difference");
    refused(&DrivenFixedPoint { duration: 1.0, ..DrivenFixedPoint::default() }, "too short");
    refused(&Cosine { periods: 9.0, ..Cosine::default() }, "too short");
    assert_eq!(FlipFlop::default().batch(1, 0, 0), Err(TaskError::NoTrials));
    let dimensions = FlipFlop::default().dimensions();
    assert_eq!(Batch::from_trials(dimensions, 2, |_, _| {}), Err(TaskError::NothingMasked));
    let nan = Batch::from_trials(dimensions, 2, |_, trial| {
        trial.mask(0..5, 1.0);
        trial.input(3..4, 1, f64::NAN);
    });
    assert!(matches!(nan, Err(TaskError::Value { trial: 0, step: 3, .. })));
}

#[test]
fn trials_beyond_all_measure_are_refused_before_anything_is_allocated() {
    let refused = |task: &dyn Task, words: &str| {
        let error = task.check().unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(task.batch(1, 0, 1), Err(error));
    };
    let flip_flop = FlipFlop::default;
    refused(&FlipFlop { duration: 1e18, ..flip_flop() }, "values");
    refused(&FlipFlop { time_step: 1e-300, ..flip_flop() }, "too short");
    refused(&FlipFlop { channels: 1_000_000_000_000, ..flip_flop() }, "values");
    refused(&FlipFlop { channels: usize::MAX, ..flip_flop() }, "values");
    refused(&FlipFlop { onset: 1e300, ..flip_flop() }, "too short");
    refused(&FlipFlop { delay: 1e300, ..flip_flop() }, "too short");
    refused(&ContextDecision { stimulus: 1e300, ..ContextDecision::default() }, "values");
    refused(&WorkingMemory { gap: (1.0, 1e300), ..WorkingMemory::default() }, "values");
    refused(&DrivenFixedPoint { counted_steps: usize::MAX, ..DrivenFixedPoint::default() }, "too short");
    refused(&Cosine { duration: 1e12, ..Cosine::default() }, "values");
    // An endless pulse or gap is cut at the end of the trial.
    assert!(FlipFlop { pulse: 1e300, gap: (1e300, 1e308), ..flip_flop() }.batch(1, 0, 2).is_ok());

    let too_large = |batch| assert!(matches!(batch, Err(TaskError::TooLarge { .. })), "{batch:?}");
    too_large(flip_flop().batch(1, 0, 1 << 62));
    too_large(flip_flop().batch(1, 0, 10_000_000));
    let dimensions = flip_flop().dimensions();
    too_large(Batch::from_arrays(dimensions, 1 << 62, vec![], vec![], vec![]));
}

#[test]
fn decisions_follow_the_outputs() {
    let task = ContextDecision::default();
    let mut stream = Stream::new(3, "test", 0);
    let trials: Vec<ContextTrial> = (0..20).map(|_| task.draw(&mut stream)).collect();
    let batch = task.batch_with(&trials, &mut stream).unwrap();
    // The targets are perfect outputs.
    let decisions = task.decisions(batch.targets(), 20);
    assert!(decisions.iter().zip(&trials).all(|(d, trial)| *d == trial.relevant().signum()));
    let [relevant, irrelevant] = task.psychometric_curves(batch.targets(), &trials);
    assert!(relevant.iter().all(|point| point.share() == f64::from(u8::from(point.stimulus > 0.0))));
    assert_eq!(irrelevant.iter().map(|point| point.trials).sum::<usize>(), 20);
    assert!(irrelevant.iter().any(|point| point.stimulus < 0.0 && point.chosen > 0));

    // Coherences that are no multiples of each other stay apart.
    let task = ContextDecision { coherences: vec![0.3, 0.4, 0.5], ..ContextDecision::default() };
    let trials: Vec<ContextTrial> = (0..200).map(|_| task.draw(&mut stream)).collect();
    let batch = task.batch_with(&trials, &mut stream).unwrap();
    let [relevant, _] = task.psychometric_curves(batch.targets(), &trials);
    let strengths: Vec<f64> = relevant.iter().map(|point| point.stimulus).collect();
    assert_eq!(strengths, [-0.5, -0.4, -0.3, 0.3, 0.4, 0.5]);

    let task = WorkingMemory::default();
    let trials: Vec<WorkingMemoryTrial> = (0..20).map(|_| task.draw(&mut stream)).collect();
    let batch = task.batch_with(&trials).unwrap();
    let decisions = task.decisions(batch.targets(), &trials);
    assert!(decisions.iter().zip(&trials).all(|(d, trial)| *d == trial.larger()));
    let curve = task.psychometric_curve(batch.targets(), &trials, 0.1);
    assert!(curve.iter().all(|point| point.share() == f64::from(u8::from(point.stimulus > 0.0))));
}
