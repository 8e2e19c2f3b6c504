//! Arrays of other programs: which is what.

use attractorlab_numerics::linalg::Mat;
use serde::Deserialize;

use super::{NetworkFileError, oriented, parse_form, parse_transfer, vector, wanted};
use crate::arrays::NamedArrays;
use crate::network::{Cell, Connectivity, LinearReadout, Network, NetworkError, RateNetwork};

/// The factor of the low-rank part m nᵀ, about which programs differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum LowRankScale {
    /// m nᵀ/N.
    #[default]
    #[serde(rename = "1/N")]
    OverUnits,
    /// m nᵀ/√N.
    #[serde(rename = "1/sqrt(N)")]
    OverRoot,
    /// m nᵀ.
    #[serde(rename = "1")]
    One,
}

/// Which array of a file is what, and the conventions that the file does not carry. One of the weights must be
/// there, `recurrent` or the pair of `left` and `right`; the rest may be left out.
///
/// In Rust, from Python (a dict) or from a TOML file:
///
/// ```toml
/// recurrent = "wrec"
/// input = "wi"
/// output = "wo"
/// transposed = ["wi", "wrec"]   # stored as from × to
/// form = "current"
/// transfer = "tanh"
/// tau = 1.0
/// dt = 0.2
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NameMap {
    /// N×N recurrent weights, `J[i][j]` from unit j to unit i.
    pub recurrent: Option<String>,
    /// N×R left factor m of a low-rank part.
    pub left: Option<String>,
    /// N×R right factor n of a low-rank part.
    pub right: Option<String>,
    /// Factor of the low-rank part.
    pub scale: LowRankScale,
    /// N×K input weights.
    pub input: Option<String>,
    /// Bias of the units, length N.
    pub bias: Option<String>,
    /// L×N readout of the rates, z = W r.
    pub output: Option<String>,
    /// Bias of the outputs, length L.
    pub output_bias: Option<String>,
    /// Initial state, length N.
    pub initial: Option<String>,
    /// Arrays that are stored the other way round.
    pub transposed: Vec<String>,
    /// `current` (default), `rate` or `map`.
    pub form: Option<String>,
    /// `tanh` (default), `erf`, `relu`, `linear`, `softplus` or `logistic`.
    pub transfer: Option<String>,
    /// Threshold of relu.
    pub threshold: f64,
    /// Time constant τ, 1 by default.
    pub tau: Option<f64>,
    /// Time step of training.
    pub dt: Option<f64>,
}

impl NameMap {
    /// The network that the arrays make.
    pub(super) fn network(&self, arrays: &dyn NamedArrays) -> Result<Network, NetworkFileError> {
        for name in &self.transposed {
            wanted(arrays, name)?;
        }
        let optional = |name: &Option<String>| -> Result<Option<Mat<f64>>, NetworkFileError> {
            name.as_ref().map(|name| oriented(arrays, name, self.transposed.contains(name))).transpose()
        };
        let values = |name: &Option<String>| -> Result<Option<Vec<f64>>, NetworkFileError> {
            name.as_ref().map(|name| vector(arrays, name)).transpose()
        };
        let (left, right) = (optional(&self.left)?, optional(&self.right)?);
        let bulk = match (optional(&self.recurrent)?, &left) {
            (Some(bulk), _) => bulk,
            (None, Some(left)) => Mat::zeros(left.nrows(), left.nrows()),
            (None, None) => {
                return Err(NetworkFileError::Architecture {
                    what: "the name map names no weights".to_owned(),
                    advice: "give recurrent, or left and right",
                });
            }
        };
        let units = bulk.nrows();
        let mut connectivity = Connectivity::new(bulk).map_err(NetworkError::from)?;
        match (left, right) {
            (Some(left), Some(right)) => {
                if (left.nrows(), left.ncols()) != (right.nrows(), right.ncols()) || left.nrows() != units {
                    return Err(NetworkFileError::Shape {
                        name: self.right.clone().unwrap_or_default(),
                        expected: format!("{units}×{}, as the left factor", left.ncols()),
                        found: vec![right.nrows(), right.ncols()],
                    });
                }
                let n = units as f64;
                let factor = match self.scale {
                    LowRankScale::OverUnits => 1.0,
                    LowRankScale::OverRoot => n.sqrt(),
                    LowRankScale::One => n,
                };
                for k in 0..left.ncols() {
                    let column = |matrix: &Mat<f64>, factor: f64| {
                        (0..units).map(|i| factor * matrix[(i, k)]).collect::<Vec<_>>()
                    };
                    connectivity = connectivity
                        .with_feedback(column(&left, 1.0), column(&right, factor))
                        .map_err(NetworkError::from)?;
                }
            }
            (None, None) => {}
            _ => {
                return Err(NetworkFileError::Architecture {
                    what: "the name map names one factor of the low-rank part alone".to_owned(),
                    advice: "give left and right",
                });
            }
        }
        let transfer =
            parse_transfer("transfer", self.transfer.as_deref().unwrap_or("tanh"), self.threshold)?;
        let form = parse_form("form", self.form.as_deref().unwrap_or("current"))?;
        let mut rate = RateNetwork::new(connectivity, transfer, form);
        if let Some(input) = optional(&self.input)? {
            rate = rate.with_input_weights(input)?;
        }
        if let Some(bias) = values(&self.bias)? {
            rate = rate.with_bias(bias)?;
        }
        if let Some(tau) = self.tau {
            rate = rate.with_time_constant(tau)?;
        }
        let mut network = Network::new(Cell::Rate(rate));
        if let Some(weights) = optional(&self.output)? {
            let bias = values(&self.output_bias)?.unwrap_or_else(|| vec![0.0; weights.nrows()]);
            network = network.with_readout(LinearReadout { weights, bias })?;
        }
        if let Some(initial) = values(&self.initial)? {
            network = network.with_initial_state(initial)?;
        }
        if let Some(dt) = self.dt {
            network = network.with_time_step(dt)?;
        }
        Ok(network)
    }
}
