//! The one place that writes SVG text: numbers, escapes, elements.

use std::fmt::Write;

/// Ink and paper. The report's style sheet looks for the paper's very name.
pub(super) const INK: &str = "#1a1a1a";
pub(super) const PAPER: &str = "#ffffff";

/// Sizes of type in points.
pub(super) const TICK_SIZE: f64 = 7.0;
pub(super) const LABEL_SIZE: f64 = 8.0;
pub(super) const LETTER_SIZE: f64 = 9.0;

/// A rectangle in points, y downwards.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Frame {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn grown(&self, by: f64) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            width: self.width + 2.0 * by,
            height: self.height + 2.0 * by,
        }
    }

    pub(super) fn holds(&self, x: f64, y: f64) -> bool {
        x >= self.left && x <= self.right() && y >= self.top && y <= self.bottom()
    }

    pub(super) fn encloses(&self, other: &Self) -> bool {
        self.holds(other.left, other.top) && self.holds(other.right(), other.bottom())
    }
}

/// A coordinate with at most two decimals, always finite: what is written is the same on every machine.
pub(super) fn num(value: f64) -> String {
    let value = if value.is_finite() { value.clamp(-1e7, 1e7) } else { 0.0 };
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Escapes text for XML and HTML, in content and in quoted attributes. Characters that XML forbids
/// become spaces.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(c),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A name that can stand in an `id` attribute and in `url(#...)`.
pub(crate) fn identifier(text: &str) -> String {
    let cleaned: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .collect();
    if cleaned.starts_with(|c: char| c.is_ascii_alphabetic()) { cleaned } else { format!("f{cleaned}") }
}

/// Collects SVG elements.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    text: String,
}

impl Canvas {
    /// Adds finished SVG.
    pub(super) fn raw(&mut self, svg: &str) {
        self.text.push_str(svg);
    }

    /// Opens an element; attribute values are escaped.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, ">");
    }

    /// Closes an element.
    pub(super) fn close(&mut self, name: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "</{name}>");
    }

    /// Adds an element without content.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, "/>\n");
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"{}\"", escape(value));
        }
        self.text.push_str(end);
    }

    /// Adds a straight line.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: &str, width: f64) {
        self.empty(
            "path",
            &[
                ("d", &format!("M{} {}L{} {}", num(from.0), num(from.1), num(to.0), num(to.1))),
                ("stroke", stroke),
                ("stroke-width", &num(width)),
                ("fill", "none"),
            ],
        );
    }

    /// Adds a rectangle with further attributes.
    pub(super) fn rectangle(&mut self, frame: &Frame, attributes: &[(&str, &str)]) {
        let numbers = [frame.left, frame.top, frame.width.max(0.0), frame.height.max(0.0)].map(num);
        let mut all = vec![
            ("x", numbers[0].as_str()),
            ("y", numbers[1].as_str()),
            ("width", numbers[2].as_str()),
            ("height", numbers[3].as_str()),
        ];
        all.extend_from_slice(attributes);
        self.empty("rect", &all);
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_finite() {
        assert_eq!(num(1.0), "1");
        assert_eq!(num(-0.001), "0");
        assert_eq!(num(12.345), "12.35");
        assert_eq!(num(f64::NAN), "0");
        assert_eq!(num(f64::INFINITY), "0");
        assert_eq!(num(-1e300), "-10000000");
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("a<b & \"c\"\u{0}"), "a&lt;b &amp; &quot;c&quot; ");
        assert_eq!(identifier("a b/c\"d"), "a-b-c-d");
        assert_eq!(identifier("9λ"), "f9-");
    }
}
