//! Axes: lines, ticks, numbers and labels.

use super::canvas::{Canvas, Frame, INK, LABEL_SIZE, TICK_SIZE};
use super::plot::Plot;
use super::scale::{Interval, Mapping};
use super::text;
use super::ticks::{self, Ticks};
use crate::figure::{Anchor, Axis};

const TICK: f64 = 2.6;
const MINOR: f64 = 1.5;
const GAP: f64 = 1.8;
const RULE: f64 = 0.7;
/// Distance of a label from the numbers; subscripts reach into it.
const LABEL_GAP: f64 = 2.8;
/// Height of a line of a label.
const LABEL_LINE: f64 = LABEL_SIZE * 1.15;

/// Ticks of a horizontal axis: numbers stand side by side.
pub(super) fn horizontal_ticks(axis: &Axis, range: Interval, length: f64) -> Ticks {
    ticks::choose(axis, range, length, |label| text::width(label, TICK_SIZE) + 5.0)
}

/// Ticks of a vertical axis: numbers stand one above the other.
pub(super) fn vertical_ticks(axis: &Axis, range: Interval, length: f64) -> Ticks {
    ticks::choose(axis, range, length, |_| TICK_SIZE * 1.5)
}

/// Width of the widest number.
fn widest(ticks: &Ticks) -> f64 {
    ticks.major.iter().map(|tick| text::width(&tick.label, TICK_SIZE)).fold(0.0, f64::max)
}

/// Height of a label in as many lines as it needs; zero without one.
fn label_depth(label: &str, available: f64) -> f64 {
    let lines = text::wrap(label, available, LABEL_SIZE).len();
    if lines == 0 { 0.0 } else { LABEL_GAP + LABEL_LINE * lines as f64 }
}

/// Room below the frame.
pub(super) fn depth_below(label: &str, available: f64, numbers: bool) -> f64 {
    TICK + if numbers { GAP + TICK_SIZE + label_depth(label, available) } else { 0.0 }
}

/// Room beside the frame, on the left or, for colour bars, on the right.
pub(super) fn depth_beside(ticks: &Ticks, label: &str, available: f64, numbers: bool) -> f64 {
    TICK + if numbers { GAP + widest(ticks) + 1.0 + label_depth(label, available) } else { 0.0 }
}

/// How far the last number of a horizontal axis reaches out of the frame.
pub(super) fn overhang(ticks: &Ticks, range: Interval, length: f64) -> f64 {
    ticks.major.last().map_or(0.0, |tick| {
        let beyond = (tick.at - range.high) / range.length() * length;
        beyond + 0.5 * text::width(&tick.label, TICK_SIZE)
    })
}

/// Draws both axes. Those without numbers share them with a neighbour.
pub(super) fn draw(canvas: &mut Canvas, plot: &Plot<'_>, x: (&Ticks, bool), y: (&Ticks, bool)) {
    let frame = &plot.frame;
    if plot.has_field() || plot.panel.equal_aspect {
        canvas.rectangle(
            frame,
            &[("fill", "none"), ("stroke", INK), ("stroke-width", &super::canvas::num(RULE))],
        );
    } else {
        let half = 0.5 * RULE;
        canvas.line((frame.left, frame.top), (frame.left, frame.bottom() + half), INK, RULE);
        canvas.line((frame.left - half, frame.bottom()), (frame.right(), frame.bottom()), INK, RULE);
    }
    below(canvas, plot, x.0, x.1);
    left(canvas, plot, y.0, y.1);
}

fn below(canvas: &mut Canvas, plot: &Plot<'_>, ticks: &Ticks, numbers: bool) {
    let frame = &plot.frame;
    for &at in &ticks.minor {
        let x = plot.x.place(at);
        canvas.line((x, frame.bottom()), (x, frame.bottom() + MINOR), INK, 0.5);
    }
    let baseline = frame.bottom() + TICK + GAP + 0.75 * TICK_SIZE;
    for tick in &ticks.major {
        let x = plot.x.place(tick.at);
        canvas.line((x, frame.bottom()), (x, frame.bottom() + TICK), INK, RULE);
        if numbers {
            let style = text::Style::new(TICK_SIZE).anchor(Anchor::Middle);
            text::draw(canvas, &tick.label, x, baseline, style);
        }
    }
    if numbers {
        let middle = frame.left + 0.5 * frame.width;
        let first = frame.bottom() + TICK + GAP + TICK_SIZE + LABEL_GAP + 0.8 * LABEL_SIZE;
        let style = text::Style::new(LABEL_SIZE).anchor(Anchor::Middle);
        for (i, line) in text::wrap(&plot.panel.x.label, frame.width, LABEL_SIZE).iter().enumerate() {
            text::draw(canvas, line, middle, first + LABEL_LINE * i as f64, style);
        }
    }
}

fn left(canvas: &mut Canvas, plot: &Plot<'_>, ticks: &Ticks, numbers: bool) {
    let frame = &plot.frame;
    for &at in &ticks.minor {
        let y = plot.y.place(at);
        canvas.line((frame.left, y), (frame.left - MINOR, y), INK, 0.5);
    }
    for tick in &ticks.major {
        let y = plot.y.place(tick.at);
        canvas.line((frame.left, y), (frame.left - TICK, y), INK, RULE);
        if numbers {
            let style = text::Style::new(TICK_SIZE).anchor(Anchor::End);
            text::draw(canvas, &tick.label, frame.left - TICK - GAP, y + 0.36 * TICK_SIZE, style);
        }
    }
    if numbers {
        let middle = frame.top + 0.5 * frame.height;
        let lines = text::wrap(&plot.panel.y.label, frame.height, LABEL_SIZE);
        let last = frame.left - TICK - GAP - widest(ticks) - 1.0 - LABEL_GAP - 0.2 * LABEL_SIZE;
        let style = text::Style::new(LABEL_SIZE).anchor(Anchor::Middle).upright();
        for (i, line) in lines.iter().rev().enumerate() {
            text::draw(canvas, line, last - LABEL_LINE * i as f64, middle, style);
        }
    }
}

/// Draws the axis of a colour bar.
pub(super) fn right(canvas: &mut Canvas, frame: &Frame, mapping: &Mapping, ticks: &Ticks, label: &str) {
    for tick in &ticks.major {
        let y = mapping.place(tick.at);
        canvas.line((frame.right(), y), (frame.right() + TICK, y), INK, RULE);
        let style = text::Style::new(TICK_SIZE);
        text::draw(canvas, &tick.label, frame.right() + TICK + GAP, y + 0.36 * TICK_SIZE, style);
    }
    let middle = frame.top + 0.5 * frame.height;
    let first = frame.right() + TICK + GAP + widest(ticks) + 1.0 + LABEL_GAP + 0.8 * LABEL_SIZE;
    let style = text::Style::new(LABEL_SIZE).anchor(Anchor::Middle).upright();
    for (i, line) in text::wrap(label, frame.height, LABEL_SIZE).iter().enumerate() {
        text::draw(canvas, line, first + LABEL_LINE * i as f64, middle, style);
    }
}
