//! Passes of learning: the steps of optimisers, and adjoints of Euler steps.
//!
//! Unsafe for the reasons of `passes`, and within the same rules.
#![allow(unsafe_code)]

use super::dispatch::{Level, current};
use super::lane::Lane;
use super::passes::{blocks, check_length, dispatched};

/// The numbers of one step of Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep<T> {
    /// Decay β₁ of the first moment, and 1 − β₁.
    pub first: (T, T),
    /// Decay β₂ of the second moment, and 1 − β₂.
    pub second: (T, T),
    /// Learning rate over the bias 1 − β₁ᵗ of the first moment.
    pub rate: T,
    /// 1/√(1 − β₂ᵗ).
    pub root_bias: T,
    /// ε, added to the corrected root.
    pub epsilon: T,
}

#[inline(always)]
unsafe fn adam_body<T: Lane, const FMA: bool>(
    step: AdamStep<T>,
    n: usize,
    x: *mut T,
    gradient: *const T,
    first: *mut T,
    second: *mut T,
) {
    let AdamStep { first: (beta1, rest1), second: (beta2, rest2), rate, root_bias, epsilon } = step;
    let inputs = [x.cast_const(), gradient, first.cast_const(), second.cast_const()];
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe {
        blocks(n, inputs, [x, first, second], |[x, g, m, v]| {
            let m = beta1.madd::<FMA>(m, rest1 * g);
            let v = beta2.madd::<FMA>(v, rest2 * g * g);
            let root = v.sqrt().madd::<FMA>(root_bias, epsilon);
            [(-rate).madd::<FMA>(m / root, x), m, v]
        });
    }
}

#[inline(always)]
unsafe fn product_axpy_body<T: Lane, const FMA: bool>(
    n: usize,
    x: *mut T,
    factor: *const T,
    alpha: T,
    y: *const T,
) {
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe {
        blocks(n, [x.cast_const(), factor, y], [x], |[x, factor, y]| [x.madd::<FMA>(factor, alpha * y)]);
    }
}

#[inline(always)]
unsafe fn decay_product_body<T: Lane, const FMA: bool>(
    n: usize,
    x: *mut T,
    alpha: T,
    y: *const T,
    product: *mut T,
) {
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe {
        blocks(n, [x.cast_const(), y, product.cast_const()], [x, product], |[x, y, product]| {
            let x = alpha.madd::<FMA>(x, y);
            [x, product * x]
        });
    }
}

dispatched! {
    /// A step of Adam.
    fn adam_raw = adam_body<T: Lane>(
        step: AdamStep<T>, n: usize, x: *mut T, gradient: *const T, first: *mut T, second: *mut T,
    )
}
dispatched! {
    /// `x = x factor + alpha y`.
    fn product_axpy_raw = product_axpy_body<T: Lane>(
        n: usize, x: *mut T, factor: *const T, alpha: T, y: *const T,
    )
}
dispatched! {
    /// `x = alpha x + y`, then `product = product x`.
    fn decay_product_raw = decay_product_body<T: Lane>(
        n: usize, x: *mut T, alpha: T, y: *const T, product: *mut T,
    )
}

/// A step of Adam on `x`, whose moments are `first` and `second`.
#[track_caller]
pub(super) fn adam<T: Lane>(
    step: AdamStep<T>,
    x: &mut [T],
    gradient: &[T],
    first: &mut [T],
    second: &mut [T],
) {
    check_length("the gradient", x.len(), gradient.len());
    check_length("the first moment", x.len(), first.len());
    check_length("the second moment", x.len(), second.len());
    let (n, x, gradient) = (x.len(), x.as_mut_ptr(), gradient.as_ptr());
    // SAFETY: all slices have n elements, and the three that are written are borrowed exclusively.
    unsafe { adam_raw::<T>(step, n, x, gradient, first.as_mut_ptr(), second.as_mut_ptr()) }
}

/// `x = x factor + alpha y`.
#[track_caller]
pub(super) fn product_axpy<T: Lane>(x: &mut [T], factor: &[T], alpha: T, y: &[T]) {
    check_length("factor", x.len(), factor.len());
    check_length("y", x.len(), y.len());
    // SAFETY: all slices have x.len() elements; `x` (input and output) is borrowed exclusively.
    unsafe { product_axpy_raw::<T>(x.len(), x.as_mut_ptr(), factor.as_ptr(), alpha, y.as_ptr()) }
}

/// `x = alpha x + y`, then `product = product x`.
#[track_caller]
pub(super) fn decay_product<T: Lane>(x: &mut [T], alpha: T, y: &[T], product: &mut [T]) {
    check_length("y", x.len(), y.len());
    check_length("product", x.len(), product.len());
    // SAFETY: all slices have x.len() elements; `x` and `product` (inputs and outputs) are borrowed exclusively.
    unsafe { decay_product_raw::<T>(x.len(), x.as_mut_ptr(), alpha, y.as_ptr(), product.as_mut_ptr()) }
}
