//! Products of a matrix with a vector: one pass over the matrix, several columns at a time.
//!
//! Such a product waits for the memory that holds the matrix. Several columns share the loads and stores of the result, and keep
//! several streams of the memory busy.
#![allow(unsafe_code)]

use faer::MatRef;

use super::dispatch::{Level, current};
use super::lane::Lane;
use super::passes::{axpy, dispatched};

/// Columns at a time.
const COLUMNS: usize = 4;
/// Elements at a time.
const LANES: usize = 8;

/// `out ← out + Σ xₖ cₖ`. Safe: only the dispatch is not.
#[inline(always)]
fn add_columns_body<T: Lane, const FMA: bool>(columns: [&[T]; COLUMNS], x: [T; COLUMNS], out: &mut [T]) {
    let (blocks, rest) = out.as_chunks_mut::<LANES>();
    let [(c0, _), (c1, _), (c2, _), (c3, _)] = columns.map(<[T]>::as_chunks::<LANES>);
    for ((((out, c0), c1), c2), c3) in blocks.iter_mut().zip(c0).zip(c1).zip(c2).zip(c3) {
        for i in 0..LANES {
            let first = c1[i].madd::<FMA>(x[1], c0[i].madd::<FMA>(x[0], out[i]));
            out[i] = c3[i].madd::<FMA>(x[3], c2[i].madd::<FMA>(x[2], first));
        }
    }
    let done = columns[0].len() - rest.len();
    for (i, out) in rest.iter_mut().enumerate() {
        for (column, x) in columns.iter().zip(x) {
            *out = column[done + i].madd::<FMA>(x, *out);
        }
    }
}

dispatched! {
    /// See [`add_columns_body`].
    fn add_columns = add_columns_body<T: Lane>(columns: [&[T]; COLUMNS], x: [T; COLUMNS], out: &mut [T])
}

/// `out = A x` for a matrix whose columns have no gaps; shapes already checked.
pub(super) fn combine<T: Lane>(a: MatRef<'_, T>, x: &[T], out: &mut [T]) {
    out.fill(T::ZERO);
    let (groups, rest) = x.as_chunks::<COLUMNS>();
    for (group, x) in groups.iter().enumerate() {
        // SAFETY: the pass is safe code and asks for nothing.
        unsafe { add_columns(columns(a, COLUMNS * group), *x, out) };
    }
    for (k, x) in rest.iter().enumerate() {
        axpy(*x, column(a, COLUMNS * groups.len() + k), out);
    }
}

#[inline]
fn column<T>(a: MatRef<'_, T>, j: usize) -> &[T] {
    a.col(j).try_as_col_major().expect("a column without gaps").as_slice()
}

#[inline]
fn columns<T>(a: MatRef<'_, T>, first: usize) -> [&[T]; COLUMNS] {
    std::array::from_fn(|k| column(a, first + k))
}
