//! Which range of x and y a panel must show.

use super::grid::Grid;
use super::scale::{Interval, ruler, wanted};
use crate::figure::{Axis, Direction, Dots, ErrorBars, Layer, Panel, ReferenceKind};

/// White space left around points, as a share of their range.
const MARGIN: f64 = 0.045;

/// The range of one axis while it is collected.
struct Extent<'a> {
    axis: &'a Axis,
    /// Points, which want a margin.
    points: Interval,
    /// Fields, which end at the frame.
    fields: Interval,
    /// Bars stand on the frame.
    floor: Option<f64>,
    /// Reference lines, which are shown if they are near.
    references: Vec<f64>,
}

impl<'a> Extent<'a> {
    fn new(axis: &'a Axis) -> Self {
        Self { axis, points: Interval::EMPTY, fields: Interval::EMPTY, floor: None, references: Vec::new() }
    }

    fn point(&mut self, value: f64) {
        if let Some(at) = ruler(self.axis.scale, value) {
            self.points.include(at);
        }
    }

    fn all<'b>(&mut self, values: impl IntoIterator<Item = &'b f64>) {
        values.into_iter().for_each(|&value| self.point(value));
    }

    fn with_errors(&mut self, values: &[f64], errors: Option<&ErrorBars>) {
        self.all(values);
        let Some(errors) = errors else { return };
        for (value, below) in values.iter().zip(&errors.below) {
            self.point(value - below.abs());
        }
        for (value, above) in values.iter().zip(&errors.above) {
            self.point(value + above.abs());
        }
    }

    fn field(&mut self, coordinates: &[f64], cells: usize) {
        if let Some(grid) = Grid::new(coordinates, cells, self.axis.scale) {
            self.fields = self.fields.union(grid.interval());
        }
    }

    fn range(mut self) -> Interval {
        if let Some(range) = wanted(self.axis) {
            return range;
        }
        let data = self.points.union(self.fields).regular(self.axis.scale);
        let nothing = self.points.is_empty() && self.fields.is_empty();
        for value in std::mem::take(&mut self.references) {
            let Some(at) = ruler(self.axis.scale, value) else { continue };
            if nothing || data.stretched(2.0).contains(&Interval { low: at, high: at }) {
                self.points.include(at);
            }
        }
        if !self.fields.is_empty() && self.fields.contains(&self.points) {
            return self.fields.regular(self.axis.scale);
        }
        let padded = self.points.regular(self.axis.scale).padded(MARGIN);
        let mut range = if self.fields.is_empty() { padded } else { padded.union(self.fields) };
        if let Some(floor) = self.floor.filter(|floor| self.points.low >= *floor) {
            range.low = floor;
        }
        range.regular(self.axis.scale)
    }
}

fn shown(dots: &Dots) -> usize {
    dots.x.len().min(dots.y.len())
}

/// The ranges of x and y on their rulers.
pub(super) fn of_panel(panel: &Panel) -> (Interval, Interval) {
    let (mut x, mut y) = (Extent::new(&panel.x), Extent::new(&panel.y));
    for layer in &panel.layers {
        match layer {
            Layer::Line(line) => {
                x.all(&line.x);
                y.all(&line.y);
            }
            Layer::Dots(dots) => {
                x.with_errors(&dots.x[..shown(dots)], dots.x_error.as_ref());
                y.with_errors(&dots.y[..shown(dots)], dots.y_error.as_ref());
            }
            Layer::Crosses(crosses) => {
                x.all(&crosses.x);
                y.all(&crosses.y);
            }
            Layer::Disc(disc) => {
                let radius = disc.radius.abs();
                x.all(&[disc.centre.0 - radius, disc.centre.0 + radius]);
                y.all(&[disc.centre.1 - radius, disc.centre.1 + radius]);
            }
            Layer::Band(band) => {
                x.all(&band.x);
                y.all(band.low.iter().chain(&band.high));
            }
            Layer::Reference(reference) => match reference.kind {
                ReferenceKind::Horizontal(value) => y.references.push(value),
                ReferenceKind::Vertical(value) => x.references.push(value),
                ReferenceKind::Diagonal => {}
                ReferenceKind::UnitCircle => {
                    x.all(&[-1.0, 1.0]);
                    y.all(&[-1.0, 1.0]);
                }
            },
            Layer::Span(span) => match span.direction {
                Direction::X => x.all(&[span.low, span.high]),
                Direction::Y => y.all(&[span.low, span.high]),
            },
            Layer::Bars(bars) => {
                x.all(&bars.edges);
                y.all(&bars.heights);
                y.point(0.0);
                y.floor = ruler(panel.y.scale, 0.0);
            }
            Layer::Heatmap(map) => {
                x.field(&map.x, map.z.iter().map(Vec::len).max().unwrap_or(0));
                y.field(&map.y, map.z.len());
            }
            Layer::Regions(map) => {
                x.field(&map.x, map.class.iter().map(Vec::len).max().unwrap_or(0));
                y.field(&map.y, map.class.len());
            }
            Layer::Text(text) => {
                x.point(text.x);
                y.point(text.y);
            }
        }
    }
    (x.range(), y.range())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axis, Bars, Heatmap, Line, Reference};

    fn panel() -> Panel {
        Panel::new(Axis::new("x"), Axis::new("y"))
    }

    #[test]
    fn near_references_are_kept_in_view_and_far_ones_not() {
        let line = Line::new([0.0, 1.0], [0.0, 1.0]);
        let y = |at| of_panel(&panel().layer(line.clone()).layer(Reference::horizontal(at))).1;
        assert!(y(1.2).high > 1.2);
        assert!(y(50.0).high < 2.0);
    }

    #[test]
    fn fields_reach_the_frame_and_bars_stand_on_it() {
        let map = Heatmap::sampled([0.0, 1.0, 2.0], [0.0, 1.0], Axis::new("z"), |x, y| x * y);
        assert_eq!(of_panel(&panel().layer(map)).0, Interval { low: -0.5, high: 2.5 });
        let bars = Bars::new([0.0, 1.0, 2.0], [3.0, 5.0]);
        assert_eq!(of_panel(&panel().layer(bars)).1.low, 0.0);
    }

    #[test]
    fn not_a_number_does_not_spoil_the_range() {
        let line = Line::new([0.0, f64::NAN, 1.0], [f64::INFINITY, 1.0, f64::NAN]);
        let (x, y) = of_panel(&panel().layer(line));
        assert!(x.length().is_finite() && y.length().is_finite());
    }
}
