//! Figures as data, their SVG, and the self-contained HTML report.
//!
//! A [`Figure`] is a list of [`Panel`]s, a panel is two [`Axis`] and a list of [`Layer`]s, and a layer holds
//! the numbers themselves. Nothing is drawn until [`Figure::to_svg`] is called, so the same value serves
//! the picture, the download of its data and the plots of another program.
//!
//! The visual language is one for all figures: theory is a line ([`Line`]; stable solid, unstable dashed,
//! chaotic dotted), simulation a dot with an error bar ([`Dots`]); a spectrum has its bulk as a grey
//! [`Disc`], its eigenvalues as dots and the predicted outliers as [`Crosses`] over them; colours come from
//! a palette that colour-blind readers can tell apart, and nothing is told by colour alone.
//!
//! ```
//! use attractorlab_figures::{Axis, Dots, Figure, Line, Panel, Reference};
//!
//! let target = [0.5, 1.0, 1.5, 2.0];
//! let figure = Figure::new("fixed-points", "Fixed points follow the target")
//!     .caption("Line: mean-field theory. Dots: mean over 20 networks; bars: standard error.")
//!     .panel(
//!         Panel::new(Axis::new("target A"), Axis::new("output z"))
//!             .layer(Reference::diagonal())
//!             .layer(Line::new(target, [0.49, 0.98, 1.47, 1.95]).label("theory, stable"))
//!             .layer(Dots::new(target, [0.5, 0.97, 1.49, 1.93]).y_error([0.02; 4]).label("simulation")),
//!     );
//! assert!(figure.to_svg().starts_with("<svg"));
//! ```

mod error;
mod figure;
mod number;
#[allow(
    clippy::format_collect,
    clippy::format_push_string,
    reason = "a page is written once; whole tags that can be read matter more than spared allocations"
)]
mod report;
mod svg;
mod table;

pub use error::FigureError;
pub use figure::{
    Anchor, Axis, Band, Bars, Colour, ColourMap, Crosses, Direction, Disc, Dots, ErrorBars, Figure, Heatmap,
    Layer, Legend, Line, LineStyle, Marker, Panel, Reference, ReferenceKind, Regions, Scale, Span, Text,
};
pub use number::duration;
pub use report::{ClaimRow, Comparison, Report, Scene, SceneGroup, SceneMark, Section};
pub use table::{Cell, Column, Format, Table};
