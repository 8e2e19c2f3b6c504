//! Clamped states whose drive is not Gaussian: feedback vectors with uniform entries.
//!
//! A unit's input is x = η + w·z with a Gaussian η that the bulk makes and the unit's own feedback
//! weights w. Over the units η is independent of w, so that every average is one over η inside one
//! over w: Gauss–Legendre sums of the averages of a Gaussian with a mean.

use attractorlab_numerics::gaussian::{Averages, Pair, PairAverage, Product};
use attractorlab_numerics::quadrature::gauss_legendre;
use attractorlab_numerics::transfer::Transfer;

use super::states::smallest_root;
use super::{ClampedError, ClampedState, PairOfStates};

/// Nodes in w for one output; of each of two outputs.
const NODES: [usize; 2] = [64, 24];

/// Clamped states of one random bulk under feedback vectors with entries uniform on ±`half_width`.
///
/// The error of the sums over w is below 1e-9 of the averages where the bulk's part of the inputs is
/// not narrower than a tenth of the clamped value: the sums are blind to the kinks of a narrower one.
#[derive(Debug, Clone)]
pub struct MixedStates {
    g: f64,
    half_width: f64,
    moments: Averages,
    rates: PairAverage,
    gains: PairAverage,
    curvature: PairAverage,
    drive: PairAverage,
}

/// Two clamped states, and how a feedback vector couples to them.
#[derive(Debug, Clone, PartialEq)]
pub struct MixedPair {
    /// Averages over both; the covariance is that of the bulk's part η of the inputs.
    pub pair: PairOfStates,
    /// ⟨w φ'(x₁)φ(x₂)⟩ of each output.
    pub drive_first: Vec<f64>,
    /// ⟨w φ(x₁)φ'(x₂)⟩ of each output.
    pub drive_second: Vec<f64>,
}

impl MixedPair {
    /// The same pair with first and second exchanged.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self { pair: self.pair.swapped(), drive_first: self.drive_second, drive_second: self.drive_first }
    }
}

impl MixedStates {
    /// The theory for a transfer function, a gain g ≥ 0 and feedback weights uniform on
    /// ±`half_width`.
    ///
    /// # Errors
    /// [`ClampedError::Gain`] for a gain that is negative or not finite; [`ClampedError::Drive`] for a
    /// width that is not positive and finite; [`ClampedError::Average`] for a relu threshold that is
    /// not finite.
    pub fn new(transfer: Transfer, g: f64, half_width: f64) -> Result<Self, ClampedError> {
        if !(g.is_finite() && g >= 0.0) {
            return Err(ClampedError::Gain { g });
        }
        if !(half_width.is_finite() && half_width > 0.0) {
            return Err(ClampedError::Drive { drive: half_width });
        }
        let (phi, first, second) = (Product::VALUE, Product::FIRST, Product::SECOND);
        let products = [phi * phi, first * first, phi * second, first, phi, phi * first];
        Ok(Self {
            g,
            half_width,
            moments: Averages::new(transfer, &products)?,
            rates: PairAverage::new(transfer, phi, phi)?,
            gains: PairAverage::new(transfer, first, first)?,
            curvature: PairAverage::new(transfer, phi, second)?,
            drive: PairAverage::new(transfer, phi, first)?,
        })
    }

    /// The gain g.
    pub fn g(&self) -> f64 {
        self.g
    }

    /// Variance of the feedback weights.
    pub fn weight_variance(&self) -> f64 {
        self.half_width * self.half_width / 3.0
    }

    /// Nodes w (one entry an output) and weights of an average over the feedback weights.
    fn rule(&self, outputs: usize) -> Result<Vec<(Vec<f64>, f64)>, ClampedError> {
        let line = |n| gauss_legendre(n).into_iter().map(|(w, p)| (self.half_width * w, 0.5 * p));
        match outputs {
            1 => Ok(line(NODES[0]).map(|(w, p)| (vec![w], p)).collect()),
            2 => Ok(line(NODES[1])
                .flat_map(|(a, p)| line(NODES[1]).map(move |(b, q)| (vec![a, b], p * q)))
                .collect()),
            _ => Err(ClampedError::UniformOutputs { outputs }),
        }
    }

    /// Averages [φ², φ'², φφ'', φ', φ, φφ'] over η of variance v and over w, and ⟨w φφ'⟩.
    fn averages(&self, z: &[f64], v: f64, rule: &[(Vec<f64>, f64)]) -> ([f64; 6], Vec<f64>) {
        let (mut total, mut drive) = ([0.0; 6], vec![0.0; z.len()]);
        for (w, p) in rule {
            let mut values = [0.0; 6];
            self.moments.at(mean(w, z), v.max(0.0).sqrt(), &mut values);
            for (total, value) in total.iter_mut().zip(values) {
                *total += p * value;
            }
            for (drive, w) in drive.iter_mut().zip(w) {
                *drive += p * w * values[5];
            }
        }
        (total, drive)
    }

    /// The state clamped at `z` under a further Gaussian drive of variance `gaussian`: the smallest
    /// root of v = g²⟨φ²⟩ + gaussian, the variance of η. The `delta` of the result is the
    /// variance of the units' inputs, v + ⟨w²⟩|z|², which are not Gaussian.
    ///
    /// # Errors
    /// [`ClampedError::NoState`] where there is none, [`ClampedError::UniformOutputs`] for more than two
    /// outputs.
    pub fn state(&self, z: &[f64], gaussian: f64) -> Result<ClampedState, ClampedError> {
        let rule = self.rule(z.len())?;
        let gain_squared = self.g * self.g;
        let excess = |v: f64| v - gain_squared * self.averages(z, v, &rule).0[0] - gaussian;
        let spread = self.weight_variance() * square(z);
        let v = if gain_squared == 0.0 || spread + gaussian == 0.0 {
            gaussian
        } else {
            smallest_root(excess, self.g, gaussian, spread + gaussian)?
        };
        let ([power, gain_squared, curvature, gain, mean_rate, _], _) = self.averages(z, v, &rule);
        Ok(ClampedState::plain(v + spread, power, gain_squared, curvature, gain, mean_rate))
    }

    /// Variance of η in a state that was clamped at z.
    fn bulk_variance(&self, state: &ClampedState, z: &[f64]) -> f64 {
        (state.delta - self.weight_variance() * square(z)).max(0.0)
    }

    /// A state clamped at `z` with itself.
    ///
    /// # Errors
    /// [`ClampedError::UniformOutputs`] for more than two outputs.
    pub fn own(&self, state: &ClampedState, z: &[f64]) -> Result<MixedPair, ClampedError> {
        let v = self.bulk_variance(state, z);
        let (_, drive) = self.averages(z, v, &self.rule(z.len())?);
        let pair = PairOfStates { covariance: v, ..PairOfStates::of_one(state) };
        Ok(MixedPair { pair, drive_first: drive.clone(), drive_second: drive })
    }

    /// Two states, each given with the value it was clamped at; their further Gaussian drives have the
    /// covariance `gaussian`.
    ///
    /// # Errors
    /// [`ClampedError::UniformOutputs`] for more than two outputs.
    ///
    /// # Panics
    /// If the values have different numbers of entries.
    #[track_caller]
    pub fn pair(
        &self,
        first: (&ClampedState, &[f64]),
        second: (&ClampedState, &[f64]),
        gaussian: f64,
    ) -> Result<MixedPair, ClampedError> {
        let (z, outputs) = ([first.1, second.1], first.1.len());
        assert_eq!(outputs, second.1.len(), "both values need one entry for each output");
        let rule = self.rule(outputs)?;
        let sd = [first, second].map(|(state, z)| self.bulk_variance(state, z).sqrt());
        let bound = sd[0] * sd[1];
        let law = |w: &[f64], covariance: f64| {
            let correlation = if bound > 0.0 { (covariance / bound).clamp(-1.0, 1.0) } else { 0.0 };
            Pair { mean: z.map(|z| mean(w, z)), sd, correlation }
        };
        let average = |what: &PairAverage, covariance: f64| -> f64 {
            rule.iter().map(|(w, p)| p * what.at(law(w, covariance))).sum()
        };
        // The slope of the right side is g²⟨φ'φ'⟩ < 1 where both bulks are stable: Newton's method,
        // kept in the bracket that Cauchy–Schwarz gives.
        let gain_squared = self.g * self.g;
        let (mut low, mut high) = (-bound, bound);
        let mut covariance = gaussian.clamp(low, high);
        for _ in 0..60 {
            let excess = covariance - gain_squared * average(&self.rates, covariance) - gaussian;
            if excess > 0.0 {
                high = high.min(covariance);
            } else {
                low = low.max(covariance);
            }
            let slope = 1.0 - gain_squared * average(&self.gains, covariance);
            let newton = covariance - excess / slope;
            let next =
                if slope > 0.0 && newton >= low && newton <= high { newton } else { 0.5 * (low + high) };
            let moved = (next - covariance).abs();
            covariance = next;
            if moved <= 1e-13 * bound {
                break;
            }
        }
        let (mut drive_first, mut drive_second) = (vec![0.0; outputs], vec![0.0; outputs]);
        let mut curvature_first = 0.0;
        for (w, p) in &rule {
            let law = law(w, covariance);
            let Pair { mean: [m1, m2], sd: [s1, s2], correlation } = law;
            let swapped = Pair { mean: [m2, m1], sd: [s2, s1], correlation };
            curvature_first += p * self.curvature.at(swapped);
            let (one, other) = (self.drive.at(swapped), self.drive.at(law));
            for k in 0..outputs {
                drive_first[k] += p * w[k] * one;
                drive_second[k] += p * w[k] * other;
            }
        }
        let pair = PairOfStates {
            covariance,
            rates: average(&self.rates, covariance),
            gains: average(&self.gains, covariance),
            curvature_second: average(&self.curvature, covariance),
            curvature_first,
        };
        Ok(MixedPair { pair, drive_first, drive_second })
    }
}

fn mean(w: &[f64], z: &[f64]) -> f64 {
    w.iter().zip(z).map(|(w, z)| w * z).sum()
}

fn square(z: &[f64]) -> f64 {
    z.iter().map(|z| z * z).sum()
}
