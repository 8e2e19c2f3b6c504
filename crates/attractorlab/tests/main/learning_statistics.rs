//! Networks that learn, against samples of an independent implementation: means within what the spreads of both
//! samples allow.
//!
//! `ATTRACTORLAB_EXHAUSTIVE=1` trains ten networks a setting in the place of one or two, and prints their spreads.

use attractorlab::analysis::TaskLearning;
use attractorlab::network::{Form, Transfer};
use attractorlab::numerics::linalg::{Lu, Mat, eigenvalues, singular_values};
use attractorlab::numerics::random::Stream;
use attractorlab::task::{DrivenFixedPoint, TaskKind};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{RateUnits, RateWeights, Trainer, TrainingOptions, convergence_epoch};
use rayon::prelude::*;
use serde_json::Value;

use crate::reference::{cases, number};

fn exhaustive() -> bool {
    std::env::var_os("ATTRACTORLAB_EXHAUSTIVE").is_some()
}

fn expected(name: &str) -> Vec<Value> {
    let cases = cases("schuessler2020", "statistics");
    let case = cases.iter().find(|case| case["name"] == name).expect("a case of this name");
    case["expect"].as_array().expect("a list").clone()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|v| (v - mean) * (v - mean)).sum()
}

/// A quantity of a trained network: its name in the reference, and its standard deviation between networks, of its
/// mean.
///
/// The spreads are rounded up from those of five flip-flop networks at each of g = 0, 0.3 and 0.6 at this size; the
/// exhaustive form prints its own. Epochs to convergence are noisy because each loss is that of one batch.
const QUANTITIES: [(&str, f64); 7] = [
    ("conv5", 0.25),
    ("norm_dW", 0.08),
    ("norm_dWI", 0.20),
    ("norm_dWO_rel", 0.12),
    ("first_value", 0.10),
    ("func_rank", 0.25),
    ("outlier", 0.06),
];

/// The quantities of one network.
fn learn(task: &str, g: f64, epochs: u64, replicate: u64) -> [f64; 8] {
    let task = TaskKind::named(task).expect("a task of the library");
    let learning = TaskLearning { epochs, ..TaskLearning::new(task, g) };
    let learnt = learning.run(21, replicate, || false).unwrap();
    let part = |name: &str| learnt.part_change(name).unwrap();
    let spectra = learnt.change().spectra().unwrap();
    let shuffled = learnt.shuffled_loss(&mut Stream::new(21, "shuffled weights", replicate)).unwrap();
    let rank = learnt.functional_rank(15).unwrap();
    let (readout, before) = part("readout");
    [
        learnt.convergence.map_or(f64::NAN, |epoch| epoch as f64),
        learnt.change().norm(),
        part("input").0,
        readout / before,
        learnt.change().values()[0],
        rank.map_or(f64::NAN, |rank| rank as f64),
        spectra.trained[0].re,
        shuffled,
    ]
}

#[test]
fn trained_networks_have_the_statistics_of_the_reference() {
    let reference = expected("nonlinear_task_statistics");
    // Settings, and how many networks are trained of each in the short form.
    let settings = [
        ("flipflop", "flip_flop", 0.0, 600, 2),
        ("flipflop", "flip_flop", 0.9, 600, 2),
        ("mante", "context_decision", 0.9, 400, 1),
        ("romo", "working_memory", 1.5, 500, 1),
    ];
    let jobs: Vec<(usize, u64)> = settings
        .iter()
        .enumerate()
        .flat_map(|(setting, (.., few))| (0..if exhaustive() { 10 } else { *few }).map(move |k| (setting, k)))
        .collect();
    let found: Vec<[f64; 8]> = jobs
        .par_iter()
        .map(|&(setting, network)| {
            let (_, task, g, epochs, _) = settings[setting];
            learn(task, g, epochs, ((setting as u64) << 8) | network)
        })
        .collect();
    for (setting, (name, _, g, epochs, _)) in settings.into_iter().enumerate() {
        let same = |case: &&Value| {
            case["task"] == name && number(&case["g"]) == g && number(&case["epochs"]) == epochs as f64
        };
        let theirs: Vec<&Value> = reference.iter().filter(same).collect();
        let of = |k: usize| -> Vec<f64> {
            jobs.iter().zip(&found).filter(|(job, _)| job.0 == setting).map(|(_, values)| values[k]).collect()
        };
        for (k, (quantity, spread)) in QUANTITIES.into_iter().enumerate() {
            let theirs: Vec<f64> = theirs
                .iter()
                .map(|case| match quantity {
                    "first_value" => number(&case["sv"][0]),
                    "outlier" => number(&case["ev_W_top"][0][0]),
                    name => number(&case[name]),
                })
                .collect();
            // Networks that have not learnt enough by then have no functional rank.
            let ours: Vec<f64> = of(k).into_iter().filter(|value| value.is_finite()).collect();
            assert!(2 * ours.len() > of(k).len(), "{name} g = {g}: {quantity} {:?}", of(k));
            let (ours_mean, theirs_mean) = (mean(&ours), mean(&theirs));
            let n = ours.len() as f64;
            if exhaustive() {
                let deviation = (squares(&ours) / (n - 1.0)).sqrt() / ours_mean;
                println!(
                    "{name} g = {g}: {quantity} {ours_mean:.4}, spread {deviation:.3}, theirs {theirs_mean:.4}"
                );
            }
            // Four and a half standard deviations: a false alarm in 1 of 5000 seeds for 28 comparisons.
            let allowed = 4.5 * spread * theirs_mean * (1.0 / n + 1.0 / theirs.len() as f64).sqrt();
            assert!(
                (ours_mean - theirs_mean).abs() <= allowed,
                "{name} g = {g}: {quantity} {ours:?} against {theirs:?}, allowed {allowed:.3}"
            );
        }
        // Permuting W₀: nothing to permute, or all is lost (0.90 to 1.15 in the reference).
        let shuffled = mean(&of(7));
        let range = if g == 0.0 { 0.0..0.01 } else { 0.7..1.6 };
        assert!(range.contains(&shuffled), "{name} g = {g}: shuffled loss {shuffled}");
    }
}

/// The recurrent weights of a linear network before some epochs, and its losses.
fn descend(network: &RateWeights, case: &Value) -> (Vec<Mat<f64>>, Vec<f64>) {
    let task = DrivenFixedPoint {
        duration: number(&case["t_max"]),
        target: number(&case["zhat"]),
        ..DrivenFixedPoint::default()
    };
    let units = RateUnits::<f64>::new(network, Form::Current, Transfer::Linear, 0.5).unwrap();
    let options = TrainingOptions {
        // The parameters after 200 updates are those before epoch 200.
        epochs: 201,
        trials: 1,
        optimiser: OptimiserRule::GradientDescent { learning_rate: number(&case["expect_mean_std"]["lr"]) },
        trained: vec!["recurrent".to_owned()],
        snapshot_every: 10,
        ..TrainingOptions::default()
    };
    let mut trainer = Trainer::new(units, &task, options).unwrap();
    trainer.run().unwrap();
    let n = network.recurrent.nrows();
    let matrix = |parameters: &[f64]| Mat::from_fn(n, n, |i, j| parameters[j * n + i]);
    let snapshots = trainer.snapshots().iter().map(|snapshot| matrix(&snapshot.parameters));
    (snapshots.collect(), trainer.losses())
}

/// The output at the fixed point under input one.
fn output(network: &RateWeights, weights: &Mat<f64>) -> f64 {
    let n = weights.nrows();
    let resolvent = Mat::from_fn(n, n, |i, j| f64::from(u8::from(i == j)) - weights[(i, j)]);
    let input: Vec<f64> = network.input.col(0).iter().copied().collect();
    let state = Lu::new(resolvent.as_ref()).unwrap().solve(&input);
    state.iter().zip(network.readout.col(0).iter()).map(|(x, w)| x * w).sum()
}

#[test]
fn linear_networks_have_the_statistics_of_the_reference() {
    let reference = expected("linear_rnn_simulation_statistics");
    let count: u64 = if exhaustive() { 10 } else { 4 };
    let jobs: Vec<(usize, u64)> =
        (0..reference.len()).flat_map(|k| (0..count).map(move |i| (k, i))).collect();
    let found: Vec<Vec<(String, f64)>> = jobs
        .par_iter()
        .map(|&(index, network)| {
            let case = &reference[index];
            let (units, g) = (number(&case["N"]) as usize, number(&case["g"]));
            let mut stream = Stream::new(22, "linear statistics", ((index as u64) << 8) | network);
            let network = RateWeights::draw(units, 1, 1, g, &mut stream);
            let (weights, losses) = descend(&network, case);
            let convergence = convergence_epoch(&losses, 0.05).map_or(f64::NAN, |epoch| epoch as f64);
            let mut values = vec![("conv_epoch_5pct".to_owned(), convergence)];
            for epoch in [20, 50, 100, 200] {
                let now = &weights[epoch / 10];
                let change = now - &network.recurrent;
                let sigma = singular_values(change.as_ref()).unwrap();
                values.push((format!("s1_{epoch}"), sigma[0]));
                values.push((format!("s2_{epoch}"), sigma[1]));
                if epoch == 200 {
                    values.push(("norm_dW_200".to_owned(), change.norm_l2()));
                    values.push(("s3_200".to_owned(), sigma[2]));
                    let spectrum = eigenvalues(now.as_ref()).unwrap();
                    let leading = spectrum.iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max);
                    values.push(("re_lambda1_200".to_owned(), leading));
                } else {
                    values.push((format!("z_{epoch}"), output(&network, now)));
                }
            }
            values
        })
        .collect();
    for (index, case) in reference.iter().enumerate() {
        let setting = format!("g = {}, target {}", case["g"], case["zhat"]);
        let samples: Vec<&Vec<(String, f64)>> =
            jobs.iter().zip(&found).filter(|(job, _)| job.0 == index).map(|(_, values)| values).collect();
        for (k, (name, _)) in samples[0].iter().enumerate() {
            let ours: Vec<f64> = samples.iter().map(|values| values[k].1).collect();
            let expect = &case["expect_mean_std"][name.as_str()];
            let (theirs, deviation) = (number(&expect[0]), number(&expect[1]));
            if name == "s3_200" && number(&case["g"]) == 0.0 {
                // Without a bulk the change has rank two at all times: the rest is rounding.
                assert!(ours.iter().all(|s| *s < 1e-14), "{setting}: third singular values {ours:?}");
                continue;
            }
            let (n, m) = (ours.len() as f64, number(&case["expect_mean_std"]["n_seeds"]));
            let pooled = ((squares(&ours) + m * deviation * deviation) / (n + m - 2.0)).sqrt();
            // Six standard errors with seven degrees of freedom or more: 1 in 2000 for one comparison; epochs are
            // whole numbers.
            let whole = if name == "conv_epoch_5pct" { 1.0 } else { 0.0 };
            let allowed = 6.0 * pooled * (1.0 / n + 1.0 / m).sqrt() + whole;
            assert!(
                (mean(&ours) - theirs).abs() <= allowed,
                "{setting}: {name} {ours:?} against {theirs} ± {deviation}, allowed {allowed:.2e}"
            );
        }
    }
}
