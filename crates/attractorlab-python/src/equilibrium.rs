//! The fixed-point layer, learning rules on fixed points, and images.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use attractorlab::dynamics::{
    Columns, Equilibria, EquilibriumOptions, EquilibriumStatus, FixedPointLayer, StabilityTest,
};
use attractorlab::numerics::kernels::Real;
use attractorlab::numerics::linalg::Mat;
use attractorlab::task::images::{ImageData, Images};
use attractorlab::training::OptimiserRule;
use attractorlab::training::equilibrium::linear::{
    GradientPath, LinearTask, LinearisedPath, ReparameterisedPath, ResponseMetric, landscape_points,
    response_distance as distance, singular_steps as poles,
};
use attractorlab::training::equilibrium::{
    Batch, Evaluation, ForwardPass, ImplicitGradient, LearningError, Loss, MeanSquaredError, MissingStates,
    RULES, Rule, SoftmaxCrossEntropy, StepRecord, TrainerOptions, rule_by_name,
};
use numpy::{PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::interrupt::{abandonable, interruptible};
use crate::network::{array, matrix};
use crate::transfer;

type Matrix<'py> = PyReadonlyArray2<'py, f64>;
/// Losses and final weights.
type Course<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray2<f64>>);
/// Pass ("converged" or "truncated"), tolerance (0 for the usual one), sweeps, mixing, Newton steps, stability, dt,
/// steps, missing states.
type States = (String, f64, usize, usize, usize, String, f64, usize, String);
/// Targets, Cᵀ (N×K), labels: what a loss is made of.
type Goal<'py> = (Option<Matrix<'py>>, Option<Matrix<'py>>, Option<Vec<usize>>);
/// Optimiser, learning rate, momentum, largest norm of the gradient.
type Descent = (String, f64, f64, Option<f64>);

fn columns<T: Real>(values: &Matrix<'_>) -> Columns<T> {
    let values = values.as_array();
    Columns::from_fn(values.nrows(), values.ncols(), |i, c| T::from_f64(values[[i, c]]))
}

fn out<'py, T: Real>(py: Python<'py>, columns: &Columns<T>) -> Bound<'py, PyArray2<f64>> {
    array(py, columns.to_f64().as_ref())
}

fn layer<T: Real>(name: &str, threshold: f64, weights: &Matrix<'_>) -> Result<FixedPointLayer<T>, Failure> {
    let view = weights.as_array();
    let weights = Mat::from_fn(view.nrows(), view.ncols(), |i, j| T::from_f64(view[[i, j]]));
    Ok(FixedPointLayer::new(weights, transfer::read(name, threshold)?)?)
}

fn pass<T: Real>(states: &States) -> Result<ForwardPass, Failure> {
    let (pass, tolerance, sweeps, mixing, newton_steps, stability, dt, steps, _) = states;
    match pass.as_str() {
        "truncated" => return Ok(ForwardPass::Truncated { dt: *dt, steps: *steps }),
        "converged" => {}
        other => {
            return Err(Failure::Input(format!("states must be 'converged' or 'truncated', not '{other}'")));
        }
    }
    let stability = match stability.as_str() {
        "off" => StabilityTest::Off,
        "growth" => StabilityTest::Growth,
        "exact" => StabilityTest::Exact,
        "spectrum" => StabilityTest::Spectrum,
        other => {
            return Err(Failure::Input(format!(
                "stability must be 'off', 'growth', 'exact' or 'spectrum', not '{other}'"
            )));
        }
    };
    let usual = EquilibriumOptions::of::<T>();
    let tolerance = if *tolerance == 0.0 { usual.tolerance } else { *tolerance };
    Ok(ForwardPass::Converged(EquilibriumOptions {
        tolerance,
        sweeps: *sweeps,
        mixing: *mixing,
        newton_steps: *newton_steps,
        stability,
        ..usual
    }))
}

fn missing(states: &States) -> Result<MissingStates, Failure> {
    match states.8.as_str() {
        "leave-out" => Ok(MissingStates::LeaveOut),
        "use-last" => Ok(MissingStates::UseLast),
        "stop" => Ok(MissingStates::Stop),
        other => {
            Err(Failure::Input(format!("missing must be 'leave-out', 'use-last' or 'stop', not '{other}'")))
        }
    }
}

fn loss<T: Real>(goal: &Goal<'_>) -> Result<Box<dyn Loss<T>>, Failure> {
    Ok(match goal {
        (Some(targets), None, None) => Box::new(MeanSquaredError::of_rates(columns(targets))),
        (Some(targets), Some(readout), None) => {
            Box::new(MeanSquaredError::of_readout(Arc::new(columns(readout)), columns(targets))?)
        }
        (None, Some(readout), Some(labels)) => {
            Box::new(SoftmaxCrossEntropy::new(Arc::new(columns(readout)), labels.clone())?)
        }
        _ => return Err(Failure::Input("a loss needs targets, or a readout with labels".into())),
    })
}

fn rule<T: Real>(name: &str) -> Result<Box<dyn Rule<T>>, Failure> {
    rule_by_name(name)
        .ok_or_else(|| Failure::Input(format!("there is no rule '{name}'; there are {}", RULES.join(", "))))
}

fn describe<'py, T: Real>(py: Python<'py>, found: &Equilibria<T>) -> Result<Bound<'py, PyDict>, Failure> {
    let answer = PyDict::new(py);
    answer.set_item("rates", out(py, &found.rates))?;
    answer.set_item("gains", out(py, &found.gains))?;
    let status: Vec<&str> = found.status.iter().copied().map(EquilibriumStatus::name).collect();
    answer.set_item("status", status)?;
    answer.set_item("residuals", PyArray1::from_vec(py, found.residuals.clone()))?;
    let growth = found.growth.iter().map(|g| g.unwrap_or(f64::NAN)).collect();
    answer.set_item("growth", PyArray1::from_vec(py, growth))?;
    answer.set_item("sweeps", found.sweeps)?;
    Ok(answer)
}

/// States of a batch.
#[pyfunction]
pub(crate) fn equilibrium_states<'py>(
    py: Python<'py>,
    transfer: (String, f64),
    weights: Matrix<'py>,
    drive: Matrix<'py>,
    start: Option<Matrix<'py>>,
    states: States,
) -> Result<Bound<'py, PyDict>, Failure> {
    let layer = layer::<f64>(&transfer.0, transfer.1, &weights)?;
    let (drive, start) = (columns::<f64>(&drive), start.as_ref().map(columns::<f64>));
    let pass = pass::<f64>(&states)?;
    let found = abandonable(py, move |_| pass.run(&layer, &drive, start.as_ref()))??;
    describe(py, &found)
}

/// What a rule makes of a batch: increment, loss, accuracy, residual of the adjoint, states.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the face names them")]
pub(crate) fn equilibrium_update<'py>(
    py: Python<'py>,
    name: &str,
    rate: f64,
    transfer: (String, f64),
    weights: Matrix<'py>,
    drive: Matrix<'py>,
    goal: Goal<'py>,
    states: States,
) -> Result<Bound<'py, PyDict>, Failure> {
    let layer = layer::<f64>(&transfer.0, transfer.1, &weights)?;
    let (drive, loss, rule) = (columns::<f64>(&drive), loss::<f64>(&goal)?, rule::<f64>(name)?);
    let (pass, missing) = (pass::<f64>(&states)?, missing(&states)?);
    let (evaluation, update) = abandonable(py, move |_| -> Result<_, Failure> {
        let evaluation = Evaluation::new(&layer, &drive, None, loss.as_ref(), &pass, missing)?;
        let update = rule.update(&Batch::of(&layer, &drive, &evaluation, loss.as_ref(), &pass), rate)?;
        Ok((evaluation, update))
    })??;
    let answer = describe(py, &evaluation.states)?;
    answer.set_item("increment", out(py, &update.increment))?;
    answer.set_item("loss", evaluation.loss)?;
    answer.set_item("accuracy", evaluation.accuracy)?;
    answer.set_item("left_out", evaluation.left_out())?;
    answer.set_item("adjoint_residual", update.adjoint_residual)?;
    Ok(answer)
}

/// What a rule makes of rates and gains that are given: increment, loss, accuracy, residual of the adjoint.
#[pyfunction]
pub(crate) fn equilibrium_update_at<'py>(
    py: Python<'py>,
    name: &str,
    rate: f64,
    weights: Matrix<'py>,
    drive: Matrix<'py>,
    given: (Matrix<'py>, Matrix<'py>),
    goal: Goal<'py>,
) -> Result<Bound<'py, PyDict>, Failure> {
    // The gains are given: the transfer function is not asked for them.
    let layer = layer::<f64>("linear", 0.0, &weights)?;
    let (drive, loss, rule) = (columns::<f64>(&drive), loss::<f64>(&goal)?, rule::<f64>(name)?);
    let (rates, gains) = (columns::<f64>(&given.0), columns::<f64>(&given.1));
    let (units, count) = (layer.units(), drive.count());
    for (name, found) in [("drive", &drive), ("rates", &rates), ("gains", &gains)] {
        if (found.rows(), found.count()) != (units, count) {
            return Err(Failure::Input(format!(
                "{name} must be of shape ({units}, {count}), one row a unit and one column a sample, got ({}, {})",
                found.rows(),
                found.count()
            )));
        }
        if let Some(index) = found.values().iter().position(|value| !value.is_finite()) {
            return Err(Failure::Input(format!(
                "{name} is not finite, at [{}, {}]",
                index % units,
                index / units
            )));
        }
    }
    let states = Equilibria {
        gains,
        rates,
        status: vec![EquilibriumStatus::Stable; count],
        residuals: vec![0.0; count],
        growth: vec![None; count],
        sweeps: 0,
    };
    let pass = ForwardPass::converged::<f64>();
    let (evaluation, update) = abandonable(py, move |_| -> Result<_, Failure> {
        let evaluation = Evaluation::of_states(states, loss.as_ref(), MissingStates::LeaveOut)?;
        let update = rule.update(&Batch::of(&layer, &drive, &evaluation, loss.as_ref(), &pass), rate)?;
        Ok((evaluation, update))
    })??;
    let answer = PyDict::new(py);
    answer.set_item("increment", out(py, &update.increment))?;
    answer.set_item("loss", evaluation.loss)?;
    answer.set_item("accuracy", evaluation.accuracy)?;
    answer.set_item("adjoint_residual", update.adjoint_residual)?;
    Ok(answer)
}

/// The implicit gradient along random directions, and finite differences.
#[pyfunction]
pub(crate) fn equilibrium_gradient_check<'py>(
    py: Python<'py>,
    transfer: (String, f64),
    weights: Matrix<'py>,
    drive: Matrix<'py>,
    goal: Goal<'py>,
    directions: usize,
    seed: u64,
) -> Result<Bound<'py, PyDict>, Failure> {
    let layer = layer::<f64>(&transfer.0, transfer.1, &weights)?;
    let (drive, loss) = (columns::<f64>(&drive), loss::<f64>(&goal)?);
    let check = abandonable(py, move |stop| {
        ImplicitGradient::check_until(&layer, &drive, loss.as_ref(), directions, seed, stop)
    })??
    .expect("stopped by Ctrl-C only, which has raised KeyboardInterrupt");
    let answer = PyDict::new(py);
    answer.set_item("analytic", PyArray1::from_vec(py, check.analytic))?;
    answer.set_item("differences", PyArray1::from_vec(py, check.differences))?;
    answer.set_item("error", check.error)?;
    answer.set_item("adjoint_residual", check.adjoint_residual)?;
    Ok(answer)
}

enum Precise {
    F32(attractorlab::training::equilibrium::Trainer<f32>),
    F64(attractorlab::training::equilibrium::Trainer<f64>),
}

/// Weights under training.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct EquilibriumTrainer {
    trainer: Arc<Mutex<Precise>>,
}

fn start<T: Real>(
    name: &str,
    transfer: (&str, f64),
    weights: &Matrix<'_>,
    states: &States,
    descent: &Descent,
    warm_start: bool,
) -> Result<attractorlab::training::equilibrium::Trainer<T>, Failure> {
    let (optimiser, learning_rate, momentum, clip) = descent;
    let learning_rate = *learning_rate;
    let optimiser = match optimiser.as_str() {
        "gradient-descent" => OptimiserRule::GradientDescent { learning_rate },
        "momentum" => OptimiserRule::Momentum { learning_rate, momentum: *momentum },
        "adam" => OptimiserRule::adam(learning_rate),
        other => {
            return Err(Failure::Input(format!(
                "optimiser must be 'gradient-descent', 'momentum' or 'adam', not '{other}'"
            )));
        }
    };
    let options = TrainerOptions {
        pass: pass::<T>(states)?,
        missing: missing(states)?,
        optimiser,
        clip: *clip,
        warm_start,
    };
    let layer = layer::<T>(transfer.0, transfer.1, weights)?;
    let transfer = layer.transfer();
    Ok(attractorlab::training::equilibrium::Trainer::new(layer.weights(), transfer, rule(name)?, options)?)
}

#[pymethods]
impl EquilibriumTrainer {
    #[new]
    fn new(
        name: &str,
        transfer: (String, f64),
        weights: Matrix<'_>,
        states: States,
        descent: Descent,
        warm_start: bool,
        precision: &str,
    ) -> Result<Self, Failure> {
        let function = (transfer.0.as_str(), transfer.1);
        let trainer = match precision {
            "float32" => Precise::F32(start(name, function, &weights, &states, &descent, warm_start)?),
            "float64" => Precise::F64(start(name, function, &weights, &states, &descent, warm_start)?),
            other => {
                return Err(Failure::Input(format!(
                    "precision must be 'float32' or 'float64', not '{other}'"
                )));
            }
        };
        Ok(Self { trainer: Arc::new(Mutex::new(trainer)) })
    }

    /// One step; what happened, by name.
    fn step<'py>(
        &self,
        py: Python<'py>,
        drive: Matrix<'py>,
        goal: Goal<'py>,
    ) -> Result<Bound<'py, PyDict>, Failure> {
        let wide = (columns::<f64>(&drive), loss::<f64>(&goal)?);
        let narrow = (columns::<f32>(&drive), loss::<f32>(&goal)?);
        let trainer = Arc::clone(&self.trainer);
        let record: StepRecord =
            abandonable(py, move |_| match &mut *trainer.lock().unwrap_or_else(PoisonError::into_inner) {
                Precise::F32(trainer) => trainer.step(&narrow.0, narrow.1.as_ref()),
                Precise::F64(trainer) => trainer.step(&wide.0, wide.1.as_ref()),
            })??;
        let answer = PyDict::new(py);
        answer.set_item("step", record.step)?;
        answer.set_item("status", record.status.name())?;
        answer.set_item("loss", record.loss)?;
        answer.set_item("accuracy", record.accuracy)?;
        answer.set_item("left_out", record.left_out)?;
        answer.set_item("unstable", record.unstable)?;
        answer.set_item("undecided", record.undecided)?;
        answer.set_item("residual", record.residual)?;
        answer.set_item("adjoint_residual", record.adjoint_residual)?;
        answer.set_item("gradient_norm", record.gradient_norm)?;
        Ok(answer)
    }

    /// W.
    fn weights<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
        let weights = self.with_trainer(py, |trainer| match trainer {
            Precise::F32(trainer) => trainer.state().0.to_f64(),
            Precise::F64(trainer) => trainer.state().0.to_f64(),
        })?;
        Ok(array(py, weights.as_ref()))
    }

    fn save(&self, py: Python<'_>, path: PathBuf, configuration: String) -> Result<(), Failure> {
        Ok(self.with_trainer(py, move |trainer| match trainer {
            Precise::F32(trainer) => trainer.write_checkpoint(&path, &configuration, Vec::new()),
            Precise::F64(trainer) => trainer.write_checkpoint(&path, &configuration, Vec::new()),
        })??)
    }

    fn load(&self, py: Python<'_>, path: PathBuf, configuration: String) -> Result<(), Failure> {
        self.with_trainer(py, move |trainer| {
            match trainer {
                Precise::F32(trainer) => trainer.read_checkpoint(&path, &configuration)?,
                Precise::F64(trainer) => trainer.read_checkpoint(&path, &configuration)?,
            };
            Ok::<_, Failure>(())
        })?
    }
}

impl EquilibriumTrainer {
    /// Does something with the trainer, once a step that may still run has ended; Ctrl-C does not wait for that.
    fn with_trainer<R: Send + 'static>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Precise) -> R + Send + 'static,
    ) -> PyResult<R> {
        let trainer = Arc::clone(&self.trainer);
        abandonable(py, move |_| work(&mut trainer.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Leads a path of rule 1 to a step, unless it must not go on; whether nothing is in its way.
fn get_to(path: &mut GradientPath, step: u64, go_on: &dyn Fn() -> bool) -> Result<bool, LearningError> {
    while path.step() < step && go_on() {
        match path.advance(1) {
            Err(LearningError::Linalg(_)) => return Ok(false),
            advanced => advanced?,
        }
    }
    Ok(true)
}

/// The loss, if it is a number.
fn finite_loss(path: &mut GradientPath) -> Result<Option<f64>, LearningError> {
    match path.loss() {
        Err(LearningError::Linalg(_)) => Ok(None),
        loss => Ok(Some(loss?).filter(|loss| loss.is_finite())),
    }
}

/// Losses of a rule on a linear network at steps 0, every, 2·every, …, by its own path; and the final weights.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the face names them")]
pub(crate) fn linear_course<'py>(
    py: Python<'py>,
    rule: &str,
    inputs: Matrix<'py>,
    targets: Matrix<'py>,
    weights: Matrix<'py>,
    rate: f64,
    steps: u64,
    every: u64,
) -> Result<Course<'py>, Failure> {
    let (task, start) = (LinearTask::new(matrix(&inputs), matrix(&targets))?, matrix(&weights));
    if every == 0 {
        return Err(Failure::Input("every must be at least 1".into()));
    }
    // A course that diverges is still one: what has left the numbers is infinite, or has no weights.
    let n = start.nrows();
    let weights_or_nan = |weights: Result<Mat<f64>, LearningError>| match weights {
        Err(LearningError::Linalg(_)) => Ok(Mat::from_fn(n, n, |_, _| f64::NAN)),
        found => found,
    };
    let (losses, end) = interruptible(py, |stop| -> Result<_, Failure> {
        let go_on = || !stop.load(Ordering::Relaxed);
        let records = (0..=steps / every).take_while(|_| go_on());
        Ok(match rule {
            "gradient" => {
                let mut path = GradientPath::new(&task, start.as_ref(), rate)?;
                let mut losses = Vec::new();
                // Nothing leads back into the numbers.
                let mut over = false;
                for k in records {
                    over = over || !get_to(&mut path, k * every, &go_on)?;
                    let loss = if over { None } else { finite_loss(&mut path)? };
                    over = loss.is_none();
                    losses.push(loss.unwrap_or(f64::INFINITY));
                }
                over = over || !get_to(&mut path, steps, &go_on)? || finite_loss(&mut path)?.is_none();
                (losses, if over { Mat::from_fn(n, n, |_, _| f64::NAN) } else { path.weights() })
            }
            "reparameterised" | "reparameterised-lookahead" => {
                let path = ReparameterisedPath::new(&task, start.as_ref(), rate, rule != "reparameterised")?;
                (
                    records.map(|k| path.loss(k * every)).collect::<Vec<f64>>(),
                    weights_or_nan(path.weights(steps))?,
                )
            }
            "linearised" => {
                let mut path = LinearisedPath::new(&task, start.as_ref(), rate)?;
                let mut losses = Vec::new();
                for k in records {
                    while path.step() < k * every && go_on() {
                        path.advance((k * every - path.step()).min(64));
                    }
                    losses.push(match path.loss() {
                        Err(LearningError::Linalg(_)) => f64::INFINITY,
                        loss => loss?,
                    });
                }
                while path.step() < steps && go_on() {
                    path.advance((steps - path.step()).min(64));
                }
                (losses, weights_or_nan(path.weights())?)
            }
            other => {
                return Err(Failure::Input(format!(
                    "rule must be 'gradient', 'reparameterised', 'reparameterised-lookahead' or 'linearised', not \
                     '{other}'"
                )));
            }
        })
    })??;
    Ok((PyArray1::from_vec(py, losses), array(py, end.as_ref())))
}

/// The metric of responses at W, or its inverse, applied to a matrix.
#[pyfunction]
pub(crate) fn response_metric<'py>(
    py: Python<'py>,
    weights: Matrix<'py>,
    of: Matrix<'py>,
    inverse: bool,
) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
    let (weights, of) = (matrix(&weights), matrix(&of));
    if (of.nrows(), of.ncols()) != (weights.nrows(), weights.ncols()) {
        return Err(Failure::Input(format!(
            "the matrix must have the shape of the weights, {}×{}, got {}×{}",
            weights.nrows(),
            weights.ncols(),
            of.nrows(),
            of.ncols()
        )));
    }
    let found = abandonable(py, move |_| {
        let metric = ResponseMetric::new(weights.as_ref())?;
        Ok::<_, LearningError>(if inverse { metric.apply_inverse(&of) } else { metric.apply(&of) })
    })??;
    Ok(array(py, found.as_ref()))
}

/// Smallest and largest eigenvalue of the metric of responses.
#[pyfunction]
pub(crate) fn response_metric_extremes(py: Python<'_>, weights: Matrix<'_>) -> Result<(f64, f64), Failure> {
    let weights = matrix(&weights);
    Ok(abandonable(py, move |_| ResponseMetric::new(weights.as_ref())?.extremes())??)
}

/// Loss, sign of det(1 − W) and largest real part at the points of a plane.
#[pyfunction]
pub(crate) fn linear_landscape<'py>(
    py: Python<'py>,
    inputs: Matrix<'py>,
    targets: Matrix<'py>,
    centre: Matrix<'py>,
    directions: Vec<Matrix<'py>>,
    coordinates: Vec<Vec<f64>>,
    with_growth: bool,
) -> Result<[Bound<'py, PyArray1<f64>>; 3], Failure> {
    let (task, centre) = (LinearTask::new(matrix(&inputs), matrix(&targets))?, matrix(&centre));
    let directions: Vec<Mat<f64>> = directions.iter().map(matrix).collect();
    let points = abandonable(py, move |stop| {
        let directions: Vec<_> = directions.iter().map(Mat::as_ref).collect();
        let mut points = Vec::with_capacity(coordinates.len());
        for block in coordinates.chunks(64).take_while(|_| !stop.load(Ordering::Relaxed)) {
            points.extend(landscape_points(&task, centre.as_ref(), &directions, block, with_growth)?);
        }
        Ok::<_, LearningError>(points)
    })??;
    let column = |value: fn(&attractorlab::training::equilibrium::linear::LandscapePoint) -> f64| {
        PyArray1::from_vec(py, points.iter().map(value).collect())
    };
    Ok([column(|p| p.loss), column(|p| p.sign), column(|p| p.growth.unwrap_or(f64::NAN))])
}

/// Every t at which 1 − W − tD is singular.
#[pyfunction]
pub(crate) fn singular_steps(
    py: Python<'_>,
    weights: Matrix<'_>,
    direction: Matrix<'_>,
) -> Result<Vec<f64>, Failure> {
    let (weights, direction) = (matrix(&weights), matrix(&direction));
    Ok(abandonable(py, move |_| poles(weights.as_ref(), direction.as_ref()))??)
}

/// |(1 − W₁)⁻¹ − (1 − W₂)⁻¹|.
#[pyfunction]
pub(crate) fn response_distance(
    py: Python<'_>,
    first: Matrix<'_>,
    second: Matrix<'_>,
) -> Result<f64, Failure> {
    let (first, second) = (matrix(&first), matrix(&second));
    Ok(abandonable(py, move |_| distance(first.as_ref(), second.as_ref()))??)
}

/// (Y − X)Y⁺.
#[pyfunction]
pub(crate) fn interpolating_weights<'py>(
    py: Python<'py>,
    inputs: Matrix<'py>,
    targets: Matrix<'py>,
) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
    let task = LinearTask::new(matrix(&inputs), matrix(&targets))?;
    let found = abandonable(py, move |_| task.interpolating_weights())??;
    Ok(array(py, found.as_ref()))
}

/// Pixels, flat, image after image; labels; height and width; white.
type Pixels = (Vec<u8>, Vec<usize>, (usize, usize), u8);

fn pixels(images: &Images) -> Pixels {
    let values = (0..images.count()).flat_map(|i| images.pixels(i).iter().copied()).collect();
    let labels = (0..images.count()).map(|i| images.label(i)).collect();
    (values, labels, images.size(), images.white())
}

/// The 8×8 digits.
#[pyfunction]
pub(crate) fn digit_images() -> Pixels {
    pixels(&Images::digits())
}

/// Training and test images of a folder with MNIST's four IDX files.
#[pyfunction]
pub(crate) fn folder_images(folder: PathBuf) -> Result<(Pixels, Pixels), Failure> {
    let data = ImageData::read_folder(&folder)?;
    Ok((pixels(&data.train), pixels(&data.test)))
}
