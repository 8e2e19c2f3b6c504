//! The pass of a shifted Hessenberg solve over one column.
#![allow(unsafe_code)]

use super::dispatch::{Level, current};
use super::lane::Lane;
use super::passes::dispatched;

/// A complex number by its parts.
pub(crate) type Parts<T> = (T, T);

/// Complex vectors by their parts: the column at work, and the right-hand side.
pub(crate) struct Columns<'a, T> {
    pub(crate) work: (&'a mut [T], &'a mut [T]),
    pub(crate) side: (&'a mut [T], &'a mut [T]),
}

/// Rotates the real column −`h` and the column w at work: `f = phase* w − sine h` is finished, and `w ← −phase h − sine w`.
/// Then `b ← b − y f`. Safe: only the dispatch is not.
#[inline(always)]
fn rotate_body<T: Lane, const FMA: bool>(
    h: &[T],
    sine: T,
    phase: Parts<T>,
    y: Parts<T>,
    columns: Columns<'_, T>,
) {
    const LANES: usize = 8;
    let one = |h: T, w_re: &mut T, w_im: &mut T, b_re: &mut T, b_im: &mut T| {
        let c = -h;
        let f_re = phase.0.madd::<FMA>(*w_re, phase.1.madd::<FMA>(*w_im, sine * c));
        let f_im = phase.0.madd::<FMA>(*w_im, -(phase.1 * *w_re));
        (*w_re, *w_im) = (phase.0.madd::<FMA>(c, -(sine * *w_re)), phase.1.madd::<FMA>(c, -(sine * *w_im)));
        *b_re = (-y.0).madd::<FMA>(f_re, y.1.madd::<FMA>(f_im, *b_re));
        *b_im = (-y.0).madd::<FMA>(f_im, (-y.1).madd::<FMA>(f_re, *b_im));
    };
    let Columns { work: (w_re, w_im), side: (b_re, b_im) } = columns;
    let (h, h_rest) = h.as_chunks::<LANES>();
    let (w_re, w_re_rest) = w_re.as_chunks_mut::<LANES>();
    let (w_im, w_im_rest) = w_im.as_chunks_mut::<LANES>();
    let (b_re, b_re_rest) = b_re.as_chunks_mut::<LANES>();
    let (b_im, b_im_rest) = b_im.as_chunks_mut::<LANES>();
    for ((((h, w_re), w_im), b_re), b_im) in h.iter().zip(w_re).zip(w_im).zip(b_re).zip(b_im) {
        for i in 0..LANES {
            one(h[i], &mut w_re[i], &mut w_im[i], &mut b_re[i], &mut b_im[i]);
        }
    }
    let rest = h_rest.iter().zip(w_re_rest).zip(w_im_rest).zip(b_re_rest).zip(b_im_rest);
    for ((((h, w_re), w_im), b_re), b_im) in rest {
        one(*h, w_re, w_im, b_re, b_im);
    }
}

dispatched! {
    /// See [`rotate_body`].
    fn rotate_raw = rotate_body<T: Lane>(
        h: &[T], sine: T, phase: Parts<T>, y: Parts<T>, columns: Columns<'_, T>
    )
}

/// See [`rotate_body`]; all slices have the length of `h`.
pub(crate) fn rotate_column(
    h: &[f64],
    sine: f64,
    phase: Parts<f64>,
    y: Parts<f64>,
    columns: Columns<'_, f64>,
) {
    // SAFETY: the pass is safe code and asks for nothing.
    unsafe { rotate_raw(h, sine, phase, y, columns) }
}
