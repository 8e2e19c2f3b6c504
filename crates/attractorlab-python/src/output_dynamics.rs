//! The theory of the local dynamics of trained outputs.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use attractorlab::theory::output_dynamics::{
    self, Candidates, FeedbackLaw, LocalDynamics, Prediction, Setting,
};
use attractorlab_numerics::linalg::MatRef;
use num_complex::Complex64;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::transfer;

/// The prediction of one setting. Matrices are flat, row by row; `targets` says their shapes.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct OutputPrediction {
    prediction: Prediction,
}

fn rows(a: MatRef<'_, f64>) -> Vec<f64> {
    (0..a.nrows()).flat_map(|i| (0..a.ncols()).map(move |j| a[(i, j)])).collect()
}

impl OutputPrediction {
    fn local(&self, state: usize) -> Result<&LocalDynamics, Failure> {
        let count = self.prediction.local.len();
        self.prediction.local.get(state).ok_or_else(|| {
            Failure::Input(format!("there is no target {state}: there are {count}, the first is 0"))
        })
    }
}

#[pymethods]
impl OutputPrediction {
    /// Numbers and arrays by name.
    fn summary<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>, Failure> {
        let p = &self.prediction;
        let out = PyDict::new(py);
        let of = |pick: fn(&LocalDynamics) -> f64| p.local.iter().map(pick).collect::<Vec<f64>>();
        let poles = |pick: fn(&LocalDynamics) -> &Vec<Complex64>| {
            PyArray1::from_vec(py, p.local.iter().flat_map(|local| pick(local).clone()).collect())
        };
        out.set_item("variance", PyArray1::from_vec(py, p.states.iter().map(|s| s.delta).collect()))?;
        out.set_item("bulk_radius", PyArray1::from_vec(py, of(|local| local.bulk_radius)))?;
        out.set_item("covariance", PyArray1::from_vec(py, rows(p.covariance.as_ref())))?;
        out.set_item("rates", PyArray1::from_vec(py, rows(p.rates.as_ref())))?;
        out.set_item("readout", PyArray1::from_vec(py, rows(p.readout.as_ref())))?;
        out.set_item("condition", p.condition)?;
        out.set_item("poles", poles(|local| &local.poles))?;
        out.set_item("open_poles", poles(|local| &local.open_poles))?;
        out.set_item("stable", p.local.iter().map(LocalDynamics::is_stable).collect::<Vec<bool>>())?;
        out.set_item("descriptions", p.local.iter().map(LocalDynamics::description).collect::<Vec<_>>())?;
        out.set_item("verdict", p.verdict())?;
        Ok(out)
    }

    /// H(iω) or G(iω) at one target, flat in (frequency, output, line).
    fn response<'py>(
        &self,
        py: Python<'py>,
        state: usize,
        omega: Vec<f64>,
        open: bool,
    ) -> Result<Bound<'py, PyArray1<Complex64>>, Failure> {
        let local = self.local(state)?;
        let mut out = Vec::new();
        for omega in omega {
            let s = Complex64::new(0.0, omega);
            let h = if open { local.open_transfer(s) } else { local.feedback_response(s) }?;
            out.extend((0..h.nrows()).flat_map(|i| (0..h.ncols()).map(move |j| (i, j))).map(|at| h[at]));
        }
        Ok(PyArray1::from_vec(py, out))
    }

    /// cᵀexp(Jt)V at one target, flat in (time, output, line).
    fn kick_response<'py>(
        &self,
        py: Python<'py>,
        state: usize,
        times: Vec<f64>,
    ) -> Result<Bound<'py, PyArray1<f64>>, Failure> {
        let local = self.local(state)?;
        let out = times.into_iter().flat_map(|t| rows(local.kick_response(t).as_ref())).collect();
        Ok(PyArray1::from_vec(py, out))
    }

    fn static_map(&self, z: Vec<f64>, context: f64) -> Result<Vec<f64>, Failure> {
        Ok(self.prediction.static_map(&z, context)?)
    }

    /// All stationary outputs, with the leading pole at each.
    fn stationary_outputs(
        &self,
        py: Python<'_>,
        low: f64,
        high: f64,
        context: f64,
    ) -> Result<Vec<(f64, f64, f64)>, Failure> {
        py.detach(|| {
            let found = self.prediction.stationary_outputs(low, high, context)?;
            found
                .roots
                .iter()
                .map(|root| {
                    let pole = self.prediction.local_at(&[root.x], context)?.poles[0];
                    Ok((root.x, pole.re, pole.im))
                })
                .collect()
        })
    }
}

/// Clamped states of many values, any of which can be trained together.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct OutputCandidates {
    candidates: Candidates,
}

#[pymethods]
impl OutputCandidates {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "the face names them")]
    fn new(
        py: Python<'_>,
        transfer: &str,
        threshold: f64,
        g: f64,
        values: Vec<Vec<f64>>,
        context: Vec<f64>,
        ridge: f64,
        uniform: bool,
        law: f64,
    ) -> Result<Self, Failure> {
        let feedback = if uniform {
            FeedbackLaw::Uniform { half_width: law }
        } else {
            FeedbackLaw::Gaussian { variance: law }
        };
        let transfer = transfer::read(transfer, threshold)?;
        let setting = Setting { transfer, g, targets: values, context, ridge, feedback };
        Ok(Self { candidates: py.detach(|| Candidates::new(&setting))? })
    }

    fn train(&self, chosen: Vec<usize>) -> Result<OutputPrediction, Failure> {
        Ok(OutputPrediction { prediction: self.candidates.train(&chosen)? })
    }

    /// Leading poles and whether both values are held, flat in (value, other value); bulk radii.
    #[expect(clippy::type_complexity, reason = "three arrays for the face")]
    fn pairs<'py>(
        &self,
        py: Python<'py>,
    ) -> Result<
        (Bound<'py, PyArray1<Complex64>>, Bound<'py, PyArray1<bool>>, Bound<'py, PyArray1<f64>>),
        Failure,
    > {
        let map = py.detach(|| self.candidates.pairs())?;
        let n = map.bulk_radius.len();
        let all = || (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
        let leading = all().map(|at| map.leading[at]).collect();
        let held = all().map(|(i, j)| map.held(i, j)).collect();
        Ok((
            PyArray1::from_vec(py, leading),
            PyArray1::from_vec(py, held),
            PyArray1::from_vec(py, map.bulk_radius),
        ))
    }
}

/// (g_c, Δ, τ_open, τ_closed) at the edge of chaos.
#[pyfunction]
pub(crate) fn edge_of_chaos(
    transfer: &str,
    threshold: f64,
    target: f64,
) -> Result<(f64, f64, f64, f64), Failure> {
    let edge = output_dynamics::edge_of_chaos(transfer::read(transfer, threshold)?, target)?;
    Ok((edge.g, edge.delta, edge.tau_open, edge.tau_closed))
}
