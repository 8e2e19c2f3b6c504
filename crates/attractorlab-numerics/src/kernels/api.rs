//! The public functions of the kernels.

use super::real::{Elementary, Pass};
use super::{AdamStep, Real};

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
    "erf(x)", erf, erf_in_place, Elementary::Erf;
    "tanh(x)", tanh, tanh_in_place, Elementary::Tanh;
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

/// `Σₖ exp(−(start + k step)²/2) yₖ`, for at most a few hundred entries: the weights come from a recurrence whose
/// relative error grows to about (m²/2 + m·|start|·L) ε after m strides of L = 16 steps, 1e-13 for points within 20 of zero
/// and 64 strides. |start| below 30, where the weights of the first stride are normal numbers.
///
/// ```
/// use attractorlab_numerics::kernels::gaussian_dot;
/// // The trapezoid rule: the integral of a Gaussian is √2π.
/// let sum = 0.1 * gaussian_dot(-9.0, 0.1, &[1.0_f64; 181]);
/// assert!((sum - std::f64::consts::TAU.sqrt()).abs() < 1e-14);
/// ```
pub fn gaussian_dot<T: Real>(start: T, step: T, y: &[T]) -> T {
    T::gaussian_dot(start, step, y)
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

/// `x ← x∘factor + alpha y`.
///
/// # Panics
/// If the lengths differ.
///
/// ```
/// let mut x = [1.0_f64, 2.0];
/// attractorlab_numerics::kernels::product_axpy(&mut x, &[3.0, 0.5], 2.0, &[1.0, -1.0]);
/// assert_eq!(x, [5.0, -1.0]);
/// ```
#[track_caller]
pub fn product_axpy<T: Real>(x: &mut [T], factor: &[T], alpha: T, y: &[T]) {
    T::product_axpy(x, factor, alpha, y);
}

/// `x ← alpha x + y`, then `product ← product∘x` with the new x.
///
/// # Panics
/// If the lengths differ.
///
/// ```
/// let (mut x, mut product) = ([1.0_f64, 2.0], [2.0, 3.0]);
/// attractorlab_numerics::kernels::decay_product(&mut x, 0.5, &[1.0, 0.0], &mut product);
/// assert_eq!((x, product), ([1.5, 1.0], [3.0, 3.0]));
/// ```
#[track_caller]
pub fn decay_product<T: Real>(x: &mut [T], alpha: T, y: &[T], product: &mut [T]) {
    T::decay_product(x, alpha, y, product);
}

/// One step of Adam on `x`: first ← β₁ first + (1 − β₁) g, second ← β₂ second + (1 − β₂) g²,
/// x ← x − rate · first / (√second · root_bias + ε).
///
/// # Panics
/// If the lengths differ.
///
/// ```
/// use attractorlab_numerics::kernels::{AdamStep, adam_step};
/// // The first step is as long as the learning rate, whatever the gradient.
/// let step =
///     AdamStep { first: (0.5, 0.5), second: (0.75, 0.25), rate: 0.2, root_bias: 2.0, epsilon: 0.0 };
/// let mut x = [1.0_f64, 1.0];
/// adam_step(step, &mut x, &[4.0, -0.25], &mut [0.0; 2], &mut [0.0; 2]);
/// assert_eq!(x, [0.9, 1.1]);
/// ```
#[track_caller]
pub fn adam_step<T: Real>(step: AdamStep<T>, x: &mut [T], gradient: &[T], first: &mut [T], second: &mut [T]) {
    T::adam(step, x, gradient, first, second);
}
