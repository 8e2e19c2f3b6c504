//! Gradients against finite differences.

use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab_numerics::random::Stream;

use super::{BpttError, Gradient, Loss, Trainable, evaluate, gradient};
use crate::task::Batch;

/// How well the gradient of one part of the parameters agrees with finite differences.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorCheck {
    /// Name of the part.
    pub name: String,
    /// Derivative along a random direction, from the gradient.
    pub gradient: f64,
    /// The same by a difference quotient.
    pub difference: f64,
    /// |gradient − difference| over |g| + 1e-6 L: a gradient far below a millionth of the loss cannot be told from
    /// rounding.
    pub relative_error: f64,
}

/// Compares the gradient with differences, along one random direction for each part of the parameters.
///
/// The difference is the central one of fourth order with step h = 1e-3: for smooth transfer functions its error
/// is about h⁴ times the fifth derivative, and ε L/h from rounding, so that the relative error is below 1e-6; kinks
/// of relu may lie between the points and cost more. A wrong gradient has an error of order 1.
///
/// # Errors
/// [`BpttError`] if task and network have other numbers of inputs or outputs.
pub fn check_gradient<M: Trainable<f64>>(
    network: &M,
    batch: &Batch,
    loss: Loss,
    seed: u64,
) -> Result<Vec<TensorCheck>, BpttError> {
    let never = AtomicBool::new(false);
    let Some(found) = check_gradient_until(network, batch, loss, seed, &never)? else {
        unreachable!("the flag is never set")
    };
    Ok(found)
}

/// [`check_gradient`], until `stop` is set: `None` then. It is looked at before each evaluation of the loss.
///
/// # Errors
/// As [`check_gradient`].
pub fn check_gradient_until<M: Trainable<f64>>(
    network: &M,
    batch: &Batch,
    loss: Loss,
    seed: u64,
    stop: &AtomicBool,
) -> Result<Option<Vec<TensorCheck>>, BpttError> {
    const STEP: f64 = 1e-3;
    let Gradient { loss: size, values: exact } = gradient(network, batch, loss)?;
    let mut checks = Vec::new();
    for (index, tensor) in network.layout().tensors().iter().enumerate() {
        if tensor.range.is_empty() {
            continue;
        }
        let mut direction = Stream::new(seed, "gradient check", index as u64).normals(tensor.range.len());
        let length = direction.iter().map(|d| d * d).sum::<f64>().sqrt();
        for d in &mut direction {
            *d /= length;
        }
        let shifted = |step: f64| -> Result<f64, BpttError> {
            let mut network = network.clone();
            let part = &mut network.parameters_mut()[tensor.range.clone()];
            part.iter_mut().zip(&direction).for_each(|(p, d)| *p += step * d);
            Ok(evaluate(&network, batch, loss)?.0)
        };
        let mut losses = [0.0; 4];
        for (loss, steps) in losses.iter_mut().zip([1.0, -1.0, 2.0, -2.0]) {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            *loss = shifted(steps * STEP)?;
        }
        let (near, far) = (losses[0] - losses[1], losses[2] - losses[3]);
        let difference = (8.0 * near - far) / (12.0 * STEP);
        let part = &exact[tensor.range.clone()];
        let gradient = part.iter().zip(&direction).map(|(g, d)| g * d).sum::<f64>();
        let norm = part.iter().map(|g| g * g).sum::<f64>().sqrt();
        let relative_error = (gradient - difference).abs() / (norm + 1e-6 * size);
        checks.push(TensorCheck { name: tensor.name.clone(), gradient, difference, relative_error });
    }
    Ok(Some(checks))
}
