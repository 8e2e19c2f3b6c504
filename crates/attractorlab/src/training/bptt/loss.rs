//! Losses.

use attractorlab_numerics::kernels::Real;
use serde::{Deserialize, Serialize};

/// What is made small: a mean over trials, steps and outputs, weighted with the mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Loss {
    /// ½ Σ mask (y − z)² / Σ mask, as in Schuessler et al. (2020).
    #[default]
    HalfSquare,
    /// Σ mask (y − z)² / Σ mask.
    Square,
    /// −Σ mask (y log σ(z) + (1 − y) log(1 − σ(z))) / Σ mask with the logistic function σ: outputs are
    /// log-odds, targets are between 0 and 1.
    BinaryCrossEntropy,
}

impl Loss {
    /// The loss of an output, and its derivative.
    fn value_and_slope(self, z: f64, y: f64) -> (f64, f64) {
        match self {
            Self::HalfSquare => (0.5 * (z - y) * (z - y), z - y),
            Self::Square => ((z - y) * (z - y), 2.0 * (z - y)),
            // log(1 + eᶻ) − yz without overflow; σ without cancellation.
            Self::BinaryCrossEntropy => {
                let e = (-z.abs()).exp();
                let sigma = if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
                (z.max(0.0) - y * z + e.ln_1p(), sigma - y)
            }
        }
    }

    /// The sum of the loss over these outputs, weighted and divided by `total`; `errors` becomes its derivative
    /// with respect to each output. Summed in `f64`.
    ///
    /// # Panics
    /// If the lengths differ.
    #[track_caller]
    pub fn with_errors<T: Real>(
        self,
        outputs: &[T],
        targets: &[f64],
        mask: &[f64],
        total: f64,
        errors: &mut [T],
    ) -> f64 {
        assert!(
            targets.len() == outputs.len() && mask.len() == outputs.len() && errors.len() == outputs.len(),
            "loss: outputs, targets, mask and errors must have one length"
        );
        let mut sum = 0.0;
        for i in 0..outputs.len() {
            let weight = mask[i] / total;
            if weight == 0.0 {
                errors[i] = T::default();
                continue;
            }
            let (value, slope) = self.value_and_slope(outputs[i].to_f64(), targets[i]);
            sum += weight * value;
            errors[i] = T::from_f64(weight * slope);
        }
        sum
    }
}
