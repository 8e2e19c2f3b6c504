//! Frequency response of a network's outputs around a stationary state.
//!
//! Two ways to the same numbers: by linear solves, exact for small signals, and by simulation of the
//! network with sinusoids on its feedback line.

use std::sync::{Mutex, OnceLock, PoisonError};

use attractorlab_numerics::linalg::{Complex64, Hessenberg, KrylovResponse, LinalgError, Lu, Mat};

use super::{Input, Integrator, Record, SimulationError, SimulationOptions, SimulationStatus};
use crate::network::{Connectivity, NetworkError, RateNetwork};

/// The linear response of K outputs zₖ = nₖ·φ(x)/N to signals on their feedback lines, at one state of
/// a network in the current form, time constant 1.
///
/// A Krylov space for each feedback line serves all frequencies; it grows, by a product with the bulk each time, until all that
/// are asked for have converged: some hundred products where the state is well away from instability, whatever N. Near an
/// eigenvalue of bulk·diag(φ') they would be too many; its reduction to Hessenberg form then serves all, O(N³) once and O(N²K) for
/// each. Spaces and reduction are kept for the next call, whose last digits they decide.
///
/// ```
/// use attractorlab::dynamics::OutputResponse;
/// use attractorlab::network::Connectivity;
/// use attractorlab::numerics::linalg::{Complex64, Mat};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // No bulk: G(s) = n·m/N/(1 + s), the loop adds a signal u as H = G/(1 − G).
/// let connectivity = Connectivity::new(Mat::zeros(2, 2))?.with_feedback(vec![1.0, 1.0], vec![0.5, 0.5])?;
/// let response = OutputResponse::new(&connectivity, &[1.0, 1.0])?;
/// let s = [Complex64::new(0.0, 1.0)];
/// let (open, closed) = (&response.open_loop(&s)?[0], &response.closed_loop(&s)?[0]);
/// assert!((open[(0, 0)] - 0.5 / (1.0 + s[0])).norm() < 1e-15);
/// assert!((closed[(0, 0)] - 0.5 / (0.5 + s[0])).norm() < 1e-15);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OutputResponse {
    /// bulk·diag(φ').
    bulk: Mat<f64>,
    feedback: Mat<f64>,
    readout: Mat<f64>,
    spaces: Mutex<Vec<KrylovResponse>>,
    reduced: OnceLock<Hessenberg>,
}

impl Clone for OutputResponse {
    fn clone(&self) -> Self {
        Self {
            bulk: self.bulk.clone(),
            feedback: self.feedback.clone(),
            readout: self.readout.clone(),
            spaces: Mutex::new(self.spaces.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            reduced: self.reduced.clone(),
        }
    }
}

/// Steps that are always worth their while, and the part of N from which on, over all inputs, the reduction is.
const STEPS: usize = 40;
const PART: usize = 3;

impl OutputResponse {
    /// Prepares the response of all feedback loops of `connectivity` in the state with these gains
    /// φ'(xᵢ).
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`] if a gain is not finite.
    ///
    /// # Panics
    /// If there is not one gain for each unit.
    #[track_caller]
    pub fn new(connectivity: &Connectivity, gains: &[f64]) -> Result<Self, LinalgError> {
        let units = connectivity.units();
        assert_eq!(gains.len(), units, "one gain for each unit");
        if let Some(col) = gains.iter().position(|gain| !gain.is_finite()) {
            return Err(LinalgError::NotFinite { row: 0, col });
        }
        let bulk = connectivity.bulk();
        let bulk = Mat::from_fn(units, units, |i, j| bulk[(i, j)] * gains[j]);
        let loops: Vec<(&[f64], &[f64])> = connectivity.loops().collect();
        let feedback = Mat::from_fn(units, loops.len(), |i, k| loops[k].0[i]);
        let readout = Mat::from_fn(units, loops.len(), |i, k| loops[k].1[i] * gains[i] / units as f64);
        let limit = STEPS.max(units / (PART * loops.len().max(1)));
        let spaces = loops
            .iter()
            .map(|(feedback, _)| KrylovResponse::new(feedback, readout.clone(), limit))
            .collect::<Result<_, _>>()?;
        Ok(Self { bulk, feedback, readout, spaces: Mutex::new(spaces), reduced: OnceLock::new() })
    }

    /// G(s) = (1/N) nᵀ diag(φ') [(1+s) − bulk·diag(φ')]⁻¹ m (K×K, row: output), the loops cut.
    ///
    /// # Errors
    /// [`LinalgError::Singular`] if s is an eigenvalue of the clamped network that a feedback vector excites;
    /// [`LinalgError::OperatorNotFinite`] if products with the bulk overflow.
    pub fn open_loop(&self, frequencies: &[Complex64]) -> Result<Vec<Mat<Complex64>>, LinalgError> {
        let shifted: Vec<Complex64> = frequencies.iter().map(|s| s + 1.0).collect();
        if let Some(reduced) = self.reduced.get() {
            return reduced.transfer_matrices(self.readout.as_ref(), self.feedback.as_ref(), &shifted);
        }
        if let Some(columns) = self.by_krylov_spaces(&shifted)? {
            let loops = columns.len();
            let gain = |at: usize| Mat::from_fn(loops, loops, |l, k| columns[k][at][l]);
            return Ok((0..shifted.len()).map(gain).collect());
        }
        let reduced = Hessenberg::new(self.bulk.as_ref())?;
        let reduced = self.reduced.get_or_init(|| reduced);
        reduced.transfer_matrices(self.readout.as_ref(), self.feedback.as_ref(), &shifted)
    }

    /// The gains of all outputs at each frequency, for each feedback line; `None` where one takes too many steps.
    fn by_krylov_spaces(
        &self,
        shifted: &[Complex64],
    ) -> Result<Option<Vec<Vec<Vec<Complex64>>>>, LinalgError> {
        let mut spaces = self.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        spaces.iter_mut().map(|space| space.at(&self.bulk, shifted)).collect()
    }

    /// H(s) = (1 − G)⁻¹G, the response of the outputs to signals added to the feedback lines of the
    /// closed loop.
    ///
    /// # Errors
    /// [`LinalgError::Singular`] if s is an eigenvalue of the clamped network or of the closed loop.
    pub fn closed_loop(&self, frequencies: &[Complex64]) -> Result<Vec<Mat<Complex64>>, LinalgError> {
        self.open_loop(frequencies)?.into_iter().map(|open| close(&open)).collect()
    }
}

/// (1 − G)⁻¹G of a complex matrix, as a real system of twice the size.
fn close(open: &Mat<Complex64>) -> Result<Mat<Complex64>, LinalgError> {
    let k = open.nrows();
    if k == 1 {
        let loss = 1.0 - open[(0, 0)];
        if loss.norm() == 0.0 {
            return Err(LinalgError::Singular { pivot: 0, size: 1 });
        }
        return Ok(Mat::from_fn(1, 1, |_, _| open[(0, 0)] / loss));
    }
    let part = |g: Complex64, row: bool, column: bool| match (row, column) {
        (false, false) | (true, true) => g.re,
        (false, true) => -g.im,
        (true, false) => g.im,
    };
    let system = Mat::from_fn(2 * k, 2 * k, |i, j| {
        let identity = if i == j { 1.0 } else { 0.0 };
        identity - part(open[(i % k, j % k)], i >= k, j >= k)
    });
    let mut right = Mat::from_fn(2 * k, k, |i, j| part(open[(i % k, j)], i >= k, false));
    Lu::from_matrix(system)?.solve_matrix_in_place(right.as_mut());
    Ok(Mat::from_fn(k, k, |i, j| Complex64::new(right[(i, j)], right[(i + k, j)])))
}

/// How a network is driven to measure its frequency response.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrivenOptions {
    /// Amplitude of the sinusoid on the feedback line; small, for the response to be linear.
    pub amplitude: f64,
    /// Time step of the Runge–Kutta method.
    pub dt: f64,
    /// Time for the transients to die out.
    pub settle: f64,
    /// Time over which the response is read, rounded up to whole periods of each frequency.
    pub read: f64,
}

impl Default for DrivenOptions {
    fn default() -> Self {
        Self { amplitude: 1e-3, dt: 0.1, settle: 60.0, read: 40.0 }
    }
}

/// A measured frequency response.
#[derive(Debug, Clone)]
pub struct DrivenResponse {
    /// H(iω) of the output at each frequency; NaN where the simulation diverged.
    pub values: Vec<Complex64>,
    /// Whether the network stayed near its state at each frequency.
    pub status: Vec<SimulationStatus>,
}

/// Measures H(iω) of output `which` of a network at the stationary state `x` by simulation: each
/// frequency is a trial of its own, with u(t) = ε sin ωt added to the feedback line of loop `which`.
///
/// The state must be stable, and have relaxed after `settle`, for the answer to be a response; what
/// remains of the transient is an error of order exp(s·settle) with the leading pole s.
///
/// # Errors
/// [`DrivenError`] for a loop that does not exist, a state of the wrong size, or a time step that is not
/// positive.
pub fn driven_response(
    network: &RateNetwork,
    which: usize,
    x: &[f64],
    frequencies: &[f64],
    options: DrivenOptions,
) -> Result<DrivenResponse, DrivenError> {
    let units = network.units();
    let Some((feedback, _)) = network.connectivity().loops().nth(which) else {
        return Err(DrivenError::NoLoop { which, loops: network.connectivity().loops().count() });
    };
    let wire = Mat::from_fn(units, 1, |i, _| feedback[i]);
    let driven = network.clone().with_input_weights(wire)?;
    let start = Mat::from_fn(x.len(), frequencies.len(), |i, _| x[i]);
    let input = |t: f64, column: usize, u: &mut [f64]| {
        u[0] = options.amplitude * (frequencies[column] * t).sin();
    };
    // Whole periods of every frequency: read to the end of the longest.
    let windows: Vec<f64> = frequencies
        .iter()
        .map(|omega| {
            let period = std::f64::consts::TAU / omega.abs();
            if period.is_finite() { (options.read / period).ceil().max(1.0) * period } else { options.read }
        })
        .collect();
    let longest = windows.iter().fold(0.0_f64, |a, b| a.max(*b));
    let steps = ((options.settle + longest) / options.dt).ceil() as usize + 1;
    let simulation = SimulationOptions {
        dt: options.dt,
        steps,
        integrator: Integrator::RungeKutta4,
        record: Record::Outputs,
        ..SimulationOptions::default()
    };
    let run = driven.simulate(start.as_ref(), Input::Varying(&input), &simulation)?;
    let rest = network.output(x)[which];
    let values = frequencies
        .iter()
        .zip(&windows)
        .enumerate()
        .map(|(column, (omega, window))| {
            if run.status[column] != SimulationStatus::Finished {
                return Complex64::new(f64::NAN, f64::NAN);
            }
            let trace = run.trace(which, column);
            let shifted = |step: usize| trace[step] - rest;
            project(shifted, *omega, options.dt, options.settle, *window) / options.amplitude
        })
        .collect();
    Ok(DrivenResponse { values, status: run.status })
}

/// Why a response cannot be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DrivenError {
    /// The loop does not exist.
    #[error("the network has {loops} feedback loops; there is no loop {which} (the first is 0)")]
    NoLoop {
        /// The loop.
        which: usize,
        /// Number of loops.
        loops: usize,
    },
    /// The driven network cannot be made.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The simulation cannot be run.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
}

/// The complex amplitude Z of z(t) ≈ Im[Z exp(iωt)] + const over [start, start + window], by least
/// squares on the samples: exact for a pure sinusoid, whatever the step.
fn project(z: impl Fn(usize) -> f64, omega: f64, dt: f64, start: f64, window: f64) -> Complex64 {
    let (first, count) = ((start / dt).ceil() as usize, (window / dt).round().max(3.0) as usize);
    let mut gram = Mat::zeros(3, 3);
    let mut right = vec![0.0; 3];
    for step in first..first + count {
        let (sin, cos) = (omega * step as f64 * dt).sin_cos();
        let basis = [sin, cos, 1.0];
        for i in 0..3 {
            right[i] += basis[i] * z(step);
            for j in 0..3 {
                gram[(i, j)] += basis[i] * basis[j];
            }
        }
    }
    match Lu::from_matrix(gram) {
        Ok(lu) => {
            let fit = lu.solve(&right);
            Complex64::new(fit[0], fit[1])
        }
        Err(_) => Complex64::new(f64::NAN, f64::NAN),
    }
}
