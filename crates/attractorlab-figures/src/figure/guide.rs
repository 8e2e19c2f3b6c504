//! Layers that guide the eye: discs, reference lines, spans and words.

use serde::Serialize;

use super::{Colour, LineStyle};

/// A grey disc: the bulk of a spectrum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Disc {
    /// Centre, x and y.
    pub centre: (f64, f64),
    /// Radius in the units of the axes.
    pub radius: f64,
    /// Whether the predicted edge is drawn, as a dashed line.
    pub edge: bool,
    /// Colour.
    pub colour: Colour,
    /// Entry in the legend; none if empty.
    pub label: String,
}

impl Disc {
    /// A disc around the origin with a dashed edge.
    pub fn new(radius: f64) -> Self {
        Self { centre: (0.0, 0.0), radius, edge: true, colour: Colour::Grey, label: String::new() }
    }

    /// Moves the centre.
    #[must_use]
    pub fn centre(mut self, x: f64, y: f64) -> Self {
        self.centre = (x, y);
        self
    }

    /// Leaves the edge away.
    #[must_use]
    pub fn without_edge(mut self) -> Self {
        self.edge = false;
        self
    }

    /// Sets the colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Names the disc in the legend.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

/// Which reference is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceKind {
    /// y = value.
    Horizontal(f64),
    /// x = value.
    Vertical(f64),
    /// y = x.
    Diagonal,
    /// x² + y² = 1.
    UnitCircle,
}

/// A thin line that is not data: a stability boundary, the diagonal, zero.
///
/// The diagonal takes no part in fitting the range; a horizontal or vertical line is kept in view if it
/// lies near the data, the unit circle always.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reference {
    /// Which line.
    pub kind: ReferenceKind,
    /// Words written along the line; may be empty.
    pub label: String,
    /// Solid, dashed or dotted.
    pub style: LineStyle,
    /// Colour.
    pub colour: Colour,
}

impl Reference {
    fn new(kind: ReferenceKind) -> Self {
        Self { kind, label: String::new(), style: LineStyle::Solid, colour: Colour::Grey }
    }

    /// The line y = `value`.
    pub fn horizontal(value: f64) -> Self {
        Self::new(ReferenceKind::Horizontal(value))
    }

    /// The line x = `value`.
    pub fn vertical(value: f64) -> Self {
        Self::new(ReferenceKind::Vertical(value))
    }

    /// The line y = x.
    pub fn diagonal() -> Self {
        Self::new(ReferenceKind::Diagonal)
    }

    /// The unit circle: the stability line of maps.
    pub fn unit_circle() -> Self {
        Self::new(ReferenceKind::UnitCircle)
    }

    /// Writes words along the line.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets the style.
    #[must_use]
    pub fn style(mut self, style: LineStyle) -> Self {
        self.style = style;
        self
    }

    /// Sets the colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }
}

/// Horizontal or vertical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Along x.
    X,
    /// Along y.
    Y,
}

/// A shaded window of one axis, for example the time of an input.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Span {
    /// The axis it is a window of.
    pub direction: Direction,
    /// Where it begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// Colour.
    pub colour: Colour,
    /// Entry in the legend; none if empty.
    pub label: String,
}

impl Span {
    fn new(direction: Direction, low: f64, high: f64) -> Self {
        Self { direction, low, high, colour: Colour::Grey, label: String::new() }
    }

    /// A window of the x axis.
    pub fn x(low: f64, high: f64) -> Self {
        Self::new(Direction::X, low, high)
    }

    /// A window of the y axis.
    pub fn y(low: f64, high: f64) -> Self {
        Self::new(Direction::Y, low, high)
    }

    /// Sets the colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Names the window in the legend.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

/// Which part of a text stands at its point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    #[default]
    Middle,
    /// Its end.
    End,
}

/// Words at a point of the panel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Text {
    /// Abscissa.
    pub x: f64,
    /// Ordinate.
    pub y: f64,
    /// The words.
    pub text: String,
    /// Which part of them stands at the point.
    pub anchor: Anchor,
    /// Colour.
    pub colour: Colour,
}

impl Text {
    /// Words centred at a point.
    pub fn new(x: f64, y: f64, text: impl Into<String>) -> Self {
        Self { x, y, text: text.into(), anchor: Anchor::Middle, colour: Colour::Black }
    }

    /// Says which part of the words stands at the point.
    #[must_use]
    pub fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    /// Sets the colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }
}
