//! The theory of linear learning, and gradient descent at the driven fixed point.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use attractorlab::theory::linear_learning::{
    LearnedState, LearningFlow as Flow, OutlierLaw, ThirdOrder, scaling_laws,
};
use attractorlab::training::{DescentStatus, FixedPointDescent};
use attractorlab_numerics::linalg::MatRef;
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::interrupt::{abandonable, interruptible};
use crate::network::matrix;

fn rows(a: MatRef<'_, f64>) -> Vec<f64> {
    (0..a.nrows()).flat_map(|i| (0..a.ncols()).map(move |j| a[(i, j)])).collect()
}

/// One moment of learning as a dictionary; matrices are flat, row by row.
fn state<'py>(py: Python<'py>, state: &LearnedState) -> Result<Bound<'py, PyDict>, Failure> {
    let out = PyDict::new(py);
    out.set_item("time", state.time)?;
    out.set_item("output", state.output)?;
    out.set_item("path_length", state.path_length)?;
    out.set_item("rate", state.rate)?;
    out.set_item("singular_values", PyArray1::from_slice(py, &state.singular_values))?;
    if let Some((left, right)) = &state.vectors {
        out.set_item("left", PyArray1::from_vec(py, rows(left.as_ref())))?;
        out.set_item("right", PyArray1::from_vec(py, rows(right.as_ref())))?;
    }
    Ok(out)
}

/// Gradient flow of a linear network, for many units or one given network.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct LearningFlow {
    flow: Flow,
}

#[pymethods]
impl LearningFlow {
    #[staticmethod]
    fn large(g: f64) -> Result<Self, Failure> {
        Ok(Self { flow: Flow::large(g)? })
    }

    #[staticmethod]
    fn of_network(
        py: Python<'_>,
        weights: PyReadonlyArray2<'_, f64>,
        input: Vec<f64>,
        readout: Vec<f64>,
    ) -> Result<Self, Failure> {
        let weights = matrix(&weights);
        let flow = abandonable(py, move |_| Flow::of_network(weights.as_ref(), &input, &readout))??;
        Ok(Self { flow })
    }

    fn initial_output(&self) -> f64 {
        self.flow.initial_output()
    }

    fn trained<'py>(&self, py: Python<'py>, target: f64) -> Result<Bound<'py, PyDict>, Failure> {
        state(py, &py.detach(|| self.flow.trained(target))?)
    }

    fn at_times<'py>(
        &self,
        py: Python<'py>,
        target: f64,
        times: Vec<f64>,
    ) -> Result<Vec<Bound<'py, PyDict>>, Failure> {
        let found = interruptible(py, |_| self.flow.at_times(target, &times))??;
        found.iter().map(|one| state(py, one)).collect()
    }

    /// Time, mean gradient, output.
    fn convergence(&self, target: f64, fraction: f64) -> Result<(f64, f64, f64), Failure> {
        let found = self.flow.convergence(target, fraction)?;
        Ok((found.time, found.mean_gradient, found.output))
    }

    fn shuffled_loss(&self, target: f64) -> Result<Option<f64>, Failure> {
        Ok(self.flow.shuffled_loss(target)?)
    }
}

/// Output, s₁ and s₂ at effective times to third order, and where the expansion ends.
#[pyfunction]
#[expect(clippy::type_complexity, reason = "the face names and unpacks them")]
pub(crate) fn third_order<'py>(
    py: Python<'py>,
    g: f64,
    target: f64,
    times: PyReadonlyArray1<'py, f64>,
) -> Result<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, f64), Failure> {
    let theory = ThirdOrder::new(g, target)?;
    let states: Vec<_> = times.as_array().iter().map(|&t| theory.at_effective_time(t)).collect();
    let of = |pick: fn(&attractorlab::theory::linear_learning::ThirdOrderState) -> f64| {
        PyArray1::from_vec(py, states.iter().map(pick).collect())
    };
    Ok((of(|s| s.output), of(|s| s.first), of(|s| s.second), theory.end()))
}

/// Convergence time, change, mean gradient relative to g = 0, and the shuffled loss, for small targets.
#[pyfunction]
pub(crate) fn linear_scaling_laws(g: f64) -> Result<(f64, f64, f64, f64), Failure> {
    let laws = scaling_laws(g)?;
    Ok((laws.convergence_time, laws.weight_change, laws.mean_gradient, laws.shuffled_loss))
}

/// The outlier to leading order for a largest singular value, and whether it left the bulk.
#[pyfunction]
pub(crate) fn linear_outlier(g: f64, singular_value: f64) -> Result<(f64, bool), Failure> {
    let law = OutlierLaw::new(g)?;
    let kappa = law.kappa_of_singular_value(singular_value);
    Ok((law.outlier(kappa), kappa > law.emergence()))
}

/// Weights (flat), outputs, gradients, residual, status and its epoch.
#[pyfunction]
#[expect(clippy::type_complexity, reason = "the face names and unpacks them")]
pub(crate) fn descend_to_output<'py>(
    py: Python<'py>,
    weights: PyReadonlyArray2<'py, f64>,
    input: Vec<f64>,
    readout: Vec<f64>,
    target: f64,
    learning_rate: f64,
    epochs: usize,
) -> Result<
    (
        Bound<'py, PyArray1<f64>>,
        Bound<'py, PyArray1<f64>>,
        Bound<'py, PyArray1<f64>>,
        f64,
        &'static str,
        Option<usize>,
    ),
    Failure,
> {
    let initial = matrix(&weights);
    let found = abandonable(py, move |_| {
        let task = FixedPointDescent { initial: initial.as_ref(), input: &input, readout: &readout, target };
        task.run(learning_rate, epochs)
    })??;
    let (status, epoch) = match found.status {
        DescentStatus::Finished => ("finished", None),
        DescentStatus::FixedPointLost { epoch } => ("fixed_point_lost", Some(epoch)),
        DescentStatus::NotFinite { epoch } => ("not_finite", Some(epoch)),
    };
    Ok((
        PyArray1::from_vec(py, rows(found.weights.as_ref())),
        PyArray1::from_vec(py, found.outputs),
        PyArray1::from_vec(py, found.gradients),
        found.residual,
        status,
        epoch,
    ))
}
