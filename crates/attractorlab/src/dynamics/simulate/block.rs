//! A block of columns, simulated by one thread.

use std::ops::Range;

use attractorlab_numerics::kernels::{Real, axpy, dot};
use attractorlab_numerics::linalg::{LeftFactor, Mat, MatMut, MatRef, matmul};
use attractorlab_numerics::random::Stream;

use super::{DIVERGED, Input, Integrator, Record, SimulationOptions, SimulationStatus};
use crate::network::{Form, RateNetwork, Transfer};

/// The weights in the precision of the simulation, side by side: `[bulk | M | B | b]`, so that one
/// product with the extended rates `(r, z', u, 1)` gives the whole drive.
pub(super) struct Weights<T: Real> {
    /// N×(N + R + K + 1).
    all: LeftFactor<T>,
    /// N + R + K + 1.
    width: usize,
    /// R×N: the loops' readout vectors over N.
    loops: Mat<T>,
    /// L×N: the outputs' readout vectors over N.
    outputs: Mat<T>,
    inputs: usize,
    /// Whether there is a column for the bias.
    biased: bool,
}

impl<T: Real> Weights<T> {
    /// The weights for blocks of about `columns` columns.
    pub(super) fn new(network: &RateNetwork, columns: usize) -> Self {
        let (n, inputs) = (network.units(), network.inputs());
        let loops: Vec<_> = network.connectivity().loops().collect();
        let readout: Vec<_> = network.readout().collect();
        let biased = network.bias().iter().any(|&b| b != 0.0);
        let width = n + loops.len() + inputs + usize::from(biased);
        let (bulk, input_weights) = (network.connectivity().bulk(), network.input_weights());
        let write = |j: usize, range: Range<usize>, out: &mut [T]| {
            let out = out.iter_mut();
            if j < n {
                let bulk = bulk.col(j).subrows(range.start, range.len());
                out.zip(bulk.iter()).for_each(|(out, w)| *out = T::from_f64(*w));
            } else if j < n + loops.len() {
                let m = &loops[j - n].0[range];
                out.zip(m).for_each(|(out, m)| *out = T::from_f64(*m));
            } else if j < n + loops.len() + inputs {
                let b = input_weights.col(j - n - loops.len()).subrows(range.start, range.len());
                out.zip(b.iter()).for_each(|(out, b)| *out = T::from_f64(*b));
            } else {
                out.zip(&network.bias()[range]).for_each(|(out, b)| *out = T::from_f64(*b));
            }
        };
        let over_n = |v: f64| T::from_f64(v / n as f64);
        Self {
            loops: Mat::from_fn(loops.len(), n, |k, i| over_n(loops[k].1[i])),
            outputs: Mat::from_fn(readout.len(), n, |k, i| over_n(readout[k][i])),
            all: LeftFactor::by_columns(n, width, columns, write),
            width,
            inputs,
            biased,
        }
    }
}

/// State and memory of a block.
pub(super) struct Block<'a, T: Real> {
    weights: &'a Weights<T>,
    input: Input<'a>,
    options: &'a SimulationOptions,
    form: Form,
    transfer: Transfer,
    tau: f64,
    noise: f64,
    columns: Range<usize>,
    n: usize,
    /// Distance of two columns of `rates`.
    stride: usize,
    /// x, N×P, in the current form.
    x: Vec<T>,
    /// Extended rates (r, z', u, 1), one column a trial; in the other forms r (or h) is the state.
    rates: Vec<T>,
    /// J r + B u + b.
    drive: Vec<T>,
    /// Memory of the product.
    packed_rates: Vec<T>,
    streams: Vec<Stream>,
    recorded: Vec<T>,
    status: Vec<SimulationStatus>,
}

impl<'a, T: Real> Block<'a, T> {
    pub(super) fn new(
        network: &RateNetwork,
        weights: &'a Weights<T>,
        start: MatRef<'_, T>,
        input: Input<'a>,
        options: &'a SimulationOptions,
        columns: Range<usize>,
    ) -> Self {
        let (n, count, stride) = (network.units(), columns.len(), weights.width);
        let mut block = Self {
            weights,
            input,
            options,
            form: network.form(),
            transfer: network.transfer(),
            tau: network.time_constant(),
            noise: network.noise(),
            n,
            stride,
            x: vec![T::default(); n * count],
            rates: vec![T::default(); stride * count],
            drive: vec![T::default(); n * count],
            packed_rates: Vec::new(),
            streams: if network.noise() > 0.0 {
                columns.clone().map(|c| Stream::new(options.seed, "simulation noise", c as u64)).collect()
            } else {
                Vec::new()
            },
            recorded: Vec::new(),
            status: vec![SimulationStatus::Finished; count],
            columns,
        };
        for c in 0..count {
            let from = start.col(block.columns.start + c);
            block.x[c * n..(c + 1) * n].iter_mut().zip(from.iter()).for_each(|(x, from)| *x = *from);
            let rates = &mut block.rates[c * stride..(c + 1) * stride];
            if block.form == Form::Current {
                block.transfer.values(&block.x[c * n..(c + 1) * n], &mut rates[..n]);
            } else {
                rates[..n].copy_from_slice(&block.x[c * n..(c + 1) * n]);
            }
            if weights.biased {
                rates[stride - 1] = T::from_f64(1.0);
            }
        }
        block
    }

    /// The recorded frames.
    pub(super) fn recorded(&self) -> &[T] {
        &self.recorded
    }

    /// How the columns ended.
    pub(super) fn status(&self) -> &[SimulationStatus] {
        &self.status
    }

    /// The state of a column.
    pub(super) fn state(&self, c: usize) -> &[T] {
        if self.form == Form::Current {
            &self.x[c * self.n..(c + 1) * self.n]
        } else {
            &self.rates[c * self.stride..c * self.stride + self.n]
        }
    }

    /// Makes the steps; false if `stopped` said so before one of them.
    pub(super) fn run(&mut self, stopped: impl Fn() -> bool) -> bool {
        let dt = if self.form == Form::Map { 1.0 } else { self.options.dt };
        self.record();
        for step in 1..=self.options.steps {
            if stopped() {
                return false;
            }
            let time = (step - 1) as f64 * dt;
            match (self.form, self.options.integrator) {
                (Form::Map, _) => self.map_step(time),
                (_, Integrator::Euler) => {
                    let alpha = dt / self.tau;
                    self.leaky_step(time, alpha, (2.0 * alpha).sqrt());
                }
                (_, Integrator::ExponentialEuler) => {
                    let ratio = dt / self.tau;
                    self.leaky_step(time, -(-ratio).exp_m1(), (-(-2.0 * ratio).exp_m1()).sqrt());
                }
                (_, Integrator::RungeKutta4) => self.runge_kutta_step(time, dt),
            }
            self.look_for_divergence(step, step as f64 * dt);
            if step % self.options.every == 0 {
                self.record();
            }
        }
        true
    }

    /// drive = J r + B u(t) + b for the rates in `rates`.
    fn compute_drive(&mut self, time: f64) {
        let (n, stride, count) = (self.n, self.stride, self.columns.len());
        let loops = self.weights.loops.nrows();
        if loops > 0 {
            let rates = MatMut::from_column_major_slice_mut(&mut self.rates, stride, count);
            let (rates, rest) = rates.split_at_row_mut(n);
            matmul(self.weights.loops.as_ref(), rates.as_ref(), rest.subrows_mut(0, loops));
        }
        if self.weights.inputs > 0 {
            let mut u = vec![0.0; self.weights.inputs];
            for c in 0..count {
                let column = self.columns.start + c;
                match self.input {
                    Input::Zero => {}
                    Input::Constant(matrix) => {
                        u.iter_mut().enumerate().for_each(|(k, u)| *u = matrix[(k, column)]);
                    }
                    Input::Varying(f) => f(time, column, &mut u),
                }
                let first = c * stride + n + loops;
                for (k, u) in u.iter().enumerate() {
                    self.rates[first + k] = T::from_f64(*u);
                }
            }
        }
        self.weights.all.multiply(&self.rates, &mut self.drive, count, &mut self.packed_rates);
    }

    /// Euler's method and its exponential variant: they differ in the weight of the drive and the size
    /// of the noise.
    fn leaky_step(&mut self, time: f64, alpha: f64, noise: f64) {
        self.compute_drive(time);
        let (n, stride, alpha) = (self.n, self.stride, T::from_f64(alpha));
        let amplitude = self.noise * noise;
        for c in 0..self.columns.len() {
            let drive = &self.drive[c * n..(c + 1) * n];
            let rates = &mut self.rates[c * stride..c * stride + n];
            if self.form == Form::Current {
                let x = &mut self.x[c * n..(c + 1) * n];
                self.transfer.euler_step(x, drive, alpha, rates);
                if let Some(stream) = self.streams.get_mut(c) {
                    add_noise(stream, amplitude, x);
                    self.transfer.values(x, rates);
                }
            } else {
                self.transfer.euler_step_rate(rates, drive, alpha);
                if let Some(stream) = self.streams.get_mut(c) {
                    add_noise(stream, amplitude, rates);
                }
            }
        }
    }

    fn map_step(&mut self, time: f64) {
        self.compute_drive(time);
        let (n, stride) = (self.n, self.stride);
        for c in 0..self.columns.len() {
            let drive = &mut self.drive[c * n..(c + 1) * n];
            if let Some(stream) = self.streams.get_mut(c) {
                add_noise(stream, self.noise, drive);
            }
            self.transfer.values(drive, &mut self.rates[c * stride..c * stride + n]);
        }
    }

    fn runge_kutta_step(&mut self, time: f64, dt: f64) {
        let start: Vec<T> = (0..self.columns.len()).flat_map(|c| self.state(c).to_vec()).collect();
        let mut next = start.clone();
        let h = dt / self.tau;
        // (where the slope is taken, its weight in the step, how far the next stage goes)
        for (offset, weight, reach) in
            [(0.0, 1.0 / 6.0, 0.5), (0.5, 1.0 / 3.0, 0.5), (0.5, 1.0 / 3.0, 1.0), (1.0, 1.0 / 6.0, 0.0)]
        {
            self.compute_drive(time + offset * dt);
            let slope = self.slope();
            axpy(T::from_f64(weight * h), &slope, &mut next);
            if reach > 0.0 {
                let mut stage = start.clone();
                axpy(T::from_f64(reach * h), &slope, &mut stage);
                self.set_states(&stage);
            }
        }
        self.set_states(&next);
    }

    /// −x + drive, or −r + φ(drive), in all columns.
    fn slope(&self) -> Vec<T> {
        let mut slope = self.drive.clone();
        if self.form != Form::Current {
            self.transfer.values_in_place(&mut slope);
        }
        for c in 0..self.columns.len() {
            axpy(T::from_f64(-1.0), self.state(c), &mut slope[c * self.n..(c + 1) * self.n]);
        }
        slope
    }

    fn set_states(&mut self, states: &[T]) {
        let (n, stride) = (self.n, self.stride);
        for c in 0..self.columns.len() {
            let state = &states[c * n..(c + 1) * n];
            let rates = &mut self.rates[c * stride..c * stride + n];
            if self.form == Form::Current {
                self.x[c * n..(c + 1) * n].copy_from_slice(state);
                self.transfer.values(state, rates);
            } else {
                rates.copy_from_slice(state);
            }
        }
    }

    fn look_for_divergence(&mut self, step: usize, time: f64) {
        let bound = DIVERGED * DIVERGED * self.n as f64;
        for c in 0..self.columns.len() {
            if self.status[c] == SimulationStatus::Finished {
                let state = self.state(c);
                // NaN fails the comparison.
                if !(dot(state, state).to_f64() <= bound) {
                    self.status[c] = SimulationStatus::Diverged { step, time };
                }
            }
        }
    }

    fn record(&mut self) {
        let (n, stride, count) = (self.n, self.stride, self.columns.len());
        match &self.options.record {
            Record::Nothing => {}
            Record::States => {
                for c in 0..count {
                    let state = self.state(c).to_vec();
                    self.recorded.extend(state);
                }
            }
            Record::Units(units) => {
                for c in 0..count {
                    let values: Vec<T> = units.iter().map(|&i| self.state(c)[i]).collect();
                    self.recorded.extend(values);
                }
            }
            Record::Outputs => {
                let outputs = self.weights.outputs.nrows();
                let mut z = vec![T::default(); outputs * count];
                if outputs > 0 {
                    let rates = MatRef::from_column_major_slice(&self.rates, stride, count);
                    matmul(
                        self.weights.outputs.as_ref(),
                        rates.subrows(0, n),
                        MatMut::from_column_major_slice_mut(&mut z, outputs, count),
                    );
                }
                self.recorded.extend(z);
            }
        }
    }
}

/// x ← x + amplitude·ξ.
fn add_noise<T: Real>(stream: &mut Stream, amplitude: f64, x: &mut [T]) {
    for value in x {
        *value += T::from_f64(amplitude * stream.normal());
    }
}
