//! What a trajectory settles to when it rests at no fixed point: periodic orbits, refined and with their
//! multipliers, or motion without a period.

use attractorlab_numerics::kernels::axpy;
use attractorlab_numerics::linalg::{Complex64, Lu, Mat, eigenvalues, matmul};

use super::{
    Dynamics, FlowOptions, LyapunovOptions, SimulationStatus, SolverOptions, Status, Time, fixed_point, flow,
    lyapunov_exponent,
};

/// A periodic orbit.
#[derive(Debug, Clone)]
pub struct PeriodicOrbit {
    /// States along one period: every step of a map, equal times in continuous time (the first is not repeated).
    pub states: Vec<Vec<f64>>,
    /// The period: a number of steps of a map, or a time.
    pub period: f64,
    /// Floquet multipliers: the eigenvalues of the Jacobian of one turn. In continuous time the one along the
    /// orbit, which is 1, is left out.
    pub multipliers: Vec<Complex64>,
    /// Largest difference between a state and itself one period later.
    pub residual: f64,
}

impl PeriodicOrbit {
    /// Whether nearby trajectories approach it: every multiplier is inside the unit circle.
    pub fn is_stable(&self) -> bool {
        self.multipliers.iter().all(|multiplier| multiplier.norm() < 1.0)
    }
}

/// What a trajectory does in the long run.
#[derive(Debug, Clone)]
pub enum LongRun {
    /// It rests at this fixed point.
    Rests(Vec<f64>),
    /// It goes round this orbit.
    Cycles(PeriodicOrbit),
    /// It neither rests nor repeats itself within the time given; the largest Lyapunov exponent, per unit of time
    /// or step, tells chaos (positive) from motion on a torus (zero) and slow relaxation (negative).
    Wanders {
        /// Largest Lyapunov exponent.
        exponent: f64,
        /// Its statistical error.
        error: f64,
        /// The state when the time was over.
        state: Vec<f64>,
    },
    /// It diverges.
    Diverges,
}

/// How long to wait, and what counts as a return.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LongRunOptions {
    /// Time (steps of a map) for transients, in units of τ.
    pub transient: f64,
    /// Longest period, in units of τ (steps of a map).
    pub longest_period: f64,
    /// Time step in continuous time, in units of τ.
    pub dt: f64,
}

impl Default for LongRunOptions {
    fn default() -> Self {
        Self { transient: 2000.0, longest_period: 400.0, dt: 0.05 }
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()))
}

/// Follows a trajectory from `start` and says what it does in the long run.
///
/// ```
/// use attractorlab::dynamics::{LongRun, LongRunOptions, long_run};
/// use attractorlab::network::{Connectivity, Form, RateNetwork, Transfer};
/// use attractorlab::numerics::linalg::Mat;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // x' = tanh(−2x) alternates between two values.
/// let bulk = Mat::from_fn(1, 1, |_, _| -2.0);
/// let network = RateNetwork::new(Connectivity::new(bulk)?, Transfer::Tanh, Form::Map);
/// let LongRun::Cycles(orbit) = long_run(&network, &[0.3], &LongRunOptions::default()) else { panic!() };
/// assert!(orbit.period == 2.0 && orbit.is_stable());
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// If the start has not one entry for each variable.
#[track_caller]
pub fn long_run(system: &(impl Dynamics + ?Sized), start: &[f64], options: &LongRunOptions) -> LongRun {
    assert_eq!(start.len(), system.dim(), "one entry of the start for each variable");
    let tau = system.time_constant();
    let dt = if system.time() == Time::Discrete { 1.0 } else { options.dt * tau };
    let steps = |time: f64| (time * tau / dt).ceil() as usize;
    let mut x = start.to_vec();
    // In parts: a trajectory that has come to rest need not be followed to the end.
    let parts = 20;
    let transient = FlowOptions { dt, steps: steps(options.transient).div_ceil(parts) };
    let mut before = x.clone();
    for _ in 0..parts {
        if flow(system, &mut x, transient, |_, _| {}) != SimulationStatus::Finished {
            return LongRun::Diverges;
        }
        if distance(&before, &x) < 1e-9 {
            // A map may have gone round an orbit: only Newton's method from here tells.
            let options = SolverOptions { relaxation_steps: 0, ..SolverOptions::default() };
            let rest = fixed_point(system, &x, options);
            if rest.status == Status::Converged && distance(&rest.x, &x) < 1e-6 {
                return LongRun::Rests(rest.x);
            }
        }
        before.copy_from_slice(&x);
    }
    let mut trace: Vec<Vec<f64>> = Vec::new();
    let mut end = x.clone();
    let watch = FlowOptions { dt, steps: 2 * steps(options.longest_period) };
    if flow(system, &mut end, watch, |_, state| trace.push(state.to_vec())) != SimulationStatus::Finished {
        return LongRun::Diverges;
    }
    let moved = trace.iter().fold(0.0_f64, |m, state| m.max(distance(state, &end)));
    if moved < 1e-6 {
        let options = SolverOptions { relaxation_steps: 0, ..SolverOptions::default() };
        let rest = fixed_point(system, &end, options);
        if rest.status == Status::Converged && distance(&rest.x, &end) < 1e-4 {
            return LongRun::Rests(rest.x);
        }
    }
    if let Some(orbit) = returned(system, &trace, dt, moved) {
        return LongRun::Cycles(orbit);
    }
    let watched =
        LyapunovOptions { dt, steps: steps(options.transient), transient: 0, ..LyapunovOptions::default() };
    let lyapunov = lyapunov_exponent(system, &end, watched);
    if lyapunov.status != SimulationStatus::Finished {
        return LongRun::Diverges;
    }
    LongRun::Wanders { exponent: lyapunov.exponent, error: lyapunov.standard_error, state: end }
}

/// Looks for a return to the last state but one period, and refines it.
fn returned(
    system: &(impl Dynamics + ?Sized),
    trace: &[Vec<f64>],
    dt: f64,
    extent: f64,
) -> Option<PeriodicOrbit> {
    let base = trace.len() / 2;
    let origin = &trace[base];
    let gaps: Vec<f64> = trace[base..].iter().map(|state| distance(state, origin)).collect();
    // The first local minimum of the distance that is small against the size of the motion, once it has been away.
    let close = if system.time() == Time::Discrete { 1e-3 } else { 0.1 };
    let mut away = false;
    let mut tried = 0;
    for p in 1..gaps.len() - 1 {
        away |= gaps[p] > 0.2 * extent || system.time() == Time::Discrete;
        if away && gaps[p] < close * extent && gaps[p] <= gaps[p - 1] && gaps[p] <= gaps[p + 1] {
            let orbit = match system.time() {
                Time::Discrete => refine_map(system, origin, p),
                Time::Continuous => refine_flow(system, origin, p as f64 * dt),
            };
            if orbit.is_some() {
                return orbit;
            }
            tried += 1;
            if tried == 5 {
                break;
            }
        }
    }
    None
}

/// Newton's method on Fᵖ(x) = x.
fn refine_map(system: &(impl Dynamics + ?Sized), start: &[f64], period: usize) -> Option<PeriodicOrbit> {
    let n = start.len();
    let mut x = start.to_vec();
    for _ in 0..20 {
        let mut states = vec![x.clone()];
        let mut turn = Mat::<f64>::identity(n, n);
        for k in 0..period {
            let mut product = Mat::zeros(n, n);
            matmul(system.jacobian(&states[k]).as_ref(), turn.as_ref(), product.as_mut());
            turn = product;
            let mut next = vec![0.0; n];
            system.field(&states[k], &mut next);
            states.push(next);
        }
        let end = states.pop()?;
        let residual: Vec<f64> = end.iter().zip(&x).map(|(e, x)| e - x).collect();
        let size = residual.iter().fold(0.0_f64, |m, r| m.max(r.abs()));
        if size < 1e-11 {
            let multipliers = eigenvalues(turn.as_ref()).ok()?;
            return Some(PeriodicOrbit { states, period: period as f64, multipliers, residual: size });
        }
        let mut matrix = turn;
        (0..n).for_each(|i| matrix[(i, i)] -= 1.0);
        let step = Lu::from_matrix(matrix).ok()?.solve(&residual);
        axpy(-1.0, &step, &mut x);
        if !(distance(&x, start) < 0.5 * (1.0 + distance(start, &vec![0.0; n]))) {
            return None;
        }
    }
    None
}

/// The flow over a time T with its Jacobian, in M Runge–Kutta steps.
fn turn(
    system: &(impl Dynamics + ?Sized),
    x: &[f64],
    time: f64,
    steps: usize,
) -> (Vec<Vec<f64>>, Vec<f64>, Mat<f64>) {
    let n = x.len();
    let dt = time / steps as f64;
    let (mut state, mut map) = (x.to_vec(), Mat::<f64>::identity(n, n));
    let mut states = Vec::with_capacity(steps);
    for _ in 0..steps {
        states.push(state.clone());
        let (mut next, mut next_map) = (state.clone(), map.clone());
        let (mut stage, mut stage_map) = (state.clone(), map.clone());
        for (weight, reach) in [(1.0 / 6.0, 0.5), (1.0 / 3.0, 0.5), (1.0 / 3.0, 1.0), (1.0 / 6.0, 0.0)] {
            let (mut slope, mut slope_map) = (vec![0.0; n], Mat::zeros(n, n));
            system.field(&stage, &mut slope);
            matmul(system.jacobian(&stage).as_ref(), stage_map.as_ref(), slope_map.as_mut());
            axpy(weight * dt, &slope, &mut next);
            stage.copy_from_slice(&state);
            axpy(reach * dt, &slope, &mut stage);
            for j in 0..n {
                for i in 0..n {
                    next_map[(i, j)] += weight * dt * slope_map[(i, j)];
                    stage_map[(i, j)] = map[(i, j)] + reach * dt * slope_map[(i, j)];
                }
            }
        }
        state = next;
        map = next_map;
    }
    (states, state, map)
}

/// Shooting: Φ_T(x) = x with the unknowns x and T, and x kept on the plane across the flow.
fn refine_flow(system: &(impl Dynamics + ?Sized), start: &[f64], period: f64) -> Option<PeriodicOrbit> {
    let n = start.len();
    let steps = ((period / (0.05 * system.time_constant())).ceil() as usize).max(100);
    let (mut x, mut time) = (start.to_vec(), period);
    let mut across = vec![0.0; n];
    system.field(&x, &mut across);
    for _ in 0..20 {
        let (states, end, map) = turn(system, &x, time, steps);
        let mut speed = vec![0.0; n];
        system.field(&end, &mut speed);
        let residual: Vec<f64> = end.iter().zip(&x).map(|(e, x)| e - x).collect();
        let size = residual.iter().fold(0.0_f64, |m, r| m.max(r.abs()));
        if !size.is_finite() {
            return None;
        }
        if size < 1e-9 {
            let mut multipliers = eigenvalues(map.as_ref()).ok()?;
            let along = (0..multipliers.len())
                .min_by(|&a, &b| (multipliers[a] - 1.0).norm().total_cmp(&(multipliers[b] - 1.0).norm()))?;
            multipliers.remove(along);
            return Some(PeriodicOrbit { states, period: time, multipliers, residual: size });
        }
        let matrix = Mat::from_fn(n + 1, n + 1, |i, j| match (i < n, j < n) {
            (true, true) => map[(i, j)] - f64::from(u8::from(i == j)),
            (true, false) => speed[i],
            (false, true) => across[j],
            (false, false) => 0.0,
        });
        let side: Vec<f64> = residual.iter().copied().chain([0.0]).collect();
        let step = Lu::from_matrix(matrix).ok()?.solve(&side);
        axpy(-1.0, &step[..n], &mut x);
        time -= step[n];
        if !(time > 0.2 * period && time < 5.0 * period) {
            return None;
        }
    }
    None
}
