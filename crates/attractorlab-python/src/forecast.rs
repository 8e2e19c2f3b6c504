//! Forecasts for readouts of all families, and phase diagrams.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use attractorlab::theory::feedback::{
    self, BulkCorrelation, Direction, Family, Inputs, MeasuredNetwork, PhaseAxis, PhaseReadout,
    PhaseSettings, Quantity, Readout, RecursiveOptions, TrainingStart,
};
use num_complex::Complex64;
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::feedback::{label_code, stability_code};
use crate::interrupt::{in_blocks, interruptible};
use crate::network::matrix;
use crate::transfer;

/// A family by name, with its numbers in the order of the Python class.
pub(crate) fn family(name: &str, numbers: &[f64]) -> Result<Family, Failure> {
    let recursive = |start, n: [f64; 4]| {
        let [units, alpha, dt, duration] = n;
        Family::Recursive(RecursiveOptions { units: units as usize, alpha, dt, duration, start })
    };
    Ok(match (name, numbers) {
        ("gaussian", &[shared, feedback_own, input_own]) => {
            Family::Gaussian(Direction { shared, feedback_own, input_own })
        }
        ("gaussian-least-squares", []) => Family::GaussianLeastSquares,
        ("least-squares", &[ridge]) => Family::LeastSquares { ridge, correlation: BulkCorrelation::Kept },
        ("least-squares-decorrelated", &[ridge]) => {
            Family::LeastSquares { ridge, correlation: BulkCorrelation::Dropped }
        }
        ("gradient-descent", []) => Family::SlowGradientDescent,
        ("recursive-input-only", &[a, b, c, d]) => recursive(TrainingStart::InputOnly, [a, b, c, d]),
        ("recursive-random", &[a, b, c, d]) => recursive(TrainingStart::Random, [a, b, c, d]),
        ("overlaps", &[overlap_feedback, overlap_input]) => {
            Family::Overlaps(Readout { overlap_feedback, overlap_input })
        }
        _ => {
            return Err(Failure::Input(format!(
                "there is no readout '{name}' with {} numbers",
                numbers.len()
            )));
        }
    })
}

fn inputs([g, feedback_std, input_std, rho]: [f64; 4]) -> Inputs {
    Inputs { g, feedback_std, input_std, rho }
}

/// a_b and a_c of one target.
#[pyfunction]
pub(crate) fn feedback_thresholds(
    transfer: (String, f64),
    network: [f64; 4],
    target: f64,
) -> Result<(f64, f64), Failure> {
    let found = feedback::thresholds(transfer::read(&transfer.0, transfer.1)?, inputs(network), target)?;
    Ok((found.bistable, found.unstable))
}

/// The theory of one readout.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct ReadoutTheory {
    theory: feedback::ReadoutTheory,
}

#[pymethods]
impl ReadoutTheory {
    #[new]
    fn new(
        py: Python<'_>,
        transfer: &str,
        threshold: f64,
        network: [f64; 4],
        readout: (String, Vec<f64>),
        target: f64,
    ) -> Result<Self, Failure> {
        let transfer = transfer::read(transfer, threshold)?;
        let family = family(&readout.0, &readout.1)?;
        let theory = py.detach(|| feedback::ReadoutTheory::new(transfer, inputs(network), family, target))?;
        Ok(Self { theory })
    }

    /// G(z), element by element.
    fn map<'py>(
        &self,
        py: Python<'py>,
        z: PyReadonlyArray1<'py, f64>,
        shape: Vec<usize>,
    ) -> Result<Bound<'py, PyArray1<f64>>, Failure> {
        let z = z.as_slice().map_err(PyErr::from)?;
        let mut out = vec![0.0; z.len()];
        in_blocks(py, z.len(), 8, |range| {
            for i in range {
                out[i] = self.theory.map(z[i]).map_err(|error| Failure::from(error).at(i, &shape))?;
            }
            Ok(())
        })?;
        Ok(PyArray1::from_vec(py, out))
    }

    /// The forecast by name: numbers, and arrays over the states.
    fn forecast<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>, Failure> {
        let found = interruptible(py, |_| self.theory.forecast())??;
        let states = &found.fixed_points;
        let column = |of: fn(&feedback::FixedPoint) -> f64| PyArray1::from_iter(py, states.iter().map(of));
        let dict = PyDict::new(py);
        dict.set_item("overlap_feedback", found.readout.overlap_feedback)?;
        dict.set_item("overlap_input", found.readout.overlap_input)?;
        dict.set_item("feedback_share", found.feedback_share)?;
        dict.set_item("critical_drive", found.critical_drive)?;
        dict.set_item("label", label_code(found.class))?;
        dict.set_item("marginal", found.marginal)?;
        dict.set_item("target_index", found.target_index)?;
        dict.set_item("verdict", found.verdict())?;
        dict.set_item("z", column(|p| p.z))?;
        dict.set_item("delta", column(|p| p.delta))?;
        dict.set_item("radius", column(|p| p.radius))?;
        dict.set_item("slope", column(|p| p.slope))?;
        let outliers: Vec<Complex64> = states.iter().flat_map(|p| p.outliers).collect();
        dict.set_item("outliers", PyArray1::from_vec(py, outliers))?;
        let codes = states.iter().map(|p| stability_code(p.stability));
        dict.set_item("stability", PyArray1::from_iter(py, codes))?;
        dict.set_item("most", states.len())?;
        Ok(dict)
    }
}

/// An axis of a phase diagram: quantity, low, high, points.
type AxisArguments = (String, f64, f64, usize);

fn axis((name, low, high, points): AxisArguments) -> Result<PhaseAxis, Failure> {
    let known = Quantity::ALL.map(|q| q.1).join("', '");
    let quantity = Quantity::ALL
        .into_iter()
        .find(|q| q.1 == name)
        .ok_or_else(|| Failure::Input(format!("an axis must measure '{known}', not '{name}'")))?
        .0;
    Ok(PhaseAxis { quantity, low, high, points })
}

/// Codes of the classes, row after row, and boundaries as (first code, second code, x, y).
#[pyfunction]
#[expect(clippy::type_complexity, reason = "a tuple that Python takes apart at once")]
#[expect(clippy::too_many_arguments, reason = "a flat call that one Python function makes")]
pub(crate) fn phase_diagram<'py>(
    py: Python<'py>,
    transfer: &str,
    threshold: f64,
    network: [f64; 4],
    target: f64,
    readout: (String, Vec<f64>),
    x: AxisArguments,
    y: AxisArguments,
    tolerance: f64,
) -> Result<
    (Bound<'py, PyArray1<i8>>, Vec<(i8, i8, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>)>),
    Failure,
> {
    let readout = match (readout.0.as_str(), readout.1.as_slice()) {
        ("share", &[share]) => PhaseReadout::Share(share),
        (name, numbers) => PhaseReadout::Of(family(name, numbers)?),
    };
    let settings = PhaseSettings {
        transfer: transfer::read(transfer, threshold)?,
        inputs: inputs(network),
        target,
        readout,
        tolerance,
    };
    let (x, y) = (axis(x)?, axis(y)?);
    let diagram = interruptible(py, |_| feedback::phase_diagram(&settings, x, y))??;
    let codes = diagram.classes.iter().map(|class| class.map_or(0, label_code));
    let boundaries = diagram
        .boundaries
        .iter()
        .map(|b| {
            let [first, second] = b.between.map(|class| class.map_or(0, label_code));
            let column = |of: fn(&(f64, f64)) -> f64| PyArray1::from_iter(py, b.points.iter().map(of));
            (first, second, column(|p| p.0), column(|p| p.1))
        })
        .collect();
    Ok((PyArray1::from_iter(py, codes), boundaries))
}

/// (g, Sm, SI, ρ), the overlaps, ⟨m I⟩ and whether the network was mirrored.
#[pyfunction]
pub(crate) fn measure_network(
    bulk: PyReadonlyArray2<'_, f64>,
    feedback: PyReadonlyArray1<'_, f64>,
    input: PyReadonlyArray1<'_, f64>,
    readout: PyReadonlyArray1<'_, f64>,
) -> Result<([f64; 4], [f64; 2], f64, bool), Failure> {
    let bulk = matrix(&bulk);
    let [feedback, input, readout] = [&feedback, &input, &readout].map(|v| v.as_array().to_vec());
    let measured = MeasuredNetwork::new(bulk.as_ref(), &feedback, &input, &readout)?;
    let Inputs { g, feedback_std, input_std, rho } = measured.inputs;
    let overlaps = [measured.readout.overlap_feedback, measured.readout.overlap_input];
    Ok(([g, feedback_std, input_std, rho], overlaps, measured.overlap, measured.mirrored))
}
