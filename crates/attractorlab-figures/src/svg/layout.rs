//! Where everything stands: panels with equal axes lengths, margins as wide as their words.

use super::canvas::{Frame, LETTER_SIZE};
use super::guides::{self, Label};
use super::legend::{self, Entry, Place};
use super::plot::{Occupancy, Plot};
use super::scale::{Interval, Mapping};
use super::ticks::Ticks;
use super::{axes, extent, field, regions, text};
use crate::figure::{Figure, Panel};

/// Points in a millimetre.
pub(super) const MILLIMETRE: f64 = 72.0 / 25.4;
/// Widths of figures with one, two, and more columns: a journal's column, and its page.
const WIDTHS: [f64; 3] = [85.0 * MILLIMETRE, 170.0 * MILLIMETRE, 183.0 * MILLIMETRE];
/// Height of the axes relative to their width.
const SHAPE: f64 = 0.76;
const GAP: f64 = 9.0;
const EDGE: f64 = 2.0;
const MOST_COLUMNS: usize = 6;

/// Everything that is decided about a panel before it is drawn.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) plot: Plot<'a>,
    pub(super) x_ticks: Ticks,
    pub(super) y_ticks: Ticks,
    pub(super) z_ticks: Ticks,
    /// Whether the panel writes the numbers of its own axes.
    pub(super) numbers: (bool, bool),
    pub(super) labels: Vec<Label>,
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) legend: Place,
    /// Left end of the panel's letter, and the top of its row.
    pub(super) letter: (f64, f64),
    pub(super) title_lines: Vec<String>,
}

/// A figure ready to be drawn.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) panels: Vec<Placed<'a>>,
}

/// Room around the axes of a panel.
#[derive(Debug, Clone, Copy, Default)]
struct Margins {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Margins {
    fn grow(&mut self, other: &Self) {
        self.left = self.left.max(other.left);
        self.right = self.right.max(other.right);
        self.top = self.top.max(other.top);
        self.bottom = self.bottom.max(other.bottom);
    }
}

/// Arranges the panels. Margins depend on the ticks, the ticks on the room that the margins leave: a few
/// rounds, in which margins only grow, settle it.
pub(super) fn arrange<'a>(figure: &'a Figure, prefix: &str) -> Layout<'a> {
    let count = figure.panels.len();
    let columns = if figure.columns == 0 { 3 } else { figure.columns.min(MOST_COLUMNS) }.min(count).max(1);
    let rows = count.div_ceil(columns);
    let width = WIDTHS[columns.min(3) - 1];
    let ranges = ranges(figure);
    let mut column_margins = vec![Margins { left: 20.0, right: 6.0, ..Margins::default() }; columns];
    let mut row_margins = vec![Margins { top: 5.0, bottom: 15.0, ..Margins::default() }; rows];
    let mut above = vec![false; count];
    let mut layout = Layout { width, height: 0.0, panels: Vec::new() };
    for _ in 0..4 {
        let taken: f64 = column_margins.iter().map(|m| m.left + m.right).sum();
        let free = width - 2.0 * EDGE - GAP * (columns - 1) as f64 - taken;
        let plot_width = (free / columns as f64).max(12.0);
        layout.panels.clear();
        let mut top = EDGE;
        for (row, row_margin) in row_margins.iter().enumerate() {
            let members = row * columns..((row + 1) * columns).min(count);
            let plot_height =
                members.clone().map(|i| plot_width * shape(&figure.panels[i], ranges[i])).fold(0.0, f64::max);
            top += row_margin.top;
            let mut left = EDGE;
            for index in members {
                let margins = &column_margins[index % columns];
                let frame = Frame { left: left + margins.left, top, width: plot_width, height: plot_height };
                let numbers =
                    (!figure.share_x || index + columns >= count, !figure.share_y || index % columns == 0);
                let id = format!("{prefix}-{}", index + 1);
                let mut placed =
                    place(&figure.panels[index], frame, ranges[index], numbers, above[index], id);
                placed.letter = (left, top - row_margin.top);
                above[index] |= placed.legend == Place::Above;
                layout.panels.push(placed);
                left += margins.left + plot_width + margins.right + GAP;
            }
            top += plot_height + row_margin.bottom + GAP;
        }
        layout.height = (top - GAP + EDGE).max(20.0);
        for (index, placed) in layout.panels.iter().enumerate() {
            let needed = margins(placed, count > 1);
            column_margins[index % columns].grow(&needed);
            row_margins[index / columns].grow(&needed);
        }
    }
    layout
}

/// Ranges of all panels on their rulers, made common where the figure says so.
fn ranges(figure: &Figure) -> Vec<(Interval, Interval)> {
    let mut ranges: Vec<_> = figure.panels.iter().map(extent::of_panel).collect();
    let Some(first) = figure.panels.first() else { return ranges };
    let common = |take: fn(&(Interval, Interval)) -> Interval, alike: &dyn Fn(&Panel) -> bool| {
        let members = figure.panels.iter().zip(&ranges).filter(|(panel, _)| alike(panel));
        members.fold(Interval::EMPTY, |all, (_, range)| all.union(take(range)))
    };
    let x = common(|r| r.0, &|panel| panel.x.scale == first.x.scale);
    let y = common(|r| r.1, &|panel| panel.y.scale == first.y.scale);
    for (panel, range) in figure.panels.iter().zip(&mut ranges) {
        if figure.share_x && panel.x.scale == first.x.scale {
            range.0 = x;
        }
        if figure.share_y && panel.y.scale == first.y.scale {
            range.1 = y;
        }
    }
    ranges
}

fn shape(panel: &Panel, (x, y): (Interval, Interval)) -> f64 {
    if panel.equal_aspect { (y.length() / x.length()).clamp(0.7, 1.1) } else { SHAPE }
}

/// Grows one of two ranges so that a unit is as long on both axes.
fn equalise(frame: &Frame, (x, y): (Interval, Interval)) -> (Interval, Interval) {
    let (x_unit, y_unit) = (frame.width / x.length(), frame.height / y.length());
    let unit = x_unit.min(y_unit);
    let grown = (x.stretched(x_unit / unit), y.stretched(y_unit / unit));
    if grown.0.length().is_finite() && grown.1.length().is_finite() { grown } else { (x, y) }
}

/// Decides everything about a panel that follows from its frame.
fn place(
    panel: &Panel,
    frame: Frame,
    ranges: (Interval, Interval),
    numbers: (bool, bool),
    above: bool,
    prefix: String,
) -> Placed<'_> {
    let (x, y) = if panel.equal_aspect { equalise(&frame, ranges) } else { ranges };
    let plot = Plot {
        panel,
        frame,
        x: Mapping { scale: panel.x.scale, range: x, start: frame.left, end: frame.right() },
        y: Mapping { scale: panel.y.scale, range: y, start: frame.bottom(), end: frame.top },
        prefix,
    };
    let x_ticks = axes::horizontal_ticks(&panel.x, x, frame.width);
    let y_ticks = axes::vertical_ticks(&panel.y, y, frame.height);
    let z_ticks = field::of_panel(panel).map_or_else(Ticks::default, |map| {
        axes::vertical_ticks(&map.axis, field::colour_range(map), frame.height)
    });
    let mut occupancy = Occupancy::of(&plot);
    let mut labels = guides::labels(&plot, &mut occupancy);
    let names = regions::names(&plot, &mut occupancy);
    labels.extend(names.placed);
    let entries = legend::entries(&plot, &names.left_over);
    let legend = legend::place(&plot, &entries, &occupancy, above);
    let title_lines = text::wrap(&panel.title, frame.width, super::canvas::LABEL_SIZE);
    Placed {
        plot,
        x_ticks,
        y_ticks,
        z_ticks,
        numbers,
        labels,
        entries,
        legend,
        letter: (frame.left, frame.top),
        title_lines,
    }
}

/// Height of a line of a title.
pub(super) const TITLE_LINE: f64 = LETTER_SIZE * 1.1;

fn margins(placed: &Placed<'_>, lettered: bool) -> Margins {
    let (panel, frame) = (placed.plot.panel, &placed.plot.frame);
    let overhang = axes::overhang(&placed.x_ticks, placed.plot.x.range, frame.width);
    let bar = field::of_panel(panel).map_or(0.0, |map| {
        field::BAR_GAP
            + field::BAR_WIDTH
            + axes::depth_beside(&placed.z_ticks, &map.axis.label, frame.height, true)
    });
    let title_lines = placed.title_lines.len().max(usize::from(lettered));
    let title = if title_lines == 0 { 0.0 } else { TITLE_LINE * title_lines as f64 + 2.0 };
    let legend =
        if placed.legend == Place::Above { legend::height_above(&placed.entries, frame.width) } else { 0.0 };
    Margins {
        left: axes::depth_beside(&placed.y_ticks, &panel.y.label, frame.height, placed.numbers.1),
        right: overhang.max(bar).max(4.0),
        top: 4.0 + title + legend,
        bottom: axes::depth_below(&panel.x.label, frame.width, placed.numbers.0),
    }
}
