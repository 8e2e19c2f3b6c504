//! One given feedback network: training, static map, releases.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::sync::Arc;

use attractorlab::dynamics::{ClampedNetwork, ReleaseOptions, Status, TraceOptions};
use attractorlab::network::Transfer;
use attractorlab::training::{
    DeltaOptions, FeedbackTask, LocalVerdict, RecursiveLeastSquares, Trained, delta_rule, least_squares,
    recursive_least_squares,
};
use attractorlab_numerics::linalg::Mat;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, ToPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::interrupt::{abandonable, interruptible};
use crate::network::matrix;
use crate::transfer;

/// Bulk, feedback vector and input; only readouts change.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct FeedbackNetwork {
    parts: Arc<Parts>,
}

struct Parts {
    bulk: Mat<f64>,
    feedback: Vec<f64>,
    input: Vec<f64>,
    transfer: Transfer,
}

impl Parts {
    fn task(&self, target: f64) -> FeedbackTask<'_> {
        FeedbackTask {
            network: ClampedNetwork { bulk: self.bulk.as_ref(), transfer: self.transfer },
            feedback: &self.feedback,
            input: &self.input,
            target,
        }
    }

    fn checked(&self, name: &str, vector: &PyReadonlyArray1<'_, f64>) -> Result<Vec<f64>, Failure> {
        let vector = vector.as_array().to_vec();
        let units = self.bulk.nrows();
        if vector.len() == units {
            Ok(vector)
        } else {
            Err(Failure::Input(format!(
                "{name} must have one entry for each of the {units} units, got {}",
                vector.len()
            )))
        }
    }
}

#[pymethods]
impl FeedbackNetwork {
    #[new]
    fn new(
        transfer: &str,
        threshold: f64,
        bulk: PyReadonlyArray2<'_, f64>,
        feedback: PyReadonlyArray1<'_, f64>,
        input: PyReadonlyArray1<'_, f64>,
    ) -> Result<Self, Failure> {
        let transfer = transfer::read(transfer, threshold)?;
        let bulk = matrix(&bulk);
        if bulk.nrows() != bulk.ncols() || bulk.nrows() == 0 {
            let (rows, columns) = (bulk.nrows(), bulk.ncols());
            return Err(Failure::Input(format!(
                "the bulk must be square and not empty, got {rows}×{columns}"
            )));
        }
        let this = Parts { bulk, feedback: Vec::new(), input: Vec::new(), transfer };
        let (feedback, input) =
            (this.checked("the feedback vector", &feedback)?, this.checked("the input", &input)?);
        Ok(Self { parts: Arc::new(Parts { feedback, input, ..this }) })
    }

    /// The state clamped at z.
    fn clamped_state<'py>(&self, py: Python<'py>, z: f64) -> Result<Bound<'py, PyArray1<f64>>, Failure> {
        let state = py.detach(|| self.parts.task(z).clamped_state(z))?;
        Ok(PyArray1::from_vec(py, state))
    }

    /// (readout, last state, error, converged); `start` is left out by least squares alone.
    #[expect(clippy::type_complexity, reason = "a tuple that Python takes apart at once")]
    fn train<'py>(
        &self,
        py: Python<'py>,
        rule: &str,
        target: f64,
        numbers: Vec<f64>,
        start: Option<PyReadonlyArray1<'py, f64>>,
    ) -> Result<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, f64, bool), Failure> {
        let start = start.map(|start| self.parts.checked("the starting state", &start)).transpose()?;
        let (parts, rule) = (Arc::clone(&self.parts), rule.to_owned());
        let Trained { readout, x, error, status } = abandonable(py, move |_| {
            let task = parts.task(target);
            let from = || start.map_or_else(|| task.clamped_state(0.0), Ok);
            match (rule.as_str(), numbers.as_slice()) {
                ("least-squares", &[ridge]) => Ok(least_squares(task, ridge)?),
                ("recursive", &[alpha, dt, duration]) => Ok(recursive_least_squares(
                    task,
                    &from()?,
                    RecursiveLeastSquares { alpha, dt, duration },
                )?),
                ("delta", &[rate, dt, duration]) => {
                    Ok(delta_rule(task, &from()?, DeltaOptions { rate, dt, duration })?)
                }
                _ => Err(Failure::Input(format!("there is no training rule '{rule}'"))),
            }
        })??;
        let converged = status == Status::Converged;
        Ok((PyArray1::from_vec(py, readout), PyArray1::from_vec(py, x), error, converged))
    }

    /// The verdict on a readout: its map, all fixed points, and what becomes of the target.
    fn verdict<'py>(
        &self,
        py: Python<'py>,
        readout: PyReadonlyArray1<'py, f64>,
        target: f64,
        reach: Option<f64>,
        tolerance: f64,
    ) -> Result<Bound<'py, PyDict>, Failure> {
        let readout = self.parts.checked("the readout", &readout)?;
        let options = TraceOptions { reach, tolerance, ..TraceOptions::default() };
        let parts = Arc::clone(&self.parts);
        let verdict = abandonable(py, move |_| parts.task(target).verdict(&readout, &options))??;
        let trace = &verdict.trace;
        let dict = PyDict::new(py);
        let samples = |of: fn(&attractorlab::dynamics::MapSample) -> f64| {
            PyArray1::from_iter(py, trace.samples.iter().map(of))
        };
        dict.set_item("sample_z", samples(|s| s.z))?;
        dict.set_item("sample_value", samples(|s| if s.stationary { s.value } else { f64::NAN }))?;
        dict.set_item("sample_radius", samples(|s| s.radius))?;
        let points = |of: fn(&attractorlab::dynamics::MapFixedPoint) -> f64| {
            PyArray1::from_iter(py, trace.fixed_points.iter().map(of))
        };
        dict.set_item("z", points(|p| p.z))?;
        dict.set_item("slope", points(|p| p.slope))?;
        dict.set_item("radius", points(|p| p.radius))?;
        dict.set_item("residual", points(|p| p.residual))?;
        let missing = num_complex::Complex64::new(f64::NAN, f64::NAN);
        let outliers = trace.fixed_points.iter().map(|p| p.outliers.first().copied().unwrap_or(missing));
        dict.set_item("outlier", PyArray1::from_iter(py, outliers))?;
        dict.set_item("stable", PyArray1::from_iter(py, trace.fixed_points.iter().map(|p| p.stable)))?;
        let units = self.parts.bulk.nrows();
        let states = PyArray2::zeros(py, [trace.fixed_points.len(), units], false);
        {
            let mut write = states.readwrite();
            let mut view = write.as_array_mut();
            for (row, point) in trace.fixed_points.iter().enumerate() {
                for (column, value) in point.x.iter().enumerate() {
                    view[[row, column]] = *value;
                }
            }
        }
        dict.set_item("states", states)?;
        dict.set_item("gaps", trace.gaps.clone())?;
        dict.set_item("target_index", verdict.target_index)?;
        dict.set_item(
            "local",
            match verdict.local {
                LocalVerdict::Stable => "stable",
                LocalVerdict::Unstable => "unstable",
                LocalVerdict::Chaotic => "chaotic",
                LocalVerdict::Missing => "missing",
            },
        )?;
        dict.set_item("others", verdict.global.others.to_pyarray(py))?;
        dict.set_item("text", verdict.to_string())?;
        Ok(dict)
    }

    /// (z, speed, settled) of the closed loop released from the columns of `starts`.
    #[expect(clippy::type_complexity, reason = "a tuple that Python takes apart at once")]
    fn release<'py>(
        &self,
        py: Python<'py>,
        readout: PyReadonlyArray1<'py, f64>,
        starts: PyReadonlyArray2<'py, f64>,
        numbers: [f64; 3],
    ) -> Result<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<bool>>), Failure>
    {
        let readout = self.parts.checked("the readout", &readout)?;
        let starts = matrix(&starts);
        let units = self.parts.bulk.nrows();
        if starts.nrows() != units {
            return Err(Failure::Input(format!(
                "starts must have one row for each of the {units} units, got {}",
                starts.nrows()
            )));
        }
        let [dt, duration, settled] = numbers;
        for (name, value) in [("dt", dt), ("duration", duration), ("settled", settled)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Failure::Input(format!(
                    "{name} must be a finite number above zero, got {value}"
                )));
            }
        }
        let options = ReleaseOptions { dt, duration, settled };
        let outcomes = interruptible(py, |stop| {
            self.parts.task(0.0).static_map(&readout).release_until(&starts, options, stop)
        })??;
        Ok((
            PyArray1::from_iter(py, outcomes.iter().map(|o| o.z)),
            PyArray1::from_iter(py, outcomes.iter().map(|o| o.speed)),
            PyArray1::from_iter(py, outcomes.iter().map(|o| o.settled)),
        ))
    }
}
