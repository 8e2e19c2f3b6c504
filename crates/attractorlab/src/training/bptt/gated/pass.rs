//! Forward and backward through a gated network.
//!
//! As for rate networks, a slot holds the columns of all trials at one step, adjoints are extended by the errors
//! of the outputs, and one product with `[W_hhᵀ | Wₒ]` gives all that flows back into h. In the adjoints stand
//! first the open gates of a step, then the derivatives with respect to W_hh h + b_hh that replace them; those
//! with respect to W_ih u + b_ih are the same, but for the new state of a GRU, where they have their own memory.

use std::ops::Range;

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{LeftFactor, MatMut, MatRef, matmul};

use super::super::{Layout, Noise, Trainable};
use super::{GatedCellKind, GatedUnits};
use crate::network::Transfer;
use crate::task::Batch;

/// What a forward pass remembers of a gated network.
#[derive(Default)]
pub struct GatedTape<T> {
    trials: usize,
    steps: usize,
    /// Slots 0…T−1 of u.
    inputs: Vec<T>,
    /// Slots 0…T of h.
    states: Vec<T>,
    /// Slots 0…T of c, for an LSTM.
    cells: Vec<T>,
    /// Slots 0…T of (gates or their adjoints, E).
    adjoints: Vec<T>,
    /// Slots 0…T−1: W_hn h + b_hn, then the adjoint of the new state's argument (GRU); tanh c (LSTM).
    hidden: Vec<T>,
    /// W_ih u, slots 0…T−1.
    drive: Vec<T>,
    /// What flows back past the gates: dL/dh (GRU) or dL/dc (LSTM).
    running: Vec<T>,
    product: Vec<T>,
    outputs: Vec<T>,
    work: Vec<T>,
}

fn resize<T: Real>(memory: &mut Vec<T>, length: usize) {
    memory.resize(length, T::default());
}

/// Σ over the columns of a matrix, of `rows` of the `stride` entries of each.
fn column_sums<T: Real>(values: &[T], stride: usize, into: &mut [T]) {
    into.fill(T::default());
    for column in values.chunks_exact(stride) {
        for (sum, value) in into.iter_mut().zip(column) {
            *sum += *value;
        }
    }
}

impl<T: Real> GatedUnits<T> {
    fn part(&self, k: usize) -> &[T] {
        &self.parameters[self.layout.tensors()[k].range.clone()]
    }

    /// G n.
    fn rows(&self) -> usize {
        self.kind.gates() * self.units
    }

    fn step(&self, t: usize, tape: &mut GatedTape<T>) {
        let (n, rows, b) = (self.units, self.rows(), tape.trials);
        let stride = rows + self.outputs;
        let (input_bias, recurrent_bias) = (self.part(2), self.part(3));
        let one = T::from_f64(1.0);
        for c in 0..b {
            let column = t * b + c;
            let gates = &mut tape.adjoints[column * stride..column * stride + rows];
            let product = &tape.product[c * rows..(c + 1) * rows];
            let drive = &tape.drive[column * rows..(column + 1) * rows];
            let hidden = &mut tape.hidden[column * n..(column + 1) * n];
            let (before, after) = tape.states.split_at_mut((t + 1) * b * n);
            let (h, next) = (&before[column * n..(column + 1) * n], &mut after[c * n..(c + 1) * n]);
            let joined = if self.kind == GatedCellKind::Gru { 2 * n } else { rows };
            for i in 0..joined {
                gates[i] = product[i] + drive[i] + input_bias[i] + recurrent_bias[i];
            }
            Transfer::Logistic.values_in_place(&mut gates[..2 * n]);
            match self.kind {
                GatedCellKind::Gru => {
                    for i in 0..n {
                        hidden[i] = product[2 * n + i] + recurrent_bias[2 * n + i];
                        gates[2 * n + i] = drive[2 * n + i] + input_bias[2 * n + i] + gates[i] * hidden[i];
                    }
                    Transfer::Tanh.values_in_place(&mut gates[2 * n..]);
                    for i in 0..n {
                        let (z, new) = (gates[n + i], gates[2 * n + i]);
                        next[i] = (one - z) * new + z * h[i];
                    }
                }
                GatedCellKind::Lstm => {
                    Transfer::Tanh.values_in_place(&mut gates[2 * n..3 * n]);
                    Transfer::Logistic.values_in_place(&mut gates[3 * n..]);
                    let (before, after) = tape.cells.split_at_mut((t + 1) * b * n);
                    let cell = &before[column * n..(column + 1) * n];
                    let next_cell = &mut after[c * n..(c + 1) * n];
                    for i in 0..n {
                        next_cell[i] = gates[n + i] * cell[i] + gates[i] * gates[2 * n + i];
                    }
                    Transfer::Tanh.values(next_cell, hidden);
                    for i in 0..n {
                        next[i] = gates[3 * n + i] * hidden[i];
                    }
                }
            }
        }
    }

    /// With what flows back into h(t + 1) in `product` and past the gates in `running`.
    fn step_back(&self, t: usize, tape: &mut GatedTape<T>) {
        let (n, rows, b) = (self.units, self.rows(), tape.trials);
        let stride = rows + self.outputs;
        let one = T::from_f64(1.0);
        let open = |gate: T| gate * (one - gate);
        for c in 0..b {
            let column = t * b + c;
            let gates = &mut tape.adjoints[column * stride..column * stride + rows];
            let hidden = &mut tape.hidden[column * n..(column + 1) * n];
            let flow = &tape.product[c * n..(c + 1) * n];
            let running = &mut tape.running[c * n..(c + 1) * n];
            match self.kind {
                GatedCellKind::Gru => {
                    let h = &tape.states[column * n..(column + 1) * n];
                    for i in 0..n {
                        let (r, z, new) = (gates[i], gates[n + i], gates[2 * n + i]);
                        let dh = flow[i] + running[i];
                        let argument = dh * (one - z) * (one - new) * (one + new);
                        gates[i] = argument * hidden[i] * open(r);
                        gates[n + i] = dh * (h[i] - new) * open(z);
                        gates[2 * n + i] = argument * r;
                        hidden[i] = argument;
                        running[i] = dh * z;
                    }
                }
                GatedCellKind::Lstm => {
                    let cell = &tape.cells[column * n..(column + 1) * n];
                    for i in 0..n {
                        let (input, forget) = (gates[i], gates[n + i]);
                        let (new, output) = (gates[2 * n + i], gates[3 * n + i]);
                        let (dh, tanh) = (flow[i], hidden[i]);
                        let dc = running[i] + dh * output * (one - tanh) * (one + tanh);
                        gates[i] = dc * new * open(input);
                        gates[n + i] = dc * cell[i] * open(forget);
                        gates[2 * n + i] = dc * input * (one - new) * (one + new);
                        gates[3 * n + i] = dh * tanh * open(output);
                        running[i] = dc * forget;
                    }
                }
            }
        }
    }

    /// Derivatives with respect to weights and biases of the gates, from the adjoints of all steps.
    fn gate_gradients(&self, wanted: &[bool], tape: &GatedTape<T>, gradient: &mut [T]) {
        let (n, k, rows) = (self.units, self.inputs, self.rows());
        let (stride, columns) = (rows + self.outputs, tape.trials * tape.steps);
        let tensors = self.layout.tensors();
        let values = &tape.adjoints[..columns * stride];
        let adjoints = MatRef::from_column_major_slice(values, stride, columns).subrows(0, rows);
        if wanted[0] {
            let states = MatRef::from_column_major_slice(&tape.states[..columns * n], n, columns);
            let into = &mut gradient[tensors[0].range.clone()];
            matmul(adjoints, states.transpose(), MatMut::from_column_major_slice_mut(into, rows, n));
        }
        // The rows in which the input has the adjoints of the recurrence.
        let joined = if self.kind == GatedCellKind::Gru { 2 * n } else { rows };
        if wanted[1] && k > 0 {
            let inputs = MatRef::from_column_major_slice(&tape.inputs, k, columns).transpose();
            let into = &mut gradient[tensors[1].range.clone()];
            let into = MatMut::from_column_major_slice_mut(into, rows, k);
            let (upper, lower) = into.split_at_row_mut(joined);
            matmul(adjoints.subrows(0, joined), inputs, upper);
            if joined < rows {
                let new = MatRef::from_column_major_slice(&tape.hidden, n, columns);
                matmul(new, inputs, lower);
            }
        }
        if wanted[2] {
            let into = &mut gradient[tensors[2].range.clone()];
            column_sums(values, stride, &mut into[..joined]);
            if joined < rows {
                column_sums(&tape.hidden, n, &mut into[joined..]);
            }
        }
        if wanted[3] {
            column_sums(values, stride, &mut gradient[tensors[3].range.clone()]);
        }
    }
}

impl<T: Real> Trainable<T> for GatedUnits<T> {
    type Tape = GatedTape<T>;

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn equations(&self) -> String {
        format!("gated units: {:?}", self.kind)
    }

    fn parameters(&self) -> &[T] {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn forward(&self, batch: &Batch, trials: Range<usize>, _noise: Option<Noise>, tape: &mut GatedTape<T>) {
        let (n, k, l, rows) = (self.units, self.inputs, self.outputs, self.rows());
        let (b, steps) = (trials.len(), batch.dimensions().steps);
        (tape.trials, tape.steps) = (b, steps);
        let columns = b * steps;
        resize(&mut tape.inputs, k * columns);
        resize(&mut tape.states, n * (columns + b));
        resize(&mut tape.cells, if self.kind == GatedCellKind::Lstm { n * (columns + b) } else { 0 });
        resize(&mut tape.adjoints, (rows + l) * (columns + b));
        resize(&mut tape.hidden, n * columns);
        resize(&mut tape.drive, rows * columns);
        resize(&mut tape.running, n * b);
        resize(&mut tape.product, rows * b);
        resize(&mut tape.outputs, l * columns);
        for t in 0..steps {
            let from = (t * batch.trials() + trials.start) * k;
            let to = &mut tape.inputs[t * b * k..(t + 1) * b * k];
            for (to, u) in to.iter_mut().zip(&batch.inputs()[from..from + b * k]) {
                *to = T::from_f64(*u);
            }
        }
        let initial = self.part(6);
        for c in 0..b {
            tape.states[c * n..(c + 1) * n].copy_from_slice(&initial[..n]);
            if self.kind == GatedCellKind::Lstm {
                tape.cells[c * n..(c + 1) * n].copy_from_slice(&initial[n..]);
            }
        }
        matmul(
            MatRef::from_column_major_slice(self.part(1), rows, k),
            MatRef::from_column_major_slice(&tape.inputs, k, columns),
            MatMut::from_column_major_slice_mut(&mut tape.drive, rows, columns),
        );
        let recurrent = self.part(0);
        let weights = LeftFactor::new(rows, n, b, |i, j| recurrent[j * rows + i]);
        for t in 0..steps {
            let slot = &tape.states[t * b * n..(t + 1) * b * n];
            weights.multiply(slot, &mut tape.product, b, &mut tape.work);
            self.step(t, tape);
        }
        let states = MatRef::from_column_major_slice(&tape.states[b * n..], n, columns);
        let readout = MatRef::from_column_major_slice(self.part(4), n, l);
        let outputs = MatMut::from_column_major_slice_mut(&mut tape.outputs, l, columns);
        matmul(readout.transpose(), states, outputs);
        for output in tape.outputs.chunks_exact_mut(l) {
            output.iter_mut().zip(self.part(5)).for_each(|(z, bias)| *z += *bias);
        }
    }

    fn tape_outputs(tape: &GatedTape<T>) -> &[T] {
        &tape.outputs
    }

    fn backward(&self, errors: &[T], wanted: &[bool], tape: &mut GatedTape<T>, gradient: &mut [T]) {
        let (n, l, rows) = (self.units, self.outputs, self.rows());
        let (b, steps, stride) = (tape.trials, tape.steps, rows + l);
        for (column, adjoint) in tape.adjoints.chunks_exact_mut(stride).enumerate() {
            let (slot, c) = (column / b, column % b);
            match slot.checked_sub(1) {
                Some(t) => adjoint[rows..].copy_from_slice(&errors[(t * b + c) * l..(t * b + c + 1) * l]),
                None => adjoint[rows..].fill(T::default()),
            }
            if slot == steps {
                adjoint[..rows].fill(T::default());
            }
        }
        tape.running.fill(T::default());
        tape.product.resize(n * b, T::default());
        let (recurrent, readout) = (self.part(0), self.part(4));
        let back = LeftFactor::new(n, stride, b, |i, j| {
            if j < rows { recurrent[i * rows + j] } else { readout[(j - rows) * n + i] }
        });
        for t in (0..steps).rev() {
            let slot = &tape.adjoints[(t + 1) * b * stride..(t + 2) * b * stride];
            back.multiply(slot, &mut tape.product, b, &mut tape.work);
            self.step_back(t, tape);
        }
        self.gate_gradients(wanted, tape, gradient);
        let tensors = self.layout.tensors();
        let columns = b * steps;
        if wanted[4] {
            let states = MatRef::from_column_major_slice(&tape.states[b * n..], n, columns);
            let errors = MatRef::from_column_major_slice(errors, l, columns);
            let into = &mut gradient[tensors[4].range.clone()];
            matmul(states, errors.transpose(), MatMut::from_column_major_slice_mut(into, n, l));
        }
        if wanted[5] {
            column_sums(errors, l, &mut gradient[tensors[5].range.clone()]);
        }
        if wanted[6] {
            back.multiply(&tape.adjoints[..b * stride], &mut tape.product, b, &mut tape.work);
            let into = &mut gradient[tensors[6].range.clone()];
            into.fill(T::default());
            for c in 0..b {
                for i in 0..n {
                    let (flow, past) = (tape.product[c * n + i], tape.running[c * n + i]);
                    if self.kind == GatedCellKind::Lstm {
                        into[i] += flow;
                        into[n + i] += past;
                    } else {
                        into[i] += flow + past;
                    }
                }
            }
        }
    }
}
