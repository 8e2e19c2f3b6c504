//! Layers that carry measured or computed points: lines, dots, crosses, bands, bars.

use serde::Serialize;

use super::Colour;

/// How a line is drawn. In these figures stable is solid, unstable dashed, chaotic dotted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineStyle {
    /// Unbroken.
    #[default]
    Solid,
    /// Long strokes.
    Dashed,
    /// Dots.
    Dotted,
}

/// A curve, usually theory. A value that is not finite breaks it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Abscissas.
    pub x: Vec<f64>,
    /// Ordinates; values without an abscissa are not drawn.
    pub y: Vec<f64>,
    /// Solid, dashed or dotted.
    pub style: LineStyle,
    /// Colour.
    pub colour: Colour,
    /// Width in points.
    pub width: f64,
    /// Entry in the legend; none if empty.
    pub label: String,
}

impl Line {
    /// A solid black line through the points.
    pub fn new(x: impl AsRef<[f64]>, y: impl AsRef<[f64]>) -> Self {
        Self {
            x: x.as_ref().to_vec(),
            y: y.as_ref().to_vec(),
            style: LineStyle::Solid,
            colour: Colour::Black,
            width: 1.2,
            label: String::new(),
        }
    }

    /// A solid black line through pairs.
    pub fn through(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        Self::new(x, y)
    }

    /// Sets the style.
    #[must_use]
    pub fn style(mut self, style: LineStyle) -> Self {
        self.style = style;
        self
    }

    /// Dashes the line: an unstable branch.
    #[must_use]
    pub fn dashed(self) -> Self {
        self.style(LineStyle::Dashed)
    }

    /// Dots the line: a chaotic branch.
    #[must_use]
    pub fn dotted(self) -> Self {
        self.style(LineStyle::Dotted)
    }

    /// Sets the colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Sets the width in points.
    #[must_use]
    pub fn width(mut self, width: f64) -> Self {
        self.width = width;
        self
    }

    /// Names the line in the legend.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

/// Shape of a dot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Marker {
    /// A disc.
    #[default]
    Circle,
    /// A square.
    Square,
    /// A triangle on its base.
    Triangle,
    /// A square on its corner.
    Diamond,
}

/// Lengths of error bars on both sides of their points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorBars {
    /// Length towards smaller values.
    pub below: Vec<f64>,
    /// Length towards larger values.
    pub above: Vec<f64>,
}

/// Points, usually simulation, with optional error bars.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dots {
    /// Abscissas.
    pub x: Vec<f64>,
    /// Ordinates; values without an abscissa are not drawn.
    pub y: Vec<f64>,
    /// Horizontal error bars.
    pub x_error: Option<ErrorBars>,
    /// Vertical error bars.
    pub y_error: Option<ErrorBars>,
    /// Shape.
    pub marker: Marker,
    /// Filled, or open.
    pub filled: bool,
    /// Diameter in points.
    pub size: f64,
    /// Colour.
    pub colour: Colour,
    /// Entry in the legend; none if empty.
    pub label: String,
}

impl Dots {
    /// Filled blue circles.
    pub fn new(x: impl AsRef<[f64]>, y: impl AsRef<[f64]>) -> Self {
        Self {
            x: x.as_ref().to_vec(),
            y: y.as_ref().to_vec(),
            x_error: None,
            y_error: None,
            marker: Marker::Circle,
            filled: true,
            size: 4.0,
            colour: Colour::Blue,
            label: String::new(),
        }
    }

    /// Filled blue circles at pairs.
    pub fn at(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        Self::new(x, y)
    }

    /// Symmetric vertical error bars. The caption says what they are.
    #[must_use]
    pub fn y_error(self, length: impl AsRef<[f64]>) -> Self {
        let length = length.as_ref();
        self.y_error_between(length, length)
    }

    /// Vertical error bars of different lengths below and above.
    #[must_use]
    pub fn y_error_between(mut self, below: impl AsRef<[f64]>, above: impl AsRef<[f64]>) -> Self {
        self.y_error = Some(ErrorBars { below: below.as_ref().to_vec(), above: above.as_ref().to_vec() });
        self
    }

    /// Symmetric horizontal error bars.
    #[must_use]
    pub fn x_error(self, length: impl AsRef<[f64]>) -> Self {
        let length = length.as_ref();
        self.x_error_between(length, length)
    }

    /// Horizontal error bars of different lengths to the left and to the right.
    #[must_use]
    pub fn x_error_between(mut self, below: impl AsRef<[f64]>, above: impl AsRef<[f64]>) -> Self {
        self.x_error = Some(ErrorBars { below: below.as_ref().to_vec(), above: above.as_ref().to_vec() });
        self
    }

    /// Sets the shape.
    #[must_use]
    pub fn marker(mut self, marker: Marker) -> Self {
        self.marker = marker;
        self
    }

    /// Leaves the inside of the markers empty.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.filled = false;
        self
    }

    /// Sets the diameter in points. Clouds of more than a few hundred points want about two.
    #[must_use]
    pub fn size(mut self, size: f64) -> Self {
        self.size = size;
        self
    }

    /// Sets the colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Names the points in the legend.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

/// Predicted points, such as outliers, drawn as crosses over what was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crosses {
    /// Abscissas.
    pub x: Vec<f64>,
    /// Ordinates; values without an abscissa are not drawn.
    pub y: Vec<f64>,
    /// Extent in points.
    pub size: f64,
    /// Colour.
    pub colour: Colour,
    /// Entry in the legend; none if empty.
    pub label: String,
}

impl Crosses {
    /// Crosses in vermillion.
    pub fn new(x: impl AsRef<[f64]>, y: impl AsRef<[f64]>) -> Self {
        Self {
            x: x.as_ref().to_vec(),
            y: y.as_ref().to_vec(),
            size: 6.0,
            colour: Colour::Vermillion,
            label: String::new(),
        }
    }

    /// Crosses at pairs.
    pub fn at(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        Self::new(x, y)
    }

    /// Sets the extent in points.
    #[must_use]
    pub fn size(mut self, size: f64) -> Self {
        self.size = size;
        self
    }

    /// Sets the colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Names the crosses in the legend.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

/// A translucent band between two curves. A value that is not finite breaks it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Band {
    /// Abscissas.
    pub x: Vec<f64>,
    /// Lower curve.
    pub low: Vec<f64>,
    /// Upper curve.
    pub high: Vec<f64>,
    /// Colour.
    pub colour: Colour,
    /// Entry in the legend; none if empty.
    pub label: String,
}

impl Band {
    /// A blue band.
    pub fn new(x: impl AsRef<[f64]>, low: impl AsRef<[f64]>, high: impl AsRef<[f64]>) -> Self {
        Self {
            x: x.as_ref().to_vec(),
            low: low.as_ref().to_vec(),
            high: high.as_ref().to_vec(),
            colour: Colour::Blue,
            label: String::new(),
        }
    }

    /// Sets the colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Names the band in the legend.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

/// Bars that stand on zero, side by side: a histogram.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bars {
    /// Edges of the bars, one more than there are heights.
    pub edges: Vec<f64>,
    /// Heights.
    pub heights: Vec<f64>,
    /// Colour.
    pub colour: Colour,
    /// Entry in the legend; none if empty.
    pub label: String,
}

impl Bars {
    /// Grey bars between consecutive edges.
    pub fn new(edges: impl AsRef<[f64]>, heights: impl AsRef<[f64]>) -> Self {
        Self {
            edges: edges.as_ref().to_vec(),
            heights: heights.as_ref().to_vec(),
            colour: Colour::Grey,
            label: String::new(),
        }
    }

    /// Counts values in `bins` equal bins between the smallest and the largest of them. Values that are
    /// not finite are not counted.
    ///
    /// ```
    /// use attractorlab_figures::Bars;
    ///
    /// let bars = Bars::histogram([0.0, 0.1, 0.9, 1.0, f64::NAN], 2);
    /// assert_eq!(bars.edges, [0.0, 0.5, 1.0]);
    /// assert_eq!(bars.heights, [2.0, 2.0]);
    /// ```
    pub fn histogram(values: impl AsRef<[f64]>, bins: usize) -> Self {
        let finite: Vec<f64> = values.as_ref().iter().copied().filter(|v| v.is_finite()).collect();
        let bins = bins.max(1);
        let Some(&first) = finite.first() else { return Self::new([], []) };
        let (low, high) = finite.iter().fold((first, first), |(l, h), &v| (l.min(v), h.max(v)));
        // Halves keep the difference of two huge numbers finite.
        let width = (high / bins as f64 - low / bins as f64).max(f64::MIN_POSITIVE);
        let mut heights = vec![0.0; bins];
        for value in finite {
            let bin = ((value / width - low / width) as usize).min(bins - 1);
            heights[bin] += 1.0;
        }
        let edges: Vec<f64> =
            (0..=bins).map(|i| if i == bins { high } else { low + width * i as f64 }).collect();
        Self::new(edges, heights)
    }

    /// Divides the heights by their total area, so that the bars can be held against a density.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        let area: f64 =
            self.edges.windows(2).zip(&self.heights).map(|(edge, h)| (edge[1] - edge[0]) * h).sum();
        if area.is_finite() && area > 0.0 {
            self.heights.iter_mut().for_each(|h| *h /= area);
        }
        self
    }

    /// Sets the colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Names the bars in the legend.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}
