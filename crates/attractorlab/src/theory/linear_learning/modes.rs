//! The flow of learning in the singular modes of 1 − W₀.

use std::cell::RefCell;

use attractorlab_numerics::linalg::{Lu, Mat, Svd, matmul};
use attractorlab_numerics::ode::{OdeOptions, integrate};

use super::LearningError;
use super::density::{path_nodes, singular_quadrature};

/// Modes with weights: an average over them stands for (1/N) Σ over units, or for its limit.
#[derive(Debug, Clone)]
pub(super) struct Modes {
    /// s², the squared singular value of 1 − W₀.
    square: Vec<f64>,
    /// Entry of the readout vector w along the right singular vector.
    readout: Vec<f64>,
    /// Entry of the input vector m along the left singular vector.
    input: Vec<f64>,
    /// a = G⁻ᵀw and b = G⁻¹m before training, and the output z there.
    left: Vec<f64>,
    right: Vec<f64>,
    output: f64,
    weight: Vec<f64>,
    /// Mean overlap of the two singular vectors; empty where vectors themselves are known.
    alignment: Vec<f64>,
}

/// What time means in an integration of the flow.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock {
    /// Length of the path of weights, ∫‖dW‖, towards larger (+1) or smaller (−1) outputs.
    Length(f64),
    /// Learning time τ = learning rate × epochs, for this target.
    Time(f64),
    /// y = −log of the remaining error as a fraction of the first, for this target.
    Settling(f64),
}

/// The state of the flow: what learning has added to a, p, b, q, in modes, then the length of the path and the time.
///
/// Additions, not a and b themselves: all of them are of the order of the target, which may be far below rounding in a.
pub(super) struct Snapshot<'a> {
    modes: &'a Modes,
    state: &'a [f64],
}

impl Modes {
    /// Infinitely many units.
    ///
    /// Entries of w and m are independent and normal there, and all averages of the flow are of second order in
    /// them, so that w = 1, m = ±1 with equal weights gives the averages exactly.
    pub(super) fn large(g: f64) -> Self {
        let nodes = singular_quadrature(g);
        let pairs = nodes.iter().flat_map(|node| [(node, 1.0), (node, -1.0)]);
        let count = 2 * nodes.len();
        Self::new(
            pairs.clone().map(|(node, _)| node.square).collect(),
            vec![1.0; count],
            pairs.clone().map(|(_, sign)| sign).collect(),
            pairs.clone().map(|(node, _)| 0.5 * node.weight).collect(),
            pairs.map(|(node, _)| node.alignment).collect(),
        )
    }

    /// The modes of one network: `svd` is that of 1 − W₀.
    pub(super) fn realised(svd: &Svd, input: &[f64], readout: &[f64]) -> Self {
        let n = input.len();
        let along = |basis: &Mat<f64>, vector: &[f64]| -> Vec<f64> {
            (0..n).map(|k| basis.col(k).iter().zip(vector).map(|(u, v)| u * v).sum()).collect()
        };
        Self::new(
            svd.values.iter().map(|s| s * s).collect(),
            along(&svd.v, readout),
            along(&svd.u, input),
            vec![1.0 / n as f64; n],
            Vec::new(),
        )
    }

    fn new(
        square: Vec<f64>,
        readout: Vec<f64>,
        input: Vec<f64>,
        weight: Vec<f64>,
        alignment: Vec<f64>,
    ) -> Self {
        let over = |vector: &[f64]| vector.iter().zip(&square).map(|(v, x)| v / x.sqrt()).collect();
        let (left, right) = (over(&readout), over(&input));
        let mut modes = Self { square, readout, input, left, right, output: 0.0, weight, alignment };
        modes.output = modes.mean(|i| modes.left[i] * modes.input[i]);
        modes
    }

    /// The output z before training.
    pub(super) fn initial_output(&self) -> f64 {
        self.output
    }

    fn len(&self) -> usize {
        self.square.len()
    }

    /// ⟨f⟩ over the modes.
    fn mean(&self, f: impl Fn(usize) -> f64) -> f64 {
        self.weight.iter().enumerate().map(|(i, weight)| weight * f(i)).sum()
    }

    /// The state before training.
    pub(super) fn start(&self) -> Vec<f64> {
        vec![0.0; 4 * self.len() + 2]
    }

    /// The flow of the given clock at `state`.
    ///
    /// With σ = ∫(ẑ − z)dτ: dG/dσ = −abᵀ/N, so GGᵀ = S² − (pmᵀ + mpᵀ)/N with dp/dσ = a, and
    /// da/dσ = |a|²/N · (GGᵀ)⁻¹m; the same with GᵀG, w, b and q. The inverse is Woodbury's.
    fn flow(&self, state: &[f64], clock: Clock, out: &mut [f64]) {
        let n = self.len();
        let (left, right) = (&state[..2 * n], &state[2 * n..4 * n]);
        let at = snapshot(self, state);
        let (aa, bb) = (at.left_size(), at.right_size());
        let speed = (aa * bb).sqrt();
        let error = |target: f64| (target - self.output) - self.mean(|i| left[i] * self.input[i]);
        let (rate, time_rate) = match clock {
            Clock::Length(direction) => (direction / speed, 0.0),
            Clock::Time(target) => (error(target), 1.0),
            Clock::Settling(target) => (error(target) / (aa * bb), 1.0 / (aa * bb)),
        };
        let (out_left, rest) = out.split_at_mut(2 * n);
        let (out_right, clocks) = rest.split_at_mut(2 * n);
        self.half_flow(left, &self.left, &self.input, aa * rate, rate, out_left);
        self.half_flow(right, &self.right, &self.readout, bb * rate, rate, out_right);
        clocks[0] = rate.abs() * speed;
        clocks[1] = time_rate;
    }

    /// One side of the flow: (a, p) with m, or (b, q) with w; a or b is `first` and what was added to it.
    fn half_flow(
        &self,
        vectors: &[f64],
        first: &[f64],
        fixed: &[f64],
        kick: f64,
        rate: f64,
        out: &mut [f64],
    ) {
        let n = self.len();
        let (added, summed) = vectors.split_at(n);
        let (mut mm, mut mp, mut pp) = (0.0, 0.0, 0.0);
        for i in 0..n {
            let share = self.weight[i] / self.square[i];
            mm += share * fixed[i] * fixed[i];
            mp += share * fixed[i] * summed[i];
            pp += share * summed[i] * summed[i];
        }
        let determinant = (1.0 - mp) * (1.0 - mp) - mm * pp;
        let (along, beside) = ((1.0 - mp) / determinant, mm / determinant);
        for i in 0..n {
            out[i] = kick * (along * fixed[i] + beside * summed[i]) / self.square[i];
            out[n + i] = rate * (first[i] + added[i]);
        }
    }

    /// Follows the flow from `state` and calls `at_stop` at each of `stops` of the clock.
    pub(super) fn follow(
        &self,
        state: &mut [f64],
        clock: Clock,
        stops: &[f64],
        mut at_stop: impl FnMut(usize, &Snapshot<'_>),
    ) -> Result<(), LearningError> {
        // What is added to the state is of the order of the distance to go.
        let distance = match clock {
            Clock::Length(_) => stops.last().copied().unwrap_or(1.0),
            Clock::Time(target) | Clock::Settling(target) => (target - self.output).abs(),
        };
        let size = if distance > 0.0 { distance.min(1.0) } else { 1.0 };
        let options = OdeOptions { relative: 1e-11, absolute: 1e-11 * size, max_steps: 200_000 };
        let flow = |state: &[f64], out: &mut [f64]| self.flow(state, clock, out);
        integrate(flow, state, stops, options, |index, state| {
            at_stop(index, &Snapshot { modes: self, state });
        })?;
        Ok(())
    }

    /// The change of weights after a path of this length, in factors over the modes.
    ///
    /// ΔW = ±∫ âb̂ᵀ dℓ along the path, with unit vectors â and b̂; Gauss–Legendre nodes in ℓ.
    pub(super) fn change(&self, length: f64, direction: f64) -> Result<Change, LearningError> {
        let n = self.len();
        let nodes = path_nodes(length, PATH_NODES);
        let stops: Vec<f64> = nodes.iter().map(|(at, _)| *at).collect();
        let columns = RefCell::new((Mat::zeros(n, PATH_NODES), Mat::zeros(n, PATH_NODES)));
        self.follow(&mut self.start(), Clock::Length(direction), &stops, |k, at| {
            let (left, right) = &mut *columns.borrow_mut();
            let (scale_a, scale_b) = (at.left_size().sqrt(), at.right_size().sqrt());
            for i in 0..n {
                let root = self.weight[i].sqrt();
                left[(i, k)] = root * at.left(i) / scale_a;
                right[(i, k)] = root * at.right(i) / scale_b;
            }
        })?;
        let (left, right) = columns.into_inner();
        Ok(Change { left, right, weights: nodes.iter().map(|(_, w)| direction * w).collect() })
    }

    /// Output of the trained network whose W₀ is replaced by an independent one (ours); for many units.
    ///
    /// The overlaps of ΔW's vectors with w, m and each other then decide alone, because (1 − gJ')⁻¹ of an
    /// independent bulk acts like 1 between given vectors: z' = wᵀ(1 − ΔW)⁻¹m/N.
    pub(super) fn shuffled_output(&self, length: f64, direction: f64) -> Result<f64, LearningError> {
        let change = self.change(length, direction)?;
        let k = change.weights.len();
        let root = |i: usize| self.weight[i].sqrt();
        let column = |of: &Mat<f64>, vector: &[f64], k: usize| -> f64 {
            (0..self.len()).map(|i| root(i) * self.alignment[i] * of[(i, k)] * vector[i]).sum()
        };
        // Overlaps b(t)·a(t'), w·a(t) and m·b(t), each with the mean overlap of the singular vectors.
        let system = Mat::from_fn(k, k, |t, s| {
            let sum: f64 =
                (0..self.len()).map(|i| self.alignment[i] * change.right[(i, t)] * change.left[(i, s)]).sum();
            f64::from(u8::from(t == s)) - sum * change.weights[s]
        });
        let drive: Vec<f64> = (0..k).map(|t| column(&change.right, &self.input, t)).collect();
        let solved = Lu::from_matrix(system)?.solve(&drive);
        Ok((0..k).map(|t| column(&change.left, &self.readout, t) * change.weights[t] * solved[t]).sum())
    }
}

/// Nodes along a path. The integrand is analytic: against the closed form without a bulk, 32 nodes err by less than
/// 1e-9 up to outputs of 20 (a test).
const PATH_NODES: usize = 32;

/// ΔW = L diag(weights) Rᵀ over modes, with unit columns.
pub(super) struct Change {
    pub(super) left: Mat<f64>,
    pub(super) right: Mat<f64>,
    pub(super) weights: Vec<f64>,
}

impl Change {
    /// The singular value decomposition, in the basis of the modes.
    pub(super) fn decompose(&self) -> Result<Svd, LearningError> {
        // Thin decompositions of both factors first: forming a product of both over all modes is not needed.
        let (left, right) = (Svd::new(self.left.as_ref())?, Svd::new(self.right.as_ref())?);
        let (rows, columns) = (left.values.len(), right.values.len());
        let core = Mat::from_fn(rows, columns, |i, j| {
            let sum: f64 =
                self.weights.iter().enumerate().map(|(k, w)| left.v[(k, i)] * w * right.v[(k, j)]).sum();
            left.values[i] * sum * right.values[j]
        });
        let inner = Svd::new(core.as_ref())?;
        let mut u = Mat::zeros(self.left.nrows(), rows.min(columns));
        let mut v = Mat::zeros(self.right.nrows(), rows.min(columns));
        matmul(left.u.as_ref(), inner.u.as_ref(), u.as_mut());
        matmul(right.u.as_ref(), inner.v.as_ref(), v.as_mut());
        Ok(Svd { values: inner.values, u, v })
    }
}

impl Snapshot<'_> {
    /// Entry of a.
    fn left(&self, i: usize) -> f64 {
        self.modes.left[i] + self.state[i]
    }

    /// Entry of b.
    fn right(&self, i: usize) -> f64 {
        self.modes.right[i] + self.state[2 * self.modes.len() + i]
    }

    /// |a|²/N.
    pub(super) fn left_size(&self) -> f64 {
        self.modes.mean(|i| self.left(i).powi(2))
    }

    /// |b|²/N.
    pub(super) fn right_size(&self) -> f64 {
        self.modes.mean(|i| self.right(i).powi(2))
    }

    /// z = aᵀm/N.
    pub(super) fn output(&self) -> f64 {
        self.modes.output + self.modes.mean(|i| self.state[i] * self.modes.input[i])
    }

    /// z = bᵀw/N: equal to [`Snapshot::output`] but for the error of the integration.
    pub(super) fn output_from_input_side(&self) -> f64 {
        let n = self.modes.len();
        self.modes.output + self.modes.mean(|i| self.state[2 * n + i] * self.modes.readout[i])
    }

    pub(super) fn length(&self) -> f64 {
        self.state[4 * self.modes.len()]
    }

    pub(super) fn time(&self) -> f64 {
        self.state[4 * self.modes.len() + 1]
    }
}

/// Snapshot of a state outside of an integration.
pub(super) fn snapshot<'a>(modes: &'a Modes, state: &'a [f64]) -> Snapshot<'a> {
    Snapshot { modes, state }
}
