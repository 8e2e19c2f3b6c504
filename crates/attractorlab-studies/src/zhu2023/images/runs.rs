//! Networks trained on images, and what is kept of each run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use attractorlab::dynamics::{EquilibriumOptions, StabilityTest};
use attractorlab::network::{Bulk, Transfer};
use attractorlab::numerics::linalg::{Mat, eigenvalues};
use attractorlab::numerics::random::Stream;
use attractorlab::task::images::ImageData;
use attractorlab::training::OptimiserRule;
use attractorlab::training::equilibrium::{
    Batches, ForwardPass, ImageClassification, LearningError, LearningTask, MissingStates, Score, Split,
    StepRecord, Trainer, TrainerOptions, rule_by_name,
};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::statistics::{largest, smallest};
use crate::{Context, Preset, StudyError};

/// Standard deviation of the initial weights times √N.
const RHO: f64 = 0.5;
/// Steps at the end over which loss and accuracy are averaged.
const LAST: usize = 20;

/// Data and sizes of a run.
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) data: Arc<ImageData>,
    pub(super) mnist: bool,
    pub(super) units: usize,
    pub(super) batch: usize,
    pub(super) steps: u64,
    /// White of a pixel.
    scale: f64,
    truncated: (f64, usize),
    pub(super) seeds: u64,
    /// Steps between two looks at test images and eigenvalues.
    every: u64,
    /// Test images that are looked at on the way, and at the end.
    tests: (usize, usize),
}

impl Setting {
    pub(super) fn of(context: &Context<'_>) -> Result<Self, StudyError> {
        let full = context.preset == Preset::Full;
        Ok(match context.data {
            Some(folder) => Self {
                name: "MNIST",
                data: Arc::new(
                    ImageData::read_folder(folder).map_err(StudyError::step("reading the images"))?,
                ),
                mnist: true,
                units: if full { 300 } else { 100 },
                batch: if full { 512 } else { 256 },
                steps: if full { 354 } else { 40 },
                scale: 1.0,
                truncated: if full { (0.01, 500) } else { (0.1, 50) },
                seeds: 1,
                every: 20,
                tests: if full { (512, usize::MAX) } else { (256, 512) },
            },
            None => Self {
                name: "8×8 digits",
                data: Arc::new(ImageData::digits(context.seed).map_err(StudyError::step("the digits"))?),
                mnist: false,
                units: 100,
                batch: 100,
                steps: 300,
                scale: 0.7,
                truncated: if full { (0.01, 500) } else { (0.1, 50) },
                seeds: if full { 4 } else { 1 },
                every: 20,
                tests: (360, 360),
            },
        })
    }

    pub(super) fn describe(preset: Preset) -> Value {
        let full = preset == Preset::Full;
        json!({
            "digits": {"units": 100, "batch": 100, "steps": 300, "white": 0.7, "seeds": if full { 4 } else { 1 },
                       "test images": 360},
            "MNIST (with --data)": {"units": if full { 300 } else { 100 }, "batch": if full { 512 } else { 256 },
                       "steps": if full { 354 } else { 40 }, "white": 1.0},
            "initial weights": "N(0, 0.25/N)", "input weights": "N(0, 1/P)", "readout": "N(0, 1/N)",
            "truncated pass": if full { "500 Euler steps of 0.01 τ" } else { "50 Euler steps of 0.1 τ" },
            "converged pass": "residual 1e-5, stability by growth", "precision": "float32",
        })
    }

    fn pass(&self, truncated: bool) -> ForwardPass {
        if truncated {
            ForwardPass::Truncated { dt: self.truncated.0, steps: self.truncated.1 }
        } else {
            ForwardPass::Converged(EquilibriumOptions {
                stability: StabilityTest::Growth,
                ..EquilibriumOptions::of::<f32>()
            })
        }
    }
}

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    pub(super) rule: &'static str,
    pub(super) transfer: Transfer,
    pub(super) rate: f64,
    pub(super) truncated: bool,
    /// Trains on mini-batches of the test images, as the authors' loop does by accident.
    pub(super) leaky: bool,
    /// Adam with clipped gradients in place of plain gradient descent.
    pub(super) adam: bool,
    pub(super) seed: u64,
}

impl Plan {
    pub(super) fn new(rule: &'static str, rate: f64, truncated: bool) -> Self {
        Self { rule, transfer: Transfer::Tanh, rate, truncated, leaky: false, adam: false, seed: 0 }
    }
}

/// A look at the network on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) step: u64,
    pub(super) test: Score,
    /// Smallest and largest real part of the eigenvalues of W.
    pub(super) eigenvalues: (f64, f64),
}

/// A run.
pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) records: Vec<StepRecord>,
    pub(super) looks: Vec<Look>,
    /// All test images, by the pass of training.
    pub(super) test: Score,
    /// The same by converged states, whatever the pass of training.
    pub(super) settled: Score,
}

impl Run {
    fn last(&self, value: impl Fn(&StepRecord) -> f64) -> f64 {
        let last: Vec<f64> =
            self.records.iter().rev().take(LAST).map(value).filter(|v| v.is_finite()).collect();
        last.iter().sum::<f64>() / last.len() as f64
    }

    /// Mean training loss of the last 20 steps.
    pub(super) fn loss(&self) -> f64 {
        self.last(|record| record.loss)
    }

    /// Mean training accuracy of the last 20 steps.
    pub(super) fn accuracy(&self) -> f64 {
        self.last(|record| record.accuracy.unwrap_or(f64::NAN))
    }

    pub(super) fn test_accuracy(&self) -> f64 {
        self.test.accuracy.unwrap_or(f64::NAN)
    }

    /// Largest rise of the loss from one step to the next, after the first five steps.
    pub(super) fn largest_rise(&self) -> f64 {
        let rises = self.records.windows(2).skip(5).map(|pair| pair[1].loss - pair[0].loss);
        largest(rises.chain([0.0]))
    }

    /// Largest real part of the eigenvalues of W over the run.
    pub(super) fn largest_eigenvalue(&self) -> f64 {
        largest(self.looks.iter().map(|look| look.eigenvalues.1))
    }

    pub(super) fn smallest_eigenvalue(&self) -> f64 {
        smallest(self.looks.iter().map(|look| look.eigenvalues.0))
    }

    /// Share of the columns of training that had no stable state.
    pub(super) fn left_out(&self, batch: usize) -> f64 {
        let left_out: usize = self.records.iter().map(|record| record.left_out).sum();
        left_out as f64 / (batch * self.records.len()) as f64
    }
}

/// Runs all plans, each for every seed of the setting, side by side.
pub(super) fn run_all(
    context: &Context<'_>,
    setting: &Setting,
    plans: &[Plan],
) -> Result<Vec<Run>, StudyError> {
    let all: Vec<Plan> =
        plans.iter().flat_map(|plan| (0..setting.seeds).map(|seed| Plan { seed, ..*plan })).collect();
    let done = AtomicUsize::new(0);
    let total = all.len() * setting.steps as usize;
    all.into_par_iter()
        .map(|plan| {
            run(context, setting, plan, &|| {
                context.progress.update(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            })
        })
        .collect()
}

fn run(context: &Context<'_>, setting: &Setting, plan: Plan, stepped: &dyn Fn()) -> Result<Run, StudyError> {
    let training = |step: &str| {
        let step = format!("{step} ({}, η = {})", plan.rule, plan.rate);
        move |error: LearningError| StudyError::Library { step, source: Box::new(error) }
    };
    // Plans of one seed share weights, readout and batches: what differs is the rule.
    let seed = context.seed_for("zhu2023/images: training", plan.seed);
    let n = setting.units;
    let task = ImageClassification::<f32>::draw(Arc::clone(&setting.data), n, setting.scale, seed)
        .map_err(training("the task"))?;
    let weights = Bulk::Gaussian { g: RHO }
        .draw(n, &mut Stream::new(context.seed, "zhu2023/images: weights", plan.seed))
        .map_err(StudyError::step("initial weights"))?;
    let weights = Mat::from_fn(n, n, |i, j| weights[(i, j)] as f32);
    let learning_rate = plan.rate;
    let options = TrainerOptions {
        pass: setting.pass(plan.truncated),
        missing: MissingStates::LeaveOut,
        optimiser: if plan.adam {
            OptimiserRule::adam(learning_rate)
        } else {
            OptimiserRule::GradientDescent { learning_rate }
        },
        clip: plan.adam.then_some(1.0),
        warm_start: false,
    };
    let rule = rule_by_name(plan.rule).ok_or_else(|| StudyError::Library {
        step: "choosing the rule".to_owned(),
        source: format!("there is no rule '{}'", plan.rule).into(),
    })?;
    let mut trainer =
        Trainer::new(weights.as_ref(), plan.transfer, rule, options).map_err(training("starting"))?;
    let split = if plan.leaky { Split::Test } else { Split::Train };
    let batch = setting.batch.min(task.samples(split));
    let batches = Batches::new(task.samples(split), batch, seed).map_err(training("mini-batches"))?;
    let mut out = Run { plan, records: Vec::new(), looks: Vec::new(), test: EMPTY, settled: EMPTY };
    for step in 0..setting.steps {
        context.check()?;
        if step % setting.every == 0 {
            out.looks.push(look(&trainer, &task, setting, step).map_err(training("a look"))?);
        }
        let (drive, loss) = task.batch(split, &batches.indices(step)).map_err(training("a mini-batch"))?;
        out.records.push(trainer.step(&drive, loss.as_ref()).map_err(training("a step"))?);
        stepped();
    }
    out.looks.push(look(&trainer, &task, setting, setting.steps).map_err(training("a look"))?);
    let layer = trainer.layer().map_err(training("the trained network"))?;
    let score = |truncated| {
        Score::of(
            &layer,
            &task,
            Split::Test,
            setting.tests.1,
            &setting.pass(truncated),
            MissingStates::LeaveOut,
        )
    };
    out.settled = score(false).map_err(training("testing"))?;
    out.test = if plan.truncated { score(true).map_err(training("testing"))? } else { out.settled };
    Ok(out)
}

const EMPTY: Score = Score {
    loss: f64::NAN,
    accuracy: None,
    samples: 0,
    unstable: 0,
    not_found: 0,
    undecided: 0,
    residual: f64::NAN,
};

fn look(
    trainer: &Trainer<f32>,
    task: &ImageClassification<f32>,
    setting: &Setting,
    step: u64,
) -> Result<Look, LearningError> {
    let layer = trainer.layer()?;
    let pass = &trainer.options().pass;
    let test = Score::of(&layer, task, Split::Test, setting.tests.0, pass, MissingStates::LeaveOut)?;
    let values = eigenvalues(layer.wide_weights())?;
    let low = smallest(values.iter().map(|v| v.re));
    let high = largest(values.iter().map(|v| v.re));
    Ok(Look { step, test, eigenvalues: (low, high) })
}
