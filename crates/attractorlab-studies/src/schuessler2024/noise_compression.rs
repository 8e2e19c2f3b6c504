//! Training against noise builds negative feedback along the output.

use attractorlab::network::{Form, Transfer};
use attractorlab::numerics::linalg::{Mat, SymmetricEigen};
use attractorlab::numerics::random::Stream;
use attractorlab::task::{Dimensions, Task, TaskError, TrialMut};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{
    Loss, RateUnits, RateWeights, StepNoise, Trainer, TrainingOptions, TrainingStatus,
};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::statistics::{Sample, largest};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// A linear network that is asked to be silent, in noise.
#[derive(Debug, Clone, Copy)]
pub struct NoiseCompression;

const PURPOSE: &str = "schuessler2024/noise-compression";
/// Standard deviation of an unconnected unit.
const SIGMA: f64 = 0.5;
const RATE: f64 = 0.25;
const DT: f64 = 0.1;
/// Steps of a trial, and how many of them at the end count.
const STEPS: (usize, usize) = (100, 60);

struct Sizes {
    units: usize,
    networks: usize,
    trials: usize,
    epochs: u64,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 12, networks: 16, trials: 64, epochs: 120 },
        Preset::Full => Sizes { units: 64, networks: 20, trials: 512, epochs: 400 },
    }
}

/// Keep the output at zero.
struct Silence;

impl Task for Silence {
    fn dimensions(&self) -> Dimensions {
        Dimensions { inputs: 0, outputs: 1, steps: STEPS.0, time_step: DT }
    }

    fn check(&self) -> Result<(), TaskError> {
        Ok(())
    }

    fn trial(&self, _stream: &mut Stream, trial: &mut TrialMut<'_>) {
        trial.mask(STEPS.0 - STEPS.1..STEPS.0, 1.0);
    }
}

/// λ₋ = 1 − (1 + 3ησ²τ)^{1/3}: the eigenvalue along the output after learning time ητ.
///
/// The stationary variance along the output is σ²/(1 − λ), so that gradient flow on it has dλ/dτ = −σ²/(1 − λ)².
fn eigenvalue(time: f64) -> f64 {
    1.0 - (1.0 + 3.0 * SIGMA * SIGMA * time).cbrt()
}

/// Eigenvalue along the output after each epoch of descent on the expected loss: the variance of the output in Euler
/// steps, from the start of a trial, averaged over the steps that count.
///
/// h ← a h + σ√(2dt) ξ with a = 1 − dt(1 − λ) has the variance v ← a²v + 2dt σ², v(0) = σ².
fn expected_course(epochs: u64) -> Vec<f64> {
    let mut lambda = 0.0;
    (0..epochs)
        .map(|_| {
            let a = 1.0 - DT * (1.0 - lambda);
            let (mut variance, mut slope, mut gradient) = (SIGMA * SIGMA, 0.0, 0.0);
            for step in 0..STEPS.0 {
                slope = a * a * slope + 2.0 * a * DT * variance;
                variance = a * a * variance + 2.0 * DT * SIGMA * SIGMA;
                if step >= STEPS.0 - STEPS.1 {
                    gradient += slope / STEPS.1 as f64;
                }
            }
            lambda -= RATE * gradient;
            lambda
        })
        .collect()
}

impl Study for NoiseCompression {
    fn id(&self) -> &'static str {
        PURPOSE
    }

    fn title(&self) -> &'static str {
        "Noise is compressed along the output"
    }

    fn question(&self) -> &'static str {
        "What does training make of a linear network that has nothing to learn but to be silent in noise?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "units": sizes.units, "networks": sizes.networks, "trials": sizes.trials, "epochs": sizes.epochs, "sigma": SIGMA,
            "learning_rate": RATE, "dt": DT, "steps": STEPS.0, "steps_that_count": STEPS.1, "norm_of_readout": 1,
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let every = sizes.epochs / 4;
        let found = (0..sizes.networks as u64)
            .into_par_iter()
            .map(|network| train(context, &sizes, network, every))
            .collect::<Result<Vec<_>, StudyError>>()?;
        let course = expected_course(sizes.epochs);
        let mut claims = Vec::new();
        let mut dots = Vec::new();
        let mut furthest: f64 = 0.0;
        for k in 1..=4 {
            let time = RATE * (every * k) as f64;
            let sample = Sample::of(&found.iter().map(|f| f[k as usize - 1].0).collect::<Vec<_>>());
            dots.push((time, sample));
            let expected = course[(every * k) as usize - 1];
            furthest = largest([furthest, (eigenvalue(time) / expected - 1.0).abs()]);
            claims.push(
                Claim::within(
                    &format!("eigenvalue-{k}"),
                    &format!("eigenvalue along the output after {} epochs, against descent on the expected loss", every * k),
                    expected,
                    sample.mean,
                    6.5 * sample.standard_error() + 0.01 * expected.abs(),
                )
                .source("specification section 7, noise compression; the expected loss of Euler steps in trials of finite length: ours")
                .because(
                    "Six and a half standard errors over networks. Gradients of finitely many trials scatter: the entries of W that feed other \
                     units into the output wander by less than 0.02 each, which adds less than half a per cent to the variance that drives \
                     learning, and the eigenvalue itself by less; one per cent for both.",
                ),
            );
        }
        claims.push(
            Claim::at_most(
                "flow",
                "1 − (1 + 3ησ²τ)^⅓, gradient flow on the stationary variance, against the same: largest relative difference at these times",
                0.03,
                furthest,
            )
            .source("Schuessler et al. 2024; specification section 7")
            .because(
                "Computed, not sampled. Steps of dt add a constant, dt σ²/2, to the variance and change its slope by (dt(1 − λ))²/4 only, 0.02 at \
                 λ = −2; steps of learning lag by half a step; trials have forgotten their start when they count.",
            ),
        );
        let beside = Sample::of(&found.iter().map(|f| f[3].1).collect::<Vec<_>>());
        claims.push(
            Claim::at_most(
                "along-the-output-only",
                "the largest eigenvalue of the symmetric part in all other directions, over that along the output, after training",
                0.05,
                beside.mean,
            )
            .source("ours")
            .because(
                "The gradient has a mean in one direction and noise of finitely many trials in the others: 0.0046 to 0.0052 for three seeds, and \
                 less with more trials; a tenth of the largest rank-one change would be seen.",
            ),
        );
        let end = 1.05 * RATE * sizes.epochs as f64;
        let line = (0..=100).map(|k| end * f64::from(k) / 100.0).map(|t| (t, eigenvalue(t)));
        let panel = Panel::new(
            Axis::new("learning time ητ").range(0.0, end),
            Axis::new("eigenvalue along the output λ₋"),
        )
        .layer(Line::through(line).label("1 − (1 + 3ησ²τ)^⅓"))
        .layer(
            Dots::at(dots.iter().map(|(t, s)| (*t, s.mean)))
                .y_error(dots.iter().map(|(_, s)| s.standard_error()).collect::<Vec<_>>())
                .colour(Colour::category(1))
                .label("networks"),
        );
        let figure = Figure::new("noise-compression", "Negative feedback along the output")
            .caption(format!(
                "Readout direction's entry of W during training of {} linear networks of {} units by back-propagation through time, to be \
                 silent in noise; bars, the standard error. Line, gradient flow on the stationary variance.",
                sizes.networks, sizes.units
            ))
            .panel(panel);
        Ok(Outcome { figures: vec![figure], tables: Vec::new(), claims })
    }
}

/// Entry of W along the readout, and the largest size of an eigenvalue beside it over that entry, at four times.
fn train(
    context: &Context<'_>,
    sizes: &Sizes,
    network: u64,
    every: u64,
) -> Result<Vec<(f64, f64)>, StudyError> {
    let n = sizes.units;
    let drawn = RateWeights::draw(n, 0, 1, 0.0, &mut Stream::new(context.seed, PURPOSE, network));
    // Drawn with norm 1/√N; large output weights have norm 1.
    let w: Vec<f64> = drawn.readout.col(0).iter().map(|v| v * (n as f64).sqrt()).collect();
    let weights = RateWeights { readout: Mat::from_fn(n, 1, |i, _| w[i]), ..drawn };
    let step = "training against noise";
    let units = RateUnits::<f64>::new(&weights, Form::Current, Transfer::Linear, DT)
        .and_then(|units| units.with_noise(StepNoise { state: SIGMA, initial: SIGMA }))
        .map_err(StudyError::step(step))?;
    let options = TrainingOptions {
        epochs: sizes.epochs,
        trials: sizes.trials,
        optimiser: OptimiserRule::GradientDescent { learning_rate: RATE },
        trained: vec!["recurrent".to_owned()],
        loss: Loss::Square,
        seed: context.seed_for("schuessler2024/noise-compression: training", network),
        ..TrainingOptions::default()
    };
    let mut trainer = Trainer::new(units, &Silence, options).map_err(StudyError::step(step))?;
    let mut found = Vec::new();
    while trainer.status() == TrainingStatus::Running {
        context.check()?;
        trainer.step().map_err(StudyError::step(step))?;
        if (trainer.losses().len() as u64).is_multiple_of(every) {
            let trained = trainer.network().weights().recurrent;
            let along: f64 = (0..n).map(|i| (0..n).map(|j| w[i] * trained[(i, j)] * w[j]).sum::<f64>()).sum();
            let rest =
                Mat::from_fn(n, n, |i, j| 0.5 * (trained[(i, j)] + trained[(j, i)]) - along * w[i] * w[j]);
            let values = SymmetricEigen::new(rest.as_ref()).map_err(StudyError::step(step))?.values;
            let beside = largest(values.iter().map(|v| v.abs()));
            found.push((along, beside / along.abs()));
        }
    }
    Ok(found)
}
