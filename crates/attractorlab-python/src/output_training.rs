//! Training of readouts to several stationary outputs, and whether the closed loop holds them.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::sync::Arc;

use attractorlab::dynamics::ClampedNetwork;
use attractorlab::network::Transfer;
use attractorlab::training::{ForceOptions, HoldingTest, TrainedOutputs};
use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::interrupt::abandonable;
use crate::network::{array, matrix};
use crate::transfer;

/// Readouts (N×K) by ridge regression of rates (T×N) on targets (T×K).
#[pyfunction]
pub(crate) fn ridge_readout<'py>(
    py: Python<'py>,
    rates: PyReadonlyArray2<'py, f64>,
    targets: PyReadonlyArray2<'py, f64>,
    ridge: f64,
) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
    let (rates, targets) = (matrix(&rates), matrix(&targets));
    let found = abandonable(py, move |_| {
        attractorlab::training::ridge_readout(rates.as_ref().transpose(), targets.as_ref(), ridge)
    })??;
    Ok(array(py, found.as_ref()))
}

/// M targets of K outputs of a network whose loops training closes.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct OutputTask {
    parts: Arc<Parts>,
}

struct Parts {
    transfer: Transfer,
    bulk: Mat<f64>,
    feedback: Mat<f64>,
    targets: Mat<f64>,
    inputs: Mat<f64>,
}

impl Parts {
    fn task(&self) -> attractorlab::training::OutputTask<'_> {
        attractorlab::training::OutputTask {
            network: ClampedNetwork { bulk: self.bulk.as_ref(), transfer: self.transfer },
            feedback: self.feedback.as_ref(),
            targets: self.targets.as_ref(),
            inputs: self.inputs.as_ref(),
        }
    }
}

type Trained<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>, Bound<'py, PyArray1<f64>>);

fn trained(py: Python<'_>, outputs: TrainedOutputs) -> Trained<'_> {
    (
        array(py, outputs.readout.as_ref()),
        array(py, outputs.states.as_ref()),
        PyArray1::from_vec(py, outputs.errors),
    )
}

#[pymethods]
impl OutputTask {
    #[new]
    fn new(
        transfer: &str,
        threshold: f64,
        bulk: PyReadonlyArray2<'_, f64>,
        feedback: PyReadonlyArray2<'_, f64>,
        targets: PyReadonlyArray2<'_, f64>,
        inputs: PyReadonlyArray2<'_, f64>,
    ) -> Result<Self, Failure> {
        let transfer = transfer::read(transfer, threshold)?;
        let [bulk, feedback, targets, inputs] = [bulk, feedback, targets, inputs].map(|a| matrix(&a));
        if bulk.nrows() != bulk.ncols() {
            let (rows, columns) = (bulk.nrows(), bulk.ncols());
            return Err(Failure::Input(format!("bulk must be square, got {rows}×{columns}")));
        }
        Ok(Self { parts: Arc::new(Parts { transfer, bulk, feedback, targets, inputs }) })
    }

    /// Readout, states, largest error of each target.
    fn least_squares<'py>(&self, py: Python<'py>, ridge: f64) -> Result<Trained<'py>, Failure> {
        let parts = Arc::clone(&self.parts);
        let outputs = abandonable(py, move |_| parts.task().least_squares(ridge))??;
        Ok(trained(py, outputs))
    }

    /// FORCE on a staircase of the targets, with the outputs during training. `settings` are α, dt, the duration of
    /// each target, steps between updates, rounds.
    fn force<'py>(
        &self,
        py: Python<'py>,
        start: PyReadonlyArray1<'py, f64>,
        settings: (f64, f64, f64, usize, usize),
    ) -> Result<(Trained<'py>, Bound<'py, PyArray2<f64>>), Failure> {
        let start = start.as_array().to_vec();
        let (alpha, dt, duration, update_every, rounds) = settings;
        let options = ForceOptions { alpha, dt, duration, update_every, rounds };
        let parts = Arc::clone(&self.parts);
        let (outputs, course) = abandonable(py, move |_| parts.task().force_recorded(&start, options))??;
        Ok((trained(py, outputs), array(py, course.as_ref())))
    }

    /// Whether the closed loop holds the targets from these states. `settings` are the perturbation, duration, dt,
    /// tolerance.
    fn test_holding<'py>(
        &self,
        py: Python<'py>,
        readout: PyReadonlyArray2<'py, f64>,
        states: PyReadonlyArray2<'py, f64>,
        settings: (f64, f64, f64, f64),
        seed: u64,
    ) -> Result<Bound<'py, PyDict>, Failure> {
        let (readout, states) = (matrix(&readout), matrix(&states));
        let (perturbation, duration, dt, tolerance) = settings;
        if !(dt > 0.0 && duration > 0.0 && dt.is_finite() && duration.is_finite()) {
            return Err(Failure::Input(format!(
                "dt and duration must be positive and finite, got {dt} and {duration}"
            )));
        }
        let test = HoldingTest { perturbation, duration, dt, tolerance };
        let mut stream = Stream::new(seed, "holding: perturbation", 0);
        let parts = Arc::clone(&self.parts);
        let found = abandonable(py, move |_| {
            parts.task().test_holding(readout.as_ref(), states.as_ref(), test, &mut stream)
        })??;
        let out = PyDict::new(py);
        out.set_item("held", found.held)?;
        out.set_item("outputs", array(py, found.outputs.as_ref()))?;
        let frames = found.distances.first().map_or(0, Vec::len);
        let distances = Mat::from_fn(found.distances.len(), frames, |m, t| found.distances[m][t]);
        out.set_item("distances", array(py, distances.as_ref()))?;
        Ok(out)
    }
}
