//! The fused pass of recursive least squares over half of a symmetric matrix.
#![allow(unsafe_code)]

use super::dispatch::{Level, current};
use super::lane::Lane;
use super::passes::dispatched;

/// Lanes of one partial sum.
const LANES: usize = 16;
/// Columns treated together, which share the loads of the three vectors.
const COLUMNS: usize = 2;

/// `A ← A − w vᵀ` (with w a multiple of v, so that A stays symmetric), then `out = A f`, in one pass.
///
/// `packed` holds the columns of the lower triangle, each from its diagonal entry down. The order of the
/// sums does not depend on the level. Safe: only the dispatch is not.
#[inline(always)]
fn update_and_multiply_body<T: Lane, const FMA: bool>(
    packed: &mut [T],
    w: &[T],
    v: &[T],
    f: &[T],
    out: &mut [T],
) {
    let n = f.len();
    out.fill(T::ZERO);
    let mut rest = packed;
    let mut j = 0;
    while j + COLUMNS <= n {
        let (first, tail) = rest.split_at_mut(n - j);
        let (second, tail) = tail.split_at_mut(n - j - 1);
        rest = tail;
        // The triangle at the head: entries (j, j), (j+1, j), (j+1, j+1).
        let (v0, v1, f0, f1) = (v[j], v[j + 1], f[j], f[j + 1]);
        first[0] = first[0] - w[j] * v0;
        first[1] = first[1] - w[j + 1] * v0;
        second[0] = second[0] - w[j + 1] * v1;
        let mut sum0 = first[0] * f0 + first[1] * f1;
        let mut sum1 = first[1] * f0 + second[0] * f1;
        // The two columns below it.
        let below = j + COLUMNS;
        let (a0, a0_end) = first[2..].as_chunks_mut::<LANES>();
        let (a1, a1_end) = second[1..].as_chunks_mut::<LANES>();
        let (wb, w_end) = w[below..].as_chunks::<LANES>();
        let (fb, f_end) = f[below..].as_chunks::<LANES>();
        let (ob, o_end) = out[below..].as_chunks_mut::<LANES>();
        let (mut sums0, mut sums1) = ([T::ZERO; LANES], [T::ZERO; LANES]);
        for ((((a0, a1), w), f), o) in a0.iter_mut().zip(a1).zip(wb).zip(fb).zip(ob) {
            for i in 0..LANES {
                let x0 = (-w[i]).madd::<FMA>(v0, a0[i]);
                let x1 = (-w[i]).madd::<FMA>(v1, a1[i]);
                a0[i] = x0;
                a1[i] = x1;
                sums0[i] = x0.madd::<FMA>(f[i], sums0[i]);
                sums1[i] = x1.madd::<FMA>(f[i], sums1[i]);
                o[i] = x1.madd::<FMA>(f1, x0.madd::<FMA>(f0, o[i]));
            }
        }
        for i in 0..a0_end.len() {
            a0_end[i] = a0_end[i] - w_end[i] * v0;
            a1_end[i] = a1_end[i] - w_end[i] * v1;
            sum0 = sum0 + a0_end[i] * f_end[i];
            sum1 = sum1 + a1_end[i] * f_end[i];
            o_end[i] = o_end[i] + a0_end[i] * f0 + a1_end[i] * f1;
        }
        out[j] = out[j] + (sum0 + total(sums0));
        out[j + 1] = out[j + 1] + (sum1 + total(sums1));
        j += COLUMNS;
    }
    if j < n {
        rest[0] = rest[0] - w[j] * v[j];
        out[j] = out[j] + rest[0] * f[j];
    }
}

#[inline(always)]
fn total<T: Lane>(mut sums: [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            sums[i] = sums[i] + sums[i + width];
        }
        width /= 2;
    }
    sums[0]
}

dispatched! {
    /// See [`update_and_multiply_body`].
    fn update_and_multiply_dispatched = update_and_multiply_body<T: Lane>(
        packed: &mut [T], w: &[T], v: &[T], f: &[T], out: &mut [T],
    )
}

/// `A ← A − w vᵀ`, then `out = A f`, for a symmetric A in packed columns; see
/// [`update_and_multiply_body`].
pub(super) fn update_and_multiply<T: Lane>(packed: &mut [T], w: &[T], v: &[T], f: &[T], out: &mut [T]) {
    // SAFETY: the pass is safe code and asks for nothing.
    unsafe { update_and_multiply_dispatched(packed, w, v, f, out) }
}
