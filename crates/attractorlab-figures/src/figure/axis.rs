//! Axes: quantity, symbol, unit, scale and range.

use serde::Serialize;

/// How values are laid along an axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Equal steps for equal differences.
    #[default]
    Linear,
    /// Equal steps for equal ratios; values that are not positive are not shown.
    Log10,
}

/// One axis of a panel, or the colour axis of a field.
///
/// Labels here and elsewhere understand `_{...}` and `^{...}`: `"outlier λ_{+}"`, `"J^{T}"`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Axis {
    /// Quantity, symbol and unit, for example `"time t/τ"`.
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// First and last value; `None` fits the data.
    pub range: Option<(f64, f64)>,
    /// Tick positions; `None` chooses round numbers.
    pub ticks: Option<Vec<f64>>,
}

impl Axis {
    /// A linear axis that fits its data.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// A logarithmic axis that fits its data.
    pub fn log10(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Log10, ..Self::default() }
    }

    /// Fixes the range. A range that cannot be shown (not finite, empty, not positive on a log axis) is
    /// ignored when the figure is drawn.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Fixes the ticks. Those outside the range are not drawn.
    #[must_use]
    pub fn ticks(mut self, ticks: impl AsRef<[f64]>) -> Self {
        self.ticks = Some(ticks.as_ref().to_vec());
        self
    }
}
