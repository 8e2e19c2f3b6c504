//! The theory of chaos under a constant drive.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use attractorlab::theory::chaos;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::interrupt::in_blocks;
use crate::transfer;

/// The two-variance equations of a random bulk.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct ChaosTheory {
    theory: chaos::ChaosTheory,
}

#[pymethods]
impl ChaosTheory {
    #[new]
    fn new(transfer: &str, threshold: f64, g: f64) -> Result<Self, Failure> {
        Ok(Self { theory: chaos::ChaosTheory::new(transfer::read(transfer, threshold)?, g)? })
    }

    #[getter]
    fn critical_drive(&self) -> f64 {
        self.theory.critical_drive()
    }

    /// Columns by name, each an array of the length of `drive`.
    fn activity<'py>(
        &self,
        py: Python<'py>,
        drive: PyReadonlyArray1<'py, f64>,
        shape: Vec<usize>,
    ) -> Result<Bound<'py, PyDict>, Failure> {
        let drive = drive.as_slice().map_err(PyErr::from)?;
        let mut columns: [Vec<f64>; 4] = std::array::from_fn(|_| Vec::with_capacity(drive.len()));
        let mut chaotic = Vec::with_capacity(drive.len());
        in_blocks(py, drive.len(), 4, |range| {
            for i in range {
                let activity =
                    self.theory.activity(drive[i]).map_err(|error| Failure::from(error).at(i, &shape))?;
                let radius = self.theory.g() * activity.state.gain_squared.sqrt();
                let values = [activity.variance(), activity.persistent, radius, activity.state.gain];
                for (column, value) in columns.iter_mut().zip(values) {
                    column.push(value);
                }
                chaotic.push(activity.chaotic);
            }
            Ok(())
        })?;
        let found = PyDict::new(py);
        for (name, column) in ["variance", "persistent", "radius", "gain"].into_iter().zip(columns) {
            found.set_item(name, PyArray1::from_vec(py, column))?;
        }
        found.set_item("chaotic", PyArray1::from_vec(py, chaotic))?;
        Ok(found)
    }

    /// (Δ₀, Δ∞, step, Δ(τ), λ) of the chaotic state.
    #[expect(clippy::type_complexity, reason = "a tuple that Python takes apart at once")]
    fn state<'py>(
        &self,
        py: Python<'py>,
        drive: f64,
    ) -> Result<(f64, f64, f64, Bound<'py, PyArray1<f64>>, f64), Failure> {
        let state = py.detach(|| self.theory.state(drive))?;
        let autocorrelation = PyArray1::from_vec(py, state.autocorrelation);
        Ok((state.variance, state.persistent, state.step, autocorrelation, state.lyapunov_exponent))
    }
}
