//! Theory lines of a sweep over targets.

use attractorlab::theory::feedback::{FixedPoint, Stability, TargetStates};

pub(super) type Branch = Vec<(f64, FixedPoint)>;

/// Continuous pieces of the states of one kind: by rank among the states of their target, broken
/// where the number of states changes and at A_flex.
pub(super) fn branches(
    states: &[TargetStates],
    flex: f64,
    keep: impl Fn(&FixedPoint) -> bool,
) -> Vec<Branch> {
    let mut finished = Vec::new();
    let mut open: Vec<Branch> = Vec::new();
    for pair in states.windows(2) {
        let (before, now) = (&pair[0], &pair[1]);
        if open.is_empty() {
            open =
                before.fixed_points.iter().filter(|p| keep(p)).map(|p| vec![(before.target, *p)]).collect();
        }
        let kept: Vec<&FixedPoint> = now.fixed_points.iter().filter(|p| keep(p)).collect();
        let same_count = kept.len() == open.len() && before.fixed_points.len() == now.fixed_points.len();
        let crosses = before.target < flex && flex <= now.target;
        if same_count && !crosses {
            for (branch, point) in open.iter_mut().zip(kept) {
                branch.push((now.target, *point));
            }
        } else {
            finished.append(&mut open);
            open = kept.into_iter().map(|p| vec![(now.target, *p)]).collect();
        }
    }
    finished.append(&mut open);
    finished.retain(|branch| branch.len() > 1);
    finished
}

/// The class of a target's states, as the specification names it.
pub(super) fn label(states: &TargetStates) -> &'static str {
    match states.at_target().stability {
        Stability::BulkUnstable => "target-bulk-unstable",
        Stability::OutlierUnstable => "target-unstable",
        Stability::Stable if states.fixed_points.len() == 1 => "mono",
        Stability::Stable => "multi",
    }
}
