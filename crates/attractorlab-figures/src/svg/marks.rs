//! Lines, dots, crosses, bands and bars.

use std::fmt::Write;

use super::canvas::{Canvas, PAPER, num};
use super::clip;
use super::plot::Plot;
use crate::figure::{Band, Bars, Crosses, Dots, ErrorBars, Line, LineStyle, Marker};

/// Points closer than this to the last one drawn cannot be seen and are left out.
const INVISIBLE: f64 = 0.04;

/// Dash pattern and cap of a style, for a line width.
pub(super) fn stroke(style: LineStyle, width: f64) -> (String, &'static str) {
    match style {
        LineStyle::Solid => ("none".to_owned(), "round"),
        LineStyle::Dashed => (format!("{} {}", num(3.6 * width.max(0.7)), num(2.2 * width.max(0.7))), "butt"),
        LineStyle::Dotted => (format!("0 {}", num(2.2 * width.max(0.7))), "round"),
    }
}

/// A width or size that can be drawn, whatever was asked for.
pub(super) fn extent(value: f64) -> f64 {
    if value.is_finite() { value.clamp(0.1, 40.0) } else { 1.0 }
}

/// Path data of a run of points, cut at the frame.
pub(super) fn path(plot: &Plot<'_>, run: &[(f64, f64)]) -> String {
    let frame = plot.frame.grown(10.0);
    let mut data = String::new();
    let mut pen: Option<(f64, f64)> = None;
    if let [(x, y)] = run
        && frame.holds(*x, *y)
    {
        let _ = write!(data, "M{} {}h0", num(*x), num(*y));
    }
    let mut start = run.first().copied();
    for &end in run.iter().skip(1) {
        let Some(begin) = start else { break };
        if (end.0 - begin.0).abs() < INVISIBLE && (end.1 - begin.1).abs() < INVISIBLE {
            continue;
        }
        if let Some((from, to)) = clip::segment(begin, end, &frame) {
            if pen != Some(from) {
                let _ = write!(data, "M{} {}", num(from.0), num(from.1));
            }
            let _ = write!(data, "L{} {}", num(to.0), num(to.1));
            pen = Some(to);
        }
        start = Some(end);
    }
    data
}

/// Draws a curve.
pub(super) fn line(canvas: &mut Canvas, plot: &Plot<'_>, line: &Line) {
    let data: String = plot.runs(&line.x, &line.y).iter().map(|run| path(plot, run)).collect();
    if data.is_empty() {
        return;
    }
    let width = extent(line.width);
    let (dashes, cap) = stroke(line.style, width);
    canvas.empty(
        "path",
        &[
            ("class", "line"),
            ("data-label", &line.label),
            ("d", &data),
            ("fill", "none"),
            ("stroke", line.colour.hex()),
            ("stroke-width", &num(width)),
            ("stroke-dasharray", &dashes),
            ("stroke-linecap", cap),
            ("stroke-linejoin", "round"),
        ],
    );
}

/// Draws one marker; colours come from its group.
pub(super) fn marker(canvas: &mut Canvas, marker: Marker, size: f64, (x, y): (f64, f64)) {
    // Areas are alike, so that no shape looks heavier than the others.
    let r = 0.5 * size;
    match marker {
        Marker::Circle => canvas.empty("circle", &[("cx", &num(x)), ("cy", &num(y)), ("r", &num(r))]),
        Marker::Square => {
            let half = 0.886 * r;
            let side = num(2.0 * half);
            let data = format!("M{} {}h{side}v{side}h-{side}z", num(x - half), num(y - half));
            canvas.empty("path", &[("d", &data)]);
        }
        Marker::Triangle => {
            let (half, height) = (1.25 * r, 2.16 * r);
            let data = format!(
                "M{} {}L{} {}h-{}z",
                num(x),
                num(y - 0.5 * height),
                num(x + half),
                num(y + 0.5 * height),
                num(2.0 * half)
            );
            canvas.empty("path", &[("d", &data)]);
        }
        Marker::Diamond => {
            let d = num(1.253 * r);
            let data = format!("M{} {}l{d} {d}l-{d} {d}l-{d} -{d}z", num(x), num(y - 1.253 * r));
            canvas.empty("path", &[("d", &data)]);
        }
    }
}

/// Fill and stroke of a group of markers.
pub(super) fn marker_paint(dots: &Dots) -> [(&'static str, &'static str); 3] {
    let hex = dots.colour.hex();
    if dots.filled {
        [("fill", hex), ("stroke", "none"), ("stroke-width", "0")]
    } else {
        [("fill", PAPER), ("stroke", hex), ("stroke-width", "1")]
    }
}

/// Draws points with their error bars.
pub(super) fn dots(canvas: &mut Canvas, plot: &Plot<'_>, dots: &Dots) {
    let bars = error_bars(plot, dots);
    if !bars.is_empty() {
        canvas.empty(
            "path",
            &[
                ("class", "errors"),
                ("d", &bars),
                ("fill", "none"),
                ("stroke", dots.colour.hex()),
                ("stroke-width", "0.8"),
            ],
        );
    }
    let [fill, stroke, width] = marker_paint(dots);
    canvas.open("g", &[("class", "dots"), ("data-label", &dots.label), fill, stroke, width]);
    let size = extent(dots.size);
    for (&x, &y) in dots.x.iter().zip(&dots.y) {
        if let Some(point) = visible(plot, x, y) {
            marker(canvas, dots.marker, size, point);
        }
    }
    canvas.close("g");
}

fn visible(plot: &Plot<'_>, x: f64, y: f64) -> Option<(f64, f64)> {
    plot.point(x, y).filter(|p| plot.frame.grown(0.1).holds(p.0, p.1))
}

/// Both ends of a bar. A lower end that a log axis cannot show lies at the start of the axis.
fn ends(errors: Option<&ErrorBars>, index: usize, value: f64) -> Option<(f64, f64)> {
    let errors = errors?;
    let below = errors.below.get(index).copied().filter(|e| e.is_finite())?;
    let above = errors.above.get(index).copied().filter(|e| e.is_finite())?;
    Some((value - below.abs(), value + above.abs()))
}

fn error_bars(plot: &Plot<'_>, dots: &Dots) -> String {
    let mut data = String::new();
    let mut bar = |from: (f64, f64), to: (f64, f64)| {
        if let Some((from, to)) = clip::segment(from, to, &plot.frame) {
            let _ = write!(data, "M{} {}L{} {}", num(from.0), num(from.1), num(to.0), num(to.1));
        }
    };
    for (index, (&x, &y)) in dots.x.iter().zip(&dots.y).enumerate() {
        let Some((px, py)) = plot.point(x, y) else { continue };
        if let Some((low, high)) = ends(dots.y_error.as_ref(), index, y) {
            let low = plot.y.value(low).unwrap_or(plot.y.start);
            bar((px, low), (px, plot.y.value(high).unwrap_or(py)));
        }
        if let Some((low, high)) = ends(dots.x_error.as_ref(), index, x) {
            let low = plot.x.value(low).unwrap_or(plot.x.start);
            bar((low, py), (plot.x.value(high).unwrap_or(px), py));
        }
    }
    data
}

/// Path data of one cross.
pub(super) fn cross(size: f64, (x, y): (f64, f64)) -> String {
    let (half, side) = (0.5 * size * std::f64::consts::FRAC_1_SQRT_2, size * std::f64::consts::FRAC_1_SQRT_2);
    let (left, top, side) = (num(x - half), num(y - half), num(side));
    format!("M{left} {top}l{side} {side}m-{side} 0l{side} -{side}")
}

/// Draws predicted points.
pub(super) fn crosses(canvas: &mut Canvas, plot: &Plot<'_>, crosses: &Crosses) {
    let size = extent(crosses.size);
    canvas.open(
        "g",
        &[
            ("class", "dots"),
            ("data-label", &crosses.label),
            ("fill", "none"),
            ("stroke", crosses.colour.hex()),
            ("stroke-width", "1.4"),
        ],
    );
    for (&x, &y) in crosses.x.iter().zip(&crosses.y) {
        if let Some(point) = visible(plot, x, y) {
            canvas.empty("path", &[("d", &cross(size, point))]);
        }
    }
    canvas.close("g");
}

/// Path data of a closed polygon, cut at the frame; empty if nothing is left.
pub(super) fn outline(plot: &Plot<'_>, points: &[(f64, f64)]) -> String {
    let mut data = String::new();
    for (i, point) in clip::polygon(points, &plot.frame.grown(10.0)).iter().enumerate() {
        let _ = write!(data, "{}{} {}", if i == 0 { 'M' } else { 'L' }, num(point.0), num(point.1));
    }
    if !data.is_empty() {
        data.push('z');
    }
    data
}

/// Draws a band.
pub(super) fn band(canvas: &mut Canvas, plot: &Plot<'_>, band: &Band) {
    let mut pieces: Vec<Vec<[(f64, f64); 2]>> = vec![Vec::new()];
    for ((&x, &low), &high) in band.x.iter().zip(&band.low).zip(&band.high) {
        match (plot.point(x, low), plot.point(x, high), pieces.last_mut()) {
            (Some(low), Some(high), Some(piece)) => piece.push([low, high]),
            _ => pieces.push(Vec::new()),
        }
    }
    let data: String = pieces
        .iter()
        .map(|piece| {
            let back = piece.iter().rev().map(|pair| pair[0]);
            let polygon: Vec<_> = piece.iter().map(|pair| pair[1]).chain(back).collect();
            outline(plot, &polygon)
        })
        .collect();
    if !data.is_empty() {
        canvas.empty("path", &[("d", &data), ("fill", band.colour.hex()), ("fill-opacity", "0.22")]);
    }
}

/// Draws a histogram.
pub(super) fn bars(canvas: &mut Canvas, plot: &Plot<'_>, bars: &Bars) {
    let mut data = String::new();
    // Bars of a log axis stand on its start.
    let floor = plot.y.value(0.0).unwrap_or(plot.y.start);
    for (edge, &height) in bars.edges.windows(2).zip(&bars.heights) {
        let (Some(left), Some(right)) = (plot.x.value(edge[0]), plot.x.value(edge[1])) else { continue };
        let Some(top) = plot.y.value(height) else { continue };
        data.push_str(&outline(plot, &[(left, floor), (left, top), (right, top), (right, floor)]));
    }
    if !data.is_empty() {
        canvas.empty(
            "path",
            &[
                ("d", &data),
                ("fill", bars.colour.hex()),
                ("fill-opacity", "0.45"),
                ("stroke", bars.colour.hex()),
                ("stroke-width", "0.6"),
            ],
        );
    }
}
