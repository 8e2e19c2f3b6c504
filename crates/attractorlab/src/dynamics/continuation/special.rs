//! Where stability changes along a branch: located and named.

use attractorlab_numerics::linalg::Complex64;
use attractorlab_numerics::roots::refine;

use super::super::Time;
use super::Family;
use super::curve::{Curve, Node, Point};

/// What happens at a special point of a branch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpecialKind {
    /// The branch turns back in the parameter: two fixed points meet and vanish.
    Fold,
    /// Another branch crosses (a pitchfork or a transcritical bifurcation, say).
    BranchPoint {
        /// Eigenvalues that cross together: 1, or more in networks with a symmetry.
        corank: usize,
    },
    /// A complex pair crosses the line of stability: a periodic orbit is born.
    Hopf {
        /// Angular frequency of the orbit, per time constant τ.
        frequency: f64,
    },
    /// An eigenvalue of a map passes −1.
    PeriodDoubling,
    /// A complex pair of a map crosses the unit circle.
    NeimarkSacker {
        /// Angle of the rotation in each step.
        angle: f64,
    },
}

impl SpecialKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fold => "fold",
            Self::BranchPoint { .. } => "branch point",
            Self::Hopf { .. } => "Hopf point",
            Self::PeriodDoubling => "period doubling",
            Self::NeimarkSacker { .. } => "Neimark–Sacker point",
        }
    }
}

/// A special point.
#[derive(Debug, Clone)]
pub struct Special {
    /// What happens there.
    pub kind: SpecialKind,
    /// The parameter.
    pub parameter: f64,
    /// The fixed point.
    pub x: Vec<f64>,
    /// How far from zero the test function still is: the component of the tangent along the parameter for a fold, the
    /// growth of the critical mode for the others.
    pub residual: f64,
    /// The node, for switching branches.
    pub(super) node: Node,
}

/// What must not change between two nodes unless something happens.
fn signature(node: &Node) -> (usize, bool, bool) {
    let along = node.tangent.last().copied().unwrap_or(0.0);
    (node.unstable, along > 0.0, node.orientation > 0.0)
}

#[derive(Clone, Copy, PartialEq)]
enum Test {
    Fold,
    Real,
    Pair,
}

impl<F: Family> Curve<'_, F> {
    /// All special points between `a` and the node `b` at distance s along the tangent of `a`.
    pub(super) fn specials_between(&self, a: &Node, b: &Node, s: f64) -> Vec<Special> {
        let mut out = Vec::new();
        self.search(a, (a, 0.0), (b, s), 0, &mut out);
        // Along the arms of a pitchfork the parameter turns at the branch point itself, up to rounding.
        let crossings: Vec<Point> = out
            .iter()
            .filter(|special| matches!(special.kind, SpecialKind::BranchPoint { .. }))
            .map(|special| special.node.y.clone())
            .collect();
        out.retain(|special| {
            special.kind != SpecialKind::Fold
                || !crossings.iter().any(|y| {
                    let away: Point = y.iter().zip(&special.node.y).map(|(a, b)| a - b).collect();
                    self.inner(&away, &away).sqrt() < 1e-3 * s
                })
        });
        out
    }

    fn search(
        &self,
        from: &Node,
        low: (&Node, f64),
        high: (&Node, f64),
        depth: usize,
        out: &mut Vec<Special>,
    ) {
        let (before, after) = (signature(low.0), signature(high.0));
        if before == after {
            return;
        }
        let folds = before.1 != after.1;
        let branches = before.2 != after.2;
        let changed = before.0.abs_diff(after.0);
        let elementary = match (folds, branches) {
            (true, false) | (false, true) => changed <= 1,
            (false, false) => changed <= 2,
            (true, true) => false,
        };
        if depth < 5 || (!elementary && depth < 14) {
            let middle = 0.5 * (low.1 + high.1);
            if let Some((node, _)) = self.at_distance(from, middle) {
                self.search(from, low, (&node, middle), depth + 1, out);
                self.search(from, (&node, middle), high, depth + 1, out);
                return;
            }
        }
        let test = match (folds, branches) {
            (true, false) => Test::Fold,
            // Where the crossing branch turns as well it is a pitchfork, met along its arms.
            (_, true) => Test::Real,
            (false, false) => Test::Pair,
        };
        out.extend(self.located(from, low, high, test));
    }

    /// The critical eigenvalue: the one nearest to the line of stability that the test is about.
    fn critical(&self, node: &Node, test: Test) -> Option<Complex64> {
        let nearest = |values: &mut dyn Iterator<Item = &Complex64>| {
            values.min_by(|a, b| self.growth(**a).abs().total_cmp(&self.growth(**b).abs())).copied()
        };
        if test == Test::Real {
            // The real eigenvalue nearest to that of a singular Jacobian.
            let wanted = if self.time == Time::Continuous { 0.0 } else { 1.0 };
            return node
                .eigenvalues
                .iter()
                .filter(|value| value.im == 0.0)
                .min_by(|a, b| (a.re - wanted).abs().total_cmp(&(b.re - wanted).abs()))
                .copied();
        }
        nearest(&mut node.eigenvalues.iter())
    }

    fn value(&self, node: &Node, test: Test) -> f64 {
        match test {
            Test::Fold => node.tangent[self.dim],
            Test::Real => self.critical(node, test).map_or(f64::NAN, |value| match self.time {
                Time::Continuous => value.re,
                Time::Discrete => value.re - 1.0,
            }),
            Test::Pair => self.critical(node, test).map_or(f64::NAN, |value| self.growth(value)),
        }
    }

    fn located(&self, from: &Node, low: (&Node, f64), high: (&Node, f64), test: Test) -> Option<Special> {
        let ends = (self.value(low.0, test), self.value(high.0, test));
        let found = if ends.0 * ends.1 < 0.0 {
            let mut best: Option<(Node, f64)> = None;
            refine(
                |s| {
                    // On a branch point itself the bordered Jacobian is singular.
                    let beside = 1e-9 * (high.1 - low.1);
                    let Some((node, _)) =
                        self.at_distance(from, s).or_else(|| self.at_distance(from, s + beside))
                    else {
                        return f64::NAN;
                    };
                    let value = self.value(&node, test);
                    if best.as_ref().is_none_or(|(_, known)| value.abs() < known.abs()) {
                        best = Some((node, value));
                    }
                    // Below rounding of the eigenvalues there is nothing to refine.
                    if value.abs() < 1e-12 { 0.0 } else { value }
                },
                (low.1, ends.0),
                (high.1, ends.1),
            );
            best.map(|(node, value)| (node, value.abs()))
        } else {
            self.halved(from, low, high, test)
        };
        let nearer = if ends.0.abs() < ends.1.abs() { low.0 } else { high.0 };
        let (node, residual) = found.unwrap_or_else(|| (nearer.clone(), ends.0.abs().min(ends.1.abs())));
        let kind = self.kind(&node, test)?;
        Some(Special { kind, parameter: node.y[self.dim], x: node.y[..self.dim].to_vec(), residual, node })
    }

    /// By halving, on the signature alone: where several eigenvalues cross together.
    fn halved(&self, from: &Node, low: (&Node, f64), high: (&Node, f64), test: Test) -> Option<(Node, f64)> {
        let before = signature(low.0);
        let (mut a, mut b) = (low.1, high.1);
        let mut last = None;
        for _ in 0..40 {
            let middle = 0.5 * (a + b);
            let Some((node, _)) = self.at_distance(from, middle) else { break };
            if signature(&node) == before {
                a = middle;
            } else {
                b = middle;
            }
            let value = self.value(&node, test).abs();
            last = Some((node, value));
        }
        last
    }

    fn kind(&self, node: &Node, test: Test) -> Option<SpecialKind> {
        if test == Test::Fold {
            return Some(SpecialKind::Fold);
        }
        let value = self.critical(node, test)?;
        let beside = (10.0 * self.growth(value).abs()).max(1e-5);
        let singular = |value: &Complex64| match self.time {
            Time::Continuous => value.norm() < beside,
            Time::Discrete => (value - 1.0).norm() < beside,
        };
        let corank = node.eigenvalues.iter().filter(|value| singular(value)).count();
        if test == Test::Real || (corank > 0 && value.im == 0.0) {
            return Some(SpecialKind::BranchPoint { corank: corank.max(1) });
        }
        Some(match self.time {
            Time::Continuous => SpecialKind::Hopf { frequency: value.im.abs() },
            Time::Discrete if value.im == 0.0 && value.re < 0.0 => SpecialKind::PeriodDoubling,
            Time::Discrete => SpecialKind::NeimarkSacker { angle: value.arg().abs() },
        })
    }

    /// Whether two special points are one branch point, seen from two branches.
    pub(super) fn same_crossing(&self, a: &Special, b: &Special) -> bool {
        let away: Point = a.node.y.iter().zip(&b.node.y).map(|(a, b)| a - b).collect();
        matches!((a.kind, b.kind), (SpecialKind::BranchPoint { .. }, SpecialKind::BranchPoint { .. }))
            && self.inner(&away, &away).sqrt() < 0.05 * self.options.largest_step
    }

    /// Where the branches that cross at a branch point begin: points of them, with directions away from it.
    pub(super) fn crossing(&self, special: &Special) -> Vec<(Point, Point)> {
        let SpecialKind::BranchPoint { corank } = special.kind else { return Vec::new() };
        let node = &special.node;
        let mut out: Vec<(Point, Point)> = Vec::new();
        for null in self.null_directions(node, corank) {
            for side in [1.0, -1.0] {
                for size in [0.3, 0.1, 1.0] {
                    let reach = side * size * self.options.largest_step;
                    let guess: Point = node.y.iter().zip(&null).map(|(y, v)| y + reach * v).collect();
                    let Some((y, _)) = self.correct(&guess, &null) else { continue };
                    let away: Point = y.iter().zip(&node.y).map(|(a, b)| a - b).collect();
                    let length = self.inner(&away, &away).sqrt();
                    // Far from where it was sought it belongs to something else.
                    if length > 4.0 * reach.abs() {
                        continue;
                    }
                    out.push((y, self.unit(away)));
                    break;
                }
            }
        }
        out
    }

    /// Directions of the null space of [J R_p] across the tangent.
    fn null_directions(&self, node: &Node, corank: usize) -> Vec<Point> {
        use attractorlab_numerics::linalg::Eigen;
        // Of R's Jacobian, whose eigenvalues vanish at a branch point in either kind of time.
        let Ok(eigen) = Eigen::new(self.jacobian(&node.y).as_ref()) else { return Vec::new() };
        let mut order: Vec<usize> = (0..eigen.values.len()).collect();
        order.sort_by(|a, b| eigen.values[*a].norm().total_cmp(&eigen.values[*b].norm()));
        let mut found: Vec<Point> = Vec::new();
        for &k in order.iter().take(corank) {
            let mut v: Point = (0..self.dim).map(|i| eigen.right[(i, k)].re).collect();
            v.push(0.0);
            for known in std::iter::once(&node.tangent).chain(&found) {
                let overlap = self.inner(&v, known);
                v.iter_mut().zip(known).for_each(|(v, t)| *v -= overlap * t);
            }
            let unit = self.unit(v);
            if unit.iter().all(|v| v.is_finite()) {
                found.push(unit);
            }
        }
        found
    }
}
