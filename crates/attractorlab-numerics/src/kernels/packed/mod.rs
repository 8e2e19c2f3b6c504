//! Products with one matrix many times: packed once, multiplied often.
//!
//! A general product copies both factors into the order in which its inner loop reads them. A simulation
//! multiplies with the same weights at every step, so they are copied once. The inner loop keeps a tile of the
//! result in registers: up to 8 columns of 3 vectors (AVX-512), or 4 columns of 3 (AVX2), fewer vectors in the last rows.
//! While a panel of the matrix
//! is at work, its first tiles fetch the next panel, which would else arrive late from the outer caches: on
//! 1000 × 1000 values this makes the product a quarter faster.
//!
//! Unsafe for two reasons, as in `passes`: instruction sets, whose presence [`current`] vouches for, and raw
//! pointers, within lengths that [`Packed::multiply`] checks.
#![allow(unsafe_code)]

use std::ops::Range;

use super::buffer::{Buffer, LINE};
use super::dispatch::{Level, current};

/// Most columns in a block of the matrix: a panel of it takes 30 KiB at most, so that it and a tile of the columns
/// share the first cache.
const DEPTH: usize = 160;
/// Most columns of a tile.
const MOST_COLUMNS: usize = 8;
/// Most vectors of rows of a tile.
const VECTORS: usize = 3;

/// c[.., 0..NR] (+)= a·b over `depth`: pointers to a panel, to packed columns, to the result, and the distance
/// of its columns; whether to add; from where to fetch a line of the cache for each step of the depth.
type Tile<T> = unsafe fn(usize, *const T, *const T, *mut T, usize, bool, *const T);

/// What a level offers for an element type.
#[derive(Clone, Copy)]
pub struct Tiles<T: 'static> {
    /// Rows of a vector.
    lanes: usize,
    /// The tiles of 1, 2, 3 vectors and 1, 2, … columns.
    tiles: [&'static [Tile<T>]; VECTORS],
}

impl<T> Tiles<T> {
    /// Rows of a panel; the last one may have fewer, in whole vectors.
    fn rows(&self) -> usize {
        VECTORS * self.lanes
    }

    /// Rows of all panels of a matrix.
    fn height(&self, rows: usize) -> usize {
        rows.next_multiple_of(self.lanes)
    }
}

/// A matrix in the order in which its products read it.
pub struct Packed<T: Packable> {
    rows: usize,
    columns: usize,
    tiles: Tiles<T>,
    /// Block of columns after block of columns; in each, panel after panel of rows; in each, column after column.
    values: Buffer<T>,
}

/// Rows and columns of what is turned at once when columns are packed.
const SQUARE: usize = 4;

/// An element type with tiles.
pub trait Packable: Copy + Default + 'static {
    /// The tiles of a level; `None` for the baseline, which has none.
    fn tiles(level: Level) -> Option<Tiles<Self>>;

    /// SQUARE values of each of the first `width` columns, row after row, in whole squares.
    ///
    /// # Safety
    /// The columns must have so many values, and there must be room for the rows and SQUARE more.
    unsafe fn turn(columns: [*const Self; MOST_COLUMNS], width: usize, to: *mut Self);
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
        let Tiles { lanes, tiles } = self.tiles;
        let (rows, height) = (self.tiles.rows(), self.tiles.height(m));
        // Tiles of nearly equal width: a narrow last one would waste the vectors.
        let groups = count.div_ceil(tiles[0].len()).max(1);
        let ends: Vec<usize> = (0..=groups).map(|g| g * count / groups).collect();
        let mut edge = vec![T::default(); rows * MOST_COLUMNS];
        for (first, depth_here) in blocks(depth) {
            pack(b, depth, first..first + depth_here, &ends, work);
            let block = &self.values[first * height..(first + depth_here) * height];
            for (panel, a) in block.chunks(depth_here * rows).enumerate() {
                let (tall, here) = (a.len() / depth_here, rows.min(m - panel * rows));
                let tiles = tiles[tall / lanes - 1];
                for (group, ends) in ends.windows(2).enumerate() {
                    let width = ends[1] - ends[0];
                    if width == 0 {
                        continue;
                    }
                    let columns = &work[ends[0] * depth_here..ends[1] * depth_here];
                    let tile = tiles[width - 1];
                    // One line for each step of the depth, until the next panel is there.
                    let ahead = group * depth_here * LINE;
                    let next = if ahead < size_of_val(a) {
                        a.as_ptr().wrapping_add(a.len()).wrapping_byte_add(ahead)
                    } else {
                        a.as_ptr()
                    };
                    if here == tall {
                        let result =
                            &mut out[ends[0] * m + panel * rows..(ends[1] - 1) * m + panel * rows + tall];
                        // SAFETY: the processor has the level's instructions; `a` has depth·tall elements, for a tile of
                        // that many rows, `columns` depth·width, and `result` reaches over `width` columns at distance
                        // m, `tall` elements in each.
                        unsafe {
                            tile(
                                depth_here,
                                a.as_ptr(),
                                columns.as_ptr(),
                                result.as_mut_ptr(),
                                m,
                                first > 0,
                                next,
                            );
                        }
                        continue;
                    }
                    // Rows beyond the matrix go to a tile of their own.
                    for c in 0..width {
                        let from = (ends[0] + c) * m + panel * rows;
                        edge[c * tall..c * tall + here].copy_from_slice(&out[from..from + here]);
                    }
                    // SAFETY: as above; `edge` has MOST_COLUMNS ≥ width columns of `rows` ≥ `tall` elements.
                    unsafe {
                        tile(
                            depth_here,
                            a.as_ptr(),
                            columns.as_ptr(),
                            edge.as_mut_ptr(),
                            tall,
                            first > 0,
                            next,
                        );
                    }
                    for c in 0..width {
                        let to = (ends[0] + c) * m + panel * rows;
                        out[to..to + here].copy_from_slice(&edge[c * tall..c * tall + here]);
                    }
                }
            }
        }
    }
}

/// The rows of this range, tile after tile, row after row.
fn pack<T: Packable>(b: &[T], rows: usize, range: Range<usize>, ends: &[usize], work: &mut Vec<T>) {
    let (count, depth) = (ends.last().copied().unwrap_or(0), range.len());
    // Squares are written whole, beyond a row into the next: beyond the last, too.
    work.resize(depth * count + SQUARE, T::default());
    for ends in ends.windows(2).filter(|ends| ends[0] < ends[1]) {
        let width = ends[1] - ends[0];
        let to = &mut work[ends[0] * depth..ends[1] * depth + SQUARE];
        // What the last square lacks are other columns again, which the next row overwrites.
        let columns: [&[T]; MOST_COLUMNS] = std::array::from_fn(|c| {
            let column = ends[0] + c.min(width - 1);
            &b[column * rows..(column + 1) * rows][range.clone()]
        });
        let whole = depth / SQUARE * SQUARE;
        for k in (0..whole).step_by(SQUARE) {
            // SAFETY: every column has k + SQUARE values. The last row that is written starts at (k + SQUARE - 1)·width,
            // and its squares end less than SQUARE after the row does.
            unsafe {
                let columns = columns.map(|column| column.as_ptr().add(k));
                T::turn(columns, width, to[k * width..].as_mut_ptr());
            }
        }
        for k in whole..depth {
            for c in 0..width {
                to[k * width + c] = columns[c][k];
            }
        }
    }
}

/// First index and length of the blocks of a depth, of nearly equal length.
fn blocks(depth: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = depth.div_ceil(DEPTH);
    (0..count).map(move |b| {
        let (first, last) = (b * depth / count, (b + 1) * depth / count);
        (first, last - first)
    })
}

#[cfg(target_arch = "x86_64")]
mod x86;

macro_rules! packable {
    ($real:ty, $lanes:literal, $avx512:ident, $avx2:ident, $turn:ident) => {
        impl Packable for $real {
            #[cfg(target_arch = "x86_64")]
            fn tiles(level: Level) -> Option<Tiles<Self>> {
                use x86::{$avx2, $avx512};
                const fn wide<const MR: usize>() -> &'static [Tile<$real>] {
                    &[
                        $avx512::<1, MR>,
                        $avx512::<2, MR>,
                        $avx512::<3, MR>,
                        $avx512::<4, MR>,
                        $avx512::<5, MR>,
                        $avx512::<6, MR>,
                        $avx512::<7, MR>,
                        $avx512::<8, MR>,
                    ]
                }
                const fn narrow<const MR: usize>() -> &'static [Tile<$real>] {
                    &[$avx2::<1, MR>, $avx2::<2, MR>, $avx2::<3, MR>, $avx2::<4, MR>]
                }
                match level {
                    Level::Avx512 => {
                        Some(Tiles { lanes: 2 * $lanes, tiles: [wide::<1>(), wide::<2>(), wide::<3>()] })
                    }
                    Level::Avx2 => {
                        Some(Tiles { lanes: $lanes, tiles: [narrow::<1>(), narrow::<2>(), narrow::<3>()] })
                    }
                    Level::Baseline => None,
                }
            }

            #[cfg(target_arch = "x86_64")]
            unsafe fn turn(columns: [*const Self; MOST_COLUMNS], width: usize, to: *mut Self) {
                // SAFETY: the caller vouches for the same.
                unsafe { x86::$turn(columns, width, to) }
            }

            #[cfg(not(target_arch = "x86_64"))]
            fn tiles(_: Level) -> Option<Tiles<Self>> {
                None
            }

            #[cfg(not(target_arch = "x86_64"))]
            unsafe fn turn(_: [*const Self; MOST_COLUMNS], _: usize, _: *mut Self) {
                unreachable!("nothing is packed without tiles")
            }
        }
    };
}
packable!(f64, 4, f64_avx512, f64_avx2, turn_f64);
packable!(f32, 8, f32_avx512, f32_avx2, turn_f32);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{level, select_level};
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
