//! All branches that are connected to what is known.

use std::sync::atomic::AtomicBool;

use super::branch::Branch;
use super::curve::Curve;
use super::{ContinuationError, ContinuationOptions, Family};

/// A bifurcation diagram: branches, traced from fixed points that were given and switched to at branch points.
#[derive(Debug, Clone)]
pub struct Diagram {
    /// The branches.
    pub branches: Vec<Branch>,
    /// Whether all crossings were followed; `false` if [`ContinuationOptions::branches`] was reached.
    pub complete: bool,
}

/// Traces the branches through the given fixed points (parameter and state) and all that cross them.
///
/// A branch is traced once, however many of the starts lie on it. At a branch point of corank one the crossing branch
/// is traced through it; at one of higher corank, where a symmetry makes many branches meet, only those along the
/// critical modes are sought. Branches that are connected to none of these are not found: [`find`] at several
/// parameters gives starts on them.
///
/// [`find`]: crate::dynamics::fixed_points::find
///
/// # Errors
/// [`ContinuationError`] if the options make no sense or no start leads to a fixed point.
///
/// ```
/// use attractorlab::dynamics::continuation::{ContinuationOptions, NetworkFamily, SpecialKind, diagram};
/// use attractorlab::network::{Cell, Connectivity, Form, Network, RateNetwork, Transfer};
/// use attractorlab::numerics::linalg::Mat;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // One unit with self-connection p: a pitchfork at p = 1.
/// let bulk = Connectivity::new(Mat::from_fn(1, 1, |_, _| 1.0))?;
/// let network = Network::new(Cell::Rate(RateNetwork::new(bulk, Transfer::Tanh, Form::Current)));
/// let family = NetworkFamily::recurrent_scale(&network, &[])?;
/// let found = diagram(&family, &[(0.2, vec![0.0])], &ContinuationOptions::between(0.2, 2.0))?;
/// assert_eq!(found.branches.len(), 2);
/// let pitchfork = &found.branches[0].specials[0];
/// assert_eq!(pitchfork.kind, SpecialKind::BranchPoint { corank: 1 });
/// assert!((pitchfork.parameter - 1.0).abs() < 1e-8);
/// # Ok(())
/// # }
/// ```
pub fn diagram<F: Family>(
    family: &F,
    starts: &[(f64, Vec<f64>)],
    options: &ContinuationOptions,
) -> Result<Diagram, ContinuationError> {
    diagram_until(family, starts, options, &AtomicBool::new(false))
}

/// Like [`diagram`], but gives up within a step once `stop` is set: for work that a user may interrupt.
///
/// # Errors
/// Those of [`diagram`]; [`ContinuationError::Stopped`] once the flag is set.
pub fn diagram_until<F: Family>(
    family: &F,
    starts: &[(f64, Vec<f64>)],
    options: &ContinuationOptions,
    stop: &AtomicBool,
) -> Result<Diagram, ContinuationError> {
    options.check()?;
    let curve = Curve::new(family, options, stop);
    let mut branches: Vec<Branch> = Vec::new();
    let mut refused: Option<ContinuationError> = None;
    let mut complete = true;
    for (parameter, start) in starts {
        if curve.stopped() {
            break;
        }
        let y = match curve.begin(start, *parameter) {
            Ok(y) => y,
            Err(error) => {
                refused.get_or_insert(error);
                continue;
            }
        };
        if branches.iter().any(|branch| branch.holds(&curve, &y, None)) {
            continue;
        }
        if branches.len() == options.branches {
            complete = false;
            break;
        }
        match curve.both_ways(&y, &curve.upwards()) {
            Some(branch) => branches.push(branch),
            None => {
                refused.get_or_insert(ContinuationError::NoTangent { parameter: *parameter });
            }
        }
    }
    if !curve.stopped() && branches.is_empty() {
        return Err(refused.unwrap_or(ContinuationError::NoStarts));
    }
    // Branch points of branches found later are crossed too.
    let mut next = 0;
    while next < branches.len() && !curve.stopped() {
        let specials = branches[next].specials.clone();
        for special in &specials {
            for (y, direction) in curve.crossing(special) {
                if branches.iter().any(|branch| branch.holds(&curve, &y, Some(&direction))) {
                    continue;
                }
                if branches.len() == options.branches {
                    complete = false;
                    continue;
                }
                let Some(mut branch) = curve.both_ways(&y, &direction) else { continue };
                // The crossing was located on the branch that came first, where its position is sharper.
                branch.specials.retain(|other| !curve.same_crossing(special, other));
                branches.push(branch);
            }
        }
        next += 1;
    }
    if curve.stopped() { Err(ContinuationError::Stopped) } else { Ok(Diagram { branches, complete }) }
}
