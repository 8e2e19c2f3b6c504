//! Rate networks: connectivity, inputs, bias, outputs, and what the equations mean.

use attractorlab_numerics::linalg::{Mat, MatRef, matvec};

use super::{Connectivity, ConnectivityError, Transfer, mean_product};

/// Which equations the weights belong to; the same weights mean different networks otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// τ dx/dt = −x + Jφ(x) + Bu + b; the state is x and the rates are φ(x).
    Current,
    /// τ dr/dt = −r + φ(Jr + Bu + b); the state is the rates r.
    Rate,
    /// h' = φ(Jh + Bu + b), in discrete time; the state is h, and the rates are h.
    Map,
}

impl Form {
    /// The name used in files, on the command line and in Python.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Rate => "rate",
            Self::Map => "map",
        }
    }
}

/// A network of N rate units with K inputs and L outputs, in one of three [`Form`]s.
///
/// Made by [`RateNetwork::new`] and the `with_` methods, each of which checks what it is given.
///
/// ```
/// use attractorlab::network::{Bulk, Connectivity, Form, RateNetwork, Transfer};
/// use attractorlab::numerics::random::Stream;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream = Stream::new(1, "example", 0);
/// let (m, n) = (stream.normals(50), stream.normals(50));
/// let connectivity = Connectivity::new(Bulk::Gaussian { g: 0.8 }.draw(50, &mut stream)?)?
///     .with_feedback(m, n.clone())?;
/// let network = RateNetwork::new(connectivity, Transfer::Tanh, Form::Current)
///     .with_output(n)?
///     .with_bias(vec![0.1; 50])?;
/// assert_eq!((network.units(), network.inputs(), network.outputs()), (50, 0, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RateNetwork {
    connectivity: Connectivity,
    input: Mat<f64>,
    bias: Vec<f64>,
    readout: Vec<Vec<f64>>,
    transfer: Transfer,
    form: Form,
    tau: f64,
    noise: f64,
}

/// Why a rate network cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The connectivity, or a vector beside it, is wrong.
    #[error(transparent)]
    Connectivity(#[from] ConnectivityError),
    /// The ensemble has a parameter out of range.
    #[error(transparent)]
    Bulk(#[from] super::BulkError),
    /// The input weights have not one row for each unit.
    #[error("the input weights must have one row for each of the {units} units, got {rows}")]
    InputRows {
        /// Number of units.
        units: usize,
        /// Number of rows.
        rows: usize,
    },
    /// The weights of a gated cell have the wrong number of rows.
    #[error("{name} of a cell with {gates} gates must have {expected} rows (gates times units), got {found}")]
    GateShape {
        /// Which weights.
        name: &'static str,
        /// Number of gates.
        gates: usize,
        /// Number of rows that fits.
        expected: usize,
        /// Number of rows.
        found: usize,
    },
    /// A readout does not fit the network.
    #[error(
        "the readout must have one column for each of the {units} units and one bias for each row, got {found:?} \
         and {bias} biases"
    )]
    ReadoutShape {
        /// Number of units.
        units: usize,
        /// Rows and columns of its weights.
        found: (usize, usize),
        /// Length of its bias.
        bias: usize,
    },
    /// A number is out of its range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
}

impl RateNetwork {
    /// A network without inputs, bias, outputs and noise, with time constant 1.
    pub fn new(connectivity: Connectivity, transfer: Transfer, form: Form) -> Self {
        let units = connectivity.units();
        Self {
            connectivity,
            input: Mat::zeros(units, 0),
            bias: vec![0.0; units],
            readout: Vec::new(),
            transfer,
            form,
            tau: 1.0,
            noise: 0.0,
        }
    }

    /// Sets the N×K input weights B, entries of order 1.
    ///
    /// # Errors
    /// [`NetworkError`] if the rows are not N or an entry is not finite.
    pub fn with_input_weights(mut self, input: Mat<f64>) -> Result<Self, NetworkError> {
        if input.nrows() != self.units() {
            return Err(NetworkError::InputRows { units: self.units(), rows: input.nrows() });
        }
        for k in 0..input.ncols() {
            if let Some(i) = (0..input.nrows()).find(|&i| !input[(i, k)].is_finite()) {
                let (name, position) = ("the matrix of input weights", (i, k));
                return Err(ConnectivityError::NotFinite { name, position }.into());
            }
        }
        self.input = input;
        Ok(self)
    }

    /// Sets the bias b.
    ///
    /// # Errors
    /// [`NetworkError`] if its length is not N or an entry is not finite.
    pub fn with_bias(mut self, bias: Vec<f64>) -> Result<Self, NetworkError> {
        self.check_vector("the bias", &bias)?;
        self.bias = bias;
        Ok(self)
    }

    /// Adds an output z = n·r/N of the rates r, with entries of n of order 1.
    ///
    /// # Errors
    /// [`NetworkError`] if the length of n is not N or an entry is not finite.
    pub fn with_output(mut self, n: Vec<f64>) -> Result<Self, NetworkError> {
        self.check_vector("the readout vector", &n)?;
        self.readout.push(n);
        Ok(self)
    }

    /// Sets the time constant τ > 0; it has no meaning for a map.
    ///
    /// # Errors
    /// [`NetworkError::Parameter`] unless it is positive and finite.
    pub fn with_time_constant(mut self, tau: f64) -> Result<Self, NetworkError> {
        if !(tau > 0.0 && tau.is_finite()) {
            let expected = "positive and finite";
            return Err(NetworkError::Parameter { name: "the time constant", expected, value: tau });
        }
        self.tau = tau;
        Ok(self)
    }

    /// Sets the strength σ ≥ 0 of independent white noise.
    ///
    /// In continuous time σ√(2τ) dW is added to τ dx (or τ dr): a unit without connections then has
    /// the standard deviation σ. For a map σξ is added to Jh + Bu + b.
    ///
    /// # Errors
    /// [`NetworkError::Parameter`] if it is negative or not finite.
    pub fn with_noise(mut self, sigma: f64) -> Result<Self, NetworkError> {
        if !(sigma >= 0.0 && sigma.is_finite()) {
            let expected = "a finite number that is not negative";
            return Err(NetworkError::Parameter { name: "the noise strength", expected, value: sigma });
        }
        self.noise = sigma;
        Ok(self)
    }

    fn check_vector(&self, name: &'static str, vector: &[f64]) -> Result<(), NetworkError> {
        let units = self.units();
        if vector.len() != units {
            return Err(ConnectivityError::Length { name, units, found: vector.len() }.into());
        }
        match vector.iter().position(|v| !v.is_finite()) {
            Some(i) => Err(ConnectivityError::NotFinite { name, position: (i, 0) }.into()),
            None => Ok(()),
        }
    }

    /// Number of units N.
    pub fn units(&self) -> usize {
        self.connectivity.units()
    }

    /// Number of inputs K.
    pub fn inputs(&self) -> usize {
        self.input.ncols()
    }

    /// Number of outputs L.
    pub fn outputs(&self) -> usize {
        self.readout.len()
    }

    /// J.
    pub fn connectivity(&self) -> &Connectivity {
        &self.connectivity
    }

    /// B, N×K.
    pub fn input_weights(&self) -> MatRef<'_, f64> {
        self.input.as_ref()
    }

    /// b.
    pub fn bias(&self) -> &[f64] {
        &self.bias
    }

    /// The readout vectors n, one for each output.
    pub fn readout(&self) -> impl Iterator<Item = &[f64]> {
        self.readout.iter().map(Vec::as_slice)
    }

    /// φ.
    pub fn transfer(&self) -> Transfer {
        self.transfer
    }

    /// Which equations the weights belong to.
    pub fn form(&self) -> Form {
        self.form
    }

    /// τ.
    pub fn time_constant(&self) -> f64 {
        self.tau
    }

    /// σ.
    pub fn noise(&self) -> f64 {
        self.noise
    }

    /// Bu + b.
    ///
    /// # Panics
    /// If u has not one entry for each input.
    #[track_caller]
    pub fn drive(&self, u: &[f64]) -> Vec<f64> {
        assert_eq!(u.len(), self.inputs(), "one entry of u for each input");
        let mut drive = vec![0.0; self.units()];
        matvec(self.input.as_ref(), u, &mut drive);
        drive.iter_mut().zip(&self.bias).for_each(|(d, b)| *d += b);
        drive
    }

    /// The rates in a state (x, r or h).
    ///
    /// # Panics
    /// If the state has not N entries.
    #[track_caller]
    pub fn rates(&self, state: &[f64]) -> Vec<f64> {
        assert_eq!(state.len(), self.units(), "one entry of the state for each unit");
        let mut rates = state.to_vec();
        if self.form == Form::Current {
            self.transfer.values_in_place(&mut rates);
        }
        rates
    }

    /// The outputs z = n·r/N in a state (x, r or h).
    ///
    /// # Panics
    /// If the state has not N entries.
    #[track_caller]
    pub fn output(&self, state: &[f64]) -> Vec<f64> {
        let rates = self.rates(state);
        self.readout.iter().map(|n| mean_product(n, &rates)).collect()
    }

    /// The overlaps κ = n·r/N of the rates with the readout vectors of the feedback loops, one for each loop: what the
    /// loops feed back.
    ///
    /// # Panics
    /// If the state has not N entries.
    #[track_caller]
    pub fn overlaps(&self, state: &[f64]) -> Vec<f64> {
        let rates = self.rates(state);
        self.connectivity.loops().map(|(_, n)| mean_product(n, &rates)).collect()
    }
}
