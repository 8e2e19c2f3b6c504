//! A Python function as a dynamical system, alone or with a parameter.

use std::sync::Mutex;

use attractorlab::dynamics::continuation::Family;
use attractorlab::dynamics::{Dynamics, Time};
use attractorlab_numerics::linalg::Mat;
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::errors::Failure;
use crate::network::matrix;

/// A Python function x ↦ F(x), or (x, p) ↦ F(x; p), with its Jacobian if there is one.
pub(crate) struct OwnFunction {
    field: Py<PyAny>,
    jacobian: Option<Py<PyAny>>,
    dim: usize,
    time: Time,
    /// The first exception; the computation goes on with NaN and ends soon.
    failure: Mutex<Option<Failure>>,
}

/// The function at one value of its parameter, if it has one.
pub(crate) struct AtParameter<'a> {
    function: &'a OwnFunction,
    parameter: Option<f64>,
}

impl OwnFunction {
    pub(crate) fn new(field: Py<PyAny>, jacobian: Option<Py<PyAny>>, dim: usize, time: Time) -> Self {
        Self { field, jacobian, dim, time, failure: Mutex::new(None) }
    }

    /// The system of a function without parameter.
    pub(crate) fn alone(&self) -> AtParameter<'_> {
        AtParameter { function: self, parameter: None }
    }

    /// The first exception that the function raised.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.failure.lock().ok().and_then(|mut failure| failure.take()) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    fn keep(&self, failure: Failure) {
        if let Ok(mut kept) = self.failure.lock() {
            kept.get_or_insert(failure);
        }
    }
}

impl Family for OwnFunction {
    type System<'a> = AtParameter<'a>;

    fn at(&self, parameter: f64) -> AtParameter<'_> {
        AtParameter { function: self, parameter: Some(parameter) }
    }
}

impl AtParameter<'_> {
    fn call<'py>(&self, py: Python<'py>, function: &Py<PyAny>, x: &[f64]) -> PyResult<Bound<'py, PyAny>> {
        let x = PyArray1::from_slice(py, x);
        let value = match self.parameter {
            None => function.call1(py, (x,)),
            Some(p) => function.call1(py, (x, p)),
        };
        Ok(value?.into_bound(py))
    }

    fn evaluate(&self, x: &[f64]) -> Result<Vec<f64>, Failure> {
        Python::attach(|py| {
            let value = self.call(py, &self.function.field, x)?;
            let value: PyReadonlyArray1<'_, f64> = value.extract().map_err(|_| {
                Failure::Input("the function must return an array of float64 with one axis".to_owned())
            })?;
            let value = value.as_array().to_vec();
            if value.len() == self.function.dim {
                Ok(value)
            } else {
                Err(Failure::Input(format!(
                    "the function must return {} numbers, as many as it gets, not {}",
                    self.function.dim,
                    value.len()
                )))
            }
        })
    }

    fn given_jacobian(&self, function: &Py<PyAny>, x: &[f64]) -> Result<Mat<f64>, Failure> {
        Python::attach(|py| {
            let value = self.call(py, function, x)?;
            let value: PyReadonlyArray2<'_, f64> = value.extract().map_err(|_| {
                Failure::Input("jacobian must return an array of float64 with two axes".to_owned())
            })?;
            let value = matrix(&value);
            if (value.nrows(), value.ncols()) == (self.function.dim, self.function.dim) {
                Ok(value)
            } else {
                Err(Failure::Input(format!(
                    "jacobian must return {0}×{0} numbers, not {1}×{2}",
                    self.function.dim,
                    value.nrows(),
                    value.ncols()
                )))
            }
        })
    }
}

impl Dynamics for AtParameter<'_> {
    fn dim(&self) -> usize {
        self.function.dim
    }
    fn time(&self) -> Time {
        self.function.time
    }
    fn field(&self, x: &[f64], out: &mut [f64]) {
        match self.evaluate(x) {
            Ok(value) => out.copy_from_slice(&value),
            Err(failure) => {
                self.function.keep(failure);
                out.fill(f64::NAN);
            }
        }
    }
    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        if let Some(function) = &self.function.jacobian {
            return self.given_jacobian(function, x).unwrap_or_else(|failure| {
                self.function.keep(failure);
                Mat::from_fn(self.function.dim, self.function.dim, |_, _| f64::NAN)
            });
        }
        // Central differences: the error of the cube root of ε squared, about 1e-10.
        let mut out = Mat::zeros(self.function.dim, self.function.dim);
        let (mut up, mut down) = (vec![0.0; self.function.dim], vec![0.0; self.function.dim]);
        let mut at = x.to_vec();
        for j in 0..self.function.dim {
            let step = 6e-6 * (1.0 + x[j].abs());
            at[j] = x[j] + step;
            self.field(&at, &mut up);
            at[j] = x[j] - step;
            self.field(&at, &mut down);
            at[j] = x[j];
            for i in 0..self.function.dim {
                out[(i, j)] = (up[i] - down[i]) / (2.0 * step);
            }
        }
        out
    }
}
