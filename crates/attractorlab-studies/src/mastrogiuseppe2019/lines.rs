//! Theory lines of a sweep over targets.

use attractorlab::theory::feedback::{FixedPoint, TargetStates};
use attractorlab_figures::{Colour, Line};

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

/// The line z = A of the targets, a pale band under the theory's own line.
pub(super) fn target_line() -> Line {
    Line::new([-2.0, 2.0], [-2.0, 2.0]).width(5.0).colour(Colour::Yellow).label("target z = A")
}

/// Evenly spread targets in [−2, 2], denser next to those at which states meet, where lines are steep.
pub(super) fn dense_targets(count: usize, borders: &[f64]) -> Vec<f64> {
    let mut targets: Vec<f64> = (0..count).map(|i| -2.0 + 4.0 * i as f64 / (count - 1) as f64).collect();
    let near = [1e-6, 1e-5, 5e-5, 2e-4, 6e-4, 1.2e-3, 2e-3];
    targets.extend(
        borders.iter().flat_map(|border| near.into_iter().flat_map(move |d| [border - d, border + d])),
    );
    targets.retain(|target| target.abs() <= 2.0);
    targets.sort_by(f64::total_cmp);
    targets
}
