//! All roots of a Python function.

use attractorlab_numerics::roots::{self, Kind, Options};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;

/// Roots, residuals, kinds, doubts and the number of calls.
#[pyfunction]
pub(crate) fn all_roots<'py>(
    py: Python<'py>,
    function: &Bound<'py, PyAny>,
    low: f64,
    high: f64,
    minimum_pieces: usize,
    accuracy: f64,
) -> Result<Bound<'py, PyDict>, Failure> {
    if minimum_pieces == 0 {
        return Err(Failure::Input("minimum_pieces must be at least 1, got 0".into()));
    }
    if !(0.0..1.0).contains(&accuracy) {
        return Err(Failure::Input(format!("accuracy must be between 0 and 1, got {accuracy}")));
    }
    let mut raised = None;
    let found = roots::all_roots(
        |x| {
            if raised.is_some() {
                return f64::NAN;
            }
            match value(function, x) {
                Ok(value) => value,
                Err(error) => {
                    raised = Some(error);
                    f64::NAN
                }
            }
        },
        low,
        high,
        Options { minimum_pieces, accuracy },
    );
    if let Some(error) = raised {
        return Err(error);
    }
    let found = found?;
    let answer = PyDict::new(py);
    let column = |of: fn(&roots::Root) -> f64| PyArray1::from_iter(py, found.roots.iter().map(of));
    answer.set_item("x", column(|root| root.x))?;
    answer.set_item("residual", column(|root| root.residual))?;
    let tangent = found.roots.iter().map(|root| root.kind == Kind::Tangent);
    answer.set_item("tangent", PyArray1::from_iter(py, tangent))?;
    answer.set_item("doubts", PyArray1::from_iter(py, found.doubts.iter().flat_map(|&(a, b)| [a, b])))?;
    answer.set_item("evaluations", found.evaluations)?;
    Ok(answer)
}

fn value(function: &Bound<'_, PyAny>, x: f64) -> Result<f64, Failure> {
    let value = function.call1((x,))?;
    value.extract::<f64>().map_err(|_| {
        let kind =
            value.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
        Failure::Input(format!("function must return a real number, got {kind} at {x}"))
    })
}
