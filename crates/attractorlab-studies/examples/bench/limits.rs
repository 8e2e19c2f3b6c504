//! What bounds a row on this processor: its multiply-adds, or the traffic of its caches and memory, for the work that the usual
//! algorithm takes. Where there is no such count, the rate at which it issues instructions bounds the program that is measured.
//!
//! Unsafe for the instruction set, whose presence is asked for first.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use attractorlab::numerics::kernels::{self, Level, Real, axpy, dot};

/// What a row has to do.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// Floating-point operations in f32, two for a multiply-add.
    Arithmetic32(f64),
    /// The same in f64.
    Arithmetic64(f64),
    /// Bytes read, of data that fill so many.
    Reading { bytes: f64, of: usize },
    /// Bytes read and bytes written, together, of data that fill so many.
    Updating { bytes: f64, of: usize },
    /// The instructions that `bench/instructions.json` holds for this row, which are those of AVX2.
    Instructions(&'static str),
}

impl Limit {
    /// A sentence for the table; `{}` is where the share of our time goes, in per cent.
    pub(crate) fn sentence(self) -> String {
        let size = |of: usize| format!("{:.0} MB", of as f64 * 1e-6);
        let least = match self {
            Self::Arithmetic32(count) => format!("{} floating-point operations in f32", scaled(count)),
            Self::Arithmetic64(count) => format!("{} floating-point operations in f64", scaled(count)),
            Self::Reading { bytes, of } => format!("{}B read from {}", scaled(bytes), size(of)),
            Self::Updating { bytes, of } => format!("{}B read and written in {}", scaled(bytes), size(of)),
            Self::Instructions(row) => {
                let count = scaled(instructions(row));
                return format!(
                    "It makes {count} instructions; if this processor issued them as fast as any, they would take {{}} % of our \
                     time on one thread."
                );
            }
        };
        format!(
            "Its work is reckoned at {least}; on one thread, this processor needs {{}} % of our time for that."
        )
    }

    /// Whether there is a count for this processor.
    pub(crate) fn is_known(self) -> bool {
        if let Self::Instructions(row) = self { instructions(row).is_finite() } else { true }
    }

    /// The seconds that the processor takes for it now.
    pub(crate) fn seconds(self) -> f64 {
        match self {
            Self::Arithmetic32(count) => count / peak::<f32>(),
            Self::Arithmetic64(count) => count / peak::<f64>(),
            Self::Reading { bytes, of } => bytes / reading(of),
            Self::Updating { bytes, of } => bytes / updating(of),
            Self::Instructions(row) => instructions(row) / issuing(),
        }
    }
}

/// "12.8 G", and a space.
fn scaled(count: f64) -> String {
    if count >= 1e9 { format!("{:.3} G", count * 1e-9) } else { format!("{:.3} M", count * 1e-6) }
}

/// What the processor keeps up, in units of `amount` a second: for a moment it is faster, and no row is that short.
fn rate(amount: f64, mut go: impl FnMut()) -> f64 {
    const LEAST: Duration = Duration::from_millis(4);
    // Warms the caches.
    go();
    let (mut goes, start) = (0.0, Instant::now());
    while goes < 4.0 || start.elapsed() < LEAST {
        go();
        goes += 1.0;
    }
    goes * amount / start.elapsed().as_secs_f64()
}

/// Multiply-adds on registers alone, two operations each, in a second.
fn peak<T: Real>() -> f64 {
    const STEPS: usize = 10_000;
    #[cfg(target_arch = "x86_64")]
    {
        let single = size_of::<T>() == 4;
        if is_x86_feature_detected!("avx512f") {
            let lanes = if single { 16 } else { 8 };
            // SAFETY: the processor has the instructions.
            let go = || unsafe { if single { x86::wide_f32(STEPS) } else { x86::wide_f64(STEPS) } };
            return rate((2 * x86::CHAINS * lanes * STEPS) as f64, go);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            let lanes = if single { 8 } else { 4 };
            // SAFETY: as above.
            let go = || unsafe { if single { x86::narrow_f32(STEPS) } else { x86::narrow_f64(STEPS) } };
            return rate((2 * x86::CHAINS * lanes * STEPS) as f64, go);
        }
    }
    // Elsewhere the best that is at hand: a sum of products in the first cache.
    let x = vec![T::from_f64(0.5); 1024];
    rate((2 * x.len() * STEPS) as f64, || {
        for _ in 0..STEPS {
            black_box(dot(black_box(&x), &x));
        }
    })
}

/// Instructions of a row, start and end of the process included; NaN if they have not been counted, or the program makes others.
fn instructions(row: &str) -> f64 {
    static COUNTS: LazyLock<Option<BTreeMap<String, f64>>> = LazyLock::new(|| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/instructions.json");
        serde_json::from_str(&fs::read_to_string(file).ok()?).ok()
    });
    if !kernels::level().is_ok_and(|level| level == Level::Avx2) {
        return f64::NAN;
    }
    COUNTS.as_ref().and_then(|counts| counts.get(row)).copied().unwrap_or(f64::NAN)
}

/// Instructions a second, of the simplest.
fn issuing() -> f64 {
    const STEPS: usize = 10_000;
    #[cfg(target_arch = "x86_64")]
    // Decrement and branch count as one: processors fuse them.
    return rate((65 * STEPS) as f64, || x86::idle(STEPS));
    #[cfg(not(target_arch = "x86_64"))]
    f64::NAN
}

/// Bytes a second at which so many are read over and over.
fn reading(bytes: usize) -> f64 {
    let x = vec![1.0_f64; bytes / 16];
    let y = x.clone();
    rate((16 * x.len()) as f64, || {
        black_box(dot(black_box(&x), &y));
    })
}

/// Bytes a second, read and written, at which so many are changed in place.
fn updating(bytes: usize) -> f64 {
    let mut x = vec![1.0_f64; bytes / 8];
    // The other factor stays in the first cache.
    let y = vec![0.5; 1024];
    rate((16 * x.len()) as f64, || {
        for part in x.chunks_mut(y.len()) {
            axpy(1e-9, &y[..part.len()], part);
        }
        black_box(&x);
    })
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::asm;
    use std::arch::x86_64::{
        _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_set1_pd, _mm256_set1_ps, _mm512_fmadd_pd, _mm512_fmadd_ps,
        _mm512_set1_pd, _mm512_set1_ps,
    };
    use std::hint::black_box;

    /// 64 instructions that do nothing, so many times.
    pub(super) fn idle(steps: usize) {
        // SAFETY: a register counts down to zero, and nothing else changes.
        unsafe {
            asm!(
                "2:",
                ".rept 64",
                "nop",
                ".endr",
                "dec {left}",
                "jnz 2b",
                left = inout(reg) steps => _,
                options(nomem, nostack)
            );
        }
    }

    /// Sums that do not wait for each other: more than the latency takes, less than there are registers.
    pub(super) const CHAINS: usize = 12;

    macro_rules! multiply_adds {
        ($name:ident, $feature:literal, $set:ident, $fma:ident) => {
            /// # Safety
            /// The processor has the instructions.
            #[target_feature(enable = $feature)]
            pub(super) fn $name(steps: usize) {
                let (factor, shift) = ($set(black_box(0.999)), $set(black_box(1e-3)));
                let mut sums = [$set(1.0); CHAINS];
                for _ in 0..steps {
                    for sum in &mut sums {
                        *sum = $fma(*sum, factor, shift);
                    }
                }
                black_box(sums);
            }
        };
    }
    multiply_adds!(wide_f64, "avx512f", _mm512_set1_pd, _mm512_fmadd_pd);
    multiply_adds!(wide_f32, "avx512f", _mm512_set1_ps, _mm512_fmadd_ps);
    multiply_adds!(narrow_f64, "avx2,fma", _mm256_set1_pd, _mm256_fmadd_pd);
    multiply_adds!(narrow_f32, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps);
}
