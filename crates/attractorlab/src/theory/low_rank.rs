//! Networks given as a random bulk and low-rank feedback: their stationary states when only the bulk is averaged.
//!
//! The theories of [`feedback`](super::feedback) average over bulk, feedback vectors and inputs. Of a network that
//! somebody has, the vectors are known, and need not be Gaussian, few, or alike. This theory (ours) keeps them as they
//! are, for any number of loops, inputs, biases and transfer functions, and takes only the bulk for one of independent
//! entries of mean 0 and variance g²/N that the readout vectors know nothing of.
//!
//! A unit then receives xᵢ = dᵢ(κ) + g√q ξ with a standard normal ξ, the drive d = Bu + b + Σ m κ, the overlaps
//! κᵣ = (1/N) Σᵢ nᵣᵢ ⟨φ(xᵢ)⟩ and the mean square rate q = (1/N) Σᵢ ⟨φ²(xᵢ)⟩: R + 1 equations for a network of R loops.
//! They are the stationary states of a [`Dynamics`] of R + 1 variables, which the [search](find) for fixed points of
//! networks solves as well. Perturbations of κ and of the covariance of the bulk's input with itself obey the same
//! equations linearised, so the eigenvalues of their Jacobian are the eigenvalues of J·diag(φ') outside the bulk; for
//! one loop along Gaussian vectors they are the two of Mastrogiuseppe & Ostojic 2019, equation 9.
//!
//! In a finite network κ and q miss the averages over ξ by independent errors of each unit, which the loop amplifies
//! by (1 − F')⁻¹: this gives every predicted overlap its standard deviation over bulks.

use attractorlab_numerics::gaussian::{AverageError, Averages, Product};
use attractorlab_numerics::linalg::{Complex64, Lu, Mat, eigenvalues, frobenius_norm};
use attractorlab_numerics::random::Stream;

use super::feedback::Stability;
use crate::dynamics::fixed_points::{FindError, FindOptions, SeedKind, Starts, find};
use crate::dynamics::{Dynamics, Time};
use crate::network::{Form, RateNetwork, mean_product};

/// The averages over one unit's input, in the order in which they are prepared.
const PRODUCTS: [Product; 9] = [
    Product::VALUE,
    Product { value: 2, ..Product::ONE },
    Product::FIRST,
    Product::SECOND,
    Product { value: 1, first: 1, ..Product::ONE },
    Product { first: 2, ..Product::ONE },
    Product { value: 1, second: 1, ..Product::ONE },
    Product { value: 3, ..Product::ONE },
    Product { value: 4, ..Product::ONE },
];

/// What the averages over one unit's input are.
#[derive(Debug, Clone, Copy, Default)]
struct Unit {
    /// ⟨φ⟩, ⟨φ²⟩, ⟨φ'⟩, ⟨φ''⟩, ⟨φφ'⟩.
    rate: f64,
    square: f64,
    gain: f64,
    curvature: f64,
    rate_gain: f64,
    /// ⟨φ'²⟩, and ⟨φ'² + φφ''⟩, the slope of ⟨φ²⟩ in the variance of x.
    gain_square: f64,
    power_slope: f64,
    /// ⟨φ³⟩, ⟨φ⁴⟩.
    cube: f64,
    fourth: f64,
}

/// Mean-field theory of one network whose vectors are given and whose bulk is averaged.
#[derive(Debug)]
pub struct LowRankTheory<'a> {
    network: &'a RateNetwork,
    drive: Vec<f64>,
    g: f64,
    /// Feedback vectors of mean square 1, and readouts times what they were divided by.
    loops: Vec<(Vec<f64>, Vec<f64>)>,
    /// Root mean squares of the feedback vectors.
    scales: Vec<f64>,
    averages: Averages,
}

/// A stationary state that the theory predicts.
#[derive(Debug, Clone)]
pub struct LowRankState {
    /// Overlaps κ of the rates with the readout vectors of the loops, one for each.
    pub overlaps: Vec<f64>,
    /// Their standard deviations over bulks of this size, to leading order.
    pub overlap_errors: Vec<f64>,
    /// The outputs.
    pub outputs: Vec<f64>,
    /// Mean square rate q; the bulk's input has the variance g²q.
    pub mean_square: f64,
    /// ⟨φ⟩ of each unit.
    pub rates: Vec<f64>,
    /// What each unit receives from inputs, bias and loops.
    pub drive: Vec<f64>,
    /// Eigenvalues of J·diag(φ') outside the bulk, R + 1 of them, larger real part first. One that is smaller in
    /// modulus than the radius is not visible in the spectrum of a network.
    pub outliers: Vec<Complex64>,
    /// Radius of the bulk of J·diag(φ').
    pub radius: f64,
    /// The verdict; with a radius of one or more the state is chaotic and the theory does not hold.
    pub stability: Stability,
}

/// Why the theory cannot be applied.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LowRankError {
    /// The input has the wrong length.
    #[error("the input must have one entry for each of the {inputs} inputs of the network, got {found}")]
    Input {
        /// Number of inputs.
        inputs: usize,
        /// Length of the input.
        found: usize,
    },
    /// A number is out of its range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
    /// The transfer function has no such averages.
    #[error(transparent)]
    Average(#[from] AverageError),
    /// The search could not start.
    #[error(transparent)]
    Find(#[from] FindError),
}

impl LowRankState {
    /// The state of the network where every unit receives, or does, what it does on average: x of the current form,
    /// the rates otherwise. A search for the network's own state may start there.
    pub fn mean_state(&self, form: Form) -> &[f64] {
        match form {
            Form::Current => &self.drive,
            Form::Rate | Form::Map => &self.rates,
        }
    }
}

impl<'a> LowRankTheory<'a> {
    /// The theory of a network under the constant input u, with the g that its bulk has: g² is the sum of the squared
    /// entries over N.
    ///
    /// ```
    /// use attractorlab::network::{Connectivity, Form, RateNetwork, Transfer, gaussian_bulk};
    /// use attractorlab::numerics::random::Stream;
    /// use attractorlab::theory::low_rank::LowRankTheory;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut stream = Stream::new(1, "example", 0);
    /// let m = stream.normals(300);
    /// let n: Vec<f64> = m.iter().map(|m| 1.8 * m).collect();
    /// let connectivity = Connectivity::new(gaussian_bulk(300, 0.5, &mut stream))?.with_feedback(m, n)?;
    /// let network = RateNetwork::new(connectivity, Transfer::Tanh, Form::Current);
    /// let states = LowRankTheory::new(&network, &[])?.states()?;
    /// // Two stable outputs of opposite sign, and zero between them.
    /// let stable = states.iter().filter(|state| state.outliers[0].re < 1.0).count();
    /// assert_eq!((states.len(), stable), (3, 2));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LowRankError::Input`] for an input of another length; [`LowRankError::Average`] for transfer functions without
    /// the averages that the theory needs.
    pub fn new(network: &'a RateNetwork, input: &[f64]) -> Result<Self, LowRankError> {
        if input.len() != network.inputs() {
            return Err(LowRankError::Input { inputs: network.inputs(), found: input.len() });
        }
        let connectivity = network.connectivity();
        let g = frobenius_norm(connectivity.bulk()) / (network.units() as f64).sqrt();
        let (mut loops, mut scales) = (Vec::new(), Vec::new());
        for (m, n) in connectivity.loops() {
            let size = mean_product(m, m).sqrt();
            let scale = if size > 0.0 { size } else { 1.0 };
            loops.push((m.iter().map(|m| m / scale).collect(), n.iter().map(|n| n * scale).collect()));
            scales.push(scale);
        }
        let averages = Averages::new(network.transfer(), &PRODUCTS)?;
        Ok(Self { network, drive: network.drive(input), g, loops, scales, averages })
    }

    /// Replaces the g that was measured by one that is known.
    ///
    /// # Errors
    /// [`LowRankError::Parameter`] unless it is finite and not negative.
    pub fn with_g(mut self, g: f64) -> Result<Self, LowRankError> {
        if !(g >= 0.0 && g.is_finite()) {
            let expected = "a finite number that is not negative";
            return Err(LowRankError::Parameter { name: "g", expected, value: g });
        }
        self.g = g;
        Ok(self)
    }

    /// The strength g of the bulk.
    pub fn g(&self) -> f64 {
        self.g
    }

    /// The averages of every unit where the overlaps are y (times the root mean squares of the feedback vectors) and
    /// the mean square rate is |q|.
    fn units(&self, y: &[f64], q: f64) -> (Vec<f64>, Vec<Unit>) {
        let mut drive = self.drive.clone();
        for ((m, _), y) in self.loops.iter().zip(y) {
            attractorlab_numerics::kernels::axpy(*y, m, &mut drive);
        }
        let sd = self.g * q.abs().sqrt();
        let mut out = [0.0; PRODUCTS.len()];
        let units = drive
            .iter()
            .map(|d| {
                self.averages.at(*d, sd, &mut out);
                let [rate, square, gain, curvature, rate_gain, gain_square, rate_curvature, cube, fourth] =
                    out;
                let power_slope = gain_square + rate_curvature;
                Unit { rate, square, gain, curvature, rate_gain, gain_square, power_slope, cube, fourth }
            })
            .collect();
        (drive, units)
    }

    /// The static map of the overlaps: where they are held at κ and the mean square rate has settled, the rates'
    /// overlaps; `None` if the mean square rate settles nowhere. Fixed points of the map are the states.
    ///
    /// # Panics
    /// If κ has not one entry for each loop.
    #[track_caller]
    pub fn map(&self, overlaps: &[f64]) -> Option<Vec<f64>> {
        assert_eq!(overlaps.len(), self.loops.len(), "one overlap for each loop");
        let y: Vec<f64> = overlaps.iter().zip(&self.scales).map(|(k, s)| k * s).collect();
        let mut q = 0.25;
        for _ in 0..200 {
            let (_, units) = self.units(&y, q);
            let now = mean(&units, |u| u.square);
            // Newton's method where the slope allows it.
            let slope = self.g * self.g * mean(&units, |u| u.power_slope);
            let step = if slope < 0.9 { (now - q) / (1.0 - slope) } else { now - q };
            q = (q + step).max(0.0);
            if !q.is_finite() {
                return None;
            }
            if step.abs() <= 1e-13 * (1.0 + q) {
                let rates: Vec<f64> = self.units(&y, q).1.iter().map(|u| u.rate).collect();
                return Some(
                    self.loops
                        .iter()
                        .zip(&self.scales)
                        .map(|((_, n), s)| mean_product(n, &rates) / s)
                        .collect(),
                );
            }
        }
        None
    }

    /// All states that a search from 128 random starts, the axes of the loops, and deflation finds; stable ones first.
    ///
    /// # Errors
    /// [`LowRankError::Find`], which cannot happen for a theory made by [`LowRankTheory::new`].
    pub fn states(&self) -> Result<Vec<LowRankState>, LowRankError> {
        let dim = self.dim();
        let axes: Vec<Vec<f64>> = (0..dim)
            .map(|k| (0..dim).map(|i| f64::from(u8::from(i == k || i + 1 == dim))).collect())
            .collect();
        let starts = Starts::new(dim)
            .with_directions(axes.iter().map(Vec::as_slice))
            .with(
                SeedKind::Structure,
                Mat::from_fn(dim, 1, |i, _| if i + 1 == dim { 0.5 } else { 0.0 }).as_ref(),
            )
            .with_random(self, 128, &mut Stream::new(0, "low-rank theory", 0));
        let options = FindOptions { tolerance: 1e-11, slow_points: 0, ..FindOptions::default() };
        let found = find(self, &starts, &options)?;
        let mut states: Vec<LowRankState> = found
            .points
            .iter()
            .filter(|point| point.x[dim - 1] > -1e-9)
            .filter_map(|p| self.state(&p.x))
            .collect();
        let rank = |state: &LowRankState| match state.stability {
            Stability::Stable => 0,
            Stability::OutlierUnstable => 1,
            Stability::BulkUnstable => 2,
        };
        states.sort_by(|a, b| {
            rank(a).cmp(&rank(b)).then_with(|| {
                let pairs = a.overlaps.iter().zip(&b.overlaps);
                pairs
                    .map(|(a, b)| b.total_cmp(a))
                    .find(|order| order.is_ne())
                    .unwrap_or(std::cmp::Ordering::Equal)
            })
        });
        Ok(states)
    }

    fn state(&self, x: &[f64]) -> Option<LowRankState> {
        let (loops, units_count) = (self.loops.len(), self.network.units() as f64);
        let q = x[loops].max(0.0);
        let (drive, units) = self.units(&x[..loops], q);
        let jacobian = self.linearised(&units, 1.0);
        let mut outliers = eigenvalues(jacobian.as_ref()).ok()?;
        outliers.sort_by(|a, b| b.re.total_cmp(&a.re).then(b.im.total_cmp(&a.im)));
        let radius = self.g * mean(&units, |u| u.gain_square).sqrt();
        let grows = |value: &Complex64| match self.network.form() {
            Form::Map => value.norm() >= 1.0,
            Form::Current | Form::Rate => value.re >= 1.0,
        };
        let stability = if radius >= 1.0 {
            Stability::BulkUnstable
        } else if outliers.iter().any(grows) {
            Stability::OutlierUnstable
        } else {
            Stability::Stable
        };

        // Errors of κ and q before the loop: independent over units.
        let weight = |r: usize, i: usize| if r < loops { self.loops[r].1[i] } else { 1.0 };
        let before = Mat::from_fn(loops + 1, loops + 1, |r, s| {
            let sum: f64 = units
                .iter()
                .enumerate()
                .map(|(i, u)| {
                    let covariance = match (r == loops, s == loops) {
                        (false, false) => u.square - u.rate * u.rate,
                        (true, true) => u.fourth - u.square * u.square,
                        _ => u.cube - u.square * u.rate,
                    };
                    weight(r, i) * weight(s, i) * covariance
                })
                .sum();
            sum / (units_count * units_count)
        });
        // (1 − F')ᵀ: its solutions are the rows of the inverse.
        let amplify =
            Mat::from_fn(loops + 1, loops + 1, |r, s| f64::from(u8::from(r == s)) - jacobian[(s, r)]);
        let overlap_errors = match Lu::new(amplify.as_ref()) {
            Ok(lu) => (0..loops)
                .map(|r| {
                    let unit: Vec<f64> = (0..=loops).map(|s| f64::from(u8::from(s == r))).collect();
                    let row = lu.solve(&unit);
                    let variance: f64 = (0..=loops)
                        .flat_map(|a| (0..=loops).map(move |b| (a, b)))
                        .map(|(a, b)| row[a] * before[(a, b)] * row[b])
                        .sum();
                    variance.max(0.0).sqrt() / self.scales[r]
                })
                .collect(),
            Err(_) => vec![f64::INFINITY; loops],
        };

        let rates: Vec<f64> = units.iter().map(|u| u.rate).collect();
        Some(LowRankState {
            overlaps: x[..loops].iter().zip(&self.scales).map(|(y, s)| y / s).collect(),
            overlap_errors,
            outputs: self.network.readout().map(|n| mean_product(n, &rates)).collect(),
            mean_square: q,
            rates,
            drive,
            outliers,
            radius,
            stability,
        })
    }

    /// ∂(overlaps, mean square)/∂(y, q); `sign` is that of q.
    fn linearised(&self, units: &[Unit], sign: f64) -> Mat<f64> {
        let (loops, count, g2) = (self.loops.len(), units.len() as f64, self.g * self.g);
        Mat::from_fn(loops + 1, loops + 1, |r, s| {
            let sum: f64 = units
                .iter()
                .enumerate()
                .map(|(i, u)| match (r == loops, s == loops) {
                    (false, false) => self.loops[r].1[i] * self.loops[s].0[i] * u.gain,
                    (false, true) => sign * 0.5 * g2 * self.loops[r].1[i] * u.curvature,
                    (true, false) => sign * 2.0 * self.loops[s].0[i] * u.rate_gain,
                    (true, true) => g2 * u.power_slope,
                })
                .sum();
            sum / count
        })
    }
}

fn mean(units: &[Unit], f: impl Fn(&Unit) -> f64) -> f64 {
    units.iter().map(f).sum::<f64>() / units.len() as f64
}

/// The averaged equations as a map of (y, q). For q < 0 it is continued so that it stays smooth: the mean square is
/// that at −q with the sign changed. States there mean nothing.
impl Dynamics for LowRankTheory<'_> {
    fn dim(&self) -> usize {
        self.loops.len() + 1
    }

    fn time(&self) -> Time {
        Time::Discrete
    }

    fn field(&self, x: &[f64], out: &mut [f64]) {
        let loops = self.loops.len();
        let (_, units) = self.units(&x[..loops], x[loops]);
        let rates: Vec<f64> = units.iter().map(|u| u.rate).collect();
        for (out, (_, n)) in out.iter_mut().zip(&self.loops) {
            *out = mean_product(n, &rates);
        }
        out[loops] = x[loops].signum() * mean(&units, |u| u.square);
    }

    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        let loops = self.loops.len();
        let (_, units) = self.units(&x[..loops], x[loops]);
        self.linearised(&units, x[loops].signum())
    }
}
