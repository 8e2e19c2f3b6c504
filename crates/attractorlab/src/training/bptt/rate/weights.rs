//! The parameters of a rate network, and what they mean.

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;

use super::super::{BpttError, Layout};
use crate::network::{Cell, Connectivity, Form, LinearReadout, Network, NetworkError, RateNetwork, Transfer};

/// Weights of a rate network with N units, K inputs and L outputs.
///
/// The readout is z = Wₒᵀ r: its entries are of order 1/N where those of a readout vector n are of order 1
/// (z = n·r/N).
#[derive(Debug, Clone, PartialEq)]
pub struct RateWeights {
    /// W, N×N.
    pub recurrent: Mat<f64>,
    /// Input weights, N×K.
    pub input: Mat<f64>,
    /// Bias b, length N.
    pub bias: Vec<f64>,
    /// Readout Wₒ, N×L.
    pub readout: Mat<f64>,
    /// State in which trials start, length N.
    pub initial: Vec<f64>,
}

impl RateWeights {
    /// The initial network of Schuessler et al. (2020): W of independent entries N(0, g²/N); input and readout
    /// vectors Gaussian, each scaled to the length √N (inputs) or 1/√N (readouts); no bias, start at zero.
    pub fn draw(units: usize, inputs: usize, outputs: usize, g: f64, stream: &mut Stream) -> Self {
        let root = (units as f64).sqrt();
        let recurrent = Mat::from_fn(units, units, |_, _| g / root * stream.normal());
        let mut vectors = |count: usize, length: f64| {
            let mut matrix = Mat::from_fn(units, count, |_, _| stream.normal());
            for k in 0..count {
                let norm = matrix.col(k).norm_l2();
                for i in 0..units {
                    matrix[(i, k)] *= length / norm;
                }
            }
            matrix
        };
        let (input, readout) = (vectors(inputs, root), vectors(outputs, root.recip()));
        Self { recurrent, input, bias: vec![0.0; units], readout, initial: vec![0.0; units] }
    }

    fn units(&self) -> usize {
        self.recurrent.nrows()
    }

    fn check(&self) -> Result<(), BpttError> {
        let n = self.units();
        let column = |v: &[f64]| Mat::from_fn(v.len(), 1, |i, _| v[i]);
        let parts = [
            ("the matrix of recurrent weights", self.recurrent.clone(), n),
            ("the matrix of input weights", self.input.clone(), self.input.ncols()),
            ("the bias", column(&self.bias), 1),
            ("the readout", self.readout.clone(), self.readout.ncols()),
            ("the initial state", column(&self.initial), 1),
        ];
        if n == 0 {
            let expected = "at least 1";
            return Err(BpttError::Parameter { name: "the number of units", expected, value: 0.0 });
        }
        for (name, matrix, columns) in parts {
            let found = (matrix.nrows(), matrix.ncols());
            if found != (n, columns) {
                return Err(BpttError::Shape { name: name.to_owned(), expected: (n, columns), found });
            }
            for j in 0..columns {
                if let Some(i) = (0..n).find(|&i| !matrix[(i, j)].is_finite()) {
                    return Err(BpttError::NotFinite { name: name.to_owned(), position: (i, j) });
                }
            }
        }
        if self.readout.ncols() == 0 {
            let expected = "at least 1";
            return Err(BpttError::Parameter { name: "the number of outputs", expected, value: 0.0 });
        }
        Ok(())
    }
}

/// Noise of a network in training.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepNoise {
    /// Strength σ of independent noise, as in [`RateNetwork::with_noise`]: an unconnected unit has the standard
    /// deviation σ; a step adds σ√(2 dt/τ) ξ.
    pub state: f64,
    /// Standard deviation of the initial state about its mean.
    pub initial: f64,
}

/// A rate network in training, with Euler steps of dt, in `f32` or `f64`.
///
/// | form | step |
/// |---|---|
/// | current | h ← (1 − α) h + α (W r + B u + b), r = φ(h) |
/// | rate | h ← (1 − α) h + α φ(W h + B u + b), r = h |
/// | map | h ← φ(W h + B u + b), r = h |
///
/// with α = dt/τ, and z = φₒ(Wₒᵀ r) *after* the step; φₒ is the identity unless another is chosen. The current
/// form is the network of Schuessler et al. (2020), the rate form with φₒ = φ the variant of its supplement.
///
/// Parts of the parameters: `recurrent` (N×N), `input` (N×K), `bias` (N×1), `readout` (N×L), `initial` (N×1).
#[derive(Debug, Clone)]
pub struct RateUnits<T> {
    pub(super) units: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) form: Form,
    pub(super) transfer: Transfer,
    pub(super) readout_transfer: Transfer,
    pub(super) dt: f64,
    pub(super) tau: f64,
    pub(super) noise: StepNoise,
    pub(super) layout: Layout,
    pub(super) parameters: Vec<T>,
}

impl<T: Real> RateUnits<T> {
    /// A network with these weights, time constant 1 and a linear readout, in steps of `dt` (which has no
    /// meaning for a map).
    ///
    /// # Errors
    /// [`BpttError`] for shapes that do not fit, entries that are not finite, or a step that is not in (0, 2):
    /// Euler's method would be unstable.
    pub fn new(weights: &RateWeights, form: Form, transfer: Transfer, dt: f64) -> Result<Self, BpttError> {
        weights.check()?;
        check_step(dt, 1.0)?;
        let (n, k, l) = (weights.units(), weights.input.ncols(), weights.readout.ncols());
        let layout = Layout::new([
            ("recurrent", n, n),
            ("input", n, k),
            ("bias", n, 1),
            ("readout", n, l),
            ("initial", n, 1),
        ]);
        let columns = |matrix: &Mat<f64>| -> Vec<f64> {
            (0..matrix.ncols()).flat_map(|j| (0..n).map(move |i| matrix[(i, j)])).collect()
        };
        let parameters = [
            columns(&weights.recurrent),
            columns(&weights.input),
            weights.bias.clone(),
            columns(&weights.readout),
            weights.initial.clone(),
        ];
        let parameters = parameters.concat().into_iter().map(T::from_f64).collect();
        Ok(Self {
            units: n,
            inputs: k,
            outputs: l,
            form,
            transfer,
            readout_transfer: Transfer::Linear,
            dt,
            tau: 1.0,
            noise: StepNoise::default(),
            layout,
            parameters,
        })
    }

    /// The network that a [`Network`] is, with the readout vectors of the rate network before those of the
    /// affine readout; `dt` unless the network has its own time step.
    ///
    /// # Errors
    /// [`BpttError`] for another cell, a readout with a bias, or what [`new`](Self::new) refuses.
    pub fn from_network(network: &Network, dt: f64) -> Result<Self, BpttError> {
        let Cell::Rate(rate) = network.cell() else {
            return Err(BpttError::Cell { expected: "of rate units", found: "gated units" });
        };
        let n = rate.units();
        let mut columns: Vec<Vec<f64>> =
            rate.readout().map(|v| v.iter().map(|v| v / n as f64).collect()).collect();
        if let Some(readout) = network.readout() {
            if let Some(&value) = readout.bias.iter().find(|b| **b != 0.0) {
                let name = "the bias of the readout of rate units in training";
                return Err(BpttError::Parameter { name, expected: "zero", value });
            }
            let rows = 0..readout.weights.nrows();
            columns.extend(rows.map(|l| (0..n).map(|i| readout.weights[(l, i)]).collect()));
        }
        let weights = RateWeights {
            recurrent: rate.connectivity().effective(&vec![1.0; n]),
            input: rate.input_weights().to_owned(),
            bias: rate.bias().to_vec(),
            readout: Mat::from_fn(n, columns.len(), |i, l| columns[l][i]),
            initial: network.initial_state(),
        };
        let dt = network.time_step().unwrap_or(dt);
        Self::new(&weights, rate.form(), rate.transfer(), 1.0)?
            .with_time(dt, rate.time_constant())?
            .with_noise(StepNoise { state: rate.noise(), initial: 0.0 })
    }

    /// Sets the step dt and the time constant τ.
    ///
    /// # Errors
    /// [`BpttError::Parameter`] unless 0 < dt < 2τ.
    pub fn with_time(mut self, dt: f64, tau: f64) -> Result<Self, BpttError> {
        check_step(dt, tau)?;
        (self.dt, self.tau) = (dt, tau);
        Ok(self)
    }

    /// Sets the transfer function φₒ of the outputs.
    #[must_use]
    pub fn with_readout_transfer(mut self, transfer: Transfer) -> Self {
        self.readout_transfer = transfer;
        self
    }

    /// Sets the noise of training.
    ///
    /// # Errors
    /// [`BpttError::Parameter`] if a strength is negative or not finite.
    pub fn with_noise(mut self, noise: StepNoise) -> Result<Self, BpttError> {
        for (name, value) in
            [("the noise strength", noise.state), ("the noise of the initial state", noise.initial)]
        {
            if !(value >= 0.0 && value.is_finite()) {
                let expected = "a finite number that is not negative";
                return Err(BpttError::Parameter { name, expected, value });
            }
        }
        self.noise = noise;
        Ok(self)
    }

    /// Number of units N.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The weights, in `f64`.
    pub fn weights(&self) -> RateWeights {
        let matrix = |k: usize| {
            let tensor = &self.layout.tensors()[k];
            let values = &self.parameters[tensor.range.clone()];
            Mat::from_fn(tensor.rows, tensor.columns, |i, j| values[j * tensor.rows + i].to_f64())
        };
        let vector = |k: usize| matrix(k).col(0).iter().copied().collect();
        RateWeights {
            recurrent: matrix(0),
            input: matrix(1),
            bias: vector(2),
            readout: matrix(3),
            initial: vector(4),
        }
    }

    /// The network for simulation, dissection and files. Its readout is Wₒᵀ r: φₒ is left out.
    ///
    /// # Errors
    /// [`BpttError::Network`] if a weight is not finite.
    pub fn to_network(&self) -> Result<Network, BpttError> {
        let weights = self.weights();
        let readout =
            LinearReadout { weights: weights.readout.transpose().to_owned(), bias: vec![0.0; self.outputs] };
        let connectivity = Connectivity::new(weights.recurrent).map_err(NetworkError::from)?;
        let rate = RateNetwork::new(connectivity, self.transfer, self.form)
            .with_input_weights(weights.input)?
            .with_bias(weights.bias)?
            .with_time_constant(self.tau)?
            .with_noise(self.noise.state)?;
        Ok(Network::new(Cell::Rate(rate))
            .with_readout(readout)?
            .with_initial_state(weights.initial)?
            .with_time_step(self.dt)?)
    }

    /// α: the part of a state that a step replaces.
    pub(super) fn alpha(&self) -> f64 {
        if self.form == Form::Map { 1.0 } else { self.dt / self.tau }
    }
}

fn check_step(dt: f64, tau: f64) -> Result<(), BpttError> {
    if !(tau > 0.0 && tau.is_finite()) {
        let expected = "positive and finite";
        return Err(BpttError::Parameter { name: "the time constant", expected, value: tau });
    }
    if dt > 0.0 && dt < 2.0 * tau {
        Ok(())
    } else {
        let expected = "above zero and below twice the time constant (beyond, Euler's method is unstable)";
        Err(BpttError::Parameter { name: "the time step", expected, value: dt })
    }
}
