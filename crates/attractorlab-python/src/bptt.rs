//! Training by back-propagation through time.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use attractorlab::network::{Form, Transfer};
use attractorlab::task::{Batch, Dimensions, Task};
use attractorlab::training::bptt::{
    BpttError, GatedCellKind, GatedUnits, Loss, RateUnits, RateWeights, StepNoise, TensorCheck, Trainable,
    TrainableMatrices, Trainer, TrainingOptions, TrainingStatus, check_gradient_until, evaluate, gradient,
};
use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::dissection::Network;
use crate::errors::Failure;
use crate::interrupt::{abandonable, interruptible};
use crate::network::array;
use crate::tasks::AnyTask;
use crate::transfer;

type Flat<'py> = Bound<'py, PyArray1<f64>>;

type Training32<M> = Trainer<f32, M, AnyTask>;
type Training64<M> = Trainer<f64, M, AnyTask>;

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
    /// Before training.
    initial: Parts,
    /// How many threads wait for the training between two of its epochs.
    waiting: AtomicUsize,
}

/// A run lets others look at the training after about so long.
const TURN: Duration = Duration::from_millis(20);
/// How long a thread that waits for the training sleeps before it asks again.
const NAP: Duration = Duration::from_micros(500);

/// What the equations of a network are, beside its weights.
struct Cell<'a> {
    name: &'a str,
    transfer: Transfer,
    readout_transfer: Transfer,
    noise: StepNoise,
    layers: usize,
    dropout: f64,
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

    /// Rate units have one layer.
    fn check_rate(&self) -> Result<(), Failure> {
        if self.layers != 1 || self.dropout != 0.0 {
            return Err(Failure::Input(format!(
                "layers and dropout are for the cells 'gru' and 'lstm': cell '{}' needs layers 1 and dropout 0, got {} and {}",
                self.name, self.layers, self.dropout
            )));
        }
        Ok(())
    }

    fn gated<T: Real>(
        &self,
        units: usize,
        d: Dimensions,
        stream: &mut Stream,
        weights: &Matrices<'_>,
    ) -> Result<GatedUnits<T>, BpttError> {
        let kind = if self.name == "gru" { GatedCellKind::Gru } else { GatedCellKind::Lstm };
        let network = GatedUnits::draw_stack(kind, self.layers, units, d.inputs, d.outputs, stream)?;
        with_weights(network.with_dropout(self.dropout)?, weights)
    }
}

/// One array for each part of the parameters, by name.
type Derivatives<'py> = BTreeMap<String, Bound<'py, PyArray2<f64>>>;
/// Inputs, targets and mask, flat in the order (step, trial, channel).
type Arrays<'py> = (PyReadonlyArray1<'py, f64>, PyReadonlyArray1<'py, f64>, PyReadonlyArray1<'py, f64>);

/// Trials for a network in training, of any length.
fn batch<T, M>(trainer: &Trainer<T, M, AnyTask>, trials: usize, arrays: &Arrays<'_>) -> Result<Batch, Failure>
where
    T: Real,
    M: Trainable<T>,
{
    let values = |a: &PyReadonlyArray1<'_, f64>| a.as_array().to_vec();
    let (inputs, targets, masks) = (values(&arrays.0), values(&arrays.1), values(&arrays.2));
    let network = trainer.network();
    let dimensions = Dimensions {
        inputs: network.inputs(),
        outputs: network.outputs(),
        steps: targets.len() / (trials * network.outputs()).max(1),
        time_step: trainer.task().dimensions().time_step,
    };
    Ok(Batch::from_arrays(dimensions, trials, inputs, targets, masks)?)
}

/// Work on a copy of the network: the training goes on meanwhile, and Ctrl-C may abandon it.
type Abandonable<T> = Box<dyn FnOnce(&AtomicBool) -> Result<T, BpttError> + Send>;

/// The gradient on the test batch against differences.
fn check<M: Trainable<f64> + 'static>(
    trainer: &Trainer<f64, M, AnyTask>,
    seed: u64,
    trials: usize,
) -> Result<Abandonable<Option<Vec<TensorCheck>>>, Failure> {
    let (network, of) = (trainer.network().clone(), trainer.options().loss);
    let made = trainer.task().test_batch(seed, trials);
    if let Some(failure) = trainer.task().take_failure() {
        return Err(failure.into());
    }
    let batch = made?;
    Ok(Box::new(move |stop| check_gradient_until(&network, &batch, of, seed, stop)))
}

type Matrices<'py> = BTreeMap<String, PyReadonlyArray2<'py, f64>>;

/// The network with the given matrices in the place of drawn ones.
fn with_weights<T, M>(mut network: M, weights: &Matrices<'_>) -> Result<M, BpttError>
where
    T: Real,
    M: Trainable<T>,
{
    for (name, values) in weights {
        let values = values.as_array();
        network.set_matrix(name, values.dim(), |i, j| values[[i, j]])?;
    }
    Ok(network)
}

fn start<T, M>(
    network: M,
    task: AnyTask,
    options: TrainingOptions,
    resume: Option<&PathBuf>,
) -> Result<Started<T, M>, Failure>
where
    T: Real,
    M: Trainable<T>,
{
    let initial = matrices(&network)?;
    let trainer = match resume {
        Some(path) => Trainer::resume(network, task, options, path)?,
        None => Trainer::new(network, task, options)?,
    };
    Ok((Box::new(trainer), initial))
}

/// Parts of the parameters, or what belongs to each of them, by name.
type Parts = BTreeMap<String, Mat<f64>>;
type Started<T, M> = (Box<Trainer<T, M, AnyTask>>, Parts);

fn matrices<T: Real, M: Trainable<T>>(network: &M) -> Result<Parts, BpttError> {
    let names = network.layout().tensors().iter().map(|tensor| tensor.name.clone());
    names.map(|name| network.matrix(&name).map(|matrix| (name, matrix))).collect()
}

#[pymethods]
impl BpttTraining {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "the face names and checks them")]
    fn new(
        task: &Bound<'_, PyAny>,
        options: &str,
        cell: &str,
        units: usize,
        g: f64,
        transfer_name: (&str, f64),
        readout_transfer: (&str, f64),
        noise: (f64, f64),
        layers: (usize, f64),
        precision: &str,
        replicate: u64,
        weights: Matrices<'_>,
        resume: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let task = AnyTask::extract(task)?;
        let options: TrainingOptions =
            serde_json::from_str(options).map_err(|error| Failure::Input(format!("the options: {error}")))?;
        let cell = Cell {
            name: cell,
            transfer: transfer::read(transfer_name.0, transfer_name.1)?,
            readout_transfer: transfer::read(readout_transfer.0, readout_transfer.1)?,
            noise: StepNoise { state: noise.0, initial: noise.1 },
            layers: layers.0,
            dropout: layers.1,
            precision,
        };
        if units == 0 {
            return Err(Failure::Input("units must be at least 1, got 0".to_owned()));
        }
        let d = task.dimensions();
        let mut stream = Stream::new(options.seed, "initial network", replicate);
        let (kind, initial) = match cell.name {
            "gru" | "lstm" => {
                cell.check_gated()?;
                if cell.precision == "float32" {
                    let network = cell.gated::<f32>(units, d, &mut stream, &weights)?;
                    let (trainer, initial) = start(network, task, options, resume.as_ref())?;
                    (Kind::Gated32(trainer), initial)
                } else {
                    let network = cell.gated::<f64>(units, d, &mut stream, &weights)?;
                    let (trainer, initial) = start(network, task, options, resume.as_ref())?;
                    (Kind::Gated64(trainer), initial)
                }
            }
            form => {
                cell.check_rate()?;
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
                    let (trainer, initial) = start(network, task, options, resume.as_ref())?;
                    (Kind::Rate32(trainer), initial)
                } else {
                    let network = rate::<f64>(&drawn, form, &cell, d.time_step, &weights)?;
                    let (trainer, initial) = start(network, task, options, resume.as_ref())?;
                    (Kind::Rate64(trainer), initial)
                }
            }
        };
        Ok(Self { kind: Mutex::new(kind), initial, waiting: AtomicUsize::new(0) })
    }

    /// Makes epochs, all that are left without a number; returns the status.
    fn run(&self, py: Python<'_>, epochs: Option<usize>) -> Result<(String, Option<u64>), Failure> {
        let status = interruptible(py, |cancelled| {
            let mut until = None;
            loop {
                let mut kind = self.kind.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let begin = Instant::now();
                let (status, made) = each!(&mut *kind, trainer => {
                    let last = *until.get_or_insert(epochs.map(|epochs| trainer.history().len() + epochs));
                    let over = |made: usize| last.is_some_and(|last| made >= last);
                    let status = trainer.run_until(|trainer| {
                        cancelled.load(Ordering::Relaxed) || over(trainer.history().len()) || begin.elapsed() > TURN
                    });
                    (status, over(trainer.history().len()))
                });
                drop(kind);
                match status {
                    Ok(TrainingStatus::Running) if !made && !cancelled.load(Ordering::Relaxed) => {}
                    ended => return ended,
                }
                // Whoever waits asks every half millisecond; a thread that died must not hold up the training.
                for _ in 0..20 {
                    if self.waiting.load(Ordering::Relaxed) > 0 {
                        std::thread::sleep(NAP);
                    }
                }
            }
        })?;
        let own = each!(&*self.lock(py), trainer => trainer.task().take_failure());
        if let Some(failure) = own {
            return Err(failure.into());
        }
        let status = status?;
        Ok(status_words(status))
    }

    fn status(&self, py: Python<'_>) -> (String, Option<u64>) {
        status_words(each!(&*self.lock(py), trainer => trainer.status()))
    }

    fn losses<'py>(&self, py: Python<'py>) -> Flat<'py> {
        PyArray1::from_vec(py, each!(&*self.lock(py), trainer => trainer.losses()))
    }

    fn gradient_norms<'py>(&self, py: Python<'py>) -> Flat<'py> {
        PyArray1::from_vec(py, each!(&*self.lock(py), trainer => trainer.gradient_norms()))
    }

    fn names(&self, py: Python<'_>) -> Vec<String> {
        each!(&*self.lock(py), trainer => trainer.network().layout().tensors().iter().map(|t| t.name.clone()).collect())
    }

    /// A part of the parameters, now or at a snapshot.
    fn matrix<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        snapshot: Option<usize>,
    ) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
        let found = each!(&*self.lock(py), trainer => match snapshot {
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

    /// A part of the parameters before training.
    fn initial_matrix<'py>(&self, py: Python<'py>, name: &str) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
        let known = || self.initial.keys().cloned().collect::<Vec<_>>().join(", ");
        let found = self.initial.get(name);
        let found =
            found.ok_or_else(|| BpttError::UnknownTensor { name: name.to_owned(), known: known() })?;
        Ok(array(py, found.as_ref()))
    }

    fn snapshot_epochs(&self, py: Python<'_>) -> Vec<u64> {
        each!(&*self.lock(py), trainer => trainer.snapshots().iter().map(|snapshot| snapshot.epoch).collect())
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> Result<(), Failure> {
        Ok(each!(&*self.lock(py), trainer => trainer.save(&path))?)
    }

    fn network(&self, py: Python<'_>) -> Result<Network, Failure> {
        let network = match &*self.lock(py) {
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
        arrays: Arrays<'py>,
        weights: Matrices<'py>,
    ) -> Result<(f64, Flat<'py>), Failure> {
        let work = each!(&*self.lock(py), trainer => {
            let network = with_weights(trainer.network().clone(), &weights)?;
            let (batch, of) = (batch(trainer, trials, &arrays)?, trainer.options().loss);
            Box::new(move |_: &AtomicBool| {
                let (loss, outputs) = evaluate(&network, &batch, of)?;
                Ok((loss, outputs.into_iter().map(Real::to_f64).collect()))
            }) as Abandonable<(f64, Vec<f64>)>
        });
        let (loss, outputs) = abandonable(py, work)??;
        Ok((loss, PyArray1::from_vec(py, outputs)))
    }

    /// Loss, and its derivatives by each part of the parameters.
    fn gradient<'py>(
        &self,
        py: Python<'py>,
        trials: usize,
        arrays: Arrays<'py>,
    ) -> Result<(f64, Derivatives<'py>), Failure> {
        let work = each!(&*self.lock(py), trainer => {
            let network = trainer.network().clone();
            let (batch, of) = (batch(trainer, trials, &arrays)?, trainer.options().loss);
            Box::new(move |_: &AtomicBool| {
                let found = gradient(&network, &batch, of)?;
                // A gradient has the layout of the parameters.
                let derivatives = network.with_parameters(&found.values)?;
                Ok((found.loss, matrices(&derivatives)?))
            }) as Abandonable<(f64, Parts)>
        });
        let (loss, derivatives) = abandonable(py, work)??;
        let derivatives = derivatives.into_iter().map(|(name, part)| (name, array(py, part.as_ref())));
        Ok((loss, derivatives.collect()))
    }

    /// (name, derivative along a direction from the gradient, from differences, relative error); in float64.
    fn check_gradient(
        &self,
        py: Python<'_>,
        trials: usize,
        seed: u64,
    ) -> Result<Vec<(String, f64, f64, f64)>, Failure> {
        let work = match &*self.lock(py) {
            Kind::Rate64(trainer) => check(trainer, seed, trials)?,
            Kind::Gated64(trainer) => check(trainer, seed, trials)?,
            Kind::Rate32(_) | Kind::Gated32(_) => {
                let message =
                    "gradients are checked in float64: make the training with precision=\"float64\"";
                return Err(Failure::Input(message.to_owned()));
            }
        };
        let checks =
            abandonable(py, work)??.expect("stopped by Ctrl-C only, which has raised KeyboardInterrupt");
        Ok(checks.into_iter().map(|c| (c.name, c.gradient, c.difference, c.relative_error)).collect())
    }
}

impl BpttTraining {
    /// The training, between two epochs of a run in another thread; the GIL is free while that is waited for.
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Kind> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let kind = loop {
            match self.kind.try_lock() {
                Ok(kind) => break kind,
                Err(TryLockError::Poisoned(kind)) => break kind.into_inner(),
                Err(TryLockError::WouldBlock) => py.detach(|| std::thread::sleep(NAP)),
            }
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        kind
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
