//! Gated cells, and networks of any kind, as dynamical systems under a constant input.

use attractorlab_numerics::linalg::{Mat, MatMut, MatRef, matvec};

use super::{Driven, Dynamics, Time};
use crate::network::{Cell, GateDrive, GatedCell, Gru, Lstm, Network, products};

/// A gated cell under a constant input.
#[derive(Debug, Clone)]
pub(super) struct DrivenCell<'a, C> {
    pub(super) cell: &'a C,
    pub(super) drive: GateDrive,
}

impl<C: GatedCell> DrivenCell<'_, C> {
    fn products(&self, x: &[f64]) -> Vec<f64> {
        let weights = &self.cell.weights().recurrent;
        let mut out = vec![0.0; weights.nrows()];
        matvec(weights.as_ref(), &x[..self.cell.units()], &mut out);
        out
    }
}

impl<C: GatedCell> Dynamics for DrivenCell<'_, C> {
    fn dim(&self) -> usize {
        self.cell.dim()
    }
    fn time(&self) -> Time {
        Time::Discrete
    }
    fn field(&self, x: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&self.cell.step::<f64>(&self.drive, &self.products(x), x, false).next);
    }
    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        let n = self.cell.units();
        let step = self.cell.step::<f64>(&self.drive, &self.products(x), x, true);
        let weights = &self.cell.weights().recurrent;
        let mut jacobian = Mat::zeros(self.dim(), self.dim());
        for (group, gates) in step.blocks.iter().enumerate() {
            for j in 0..n {
                let column = &mut jacobian.as_mut().col_mut(j);
                for (gate, factors) in gates {
                    for i in 0..n {
                        column[group * n + i] += factors[i] * weights[(gate * n + i, j)];
                    }
                }
            }
        }
        for (rows, columns, values) in &step.diagonals {
            for i in 0..n {
                jacobian[(rows * n + i, columns * n + i)] += values[i];
            }
        }
        jacobian
    }
    fn fields(&self, states: MatRef<'_, f64>, mut out: MatMut<'_, f64>) {
        let products = products(self.cell, states);
        let (mut state, mut product) = (vec![0.0; self.dim()], vec![0.0; products.nrows()]);
        for c in 0..states.ncols() {
            state.iter_mut().zip(states.col(c).iter()).for_each(|(s, x)| *s = *x);
            product.iter_mut().zip(products.col(c).iter()).for_each(|(s, x)| *s = *x);
            let next = self.cell.step::<f64>(&self.drive, &product, &state, false).next;
            out.as_mut().col_mut(c).iter_mut().zip(next).for_each(|(o, x)| *o = x);
        }
    }
    fn bounds(&self) -> Option<Vec<f64>> {
        Some(self.cell.bounds(&self.drive))
    }
}

/// A network of any kind under a constant input; made by [`Network::under`].
#[derive(Debug, Clone)]
pub struct DrivenNetwork<'a>(pub(super) Kind<'a>);

#[derive(Debug, Clone)]
pub(super) enum Kind<'a> {
    Rate(Driven<'a>),
    Gru(DrivenCell<'a, Gru>),
    Lstm(DrivenCell<'a, Lstm>),
}

impl Network {
    /// The autonomous system of this network under the constant input u.
    ///
    /// # Panics
    /// If u has not one entry for each input.
    #[track_caller]
    pub fn under(&self, u: &[f64]) -> DrivenNetwork<'_> {
        assert_eq!(u.len(), self.inputs(), "one entry of u for each input");
        DrivenNetwork(match self.cell() {
            Cell::Rate(network) => Kind::Rate(network.under(u)),
            Cell::Gru(cell) => Kind::Gru(DrivenCell { cell, drive: cell.drive(u) }),
            Cell::Lstm(cell) => Kind::Lstm(DrivenCell { cell, drive: cell.drive(u) }),
        })
    }
}

/// Calls a method of whatever the network is.
macro_rules! each_kind {
    ($self:ident, $system:ident => $call:expr) => {
        match &$self.0 {
            $crate::dynamics::gated::Kind::Rate($system) => $call,
            $crate::dynamics::gated::Kind::Gru($system) => $call,
            $crate::dynamics::gated::Kind::Lstm($system) => $call,
        }
    };
}
pub(super) use each_kind;

impl Dynamics for DrivenNetwork<'_> {
    fn dim(&self) -> usize {
        each_kind!(self, system => system.dim())
    }
    fn time(&self) -> Time {
        each_kind!(self, system => system.time())
    }
    fn field(&self, x: &[f64], out: &mut [f64]) {
        each_kind!(self, system => system.field(x, out));
    }
    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        each_kind!(self, system => system.jacobian(x))
    }
    fn jacobian_times(&self, x: &[f64], v: &[f64], out: &mut [f64]) {
        each_kind!(self, system => system.jacobian_times(x, v, out));
    }
    fn jacobian_transposed_times(&self, x: &[f64], v: &[f64], out: &mut [f64]) {
        each_kind!(self, system => system.jacobian_transposed_times(x, v, out));
    }
    fn fields(&self, states: MatRef<'_, f64>, out: MatMut<'_, f64>) {
        each_kind!(self, system => system.fields(states, out));
    }
    fn time_constant(&self) -> f64 {
        each_kind!(self, system => system.time_constant())
    }
    fn bounds(&self) -> Option<Vec<f64>> {
        each_kind!(self, system => system.bounds())
    }
}
