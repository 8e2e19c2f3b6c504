//! Branches of fixed points along a parameter, of networks and of a user's own function.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use attractorlab::analysis::bifurcations_until;
use attractorlab::dynamics::Time;
use attractorlab::dynamics::continuation::{
    Branch, BranchEnd, ContinuationOptions, NetworkFamily, SpecialKind, diagram_until,
};
use attractorlab_numerics::linalg::Mat;
use num_complex::Complex64;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::dissection::Network;
use crate::errors::Failure;
use crate::interrupt::interruptible;
use crate::network::{array, matrix};
use crate::own_function::OwnFunction;

type Branches<'py> = Vec<Bound<'py, PyDict>>;

/// Branches, whether all crossings were followed, and what was found where.
type Traced<'py> = (Branches<'py>, bool, Vec<(f64, usize)>);

/// Name and number of what happens at a special point.
fn kind(kind: SpecialKind) -> (&'static str, f64) {
    match kind {
        SpecialKind::Fold => ("fold", f64::NAN),
        SpecialKind::BranchPoint { corank } => ("branch point", corank as f64),
        SpecialKind::Hopf { frequency } => ("Hopf", frequency),
        SpecialKind::PeriodDoubling => ("period doubling", f64::NAN),
        SpecialKind::NeimarkSacker { angle } => ("Neimark-Sacker", angle),
    }
}

fn end(end: BranchEnd) -> &'static str {
    match end {
        BranchEnd::Range => "range",
        BranchEnd::Closed => "closed",
        BranchEnd::Steps => "steps",
        BranchEnd::Lost => "lost",
    }
}

fn branch_items<'py>(py: Python<'py>, branch: &Branch) -> Result<Bound<'py, PyDict>, Failure> {
    let out = PyDict::new(py);
    let points = &branch.points;
    let dim = points.first().map_or(0, |point| point.x.len());
    let states = Mat::from_fn(points.len(), dim, |c, i| points[c].x[i]);
    out.set_item("states", array(py, states.as_ref()))?;
    let parameters: Vec<f64> = points.iter().map(|point| point.parameter).collect();
    out.set_item("parameters", PyArray1::from_vec(py, parameters))?;
    out.set_item("unstable", points.iter().map(|point| point.unstable).collect::<Vec<_>>())?;
    let leading: Vec<Complex64> = points.iter().map(|point| point.leading).collect();
    out.set_item("leading", leading.into_pyarray(py))?;
    out.set_item("ends", (end(branch.ends.0), end(branch.ends.1)))?;
    let specials = branch
        .specials
        .iter()
        .map(|special| {
            let (name, number) = kind(special.kind);
            (name, number, special.parameter, PyArray1::from_slice(py, &special.x), special.residual)
        })
        .collect::<Vec<_>>();
    out.set_item("specials", specials)?;
    Ok(out)
}

/// Branches of a network along a parameter. `along` is recurrent, bulk, input (with a direction) or morph (with
/// another network); `inputs` are the
/// constant input and its direction; `settings` are the range, the largest step, random starts and seed.
#[pyfunction]
#[pyo3(signature = (network, along, inputs, other, values, settings))]
pub(crate) fn bifurcations<'py>(
    py: Python<'py>,
    network: &Network,
    along: &str,
    inputs: (Vec<f64>, Vec<f64>),
    other: Option<PyRef<'py, Network>>,
    values: Vec<f64>,
    settings: (f64, f64, f64, usize, u64),
) -> Result<Traced<'py>, Failure> {
    let of = &network.network;
    let (input, direction) = inputs;
    let input = if input.is_empty() { vec![0.0; of.inputs()] } else { input };
    let family = match (along, other) {
        ("recurrent", _) => NetworkFamily::recurrent_scale(of, &input),
        ("bulk", _) => NetworkFamily::bulk_scale(of, &input),
        ("input", _) => NetworkFamily::input(of, &input, &direction),
        ("morph", Some(other)) => NetworkFamily::morph(of, &other.network, &input),
        ("morph", None) => {
            return Err(Failure::Input(
                "along='morph' needs other, the network into which to change".to_owned(),
            ));
        }
        (word, _) => {
            return Err(Failure::Input(format!(
                "along must be 'recurrent', 'bulk', 'input' or 'morph', not '{word}'"
            )));
        }
    }?;
    let (lower, upper, step, starts, seed) = settings;
    let options = ContinuationOptions { largest_step: step, ..ContinuationOptions::between(lower, upper) };
    let found =
        interruptible(py, |stop| bifurcations_until(&family, &values, starts, seed, &options, stop))??;
    let branches =
        found.diagram.branches.iter().map(|branch| branch_items(py, branch)).collect::<Result<_, _>>()?;
    Ok((branches, found.diagram.complete, found.found))
}

/// Branches of a Python function (x, p) ↦ F(x; p) through fixed points near the given states.
#[pyfunction]
#[pyo3(signature = (function, jacobian, discrete, starts, parameters, settings))]
pub(crate) fn follow_function<'py>(
    py: Python<'py>,
    function: Py<PyAny>,
    jacobian: Option<Py<PyAny>>,
    discrete: bool,
    starts: PyReadonlyArray2<'py, f64>,
    parameters: Vec<f64>,
    settings: (f64, f64, f64),
) -> Result<(Branches<'py>, bool), Failure> {
    let starts = matrix(&starts);
    let time = if discrete { Time::Discrete } else { Time::Continuous };
    let family = OwnFunction::new(function, jacobian, starts.nrows(), time);
    let seeds: Vec<(f64, Vec<f64>)> = parameters
        .iter()
        .enumerate()
        .map(|(c, p)| (*p, (0..starts.nrows()).map(|i| starts[(i, c)]).collect()))
        .collect();
    let (lower, upper, step) = settings;
    let options = ContinuationOptions {
        largest_step: step,
        tolerance: 1e-9,
        ..ContinuationOptions::between(lower, upper)
    };
    let found = interruptible(py, |stop| diagram_until(&family, &seeds, &options, stop))?;
    family.check()?;
    let found = found?;
    let branches = found.branches.iter().map(|branch| branch_items(py, branch)).collect::<Result<_, _>>()?;
    Ok((branches, found.complete))
}
