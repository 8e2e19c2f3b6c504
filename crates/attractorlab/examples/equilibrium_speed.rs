//! Time and memory of training on fixed points: `equilibrium_speed linear | mnist FOLDER`.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use attractorlab::dynamics::{EquilibriumOptions, StabilityTest};
use attractorlab::network::{Bulk, Transfer};
use attractorlab::numerics::linalg::{Lu, Mat};
use attractorlab::numerics::random::Stream;
use attractorlab::task::images::ImageData;
use attractorlab::training::equilibrium::linear::{
    GradientPath, LinearRule, LinearTask, LinearWeights, LinearisedPath, ReparameterisedPath,
};
use attractorlab::training::equilibrium::{
    Batches, ForwardPass, ImageClassification, LearningTask, Split, Trainer, TrainerOptions, rule_by_name,
};

const RATES: [f64; 5] = [0.03, 0.1, 0.3, 1.0, 3.0];
const STEPS: u64 = 3500;

fn linear() -> Result<(), Box<dyn std::error::Error>> {
    let (n, m) = (200, 100);
    let mut stream = Stream::new(2023, "speed", 0);
    let mut normal = |rows, columns, sd: f64| Mat::from_fn(rows, columns, |_, _| sd * stream.normal());
    let (x, teacher, noise) = (normal(n, m, 0.1), normal(n, n, 0.5 / (n as f64).sqrt()), normal(n, m, 0.01));
    let start = normal(n, n, 0.75 / (n as f64).sqrt());
    let y = Lu::from_matrix(Mat::<f64>::identity(n, n) - teacher)?.inverse() * &x + noise;
    let task = LinearTask::new(x, y)?;

    let clock = Instant::now();
    let mut losses = Vec::new();
    let mut path = ReparameterisedPath::new(&task, start.as_ref(), 1.0, false)?;
    for rate in RATES {
        path = path.at_rate(rate, false);
        losses.extend(path.losses(STEPS).last().copied());
    }
    println!("rule 2: {:.3} s, J at the end {losses:?}", clock.elapsed().as_secs_f64());

    let clock = Instant::now();
    let mut losses = Vec::new();
    for rate in RATES {
        let mut path = LinearisedPath::new(&task, start.as_ref(), rate)?;
        let mut loss = path.loss()?;
        for _ in 0..200 {
            path.advance(STEPS / 200);
            loss = path.loss()?;
        }
        path.advance(STEPS % 200);
        losses.push(loss);
    }
    println!("rule 3: {:.3} s, J at the end {losses:?}", clock.elapsed().as_secs_f64());

    let clock = Instant::now();
    let mut losses = Vec::new();
    for rate in RATES {
        let mut path = GradientPath::new(&task, start.as_ref(), rate)?;
        path.advance(STEPS)?;
        losses.push(path.loss()?);
    }
    println!("rule 1: {:.2} s, J at the end {losses:?}", clock.elapsed().as_secs_f64());

    let clock = Instant::now();
    let mut losses = Vec::new();
    for rate in RATES {
        let mut weights = LinearWeights::new(&task, start.clone())?;
        for _ in 0..STEPS {
            weights.step(LinearRule::Gradient, rate)?;
        }
        losses.push(task.loss(weights.weights())?);
    }
    println!("rule 1 as it is written: {:.2} s, J at the end {losses:?}", clock.elapsed().as_secs_f64());
    Ok(())
}

fn mnist(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let data = Arc::new(ImageData::read_folder(folder)?);
    let task = ImageClassification::<f32>::draw(data, 300, 1.0, 1)?;
    let batches = Batches::new(task.samples(Split::Train), 512, 1)?;
    let (tested, found) = (Some(StabilityTest::Growth), Some(StabilityTest::Off));
    for (name, rate, states) in [
        ("linearised", 0.1, found),
        ("linearised", 0.25, found),
        ("gradient", 0.01, found),
        ("linearised", 0.1, tested),
        ("linearised", 0.25, tested),
        ("gradient", 0.01, tested),
        ("linearised", 0.1, None),
    ] {
        let start = Bulk::Gaussian { g: 0.5 }.draw(300, &mut Stream::new(1, "speed", 0))?;
        let start = Mat::from_fn(300, 300, |i, j| start[(i, j)] as f32);
        let pass = states.map_or_else(ForwardPass::truncated, |stability| {
            ForwardPass::Converged(EquilibriumOptions { stability, ..EquilibriumOptions::of::<f32>() })
        });
        let options = TrainerOptions { pass, ..TrainerOptions::plain::<f32>(rate) };
        let rule = rule_by_name(name).ok_or("no such rule")?;
        let mut trainer = Trainer::new(start.as_ref(), Transfer::Tanh, rule, options)?;
        let mut times = Vec::new();
        for step in 0..if states.is_none() { 12 } else { 354 } {
            let clock = Instant::now();
            let (drive, loss) = task.batch(Split::Train, &batches.indices(step))?;
            let inputs = clock.elapsed().as_secs_f64();
            let record = trainer.step(&drive, loss.as_ref())?;
            times.push(1e3 * clock.elapsed().as_secs_f64());
            if step == 353 {
                println!("  the last step: inputs {:.1} ms, {record:?}", 1e3 * inputs);
            }
        }
        let median = |times: &[f64]| {
            let mut times = times.to_vec();
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        let thirds: Vec<String> =
            times.chunks(times.len() / 3).map(|third| format!("{:.1}", median(third))).collect();
        println!(
            "{name}, rate {rate}, stability {states:?}: median {:.1} ms a step, by thirds {}",
            median(&times),
            thirds.join(", ")
        );
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    println!("{}", status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("linear") => linear(),
        Some("mnist") => mnist(Path::new(arguments.get(2).ok_or("which folder?")?)),
        _ => Err("equilibrium_speed linear | mnist FOLDER".into()),
    }
}
