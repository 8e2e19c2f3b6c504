//! The project's own format.

use attractorlab_numerics::linalg::Mat;

use super::{NetworkFileError, matrix, parse_form, parse_transfer, vector};
use crate::arrays::{Array, Arrays, NamedArrays};
use crate::network::{
    Cell, Connectivity, GateWeights, Gru, LinearReadout, Lstm, Network, RateNetwork, Transfer,
};

pub(super) const FORMAT: &str = "attractorlab network";
const VERSION: &str = "1";

fn columns<'a>(units: usize, vectors: impl Iterator<Item = &'a [f64]>) -> Mat<f64> {
    let vectors: Vec<&[f64]> = vectors.collect();
    Mat::from_fn(units, vectors.len(), |i, k| vectors[k][i])
}

fn column(matrix: &Mat<f64>, k: usize) -> Vec<f64> {
    (0..matrix.nrows()).map(|i| matrix[(i, k)]).collect()
}

pub(super) fn write(network: &Network) -> Arrays {
    let mut out = Arrays::default();
    let mut metadata = vec![("format", FORMAT.to_owned()), ("version", VERSION.to_owned())];
    let mut put = |name: &str, array: Array| {
        out.arrays.insert(name.to_owned(), array);
    };
    match network.cell() {
        Cell::Rate(rate) => {
            let (n, connectivity) = (rate.units(), rate.connectivity());
            put("bulk", Array::matrix(&connectivity.bulk().to_owned()));
            put("feedback", Array::matrix(&columns(n, connectivity.loops().map(|(m, _)| m))));
            put("feedback_readout", Array::matrix(&columns(n, connectivity.loops().map(|(_, n)| n))));
            put("outputs", Array::matrix(&columns(n, rate.readout())));
            put("input", Array::matrix(&rate.input_weights().to_owned()));
            put("bias", Array::vector(rate.bias()));
            metadata.push(("cell", "rate".to_owned()));
            metadata.push(("form", rate.form().name().to_owned()));
            metadata.push(("transfer", rate.transfer().name().to_owned()));
            if let Transfer::Relu { threshold } = rate.transfer() {
                metadata.push(("threshold", format!("{threshold:?}")));
            }
            metadata.push(("tau", format!("{:?}", rate.time_constant())));
            metadata.push(("noise", format!("{:?}", rate.noise())));
        }
        Cell::Gru(_) | Cell::Lstm(_) => {
            let (name, weights) = match network.cell() {
                Cell::Gru(cell) => ("gru", cell.weights()),
                Cell::Lstm(cell) => ("lstm", cell.weights()),
                Cell::Rate(_) => unreachable!("matched above"),
            };
            put("input", Array::matrix(&weights.input));
            put("recurrent", Array::matrix(&weights.recurrent));
            put("input_bias", Array::vector(&weights.input_bias));
            put("recurrent_bias", Array::vector(&weights.recurrent_bias));
            metadata.push(("cell", name.to_owned()));
        }
    }
    if let Some(readout) = network.readout() {
        put("readout_weights", Array::matrix(&readout.weights));
        put("readout_bias", Array::vector(&readout.bias));
    }
    if network.has_initial_state() {
        put("initial", Array::vector(&network.initial_state()));
    }
    if let Some(dt) = network.time_step() {
        metadata.push(("dt", format!("{dt:?}")));
    }
    out.metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    out
}

fn number(arrays: &dyn NamedArrays, key: &'static str) -> Result<Option<f64>, NetworkFileError> {
    let Some(text) = arrays.word(key) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| NetworkFileError::Word {
        key,
        value: text.to_owned(),
        expected: "a number",
    })
}

pub(super) fn read(arrays: &dyn NamedArrays) -> Result<Network, NetworkFileError> {
    let word = |key: &str| arrays.word(key).unwrap_or_default();
    if word("version") != VERSION {
        let (key, value) = ("version", word("version").to_owned());
        return Err(NetworkFileError::Word { key, value, expected: "1: the file is of a newer program" });
    }
    let gates = || -> Result<GateWeights, NetworkFileError> {
        Ok(GateWeights {
            input: matrix(arrays, "input")?,
            recurrent: matrix(arrays, "recurrent")?,
            input_bias: vector(arrays, "input_bias")?,
            recurrent_bias: vector(arrays, "recurrent_bias")?,
        })
    };
    let cell = match word("cell") {
        "gru" => Cell::Gru(Gru::new(gates()?)?),
        "lstm" => Cell::Lstm(Lstm::new(gates()?)?),
        "rate" => {
            let mut connectivity =
                Connectivity::new(matrix(arrays, "bulk")?).map_err(crate::network::NetworkError::from)?;
            let (feedback, readout) = (matrix(arrays, "feedback")?, matrix(arrays, "feedback_readout")?);
            if feedback.ncols() != readout.ncols() {
                return Err(NetworkFileError::Shape {
                    name: "feedback_readout".to_owned(),
                    expected: format!("N×{}, as feedback has", feedback.ncols()),
                    found: vec![readout.nrows(), readout.ncols()],
                });
            }
            for k in 0..feedback.ncols() {
                connectivity = connectivity
                    .with_feedback(column(&feedback, k), column(&readout, k))
                    .map_err(crate::network::NetworkError::from)?;
            }
            let threshold = number(arrays, "threshold")?.unwrap_or(0.0);
            let transfer = parse_transfer("transfer", word("transfer"), threshold)?;
            let mut rate = RateNetwork::new(connectivity, transfer, parse_form("form", word("form"))?)
                .with_input_weights(matrix(arrays, "input")?)?
                .with_bias(vector(arrays, "bias")?)?
                .with_time_constant(number(arrays, "tau")?.unwrap_or(1.0))?
                .with_noise(number(arrays, "noise")?.unwrap_or(0.0))?;
            let outputs = matrix(arrays, "outputs")?;
            for k in 0..outputs.ncols() {
                rate = rate.with_output(column(&outputs, k))?;
            }
            Cell::Rate(rate)
        }
        other => {
            let (key, value) = ("cell", other.to_owned());
            return Err(NetworkFileError::Word { key, value, expected: "rate, gru or lstm" });
        }
    };
    let mut network = Network::new(cell);
    if arrays.shape("readout_weights").is_some() {
        let weights = matrix(arrays, "readout_weights")?;
        let bias = vector(arrays, "readout_bias")?;
        network = network.with_readout(LinearReadout { weights, bias })?;
    }
    if let Some(initial) = arrays.vector("initial") {
        network = network.with_initial_state(initial)?;
    }
    if let Some(dt) = number(arrays, "dt")? {
        network = network.with_time_step(dt)?;
    }
    Ok(network)
}
