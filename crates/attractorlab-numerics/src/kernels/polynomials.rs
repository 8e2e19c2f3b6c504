//! Orthogonal polynomials at many points, one order after the other.
#![allow(unsafe_code)]

use super::dispatch::{Level, current};
use super::lane::Lane;
use super::passes::{check_length, dispatched};

/// Partial sums, as many as hide the latency of an addition.
const SUMS: usize = 16;

#[inline(always)]
unsafe fn step_body<T: Lane, const FMA: bool>(
    n: usize,
    coefficients: [T; 3],
    t: *const T,
    weights: *const T,
    current: *const T,
    below: *mut T,
) -> T {
    let [shift, norm, back] = coefficients;
    let mut sums = [T::ZERO; SUMS];
    let mut start = 0;
    while start + SUMS <= n {
        // A whole block is read before it is written: the compiler need not ask which slices overlap.
        let (mut next, mut weight) = ([T::ZERO; SUMS], [T::ZERO; SUMS]);
        for i in 0..SUMS {
            let at = start + i;
            // SAFETY: at < n, and the caller vouches for n elements behind each pointer.
            unsafe {
                next[i] = (*t.add(at) - shift) * norm * *current.add(at) - back * *below.add(at);
                weight[i] = *weights.add(at);
            }
        }
        for i in 0..SUMS {
            // SAFETY: as above.
            unsafe { *below.add(start + i) = next[i] };
            sums[i] = weight[i].madd::<FMA>(next[i], sums[i]);
        }
        start += SUMS;
    }
    for i in 0..n - start {
        let at = start + i;
        // SAFETY: at < n, and the caller vouches for n elements behind each pointer.
        unsafe {
            let next = (*t.add(at) - shift) * norm * *current.add(at) - back * *below.add(at);
            *below.add(at) = next;
            sums[i] = (*weights.add(at)).madd::<FMA>(next, sums[i]);
        }
    }
    let mut width = SUMS / 2;
    while width > 0 {
        for i in 0..width {
            sums[i] = sums[i] + sums[i + width];
        }
        width /= 2;
    }
    sums[0]
}

dispatched! {
    /// `below ← (t − shift) norm current − back below`, and `Σ weights below`.
    fn step_raw = step_body<T: Lane>(
        n: usize, coefficients: [T; 3], t: *const T, weights: *const T, current: *const T, below: *mut T,
    ) -> T
}

/// One step of a three-term recurrence with the coefficients (shift, norm, back): puts
/// `(t − shift) norm current − back below` in the place of `below`, and returns its sum over `weights`.
#[track_caller]
pub(crate) fn three_term_step(
    coefficients: [f64; 3],
    t: &[f64],
    weights: &[f64],
    current: &[f64],
    below: &mut [f64],
) -> f64 {
    let n = t.len();
    check_length("weights", n, weights.len());
    check_length("current", n, current.len());
    check_length("below", n, below.len());
    // SAFETY: all slices have n elements, and `below` is borrowed exclusively.
    unsafe {
        step_raw::<f64>(n, coefficients, t.as_ptr(), weights.as_ptr(), current.as_ptr(), below.as_mut_ptr())
    }
}
