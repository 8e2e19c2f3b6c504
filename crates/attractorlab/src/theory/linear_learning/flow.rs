//! Learning to all orders: many units, or one given network.

use attractorlab_numerics::linalg::{Mat, MatRef, Svd, matmul};

use super::error::{check_finite, check_gain, check_time};
use super::modes::{Clock, Modes, snapshot};
use super::{LearningError, modes};

/// Gradient flow of a linear network that learns an output at its driven fixed point, to all orders.
///
/// The network h = Wh + m u settles at h = (1 − W)⁻¹m for u = 1; its output z = wᵀh/N shall be ẑ. The flow
/// dW/dτ = −∂/∂W ½(ẑ − z)² is solved in the singular modes of 1 − W₀, where it closes:
/// for infinitely many units with W₀ = gJ ([`LearningFlow::large`]; ours beside the paper's third order), and exactly for one
/// given network ([`LearningFlow::of_network`]; ours). τ is learning rate × epochs.
///
/// Singular values come from the path itself, parametrised by its length, which stays smooth when the error has
/// died away; a quadrature in τ does not (with 24 nodes it loses 4 % of s₁ at g = 0.6, ẑ = 2, β²τ = 0.6).
///
/// All targets share one path of weights; only how fast and how far it is walked depends on the target (ours).
/// Range of validity: steps of a learning rate far below [`LearnedState::largest_learning_rate`], trials far
/// longer than 1/(1 − λ₁), and for `large` outputs of order one in a network with β³/N ≪ 1, β = 1/(1 − g²).
///
/// ```
/// use attractorlab::theory::linear_learning::LearningFlow;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let trained = LearningFlow::large(0.6)?.trained(2.0)?;
/// assert!((trained.output - 2.0).abs() < 1e-8);
/// // The change is nearly of rank two, and small: 0.85 without a bulk.
/// let s = &trained.singular_values;
/// assert!((s[0] - 0.42809).abs() < 5e-6 && s[1] < 0.1 * s[0] && s[2] < 0.02 * s[1]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LearningFlow {
    modes: Modes,
    network: Option<Svd>,
    initial_output: f64,
}

/// One moment of learning.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedState {
    /// Learning time τ = learning rate × epochs; infinite at the end of training.
    pub time: f64,
    /// The output z.
    pub output: f64,
    /// Length of the path of weights from the start, ∫‖dW‖.
    pub path_length: f64,
    /// |a|²|b|²/N², a = (1 − W)⁻ᵀw, b = (1 − W)⁻¹m: the rate at which the error decays now.
    pub rate: f64,
    /// Singular values of ΔW, largest first; those below about 1e-15 of the first are rounding.
    pub singular_values: Vec<f64>,
    /// Left and right singular vectors, as columns in the order of the units: of a given network only.
    pub vectors: Option<(Mat<f64>, Mat<f64>)>,
}

impl LearnedState {
    /// ‖ΔW‖ (Frobenius).
    pub fn norm(&self) -> f64 {
        self.singular_values.iter().map(|s| s * s).sum::<f64>().sqrt()
    }

    /// Gradient descent cannot settle here with a larger learning rate (ours): near the end a step multiplies the
    /// error by 1 − rate·|a|²|b|²/N². From half of the limit on it overshoots; beyond, it oscillates until it finds a
    /// flatter solution, or loses the fixed point.
    pub fn largest_learning_rate(&self) -> f64 {
        2.0 / self.rate
    }

    /// ΔW as a matrix, of a given network.
    pub fn weight_change(&self) -> Option<Mat<f64>> {
        let (left, right) = self.vectors.as_ref()?;
        let scaled = Mat::from_fn(left.nrows(), left.ncols(), |i, k| left[(i, k)] * self.singular_values[k]);
        let mut out = Mat::zeros(left.nrows(), right.nrows());
        matmul(scaled.as_ref(), right.as_ref().transpose(), out.as_mut());
        Some(out)
    }
}

/// When the loss has fallen to a fraction, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Convergence {
    /// Learning time τ.
    pub time: f64,
    /// Mean of ‖gradient‖ over that time: the length of the path over the time.
    pub mean_gradient: f64,
    /// Output.
    pub output: f64,
}

/// −log of the error that is left at the end: below rounding.
const SETTLED: f64 = 37.0;

impl LearningFlow {
    /// Infinitely many units, W₀ = gJ, independent standard normal m and w.
    ///
    /// # Errors
    /// [`LearningError::Parameter`] unless 0 ≤ g ≤ 0.999.
    pub fn large(g: f64) -> Result<Self, LearningError> {
        check_gain(g)?;
        Ok(Self { modes: Modes::large(g), network: None, initial_output: 0.0 })
    }

    /// The very network with these weights W₀ (N×N), input m and readout w, z = wᵀh/N.
    ///
    /// One singular value decomposition; the flow costs O(N) a step afterwards.
    ///
    /// # Errors
    /// [`LearningError::Length`] if the shapes do not fit, [`LearningError::NoFixedPoint`] if 1 − W₀ is singular,
    /// [`LearningError::Parameter`] or [`LearningError::Linalg`] for entries that are not finite.
    pub fn of_network(
        weights: MatRef<'_, f64>,
        input: &[f64],
        readout: &[f64],
    ) -> Result<Self, LearningError> {
        let n = weights.nrows();
        for (name, found) in
            [("a row of the weights", weights.ncols()), ("input", input.len()), ("readout", readout.len())]
        {
            if found != n || n == 0 {
                return Err(LearningError::Length { name, expected: n.max(1), found });
            }
        }
        for (name, vector) in [("input", input), ("readout", readout)] {
            vector.iter().try_for_each(|&entry| check_finite(name, entry))?;
        }
        let matrix = Mat::from_fn(n, n, |i, j| f64::from(u8::from(i == j)) - weights[(i, j)]);
        let svd = Svd::new(matrix.as_ref())?;
        if svd.rank(1e-13) < n {
            return Err(LearningError::NoFixedPoint);
        }
        let modes = Modes::realised(&svd, input, readout);
        let initial_output = modes.initial_output();
        Ok(Self { modes, network: Some(svd), initial_output })
    }

    /// The output before training; zero for infinitely many units.
    pub fn initial_output(&self) -> f64 {
        self.initial_output
    }

    /// The end of training for this target.
    ///
    /// # Errors
    /// [`LearningError::Parameter`] if the target is not finite; [`LearningError::Flow`] if the flow is lost, as
    /// for targets of which 1 − W comes within rounding of being singular.
    pub fn trained(&self, target: f64) -> Result<LearnedState, LearningError> {
        check_finite("target", target)?;
        let mut state = self.modes.start();
        self.modes.follow(&mut state, Clock::Settling(target), &[SETTLED], |_, _| ())?;
        self.state(&snapshot(&self.modes, &state), f64::INFINITY, target)
    }

    /// The states at these learning times, in any order.
    ///
    /// # Errors
    /// As [`LearningFlow::trained`], and [`LearningError::Parameter`] for a time that is negative or not finite.
    pub fn at_times(&self, target: f64, times: &[f64]) -> Result<Vec<LearnedState>, LearningError> {
        check_finite("target", target)?;
        times.iter().try_for_each(|&time| check_time(time))?;
        let mut order: Vec<usize> = (0..times.len()).collect();
        order.sort_by(|&i, &j| times[i].total_cmp(&times[j]));
        let mut state = self.modes.start();
        let mut settled = state.clone();
        self.modes.follow(&mut settled, Clock::Settling(target), &[SETTLED], |_, _| ())?;
        let end = snapshot(&self.modes, &settled);
        let stops: Vec<f64> = order.iter().map(|&i| times[i]).take_while(|&time| time < end.time()).collect();
        let mut found = Vec::with_capacity(times.len());
        self.modes.follow(&mut state, Clock::Time(target), &stops, |index, at| {
            found.push((order[index], self.state(at, stops[index], target)));
        })?;
        for &index in &order[stops.len()..] {
            found.push((index, self.state(&end, times[index], target)));
        }
        found.sort_by_key(|(index, _)| *index);
        found.into_iter().map(|(_, state)| state).collect()
    }

    /// When the loss has fallen to `fraction` of the first, for 0 < fraction < 1.
    ///
    /// # Errors
    /// As [`LearningFlow::trained`], and [`LearningError::Parameter`] for another fraction.
    pub fn convergence(&self, target: f64, fraction: f64) -> Result<Convergence, LearningError> {
        check_finite("target", target)?;
        if !(fraction > 1e-30 && fraction < 1.0) {
            let expected = "a fraction of the first loss, above 1e-30 and below 1";
            return Err(LearningError::Parameter { name: "fraction", expected, value: fraction });
        }
        let mut state = self.modes.start();
        self.modes.follow(&mut state, Clock::Settling(target), &[-0.5 * fraction.ln()], |_, _| ())?;
        let at = snapshot(&self.modes, &state);
        Ok(Convergence { time: at.time(), mean_gradient: at.length() / at.time(), output: at.output() })
    }

    /// Loss of the trained network after W₀ is replaced by an independent one of the same gain, over ẑ²/2;
    /// for infinitely many units (ours, to all orders; to first order it is [`super::ScalingLaws::shuffled_loss`]).
    ///
    /// `None` for a given network: shuffle its weights instead.
    ///
    /// # Errors
    /// As [`LearningFlow::trained`], and [`LearningError::Parameter`] for a target of zero.
    pub fn shuffled_loss(&self, target: f64) -> Result<Option<f64>, LearningError> {
        if self.network.is_some() {
            return Ok(None);
        }
        if target == 0.0 {
            return Err(LearningError::Parameter {
                name: "target",
                expected: "other than zero",
                value: target,
            });
        }
        let trained = self.trained(target)?;
        let output = self.modes.shuffled_output(trained.path_length, target.signum())?;
        Ok(Some((1.0 - output / target).powi(2)))
    }

    fn state(&self, at: &modes::Snapshot<'_>, time: f64, target: f64) -> Result<LearnedState, LearningError> {
        debug_assert!(
            (at.output() - at.output_from_input_side()).abs() < 1e-6 * (1.0 + at.output().abs()),
            "both sides of the flow give the same output"
        );
        let direction = if target >= self.initial_output { 1.0 } else { -1.0 };
        let change = self.modes.change(at.length(), direction)?.decompose()?;
        let rotate = |basis: &Mat<f64>, columns: &Mat<f64>| {
            let mut out = Mat::zeros(basis.nrows(), columns.ncols());
            matmul(basis.as_ref(), columns.as_ref(), out.as_mut());
            out
        };
        Ok(LearnedState {
            time,
            output: at.output(),
            path_length: at.length(),
            rate: at.left_size() * at.right_size(),
            singular_values: change.values,
            vectors: self.network.as_ref().map(|svd| (rotate(&svd.u, &change.u), rotate(&svd.v, &change.v))),
        })
    }
}
