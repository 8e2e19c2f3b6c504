//! The theory of clamped states over arrays of drives.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use attractorlab::theory::clamped;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::interrupt::in_blocks;
use crate::transfer;

/// Drives between two looks at the clock.
const BLOCK: usize = 64;

/// Δ(S) and averages of a random bulk.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct DriveTheory {
    theory: clamped::DriveTheory,
}

#[pymethods]
impl DriveTheory {
    #[new]
    fn new(transfer: &str, threshold: f64, g: f64) -> Result<Self, Failure> {
        Ok(Self { theory: clamped::DriveTheory::new(transfer::read(transfer, threshold)?, g)? })
    }

    /// Moments by name, each an array of the length of `drive`.
    fn at<'py>(
        &self,
        py: Python<'py>,
        drive: PyReadonlyArray1<'py, f64>,
        shape: Vec<usize>,
    ) -> Result<Bound<'py, PyDict>, Failure> {
        let drive = drive.as_slice().map_err(PyErr::from)?;
        let mut columns: [Vec<f64>; 6] = std::array::from_fn(|_| Vec::with_capacity(drive.len()));
        in_blocks(py, drive.len(), BLOCK, |range| {
            for i in range {
                let m = self.theory.at(drive[i]).map_err(|error| Failure::from(error).at(i, &shape))?;
                let values =
                    [m.delta, m.radius(self.theory.g()), m.gain, m.gain_squared, m.third, m.power_slope];
                for (column, value) in columns.iter_mut().zip(values) {
                    column.push(value);
                }
            }
            Ok(())
        })?;
        let names = ["delta", "radius", "gain", "gain_squared", "third", "power_slope"];
        let moments = PyDict::new(py);
        for (name, column) in names.into_iter().zip(columns) {
            moments.set_item(name, PyArray1::from_vec(py, column))?;
        }
        Ok(moments)
    }
}
