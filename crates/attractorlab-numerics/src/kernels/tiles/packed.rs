//! A left factor that is packed once.
//!
//! Unsafe as the tiles are.
#![allow(unsafe_code)]

use std::ops::Range;

use faer::MatRef;

use super::super::buffer::Buffer;
use super::super::dispatch::current;
use super::{Packable, Panel, SQUARE, Tiles, blocks, pack};

/// A matrix in the order in which its products read it.
///
/// A simulation multiplies with the same weights at every step, so they are packed once. While a panel of the matrix is at
/// work, its first tiles fetch the next panel, which would else arrive late from the outer caches: on 1000 × 1000 values
/// this makes the product a quarter faster.
pub struct Packed<T: Packable> {
    rows: usize,
    columns: usize,
    tiles: Tiles<T>,
    /// Block of columns after block of columns; in each, panel after panel of rows; in each, column after column.
    values: Buffer<T>,
}

impl<T: Packable> Packed<T> {
    /// Packs a matrix given by its entries; `None` where the instruction set has no tiles, and the general
    /// product serves.
    pub fn new(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> T) -> Option<Self> {
        Self::by_columns(rows, columns, |j, range, out| {
            out.iter_mut().zip(range).for_each(|(out, i)| *out = entry(i, j));
        })
    }

    /// Like [`Self::new`], for a matrix that writes the rows of a range of one of its columns: faster where the
    /// columns lie in memory.
    pub fn by_columns(
        rows: usize,
        columns: usize,
        write: impl Fn(usize, Range<usize>, &mut [T]),
    ) -> Option<Self> {
        let tiles = T::tiles(current())?;
        let height = tiles.height(rows);
        let mut values = Buffer::zeros(height * columns);
        for (first, depth) in blocks(columns) {
            let block = &mut values[first * height..(first + depth) * height];
            for (panel, values) in block.chunks_mut(depth * tiles.rows()).enumerate() {
                let range = panel * tiles.rows()..rows.min((panel + 1) * tiles.rows());
                for (k, column) in values.chunks_exact_mut(values.len() / depth).enumerate() {
                    write(first + k, range.clone(), &mut column[..range.len()]);
                }
            }
        }
        Some(Self { rows, columns, tiles, values })
    }

    /// `out = A B`, both column after column without gaps; `work` is memory for the packed columns.
    ///
    /// # Panics
    /// If a length does not fit.
    ///
    /// ```
    /// use attractorlab_numerics::kernels::Packed;
    /// // Where there is nothing to gain the general product serves.
    /// if let Some(packed) = Packed::new(2, 2, |i, j| (2 * i + j) as f64) {
    ///     let mut out = [0.0; 2];
    ///     packed.multiply(&[1.0, 1.0], &mut out, 1, &mut Vec::new());
    ///     assert_eq!(out, [1.0, 5.0]);
    /// }
    /// ```
    #[track_caller]
    pub fn multiply(&self, b: &[T], out: &mut [T], count: usize, work: &mut Vec<T>) {
        let (m, depth) = (self.rows, self.columns);
        assert_eq!(b.len(), depth * count, "packed product: B needs as many rows as A has columns");
        assert_eq!(out.len(), m * count, "packed product: out needs the rows of A and the columns of B");
        if depth == 0 {
            out.fill(T::default());
        }
        let tiles = self.tiles;
        let (rows, height) = (tiles.rows(), tiles.height(m));
        let ends = tiles.strips(count);
        let b = MatRef::from_column_major_slice(b, depth, count);
        for (first, depth_here) in blocks(depth) {
            work.resize(depth_here * count + SQUARE, T::default());
            for ends in ends.windows(2) {
                let to = &mut work[ends[0] * depth_here..ends[1] * depth_here + SQUARE];
                pack(b.transpose(), ends[0]..ends[1], first..first + depth_here, ends[1] - ends[0], to);
            }
            let block = &self.values[first * height..(first + depth_here) * height];
            for (row, values) in (0..m).step_by(rows).zip(block.chunks(depth_here * rows)) {
                let panel = Panel {
                    values,
                    tall: values.len() / depth_here,
                    rows: rows.min(m - row),
                    next: values.as_ptr_range().end,
                };
                let out = out.as_mut_ptr().wrapping_add(row);
                // SAFETY: a matrix has been packed, so the processor has its level; lengths have been checked above.
                unsafe { panel.multiply(tiles, work, &ends, (out, m), first > 0) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{Level, level, select_level};
    use crate::random::Stream;

    fn products_are_right<T: Packable + Into<f64>>(of: fn(f64) -> T, tolerance: f64) {
        let mut stream = Stream::new(1, "packed", 0);
        // Shapes on both sides of every edge: panels, blocks of depth, groups of columns, and empty ones.
        for (m, k, n) in [
            (1, 1, 1),
            (24, 256, 8),
            (25, 257, 9),
            (30, 41, 2),
            (30, 42, 3),
            (30, 43, 21),
            (100, 3, 50),
            (47, 600, 13),
            (96, 512, 64),
            (8, 170, 9),
            (16, 170, 9),
            (20, 170, 9),
            (32, 170, 13),
            (40, 170, 13),
            (64, 170, 13),
            (80, 170, 13),
            (0, 3, 2),
            (5, 0, 3),
            (5, 4, 0),
        ] {
            let a: Vec<T> = (0..m * k).map(|_| of(stream.normal())).collect();
            let b: Vec<T> = (0..k * n).map(|_| of(stream.normal())).collect();
            let mut out = vec![of(f64::NAN); m * n];
            let Some(packed) = Packed::new(m, k, |i, j| a[j * m + i]) else { return };
            packed.multiply(&b, &mut out, n, &mut Vec::new());
            for c in 0..n {
                for i in 0..m {
                    let exact: f64 = (0..k).map(|j| a[j * m + i].into() * b[c * k + j].into()).sum();
                    let size: f64 = (0..k).map(|j| (a[j * m + i].into() * b[c * k + j].into()).abs()).sum();
                    let found: f64 = out[c * m + i].into();
                    assert!((found - exact).abs() <= tolerance * size, "{m}×{k}×{n}: {found} {exact}");
                }
            }
        }
    }

    #[test]
    fn packed_products_are_right_on_every_shape() {
        // The others of this process are right on every level too.
        let before = level().expect("the tests force no level");
        for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
            select_level(level).expect("available");
            products_are_right(|x| x, 1e-14);
            products_are_right(|x| x as f32, 1e-5);
        }
        select_level(before).expect("available");
    }
}
