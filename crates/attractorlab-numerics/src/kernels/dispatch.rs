//! Which instruction set the kernels run on.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

/// Environment variable that forces a [`Level`]: `baseline`, `avx2` or `avx512`.
pub const LEVEL_VARIABLE: &str = "ATTRACTORLAB_SIMD";

/// An instruction set. Results of different levels agree within the stated accuracy, not bit for bit:
/// fused multiply-add rounds once where the baseline rounds twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// What every processor of the architecture has (SSE2 on x86-64), without fused multiply-add.
    Baseline,
    /// AVX2 with fused multiply-add: 256 bits.
    Avx2,
    /// AVX-512 F, DQ, VL and BW: 512 bits.
    Avx512,
}

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 3] = [Self::Baseline, Self::Avx2, Self::Avx512];

    /// The name used in [`LEVEL_VARIABLE`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether this processor has the level.
    pub fn is_available(self) -> bool {
        match self {
            Self::Baseline => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                Self::Avx2.is_available()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    fn best() -> Self {
        Self::ALL.into_iter().rev().find(|level| level.is_available()).unwrap_or(Self::Baseline)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A level was asked for that the kernels cannot run on. They use the best available one instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LevelError {
    /// The environment variable names no level.
    #[error("{LEVEL_VARIABLE}=\"{value}\" names no instruction set: use baseline, avx2 or avx512")]
    Unknown {
        /// The value found.
        value: String,
    },
    /// This processor lacks the level.
    #[error("this processor has no {level}: the best available instruction set is {best}")]
    Unavailable {
        /// The level asked for.
        level: Level,
        /// The best level here, which is used instead.
        best: Level,
    },
}

/// Not chosen yet; otherwise 1 + the level's position in [`Level::ALL`].
static CHOSEN: AtomicU8 = AtomicU8::new(0);
static FROM_ENVIRONMENT: OnceLock<Result<Level, LevelError>> = OnceLock::new();

/// The level of the kernels, or what is wrong with the level that [`LEVEL_VARIABLE`] asks for.
///
/// A program should call this once at its start and show the error. The kernels themselves never fail:
/// after an error they run on the best available level.
///
/// # Errors
/// [`LevelError`], the same at every call.
///
/// ```
/// use attractorlab_numerics::kernels;
/// assert!(kernels::level().expect("no level is forced here").is_available());
/// ```
pub fn level() -> Result<Level, LevelError> {
    from_environment().clone().map(|_| current())
}

/// Runs the kernels on `level` from now on, in all threads.
///
/// # Errors
/// [`LevelError::Unavailable`]; the level is then left as it was.
///
/// ```
/// use attractorlab_numerics::kernels::{self, Level};
/// kernels::select_level(Level::Baseline)?;
/// assert_eq!(kernels::level(), Ok(Level::Baseline));
/// # Ok::<(), kernels::LevelError>(())
/// ```
pub fn select_level(level: Level) -> Result<(), LevelError> {
    if !level.is_available() {
        return Err(LevelError::Unavailable { level, best: Level::best() });
    }
    CHOSEN.store(1 + level as u8, Ordering::Relaxed);
    Ok(())
}

/// The level to run on; always available on this processor, which the kernels' safety rests on.
#[inline]
pub(super) fn current() -> Level {
    match CHOSEN.load(Ordering::Relaxed) {
        1 => Level::Baseline,
        2 => Level::Avx2,
        3 => Level::Avx512,
        _ => choose(),
    }
}

#[cold]
fn choose() -> Level {
    let level = from_environment().clone().unwrap_or_else(|_| Level::best());
    // Somebody may have selected a level meanwhile: theirs stays.
    let _ = CHOSEN.compare_exchange(0, 1 + level as u8, Ordering::Relaxed, Ordering::Relaxed);
    current()
}

fn from_environment() -> &'static Result<Level, LevelError> {
    FROM_ENVIRONMENT.get_or_init(|| match std::env::var_os(LEVEL_VARIABLE) {
        None => Ok(Level::best()),
        Some(value) => parse(&value.to_string_lossy()),
    })
}

fn parse(value: &str) -> Result<Level, LevelError> {
    let wanted = value.trim().to_ascii_lowercase();
    if wanted.is_empty() {
        return Ok(Level::best());
    }
    match Level::ALL.into_iter().find(|level| level.name() == wanted) {
        None => Err(LevelError::Unknown { value: value.to_owned() }),
        Some(level) if level.is_available() => Ok(level),
        Some(level) => Err(LevelError::Unavailable { level, best: Level::best() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_variable_are_understood_or_reported() {
        assert_eq!(parse("baseline"), Ok(Level::Baseline));
        assert_eq!(parse(" Baseline "), Ok(Level::Baseline));
        assert_eq!(parse(""), Ok(Level::best()));
        let error = parse("sse9").unwrap_err();
        assert_eq!(error, LevelError::Unknown { value: "sse9".into() });
        assert!(error.to_string().contains("baseline, avx2 or avx512"));
        for level in Level::ALL {
            match parse(level.name()) {
                Ok(found) => assert!(found == level && level.is_available()),
                Err(error) => assert!(
                    !level.is_available() && error == LevelError::Unavailable { level, best: Level::best() }
                ),
            }
        }
    }
}
