//! The two element types.

use std::fmt::{Debug, Display, LowerExp};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use faer::MatRef;

use super::activation::{
    Erf, Exp, Function, Gaussian, Linear, Logistic, NormalErf, Relu, Smooth, Softplus, Tanh,
};
use super::lane::Lane;
use super::learning::AdamStep;
use super::tiles::Packable;
use super::{columns, equidistant, learning, passes, symmetric};
use crate::linalg::{Factors, Products};
use crate::transfer::Transfer;

/// What to do with a function, over which slices.
pub enum Pass<'a, T> {
    Value { x: &'a [T], out: &'a mut [T] },
    InPlace { x: &'a mut [T] },
    Prime { x: &'a [T], phi: &'a mut [T], phi_prime: &'a mut [T] },
    Primes { x: &'a [T], phi: &'a mut [T], phi_prime: &'a mut [T], phi_second: &'a mut [T] },
    Current { x: &'a mut [T], drive: &'a [T], alpha: T, r: &'a mut [T] },
    Rate { r: &'a mut [T], drive: &'a [T], alpha: T },
    CurrentPrime { x: &'a mut [T], drive: &'a [T], alpha: T, r: &'a mut [T], phi_prime: &'a mut [T] },
    RatePrime { r: &'a mut [T], drive: &'a [T], alpha: T, phi_prime: &'a mut [T] },
}

/// Functions of which only values are wanted.
#[derive(Clone, Copy)]
pub enum Elementary {
    Exp,
    Gaussian,
    Erf,
    Tanh,
}

/// The kernels of one element type. Implemented with concrete types, so that they are compiled in this
/// crate alone; private, which seals [`Real`].
pub trait Kernels: Sized {
    fn elementary(function: Elementary, pass: Pass<'_, Self>);
    fn transfer(function: Transfer, pass: Pass<'_, Self>);
    fn dot(x: &[Self], y: &[Self]) -> Self;
    /// `Σ exp(−(start + k step)²/2) y`.
    fn gaussian_dot(start: Self, step: Self, y: &[Self]) -> Self;
    fn axpy(alpha: Self, x: &[Self], y: &mut [Self]);
    /// `out = A x` for a matrix whose columns have no gaps.
    fn combine_columns(a: MatRef<'_, Self>, x: &[Self], out: &mut [Self]);
    /// `x ← x factor + alpha y`.
    fn product_axpy(x: &mut [Self], factor: &[Self], alpha: Self, y: &[Self]);
    /// `x ← alpha x + y`, then `product ← product x`.
    fn decay_product(x: &mut [Self], alpha: Self, y: &[Self], product: &mut [Self]);
    /// A step of Adam.
    fn adam(step: AdamStep<Self>, x: &mut [Self], gradient: &[Self], first: &mut [Self], second: &mut [Self]);
    /// `A ← A − w vᵀ`, then `out = A f`, for a symmetric A given by the columns of its lower triangle.
    fn update_and_multiply(a: &mut [Self], w: &[Self], v: &[Self], f: &[Self], out: &mut [Self]);
}

#[track_caller]
fn run<T: Lane, F: Smooth<T>>(f: F, pass: Pass<'_, T>) {
    match pass {
        Pass::Value { x, out } => passes::map(f, x, out),
        Pass::InPlace { x } => passes::map_in_place(f, x),
        Pass::Prime { x, phi, phi_prime } => passes::with_prime(f, x, phi, phi_prime),
        Pass::Primes { x, phi, phi_prime, phi_second } => {
            passes::with_primes(f, x, phi, phi_prime, phi_second);
        }
        Pass::Current { x, drive, alpha, r } => passes::euler_current(f, x, drive, alpha, r),
        Pass::Rate { r, drive, alpha } => passes::euler_rate(f, r, drive, alpha),
        Pass::CurrentPrime { x, drive, alpha, r, phi_prime } => {
            passes::euler_current_with_prime(f, x, drive, alpha, r, phi_prime);
        }
        Pass::RatePrime { r, drive, alpha, phi_prime } => {
            passes::euler_rate_with_prime(f, r, drive, alpha, phi_prime);
        }
    }
}

#[track_caller]
fn run_value<T: Lane, F: Function<T>>(f: F, pass: Pass<'_, T>) {
    match pass {
        Pass::Value { x, out } => passes::map(f, x, out),
        Pass::InPlace { x } => passes::map_in_place(f, x),
        _ => unreachable!("elementary functions are asked for values only"),
    }
}

macro_rules! impl_kernels {
    ($($real:ty),*) => {$(
        impl Kernels for $real {
            #[track_caller]
            fn elementary(function: Elementary, pass: Pass<'_, Self>) {
                match function {
                    Elementary::Exp => run_value(Exp, pass),
                    Elementary::Gaussian => run_value(Gaussian, pass),
                    Elementary::Erf => run_value(Erf, pass),
                    Elementary::Tanh => run_value(Tanh, pass),
                }
            }
            #[track_caller]
            fn transfer(function: Transfer, pass: Pass<'_, Self>) {
                match function {
                    Transfer::Tanh => run(Tanh, pass),
                    Transfer::Erf => run(NormalErf, pass),
                    Transfer::Logistic => run(Logistic, pass),
                    Transfer::Softplus => run(Softplus, pass),
                    Transfer::Relu { threshold } => run(Relu { threshold: threshold as Self }, pass),
                    Transfer::Linear => run(Linear, pass),
                }
            }
            #[track_caller]
            fn dot(x: &[Self], y: &[Self]) -> Self {
                passes::dot(x, y)
            }
            fn gaussian_dot(start: Self, step: Self, y: &[Self]) -> Self {
                equidistant::gaussian_dot(start, step, y)
            }
            #[track_caller]
            fn axpy(alpha: Self, x: &[Self], y: &mut [Self]) {
                passes::axpy(alpha, x, y);
            }
            fn combine_columns(a: MatRef<'_, Self>, x: &[Self], out: &mut [Self]) {
                columns::combine(a, x, out);
            }
            #[track_caller]
            fn product_axpy(x: &mut [Self], factor: &[Self], alpha: Self, y: &[Self]) {
                learning::product_axpy(x, factor, alpha, y);
            }
            #[track_caller]
            fn decay_product(x: &mut [Self], alpha: Self, y: &[Self], product: &mut [Self]) {
                learning::decay_product(x, alpha, y, product);
            }
            #[track_caller]
            fn adam(
                step: AdamStep<Self>,
                x: &mut [Self],
                gradient: &[Self],
                first: &mut [Self],
                second: &mut [Self],
            ) {
                learning::adam(step, x, gradient, first, second);
            }
            fn update_and_multiply(
                a: &mut [Self],
                w: &[Self],
                v: &[Self],
                f: &[Self],
                out: &mut [Self],
            ) {
                symmetric::update_and_multiply(a, w, v, f, out);
            }
        }
    )*};
}
impl_kernels!(f32, f64);

/// A real number type of this library: `f32` or `f64`, and no other (the trait is sealed).
///
/// ```
/// use attractorlab_numerics::kernels::Real;
/// fn mean<T: Real>(x: &[T]) -> T {
///     x.iter().copied().sum::<T>() / T::from_f64(x.len() as f64)
/// }
/// assert_eq!(mean(&[1.0_f32, 3.0]), 2.0);
/// ```
pub trait Real:
    Products
    + Factors
    + Kernels
    + Packable
    + faer::traits::RealField
    + Copy
    + Default
    + Debug
    + Display
    + LowerExp
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
    + Send
    + Sync
    + 'static
{
    /// Spacing of the numbers just above 1.
    const EPSILON: Self;
    /// Name of the type as numpy writes it: `"float32"` or `"float64"`.
    const NAME: &'static str;

    /// The nearest number of this type.
    fn from_f64(value: f64) -> Self;
    /// The value, exactly.
    fn to_f64(self) -> f64;
    /// Neither NaN nor infinite.
    fn is_finite(self) -> bool;
}

impl Real for f32 {
    const EPSILON: Self = f32::EPSILON;
    const NAME: &'static str = "float32";

    fn from_f64(value: f64) -> Self {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
}

impl Real for f64 {
    const EPSILON: Self = f64::EPSILON;
    const NAME: &'static str = "float64";

    fn from_f64(value: f64) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
}
