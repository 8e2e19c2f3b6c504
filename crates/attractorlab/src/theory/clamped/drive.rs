//! Variance and averages of a clamped state as functions of the drive variance S alone.

use std::f64::consts::FRAC_2_PI;

use attractorlab_numerics::chebyshev::Interpolant;
use attractorlab_numerics::gaussian::{Average, AverageError, Averages, Product};
use attractorlab_numerics::transfer::Transfer;

/// Averages over the units of a clamped state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriveMoments {
    /// Variance Δ of the units' inputs.
    pub delta: f64,
    /// ⟨φ'⟩.
    pub gain: f64,
    /// ⟨φ'²⟩.
    pub gain_squared: f64,
    /// ⟨φ'''⟩.
    pub third: f64,
    /// F = ⟨φ'² + φφ''⟩ = d⟨φ²⟩/dΔ.
    pub power_slope: f64,
}

impl DriveMoments {
    /// Radius g·√⟨φ'²⟩ of the bulk of J·diag(φ').
    pub fn radius(&self, g: f64) -> f64 {
        g * self.gain_squared.sqrt()
    }
}

/// Why the theory of clamped states cannot be set up.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClampedError {
    /// The gain is negative or not finite.
    #[error("g must be a finite number that is not negative, got {g}")]
    Gain {
        /// What it was.
        g: f64,
    },
    /// The drive variance is negative or not finite.
    #[error("the drive variance must be a finite number that is not negative, got {drive}")]
    Drive {
        /// What it was.
        drive: f64,
    },
    /// No variance solves Δ = g²⟨φ²⟩ + S.
    #[error(
        "there is no stationary state: at g = {g} and drive variance {drive} the rates grow without bound; use a \
         weaker bulk (for relu g < √2), a higher threshold or a weaker drive"
    )]
    NoState {
        /// The gain.
        g: f64,
        /// The drive variance.
        drive: f64,
    },
    /// The transfer function is not one whose clamped state always exists.
    #[error(
        "the mean-field theory of clamped states needs an odd, saturating transfer function (tanh or erf), got {transfer}"
    )]
    Transfer {
        /// Its name.
        transfer: &'static str,
    },
    /// Uniform feedback vectors for too many outputs.
    #[error(
        "uniform feedback vectors are understood for one or two outputs, got {outputs}; use Gaussian ones"
    )]
    UniformOutputs {
        /// Number of outputs.
        outputs: usize,
    },
    /// Linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] attractorlab_numerics::linalg::LinalgError),
    /// An average of the transfer function is missing.
    #[error(transparent)]
    Average(#[from] AverageError),
}

/// Mean-field theory of the clamped state of a random network: Δ(S) and averages at it.
///
/// Source: Mastrogiuseppe & Ostojic 2019, section 2 (authors' code); the argument for one root is
/// ours: h(Δ) = Δ − g²⟨φ²⟩_Δ is convex with h(0) = 0 for a sigmoid, so that h = S has exactly one
/// root for S > 0, reached from above by Newton's method without a step back.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::clamped::DriveTheory;
///
/// # fn main() -> Result<(), attractorlab::theory::clamped::ClampedError> {
/// let theory = DriveTheory::new(Transfer::Tanh, 0.8)?;
/// let state = theory.at(1.99)?;
/// assert!((state.delta - 2.340_386_917_232_93).abs() < 1e-12);
/// assert!((state.radius(0.8) - 0.456_983_993_282_051_36).abs() < 1e-12);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DriveTheory {
    transfer: Transfer,
    g: f64,
    newton: Averages,
    square: Average,
    others: Averages,
}

impl DriveTheory {
    /// The theory for a transfer function (tanh or erf) and a gain g ≥ 0.
    ///
    /// # Errors
    /// [`ClampedError`] for another transfer function or a gain that is negative or not finite.
    pub fn new(transfer: Transfer, g: f64) -> Result<Self, ClampedError> {
        if !(g.is_finite() && g >= 0.0) {
            return Err(ClampedError::Gain { g });
        }
        if !matches!(transfer, Transfer::Tanh | Transfer::Erf) {
            return Err(ClampedError::Transfer { transfer: transfer.name() });
        }
        let (phi, first, second) = (Product::VALUE, Product::FIRST, Product::SECOND);
        Ok(Self {
            transfer,
            g,
            newton: Averages::new(transfer, &[phi * phi, first * first, phi * second])?,
            square: Average::new(transfer, phi * phi)?,
            others: Averages::new(
                transfer,
                &[first, Product::THIRD, first * first, phi * second, Product::X * Product::X * first],
            )?,
        })
    }

    /// The gain g.
    pub fn g(&self) -> f64 {
        self.g
    }

    /// Variance and averages at drive variance `drive` = S ≥ 0. At S = 0 with g > 1 this is the
    /// larger of the two roots, the one that is not silent.
    ///
    /// # Errors
    /// [`ClampedError::Drive`] if S is negative or not finite.
    pub fn at(&self, drive: f64) -> Result<DriveMoments, ClampedError> {
        if !(drive.is_finite() && drive >= 0.0) {
            return Err(ClampedError::Drive { drive });
        }
        Ok(self.moments(drive))
    }

    fn moments(&self, drive: f64) -> DriveMoments {
        self.at_variance(self.variance(drive, f64::INFINITY))
    }

    /// Averages at variance `delta` of the units' inputs, whatever the drive and g.
    pub(super) fn at_variance(&self, delta: f64) -> DriveMoments {
        let mut values = [0.0; 5];
        self.others.at(0.0, delta.sqrt(), &mut values);
        let [gain, mut third, gain_squared, mixed, second_moment] = values;
        if delta > 4.0 {
            // ⟨φ'''⟩ = ⟨φ'(x²/Δ − 1)⟩/Δ, which does not cancel where φ' is narrow.
            third = (second_moment / delta - gain) / delta;
        }
        // ⟨φ'²⟩ + ⟨φφ''⟩ cancels at large Δ, where both are far larger than their sum.
        let power_slope = match self.transfer {
            // φ² = 1 − φ'
            Transfer::Tanh if delta > 4.0 => -0.5 * third,
            // d/dΔ (2/π) asin(Δ/(1+Δ))
            Transfer::Erf => FRAC_2_PI / ((1.0 + delta) * (1.0 + 2.0 * delta).sqrt()),
            _ => gain_squared + mixed,
        };
        DriveMoments { delta, gain, gain_squared, third, power_slope }
    }

    /// ⟨φ²⟩ at variance `delta`.
    pub(super) fn power_at(&self, delta: f64) -> f64 {
        self.square.at(0.0, delta.sqrt())
    }

    /// Δ(S), which is at most `bound`.
    fn variance(&self, drive: f64, bound: f64) -> f64 {
        let gain_squared = self.g * self.g;
        if gain_squared == 0.0 || (drive == 0.0 && gain_squared <= 1.0) {
            return drive;
        }
        // From above, since ⟨φ²⟩ ≤ 1: convexity makes Newton's steps fall monotonically.
        let mut delta = bound.min(drive + gain_squared);
        for _ in 0..100 {
            let mut values = [0.0; 3];
            self.newton.at(0.0, delta.sqrt(), &mut values);
            let [power, gain_power, mixed] = values;
            let excess = delta - gain_squared * power - drive;
            let slope = 1.0 - gain_squared * (gain_power + mixed);
            if slope <= 0.0 {
                break;
            }
            let next = delta - excess / slope;
            // A bound may lie below the root by its rounding.
            if !(next - delta <= 1e-9 * delta) || next <= 0.0 {
                break;
            }
            let done = delta - next <= 1e-9 * delta;
            delta = next;
            if done {
                // Quadratic convergence: the next step would be below rounding. Take it once more
                // with the cheap average only.
                let residual = delta - gain_squared * self.square.at(0.0, delta.sqrt()) - drive;
                delta -= residual / slope;
                break;
            }
        }
        delta
    }

    /// Tabulates the averages for all S in [`smallest`, `largest`], so that one evaluation costs tens of
    /// nanoseconds. Relative accuracy 1e-12.
    ///
    /// # Errors
    /// [`ClampedError::Drive`] if an end of the range is negative or not finite.
    pub fn table(&self, smallest: f64, largest: f64) -> Result<DriveTable, ClampedError> {
        for drive in [smallest, largest] {
            if !(drive.is_finite() && drive >= 0.0) {
                return Err(ClampedError::Drive { drive });
            }
        }
        // The averages are smooth in √S from the silent state on, and in no other simple variable
        // both at small and at large drive.
        let (low, high) = (smallest.min(largest).sqrt(), smallest.max(largest).sqrt());
        let margin = 1e-9 * (1.0 + high);
        let interpolant =
            Interpolant::new((low - margin).max(0.0), high + margin, 5, ACCURACY, self.tabulated());
        Ok(DriveTable { interpolant })
    }

    /// What a table holds at √S.
    fn tabulated(&self) -> impl FnMut(f64, &mut [f64]) {
        let mut last: Option<(f64, DriveMoments)> = None;
        move |root, out| {
            let drive = root * root;
            // Δ(S) is concave, as the inverse of the convex h: every tangent lies above it, and a tangent nearby closely.
            let bound = last.map_or(f64::INFINITY, |(before, m)| {
                let slope = 1.0 - self.g * self.g * m.power_slope;
                let bound = m.delta + (drive - before) / slope;
                // At the onset of chaos a slope of zero is rounding.
                if slope > 1e-6 && bound > 0.0 { bound } else { f64::INFINITY }
            });
            let m = self.at_variance(self.variance(drive, bound));
            out.copy_from_slice(&[m.gain, m.delta, m.gain_squared, m.third, m.power_slope]);
            last = Some((drive, m));
        }
    }
}

/// Last coefficients of a tabulated average, relative to the largest.
const ACCURACY: f64 = 2e-14;

/// [`DriveMoments`] tabulated over S.
#[derive(Debug, Clone)]
pub struct DriveTable {
    interpolant: Interpolant,
}

impl DriveTable {
    /// This table of `theory`, continued to the drive variance `largest`.
    ///
    /// # Errors
    /// [`ClampedError::Drive`] if it is negative or not finite.
    pub(crate) fn extended(&self, theory: &DriveTheory, largest: f64) -> Result<Self, ClampedError> {
        if !(largest.is_finite() && largest >= 0.0) {
            return Err(ClampedError::Drive { drive: largest });
        }
        let mut interpolant = self.interpolant.clone();
        let high = largest.sqrt();
        interpolant.append(high + 1e-9 * (1.0 + high), ACCURACY, theory.tabulated());
        Ok(Self { interpolant })
    }

    /// Averages at drive variance `drive`, which must lie in the range of the table.
    #[inline]
    pub fn at(&self, drive: f64) -> DriveMoments {
        let mut out = [0.0; 5];
        self.interpolant.evaluate(drive.max(0.0).sqrt(), &mut out);
        let [gain, delta, gain_squared, third, power_slope] = out;
        DriveMoments { delta, gain, gain_squared, third, power_slope }
    }

    /// ⟨φ'⟩ alone.
    #[inline]
    pub fn gain(&self, drive: f64) -> f64 {
        let mut out = [0.0];
        self.interpolant.evaluate(drive.max(0.0).sqrt(), &mut out);
        out[0]
    }
}
