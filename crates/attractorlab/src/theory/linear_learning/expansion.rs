//! The expansion through third order in learning time, and what follows from it.

use super::LearningError;
use super::error::{check_finite, check_gain};

/// Learning to third order in the effective learning time t = β²τ, β = 1/(1 − g²), for many units.
///
/// z = ẑ[t − t²/2 + t³/6·(1 + 8ẑ²β)], s₁ = (ẑ/β)[t − t²/2 + t³/6·(1 + 7/2·ẑ²β)], s₂ = ẑ³t³/12
/// (Schuessler et al. 2020). The error is of order t⁴: a few per cent of z up to t ≈ 0.5 for ẑ²β ≤ 1, and the
/// expansion is meaningless beyond [`ThirdOrder::end`], where z passes the target.
///
/// ```
/// use attractorlab::theory::linear_learning::ThirdOrder;
/// let theory = ThirdOrder::new(0.6, 0.5)?;
/// let early = theory.at_effective_time(0.1);
/// assert!((early.output - 0.04784375).abs() < 1e-15 && theory.end() > 0.1);
/// # Ok::<(), attractorlab::theory::linear_learning::LearningError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThirdOrder {
    g: f64,
    target: f64,
}

/// What third order predicts at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThirdOrderState {
    /// Effective learning time t = β²τ.
    pub effective_time: f64,
    /// Output z.
    pub output: f64,
    /// First, second and third order of the output.
    pub output_orders: [f64; 3],
    /// Largest singular value s₁ of ΔW.
    pub first: f64,
    /// First, second and third order of s₁.
    pub first_orders: [f64; 3],
    /// Second singular value s₂; all others are of higher order.
    pub second: f64,
}

impl ThirdOrder {
    /// The expansion for W₀ = gJ and the target ẑ.
    ///
    /// # Errors
    /// [`LearningError::Parameter`] unless 0 ≤ g ≤ 0.999 and the target is finite.
    pub fn new(g: f64, target: f64) -> Result<Self, LearningError> {
        check_gain(g)?;
        check_finite("target", target)?;
        Ok(Self { g, target })
    }

    /// β = 1/(1 − g²), which is ⟨|(1 − gJ)⁻¹m|²⟩/N.
    pub fn beta(&self) -> f64 {
        1.0 / (1.0 - self.g * self.g)
    }

    /// The expansion at t = β²τ, wherever that is.
    pub fn at_effective_time(&self, t: f64) -> ThirdOrderState {
        let beta = self.beta();
        let strength = self.target * self.target * beta;
        let orders = |scale: f64, third: f64| {
            [scale * t, -0.5 * scale * t * t, scale * t * t * t / 6.0 * (1.0 + third * strength)]
        };
        let output_orders = orders(self.target, 8.0);
        let first_orders = orders(self.target.abs() / beta, 3.5);
        ThirdOrderState {
            effective_time: t,
            output: output_orders.iter().sum(),
            output_orders,
            first: first_orders.iter().sum(),
            first_orders,
            second: (self.target * t).abs().powi(3) / 12.0,
        }
    }

    /// The expansion at learning time τ.
    pub fn at_time(&self, time: f64) -> ThirdOrderState {
        self.at_effective_time(self.beta() * self.beta() * time)
    }

    /// The effective time at which the expansion's output reaches the target: the end of its range of validity.
    ///
    /// It exists and is unique, because the cubic rises everywhere.
    pub fn end(&self) -> f64 {
        let third = (1.0 + 8.0 * self.target * self.target * self.beta()) / 6.0;
        let (mut low, mut high) = (0.0_f64, 3.0_f64);
        for _ in 0..200 {
            let t = 0.5 * (low + high);
            if t - 0.5 * t * t + third * t * t * t < 1.0 { low = t } else { high = t }
        }
        0.5 * (low + high)
    }

    /// The expansion at t, frozen once its output has reached the target, as in the paper's figures.
    pub fn clamped_at(&self, t: f64) -> ThirdOrderState {
        ThirdOrderState { effective_time: t, ..self.at_effective_time(t.min(self.end())) }
    }
}

/// How learning scales with the strength of the bulk, relative to g = 0 (small targets, many units).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScalingLaws {
    /// Time to converge, (1 − g²)².
    pub convergence_time: f64,
    /// ‖ΔW‖, 1 − g².
    pub weight_change: f64,
    /// Mean gradient, 1/(1 − g²).
    pub mean_gradient: f64,
    /// Loss after W₀ is replaced by an independent one, over ẑ²/2 (not relative to g = 0, where it is 0):
    /// (1 − (1 − g²)²)² = g⁴(2 − g²)².
    pub shuffled_loss: f64,
}

/// The scaling laws of Schuessler et al. 2020 (figure 5).
///
/// They are the limit of small targets: corrections are of relative order ẑ²β, so at g = 0.6 and ẑ = 2 the
/// shuffled loss is 0.7 against the law's 0.35. [`super::LearningFlow`] gives all four to all orders.
///
/// # Errors
/// [`LearningError::Parameter`] unless 0 ≤ g ≤ 0.999.
pub fn scaling_laws(g: f64) -> Result<ScalingLaws, LearningError> {
    check_gain(g)?;
    let d = 1.0 - g * g;
    Ok(ScalingLaws {
        convergence_time: d * d,
        weight_change: d,
        mean_gradient: 1.0 / d,
        shuffled_loss: (1.0 - d * d).powi(2),
    })
}

/// Outliers of W₀ + ΔW to leading order: λ solves (λ − g²)² = κλ with κ = (1/2 + 1/√3) β³ẑ²τ².
///
/// To first order in τ there is none, because w and m are independent; the second-order part of ΔW closes the loop
/// through W₀. Valid while ẑ²β³τ² is small: in terms of a measured s₁ the outlier is right to about 5 % for
/// g ≥ 0.4; without a bulk it is too large (0.78 against 0.663 for ẑ = 2, where [`super::WithoutBulk`] is exact).
///
/// ```
/// use attractorlab::theory::linear_learning::OutlierLaw;
/// let law = OutlierLaw::new(0.6)?;
/// let kappa = law.kappa_of_singular_value(0.3);
/// assert!(kappa > law.emergence() && kappa < law.instability());
/// assert!((law.outlier(kappa) - 0.68126921516).abs() < 1e-10);
/// # Ok::<(), attractorlab::theory::linear_learning::LearningError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutlierLaw {
    g: f64,
}

impl OutlierLaw {
    /// The law for W₀ = gJ.
    ///
    /// # Errors
    /// [`LearningError::Parameter`] unless 0 ≤ g ≤ 0.999.
    pub fn new(g: f64) -> Result<Self, LearningError> {
        check_gain(g)?;
        Ok(Self { g })
    }

    /// κ = (1/2 + 1/√3) β s₁² in terms of the largest singular value s₁ ≈ ẑβτ of ΔW.
    pub fn kappa_of_singular_value(self, s1: f64) -> f64 {
        (0.5 + 1.0 / 3.0_f64.sqrt()) / (1.0 - self.g * self.g) * s1 * s1
    }

    /// The root of (λ − g²)² = κλ outside of the bulk.
    pub fn outlier(self, kappa: f64) -> f64 {
        let g2 = self.g * self.g;
        g2 + 0.5 * kappa + 0.5 * (kappa * kappa + 4.0 * g2 * kappa).sqrt()
    }

    /// κ at which the outlier leaves the bulk, g(1 − g)².
    pub fn emergence(self) -> f64 {
        self.g * (1.0 - self.g).powi(2)
    }

    /// κ at which the outlier reaches 1 and the fixed point is lost, (1 − g²)².
    pub fn instability(self) -> f64 {
        (1.0 - self.g * self.g).powi(2)
    }
}
