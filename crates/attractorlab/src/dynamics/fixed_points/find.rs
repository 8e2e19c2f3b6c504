//! The search: Newton's method from many starts, with early merging, deflation, and slow points.

use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab_numerics::kernels::{axpy, dot};
use attractorlab_numerics::linalg::{Lu, Mat};
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;

use super::super::Dynamics;
use super::super::stationary::{Balance, Residual};
use super::starts::{SeedKind, Starts, reach};

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FindOptions {
    /// Residual (largest over the variables) below which a state counts as stationary.
    pub tolerance: f64,
    /// Newton steps for each start.
    pub newton_steps: usize,
    /// Starts in each round of deflation; rounds go on until one finds nothing new. 0: no deflation.
    pub deflation: usize,
    /// Starts that found no fixed point and are followed to a slow point; 0: none.
    pub slow_points: usize,
    /// Root of the random numbers of deflation.
    pub seed: u64,
}

impl Default for FindOptions {
    fn default() -> Self {
        Self { tolerance: 1e-12, newton_steps: 60, deflation: 16, slow_points: 32, seed: 0 }
    }
}

/// How many starts of each kind reached a point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hits {
    /// From trajectories.
    pub trajectory: usize,
    /// From structure.
    pub structure: usize,
    /// Random.
    pub random: usize,
    /// By deflation.
    pub deflation: usize,
}

impl Hits {
    /// All of them.
    pub fn total(self) -> usize {
        self.trajectory + self.structure + self.random + self.deflation
    }

    fn add(&mut self, kind: SeedKind) {
        match kind {
            SeedKind::Trajectory => self.trajectory += 1,
            SeedKind::Structure => self.structure += 1,
            SeedKind::Random => self.random += 1,
            SeedKind::Deflation => self.deflation += 1,
        }
    }
}

/// A fixed point.
#[derive(Debug, Clone)]
pub struct FixedPoint {
    /// The state.
    pub x: Vec<f64>,
    /// Largest residual over the variables, |τF(x)| or |F(x) − x|.
    pub residual: f64,
    /// Length of the last Newton step: about the distance from the exact point.
    pub error: f64,
    /// Sign of det(1 − F') of a map, det(−F') in continuous time: +1 or −1, or 0 where the matrix is singular.
    pub index: i8,
    /// The starts that reached it.
    pub hits: Hits,
    /// Distance within which Newton's method was seen to converge to this point and no other.
    isolation: f64,
}

/// A state where the speed has a local minimum above zero.
#[derive(Debug, Clone)]
pub struct SlowPoint {
    /// The state.
    pub x: Vec<f64>,
    /// Speed q = ½|F|² (½|F(x) − x|² for a map), in units of τ.
    pub speed: f64,
    /// The starts that led to it.
    pub hits: usize,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct FixedPoints {
    /// The distinct fixed points, those with most hits first. *At least* these: see
    /// [`completeness`](super::completeness).
    pub points: Vec<FixedPoint>,
    /// Slow points, the slowest first.
    pub slow: Vec<SlowPoint>,
    /// Number of starts, deflation included.
    pub starts: usize,
    /// Number of random starts.
    pub random_starts: usize,
    /// Starts that reached no fixed point.
    pub lost: usize,
    /// Rounds of deflation until nothing new was found.
    pub deflation_rounds: usize,
    /// Whether the indices must add up to 1: the system is known to map a box into itself.
    pub index_known: bool,
}

impl FixedPoints {
    /// Sum of the indices. Where [`FixedPoints::index_known`] it is 1 for the complete set: another value
    /// proves that points are missing.
    pub fn index_sum(&self) -> i64 {
        self.points.iter().map(|point| i64::from(point.index)).sum()
    }
}

/// Why a search cannot start.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// The search was told to stop.
    #[error("the search was stopped before its end")]
    Stopped,
    /// There is nowhere to start from.
    #[error("there are no starts: give trajectories, directions or a number of random starts")]
    NoStarts,
    /// The starts belong to another system.
    #[error("starts need one entry for each of the {dim} variables, got {found}")]
    Dimension {
        /// Number of variables.
        dim: usize,
        /// Length of the starts.
        found: usize,
    },
    /// The inputs do not fit the network or the starts.
    #[error(
        "the inputs must have one entry for each of the {inputs} inputs of the network and each of the {starts} starts, \
         got {} by {}",
        found.0,
        found.1
    )]
    Inputs {
        /// Number of inputs of the network.
        inputs: usize,
        /// Number of starts.
        starts: usize,
        /// Inputs and starts of what was given.
        found: (usize, usize),
    },
    /// An input is NaN or infinite.
    #[error("the input of start {column} is not finite at entry {entry}")]
    InputNotFinite {
        /// Which start.
        column: usize,
        /// Which entry.
        entry: usize,
    },
    /// A start is NaN or infinite.
    #[error("start {column} is not finite at variable {variable}")]
    NotFinite {
        /// Which start.
        column: usize,
        /// Which variable.
        variable: usize,
    },
}

/// How far one start got.
enum Outcome {
    /// A fixed point, new as far as this start knew.
    Point(FixedPoint),
    /// So close to a known point that nothing else can be meant.
    Known(usize),
    /// No fixed point; the best state.
    Lost(Vec<f64>),
}

struct Search<'a, D: ?Sized> {
    residual: Residual<'a, D>,
    bounds: Option<Vec<f64>>,
    options: FindOptions,
    stop: &'a AtomicBool,
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0_f64, |m, v| if v.is_finite() { m.max(v.abs()) } else { f64::INFINITY })
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()))
}

/// A⁻¹ b; `None` if A is singular. Small systems are solved in place: there a factorisation object costs more
/// than the elimination.
fn solved(mut a: Mat<f64>, b: &[f64]) -> Option<Vec<f64>> {
    let n = b.len();
    if n > 32 {
        return Lu::from_matrix(a).ok().map(|lu| lu.solve(b));
    }
    let mut entries = Vec::with_capacity(n * n);
    for j in 0..n {
        entries.extend_from_slice(a.col_as_slice_mut(j));
    }
    let mut x = b.to_vec();
    attractorlab_numerics::linalg::solve_batch(n, &mut entries, &mut x).ok().map(|()| x)
}

impl<D: Dynamics + ?Sized> Search<'_, D> {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn clip(&self, x: &mut [f64]) {
        if let Some(bounds) = &self.bounds {
            for (x, bound) in x.iter_mut().zip(bounds) {
                *x = x.clamp(-bound, *bound);
            }
        }
    }

    /// Newton's method with a line search, until a fixed point, a known one, or a standstill.
    fn newton(&self, start: &[f64], known: &[FixedPoint]) -> Outcome {
        let n = start.len();
        let mut x = start.to_vec();
        self.clip(&mut x);
        let (mut trial, mut at_trial, mut residual) = (x.clone(), vec![0.0; n], vec![0.0; n]);
        self.residual.residual(&x, &mut residual);
        let mut steps: Vec<f64> = Vec::new();
        let mut gap: Option<(usize, f64)> = None;
        for _ in 0..self.options.newton_steps {
            let size = dot(&residual, &residual);
            if !size.is_finite() || self.stopped() {
                return Outcome::Lost(start.to_vec());
            }
            let Some(step) = solved(self.residual.jacobian(&x), &residual) else { return Outcome::Lost(x) };
            let length = largest(&step);
            if largest(&residual) <= self.options.tolerance && length <= 1e-6 * (1.0 + largest(&x)) {
                return self.finish(x, &step, &steps);
            }
            let mut reach = 1.0;
            loop {
                trial.copy_from_slice(&x);
                axpy(-reach, &step, &mut trial);
                self.clip(&mut trial);
                self.residual.residual(&trial, &mut at_trial);
                let new = dot(&at_trial, &at_trial);
                if new < size * (1.0 - 1e-4 * reach) || (length < 1e-10 && new <= 4.0 * size) {
                    break;
                }
                reach *= 0.5;
                if reach < 1e-4 {
                    return Outcome::Lost(x);
                }
            }
            std::mem::swap(&mut x, &mut trial);
            std::mem::swap(&mut residual, &mut at_trial);
            steps.push(if reach == 1.0 { length } else { f64::INFINITY });
            // Near a known point, and nearer by a factor of ten after a full step.
            let nearest = known
                .iter()
                .enumerate()
                .map(|(k, point)| (k, distance(&x, &point.x)))
                .min_by(|a, b| a.1.total_cmp(&b.1));
            if let (Some((k, now)), Some((before_k, before))) = (nearest, gap)
                && k == before_k
                && now < 0.1 * before
                && before < known[k].isolation
            {
                return Outcome::Known(k);
            }
            gap = nearest;
        }
        Outcome::Lost(x)
    }

    /// One last step, and what is to be remembered of the point.
    fn finish(&self, mut x: Vec<f64>, step: &[f64], steps: &[f64]) -> Outcome {
        axpy(-1.0, step, &mut x);
        let Ok(lu) = Lu::from_matrix(self.residual.jacobian(&x)) else { return Outcome::Lost(x) };
        let mut residual = vec![0.0; x.len()];
        self.residual.residual(&x, &mut residual);
        let size = largest(&residual);
        if size > self.options.tolerance {
            return Outcome::Lost(x);
        }
        // Outside the box that holds all fixed points it is a gate that saturates to the last bit.
        let outside = |bounds: &Vec<f64>| x.iter().zip(bounds).any(|(x, b)| x.abs() > b * (1.0 + 1e-9));
        if self.bounds.as_ref().is_some_and(outside) {
            return Outcome::Lost(x);
        }
        // Quadratic convergence: the next step is C times the square of the last one, and two points are at
        // least about 1/C apart.
        let curvature = steps
            .windows(2)
            .filter(|pair| pair[0] < 0.3 && pair[1] > 1e-12)
            .map(|pair| pair[1] / (pair[0] * pair[0]))
            .fold(0.0, f64::max);
        let isolation = if curvature > 0.0 { (0.2 / curvature).min(0.1) } else { 1e-3 };
        // The residual falls along −x in the Jacobian of F − x and of F: det(−J) = (−1)ⁿ det J.
        let sign = if x.len().is_multiple_of(2) { lu.determinant_sign() } else { -lu.determinant_sign() };
        let index = if lu.reciprocal_condition() < 1e-14 { 0 } else { sign as i8 };
        let error = largest(&lu.solve(&residual));
        Outcome::Point(FixedPoint { x, residual: size, error, index, hits: Hits::default(), isolation })
    }

    /// Newton's method on the deflated residual M(x) R(x), M = Π (1 + 1/|x − p|²), which is large near the known
    /// points. The step of the deflated system is the ordinary one, scaled (Farrell, Birkisson & Funke 2015).
    fn deflated(&self, start: &[f64], known: &[FixedPoint]) -> Vec<f64> {
        let mut x = start.to_vec();
        self.clip(&mut x);
        let mut residual = vec![0.0; x.len()];
        for _ in 0..self.options.newton_steps {
            self.residual.residual(&x, &mut residual);
            if largest(&residual) <= 1e-6 || self.stopped() {
                break;
            }
            let Ok(lu) = Lu::from_matrix(self.residual.jacobian(&x)) else { break };
            let mut step = lu.solve(&residual);
            // η = ∇ log M
            let mut slope = 0.0;
            for point in known {
                let away: Vec<f64> = x.iter().zip(&point.x).map(|(x, p)| x - p).collect();
                let square = dot(&away, &away).max(1e-300);
                slope -= 2.0 * dot(&away, &step) / (square * (1.0 + square));
            }
            let factor = 1.0 / (1.0 + slope);
            let limit = 1.0 / (largest(&step) * factor.abs()).max(1.0);
            let scale = if factor.is_finite() { factor * limit } else { limit };
            attractorlab_numerics::kernels::scale(scale, &mut step);
            axpy(-1.0, &step, &mut x);
            self.clip(&mut x);
        }
        x
    }

    /// The local minimum of the speed below x, by the method of Levenberg and Marquardt; `None` if it is not
    /// reached or is a fixed point.
    fn slow_point(&self, start: &[f64]) -> Option<SlowPoint> {
        let n = start.len();
        let mut x = start.to_vec();
        let (mut residual, mut at_trial) = (vec![0.0; n], vec![0.0; n]);
        self.residual.residual(&x, &mut residual);
        let mut damping = 1e-3;
        for _ in 0..300 {
            if self.stopped() {
                return None;
            }
            let jacobian = self.residual.jacobian(&x);
            let mut gradient = vec![0.0; n];
            attractorlab_numerics::linalg::matvec_transposed(jacobian.as_ref(), &residual, &mut gradient);
            let size = dot(&residual, &residual);
            let norm = attractorlab_numerics::linalg::frobenius_norm(jacobian.as_ref());
            if !(size.is_finite() && norm.is_finite()) {
                return None;
            }
            if dot(&gradient, &gradient).sqrt() <= 1e-9 * norm * size.sqrt() {
                let slow = size.sqrt() > 1e3 * self.options.tolerance;
                return slow.then_some(SlowPoint { x, speed: 0.5 * size, hits: 1 });
            }
            let mut normal = Mat::zeros(n, n);
            attractorlab_numerics::linalg::matmul_transposed(
                jacobian.as_ref(),
                jacobian.as_ref(),
                normal.as_mut(),
            );
            (0..n).for_each(|i| normal[(i, i)] += damping * norm * norm / n as f64);
            let step = Lu::from_matrix(normal).ok()?.solve(&gradient);
            let mut trial = x.clone();
            axpy(-1.0, &step, &mut trial);
            self.clip(&mut trial);
            self.residual.residual(&trial, &mut at_trial);
            if dot(&at_trial, &at_trial) < size {
                x = trial;
                std::mem::swap(&mut residual, &mut at_trial);
                damping = (0.3_f64 * damping).max(1e-12);
            } else {
                damping *= 4.0;
                if damping > 1e12 {
                    return None;
                }
            }
        }
        None
    }
}

/// Puts a point into the list, or finds it there; returns its place and whether it is new.
fn merge(points: &mut Vec<FixedPoint>, point: FixedPoint) -> (usize, bool) {
    let same = points.iter().position(|other| {
        let apart = distance(&other.x, &point.x);
        apart <= 1e-8 * (1.0 + largest(&point.x)) + 10.0 * (other.error + point.error)
    });
    if let Some(k) = same {
        // Keep the better one, with what was learned of its surroundings.
        let isolation = points[k].isolation.min(point.isolation);
        if point.residual < points[k].residual {
            points[k] = FixedPoint { hits: points[k].hits, ..point };
        }
        points[k].isolation = isolation;
        (k, false)
    } else {
        points.push(point);
        (points.len() - 1, true)
    }
}

/// Searches for the fixed points of `system` from `starts`.
///
/// Every start runs Newton's method with a line search, inside the box that is known to hold all fixed points;
/// one that comes so close to a point found before that it can reach no other is counted for it at once.
/// Deflation then looks for what no start reached, until a round finds nothing new; starts that came to a
/// standstill are followed to slow points. The result does not depend on the number of threads.
///
/// ```
/// use attractorlab::dynamics::fixed_points::{FindOptions, Starts, find};
/// use attractorlab::network::{Connectivity, Form, RateNetwork, Transfer};
/// use attractorlab::numerics::{linalg::Mat, random::Stream};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // x' = tanh(2x): 0 and a pair of stable points.
/// let bulk = Mat::from_fn(1, 1, |_, _| 2.0);
/// let network = RateNetwork::new(Connectivity::new(bulk)?, Transfer::Tanh, Form::Map);
/// let starts = Starts::new(1).with_random(&network, 20, &mut Stream::new(1, "starts", 0));
/// let found = find(&network, &starts, &FindOptions::default())?;
/// assert_eq!((found.points.len(), found.index_sum()), (3, 1));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`FindError`] if there is no start, or one has the wrong length or is not finite.
pub fn find(
    system: &(impl Dynamics + ?Sized),
    starts: &Starts,
    options: &FindOptions,
) -> Result<FixedPoints, FindError> {
    find_until(system, starts, options, &AtomicBool::new(false))
}

/// Like [`find`], but gives up within a step once `stop` is set: for searches that a user may interrupt.
///
/// # Errors
/// Those of [`find`]; [`FindError::Stopped`] once the flag is set.
pub fn find_until(
    system: &(impl Dynamics + ?Sized),
    starts: &Starts,
    options: &FindOptions,
    stop: &AtomicBool,
) -> Result<FixedPoints, FindError> {
    let (dim, states) = (system.dim(), starts.states());
    if starts.is_empty() {
        return Err(FindError::NoStarts);
    }
    if states.nrows() != dim {
        return Err(FindError::Dimension { dim, found: states.nrows() });
    }
    let columns: Vec<Vec<f64>> =
        (0..starts.len()).map(|c| (0..dim).map(|i| states[(i, c)]).collect()).collect();
    for (column, state) in columns.iter().enumerate() {
        if let Some(variable) = state.iter().position(|x| !x.is_finite()) {
            return Err(FindError::NotFinite { column, variable });
        }
    }
    let search = Search { residual: Residual(system), bounds: system.bounds(), options: *options, stop };
    let mut points: Vec<FixedPoint> = Vec::new();
    let mut lost: Vec<Vec<f64>> = Vec::new();
    // Rounds of fixed sizes: within one, no start knows what the others find.
    let (mut done, mut round) = (0, 16);
    while done < columns.len() && !search.stopped() {
        let end = (done + round).min(columns.len());
        let known = &points;
        let outcomes: Vec<Outcome> =
            columns[done..end].par_iter().map(|start| search.newton(start, known)).collect();
        for (outcome, kind) in outcomes.into_iter().zip(&starts.kinds()[done..end]) {
            match outcome {
                Outcome::Point(point) => {
                    let (k, _) = merge(&mut points, point);
                    points[k].hits.add(*kind);
                }
                Outcome::Known(k) => points[k].hits.add(*kind),
                Outcome::Lost(state) => lost.push(state),
            }
        }
        done = end;
        round = (2 * round).min(256);
    }
    let lost_count = lost.len();

    let (mut rounds, mut deflated) = (0, 0);
    while options.deflation > 0 && rounds < 50 && !search.stopped() {
        let width = reach(system);
        let known = points.clone();
        let outcomes: Vec<Outcome> = (0..options.deflation)
            .into_par_iter()
            .map(|k| {
                let mut stream =
                    Stream::new(options.seed, "deflation", (rounds * options.deflation + k) as u64);
                // Every other one starts beside a known point.
                let start: Vec<f64> = if k % 2 == 0 || known.is_empty() {
                    width.iter().map(|w| w * (2.0 * stream.uniform() - 1.0)).collect()
                } else {
                    let beside = &known[(stream.uniform() * known.len() as f64) as usize % known.len()].x;
                    beside.iter().zip(&width).map(|(x, w)| x + 0.2 * w * stream.normal()).collect()
                };
                search.newton(&search.deflated(&start, &known), &[])
            })
            .collect();
        rounds += 1;
        deflated += options.deflation;
        let mut news = false;
        for outcome in outcomes {
            if let Outcome::Point(point) = outcome {
                let (k, new) = merge(&mut points, point);
                points[k].hits.add(SeedKind::Deflation);
                news |= new;
            }
        }
        if !news {
            break;
        }
    }

    let mut slow: Vec<SlowPoint> = Vec::new();
    let candidates: Vec<Option<SlowPoint>> =
        lost.par_iter().take(options.slow_points).map(|state| search.slow_point(state)).collect();
    for candidate in candidates.into_iter().flatten() {
        match slow.iter_mut().find(|other| distance(&other.x, &candidate.x) < 1e-4) {
            Some(other) => other.hits += 1,
            None => slow.push(candidate),
        }
    }
    if search.stopped() {
        return Err(FindError::Stopped);
    }
    slow.sort_by(|a, b| a.speed.total_cmp(&b.speed));
    points.sort_by_key(|point| std::cmp::Reverse(point.hits.total()));
    let random_starts = starts.kinds().iter().filter(|kind| **kind == SeedKind::Random).count();
    Ok(FixedPoints {
        points,
        slow,
        starts: starts.len() + deflated,
        random_starts,
        lost: lost_count,
        deflation_rounds: rounds,
        index_known: system.bounds().is_some(),
    })
}
