//! Clipping of segments and polygons, so that far-away values neither bend lines nor reach the file.

use super::canvas::Frame;

type Point = (f64, f64);

/// The part of a segment inside the frame (Liang and Barsky), or nothing.
pub(super) fn segment(from: Point, to: Point, frame: &Frame) -> Option<(Point, Point)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    let borders = [
        (-dx, from.0 - frame.left),
        (dx, frame.right() - from.0),
        (-dy, from.1 - frame.top),
        (dy, frame.bottom() - from.1),
    ];
    for (towards, distance) in borders {
        if towards == 0.0 {
            if distance < 0.0 {
                return None;
            }
        } else if towards < 0.0 {
            enter = enter.max(distance / towards);
        } else {
            leave = leave.min(distance / towards);
        }
    }
    let at = |t: f64| (from.0 + t * dx, from.1 + t * dy);
    (enter <= leave).then(|| (at(enter), at(leave)))
}

/// The part of a polygon inside the frame (Sutherland and Hodgman).
pub(super) fn polygon(points: &[Point], frame: &Frame) -> Vec<Point> {
    let mut points = points.to_vec();
    // A border keeps the points with sign · (coordinate − bound) ≥ 0.
    let borders = [
        (true, 1.0, frame.left),
        (true, -1.0, frame.right()),
        (false, 1.0, frame.top),
        (false, -1.0, frame.bottom()),
    ];
    for (horizontal, sign, bound) in borders {
        let depth = |p: Point| sign * (if horizontal { p.0 } else { p.1 } - bound);
        let mut kept = Vec::with_capacity(points.len() + 4);
        for (i, &current) in points.iter().enumerate() {
            let previous = points[(i + points.len() - 1) % points.len()];
            let (before, now) = (depth(previous), depth(current));
            if (before >= 0.0) != (now >= 0.0) {
                let t = before / (before - now);
                kept.push((
                    previous.0 + t * (current.0 - previous.0),
                    previous.1 + t * (current.1 - previous.1),
                ));
            }
            if now >= 0.0 {
                kept.push(current);
            }
        }
        points = kept;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Frame = Frame { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };

    #[test]
    fn segments_keep_their_slope() {
        let (from, to) = segment((-1e6, -1e6), (1e6, 1e6), &UNIT).unwrap();
        assert!((from.0 - from.1).abs() < 1e-9 && (to.0 - to.1).abs() < 1e-9);
        assert!(segment((2.0, 0.0), (2.0, 1.0), &UNIT).is_none());
        assert!(segment((-1.0, 1.5), (1.5, 3.0), &UNIT).is_none());
    }

    #[test]
    fn polygons_keep_their_area_inside() {
        let clipped = polygon(&[(-1.0, -1.0), (0.5, -1.0), (0.5, 2.0), (-1.0, 2.0)], &UNIT);
        let area: f64 = (0..clipped.len())
            .map(|i| {
                let (a, b) = (clipped[i], clipped[(i + 1) % clipped.len()]);
                0.5 * (a.0 * b.1 - b.0 * a.1)
            })
            .sum();
        assert!((area.abs() - 0.5).abs() < 1e-12);
        assert!(polygon(&[], &UNIT).is_empty());
    }
}
