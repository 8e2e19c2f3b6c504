//! The implicit gradient held against finite differences.

use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;

use super::{Batch, Evaluation, ForwardPass, ImplicitGradient, LearningError, Loss, MissingStates, Rule};
use crate::dynamics::{AdjointOptions, Columns, EquilibriumOptions, FixedPointLayer, StabilityTest};

/// A gradient and finite differences of the loss, along random directions.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientCheck {
    /// ⟨dJ/dW, D⟩ by the adjoint, for each direction D of unit norm.
    pub analytic: Vec<f64>,
    /// (J(W + hD) − J(W − hD))/2h.
    pub differences: Vec<f64>,
    /// Largest difference between the two, relative to |dJ/dW|.
    pub error: f64,
    /// Largest residual of the adjoint states.
    pub adjoint_residual: f64,
}

impl ImplicitGradient {
    /// Checks the gradient of a loss at a layer against central differences of step 1e-5 along `directions` random
    /// directions in the space of the weights, from the stream (seed, "gradient check", 0). In 64 bits, to full
    /// convergence, whatever the precision of training.
    ///
    /// Far from singularities the error is about 1e-8, that of the differences. A larger one means that the states
    /// jump between branches within the step, a kink of the transfer function, or a state that is no solution.
    ///
    /// # Errors
    /// [`LearningError`] as for training.
    ///
    /// ```
    /// use attractorlab::dynamics::{AdjointOptions, Columns, FixedPointLayer};
    /// use attractorlab::network::{Bulk, Transfer};
    /// use attractorlab::numerics::random::Stream;
    /// use attractorlab::training::equilibrium::{ImplicitGradient, MeanSquaredError};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut stream = Stream::new(1, "example", 0);
    /// let layer = FixedPointLayer::new(Bulk::Gaussian { g: 0.8 }.draw(20, &mut stream)?, Transfer::Tanh)?;
    /// let drive = Columns::from_fn(20, 5, |_, _| stream.normal());
    /// let loss = MeanSquaredError::of_rates(Columns::zeros(20, 5));
    /// let check = ImplicitGradient::check(&layer, &drive, &loss, 5, 1)?;
    /// assert!(check.error < 1e-7 && check.adjoint_residual < 1e-11);
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(
        layer: &FixedPointLayer<f64>,
        drive: &Columns<f64>,
        loss: &dyn Loss<f64>,
        directions: usize,
        seed: u64,
    ) -> Result<GradientCheck, LearningError> {
        let never = AtomicBool::new(false);
        let Some(found) = Self::check_until(layer, drive, loss, directions, seed, &never)? else {
            unreachable!("the flag is never set")
        };
        Ok(found)
    }

    /// [`check`](Self::check), until `stop` is set: `None` then. It is looked at before each evaluation of the loss.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_until(
        layer: &FixedPointLayer<f64>,
        drive: &Columns<f64>,
        loss: &dyn Loss<f64>,
        directions: usize,
        seed: u64,
        stop: &AtomicBool,
    ) -> Result<Option<GradientCheck>, LearningError> {
        const STEP: f64 = 1e-5;
        let options = EquilibriumOptions { stability: StabilityTest::Off, ..EquilibriumOptions::default() };
        let pass = ForwardPass::Converged(options);
        let at = |layer: &FixedPointLayer<f64>, start: Option<&Columns<f64>>| {
            Evaluation::new(layer, drive, start, loss, &pass, MissingStates::LeaveOut)
        };
        let here = at(layer, None)?;
        let rule = Self { adjoint: AdjointOptions::of::<f64>() };
        let update = rule.update(&Batch::of(layer, drive, &here, loss, &pass), 1.0)?;
        let n = layer.units();
        let mut stream = Stream::new(seed, "gradient check", 0);
        let (mut analytic, mut differences) = (Vec::new(), Vec::new());
        for _ in 0..directions {
            let mut direction = stream.normals(n * n);
            let norm = direction.iter().map(|d| d * d).sum::<f64>().sqrt();
            for d in &mut direction {
                *d /= norm;
            }
            analytic.push(-direction.iter().zip(update.increment.values()).map(|(d, u)| d * u).sum::<f64>());
            let side = |sign: f64| -> Result<f64, LearningError> {
                let moved =
                    Mat::from_fn(n, n, |i, j| layer.weights()[(i, j)] + sign * STEP * direction[j * n + i]);
                let moved = FixedPointLayer::new(moved, layer.transfer())?;
                Ok(at(&moved, Some(&here.states.rates))?.loss)
            };
            let mut losses = [0.0; 2];
            for (loss, sign) in losses.iter_mut().zip([1.0, -1.0]) {
                if stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                *loss = side(sign)?;
            }
            differences.push((losses[0] - losses[1]) / (2.0 * STEP));
        }
        let norm = update.increment.values().iter().map(|u| u * u).sum::<f64>().sqrt();
        let error = analytic
            .iter()
            .zip(&differences)
            .map(|(a, d)| (a - d).abs() / norm.max(f64::MIN_POSITIVE))
            .fold(0.0, |most: f64, e| if e.is_nan() { e } else { most.max(e) });
        Ok(Some(GradientCheck {
            analytic,
            differences,
            error,
            adjoint_residual: update.adjoint_residual.unwrap_or(f64::NAN),
        }))
    }
}
