//! From figures to SVG. Units are points; the layout is decided first ([`layout`]), then drawn.

mod axes;
mod canvas;
mod clip;
mod extent;
mod field;
mod grid;
mod guides;
mod layout;
mod legend;
mod marks;
mod plot;
mod regions;
mod scale;
mod text;
mod ticks;

pub(crate) use canvas::{escape, identifier};
pub(crate) use text::{runs, to_html};

use std::fmt::Write;

use canvas::{Canvas, Frame, LABEL_SIZE, LETTER_SIZE, PAPER, num};
use layout::{MILLIMETRE, Placed, TITLE_LINE};
use plot::Plot;

use crate::figure::{Figure, Layer, Scale};

/// Fonts that look alike on the usual systems; none is loaded.
const FONTS: &str = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', sans-serif";

/// Draws a figure; `prefix` makes its ids unique on a page.
pub(crate) fn render(figure: &Figure, prefix: &str) -> String {
    let prefix = identifier(prefix);
    let layout = layout::arrange(figure, &prefix);
    let mut canvas = Canvas::default();
    let (width, height) = (num(layout.width), num(layout.height));
    let (title, description) = (format!("{prefix}-title"), format!("{prefix}-desc"));
    canvas.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("width", &format!("{}mm", num(layout.width / MILLIMETRE))),
            ("height", &format!("{}mm", num(layout.height / MILLIMETRE))),
            ("viewBox", &format!("0 0 {width} {height}")),
            ("font-family", FONTS),
            ("role", "img"),
            ("aria-labelledby", &format!("{title} {description}")),
        ],
    );
    canvas.open("title", &[("id", &title)]);
    canvas.raw(&escape(&plain(&figure.title)));
    canvas.close("title");
    canvas.open("desc", &[("id", &description)]);
    canvas.raw(&escape(&describe(figure)));
    canvas.close("desc");
    let page = Frame { left: 0.0, top: 0.0, width: layout.width, height: layout.height };
    canvas.rectangle(&page, &[("fill", PAPER)]);
    for (index, placed) in layout.panels.iter().enumerate() {
        let letter = if layout.panels.len() > 1 { letter(index) } else { String::new() };
        panel(&mut canvas, placed, &letter);
    }
    canvas.close("svg");
    canvas.finish()
}

/// Letters of panels: a to z, then a1 and so on.
fn letter(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { format!("{letter}{}", index / 26) }
}

/// A label without its markup.
fn plain(label: &str) -> String {
    runs(label).into_iter().map(|(_, run)| run).collect()
}

/// What a reader who cannot see the figure is told.
fn describe(figure: &Figure) -> String {
    let mut words = plain(&figure.caption);
    for (index, panel) in figure.panels.iter().enumerate() {
        let title =
            if panel.title.is_empty() { String::new() } else { format!(" ({})", plain(&panel.title)) };
        let (x, y) = (plain(&panel.x.label), plain(&panel.y.label));
        // Writing to a String cannot fail.
        let _ = write!(words, " Panel {}{title}: {y} against {x}.", letter(index));
    }
    words.trim().to_owned()
}

/// The axes as the page's read-out needs them: scale, ends on the ruler, ends on the page.
fn ruler_attribute(mapping: &scale::Mapping) -> String {
    let scale = if mapping.scale == Scale::Log10 { "log" } else { "linear" };
    let scale::Interval { low, high } = mapping.range;
    format!("{scale} {low:e} {high:e} {} {}", num(mapping.start), num(mapping.end))
}

fn panel(canvas: &mut Canvas, placed: &Placed<'_>, letter: &str) {
    let plot = &placed.plot;
    let group = [
        ("class", "panel"),
        ("data-x", &ruler_attribute(&plot.x)),
        ("data-y", &ruler_attribute(&plot.y)),
        ("data-x-label", &plain(&plot.panel.x.label)),
        ("data-y-label", &plain(&plot.panel.y.label)),
    ];
    canvas.open("g", &group);
    canvas.open("defs", &[]);
    guides::define_clip(canvas, plot);
    regions::define_hatches(canvas, plot);
    canvas.close("defs");
    for layer in &plot.panel.layers {
        draw_layer(canvas, plot, layer);
    }
    let (x_numbers, y_numbers) = placed.numbers;
    axes::draw(canvas, plot, (&placed.x_ticks, x_numbers), (&placed.y_ticks, y_numbers));
    guides::draw_labels(canvas, &placed.labels);
    legend::draw(canvas, plot, &placed.entries, placed.legend);
    if let Some(map) = field::of_panel(plot.panel) {
        field::colour_bar(canvas, plot, map, &placed.z_ticks);
    }
    heading(canvas, placed, letter);
    canvas.close("g");
}

fn draw_layer(canvas: &mut Canvas, plot: &Plot<'_>, layer: &Layer) {
    match layer {
        // Markers whose centre is inside are drawn whole, so that points on the frame keep their shape.
        Layer::Dots(dots) => marks::dots(canvas, plot, dots),
        Layer::Crosses(crosses) => marks::crosses(canvas, plot, crosses),
        // Words are drawn last, over everything.
        Layer::Text(_) => {}
        _ => {
            canvas.open("g", &[("clip-path", &guides::clip_reference(plot))]);
            match layer {
                Layer::Line(line) => marks::line(canvas, plot, line),
                Layer::Disc(disc) => guides::disc(canvas, plot, disc),
                Layer::Band(band) => marks::band(canvas, plot, band),
                Layer::Reference(reference) => guides::reference(canvas, plot, reference),
                Layer::Span(span) => guides::span(canvas, plot, span),
                Layer::Bars(bars) => marks::bars(canvas, plot, bars),
                Layer::Heatmap(map) => field::heatmap(canvas, plot, map),
                Layer::Regions(map) => regions::draw(canvas, plot, map),
                Layer::Dots(_) | Layer::Crosses(_) | Layer::Text(_) => {}
            }
            canvas.close("g");
        }
    }
}

/// Letter and title at the top of the row, so that those of neighbours stand on one line.
fn heading(canvas: &mut Canvas, placed: &Placed<'_>, letter: &str) {
    let (left, top) = placed.letter;
    let first = top + 2.0 + 0.8 * LETTER_SIZE;
    text::draw(canvas, letter, left, first, text::Style::new(LETTER_SIZE).bold());
    for (i, line) in placed.title_lines.iter().enumerate() {
        let baseline = first + TITLE_LINE * i as f64;
        text::draw(canvas, line, placed.plot.frame.left, baseline, text::Style::new(LABEL_SIZE));
    }
}
