//! Gated cells, as PyTorch defines them.

use std::ops::{Add, Mul, Sub};

use attractorlab_numerics::interval::Interval;
use attractorlab_numerics::linalg::{Mat, MatRef, matvec};

use super::{NetworkError, Transfer};

/// What the gates are computed with: numbers, or intervals of them.
pub(crate) trait Number: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    fn from_f64(x: f64) -> Self;
    fn logistic(x: &mut [Self]);
    fn tanh(x: &mut [Self]);
    /// 1 − x².
    fn one_minus_square(self) -> Self;
}

impl Number for f64 {
    fn from_f64(x: f64) -> Self {
        x
    }
    fn logistic(x: &mut [Self]) {
        Transfer::Logistic.values_in_place(x);
    }
    fn tanh(x: &mut [Self]) {
        Transfer::Tanh.values_in_place(x);
    }
    fn one_minus_square(self) -> Self {
        (1.0 - self) * (1.0 + self)
    }
}

impl Number for Interval {
    fn from_f64(x: f64) -> Self {
        Self::point(x)
    }
    fn logistic(x: &mut [Self]) {
        for x in x {
            *x = x.logistic();
        }
    }
    fn tanh(x: &mut [Self]) {
        for x in x {
            *x = x.tanh();
        }
    }
    fn one_minus_square(self) -> Self {
        Self::point(1.0) - self.square()
    }
}

/// The weights of a gated cell with G gates: input weights (G·n)×K, recurrent weights (G·n)×n, and the two
/// biases of length G·n that PyTorch keeps apart.
#[derive(Debug, Clone, PartialEq)]
pub struct GateWeights {
    /// Input weights, `weight_ih_l0`.
    pub input: Mat<f64>,
    /// Recurrent weights, `weight_hh_l0`.
    pub recurrent: Mat<f64>,
    /// Bias beside the input, `bias_ih_l0`.
    pub input_bias: Vec<f64>,
    /// Bias beside the recurrence, `bias_hh_l0`.
    pub recurrent_bias: Vec<f64>,
}

impl GateWeights {
    fn check(&self, gates: usize) -> Result<(), NetworkError> {
        let (rows, units) = (self.recurrent.nrows(), self.recurrent.ncols());
        if units == 0 || rows != gates * units {
            return Err(NetworkError::GateShape {
                name: "the recurrent weights",
                gates,
                expected: gates * units,
                found: rows,
            });
        }
        let lengths = [
            ("the input weights", self.input.nrows()),
            ("the input bias", self.input_bias.len()),
            ("the recurrent bias", self.recurrent_bias.len()),
        ];
        for (name, found) in lengths {
            if found != rows {
                return Err(NetworkError::GateShape { name, gates, expected: rows, found });
            }
        }
        let not_finite = |name, position| Err(super::ConnectivityError::NotFinite { name, position }.into());
        for (name, matrix) in [
            ("the matrix of input weights", &self.input),
            ("the matrix of recurrent weights", &self.recurrent),
        ] {
            for j in 0..matrix.ncols() {
                if let Some(i) = (0..rows).find(|&i| !matrix[(i, j)].is_finite()) {
                    return not_finite(name, (i, j));
                }
            }
        }
        for (name, bias) in
            [("the input bias", &self.input_bias), ("the recurrent bias", &self.recurrent_bias)]
        {
            if let Some(i) = bias.iter().position(|b| !b.is_finite()) {
                return not_finite(name, (i, 0));
            }
        }
        Ok(())
    }

    /// W_ih u + b_ih, and b_hh in the rows before `joined`.
    fn drive(&self, u: &[f64], joined: usize) -> GateDrive {
        let rows = self.input.nrows();
        let mut input = vec![0.0; rows];
        matvec(self.input.as_ref(), u, &mut input);
        let size = (0..rows)
            .map(|i| {
                let products: f64 = u.iter().enumerate().map(|(k, u)| (self.input[(i, k)] * u).abs()).sum();
                products + self.input_bias[i].abs() + self.recurrent_bias[i].abs()
            })
            .collect();
        input.iter_mut().zip(&self.input_bias).for_each(|(d, b)| *d += b);
        input.iter_mut().zip(&self.recurrent_bias).take(joined).for_each(|(d, b)| *d += b);
        GateDrive { input, size }
    }
}

/// A gated recurrent unit, with n units and K inputs, as `torch.nn.GRU` (gate order r, z, n):
///
/// r = σ(W_ir u + b_ir + W_hr h + b_hr), z = σ(W_iz u + b_iz + W_hz h + b_hz),
/// c = tanh(W_in u + b_in + r∘(W_hn h + b_hn)), h' = (1 − z)∘c + z∘h.
#[derive(Debug, Clone, PartialEq)]
pub struct Gru(GateWeights);

/// A long short-term memory, with n units and K inputs, as `torch.nn.LSTM` (gate order i, f, g, o):
///
/// c' = f∘c + i∘g, h' = o∘tanh(c'), with i, f, o = σ(…) and g = tanh(…) of W_ih u + b_ih + W_hh h + b_hh.
/// Its state is h, then c: 2n variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Lstm(GateWeights);

/// One step of a cell: the next state, and the Jacobian as diagonal matrices times blocks of the recurrent
/// weights.
pub(crate) struct Step<S> {
    /// The next state.
    pub(crate) next: Vec<S>,
    /// For each group of n rows of the Jacobian: factors of the gates' blocks, (gate, factors).
    pub(crate) blocks: Vec<Vec<(usize, Vec<S>)>>,
    /// Diagonals: (group of rows, group of columns, values).
    pub(crate) diagonals: Vec<(usize, usize, Vec<S>)>,
}

/// What simulation, search and certificates need of a gated cell.
pub(crate) trait GatedCell: Sync {
    fn weights(&self) -> &GateWeights;
    /// Number of units n.
    fn units(&self) -> usize {
        self.weights().recurrent.ncols()
    }
    /// Number of variables of the state.
    fn dim(&self) -> usize;
    /// The part of the gates' arguments that does not depend on the state, (constant, added to W_hh h).
    fn drive(&self, u: &[f64]) -> GateDrive;
    /// From the products W_hh h.
    fn step<S: Number>(&self, drive: &GateDrive, products: &[S], state: &[S], jacobian: bool) -> Step<S>;
    /// Bounds |xᵢ| of every fixed point.
    fn bounds(&self, drive: &GateDrive) -> Vec<f64>;
}

/// What an input adds to the gates.
#[derive(Debug, Clone)]
pub(crate) struct GateDrive {
    /// W_ih u + b_ih, and b_hh where the two can be added.
    pub(crate) input: Vec<f64>,
    /// Σ|W_ih u| + |b_ih| + |b_hh|: the size of what was added up, for bounds on rounding errors.
    pub(crate) size: Vec<f64>,
}

impl Gru {
    /// A cell with these weights.
    ///
    /// # Errors
    /// [`NetworkError`] for shapes that do not fit or entries that are not finite.
    pub fn new(weights: GateWeights) -> Result<Self, NetworkError> {
        weights.check(3)?;
        Ok(Self(weights))
    }

    /// Its weights.
    pub fn weights(&self) -> &GateWeights {
        &self.0
    }
}

impl Lstm {
    /// A cell with these weights.
    ///
    /// # Errors
    /// [`NetworkError`] for shapes that do not fit or entries that are not finite.
    pub fn new(weights: GateWeights) -> Result<Self, NetworkError> {
        weights.check(4)?;
        Ok(Self(weights))
    }

    /// Its weights.
    pub fn weights(&self) -> &GateWeights {
        &self.0
    }
}

impl GatedCell for Gru {
    fn weights(&self) -> &GateWeights {
        &self.0
    }

    fn dim(&self) -> usize {
        self.units()
    }

    fn drive(&self, u: &[f64]) -> GateDrive {
        self.0.drive(u, 2 * self.units())
    }

    fn step<S: Number>(&self, drive: &GateDrive, products: &[S], state: &[S], jacobian: bool) -> Step<S> {
        let n = self.units();
        let constant = |i: usize| S::from_f64(drive.input[i]);
        let one = S::from_f64(1.0);
        let mut gates: Vec<S> = (0..2 * n).map(|i| products[i] + constant(i)).collect();
        S::logistic(&mut gates);
        let (r, z) = gates.split_at(n);
        let hidden: Vec<S> =
            (0..n).map(|i| products[2 * n + i] + S::from_f64(self.0.recurrent_bias[2 * n + i])).collect();
        let mut c: Vec<S> = (0..n).map(|i| constant(2 * n + i) + r[i] * hidden[i]).collect();
        S::tanh(&mut c);
        let next = (0..n).map(|i| (one - z[i]) * c[i] + z[i] * state[i]).collect();
        if !jacobian {
            return Step { next, blocks: Vec::new(), diagonals: Vec::new() };
        }
        let slope: Vec<S> = (0..n).map(|i| (one - z[i]) * c[i].one_minus_square()).collect();
        let reset = (0..n).map(|i| slope[i] * hidden[i] * r[i] * (one - r[i])).collect();
        let update = (0..n).map(|i| (state[i] - c[i]) * z[i] * (one - z[i])).collect();
        let new = (0..n).map(|i| slope[i] * r[i]).collect();
        Step {
            next,
            blocks: vec![vec![(0, reset), (1, update), (2, new)]],
            diagonals: vec![(0, 0, z.to_vec())],
        }
    }

    fn bounds(&self, _drive: &GateDrive) -> Vec<f64> {
        // h is a convex combination of c ∈ (−1, 1) and itself, with weight below one on itself.
        vec![1.0; self.units()]
    }
}

impl GatedCell for Lstm {
    fn weights(&self) -> &GateWeights {
        &self.0
    }

    fn dim(&self) -> usize {
        2 * self.units()
    }

    fn drive(&self, u: &[f64]) -> GateDrive {
        self.0.drive(u, 4 * self.units())
    }

    fn step<S: Number>(&self, drive: &GateDrive, products: &[S], state: &[S], jacobian: bool) -> Step<S> {
        let n = self.units();
        let one = S::from_f64(1.0);
        let mut gates: Vec<S> =
            products.iter().zip(&drive.input).map(|(p, d)| *p + S::from_f64(*d)).collect();
        S::logistic(&mut gates[..2 * n]);
        S::tanh(&mut gates[2 * n..3 * n]);
        S::logistic(&mut gates[3 * n..]);
        let (i, f) = (&gates[..n], &gates[n..2 * n]);
        let (g, o) = (&gates[2 * n..3 * n], &gates[3 * n..]);
        let c = &state[n..];
        let cell: Vec<S> = (0..n).map(|k| f[k] * c[k] + i[k] * g[k]).collect();
        let mut t = cell.clone();
        S::tanh(&mut t);
        let next = (0..n).map(|k| o[k] * t[k]).chain(cell.iter().copied()).collect();
        if !jacobian {
            return Step { next, blocks: Vec::new(), diagonals: Vec::new() };
        }
        let open = |x: S| x * (one - x);
        // ∂c'/∂h by gate, and ∂h'/∂c'.
        let by_gate: [Vec<S>; 3] = [
            (0..n).map(|k| g[k] * open(i[k])).collect(),
            (0..n).map(|k| c[k] * open(f[k])).collect(),
            (0..n).map(|k| i[k] * g[k].one_minus_square()).collect(),
        ];
        let through: Vec<S> = (0..n).map(|k| o[k] * t[k].one_minus_square()).collect();
        let mut upper: Vec<(usize, Vec<S>)> = by_gate
            .iter()
            .enumerate()
            .map(|(gate, factors)| (gate, (0..n).map(|k| through[k] * factors[k]).collect()))
            .collect();
        upper.push((3, (0..n).map(|k| t[k] * open(o[k])).collect()));
        let lower = by_gate.into_iter().enumerate().collect();
        let kept = (0..n).map(|k| through[k] * f[k]).collect();
        Step { next, blocks: vec![upper, lower], diagonals: vec![(0, 1, kept), (1, 1, f.to_vec())] }
    }

    fn bounds(&self, drive: &GateDrive) -> Vec<f64> {
        let n = self.units();
        let largest = |row: usize| {
            drive.input[row].abs() + (0..n).map(|j| self.0.recurrent[(row, j)].abs()).sum::<f64>()
        };
        // c(1 − f) = ig, |h| < 1: |c| < i/(1 − f) = i(1 + eᵃ) with the argument a of the forget gate.
        let cell = (0..n).map(|k| 1.0 + largest(n + k).exp());
        std::iter::repeat_n(1.0, n).chain(cell).collect()
    }
}

/// W_hh h for the columns of a batch.
pub(crate) fn products(cell: &impl GatedCell, states: MatRef<'_, f64>) -> Mat<f64> {
    let weights = &cell.weights().recurrent;
    let mut out = Mat::zeros(weights.nrows(), states.ncols());
    let hidden = states.subrows(0, cell.units());
    attractorlab_numerics::linalg::matmul(weights.as_ref(), hidden, out.as_mut());
    out
}
