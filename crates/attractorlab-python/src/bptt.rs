//! Tasks, and training by back-propagation through time.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use attractorlab::network::{Form, Transfer};
use attractorlab::task::{Batch, Dimensions, Task, TaskKind};
use attractorlab::training::bptt::{
    BpttError, GatedCellKind, GatedUnits, Loss, RateUnits, RateWeights, StepNoise, Trainable,
    TrainableMatrices, Trainer, TrainingOptions, TrainingStatus, check_gradient, evaluate,
};
use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::random::Stream;
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::dissection::Network;
use crate::errors::Failure;
use crate::interrupt::interruptible;
use crate::network::{array, matrix};
use crate::transfer;

fn task(text: &str) -> Result<TaskKind, Failure> {
    let task: TaskKind =
        serde_json::from_str(text).map_err(|error| Failure::Input(format!("the task: {error}")))?;
    task.task().check()?;
    Ok(task)
}

/// The task with all its parameters, as JSON.
#[pyfunction]
pub(crate) fn task_describe(text: &str) -> Result<String, Failure> {
    Ok(serde_json::to_string(&task(text)?)?)
}

/// Inputs, outputs, steps and dt of a task.
#[pyfunction]
pub(crate) fn task_dimensions(text: &str) -> Result<(usize, usize, usize, f64), Failure> {
    let Dimensions { inputs, outputs, steps, time_step } = task(text)?.task().dimensions();
    Ok((inputs, outputs, steps, time_step))
}

type Flat<'py> = Bound<'py, PyArray1<f64>>;

/// Input, target and mask, flat in the order (step, trial, channel); without a step the test batch.
#[pyfunction]
pub(crate) fn task_batch<'py>(
    py: Python<'py>,
    text: &str,
    seed: u64,
    step: Option<u64>,
    trials: usize,
) -> Result<(Flat<'py>, Flat<'py>, Flat<'py>), Failure> {
    let task = task(text)?;
    let batch = match step {
        Some(step) => task.batch(seed, step, trials)?,
        None => task.test_batch(seed, trials)?,
    };
    let array = |values: &[f64]| PyArray1::from_slice(py, values);
    Ok((array(batch.inputs()), array(batch.targets()), array(batch.masks())))
}

type Training32<M> = Trainer<f32, M, TaskKind>;
type Training64<M> = Trainer<f64, M, TaskKind>;

/// A training of any cell in any precision.
enum Kind {
    Rate32(Box<Training32<RateUnits<f32>>>),
    Rate64(Box<Training64<RateUnits<f64>>>),
    Gated32(Box<Training32<GatedUnits<f32>>>),
    Gated64(Box<Training64<GatedUnits<f64>>>),
}

/// Does the same with whatever is trained.
macro_rules! each {
    ($kind:expr, $trainer:ident => $call:expr) => {
        match $kind {
            Kind::Rate32($trainer) => $call,
            Kind::Rate64($trainer) => $call,
            Kind::Gated32($trainer) => $call,
            Kind::Gated64($trainer) => $call,
        }
    };
}

/// A training that Python drives.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct BpttTraining {
    kind: Mutex<Kind>,
}

/// What the equations of a network are, beside its weights.
struct Cell<'a> {
    name: &'a str,
    transfer: Transfer,
    readout_transfer: Transfer,
    noise: StepNoise,
    precision: &'a str,
}

impl Cell<'_> {
    /// Gated units have functions of their own and no noise.
    fn check_gated(&self) -> Result<(), Failure> {
        if self.noise != StepNoise::default() {
            return Err(Failure::Input(format!(
                "cell '{}' is trained without noise: noise and initial_noise must be 0, got {} and {}",
                self.name, self.noise.state, self.noise.initial
            )));
        }
        if (self.transfer, self.readout_transfer) != (Transfer::Tanh, Transfer::Linear) {
            return Err(Failure::Input(format!(
                "cell '{}' has functions of its own and a linear readout: leave transfer and readout_transfer out",
                self.name
            )));
        }
        Ok(())
    }
}

type Matrices<'py> = BTreeMap<String, PyReadonlyArray2<'py, f64>>;

/// The network with the given matrices in the place of drawn ones.
fn with_weights<T, M>(mut network: M, weights: &Matrices<'_>) -> Result<M, BpttError>
where
    T: Real,
    M: Trainable<T>,
{
    for (name, values) in weights {
        network = network.with_matrix(name, matrix(values).as_ref())?;
    }
    Ok(network)
}

fn start<T, M>(
    network: M,
    task: TaskKind,
    options: TrainingOptions,
    resume: Option<&PathBuf>,
) -> Result<Box<Trainer<T, M, TaskKind>>, Failure>
where
    T: Real,
    M: Trainable<T>,
{
    Ok(Box::new(match resume {
        Some(path) => Trainer::resume(network, task, options, path)?,
        None => Trainer::new(network, task, options)?,
    }))
}

#[pymethods]
impl BpttTraining {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "the face names and checks them")]
    fn new(
        task_text: &str,
        options: &str,
        cell: &str,
        units: usize,
        g: f64,
        transfer_name: (&str, f64),
        readout_transfer: (&str, f64),
        noise: (f64, f64),
        precision: &str,
        replicate: u64,
        weights: Matrices<'_>,
        resume: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let task = task(task_text)?;
        let options: TrainingOptions =
            serde_json::from_str(options).map_err(|error| Failure::Input(format!("the options: {error}")))?;
        let cell = Cell {
            name: cell,
            transfer: transfer::read(transfer_name.0, transfer_name.1)?,
            readout_transfer: transfer::read(readout_transfer.0, readout_transfer.1)?,
            noise: StepNoise { state: noise.0, initial: noise.1 },
            precision,
        };
        if units == 0 {
            return Err(Failure::Input("units must be at least 1, got 0".to_owned()));
        }
        let d = task.dimensions();
        let mut stream = Stream::new(options.seed, "initial network", replicate);
        let kind = match cell.name {
            "gru" | "lstm" => {
                cell.check_gated()?;
                let kind = if cell.name == "gru" { GatedCellKind::Gru } else { GatedCellKind::Lstm };
                if cell.precision == "float32" {
                    let network = GatedUnits::<f32>::draw(kind, units, d.inputs, d.outputs, &mut stream)?;
                    Kind::Gated32(start(with_weights(network, &weights)?, task, options, resume.as_ref())?)
                } else {
                    let network = GatedUnits::<f64>::draw(kind, units, d.inputs, d.outputs, &mut stream)?;
                    Kind::Gated64(start(with_weights(network, &weights)?, task, options, resume.as_ref())?)
                }
            }
            form => {
                let form = match form {
                    "current" => Form::Current,
                    "rate" => Form::Rate,
                    "map" => Form::Map,
                    other => {
                        return Err(Failure::Input(format!(
                            "cell must be 'current', 'rate', 'map', 'gru' or 'lstm', not '{other}'"
                        )));
                    }
                };
                let drawn = RateWeights::draw(units, d.inputs, d.outputs, g, &mut stream);
                if cell.precision == "float32" {
                    let network = rate::<f32>(&drawn, form, &cell, d.time_step, &weights)?;
                    Kind::Rate32(start(network, task, options, resume.as_ref())?)
                } else {
                    let network = rate::<f64>(&drawn, form, &cell, d.time_step, &weights)?;
                    Kind::Rate64(start(network, task, options, resume.as_ref())?)
                }
            }
        };
        Ok(Self { kind: Mutex::new(kind) })
    }

    /// Makes epochs, all that are left without a number; returns the status.
    fn run(&self, py: Python<'_>, epochs: Option<usize>) -> Result<(String, Option<u64>), Failure> {
        let status = interruptible(py, |cancelled| {
            let mut kind = self.lock();
            each!(&mut *kind, trainer => {
                let until = epochs.map(|epochs| trainer.history().len() + epochs);
                trainer.run_until(|trainer| {
                    cancelled.load(Ordering::Relaxed) || until.is_some_and(|until| trainer.history().len() >= until)
                })
            })
        })??;
        Ok(status_words(status))
    }

    fn status(&self) -> (String, Option<u64>) {
        status_words(each!(&*self.lock(), trainer => trainer.status()))
    }

    fn losses<'py>(&self, py: Python<'py>) -> Flat<'py> {
        PyArray1::from_vec(py, each!(&*self.lock(), trainer => trainer.losses()))
    }

    fn gradient_norms<'py>(&self, py: Python<'py>) -> Flat<'py> {
        PyArray1::from_vec(py, each!(&*self.lock(), trainer => trainer.gradient_norms()))
    }

    fn names(&self) -> Vec<String> {
        each!(&*self.lock(), trainer => trainer.network().layout().tensors().iter().map(|t| t.name.clone()).collect())
    }

    /// A part of the parameters, now or at a snapshot.
    fn matrix<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        snapshot: Option<usize>,
    ) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
        let found = each!(&*self.lock(), trainer => match snapshot {
            None => trainer.network().matrix(name)?,
            Some(index) => {
                let snapshot = trainer
                    .snapshots()
                    .get(index)
                    .ok_or_else(|| Failure::Input(format!("there is no snapshot number {index}")))?;
                trainer.network().with_parameters(&snapshot.parameters)?.matrix(name)?
            }
        });
        Ok(array(py, found.as_ref()))
    }

    fn snapshot_epochs(&self) -> Vec<u64> {
        each!(&*self.lock(), trainer => trainer.snapshots().iter().map(|snapshot| snapshot.epoch).collect())
    }

    fn save(&self, path: PathBuf) -> Result<(), Failure> {
        Ok(each!(&*self.lock(), trainer => trainer.save(&path))?)
    }

    fn network(&self) -> Result<Network, Failure> {
        let network = match &*self.lock() {
            Kind::Rate32(trainer) => trainer.network().to_network()?,
            Kind::Rate64(trainer) => trainer.network().to_network()?,
            Kind::Gated32(trainer) => trainer.network().to_network()?,
            Kind::Gated64(trainer) => trainer.network().to_network()?,
        };
        Ok(Network::of(network))
    }

    /// Loss and outputs, flat in the order (step, trial, channel), with some matrices replaced.
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        trials: usize,
        arrays: (PyReadonlyArray1<'py, f64>, PyReadonlyArray1<'py, f64>, PyReadonlyArray1<'py, f64>),
        weights: Matrices<'py>,
    ) -> Result<(f64, Flat<'py>), Failure> {
        let values = |a: &PyReadonlyArray1<'_, f64>| a.as_array().to_vec();
        let (inputs, targets, masks) = (values(&arrays.0), values(&arrays.1), values(&arrays.2));
        let kind = self.lock();
        let (loss, outputs) = each!(&*kind, trainer => {
            let network = with_weights(trainer.network().clone(), &weights)?;
            let steps = targets.len() / (trials * trainer.network().outputs()).max(1);
            let dimensions = Dimensions {
                inputs: network.inputs(),
                outputs: network.outputs(),
                steps,
                time_step: trainer.task().dimensions().time_step,
            };
            let batch = Batch::from_arrays(dimensions, trials, inputs, targets, masks)?;
            let of = trainer.options().loss;
            let (loss, outputs) = py.detach(|| evaluate(&network, &batch, of))?;
            (loss, outputs.into_iter().map(Real::to_f64).collect::<Vec<f64>>())
        });
        Ok((loss, PyArray1::from_vec(py, outputs)))
    }

    /// (name, derivative along a direction from the gradient, from differences, relative error); in float64.
    fn check_gradient(
        &self,
        trials: usize,
        seed: u64,
    ) -> Result<Vec<(String, f64, f64, f64)>, Failure> {
        let of = |task: &TaskKind| task.test_batch(seed, trials);
        let checks = match &*self.lock() {
            Kind::Rate64(trainer) => {
                check_gradient(trainer.network(), &of(trainer.task())?, trainer.options().loss, seed)?
            }
            Kind::Gated64(trainer) => {
                check_gradient(trainer.network(), &of(trainer.task())?, trainer.options().loss, seed)?
            }
            _ => {
                let message =
                    "gradients are checked in float64: make the training with precision=\"float64\"";
                return Err(Failure::Input(message.to_owned()));
            }
        };
        Ok(checks.into_iter().map(|c| (c.name, c.gradient, c.difference, c.relative_error)).collect())
    }
}

impl BpttTraining {
    fn lock(&self) -> std::sync::MutexGuard<'_, Kind> {
        self.kind.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn rate<T: Real>(
    drawn: &RateWeights,
    form: Form,
    cell: &Cell<'_>,
    dt: f64,
    weights: &Matrices<'_>,
) -> Result<RateUnits<T>, BpttError> {
    let network = RateUnits::new(drawn, form, cell.transfer, dt)?
        .with_readout_transfer(cell.readout_transfer)
        .with_noise(cell.noise)?;
    with_weights(network, weights)
}

fn status_words(status: TrainingStatus) -> (String, Option<u64>) {
    let (word, epoch) = match status {
        TrainingStatus::Running => ("running", None),
        TrainingStatus::Finished => ("finished", None),
        TrainingStatus::Converged { epoch } => ("converged", Some(epoch)),
        TrainingStatus::NotFinite { epoch } => ("not finite", Some(epoch)),
    };
    (word.to_owned(), epoch)
}

/// Losses by name, so that a typing error is told early.
#[pyfunction]
pub(crate) fn bptt_losses() -> Result<Vec<String>, Failure> {
    let all = [Loss::HalfSquare, Loss::Square, Loss::BinaryCrossEntropy];
    let word = |loss| Ok(serde_json::to_value(loss)?.as_str().unwrap_or_default().to_owned());
    all.into_iter().map(word).collect()
}
