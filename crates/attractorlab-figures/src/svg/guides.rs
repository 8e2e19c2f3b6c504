//! Discs, reference lines, spans, and words inside the axes.

use super::canvas::{Canvas, Frame, TICK_SIZE, num};
use super::marks::{outline, path, stroke};
use super::plot::{Occupancy, Plot};
use super::text;
use crate::figure::{Anchor, Direction, Disc, Layer, LineStyle, Reference, ReferenceKind, Span};

/// Draws the bulk of a spectrum.
pub(super) fn disc(canvas: &mut Canvas, plot: &Plot<'_>, disc: &Disc) {
    let data = outline(plot, &plot.circle(disc.centre, disc.radius));
    if data.is_empty() {
        return;
    }
    let (dashes, _) = stroke(LineStyle::Dashed, 0.8);
    let hex = disc.colour.hex();
    let mut attributes =
        vec![("d", data.as_str()), ("fill", hex), ("fill-opacity", "0.16"), ("class", "disc")];
    if disc.edge {
        attributes.extend([("stroke", hex), ("stroke-width", "0.8"), ("stroke-dasharray", &dashes)]);
    }
    canvas.empty("path", &attributes);
}

/// The visible course of a reference line.
fn course(plot: &Plot<'_>, kind: ReferenceKind) -> Vec<(f64, f64)> {
    let frame = &plot.frame;
    match kind {
        ReferenceKind::Horizontal(value) => {
            plot.y.value(value).map_or_else(Vec::new, |y| vec![(frame.left, y), (frame.right(), y)])
        }
        ReferenceKind::Vertical(value) => {
            plot.x.value(value).map_or_else(Vec::new, |x| vec![(x, frame.bottom()), (x, frame.top)])
        }
        ReferenceKind::Diagonal => diagonal(plot),
        ReferenceKind::UnitCircle => {
            let mut circle = plot.circle((0.0, 0.0), 1.0);
            circle.extend(circle.first().copied());
            circle
        }
    }
}

/// Between axes of different scale the diagonal is a curve; equal steps along the x axis show it.
fn diagonal(plot: &Plot<'_>) -> Vec<(f64, f64)> {
    (0..=100)
        .filter_map(|i| {
            let at = plot.x.range.low + plot.x.range.length() * f64::from(i) / 100.0;
            let value = match plot.x.scale {
                crate::Scale::Linear => at,
                crate::Scale::Log10 => 10f64.powf(at),
            };
            Some((plot.x.place(at), plot.y.value(value)?))
        })
        .collect()
}

/// Draws a reference line.
pub(super) fn reference(canvas: &mut Canvas, plot: &Plot<'_>, reference: &Reference) {
    let data = path(plot, &course(plot, reference.kind));
    if data.is_empty() {
        return;
    }
    let (dashes, cap) = stroke(reference.style, 0.8);
    canvas.empty(
        "path",
        &[
            ("class", "reference"),
            ("d", &data),
            ("fill", "none"),
            ("stroke", reference.colour.hex()),
            ("stroke-width", "0.8"),
            ("stroke-dasharray", &dashes),
            ("stroke-linecap", cap),
        ],
    );
}

/// Draws a window of one axis.
pub(super) fn span(canvas: &mut Canvas, plot: &Plot<'_>, span: &Span) {
    let frame = &plot.frame;
    let mapping = if span.direction == Direction::X { &plot.x } else { &plot.y };
    let (Some(a), Some(b)) = (mapping.value(span.low), mapping.value(span.high)) else { return };
    let corners = match span.direction {
        Direction::X => [(a, frame.top), (b, frame.top), (b, frame.bottom()), (a, frame.bottom())],
        Direction::Y => [(frame.left, a), (frame.left, b), (frame.right(), b), (frame.right(), a)],
    };
    let data = outline(plot, &corners);
    if !data.is_empty() {
        canvas.empty("path", &[("d", &data), ("fill", span.colour.hex()), ("fill-opacity", "0.15")]);
    }
}

/// Words with their place: the baseline's beginning.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) colour: &'static str,
    pub(super) x: f64,
    pub(super) baseline: f64,
}

/// Height of a line of words, from its ascenders to its descenders.
const LINE: f64 = TICK_SIZE * 1.15;

/// The box of words whose top left corner is given.
fn label(text: &str, colour: &'static str, left: f64, top: f64) -> (Label, Frame) {
    let frame = Frame { left, top, width: text::width(text, TICK_SIZE), height: LINE };
    let baseline = top + 0.82 * TICK_SIZE + 0.5;
    (Label { text: text.to_owned(), colour, x: left, baseline }, frame)
}

/// Places the words of reference lines and annotations and takes up their room.
pub(super) fn labels(plot: &Plot<'_>, occupancy: &mut Occupancy) -> Vec<Label> {
    let mut placed = Vec::new();
    // Annotations stand where they were put; reference labels look for room around them.
    for layer in &plot.panel.layers {
        if let Layer::Text(words) = layer
            && let Some((x, y)) = plot.point(words.x, words.y)
            && plot.frame.grown(0.1).holds(x, y)
        {
            let width = text::width(&words.text, TICK_SIZE);
            let left = match words.anchor {
                Anchor::Start => x,
                Anchor::Middle => x - 0.5 * width,
                Anchor::End => x - width,
            };
            let left = left.min(plot.frame.right() - width - 1.0).max(plot.frame.left + 1.0);
            let top = (y - 0.5 * LINE).min(plot.frame.bottom() - LINE - 1.0).max(plot.frame.top + 1.0);
            let (label, frame) = label(&words.text, words.colour.hex(), left, top);
            occupancy.take(frame);
            placed.push(label);
        }
    }
    let mut lines = Occupancy::default();
    for layer in &plot.panel.layers {
        if let Layer::Reference(reference) = layer {
            lines.path(&course(plot, reference.kind), &plot.frame);
        }
    }
    for layer in &plot.panel.layers {
        if let Layer::Reference(reference) = layer
            && !reference.label.trim().is_empty()
            && let Some((label, frame)) = beside(plot, reference, occupancy, &lines)
        {
            occupancy.take(frame);
            placed.push(label);
        }
    }
    // Only now: words may stand close to their own line, legends may not.
    occupancy.join(lines);
    placed
}

/// The emptiest place beside a reference line.
fn beside(
    plot: &Plot<'_>,
    reference: &Reference,
    occupancy: &Occupancy,
    lines: &Occupancy,
) -> Option<(Label, Frame)> {
    let width = text::width(&reference.label, TICK_SIZE);
    let gap = 2.0;
    let mut corners = Vec::new();
    let course = course(plot, reference.kind);
    match reference.kind {
        ReferenceKind::Horizontal(_) => {
            let y = course.first()?.1;
            let free = plot.frame.width - width - 2.0 * gap;
            for share in [1.0, 0.0, 0.5, 0.75, 0.25] {
                let left = plot.frame.left + gap + share * free;
                corners.extend([(left, y - LINE - 1.4), (left, y + 1.2)]);
            }
        }
        ReferenceKind::Vertical(_) => {
            let x = course.first()?.0;
            let free = plot.frame.height - LINE - 2.0 * gap;
            for share in [0.0, 1.0, 0.12, 0.88, 0.5] {
                let top = plot.frame.top + gap + share * free;
                corners.extend([(x + gap + 0.5, top), (x - width - gap - 0.5, top)]);
            }
        }
        ReferenceKind::Diagonal | ReferenceKind::UnitCircle => {
            let steps = course.len().max(1);
            for share in [0.92, 0.85, 0.75, 0.6, 0.4, 0.25, 0.15, 0.08] {
                let &(x, y) = course.get((share * steps as f64) as usize)?;
                corners.extend([
                    (x + gap + 1.0, y - 0.5),
                    (x - width - gap - 1.0, y - LINE + 0.5),
                    (x + gap + 1.0, y - LINE - 0.5),
                    (x - width - gap - 1.0, y + 0.5),
                ]);
            }
        }
    }
    let inside = plot.frame.grown(-0.5);
    corners
        .into_iter()
        .map(|(left, top)| label(&reference.label, reference.colour.hex(), left, top))
        .filter(|(_, frame)| inside.encloses(frame))
        .map(|(label, frame)| (occupancy.cost(&frame.grown(2.5)) + lines.cost(&frame), label, frame))
        // The first of equals wins, so the order above is the order of preference.
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, label, frame)| (label, frame))
}

/// Draws placed words.
pub(super) fn draw_labels(canvas: &mut Canvas, labels: &[Label]) {
    for label in labels {
        // The guides' grey is too pale for words.
        let fill = if label.colour == crate::Colour::Grey.hex() { "#5a5a5a" } else { label.colour };
        let style = text::Style::new(TICK_SIZE).fill(fill).halo();
        text::draw(canvas, &label.text, label.x, label.baseline, style);
    }
}

/// The attribute that restricts drawing to the axes.
pub(super) fn clip_reference(plot: &Plot<'_>) -> String {
    format!("url(#{}-clip)", plot.prefix)
}

/// Defines what [`clip_reference`] refers to.
pub(super) fn define_clip(canvas: &mut Canvas, plot: &Plot<'_>) {
    let id = format!("{}-clip", plot.prefix);
    canvas.open("clipPath", &[("id", &id)]);
    canvas.rectangle(&plot.frame, &[]);
    canvas.close("clipPath");
}

/// Defines a straight hatching. Turned lines of a simple pattern stay thin at every size.
pub(super) fn define_hatch(canvas: &mut Canvas, id: &str, hex: &str, turn: f64, distance: f64) {
    let side = num(distance);
    let transform = format!("rotate({})", num(turn));
    canvas.open(
        "pattern",
        &[
            ("id", id),
            ("width", &side),
            ("height", &side),
            ("patternUnits", "userSpaceOnUse"),
            ("patternTransform", &transform),
        ],
    );
    canvas.line((0.0, 0.5 * distance), (distance, 0.5 * distance), hex, 0.6);
    canvas.close("pattern");
}
