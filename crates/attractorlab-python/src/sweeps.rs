//! Sweeps: what the project ships runs here; a Python function runs there, and its points are kept here.
#![expect(clippy::needless_pass_by_value, reason = "arguments from Python are owned")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab_sweep::{
    Declared, Folder, Measures, Observer, Plan, Progress, Ran, Registry, RunError, RunOptions, Session,
    Silent, Stop, Value, collect, run, status,
};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};
use serde_json::json;

use crate::errors::Failure;
use crate::interrupt::interruptible;

/// Names of everything that can be swept without a function of one's own.
#[pyfunction]
pub(crate) fn sweep_names() -> Vec<String> {
    Registry::standard().iter().map(|runnable| runnable.name().to_owned()).collect()
}

/// Hands Ctrl-C on to a run.
struct Cancel<'a> {
    cancelled: &'a AtomicBool,
    stop: Stop,
}

impl Observer for Cancel<'_> {
    fn progress(&self, _: &Progress) {
        if self.cancelled.load(Ordering::Relaxed) && self.stop.asked() == 0 {
            self.stop.ask();
        }
    }
}

/// Runs a plan, or goes on with it. Returns what was done as JSON.
#[pyfunction]
#[pyo3(signature = (plan, out, threads, retry_failed))]
pub(crate) fn sweep_run(
    py: Python<'_>,
    plan: &str,
    out: PathBuf,
    threads: Option<usize>,
    retry_failed: bool,
) -> Result<String, Failure> {
    if threads == Some(0) {
        return Err(Failure::Input(
            "threads must be at least 1, not 0; leave it out to use all cores".into(),
        ));
    }
    let plan = Arc::new(Plan::parse(plan, &Registry::standard())?);
    let folder = Folder::begin(&out, &plan)?;
    let options = RunOptions { threads, retry_failed, ..RunOptions::default() };
    let ran = interruptible(py, |cancelled| {
        let stop = Stop::new();
        let observer = Cancel { cancelled, stop: stop.clone() };
        run(&plan, &folder, &options, &stop, &observer)
    })??;
    Ok(ran_json(&ran))
}

fn ran_json(ran: &Ran) -> String {
    json!({"points": ran.points, "before": ran.before, "done": ran.done, "failed": ran.failed}).to_string()
}

/// What a sweep of a Python function was declared to give, as JSON; None where there is no such sweep.
#[pyfunction]
pub(crate) fn sweep_declaration(out: PathBuf) -> Result<Option<String>, Failure> {
    Ok(Folder::declaration(&out)?)
}

/// The state of a sweep as JSON.
#[pyfunction]
pub(crate) fn sweep_status(py: Python<'_>, out: PathBuf) -> Result<String, Failure> {
    py.detach(|| {
        let (folder, plan) = Folder::open(&out, &Registry::standard())?;
        Ok(status(&folder, &plan)?.to_json().to_string())
    })
}

/// Makes one table of all parts, and returns the number of its rows.
#[pyfunction]
pub(crate) fn sweep_collect(py: Python<'_>, out: PathBuf) -> Result<u64, Failure> {
    py.detach(|| {
        let (folder, plan) = Folder::open(&out, &Registry::standard())?;
        Ok(collect(&folder, &plan)?.rows)
    })
}

/// A sweep whose points Python computes.
#[pyclass]
pub(crate) struct SweepSession {
    session: Option<Session>,
}

impl SweepSession {
    fn open(&mut self) -> Result<&mut Session, Failure> {
        self.session.as_mut().ok_or_else(|| Failure::Input("this sweep is finished".into()))
    }
}

#[pymethods]
impl SweepSession {
    #[new]
    fn new(plan: &str, out: PathBuf, declaration: &str, retry_failed: bool) -> Result<Self, Failure> {
        let mut registry = Registry::standard();
        registry.register(Declared::from_json(declaration)?)?;
        let plan = Arc::new(Plan::parse(plan, &registry)?);
        let folder = Folder::begin(&out, &plan)?;
        let options = RunOptions { retry_failed, ..RunOptions::default() };
        Ok(Self { session: Some(Session::begin(&plan, &folder, &options, &Silent)?) })
    }

    /// Numbers of the points that are to be computed.
    fn todo(&mut self) -> Result<Vec<u64>, Failure> {
        Ok(self.open()?.todo().to_vec())
    }

    /// Arguments and seed of a point.
    fn point<'py>(&mut self, py: Python<'py>, point: u64) -> Result<(Bound<'py, PyDict>, u64), Failure> {
        let plan = Arc::clone(self.open()?.plan());
        check(&plan, point)?;
        let (values, seed) = plan.point(point);
        let arguments = PyDict::new(py);
        for (parameter, value) in plan.parameters().iter().zip(&values) {
            match value {
                Value::Number(value) => arguments.set_item(&parameter.name, value)?,
                Value::Integer(value) => arguments.set_item(&parameter.name, value)?,
                Value::Text(value) => arguments.set_item(&parameter.name, &**value)?,
                Value::Truth(value) => arguments.set_item(&parameter.name, value)?,
            }
        }
        Ok((arguments, seed.0))
    }

    /// Keeps a point: its measures, or the reason why it has none.
    #[pyo3(signature = (point, measures, message, seconds))]
    fn keep(
        &mut self,
        py: Python<'_>,
        point: u64,
        measures: Option<BTreeMap<String, Bound<'_, PyAny>>>,
        message: Option<String>,
        seconds: f64,
    ) -> Result<(), Failure> {
        let session = self.open()?;
        check(session.plan(), point)?;
        let ending = match (measures, message) {
            (Some(measures), None) => given(&measures),
            (_, message) => Err(RunError::new(message.unwrap_or_else(|| "it gave nothing".to_owned()))),
        };
        Ok(py.detach(|| session.keep(point, ending, seconds))?)
    }

    /// Writes what is not written yet, and ends the session. Returns what was done as JSON.
    fn finish(&mut self, py: Python<'_>) -> Result<String, Failure> {
        let session = self.session.take().ok_or_else(|| Failure::Input("this sweep is finished".into()))?;
        Ok(ran_json(&py.detach(|| session.finish())?))
    }
}

fn check(plan: &Plan, point: u64) -> Result<(), Failure> {
    if point < plan.points() {
        Ok(())
    } else {
        Err(Failure::Input(format!("the sweep has {} points, none of number {point}", plan.points())))
    }
}

/// Measures as Python gave them. A truth value is a whole number in Python, so it is asked for first.
fn given(measures: &BTreeMap<String, Bound<'_, PyAny>>) -> Result<Measures, RunError> {
    let mut all = Measures::new();
    for (name, value) in measures {
        let value: PyResult<Option<Value>> = if value.is_none() {
            Ok(None)
        } else if value.is_instance_of::<PyBool>() {
            value.extract().map(|truth| Some(Value::Truth(truth)))
        } else if value.is_instance_of::<PyInt>() {
            value.extract().map(|number| Some(Value::Integer(number)))
        } else if value.is_instance_of::<PyFloat>() {
            value.extract().map(|number| Some(Value::Number(number)))
        } else if value.is_instance_of::<PyString>() {
            value.extract::<String>().map(|word| Some(Value::from(&*word)))
        } else {
            return Err(RunError::new(format!(
                "the measure '{name}' is neither a number, a word nor a truth value"
            )));
        };
        match value {
            Ok(Some(value)) => all = all.with_named(name.clone(), value),
            Ok(None) => {}
            Err(error) => return Err(RunError::new(format!("the measure '{name}': {error}"))),
        }
    }
    Ok(all)
}
