//! Networks of any kind from files and arrays, their dissection, and fixed points of a user's own function.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use attractorlab::analysis::{Dissection, DissectionOptions, Rest, Trajectories, dissect_until};
use attractorlab::arrays::NamedArrays;
use attractorlab::dynamics::fixed_points::{
    FindError, FindOptions, FixedPoints, LinkEnd, SeedKind, Stability, Starts, completeness,
    find_under_inputs, find_until, modes,
};
use attractorlab::dynamics::{Dynamics, LongRun, Time};
use attractorlab::network::files::{ImportOptions, NameMap};
use attractorlab::network::{Cell, Transfer};
use attractorlab::theory::low_rank::{LowRankError, LowRankState, LowRankTheory};
use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;
use numpy::{
    PyArray1, PyArray2, PyArrayDyn, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArrayDyn,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::interrupt::interruptible;
use crate::network::{array, matrix};
use crate::own_function::OwnFunction;

/// An input, and the fixed points under it.
type UnderInput<'py> = (Vec<f64>, Bound<'py, PyDict>);

/// Arrays for Python, by name.
type ArraysOut<'py> = BTreeMap<String, Bound<'py, PyArrayDyn<f64>>>;

/// A network of any kind.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct Network {
    pub(crate) network: attractorlab::network::Network,
}

fn options(
    transfer: Option<&str>,
    readout: Option<String>,
    map: Option<&str>,
) -> Result<ImportOptions, Failure> {
    let transfer = match transfer {
        None => None,
        Some("tanh") => Some(Transfer::Tanh),
        Some("relu") => Some(Transfer::Relu { threshold: 0.0 }),
        Some(other) => {
            return Err(Failure::Input(format!("transfer must be 'tanh' or 'relu', not '{other}'")));
        }
    };
    let map: Option<NameMap> = match map {
        None => None,
        Some(text) => Some(
            serde_json::from_str(text).map_err(|error| Failure::Input(format!("the name map: {error}")))?,
        ),
    };
    Ok(ImportOptions { transfer, readout, map })
}

/// An array of Python's, in its own precision and order.
enum Lent<'py> {
    F32(PyReadonlyArrayDyn<'py, f32>),
    F64(PyReadonlyArrayDyn<'py, f64>),
}

impl<'py> Lent<'py> {
    fn new(name: &str, value: &Bound<'py, PyAny>) -> Result<Self, Failure> {
        (value.extract().map(Self::F32))
            .or_else(|_| value.extract().map(Self::F64))
            .map_err(|_| Failure::Input(format!("array '{name}' must be of float32 or float64")))
    }
}

/// Arrays that Python lends, by name.
struct LentArrays<'py> {
    arrays: BTreeMap<String, Lent<'py>>,
    metadata: BTreeMap<String, String>,
}

fn values<T: numpy::Element + Copy + Into<f64>>(array: &PyReadonlyArrayDyn<'_, T>) -> Vec<f64> {
    array.as_array().iter().map(|value| (*value).into()).collect()
}

fn of_two_axes<T: numpy::Element + Copy + Into<f64>>(
    array: &PyReadonlyArrayDyn<'_, T>,
    transposed: bool,
) -> Option<Mat<f64>> {
    let view = array.as_array().into_dimensionality::<numpy::Ix2>().ok()?;
    let view = if transposed { view.reversed_axes() } else { view };
    Some(Mat::from_fn(view.nrows(), view.ncols(), |i, j| view[[i, j]].into()))
}

impl NamedArrays for LentArrays<'_> {
    fn names(&self) -> Vec<&str> {
        self.arrays.keys().map(String::as_str).collect()
    }

    fn word(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    fn shape(&self, name: &str) -> Option<&[usize]> {
        Some(match self.arrays.get(name)? {
            Lent::F32(array) => array.shape(),
            Lent::F64(array) => array.shape(),
        })
    }

    fn vector(&self, name: &str) -> Option<Vec<f64>> {
        Some(match self.arrays.get(name)? {
            Lent::F32(array) => values(array),
            Lent::F64(array) => values(array),
        })
    }

    fn matrix(&self, name: &str, transposed: bool) -> Option<Mat<f64>> {
        match self.arrays.get(name)? {
            Lent::F32(array) => of_two_axes(array, transposed),
            Lent::F64(array) => of_two_axes(array, transposed),
        }
    }
}

impl Network {
    /// A network of the library, for Python.
    pub(crate) fn of(network: attractorlab::network::Network) -> Self {
        Self { network }
    }
}

#[pymethods]
impl Network {
    #[staticmethod]
    fn read(
        path: PathBuf,
        transfer: Option<&str>,
        readout: Option<String>,
        map: Option<&str>,
    ) -> Result<Self, Failure> {
        let options = options(transfer, readout, map)?;
        Ok(Self { network: attractorlab::network::Network::read(&path, &options)?.0 })
    }

    #[staticmethod]
    fn of_rate(network: &crate::network::RateNetwork) -> Self {
        Self { network: attractorlab::network::Network::new(Cell::Rate((*network.network).clone())) }
    }

    #[staticmethod]
    fn from_arrays(
        values: BTreeMap<String, Bound<'_, PyAny>>,
        metadata: BTreeMap<String, String>,
        transfer: Option<&str>,
        readout: Option<String>,
        map: Option<&str>,
    ) -> Result<Self, Failure> {
        let arrays = values
            .into_iter()
            .map(|(name, value)| {
                let lent = Lent::new(&name, &value)?;
                Ok((name, lent))
            })
            .collect::<Result<_, Failure>>()?;
        let arrays = LentArrays { arrays, metadata };
        let options = options(transfer, readout, map)?;
        Ok(Self { network: attractorlab::network::Network::from_arrays(&arrays, &options)?.0 })
    }

    /// The arrays and metadata of the own format.
    fn to_arrays<'py>(&self, py: Python<'py>) -> Result<(ArraysOut<'py>, BTreeMap<String, String>), Failure> {
        let arrays = self.network.to_arrays();
        let mut out = BTreeMap::new();
        for (name, array) in &arrays.arrays {
            let values = PyArray1::from_vec(py, array.to_f64()).reshape(array.shape().to_vec())?;
            out.insert(name.clone(), values);
        }
        Ok((out, arrays.metadata))
    }

    fn write(&self, path: PathBuf) -> Result<(), Failure> {
        Ok(self.network.write(&path)?)
    }

    fn kind(&self) -> String {
        self.network.kind()
    }

    /// Units, variables of a state, inputs, outputs.
    fn sizes(&self) -> (usize, usize, usize, usize) {
        let network = &self.network;
        (network.units(), network.state_size(), network.inputs(), network.outputs())
    }

    fn initial_state<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_vec(py, self.network.initial_state())
    }

    /// States (variables × steps) under inputs (inputs × steps).
    fn run<'py>(
        &self,
        py: Python<'py>,
        inputs: PyReadonlyArray2<'py, f64>,
        start: Option<PyReadonlyArray1<'py, f64>>,
    ) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
        let inputs = matrix(&inputs);
        if inputs.nrows() != self.network.inputs() {
            return Err(Failure::Input(format!(
                "inputs need one column for each of the {} inputs of the network, got {}",
                self.network.inputs(),
                inputs.nrows()
            )));
        }
        let start = start.map(|start| start.as_array().to_vec());
        if let Some(start) = &start {
            self.check_state(start.len())?;
        }
        let states = py.detach(|| self.network.run(&inputs, start.as_deref()));
        Ok(array(py, states.as_ref()))
    }

    fn output<'py>(
        &self,
        py: Python<'py>,
        state: PyReadonlyArray1<'py, f64>,
    ) -> Result<Bound<'py, PyArray1<f64>>, Failure> {
        let state = state.as_array().to_vec();
        self.check_state(state.len())?;
        Ok(PyArray1::from_vec(py, self.network.output(&state)))
    }

    fn jacobian<'py>(
        &self,
        py: Python<'py>,
        state: PyReadonlyArray1<'py, f64>,
        input: Vec<f64>,
    ) -> Result<Bound<'py, PyArray2<f64>>, Failure> {
        let state = state.as_array().to_vec();
        self.check_state(state.len())?;
        if input.len() != self.network.inputs() {
            return Err(Failure::Input(format!(
                "the input needs one entry for each of the {} inputs, got {}",
                self.network.inputs(),
                input.len()
            )));
        }
        Ok(array(py, self.network.under(&input).jacobian(&state).as_ref()))
    }

    /// `trajectories`: of each, variables × steps; `starts`: random ones, and ones from the trajectories.
    #[pyo3(signature = (input, trajectories, starts, seed))]
    fn dissect<'py>(
        &self,
        py: Python<'py>,
        input: Vec<f64>,
        trajectories: Option<Vec<PyReadonlyArray2<'py, f64>>>,
        starts: (usize, usize),
        seed: u64,
    ) -> Result<Bound<'py, PyDict>, Failure> {
        let given = trajectories.map(|all| Trajectories(all.iter().map(matrix).collect()));
        let options = DissectionOptions {
            input,
            random_starts: starts.0,
            trajectory_starts: starts.1,
            search: FindOptions { seed, ..FindOptions::default() },
            seed,
            ..DissectionOptions::default()
        };
        let found = interruptible(py, |stop| dissect_until(&self.network, given.as_ref(), &options, stop))??;
        dictionary(py, &found)
    }

    /// Of each distinct input: the input, and the fixed points from the states (columns) that have it.
    fn find_under_inputs<'py>(
        &self,
        py: Python<'py>,
        states: PyReadonlyArray2<'py, f64>,
        inputs: PyReadonlyArray2<'py, f64>,
        seed: u64,
    ) -> Result<Vec<UnderInput<'py>>, Failure> {
        let (states, inputs) = (matrix(&states), matrix(&inputs));
        let options = FindOptions { seed, ..FindOptions::default() };
        let found = interruptible(py, |stop| {
            let found = find_under_inputs(&self.network, states.as_ref(), inputs.as_ref(), &options, stop)?;
            let around: Vec<Vec<usize>> = found
                .iter()
                .map(|under| unstable_directions(&self.network.under(&under.input), &under.found))
                .collect();
            Ok::<_, FindError>((found, around))
        })?;
        let (found, around) = found.map_err(|error| Failure::Input(error.to_string()))?;
        let dim = self.network.state_size();
        found
            .into_iter()
            .zip(around)
            .map(|(under, around)| Ok((under.input, points_dictionary(py, &under.found, around, dim)?)))
            .collect()
    }

    /// What mean-field theory predicts of a rate network's bulk and loops.
    fn low_rank_states<'py>(
        &self,
        py: Python<'py>,
        input: Vec<f64>,
        g: Option<f64>,
    ) -> Result<Bound<'py, PyDict>, Failure> {
        let Cell::Rate(rate) = self.network.cell() else {
            return Err(Failure::Input("the theory of bulk and loops is for rate networks only".to_owned()));
        };
        let states = interruptible(py, |_| {
            let theory = LowRankTheory::new(rate, &input)?;
            let theory = match g {
                Some(g) => theory.with_g(g)?,
                None => theory,
            };
            Ok::<_, LowRankError>((theory.g(), theory.states()?))
        })?;
        let (g, states) = states.map_err(|error| Failure::Input(error.to_string()))?;
        predicted(py, g, &states, &vec![None; states.len()])
    }
}

/// States that theory predicts, with the fixed points taken for them.
fn predicted<'py>(
    py: Python<'py>,
    g: f64,
    states: &[LowRankState],
    matches: &[Option<usize>],
) -> Result<Bound<'py, PyDict>, Failure> {
    let out = PyDict::new(py);
    let table = |columns: usize, value: &dyn Fn(&LowRankState, usize) -> f64| {
        array(py, Mat::from_fn(states.len(), columns, |k, i| value(&states[k], i)).as_ref())
    };
    let first = |length: fn(&LowRankState) -> usize| states.first().map_or(0, length);
    let loops = first(|state| state.overlaps.len());
    out.set_item("g", g)?;
    out.set_item("overlaps", table(loops, &|state, r| state.overlaps[r]))?;
    out.set_item("overlap_errors", table(loops, &|state, r| state.overlap_errors[r]))?;
    out.set_item("outputs", table(first(|state| state.outputs.len()), &|state, r| state.outputs[r]))?;
    out.set_item("rates", table(first(|state| state.rates.len()), &|state, i| state.rates[i]))?;
    let outliers = first(|state| state.outliers.len());
    out.set_item("outliers_re", table(outliers, &|state, k| state.outliers[k].re))?;
    out.set_item("outliers_im", table(outliers, &|state, k| state.outliers[k].im))?;
    out.set_item("radius", states.iter().map(|state| state.radius).collect::<Vec<_>>())?;
    out.set_item("mean_square", states.iter().map(|state| state.mean_square).collect::<Vec<_>>())?;
    out.set_item("stability", states.iter().map(|state| state.stability.name()).collect::<Vec<_>>())?;
    out.set_item("matches", matches.to_vec())?;
    Ok(out)
}

fn unstable_directions(system: &impl Dynamics, found: &FixedPoints) -> Vec<usize> {
    found
        .points
        .iter()
        .map(|point| modes(system, &point.x).map_or(usize::MAX, |modes| modes.unstable))
        .collect()
}

/// Fixed points with what random starts say of their number.
fn points_dictionary<'py>(
    py: Python<'py>,
    found: &FixedPoints,
    unstable: Vec<usize>,
    dim: usize,
) -> Result<Bound<'py, PyDict>, Failure> {
    let out = PyDict::new(py);
    let states: Vec<&[f64]> = found.points.iter().map(|point| point.x.as_slice()).collect();
    out.set_item("points", rows(py, &states, dim))?;
    out.set_item("unstable", unstable)?;
    out.set_item("residual", found.points.iter().map(|point| point.residual).collect::<Vec<_>>())?;
    out.set_item("hits", found.points.iter().map(|point| point.hits.total()).collect::<Vec<_>>())?;
    let said = completeness(found);
    out.set_item("interval", said.interval)?;
    out.set_item("share", said.share)?;
    Ok(out)
}

impl Network {
    fn check_state(&self, found: usize) -> Result<(), Failure> {
        let wanted = self.network.state_size();
        if found == wanted {
            Ok(())
        } else {
            Err(Failure::Input(format!(
                "a state needs one entry for each of the {wanted} variables, got {found}"
            )))
        }
    }
}

fn rows<'py>(py: Python<'py>, states: &[&[f64]], dim: usize) -> Bound<'py, PyArray2<f64>> {
    array(py, Mat::from_fn(states.len(), dim, |k, i| states[k][i]).as_ref())
}

fn dictionary<'py>(py: Python<'py>, found: &Dissection) -> Result<Bound<'py, PyDict>, Failure> {
    let out = PyDict::new(py);
    let dim = found.components.mean.len();
    let points = &found.points;
    let states: Vec<&[f64]> = points.iter().map(|p| p.point.x.as_slice()).collect();
    out.set_item("points", rows(py, &states, dim))?;
    out.set_item("unstable", points.iter().map(|p| p.modes.unstable).collect::<Vec<_>>())?;
    out.set_item("index", points.iter().map(|p| p.point.index).collect::<Vec<_>>())?;
    out.set_item("residual", points.iter().map(|p| p.point.residual).collect::<Vec<_>>())?;
    out.set_item("hits", points.iter().map(|p| p.point.hits.total()).collect::<Vec<_>>())?;
    let proof = |f: &dyn Fn(&attractorlab::dynamics::fixed_points::Certificate) -> f64| {
        points.iter().map(|p| p.certificate.as_ref().map_or(f64::NAN, f)).collect::<Vec<_>>()
    };
    out.set_item("existence_radius", proof(&|c| c.existence_radius))?;
    out.set_item("uniqueness_radius", proof(&|c| c.uniqueness_radius))?;
    let proved = |p: &attractorlab::analysis::DissectedPoint| match &p.certificate {
        Err(_) => "uncertified",
        Ok(proof) => match proof.stability {
            Stability::Stable => "stable",
            Stability::Unstable { .. } => "unstable",
            Stability::Marginal { .. } => "marginal",
        },
    };
    out.set_item("proved", points.iter().map(proved).collect::<Vec<_>>())?;
    out.set_item("survives_f32", points.iter().map(|p| p.survives_f32).collect::<Vec<_>>())?;
    let eigenvalues = |part: fn(&num_complex::Complex<f64>) -> f64| {
        let matrix = Mat::from_fn(points.len(), dim, |k, i| {
            points[k].modes.modes.get(i).map_or(f64::NAN, |mode| part(&mode.eigenvalue))
        });
        array(py, matrix.as_ref())
    };
    out.set_item("eigenvalues_re", eigenvalues(|value| value.re))?;
    out.set_item("eigenvalues_im", eigenvalues(|value| value.im))?;
    let outputs: Vec<&[f64]> = points.iter().map(|p| p.output.as_slice()).collect();
    out.set_item("outputs", rows(py, &outputs, outputs.first().map_or(0, |z| z.len())))?;
    let slow: Vec<&[f64]> = found.slow.iter().map(|point| point.x.as_slice()).collect();
    out.set_item("slow_points", rows(py, &slow, dim))?;
    out.set_item("slow_speeds", found.slow.iter().map(|point| point.speed).collect::<Vec<_>>())?;
    let links: Vec<(usize, usize, f64, Option<usize>)> = found
        .links
        .iter()
        .map(|link| {
            let to = match link.to {
                LinkEnd::Point(to) => Some(to),
                LinkEnd::Elsewhere | LinkEnd::Diverged => None,
            };
            (link.from, link.mode, link.sign, to)
        })
        .collect();
    out.set_item("links", links)?;
    let said = &found.completeness;
    out.set_item("interval", said.interval)?;
    out.set_item("share", said.share)?;
    out.set_item("index_sum", said.index_sum)?;
    let rests: Vec<(Option<usize>, String, Option<f64>, usize)> = found
        .rests
        .iter()
        .map(|(rest, count)| match rest {
            Rest::Point(k) => (Some(*k), "point".to_owned(), None, *count),
            Rest::Other(LongRun::Cycles(orbit)) => (None, "orbit".to_owned(), Some(orbit.period), *count),
            Rest::Other(LongRun::Wanders { exponent, .. }) => {
                (None, "wanders".to_owned(), Some(*exponent), *count)
            }
            Rest::Other(LongRun::Rests(_)) => (None, "unknown point".to_owned(), None, *count),
            Rest::Other(LongRun::Diverges) => (None, "diverges".to_owned(), None, *count),
        })
        .collect();
    out.set_item("rests", rests)?;
    let overlaps: Vec<&[f64]> = points.iter().map(|p| p.overlaps.as_slice()).collect();
    out.set_item("overlaps", rows(py, &overlaps, overlaps.first().map_or(0, |k| k.len())))?;
    let theory = found.theory.as_ref();
    let theory = theory.map(|theory| predicted(py, theory.g, &theory.states, &theory.matches)).transpose()?;
    out.set_item("theory", theory)?;
    Ok(out)
}

/// Fixed points of a Python function: states, numbers of unstable directions, residuals, hits, interval.
#[pyfunction]
pub(crate) fn find_fixed_points<'py>(
    py: Python<'py>,
    function: Py<PyAny>,
    jacobian: Option<Py<PyAny>>,
    dim: usize,
    discrete: bool,
    starts: PyReadonlyArray2<'py, f64>,
    random_seed: (usize, u64),
) -> Result<Bound<'py, PyDict>, Failure> {
    let (random, seed) = random_seed;
    let time = if discrete { Time::Discrete } else { Time::Continuous };
    let function = OwnFunction::new(function, jacobian, dim, time);
    let system = function.alone();
    let starts = matrix(&starts);
    if starts.nrows() != dim {
        return Err(Failure::Input(format!(
            "starts need one row for each of the {dim} variables, got {}",
            starts.nrows()
        )));
    }
    let (found, around) = interruptible(py, |stop| {
        let starts = Starts::new(dim).with(SeedKind::Trajectory, starts.as_ref()).with_random(
            &system,
            random,
            &mut Stream::new(seed, "dissection: random starts", 0),
        );
        let options = FindOptions { seed, tolerance: 1e-10, ..FindOptions::default() };
        let found = find_until(&system, &starts, &options, stop);
        let around = found.as_ref().map_or_else(|_| Vec::new(), |found| unstable_directions(&system, found));
        (found, around)
    })?;
    function.check()?;
    let found = found.map_err(|error| Failure::Input(error.to_string()))?;
    points_dictionary(py, &found, around, dim)
}
