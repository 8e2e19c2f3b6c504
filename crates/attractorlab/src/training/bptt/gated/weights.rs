//! The parameters of a gated network.

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;
use serde::{Deserialize, Serialize};

use super::super::{BpttError, Layout};
use crate::arrays::{Array, Arrays};
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
    pub(super) fn vectors(self) -> usize {
        match self {
            Self::Gru => 1,
            Self::Lstm => 2,
        }
    }
}

/// A gated network in training, in `f32` or `f64`: the cell of [`Gru`] or [`Lstm`] (PyTorch's), or a stack of such
/// cells, and z = Wₒᵀ h + bₒ after each step, where h is the state of the last layer.
///
/// Parts of the parameters, with n units, K inputs, L outputs and G gates: `recurrent` (Gn×n), `input` (Gn×K),
/// `input_bias` and `recurrent_bias` (Gn×1), `readout` (n×L), `readout_bias` (L×1), `initial` (the state, n×1 or
/// 2n×1). In a stack ([`draw_stack`](Self::draw_stack)) each layer has its own but for the readout, and is numbered
/// as in PyTorch: `recurrent_l0`, `recurrent_l1`, …; the inputs of a layer are the h of the one below (`input_l1` is
/// Gn×n). Where parts are chosen for training, `recurrent` names those of all layers.
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
    pub(super) layers: usize,
    pub(super) dropout: f64,
    pub(super) layout: Layout,
    pub(super) parameters: Vec<T>,
}

/// Where the parts of the parameters stand in the layout: those of each layer, the readout, the initial states.
impl<T: Real> GatedUnits<T> {
    pub(super) fn recurrent(layer: usize) -> usize {
        4 * layer
    }

    pub(super) fn input(layer: usize) -> usize {
        4 * layer + 1
    }

    pub(super) fn input_bias(layer: usize) -> usize {
        4 * layer + 2
    }

    pub(super) fn recurrent_bias(layer: usize) -> usize {
        4 * layer + 3
    }

    pub(super) fn readout(&self) -> usize {
        4 * self.layers
    }

    pub(super) fn readout_bias(&self) -> usize {
        4 * self.layers + 1
    }

    pub(super) fn initial(&self, layer: usize) -> usize {
        4 * self.layers + 2 + layer
    }

    /// Inputs of a layer.
    pub(super) fn width(&self, layer: usize) -> usize {
        if layer == 0 { self.inputs } else { self.units }
    }
}

impl<T: Real> GatedUnits<T> {
    /// A stack without weights.
    fn of(
        kind: GatedCellKind,
        layers: usize,
        units: usize,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, BpttError> {
        for (name, value) in [
            ("the number of units", units),
            ("the number of outputs", outputs),
            ("the number of layers", layers),
        ] {
            if value == 0 {
                return Err(BpttError::Parameter { name, expected: "at least 1", value: 0.0 });
            }
        }
        let rows = kind.gates() * units;
        let named = |name: &str, layer: usize| {
            if layers == 1 { name.to_owned() } else { format!("{name}_l{layer}") }
        };
        let mut shapes = Vec::new();
        for layer in 0..layers {
            shapes.push((named("recurrent", layer), rows, units));
            shapes.push((named("input", layer), rows, if layer == 0 { inputs } else { units }));
            shapes.push((named("input_bias", layer), rows, 1));
            shapes.push((named("recurrent_bias", layer), rows, 1));
        }
        shapes.push(("readout".to_owned(), units, outputs));
        shapes.push(("readout_bias".to_owned(), outputs, 1));
        shapes.extend((0..layers).map(|layer| (named("initial", layer), kind.vectors() * units, 1)));
        let layout = Layout::new(shapes);
        let parameters = vec![T::default(); layout.len()];
        Ok(Self { kind, units, inputs, outputs, layers, dropout: 0.0, layout, parameters })
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
        Self::draw_stack(kind, 1, units, inputs, outputs, stream)
    }

    /// The same for a stack of layers, each of which has the states h of the one below as its inputs.
    ///
    /// ```
    /// use attractorlab::numerics::random::Stream;
    /// use attractorlab::training::bptt::{GatedCellKind, GatedUnits, TrainableMatrices};
    ///
    /// let mut stream = Stream::new(1, "network", 0);
    /// let network = GatedUnits::<f32>::draw_stack(GatedCellKind::Lstm, 2, 16, 50, 1, &mut stream)?;
    /// assert_eq!(network.matrix("input_l0")?.ncols(), 50);
    /// assert_eq!(network.matrix("input_l1")?.ncols(), 16);
    /// assert_eq!(network.matrix("readout")?.nrows(), 16);
    /// # Ok::<(), attractorlab::training::bptt::BpttError>(())
    /// ```
    ///
    /// # Errors
    /// [`BpttError::Parameter`] without layers, units or outputs.
    pub fn draw_stack(
        kind: GatedCellKind,
        layers: usize,
        units: usize,
        inputs: usize,
        outputs: usize,
        stream: &mut Stream,
    ) -> Result<Self, BpttError> {
        let mut network = Self::of(kind, layers, units, inputs, outputs)?;
        let size = (units as f64).sqrt().recip();
        let drawn = network.layout.tensors()[network.initial(0)].range.start;
        for parameter in &mut network.parameters[..drawn] {
            *parameter = T::from_f64(size * (2.0 * stream.uniform() - 1.0));
        }
        Ok(network)
    }

    /// Sets, in training only, each entry of what a layer hands on (to the next layer, or to the readout) to zero with
    /// this probability, and divides the others by the probability that they are left: each step and trial anew.
    /// (PyTorch's layers do so between layers; there, the readout's is a module of its own.)
    ///
    /// # Errors
    /// [`BpttError::Parameter`] for a probability that is none, or one.
    pub fn with_dropout(mut self, probability: f64) -> Result<Self, BpttError> {
        if !(0.0..1.0).contains(&probability) {
            let (name, expected) = ("the probability of dropout", "at least 0 and below 1");
            return Err(BpttError::Parameter { name, expected, value: probability });
        }
        self.dropout = probability;
        Ok(self)
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
        let mut units = Self::of(kind, 1, units, inputs, readout.ncols())?;
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

    /// The network for simulation, dissection and files, if it has one layer.
    ///
    /// # Errors
    /// [`BpttError::Cell`] for a stack, [`BpttError::Network`] if a weight is not finite.
    pub fn to_network(&self) -> Result<Network, BpttError> {
        if self.layers > 1 {
            let found = "several layers; write its arrays (state_dict) for use elsewhere";
            return Err(BpttError::Cell { expected: "a single layer", found });
        }
        let vector = |k: usize| -> Vec<f64> { self.part_matrix(k).col(0).iter().copied().collect() };
        let weights = GateWeights {
            recurrent: self.part_matrix(Self::recurrent(0)),
            input: self.part_matrix(Self::input(0)),
            input_bias: vector(Self::input_bias(0)),
            recurrent_bias: vector(Self::recurrent_bias(0)),
        };
        let cell = match self.kind {
            GatedCellKind::Gru => Cell::Gru(Gru::new(weights)?),
            GatedCellKind::Lstm => Cell::Lstm(Lstm::new(weights)?),
        };
        let weights = self.part_matrix(self.readout()).transpose().to_owned();
        let readout = LinearReadout { weights, bias: vector(self.readout_bias()) };
        Ok(Network::new(cell).with_readout(readout)?.with_initial_state(vector(self.initial(0)))?)
    }

    fn part_matrix(&self, k: usize) -> Mat<f64> {
        let tensor = &self.layout.tensors()[k];
        let values = &self.parameters[tensor.range.clone()];
        Mat::from_fn(tensor.rows, tensor.columns, |i, j| values[j * tensor.rows + i].to_f64())
    }

    /// All weights under the names of a PyTorch module with `nn.GRU` or `nn.LSTM` as `recurrent` and `nn.Linear` as
    /// `readout`: `recurrent.weight_hh_l0`, …, `readout.weight`. PyTorch keeps no initial states: those that are not
    /// zero are added as `initial_l0`, ….
    pub fn state_dict(&self) -> Arrays {
        let mut dict = Arrays::default();
        let vector = |k: usize| {
            let values = &self.parameters[self.layout.tensors()[k].range.clone()];
            Array::vector(&values.iter().map(|v| v.to_f64()).collect::<Vec<_>>())
        };
        for layer in 0..self.layers {
            for (name, array) in [
                ("weight_hh", Array::matrix(&self.part_matrix(Self::recurrent(layer)))),
                ("weight_ih", Array::matrix(&self.part_matrix(Self::input(layer)))),
                ("bias_hh", vector(Self::recurrent_bias(layer))),
                ("bias_ih", vector(Self::input_bias(layer))),
            ] {
                dict.arrays.insert(format!("recurrent.{name}_l{layer}"), array);
            }
            let initial = self.part_matrix(self.initial(layer));
            if initial.norm_max() > 0.0 {
                dict.arrays.insert(format!("initial_l{layer}"), vector(self.initial(layer)));
            }
        }
        let weight = self.part_matrix(self.readout()).transpose().to_owned();
        dict.arrays.insert("readout.weight".to_owned(), Array::matrix(&weight));
        dict.arrays.insert("readout.bias".to_owned(), vector(self.readout_bias()));
        if T::NAME == "float32" {
            for array in dict.arrays.values_mut() {
                *array = array.rounded_to_f32();
            }
        }
        dict
    }

    /// Which cell.
    pub fn kind(&self) -> GatedCellKind {
        self.kind
    }

    /// Number of units n of a layer.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Number of layers.
    pub fn layers(&self) -> usize {
        self.layers
    }
}
