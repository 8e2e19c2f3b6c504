//! Training: the work of the rows.

use std::sync::Mutex;

use attractorlab::network::{Form, Transfer};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use attractorlab::task::{Batch, Dimensions, Task, TaskError, TrialMut};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{RateUnits, RateWeights, Trainer, TrainingOptions};

use crate::trained::number;

const TRIALS: usize = 32;

fn weights(units: usize) -> RateWeights {
    let vectors = |first: u32, scale: f64| {
        Mat::from_fn(units, 2, |i, k| scale * number(first + (k * units + i) as u32))
    };
    RateWeights {
        recurrent: Mat::from_fn(units, units, |i, j| {
            0.9 / (units as f64).sqrt() * number((i * units + j) as u32)
        }),
        input: vectors(10_000_000, 1.0),
        bias: vec![0.0; units],
        readout: vectors(20_000_000, 1.0 / units as f64),
        initial: vec![0.0; units],
    }
}

/// Inputs and targets that both sides make alike; the same at every step.
struct Waves;

impl Task for Waves {
    fn dimensions(&self) -> Dimensions {
        Dimensions { inputs: 2, outputs: 2, steps: 100, time_step: 0.5 }
    }
    fn check(&self) -> Result<(), TaskError> {
        Ok(())
    }
    fn trial(&self, _: &mut Stream, _: &mut TrialMut<'_>) {}
    fn batch(&self, _: u64, _: u64, trials: usize) -> Result<Batch, TaskError> {
        Batch::from_trials(self.dimensions(), trials, |trial, write| {
            write.mask(0..100, 1.0);
            for t in 0..100 {
                for k in 0..2 {
                    let phase = 0.1 * t as f64 * (1 + k) as f64 + 0.7 * trial as f64;
                    write.input(t..t + 1, k, f64::from(u8::from(phase.sin() > 0.9)));
                    write.target(t..t + 1, k, 0.5 * phase.cos());
                }
            }
        })
    }
}

type Training = Trainer<f32, RateUnits<f32>, Waves>;

fn training(units: usize) -> Option<Training> {
    let network = RateUnits::new(&weights(units), Form::Current, Transfer::Tanh, 0.5).ok()?;
    let optimiser = OptimiserRule::adam(0.05 / units as f64);
    let options =
        TrainingOptions { epochs: u64::MAX, trials: TRIALS, optimiser, ..TrainingOptions::default() };
    Trainer::new(network, Waves, options).ok()
}

/// One epoch with 256 units.
pub(crate) fn epoch() -> Vec<(&'static str, f64)> {
    static TRAINING: Mutex<Option<Training>> = Mutex::new(None);
    next_epoch(&TRAINING, 256)
}

/// One epoch with 1024 units.
pub(crate) fn epoch_1024() -> Vec<(&'static str, f64)> {
    static TRAINING: Mutex<Option<Training>> = Mutex::new(None);
    next_epoch(&TRAINING, 1024)
}

/// One epoch of a training that goes on from call to call; the answers are those of its first three.
fn next_epoch(kept: &Mutex<Option<Training>>, units: usize) -> Vec<(&'static str, f64)> {
    let mut training_now = kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if training_now.is_none() {
        *training_now = training(units);
        if let Some(training) = training_now.as_mut() {
            for _ in 0..2 {
                // A training that fails has too short a history, and that is seen below.
                let _ = training.step();
            }
        }
    }
    let missing = || vec![("first loss", f64::NAN)];
    let Some(training) = training_now.as_mut() else { return missing() };
    let _ = training.step();
    let [first, _, third, ..] = training.history() else { return missing() };
    vec![("first loss", first.loss), ("gradient norm", first.gradient_norm), ("third loss", third.loss)]
}
