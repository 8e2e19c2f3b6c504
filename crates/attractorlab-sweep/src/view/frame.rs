//! Which axis of a plan becomes which part of a figure.

use crate::{Kind, Plan, Value};

/// More panels than this tell nobody anything.
const MOST_PANELS: usize = 12;

/// Up to so many values, an axis is told by colours of lines rather than by a second dimension.
const FEW: usize = 6;

/// An axis of the plan with more than one value.
#[derive(Debug, Clone)]
pub(super) struct FrameAxis {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) values: Vec<Value>,
    /// Numbers of the cells are `Σ position · stride`.
    stride: usize,
    numeric: bool,
}

impl FrameAxis {
    /// Values as numbers with their positions, rising.
    pub(super) fn rising(&self) -> Vec<(f64, usize)> {
        let mut values: Vec<(f64, usize)> = self
            .values
            .iter()
            .enumerate()
            .filter_map(|(position, value)| Some((value.as_number()?, position)))
            .collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        values
    }

    /// Whether the values are spread by ratios.
    pub(super) fn is_logarithmic(&self) -> bool {
        let values: Vec<f64> = self.rising().into_iter().map(|(value, _)| value).collect();
        let [first, .., last] = values.as_slice() else { return false };
        if !(*first > 0.0 && last / first >= 10.0) {
            return false;
        }
        // The middle of the values lies where the scale has its middle.
        let middle = values[values.len() / 2];
        let share = |low: f64, middle: f64, high: f64| ((middle - low) / (high - low) - 0.5).abs();
        share(first.ln(), middle.ln(), last.ln()) < share(*first, middle, *last)
    }
}

/// Where each axis goes.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    x: Option<FrameAxis>,
    /// The second dimension of a map.
    pub(super) y: Option<FrameAxis>,
    /// Lines of different colours.
    pub(super) series: Option<FrameAxis>,
    panels: Vec<FrameAxis>,
}

impl Frame {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut stride = 1;
        let mut axes = Vec::new();
        for group in plan.groups().iter().rev() {
            let parameter = &plan.parameters()[group.parameters[0]];
            if group.len() > 1 {
                axes.push(FrameAxis {
                    name: parameter.name.clone(),
                    about: parameter.about.clone(),
                    values: group.values[0].clone(),
                    stride,
                    numeric: matches!(parameter.domain.kind(), Kind::Number | Kind::Integer),
                });
            }
            stride *= group.len();
        }
        axes.reverse();
        // The longest numeric axis lies along x, the next one along y; of equals, the first.
        let mut longest = || {
            let index = (0..axes.len())
                .filter(|index| axes[*index].numeric)
                .max_by_key(|index| (axes[*index].values.len(), std::cmp::Reverse(*index)))?;
            Some(axes.remove(index))
        };
        let x = longest();
        let second = longest();
        let (y, series) = match second {
            Some(axis) if axis.values.len() <= FEW => (None, Some(axis)),
            second => (second, None),
        };
        Self { x, y, series, panels: axes }
    }

    pub(super) fn has_x(&self) -> bool {
        self.x.is_some()
    }

    pub(super) fn x(&self) -> Option<&FrameAxis> {
        self.x.as_ref()
    }

    /// Titles of the panels with the number of their first cell.
    pub(super) fn panels(&self) -> Vec<(String, usize)> {
        let mut panels = vec![(String::new(), 0)];
        for axis in &self.panels {
            panels = panels
                .into_iter()
                .flat_map(|(title, cell)| {
                    axis.values.iter().enumerate().map(move |(position, value)| {
                        let comma = if title.is_empty() { "" } else { ", " };
                        (format!("{title}{comma}{} = {value}", axis.name), cell + position * axis.stride)
                    })
                })
                .collect();
        }
        panels
    }

    /// The panels that are drawn.
    pub(super) fn drawn(&self) -> Vec<(String, usize)> {
        let mut panels = self.panels();
        if self.has_x() {
            panels.truncate(MOST_PANELS);
        }
        panels
    }

    /// What is not drawn, if anything.
    pub(super) fn remark(&self) -> Option<String> {
        let panels = self.panels().len();
        (self.has_x() && panels > MOST_PANELS)
            .then(|| format!("The first {MOST_PANELS} of {panels} settings are drawn; the table has all."))
    }

    /// The number of a cell.
    pub(super) fn cell(panel: usize, steps: &[(&FrameAxis, usize)]) -> usize {
        panel + steps.iter().map(|(axis, position)| axis.stride * position).sum::<usize>()
    }
}
