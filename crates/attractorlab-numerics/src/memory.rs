//! What a program can ask of the system's memory: large pages for large matrices, and that freed memory stays at hand.
//!
//! Unsafe for what an allocator is, and for calls of the C library that change no content.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};

/// A large page, of the usual size; what takes less cannot hold one.
const LEAST: usize = 2 << 20;

/// The system's allocator, which asks for large pages for whatever takes 2 MiB or more, where the system grants them
/// on request, as numpy does for its arrays.
///
/// A product of a matrix with a vector reads one number of 8 bytes after the other, and a processor finds the address of a
/// page of 4 KiB anew for every 512 of them. With N = 1000 this saves outliers, clamped states, recursive least squares,
/// eigenvalues and ridge readouts 5 to 9 % of their time. A program chooses its allocator, a library cannot: the program
/// `attractorlab` and the Python package have this one.
///
/// ```
/// use attractorlab_numerics::memory::LargePages;
///
/// #[global_allocator]
/// static ALLOCATOR: LargePages = LargePages;
///
/// let matrix = vec![1.0; 1_000_000];
/// assert_eq!(matrix.iter().sum::<f64>(), 1e6);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct LargePages;

// SAFETY: all memory comes from the system's allocator and goes back to it with the layout it came with.
unsafe impl GlobalAlloc for LargePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        advised(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        advised(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        advised(unsafe { System.realloc(pointer, layout, size) }, size)
    }
}

/// Keeps up to 64 MB of freed memory (in each arena of the C library, of which threads may have one of their own) for the next
/// allocations, and serves those below 32 MB from it.
///
/// The C library gives freed memory back to the system, and every page of it that is wanted again has to be cleared first: for a course of
/// small matrices that takes a tenth of the time. It stops doing so once a program has freed an allocation of 32 MB, with
/// just these settings; this asks for them from the start. Other C libraries than glibc are left as they are, and so is one
/// whose user has set these limits in the environment (`MALLOC_MMAP_THRESHOLD_`, `MALLOC_TRIM_THRESHOLD_`,
/// `GLIBC_TUNABLES`).
///
/// ```
/// attractorlab_numerics::memory::keep_freed();
/// ```
pub fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if !user_has_set_limits() {
        // SAFETY: settings of the C library, of which it refuses what it does not know.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 64 << 20);
        }
    }
}

/// Whether the environment says what the C library shall do with freed memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn user_has_set_limits() -> bool {
    let variable = |name| std::env::var_os(name).unwrap_or_default();
    let tunables = variable("GLIBC_TUNABLES");
    ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"].iter().any(|name| !variable(name).is_empty())
        || ["mmap_threshold", "trim_threshold"].iter().any(|name| tunables.to_string_lossy().contains(name))
}

/// The memory itself, after the system was told that large pages would do.
fn advised(pointer: *mut u8, bytes: usize) -> *mut u8 {
    if !pointer.is_null() {
        // SAFETY: an allocator gave these bytes.
        unsafe { advise(pointer, bytes) };
    }
    pointer
}

/// Asks for large pages if there is one to gain. Those at the ends may hold other data too, to which this does as little.
///
/// # Safety
/// The bytes must be those of one allocation.
#[cfg(target_os = "linux")]
pub(crate) unsafe fn advise(pointer: *mut u8, bytes: usize) {
    // The advice wants whole pages; where they are larger than this, the system refuses, which is no error.
    const PAGE: usize = 4 << 10;
    if bytes >= LEAST {
        let before = pointer.addr() % PAGE;
        // SAFETY: the pages of an allocation are mapped, and the advice changes no content.
        unsafe {
            libc::madvise(pointer.wrapping_sub(before).cast(), bytes + before, libc::MADV_HUGEPAGE);
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) unsafe fn advise(_: *mut u8, _: usize) {}
