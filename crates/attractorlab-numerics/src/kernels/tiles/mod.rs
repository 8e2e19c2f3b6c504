//! Products of matrices by tiles: pieces of the result that registers hold while the inner loop runs.
//!
//! A tile has up to 8 columns of 3 vectors of rows (AVX-512), or 4 columns of 3 (AVX2), fewer vectors in the last rows. Both
//! factors are brought into the order in which the inner loop reads them: the left one as panels of rows, the right one
//! as strips of columns. [`Packed`] does so once for a left factor of many products; [`product`] for a single one.
//!
//! Unsafe for two reasons, as in `passes`: instruction sets, whose presence [`current`](super::dispatch::current) vouches
//! for, and raw pointers, within lengths that the safe functions check.
#![allow(unsafe_code)]

mod packed;
mod product;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::cell::RefCell;
use std::ops::Range;

use faer::MatRef;

use super::buffer::{Buffer, LINE};
use super::dispatch::Level;

pub use packed::Packed;
pub(crate) use product::{Part, product};

/// Most columns of the left factor in a block: a panel of it takes 30 KiB at most, so that it and a strip of the right one
/// share the first cache.
const DEPTH: usize = 160;
/// Most columns of a tile.
const MOST_COLUMNS: usize = 8;
/// Most vectors of rows of a tile.
const VECTORS: usize = 3;
/// Rows and columns of what is turned at once.
const SQUARE: usize = 4;

/// c[.., 0..NR] (+)= a·b over `depth`: pointers to a panel, to a strip, to the result, and the distance of its columns;
/// whether to add; from where to fetch a line of the cache for each step of the depth.
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

    /// Where strips of so many columns begin, and the last one ends: of nearly equal width, because a narrow last one would
    /// waste the vectors.
    fn strips(&self, columns: usize) -> Vec<usize> {
        let strips = columns.div_ceil(self.tiles[0].len()).max(1);
        (0..=strips).map(|s| s * columns / strips).collect()
    }
}

/// An element type with tiles.
pub trait Packable: Copy + Default + 'static {
    /// The tiles of a level; `None` for the baseline, which has none.
    fn tiles(level: Level) -> Option<Tiles<Self>>;

    /// Lines side by side, the first SQUARE of them, or all if `two`: values k of every line at `to[k * stride..]`, for so many
    /// times SQUARE of them.
    ///
    /// # Safety
    /// The lines must have so many values, and there must be room for all that is written.
    unsafe fn turn(
        lines: [*const Self; MOST_COLUMNS],
        two: bool,
        squares: usize,
        stride: usize,
        to: *mut Self,
    );

    /// Memory of the calling thread for single products.
    fn with_scratch(work: &mut dyn FnMut(&mut Scratch<Self>));
}

/// Memory for single products.
pub struct Scratch<T> {
    /// A panel of the left factor.
    panel: Buffer<T>,
    /// Strips of the right one.
    strips: Vec<T>,
}

impl<T: Packable> Default for Scratch<T> {
    fn default() -> Self {
        Self { panel: Buffer::zeros(0), strips: Vec::new() }
    }
}

/// Rows of a matrix side by side: row `lines[0] + l` at `to[l], to[stride + l], …`, for these columns. A row whose length is no
/// multiple of SQUARE may be followed by others again, up to the next multiple.
///
/// `to` must reach SQUARE beyond the last value.
fn pack<T: Packable>(
    m: MatRef<'_, T>,
    lines: Range<usize>,
    columns: Range<usize>,
    stride: usize,
    to: &mut [T],
) {
    let (width, depth) = (lines.len(), columns.len());
    assert!(width <= stride && to.len() >= depth * stride + SQUARE, "packing: no room");
    if width == 0 {
        return;
    }
    let part = m.submatrix(lines.start, columns.start, width, depth);
    let mut done = 0;
    if part.row_stride() == 1 {
        for (column, to) in part.col_iter().zip(to.chunks_mut(stride)) {
            let column = column.try_as_col_major().expect("a unit stride").as_slice();
            // So short that a call would take longer.
            let (to, to_rest) = to[..width].as_chunks_mut::<MOST_COLUMNS>();
            let (from, from_rest) = column.as_chunks::<MOST_COLUMNS>();
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            to_rest.iter_mut().zip(from_rest).for_each(|(to, from)| *to = *from);
        }
        return;
    }
    if part.col_stride() == 1 && width <= MOST_COLUMNS {
        let squares = depth / SQUARE;
        done = squares * SQUARE;
        let lines = std::array::from_fn(|l| part.ptr_at(l.min(width - 1), 0));
        // SAFETY: every line has `done` values side by side. A row reaches into the next, which is written afterwards, and the
        // last one less than SQUARE beyond its end, for which there is room.
        unsafe { T::turn(lines, width > SQUARE, squares, stride, to.as_mut_ptr()) };
    }
    for (k, to) in to.chunks_mut(stride).enumerate().take(depth).skip(done) {
        for (l, to) in to.iter_mut().enumerate().take(width) {
            *to = part[(l, k)];
        }
    }
}

/// A panel of the left factor, and where its products go.
struct Panel<'a, T> {
    /// Column after column, each of `tall` values.
    values: &'a [T],
    tall: usize,
    /// How many of the rows the result has.
    rows: usize,
    /// From where to fetch lines while the first tiles work: the panel that comes next.
    next: *const T,
}

impl<T: Packable> Panel<'_, T> {
    /// Multiplies with strips that begin at `ends`.
    ///
    /// # Safety
    /// The processor must have the level of the tiles, `strips` as many columns of this depth as `ends` says, and `out` this
    /// panel's rows of so many columns at a distance of `stride`.
    unsafe fn multiply(
        &self,
        tiles: Tiles<T>,
        strips: &[T],
        ends: &[usize],
        (out, stride): (*mut T, usize),
        add: bool,
    ) {
        let depth = self.values.len() / self.tall;
        let of_width = tiles.tiles[self.tall / tiles.lanes - 1];
        let mut edge = [T::default(); VECTORS * 16 * MOST_COLUMNS];
        for (strip, ends) in ends.windows(2).enumerate() {
            let width = ends[1] - ends[0];
            if width == 0 {
                continue;
            }
            let columns = &strips[ends[0] * depth..ends[1] * depth];
            let tile = of_width[width - 1];
            // One line for each step of the depth, until all of it is there.
            let ahead = strip * depth * LINE;
            let next =
                if ahead < size_of_val(self.values) { self.next.wrapping_byte_add(ahead) } else { self.next };
            let result = out.wrapping_add(ends[0] * stride);
            let (values, columns) = (self.values.as_ptr(), columns.as_ptr());
            if self.rows == self.tall {
                // SAFETY: as the caller vouches: the panel has depth·tall values for a tile of that many rows, the strip
                // depth·width, and the result `width` columns with `tall` rows of its own in each.
                unsafe { tile(depth, values, columns, result, stride, add, next) };
                continue;
            }
            // Rows beyond the matrix go to a tile of their own.
            for c in 0..width {
                // SAFETY: the result has these rows; nobody else looks at them now.
                let column = unsafe { std::slice::from_raw_parts_mut(result.add(c * stride), self.rows) };
                edge[c * self.tall..][..self.rows].copy_from_slice(column);
            }
            // SAFETY: as above; `edge` has MOST_COLUMNS ≥ width columns of the most rows that a panel has.
            unsafe { tile(depth, values, columns, edge.as_mut_ptr(), self.tall, add, next) };
            for c in 0..width {
                // SAFETY: as above.
                let column = unsafe { std::slice::from_raw_parts_mut(result.add(c * stride), self.rows) };
                column.copy_from_slice(&edge[c * self.tall..][..self.rows]);
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
            unsafe fn turn(
                lines: [*const Self; MOST_COLUMNS],
                two: bool,
                squares: usize,
                stride: usize,
                to: *mut Self,
            ) {
                // SAFETY: the caller vouches for the same.
                unsafe { x86::$turn(lines, two, squares, stride, to) }
            }

            #[cfg(not(target_arch = "x86_64"))]
            fn tiles(_: Level) -> Option<Tiles<Self>> {
                None
            }

            #[cfg(not(target_arch = "x86_64"))]
            unsafe fn turn(_: [*const Self; MOST_COLUMNS], _: bool, _: usize, _: usize, _: *mut Self) {
                unreachable!("nothing is packed without tiles")
            }

            fn with_scratch(work: &mut dyn FnMut(&mut Scratch<Self>)) {
                thread_local! {
                    static SCRATCH: RefCell<Scratch<$real>> = RefCell::default();
                }
                SCRATCH.with_borrow_mut(|scratch| work(scratch));
            }
        }
    };
}
packable!(f64, 4, f64_avx512, f64_avx2, turn_f64);
packable!(f32, 8, f32_avx512, f32_avx2, turn_f32);
