//! Figures and tables of one measure.

use attractorlab_figures::{
    Axis, Cell, Colour, Dots, Figure, Heatmap, Layer, Line, Marker, Panel, Regions, Table,
};

use super::cells::Gathered;
use super::frame::{Frame, FrameAxis};
use crate::{Measure, Plan};

fn axis(axis: &FrameAxis) -> Axis {
    if axis.is_logarithmic() { Axis::log10(&*axis.name) } else { Axis::new(&*axis.name) }
}

/// The figure of a measure, with its theory if there is one; `None` if it has no value anywhere.
pub(super) fn figure(
    plan: &Plan,
    frame: &Frame,
    measure: &Measure,
    cells: &Gathered,
    theory: Option<&Gathered>,
) -> Option<Figure> {
    let x = frame.x()?;
    let panels = frame.drawn();
    let mut figure = Figure::new(measure.name.clone(), measure.name.clone())
        .caption(caption(plan, frame, measure, x, theory.is_some()))
        .columns(if matches!(panels.len(), 2 | 4) { 2 } else { panels.len().min(3) });
    if panels.len() > 1 {
        figure = figure.share_x().share_y();
    }
    let range = range(frame, x, &panels, cells);
    let mut empty = true;
    for (index, (title, first)) in panels.iter().enumerate() {
        let mut layers = match &frame.y {
            Some(y) => map(x, y, *first, measure, cells, range),
            None => lines(plan.runnable().is_random(), frame, x, *first, cells),
        };
        empty &= layers.is_empty();
        match (&frame.y, theory, measure.boundary) {
            (Some(y), Some(theory), Some(level)) => layers.extend(level_line(x, y, *first, theory, level)),
            // Below the dots, in their colours.
            (None, Some(theory), _) => {
                layers.splice(0..0, lines(false, frame, x, *first, theory).into_iter().map(nameless));
            }
            _ => {}
        }
        let vertical = match (&frame.y, cells) {
            (Some(y), _) => axis(y),
            (None, Gathered::Words { .. }) => Axis::new("share").range(-0.05, 1.05),
            (None, Gathered::Numbers(_)) => Axis::new(&*measure.name),
        };
        let mut panel = Panel::new(axis(x), vertical).title(title.clone()).layers(layers);
        if index > 0 {
            // One legend serves all panels.
            panel = panel.legend(attractorlab_figures::Legend::Hidden);
        }
        figure = figure.panel(panel);
    }
    (!empty).then_some(figure)
}

fn caption(plan: &Plan, frame: &Frame, measure: &Measure, x: &FrameAxis, theory: bool) -> String {
    let mut about = measure.about.clone();
    if let Some(first) = about.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut axes = vec![format!("{}, {}", x.name, x.about)];
    axes.extend(frame.y.iter().chain(&frame.series).map(|axis| format!("{}, {}", axis.name, axis.about)));
    let seeds = plan.seeds().len();
    let over = match (seeds, &frame.y) {
        (1, _) => String::new(),
        (_, Some(_)) => format!(" Means over {seeds} seeds."),
        (_, None) => format!(" Means over {seeds} seeds; bars, 95 % interval of the mean."),
    };
    let theory = match (theory, &frame.y, measure.boundary) {
        (true, None, _) => " Lines, theory.".to_owned(),
        (true, Some(_), Some(level)) => format!(" Line, where the theory is {level}."),
        _ => String::new(),
    };
    format!("{about}. Axes: {}.{over}{theory}", axes.join("; "))
}

/// The same line without a name of its own in the legend: the dots have it.
fn nameless(layer: Layer) -> Layer {
    match layer {
        Layer::Line(line) => Layer::Line(line.label("")),
        other => other,
    }
}

/// Where a field of the theory passes through `level`, by linear interpolation on the grid's triangles.
fn level_line(x: &FrameAxis, y: &FrameAxis, first: usize, theory: &Gathered, level: f64) -> Option<Layer> {
    let (columns, rows) = (x.rising(), y.rising());
    let node = |row: usize, column: usize| {
        let cell = Frame::cell(first, &[(y, rows[row].1), (x, columns[column].1)]);
        [columns[column].0, rows[row].0, at(theory, cell, 0).0 - level]
    };
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for row in 1..rows.len() {
        for column in 1..columns.len() {
            let corners =
                [node(row - 1, column - 1), node(row - 1, column), node(row, column), node(row, column - 1)];
            for [a, b, c] in [[0, 1, 2], [0, 2, 3]] {
                let triangle = [corners[a], corners[b], corners[c]];
                let crossings: Vec<(f64, f64)> = [(0, 1), (1, 2), (2, 0)]
                    .into_iter()
                    .filter_map(|(from, to)| crossing(triangle[from], triangle[to]))
                    .collect();
                if let [start, end] = crossings[..] {
                    // What is no number breaks the line.
                    for point in [start, end, (f64::NAN, f64::NAN)] {
                        xs.push(point.0);
                        ys.push(point.1);
                    }
                }
            }
        }
    }
    (!xs.is_empty())
        .then(|| Line::new(xs, ys).colour(Colour::Black).label(format!("theory = {level}")).into())
}

/// The point between two nodes (x, y, value) at which the value changes its sign.
fn crossing([x0, y0, v0]: [f64; 3], [x1, y1, v1]: [f64; 3]) -> Option<(f64, f64)> {
    // Zero counts as positive, so that a line through a node is seen once; NaN is no sign at all.
    if v0.is_nan() || v1.is_nan() || (v0 >= 0.0) == (v1 >= 0.0) {
        return None;
    }
    let share = v0 / (v0 - v1);
    Some((x0 + share * (x1 - x0), y0 + share * (y1 - y0)))
}

/// The value at a setting: a mean and half an interval.
fn at(cells: &Gathered, cell: usize, word: usize) -> (f64, f64) {
    match cells {
        Gathered::Numbers(moments) => (moments[cell].mean(), moments[cell].half_interval()),
        Gathered::Words { counts, .. } => {
            let all: u32 = counts[cell].iter().sum();
            let these = counts[cell].get(word).copied().unwrap_or_default();
            if all == 0 {
                return (f64::NAN, 0.0);
            }
            let share = f64::from(these) / f64::from(all);
            // Of a share, the interval is the normal one; a single word has none.
            let half = if all > 1 { 1.96 * (share * (1.0 - share) / f64::from(all)).sqrt() } else { 0.0 };
            (share, half)
        }
    }
}

/// Curves along x: one for each value of the series axis, or for each word.
fn lines(random: bool, frame: &Frame, x: &FrameAxis, first: usize, cells: &Gathered) -> Vec<Layer> {
    let series: Vec<(String, usize, usize)> = match (cells, &frame.series) {
        // Words times values would be too many curves: words are told at the first value of the series axis.
        (Gathered::Words { names, .. }, None) => {
            names.iter().enumerate().map(|(word, name)| (name.clone(), first, word)).collect()
        }
        (Gathered::Words { names, .. }, Some(axis)) => (0..axis.values.len())
            .flat_map(|position| {
                let cell = Frame::cell(first, &[(axis, position)]);
                names.iter().enumerate().map(move |(word, name)| {
                    (format!("{name}, {} = {}", axis.name, axis.values[position]), cell, word)
                })
            })
            .collect(),
        (Gathered::Numbers(_), None) => vec![(String::new(), first, 0)],
        (Gathered::Numbers(_), Some(axis)) => axis
            .values
            .iter()
            .enumerate()
            .map(|(position, value)| {
                (format!("{} = {value}", axis.name), Frame::cell(first, &[(axis, position)]), 0)
            })
            .collect(),
    };
    let abscissas = x.rising();
    let markers = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];
    let single = series.len() == 1;
    series
        .into_iter()
        .enumerate()
        .filter_map(|(index, (label, cell, word))| {
            let (mut xs, mut ys, mut halves) = (Vec::new(), Vec::new(), Vec::new());
            for (value, position) in &abscissas {
                let (mean, half) = at(cells, Frame::cell(cell, &[(x, *position)]), word);
                xs.push(*value);
                ys.push(mean);
                halves.push(half);
            }
            if ys.iter().all(|y| y.is_nan()) {
                return None;
            }
            let colour = if single { Colour::Blue } else { Colour::category(index) };
            Some(if random {
                let dots =
                    Dots::new(xs, ys).colour(colour).marker(markers[index % markers.len()]).label(label);
                if halves.iter().any(|half| *half > 0.0) { dots.y_error(halves).into() } else { dots.into() }
            } else {
                let line = Line::new(xs, ys).colour(if single { Colour::Black } else { colour }).label(label);
                // Colours begin again after six: then the lines are dashed.
                if index >= Colour::CATEGORIES.len() { line.dashed().into() } else { line.into() }
            })
        })
        .collect()
}

/// Least and largest mean over all panels of a map: one colour means one value throughout a figure.
fn range(frame: &Frame, x: &FrameAxis, panels: &[(String, usize)], cells: &Gathered) -> Option<(f64, f64)> {
    let (Some(y), Gathered::Numbers(moments)) = (&frame.y, cells) else { return None };
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    for (_, first) in panels {
        for row in 0..y.values.len() {
            for column in 0..x.values.len() {
                // `min` and `max` pass over what is not a number.
                let mean = moments[Frame::cell(*first, &[(y, row), (x, column)])].mean();
                range = (range.0.min(mean), range.1.max(mean));
            }
        }
    }
    (range.0 < range.1).then_some(range)
}

/// A map over x and y.
fn map(
    x: &FrameAxis,
    y: &FrameAxis,
    first: usize,
    measure: &Measure,
    cells: &Gathered,
    range: Option<(f64, f64)>,
) -> Vec<Layer> {
    let (columns, rows) = (x.rising(), y.rising());
    let cell = |row: usize, column: usize| Frame::cell(first, &[(y, row), (x, column)]);
    let xs: Vec<f64> = columns.iter().map(|(value, _)| *value).collect();
    let ys: Vec<f64> = rows.iter().map(|(value, _)| *value).collect();
    match cells {
        Gathered::Numbers(moments) => {
            let z: Vec<Vec<f64>> = rows
                .iter()
                .map(|(_, row)| {
                    columns.iter().map(|(_, column)| moments[cell(*row, *column)].mean()).collect()
                })
                .collect();
            if z.iter().flatten().all(|value| value.is_nan()) {
                return Vec::new();
            }
            let colours = Axis { range, ..Axis::new(&*measure.name) };
            vec![Heatmap::new(xs, ys, z, colours).into()]
        }
        Gathered::Words { names, counts } => {
            let most = |cell: usize| {
                let counts = &counts[cell];
                // Of equals the first; a setting without a word stays empty.
                let best = (0..counts.len()).max_by_key(|word| (counts[*word], std::cmp::Reverse(*word)));
                best.unwrap_or(usize::MAX)
            };
            let class: Vec<Vec<usize>> = rows
                .iter()
                .map(|(_, row)| columns.iter().map(|(_, column)| most(cell(*row, *column))).collect())
                .collect();
            if names.is_empty() {
                return Vec::new();
            }
            vec![Regions::new(xs, ys, class, names.iter().cloned()).into()]
        }
    }
}

/// All measures at every setting, where no axis is numeric.
pub(super) fn table(plan: &Plan, frame: &Frame, measures: &[(&Measure, Gathered)]) -> Table {
    let mut table = Table::new("settings", "All settings").column("setting");
    let seeds = plan.seeds().len();
    if seeds > 1 {
        table = table.caption(format!("Means over {seeds} seeds ± half the 95 % interval of the mean."));
    }
    for (measure, _) in measures {
        table = table.column(measure.name.as_str());
    }
    for (title, cell) in frame.drawn() {
        let mut row = vec![Cell::from(if title.is_empty() { "the only one".to_owned() } else { title })];
        row.extend(measures.iter().map(|(_, cells)| match cells {
            Gathered::Numbers(_) => {
                let (mean, half) = at(cells, cell, 0);
                if half > 0.0 { Cell::from(format!("{mean:.4} ± {half:.2}")) } else { Cell::from(mean) }
            }
            Gathered::Words { names, counts } => {
                let all: u32 = counts[cell].iter().sum();
                let words: Vec<String> = names
                    .iter()
                    .zip(&counts[cell])
                    .filter(|(_, count)| **count > 0)
                    .map(
                        |(name, count)| {
                            if *count == all { name.clone() } else { format!("{name} {count}/{all}") }
                        },
                    )
                    .collect();
                Cell::from(words.join(", "))
            }
        }));
        table = table.row(row);
    }
    table
}
