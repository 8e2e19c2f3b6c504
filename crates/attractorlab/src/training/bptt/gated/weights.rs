//! The parameters of a gated network.

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;
use serde::{Deserialize, Serialize};

use super::super::{BpttError, Layout};
use crate::network::{Cell, GateWeights, Gru, LinearReadout, Lstm, Network};

/// Which gated cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatedCellKind {
    /// A gated recurrent unit ([`Gru`]).
    Gru,
    /// A long short-term memory ([`Lstm`]).
    Lstm,
}

impl GatedCellKind {
    /// Number of gates.
    pub(super) fn gates(self) -> usize {
        match self {
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }

    /// Vectors of n variables in a state: h, or h and c.
    pub(super) fn layers(self) -> usize {
        match self {
            Self::Gru => 1,
            Self::Lstm => 2,
        }
    }
}

/// A gated network in training, in `f32` or `f64`: the cell of [`Gru`] or [`Lstm`] (PyTorch's), and
/// z = Wₒᵀ h + bₒ after each step.
///
/// Parts of the parameters, with n units, K inputs, L outputs and G gates: `recurrent` (Gn×n), `input` (Gn×K),
/// `input_bias` and `recurrent_bias` (Gn×1), `readout` (n×L), `readout_bias` (L×1), `initial` (the state, n×1 or
/// 2n×1).
///
/// ```
/// use attractorlab::numerics::random::Stream;
/// use attractorlab::task::FlipFlop;
/// use attractorlab::training::OptimiserRule;
/// use attractorlab::training::bptt::{GatedCellKind, GatedUnits, Trainer, TrainingOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let network = GatedUnits::<f32>::draw(GatedCellKind::Gru, 24, 2, 2, &mut Stream::new(1, "network", 0))?;
/// let trained = ["recurrent", "input", "input_bias", "readout"].map(str::to_owned).to_vec();
/// let optimiser = OptimiserRule::adam(0.01);
/// let options = TrainingOptions { epochs: 30, optimiser, trained, ..TrainingOptions::default() };
/// let task = FlipFlop { duration: 20.0, ..FlipFlop::default() };
/// let mut trainer = Trainer::new(network, &task, options)?;
/// trainer.run()?;
/// assert!(trainer.losses()[29] < trainer.losses()[0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct GatedUnits<T> {
    pub(super) kind: GatedCellKind,
    pub(super) units: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) layout: Layout,
    pub(super) parameters: Vec<T>,
}

impl<T: Real> GatedUnits<T> {
    fn of(kind: GatedCellKind, units: usize, inputs: usize, outputs: usize) -> Result<Self, BpttError> {
        for (name, value) in [("the number of units", units), ("the number of outputs", outputs)] {
            if value == 0 {
                return Err(BpttError::Parameter { name, expected: "at least 1", value: 0.0 });
            }
        }
        let rows = kind.gates() * units;
        let layout = Layout::new(&[
            ("recurrent", rows, units),
            ("input", rows, inputs),
            ("input_bias", rows, 1),
            ("recurrent_bias", rows, 1),
            ("readout", units, outputs),
            ("readout_bias", outputs, 1),
            ("initial", kind.layers() * units, 1),
        ]);
        let parameters = vec![T::default(); layout.len()];
        Ok(Self { kind, units, inputs, outputs, layout, parameters })
    }

    /// Every weight and bias uniform on ±1/√n, as PyTorch starts; trials start at zero.
    ///
    /// # Errors
    /// [`BpttError::Parameter`] without units or outputs.
    pub fn draw(
        kind: GatedCellKind,
        units: usize,
        inputs: usize,
        outputs: usize,
        stream: &mut Stream,
    ) -> Result<Self, BpttError> {
        let mut network = Self::of(kind, units, inputs, outputs)?;
        let size = (units as f64).sqrt().recip();
        let drawn = network.layout.tensors()[6].range.start;
        for parameter in &mut network.parameters[..drawn] {
            *parameter = T::from_f64(size * (2.0 * stream.uniform() - 1.0));
        }
        Ok(network)
    }

    /// The cell and readout of a [`Network`].
    ///
    /// # Errors
    /// [`BpttError`] for a network without readout, or of rate units.
    pub fn from_network(network: &Network) -> Result<Self, BpttError> {
        let (kind, weights) = match network.cell() {
            Cell::Gru(cell) => (GatedCellKind::Gru, cell.weights()),
            Cell::Lstm(cell) => (GatedCellKind::Lstm, cell.weights()),
            Cell::Rate(_) => {
                return Err(BpttError::Cell { expected: "a GRU or an LSTM", found: "rate units" });
            }
        };
        let (units, inputs) = (weights.recurrent.ncols(), weights.input.ncols());
        let (readout, bias) = network.readout().map_or((Mat::zeros(units, 0), Vec::new()), |r| {
            (r.weights.transpose().to_owned(), r.bias.clone())
        });
        let mut units = Self::of(kind, units, inputs, readout.ncols())?;
        let columns = |matrix: &Mat<f64>| -> Vec<f64> {
            (0..matrix.ncols()).flat_map(|j| (0..matrix.nrows()).map(move |i| matrix[(i, j)])).collect()
        };
        let parameters = [
            columns(&weights.recurrent),
            columns(&weights.input),
            weights.input_bias.clone(),
            weights.recurrent_bias.clone(),
            columns(&readout),
            bias,
            network.initial_state(),
        ];
        units.parameters = parameters.concat().into_iter().map(T::from_f64).collect();
        Ok(units)
    }

    /// The network for simulation, dissection and files.
    ///
    /// # Errors
    /// [`BpttError::Network`] if a weight is not finite.
    pub fn to_network(&self) -> Result<Network, BpttError> {
        let matrix = |k: usize| {
            let tensor = &self.layout.tensors()[k];
            let values = &self.parameters[tensor.range.clone()];
            Mat::from_fn(tensor.rows, tensor.columns, |i, j| values[j * tensor.rows + i].to_f64())
        };
        let vector = |k: usize| -> Vec<f64> { matrix(k).col(0).iter().copied().collect() };
        let weights = GateWeights {
            recurrent: matrix(0),
            input: matrix(1),
            input_bias: vector(2),
            recurrent_bias: vector(3),
        };
        let cell = match self.kind {
            GatedCellKind::Gru => Cell::Gru(Gru::new(weights)?),
            GatedCellKind::Lstm => Cell::Lstm(Lstm::new(weights)?),
        };
        let readout = LinearReadout { weights: matrix(4).transpose().to_owned(), bias: vector(5) };
        Ok(Network::new(cell).with_readout(readout)?.with_initial_state(vector(6))?)
    }

    /// Which cell.
    pub fn kind(&self) -> GatedCellKind {
        self.kind
    }

    /// Number of units n.
    pub fn units(&self) -> usize {
        self.units
    }
}
