//! Searches where every start has an input of its own.

use std::sync::atomic::AtomicBool;

use attractorlab_numerics::linalg::MatRef;

use super::{FindError, FindOptions, FixedPoints, SeedKind, Starts, find_until};
use crate::network::Network;

/// What was found under one of several inputs.
#[derive(Debug, Clone)]
pub struct UnderInput {
    /// The constant input.
    pub input: Vec<f64>,
    /// The starts, as columns of what was given, that have this input.
    pub starts: Vec<usize>,
    /// The fixed points of the network under this input.
    pub found: FixedPoints,
}

/// Fixed points from given states, each under its own constant input: states that a network visited, say, with the
/// inputs that it had then.
///
/// Column c of `inputs` (K×count) belongs to column c of `states` (variables×count). A fixed point belongs to an input,
/// so starts of equal input are searched together, and the results come one for each distinct input, in the order
/// in which these first appear. The arrays are not changed.
///
/// ```
/// use attractorlab::dynamics::fixed_points::{FindOptions, find_under_inputs};
/// use attractorlab::network::{Cell, Connectivity, Form, Network, RateNetwork, Transfer};
/// use attractorlab::numerics::linalg::Mat;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let one = |value: f64| Mat::from_fn(1, 1, |_, _| value);
/// let unit = RateNetwork::new(Connectivity::new(one(2.0))?, Transfer::Tanh, Form::Map)
///     .with_input_weights(one(1.0))?;
/// let network = Network::new(Cell::Rate(unit));
/// // Bistable without an input, and not under a strong one.
/// let states = Mat::from_fn(1, 4, |_, c| if c % 2 == 0 { 1.0 } else { -1.0 });
/// let inputs = Mat::from_fn(1, 4, |_, c| if c < 2 { 0.0 } else { 2.0 });
/// let never = std::sync::atomic::AtomicBool::new(false);
/// let options = FindOptions::default();
/// let found = find_under_inputs(&network, states.as_ref(), inputs.as_ref(), &options, &never)?;
/// let counts: Vec<usize> = found.iter().map(|under| under.found.points.len()).collect();
/// assert_eq!(counts, [3, 1]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`FindError::NoStarts`] without states; [`FindError::Dimension`] for states, and [`FindError::Inputs`] for inputs, of
/// another size than the network's; [`FindError::NotFinite`] and [`FindError::InputNotFinite`] for NaN or infinite
/// values, with the position of the first; [`FindError::Stopped`] once `stop` is set.
pub fn find_under_inputs(
    network: &Network,
    states: MatRef<'_, f64>,
    inputs: MatRef<'_, f64>,
    options: &FindOptions,
    stop: &AtomicBool,
) -> Result<Vec<UnderInput>, FindError> {
    let (dim, width) = (network.state_size(), network.inputs());
    if states.nrows() != dim {
        return Err(FindError::Dimension { dim, found: states.nrows() });
    }
    if inputs.nrows() != width || inputs.ncols() != states.ncols() {
        return Err(FindError::Inputs {
            inputs: width,
            starts: states.ncols(),
            found: (inputs.nrows(), inputs.ncols()),
        });
    }
    if states.ncols() == 0 {
        return Err(FindError::NoStarts);
    }
    let mut groups: Vec<(Vec<f64>, Vec<usize>)> = Vec::new();
    let mut known: std::collections::HashMap<Vec<u64>, usize> = std::collections::HashMap::new();
    for column in 0..inputs.ncols() {
        // Zeros of either sign are one input.
        let input: Vec<f64> = inputs.col(column).iter().map(|u| u + 0.0).collect();
        if let Some(entry) = input.iter().position(|u| !u.is_finite()) {
            return Err(FindError::InputNotFinite { column, entry });
        }
        if let Some(variable) = (0..dim).find(|&i| !states[(i, column)].is_finite()) {
            return Err(FindError::NotFinite { column, variable });
        }
        let key: Vec<u64> = input.iter().map(|u| u.to_bits()).collect();
        let group = *known.entry(key).or_insert_with(|| {
            groups.push((input, Vec::new()));
            groups.len() - 1
        });
        groups[group].1.push(column);
    }
    groups
        .into_iter()
        .map(|(input, columns)| {
            let own = attractorlab_numerics::linalg::Mat::from_fn(dim, columns.len(), |i, c| {
                states[(i, columns[c])]
            });
            let starts = Starts::new(dim).with(SeedKind::Trajectory, own.as_ref());
            let found = find_until(&network.under(&input), &starts, options, stop)?;
            Ok(UnderInput { input, starts: columns, found })
        })
        .collect()
}
