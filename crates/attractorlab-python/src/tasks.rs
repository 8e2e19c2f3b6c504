//! Tasks of the library, and of a user's own.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::sync::Mutex;

use attractorlab::task::{
    Batch, ContextTrial, Dimensions, PsychometricPoint, Pulse, Task, TaskError, TaskKind, TrialMut,
    WorkingMemoryTrial, psychometric_curve as curve,
};
use attractorlab_numerics::random::Stream;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::errors::Failure;

fn task(text: &str) -> Result<TaskKind, Failure> {
    let task: TaskKind =
        serde_json::from_str(text).map_err(|error| Failure::Input(format!("the task: {error}")))?;
    task.task().check()?;
    Ok(task)
}

/// The task with all its parameters, as JSON.
#[pyfunction]
pub(crate) fn task_describe(py: Python<'_>, text: &str) -> Result<String, Failure> {
    // Texts may have to be read.
    Ok(serde_json::to_string(&py.detach(|| task(text))?)?)
}

/// Inputs, outputs, steps and dt of a task.
#[pyfunction]
pub(crate) fn task_dimensions(text: &str) -> Result<(usize, usize, usize, f64), Failure> {
    let task: TaskKind =
        serde_json::from_str(text).map_err(|error| Failure::Input(format!("the task: {error}")))?;
    let Dimensions { inputs, outputs, steps, time_step } = task.task().dimensions();
    Ok((inputs, outputs, steps, time_step))
}

type Flat<'py> = Bound<'py, PyArray1<f64>>;
type Arrays<'py> = (Flat<'py>, Flat<'py>, Flat<'py>);

fn arrays<'py>(py: Python<'py>, batch: &Batch) -> Arrays<'py> {
    let array = |values: &[f64]| PyArray1::from_slice(py, values);
    (array(batch.inputs()), array(batch.targets()), array(batch.masks()))
}

/// Input, target and mask, flat in the order (step, trial, channel); without a step the test batch.
#[pyfunction]
pub(crate) fn task_batch<'py>(
    py: Python<'py>,
    text: &str,
    seed: u64,
    step: Option<u64>,
    trials: usize,
) -> Result<Arrays<'py>, Failure> {
    let batch = py.detach(|| -> Result<Batch, Failure> {
        let task = task(text)?;
        Ok(match step {
            Some(step) => task.batch(seed, step, trials)?,
            None => task.test_batch(seed, trials)?,
        })
    })?;
    Ok(arrays(py, &batch))
}

/// The stream of the trials behind psychometric curves: both functions below draw the same.
fn psychometric_stream(seed: u64) -> Stream {
    Stream::new(seed, "psychometric trials", 0)
}

fn name_of(task: &TaskKind) -> String {
    let value = serde_json::to_value(task).unwrap_or_default();
    value["name"].as_str().unwrap_or_default().to_owned()
}

fn no_choice(task: &TaskKind) -> Failure {
    Failure::Input(format!(
        "psychometric curves are those of context_decision and working_memory, not of {}",
        name_of(task)
    ))
}

/// Refuses a number of a given trial that is not finite.
fn finite(name: &str, value: f64) -> Result<f64, Failure> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Failure::Input(format!("{name} must be a finite number, got {value}")))
    }
}

/// Refuses a time between two events of a given trial that is negative or not finite.
fn gap_of(value: f64) -> Result<f64, Failure> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(Failure::Input(format!("gap must be a finite number that is not negative, got {value}")))
    }
}

fn pulse(channels: usize, (gap, channel, sign): (f64, usize, f64)) -> Result<Pulse, Failure> {
    if channel >= channels {
        return Err(Failure::Input(format!(
            "the channel of a pulse must be below {channels}, the number of channels, got {channel}"
        )));
    }
    if sign.abs() != 1.0 {
        return Err(Failure::Input(format!("the sign of a pulse must be 1 or -1, got {sign}")));
    }
    Ok(Pulse { gap: gap_of(gap)?, channel, sign })
}

fn context_trial((context, coherences): (usize, [f64; 2])) -> Result<ContextTrial, Failure> {
    if context > 1 {
        return Err(Failure::Input(format!("context must be 0 or 1, got {context}")));
    }
    finite("a coherence", coherences[0])?;
    finite("a coherence", coherences[1])?;
    Ok(ContextTrial { context, coherences })
}

fn working_memory_trial(
    longest: f64,
    (stimuli, gap): ([f64; 2], f64),
) -> Result<WorkingMemoryTrial, Failure> {
    finite("a stimulus", stimuli[0])?;
    finite("a stimulus", stimuli[1])?;
    // Beyond it the decision would lie after the end of the trial.
    if gap > longest {
        return Err(Failure::Input(format!(
            "gap must be at most {longest}, the longest of the task, got {gap}"
        )));
    }
    Ok(WorkingMemoryTrial { stimuli, gap: gap_of(gap)? })
}

/// A batch of given trials: lists of (gap, channel, sign), (context, coherences), or (stimuli, gap), as the task has them.
#[pyfunction]
pub(crate) fn task_batch_of<'py>(
    py: Python<'py>,
    text: &str,
    trials: &Bound<'py, PyAny>,
    seed: u64,
) -> Result<Arrays<'py>, Failure> {
    let mut stream = Stream::new(seed, "noise of given trials", 0);
    let batch = match task(text)? {
        TaskKind::FlipFlop(task) => {
            let given: Vec<Vec<(f64, usize, f64)>> = trials.extract()?;
            let given = given
                .into_iter()
                .map(|pulses| pulses.into_iter().map(|p| pulse(task.channels, p)).collect())
                .collect::<Result<Vec<Vec<Pulse>>, Failure>>()?;
            Batch::from_trials(task.dimensions(), given.len(), |index, trial| {
                task.write(&given[index], trial);
            })?
        }
        TaskKind::ContextDecision(task) => {
            let given: Vec<(usize, [f64; 2])> = trials.extract()?;
            let given = given.into_iter().map(context_trial).collect::<Result<Vec<_>, Failure>>()?;
            task.batch_with(&given, &mut stream)?
        }
        TaskKind::WorkingMemory(task) => {
            let given: Vec<([f64; 2], f64)> = trials.extract()?;
            let given = given
                .into_iter()
                .map(|trial| working_memory_trial(task.gap.1, trial))
                .collect::<Result<Vec<_>, Failure>>()?;
            task.batch_with(&given)?
        }
        other => {
            return Err(Failure::Input(format!(
                "trials can be given for flip_flop, context_decision and working_memory, not for {}",
                name_of(&other)
            )));
        }
    };
    Ok(arrays(py, &batch))
}

/// Trials of a task with a choice, as a batch.
#[pyfunction]
pub(crate) fn psychometric_batch<'py>(
    py: Python<'py>,
    text: &str,
    seed: u64,
    trials: usize,
) -> Result<Arrays<'py>, Failure> {
    let mut stream = psychometric_stream(seed);
    let batch = match task(text)? {
        TaskKind::ContextDecision(task) => {
            let drawn: Vec<_> = (0..trials).map(|_| task.draw(&mut stream)).collect();
            task.batch_with(&drawn, &mut stream)?
        }
        TaskKind::WorkingMemory(task) => {
            let drawn: Vec<_> = (0..trials).map(|_| task.draw(&mut stream)).collect();
            task.batch_with(&drawn)?
        }
        other => return Err(no_choice(&other)),
    };
    Ok(arrays(py, &batch))
}

/// Stimulus, trials with the choice, all trials.
type Point = (f64, usize, usize);

fn points(found: &[PsychometricPoint]) -> Vec<Point> {
    found.iter().map(|point| (point.stimulus, point.chosen, point.trials)).collect()
}

fn width_of(width: f64) -> Result<f64, Failure> {
    if width >= 0.0 && width.is_finite() {
        Ok(width)
    } else {
        Err(Failure::Input(format!("width must be a finite number that is not negative, got {width}")))
    }
}

/// The curves of these outputs to the trials of `psychometric_batch`, flat in the order (step, trial, channel), by name.
#[pyfunction]
pub(crate) fn psychometric_curves(
    text: &str,
    seed: u64,
    trials: usize,
    outputs: PyReadonlyArray1<'_, f64>,
    width: f64,
) -> Result<Vec<(&'static str, Vec<Point>)>, Failure> {
    let (mut stream, outputs, width) =
        (psychometric_stream(seed), outputs.as_array().to_vec(), width_of(width)?);
    let task = task(text)?;
    let Dimensions { outputs: channels, steps, .. } = task.dimensions();
    if outputs.len() != channels * steps * trials {
        return Err(Failure::Input(format!(
            "the outputs must be of shape ({trials}, {steps}, {channels}), got {} numbers",
            outputs.len()
        )));
    }
    Ok(match task {
        TaskKind::ContextDecision(task) => {
            let drawn: Vec<_> = (0..trials).map(|_| task.draw(&mut stream)).collect();
            let [relevant, irrelevant] = task.psychometric_curves(&outputs, &drawn);
            vec![("relevant", points(&relevant)), ("irrelevant", points(&irrelevant))]
        }
        TaskKind::WorkingMemory(task) => {
            let drawn: Vec<_> = (0..trials).map(|_| task.draw(&mut stream)).collect();
            vec![("difference", points(&task.psychometric_curve(&outputs, &drawn, width)))]
        }
        other => return Err(no_choice(&other)),
    })
}

/// Choices gathered by stimulus.
#[pyfunction]
pub(crate) fn psychometric_curve(
    stimuli: Vec<f64>,
    chosen: Vec<bool>,
    width: f64,
) -> Result<Vec<Point>, Failure> {
    if stimuli.len() != chosen.len() {
        return Err(Failure::Input(format!(
            "there must be one choice for each stimulus, got {} choices for {} stimuli",
            chosen.len(),
            stimuli.len()
        )));
    }
    Ok(points(&curve(&stimuli, &chosen, width_of(width)?)))
}

/// Share of outputs on the side of their target; all flat in one order.
#[pyfunction]
pub(crate) fn text_accuracy(
    outputs: PyReadonlyArray1<'_, f64>,
    targets: PyReadonlyArray1<'_, f64>,
    mask: PyReadonlyArray1<'_, f64>,
) -> Result<f64, Failure> {
    let values = |a: &PyReadonlyArray1<'_, f64>| a.as_array().to_vec();
    let (outputs, targets, mask) = (values(&outputs), values(&targets), values(&mask));
    let d = Dimensions { inputs: 0, outputs: 1, steps: outputs.len(), time_step: 1.0 };
    let batch = Batch::from_arrays(d, 1, Vec::new(), targets, mask)?;
    Ok(attractorlab::task::text::accuracy(&outputs, &batch))
}

/// A task whose batches a Python function makes.
pub(crate) struct OwnTask {
    dimensions: Dimensions,
    /// (seed, step or None for the test batch, trials) ↦ (inputs, targets, mask, number of steps), flat.
    function: Py<PyAny>,
    description: String,
    /// The exception of the batch that failed.
    failure: Mutex<Option<PyErr>>,
}

impl OwnTask {
    fn make(&self, seed: u64, step: Option<u64>, trials: usize) -> Result<Batch, TaskError> {
        type Found<'py> =
            (PyReadonlyArray1<'py, f64>, PyReadonlyArray1<'py, f64>, PyReadonlyArray1<'py, f64>, usize);
        let arrays = Python::attach(|py| -> PyResult<_> {
            let found = self.function.call1(py, (seed, step, trials))?;
            let (inputs, targets, mask, steps): Found<'_> = found.bind(py).extract()?;
            let values = |a: &PyReadonlyArray1<'_, f64>| a.as_array().to_vec();
            Ok((values(&inputs), values(&targets), values(&mask), steps))
        });
        match arrays {
            Ok((inputs, targets, mask, steps)) => {
                Batch::from_arrays(Dimensions { steps, ..self.dimensions }, trials, inputs, targets, mask)
            }
            Err(error) => {
                let reason = error.to_string();
                if let Ok(mut failure) = self.failure.lock() {
                    *failure = Some(error);
                }
                Err(TaskError::Own { reason })
            }
        }
    }
}

/// What a training of Python's is on.
pub(crate) enum AnyTask {
    Library(TaskKind),
    Own(OwnTask),
}

impl AnyTask {
    /// JSON of a task of the library, or (inputs, outputs, steps, dt, function, description).
    pub(crate) fn extract(value: &Bound<'_, PyAny>) -> Result<Self, Failure> {
        if let Ok(text) = value.extract::<String>() {
            return Ok(Self::Library(task(&text)?));
        }
        let (inputs, outputs, steps, time_step, function, description) = value.extract()?;
        let dimensions = Dimensions { inputs, outputs, steps, time_step };
        Ok(Self::Own(OwnTask { dimensions, function, description, failure: Mutex::new(None) }))
    }

    /// The exception that the task's own function raised, once.
    pub(crate) fn take_failure(&self) -> Option<PyErr> {
        match self {
            Self::Library(_) => None,
            Self::Own(task) => task.failure.lock().ok().and_then(|mut failure| failure.take()),
        }
    }
}

impl Task for AnyTask {
    fn dimensions(&self) -> Dimensions {
        match self {
            Self::Library(task) => task.dimensions(),
            Self::Own(task) => task.dimensions,
        }
    }

    fn check(&self) -> Result<(), TaskError> {
        match self {
            Self::Library(task) => task.check(),
            Self::Own(_) => Ok(()),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Library(task) => task.describe(),
            Self::Own(task) => task.description.clone(),
        }
    }

    fn trial(&self, stream: &mut Stream, trial: &mut TrialMut<'_>) {
        // Own tasks make whole batches.
        if let Self::Library(task) = self {
            task.trial(stream, trial);
        }
    }

    fn batch(&self, seed: u64, step: u64, trials: usize) -> Result<Batch, TaskError> {
        match self {
            Self::Library(task) => task.batch(seed, step, trials),
            Self::Own(task) => task.make(seed, Some(step), trials),
        }
    }

    fn test_batch(&self, seed: u64, trials: usize) -> Result<Batch, TaskError> {
        match self {
            Self::Library(task) => task.test_batch(seed, trials),
            Self::Own(task) => task.make(seed, None, trials),
        }
    }
}
