//! Time of one epoch of back-propagation through time: flip-flop, 32 trials of 100 steps, f32, with Adam.
//!
//! `cargo run --release -p attractorlab --example training_speed [N…]`

use std::time::Instant;

use attractorlab::network::{Form, Transfer};
use attractorlab::numerics::random::Stream;
use attractorlab::task::FlipFlop;
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{RateUnits, RateWeights, Trainer, TrainingOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|n| n.parse().ok()).collect();
    for n in if sizes.is_empty() { vec![256, 1024] } else { sizes } {
        let weights = RateWeights::draw(n, 2, 2, 0.9, &mut Stream::new(1, "network", 0));
        let network = RateUnits::<f32>::new(&weights, Form::Current, Transfer::Tanh, 0.5)?;
        let options =
            TrainingOptions { optimiser: OptimiserRule::adam(0.05 / n as f64), ..TrainingOptions::default() };
        let task = FlipFlop::default();
        let mut trainer = Trainer::new(network, &task, options)?;
        let mut times: Vec<f64> = (0..if n > 500 { 12 } else { 60 })
            .map(|_| {
                let start = Instant::now();
                trainer.step().map(|_| 1e3 * start.elapsed().as_secs_f64())
            })
            .collect::<Result<_, _>>()?;
        times.sort_by(f64::total_cmp);
        // Three products of N² entries for each trial and step, two operations each.
        let floor = 6.0 * (n * n) as f64 * 3200.0 / 116e9 * 1e3;
        println!(
            "N = {n}: median {:.1} ms, best {:.1} ms an epoch; multiply-adds alone at 116 GF/s {floor:.1} ms",
            times[times.len() / 2],
            times[0]
        );
    }
    Ok(())
}
