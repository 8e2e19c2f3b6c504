//! One panel placed on the page, and how crowded each part of it is.

use super::canvas::Frame;
use super::clip;
use super::scale::Mapping;
use crate::figure::{Layer, Panel};

/// A panel with its place.
#[derive(Debug)]
pub(super) struct Plot<'a> {
    pub(super) panel: &'a Panel,
    pub(super) frame: Frame,
    pub(super) x: Mapping,
    pub(super) y: Mapping,
    /// Begins the ids of this panel's definitions.
    pub(super) prefix: String,
}

impl Plot<'_> {
    /// The position of a point, if it has one.
    pub(super) fn point(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        Some((self.x.value(x)?, self.y.value(y)?))
    }

    /// Positions of points with gaps: runs of consecutive points that can be shown.
    pub(super) fn runs(&self, x: &[f64], y: &[f64]) -> Vec<Vec<(f64, f64)>> {
        let mut runs = vec![Vec::new()];
        for (&x, &y) in x.iter().zip(y) {
            match (self.point(x, y), runs.last_mut()) {
                (Some(point), Some(run)) => run.push(point),
                _ => runs.push(Vec::new()),
            }
        }
        runs.retain(|run| !run.is_empty());
        runs
    }

    /// The outline of an ellipse or of what a log axis makes of it.
    pub(super) fn circle(&self, centre: (f64, f64), radius: f64) -> Vec<(f64, f64)> {
        (0..180)
            .filter_map(|i| {
                let (sin, cos) = (std::f64::consts::TAU * f64::from(i) / 180.0).sin_cos();
                self.point(centre.0 + radius * cos, centre.1 + radius * sin)
            })
            .collect()
    }

    /// Whether the panel is filled by a field and wants a complete frame.
    pub(super) fn has_field(&self) -> bool {
        self.panel.layers.iter().any(|layer| matches!(layer, Layer::Heatmap(_) | Layer::Regions(_)))
    }
}

/// Where ink is: sample points of the data and boxes of words.
#[derive(Debug, Default)]
pub(super) struct Occupancy {
    points: Vec<(f64, f64)>,
    boxes: Vec<Frame>,
}

/// Distance of sample points in points.
const STEP: f64 = 3.0;

impl Occupancy {
    /// Samples the layers of a panel. Fields do not count: they are everywhere.
    pub(super) fn of(plot: &Plot<'_>) -> Self {
        let mut found = Self::default();
        for layer in &plot.panel.layers {
            match layer {
                Layer::Line(line) => {
                    for run in plot.runs(&line.x, &line.y) {
                        found.path(&run, &plot.frame);
                    }
                }
                Layer::Dots(dots) => {
                    found.marks(plot, &dots.x, &dots.y);
                    if let Some(errors) = &dots.y_error {
                        let points = dots.x.iter().zip(&dots.y);
                        for ((&x, &y), (below, above)) in points.zip(errors.below.iter().zip(&errors.above)) {
                            for run in plot.runs(&[x, x], &[y - below, y + above]) {
                                found.path(&run, &plot.frame);
                            }
                        }
                    }
                }
                Layer::Crosses(crosses) => found.marks(plot, &crosses.x, &crosses.y),
                Layer::Disc(disc) => {
                    for share in [0.2, 0.4, 0.6, 0.8, 1.0] {
                        found.path(&plot.circle(disc.centre, disc.radius * share), &plot.frame);
                    }
                }
                Layer::Band(band) => {
                    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
                        let y: Vec<f64> =
                            band.low.iter().zip(&band.high).map(|(l, h)| l + share * (h - l)).collect();
                        for run in plot.runs(&band.x, &y) {
                            found.path(&run, &plot.frame);
                        }
                    }
                }
                Layer::Bars(bars) => {
                    for (edge, &height) in bars.edges.windows(2).zip(&bars.heights) {
                        for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
                            let y = share * height;
                            for run in plot.runs(edge, &[y, y]) {
                                found.path(&run, &plot.frame);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    fn marks(&mut self, plot: &Plot<'_>, x: &[f64], y: &[f64]) {
        let points = x.iter().zip(y).filter_map(|(&x, &y)| plot.point(x, y));
        self.points.extend(points.filter(|p| plot.frame.holds(p.0, p.1)));
    }

    /// Takes up the room along a path.
    pub(super) fn path(&mut self, path: &[(f64, f64)], frame: &Frame) {
        for pair in path.windows(2) {
            let Some((from, to)) = clip::segment(pair[0], pair[1], frame) else { continue };
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let steps = (dx.hypot(dy) / STEP).ceil().clamp(1.0, 1000.0) as u32;
            self.points.extend((0..=steps).map(|i| {
                let t = f64::from(i) / f64::from(steps);
                (from.0 + t * dx, from.1 + t * dy)
            }));
        }
    }

    /// Takes up all room that another one takes up.
    pub(super) fn join(&mut self, other: Self) {
        self.points.extend(other.points);
        self.boxes.extend(other.boxes);
    }

    /// Takes up the room of a box of words.
    pub(super) fn take(&mut self, frame: Frame) {
        self.boxes.push(frame);
    }

    /// How much ink a box of words would cover.
    pub(super) fn cost(&self, frame: &Frame) -> f64 {
        let points = self.points.iter().filter(|p| frame.holds(p.0, p.1)).count();
        let overlaps = self.boxes.iter().filter(|b| {
            b.left < frame.right()
                && frame.left < b.right()
                && b.top < frame.bottom()
                && frame.top < b.bottom()
        });
        points as f64 + 100.0 * overlaps.count() as f64
    }
}
