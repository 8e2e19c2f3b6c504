//! All roots of a function of one variable.
//!
//! A scan for sign changes misses close pairs and tangencies. Here the function is first replaced
//! by a piecewise Chebyshev interpolant that represents it to rounding, and then all roots of that
//! polynomial are found, which *is* a decidable task: a piece is left only when a bound on its
//! coefficients excludes a root, or proves it monotone, or proves it to be bent one way with its
//! one extremum known. An extremum that touches zero to within the noise is reported as a
//! [`Kind::Tangent`], never dropped; what could not be resolved is listed in [`Roots::doubts`].
//!
//! What remains possible is a feature that no sample has met: a spike narrower than the spacing of
//! the samples. `minimum_pieces` sets that spacing.

mod bracket;
mod isolate;

pub use bracket::refine;

use crate::chebyshev::Interpolant;

/// What is known about a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The function changes sign.
    Crossing,
    /// The function touches zero to within the tolerance, or crosses more than once within it: a
    /// multiple root, a close pair or a near miss, which its accuracy cannot tell apart. Crossings
    /// that the function as computed does make are listed one by one.
    Tangent,
}

/// One root.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Root {
    /// Where it is.
    pub x: f64,
    /// Value of the function there.
    pub residual: f64,
    /// How the function passes through it.
    pub kind: Kind,
}

/// All roots on an interval, rising.
#[derive(Debug, Clone, PartialEq)]
pub struct Roots {
    /// The roots.
    pub roots: Vec<Root>,
    /// Intervals on which the function could not be resolved, so that roots may hide there.
    pub doubts: Vec<(f64, f64)>,
    /// Number of calls of the function.
    pub evaluations: usize,
}

impl Roots {
    /// The places of the roots.
    pub fn positions(&self) -> Vec<f64> {
        self.roots.iter().map(|root| root.x).collect()
    }

    /// Whether every root is a clean crossing and nothing is in doubt.
    pub fn is_certain(&self) -> bool {
        self.doubts.is_empty() && self.roots.iter().all(|root| root.kind == Kind::Crossing)
    }
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The interval is first cut into this many equal pieces.
    pub minimum_pieces: usize,
    /// Relative accuracy of the function, on the scale of its largest value nearby: what lies below
    /// it is noise.
    pub accuracy: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { minimum_pieces: 4, accuracy: 1e-13 }
    }
}

/// Why a search could not start.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// The interval is empty or not finite.
    #[error("the interval to search must be finite with low < high, got [{low}, {high}]")]
    Interval {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// The function is not finite somewhere.
    #[error("the function is not finite at {x}")]
    NotFinite {
        /// Where.
        x: f64,
    },
}

/// Finds all roots of `function` on [low, high], the ends included.
///
/// ```
/// use attractorlab_numerics::roots::{Options, all_roots};
///
/// # fn main() -> Result<(), attractorlab_numerics::roots::RootError> {
/// // Two roots 1e-6 apart, far below the spacing of any scan.
/// let roots = all_roots(|x| (x - 0.3) * (x - 0.300001), -1.0, 1.0, Options::default())?;
/// assert_eq!(roots.positions().len(), 2);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`RootError`] if the interval is empty or the function is not finite at a sample.
pub fn all_roots(
    mut function: impl FnMut(f64) -> f64,
    low: f64,
    high: f64,
    options: Options,
) -> Result<Roots, RootError> {
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Err(RootError::Interval { low, high });
    }
    let mut evaluations = 0;
    let mut broken = None;
    let mut sample = |x: f64| {
        evaluations += 1;
        let value = function(x);
        if !value.is_finite() && broken.is_none() {
            broken = Some(x);
        }
        value
    };
    let count = options.minimum_pieces.max(1);
    let mut found = Roots { roots: Vec::new(), doubts: Vec::new(), evaluations: 0 };
    let width = (high - low) / count as f64;
    for i in 0..count {
        let a = low + width * i as f64;
        let b = if i + 1 == count { high } else { low + width * (i + 1) as f64 };
        let mut failed = false;
        let interpolant = Interpolant::new(a, b, 1, options.accuracy, |x, out| {
            out[0] = if failed { 0.0 } else { sample(x) };
            failed |= !out[0].is_finite();
            if failed {
                out[0] = 0.0;
            }
        });
        if failed {
            break;
        }
        isolate::roots_of(&interpolant, options.accuracy, &mut sample, &mut found);
    }
    if let Some(x) = broken {
        return Err(RootError::NotFinite { x });
    }
    found.evaluations = evaluations;
    merge_shared_edges(&mut found.roots, 1e-13 * (low.abs() + high.abs()));
    Ok(found)
}

/// A root on the edge of two pieces is found by both.
fn merge_shared_edges(roots: &mut Vec<Root>, distance: f64) {
    roots.sort_by(|a, b| a.x.total_cmp(&b.x));
    roots.dedup_by(|b, a| {
        let same = b.x - a.x <= distance;
        if same && b.kind == Kind::Crossing {
            a.kind = Kind::Crossing;
        }
        same
    });
}
