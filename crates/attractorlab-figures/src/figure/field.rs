//! Layers over the whole plane: heat maps and maps of regions.

use serde::Serialize;

use super::{Axis, ColourMap, Scale};

/// A field z(x, y) in colours, with a colour bar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Heatmap {
    /// Centres of the columns, or their edges if there is one more than there are columns.
    pub x: Vec<f64>,
    /// Centres of the rows, or their edges if there is one more than there are rows.
    pub y: Vec<f64>,
    /// `z[row][column]`, the row of the smallest y first if y grows. What is not finite is transparent.
    pub z: Vec<Vec<f64>>,
    /// The axis of the colour bar: label, scale, range, ticks.
    pub axis: Axis,
    /// Colour map.
    pub map: ColourMap,
}

impl Heatmap {
    /// A field in viridis; `z[row][column]` belongs to `y[row]` and `x[column]`.
    pub fn new(x: impl AsRef<[f64]>, y: impl AsRef<[f64]>, z: Vec<Vec<f64>>, axis: Axis) -> Self {
        Self { x: x.as_ref().to_vec(), y: y.as_ref().to_vec(), z, axis, map: ColourMap::Viridis }
    }

    /// A field from a function of x and y at the centres.
    ///
    /// ```
    /// use attractorlab_figures::{Axis, Heatmap};
    ///
    /// let field = Heatmap::sampled([0.0, 1.0], [2.0], Axis::new("x + y"), |x, y| x + y);
    /// assert_eq!(field.z, [[2.0, 3.0]]);
    /// ```
    pub fn sampled(
        x: impl AsRef<[f64]>,
        y: impl AsRef<[f64]>,
        axis: Axis,
        mut z: impl FnMut(f64, f64) -> f64,
    ) -> Self {
        let (x, y) = (x.as_ref(), y.as_ref());
        let rows = y.iter().map(|&y| x.iter().map(|&x| z(x, y)).collect()).collect();
        Self::new(x, y, rows, axis)
    }

    /// Uses the diverging map, white at `centre`.
    #[must_use]
    pub fn diverging(mut self, centre: f64) -> Self {
        self.map = ColourMap::Diverging { centre };
        self
    }

    /// Whether the colours follow the logarithm of the values.
    pub fn is_logarithmic(&self) -> bool {
        self.axis.scale == Scale::Log10
    }
}

/// A map of regions, such as phases. Each has its own tint, its own hatching and its name written in it
/// or in the legend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Regions {
    /// Centres of the columns, or their edges if there is one more than there are columns.
    pub x: Vec<f64>,
    /// Centres of the rows, or their edges if there is one more than there are rows.
    pub y: Vec<f64>,
    /// `class[row][column]`, an index into the names; larger indices stay empty.
    pub class: Vec<Vec<usize>>,
    /// Names of the regions.
    pub names: Vec<String>,
}

impl Regions {
    /// A map whose cell `class[row][column]` belongs to `y[row]` and `x[column]`.
    pub fn new<S: Into<String>>(
        x: impl AsRef<[f64]>,
        y: impl AsRef<[f64]>,
        class: Vec<Vec<usize>>,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            x: x.as_ref().to_vec(),
            y: y.as_ref().to_vec(),
            class,
            names: names.into_iter().map(Into::into).collect(),
        }
    }
}
