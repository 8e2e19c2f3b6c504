//! Figures and panels: what is shown, before anything is drawn.

mod axis;
mod colour;
mod field;
mod guide;
mod layer;
mod marks;

pub use axis::{Axis, Scale};
pub use colour::{Colour, ColourMap};
pub use field::{Heatmap, Regions};
pub use guide::{Anchor, Direction, Disc, Reference, ReferenceKind, Span, Text};
pub use layer::Layer;
pub use marks::{Band, Bars, Crosses, Dots, ErrorBars, Line, LineStyle, Marker};

use serde::Serialize;

use crate::svg;

/// A figure: panels in rows, with a caption.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figure {
    /// Short name, unique within its section, for example `target-sweep`.
    pub id: String,
    /// A title of a few words.
    pub title: String,
    /// What the figure shows, in one sentence, and what its bars and bands are.
    pub caption: String,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
    /// Number of panels in a row, at most six; zero is read as three.
    pub columns: usize,
    /// All panels have one x range, and only the lowest panel of a column has tick labels.
    pub share_x: bool,
    /// All panels have one y range, and only the first panel of a row has tick labels.
    pub share_y: bool,
}

impl Figure {
    /// An empty figure.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), ..Self::default() }
    }

    /// Says in one sentence what the figure shows, and what its bars and bands are.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Adds a panel.
    #[must_use]
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// Sets the number of panels in a row, at most six. Without it, up to three stand side by side.
    ///
    /// One column is 85 mm wide, two are 170 mm, more share 183 mm.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = columns;
        self
    }

    /// Gives all panels one x range and writes its tick labels once a column.
    #[must_use]
    pub fn share_x(mut self) -> Self {
        self.share_x = true;
        self
    }

    /// Gives all panels one y range and writes its tick labels once a row.
    #[must_use]
    pub fn share_y(mut self) -> Self {
        self.share_y = true;
        self
    }

    /// Draws the figure as a complete SVG document with a white ground.
    ///
    /// The same figure always gives the same bytes. Values that cannot be drawn (not finite, or not
    /// positive on a log axis) are left out; no data makes this panic.
    ///
    /// ```
    /// use attractorlab_figures::{Axis, Figure, Line, Panel};
    ///
    /// let line = Line::new([1.0, f64::NAN, 100.0], [1.0, 2.0, f64::INFINITY]);
    /// let figure = Figure::new("a", "A line with holes")
    ///     .panel(Panel::new(Axis::log10("size N"), Axis::new("error")).layer(line));
    /// let svg = figure.to_svg();
    /// assert!(!svg.contains("NaN") && !svg.contains("inf"));
    /// ```
    pub fn to_svg(&self) -> String {
        svg::render(self, &self.id)
    }
}

/// One pair of axes with what is drawn in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Panel {
    /// A title of a few words; may be empty.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, from the ground up.
    pub layers: Vec<Layer>,
    /// Where the legend stands.
    pub legend: Legend,
    /// One unit of x is as long as one unit of y (complex planes).
    pub equal_aspect: bool,
}

impl Panel {
    /// An empty panel.
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, ..Self::default() }
    }

    /// A panel for eigenvalues: the complex plane with equal axes, labelled "Re λ" and "Im λ".
    pub fn complex_plane() -> Self {
        Self::new(Axis::new("Re λ"), Axis::new("Im λ")).equal_aspect()
    }

    /// Gives the panel a title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Adds a layer on top of the others.
    #[must_use]
    pub fn layer(mut self, layer: impl Into<Layer>) -> Self {
        self.layers.push(layer.into());
        self
    }

    /// Adds several layers on top of the others.
    #[must_use]
    pub fn layers<L: Into<Layer>>(mut self, layers: impl IntoIterator<Item = L>) -> Self {
        self.layers.extend(layers.into_iter().map(Into::into));
        self
    }

    /// Places the legend.
    #[must_use]
    pub fn legend(mut self, legend: Legend) -> Self {
        self.legend = legend;
        self
    }

    /// Makes one unit of x as long as one unit of y.
    #[must_use]
    pub fn equal_aspect(mut self) -> Self {
        self.equal_aspect = true;
        self
    }
}

/// Where the legend of a panel stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Legend {
    /// In the emptiest corner, or above the axes if every corner holds data.
    #[default]
    Auto,
    /// Inside, top left.
    TopLeft,
    /// Inside, top right.
    TopRight,
    /// Inside, bottom left.
    BottomLeft,
    /// Inside, bottom right.
    BottomRight,
    /// Outside, above the axes.
    Above,
    /// No legend.
    Hidden,
}
