//! The dissection of a network: from weights to its fixed points, what is proved of them, and what links them.

use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab_numerics::linalg::{LinalgError, Mat, MatRef};
use attractorlab_numerics::random::Stream;

use super::PrincipalComponents;
use crate::dynamics::fixed_points::{
    Certificate, Completeness, FindError, FindOptions, FixedPoint, FixedPoints, Link, LinkOptions, Modes,
    SeedKind, SlowPoint, Starts, Uncertified, certify, completeness, find_until, links, modes,
    survives_rounding,
};
use crate::dynamics::{Dynamics, LongRun, LongRunOptions, Time, long_run};
use crate::network::{Cell, Network};
use crate::theory::low_rank::{LowRankError, LowRankState, LowRankTheory};

/// What to look for, and how hard.
#[derive(Debug, Clone)]
pub struct DissectionOptions {
    /// Constant input under which to look; zero if empty.
    pub input: Vec<f64>,
    /// Random starts.
    pub random_starts: usize,
    /// Trajectories of the network's own that are followed if none are given.
    pub trajectories: usize,
    /// Most states of trajectories that searches start from.
    pub trajectory_starts: usize,
    /// How to search.
    pub search: FindOptions,
    /// Root of all random numbers.
    pub seed: u64,
}

impl Default for DissectionOptions {
    fn default() -> Self {
        Self {
            input: Vec::new(),
            random_starts: 1024,
            trajectories: 24,
            trajectory_starts: 256,
            search: FindOptions::default(),
            seed: 0,
        }
    }
}

/// States along trajectories: of each, one state a column.
#[derive(Debug, Clone, Default)]
pub struct Trajectories(pub Vec<Mat<f64>>);

/// A fixed point with everything known of it.
#[derive(Debug, Clone)]
pub struct DissectedPoint {
    /// The point as the search found it.
    pub point: FixedPoint,
    /// What is proved of it.
    pub certificate: Result<Certificate, Uncertified>,
    /// Whether it survives the rounding of the weights to 32-bit floats.
    pub survives_f32: bool,
    /// Its modes.
    pub modes: Modes,
    /// The outputs there.
    pub output: Vec<f64>,
    /// Overlaps of the rates with the readout vectors of the feedback loops; empty for networks without loops.
    pub overlaps: Vec<f64>,
}

/// What mean-field theory predicts of a network given as a bulk and feedback loops.
#[derive(Debug, Clone)]
pub struct TheoryOverlay {
    /// Strength g of the bulk.
    pub g: f64,
    /// The predicted states.
    pub states: Vec<LowRankState>,
    /// Of each predicted state, the place of the fixed point that is taken for it: pairs are made one to one, the
    /// closest first, and only where they are closer than half the smallest distance between two predicted states.
    pub matches: Vec<Option<usize>>,
    /// Of one loop, the static map κ ↦ G(κ) along the range of the states; empty otherwise.
    pub map: Vec<(f64, f64)>,
}

/// What a trajectory of the network settles to.
#[derive(Debug, Clone)]
pub enum Rest {
    /// To the fixed point with this place in the list.
    Point(usize),
    /// To something else.
    Other(LongRun),
}

/// Everything about a network under one constant input.
#[derive(Debug, Clone)]
pub struct Dissection {
    /// The constant input.
    pub input: Vec<f64>,
    /// The fixed points, stable ones first, then by the number of unstable directions.
    pub points: Vec<DissectedPoint>,
    /// Slow points.
    pub slow: Vec<SlowPoint>,
    /// The search: starts, starts without result, rounds of deflation.
    pub search: FixedPoints,
    /// How much may be missing.
    pub completeness: Completeness,
    /// Where the unstable directions lead.
    pub links: Vec<Link>,
    /// The trajectories, given or made.
    pub trajectories: Trajectories,
    /// What the ends of the trajectories settle to, and how many of them.
    pub rests: Vec<(Rest, usize)>,
    /// Principal components (at most three) of trajectories and fixed points.
    pub components: PrincipalComponents,
    /// Theory's predictions, for rate networks with feedback loops.
    pub theory: Option<TheoryOverlay>,
}

/// Why a network cannot be dissected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DissectionError {
    /// The input has the wrong length.
    #[error("the input must have one entry for each of the {inputs} inputs of the network, got {found}")]
    Input {
        /// Number of inputs.
        inputs: usize,
        /// Length of the input.
        found: usize,
    },
    /// A number of the input is NaN or infinite.
    #[error("entry {position} of the input is not finite")]
    InputNotFinite {
        /// Which.
        position: usize,
    },
    /// A trajectory has the wrong height.
    #[error("trajectory {which} must have one entry for each of the {dim} variables of a state, got {found}")]
    Trajectory {
        /// Which trajectory.
        which: usize,
        /// Number of variables.
        dim: usize,
        /// Its height.
        found: usize,
    },
    /// No trajectory has a state.
    #[error("the trajectories are empty: give states, or none to let the network make its own")]
    EmptyTrajectories,
    /// The search could not start.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The theory of the network's bulk and loops has no solution method.
    #[error(transparent)]
    Theory(#[from] LowRankError),
    /// A Jacobian or a set of states cannot be decomposed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

/// Dissects a network: its fixed points under a constant input, their proofs, modes and links, what its
/// trajectories settle to, and how much of the set may be missing.
///
/// Searches start from the trajectories (the network's own from random states if none are given), from its feedback
/// vectors if it has any and from what the [theory](crate::theory::low_rank) of its bulk and loops predicts, and at
/// random.
///
/// ```
/// use attractorlab::analysis::{DissectionOptions, dissect};
/// use attractorlab::network::{Cell, Connectivity, Form, Network, RateNetwork, Transfer};
/// use attractorlab::numerics::linalg::Mat;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bulk = Mat::from_fn(2, 2, |i, j| if i == j { 2.0 } else { 0.0 });
/// let rate = RateNetwork::new(Connectivity::new(bulk)?, Transfer::Tanh, Form::Map);
/// let found = dissect(&Network::new(Cell::Rate(rate)), None, &DissectionOptions::default())?;
/// // Two independent bistable units: 3 × 3 points, 4 of them stable.
/// let stable = found.points.iter().filter(|point| point.modes.unstable == 0).count();
/// assert_eq!((found.points.len(), stable, found.completeness.index_sum), (9, 4, Some(1)));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`DissectionError`] for inputs or trajectories that do not fit the network.
pub fn dissect(
    network: &Network,
    trajectories: Option<&Trajectories>,
    options: &DissectionOptions,
) -> Result<Dissection, DissectionError> {
    dissect_until(network, trajectories, options, &AtomicBool::new(false))
}

/// Like [`dissect`], but gives up once `stop` is set, within a step of the search, the proof of a point, or the way of
/// one trajectory: for work that a user may interrupt.
///
/// # Errors
/// Those of [`dissect`]; [`FindError::Stopped`] once the flag is set.
pub fn dissect_until(
    network: &Network,
    trajectories: Option<&Trajectories>,
    options: &DissectionOptions,
    stop: &AtomicBool,
) -> Result<Dissection, DissectionError> {
    let go_on = || if stop.load(Ordering::Relaxed) { Err(FindError::Stopped) } else { Ok(()) };
    let input = if options.input.is_empty() { vec![0.0; network.inputs()] } else { options.input.clone() };
    if input.len() != network.inputs() {
        return Err(DissectionError::Input { inputs: network.inputs(), found: input.len() });
    }
    if let Some(position) = input.iter().position(|u| !u.is_finite()) {
        return Err(DissectionError::InputNotFinite { position });
    }
    let system = network.under(&input);
    let dim = system.dim();
    let trajectories = match trajectories {
        Some(given) => {
            for (which, states) in given.0.iter().enumerate() {
                if states.nrows() != dim {
                    return Err(DissectionError::Trajectory { which, dim, found: states.nrows() });
                }
            }
            if given.0.iter().all(|states| states.ncols() == 0) {
                return Err(DissectionError::EmptyTrajectories);
            }
            given.clone()
        }
        None => own_trajectories(network, &input, options),
    };

    let mut starts = Starts::new(dim);
    for states in thinned(&trajectories, options.trajectory_starts) {
        starts = starts.with(SeedKind::Trajectory, states.as_ref());
    }
    let mut predicted = None;
    if let Cell::Rate(rate) = network.cell() {
        starts = starts.with_directions(rate.connectivity().loops().map(|(m, _)| m));
        if rate.connectivity().loops().next().is_some() {
            let theory = LowRankTheory::new(rate, &input)?;
            let states = theory.states()?;
            let columns: Vec<&[f64]> = states.iter().map(|state| state.mean_state(rate.form())).collect();
            let means = Mat::from_fn(dim, columns.len(), |i, c| columns[c][i]);
            starts = starts.with(SeedKind::Structure, means.as_ref());
            predicted = Some((theory, states));
        }
    }
    let mut stream = Stream::new(options.seed, "dissection: random starts", 0);
    starts = starts.with_random(&system, options.random_starts, &mut stream);
    let search = find_until(&system, &starts, &FindOptions { seed: options.seed, ..options.search }, stop)?;

    let mut points = Vec::with_capacity(search.points.len());
    for point in &search.points {
        go_on()?;
        let certificate = certify(&system, &point.x);
        let survives_f32 =
            certificate.as_ref().is_ok_and(|proof| survives_rounding(network, &input, proof).is_some());
        let around = modes(&system, &point.x)?;
        let output = network.output(&point.x);
        let overlaps = match network.cell() {
            Cell::Rate(rate) => rate.overlaps(&point.x),
            _ => Vec::new(),
        };
        points.push(DissectedPoint {
            point: point.clone(),
            certificate,
            survives_f32,
            modes: around,
            output,
            overlaps,
        });
    }
    points.sort_by(|a, b| {
        let key = |p: &DissectedPoint| (p.modes.unstable, std::cmp::Reverse(p.point.hits.total()));
        key(a).cmp(&key(b))
    });

    let plain: Vec<FixedPoint> = points.iter().map(|p| p.point.clone()).collect();
    let around: Vec<Modes> = points.iter().map(|p| p.modes.clone()).collect();
    go_on()?;
    let links = links(&system, &plain, &around, &LinkOptions::default());
    go_on()?;
    let stable: Vec<bool> = points.iter().map(|p| p.modes.unstable == 0).collect();
    let rests = rests(&system, &plain, &stable, &trajectories);

    let mut all: Vec<Vec<f64>> = plain.iter().map(|point| point.x.clone()).collect();
    for states in thinned(&trajectories, 2000) {
        all.extend((0..states.ncols()).map(|c| column(states.as_ref(), c)));
    }
    let matrix = Mat::from_fn(dim, all.len(), |i, c| all[c][i]);
    let components = PrincipalComponents::new(matrix.as_ref(), 3)?;
    let theory = predicted.map(|(theory, states)| overlay(&theory, states, &points));
    Ok(Dissection {
        input,
        points,
        slow: search.slow.clone(),
        completeness: completeness(&search),
        search,
        links,
        trajectories,
        rests,
        components,
        theory,
    })
}

/// Lays predicted states over found points.
fn overlay(
    theory: &LowRankTheory<'_>,
    states: Vec<LowRankState>,
    points: &[DissectedPoint],
) -> TheoryOverlay {
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    let closest = states
        .iter()
        .enumerate()
        .flat_map(|(i, a)| states[..i].iter().map(move |b| apart(&a.overlaps, &b.overlaps)))
        .fold(f64::INFINITY, f64::min);
    let mut pairs: Vec<(f64, usize, usize)> = states
        .iter()
        .enumerate()
        .flat_map(|(s, state)| {
            points.iter().enumerate().map(move |(p, point)| (apart(&state.overlaps, &point.overlaps), s, p))
        })
        .filter(|pair| pair.0 < 0.5 * closest)
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut matches, mut taken) = (vec![None; states.len()], vec![false; points.len()]);
    for (_, s, p) in pairs {
        if matches[s].is_none() && !taken[p] {
            matches[s] = Some(p);
            taken[p] = true;
        }
    }
    let widest = states
        .iter()
        .map(|state| state.overlaps.as_slice())
        .chain(points.iter().map(|point| point.overlaps.as_slice()))
        .fold(0.0_f64, |widest, overlaps| widest.max(overlaps[0].abs()));
    let loops = states.first().map_or(0, |state| state.overlaps.len());
    let map = if loops == 1 && widest > 0.0 {
        (-60..=60)
            .map(|k| 1.25 * widest * f64::from(k) / 60.0)
            .filter_map(|kappa| Some((kappa, theory.map(&[kappa])?[0])))
            .collect()
    } else {
        Vec::new()
    };
    TheoryOverlay { g: theory.g(), states, matches, map }
}

fn column(states: MatRef<'_, f64>, c: usize) -> Vec<f64> {
    (0..states.nrows()).map(|i| states[(i, c)]).collect()
}

/// Trajectories of the network itself, from random states under the constant input.
fn own_trajectories(network: &Network, input: &[f64], options: &DissectionOptions) -> Trajectories {
    let system = network.under(input);
    let random = Starts::new(system.dim()).with_random(
        &system,
        options.trajectories,
        &mut Stream::new(options.seed, "dissection: trajectories", 0),
    );
    let steps = if system.time() == Time::Discrete { 100 } else { 400 };
    let inputs = Mat::from_fn(input.len(), steps, |k, _| input[k]);
    Trajectories((0..random.len()).map(|c| network.run(&inputs, Some(&column(random.states(), c)))).collect())
}

/// About `count` states in all, evenly spaced along the trajectories.
fn thinned(trajectories: &Trajectories, count: usize) -> Vec<Mat<f64>> {
    let total: usize = trajectories.0.iter().map(Mat::ncols).sum();
    let stride = total.div_ceil(count.max(1)).max(1);
    trajectories
        .0
        .iter()
        .map(|states| {
            Mat::from_fn(states.nrows(), states.ncols().div_ceil(stride), |i, c| states[(i, c * stride)])
        })
        .collect()
}

/// What the last states settle to; equal fates are counted together.
fn rests(
    system: &impl Dynamics,
    points: &[FixedPoint],
    stable: &[bool],
    trajectories: &Trajectories,
) -> Vec<(Rest, usize)> {
    use rayon::prelude::*;
    let ends: Vec<Vec<f64>> = trajectories
        .0
        .iter()
        .filter(|states| states.ncols() > 0)
        .take(64)
        .map(|states| column(states.as_ref(), states.ncols() - 1))
        .collect();
    let near =
        |x: &[f64]| points.iter().position(|point| point.x.iter().zip(x).all(|(a, b)| (a - b).abs() < 1e-5));
    let fates: Vec<Rest> = ends
        .par_iter()
        .map(|end| {
            // It may be there already.
            if let Some(k) = near(end).filter(|k| stable[*k]) {
                return Rest::Point(k);
            }
            match long_run(system, end, &LongRunOptions::default()) {
                LongRun::Rests(x) => {
                    near(&x).map_or_else(|| Rest::Other(LongRun::Rests(x.clone())), Rest::Point)
                }
                other => Rest::Other(other),
            }
        })
        .collect();
    let mut counted: Vec<(Rest, usize)> = Vec::new();
    for fate in fates {
        match counted.iter_mut().find(|(other, _)| same(other, &fate)) {
            Some((_, count)) => *count += 1,
            None => counted.push((fate, 1)),
        }
    }
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counted
}

fn same(a: &Rest, b: &Rest) -> bool {
    match (a, b) {
        (Rest::Point(a), Rest::Point(b)) => a == b,
        (Rest::Other(LongRun::Cycles(a)), Rest::Other(LongRun::Cycles(b))) => {
            (a.period - b.period).abs() < 1e-6 * a.period
                && b.states.iter().any(|state| {
                    a.states[0].iter().zip(state).all(|(a, b)| (a - b).abs() < 0.05 * (1.0 + a.abs()))
                })
        }
        (Rest::Other(LongRun::Wanders { .. }), Rest::Other(LongRun::Wanders { .. }))
        | (Rest::Other(LongRun::Diverges), Rest::Other(LongRun::Diverges)) => true,
        (Rest::Other(LongRun::Rests(a)), Rest::Other(LongRun::Rests(b))) => {
            a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
        }
        _ => false,
    }
}
