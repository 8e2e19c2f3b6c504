//! Passes over slices, compiled once for every instruction set.
//!
//! Unsafe for two reasons:
//!
//! * calling a function compiled for an instruction set that the processor might lack. Every call goes
//!   through [`dispatched`], whose level comes from [`super::dispatch::current`], and that is always a
//!   level found available on this processor;
//! * raw pointers, so that one pass serves `out = f(x)` and `x = f(x)`. Each pass reads a whole block
//!   into local arrays before it writes one, and [`blocks`] stays within the lengths that the safe
//!   functions below have checked.
#![allow(unsafe_code)]

use super::activation::{Function, Smooth};
use super::dispatch::{Level, current};
use super::lane::Lane;

/// Elements a block: a multiple of every vector width, and small enough for short slices.
const BLOCK: usize = 16;

/// Defines `fn name<generics>(arguments)` that runs `body::<generics, FMA>(arguments)`, compiled for
/// each level, on the current one.
macro_rules! dispatched {
    ($(#[$doc:meta])* fn $name:ident = $body:ident <$($generic:ident : $bound:path),*>
        ($($argument:ident : $type:ty),* $(,)?) $(-> $output:ty)?) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// As the pass that it runs.
        #[allow(unused_unsafe)]
        unsafe fn $name<$($generic: $bound),*>($($argument: $type),*) $(-> $output)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")]
            #[allow(unused_unsafe)]
            unsafe fn avx512<$($generic: $bound),*>($($argument: $type),*) $(-> $output)? {
                // SAFETY: the caller of `$name` keeps the promise that the pass asks for.
                unsafe { $body::<$($generic,)* true>($($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(unused_unsafe)]
            unsafe fn avx2<$($generic: $bound),*>($($argument: $type),*) $(-> $output)? {
                // SAFETY: the caller of `$name` keeps the promise that the pass asks for.
                unsafe { $body::<$($generic,)* true>($($argument),*) }
            }
            match current() {
                // SAFETY: `current` returns available levels only, so that the processor has the
                // instructions; the pass's own promise is kept by the caller of `$name`.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => unsafe { avx512::<$($generic),*>($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => unsafe { avx2::<$($generic),*>($($argument),*) },
                // SAFETY: no special instructions; the pass's promise is kept by the caller.
                _ => unsafe { $body::<$($generic,)* false>($($argument),*) },
            }
        }
    };
}

pub(super) use dispatched;

/// Reads the block that starts at `from`.
///
/// # Safety
/// `from` must be valid for reading `BLOCK` elements.
#[inline(always)]
unsafe fn read<T: Lane>(from: *const T) -> [T; BLOCK] {
    // SAFETY: the caller vouches for BLOCK readable elements; an unaligned read needs no alignment.
    unsafe { from.cast::<[T; BLOCK]>().read_unaligned() }
}

/// Writes a block to `to`.
///
/// # Safety
/// `to` must be valid for writing `BLOCK` elements.
#[inline(always)]
unsafe fn write<T: Lane>(to: *mut T, block: [T; BLOCK]) {
    // SAFETY: the caller vouches for BLOCK writable elements; an unaligned write needs no alignment.
    unsafe { to.cast::<[T; BLOCK]>().write_unaligned(block) }
}

/// Applies `f` blockwise to `inputs`, writing to `outputs`, all of `n` elements.
///
/// The last block overlaps its neighbour when n is no multiple of `BLOCK`; its inputs are read before
/// anything is written, so that an output may be the same memory as an input. Fewer than `BLOCK`
/// elements go through padded local arrays.
///
/// # Safety
/// Every pointer must be valid for `n` elements (outputs for writing). An output must either coincide
/// with an input or not overlap any; two outputs must not overlap.
#[inline(always)]
pub(super) unsafe fn blocks<T: Lane, const IN: usize, const OUT: usize>(
    n: usize,
    inputs: [*const T; IN],
    outputs: [*mut T; OUT],
    f: impl Fn([T; IN]) -> [T; OUT],
) {
    let mut padded_in = [[T::ZERO; BLOCK]; IN];
    let mut padded_out = [[T::ZERO; BLOCK]; OUT];
    let (mut from, mut to, mut length) = (inputs, outputs, n);
    let short = n < BLOCK;
    if short {
        for k in 0..IN {
            for (i, lane) in padded_in[k].iter_mut().enumerate().take(n) {
                // SAFETY: i < n, and the caller vouches for n readable elements.
                *lane = unsafe { *inputs[k].add(i) };
            }
            from[k] = padded_in[k].as_ptr();
        }
        for k in 0..OUT {
            to[k] = padded_out[k].as_mut_ptr();
        }
        length = BLOCK;
    }
    let last_start = length - BLOCK;
    let mut last = [[T::ZERO; BLOCK]; IN];
    for k in 0..IN {
        // SAFETY: last_start + BLOCK = length, the number of elements behind `from[k]`.
        last[k] = unsafe { read(from[k].add(last_start)) };
    }
    let mut start = 0;
    loop {
        let at_end = start >= last_start;
        let here = if at_end { last_start } else { start };
        let mut block = last;
        if !at_end {
            for k in 0..IN {
                // SAFETY: here < last_start, hence here + BLOCK < length.
                block[k] = unsafe { read(from[k].add(here)) };
            }
        }
        let mut result = [[T::ZERO; BLOCK]; OUT];
        for i in 0..BLOCK {
            let mut arguments = [T::ZERO; IN];
            for k in 0..IN {
                arguments[k] = block[k][i];
            }
            let values = f(arguments);
            for k in 0..OUT {
                result[k][i] = values[k];
            }
        }
        for k in 0..OUT {
            // SAFETY: here + BLOCK ≤ length, the number of elements behind `to[k]`.
            unsafe { write(to[k].add(here), result[k]) };
        }
        if at_end {
            break;
        }
        start += BLOCK;
    }
    if short {
        for k in 0..OUT {
            for (i, lane) in padded_out[k].iter().enumerate().take(n) {
                // SAFETY: i < n, and the caller vouches for n writable elements.
                unsafe { *outputs[k].add(i) = *lane };
            }
        }
    }
}

#[inline(always)]
unsafe fn map_body<T: Lane, F: Function<T>, const FMA: bool>(f: F, n: usize, x: *const T, out: *mut T) {
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe { blocks(n, [x], [out], |[x]| [f.value::<FMA>(x)]) }
}

#[inline(always)]
unsafe fn prime_body<T: Lane, F: Smooth<T>, const FMA: bool>(
    f: F,
    n: usize,
    x: *const T,
    phi: *mut T,
    prime: *mut T,
) {
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe {
        blocks(n, [x], [phi, prime], |[x]| {
            let (phi, prime) = f.with_prime::<FMA>(x);
            [phi, prime]
        });
    }
}

#[inline(always)]
unsafe fn primes_body<T: Lane, F: Smooth<T>, const FMA: bool>(
    f: F,
    n: usize,
    x: *const T,
    phi: *mut T,
    prime: *mut T,
    second: *mut T,
) {
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe {
        blocks(n, [x], [phi, prime, second], |[x]| {
            let (phi, prime, second) = f.with_primes::<FMA>(x);
            [phi, prime, second]
        });
    }
}

#[inline(always)]
unsafe fn current_body<T: Lane, F: Function<T>, const FMA: bool>(
    f: F,
    n: usize,
    alpha: T,
    x: *mut T,
    drive: *const T,
    r: *mut T,
) {
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe {
        blocks(n, [x.cast_const(), drive], [x, r], |[x, drive]| {
            let next = alpha.madd::<FMA>(drive - x, x);
            [next, f.value::<FMA>(next)]
        });
    }
}

#[inline(always)]
unsafe fn rate_body<T: Lane, F: Function<T>, const FMA: bool>(
    f: F,
    n: usize,
    alpha: T,
    r: *mut T,
    drive: *const T,
) {
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe {
        blocks(n, [r.cast_const(), drive], [r], |[r, drive]| {
            [alpha.madd::<FMA>(f.value::<FMA>(drive) - r, r)]
        });
    }
}

#[inline(always)]
unsafe fn current_prime_body<T: Lane, F: Smooth<T>, const FMA: bool>(
    f: F,
    n: usize,
    alpha: T,
    x: *mut T,
    drive: *const T,
    r: *mut T,
    prime: *mut T,
) {
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe {
        blocks(n, [x.cast_const(), drive], [x, r, prime], |[x, drive]| {
            let next = alpha.madd::<FMA>(drive - x, x);
            let (r, prime) = f.with_prime::<FMA>(next);
            [next, r, prime]
        });
    }
}

#[inline(always)]
unsafe fn rate_prime_body<T: Lane, F: Smooth<T>, const FMA: bool>(
    f: F,
    n: usize,
    alpha: T,
    r: *mut T,
    drive: *const T,
    prime: *mut T,
) {
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe {
        blocks(n, [r.cast_const(), drive], [r, prime], |[r, drive]| {
            let (value, prime) = f.with_prime::<FMA>(drive);
            [alpha.madd::<FMA>(value - r, r), prime]
        });
    }
}

#[inline(always)]
unsafe fn axpy_body<T: Lane, const FMA: bool>(n: usize, alpha: T, x: *const T, y: *mut T) {
    // SAFETY: the caller's promise is the one that `blocks` asks for.
    unsafe { blocks(n, [x, y.cast_const()], [y], |[x, y]| [alpha.madd::<FMA>(x, y)]) }
}

#[inline(always)]
unsafe fn dot_body<T: Lane, const FMA: bool>(n: usize, x: *const T, y: *const T) -> T {
    // Independent partial sums: enough for the latency of the addition, in an order that does not
    // depend on the level.
    const SUMS: usize = 2 * BLOCK;
    let mut sums = [T::ZERO; SUMS];
    let mut start = 0;
    while start + SUMS <= n {
        for (i, sum) in sums.iter_mut().enumerate() {
            // SAFETY: start + i < n, and the caller vouches for n readable elements.
            let (x, y) = unsafe { (*x.add(start + i), *y.add(start + i)) };
            *sum = x.madd::<FMA>(y, *sum);
        }
        start += SUMS;
    }
    for (i, sum) in sums.iter_mut().enumerate().take(n - start) {
        // SAFETY: start + i < n, and the caller vouches for n readable elements.
        let (x, y) = unsafe { (*x.add(start + i), *y.add(start + i)) };
        *sum = x.madd::<FMA>(y, *sum);
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
    /// `out = f(x)`.
    fn map_raw = map_body<T: Lane, F: Function<T>>(f: F, n: usize, x: *const T, out: *mut T)
}
dispatched! {
    /// `phi = f(x)`, `prime = f'(x)`.
    fn prime_raw = prime_body<T: Lane, F: Smooth<T>>(f: F, n: usize, x: *const T, phi: *mut T, prime: *mut T)
}
dispatched! {
    /// `phi = f(x)`, `prime = f'(x)`, `second = f''(x)`.
    fn primes_raw = primes_body<T: Lane, F: Smooth<T>>(
        f: F, n: usize, x: *const T, phi: *mut T, prime: *mut T, second: *mut T,
    )
}
dispatched! {
    /// `x += alpha (drive − x)`, `r = f(x)`.
    fn current_raw = current_body<T: Lane, F: Function<T>>(
        f: F, n: usize, alpha: T, x: *mut T, drive: *const T, r: *mut T,
    )
}
dispatched! {
    /// `r += alpha (f(drive) − r)`.
    fn rate_raw = rate_body<T: Lane, F: Function<T>>(f: F, n: usize, alpha: T, r: *mut T, drive: *const T)
}
dispatched! {
    /// `x += alpha (drive − x)`, `r = f(x)`, `prime = f'(x)`.
    fn current_prime_raw = current_prime_body<T: Lane, F: Smooth<T>>(
        f: F, n: usize, alpha: T, x: *mut T, drive: *const T, r: *mut T, prime: *mut T,
    )
}
dispatched! {
    /// `r += alpha (f(drive) − r)`, `prime = f'(drive)`.
    fn rate_prime_raw = rate_prime_body<T: Lane, F: Smooth<T>>(
        f: F, n: usize, alpha: T, r: *mut T, drive: *const T, prime: *mut T,
    )
}
dispatched! {
    /// `y += alpha x`.
    fn axpy_raw = axpy_body<T: Lane>(n: usize, alpha: T, x: *const T, y: *mut T)
}
dispatched! {
    /// `Σ x y`.
    fn dot_raw = dot_body<T: Lane>(n: usize, x: *const T, y: *const T) -> T
}

#[track_caller]
pub(super) fn check_length(what: &'static str, expected: usize, found: usize) {
    assert_eq!(found, expected, "kernels: {what} must have as many elements as the input");
}

/// `out = f(x)`.
#[track_caller]
pub(super) fn map<T: Lane, F: Function<T>>(f: F, x: &[T], out: &mut [T]) {
    check_length("out", x.len(), out.len());
    // SAFETY: both slices have x.len() elements, and `out` is borrowed exclusively.
    unsafe { map_raw::<T, F>(f, x.len(), x.as_ptr(), out.as_mut_ptr()) }
}

/// `x = f(x)`.
pub(super) fn map_in_place<T: Lane, F: Function<T>>(f: F, x: &mut [T]) {
    let (n, x) = (x.len(), x.as_mut_ptr());
    // SAFETY: input and output coincide, and are borrowed exclusively for n elements.
    unsafe { map_raw::<T, F>(f, n, x.cast_const(), x) }
}

/// `phi = f(x)`, `prime = f'(x)`.
#[track_caller]
pub(super) fn with_prime<T: Lane, F: Smooth<T>>(f: F, x: &[T], phi: &mut [T], prime: &mut [T]) {
    check_length("phi", x.len(), phi.len());
    check_length("phi_prime", x.len(), prime.len());
    // SAFETY: all slices have x.len() elements, and the outputs are borrowed exclusively.
    unsafe { prime_raw::<T, F>(f, x.len(), x.as_ptr(), phi.as_mut_ptr(), prime.as_mut_ptr()) }
}

/// `phi = f(x)`, `prime = f'(x)`, `second = f''(x)`.
#[track_caller]
pub(super) fn with_primes<T: Lane, F: Smooth<T>>(
    f: F,
    x: &[T],
    phi: &mut [T],
    prime: &mut [T],
    second: &mut [T],
) {
    check_length("phi", x.len(), phi.len());
    check_length("phi_prime", x.len(), prime.len());
    check_length("phi_second", x.len(), second.len());
    // SAFETY: all slices have x.len() elements, and the outputs are borrowed exclusively.
    unsafe {
        primes_raw::<T, F>(f, x.len(), x.as_ptr(), phi.as_mut_ptr(), prime.as_mut_ptr(), second.as_mut_ptr());
    }
}

/// `x += alpha (drive − x)`, `r = f(x)`.
#[track_caller]
pub(super) fn euler_current<T: Lane, F: Function<T>>(f: F, x: &mut [T], drive: &[T], alpha: T, r: &mut [T]) {
    check_length("drive", x.len(), drive.len());
    check_length("r", x.len(), r.len());
    // SAFETY: all slices have x.len() elements; `x` (input and output) and `r` are borrowed exclusively.
    unsafe { current_raw::<T, F>(f, x.len(), alpha, x.as_mut_ptr(), drive.as_ptr(), r.as_mut_ptr()) }
}

/// `r += alpha (f(drive) − r)`.
#[track_caller]
pub(super) fn euler_rate<T: Lane, F: Function<T>>(f: F, r: &mut [T], drive: &[T], alpha: T) {
    check_length("drive", r.len(), drive.len());
    // SAFETY: both slices have r.len() elements; `r` (input and output) is borrowed exclusively.
    unsafe { rate_raw::<T, F>(f, r.len(), alpha, r.as_mut_ptr(), drive.as_ptr()) }
}

/// `x += alpha (drive − x)`, `r = f(x)`, `prime = f'(x)`.
#[track_caller]
pub(super) fn euler_current_with_prime<T: Lane, F: Smooth<T>>(
    f: F,
    x: &mut [T],
    drive: &[T],
    alpha: T,
    r: &mut [T],
    prime: &mut [T],
) {
    check_length("drive", x.len(), drive.len());
    check_length("r", x.len(), r.len());
    check_length("phi_prime", x.len(), prime.len());
    let n = x.len();
    let (x, r, prime) = (x.as_mut_ptr(), r.as_mut_ptr(), prime.as_mut_ptr());
    // SAFETY: all slices have n elements; `x` (input and output), `r` and `prime` are borrowed exclusively.
    unsafe { current_prime_raw::<T, F>(f, n, alpha, x, drive.as_ptr(), r, prime) }
}

/// `r += alpha (f(drive) − r)`, `prime = f'(drive)`.
#[track_caller]
pub(super) fn euler_rate_with_prime<T: Lane, F: Smooth<T>>(
    f: F,
    r: &mut [T],
    drive: &[T],
    alpha: T,
    prime: &mut [T],
) {
    check_length("drive", r.len(), drive.len());
    check_length("phi_prime", r.len(), prime.len());
    // SAFETY: all slices have r.len() elements; `r` (input and output) and `prime` are borrowed exclusively.
    unsafe {
        rate_prime_raw::<T, F>(f, r.len(), alpha, r.as_mut_ptr(), drive.as_ptr(), prime.as_mut_ptr());
    }
}

/// `y += alpha x`.
#[track_caller]
pub(super) fn axpy<T: Lane>(alpha: T, x: &[T], y: &mut [T]) {
    check_length("y", x.len(), y.len());
    // SAFETY: both slices have x.len() elements; `y` (input and output) is borrowed exclusively.
    unsafe { axpy_raw::<T>(x.len(), alpha, x.as_ptr(), y.as_mut_ptr()) }
}

/// `Σ x y`.
#[track_caller]
pub(super) fn dot<T: Lane>(x: &[T], y: &[T]) -> T {
    check_length("y", x.len(), y.len());
    // SAFETY: both slices have x.len() elements.
    unsafe { dot_raw::<T>(x.len(), x.as_ptr(), y.as_ptr()) }
}
