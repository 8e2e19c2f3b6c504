//! A network of any kind, with what reads it out.

use attractorlab_numerics::linalg::{Mat, matvec};

use super::GatedCell;
use super::{Form, Gru, Lstm, NetworkError, RateNetwork};
use crate::network::ConnectivityError;

/// The recurrent part of a network.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Cell {
    /// Rate units, in any form.
    Rate(RateNetwork),
    /// Gated recurrent units.
    Gru(Gru),
    /// A long short-term memory.
    Lstm(Lstm),
}

/// z = W s + b: an affine readout of the first n variables s of a state (of the rates φ(x) in the current
/// form).
#[derive(Debug, Clone, PartialEq)]
pub struct LinearReadout {
    /// W, L×n.
    pub weights: Mat<f64>,
    /// b, length L.
    pub bias: Vec<f64>,
}

/// A network as files hold it: a cell, a readout, the state in which trials start, and the time step it was
/// trained with.
#[derive(Debug, Clone)]
pub struct Network {
    cell: Cell,
    readout: Option<LinearReadout>,
    initial: Option<Vec<f64>>,
    dt: Option<f64>,
}

impl Network {
    /// A network without readout that starts from zero.
    pub fn new(cell: Cell) -> Self {
        Self { cell, readout: None, initial: None, dt: None }
    }

    /// Sets the readout.
    ///
    /// # Errors
    /// [`NetworkError::ReadoutShape`] unless the weights have one column for each unit and the bias one entry
    /// for each row; [`NetworkError`] for entries that are not finite.
    pub fn with_readout(mut self, readout: LinearReadout) -> Result<Self, NetworkError> {
        let (rows, columns) = (readout.weights.nrows(), readout.weights.ncols());
        if columns != self.units() || readout.bias.len() != rows {
            return Err(NetworkError::ReadoutShape {
                units: self.units(),
                found: (rows, columns),
                bias: readout.bias.len(),
            });
        }
        for i in 0..rows {
            let row_is_finite = (0..columns).all(|j| readout.weights[(i, j)].is_finite());
            if !row_is_finite || !readout.bias[i].is_finite() {
                let (name, position) = ("the readout", (i, 0));
                return Err(ConnectivityError::NotFinite { name, position }.into());
            }
        }
        self.readout = Some(readout);
        Ok(self)
    }

    /// Sets the state in which trials start.
    ///
    /// # Errors
    /// [`NetworkError`] if its length is not that of a state or an entry is not finite.
    pub fn with_initial_state(mut self, state: Vec<f64>) -> Result<Self, NetworkError> {
        let name = "the initial state";
        if state.len() != self.state_size() {
            let (units, found) = (self.state_size(), state.len());
            return Err(ConnectivityError::Length { name, units, found }.into());
        }
        if let Some(i) = state.iter().position(|x| !x.is_finite()) {
            return Err(ConnectivityError::NotFinite { name, position: (i, 0) }.into());
        }
        self.initial = Some(state);
        Ok(self)
    }

    /// Sets the time step of a network in continuous time.
    ///
    /// # Errors
    /// [`NetworkError::Parameter`] unless it is positive and finite.
    pub fn with_time_step(mut self, dt: f64) -> Result<Self, NetworkError> {
        if !(dt > 0.0 && dt.is_finite()) {
            let expected = "positive and finite";
            return Err(NetworkError::Parameter { name: "the time step", expected, value: dt });
        }
        self.dt = Some(dt);
        Ok(self)
    }

    /// The recurrent part.
    pub fn cell(&self) -> &Cell {
        &self.cell
    }

    /// The affine readout, if there is one. (A rate network may also have readout vectors of its own.)
    pub fn readout(&self) -> Option<&LinearReadout> {
        self.readout.as_ref()
    }

    /// The state in which trials start; zero if none was given.
    pub fn initial_state(&self) -> Vec<f64> {
        self.initial.clone().unwrap_or_else(|| vec![0.0; self.state_size()])
    }

    /// Whether an initial state was given.
    pub fn has_initial_state(&self) -> bool {
        self.initial.is_some()
    }

    /// The time step of a network in continuous time, if it is known.
    pub fn time_step(&self) -> Option<f64> {
        self.dt
    }

    /// Number of units n.
    pub fn units(&self) -> usize {
        match &self.cell {
            Cell::Rate(network) => network.units(),
            Cell::Gru(cell) => cell.units(),
            Cell::Lstm(cell) => cell.units(),
        }
    }

    /// Number of variables of a state: n, or 2n for an LSTM (h, then c).
    pub fn state_size(&self) -> usize {
        match &self.cell {
            Cell::Rate(network) => network.units(),
            Cell::Gru(cell) => cell.dim(),
            Cell::Lstm(cell) => cell.dim(),
        }
    }

    /// Number of inputs K.
    pub fn inputs(&self) -> usize {
        match &self.cell {
            Cell::Rate(network) => network.inputs(),
            Cell::Gru(cell) => cell.weights().input.ncols(),
            Cell::Lstm(cell) => cell.weights().input.ncols(),
        }
    }

    /// Number of outputs L.
    pub fn outputs(&self) -> usize {
        match (&self.readout, &self.cell) {
            (Some(readout), _) => readout.weights.nrows(),
            (None, Cell::Rate(network)) => network.outputs(),
            (None, _) => 0,
        }
    }

    /// What the network is, in a word: `rate network (current form)`, `GRU` …
    pub fn kind(&self) -> String {
        match &self.cell {
            Cell::Rate(network) => {
                format!("{} rate network ({} form)", network.transfer().name(), network.form().name())
            }
            Cell::Gru(_) => "GRU".to_owned(),
            Cell::Lstm(_) => "LSTM".to_owned(),
        }
    }

    /// The outputs in a state.
    ///
    /// # Panics
    /// If the state has another length than [`Network::state_size`].
    #[track_caller]
    pub fn output(&self, state: &[f64]) -> Vec<f64> {
        assert_eq!(state.len(), self.state_size(), "one entry of the state for each variable");
        let Some(readout) = &self.readout else {
            return match &self.cell {
                Cell::Rate(network) => network.output(state),
                Cell::Gru(_) | Cell::Lstm(_) => Vec::new(),
            };
        };
        let mut read = state[..self.units()].to_vec();
        if let Cell::Rate(network) = &self.cell
            && network.form() == Form::Current
        {
            network.transfer().values_in_place(&mut read);
        }
        let mut out = vec![0.0; readout.bias.len()];
        matvec(readout.weights.as_ref(), &read, &mut out);
        out.iter_mut().zip(&readout.bias).for_each(|(o, b)| *o += b);
        out
    }

    /// The trajectory under a sequence of inputs (K×T, one column a step) from `start` (zero or the network's
    /// initial state if `None`): the states after each step, as columns. Continuous time takes Euler steps of
    /// [`Network::time_step`] (0.1 τ if unknown).
    ///
    /// # Panics
    /// If the inputs have not K rows or the start has another length than a state.
    #[track_caller]
    pub fn run(&self, inputs: &Mat<f64>, start: Option<&[f64]>) -> Mat<f64> {
        assert_eq!(inputs.nrows(), self.inputs(), "one row of the inputs for each input of the network");
        let mut state = start.map_or_else(|| self.initial_state(), <[f64]>::to_vec);
        assert_eq!(state.len(), self.state_size(), "one entry of the start for each variable");
        let mut out = Mat::zeros(state.len(), inputs.ncols());
        for t in 0..inputs.ncols() {
            let u: Vec<f64> = (0..inputs.nrows()).map(|k| inputs[(k, t)]).collect();
            state = self.after(&u, &state);
            for (i, x) in state.iter().enumerate() {
                out[(i, t)] = *x;
            }
        }
        out
    }

    /// The state one step later.
    fn after(&self, u: &[f64], state: &[f64]) -> Vec<f64> {
        match &self.cell {
            Cell::Rate(network) => {
                let (driven, mut field) = (network.under(u), vec![0.0; state.len()]);
                crate::dynamics::Dynamics::field(&driven, state, &mut field);
                if network.form() == Form::Map {
                    return field;
                }
                let dt = self.dt.unwrap_or(0.1 * network.time_constant());
                state.iter().zip(field).map(|(x, f)| x + dt * f).collect()
            }
            Cell::Gru(cell) => one_step(cell, u, state),
            Cell::Lstm(cell) => one_step(cell, u, state),
        }
    }
}

fn one_step(cell: &impl GatedCell, u: &[f64], state: &[f64]) -> Vec<f64> {
    let mut products = vec![0.0; cell.weights().recurrent.nrows()];
    matvec(cell.weights().recurrent.as_ref(), &state[..cell.units()], &mut products);
    cell.step::<f64>(&cell.drive(u), &products, state, false).next
}
