//! Probe.
use std::time::Instant;
use attractorlab::analysis::weight_change::TrainedChanges;
use attractorlab::numerics::random::Stream;
use attractorlab::task::text::{TextClassification, TextOptions, accuracy};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let a: Vec<String> = std::env::args().collect();
    let get = |k: &str, d: f64| a.iter().position(|x| x == k).map_or(d, |i| a[i + 1].parse().unwrap());
    let (n, dim, epochs) = (get("n", 64.0) as usize, get("dim", 50.0) as usize, get("epochs", 500.0) as u64);
    let (drop, rate, trials, seed) = (get("drop", 0.5), get("rate", 0.01), get("trials", 64.0) as usize, get("seed", 1.0) as u64);
    let begin = Instant::now();
    let data = a.iter().position(|x| x == "data").map(|i| a[i + 1].clone().into());
    let task = TextClassification::new(TextOptions { data, dimension: dim, least_rating: get("least", 0.0), most_words: get("words", 60.0) as usize, validation: get("val", 1000.0) as usize, split: seed, ..TextOptions::default() });
    let data = task.data()?;
    println!("load {:.2} s, {} words, train {}, approving {:.3}", begin.elapsed().as_secs_f64(), data.vectors().words(), data.train_count(), data.approving());
    let mut net = GatedUnits::<f32>::draw_stack(GatedCellKind::Lstm, 2, n, dim, 1, &mut Stream::new(seed, "n", 0))?;
    let scale = (n as f32 / dim as f32).sqrt();
    let input: Vec<f32> = net.tensor("input_l0")?.iter().map(|v| v * scale).collect();
    net.set_tensor("input_l0", &input)?;
    let net = net.with_dropout(drop)?;
    let options = TrainingOptions { epochs, trials, optimiser: OptimiserRule::adam(rate / n as f64), loss: Loss::BinaryCrossEntropy, seed, trained: ["recurrent","input","input_bias","recurrent_bias","readout","readout_bias"].map(str::to_owned).to_vec(), ..TrainingOptions::default() };
    let mut trainer = Trainer::new(net.clone(), &task, options)?;
    let batches = data.validation_batches(64)?;
    let measure = |m: &GatedUnits<f32>| -> f64 {
        let mut s = 0.0; let mut c = 0;
        for b in &batches { let (_, z) = evaluate(m, b, Loss::BinaryCrossEntropy).unwrap(); s += accuracy(&z, b) * b.trials() as f64; c += b.trials(); }
        s / c as f64
    };
    let begin = Instant::now();
    while trainer.status() == TrainingStatus::Running {
        let e = trainer.losses().len();
        if e % (epochs as usize / 5) == 0 { println!("{e}: acc {:.3} loss {:?}", measure(trainer.network()), trainer.losses().last()); }
        trainer.step()?;
    }
    println!("train {:.2} s, acc {:.3} loss {:?}", begin.elapsed().as_secs_f64(), measure(trainer.network()), trainer.losses().last());
    let names = ["recurrent_l0", "recurrent_l1", "input_l1"];
    let begin = Instant::now();
    let ch = TrainedChanges::new(&net, trainer.network(), &names)?;
    println!("svd {:.2} s", begin.elapsed().as_secs_f64());
    for (name, c) in ch.changes() { println!("{name}: |dW| {:.2} sv {:.2?} eff {:.1}", c.norm(), &c.values()[..8], c.effective_rank()); }
    let begin = Instant::now();
    let mut k = 0;
    for r in [0, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200, 256] {
        if r > n { break; }
        println!("R {r}: dW {:.3} W {:.3}", measure(&ch.truncated(r)?), measure(&ch.truncated_weights(r)?));
        k += 2;
    }
    println!("{k} evaluations {:.2} s", begin.elapsed().as_secs_f64());
    Ok(())
}
