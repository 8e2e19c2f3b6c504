//! Ensembles of random bulks, each with the spectral radius that it should have.

use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;

/// A random bulk: an ensemble of N×N matrices without structure beyond what is named here.
///
/// ```
/// use attractorlab::network::Bulk;
/// use attractorlab::numerics::random::Stream;
///
/// let bulk = Bulk::Sparse { g: 1.2, probability: 0.1 };
/// let j = bulk.draw(200, &mut Stream::new(1, "bulk", 0))?;
/// let absent = j.col(0).iter().filter(|w| **w == 0.0).count();
/// assert!(absent > 150 && bulk.effective_g() == 1.2);
/// # Ok::<(), attractorlab::network::BulkError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Bulk {
    /// Independent N(0, g²/N) entries, the diagonal included.
    Gaussian {
        /// Spectral radius g.
        g: f64,
    },
    /// Independent entries, uniform on ±g√(3/N).
    Uniform {
        /// Spectral radius g.
        g: f64,
    },
    /// Every connection is present with probability p; present ones are N(0, g²/(pN)).
    Sparse {
        /// Spectral radius g.
        g: f64,
        /// Probability p of a connection.
        probability: f64,
    },
    /// Dale's law: the first ⌊fN⌉ units excite, the others inhibit, so that all weights of one column
    /// have one sign. Weights are |N(0, s²)|/√N times the strength of the column's kind, present with
    /// probability p, and the strengths of inhibition are such that excitation and inhibition
    /// balance on average.
    Dale {
        /// Strength of excitation, E: present weights are E·|ξ|/√N.
        excitation: f64,
        /// Fraction f of excitatory units, between 0 and 1.
        fraction: f64,
        /// Probability p of a connection.
        probability: f64,
    },
}

/// Why a bulk cannot be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// A parameter is out of its range.
    #[error("{name} of the bulk must be {expected}, got {value}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
    /// No units were asked for.
    #[error("a network needs at least one unit, got 0")]
    Empty,
}

impl Bulk {
    /// The radius of the disc that the eigenvalues fill as N grows: g, or for Dale's law
    /// √(Σⱼ Var Jᵢⱼ) (Rajan & Abbott 2006: the mean of the columns moves one eigenvalue, here to 0
    /// because excitation balances inhibition).
    ///
    /// A weight s|ξ|/√N present with probability p has the mean ps√(2/π)/√N and the variance
    /// ps²(1 − 2p/π)/N. Balance needs f·E = (1 − f)·I, hence I = fE/(1 − f), and
    /// g² = p(1 − 2p/π)(fE² + (1 − f)I²) = p(1 − 2p/π) E² f/(1 − f).
    ///
    /// For Dale's law the eigenvalues are not uniform on the disc, and without a constraint on the rows
    /// a few of them leave it: the product of the balanced mean with the random part has radius zero
    /// on average, but large singular values.
    pub fn effective_g(self) -> f64 {
        match self {
            Self::Gaussian { g } | Self::Uniform { g } | Self::Sparse { g, .. } => g,
            Self::Dale { excitation, fraction, probability } => {
                let share = probability * (1.0 - 2.0 * probability / std::f64::consts::PI);
                excitation * (share * fraction / (1.0 - fraction)).sqrt()
            }
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`BulkError::Parameter`] for a negative strength, a probability outside (0, 1], or a fraction
    /// outside (0, 1).
    pub fn check(self) -> Result<(), BulkError> {
        let require = |name, value: f64, ok: bool, expected| {
            if ok { Ok(()) } else { Err(BulkError::Parameter { name, expected, value }) }
        };
        let strength = |name, value: f64| {
            require(name, value, value.is_finite() && value >= 0.0, "a finite number that is not negative")
        };
        let probable =
            |p: f64| require("probability", p, p > 0.0 && p <= 1.0, "a probability above 0 and at most 1");
        match self {
            Self::Gaussian { g } | Self::Uniform { g } => strength("g", g),
            Self::Sparse { g, probability } => strength("g", g).and(probable(probability)),
            Self::Dale { excitation, fraction, probability } => strength("excitation", excitation)
                .and(probable(probability))
                .and(require("fraction", fraction, fraction > 0.0 && fraction < 1.0, "between 0 and 1")),
        }
    }

    /// Draws the N×N matrix; `J[i][j]` is the weight from unit j to unit i.
    ///
    /// # Errors
    /// [`BulkError`] for parameters out of range or no units.
    pub fn draw(self, units: usize, stream: &mut Stream) -> Result<Mat<f64>, BulkError> {
        self.check()?;
        if units == 0 {
            return Err(BulkError::Empty);
        }
        let root = (units as f64).sqrt();
        Ok(match self {
            Self::Gaussian { g } => Mat::from_fn(units, units, |_, _| g / root * stream.normal()),
            Self::Uniform { g } => {
                let half = g * 3.0_f64.sqrt() / root;
                Mat::from_fn(units, units, |_, _| half * (2.0 * stream.uniform() - 1.0))
            }
            Self::Sparse { g, probability } => {
                let scale = g / (root * probability.sqrt());
                Mat::from_fn(units, units, |_, _| {
                    // Both are drawn always, so that a stream's draws do not depend on its values.
                    let (present, weight) = (stream.uniform() < probability, stream.normal());
                    if present { scale * weight } else { 0.0 }
                })
            }
            Self::Dale { excitation, fraction, probability } => {
                let excitatory = Self::excitatory_units(units, fraction);
                let share = excitatory as f64 / units as f64;
                let inhibition = if excitatory < units { excitation * share / (1.0 - share) } else { 0.0 };
                Mat::from_fn(units, units, |_, j| {
                    let (present, weight) = (stream.uniform() < probability, stream.normal().abs());
                    let strength = if j < excitatory { excitation } else { -inhibition };
                    if present { strength / root * weight } else { 0.0 }
                })
            }
        })
    }

    /// Number of excitatory units, ⌊fN⌉.
    pub fn excitatory_units(units: usize, fraction: f64) -> usize {
        ((fraction * units as f64).round() as usize).min(units)
    }
}
