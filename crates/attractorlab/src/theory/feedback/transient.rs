//! Recursive least squares from a known start: ridge regression on the clamped transient.
//!
//! From its first update on, recursive least squares holds the output at the target A while the
//! network travels from its start to the clamped state x(A). Its readout is therefore that of ridge
//! regression, with parameter α/N, on the samples x₀ … x_{K−1} of this transient: it must give A all
//! along it. The samples are jointly Gaussian over units; their covariances follow from two
//! recursions, and so the result depends on N, through α/N, and on the step and the duration.
//!
//! Source: specification section 5 (derived there; no paper has it).

use attractorlab_numerics::kernels::dot;
use attractorlab_numerics::linalg::{Cholesky, Mat, matvec};
use num_complex::Complex;

use super::closed_loop::{ClosedLoop, roots_of_map};
use super::inputs::check_target;
use super::response::Response;
use super::{FeedbackError, FixedPoint, Inputs, Readout};
use crate::network::Transfer;
use crate::theory::clamped::{ClampedState, ClampedStates, DriveTheory};

/// The state in which training starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingStart {
    /// The stationary state with the input on and the output clamped at zero.
    InputOnly,
    /// Independent standard normal inputs of all units.
    Random,
}

/// How recursive least squares is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecursiveOptions {
    /// Number of units N.
    pub units: usize,
    /// Regularisation α; P(0) = 1/α.
    pub alpha: f64,
    /// Time step of simulation and updates.
    pub dt: f64,
    /// Duration of training; it should be long against the network's relaxation.
    pub duration: f64,
    /// Where it starts.
    pub start: TrainingStart,
}

/// The readout that recursive least squares leaves, in the mean.
#[derive(Debug, Clone)]
pub struct RecursiveReadout {
    inputs: Inputs,
    target: f64,
    options: RecursiveOptions,
    /// One entry a sample.
    weights: Vec<f64>,
    samples: Vec<Sample>,
    own: ClampedState,
    theory: ClampedStates,
    /// √⟨n²⟩.
    norm: f64,
}

#[derive(Debug, Clone)]
struct Sample {
    state: ClampedState,
    /// x_k = η_k + a_k m + b_k I.
    along_feedback: f64,
    along_input: f64,
}

/// Regularisation, step and duration of the transient theory stay within these bounds.
const MOST_SAMPLES: usize = 5000;

impl RecursiveReadout {
    /// Solves the theory for `target`.
    ///
    /// ```
    /// use attractorlab::network::Transfer;
    /// use attractorlab::theory::feedback::{Inputs, RecursiveOptions, RecursiveReadout, TrainingStart};
    ///
    /// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
    /// let inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
    /// let start = TrainingStart::InputOnly;
    /// let options = RecursiveOptions { units: 200, alpha: 1.0, dt: 0.1, duration: 50.0, start };
    /// let readout = RecursiveReadout::new(Transfer::Tanh, inputs, 1.0, options)?.readout();
    /// assert!((readout.overlap_feedback - 0.651).abs() < 1e-3);
    /// assert!((readout.overlap_input - 1.094).abs() < 1e-3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`FeedbackError::Parameter`] for arguments out of range; [`FeedbackError::Clamped`] for a
    /// transfer function other than tanh or erf.
    pub fn new(
        transfer: Transfer,
        inputs: Inputs,
        target: f64,
        options: RecursiveOptions,
    ) -> Result<Self, FeedbackError> {
        inputs.check()?;
        check_target(target)?;
        let count = check(options)?;
        let theory = ClampedStates::new(transfer, inputs.g)?;
        let silent = DriveTheory::new(transfer, inputs.g)?.at(inputs.drive(0.0))?;
        let (samples, rates) = Self::transient(&theory, inputs, target, options, count, silent.delta)?;
        let mut gram = rates.clone();
        for k in 0..count {
            gram[(k, k)] += options.alpha / options.units as f64;
        }
        let weights = Cholesky::new(gram.as_ref())
            .map_err(crate::theory::clamped::ClampedError::from)?
            .solve(&vec![target; count]);
        let own = theory.state(inputs.drive(target))?;
        let mut projected = vec![0.0; count];
        matvec(rates.as_ref(), &weights, &mut projected);
        let norm = dot(&weights, &projected).max(0.0).sqrt();
        Ok(Self { inputs, target, options, weights, samples, own, theory, norm })
    }

    /// Covariances H = ⟨ηη⟩ and Q = ⟨yη⟩, y = gχφ, along the transient, and C = E φφ.
    fn transient(
        theory: &ClampedStates,
        inputs: Inputs,
        target: f64,
        options: RecursiveOptions,
        count: usize,
        silent_variance: f64,
    ) -> Result<(Vec<Sample>, Mat<f64>), FeedbackError> {
        let (dt, keep) = (options.dt, 1.0 - options.dt);
        let g2 = inputs.g * inputs.g;
        let Inputs { feedback_std: sm, input_std: si, .. } = inputs;
        let overlap = inputs.overlap();
        let from_input = options.start == TrainingStart::InputOnly;
        let mut h = Mat::zeros(count, count);
        let mut rates = Mat::zeros(count, count);
        // Row k of Q: ⟨y_k η_l⟩ for l ≤ k + 1; only the last row is needed.
        let mut q: Vec<f64> = Vec::new();
        let mut samples: Vec<Sample> = Vec::with_capacity(count);
        let (mut a, mut b) = (0.0, if from_input { 1.0 } else { 0.0 });
        for k in 0..count {
            if k == 0 {
                h[(0, 0)] = if from_input { (silent_variance - si * si).max(0.0) } else { 1.0 };
            } else {
                for l in 0..k {
                    let value = keep * h[(k - 1, l)] + dt * q[l];
                    h[(k, l)] = value;
                    h[(l, k)] = value;
                }
                h[(k, k)] = keep * h[(k, k - 1)] + dt * q[k];
                a = keep * a + dt * target;
                b = keep * b + dt;
            }
            let drives = |a2: f64, b2: f64| a * a2 * sm * sm + (a * b2 + a2 * b) * overlap + b * b2 * si * si;
            let state = theory.at_variance(h[(k, k)] + drives(a, b))?;
            let mut row = Vec::with_capacity(k + 1);
            for l in 0..k {
                let other = &samples[l];
                let covariance = h[(k, l)] + drives(other.along_feedback, other.along_input);
                let value = theory.rates_at_covariance(&other.state, &state, covariance);
                rates[(k, l)] = value;
                rates[(l, k)] = value;
                row.push(value);
            }
            rates[(k, k)] = state.power;
            row.push(state.power);
            q = vec![if from_input { g2 * row[0] } else { 0.0 }];
            for l in 0..=k {
                q.push(keep * q[l] + dt * g2 * row[l]);
            }
            samples.push(Sample { state, along_feedback: a, along_input: b });
        }
        Ok((samples, rates))
    }

    /// Overlaps s_nm and s_nI.
    pub fn readout(&self) -> Readout {
        let Inputs { feedback_std: sm, input_std: si, .. } = self.inputs;
        let overlap = self.inputs.overlap();
        let mut readout = Readout { overlap_feedback: 0.0, overlap_input: 0.0 };
        for (weight, sample) in self.weights.iter().zip(&self.samples) {
            let gain = weight * sample.state.gain;
            let (a, b) = (sample.along_feedback, sample.along_input);
            readout.overlap_feedback += gain * (a * sm * sm + b * overlap);
            readout.overlap_input += gain * (a * overlap + b * si * si);
        }
        readout
    }

    /// ⟨φ'⟩ at the target: s_nm⟨φ'⟩ is the share of the target that comes from the feedback vector.
    pub fn gain_at_target(&self) -> f64 {
        self.own.gain
    }

    /// Covariances of the samples with the state of averages `own` clamped at z: with R = ⟨η_k y(z)⟩ and
    /// y = gχφ, R_{k+1} = (1−dt)R_k + dt g² E φ(x_k)φ(x(z)), from R = 0 for a random start and from
    /// y(0) itself for the other (ours). `visit` gets each sample and E φ(x_k)φ(x(z)) with its covariance.
    fn along_samples(
        &self,
        z: f64,
        own: &ClampedState,
        mut visit: impl FnMut(usize, f64, f64),
    ) -> Result<(), FeedbackError> {
        let dt = self.options.dt;
        let g2 = self.inputs.g * self.inputs.g;
        let mut field = 0.0;
        for (k, sample) in self.samples.iter().enumerate() {
            let drive = self.drive_covariance(sample, z);
            let (covariance, rates) = if k == 0 && self.options.start == TrainingStart::InputOnly {
                let pair = self.theory.pair(&sample.state, own, drive)?;
                field = g2 * pair.rates;
                (pair.covariance, pair.rates)
            } else {
                let covariance = field + drive;
                (covariance, self.theory.rates_at_covariance(&sample.state, own, covariance))
            };
            visit(k, covariance, rates);
            field = (1.0 - dt) * field + dt * g2 * rates;
        }
        Ok(())
    }

    /// ⟨(a_k m + b_k I)(m z + I)⟩.
    fn drive_covariance(&self, sample: &Sample, z: f64) -> f64 {
        let Inputs { feedback_std: sm, input_std: si, .. } = self.inputs;
        let (a, b) = (sample.along_feedback, sample.along_input);
        a * z * sm * sm + (a + b * z) * self.inputs.overlap() + b * si * si
    }

    /// The static map G(z) = Σ γ_k E φ(x_k)φ(x(z)).
    ///
    /// # Errors
    /// [`FeedbackError::Parameter`] if z is not finite.
    pub fn map(&self, z: f64) -> Result<f64, FeedbackError> {
        check_target(z)?;
        self.map_in(z, &self.theory.state(self.inputs.drive(z))?)
    }

    /// Every stationary state, by rising z. |z| is bounded by √⟨n²⟩ since |φ| ≤ 1.
    ///
    /// ```
    /// use attractorlab::network::Transfer;
    /// use attractorlab::theory::feedback::{Inputs, RecursiveOptions, RecursiveReadout, TrainingStart};
    ///
    /// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
    /// let inputs = Inputs { g: 0.5, feedback_std: 1.2, input_std: 0.15, rho: 0.0 };
    /// let of = |start| {
    ///     let options = RecursiveOptions { units: 200, alpha: 1.0, dt: 0.1, duration: 30.0, start };
    ///     RecursiveReadout::new(Transfer::Tanh, inputs, 1.5, options)?.fixed_points()
    /// };
    /// // From the state without output it ends without the spurious state, from a random state with it.
    /// assert_eq!(of(TrainingStart::InputOnly)?.len(), 1);
    /// assert_eq!(of(TrainingStart::Random)?.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`Self::map`].
    pub fn fixed_points(&self) -> Result<Vec<FixedPoint>, FeedbackError> {
        let reach = ClosedLoop::reach(self);
        let (places, _) = roots_of_map(-reach, reach, |z| self.map(z), 1e-8)?;
        places.into_iter().map(|z| self.state(z)).collect()
    }

    /// The stationary state at output `z`. Outliers inside the bulk disc are NaN.
    ///
    /// # Errors
    /// Those of [`Self::map`].
    pub fn state(&self, z: f64) -> Result<FixedPoint, FeedbackError> {
        let own = self.theory.state(self.inputs.drive(z))?;
        let response = self.response(z, &own)?;
        let radius = self.inputs.g * own.gain_squared.sqrt();
        let mut outliers = response.outliers(radius.max(LEAST_RADIUS));
        outliers.resize(2, Complex::new(f64::NAN, f64::NAN));
        let outliers = [outliers[0], outliers[1]];
        let slope = response.at(Complex::new(1.0, 0.0)).re;
        let stability = FixedPoint::judged(radius, &outliers);
        Ok(FixedPoint { z, delta: own.delta, outliers, radius, slope, stability })
    }

    /// The largest real outlier at the target outside of the bulk disc; `None` if there is none.
    pub fn outlier(&self) -> Option<f64> {
        let state = self.state(self.target).ok()?;
        state.outliers.iter().filter(|outlier| outlier.im == 0.0).map(|outlier| outlier.re).next()
    }

    /// What decides on the outliers at z.
    fn response(&self, z: f64, own: &ClampedState) -> Result<Response, FeedbackError> {
        let overlap = self.inputs.overlap();
        let mut samples = Vec::with_capacity(self.samples.len());
        self.along_samples(z, own, |k, covariance, _| {
            let pair = self.theory.at_covariance(&self.samples[k].state, own, covariance);
            samples.push((self.weights[k], pair.gains, pair.curvature_second));
        })?;
        let first = match self.options.start {
            TrainingStart::Random => None,
            TrainingStart::InputOnly => Some(overlap),
        };
        Ok(Response {
            gain_squared: self.inputs.g * self.inputs.g,
            dt: self.options.dt,
            bulk: self.inputs.g * self.inputs.g * own.power_slope(),
            own: self.inputs.half_drive_slope(z),
            training: self.inputs.half_drive_slope(self.target),
            first,
            samples,
        })
    }
}

/// Below this radius nothing tells an outlier from the bulk.
const LEAST_RADIUS: f64 = 0.02;

impl ClosedLoop for RecursiveReadout {
    fn readout(&self) -> Readout {
        self.readout()
    }

    fn map_in(&self, z: f64, state: &ClampedState) -> Result<f64, FeedbackError> {
        let mut value = 0.0;
        self.along_samples(z, state, |k, _, rates| value += self.weights[k] * rates)?;
        Ok(value)
    }

    fn state(&self, z: f64) -> Result<FixedPoint, FeedbackError> {
        self.state(z)
    }

    fn reach(&self) -> f64 {
        1.01 * self.norm
    }
}

fn check(options: RecursiveOptions) -> Result<usize, FeedbackError> {
    let positive = |name: &'static str, value: f64| {
        if value.is_finite() && value > 0.0 {
            Ok(())
        } else {
            Err(FeedbackError::Parameter { name, expected: "a finite number above zero", value })
        }
    };
    positive("alpha", options.alpha)?;
    positive("dt", options.dt)?;
    positive("duration", options.duration)?;
    if options.units == 0 {
        return Err(FeedbackError::Parameter { name: "units", expected: "at least 1", value: 0.0 });
    }
    if options.dt >= 1.0 {
        return Err(FeedbackError::Parameter {
            name: "dt",
            expected: "below the time constant 1",
            value: options.dt,
        });
    }
    let count = (options.duration / options.dt).round();
    if !(1.0..=MOST_SAMPLES as f64).contains(&count) {
        let expected = "between one and 5000 steps long";
        return Err(FeedbackError::Parameter { name: "duration", expected, value: options.duration });
    }
    Ok(count as usize)
}
