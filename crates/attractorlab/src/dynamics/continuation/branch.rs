//! One branch of fixed points.

use std::sync::atomic::AtomicBool;

use attractorlab_numerics::kernels::scale;
use attractorlab_numerics::linalg::Complex64;

use super::curve::{Curve, Node, Point};
use super::special::Special;
use super::{ContinuationError, ContinuationOptions, Family};
use crate::dynamics::{SolverOptions, Status, fixed_point};

/// A fixed point of a branch.
#[derive(Debug, Clone)]
pub struct BranchPoint {
    /// The parameter.
    pub parameter: f64,
    /// The state.
    pub x: Vec<f64>,
    /// Number of unstable directions.
    pub unstable: usize,
    /// The eigenvalue nearest to or farthest beyond the line of stability, in the project's convention: λ of the
    /// effective connectivity (unstable iff Re λ > 1), or of the one-step Jacobian of a map (iff |λ| > 1).
    pub leading: Complex64,
}

/// Why a branch ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BranchEnd {
    /// The parameter left its range; the last point is at its end.
    Range,
    /// It came back to where it began.
    Closed,
    /// The steps ran out.
    Steps,
    /// Newton's method needs steps smaller than the smallest: a kink of the transfer function, or a state that runs
    /// away.
    Lost,
}

/// A traced branch.
#[derive(Debug, Clone)]
pub struct Branch {
    /// Its points, in order.
    pub points: Vec<BranchPoint>,
    /// Where stability changes, in order.
    pub specials: Vec<Special>,
    /// Why it ends: at its first point, at its last.
    pub ends: (BranchEnd, BranchEnd),
    pub(super) nodes: Vec<Node>,
}

impl Branch {
    /// The states on this branch at a value of the parameter, one for each time that the branch passes it, interpolated
    /// between its points.
    pub fn at(&self, parameter: f64) -> Vec<Vec<f64>> {
        let beyond = |point: &BranchPoint| point.parameter >= parameter;
        let mut out: Vec<Vec<f64>> = self
            .points
            .windows(2)
            .filter(|pair| beyond(&pair[0]) != beyond(&pair[1]))
            .map(|pair| {
                let (a, b) = (&pair[0], &pair[1]);
                let share = (parameter - a.parameter) / (b.parameter - a.parameter);
                a.x.iter().zip(&b.x).map(|(a, b)| a + share * (b - a)).collect()
            })
            .collect();
        // An end that lies on the value is passed from one side alone.
        for end in
            [&self.points[..self.points.len().min(2)], &self.points[self.points.len().saturating_sub(2)..]]
        {
            let on_it = |point: &&BranchPoint| point.parameter == parameter;
            let tips = [self.points.first(), self.points.last()];
            let tip = end.iter().find(|point| tips.iter().flatten().any(|tip| std::ptr::eq(*tip, *point)));
            if let Some(tip) = tip.filter(on_it)
                && end.iter().all(beyond)
            {
                out.push(tip.x.clone());
            }
        }
        out
    }
}

/// Traces the branch of fixed points through `start` at `parameter`, in both directions.
///
/// The start is first improved by Newton's method at this parameter. Steps adapt to the curvature of the branch, so
/// that it is followed around folds. Between two points the number of unstable directions, the direction of the
/// parameter and the orientation of the bordered Jacobian are compared; every change is located to rounding and named.
/// (Two changes that undo each other within one step are missed: a smaller [`ContinuationOptions::largest_step`] finds
/// them.)
///
/// # Errors
/// [`ContinuationError`] if the options make no sense, the start does not fit, or no fixed point is found from it.
pub fn follow<F: Family>(
    family: &F,
    start: &[f64],
    parameter: f64,
    options: &ContinuationOptions,
) -> Result<Branch, ContinuationError> {
    options.check()?;
    let never = AtomicBool::new(false);
    let curve = Curve::new(family, options, &never);
    let y = curve.begin(start, parameter)?;
    curve.both_ways(&y, &curve.upwards()).ok_or(ContinuationError::NoTangent { parameter })
}

/// How one direction of a trace ended, with its nodes and special points.
struct Half {
    nodes: Vec<Node>,
    specials: Vec<Special>,
    end: BranchEnd,
}

impl<F: Family> Curve<'_, F> {
    /// The direction of the parameter.
    pub(super) fn upwards(&self) -> Point {
        let mut up = vec![0.0; self.dim + 1];
        up[self.dim] = 1.0;
        up
    }

    /// A direction that no branch of a given system is made to be orthogonal to.
    fn oblique(&self) -> Point {
        (0..=self.dim).map(|i| (1.0 + (i * i) as f64).cos()).collect()
    }

    /// The fixed point near `start` at this parameter.
    pub(super) fn begin(&self, start: &[f64], parameter: f64) -> Result<Point, ContinuationError> {
        let (lower, upper) = self.options.range;
        if !(lower..=upper).contains(&parameter) {
            return Err(ContinuationError::Outside { parameter, lower, upper });
        }
        if start.len() != self.dim {
            return Err(ContinuationError::Dimension { dim: self.dim, found: start.len() });
        }
        let solver = SolverOptions {
            tolerance: self.options.tolerance,
            relaxation_steps: 0,
            newton_steps: 60,
            ..SolverOptions::default()
        };
        let found = fixed_point(&self.family.at(parameter), start, solver);
        if found.status != Status::Converged {
            return Err(ContinuationError::NoFixedPoint { parameter, residual: found.residual });
        }
        let mut y = found.x;
        y.push(parameter);
        Ok(y)
    }

    /// The branch through y, which looks along `direction` there; `None` if it has no tangent.
    pub(super) fn both_ways(&self, y: &[f64], direction: &[f64]) -> Option<Branch> {
        // On a fold the branch has no component along the parameter.
        let first = self.node(y.to_vec(), direction).or_else(|| self.node(y.to_vec(), &self.oblique()))?;
        let forward = self.trace(first.clone());
        if forward.end == BranchEnd::Closed {
            return Some(self.joined(None, forward));
        }
        let mut turned = first;
        scale(-1.0, &mut turned.tangent);
        turned.orientation = -turned.orientation;
        let backward = self.trace(turned);
        Some(self.joined(Some(backward), forward))
    }

    fn trace(&self, first: Node) -> Half {
        let (lower, upper) = self.options.range;
        let mut step = 0.3 * self.options.largest_step;
        let mut half = Half { nodes: vec![first.clone()], specials: Vec::new(), end: BranchEnd::Steps };
        let mut last = first;
        for count in 0..self.options.steps {
            if self.stopped() {
                break;
            }
            let (next, used) = loop {
                let next = self.at_distance(&last, step).filter(|(node, _)| {
                    // Turns of more than 25 degrees, or a point that is not where the tangent led, ask for care.
                    let away: Point = node.y.iter().zip(&last.y).map(|(a, b)| a - b).collect();
                    let length = self.inner(&away, &away).sqrt();
                    self.inner(&node.tangent, &last.tangent) > 0.9 && length < 1.2 * step
                });
                if let Some(found) = next {
                    break (Some(found.0), found.1);
                }
                step *= 0.5;
                if step < self.options.smallest_step {
                    break (None, 0);
                }
            };
            let Some(next) = next else {
                half.end = BranchEnd::Lost;
                break;
            };
            let p = next.y[self.dim];
            if !(lower..=upper).contains(&p) {
                self.end_at(if p < lower { lower } else { upper }, &last, step, &mut half);
                half.end = BranchEnd::Range;
                break;
            }
            half.specials.extend(self.specials_between(&last, &next, step));
            let start = &half.nodes[0];
            let home: Point = next.y.iter().zip(&start.y).map(|(a, b)| a - b).collect();
            let closed = count > 3
                && self.inner(&home, &home).sqrt() < step
                && self.inner(&next.tangent, &start.tangent) > 0.9
                && self.is_beside(start, &next.y, 2.0 * step);
            let turn = self.inner(&next.tangent, &last.tangent);
            half.nodes.push(next.clone());
            if closed {
                half.end = BranchEnd::Closed;
                break;
            }
            if used <= 4 && turn > 0.985 {
                step = (1.5 * step).min(self.options.largest_step);
            }
            last = next;
        }
        half
    }

    /// The last point, at the end of the range.
    fn end_at(&self, bound: f64, last: &Node, step: f64, half: &mut Half) {
        let along = last.tangent[self.dim];
        let s = if along == 0.0 { 0.0 } else { ((bound - last.y[self.dim]) / along).clamp(0.0, step) };
        let mut guess: Point = last.y.iter().zip(&last.tangent).map(|(y, t)| y + s * t).collect();
        guess[self.dim] = bound;
        let node = self.correct(&guess, &self.upwards()).and_then(|(y, _)| self.node(y, &last.tangent));
        if let Some(node) = node {
            let away: Point = node.y.iter().zip(&last.y).map(|(a, b)| a - b).collect();
            let distance = self.inner(&away, &last.tangent);
            if distance < 1e-12 {
                // The trace began at the end of the range.
                return;
            }
            half.specials.extend(self.specials_between(last, &node, distance));
            half.nodes.push(node);
        }
    }

    fn joined(&self, backward: Option<Half>, forward: Half) -> Branch {
        let (mut nodes, mut specials, first_end) = match backward {
            None => (Vec::new(), Vec::new(), forward.end),
            Some(mut half) => {
                half.nodes.reverse();
                half.nodes.pop();
                half.specials.reverse();
                for node in &mut half.nodes {
                    scale(-1.0, &mut node.tangent);
                }
                (half.nodes, half.specials, half.end)
            }
        };
        nodes.extend(forward.nodes);
        specials.extend(forward.specials);
        let points = nodes.iter().map(|node| self.point(node)).collect();
        Branch { points, specials, ends: (first_end, forward.end), nodes }
    }

    fn point(&self, node: &Node) -> BranchPoint {
        let leading = node
            .eigenvalues
            .iter()
            .max_by(|a, b| self.growth(**a).total_cmp(&self.growth(**b)))
            .copied()
            .unwrap_or_default();
        let shift = match self.time {
            crate::dynamics::Time::Continuous => 1.0,
            crate::dynamics::Time::Discrete => 0.0,
        };
        BranchPoint {
            parameter: node.y[self.dim],
            x: node.y[..self.dim].to_vec(),
            unstable: node.unstable,
            leading: leading + shift,
        }
    }
}

impl Branch {
    /// Whether a point with this direction lies on the branch.
    pub(super) fn holds<F: Family>(
        &self,
        curve: &Curve<'_, F>,
        y: &[f64],
        direction: Option<&[f64]>,
    ) -> bool {
        self.nodes.iter().any(|other| {
            direction.is_none_or(|d| curve.inner(&other.tangent, d).abs() > 0.7)
                && curve.is_beside(other, y, 2.0 * curve.options.largest_step)
        })
    }
}
