//! A figure with every kind of layer.

use attractorlab_figures::{
    Axis, Band, Bars, Colour, Crosses, Disc, Dots, Figure, Heatmap, Legend, Line, LineStyle, Marker, Panel,
    Reference, Regions, Span, Text,
};

use crate::xml;

/// Every layer, every marker, every style.
pub(crate) fn everything() -> Figure {
    let x = [0.1, 0.5, 1.0, 2.0];
    let y = [0.2, 0.4, 0.9, 1.7];
    let lines = [LineStyle::Solid, LineStyle::Dashed, LineStyle::Dotted].map(|style| {
        let shifted = y.map(|y| y + f64::from(style as u8));
        Line::new(x, shifted).style(style).label(format!("{style:?}"))
    });
    let dots = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond].map(|marker| {
        Dots::new(x, y)
            .marker(marker)
            .x_error([0.05; 4])
            .y_error_between([0.1; 4], [0.2; 4])
            .label("simulation")
    });
    let field = Heatmap::sampled([0.0, 1.0, 2.0], [0.0, 1.0], Axis::new("outlier λ"), |x, y| x - y);
    Figure::new("every/thing", "Everything <at once> & \"more\"")
        .caption("Every layer.")
        .panel(
            Panel::new(Axis::new("target A"), Axis::new("output z"))
                .title("Lines & dots")
                .layer(Span::x(0.4, 0.6).label("input"))
                .layer(Band::new(x, y.map(|y| y - 0.1), y.map(|y| y + 0.1)).label("quartiles"))
                .layers(lines)
                .layers(dots.clone())
                .layer(dots[0].clone().open().colour(Colour::Green).label("open"))
                .layer(Text::new(1.0, 1.0, "a_{1} < b^{2}")),
        )
        .panel(
            Panel::complex_plane()
                .layer(Disc::new(0.8).label("bulk"))
                .layer(Reference::vertical(1.0).label("Re λ = 1"))
                .layer(Reference::horizontal(0.0))
                .layer(Reference::diagonal().label("diagonal"))
                .layer(Reference::unit_circle().label("unit circle"))
                .layer(Dots::at([(0.1, 0.3), (1.3, 0.0)]).size(2.0))
                .layer(Crosses::at([(1.3, 0.0)]).label("outlier, theory")),
        )
        .panel(
            Panel::new(Axis::new("overlap"), Axis::new("count"))
                .layer(Bars::histogram([0.0, 0.1, 0.1, 0.5, 0.9], 5).label("weights"))
                .legend(Legend::TopRight),
        )
        .panel(Panel::new(Axis::new("gain g"), Axis::new("target A")).layer(field.clone()))
        .panel(Panel::new(Axis::new("gain g"), Axis::new("target A")).layer(field.diverging(0.5)))
        .panel(Panel::new(Axis::new("gain g"), Axis::new("target A")).layer(Regions::new(
            [0.0, 1.0, 2.0],
            [0.0, 1.0],
            vec![vec![0, 1, 1], vec![0, 0, 2]],
            ["quiet", "chaotic", "a name that fits into no region whatever happens"],
        )))
        .panel(
            Panel::new(Axis::log10("size N"), Axis::log10("error"))
                .layer(Line::through([(100.0, 0.1), (1e4, 0.01)]).label("∝ N^{−1/2}")),
        )
}

#[test]
fn every_layer_is_drawn_well_formed() {
    let svg = everything().to_svg();
    xml::check(&svg);
    for part in [
        "<image ",
        "data:image/png;base64,iVBOR",
        "<linearGradient",
        "<pattern",
        "stroke-dasharray=\"0 ",
        "class=\"errors\"",
        "class=\"disc\"",
        "class=\"reference\"",
        "Everything &lt;at once&gt; &amp; &quot;more&quot;",
        ">chaotic</text>",
        "<clipPath",
        "a name that fits into no region",
    ] {
        assert!(svg.contains(part), "{part} is missing");
    }
    // One legend line for the four shapes would be wrong, as they do not look alike.
    assert_eq!(svg.matches(">simulation</text>").count(), 4);
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    assert_eq!(everything().to_svg(), everything().to_svg());
}

#[test]
fn figures_become_json_with_their_numbers() {
    let json = serde_json::to_value(everything()).expect("every layer can be written");
    let kinds = |panel: usize| -> Vec<&str> {
        json["panels"][panel]["layers"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|l| l["layer"].as_str())
            .collect()
    };
    assert_eq!(kinds(3), ["heatmap"]);
    assert_eq!(kinds(0).len(), 11);
    assert_eq!(json["panels"][0]["layers"][2]["x"], serde_json::json!([0.1, 0.5, 1.0, 2.0]));
    assert_eq!(
        json["panels"][4]["layers"][0]["map"],
        serde_json::json!({ "map": "diverging", "centre": 0.5 })
    );
}

/// Set `UPDATE_SNAPSHOTS` to accept a changed drawing, after looking at it.
#[test]
fn a_small_figure_is_drawn_as_it_was() {
    let figure = Figure::new("small", "A small figure").caption("Line, theory; dots, simulation.").panel(
        Panel::new(Axis::new("target A"), Axis::new("outlier λ_{+}"))
            .layer(Reference::horizontal(1.0).label("Re λ = 1"))
            .layer(Line::new([0.0, 1.0, 2.0], [0.5, 0.9, 1.4]).label("theory"))
            .layer(Line::new([0.0, 1.0, 2.0], [0.4, 0.2, -0.1]).dashed().label("theory, unstable"))
            .layer(Dots::new([0.5, 1.5], [0.72, 1.12]).y_error([0.05, 0.08]).label("simulation")),
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/main/small.svg");
    let svg = figure.to_svg();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &svg).expect("the snapshot can be written");
    }
    let expected = std::fs::read_to_string(path).expect("the snapshot is there");
    assert!(svg == expected, "the drawing has changed; see {path}");
}

#[test]
fn type_is_readable_in_print() {
    let svg = everything().to_svg();
    for size in svg.split("<text ").skip(1).filter_map(|text| text.split("font-size=\"").nth(1)) {
        let size: f64 = size.split('"').next().unwrap().parse().unwrap();
        assert!(size >= 7.0, "{size} points are too small");
    }
    let one = Figure::new("one", "One").panel(Panel::default()).to_svg();
    assert!(one.contains("width=\"85mm\""));
}

#[test]
fn shared_axes_write_their_numbers_once() {
    let panel = |high| {
        Panel::new(Axis::new("time t/τ"), Axis::new("output z")).layer(Line::new([0.0, 1.0], [0.0, high]))
    };
    let figure = Figure::new("s", "S").panel(panel(1.0)).panel(panel(5.0)).columns(1);
    assert_eq!(figure.to_svg().matches(">time t/τ</text>").count(), 2);
    let shared = figure.share_x().share_y().to_svg();
    assert_eq!(shared.matches(">time t/τ</text>").count(), 1);
    let ranges: Vec<&str> = shared.split("data-y=\"").skip(1).collect();
    let limits = |text: &str| text.split(' ').skip(1).take(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(limits(ranges[0]), limits(ranges[1]));
}

#[test]
fn axes_of_the_complex_plane_have_one_unit() {
    let figure = Figure::new("c", "C")
        .panel(Panel::complex_plane().layer(Disc::new(1.0)).layer(Crosses::at([(3.0, 0.0)])));
    let svg = figure.to_svg();
    let unit = |key: &str| {
        let text = svg.split(&format!("{key}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
        let n: Vec<f64> = text.split(' ').skip(1).map(|n| n.parse().unwrap()).collect();
        ((n[3] - n[2]) / (n[1] - n[0])).abs()
    };
    assert!((unit("data-x") / unit("data-y") - 1.0).abs() < 1e-3);
}
