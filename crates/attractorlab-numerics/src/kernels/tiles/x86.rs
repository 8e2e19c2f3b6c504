//! Inner loops of the products on x86-64.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128, __m128d, _MM_HINT_T0, _MM_HINT_T1, _mm_loadu_pd, _mm_loadu_ps, _mm_movehl_ps, _mm_movelh_ps,
    _mm_prefetch, _mm_storeu_pd, _mm_storeu_ps, _mm_unpackhi_pd, _mm_unpackhi_ps, _mm_unpacklo_pd,
    _mm_unpacklo_ps, _mm256_add_pd, _mm256_add_ps, _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_loadu_pd,
    _mm256_loadu_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_setzero_pd, _mm256_setzero_ps, _mm256_storeu_pd,
    _mm256_storeu_ps, _mm512_add_pd, _mm512_add_ps, _mm512_fmadd_pd, _mm512_fmadd_ps, _mm512_loadu_pd,
    _mm512_loadu_ps, _mm512_set1_pd, _mm512_set1_ps, _mm512_setzero_pd, _mm512_setzero_ps, _mm512_storeu_pd,
    _mm512_storeu_ps,
};

use super::super::buffer::LINE;
use super::{MOST_COLUMNS, SQUARE};

/// A transposed square, by rows. Every x86-64 has these instructions.
///
/// # Safety
/// The lines must have four values.
#[inline(always)]
unsafe fn square_f32(lines: &[*const f32]) -> [__m128; SQUARE] {
    // SAFETY: as the caller vouches.
    let [a, b, c, d] = [0, 1, 2, 3].map(|j| unsafe { _mm_loadu_ps(lines[j]) });
    // SAFETY: no memory is touched.
    unsafe {
        let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
        let (ab_high, cd_high) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
        [
            _mm_movelh_ps(ab, cd),
            _mm_movehl_ps(cd, ab),
            _mm_movelh_ps(ab_high, cd_high),
            _mm_movehl_ps(cd_high, ab_high),
        ]
    }
}

/// The same of `f64`, in two halves.
///
/// # Safety
/// As above.
#[inline(always)]
unsafe fn square_f64(lines: &[*const f64]) -> [[__m128d; 2]; SQUARE] {
    let two = |offset: usize| {
        // SAFETY: as the caller vouches.
        let [a, b, c, d] = [0, 1, 2, 3].map(|j| unsafe { _mm_loadu_pd(lines[j].add(offset)) });
        // SAFETY: no memory is touched.
        unsafe {
            [[_mm_unpacklo_pd(a, b), _mm_unpacklo_pd(c, d)], [_mm_unpackhi_pd(a, b), _mm_unpackhi_pd(c, d)]]
        }
    };
    let ([first, second], [third, fourth]) = (two(0), two(2));
    [first, second, third, fourth]
}

macro_rules! turn {
    ($name:ident, $real:ty, $square:ident, $store:expr) => {
        /// As [`super::Packable::turn`] asks.
        ///
        /// # Safety
        /// As there.
        pub(super) unsafe fn $name(
            mut lines: [*const $real; MOST_COLUMNS],
            two: bool,
            squares: usize,
            stride: usize,
            mut to: *mut $real,
        ) {
            for _ in 0..squares {
                let (low, high) = lines.split_at(SQUARE);
                // SAFETY: as the caller vouches.
                unsafe {
                    let low = $square(low);
                    if two {
                        for (row, (low, high)) in low.into_iter().zip($square(high)).enumerate() {
                            $store(to.add(row * stride), low);
                            $store(to.add(row * stride + SQUARE), high);
                        }
                    } else {
                        for (row, low) in low.into_iter().enumerate() {
                            $store(to.add(row * stride), low);
                        }
                    }
                }
                lines = lines.map(|line| line.wrapping_add(SQUARE));
                to = to.wrapping_add(SQUARE * stride);
            }
        }
    };
}
turn!(turn_f32, f32, square_f32, |to, row| _mm_storeu_ps(to, row));
turn!(turn_f64, f64, square_f64, |to: *mut f64, [low, high]: [__m128d; 2]| {
    _mm_storeu_pd(to, low);
    _mm_storeu_pd(to.add(2), high);
});

macro_rules! tile {
    ($name:ident, $feature:literal, $real:ty, $lanes:literal, $zero:ident, $load:ident, $store:ident,
     $set:ident, $fma:ident, $add:ident) => {
        /// MR vectors of rows, NR columns.
        ///
        /// # Safety
        /// The processor has the instructions; the pointers are valid for `depth` times the rows and
        /// columns, and for NR columns of the rows at distance `stride`.
        #[target_feature(enable = $feature)]
        pub(super) unsafe fn $name<const NR: usize, const MR: usize>(
            depth: usize,
            a: *const $real,
            b: *const $real,
            c: *mut $real,
            stride: usize,
            add: bool,
            next: *const $real,
        ) {
            // SAFETY: all offsets stay within what the caller vouches for.
            unsafe {
                let mut sums = [[$zero(); MR]; NR];
                let (mut a, mut b, mut next) = (a, b, next.cast::<i8>());
                // The result arrives from an outer cache while the sums grow.
                for j in 0..NR {
                    for i in 0..MR {
                        _mm_prefetch::<_MM_HINT_T0>(c.wrapping_add(j * stride + i * $lanes).cast());
                    }
                }
                for _ in 0..depth {
                    // A hint, which may point anywhere.
                    _mm_prefetch::<_MM_HINT_T1>(next);
                    next = next.wrapping_add(LINE);
                    let mut rows = [$zero(); MR];
                    for i in 0..MR {
                        rows[i] = $load(a.add(i * $lanes));
                    }
                    for j in 0..NR {
                        let column = $set(*b.add(j));
                        for i in 0..MR {
                            sums[j][i] = $fma(rows[i], column, sums[j][i]);
                        }
                    }
                    a = a.add(MR * $lanes);
                    b = b.add(NR);
                }
                for j in 0..NR {
                    for i in 0..MR {
                        let to = c.add(j * stride + i * $lanes);
                        let value = if add { $add($load(to), sums[j][i]) } else { sums[j][i] };
                        $store(to, value);
                    }
                }
            }
        }
    };
}

tile!(
    f64_avx512,
    "avx512f",
    f64,
    8,
    _mm512_setzero_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_set1_pd,
    _mm512_fmadd_pd,
    _mm512_add_pd
);
tile!(
    f32_avx512,
    "avx512f",
    f32,
    16,
    _mm512_setzero_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_set1_ps,
    _mm512_fmadd_ps,
    _mm512_add_ps
);
tile!(
    f64_avx2,
    "avx2,fma",
    f64,
    4,
    _mm256_setzero_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_set1_pd,
    _mm256_fmadd_pd,
    _mm256_add_pd
);
tile!(
    f32_avx2,
    "avx2,fma",
    f32,
    8,
    _mm256_setzero_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_set1_ps,
    _mm256_fmadd_ps,
    _mm256_add_ps
);
