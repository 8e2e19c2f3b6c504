//! Closed-loop FORCE training on a staircase of targets: ridge regression on the network's own transients.
//!
//! FORCE keeps the loop closed while it learns, so that it learns from transients, not from clamped
//! states, and the order-M ODE does not describe what it makes. Its readout after each update is ridge
//! regression, with parameter α/N, on the samples x₀ … x_k so far. With many units these are jointly
//! Gaussian, and the training run itself follows: the output after an update at sample k is
//!
//! z_k = f_k − (α/N) γ_k,   γ = (C + α/N)⁻¹ f over the samples up to k,   C_kl = E φ(x_k)φ(x_l),
//!
//! and x_{k+1} = η_{k+1} + a_{k+1} w_FB with a_{k+1} = (1−dt) a_k + dt z_k. The output is at its target
//! from the first update on, but *not* after a jump of the target: the state of the last target is
//! known so well by then that one update cannot move what is read from it. It follows over some time
//! constants, and the theory follows it.
//!
//! Ours; for one target and tanh it is the transient theory of
//! [`theory::feedback::RecursiveReadout`](crate::theory::feedback::RecursiveReadout).

use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::roots::{Options, all_roots, refine};

use super::OutputError;
use crate::network::Transfer;
use crate::theory::clamped::{ClampedState, ClampedStates};

/// How FORCE is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StaircaseOptions {
    /// Number of units N.
    pub units: usize,
    /// Regularisation α; P(0) = 1/α.
    pub alpha: f64,
    /// Euler step; the readout is updated at every step.
    pub dt: f64,
    /// Time spent at each target in each round.
    pub duration: f64,
    /// Rounds through all targets.
    pub rounds: usize,
    /// Standard deviation of the independent normal inputs of all units at the start.
    pub start: f64,
}

impl Default for StaircaseOptions {
    /// N = 400, α = 1, dt = 0.1, 30 time constants a target, one round, standard normal start.
    fn default() -> Self {
        Self { units: 400, alpha: 1.0, dt: 0.1, duration: 30.0, rounds: 1, start: 1.0 }
    }
}

/// Steps of a training run beyond which the theory, of the square of their number, is refused.
const MOST_SAMPLES: usize = 4000;

/// The readout of scalar targets that FORCE leaves, in the mean over networks.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::output_dynamics::{Setting, StaircaseOptions, StaircaseReadout, predict};
///
/// # fn main() -> Result<(), attractorlab::theory::output_dynamics::OutputError> {
/// // Least squares makes the smaller of two targets of tanh unstable; FORCE, ending there, holds it.
/// let targets = [1.5, 0.6];
/// let clamped = predict(&Setting::scalar(Transfer::Tanh, 1.2, &targets))?.static_slope(0.6, 0.0)?;
/// let options = StaircaseOptions { duration: 15.0, ..StaircaseOptions::default() };
/// let force = StaircaseReadout::new(Transfer::Tanh, 1.2, &targets, options)?;
/// let z = force.stationary_output_near(0.6)?.unwrap_or(f64::NAN);
/// assert!(clamped > 1.4 && force.static_slope(z)? < 0.5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct StaircaseReadout {
    theory: ClampedStates,
    g: f64,
    dt: f64,
    /// γ: one weight a sample.
    weights: Vec<f64>,
    samples: Vec<ClampedState>,
    /// a_k.
    along_feedback: Vec<f64>,
    /// The output after each update, while training runs.
    pub outputs: Vec<f64>,
}

impl StaircaseReadout {
    /// Follows a training run over `targets`.
    ///
    /// # Errors
    /// [`OutputError::NoTargets`]; [`OutputError::Parameter`] for arguments out of range, or a run of more
    /// than 4000 steps; [`OutputError::Clamped`] where averages are missing.
    pub fn new(
        transfer: Transfer,
        g: f64,
        targets: &[f64],
        options: StaircaseOptions,
    ) -> Result<Self, OutputError> {
        let steps = check(targets, options)?;
        let theory = ClampedStates::new(transfer, g)?;
        let StaircaseOptions { alpha, dt, rounds, start, .. } = options;
        let count = steps * targets.len() * rounds;
        let (keep, ridge, g2) = (1.0 - dt, alpha / options.units as f64, g * g);
        let target = |k: usize| targets[k / steps % targets.len()];
        // ⟨η_k η_l⟩, the Cholesky factor L of C + α/N, and L⁻¹f.
        let mut h = Mat::zeros(count, count);
        let mut factor = Mat::zeros(count, count);
        let mut solved: Vec<f64> = Vec::with_capacity(count);
        // Row k of ⟨y_k η_l⟩, l ≤ k + 1, with y = gχφ; the start is independent of the bulk.
        let mut q: Vec<f64> = Vec::new();
        let mut samples: Vec<ClampedState> = Vec::with_capacity(count);
        let mut along: Vec<f64> = Vec::with_capacity(count);
        let mut outputs: Vec<f64> = Vec::with_capacity(count);
        for k in 0..count {
            let a = if k == 0 { 0.0 } else { keep * along[k - 1] + dt * outputs[k - 1] };
            if k == 0 {
                h[(0, 0)] = start * start;
            } else {
                for l in 0..k {
                    let value = keep * h[(k - 1, l)] + dt * q[l];
                    h[(k, l)] = value;
                    h[(l, k)] = value;
                }
                h[(k, k)] = keep * h[(k, k - 1)] + dt * q[k];
            }
            let state = theory.at_variance(h[(k, k)] + a * a)?;
            let mut row: Vec<f64> = (0..k)
                .map(|l| theory.rates_at_covariance(&samples[l], &state, h[(k, l)] + a * along[l]))
                .collect();
            row.push(state.power);
            q = vec![0.0];
            for l in 0..=k {
                q.push(keep * q[l] + dt * g2 * row[l]);
            }
            // One more row of the factor, and what the readout of all samples so far gives at this one.
            row[k] += ridge;
            for l in 0..=k {
                let overlap: f64 = (0..l).map(|j| factor[(k, j)] * factor[(l, j)]).sum();
                factor[(k, l)] =
                    if l == k { (row[k] - overlap).sqrt() } else { (row[l] - overlap) / factor[(l, l)] };
            }
            let known: f64 = solved.iter().enumerate().map(|(j, y)| factor[(k, j)] * y).sum();
            solved.push((target(k) - known) / factor[(k, k)]);
            outputs.push(target(k) - ridge * solved[k] / factor[(k, k)]);
            samples.push(state);
            along.push(a);
        }
        let mut weights = solved;
        for k in (0..count).rev() {
            let later: f64 = (k + 1..count).map(|j| factor[(j, k)] * weights[j]).sum();
            weights[k] = (weights[k] - later) / factor[(k, k)];
        }
        Ok(Self { theory, g, dt, weights, samples, along_feedback: along, outputs })
    }

    /// The state clamped at z, and its covariance with every sample: ⟨η_{k+1}η⟩ = (1−dt)⟨η_kη⟩ + dt g² E φφ.
    fn clamp(&self, z: f64) -> Result<(ClampedState, Vec<f64>), OutputError> {
        if !z.is_finite() {
            let expected = "a finite number";
            return Err(OutputError::Parameter { name: "the clamped output", expected, value: z });
        }
        let own = self.theory.state(z * z)?;
        let mut h = 0.0;
        let covariances = self
            .samples
            .iter()
            .zip(&self.along_feedback)
            .map(|(sample, a)| {
                let covariance = h + a * z;
                let rates = self.theory.rates_at_covariance(sample, &own, covariance);
                h = (1.0 - self.dt) * h + self.dt * self.g * self.g * rates;
                covariance
            })
            .collect();
        Ok((own, covariances))
    }

    /// Output F̂(z) of the readout when the network is clamped at `z`.
    ///
    /// # Errors
    /// [`OutputError`] for a value that is not finite or has no clamped state.
    pub fn static_map(&self, z: f64) -> Result<f64, OutputError> {
        let (own, covariances) = self.clamp(z)?;
        let pairs = self.weights.iter().zip(&self.samples).zip(covariances);
        Ok(pairs.map(|((w, sample), c)| w * self.theory.rates_at_covariance(sample, &own, c)).sum())
    }

    /// The stationary output of the closed loop next to `target`, within a third of it; `None` if there
    /// is none.
    ///
    /// # Errors
    /// Those of [`Self::static_map`].
    pub fn stationary_output_near(&self, target: f64) -> Result<Option<f64>, OutputError> {
        let excess = |z: f64| self.static_map(z).map(|value| value - z);
        let middle = (target, excess(target)?);
        for share in [0.01, 0.03, 0.1, 0.33] {
            for side in [-1.0, 1.0] {
                let z = target * (1.0 + side * share);
                let end = (z, excess(z)?);
                if end.1 * middle.1 <= 0.0 {
                    let (root, _) = refine(|z| excess(z).unwrap_or(f64::NAN), end, middle);
                    return Ok(Some(root));
                }
            }
        }
        Ok(None)
    }

    /// Open-loop gain Σ γ_k q_k(λ) at λ = 1 + s.
    ///
    /// With p = z/(λ − g²K) and q_k = a_k(P_k + α_k/λ) + b_k p, where a_k = E φ'φ', b_k = E φφ'' of sample
    /// and state and α_k is the sample's share of w_FB, P_{k+1} = (1−dt)P_k + dt g² q_k/λ.
    fn gain(&self, z: f64) -> Result<(ClampedState, impl Fn(f64) -> f64), OutputError> {
        let (own, covariances) = self.clamp(z)?;
        let (g2, dt, slope) = (self.g * self.g, self.dt, self.g * self.g * own.power_slope());
        let pairs: Vec<[f64; 4]> = self
            .samples
            .iter()
            .zip(covariances)
            .zip(self.weights.iter().zip(&self.along_feedback))
            .map(|((sample, covariance), (weight, along))| {
                let pair = self.theory.at_covariance(sample, &own, covariance);
                [pair.gains, pair.curvature_second, *weight, *along]
            })
            .collect();
        let gain = move |lambda: f64| {
            let p = z / (lambda - slope);
            let (mut overlap, mut sum) = (0.0, 0.0);
            for [gains, curvature, weight, along] in &pairs {
                let q = gains * (overlap + along / lambda) + curvature * p;
                sum += weight * q;
                overlap = (1.0 - dt) * overlap + dt * g2 * q / lambda;
            }
            sum
        };
        Ok((own, gain))
    }

    /// Slope dF̂/dz of the static map at `z`, the open-loop gain G(0) there: a stationary output with a
    /// slope above one is unstable.
    ///
    /// # Errors
    /// Those of [`Self::static_map`].
    pub fn static_slope(&self, z: f64) -> Result<f64, OutputError> {
        let (_, gain) = self.gain(z)?;
        Ok(gain(1.0))
    }

    /// The largest real pole s = λ − 1 of the output at the value `z` that lies right of the clamped
    /// network's own pole and of its bulk; `None` if there is none. It is where the open-loop gain is one.
    ///
    /// # Errors
    /// Those of [`Self::static_map`].
    pub fn leading_pole(&self, z: f64) -> Result<Option<f64>, OutputError> {
        let (own, gain) = self.gain(z)?;
        let (radius, slope) = (self.g * own.gain_squared.sqrt(), self.g * self.g * own.power_slope());
        let low = radius.max(slope) * 1.001 + 1e-6;
        let options = Options { minimum_pieces: 4, accuracy: 1e-10 };
        let found = all_roots(|lambda| gain(lambda) - 1.0, low, low + 4.0, options);
        Ok(found.ok().and_then(|found| found.roots.last().map(|root| root.x - 1.0)))
    }
}

/// Steps at each target.
fn check(targets: &[f64], options: StaircaseOptions) -> Result<usize, OutputError> {
    let out_of_range = |name, expected, value| Err(OutputError::Parameter { name, expected, value });
    if targets.is_empty() {
        return Err(OutputError::NoTargets);
    }
    if let Some(&value) = targets.iter().find(|f| !f.is_finite()) {
        return out_of_range("a target", "a finite number", value);
    }
    for (name, value) in [("alpha", options.alpha), ("dt", options.dt), ("duration", options.duration)] {
        if !(value.is_finite() && value > 0.0) {
            return out_of_range(name, "a finite number above zero", value);
        }
    }
    if options.dt >= 1.0 {
        return out_of_range("dt", "below the time constant 1", options.dt);
    }
    if !(options.start.is_finite() && options.start > 0.0) {
        return out_of_range("start", "a finite number above zero", options.start);
    }
    if options.units == 0 || options.rounds == 0 {
        return out_of_range("the number of units and of rounds", "at least 1", 0.0);
    }
    let steps = (options.duration / options.dt).round();
    let total = steps * (targets.len() * options.rounds) as f64;
    if !(steps >= 1.0 && total <= MOST_SAMPLES as f64) {
        return out_of_range("duration", "such that the run has between 1 and 4000 steps", options.duration);
    }
    Ok(steps as usize)
}
