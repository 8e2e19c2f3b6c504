//! Legends: in the emptiest corner, or above the axes.

use super::canvas::{Canvas, Frame, PAPER, TICK_SIZE, num};
use super::marks::{cross, extent, marker, marker_paint, stroke};
use super::plot::{Occupancy, Plot};
use super::regions;
use super::text;
use crate::figure::{Layer, Legend};

/// Widths of samples: of lines and areas, and of markers alone.
const KEY_WIDTHS: (f64, f64) = (15.0, 7.0);
const KEY_GAP: f64 = 3.5;
const ROW: f64 = 9.4;
const COLUMN_GAP: f64 = 9.0;
const INSET: f64 = 3.5;

/// One line of a legend.
#[derive(Debug, Clone)]
pub(super) enum Entry<'a> {
    Layer(&'a Layer, &'a str),
    Region(usize, &'a str),
}

impl Entry<'_> {
    fn label(&self) -> &str {
        match self {
            Self::Layer(_, label) | Self::Region(_, label) => label,
        }
    }

    fn width(&self, key: f64) -> f64 {
        key + KEY_GAP + text::width(self.label(), TICK_SIZE)
    }

    fn is_marker(&self) -> bool {
        let Self::Layer(layer, _) = self else { return false };
        match layer {
            Layer::Dots(dots) => dots.x_error.is_none(),
            Layer::Crosses(_) | Layer::Disc(_) => true,
            _ => false,
        }
    }
}

/// Width of the samples of a legend.
fn key_width(entries: &[Entry<'_>]) -> f64 {
    if entries.iter().all(Entry::is_marker) { KEY_WIDTHS.1 } else { KEY_WIDTHS.0 }
}

fn layer_label(layer: &Layer) -> &str {
    match layer {
        Layer::Line(line) => &line.label,
        Layer::Dots(dots) => &dots.label,
        Layer::Crosses(crosses) => &crosses.label,
        Layer::Disc(disc) => &disc.label,
        Layer::Band(band) => &band.label,
        Layer::Span(span) => &span.label,
        Layer::Bars(bars) => &bars.label,
        // Their words stand at the line, at the point or at the colour bar.
        Layer::Reference(_) | Layer::Heatmap(_) | Layer::Regions(_) | Layer::Text(_) => "",
    }
}

/// Whether two layers would have the same sample in the legend.
fn look_alike(a: &Layer, b: &Layer) -> bool {
    match (a, b) {
        (Layer::Line(a), Layer::Line(b)) => a.style == b.style && a.colour == b.colour,
        (Layer::Dots(a), Layer::Dots(b)) => {
            a.marker == b.marker && a.filled == b.filled && a.colour == b.colour
        }
        (Layer::Crosses(a), Layer::Crosses(b)) => a.colour == b.colour,
        (Layer::Disc(a), Layer::Disc(b)) => a.colour == b.colour,
        (Layer::Band(a), Layer::Band(b)) => a.colour == b.colour,
        (Layer::Span(a), Layer::Span(b)) => a.colour == b.colour,
        (Layer::Bars(a), Layer::Bars(b)) => a.colour == b.colour,
        _ => false,
    }
}

/// The lines of a panel's legend. Layers that look alike under one name share a line.
pub(super) fn entries<'a>(plot: &Plot<'a>, left_over: &[usize]) -> Vec<Entry<'a>> {
    let panel = plot.panel;
    let mut entries: Vec<Entry<'a>> = Vec::new();
    if panel.legend == Legend::Hidden {
        return entries;
    }
    for layer in &panel.layers {
        let label = layer_label(layer);
        let known = entries
            .iter()
            .any(|e| matches!(e, Entry::Layer(other, name) if *name == label && look_alike(layer, other)));
        if !label.trim().is_empty() && !known {
            entries.push(Entry::Layer(layer, label));
        }
    }
    if let Some(map) = regions::of_panel(panel) {
        entries.extend(
            left_over.iter().filter_map(|&class| Some(Entry::Region(class, map.names.get(class)?.as_str()))),
        );
    }
    entries
}

/// Where a legend stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    Inside(Frame),
    Above,
}

/// Chooses the place. `above` keeps an earlier decision.
pub(super) fn place(plot: &Plot<'_>, entries: &[Entry<'_>], occupancy: &Occupancy, above: bool) -> Place {
    let key = key_width(entries);
    let width = entries.iter().map(|entry| entry.width(key)).fold(0.0, f64::max);
    let height = ROW * entries.len() as f64;
    let frame = &plot.frame;
    let (left, right) = (frame.left + INSET, frame.right() - INSET - width);
    let (top, bottom) = (frame.top + INSET, frame.bottom() - INSET - height);
    let at = |left, top| Frame { left, top, width, height };
    match plot.panel.legend {
        Legend::TopLeft => return Place::Inside(at(left, top)),
        Legend::TopRight => return Place::Inside(at(right, top)),
        Legend::BottomLeft => return Place::Inside(at(left, bottom)),
        Legend::BottomRight => return Place::Inside(at(right, bottom)),
        Legend::Above => return Place::Above,
        Legend::Auto | Legend::Hidden => {}
    }
    if above || plot.has_field() || width > 0.7 * frame.width || height > 0.6 * frame.height {
        return Place::Above;
    }
    [at(right, top), at(left, top), at(right, bottom), at(left, bottom)]
        .into_iter()
        .find(|candidate| occupancy.cost(&candidate.grown(2.5)) == 0.0)
        .map_or(Place::Above, Place::Inside)
}

/// Widths of the columns of a legend above the axes: as many columns as fit, one under the other.
fn columns(entries: &[Entry<'_>], available: f64) -> Vec<f64> {
    let key = key_width(entries);
    for count in (2..=entries.len()).rev() {
        let mut widths = vec![0.0_f64; count];
        for (i, entry) in entries.iter().enumerate() {
            widths[i % count] = widths[i % count].max(entry.width(key));
        }
        if widths.iter().sum::<f64>() + COLUMN_GAP * (count - 1) as f64 <= available {
            return widths;
        }
    }
    vec![available]
}

/// Height of a legend above the axes.
pub(super) fn height_above(entries: &[Entry<'_>], available: f64) -> f64 {
    let rows = entries.len().div_ceil(columns(entries, available).len());
    if rows == 0 { 0.0 } else { ROW * rows as f64 + 3.0 }
}

/// Draws the legend.
pub(super) fn draw(canvas: &mut Canvas, plot: &Plot<'_>, entries: &[Entry<'_>], place: Place) {
    if entries.is_empty() {
        return;
    }
    let key = key_width(entries);
    canvas.open("g", &[("class", "legend")]);
    match place {
        Place::Inside(frame) => {
            if plot.panel.legend != Legend::Auto {
                // A place that was asked for may hold data; paper keeps the words readable.
                canvas.rectangle(&frame.grown(2.0), &[("fill", PAPER), ("fill-opacity", "0.85")]);
            }
            for (i, entry) in entries.iter().enumerate() {
                line(canvas, plot, entry, key, frame.left, frame.top + ROW * (i as f64 + 0.5));
            }
        }
        Place::Above => {
            let widths = columns(entries, plot.frame.width);
            let top = plot.frame.top - height_above(entries, plot.frame.width);
            for (row, members) in entries.chunks(widths.len()).enumerate() {
                let mut left = plot.frame.left;
                for (entry, width) in members.iter().zip(&widths) {
                    line(canvas, plot, entry, key, left, top + ROW * (row as f64 + 0.5));
                    left += width + COLUMN_GAP;
                }
            }
        }
    }
    canvas.close("g");
}

fn line(canvas: &mut Canvas, plot: &Plot<'_>, entry: &Entry<'_>, width: f64, left: f64, middle: f64) {
    let swatch = Frame { left, top: middle - 3.0, width, height: 6.0 };
    match entry {
        Entry::Layer(layer, _) => key(canvas, layer, &swatch),
        Entry::Region(class, _) => regions::key(canvas, plot, *class, &swatch),
    }
    let style = text::Style::new(TICK_SIZE);
    text::draw(canvas, entry.label(), left + width + KEY_GAP, middle + 0.36 * TICK_SIZE, style);
}

/// The sample of a layer.
fn key(canvas: &mut Canvas, layer: &Layer, swatch: &Frame) {
    let (x, y) = (swatch.left + 0.5 * swatch.width, swatch.top + 0.5 * swatch.height);
    match layer {
        Layer::Line(line) => {
            let width = extent(line.width).min(2.5);
            let (dashes, cap) = stroke(line.style, width);
            let data = format!("M{} {}H{}", num(swatch.left), num(y), num(swatch.right()));
            canvas.empty(
                "path",
                &[
                    ("d", &data),
                    ("stroke", line.colour.hex()),
                    ("stroke-width", &num(width)),
                    ("stroke-dasharray", &dashes),
                    ("stroke-linecap", cap),
                ],
            );
        }
        Layer::Dots(dots) => {
            if dots.y_error.is_some() {
                canvas.line((x, y - 4.0), (x, y + 4.0), dots.colour.hex(), 0.8);
            }
            if dots.x_error.is_some() {
                canvas.line((x - 5.0, y), (x + 5.0, y), dots.colour.hex(), 0.8);
            }
            canvas.open("g", &marker_paint(dots));
            marker(canvas, dots.marker, extent(dots.size).clamp(3.0, 6.0), (x, y));
            canvas.close("g");
        }
        Layer::Crosses(crosses) => {
            let data = cross(extent(crosses.size).clamp(4.0, 7.0), (x, y));
            let stroke = crosses.colour.hex();
            canvas.empty("path", &[("d", &data), ("stroke", stroke), ("stroke-width", "1.4")]);
        }
        Layer::Disc(disc) => {
            let (dashes, _) = stroke(crate::LineStyle::Dashed, 0.5);
            let mut attributes = vec![
                ("cx", num(x)),
                ("cy", num(y)),
                ("r", "3.6".to_owned()),
                ("fill", disc.colour.hex().to_owned()),
                ("fill-opacity", "0.2".to_owned()),
            ];
            if disc.edge {
                attributes.extend([
                    ("stroke", disc.colour.hex().to_owned()),
                    ("stroke-width", "0.8".to_owned()),
                    ("stroke-dasharray", dashes),
                ]);
            }
            let attributes: Vec<_> = attributes.iter().map(|(key, value)| (*key, value.as_str())).collect();
            canvas.empty("circle", &attributes);
        }
        Layer::Band(band) => {
            canvas.rectangle(swatch, &[("fill", band.colour.hex()), ("fill-opacity", "0.22")]);
        }
        Layer::Span(span) => {
            canvas.rectangle(swatch, &[("fill", span.colour.hex()), ("fill-opacity", "0.15")]);
        }
        Layer::Bars(bars) => {
            let hex = bars.colour.hex();
            let paint = [("fill", hex), ("fill-opacity", "0.45"), ("stroke", hex), ("stroke-width", "0.6")];
            canvas.rectangle(swatch, &paint);
        }
        Layer::Reference(_) | Layer::Heatmap(_) | Layer::Regions(_) | Layer::Text(_) => {}
    }
}
