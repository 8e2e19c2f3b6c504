//! Systems that depend on a number.

use attractorlab_numerics::linalg::{Mat, MatRef};

use super::super::{Dynamics, Time};
use crate::network::{
    Cell, Connectivity, ConnectivityError, GateWeights, Gru, LinearReadout, Lstm, Network, NetworkError,
    RateNetwork,
};

/// A dynamical system for each value of a parameter.
///
/// ```
/// use attractorlab::dynamics::continuation::{ContinuationOptions, Family, SpecialKind, follow};
/// use attractorlab::dynamics::{Dynamics, Time};
/// use attractorlab::numerics::linalg::Mat;
///
/// /// dx/dt = p + x − x³.
/// struct Cusp(f64);
/// impl Dynamics for Cusp {
///     fn dim(&self) -> usize {
///         1
///     }
///     fn time(&self) -> Time {
///         Time::Continuous
///     }
///     fn field(&self, x: &[f64], out: &mut [f64]) {
///         out[0] = self.0 + x[0] - x[0].powi(3);
///     }
///     fn jacobian(&self, x: &[f64]) -> Mat<f64> {
///         Mat::from_fn(1, 1, |_, _| 1.0 - 3.0 * x[0] * x[0])
///     }
/// }
/// struct Cusps;
/// impl Family for Cusps {
///     type System<'a> = Cusp;
///     fn at(&self, p: f64) -> Cusp {
///         Cusp(p)
///     }
/// }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let branch = follow(&Cusps, &[-1.3], -1.0, &ContinuationOptions::between(-1.0, 1.0))?;
/// // Two folds, at p = ± 2/(3√3).
/// assert_eq!(branch.specials.len(), 2);
/// assert_eq!(branch.specials[0].kind, SpecialKind::Fold);
/// assert!((branch.specials[0].parameter.abs() - 2.0 / 27f64.sqrt()).abs() < 1e-9);
/// # Ok(())
/// # }
/// ```
pub trait Family: Sync {
    /// The system at one value.
    type System<'a>: Dynamics
    where
        Self: 'a;

    /// The system at this value of the parameter. All have the same number of variables.
    fn at(&self, parameter: f64) -> Self::System<'_>;
}

/// What the parameter of a [`NetworkFamily`] changes.
#[derive(Debug, Clone)]
enum Change {
    Recurrent,
    Bulk,
    Input(Vec<f64>),
    Morph(Box<Network>),
}

/// A network whose weights or input depend on a parameter.
#[derive(Debug, Clone)]
pub struct NetworkFamily {
    network: Network,
    input: Vec<f64>,
    change: Change,
}

/// Why a network makes no family.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkFamilyError {
    /// An input has the wrong length.
    #[error("{name} must have one entry for each of the {inputs} inputs of the network, got {found}")]
    Input {
        /// Which vector.
        name: &'static str,
        /// Number of inputs.
        inputs: usize,
        /// Its length.
        found: usize,
    },
    /// An input is NaN or infinite.
    #[error("entry {position} of {name} is not finite")]
    NotFinite {
        /// Which vector.
        name: &'static str,
        /// Which entry.
        position: usize,
    },
    /// The bulk of a network that has none.
    #[error("a {0} has no bulk apart from its feedback: scale its recurrent weights instead")]
    NoBulk(String),
    /// Two networks that cannot be mixed.
    #[error("two networks can be mixed only if they are of one kind and size: {0} is not like {1}")]
    Different(String, String),
}

impl NetworkFamily {
    fn new(network: &Network, input: &[f64], change: Change) -> Result<Self, NetworkFamilyError> {
        check("the input", input, network)?;
        Ok(Self { network: network.clone(), input: input.to_vec(), change })
    }

    /// All recurrent weights times the parameter: p = 1 is the network itself.
    ///
    /// # Errors
    /// [`NetworkFamilyError`] for an input that does not fit.
    pub fn recurrent_scale(network: &Network, input: &[f64]) -> Result<Self, NetworkFamilyError> {
        Self::new(network, input, Change::Recurrent)
    }

    /// The bulk of a rate network times the parameter, its feedback loops as they are: p = g/g₀.
    ///
    /// # Errors
    /// [`NetworkFamilyError`] for an input that does not fit, or a gated network.
    pub fn bulk_scale(network: &Network, input: &[f64]) -> Result<Self, NetworkFamilyError> {
        if !matches!(network.cell(), Cell::Rate(_)) {
            return Err(NetworkFamilyError::NoBulk(network.kind()));
        }
        Self::new(network, input, Change::Bulk)
    }

    /// The input `from` + p·`direction`.
    ///
    /// # Errors
    /// [`NetworkFamilyError`] for inputs that do not fit.
    pub fn input(network: &Network, from: &[f64], direction: &[f64]) -> Result<Self, NetworkFamilyError> {
        check("the direction", direction, network)?;
        Self::new(network, from, Change::Input(direction.to_vec()))
    }

    /// (1 − p) × the weights of `from` + p × the weights of `to`, biases and input weights included.
    ///
    /// # Errors
    /// [`NetworkFamilyError`] if the networks differ in kind or size, or the input does not fit.
    pub fn morph(from: &Network, to: &Network, input: &[f64]) -> Result<Self, NetworkFamilyError> {
        let alike = from.kind() == to.kind()
            && from.units() == to.units()
            && from.inputs() == to.inputs()
            && match (from.cell(), to.cell()) {
                (Cell::Rate(a), Cell::Rate(b)) => {
                    a.transfer() == b.transfer() && a.time_constant().to_bits() == b.time_constant().to_bits()
                }
                _ => true,
            };
        if !alike {
            let name = |network: &Network| {
                format!("{} with {} units and {} inputs", network.kind(), network.units(), network.inputs())
            };
            return Err(NetworkFamilyError::Different(name(from), name(to)));
        }
        Self::new(from, input, Change::Morph(Box::new(to.clone())))
    }

    /// The network at this value of the parameter; `None` if a weight overflows.
    pub fn network_at(&self, p: f64) -> Option<Network> {
        let cell = match &self.change {
            Change::Input(_) => return Some(self.network.clone()),
            Change::Recurrent => scaled(self.network.cell(), p, true),
            Change::Bulk => scaled(self.network.cell(), p, false),
            Change::Morph(other) => mixed(self.network.cell(), other.cell(), p),
        };
        let mut network = Network::new(cell.ok()?);
        if let Some(readout) = self.network.readout() {
            network = network.with_readout(LinearReadout::clone(readout)).ok()?;
        }
        if self.network.has_initial_state() {
            network = network.with_initial_state(self.network.initial_state()).ok()?;
        }
        match self.network.time_step() {
            Some(dt) => network.with_time_step(dt).ok(),
            None => Some(network),
        }
    }

    /// The input at this value of the parameter.
    pub fn input_at(&self, p: f64) -> Vec<f64> {
        match &self.change {
            Change::Input(direction) => self.input.iter().zip(direction).map(|(u, d)| u + p * d).collect(),
            _ => self.input.clone(),
        }
    }

    /// What the parameter is, for axes and tables.
    pub fn parameter(&self) -> &'static str {
        match self.change {
            Change::Recurrent => "scale of the recurrent weights",
            Change::Bulk => "scale of the bulk",
            Change::Input(_) => "strength of the input",
            Change::Morph(_) => "mixture of the networks",
        }
    }
}

fn check(name: &'static str, input: &[f64], network: &Network) -> Result<(), NetworkFamilyError> {
    if input.len() != network.inputs() {
        return Err(NetworkFamilyError::Input { name, inputs: network.inputs(), found: input.len() });
    }
    match input.iter().position(|u| !u.is_finite()) {
        Some(position) => Err(NetworkFamilyError::NotFinite { name, position }),
        None => Ok(()),
    }
}

fn combined(a: MatRef<'_, f64>, alpha: f64, b: MatRef<'_, f64>, beta: f64) -> Mat<f64> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| alpha * a[(i, j)] + beta * b[(i, j)])
}

fn combined_vectors(a: &[f64], alpha: f64, b: &[f64], beta: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| alpha * a + beta * b).collect()
}

fn times(a: &[f64], factor: f64) -> Vec<f64> {
    a.iter().map(|a| factor * a).collect()
}

/// The connectivity with its loops' readouts times a factor, added to `onto`.
fn add_loops(onto: Connectivity, of: &Connectivity, factor: f64) -> Result<Connectivity, ConnectivityError> {
    of.loops().try_fold(onto, |sum, (m, n)| sum.with_feedback(m.to_vec(), times(n, factor)))
}

/// A rate network like `like` with this connectivity.
fn rewired(like: &RateNetwork, connectivity: Connectivity) -> Result<RateNetwork, NetworkError> {
    let network = RateNetwork::new(connectivity, like.transfer(), like.form())
        .with_time_constant(like.time_constant())?
        .with_noise(like.noise())?
        .with_input_weights(like.input_weights().to_owned())?
        .with_bias(like.bias().to_vec())?;
    like.readout().try_fold(network, |network, n| network.with_output(n.to_vec()))
}

fn scaled(cell: &Cell, p: f64, loops_too: bool) -> Result<Cell, NetworkError> {
    let gates = |weights: &GateWeights| GateWeights {
        recurrent: combined(weights.recurrent.as_ref(), p, weights.recurrent.as_ref(), 0.0),
        ..weights.clone()
    };
    Ok(match cell {
        Cell::Rate(network) => {
            let of = network.connectivity();
            let bulk = Connectivity::new(combined(of.bulk(), p, of.bulk(), 0.0))?;
            let connectivity = add_loops(bulk, of, if loops_too { p } else { 1.0 })?;
            Cell::Rate(rewired(network, connectivity)?)
        }
        Cell::Gru(cell) => Cell::Gru(Gru::new(gates(cell.weights()))?),
        Cell::Lstm(cell) => Cell::Lstm(Lstm::new(gates(cell.weights()))?),
    })
}

fn mixed(from: &Cell, to: &Cell, p: f64) -> Result<Cell, NetworkError> {
    let q = 1.0 - p;
    let gates = |a: &GateWeights, b: &GateWeights| GateWeights {
        input: combined(a.input.as_ref(), q, b.input.as_ref(), p),
        recurrent: combined(a.recurrent.as_ref(), q, b.recurrent.as_ref(), p),
        input_bias: combined_vectors(&a.input_bias, q, &b.input_bias, p),
        recurrent_bias: combined_vectors(&a.recurrent_bias, q, &b.recurrent_bias, p),
    };
    Ok(match (from, to) {
        (Cell::Rate(a), Cell::Rate(b)) => {
            let (ja, jb) = (a.connectivity(), b.connectivity());
            let bulk = Connectivity::new(combined(ja.bulk(), q, jb.bulk(), p))?;
            let connectivity = add_loops(add_loops(bulk, ja, q)?, jb, p)?;
            let input = combined(a.input_weights(), q, b.input_weights(), p);
            let bias = combined_vectors(a.bias(), q, b.bias(), p);
            Cell::Rate(rewired(a, connectivity)?.with_input_weights(input)?.with_bias(bias)?)
        }
        (Cell::Gru(a), Cell::Gru(b)) => Cell::Gru(Gru::new(gates(a.weights(), b.weights()))?),
        (Cell::Lstm(a), Cell::Lstm(b)) => Cell::Lstm(Lstm::new(gates(a.weights(), b.weights()))?),
        // Kinds are compared when the family is made.
        (other, _) => other.clone(),
    })
}

/// A network that owns its weights, under a constant input. Where its weights overflowed, its field is NaN.
#[derive(Debug, Clone)]
pub struct OwnedNetwork {
    network: Network,
    input: Vec<f64>,
    overflowed: bool,
}

impl Dynamics for OwnedNetwork {
    fn dim(&self) -> usize {
        self.network.state_size()
    }
    fn time(&self) -> Time {
        self.network.under(&self.input).time()
    }
    fn field(&self, x: &[f64], out: &mut [f64]) {
        if self.overflowed {
            out.fill(f64::NAN);
        } else {
            self.network.under(&self.input).field(x, out);
        }
    }
    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        self.network.under(&self.input).jacobian(x)
    }
    fn bounds(&self) -> Option<Vec<f64>> {
        self.network.under(&self.input).bounds()
    }
    fn time_constant(&self) -> f64 {
        self.network.under(&self.input).time_constant()
    }
}

impl Family for NetworkFamily {
    type System<'a> = OwnedNetwork;

    fn at(&self, parameter: f64) -> OwnedNetwork {
        let network = self.network_at(parameter);
        OwnedNetwork {
            overflowed: network.is_none(),
            network: network.unwrap_or_else(|| self.network.clone()),
            input: self.input_at(parameter),
        }
    }
}
