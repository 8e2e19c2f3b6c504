//! Labels: sub- and superscripts, widths, line breaks.

use std::fmt::Write;

use super::canvas::{Canvas, INK, PAPER, escape, num};
use crate::figure::Anchor;

/// Height of the script relative to the label.
const SCRIPT_SIZE: f64 = 0.72;

/// Where a run of characters stands relative to the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Base,
    Sub,
    Super,
}

/// Splits a label into runs. Only `_{...}` and `^{...}` are special; anything else, such as a lone `_` or
/// a brace that is never closed, stands for itself.
pub(crate) fn runs(label: &str) -> Vec<(Level, &str)> {
    let mut found = Vec::new();
    let mut rest = label;
    while let Some(at) = [rest.find("_{"), rest.find("^{")].into_iter().flatten().min() {
        let Some(length) = rest[at + 2..].find('}') else { break };
        if at > 0 {
            found.push((Level::Base, &rest[..at]));
        }
        let level = if rest[at..].starts_with('_') { Level::Sub } else { Level::Super };
        found.push((level, &rest[at + 2..at + 2 + length]));
        rest = &rest[at + 3 + length..];
    }
    if !rest.is_empty() {
        found.push((Level::Base, rest));
    }
    found
}

/// A label as HTML.
pub(crate) fn to_html(label: &str) -> String {
    runs(label)
        .into_iter()
        .map(|(level, run)| match level {
            Level::Base => escape(run),
            Level::Sub => format!("<sub>{}</sub>", escape(run)),
            Level::Super => format!("<sup>{}</sup>", escape(run)),
        })
        .collect()
}

/// Advance widths of Helvetica for the characters from space to tilde, in thousandths of the type size.
const ADVANCE: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

fn advance(c: char) -> f64 {
    let index = (c as usize).wrapping_sub(' ' as usize);
    match ADVANCE.get(index) {
        Some(&width) => f64::from(width) / 1000.0,
        None if c >= '\u{2e80}' => 1.0,
        None => 0.6,
    }
}

/// Width of a label at a type size, estimated from Helvetica's metrics.
pub(super) fn width(label: &str, size: f64) -> f64 {
    runs(label)
        .into_iter()
        .map(|(level, run)| {
            let scale = if level == Level::Base { 1.0 } else { SCRIPT_SIZE };
            scale * size * run.chars().map(advance).sum::<f64>()
        })
        .sum()
}

/// Breaks a label at spaces so that its lines fit, where words allow it, and are of similar length.
pub(super) fn wrap(label: &str, available: f64, size: f64) -> Vec<String> {
    let mut best = fill(label, available, size);
    let mut narrower = available;
    while best.len() > 1 {
        narrower -= 0.05 * available;
        let lines = fill(label, narrower, size);
        if lines.len() > best.len() || narrower <= 0.0 {
            break;
        }
        best = lines;
    }
    best
}

/// Breaks a label where a line is full.
fn fill(label: &str, available: f64, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in label.split_whitespace() {
        let extended = lines.last().map(|line| format!("{line} {word}"));
        match (extended, lines.last_mut()) {
            (Some(extended), Some(line)) if width(&extended, size) <= available => *line = extended,
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// How a label is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style<'a> {
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    pub(super) fill: &'a str,
    pub(super) bold: bool,
    /// A rim of paper keeps words readable over data.
    pub(super) halo: bool,
    /// Turned to read upwards.
    pub(super) upright: bool,
}

impl Style<'_> {
    pub(super) fn new(size: f64) -> Self {
        Self { size, anchor: Anchor::Start, fill: INK, bold: false, halo: false, upright: false }
    }

    pub(super) fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    pub(super) fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    pub(super) fn halo(mut self) -> Self {
        self.halo = true;
        self
    }

    pub(super) fn upright(mut self) -> Self {
        self.upright = true;
        self
    }
}

impl<'a> Style<'a> {
    pub(super) fn fill(mut self, fill: &'a str) -> Self {
        self.fill = fill;
        self
    }
}

/// Draws a label with its baseline at a point.
pub(super) fn draw(canvas: &mut Canvas, label: &str, x: f64, y: f64, style: Style<'_>) {
    if label.trim().is_empty() {
        return;
    }
    let (x, y, size) = (num(x), num(y), num(style.size));
    let anchor = match style.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let turn = format!("rotate(-90 {x} {y})");
    let mut attributes = vec![
        ("x", x.as_str()),
        ("y", y.as_str()),
        ("font-size", size.as_str()),
        ("text-anchor", anchor),
        ("fill", style.fill),
    ];
    if style.bold {
        attributes.push(("font-weight", "bold"));
    }
    if style.upright {
        attributes.push(("transform", turn.as_str()));
    }
    if style.halo {
        attributes.extend([
            ("stroke", PAPER),
            ("stroke-width", "2"),
            ("stroke-linejoin", "round"),
            ("paint-order", "stroke"),
        ]);
    }
    canvas.open("text", &attributes);
    canvas.raw(&tspans(label, style.size));
    canvas.close("text");
}

/// Scripts as shifted spans; each shift is taken back by the span that follows.
fn tspans(label: &str, size: f64) -> String {
    let mut text = String::new();
    let mut shifted = 0.0;
    for (level, run) in runs(label) {
        let target = match level {
            Level::Base => 0.0,
            Level::Sub => 0.22 * size,
            Level::Super => -0.36 * size,
        };
        let shift = target - shifted;
        shifted = target;
        let run = escape(run);
        if level == Level::Base && shift == 0.0 {
            text.push_str(&run);
        } else {
            let run_size = if level == Level::Base { size } else { SCRIPT_SIZE * size };
            let (shift, run_size) = (num(shift), num(run_size));
            // Writing to a String cannot fail.
            let _ = write!(text, "<tspan dy=\"{shift}\" font-size=\"{run_size}\">{run}</tspan>");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_found_and_broken_ones_stand_for_themselves() {
        assert_eq!(
            runs("λ_{+}^{2} x"),
            [(Level::Base, "λ"), (Level::Sub, "+"), (Level::Super, "2"), (Level::Base, " x")]
        );
        assert_eq!(runs("a_b ^{open"), [(Level::Base, "a_b ^{open")]);
        assert_eq!(to_html("σ^{2} < 1"), "σ<sup>2</sup> &lt; 1");
    }

    #[test]
    fn shifts_return_to_the_baseline() {
        let text = tspans("a_{b}c", 10.0);
        assert!(text.contains("dy=\"2.2\"") && text.contains("dy=\"-2.2\""), "{text}");
    }

    #[test]
    fn wrapping_keeps_every_word() {
        let lines = wrap("largest real part of the spectrum λ", 60.0, 8.0);
        assert!(lines.len() > 1);
        assert_eq!(lines.join(" "), "largest real part of the spectrum λ");
        assert!(lines.iter().all(|line| width(line, 8.0) <= 60.0));
    }
}
