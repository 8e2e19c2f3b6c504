//! Seconds of a truncation curve: 26 ranks on 512 flip-flop trials, 256 units.

use std::time::Instant;

use attractorlab::analysis::weight_change::TrainedChange;
use attractorlab::network::{Form, Transfer};
use attractorlab::numerics::random::Stream;
use attractorlab::task::{FlipFlop, Task};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{Loss, RateUnits, RateWeights, Trainer, TrainingOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n = 256;
    let weights = RateWeights::draw(n, 2, 2, 0.9, &mut Stream::new(1, "network", 0));
    let initial = RateUnits::<f32>::new(&weights, Form::Current, Transfer::Tanh, 0.5)?;
    let task = FlipFlop::default();
    let optimiser = OptimiserRule::adam(0.05 / n as f64);
    let options = TrainingOptions { epochs: 300, optimiser, ..TrainingOptions::default() };
    let mut trainer = Trainer::new(initial.clone(), &task, options)?;
    trainer.run()?;
    let change = TrainedChange::new(&initial, trainer.network(), "recurrent")?;
    let batch = task.test_batch(1, 512)?;
    for _ in 0..3 {
        let start = Instant::now();
        let curve = change.truncation_curve(25, &batch, Loss::HalfSquare)?;
        println!(
            "{:.2} s on {} threads: functional rank {:?}, lasting rank {:?}, significant rank {}",
            start.elapsed().as_secs_f64(),
            std::thread::available_parallelism()?,
            curve.functional_rank(0.05),
            curve.lasting_rank(0.05),
            change.change.significant_rank(1e-3)?
        );
    }
    Ok(())
}
