//! The theory of feedback networks over arrays of targets and parameters.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::collections::HashMap;

use attractorlab::theory::feedback::{
    self, Class, Direction, FeedbackError, Inputs, Prediction, Readout, Stability,
};
use num_complex::Complex64;
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::interrupt::in_blocks;
use crate::transfer;

/// Targets of one curve between two looks at the clock.
const BLOCK: usize = 256;

/// What stands for a code in the arrays `label` and `stability`.
pub(crate) const LABELS: [&str; 5] = [
    "unrealisable",
    Class::Monostable.label(),
    Class::Bistable.label(),
    Class::TargetUnstable.label(),
    Class::TargetBulkUnstable.label(),
];
pub(crate) const STABILITIES: [&str; 4] =
    ["", Stability::Stable.name(), Stability::OutlierUnstable.name(), Stability::BulkUnstable.name()];

pub(crate) fn label_code(class: Class) -> i8 {
    match class {
        Class::Monostable => 1,
        Class::Bistable => 2,
        Class::TargetUnstable => 3,
        Class::TargetBulkUnstable => 4,
    }
}

pub(crate) fn stability_code(stability: Stability) -> i8 {
    match stability {
        Stability::Stable => 1,
        Stability::OutlierUnstable => 2,
        Stability::BulkUnstable => 3,
    }
}

fn inputs([g, feedback_std, input_std, rho]: [f64; 4]) -> Inputs {
    Inputs { g, feedback_std, input_std, rho }
}

fn direction([shared, feedback_own, input_own]: [f64; 3]) -> Direction {
    Direction { shared, feedback_own, input_own }
}

/// S(z), element by element; the rows of `parameters` are g, Sm, SI, ρ and z.
#[pyfunction]
pub(crate) fn feedback_drive<'py>(
    py: Python<'py>,
    parameters: PyReadonlyArray2<'py, f64>,
    shape: Vec<usize>,
) -> Result<Bound<'py, PyArray1<f64>>, Failure> {
    let values = parameters.as_array();
    let mut out = Vec::with_capacity(values.ncols());
    for i in 0..values.ncols() {
        let inputs = inputs(std::array::from_fn(|row| values[[row, i]]));
        inputs.check().map_err(|error| Failure::from(error).at(i, &shape))?;
        out.push(inputs.drive(values[[4, i]]));
    }
    Ok(PyArray1::from_vec(py, out))
}

/// √N times the standard deviations over networks of n·m/N, n·I/N, G_N(z) and the output, element by element; the rows of
/// `parameters` are g, Sm, SI, ρ, p, p_m, p_I, the scale of the readout, and z.
#[pyfunction]
pub(crate) fn feedback_scatter<'py>(
    py: Python<'py>,
    name: &str,
    threshold: f64,
    parameters: PyReadonlyArray2<'py, f64>,
    shape: Vec<usize>,
) -> Result<[Bound<'py, PyArray1<f64>>; 4], Failure> {
    let transfer = transfer::read(name, threshold)?;
    let values = parameters.as_array();
    let mut out: [Vec<f64>; 4] = Default::default();
    for i in 0..values.ncols() {
        let row = |k: usize| values[[k, i]];
        let found = feedback::scatter(
            transfer,
            inputs(std::array::from_fn(row)),
            direction(std::array::from_fn(|k| row(4 + k))),
            row(7),
            row(8),
        )
        .map_err(|error| Failure::from(error).at(i, &shape))?;
        let numbers = [found.overlap_feedback, found.overlap_input, found.map, found.output];
        out.iter_mut().zip(numbers).for_each(|(column, value)| column.push(value));
    }
    Ok(out.map(|column| PyArray1::from_vec(py, column)))
}

/// Predictions, element by element; the rows of `parameters` are g, Sm, SI, ρ, p, p_m, p_I and A.
///
/// Elements with the same network and direction share one curve.
#[pyfunction]
pub(crate) fn predict<'py>(
    py: Python<'py>,
    transfer: &str,
    threshold: f64,
    parameters: PyReadonlyArray2<'py, f64>,
    shape: Vec<usize>,
    verdicts: bool,
) -> Result<Bound<'py, PyDict>, Failure> {
    let transfer = transfer::read(transfer, threshold)?;
    let values = parameters.as_array();
    let count = values.ncols();
    let mut groups: Vec<([f64; 7], Vec<usize>)> = Vec::new();
    let mut known: HashMap<[u64; 7], usize> = HashMap::new();
    let mut group = 0;
    for i in 0..count {
        let fixed: [f64; 7] = std::array::from_fn(|row| values[[row, i]]);
        // Neighbours mostly share it.
        if groups.get(group).is_none_or(|(last, _)| *last != fixed) {
            group = *known.entry(fixed.map(f64::to_bits)).or_insert_with(|| {
                groups.push((fixed, Vec::new()));
                groups.len() - 1
            });
        }
        groups[group].1.push(i);
    }
    let mut table = Table::new(count, verdicts);
    in_blocks(py, groups.len(), 1, |range| {
        for (fixed, members) in &groups[range] {
            let [g, sm, si, rho, p, pm, pi] = *fixed;
            let curve =
                feedback::ReadoutCurve::new(transfer, inputs([g, sm, si, rho]), direction([p, pm, pi]))
                    .map_err(|error| Failure::from(error).at(members[0], &shape))?;
            let targets: Vec<f64> = members.iter().map(|&i| values[[7, i]]).collect();
            let curve = curve.covering(&targets);
            for (&i, &target) in members.iter().zip(&targets) {
                table.set(i, curve.prediction(target), &shape)?;
            }
        }
        Ok(())
    })?;
    table.into_dict(py)
}

/// All stationary states of all targets of one network and readout direction.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct ReadoutCurve {
    curve: feedback::ReadoutCurve,
}

#[pymethods]
impl ReadoutCurve {
    #[new]
    fn new(transfer: &str, threshold: f64, network: [f64; 4], readout: [f64; 3]) -> Result<Self, Failure> {
        let transfer = transfer::read(transfer, threshold)?;
        Ok(Self { curve: feedback::ReadoutCurve::new(transfer, inputs(network), direction(readout))? })
    }

    #[getter]
    fn flex(&self) -> Option<f64> {
        self.curve.flex()
    }

    #[getter]
    fn overlaps(&self) -> (f64, f64) {
        self.curve.overlaps()
    }

    fn folds<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_vec(py, self.curve.folds())
    }

    fn bifurcation_targets<'py>(
        &self,
        py: Python<'py>,
        low: f64,
        high: f64,
    ) -> Result<Bound<'py, PyArray1<f64>>, Failure> {
        let targets = py.detach(|| self.curve.bifurcation_targets(low, high))?;
        Ok(PyArray1::from_vec(py, targets))
    }

    fn sweep<'py>(
        &self,
        py: Python<'py>,
        targets: PyReadonlyArray1<'py, f64>,
        shape: Vec<usize>,
        verdicts: bool,
    ) -> Result<Bound<'py, PyDict>, Failure> {
        let targets = targets.as_slice().map_err(PyErr::from)?;
        let mut table = Table::new(targets.len(), verdicts);
        let curve = py.detach(|| self.curve.covering(targets));
        in_blocks(py, targets.len(), BLOCK, |range| {
            for i in range {
                table.set(i, curve.prediction(targets[i]), &shape)?;
            }
            Ok(())
        })?;
        table.into_dict(py)
    }

    /// G(z) of the readouts with these overlaps, element by element.
    fn map<'py>(
        &self,
        py: Python<'py>,
        overlap_feedback: PyReadonlyArray1<'py, f64>,
        overlap_input: PyReadonlyArray1<'py, f64>,
        z: PyReadonlyArray1<'py, f64>,
    ) -> Result<Bound<'py, PyArray1<f64>>, Failure> {
        let (s_nm, s_ni, z) = (
            overlap_feedback.as_slice().map_err(PyErr::from)?,
            overlap_input.as_slice().map_err(PyErr::from)?,
            z.as_slice().map_err(PyErr::from)?,
        );
        let mut out = vec![0.0; z.len()];
        in_blocks(py, z.len(), BLOCK, |range| {
            for i in range {
                let readout = Readout { overlap_feedback: s_nm[i], overlap_input: s_ni[i] };
                out[i] = self.curve.map(&readout, z[i]);
            }
            Ok(())
        })?;
        Ok(PyArray1::from_vec(py, out))
    }
}

/// Columns of a table with one row a prediction.
struct Table {
    scale: Vec<f64>,
    overlap_feedback: Vec<f64>,
    overlap_input: Vec<f64>,
    feedback_share: Vec<f64>,
    flex: Vec<f64>,
    label: Vec<i8>,
    marginal: Vec<bool>,
    target_index: Vec<i64>,
    /// States of each row.
    count: Vec<i64>,
    states: StateColumns,
    verdicts: Option<Vec<String>>,
}

/// Columns of states, with `places` for each row, as many as the row with most states needs; NaN where a row has less.
struct StateColumns {
    rows: usize,
    places: usize,
    z: Vec<f64>,
    delta: Vec<f64>,
    radius: Vec<f64>,
    slope: Vec<f64>,
    outliers: Vec<[Complex64; 2]>,
    stability: Vec<i8>,
}

impl StateColumns {
    fn new(rows: usize, places: usize) -> Self {
        let (all, empty) = (rows * places, || vec![f64::NAN; rows * places]);
        Self {
            rows,
            places,
            z: empty(),
            delta: empty(),
            radius: empty(),
            slope: empty(),
            outliers: vec![[Complex64::new(f64::NAN, f64::NAN); 2]; all],
            stability: vec![0; all],
        }
    }

    fn set(&mut self, row: usize, states: &[feedback::FixedPoint]) {
        if states.len() > self.places {
            self.widen(states.len());
        }
        for (at, state) in (row * self.places..).zip(states) {
            self.z[at] = state.z;
            self.delta[at] = state.delta;
            self.radius[at] = state.radius;
            self.slope[at] = state.slope;
            self.outliers[at] = state.outliers;
            self.stability[at] = stability_code(state.stability);
        }
    }

    /// Gives every row more places.
    fn widen(&mut self, places: usize) {
        fn copy<T: Copy>(from: &[T], width: usize, to: &mut [T], places: usize) {
            for (from, to) in from.chunks_exact(width).zip(to.chunks_exact_mut(places)) {
                to[..width].copy_from_slice(from);
            }
        }
        let old = std::mem::replace(self, Self::new(self.rows, places));
        if old.places > 0 {
            copy(&old.z, old.places, &mut self.z, places);
            copy(&old.delta, old.places, &mut self.delta, places);
            copy(&old.radius, old.places, &mut self.radius, places);
            copy(&old.slope, old.places, &mut self.slope, places);
            copy(&old.outliers, old.places, &mut self.outliers, places);
            copy(&old.stability, old.places, &mut self.stability, places);
        }
    }
}

impl Table {
    fn new(count: usize, verdicts: bool) -> Self {
        let empty = || vec![f64::NAN; count];
        Self {
            scale: empty(),
            overlap_feedback: empty(),
            overlap_input: empty(),
            feedback_share: empty(),
            flex: empty(),
            label: vec![0; count],
            marginal: vec![false; count],
            target_index: vec![-1; count],
            count: vec![0; count],
            states: StateColumns::new(count, 0),
            verdicts: verdicts.then(|| vec![String::new(); count]),
        }
    }

    /// A target that cannot be realised is a row of its own kind in an array, and an error alone.
    fn set(
        &mut self,
        i: usize,
        prediction: Result<Prediction, FeedbackError>,
        shape: &[usize],
    ) -> Result<(), Failure> {
        let prediction = match prediction {
            Ok(prediction) => prediction,
            Err(error @ FeedbackError::Unrealisable { flex, .. }) if !shape.is_empty() => {
                self.flex[i] = flex;
                if let Some(verdicts) = &mut self.verdicts {
                    verdicts[i] = error.to_string();
                }
                return Ok(());
            }
            Err(error) => return Err(Failure::from(error).at(i, shape)),
        };
        if let Some(verdicts) = &mut self.verdicts {
            verdicts[i] = prediction.verdict();
        }
        self.scale[i] = prediction.scale;
        self.overlap_feedback[i] = prediction.readout.overlap_feedback;
        self.overlap_input[i] = prediction.readout.overlap_input;
        self.feedback_share[i] = prediction.feedback_share;
        self.flex[i] = prediction.flex.unwrap_or(f64::NAN);
        self.label[i] = label_code(prediction.class);
        self.marginal[i] = prediction.marginal;
        self.target_index[i] = prediction.target_index as i64;
        self.count[i] = prediction.fixed_points.len() as i64;
        self.states.set(i, &prediction.fixed_points);
        Ok(())
    }

    /// Arrays by name; those of states have `most` places a row, filled up with NaN.
    fn into_dict(self, py: Python<'_>) -> Result<Bound<'_, PyDict>, Failure> {
        let StateColumns { places, z, delta, radius, slope, outliers, stability, .. } = self.states;
        let columns = PyDict::new(py);
        let floats = [
            ("scale", self.scale),
            ("overlap_feedback", self.overlap_feedback),
            ("overlap_input", self.overlap_input),
            ("feedback_share", self.feedback_share),
            ("flex", self.flex),
            ("z", z),
            ("delta", delta),
            ("radius", radius),
            ("slope", slope),
        ];
        for (name, column) in floats {
            columns.set_item(name, PyArray1::from_vec(py, column))?;
        }
        columns.set_item("label", PyArray1::from_vec(py, self.label))?;
        columns.set_item("marginal", PyArray1::from_vec(py, self.marginal))?;
        columns.set_item("target_index", PyArray1::from_vec(py, self.target_index))?;
        columns.set_item("count", PyArray1::from_vec(py, self.count))?;
        columns.set_item("outliers", PyArray1::from_vec(py, outliers.into_flattened()))?;
        columns.set_item("stability", PyArray1::from_vec(py, stability))?;
        columns.set_item("most", places)?;
        if let Some(verdicts) = self.verdicts {
            columns.set_item("verdict", verdicts)?;
        }
        Ok(columns)
    }
}
