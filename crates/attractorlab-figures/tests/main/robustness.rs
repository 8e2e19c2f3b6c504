//! Whatever the data, there is a drawing.

use attractorlab_figures::{
    Anchor, Axis, Band, Bars, Crosses, Disc, Dots, Figure, Heatmap, Layer, Legend, Line, Panel, Reference,
    Regions, Span, Text,
};
use proptest::prelude::*;

use crate::xml;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => -10.0..10.0,
        1 => prop::num::f64::ANY,
        1 => prop::sample::select(vec![
            0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN,
            f64::MIN_POSITIVE, 5e-324, 1e300, -1e300, 1e-300, 1.0 + f64::EPSILON,
        ]),
    ]
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![prop::collection::vec(number(), 0..8), number().prop_map(|n| vec![n; 3])]
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-m<>&\"'_^{} λ\u{0}-\u{1f}]{0,40}"]
}

fn layer() -> impl Strategy<Value = Layer> {
    let rows = prop::collection::vec(numbers(), 0..4);
    let classes = prop::collection::vec(prop::collection::vec(0usize..4, 0..5), 0..4);
    let ramp = (0usize..6).prop_map(|n| (0..n).map(|i| i as f64).collect::<Vec<_>>());
    let coordinates = prop_oneof![numbers(), ramp];
    prop_oneof![
        (numbers(), numbers(), label(), number())
            .prop_map(|(x, y, label, width)| Line::new(x, y).label(label).width(width).into()),
        (numbers(), numbers(), numbers(), numbers(), label(), number()).prop_map(
            |(x, y, a, b, label, size)| {
                Dots::new(x, y).y_error_between(&a, &b).x_error_between(b, a).label(label).size(size).into()
            }
        ),
        (numbers(), numbers(), label()).prop_map(|(x, y, label)| Crosses::new(x, y).label(label).into()),
        (number(), number(), number(), label())
            .prop_map(|(x, y, r, label)| Disc::new(r).centre(x, y).label(label).into()),
        (numbers(), numbers(), numbers(), label())
            .prop_map(|(x, low, high, label)| Band::new(x, low, high).label(label).into()),
        (number(), label()).prop_map(|(at, label)| Reference::vertical(at).label(label).into()),
        (number(), label()).prop_map(|(at, label)| Reference::horizontal(at).label(label).into()),
        label().prop_map(|label| Reference::diagonal().label(label).into()),
        label().prop_map(|label| Reference::unit_circle().label(label).into()),
        (number(), number(), label()).prop_map(|(a, b, label)| Span::x(a, b).label(label).into()),
        (number(), number(), label()).prop_map(|(a, b, label)| Span::y(a, b).label(label).into()),
        (numbers(), numbers(), label())
            .prop_map(|(edges, heights, label)| Bars::new(edges, heights).label(label).into()),
        (numbers(), 0usize..5).prop_map(|(values, bins)| Bars::histogram(values, bins).normalised().into()),
        (coordinates.clone(), coordinates.clone(), rows, label(), prop::option::of(number())).prop_map(
            |(x, y, z, label, centre)| {
                let map = Heatmap::new(x, y, z, Axis::new(label));
                centre.map_or_else(|| map.clone(), |centre| map.clone().diverging(centre)).into()
            }
        ),
        (coordinates.clone(), coordinates, classes, prop::collection::vec(label(), 0..3))
            .prop_map(|(x, y, class, names)| Regions::new(x, y, class, names).into()),
        (number(), number(), label()).prop_map(|(x, y, t)| Text::new(x, y, t).anchor(Anchor::End).into()),
    ]
}

fn axis() -> impl Strategy<Value = Axis> {
    let range = prop::option::weighted(0.3, (number(), number()));
    (label(), any::<bool>(), range, prop::option::weighted(0.2, numbers())).prop_map(
        |(label, log, range, ticks)| {
            let mut axis = if log { Axis::log10(label) } else { Axis::new(label) };
            axis.range = range;
            axis.ticks = ticks;
            axis
        },
    )
}

fn panel() -> impl Strategy<Value = Panel> {
    let legend = prop::sample::select(vec![Legend::Auto, Legend::Above, Legend::BottomLeft, Legend::Hidden]);
    (axis(), axis(), label(), prop::collection::vec(layer(), 0..5), legend, any::<bool>()).prop_map(
        |(x, y, title, layers, legend, equal)| {
            let panel = Panel::new(x, y).title(title).layers(layers).legend(legend);
            if equal { panel.equal_aspect() } else { panel }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_figure_is_well_formed_and_finite(
        panels in prop::collection::vec(panel(), 0..4),
        columns in 0usize..9,
        (share_x, share_y) in any::<(bool, bool)>(),
        id in label(),
    ) {
        let figure = Figure { panels, columns, share_x, share_y, ..Figure::new(id, "any") };
        let svg = figure.to_svg();
        xml::check(&svg);
        prop_assert!(!svg.contains("NaN"));
        prop_assert_eq!(svg, figure.to_svg());
    }
}

#[test]
fn figures_without_data_show_their_axes() {
    for data in [vec![], vec![f64::NAN; 3], vec![f64::INFINITY]] {
        for axis in [Axis::new("x"), Axis::log10("x")] {
            let panel = Panel::new(axis.clone(), axis).layer(Line::new(&data, &data));
            let svg = Figure::new("f", "F").panel(panel).to_svg();
            xml::check(&svg);
            assert!(svg.contains(">x</text>"));
        }
    }
    xml::check(&Figure::default().to_svg());
}

#[test]
fn a_gap_breaks_a_line() {
    let moves = |y: [f64; 5]| {
        let line = Line::new([0.0, 1.0, 2.0, 3.0, 4.0], y);
        let svg = Figure::new("f", "F").panel(Panel::default().layer(line)).to_svg();
        let path = svg.split("class=\"line\"").nth(1).unwrap().split("/>").next().unwrap().to_owned();
        path.matches('M').count()
    };
    assert_eq!(moves([0.0, 1.0, 2.0, 3.0, 4.0]), 1);
    assert_eq!(moves([0.0, 1.0, f64::NAN, 3.0, 4.0]), 2);
}

#[test]
fn many_points_are_drawn_in_bounded_room() {
    let x: Vec<f64> = (0..200_000).map(|i| f64::from(i) * 1e-3).collect();
    let y: Vec<f64> = x.iter().map(|x| x.sqrt()).collect();
    let svg = Figure::new("f", "F").panel(Panel::default().layer(Line::new(x, y))).to_svg();
    assert!(svg.len() < 200_000, "{} bytes", svg.len());
}
