//! Forward and backward through a gated network.
//!
//! As for rate networks, a slot holds the columns of all trials at one step. Layers are run one after the other
//! through all steps, so that what a layer gets from below is one product. In the adjoints stand first the open
//! gates of a step, then the derivatives with respect to W_hh h + b_hh that replace them; those with respect to
//! W_ih u + b_ih are the same, but for the new state of a GRU, where they have their own memory.

use std::ops::Range;

use attractorlab_numerics::kernels::{Real, axpy};
use attractorlab_numerics::linalg::{LeftFactor, MatMut, MatRef, matmul, matmul_add};

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
    layers: Vec<LayerTape<T>>,
    /// Slots 0…T−1: dL/dh(t + 1) from beyond the layer, on the way back.
    flow: Vec<T>,
    /// What flows back past the gates: dL/dh (GRU) or dL/dc (LSTM).
    running: Vec<T>,
    product: Vec<T>,
    outputs: Vec<T>,
    work: Vec<T>,
}

/// The same of one layer.
#[derive(Default)]
struct LayerTape<T> {
    /// Slots 0…T of h.
    states: Vec<T>,
    /// Slots 0…T of c, for an LSTM.
    cells: Vec<T>,
    /// Slots 0…T−1 of the gates, or of their adjoints.
    gates: Vec<T>,
    /// Slots 0…T−1: W_hn h + b_hn, then the adjoint of the new state's argument (GRU); tanh c (LSTM).
    hidden: Vec<T>,
    /// W_ih u, slots 0…T−1.
    drive: Vec<T>,
    /// Slots 0…T−1: factors of dropout, and h(t + 1) with them; empty without dropout.
    factors: Vec<T>,
    dropped: Vec<T>,
}

impl<T> LayerTape<T> {
    /// What the layer hands on, slots 0…T−1; `slot` is the length of one.
    fn handed_on(&self, slot: usize) -> &[T] {
        if self.factors.is_empty() { &self.states[slot..] } else { &self.dropped }
    }
}

fn resize<T: Real>(memory: &mut Vec<T>, length: usize) {
    memory.resize(length, T::default());
}

fn columns_of<T: Real>(values: &[T], rows: usize) -> MatRef<'_, T> {
    MatRef::from_column_major_slice(values, rows, values.len() / rows.max(1))
}

/// Σ over the columns of a matrix of so many rows.
fn column_sums<T: Real>(values: &[T], rows: usize, into: &mut [T]) {
    into.fill(T::default());
    for column in values.chunks_exact(rows) {
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

    /// Rows in which the input has the adjoints of the recurrence.
    fn joined(&self) -> usize {
        if self.kind == GatedCellKind::Gru { 2 * self.units } else { self.rows() }
    }

    /// Memory of a layer, and its state before the first step.
    fn begin(&self, layer: usize, (b, steps): (usize, usize), tape: &mut LayerTape<T>) {
        let (n, rows, columns) = (self.units, self.rows(), b * steps);
        let lstm = self.kind == GatedCellKind::Lstm;
        resize(&mut tape.states, n * (columns + b));
        resize(&mut tape.cells, if lstm { n * (columns + b) } else { 0 });
        resize(&mut tape.gates, rows * columns);
        resize(&mut tape.hidden, n * columns);
        resize(&mut tape.drive, rows * columns);
        let initial = self.part(self.initial(layer));
        for c in 0..b {
            tape.states[c * n..(c + 1) * n].copy_from_slice(&initial[..n]);
            if lstm {
                tape.cells[c * n..(c + 1) * n].copy_from_slice(&initial[n..]);
            }
        }
    }

    fn step(&self, layer: usize, t: usize, b: usize, product: &[T], tape: &mut LayerTape<T>) {
        let (n, rows) = (self.units, self.rows());
        let (input_bias, recurrent_bias) =
            (self.part(Self::input_bias(layer)), self.part(Self::recurrent_bias(layer)));
        let one = T::from_f64(1.0);
        let joined = self.joined();
        for c in 0..b {
            let column = t * b + c;
            let gates = &mut tape.gates[column * rows..(column + 1) * rows];
            let product = &product[c * rows..(c + 1) * rows];
            let drive = &tape.drive[column * rows..(column + 1) * rows];
            let hidden = &mut tape.hidden[column * n..(column + 1) * n];
            let (before, after) = tape.states.split_at_mut((t + 1) * b * n);
            let (h, next) = (&before[column * n..(column + 1) * n], &mut after[c * n..(c + 1) * n]);
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

    /// One layer through all steps, from what the layer below hands on.
    fn layer_forward(&self, layer: usize, tape: &mut GatedTape<T>) {
        let (n, rows, width) = (self.units, self.rows(), self.width(layer));
        let (b, steps) = (tape.trials, tape.steps);
        let (below, here) = tape.layers.split_at_mut(layer);
        let here = &mut here[0];
        self.begin(layer, (b, steps), here);
        let inputs = below.last().map_or(&tape.inputs[..], |below| below.handed_on(b * n));
        matmul(
            MatRef::from_column_major_slice(self.part(Self::input(layer)), rows, width),
            MatRef::from_column_major_slice(inputs, width, b * steps),
            MatMut::from_column_major_slice_mut(&mut here.drive, rows, b * steps),
        );
        let recurrent = self.part(Self::recurrent(layer));
        let weights = LeftFactor::new(rows, n, b, |i, j| recurrent[j * rows + i]);
        resize(&mut tape.product, rows * b);
        for t in 0..steps {
            let slot = &here.states[t * b * n..(t + 1) * b * n];
            weights.multiply(slot, &mut tape.product, b, &mut tape.work);
            self.step(layer, t, b, &tape.product, here);
        }
        if !here.factors.is_empty() {
            here.dropped.clear();
            let handed_on = here.states[b * n..].iter().zip(&here.factors).map(|(h, f)| *h * *f);
            here.dropped.extend(handed_on);
        }
    }

    /// Draws the factors of dropout of all layers: those of a trial depend neither on the others nor on threads.
    fn draw_dropout(&self, trials: &Range<usize>, noise: Option<Noise>, tape: &mut GatedTape<T>) {
        let (n, b, steps) = (self.units, tape.trials, tape.steps);
        let Some(noise) = noise.filter(|_| self.dropout > 0.0) else {
            tape.layers.iter_mut().for_each(|layer| layer.factors.clear());
            return;
        };
        let (zero, left) = (T::default(), T::from_f64((1.0 - self.dropout).recip()));
        tape.layers.iter_mut().for_each(|layer| resize(&mut layer.factors, n * b * steps));
        for c in 0..b {
            let mut stream = noise.stream(trials.start + c);
            for t in 0..steps {
                for layer in &mut tape.layers {
                    let column = t * b + c;
                    for factor in &mut layer.factors[column * n..(column + 1) * n] {
                        *factor = if stream.uniform() < self.dropout { zero } else { left };
                    }
                }
            }
        }
    }

    /// With what flows back into h(t + 1) through the recurrence in `product`, from beyond the layer in `flow`, and
    /// past the gates in `running`.
    fn step_back(
        &self,
        t: usize,
        b: usize,
        flow: &[T],
        product: &[T],
        running: &mut [T],
        tape: &mut LayerTape<T>,
    ) {
        let (n, rows) = (self.units, self.rows());
        let one = T::from_f64(1.0);
        let open = |gate: T| gate * (one - gate);
        for c in 0..b {
            let column = t * b + c;
            let gates = &mut tape.gates[column * rows..(column + 1) * rows];
            let hidden = &mut tape.hidden[column * n..(column + 1) * n];
            let (flow, product) = (&flow[column * n..(column + 1) * n], &product[c * n..(c + 1) * n]);
            let running = &mut running[c * n..(c + 1) * n];
            match self.kind {
                GatedCellKind::Gru => {
                    let h = &tape.states[column * n..(column + 1) * n];
                    for i in 0..n {
                        let (r, z, new) = (gates[i], gates[n + i], gates[2 * n + i]);
                        let dh = flow[i] + product[i] + running[i];
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
                        let (dh, tanh) = (flow[i] + product[i], hidden[i]);
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

    /// One layer backward through all steps; gates become adjoints, `flow` is what comes from beyond the layer.
    fn layer_backward(&self, layer: usize, wanted: &[bool], tape: &mut GatedTape<T>, gradient: &mut [T]) {
        let (n, rows, b, steps) = (self.units, self.rows(), tape.trials, tape.steps);
        let recurrent = self.part(Self::recurrent(layer));
        let back = LeftFactor::new(n, rows, b, |i, j| recurrent[i * rows + j]);
        resize(&mut tape.product, n * b);
        resize(&mut tape.running, n * b);
        tape.product.fill(T::default());
        tape.running.fill(T::default());
        let here = &mut tape.layers[layer];
        for t in (0..steps).rev() {
            self.step_back(t, b, &tape.flow, &tape.product, &mut tape.running, here);
            // The product before the first step is that with the initial state.
            let slot = &here.gates[t * b * rows..(t + 1) * b * rows];
            back.multiply(slot, &mut tape.product, b, &mut tape.work);
        }
        if wanted[self.initial(layer)] {
            let into = &mut gradient[self.layout.tensors()[self.initial(layer)].range.clone()];
            into.fill(T::default());
            for (flow, past) in tape.product.chunks_exact(n).zip(tape.running.chunks_exact(n)) {
                if self.kind == GatedCellKind::Lstm {
                    axpy(T::from_f64(1.0), flow, &mut into[..n]);
                    axpy(T::from_f64(1.0), past, &mut into[n..]);
                } else {
                    axpy(T::from_f64(1.0), flow, into);
                    axpy(T::from_f64(1.0), past, into);
                }
            }
        }
        self.gate_gradients(layer, wanted, tape, gradient);
    }

    /// Derivatives with respect to weights and biases of the gates, from the adjoints of all steps.
    fn gate_gradients(&self, layer: usize, wanted: &[bool], tape: &GatedTape<T>, gradient: &mut [T]) {
        let (n, k, rows) = (self.units, self.width(layer), self.rows());
        let (joined, columns, slot) = (self.joined(), tape.trials * tape.steps, tape.trials * n);
        let tensors = self.layout.tensors();
        let here = &tape.layers[layer];
        let adjoints = columns_of(&here.gates, rows);
        let [recurrent, input, input_bias, recurrent_bias] =
            [Self::recurrent, Self::input, Self::input_bias, Self::recurrent_bias].map(|part| part(layer));
        if wanted[recurrent] {
            let states = MatRef::from_column_major_slice(&here.states[..columns * n], n, columns);
            let into = &mut gradient[tensors[recurrent].range.clone()];
            matmul(adjoints, states.transpose(), MatMut::from_column_major_slice_mut(into, rows, n));
        }
        if wanted[input] && k > 0 {
            let inputs = match layer.checked_sub(1) {
                Some(below) => tape.layers[below].handed_on(slot),
                None => &tape.inputs,
            };
            let inputs = MatRef::from_column_major_slice(inputs, k, columns).transpose();
            let into = &mut gradient[tensors[input].range.clone()];
            let into = MatMut::from_column_major_slice_mut(into, rows, k);
            let (upper, lower) = into.split_at_row_mut(joined);
            matmul(adjoints.subrows(0, joined), inputs, upper);
            if joined < rows {
                matmul(columns_of(&here.hidden, n), inputs, lower);
            }
        }
        if wanted[input_bias] {
            let into = &mut gradient[tensors[input_bias].range.clone()];
            column_sums(&here.gates, rows, &mut into[..joined]);
            if joined < rows {
                column_sums(&here.hidden, n, &mut into[joined..]);
            }
        }
        if wanted[recurrent_bias] {
            column_sums(&here.gates, rows, &mut gradient[tensors[recurrent_bias].range.clone()]);
        }
    }

    /// What flows from a layer, whose gates are adjoints, into the states of the layer below.
    fn flow_below(&self, layer: usize, tape: &mut GatedTape<T>) {
        let (n, rows, joined) = (self.units, self.rows(), self.joined());
        let (below, here) = tape.layers.split_at_mut(layer);
        let (below, here) = (&below[layer - 1], &here[0]);
        let input = MatRef::from_column_major_slice(self.part(Self::input(layer)), rows, n).transpose();
        let mut flow = MatMut::from_column_major_slice_mut(&mut tape.flow, n, tape.trials * tape.steps);
        let adjoints = columns_of(&here.gates, rows).subrows(0, joined);
        matmul(input.subcols(0, joined), adjoints, flow.as_mut());
        if joined < rows {
            let new = columns_of(&here.hidden, n);
            matmul_add(T::from_f64(1.0), input.subcols(joined, n), new, flow);
        }
        drop_out(&mut tape.flow, &below.factors);
    }
}

/// Multiplies with factors of dropout, if there are any.
fn drop_out<T: Real>(flow: &mut [T], factors: &[T]) {
    for (flow, factor) in flow.iter_mut().zip(factors) {
        *flow *= *factor;
    }
}

impl<T: Real> Trainable<T> for GatedUnits<T> {
    type Tape = GatedTape<T>;

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn equations(&self) -> String {
        let mut text = format!("gated units: {:?}", self.kind);
        if self.layers > 1 {
            text = format!("{text}, {} layers", self.layers);
        }
        if self.dropout > 0.0 {
            text = format!("{text}, dropout {}", self.dropout);
        }
        text
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

    fn forward(&self, batch: &Batch, trials: Range<usize>, noise: Option<Noise>, tape: &mut GatedTape<T>) {
        let (n, k, l) = (self.units, self.inputs, self.outputs);
        let (b, steps) = (trials.len(), batch.dimensions().steps);
        (tape.trials, tape.steps) = (b, steps);
        let columns = b * steps;
        resize(&mut tape.inputs, k * columns);
        resize(&mut tape.outputs, l * columns);
        tape.layers.resize_with(self.layers, LayerTape::default);
        for t in 0..steps {
            let from = (t * batch.trials() + trials.start) * k;
            let to = &mut tape.inputs[t * b * k..(t + 1) * b * k];
            for (to, u) in to.iter_mut().zip(&batch.inputs()[from..from + b * k]) {
                *to = T::from_f64(*u);
            }
        }
        self.draw_dropout(&trials, noise, tape);
        for layer in 0..self.layers {
            self.layer_forward(layer, tape);
        }
        let states = tape.layers[self.layers - 1].handed_on(b * n);
        let readout = MatRef::from_column_major_slice(self.part(self.readout()), n, l);
        let outputs = MatMut::from_column_major_slice_mut(&mut tape.outputs, l, columns);
        matmul(readout.transpose(), MatRef::from_column_major_slice(states, n, columns), outputs);
        for output in tape.outputs.chunks_exact_mut(l) {
            output.iter_mut().zip(self.part(self.readout_bias())).for_each(|(z, bias)| *z += *bias);
        }
    }

    fn tape_outputs(tape: &GatedTape<T>) -> &[T] {
        &tape.outputs
    }

    fn backward(&self, errors: &[T], wanted: &[bool], tape: &mut GatedTape<T>, gradient: &mut [T]) {
        let (n, l, columns) = (self.units, self.outputs, tape.trials * tape.steps);
        let last = self.layers - 1;
        let tensors = self.layout.tensors();
        let error = MatRef::from_column_major_slice(errors, l, columns);
        if wanted[self.readout()] {
            let states = tape.layers[last].handed_on(tape.trials * n);
            let into = &mut gradient[tensors[self.readout()].range.clone()];
            let into = MatMut::from_column_major_slice_mut(into, n, l);
            matmul(MatRef::from_column_major_slice(states, n, columns), error.transpose(), into);
        }
        if wanted[self.readout_bias()] {
            column_sums(errors, l, &mut gradient[tensors[self.readout_bias()].range.clone()]);
        }
        resize(&mut tape.flow, n * columns);
        let readout = MatRef::from_column_major_slice(self.part(self.readout()), n, l);
        matmul(readout, error, MatMut::from_column_major_slice_mut(&mut tape.flow, n, columns));
        drop_out(&mut tape.flow, &tape.layers[last].factors);
        for layer in (0..self.layers).rev() {
            self.layer_backward(layer, wanted, tape, gradient);
            if layer > 0 {
                self.flow_below(layer, tape);
            }
        }
    }
}
