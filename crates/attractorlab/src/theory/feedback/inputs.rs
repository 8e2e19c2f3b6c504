//! The geometry of inputs and readout.

use crate::theory::chaos::ChaosError;
use crate::theory::clamped::ClampedError;

/// Random bulk and input vectors m = Sm(ρξ + √(1−ρ²)ηᵐ), I = SI(ρξ + √(1−ρ²)ηᴵ).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inputs {
    /// Spectral radius g of the bulk.
    pub g: f64,
    /// Standard deviation Sm of the feedback vector's entries.
    pub feedback_std: f64,
    /// Standard deviation SI of the input vector's entries.
    pub input_std: f64,
    /// Weight ρ of the shared direction ξ, in [−1, 1]; the two vectors overlap by Sm SI ρ².
    pub rho: f64,
}

/// Direction of a Gaussian readout: n ∝ p ξ + p_m ηᵐ + p_I ηᴵ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Direction {
    /// Weight p of the direction that both input vectors share.
    pub shared: f64,
    /// Weight p_m of the feedback vector's own direction.
    pub feedback_own: f64,
    /// Weight p_I of the input vector's own direction.
    pub input_own: f64,
}

/// A Gaussian readout, by its overlaps with the input vectors; nothing else of it matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Readout {
    /// s_nm = ⟨n m⟩.
    pub overlap_feedback: f64,
    /// s_nI = ⟨n I⟩.
    pub overlap_input: f64,
}

/// Why the theory of feedback networks refuses its arguments.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FeedbackError {
    /// An argument is not in its range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the argument.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it was.
        value: f64,
    },
    /// The readout direction cannot produce the target.
    #[error(
        "this readout direction cannot realise the target {target}: there its overlaps with feedback and input cancel \
         (A_flex = {flex}); choose another target or another direction"
    )]
    Unrealisable {
        /// The target.
        target: f64,
        /// The target at which the overlaps cancel.
        flex: f64,
    },
    /// A vector has the wrong length.
    #[error("{name} must have one entry for each of the {units} units, at least one, got {found}")]
    Length {
        /// Which vector.
        name: &'static str,
        /// Number of units.
        units: usize,
        /// Its length.
        found: usize,
    },
    /// The readout has no overlap with any input vector.
    #[error(
        "the readout direction has no overlap with the feedback or the input vector, so it reads nothing"
    )]
    Orthogonal,
    /// A state that training passes through is chaotic, so that its theory, which is of stationary states,
    /// does not exist.
    #[error(
        "the network clamped at z = {z} is chaotic: its drive has variance {drive}, and at g = {g} states are \
         stationary from {critical} on; choose a larger target, a stronger input or a weaker bulk"
    )]
    ChaoticTraining {
        /// The clamped output.
        z: f64,
        /// Variance of the drive there.
        drive: f64,
        /// The gain.
        g: f64,
        /// S_c(g).
        critical: f64,
    },
    /// The theory of clamped states refuses.
    #[error(transparent)]
    Clamped(#[from] ClampedError),
    /// The theory of chaos refuses.
    #[error(transparent)]
    Chaos(#[from] ChaosError),
}

fn finite(name: &'static str, value: f64) -> Result<(), FeedbackError> {
    if value.is_finite() {
        Ok(())
    } else {
        Err(FeedbackError::Parameter { name, expected: "a finite number", value })
    }
}

impl Inputs {
    /// Checks the ranges of all fields.
    ///
    /// # Errors
    /// [`FeedbackError::Parameter`] naming the first field out of range.
    pub fn check(&self) -> Result<(), FeedbackError> {
        let fields = [("g", self.g), ("feedback_std", self.feedback_std), ("input_std", self.input_std)];
        for (name, value) in fields {
            if !(value.is_finite() && value >= 0.0) {
                let expected = "a finite number that is not negative";
                return Err(FeedbackError::Parameter { name, expected, value });
            }
        }
        if !(-1.0..=1.0).contains(&self.rho) {
            return Err(FeedbackError::Parameter {
                name: "rho",
                expected: "between -1 and 1",
                value: self.rho,
            });
        }
        Ok(())
    }

    /// Smi = ⟨m I⟩ = Sm SI ρ².
    pub fn overlap(&self) -> f64 {
        self.feedback_std * self.input_std * self.rho * self.rho
    }

    /// S(z) = Sm²z² + 2 Smi z + SI², the variance of the drive at a clamped output z.
    pub fn drive(&self, z: f64) -> f64 {
        // As a sum of squares, so that it never turns negative.
        let shared = self.rho * self.rho;
        let along = self.feedback_std * z + shared * self.input_std;
        let across = self.input_std * self.input_std * (1.0 - shared) * (1.0 + shared);
        along * along + across
    }

    /// The interval of outputs z at which S(z) < `drive`; `None` if there is none.
    pub fn outputs_below(&self, drive: f64) -> Option<(f64, f64)> {
        let shared = self.rho * self.rho;
        let rest = drive - self.input_std * self.input_std * (1.0 - shared) * (1.0 + shared);
        let center = -shared * self.input_std;
        if self.feedback_std == 0.0 {
            let all = self.input_std * self.input_std < drive;
            return all.then_some((f64::NEG_INFINITY, f64::INFINITY));
        }
        (rest > 0.0).then(|| {
            let half = rest.sqrt();
            ((center - half) / self.feedback_std, (center + half) / self.feedback_std)
        })
    }

    /// dS/dz divided by two: Sm²z + Smi = ⟨m (m z + I)⟩.
    pub fn half_drive_slope(&self, z: f64) -> f64 {
        self.feedback_std * self.feedback_std * z + self.overlap()
    }
}

impl Direction {
    /// Overlaps (⟨n m⟩, ⟨n I⟩) of the direction at scale c = 1 (equation 2).
    pub fn overlaps(&self, inputs: &Inputs) -> (f64, f64) {
        let own = ((1.0 - inputs.rho) * (1.0 + inputs.rho)).sqrt();
        let feedback = inputs.feedback_std * (self.shared * inputs.rho + self.feedback_own * own);
        let input = inputs.input_std * (self.shared * inputs.rho + self.input_own * own);
        (feedback, input)
    }

    /// Checks that all weights are finite.
    ///
    /// # Errors
    /// [`FeedbackError::Parameter`] naming the first weight that is not.
    pub fn check(&self) -> Result<(), FeedbackError> {
        finite("p", self.shared)?;
        finite("p_m", self.feedback_own)?;
        finite("p_I", self.input_own)
    }
}

pub(super) fn check_target(target: f64) -> Result<(), FeedbackError> {
    finite("target", target)
}
