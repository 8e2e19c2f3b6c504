//! What a training rule made: local and global verdict, from the network's own static map.

use std::fmt;

use super::FeedbackTask;
use crate::dynamics::{MapTrace, StaticMapError, TraceOptions};

/// What becomes of the target near it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalVerdict {
    /// A fixed point near the target is stable.
    Stable,
    /// It is unstable: perturbations grow, in the output or as an oscillation.
    Unstable,
    /// The network clamped at the target is not stationary: the bulk is chaotic there.
    Chaotic,
    /// The map has no fixed point near the target.
    Missing,
}

/// What else the network can do.
#[derive(Debug, Clone, PartialEq)]
pub struct GlobalVerdict {
    /// Outputs of stable fixed points other than the target, rising.
    pub others: Vec<f64>,
    /// Intervals of outputs at which the clamped network is chaotic; a chaotic state may live there.
    pub chaotic: Vec<(f64, f64)>,
}

impl GlobalVerdict {
    /// Whether nothing competes with the target.
    pub fn is_only(&self) -> bool {
        self.others.is_empty() && self.chaotic.is_empty()
    }
}

/// The verdict on a trained readout.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The target.
    pub target: f64,
    /// At the target.
    pub local: LocalVerdict,
    /// Elsewhere.
    pub global: GlobalVerdict,
    /// Index of the target among the fixed points of the trace.
    pub target_index: Option<usize>,
    /// The network's static map, with all its fixed points.
    pub trace: MapTrace,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.target;
        match self.local {
            LocalVerdict::Stable => write!(f, "The target {target} is held locally")?,
            LocalVerdict::Unstable => write!(f, "The target {target} is a fixed point, but unstable")?,
            LocalVerdict::Chaotic => write!(f, "At the target {target} the network is chaotic")?,
            LocalVerdict::Missing => write!(f, "The network has no fixed point near the target {target}")?,
        }
        if self.global.is_only() {
            return f.write_str("; it has no other attractor.");
        }
        let others: Vec<String> = self.global.others.iter().map(|z| format!("z = {z:.4}")).collect();
        if !others.is_empty() {
            write!(f, "; other attractors lie at {}", others.join(", "))?;
        }
        for (low, high) in &self.global.chaotic {
            write!(f, "; between z = {low:.3} and {high:.3} clamped states are chaotic")?;
        }
        f.write_str(".")
    }
}

/// A fixed point counts as the target within this, relative to it.
const NEAR: f64 = 0.02;

impl FeedbackTask<'_> {
    /// Judges a readout, as a training rule made it: all fixed points of the network's own map, whether the
    /// target is one of them and stable, and what competes with it.
    ///
    /// ```
    /// use attractorlab::dynamics::{ClampedNetwork, TraceOptions};
    /// use attractorlab::network::{InputVectors, Transfer, gaussian_bulk};
    /// use attractorlab::numerics::random::Stream;
    /// use attractorlab::training::{FeedbackTask, LocalVerdict, least_squares};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut stream = Stream::new(1, "example", 0);
    /// let bulk = gaussian_bulk(200, 0.5, &mut stream);
    /// let v = InputVectors::draw(200, 1.2, 0.15, 0.0, &mut stream);
    /// let network = ClampedNetwork { bulk: bulk.as_ref(), transfer: Transfer::Tanh };
    /// let task = FeedbackTask { network, feedback: &v.feedback, input: &v.input, target: 1.5 };
    /// let trained = least_squares(task, 0.0)?;
    /// let verdict = task.verdict(&trained.readout, &TraceOptions::default())?;
    /// assert_eq!(verdict.local, LocalVerdict::Stable);
    /// // Least squares leaves a spurious state of the other sign.
    /// assert!(verdict.global.others[0] < -1.0, "{verdict}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`StaticMap::trace`](crate::dynamics::StaticMap::trace).
    ///
    /// # Panics
    /// If the vectors differ in length.
    #[track_caller]
    pub fn verdict(&self, readout: &[f64], options: &TraceOptions) -> Result<Verdict, StaticMapError> {
        let trace = self.static_map(readout).trace(options)?;
        let target = self.target;
        let distance = |i: &usize| (trace.fixed_points[*i].z - target).abs();
        let target_index = (0..trace.fixed_points.len())
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .filter(|i| distance(i) <= NEAR * target.abs().max(0.05));
        let local = match target_index {
            Some(i) if trace.fixed_points[i].stable => LocalVerdict::Stable,
            Some(_) => LocalVerdict::Unstable,
            None if trace.gaps.iter().any(|gap| gap.0 <= target && target <= gap.1) => LocalVerdict::Chaotic,
            None => LocalVerdict::Missing,
        };
        let others = trace.fixed_points.iter().enumerate();
        let others = others.filter(|(i, p)| Some(*i) != target_index && p.stable).map(|(_, p)| p.z).collect();
        let global = GlobalVerdict { others, chaotic: trace.gaps.clone() };
        Ok(Verdict { target, local, global, target_index, trace })
    }
}
