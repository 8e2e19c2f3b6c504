//! Forward and backward through a rate network.
//!
//! Every slot holds the columns of all trials at one step. States are extended by inputs and a one, adjoints
//! by the errors of the outputs, so that one product with `[W | B | b]` gives the whole drive, one with
//! `[αWᵀ | Wₒ]` all that flows back into a state, and one over all steps together the derivatives of W, B and b.

use std::ops::Range;

use attractorlab_numerics::kernels::{Real, decay_product, product_axpy};
use attractorlab_numerics::linalg::{LeftFactor, MatMut, MatRef, matmul, matmul_add};
use attractorlab_numerics::random::Stream;

use super::super::{Layout, Noise, Trainable};
use super::RateUnits;
use crate::network::{Form, Transfer};
use crate::task::Batch;

/// What a forward pass remembers of a rate network.
#[derive(Default)]
pub struct RateTape<T> {
    trials: usize,
    steps: usize,
    /// Slots 0…T of (r, u, 1), N + K + 1 entries a trial: slot t is what step t starts from.
    states: Vec<T>,
    /// Slots 0…T of (δ, E), N + L entries a trial: in slot t first φ' of step t, then its adjoint, and the
    /// errors of the outputs of step t − 1.
    adjoints: Vec<T>,
    /// φ' of the initial state, in the current form.
    initial_slope: Vec<T>,
    /// The running h, in the current form; the running adjoint, in the other forms.
    running: Vec<T>,
    /// A product.
    product: Vec<T>,
    /// z, L entries a trial and step.
    outputs: Vec<T>,
    /// φₒ' of the outputs; empty for linear ones.
    output_slope: Vec<T>,
    work: Vec<T>,
}

fn resize<T: Real>(memory: &mut Vec<T>, length: usize) {
    memory.resize(length, T::default());
}

/// x ← x + size ξ.
fn add_noise<T: Real>(stream: &mut Stream, size: f64, x: &mut [T]) {
    for x in x {
        *x += T::from_f64(size * stream.normal());
    }
}

impl<T: Real> RateUnits<T> {
    /// Distance of two trials in `states`.
    fn state_stride(&self) -> usize {
        self.units + self.inputs + 1
    }

    /// Distance of two trials in `adjoints`.
    fn adjoint_stride(&self) -> usize {
        self.units + self.outputs
    }

    fn part(&self, k: usize) -> &[T] {
        &self.parameters[self.layout.tensors()[k].range.clone()]
    }

    /// Inputs and ones of all slots, and the initial state.
    fn start(&self, batch: &Batch, trials: Range<usize>, streams: &mut [Stream], tape: &mut RateTape<T>) {
        let (n, k, s, b) = (self.units, self.inputs, self.state_stride(), tape.trials);
        for t in 0..tape.steps {
            for (c, trial) in trials.clone().enumerate() {
                let extension = &mut tape.states[(t * b + c) * s + n..(t * b + c + 1) * s];
                let from = (t * batch.trials() + trial) * k;
                for (to, u) in extension.iter_mut().zip(&batch.inputs()[from..from + k]) {
                    *to = T::from_f64(*u);
                }
                extension[k] = T::from_f64(1.0);
            }
        }
        for c in 0..b {
            let state = &mut tape.running[c * n..(c + 1) * n];
            state.copy_from_slice(self.part(4));
            if self.noise.initial > 0.0
                && let Some(stream) = streams.get_mut(c)
            {
                add_noise(stream, self.noise.initial, state);
            }
            let rates = &mut tape.states[c * s..c * s + n];
            if self.form == Form::Current {
                let slope = &mut tape.initial_slope[c * n..(c + 1) * n];
                self.transfer.with_first(state, rates, slope);
            } else {
                rates.copy_from_slice(state);
            }
        }
    }

    /// One step: from the drive of slot t to the rates of slot t + 1 and the φ' in slot t of the adjoints.
    fn step(&self, t: usize, streams: &mut [Stream], tape: &mut RateTape<T>) {
        let (n, s, a, b) = (self.units, self.state_stride(), self.adjoint_stride(), tape.trials);
        let alpha = T::from_f64(self.alpha());
        let noise = self.noise.state * (2.0 * self.alpha()).sqrt();
        let (before, after) = tape.states.split_at_mut((t + 1) * b * s);
        for c in 0..b {
            let drive = &mut tape.product[c * n..(c + 1) * n];
            let slope = &mut tape.adjoints[(t * b + c) * a..(t * b + c) * a + n];
            let rates = &mut after[c * s..c * s + n];
            let stream = if noise > 0.0 { streams.get_mut(c) } else { None };
            match self.form {
                Form::Current => {
                    let h = &mut tape.running[c * n..(c + 1) * n];
                    self.transfer.euler_step_with_first(h, drive, alpha, rates, slope);
                    if let Some(stream) = stream {
                        add_noise(stream, noise, h);
                        self.transfer.with_first(h, rates, slope);
                    }
                }
                Form::Rate => {
                    rates.copy_from_slice(&before[(t * b + c) * s..(t * b + c) * s + n]);
                    self.transfer.euler_step_rate_with_first(rates, drive, alpha, slope);
                    if let Some(stream) = stream {
                        add_noise(stream, noise, rates);
                    }
                }
                Form::Map => {
                    if let Some(stream) = stream {
                        add_noise(stream, self.noise.state, drive);
                    }
                    self.transfer.with_first(drive, rates, slope);
                }
            }
        }
    }

    /// Back from the adjoints of slot t + 1 to those of slot t.
    fn step_back(&self, t: usize, tape: &mut RateTape<T>) {
        let (n, a, b) = (self.units, self.adjoint_stride(), tape.trials);
        let keep = T::from_f64(1.0 - self.alpha());
        let (before, after) = tape.adjoints.split_at_mut((t + 1) * b * a);
        for c in 0..b {
            let here = &mut before[(t * b + c) * a..(t * b + c) * a + n];
            let flow = &tape.product[c * n..(c + 1) * n];
            if self.form == Form::Current {
                // δ(t+1) = φ'(h(t+1)) (Wₒ E(t) + αWᵀ δ(t+2)) + (1 − α) δ(t+2)
                product_axpy(here, flow, keep, &after[c * a..c * a + n]);
            } else {
                // δ(t+1) = Wₒ E(t) + αWᵀ q(t+1) + (1 − α) δ(t+2), and q(t) = φ'(v(t)) δ(t+1)
                decay_product(&mut tape.running[c * n..(c + 1) * n], keep, flow, here);
            }
        }
    }

    /// Derivatives with respect to the initial state, from the product with slot 0 of the adjoints.
    fn initial_gradient(&self, tape: &RateTape<T>, gradient: &mut [T]) {
        let (n, a) = (self.units, self.adjoint_stride());
        let keep = T::from_f64(1.0 - self.alpha());
        gradient.fill(T::default());
        for c in 0..tape.trials {
            for i in 0..n {
                let flow = tape.product[c * n + i];
                gradient[i] += if self.form == Form::Current {
                    tape.initial_slope[c * n + i] * flow + keep * tape.adjoints[c * a + i]
                } else {
                    flow + keep * tape.running[c * n + i]
                };
            }
        }
    }
}

impl<T: Real> Trainable<T> for RateUnits<T> {
    type Tape = RateTape<T>;

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn equations(&self) -> String {
        let Self { form, transfer, readout_transfer, dt, tau, noise, .. } = self;
        format!(
            "rate units: form {form:?}, transfer {transfer:?}, readout transfer {readout_transfer:?}, dt {dt:?}, \
             tau {tau:?}, {noise:?}"
        )
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

    fn forward(&self, batch: &Batch, trials: Range<usize>, noise: Option<Noise>, tape: &mut RateTape<T>) {
        let (n, l, s, a) = (self.units, self.outputs, self.state_stride(), self.adjoint_stride());
        let (b, steps) = (trials.len(), batch.dimensions().steps);
        (tape.trials, tape.steps) = (b, steps);
        resize(&mut tape.states, s * b * (steps + 1));
        resize(&mut tape.adjoints, a * b * (steps + 1));
        resize(&mut tape.product, n * b);
        resize(&mut tape.running, n * b);
        resize(&mut tape.initial_slope, n * b);
        resize(&mut tape.outputs, l * b * steps);
        let noisy = self.noise != super::StepNoise::default();
        let mut streams: Vec<Stream> = match noise {
            Some(noise) if noisy => trials.clone().map(|trial| noise.stream(trial)).collect(),
            _ => Vec::new(),
        };
        self.start(batch, trials, &mut streams, tape);
        let weights = LeftFactor::new(n, s, b, |i, j| self.parameters[j * n + i]);
        for t in 0..steps {
            let slot = &tape.states[t * b * s..(t + 1) * b * s];
            weights.multiply(slot, &mut tape.product, b, &mut tape.work);
            self.step(t, &mut streams, tape);
        }
        let rates = MatRef::from_column_major_slice(&tape.states[b * s..], s, b * steps).subrows(0, n);
        let readout = MatRef::from_column_major_slice(self.part(3), n, l);
        let outputs = MatMut::from_column_major_slice_mut(&mut tape.outputs, l, b * steps);
        matmul(readout.transpose(), rates, outputs);
        tape.output_slope.clear();
        if self.readout_transfer != Transfer::Linear {
            let drive = tape.outputs.clone();
            resize(&mut tape.output_slope, drive.len());
            self.readout_transfer.with_first(&drive, &mut tape.outputs, &mut tape.output_slope);
        }
    }

    fn tape_outputs(tape: &RateTape<T>) -> &[T] {
        &tape.outputs
    }

    fn backward(&self, errors: &[T], wanted: &[bool], tape: &mut RateTape<T>, gradient: &mut [T]) {
        let (n, l, s, a) = (self.units, self.outputs, self.state_stride(), self.adjoint_stride());
        let (b, steps) = (tape.trials, tape.steps);
        let mut errors = errors.to_vec();
        for (error, slope) in errors.iter_mut().zip(&tape.output_slope) {
            *error *= *slope;
        }
        // Nothing flows back into the last state but its own error, and none into the initial one.
        for (column, adjoint) in tape.adjoints.chunks_exact_mut(a).enumerate() {
            let (slot, c) = (column / b, column % b);
            match slot.checked_sub(1) {
                Some(t) => adjoint[n..].copy_from_slice(&errors[(t * b + c) * l..(t * b + c + 1) * l]),
                None => adjoint[n..].fill(T::default()),
            }
            if slot == steps {
                adjoint[..n].fill(T::default());
            }
        }
        if self.form != Form::Current {
            tape.running.fill(T::default());
        }
        let alpha = T::from_f64(self.alpha());
        let (recurrent, readout) = (self.part(0), self.part(3));
        let back = LeftFactor::new(n, a, b, |i, j| {
            if j < n { alpha * recurrent[i * n + j] } else { readout[(j - n) * n + i] }
        });
        for t in (0..steps).rev() {
            let slot = &tape.adjoints[(t + 1) * b * a..(t + 2) * b * a];
            back.multiply(slot, &mut tape.product, b, &mut tape.work);
            self.step_back(t, tape);
        }
        let tensors = self.layout.tensors();
        if wanted[4] {
            back.multiply(&tape.adjoints[..b * a], &mut tape.product, b, &mut tape.work);
            self.initial_gradient(tape, &mut gradient[tensors[4].range.clone()]);
        }
        // W, B and b stand side by side in the parameters as r, u and 1 do in the states: one product over all
        // steps for those that lie between the first and the last that is wanted.
        let columns = [0..n, n..n + self.inputs, n + self.inputs..s];
        let mut chosen = (0..3).filter(|&k| wanted[k]);
        if let Some(first) = chosen.next() {
            let last = chosen.next_back().unwrap_or(first);
            let columns = columns[first].start..columns[last].end;
            let into = &mut gradient[columns.start * n..columns.end * n];
            into.fill(T::default());
            let adjoints = MatRef::from_column_major_slice(&tape.adjoints[..b * a * steps], a, b * steps);
            let states = MatRef::from_column_major_slice(&tape.states[..b * s * steps], s, b * steps);
            let width = columns.len();
            matmul_add(
                alpha,
                adjoints.subrows(0, n),
                states.subrows(columns.start, width).transpose(),
                MatMut::from_column_major_slice_mut(into, n, width),
            );
        }
        if wanted[3] {
            let rates = MatRef::from_column_major_slice(&tape.states[b * s..], s, b * steps).subrows(0, n);
            let errors = MatRef::from_column_major_slice(&errors, l, b * steps);
            let into = MatMut::from_column_major_slice_mut(&mut gradient[tensors[3].range.clone()], n, l);
            matmul(rates, errors.transpose(), into);
        }
    }
}
