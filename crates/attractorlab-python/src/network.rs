//! Rate networks, and the ensembles that their bulks are drawn from.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::path::PathBuf;
use std::sync::Arc;

use attractorlab::network::files::ImportOptions;
use attractorlab::network::{Bulk, Cell, Connectivity, Form, Network, NetworkError, Transfer};
use attractorlab_numerics::linalg::{Mat, MatRef};
use attractorlab_numerics::random::Stream;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::errors::Failure;
use crate::transfer;

/// A rate network, shared with work that may be abandoned.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct RateNetwork {
    pub(crate) network: Arc<attractorlab::network::RateNetwork>,
}

type Matrix<'py> = PyReadonlyArray2<'py, f64>;

#[pymethods]
impl RateNetwork {
    /// `feedback` and `feedback_readout` are N×R, `input_weights` N×K, `readout` N×L.
    #[new]
    #[pyo3(signature = (bulk, feedback, feedback_readout, units, input_weights, bias, readout))]
    fn new(
        bulk: Matrix<'_>,
        feedback: Matrix<'_>,
        feedback_readout: Matrix<'_>,
        units: (String, f64, String, f64, f64),
        input_weights: Matrix<'_>,
        bias: PyReadonlyArray1<'_, f64>,
        readout: Matrix<'_>,
    ) -> Result<Self, Failure> {
        let (transfer, threshold, form, time_constant, noise) = units;
        let (m, n) = (matrix(&feedback), matrix(&feedback_readout));
        if m.ncols() != n.ncols() {
            return Err(Failure::Input(format!(
                "feedback and feedback_readout need one column for each loop, got {} and {}",
                m.ncols(),
                n.ncols()
            )));
        }
        let mut connectivity = Connectivity::new(matrix(&bulk)).map_err(NetworkError::from)?;
        for k in 0..m.ncols() {
            connectivity = connectivity
                .with_feedback(column(m.as_ref(), k), column(n.as_ref(), k))
                .map_err(NetworkError::from)?;
        }
        let transfer = transfer::read(&transfer, threshold)?;
        let mut network = attractorlab::network::RateNetwork::new(connectivity, transfer, read_form(&form)?)
            .with_input_weights(matrix(&input_weights))?
            .with_bias(bias.as_array().to_vec())?
            .with_time_constant(time_constant)?
            .with_noise(noise)?;
        let outputs = matrix(&readout);
        for l in 0..outputs.ncols() {
            network = network.with_output(column(outputs.as_ref(), l))?;
        }
        Ok(Self { network: Arc::new(network) })
    }

    /// Reads the rate network that a file holds.
    #[staticmethod]
    fn read(path: PathBuf) -> Result<Self, Failure> {
        let (network, _) = Network::read(&path, &ImportOptions::default())?;
        match network.cell() {
            Cell::Rate(network) => Ok(Self { network: Arc::new(network.clone()) }),
            _ => Err(Failure::Input(format!(
                "{} holds a {}, not a rate network",
                path.display(),
                network.kind()
            ))),
        }
    }

    /// Writes the network, as `.safetensors` or `.npz`.
    fn write(&self, path: PathBuf) -> Result<(), Failure> {
        Ok(Network::new(Cell::Rate((*self.network).clone())).write(&path)?)
    }

    /// Transfer function, threshold, form, time constant, noise.
    fn units(&self) -> (&'static str, f64, &'static str, f64, f64) {
        let network = &self.network;
        let threshold = match network.transfer() {
            Transfer::Relu { threshold } => threshold,
            _ => 0.0,
        };
        let form = network.form().name();
        (network.transfer().name(), threshold, form, network.time_constant(), network.noise())
    }

    fn bulk<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        array(py, self.network.connectivity().bulk())
    }

    /// m and n of the loops, N×R.
    fn loops<'py>(&self, py: Python<'py>) -> [Bound<'py, PyArray2<f64>>; 2] {
        let loops: Vec<_> = self.network.connectivity().loops().collect();
        let n = self.network.units();
        [
            array(py, Mat::from_fn(n, loops.len(), |i, k| loops[k].0[i]).as_ref()),
            array(py, Mat::from_fn(n, loops.len(), |i, k| loops[k].1[i]).as_ref()),
        ]
    }

    fn input_weights<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        array(py, self.network.input_weights())
    }

    fn bias<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.network.bias())
    }

    fn readout<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        let rows: Vec<_> = self.network.readout().collect();
        array(py, Mat::from_fn(self.network.units(), rows.len(), |i, l| rows[l][i]).as_ref())
    }

    /// Outputs, L×P, of the states in the columns.
    /// F at each column of `states` (N×P) under a constant input.
    fn velocity<'py>(
        &self,
        py: Python<'py>,
        states: PyReadonlyArray2<'py, f64>,
        input: Vec<f64>,
    ) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
        use attractorlab::dynamics::Dynamics;
        let states = matrix(&states);
        if states.nrows() != self.network.units() {
            return Err(Failure::Input(format!(
                "states must have {} rows, one for each unit, not {}",
                self.network.units(),
                states.nrows()
            )));
        }
        if input.len() != self.network.inputs() {
            return Err(Failure::Input(format!(
                "input must have one entry for each of the {} inputs, got {}",
                self.network.inputs(),
                input.len()
            )));
        }
        let mut out = Mat::zeros(states.nrows(), states.ncols());
        py.detach(|| self.network.under(&input).fields(states.as_ref(), out.as_mut()));
        Ok(array(py, out.as_ref()))
    }

    fn output<'py>(
        &self,
        py: Python<'py>,
        states: Matrix<'py>,
    ) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
        let states = matrix(&states);
        if states.nrows() != self.network.units() {
            return Err(Failure::Input(format!(
                "states need one row for each of the {} units, got {}",
                self.network.units(),
                states.nrows()
            )));
        }
        let outputs: Vec<_> =
            (0..states.ncols()).map(|c| self.network.output(&column(states.as_ref(), c))).collect();
        let out = Mat::from_fn(self.network.outputs(), outputs.len(), |l, c| outputs[c][l]);
        Ok(array(py, out.as_ref()))
    }
}

/// Draws a bulk; `parameters` are those of the kind, in the order of its fields.
#[pyfunction]
pub(crate) fn draw_bulk<'py>(
    py: Python<'py>,
    kind: &str,
    parameters: Vec<f64>,
    units: usize,
    seed: u64,
    replicate: u64,
) -> Result<(Bound<'py, PyArray2<f64>>, f64), Failure> {
    let bulk = match (kind, parameters.as_slice()) {
        ("gaussian", &[g]) => Bulk::Gaussian { g },
        ("uniform", &[g]) => Bulk::Uniform { g },
        ("sparse", &[g, probability]) => Bulk::Sparse { g, probability },
        ("dale", &[excitation, fraction, probability]) => Bulk::Dale { excitation, fraction, probability },
        _ => {
            return Err(Failure::Input(format!(
                "kind must be 'gaussian', 'uniform', 'sparse' or 'dale', not '{kind}'"
            )));
        }
    };
    let drawn = py.detach(|| bulk.draw(units, &mut Stream::new(seed, "bulk", replicate)));
    let drawn = drawn.map_err(NetworkError::from)?;
    Ok((array(py, drawn.as_ref()), bulk.effective_g()))
}

fn read_form(name: &str) -> Result<Form, Failure> {
    [Form::Current, Form::Rate, Form::Map]
        .into_iter()
        .find(|form| form.name() == name)
        .ok_or_else(|| Failure::Input(format!("form must be 'current', 'rate' or 'map', not '{name}'")))
}

/// A copy of an array of two dimensions.
pub(crate) fn matrix<T: numpy::Element + Copy>(array: &PyReadonlyArray2<'_, T>) -> Mat<T> {
    let view = array.as_array();
    Mat::from_fn(view.nrows(), view.ncols(), |i, j| view[[i, j]])
}

fn column(matrix: MatRef<'_, f64>, k: usize) -> Vec<f64> {
    matrix.col(k).iter().copied().collect()
}

/// A matrix as an array of two dimensions.
pub(crate) fn array<'py, T: numpy::Element + Copy>(
    py: Python<'py>,
    matrix: MatRef<'_, T>,
) -> Bound<'py, PyArray2<T>> {
    let (rows, columns) = (matrix.nrows(), matrix.ncols());
    let values: Vec<T> = (0..rows).flat_map(|i| (0..columns).map(move |j| matrix[(i, j)])).collect();
    // The number of values is that of the shape.
    PyArray1::from_vec(py, values)
        .reshape([rows, columns])
        .unwrap_or_else(|_| PyArray2::zeros(py, [0, 0], false))
}
