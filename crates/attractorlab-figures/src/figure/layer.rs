//! The sum of all kinds of layers.

use serde::Serialize;

use super::{Band, Bars, Crosses, Disc, Dots, Heatmap, Line, Reference, Regions, Span, Text};

/// One layer of a panel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "layer")]
pub enum Layer {
    /// A curve.
    Line(Line),
    /// Points with error bars.
    Dots(Dots),
    /// Predicted points.
    Crosses(Crosses),
    /// The bulk of a spectrum.
    Disc(Disc),
    /// A band between two curves.
    Band(Band),
    /// A line that is not data.
    Reference(Reference),
    /// A window of one axis.
    Span(Span),
    /// A histogram.
    Bars(Bars),
    /// A field in colours.
    Heatmap(Heatmap),
    /// A map of regions.
    Regions(Regions),
    /// Words.
    Text(Text),
}

macro_rules! into_layer {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Layer {
            fn from(layer: $kind) -> Self {
                Self::$kind(layer)
            }
        }
    )*};
}

into_layer!(Line, Dots, Crosses, Disc, Band, Reference, Span, Bars, Heatmap, Regions, Text);
