//! The one solver for stationary states.
//!
//! It relaxes towards the state (x ← x + a·residual, with a step a that shrinks when the residual grows
//! and recovers when it falls), speeds this up by Anderson's mixing of the last few states once the
//! residual is falling, and hands over to Newton's method with a line search when that stalls: a state that is
//! unstable, or beside a bulk of radius one, is beyond any relaxation.
//!
//! Sources: Walker & Ni, SIAM J. Numer. Anal. 49, 1715 (2011) for the mixing.

use attractorlab_numerics::kernels::{axpy, dot};
use attractorlab_numerics::linalg::{Lu, Mat};

use super::{Dynamics, Time};

/// How a search for a stationary state ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The residual is below the tolerance.
    Converged,
    /// The residual stopped falling above the tolerance, or the steps ran out.
    Stalled,
    /// A number became infinite or NaN.
    NotFinite,
}

/// A stationary state, or the best that was found.
#[derive(Debug, Clone)]
pub struct Stationary {
    /// The state.
    pub x: Vec<f64>,
    /// How the search ended. Look at it: the state means nothing unless converged.
    pub status: Status,
    /// Largest residual over the variables, |τ F(x)| or |F(x) − x|.
    pub residual: f64,
    /// Evaluations of the residual.
    pub iterations: usize,
}

/// When to stop, and what to try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SolverOptions {
    /// Residual below which a state counts as stationary.
    pub tolerance: f64,
    /// Relaxation steps before Newton's method takes over; 0 leaves all to Newton's method, which
    /// finds unstable states too.
    pub relaxation_steps: usize,
    /// States that Anderson's mixing remembers; 0 is plain relaxation, which stays in the basin of
    /// attraction of the start.
    pub anderson_depth: usize,
    /// Newton steps.
    pub newton_steps: usize,
}

impl Default for SolverOptions {
    fn default() -> Self {
        Self { tolerance: 1e-12, relaxation_steps: 200, anderson_depth: 4, newton_steps: 30 }
    }
}

/// A system of equations residual(x) = 0 that relaxes along its residual.
pub(super) trait Balance {
    /// The residual.
    fn residual(&self, x: &[f64], out: &mut [f64]);
    /// Its Jacobian.
    fn jacobian(&self, x: &[f64]) -> Mat<f64>;
}

/// The residual whose roots are the stationary states: τF(x), or F(x) − x for a map.
pub(super) struct Residual<'a, D: ?Sized>(pub(super) &'a D);

impl<D: Dynamics + ?Sized> Balance for Residual<'_, D> {
    fn residual(&self, x: &[f64], out: &mut [f64]) {
        self.0.field(x, out);
        match self.0.time() {
            Time::Continuous => {
                let scale = self.0.time_constant();
                for o in out {
                    *o *= scale;
                }
            }
            Time::Discrete => axpy(-1.0, x, out),
        }
    }

    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        let mut jacobian = self.0.jacobian(x);
        let n = jacobian.nrows();
        match self.0.time() {
            Time::Continuous => {
                let scale = self.0.time_constant();
                for j in 0..n {
                    jacobian.as_mut().col_mut(j).iter_mut().for_each(|a| *a *= scale);
                }
            }
            Time::Discrete => (0..n).for_each(|i| jacobian[(i, i)] -= 1.0),
        }
        jacobian
    }
}

/// A fixed point of `system`, searched from `start`.
///
/// Relaxation leads to the attractor in whose basin `start` lies, mixing and Newton's method to some
/// fixed point near; with `relaxation_steps: 0` it may be unstable.
///
/// ```
/// use attractorlab::dynamics::{SolverOptions, Status, fixed_point};
/// use attractorlab::network::{Bulk, Connectivity, Form, RateNetwork, Transfer};
/// use attractorlab::numerics::random::Stream;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bulk = Bulk::Gaussian { g: 0.5 }.draw(100, &mut Stream::new(1, "bulk", 0))?;
/// let network = RateNetwork::new(Connectivity::new(bulk)?, Transfer::Tanh, Form::Current)
///     .with_bias(vec![0.3; 100])?;
/// let found = fixed_point(&network, &vec![0.0; 100], SolverOptions::default());
/// assert!(found.status == Status::Converged && found.residual <= 1e-12);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// If `start` has not as many entries as the system has variables.
#[track_caller]
pub fn fixed_point(system: &(impl Dynamics + ?Sized), start: &[f64], options: SolverOptions) -> Stationary {
    assert_eq!(start.len(), system.dim(), "start needs one entry for each variable");
    solve(&Residual(system), start, options)
}

fn largest(residual: &[f64]) -> f64 {
    residual.iter().fold(0.0_f64, |m, r| if r.is_finite() { m.max(r.abs()) } else { f64::NAN })
}

/// Solves residual(x) = 0 from `start`.
pub(super) fn solve(problem: &impl Balance, start: &[f64], options: SolverOptions) -> Stationary {
    let n = start.len();
    let (mut x, mut residual) = (start.to_vec(), vec![0.0; n]);
    let mut best = (f64::INFINITY, x.clone());
    let (mut step, mut previous, mut since_progress) = (1.0, f64::INFINITY, 0);
    let mut memory = Memory::new(options.anderson_depth);
    let mut iterations = 0;
    for _ in 0..options.relaxation_steps {
        problem.residual(&x, &mut residual);
        iterations += 1;
        let size = largest(&residual);
        if size.is_nan() {
            if iterations == 1 {
                return Stationary { x, status: Status::NotFinite, residual: size, iterations };
            }
            break;
        }
        if size <= options.tolerance {
            return Stationary { x, status: Status::Converged, residual: size, iterations };
        }
        since_progress = if size < 0.9 * best.0 { 0 } else { since_progress + 1 };
        if size < best.0 {
            best = (size, x.clone());
        }
        if since_progress > 20 {
            break;
        }
        // Mixing assumes that the residual is nearly linear; where it grew, it is not.
        if size > 2.0 * previous {
            memory.clear();
            step = (0.5_f64 * step).max(0.05);
        } else if size < previous {
            step = (1.2_f64 * step).min(1.0);
        }
        previous = size;
        memory.advance(&mut x, &residual, step);
    }
    let start = if best.0.is_finite() { best.1 } else { x };
    newton(problem, start, options, iterations)
}

/// The last few differences of states and residuals.
struct Memory {
    depth: usize,
    last: Option<(Vec<f64>, Vec<f64>)>,
    states: Vec<Vec<f64>>,
    residuals: Vec<Vec<f64>>,
}

impl Memory {
    fn new(depth: usize) -> Self {
        Self { depth, last: None, states: Vec::new(), residuals: Vec::new() }
    }

    fn clear(&mut self) {
        self.last = None;
        self.states.clear();
        self.residuals.clear();
    }

    /// x ← x + a r − Σ γₖ (Δxₖ + a Δrₖ), with γ the least-squares solution of r ≈ Σ γₖ Δrₖ.
    fn advance(&mut self, x: &mut [f64], r: &[f64], step: f64) {
        if let Some((last_x, last_r)) = self.last.take() {
            let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>();
            self.states.push(difference(x, &last_x));
            self.residuals.push(difference(r, &last_r));
            if self.states.len() > self.depth {
                self.states.remove(0);
                self.residuals.remove(0);
            }
        }
        if self.depth > 0 {
            self.last = Some((x.to_vec(), r.to_vec()));
        }
        axpy(step, r, x);
        for (gamma, (dx, dr)) in self.weights(r).into_iter().zip(self.states.iter().zip(&self.residuals)) {
            axpy(-gamma, dx, x);
            axpy(-gamma * step, dr, x);
        }
    }

    /// Normal equations with a trace of regularisation: at most a handful of unknowns.
    fn weights(&self, r: &[f64]) -> Vec<f64> {
        let m = self.residuals.len();
        let gram = Mat::from_fn(m, m, |i, j| dot(&self.residuals[i], &self.residuals[j]));
        let scale = (0..m).map(|i| gram[(i, i)]).fold(0.0, f64::max);
        if m == 0 || !(scale > 0.0 && scale.is_finite()) {
            return Vec::new();
        }
        let regular = Mat::from_fn(m, m, |i, j| gram[(i, j)] + if i == j { 1e-12 * scale } else { 0.0 });
        let right: Vec<f64> = self.residuals.iter().map(|dr| dot(dr, r)).collect();
        match Lu::from_matrix(regular) {
            Ok(lu) => {
                let weights = lu.solve(&right);
                let sane = weights.iter().all(|w| w.abs() < 1e6);
                if sane { weights } else { Vec::new() }
            }
            Err(_) => Vec::new(),
        }
    }
}

fn newton(
    problem: &impl Balance,
    mut x: Vec<f64>,
    options: SolverOptions,
    mut iterations: usize,
) -> Stationary {
    let n = x.len();
    let mut residual = vec![0.0; n];
    problem.residual(&x, &mut residual);
    iterations += 1;
    let mut size = largest(&residual);
    let mut trial = vec![0.0; n];
    let mut trial_residual = vec![0.0; n];
    for _ in 0..options.newton_steps {
        if size.is_nan() || size <= options.tolerance {
            break;
        }
        let Ok(lu) = Lu::from_matrix(problem.jacobian(&x)) else { break };
        let step = lu.solve(&residual);
        // Halve the step until the residual falls.
        let mut length = 1.0;
        let accepted = loop {
            trial.copy_from_slice(&x);
            axpy(-length, &step, &mut trial);
            problem.residual(&trial, &mut trial_residual);
            iterations += 1;
            let trial_size = largest(&trial_residual);
            if trial_size < size {
                std::mem::swap(&mut x, &mut trial);
                std::mem::swap(&mut residual, &mut trial_residual);
                size = trial_size;
                break true;
            }
            length *= 0.5;
            if length < 1e-6 {
                break false;
            }
        };
        if !accepted {
            break;
        }
    }
    let status = if size.is_nan() {
        Status::NotFinite
    } else if size <= options.tolerance {
        Status::Converged
    } else {
        Status::Stalled
    };
    Stationary { x, status, residual: size, iterations }
}
