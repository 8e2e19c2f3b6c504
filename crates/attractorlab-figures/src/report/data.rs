//! Data of figures and tables as downloads inside the page.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::figure::{Direction, ErrorBars, Figure, Layer, ReferenceKind};
use crate::svg::{escape, identifier};
use crate::{Cell, Table};

fn link(media: &str, content: &str, file: &str, word: &str) -> String {
    let content = STANDARD.encode(content);
    format!("<a download=\"{}\" href=\"data:{media};base64,{content}\">{word}</a>", escape(file))
}

/// Values that JSON does not know (not finite) become null.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// Links to a figure's numbers and to its drawing.
pub(super) fn figure_links(figure: &Figure, drawing: &str, anchor: &str) -> String {
    let name = format!("{anchor}--{}", identifier(&figure.id));
    let links = [
        link("text/csv;charset=utf-8", &figure_csv(figure), &format!("{name}.csv"), "CSV"),
        link("application/json", &json(figure), &format!("{name}.json"), "JSON"),
        link("image/svg+xml", drawing, &format!("{name}.svg"), "SVG"),
    ];
    links.join(" ")
}

/// Links to a table's numbers.
pub(super) fn table_links(table: &Table, anchor: &str) -> String {
    let name = format!("{anchor}--{}", identifier(&table.id));
    let links = [
        link("text/csv;charset=utf-8", &table_csv(table), &format!("{name}.csv"), "CSV"),
        link("application/json", &json(table), &format!("{name}.json"), "JSON"),
    ];
    links.join(" ")
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// All digits, and an exponent where it is shorter.
fn exact(value: f64) -> String {
    format!("{value:?}")
}

fn table_csv(table: &Table) -> String {
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    let head = table.columns.iter().map(|column| {
        let unit = if column.unit.is_empty() { String::new() } else { format!(" ({})", column.unit) };
        quoted(&format!("{}{unit}", column.name))
    });
    let rows = table.rows.iter().map(|row| {
        let cells = row.iter().map(|cell| match cell {
            Cell::Number(value) => exact(*value),
            Cell::Text(text) => quoted(text),
        });
        line(cells.collect())
    });
    std::iter::once(line(head.collect())).chain(rows).collect()
}

/// One point of a layer. What a layer does not have stays empty.
#[derive(Debug, Default)]
struct Row {
    x: Option<f64>,
    y: Option<f64>,
    x_low: Option<f64>,
    x_high: Option<f64>,
    y_low: Option<f64>,
    y_high: Option<f64>,
    value: Option<f64>,
    name: String,
}

const HEAD: &str = "panel,layer,kind,label,x,y,x_low,x_high,y_low,y_high,value,name\n";

/// All layers of all panels, one point a line.
fn figure_csv(figure: &Figure) -> String {
    let mut text = HEAD.to_owned();
    for (panel_index, panel) in figure.panels.iter().enumerate() {
        for (layer_index, layer) in panel.layers.iter().enumerate() {
            let (kind, label, rows) = rows(layer);
            for row in rows {
                let numbers = [row.x, row.y, row.x_low, row.x_high, row.y_low, row.y_high, row.value]
                    .map(|value| value.map_or_else(String::new, exact))
                    .join(",");
                // Writing to a String cannot fail.
                let _ = writeln!(
                    text,
                    "{},{},{kind},{},{numbers},{}",
                    panel_index + 1,
                    layer_index + 1,
                    quoted(label),
                    quoted(&row.name)
                );
            }
        }
    }
    text
}

fn points(x: &[f64], y: &[f64]) -> Vec<Row> {
    let pairs = x.iter().zip(y);
    pairs.map(|(&x, &y)| Row { x: Some(x), y: Some(y), ..Row::default() }).collect()
}

fn bar(errors: Option<&ErrorBars>, index: usize, value: f64) -> (Option<f64>, Option<f64>) {
    errors.map_or((None, None), |errors| {
        let below = errors.below.get(index).map(|below| value - below);
        (below, errors.above.get(index).map(|above| value + above))
    })
}

/// Coordinates of a field's cell: its centre, or its edges.
fn cell(coordinates: &[f64], index: usize, cells: usize) -> (Option<f64>, Option<f64>, Option<f64>) {
    let at = coordinates.get(index).copied();
    if coordinates.len() == cells + 1 {
        (None, at, coordinates.get(index + 1).copied())
    } else {
        (at, None, None)
    }
}

fn field<T: Copy>(x: &[f64], y: &[f64], cells: &[Vec<T>], content: impl Fn(T) -> Row) -> Vec<Row> {
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let mut rows = Vec::with_capacity(columns * cells.len());
    for (j, line) in cells.iter().enumerate() {
        let (y_at, y_low, y_high) = cell(y, j, cells.len());
        for (i, &value) in line.iter().enumerate() {
            let (x_at, x_low, x_high) = cell(x, i, columns);
            rows.push(Row { x: x_at, y: y_at, x_low, x_high, y_low, y_high, ..content(value) });
        }
    }
    rows
}

fn rows(layer: &Layer) -> (&'static str, &str, Vec<Row>) {
    match layer {
        Layer::Line(line) => ("line", &line.label, points(&line.x, &line.y)),
        Layer::Dots(dots) => {
            let mut rows = points(&dots.x, &dots.y);
            for (index, (row, (&x, &y))) in rows.iter_mut().zip(dots.x.iter().zip(&dots.y)).enumerate() {
                (row.x_low, row.x_high) = bar(dots.x_error.as_ref(), index, x);
                (row.y_low, row.y_high) = bar(dots.y_error.as_ref(), index, y);
            }
            ("dots", &dots.label, rows)
        }
        Layer::Crosses(crosses) => ("crosses", &crosses.label, points(&crosses.x, &crosses.y)),
        Layer::Disc(disc) => {
            let (x, y) = disc.centre;
            let row = Row { x: Some(x), y: Some(y), value: Some(disc.radius), ..Row::default() };
            ("disc", &disc.label, vec![row])
        }
        Layer::Band(band) => {
            let edges = band.low.iter().zip(&band.high);
            let row = |(&x, (&low, &high))| Row {
                x: Some(x),
                y_low: Some(low),
                y_high: Some(high),
                ..Row::default()
            };
            ("band", &band.label, band.x.iter().zip(edges).map(row).collect())
        }
        Layer::Reference(reference) => {
            let row = match reference.kind {
                ReferenceKind::Horizontal(y) => {
                    Row { y: Some(y), name: "horizontal".into(), ..Row::default() }
                }
                ReferenceKind::Vertical(x) => Row { x: Some(x), name: "vertical".into(), ..Row::default() },
                ReferenceKind::Diagonal => Row { name: "diagonal".into(), ..Row::default() },
                ReferenceKind::UnitCircle => Row { name: "unit circle".into(), ..Row::default() },
            };
            ("reference", &reference.label, vec![row])
        }
        Layer::Span(span) => {
            let (low, high) = (Some(span.low), Some(span.high));
            let row = match span.direction {
                Direction::X => Row { x_low: low, x_high: high, ..Row::default() },
                Direction::Y => Row { y_low: low, y_high: high, ..Row::default() },
            };
            ("span", &span.label, vec![row])
        }
        Layer::Bars(bars) => {
            let edges = bars.edges.windows(2).zip(&bars.heights);
            let row = |(edge, &height): (&[f64], &f64)| Row {
                x_low: Some(edge[0]),
                x_high: Some(edge[1]),
                y: Some(height),
                ..Row::default()
            };
            ("bars", &bars.label, edges.map(row).collect())
        }
        Layer::Heatmap(map) => {
            let content = |z| Row { value: Some(z), ..Row::default() };
            ("heatmap", &map.axis.label, field(&map.x, &map.y, &map.z, content))
        }
        Layer::Regions(map) => {
            let content = |class: usize| Row {
                name: map.names.get(class).cloned().unwrap_or_default(),
                ..Row::default()
            };
            ("regions", "", field(&map.x, &map.y, &map.class, content))
        }
        Layer::Text(text) => {
            let row = Row { x: Some(text.x), y: Some(text.y), name: text.text.clone(), ..Row::default() };
            ("text", "", vec![row])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axis, Column, Dots, Heatmap, Panel};

    #[test]
    fn csv_keeps_every_digit_and_quotes_words() {
        let dots = Dots::new([0.1], [1e-300]).y_error([0.5]).label("a, \"b\"");
        let figure = Figure::new("f", "F").panel(Panel::new(Axis::new("x"), Axis::new("y")).layer(dots));
        let csv = figure_csv(&figure);
        assert_eq!(csv.lines().nth(1).unwrap(), "1,1,dots,\"a, \"\"b\"\"\",0.1,1e-300,,,-0.5,0.5,,");
        let table = Table::new("t", "T").column(Column::new("a").unit("m,s")).row(["x\ny".into()]);
        assert_eq!(table_csv(&table), "\"a (m,s)\"\n\"x\ny\"\n");
    }

    #[test]
    fn fields_name_their_cells_by_centres_or_by_edges() {
        let map = Heatmap::new([0.0, 1.0], [5.0], vec![vec![7.0]], Axis::new("z"));
        let layer = Layer::Heatmap(map);
        let (_, _, rows) = rows(&layer);
        assert_eq!(
            (rows[0].x, rows[0].x_low, rows[0].x_high, rows[0].y),
            (None, Some(0.0), Some(1.0), Some(5.0))
        );
    }
}
