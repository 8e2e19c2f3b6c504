//! Boundaries between classes.

use std::collections::HashMap;

use rayon::prelude::*;

use super::label::Labeller;
use crate::theory::feedback::Class;

/// A curve on which the class changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    /// The classes on its two sides.
    pub between: [Option<Class>; 2],
    /// Points (x, y) along it, each refined on an edge of the grid.
    pub points: Vec<(f64, f64)>,
}

/// Where a boundary crosses an edge, and the classes on its two sides.
type Crossing = ((f64, f64), [Option<Class>; 2]);

/// An edge of the grid, by its lower left end and whether it runs upwards.
type Edge = (usize, usize, bool);

fn rank(class: Option<Class>) -> u8 {
    class.map_or(0, |class| match class {
        Class::Monostable => 1,
        Class::Bistable => 2,
        Class::TargetUnstable => 3,
        Class::TargetBulkUnstable => 4,
    })
}

fn pair(a: Option<Class>, b: Option<Class>) -> [Option<Class>; 2] {
    if rank(a) <= rank(b) { [a, b] } else { [b, a] }
}

pub(super) fn between(
    labeller: &Labeller,
    columns: &[f64],
    rows: &[f64],
    classes: &[Option<Class>],
    tolerance: f64,
) -> Vec<Boundary> {
    let width = columns.len();
    let class = |i: usize, j: usize| classes[j * width + i];
    let mut edges: Vec<Edge> = Vec::new();
    for j in 0..rows.len() {
        for i in 0..width {
            if i + 1 < width && class(i, j) != class(i + 1, j) {
                edges.push((i, j, false));
            }
            if j + 1 < rows.len() && class(i, j) != class(i, j + 1) {
                edges.push((i, j, true));
            }
        }
    }
    let crossings: HashMap<Edge, Crossing> = edges
        .into_par_iter()
        .map(|edge| {
            let (i, j, up) = edge;
            let (mut low, mut high, fixed) =
                if up { (rows[j], rows[j + 1], columns[i]) } else { (columns[i], columns[i + 1], rows[j]) };
            let at =
                |value: f64| if up { labeller.label(fixed, value) } else { labeller.label(value, fixed) };
            let below = class(i, j);
            let mut above = if up { class(i, j + 1) } else { class(i + 1, j) };
            let (ends, cells) = if up { (rows, rows.len() - 1) } else { (columns, width - 1) };
            let least = tolerance * (ends[cells] - ends[0]);
            while high - low > least {
                let middle = 0.5 * (low + high);
                if middle <= low || middle >= high {
                    break;
                }
                let found = at(middle);
                if found == below {
                    low = middle;
                } else {
                    (high, above) = (middle, found);
                }
            }
            let place = 0.5 * (low + high);
            (edge, (if up { (fixed, place) } else { (place, fixed) }, pair(below, above)))
        })
        .collect();
    join(&crossings, width, rows.len())
}

/// Links the crossings of each cell that separate the same classes, and follows the links.
fn join(crossings: &HashMap<Edge, Crossing>, width: usize, height: usize) -> Vec<Boundary> {
    let mut links: HashMap<Edge, Vec<Edge>> = HashMap::new();
    for j in 0..height.saturating_sub(1) {
        for i in 0..width.saturating_sub(1) {
            let sides: Vec<Edge> = [(i, j, false), (i + 1, j, true), (i, j + 1, false), (i, j, true)]
                .into_iter()
                .filter(|edge| crossings.contains_key(edge))
                .collect();
            for (position, first) in sides.iter().enumerate() {
                let partner =
                    sides[position + 1..].iter().find(|second| crossings[*second].1 == crossings[first].1);
                if let Some(second) = partner {
                    links.entry(*first).or_default().push(*second);
                    links.entry(*second).or_default().push(*first);
                }
            }
        }
    }
    let mut order: Vec<Edge> = crossings.keys().copied().collect();
    // Curves start at their ends, in the order of the grid: the result does not depend on hashing.
    order.sort_by_key(|edge| (links.get(edge).map_or(0, Vec::len) > 1, *edge));
    let mut done: std::collections::HashSet<Edge> = std::collections::HashSet::new();
    let mut boundaries = Vec::new();
    for start in order {
        if !done.insert(start) {
            continue;
        }
        let mut points = vec![crossings[&start].0];
        let mut at = start;
        while let Some(next) =
            links.get(&at).and_then(|near| near.iter().copied().find(|e| !done.contains(e)))
        {
            done.insert(next);
            points.push(crossings[&next].0);
            at = next;
        }
        // A closed curve comes back to its start.
        if points.len() > 2 && links.get(&at).is_some_and(|near| near.contains(&start)) {
            points.push(points[0]);
        }
        boundaries.push(Boundary { between: crossings[&start].1, points });
    }
    boundaries
}
