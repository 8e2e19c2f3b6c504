//! Sums of a table against a Gaussian at equidistant points, without an exponential a point.
//!
//! A Gaussian at equidistant points obeys a recurrence of second order, w(x + L) = w(x) q(x) and q(x + L) = q(x) exp(−L²):
//! two products take the place of an exponential.
#![allow(unsafe_code)]

use super::dispatch::{Level, current};
use super::elementary::exp;
use super::lane::Lane;
use super::passes::dispatched;

/// Points that the recurrence passes at once.
const STRIDE: usize = 16;

#[inline(always)]
unsafe fn gaussian_dot_body<T: Lane, const FMA: bool>(n: usize, start: T, step: T, y: *const T) -> T {
    let mut stride = step;
    let mut width = 1;
    while width < STRIDE {
        stride = stride + stride;
        width *= 2;
    }
    // exp(−x²/2) of the first stride, and q there: exp(−(x + L/2) L).
    let (mut w, mut q) = ([T::ZERO; STRIDE], [T::ZERO; STRIDE]);
    let mut k = T::ZERO;
    for (w, q) in w.iter_mut().zip(&mut q) {
        let x = k.madd::<FMA>(step, start);
        *w = -T::HALF * x * x;
        *q = -(x + T::HALF * stride) * stride;
        k = k + T::ONE;
    }
    for (w, q) in w.iter_mut().zip(&mut q) {
        *w = exp::<T, FMA>(*w);
        *q = exp::<T, FMA>(*q);
    }
    let c = exp::<T, FMA>(-stride * stride);
    let mut sums = [T::ZERO; STRIDE];
    let mut at = 0;
    while at + STRIDE <= n {
        for i in 0..STRIDE {
            // SAFETY: at + i < n, and the caller vouches for n readable elements.
            sums[i] = w[i].madd::<FMA>(unsafe { *y.add(at + i) }, sums[i]);
            w[i] = w[i] * q[i];
            q[i] = q[i] * c;
        }
        at += STRIDE;
    }
    for i in 0..n - at {
        // SAFETY: at + i < n, and the caller vouches for n readable elements.
        sums[i] = w[i].madd::<FMA>(unsafe { *y.add(at + i) }, sums[i]);
    }
    let mut width = STRIDE / 2;
    while width > 0 {
        for i in 0..width {
            sums[i] = sums[i] + sums[i + width];
        }
        width /= 2;
    }
    sums[0]
}

dispatched! {
    /// `Σ exp(−(start + k step)²/2) y`.
    fn gaussian_dot_raw = gaussian_dot_body<T: Lane>(n: usize, start: T, step: T, y: *const T) -> T
}

/// `Σ exp(−(start + k step)²/2) y`.
pub(super) fn gaussian_dot<T: Lane>(start: T, step: T, y: &[T]) -> T {
    // SAFETY: the slice has y.len() elements.
    unsafe { gaussian_dot_raw::<T>(y.len(), start, step, y.as_ptr()) }
}
