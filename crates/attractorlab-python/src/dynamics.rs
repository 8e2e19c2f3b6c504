//! What networks do: simulation, fixed points, spectra, Lyapunov exponents.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::sync::Arc;

use attractorlab::dynamics::{
    self, EffectiveConnectivity, Input, Integrator, LyapunovOptions, OutputResponse, Record, Simulation,
    SimulationOptions, SimulationStatus, SolverOptions, Status,
};
use attractorlab::network::Form;
use attractorlab_numerics::kernels::Real;
use numpy::{Complex64, PyArray1, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::interrupt::{abandonable, interruptible};
use crate::network::{RateNetwork, array, matrix};

type Vector<'py> = PyReadonlyArray1<'py, f64>;

/// Time step, steps, integrator, recorded ("nothing", "states", "outputs", or units), every, seed, threads.
type Settings = (f64, usize, String, String, Vec<usize>, usize, u64, Option<usize>);

/// Exponent, standard error, last state, time of divergence (NaN if none).
type Exponent<'py> = (f64, f64, Bound<'py, PyArray1<f64>>, f64);

/// Simulates a batch in float64. The input is constant (K×P) or varies by the step (steps×K×P).
#[pyfunction]
#[pyo3(signature = (network, start, constant, varying, settings))]
pub(crate) fn simulate_f64<'py>(
    py: Python<'py>,
    network: &RateNetwork,
    start: PyReadonlyArray2<'py, f64>,
    constant: Option<PyReadonlyArray2<'py, f64>>,
    varying: Option<PyReadonlyArray3<'py, f64>>,
    settings: Settings,
) -> Result<Bound<'py, PyDict>, Failure> {
    simulate(py, network, start, constant, varying, settings)
}

/// Simulates a batch in float32.
#[pyfunction]
#[pyo3(signature = (network, start, constant, varying, settings))]
pub(crate) fn simulate_f32<'py>(
    py: Python<'py>,
    network: &RateNetwork,
    start: PyReadonlyArray2<'py, f32>,
    constant: Option<PyReadonlyArray2<'py, f64>>,
    varying: Option<PyReadonlyArray3<'py, f64>>,
    settings: Settings,
) -> Result<Bound<'py, PyDict>, Failure> {
    simulate(py, network, start, constant, varying, settings)
}

fn simulate<'py, T: Real + numpy::Element>(
    py: Python<'py>,
    network: &RateNetwork,
    start: PyReadonlyArray2<'py, T>,
    constant: Option<PyReadonlyArray2<'py, f64>>,
    varying: Option<PyReadonlyArray3<'py, f64>>,
    settings: Settings,
) -> Result<Bound<'py, PyDict>, Failure> {
    let (dt, steps, integrator, record, units, every, seed, threads) = settings;
    let integrator = match integrator.as_str() {
        "euler" => Integrator::Euler,
        "exponential-euler" => Integrator::ExponentialEuler,
        "runge-kutta" => Integrator::RungeKutta4,
        other => {
            return Err(Failure::Input(format!(
                "integrator must be 'euler', 'exponential-euler' or 'runge-kutta', not '{other}'"
            )));
        }
    };
    let record = match record.as_str() {
        "nothing" => Record::Nothing,
        "states" => Record::States,
        "outputs" => Record::Outputs,
        "units" => Record::Units(units),
        other => {
            return Err(Failure::Input(format!(
                "record must be 'nothing', 'states', 'outputs' or a list of units, not '{other}'"
            )));
        }
    };
    if threads == Some(0) {
        return Err(Failure::Input(
            "threads must be at least 1, not 0; leave it out to use all cores".into(),
        ));
    }
    let options = SimulationOptions { dt, steps, integrator, record, every, seed };
    let (start, constant) = (matrix(&start), constant.as_ref().map(matrix));
    let varying = varying.map(|input| input.as_array().to_owned());
    if let Some(input) = &varying
        && input.dim() != (steps, network.network.inputs(), start.ncols())
    {
        return Err(Failure::Input(format!(
            "an input that varies must have the shape (steps, inputs, trials) = {:?}, got {:?}",
            (steps, network.network.inputs(), start.ncols()),
            input.dim()
        )));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?;
    let network = &network.network;
    let step = if network.form() == attractorlab::network::Form::Map { 1.0 } else { dt };
    let held = |time: f64, column: usize, u: &mut [f64]| {
        if let Some(input) = &varying {
            // Held over the step: the stages of a Runge–Kutta step see the input of its beginning.
            let index = ((time / step + 1e-9) as usize).min(steps.saturating_sub(1));
            u.iter_mut().enumerate().for_each(|(k, u)| *u = input[[index, k, column]]);
        }
    };
    let input = match (&constant, &varying) {
        (Some(constant), _) => Input::Constant(constant.as_ref()),
        (None, Some(_)) => Input::Varying(&held),
        (None, None) => Input::Zero,
    };
    let run: Simulation<T> = interruptible(py, |stop| {
        pool.install(|| network.simulate_until(start.as_ref(), input, &options, stop))
    })??;
    let answer = PyDict::new(py);
    let diverged: Vec<f64> = run
        .status
        .iter()
        .map(|status| match status {
            SimulationStatus::Finished => f64::NAN,
            SimulationStatus::Diverged { time, .. } => *time,
        })
        .collect();
    answer.set_item("variables", run.variables)?;
    answer.set_item("times", PyArray1::from_vec(py, run.times))?;
    answer.set_item("frames", PyArray1::from_vec(py, run.frames))?;
    answer.set_item("final_states", array(py, run.final_states.as_ref()))?;
    answer.set_item("diverged_at", PyArray1::from_vec(py, diverged))?;
    Ok(answer)
}

/// Standard normal initial states times `sd`, as `attractorlab simulate` draws them.
#[pyfunction]
pub(crate) fn initial_states(
    py: Python<'_>,
    units: usize,
    trials: usize,
    sd: f64,
    seed: u64,
) -> Bound<'_, numpy::PyArray2<f64>> {
    array(py, dynamics::initial_states(units, trials, sd, seed).as_ref())
}

fn checked<'a>(
    network: &RateNetwork,
    state: &'a Vector<'_>,
    u: &'a Vector<'_>,
) -> Result<(Vec<f64>, Vec<f64>), Failure> {
    let (state, u) = (state.as_array().to_vec(), u.as_array().to_vec());
    for (name, wanted, vector) in
        [("the state", network.network.units(), &state), ("the input", network.network.inputs(), &u)]
    {
        if vector.len() != wanted {
            return Err(Failure::Input(format!("{name} must have {wanted} entries, got {}", vector.len())));
        }
        if let Some(i) = vector.iter().position(|v| !v.is_finite()) {
            return Err(Failure::Input(format!("{name} is not finite, at [{i}]")));
        }
    }
    Ok((state, u))
}

/// Searches a fixed point from a start.
#[pyfunction]
pub(crate) fn fixed_point<'py>(
    py: Python<'py>,
    network: &RateNetwork,
    start: Vector<'py>,
    u: Vector<'py>,
    options: (f64, usize, usize, usize),
) -> Result<Bound<'py, PyDict>, Failure> {
    let (start, u) = checked(network, &start, &u)?;
    let (tolerance, relaxation_steps, anderson_depth, newton_steps) = options;
    let options = SolverOptions { tolerance, relaxation_steps, anderson_depth, newton_steps };
    let network = Arc::clone(&network.network);
    let found = abandonable(py, move |_| dynamics::fixed_point(&network.under(&u), &start, options))?;
    let answer = PyDict::new(py);
    let status = match found.status {
        Status::Converged => "converged",
        Status::Stalled => "stalled",
        Status::NotFinite => "not finite",
    };
    answer.set_item("status", status)?;
    answer.set_item("residual", found.residual)?;
    answer.set_item("iterations", found.iterations)?;
    answer.set_item("state", PyArray1::from_vec(py, found.x))?;
    Ok(answer)
}

/// All eigenvalues λ of J diag φ' in a state.
#[pyfunction]
pub(crate) fn spectrum<'py>(
    py: Python<'py>,
    network: &RateNetwork,
    state: Vector<'py>,
    u: Vector<'py>,
) -> Result<Bound<'py, PyArray1<Complex64>>, Failure> {
    let (state, u) = checked(network, &state, &u)?;
    let network = Arc::clone(&network.network);
    let values =
        abandonable(py, move |_| dynamics::spectrum(network.connectivity(), &network.gains_at(&state, &u)))??;
    Ok(PyArray1::from_vec(py, values))
}

/// Eigenvalues outside the bulk.
#[pyfunction]
pub(crate) fn outliers<'py>(
    py: Python<'py>,
    network: &RateNetwork,
    state: Vector<'py>,
    u: Vector<'py>,
    margin: f64,
) -> Result<Bound<'py, PyDict>, Failure> {
    let (state, u) = checked(network, &state, &u)?;
    let network = Arc::clone(&network.network);
    let found = abandonable(py, move |_| {
        let gains = network.gains_at(&state, &u);
        dynamics::outliers(&EffectiveConnectivity::new(network.connectivity(), gains), margin)
    })??;
    let answer = PyDict::new(py);
    answer.set_item("values", PyArray1::from_vec(py, found.values))?;
    answer.set_item("residuals", PyArray1::from_vec(py, found.residuals))?;
    answer.set_item("bulk_radius", found.bulk_radius)?;
    answer.set_item("doubtful", PyArray1::from_vec(py, found.doubtful))?;
    Ok(answer)
}

/// Linear response of the outputs of all feedback loops in a state, at frequencies ω, flat in (ω, row, column).
#[pyfunction]
pub(crate) fn output_response<'py>(
    py: Python<'py>,
    network: &RateNetwork,
    state: Vector<'py>,
    u: Vector<'py>,
    omega: Vec<f64>,
    open: bool,
) -> Result<Bound<'py, PyArray1<Complex64>>, Failure> {
    let (state, u) = checked(network, &state, &u)?;
    let network = Arc::clone(&network.network);
    if network.form() != Form::Current {
        return Err(Failure::Input(format!(
            "the response of outputs is that of a network in current form, not in {} form",
            network.form().name()
        )));
    }
    let tau = network.time_constant();
    let frequencies: Vec<Complex64> = omega.iter().map(|omega| Complex64::new(0.0, tau * omega)).collect();
    let responses = abandonable(py, move |_| {
        let response = OutputResponse::new(network.connectivity(), &network.gains_at(&state, &u))?;
        if open { response.open_loop(&frequencies) } else { response.closed_loop(&frequencies) }
    })??;
    let flat = responses
        .iter()
        .flat_map(|h| (0..h.nrows()).flat_map(move |i| (0..h.ncols()).map(move |j| h[(i, j)])))
        .collect();
    Ok(PyArray1::from_vec(py, flat))
}

/// The largest Lyapunov exponent.
#[pyfunction]
pub(crate) fn lyapunov_exponent<'py>(
    py: Python<'py>,
    network: &RateNetwork,
    start: Vector<'py>,
    u: Vector<'py>,
    options: (f64, usize, usize, usize, u64),
) -> Result<Exponent<'py>, Failure> {
    let (start, u) = checked(network, &start, &u)?;
    let (dt, transient, steps, parts, seed) = options;
    if !(dt > 0.0 && dt.is_finite()) {
        return Err(Failure::Input(format!("dt must be positive and finite, got {dt}")));
    }
    if steps == 0 || parts == 0 {
        return Err(Failure::Input("steps and parts must be at least 1".into()));
    }
    let options = LyapunovOptions { dt, transient, steps, parts, seed };
    let network = &network.network;
    let found = interruptible(py, |stop| {
        dynamics::lyapunov_exponent_until(&network.under(&u), &start, options, stop)
    })?
    .expect("stopped by Ctrl-C only, which has raised KeyboardInterrupt");
    let diverged = match found.status {
        SimulationStatus::Finished => f64::NAN,
        SimulationStatus::Diverged { time, .. } => time,
    };
    Ok((found.exponent, found.standard_error, PyArray1::from_vec(py, found.x), diverged))
}
