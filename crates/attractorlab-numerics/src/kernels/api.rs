//! The public functions of the kernels.

use super::Real;
use super::real::{Elementary, Pass};

/// A transfer function that has a vector kernel.
///
/// ```
/// use attractorlab_numerics::kernels::Activation;
/// let (mut phi, mut phi_prime) = ([0.0_f64; 3], [0.0; 3]);
/// Activation::Tanh.with_prime(&[-1.0, 0.0, 1.0], &mut phi, &mut phi_prime);
/// assert_eq!(phi[1], 0.0);
/// assert_eq!(phi_prime[1], 1.0);
/// assert_eq!(phi[0], -phi[2]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// tanh(x).
    Tanh,
    /// erf(x) = 2/√π ∫₀ˣ exp(−t²) dt.
    Erf,
    /// 1/(1 + exp(−x)).
    Logistic,
    /// log(1 + exp(x)).
    Softplus,
    /// max(x, 0); the derivative at 0 is 0.
    Relu,
    /// x.
    Linear,
}

impl Activation {
    /// All members.
    pub const ALL: [Self; 6] =
        [Self::Tanh, Self::Erf, Self::Logistic, Self::Softplus, Self::Relu, Self::Linear];

    /// `out = φ(x)`.
    ///
    /// # Panics
    /// If the lengths differ.
    #[track_caller]
    pub fn apply<T: Real>(self, x: &[T], out: &mut [T]) {
        T::activate(self, Pass::Value { x, out });
    }

    /// `x = φ(x)`.
    pub fn apply_in_place<T: Real>(self, x: &mut [T]) {
        T::activate(self, Pass::InPlace { x });
    }

    /// `phi = φ(x)` and `phi_prime = φ'(x)` in one pass.
    ///
    /// # Panics
    /// If the lengths differ.
    #[track_caller]
    pub fn with_prime<T: Real>(self, x: &[T], phi: &mut [T], phi_prime: &mut [T]) {
        T::activate(self, Pass::Prime { x, phi, phi_prime });
    }

    /// `phi = φ(x)`, `phi_prime = φ'(x)` and `phi_second = φ''(x)` in one pass.
    ///
    /// # Panics
    /// If the lengths differ.
    #[track_caller]
    pub fn with_primes<T: Real>(self, x: &[T], phi: &mut [T], phi_prime: &mut [T], phi_second: &mut [T]) {
        T::activate(self, Pass::Primes { x, phi, phi_prime, phi_second });
    }

    /// One Euler step of the current form, `x ← x + α (−x + drive)` and `r = φ(x)` of the new x, in one
    /// pass; `alpha` is dt/τ.
    ///
    /// # Panics
    /// If the lengths differ.
    ///
    /// ```
    /// use attractorlab_numerics::kernels::Activation;
    /// let (mut x, mut r) = ([1.0_f64, -1.0], [0.0; 2]);
    /// Activation::Relu.euler_step(&mut x, &[3.0, 0.0], 0.5, &mut r);
    /// assert_eq!((x, r), ([2.0, -0.5], [2.0, 0.0]));
    /// ```
    #[track_caller]
    pub fn euler_step<T: Real>(self, x: &mut [T], drive: &[T], alpha: T, r: &mut [T]) {
        T::activate(self, Pass::Current { x, drive, alpha, r });
    }

    /// One Euler step of the rate form, `r ← r + α (−r + φ(drive))`, in one pass; `alpha` is dt/τ.
    ///
    /// # Panics
    /// If the lengths differ.
    ///
    /// ```
    /// use attractorlab_numerics::kernels::Activation;
    /// let mut r = [1.0_f32, 1.0];
    /// Activation::Relu.euler_step_rate(&mut r, &[3.0, -2.0], 0.5);
    /// assert_eq!(r, [2.0, 0.5]);
    /// ```
    #[track_caller]
    pub fn euler_step_rate<T: Real>(self, r: &mut [T], drive: &[T], alpha: T) {
        T::activate(self, Pass::Rate { r, drive, alpha });
    }
}

macro_rules! elementary {
    ($($formula:literal, $name:ident, $in_place:ident, $member:expr;)*) => {$(
        #[doc = concat!("`out = ", $formula, "`, element by element.")]
        ///
        /// # Panics
        /// If the lengths differ.
        ///
        /// ```
        #[doc = concat!("use attractorlab_numerics::kernels::{", stringify!($name), ", ", stringify!($in_place), "};")]
        /// let (mut x, mut out) = ([0.25_f64, -3.0], [0.0; 2]);
        #[doc = concat!(stringify!($name), "(&x, &mut out);")]
        #[doc = concat!(stringify!($in_place), "(&mut x);")]
        /// assert_eq!(x, out);
        /// ```
        #[track_caller]
        pub fn $name<T: Real>(x: &[T], out: &mut [T]) {
            T::elementary($member, Pass::Value { x, out });
        }

        #[doc = concat!("`x ← ", $formula, "`, element by element.")]
        pub fn $in_place<T: Real>(x: &mut [T]) {
            T::elementary($member, Pass::InPlace { x });
        }
    )*};
}
elementary! {
    "exp(x)", exp, exp_in_place, Elementary::Exp;
    "exp(−x²/2)", gaussian, gaussian_in_place, Elementary::Gaussian;
}

macro_rules! activations {
    ($($formula:literal, $name:ident, $in_place:ident, $and_prime:ident, $member:expr;)*) => {$(
        #[doc = concat!("`out = ", $formula, "`, element by element.")]
        ///
        /// # Panics
        /// If the lengths differ.
        ///
        /// ```
        #[doc = concat!("use attractorlab_numerics::kernels::{", stringify!($name), ", ", stringify!($in_place), "};")]
        /// let (mut x, mut out) = ([0.25_f64, -3.0], [0.0; 2]);
        #[doc = concat!(stringify!($name), "(&x, &mut out);")]
        #[doc = concat!(stringify!($in_place), "(&mut x);")]
        /// assert_eq!(x, out);
        /// ```
        #[track_caller]
        pub fn $name<T: Real>(x: &[T], out: &mut [T]) {
            $member.apply(x, out);
        }

        #[doc = concat!("`x ← ", $formula, "`, element by element.")]
        pub fn $in_place<T: Real>(x: &mut [T]) {
            $member.apply_in_place(x);
        }

        #[doc = concat!("`phi = ", $formula, "` and its derivative `phi_prime`, in one pass.")]
        ///
        /// # Panics
        /// If the lengths differ.
        #[track_caller]
        pub fn $and_prime<T: Real>(x: &[T], phi: &mut [T], phi_prime: &mut [T]) {
            $member.with_prime(x, phi, phi_prime);
        }
    )*};
}
activations! {
    "tanh(x)", tanh, tanh_in_place, tanh_and_prime, Activation::Tanh;
    "erf(x)", erf, erf_in_place, erf_and_prime, Activation::Erf;
    "1/(1 + exp(−x))", logistic, logistic_in_place, logistic_and_prime, Activation::Logistic;
    "log(1 + exp(x))", softplus, softplus_in_place, softplus_and_prime, Activation::Softplus;
    "max(x, 0)", relu, relu_in_place, relu_and_prime, Activation::Relu;
}

/// `Σ x y`, in partial sums whose order does not depend on the instruction set.
///
/// # Panics
/// If the lengths differ.
///
/// ```
/// use attractorlab_numerics::kernels::dot;
/// assert_eq!(dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
/// ```
#[track_caller]
pub fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    T::dot(x, y)
}

/// `y ← y + alpha x`.
///
/// # Panics
/// If the lengths differ.
///
/// ```
/// use attractorlab_numerics::kernels::axpy;
/// let mut y = [1.0_f32, 1.0];
/// axpy(2.0, &[3.0, -1.0], &mut y);
/// assert_eq!(y, [7.0, -1.0]);
/// ```
#[track_caller]
pub fn axpy<T: Real>(alpha: T, x: &[T], y: &mut [T]) {
    T::axpy(alpha, x, y);
}

/// `x ← alpha x`.
///
/// ```
/// let mut x = [1.0_f64, -2.0];
/// attractorlab_numerics::kernels::scale(0.5, &mut x);
/// assert_eq!(x, [0.5, -1.0]);
/// ```
pub fn scale<T: Real>(alpha: T, x: &mut [T]) {
    // A plain loop is at memory speed on every instruction set.
    for value in x {
        *value *= alpha;
    }
}
