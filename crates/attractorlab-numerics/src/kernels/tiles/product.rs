//! Products of two matrices that are multiplied once.
//!
//! Unsafe as the tiles are.
#![allow(unsafe_code)]

use faer::{MatMut, MatRef};

use super::super::dispatch::current;
use super::super::real::Real;
use super::{DEPTH, Panel, SQUARE, blocks, pack};

/// Bytes of the strips that are at hand together: they stay in the second cache while panel after panel is packed.
const STRIPS: usize = 320 << 10;

/// A sum of fewer outer products is left to the general product.
const SHORT: usize = 64;

/// What of a product is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// What lies on and below the diagonal; the rest is left in an unspecified state.
    Lower,
}

/// `out = [out +] alpha A B`, shapes already checked. False, and nothing done, where the general product is as good or better: unless
/// there are tiles, and A is given by columns and B by rows, as in a sum of outer products (a weight gradient, a Gram
/// matrix). Of long sums such as these, the general product reaches half to five sixths of this speed.
#[expect(clippy::needless_pass_by_value, reason = "what is passed is the right to write")]
pub(crate) fn product<T: Real>(
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    alpha: T,
    add: bool,
    part: Part,
    out: MatMut<'_, T>,
) -> bool {
    let (m, depth, n) = (a.nrows(), a.ncols(), b.ncols());
    let Some(tiles) = T::tiles(current()) else { return false };
    let outer = a.row_stride() == 1 && b.col_stride() == 1;
    if !outer || m < tiles.rows() || n < tiles.rows() || depth < SHORT || out.row_stride() != 1 {
        return false;
    }
    let Ok(stride) = usize::try_from(out.col_stride()) else { return false };
    let out = out.as_ptr_mut();
    let rows = tiles.rows();
    let together = STRIPS / (DEPTH * size_of::<T>());
    T::with_scratch(&mut |scratch| {
        scratch.panel.grow(DEPTH * rows + SQUARE);
        for left in (0..n).step_by(together) {
            let ends = tiles.strips(together.min(n - left));
            for (first, depth) in blocks(depth) {
                let columns = first..first + depth;
                scratch.strips.resize(depth * together + SQUARE, T::default());
                for ends in ends.windows(2) {
                    let to = &mut scratch.strips[ends[0] * depth..ends[1] * depth + SQUARE];
                    pack(
                        b.transpose(),
                        left + ends[0]..left + ends[1],
                        columns.clone(),
                        ends[1] - ends[0],
                        to,
                    );
                    if alpha != T::from_f64(1.0) {
                        to[..(ends[1] - ends[0]) * depth].iter_mut().for_each(|value| *value *= alpha);
                    }
                }
                for row in (0..m).step_by(rows) {
                    let here = rows.min(m - row);
                    // Strips to the right of the last row have nothing below the diagonal.
                    let wanted = match part {
                        Part::Whole => ends.len(),
                        Part::Lower => {
                            1 + ends[..ends.len() - 1].partition_point(|end| left + end < row + here)
                        }
                    };
                    if wanted < 2 {
                        continue;
                    }
                    let tall = tiles.height(here);
                    pack(a, row..row + here, columns.clone(), tall, &mut scratch.panel);
                    let values = &scratch.panel[..depth * tall];
                    let panel = Panel { values, tall, rows: here, next: values.as_ptr() };
                    let out = out.wrapping_add(left * stride + row);
                    // SAFETY: the processor has the current level; shapes have been checked, and columns of `out` have no gaps.
                    unsafe {
                        panel.multiply(
                            tiles,
                            &scratch.strips,
                            &ends[..wanted],
                            (out, stride),
                            add || first > 0,
                        );
                    }
                }
            }
        }
    });
    true
}

#[cfg(test)]
mod tests {
    use faer::Mat;

    use super::*;
    use crate::kernels::{Level, level, select_level};
    use crate::random::Stream;

    fn products_are_right<T: Real>(tolerance: f64) {
        let mut stream = Stream::new(1, "product", 0);
        let mut normal = |rows, columns| Mat::from_fn(rows, columns, |_, _| T::from_f64(stream.normal()));
        // Panels and strips that end on an edge and beyond one, one block of the depth and several, more strips than are at
        // hand together.
        for (m, depth, n) in [(48, 64, 48), (49, 65, 51), (100, 161, 80), (71, 330, 73), (50, 64, 600)] {
            let (a, b) = (normal(m, depth), normal(n, depth));
            // Columns at a distance.
            let before = normal(m + 3, n);
            for (alpha, add) in [(1.0, false), (-0.5, false), (0.3, true)] {
                let mut whole = before.clone();
                let (a, b) = (a.as_ref(), b.as_ref());
                let out = whole.as_mut().subrows_mut(2, m);
                if !product(a, b.transpose(), T::from_f64(alpha), add, Part::Whole, out) {
                    return;
                }
                for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
                    let terms = (0..depth).map(|k| a[(i, k)].to_f64() * b[(j, k)].to_f64());
                    let (sum, size) =
                        terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + f64::abs(term)));
                    let exact = alpha * sum + if add { before[(i + 2, j)].to_f64() } else { 0.0 };
                    let found = whole[(i + 2, j)].to_f64();
                    assert!((found - exact).abs() <= tolerance * (1.0 + size), "{m}×{depth}×{n}, ({i}, {j})");
                }
                assert!((0..n).all(|j| [0, 1, m + 2].iter().all(|&i| whole[(i, j)] == before[(i, j)])));
            }
            let mut lower = before.clone();
            let out = lower.as_mut().submatrix_mut(2, 0, m.min(n), m.min(n));
            let part = b.as_ref().subrows(0, m.min(n));
            assert!(product(part, part.transpose(), T::from_f64(1.0), false, Part::Lower, out));
            for (i, j) in (0..m.min(n)).flat_map(|i| (0..=i).map(move |j| (i, j))) {
                let exact: f64 = (0..depth).map(|k| b[(i, k)].to_f64() * b[(j, k)].to_f64()).sum();
                let error = (lower[(i + 2, j)].to_f64() - exact).abs();
                assert!(error <= tolerance * depth as f64, "lower {m}×{depth}×{n}, ({i}, {j}): {error:e}");
            }
        }
        // What would gain nothing is left to others, and nothing is written.
        let (a, mut out) = (normal(60, 70), Mat::from_fn(60, 60, |_, _| T::from_f64(7.0)));
        for (a, b) in [
            (a.as_ref().subrows(0, 5), a.as_ref().transpose()),
            (a.as_ref(), a.as_ref().subcols(0, 60)),
            (a.as_ref().subcols(0, 10), a.as_ref().subcols(0, 10).transpose()),
        ] {
            let into = out.as_mut().submatrix_mut(0, 0, a.nrows(), b.ncols());
            assert!(!product(a, b, T::from_f64(1.0), false, Part::Whole, into));
        }
        assert!((0..60).all(|j| (0..60).all(|i| out[(i, j)].to_f64() == 7.0)));
    }

    #[test]
    fn sums_of_outer_products_are_right() {
        let before = level().expect("the tests force no level");
        for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
            select_level(level).expect("available");
            products_are_right::<f64>(1e-14);
            products_are_right::<f32>(1e-5);
        }
        select_level(before).expect("available");
    }
}
