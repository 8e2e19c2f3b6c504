//! Small output weights make the activity of a trained network aligned with the output, large ones make it oblique.
//!
//! The output reads rates, after the step, and not the states of the paper; the target's amplitude is 0.5, because rates
//! of at most 1 reach no more than about 0.8 through small output weights.

use attractorlab::analysis::alignment::{
    AlignmentError, output_alignment, output_explained, participation_ratio, relative_susceptibility,
};
use attractorlab::network::{Form, Transfer};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use attractorlab::task::{Batch, Dimensions, Task};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{
    Loss, RateUnits, RateWeights, StepNoise, Trainer, TrainingOptions, TrainingStatus, evaluate,
};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel, Reference};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::cycling::Cycling;
use crate::statistics::{Sample, largest};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// Networks with small and with large output weights, trained on one task.
#[derive(Debug, Clone, Copy)]
pub struct AlignedOblique;

const PURPOSE: &str = "schuessler2024/aligned-oblique";
/// Number of components whose share of the output is measured.
const COMPONENTS: usize = 12;
/// Sizes of perturbations, in units of the root of the summed variance of the states.
const AMPLITUDES: [f64; 4] = [0.0, 0.3, 0.6, 0.9];
/// When the state is perturbed.
const PERTURBED_AT: f64 = 6.0;

struct Sizes {
    units: usize,
    networks: usize,
    epochs: u64,
    g: f64,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 64, networks: 3, epochs: 350, g: 1.0 },
        Preset::Full => Sizes { units: 512, networks: 5, epochs: 1000, g: 1.5 },
    }
}

/// The two regimes: the norm of an output vector, and the learning rate times N.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Regime {
    Aligned,
    Oblique,
}

impl Regime {
    const ALL: [Self; 2] = [Self::Aligned, Self::Oblique];

    fn name(self) -> &'static str {
        match self {
            Self::Aligned => "small output weights",
            Self::Oblique => "large output weights",
        }
    }

    /// The learning rate of Adam times N.
    fn rate(self) -> f64 {
        match self {
            Self::Aligned => 0.1,
            Self::Oblique => 0.05,
        }
    }

    /// Standard deviation of output weights.
    fn output_scale(self, units: usize) -> f64 {
        match self {
            Self::Aligned => 1.0 / units as f64,
            Self::Oblique => 1.0 / (units as f64).sqrt(),
        }
    }
}

/// Why perturbations could not be measured.
#[derive(Debug, thiserror::Error)]
enum PerturbationError {
    #[error(transparent)]
    Alignment(#[from] AlignmentError),
    #[error(transparent)]
    Study(#[from] StudyError),
}

/// What is measured of one trained network.
struct Measured {
    /// Loss after training over that before.
    loss: f64,
    alignment: f64,
    dimension: f64,
    explained: Vec<f64>,
    susceptibility: f64,
    along_output: Vec<f64>,
    along_components: Vec<f64>,
}

impl Study for AlignedOblique {
    fn id(&self) -> &'static str {
        PURPOSE
    }

    fn title(&self) -> &'static str {
        "Aligned and oblique dynamics"
    }

    fn question(&self) -> &'static str {
        "Is the activity of a trained network aligned with its output weights, or oblique to them, and what decides? How do the \
         two kinds answer to perturbations?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "units": sizes.units, "networks": sizes.networks, "epochs": sizes.epochs, "g": sizes.g, "trials": 32,
            "adam_rate": "0.1/N with small output weights, 0.05/N with large ones", "dt": 0.2, "noise": 0.2 / 2.0_f64.sqrt(), "initial_noise": 1,
            "task": {"name": "cycling", "duration": 16, "period": 5, "amplitude": 0.5}, "output_weights": {"small": "1/N", "large": "1/sqrt(N)"},
            "perturbed_at": PERTURBED_AT, "loss_from": PERTURBED_AT + 5.0,
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let jobs: Vec<(Regime, u64)> = Regime::ALL
            .into_iter()
            .flat_map(|regime| (0..sizes.networks as u64).map(move |network| (regime, network)))
            .collect();
        let measured = jobs
            .par_iter()
            .map(|&(regime, network)| Ok((regime, train(context, &sizes, regime, network)?)))
            .collect::<Result<Vec<_>, StudyError>>()?;
        let of = |regime: Regime| -> Vec<&Measured> {
            measured.iter().filter(|(r, _)| *r == regime).map(|(_, m)| m).collect()
        };
        let (aligned, oblique) = (of(Regime::Aligned), of(Regime::Oblique));
        let claims = claims(&sizes, &aligned, &oblique);
        Ok(Outcome { figures: vec![draw(&sizes, &aligned, &oblique)], tables: Vec::new(), claims })
    }
}

fn train(context: &Context<'_>, sizes: &Sizes, regime: Regime, network: u64) -> Result<Measured, StudyError> {
    let n = sizes.units;
    let task = Cycling { time_step: 0.2, duration: 16.0, period: 5.0 };
    let mut stream = Stream::new(context.seed, PURPOSE, network);
    let mut weights = RateWeights::draw(n, 2, 2, sizes.g, &mut stream);
    let scale = regime.output_scale(n) * (n as f64);
    for k in 0..2 {
        for i in 0..n {
            // Drawn with norm 1/√N, which is a standard deviation of 1/N.
            weights.readout[(i, k)] *= scale;
        }
    }
    let step = "training a network for its alignment";
    let noise = StepNoise { state: 0.2 / 2.0_f64.sqrt(), initial: 1.0 };
    let units = RateUnits::<f32>::new(&weights, Form::Current, Transfer::Tanh, task.time_step)
        .and_then(|units| units.with_noise(noise))
        .map_err(StudyError::step(step))?;
    let options = TrainingOptions {
        epochs: sizes.epochs,
        optimiser: OptimiserRule::adam(regime.rate() / n as f64),
        trained: vec!["recurrent".to_owned(), "input".to_owned()],
        loss: Loss::Square,
        // Both regimes are trained on the same trials.
        seed: context.seed_for("schuessler2024/aligned-oblique: training", network),
        ..TrainingOptions::default()
    };
    let mut trainer = Trainer::new(units, &task, options).map_err(StudyError::step(step))?;
    while trainer.status() == TrainingStatus::Running {
        context.check()?;
        trainer.step().map_err(StudyError::step(step))?;
    }
    let batch = task.test_batch(context.seed, 32).map_err(StudyError::step("the cycling task"))?;
    let trained = trainer.network().weights();
    let loss = |of: &RateWeights| -> Result<f64, StudyError> {
        let units = RateUnits::<f32>::new(of, Form::Current, Transfer::Tanh, task.time_step)
            .map_err(StudyError::step(step))?;
        Ok(evaluate(&units, &batch, Loss::Square).map_err(StudyError::step(step))?.0)
    };
    let (before, after) = (loss(&weights)?, loss(&trained)?);
    let (states, outputs) = states(&trained, &batch)?;
    let spread = spread(&states);
    let amplitudes = AMPLITUDES.map(|a| a * spread);
    let failed = "measuring alignment";
    let susceptibility = relative_susceptibility(
        trained.readout.as_ref(),
        states.as_ref(),
        &amplitudes,
        |direction, amplitude| Ok(perturbed(&trained, &batch, direction, amplitude)?),
    )
    .map_err(|error: PerturbationError| StudyError::step(failed)(error))?;
    Ok(Measured {
        loss: after / before,
        alignment: output_alignment(trained.readout.as_ref(), states.as_ref())
            .map_err(StudyError::step(failed))?,
        dimension: participation_ratio(states.as_ref()).map_err(StudyError::step(failed))?,
        explained: output_explained(states.as_ref(), outputs.as_ref(), COMPONENTS, 0.0)
            .map_err(StudyError::step(failed))?,
        susceptibility: susceptibility.relative,
        along_output: susceptibility.along_output,
        along_components: susceptibility.along_components,
    })
}

/// Rates of all units (N×samples) and outputs at the steps where the target counts, without noise.
fn states(weights: &RateWeights, batch: &Batch) -> Result<(Mat<f64>, Mat<f64>), StudyError> {
    let n = weights.recurrent.nrows();
    let Dimensions { outputs, steps, .. } = batch.dimensions();
    // The same network, read out by every unit.
    let all = RateWeights { readout: Mat::identity(n, n), ..weights.clone() };
    let units = RateUnits::<f32>::new(&all, Form::Current, Transfer::Tanh, batch.dimensions().time_step)
        .map_err(StudyError::step("a network that is read out by every unit"))?;
    let columns = batch.trials() * steps;
    let dimensions = Dimensions { outputs: n, ..batch.dimensions() };
    let full = Batch::from_arrays(
        dimensions,
        batch.trials(),
        batch.inputs().to_vec(),
        vec![0.0; n * columns],
        vec![1.0; n * columns],
    )
    .map_err(StudyError::step("a batch for every unit"))?;
    let (_, rates) =
        evaluate(&units, &full, Loss::Square).map_err(StudyError::step("the states of a network"))?;
    let counted: Vec<usize> = (0..columns).filter(|c| batch.masks()[c * outputs] > 0.0).collect();
    let states = Mat::from_fn(n, counted.len(), |i, c| f64::from(rates[counted[c] * n + i]));
    let read = weights.readout.transpose() * &states;
    Ok((states, read))
}

/// Root of the summed variance of the states.
fn spread(states: &Mat<f64>) -> f64 {
    let (n, p) = (states.nrows(), states.ncols());
    let variance: f64 = (0..n)
        .map(|i| {
            let mean = (0..p).map(|c| states[(i, c)]).sum::<f64>() / p as f64;
            (0..p).map(|c| (states[(i, c)] - mean).powi(2)).sum::<f64>() / p as f64
        })
        .sum();
    variance.sqrt()
}

/// Loss from 5 units of time after a kick of this size along a unit vector.
///
/// The kick comes in by an input of its own: a pulse of one step.
fn perturbed(
    weights: &RateWeights,
    batch: &Batch,
    direction: &[f64],
    amplitude: f64,
) -> Result<f64, StudyError> {
    let n = weights.recurrent.nrows();
    let Dimensions { inputs, outputs, steps, time_step } = batch.dimensions();
    let input =
        Mat::from_fn(n, inputs + 1, |i, k| if k < inputs { weights.input[(i, k)] } else { direction[i] });
    let kicked = RateWeights { input, ..weights.clone() };
    let at = (PERTURBED_AT / time_step).round() as usize;
    let from = ((PERTURBED_AT + 5.0) / time_step).round() as usize;
    let trials = batch.trials();
    let columns = trials * steps;
    let drive = (0..columns)
        .flat_map(|c| {
            let kick = if c / trials == at { amplitude / time_step } else { 0.0 };
            batch.inputs()[c * inputs..(c + 1) * inputs].iter().copied().chain([kick])
        })
        .collect();
    let mask = (0..columns * outputs)
        .map(|at| if at / outputs / trials >= from { batch.masks()[at] } else { 0.0 })
        .collect();
    let dimensions = Dimensions { inputs: inputs + 1, ..batch.dimensions() };
    let step = "a perturbed network";
    let late = Batch::from_arrays(dimensions, trials, drive, batch.targets().to_vec(), mask)
        .map_err(StudyError::step(step))?;
    let units = RateUnits::<f32>::new(&kicked, Form::Current, Transfer::Tanh, time_step)
        .map_err(StudyError::step(step))?;
    Ok(evaluate(&units, &late, Loss::Square).map_err(StudyError::step(step))?.0)
}

fn mean(of: &[&Measured], pick: impl Fn(&Measured) -> f64) -> f64 {
    of.iter().map(|m| pick(m)).sum::<f64>() / of.len() as f64
}

/// Components that explain nine tenths of the output; one more than were measured if they do not.
fn components_needed(measured: &Measured) -> f64 {
    let needed = measured.explained.iter().position(|share| *share >= 0.9);
    needed.unwrap_or(COMPONENTS) as f64 + 1.0
}

fn claims(sizes: &Sizes, aligned: &[&Measured], oblique: &[&Measured]) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (name, of) in [("aligned", aligned), ("oblique", oblique)] {
        let worst = largest(of.iter().map(|m| m.loss));
        claims.push(
            Claim::at_most(
                &format!("learns-{name}"),
                &format!("{name} networks have learnt the task: the largest loss, of that before training"),
                0.5,
                worst,
            )
            .source("Schuessler et al. 2024")
            .because("What is compared are networks that do the task, the slowest of them half of the way."),
        );
    }
    let ratio = mean(aligned, |m| m.alignment) / mean(oblique, |m| m.alignment);
    claims.push(
        Claim::at_least(
            "alignment",
            "the correlation rho of output weights and states with small output weights, over that with large ones",
            0.5 * (sizes.units as f64).sqrt(),
            ratio,
        )
        .source("Schuessler et al. 2024, figure 2")
        .because(
            "Order one against order 1/sqrt(N): the ratio grows as sqrt(N), and so does the bound, sqrt(N)/2. With 64 units it was 5.4 to 6.4 \
             for six seeds (three networks a kind; standard deviation 0.35): the bound of 4 is five of these below.",
        ),
    );
    let random = 1.0 / (sizes.units as f64).sqrt();
    claims.push(
        Claim::at_most(
            "oblique-is-random",
            "with large output weights, rho is that of directions that know nothing of each other, up to this factor",
            1.5,
            mean(oblique, |m| m.alignment) / random,
        )
        .source("Schuessler et al. 2024")
        .because(
            "Random directions have 1 in the root of the mean square. An output of 0.35 in root mean square through weights of norm 1 needs at \
             least 0.35 over the norm of the states, which is about 0.6 of 1/sqrt(N) whatever N is, and more is no use: 0.57 to 0.67 for \
             six seeds.",
        ),
    );
    claims.push(
        Claim::at_most(
            "few-components",
            "with small output weights, this many leading components explain nine tenths of the output, on average",
            4.0,
            mean(aligned, components_needed),
        )
        .source("Schuessler et al. 2024, figure 3: two or three")
        .because("Two for the circle, one for the cue and the constant part, and one to spare."),
    );
    claims.push(
        Claim::at_least(
            "more-components",
            "with large output weights more components are needed, on average by this factor",
            1.3,
            mean(oblique, components_needed) / mean(aligned, components_needed),
        )
        .source("Schuessler et al. 2024, figure 3")
        .because(
            "The paper has many against two or three, with longer training. 2.1 to 2.7 for six seeds (standard deviation 0.2): the bound is \
             four of these below.",
        ),
    );
    claims.push(
        Claim::at_most(
            "robust",
            "perturbations along the output matter less with large output weights: relative susceptibility, oblique over aligned",
            0.7,
            mean(oblique, |m| m.susceptibility) / mean(aligned, |m| m.susceptibility),
        )
        .source("Schuessler et al. 2024, figure 5")
        .because("About 1 against far below 1 in the paper. 0.11 to 0.31 for six seeds, standard deviation 0.07: the bound is seven above."),
    );
    claims
}

fn draw(sizes: &Sizes, aligned: &[&Measured], oblique: &[&Measured]) -> Figure {
    let count = COMPONENTS as f64;
    let mut explained = Panel::new(
        Axis::new("number of components").range(0.5, count + 0.5),
        Axis::new("R² of the output").range(0.0, 1.05),
    );
    let mut kicked = Panel::new(
        Axis::new("size of the perturbation, of the spread").range(0.0, 0.95),
        Axis::log10("loss 5 units of time later"),
    );
    let mut correlation = Panel::new(
        Axis::new("norm of an output vector, log₁₀").range(-1.6, 0.4),
        Axis::log10("correlation ρ").range(0.02, 1.0),
    )
    .layer(Reference::horizontal(1.0 / (sizes.units as f64).sqrt()).label("1/√N"));
    for (index, (regime, of)) in Regime::ALL.into_iter().zip([aligned, oblique]).enumerate() {
        let colour = Colour::category(index);
        for measured in of {
            let shares = measured.explained.iter().enumerate().map(|(d, share)| (d as f64 + 1.0, *share));
            explained = explained.layer(Line::through(shares).colour(colour));
            let along = |losses: &[f64]| -> Vec<(f64, f64)> {
                AMPLITUDES.iter().zip(losses).map(|(a, l)| (*a, l.max(1e-4))).collect()
            };
            kicked = kicked
                .layer(Line::through(along(&measured.along_output)).colour(colour))
                .layer(Line::through(along(&measured.along_components)).colour(colour).dashed());
        }
        let norm = (regime.output_scale(sizes.units) * (sizes.units as f64).sqrt()).log10();
        let sample = Sample::of(&of.iter().map(|m| m.alignment).collect::<Vec<_>>());
        correlation = correlation.layer(
            Dots::at([(norm, sample.mean)]).y_error([sample.standard_error()]).colour(colour).label(format!(
                "{}, dimension {:.1}",
                regime.name(),
                mean(of, |m| m.dimension)
            )),
        );
    }
    Figure::new("aligned-oblique", "Aligned and oblique dynamics")
        .caption(format!(
            "{} networks of {} units for each size of the output weights, trained on the cycling task with noise. Left, correlation of output weights and states, bars the standard error; \
             middle, share of the output that the leading components explain; right, loss after perturbations along the output (solid) and along the leading components (dashed).",
            sizes.networks, sizes.units
        ))
        .panel(correlation)
        .panel(explained)
        .panel(kicked)
}
