//! Transfer functions φ with their primitive and first three derivatives, as functions of one number.

use crate::kernels::{Pass, Real};
pub use crate::nonlinearity::Nonlinearity;
use crate::special::normal_pdf;

/// A transfer function φ.
///
/// | name | φ(x) |
/// |---|---|
/// | `Tanh` | tanh x |
/// | `Erf` | erf(x/√2) |
/// | `Relu { threshold }` | max(0, x − θ) |
/// | `Linear` | x |
/// | `Softplus` | log(1 + eˣ) |
/// | `Logistic` | 1/(1 + e⁻ˣ) |
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transfer {
    /// tanh x.
    Tanh,
    /// erf(x/√2).
    Erf,
    /// max(0, x − θ).
    Relu {
        /// The threshold θ.
        threshold: f64,
    },
    /// x.
    Linear,
    /// log(1 + eˣ).
    Softplus,
    /// 1/(1 + e⁻ˣ).
    Logistic,
}

/// Primitive, value and first three derivatives of a transfer function at one point.
///
/// Derivatives that are distributions (relu's φ'' and φ''') are zero away from the kink and
/// reported as zero on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jet {
    /// Φ(x) = ∫₀ˣ φ.
    pub primitive: f64,
    /// φ(x).
    pub value: f64,
    /// φ'(x).
    pub first: f64,
    /// φ''(x).
    pub second: f64,
    /// φ'''(x).
    pub third: f64,
}

impl Transfer {
    /// One of each kind; relu with threshold 0.
    pub const ALL: [Self; 6] =
        [Self::Tanh, Self::Erf, Self::Relu { threshold: 0.0 }, Self::Linear, Self::Softplus, Self::Logistic];

    /// The name used in files, on the command line and in Python.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tanh => "tanh",
            Self::Erf => "erf",
            Self::Relu { .. } => "relu",
            Self::Linear => "linear",
            Self::Softplus => "softplus",
            Self::Logistic => "logistic",
        }
    }

    /// φ(x).
    pub fn value(self, x: f64) -> f64 {
        match self {
            Self::Tanh => x.tanh(),
            Self::Erf => libm::erf(x * std::f64::consts::FRAC_1_SQRT_2),
            Self::Relu { threshold } => {
                if x.is_nan() {
                    x
                } else {
                    (x - threshold).max(0.0)
                }
            }
            Self::Linear => x,
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Logistic => logistic(x).0,
        }
    }

    /// φ'(x); at relu's kink the mean of both sides, ½.
    pub fn first(self, x: f64) -> f64 {
        self.jet(x).first
    }

    /// Primitive, value and derivatives at `x`, each to a few units in the last place.
    ///
    /// ```
    /// use attractorlab_numerics::transfer::Transfer;
    /// let jet = Transfer::Tanh.jet(20.0);
    /// // 1 − tanh² would be zero here.
    /// assert!((jet.first / 1.699341e-17 - 1.0).abs() < 1e-6);
    /// ```
    pub fn jet(self, x: f64) -> Jet {
        match self {
            Self::Tanh => {
                let e = (-2.0 * x.abs()).exp();
                let value = x.tanh();
                let first = 4.0 * e / ((1.0 + e) * (1.0 + e));
                Jet {
                    primitive: log_cosh(x),
                    value,
                    first,
                    second: -2.0 * value * first,
                    third: first * (4.0 - 6.0 * first),
                }
            }
            Self::Erf => {
                let first = 2.0 * normal_pdf(x);
                let value = self.value(x);
                Jet {
                    // exp(−x²/2) − 1 as one number: near zero the sum would cancel.
                    primitive: x * value + 2.0 * normal_pdf(0.0) * (-0.5 * x * x).exp_m1(),
                    value,
                    first,
                    second: -x * first,
                    third: (x * x - 1.0) * first,
                }
            }
            Self::Relu { threshold } => {
                let value = self.value(x);
                let first = if x > threshold {
                    1.0
                } else if x == threshold {
                    0.5
                } else if x.is_nan() {
                    x
                } else {
                    0.0
                };
                let at_zero = (-threshold).max(0.0);
                Jet {
                    primitive: 0.5 * (value * value - at_zero * at_zero),
                    value,
                    first,
                    second: 0.0,
                    third: 0.0,
                }
            }
            Self::Linear => Jet { primitive: 0.5 * x * x, value: x, first: 1.0, second: 0.0, third: 0.0 },
            Self::Softplus => {
                let (value, complement) = logistic(x);
                let second = value * complement;
                Jet {
                    primitive: softplus_primitive(x),
                    value: self.value(x),
                    first: value,
                    second,
                    // 1 − 2·logistic(x) = −tanh(x/2), without the cancellation near zero.
                    third: -second * (0.5 * x).tanh(),
                }
            }
            Self::Logistic => {
                let (value, complement) = logistic(x);
                let first = value * complement;
                Jet {
                    primitive: (0.5 * x) + log_cosh(0.5 * x),
                    value,
                    first,
                    second: -first * (0.5 * x).tanh(),
                    third: first * (1.0 - 6.0 * first),
                }
            }
        }
    }
}

/// Whole slices at once, in `f32` or `f64`, by the vector [`kernels`](crate::kernels).
impl Transfer {
    /// `out = φ(x)`.
    ///
    /// # Panics
    /// If the lengths differ.
    #[track_caller]
    pub fn values<T: Real>(self, x: &[T], out: &mut [T]) {
        T::transfer(self, Pass::Value { x, out });
    }

    /// `x = φ(x)`.
    pub fn values_in_place<T: Real>(self, x: &mut [T]) {
        T::transfer(self, Pass::InPlace { x });
    }

    /// `phi = φ(x)` and `phi_prime = φ'(x)` in one pass.
    ///
    /// # Panics
    /// If the lengths differ.
    #[track_caller]
    pub fn with_first<T: Real>(self, x: &[T], phi: &mut [T], phi_prime: &mut [T]) {
        T::transfer(self, Pass::Prime { x, phi, phi_prime });
    }

    /// `phi = φ(x)`, `phi_prime = φ'(x)` and `phi_second = φ''(x)` in one pass.
    ///
    /// # Panics
    /// If the lengths differ.
    #[track_caller]
    pub fn with_second<T: Real>(self, x: &[T], phi: &mut [T], phi_prime: &mut [T], phi_second: &mut [T]) {
        T::transfer(self, Pass::Primes { x, phi, phi_prime, phi_second });
    }

    /// One Euler step of the current form, `x ← x + α (−x + drive)` and `r = φ(x)` of the new x, in one
    /// pass; `alpha` is dt/τ.
    ///
    /// # Panics
    /// If the lengths differ.
    ///
    /// ```
    /// use attractorlab_numerics::transfer::Transfer;
    /// let (mut x, mut r) = ([1.0_f64, -1.0], [0.0; 2]);
    /// Transfer::Relu { threshold: 0.0 }.euler_step(&mut x, &[3.0, 0.0], 0.5, &mut r);
    /// assert_eq!((x, r), ([2.0, -0.5], [2.0, 0.0]));
    /// ```
    #[track_caller]
    pub fn euler_step<T: Real>(self, x: &mut [T], drive: &[T], alpha: T, r: &mut [T]) {
        T::transfer(self, Pass::Current { x, drive, alpha, r });
    }

    /// One Euler step of the rate form, `r ← r + α (−r + φ(drive))`, in one pass; `alpha` is dt/τ.
    ///
    /// # Panics
    /// If the lengths differ.
    ///
    /// ```
    /// use attractorlab_numerics::transfer::Transfer;
    /// let mut r = [1.0_f32, 1.0];
    /// Transfer::Relu { threshold: 0.0 }.euler_step_rate(&mut r, &[3.0, -2.0], 0.5);
    /// assert_eq!(r, [2.0, 0.5]);
    /// ```
    #[track_caller]
    pub fn euler_step_rate<T: Real>(self, r: &mut [T], drive: &[T], alpha: T) {
        T::transfer(self, Pass::Rate { r, drive, alpha });
    }

    /// [`euler_step`](Self::euler_step) together with `phi_prime = φ'(x)` of the new x.
    ///
    /// # Panics
    /// If the lengths differ.
    ///
    /// ```
    /// use attractorlab_numerics::transfer::Transfer;
    /// let (mut x, mut r, mut phi_prime) = ([1.0_f64, -1.0], [0.0; 2], [0.0; 2]);
    /// let relu = Transfer::Relu { threshold: 0.0 };
    /// relu.euler_step_with_first(&mut x, &[3.0, 0.0], 0.5, &mut r, &mut phi_prime);
    /// assert_eq!((x, r, phi_prime), ([2.0, -0.5], [2.0, 0.0], [1.0, 0.0]));
    /// ```
    #[track_caller]
    pub fn euler_step_with_first<T: Real>(
        self,
        x: &mut [T],
        drive: &[T],
        alpha: T,
        r: &mut [T],
        phi_prime: &mut [T],
    ) {
        T::transfer(self, Pass::CurrentPrime { x, drive, alpha, r, phi_prime });
    }

    /// [`euler_step_rate`](Self::euler_step_rate) together with `phi_prime = φ'(drive)`.
    ///
    /// # Panics
    /// If the lengths differ.
    ///
    /// ```
    /// use attractorlab_numerics::transfer::Transfer;
    /// let (mut r, mut phi_prime) = ([1.0_f32, 1.0], [0.0; 2]);
    /// Transfer::Relu { threshold: 0.0 }.euler_step_rate_with_first(&mut r, &[3.0, -2.0], 0.5, &mut phi_prime);
    /// assert_eq!((r, phi_prime), ([2.0, 0.5], [1.0, 0.0]));
    /// ```
    #[track_caller]
    pub fn euler_step_rate_with_first<T: Real>(
        self,
        r: &mut [T],
        drive: &[T],
        alpha: T,
        phi_prime: &mut [T],
    ) {
        T::transfer(self, Pass::RatePrime { r, drive, alpha, phi_prime });
    }
}

/// log cosh x without overflow; near zero the series keeps the digits.
fn log_cosh(x: f64) -> f64 {
    let a = x.abs();
    if a < 0.3 {
        // log cosh x = ½ log(1 + sinh² x)
        let s = a.sinh();
        0.5 * (s * s).ln_1p()
    } else {
        a + (-2.0 * a).exp().ln_1p() - std::f64::consts::LN_2
    }
}

/// 1/(1 + e⁻ˣ) and its complement 1/(1 + eˣ), both without cancellation.
fn logistic(x: f64) -> (f64, f64) {
    let e = (-x.abs()).exp();
    let (large, small) = (1.0 / (1.0 + e), e / (1.0 + e));
    if x >= 0.0 { (large, small) } else { (small, large) }
}

/// ∫₀ˣ log(1 + eᵗ) dt = −Li₂(−eˣ) − π²/12.
fn softplus_primitive(x: f64) -> f64 {
    let zeta = std::f64::consts::PI * std::f64::consts::PI / 12.0;
    if x.abs() < 0.1 {
        // Near zero the difference would cancel: x log 2 + x²/4 + 2∫ log cosh over x/2.
        let v = 0.5 * x;
        let square = v * v;
        let series = [1.0 / 6.0, -1.0 / 60.0, 1.0 / 315.0, -17.0 / 22680.0, 31.0 / 155_925.0];
        let integral = series.iter().rev().fold(0.0, |sum, c| sum * square + c);
        return x * std::f64::consts::LN_2 + square + 2.0 * v * square * integral;
    }
    // −Li₂(−eˣ) = x²/2 + π²/6 + Li₂(−e⁻ˣ)
    if x > 0.0 { 0.5 * x * x + zeta - negative_dilogarithm(-x) } else { negative_dilogarithm(x) - zeta }
}

/// −Li₂(−eʸ) for y ≤ 0: with e' = 1 + eʸ, Landen's transformation gives a series in
/// u = log(1 + eʸ) ∈ (0, log 2] with Bernoulli coefficients, −Li₂(−eʸ) = u + u²/4·… .
fn negative_dilogarithm(y: f64) -> f64 {
    // Li₂(−t) = −Li₂(t/(1+t)) − ½ log²(1+t), and Li₂(1 − e⁻ᵘ) = Σ Bₙ uⁿ⁺¹/(n+1)! with B₁ = −½.
    const COEFFICIENTS: [f64; 9] = [
        // B₂ₖ/(2k+1)! for k = 1…9
        0.027_777_777_777_777_776,
        -0.000_277_777_777_777_777_8,
        4.724_111_866_969_01e-6,
        -9.185_773_074_661_963e-8,
        1.897_886_998_897_1e-9,
        -4.064_761_645_144_226e-11,
        8.921_691_020_456_453e-13,
        -1.993_929_586_072_108e-14,
        4.518_980_029_619_918e-16,
    ];
    let u = y.exp().ln_1p();
    let square = u * u;
    let series = COEFFICIENTS.iter().rev().fold(0.0, |sum, &c| (sum + c) * square);
    // Li₂(t/(1+t)) = u − u²/4 + Σ B₂ₖ u²ᵏ⁺¹/(2k+1)!
    u - 0.25 * square + u * series + 0.5 * square
}
