//! The bifurcation diagram of a network: searches at some values of a parameter, and the branches through what they
//! find.

use std::sync::atomic::AtomicBool;

use attractorlab_numerics::linalg::{LinalgError, Mat};
use attractorlab_numerics::random::Stream;

use super::PrincipalComponents;
use crate::dynamics::Dynamics;
use crate::dynamics::continuation::{
    ContinuationError, ContinuationOptions, Diagram, Family, NetworkFamily, diagram_until,
};
use crate::dynamics::fixed_points::{FindError, FindOptions, Starts, find_until};
use crate::network::Cell;

/// A network's branches of fixed points, with what they are drawn against.
#[derive(Debug, Clone)]
pub struct Bifurcations {
    /// The branches.
    pub diagram: Diagram,
    /// How many fixed points the search found at each value.
    pub found: Vec<(f64, usize)>,
    /// The outputs at every point of every branch; empty vectors for a network without readout.
    pub outputs: Vec<Vec<Vec<f64>>>,
    /// Principal components (at most three) of all points.
    pub components: PrincipalComponents,
}

/// Why there is no diagram.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BifurcationError {
    /// The options make no sense, or no branch can be traced.
    #[error(transparent)]
    Continuation(#[from] ContinuationError),
    /// A search could not start.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The states cannot be decomposed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// A value at which to search is outside the range.
    #[error("values at which to search must lie in the range from {lower} to {upper}, got {value}")]
    Outside {
        /// The value.
        value: f64,
        /// Lower end of the range.
        lower: f64,
        /// Upper end of the range.
        upper: f64,
    },
    /// The searches found nothing.
    #[error("no fixed point was found at any of the values; search at others, or from more starts")]
    Nothing,
}

/// Searches for fixed points at the given values of the parameter from `random_starts` random starts (and along the
/// network's feedback vectors), and traces all branches through what is found and all that cross them.
///
/// A branch that passes none of the values, and is connected to no other, is not found.
///
/// # Errors
/// [`BifurcationError`] if the options make no sense, a value is outside the range, or nothing is found.
///
/// ```
/// use attractorlab::analysis::bifurcations;
/// use attractorlab::dynamics::continuation::{ContinuationOptions, NetworkFamily};
/// use attractorlab::network::{Cell, Connectivity, Form, Network, RateNetwork, Transfer};
/// use attractorlab::numerics::linalg::Mat;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bulk = Connectivity::new(Mat::from_fn(2, 2, |i, j| if i == j { 1.5 } else { 0.1 }))?;
/// let network = Network::new(Cell::Rate(RateNetwork::new(bulk, Transfer::Tanh, Form::Current)));
/// let family = NetworkFamily::recurrent_scale(&network, &[])?;
/// let found = bifurcations(&family, &[1.0], 64, 0, &ContinuationOptions::between(0.0, 1.0))?;
/// assert_eq!(found.found, [(1.0, 9)]);
/// # Ok(())
/// # }
/// ```
pub fn bifurcations(
    family: &NetworkFamily,
    values: &[f64],
    random_starts: usize,
    seed: u64,
    options: &ContinuationOptions,
) -> Result<Bifurcations, BifurcationError> {
    bifurcations_until(family, values, random_starts, seed, options, &AtomicBool::new(false))
}

/// Like [`bifurcations`], but gives up within a step once `stop` is set: for work that a user may interrupt.
///
/// # Errors
/// Those of [`bifurcations`]; that the search, or the continuation, was stopped once the flag is set.
pub fn bifurcations_until(
    family: &NetworkFamily,
    values: &[f64],
    random_starts: usize,
    seed: u64,
    options: &ContinuationOptions,
    stop: &AtomicBool,
) -> Result<Bifurcations, BifurcationError> {
    options.check()?;
    let (lower, upper) = options.range;
    let mut starts_of_branches = Vec::new();
    let mut found = Vec::new();
    for (which, &value) in values.iter().enumerate() {
        if !(lower..=upper).contains(&value) {
            return Err(BifurcationError::Outside { value, lower, upper });
        }
        let system = family.at(value);
        let mut stream = Stream::new(seed, "bifurcations: starts", which as u64);
        let mut starts = Starts::new(system.dim()).with_random(&system, random_starts, &mut stream);
        if let Some(network) = family.network_at(value)
            && let Cell::Rate(rate) = network.cell()
        {
            starts = starts.with_directions(rate.connectivity().loops().map(|(m, _)| m));
        }
        let points =
            find_until(&system, &starts, &FindOptions { seed, ..FindOptions::default() }, stop)?.points;
        found.push((value, points.len()));
        starts_of_branches.extend(points.into_iter().map(|point| (value, point.x)));
    }
    if starts_of_branches.is_empty() && !values.is_empty() {
        return Err(BifurcationError::Nothing);
    }
    let diagram = diagram_until(family, &starts_of_branches, options, stop)?;
    let outputs = diagram
        .branches
        .iter()
        .map(|branch| {
            let output =
                |p: f64, x: &[f64]| family.network_at(p).map_or_else(Vec::new, |network| network.output(x));
            branch.points.iter().map(|point| output(point.parameter, &point.x)).collect()
        })
        .collect();
    let states: Vec<&[f64]> = diagram
        .branches
        .iter()
        .flat_map(|branch| branch.points.iter().map(|point| point.x.as_slice()))
        .collect();
    let matrix = Mat::from_fn(states[0].len(), states.len(), |i, c| states[c][i]);
    let components = PrincipalComponents::new(matrix.as_ref(), 3)?;
    Ok(Bifurcations { diagram, found, outputs, components })
}
