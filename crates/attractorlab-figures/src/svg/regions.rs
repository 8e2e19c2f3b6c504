//! Maps of regions: tints, hatchings, and names where they fit.

use std::fmt::Write;

use super::canvas::{Canvas, Frame, TICK_SIZE, num};
use super::grid::Grid;
use super::guides::{Label, define_hatch};
use super::plot::{Occupancy, Plot};
use super::text;
use crate::figure::{Colour, Layer, Panel, Regions};

/// Angle and distance of the hatching of a region; the first has none. The angles differ from each
/// other also where colours repeat.
fn hatch(class: usize) -> Option<(f64, f64)> {
    match class % 6 {
        0 => None,
        1 => Some((-45.0, 5.0)),
        2 => Some((45.0, 5.0)),
        3 => Some((0.0, 4.0)),
        4 => Some((90.0, 4.0)),
        _ => Some((-45.0, 2.6)),
    }
}

/// The regions of a panel: at most one layer of them is shown with names.
pub(super) fn of_panel(panel: &Panel) -> Option<&Regions> {
    panel.layers.iter().find_map(|layer| if let Layer::Regions(map) = layer { Some(map) } else { None })
}

fn hatch_id(plot: &Plot<'_>, class: usize) -> String {
    format!("{}-hatch{class}", plot.prefix)
}

/// Defines the hatchings that a panel uses.
pub(super) fn define_hatches(canvas: &mut Canvas, plot: &Plot<'_>) {
    let names = of_panel(plot.panel).map_or(0, |map| map.names.len());
    for class in 0..names {
        if let Some((turn, distance)) = hatch(class) {
            define_hatch(canvas, &hatch_id(plot, class), Colour::category(class).hex(), turn, distance);
        }
    }
}

/// Fills an outline as a region is filled.
fn fill(canvas: &mut Canvas, plot: &Plot<'_>, class: usize, data: &str) {
    canvas.empty(
        "path",
        &[("d", data), ("fill", Colour::category(class).hex()), ("fill-opacity", "0.22"), ("stroke", "none")],
    );
    if hatch(class).is_some() {
        let pattern = format!("url(#{})", hatch_id(plot, class));
        canvas.empty("path", &[("d", data), ("fill", &pattern), ("fill-opacity", "0.6"), ("stroke", "none")]);
    }
}

fn grids(plot: &Plot<'_>, map: &Regions) -> Option<(Grid, Grid)> {
    let columns = map.class.iter().map(Vec::len).max().unwrap_or(0);
    let x = Grid::new(&map.x, columns, plot.panel.x.scale)?;
    Some((x, Grid::new(&map.y, map.class.len(), plot.panel.y.scale)?))
}

/// Draws the regions without their names.
pub(super) fn draw(canvas: &mut Canvas, plot: &Plot<'_>, map: &Regions) {
    let Some((x, y)) = grids(plot, map) else { return };
    let mut outlines = vec![String::new(); map.names.len()];
    for row in 0..y.cells() {
        let Some(classes) = map.class.get(y.index(row)) else { continue };
        let class_at = |cell: usize| classes.get(x.index(cell)).copied();
        let (low, high) = y.cell(row);
        let (bottom, top) = (plot.y.place(low), plot.y.place(high));
        let mut cell = 0;
        while cell < x.cells() {
            let class = class_at(cell);
            let first = cell;
            while cell < x.cells() && class_at(cell) == class {
                cell += 1;
            }
            let (left, right) = (plot.x.place(x.cell(first).0), plot.x.place(x.cell(cell - 1).1));
            if let Some(outline) = class.and_then(|class| outlines.get_mut(class)) {
                let (left, right) = (left.max(plot.frame.left - 9.0), right.min(plot.frame.right() + 9.0));
                let (top, bottom) = (top.max(plot.frame.top - 9.0), bottom.min(plot.frame.bottom() + 9.0));
                if left < right && top < bottom {
                    // Writing to a String cannot fail. Corners are rounded one by one, so that rows meet.
                    let [left, right, top, bottom] = [left, right, top, bottom].map(num);
                    let _ = write!(outline, "M{left} {bottom}V{top}H{right}V{bottom}z");
                }
            }
        }
    }
    for (class, outline) in outlines.iter().enumerate().filter(|(_, outline)| !outline.is_empty()) {
        fill(canvas, plot, class, outline);
    }
}

/// Draws the sample of a region in the legend.
pub(super) fn key(canvas: &mut Canvas, plot: &Plot<'_>, class: usize, frame: &Frame) {
    let [left, right, top, bottom] = [frame.left, frame.right(), frame.top, frame.bottom()].map(num);
    fill(canvas, plot, class, &format!("M{left} {bottom}V{top}H{right}V{bottom}z"));
}

/// Names written into their regions, and the classes whose names did not fit.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) placed: Vec<Label>,
    pub(super) left_over: Vec<usize>,
}

/// Distance of the raster on which room for names is looked for.
const RASTER: f64 = 2.0;

/// Writes names into their regions where a whole box of one class is found, away from lines if possible,
/// close to the region's middle.
pub(super) fn names(plot: &Plot<'_>, occupancy: &mut Occupancy) -> Names {
    let mut names = Names::default();
    let Some(map) = of_panel(plot.panel) else { return names };
    let Some((x, y)) = grids(plot, map) else { return names };
    let columns = (plot.frame.width / RASTER) as usize;
    let rows = (plot.frame.height / RASTER) as usize;
    let class_at = |column: usize, row: usize| -> Option<usize> {
        let across = (column as f64 + 0.5) / columns as f64;
        let down = (row as f64 + 0.5) / rows as f64;
        let i = x.find(plot.x.range.low + across * plot.x.range.length())?;
        let j = y.find(plot.y.range.high - down * plot.y.range.length())?;
        map.class.get(j)?.get(i).copied()
    };
    let raster: Vec<Vec<Option<usize>>> =
        (0..rows).map(|row| (0..columns).map(|column| class_at(column, row)).collect()).collect();
    for (class, name) in map.names.iter().enumerate() {
        let cells: Vec<(usize, usize)> = raster
            .iter()
            .enumerate()
            .flat_map(|(j, row)| (0..row.len()).filter(move |&i| row[i] == Some(class)).map(move |i| (i, j)))
            .collect();
        if cells.is_empty() || name.trim().is_empty() {
            continue;
        }
        let count = cells.len() as f64;
        let middle = (
            cells.iter().map(|c| c.0 as f64).sum::<f64>() / count,
            cells.iter().map(|c| c.1 as f64).sum::<f64>() / count,
        );
        let (width, height) = (text::width(name, TICK_SIZE), TICK_SIZE);
        let (w, h) = (((width + 5.0) / RASTER).ceil() as usize, ((height + 4.0) / RASTER).ceil() as usize);
        let sums = prefix_sums(&raster, class);
        let mut best: Option<(f64, f64, f64)> = None;
        for j in 0..(rows + 1).saturating_sub(h) {
            for i in 0..(columns + 1).saturating_sub(w) {
                let inside = sums[j + h][i + w] + sums[j][i] - sums[j][i + w] - sums[j + h][i];
                if inside < w * h {
                    continue;
                }
                let frame = Frame {
                    left: plot.frame.left + i as f64 * RASTER,
                    top: plot.frame.top + j as f64 * RASTER,
                    width: w as f64 * RASTER,
                    height: h as f64 * RASTER,
                };
                let away = (i as f64 + 0.5 * w as f64 - middle.0).hypot(j as f64 + 0.5 * h as f64 - middle.1);
                let bound = best.map_or(f64::INFINITY, |b| b.0);
                // Ink under the name weighs more than any distance, so the cheap test comes first.
                if away < bound {
                    let cost = away + 1e3 * occupancy.cost(&frame.grown(2.0));
                    if cost < bound {
                        best = Some((cost, frame.left + 0.5 * frame.width, frame.top + 0.5 * frame.height));
                    }
                }
            }
        }
        match best {
            Some((cost, x, y)) if cost < 1e3 => {
                let (left, top) = (x - 0.5 * width, y - 0.5 * height);
                occupancy.take(Frame { left, top, width, height });
                let baseline = y + 0.36 * TICK_SIZE;
                names.placed.push(Label {
                    text: name.clone(),
                    colour: Colour::Black.hex(),
                    x: left,
                    baseline,
                });
            }
            _ => names.left_over.push(class),
        }
    }
    names
}

/// How many cells of a class lie above and to the left of each corner.
fn prefix_sums(raster: &[Vec<Option<usize>>], class: usize) -> Vec<Vec<usize>> {
    let columns = raster.first().map_or(0, Vec::len);
    let mut sums = vec![vec![0; columns + 1]];
    for row in raster {
        let above = &sums[sums.len() - 1];
        let mut line = vec![0; columns + 1];
        let mut so_far = 0;
        for (i, cell) in row.iter().enumerate() {
            so_far += usize::from(*cell == Some(class));
            line[i + 1] = above[i + 1] + so_far;
        }
        sums.push(line);
    }
    sums
}
