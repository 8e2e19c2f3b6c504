//! Optimisers: what a gradient makes of parameters.
//!
//! An [`Optimiser`] updates one flat slice of parameters, in `f32` or `f64`, and keeps what it remembers
//! (momenta, moments, the number of its steps). Its [`OptimiserState`] can be taken and restored to the same
//! bits, so that an interrupted training goes on as if it had not been. Several slices have an optimiser each,
//! and one norm, to which [`clip_by_global_norm`] clips.

use attractorlab_numerics::kernels::{AdamStep, Real, adam_step, axpy, dot, scale};
use serde::{Deserialize, Serialize};

/// The rule by which parameters x follow a gradient g.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum OptimiserRule {
    /// x ← x − η g.
    GradientDescent {
        /// η > 0.
        learning_rate: f64,
    },
    /// v ← μ v + g, x ← x − η v (Polyak 1964, as PyTorch's SGD with momentum).
    Momentum {
        /// η > 0.
        learning_rate: f64,
        /// μ, 0 ≤ μ < 1.
        momentum: f64,
    },
    /// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², x ← x − η m̂/(√v̂ + ε), with m̂ = m/(1 − β₁ᵗ) and
    /// v̂ = v/(1 − β₂ᵗ) at step t (Kingma & Ba 2015, algorithm 1).
    Adam {
        /// η > 0.
        learning_rate: f64,
        /// β₁, 0 ≤ β₁ < 1.
        beta1: f64,
        /// β₂, 0 ≤ β₂ < 1.
        beta2: f64,
        /// ε > 0, added after the root.
        epsilon: f64,
    },
}

impl OptimiserRule {
    /// Adam with the constants of its authors: β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
    pub fn adam(learning_rate: f64) -> Self {
        Self::Adam { learning_rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }

    /// The learning rate η.
    pub fn learning_rate(self) -> f64 {
        match self {
            Self::GradientDescent { learning_rate }
            | Self::Momentum { learning_rate, .. }
            | Self::Adam { learning_rate, .. } => learning_rate,
        }
    }

    /// The same rule with another learning rate.
    #[must_use]
    pub fn with_learning_rate(mut self, value: f64) -> Self {
        match &mut self {
            Self::GradientDescent { learning_rate }
            | Self::Momentum { learning_rate, .. }
            | Self::Adam { learning_rate, .. } => *learning_rate = value,
        }
        self
    }

    /// Checks the constants.
    ///
    /// # Errors
    /// [`OptimiserError::Parameter`] for the first that is out of its range.
    pub fn check(self) -> Result<(), OptimiserError> {
        let positive = |name, value: f64| {
            let expected = "a finite number above zero";
            let fits = value.is_finite() && value > 0.0;
            if fits { Ok(()) } else { Err(OptimiserError::Parameter { name, expected, value }) }
        };
        let decay = |name, value: f64| {
            let expected = "at least 0 and below 1";
            let fits = (0.0..1.0).contains(&value);
            if fits { Ok(()) } else { Err(OptimiserError::Parameter { name, expected, value }) }
        };
        positive("the learning rate", self.learning_rate())?;
        match self {
            Self::GradientDescent { .. } => Ok(()),
            Self::Momentum { momentum, .. } => decay("momentum", momentum),
            Self::Adam { beta1, beta2, epsilon, .. } => {
                decay("beta1", beta1)?;
                decay("beta2", beta2)?;
                positive("epsilon", epsilon)
            }
        }
    }

    /// Number of slices that the rule remembers.
    fn moments(self) -> usize {
        match self {
            Self::GradientDescent { .. } => 0,
            Self::Momentum { .. } => 1,
            Self::Adam { .. } => 2,
        }
    }
}

/// What is wrong with an optimiser.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptimiserError {
    /// A constant is out of its range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the constant.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
    /// A state belongs to another optimiser.
    #[error(
        "the state of the optimiser must have {moments} moments of {parameters} parameters, got lengths {found:?}: \
         it was saved under another rule or for other parameters"
    )]
    State {
        /// Number of moments of the rule.
        moments: usize,
        /// Number of parameters.
        parameters: usize,
        /// The lengths of the state's moments.
        found: Vec<usize>,
    },
}

/// All that an optimiser remembers.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimiserState<T> {
    /// Number of steps made.
    pub steps: u64,
    /// What the rule remembers, each as long as the parameters: nothing for gradient descent, v for momentum,
    /// m and v for Adam.
    pub moments: Vec<Vec<T>>,
}

/// A rule at work on one slice of parameters.
///
/// ```
/// use attractorlab::training::{Optimiser, OptimiserRule};
///
/// # fn main() -> Result<(), attractorlab::training::OptimiserError> {
/// // The minimum of (x − 3)²/2.
/// let mut x = [0.0_f64];
/// let mut optimiser = Optimiser::new(OptimiserRule::adam(0.1), 1)?;
/// for _ in 0..500 {
///     let gradient = [x[0] - 3.0];
///     optimiser.update(&mut x, &gradient);
/// }
/// assert!((x[0] - 3.0).abs() < 1e-3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Optimiser<T> {
    rule: OptimiserRule,
    parameters: usize,
    state: OptimiserState<T>,
}

impl<T: Real> Optimiser<T> {
    /// An optimiser of `parameters` numbers that has made no step.
    ///
    /// # Errors
    /// [`OptimiserError::Parameter`] for a constant of the rule out of its range.
    pub fn new(rule: OptimiserRule, parameters: usize) -> Result<Self, OptimiserError> {
        rule.check()?;
        let moments = vec![vec![T::default(); parameters]; rule.moments()];
        Ok(Self { rule, parameters, state: OptimiserState { steps: 0, moments } })
    }

    /// The rule.
    pub fn rule(&self) -> OptimiserRule {
        self.rule
    }

    /// Sets the learning rate of the steps to come.
    ///
    /// # Errors
    /// [`OptimiserError::Parameter`] unless it is positive and finite.
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), OptimiserError> {
        let rule = self.rule.with_learning_rate(learning_rate);
        rule.check()?;
        self.rule = rule;
        Ok(())
    }

    /// What it remembers.
    pub fn state(&self) -> &OptimiserState<T> {
        &self.state
    }

    /// Goes on from a state that was taken earlier: the steps that follow have the same bits.
    ///
    /// # Errors
    /// [`OptimiserError::State`] for a state of another rule or of another number of parameters.
    pub fn restore(&mut self, state: OptimiserState<T>) -> Result<(), OptimiserError> {
        let (moments, parameters) = (self.rule.moments(), self.parameters);
        let found: Vec<usize> = state.moments.iter().map(Vec::len).collect();
        if found != vec![parameters; moments] {
            return Err(OptimiserError::State { moments, parameters, found });
        }
        self.state = state;
        Ok(())
    }

    /// One step along `gradient`.
    ///
    /// # Panics
    /// If a length is not the number of parameters.
    #[track_caller]
    pub fn update(&mut self, parameters: &mut [T], gradient: &[T]) {
        assert_eq!(parameters.len(), self.parameters, "optimiser: made for another number of parameters");
        assert_eq!(
            gradient.len(),
            self.parameters,
            "optimiser: the gradient needs an entry for each parameter"
        );
        self.state.steps += 1;
        let number = T::from_f64;
        match (self.rule, self.state.moments.as_mut_slice()) {
            (OptimiserRule::Momentum { learning_rate, momentum }, [velocity]) => {
                scale(number(momentum), velocity);
                axpy(number(1.0), gradient, velocity);
                axpy(number(-learning_rate), velocity, parameters);
            }
            (OptimiserRule::Adam { learning_rate, beta1, beta2, epsilon }, [first, second]) => {
                // 1 − βᵗ without the cancellation at small t.
                let bias = |beta: f64| -(self.state.steps as f64 * beta.ln()).exp_m1();
                let step = AdamStep {
                    first: (number(beta1), number(1.0 - beta1)),
                    second: (number(beta2), number(1.0 - beta2)),
                    rate: number(learning_rate / bias(beta1)),
                    root_bias: number(bias(beta2).sqrt().recip()),
                    epsilon: number(epsilon),
                };
                adam_step(step, parameters, gradient, first, second);
            }
            (rule, _) => axpy(number(-rule.learning_rate()), gradient, parameters),
        }
    }
}

/// √Σ g² over all the slices, summed in `f64`.
///
/// ```
/// assert_eq!(attractorlab::training::global_norm(&[&[3.0_f32], &[0.0, 4.0]]), 5.0);
/// ```
pub fn global_norm<T: Real>(gradients: &[&[T]]) -> f64 {
    // Short runs, so that the rounding of `f32` does not grow with the number of parameters.
    let square = |run: &[T]| dot(run, run).to_f64();
    gradients.iter().flat_map(|slice| slice.chunks(1024)).map(square).sum::<f64>().sqrt()
}

/// Scales all the gradients by one factor so that their common norm is at most `max_norm`, and returns the norm
/// that they had (Pascanu et al. 2013). A norm that is not finite is returned, and nothing scaled.
///
/// ```
/// use attractorlab::training::clip_by_global_norm;
/// let (mut a, mut b) = ([3.0_f64], [4.0]);
/// let norm = clip_by_global_norm(&mut [&mut a, &mut b], 1.0)?;
/// assert!(norm == 5.0 && (a[0] - 0.6).abs() < 1e-15 && (b[0] - 0.8).abs() < 1e-15);
/// # Ok::<(), attractorlab::training::OptimiserError>(())
/// ```
///
/// # Errors
/// [`OptimiserError::Parameter`] unless `max_norm` is above zero.
pub fn clip_by_global_norm<T: Real>(
    gradients: &mut [&mut [T]],
    max_norm: f64,
) -> Result<f64, OptimiserError> {
    if !(max_norm > 0.0) {
        let (name, expected) = ("the largest norm of a gradient", "above zero");
        return Err(OptimiserError::Parameter { name, expected, value: max_norm });
    }
    let norm = global_norm(&gradients.iter().map(|g| &**g).collect::<Vec<_>>());
    if norm.is_finite() && norm > max_norm {
        for gradient in gradients {
            scale(T::from_f64(max_norm / norm), gradient);
        }
    }
    Ok(norm)
}
