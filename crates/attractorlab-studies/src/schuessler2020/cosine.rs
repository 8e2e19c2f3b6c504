//! S5: a linear network that learns to oscillate.

use attractorlab::analysis::weight_change::eigenvalues_along;
use attractorlab::network::{Form, Transfer};
use attractorlab::numerics::linalg::{Complex64, Mat};
use attractorlab::numerics::random::Stream;
use attractorlab::task::{Cosine, Task};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{
    Loss, RateUnits, RateWeights, Trainer, TrainingOptions, TrainingStatus, evaluate,
};
use attractorlab_figures::{Axis, Colour, Figure, Line, Panel, Reference};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// S5: the autonomous cosine: impossible without a bulk, a conjugate pair with one.
#[derive(Debug, Clone, Copy)]
pub struct CosineStudy;

const PURPOSE: &str = "schuessler2020/cosine";
/// g and the learning rate.
const RUNS: [(f64, f64); 3] = [(0.0, 0.2), (0.4, 0.15), (0.8, 0.05)];

struct Sizes {
    units: usize,
    epochs: u64,
    every: u64,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 100, epochs: 800, every: 50 },
        Preset::Full => Sizes { units: 256, epochs: 1000, every: 10 },
    }
}

struct Run {
    losses: Vec<f64>,
    /// Epochs and the eigenvalue of largest imaginary part.
    pair: Vec<(u64, Complex64)>,
    outputs: Vec<f64>,
    status: TrainingStatus,
}

impl Study for CosineStudy {
    fn id(&self) -> &'static str {
        PURPOSE
    }

    fn title(&self) -> &'static str {
        "A linear network learns to oscillate"
    }

    fn question(&self) -> &'static str {
        "Can a linear network learn to follow a cosine from its initial state, and what becomes of its eigenvalues?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "units": sizes.units, "epochs": sizes.epochs, "dt": 0.1, "period": 5, "periods_trained": 2, "duration": 20,
            "runs": RUNS.map(|(g, rate)| json!({"g": g, "learning_rate": rate})),
            "start": "h(0) = m, readout m/N",
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let task = Cosine::default();
        let runs = (0..RUNS.len())
            .into_par_iter()
            .map(|index| train(context, &sizes, &task, index))
            .collect::<Result<Vec<_>, _>>()?;
        let claims = claims(&runs, &task);
        Ok(Outcome { figures: vec![draw(&runs, &task, sizes.units)], tables: Vec::new(), claims })
    }
}

fn train(context: &Context<'_>, sizes: &Sizes, task: &Cosine, index: usize) -> Result<Run, StudyError> {
    let (g, rate) = RUNS[index];
    let n = sizes.units;
    let drawn = RateWeights::draw(n, 1, 0, g, &mut Stream::new(context.seed, PURPOSE, index as u64));
    let start: Vec<f64> = drawn.input.col(0).iter().copied().collect();
    let weights = RateWeights {
        recurrent: drawn.recurrent,
        input: Mat::zeros(n, 0),
        bias: drawn.bias,
        readout: Mat::from_fn(n, 1, |i, _| start[i] / n as f64),
        initial: start,
    };
    let step = "back-propagation through time of the cosine";
    let units = RateUnits::<f64>::new(&weights, Form::Current, Transfer::Linear, task.time_step)
        .map_err(StudyError::step(step))?;
    let options = TrainingOptions {
        epochs: sizes.epochs,
        trials: 1,
        optimiser: OptimiserRule::GradientDescent { learning_rate: rate },
        trained: vec!["recurrent".to_owned()],
        snapshot_every: sizes.every,
        ..TrainingOptions::default()
    };
    let mut trainer = Trainer::new(units, task, options).map_err(StudyError::step(step))?;
    while trainer.status() == TrainingStatus::Running {
        context.check()?;
        trainer.step().map_err(StudyError::step(step))?;
    }
    let mut epochs: Vec<u64> = trainer.snapshots().iter().map(|snapshot| snapshot.epoch).collect();
    let mut matrices: Vec<Mat<f64>> = trainer
        .snapshots()
        .iter()
        .map(|snapshot| Mat::from_fn(n, n, |i, j| snapshot.parameters[j * n + i]))
        .collect();
    epochs.push(trainer.losses().len() as u64);
    matrices.push(trainer.network().weights().recurrent);
    let spectra = eigenvalues_along(&matrices, n).map_err(StudyError::step("eigenvalues along training"))?;
    let outermost = spectra.iter().map(|values| {
        values.iter().copied().max_by(|a, b| a.im.total_cmp(&b.im)).unwrap_or(Complex64::new(f64::NAN, 0.0))
    });
    let batch = task.batch(0, 0, 1).map_err(StudyError::step("the cosine"))?;
    let (_, outputs) = evaluate(trainer.network(), &batch, Loss::HalfSquare)
        .map_err(StudyError::step("a trained network"))?;
    Ok(Run {
        pair: epochs.into_iter().zip(outermost).collect(),
        losses: trainer.losses(),
        status: trainer.status(),
        outputs,
    })
}

/// The eigenvalue of W with which steps of dt turn by the angle of the target: 1 + (e^{iω dt} − 1)/dt.
///
/// It tends to 1 + iω, ω = 2π/period, for small steps.
fn exact_eigenvalue(task: &Cosine) -> Complex64 {
    let angle = std::f64::consts::TAU * task.time_step / task.period;
    (Complex64::new(0.0, angle).exp() - 1.0) / task.time_step + 1.0
}

fn claims(runs: &[Run], task: &Cosine) -> Vec<Claim> {
    let expected = exact_eigenvalue(task);
    let mut claims = Vec::new();
    for (index, ((g, _), run)) in RUNS.into_iter().zip(runs).enumerate() {
        let (first, last) = (run.losses[0], run.losses.last().copied().unwrap_or(f64::NAN));
        if g == 0.0 {
            claims.push(
                Claim::at_least(
                    "never-learns",
                    "g = 0: without a bulk the network never learns: last loss over first",
                    0.9,
                    last / first,
                )
                .source("specification S5")
                .because(
                    "All updates lie along m mᵀ, so that W stays symmetric of rank one and its eigenvalue real: no oscillation can \
                     grow, and the best real exponential removes a few per cent of the loss.",
                ),
            );
            let imaginary = run.pair.iter().map(|(_, v)| v.im.abs()).fold(0.0, f64::max);
            claims.push(
                Claim::at_most("stays-real", "g = 0: the largest imaginary part of an eigenvalue during training", 1e-6, imaginary)
                    .source("ours")
                    .because("W is symmetric up to rounding; rounding at 1e-16 splits equal eigenvalues by its root at most."),
            );
            continue;
        }
        claims.push(
            Claim::at_most(
                &format!("learns-{index}"),
                &format!("g = {g}: last loss over first"),
                0.05,
                last / first,
            )
            .source("specification S5")
            .because("The paper's measure of convergence; the loss drops around epoch 350 of 1000."),
        );
        let end = run.pair.last().map_or(Complex64::new(f64::NAN, f64::NAN), |(_, v)| *v);
        claims.push(
            Claim::within(
                &format!("frequency-{index}"),
                &format!("g = {g}: imaginary part of the conjugate pair after training (1.2566 for small steps)"),
                expected.im,
                end.im,
                0.06,
            )
            .source("specification S5; the value for finite steps: ours")
            .because(
                "A phase error of half a radian over the two trained periods, 10 units of time: at a loss of 5 % of the first \
                 the phase is known better.",
            ),
        );
        claims.push(
            Claim::within(
                &format!("growth-{index}"),
                &format!("g = {g}: real part of the pair after training (1 for small steps)"),
                expected.re,
                end.re,
                0.06,
            )
            .source("specification S5; the value for finite steps: ours")
            .because("A growth or decay by a factor of 1.8 over the two trained periods, which would leave more than 5 % of the loss."),
        );
    }
    claims
}

fn draw(runs: &[Run], task: &Cosine, units: usize) -> Figure {
    let epochs = runs.iter().map(|run| run.losses.len()).max().unwrap_or(0) as f64;
    let mut losses =
        Panel::new(Axis::new("epoch").range(0.0, epochs), Axis::log10("loss, of the first").range(1e-5, 3.0));
    let mut plane = Panel::new(
        Axis::new("Re λ of the pair").range(-0.2, 1.4),
        Axis::new("Im λ of the pair").range(0.0, 1.6),
    )
    .layer(Reference::vertical(1.0).label("stability"));
    let mut outputs =
        Panel::new(Axis::new("time t/τ").range(0.0, task.duration), Axis::new("output z").range(-1.6, 1.6))
            .layer(Reference::vertical(task.period * task.periods).label("trained up to here"));
    let target = (0..task.dimensions().steps).map(|i| {
        let t = i as f64 * task.time_step;
        (t, (std::f64::consts::TAU * t / task.period).cos())
    });
    outputs = outputs.layer(Line::through(target).dashed().label("target"));
    for (index, ((g, _), run)) in RUNS.into_iter().zip(runs).enumerate() {
        let colour = Colour::category(index);
        let label = match run.status {
            TrainingStatus::NotFinite { .. } => format!("g = {g}, diverged"),
            _ => format!("g = {g}"),
        };
        let first = run.losses[0];
        losses = losses.layer(
            Line::through(
                run.losses.iter().enumerate().map(|(e, l)| (e as f64, (l / first).clamp(1e-5, 3.0))),
            )
            .colour(colour)
            .label(label),
        );
        if g > 0.0 {
            plane = plane.layer(Line::through(run.pair.iter().map(|(_, v)| (v.re, v.im))).colour(colour));
        }
        let course =
            run.outputs.iter().enumerate().map(|(i, z)| (i as f64 * task.time_step, z.clamp(-1.6, 1.6)));
        outputs = outputs.layer(Line::through(course).colour(colour));
    }
    Figure::new("cosine", "Learning to oscillate")
        .caption(format!(
            "One network of {units} units for each strength of the bulk. Left, the loss; middle, the eigenvalue of largest imaginary part \
             from the start of training to its end; right, the output after training, beyond the two periods that were trained. \
             Without a bulk the change is symmetric of rank one, and nothing oscillates."
        ))
        .panel(losses)
        .panel(plane)
        .panel(outputs)
}
