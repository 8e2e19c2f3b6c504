//! Heat maps, as an image in the SVG, and their colour bar.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::axes;
use super::canvas::{Canvas, Frame, INK, num};
use super::grid::Grid;
use super::plot::Plot;
use super::scale::{Interval, Mapping, ruler, wanted};
use super::ticks::Ticks;
use crate::figure::{ColourMap, Heatmap, Layer, Panel};

/// Pixels of a field whose cells differ in size or reach out of the frame.
const SAMPLES: (usize, usize) = (480, 360);
/// Largest number of cells that are stored one by one.
const MANY: usize = 2048;

/// Width of the bar of colours, and its distance from the frame.
pub(super) const BAR_WIDTH: f64 = 7.0;
pub(super) const BAR_GAP: f64 = 6.0;

/// The heat map whose colour bar a panel shows: its first.
pub(super) fn of_panel(panel: &Panel) -> Option<&Heatmap> {
    panel.layers.iter().find_map(|layer| if let Layer::Heatmap(map) = layer { Some(map) } else { None })
}

/// The range of colours on the ruler of the field.
pub(super) fn colour_range(map: &Heatmap) -> Interval {
    let range = wanted(&map.axis).unwrap_or_else(|| {
        let mut found = Interval::EMPTY;
        for &z in map.z.iter().flatten() {
            if let Some(at) = ruler(map.axis.scale, z) {
                found.include(at);
            }
        }
        found.regular(map.axis.scale)
    });
    match map.map {
        ColourMap::Viridis => range,
        ColourMap::Diverging { centre } => {
            let Some(centre) = ruler(map.axis.scale, centre) else { return range };
            let half = (range.high - centre).abs().max((centre - range.low).abs());
            Interval { low: centre - half, high: centre + half }.regular(map.axis.scale)
        }
    }
}

/// Draws a heat map.
pub(super) fn heatmap(canvas: &mut Canvas, plot: &Plot<'_>, map: &Heatmap) {
    let columns = map.z.iter().map(Vec::len).max().unwrap_or(0);
    let (Some(x), Some(y)) =
        (Grid::new(&map.x, columns, plot.panel.x.scale), Grid::new(&map.y, map.z.len(), plot.panel.y.scale))
    else {
        return;
    };
    let window = |grid: &Grid, range: Interval| {
        let cells = grid.interval();
        Interval { low: cells.low.max(range.low), high: cells.high.min(range.high) }
    };
    let (wx, wy) = (window(&x, plot.x.range), window(&y, plot.y.range));
    if wx.length() <= 0.0 || wy.length() <= 0.0 {
        return;
    }
    let whole = wx == x.interval() && wy == y.interval();
    let plain = whole && x.is_uniform() && y.is_uniform() && x.cells() <= MANY && y.cells() <= MANY;
    let (width, height) = if plain { (x.cells(), y.cells()) } else { SAMPLES };
    let colours = colour_range(map);
    let mut pixels = Vec::with_capacity(4 * width * height);
    for row in 0..height {
        // Images run downwards.
        let cell_y = y.find(wy.high - (row as f64 + 0.5) / height as f64 * wy.length());
        for column in 0..width {
            let cell_x = x.find(wx.low + (column as f64 + 0.5) / width as f64 * wx.length());
            let value = cell_y.zip(cell_x).and_then(|(j, i)| map.z.get(j)?.get(i).copied());
            match value.and_then(|z| ruler(map.axis.scale, z)) {
                Some(at) => {
                    let [r, g, b] = map.map.rgb((at - colours.low) / colours.length());
                    pixels.extend([r, g, b, 255]);
                }
                None => pixels.extend([0; 4]),
            }
        }
    }
    let Some(address) = encode(width, height, &pixels) else { return };
    let (left, right) = (plot.x.place(wx.low), plot.x.place(wx.high));
    let (bottom, top) = (plot.y.place(wy.low), plot.y.place(wy.high));
    canvas.empty(
        "image",
        &[
            ("x", &num(left)),
            ("y", &num(top)),
            ("width", &num(right - left)),
            ("height", &num(bottom - top)),
            ("preserveAspectRatio", "none"),
            ("style", "image-rendering:pixelated"),
            ("href", &address),
        ],
    );
}

/// A PNG as an address. Writing to memory does not fail; if it did, the field would be missing, not wrong.
fn encode(width: usize, height: usize, pixels: &[u8]) -> Option<String> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(pixels).ok()?;
    writer.finish().ok()?;
    Some(format!("data:image/png;base64,{}", STANDARD.encode(bytes)))
}

/// Draws the colour bar to the right of the frame.
pub(super) fn colour_bar(canvas: &mut Canvas, plot: &Plot<'_>, map: &Heatmap, ticks: &Ticks) {
    let id = format!("{}-colours", plot.prefix);
    canvas.open("linearGradient", &[("id", &id), ("x1", "0"), ("y1", "1"), ("x2", "0"), ("y2", "0")]);
    for step in 0..=32 {
        let share = f64::from(step) / 32.0;
        let [r, g, b] = map.map.rgb(share);
        let colour = format!("#{r:02x}{g:02x}{b:02x}");
        canvas.empty("stop", &[("offset", &format!("{share}")), ("stop-color", &colour)]);
    }
    canvas.close("linearGradient");
    let frame = Frame {
        left: plot.frame.right() + BAR_GAP,
        top: plot.frame.top,
        width: BAR_WIDTH,
        height: plot.frame.height,
    };
    let fill = format!("url(#{id})");
    canvas.rectangle(&frame, &[("fill", &fill), ("stroke", INK), ("stroke-width", "0.6")]);
    let mapping =
        Mapping { scale: map.axis.scale, range: colour_range(map), start: frame.bottom(), end: frame.top };
    axes::right(canvas, &frame, &mapping, ticks, &map.axis.label);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Axis;

    #[test]
    fn diverging_maps_are_symmetric_about_their_centre() {
        let map = Heatmap::new([0.0, 1.0], [0.0], vec![vec![0.5, 3.0]], Axis::new("λ")).diverging(1.0);
        assert_eq!(colour_range(&map), Interval { low: -1.0, high: 3.0 });
    }

    #[test]
    fn not_a_number_has_no_colour_and_no_say() {
        let z = vec![vec![f64::NAN, 2.0, 4.0, f64::INFINITY]];
        let map = Heatmap::new([0.0, 1.0, 2.0, 3.0], [0.0], z, Axis::new("z"));
        assert_eq!(colour_range(&map), Interval { low: 2.0, high: 4.0 });
    }
}
