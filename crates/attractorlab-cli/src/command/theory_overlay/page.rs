//! The page of an overlay.

use attractorlab::dynamics::spectrum;
use attractorlab::network::{Network, RateNetwork};
use attractorlab_figures::{
    Axis, Cell, Colour, Crosses, Disc, Dots, Figure, Line, Marker, Panel, Reference, Report, Section, Table,
};

use super::{Overlay, own_outlier};
use crate::command::net;
use crate::error::CliError;

/// Networks with more units are shown without their spectrum.
const LARGEST: usize = 2000;

pub(super) fn report(
    name: &str,
    network: &Network,
    rate: &RateNetwork,
    overlay: &Overlay,
    seconds: f64,
) -> Result<Report, CliError> {
    let mut section = Section::new(
        "overlay",
        "Theory and network",
        format!("Does mean-field theory know what {name} does at the target {}?", overlay.verdict.target),
    )
    .summary(format!("Theory: {} Network: {}", overlay.forecast.verdict(), overlay.verdict))
    .figure(figure(rate, overlay)?)
    .table(table(overlay));
    for (fact, value) in net::facts(network) {
        section = section.provenance(fact, value);
    }
    let inputs = overlay.measured.inputs;
    section = section
        .parameters(serde_json::json!({
            "target": overlay.verdict.target,
            "readout": overlay.forecast.family.to_string(),
            "measured": {
                "g": inputs.g, "feedback_std": inputs.feedback_std, "input_std": inputs.input_std, "rho": inputs.rho,
                "overlap_feedback": overlay.measured.readout.overlap_feedback,
                "overlap_input": overlay.measured.readout.overlap_input,
                "mirrored": overlay.measured.mirrored,
            },
        }))
        .seconds(seconds);
    Ok(Report::new(format!("Theory over {name}"))
        .provenance("version", env!("CARGO_PKG_VERSION"))
        .section(section))
}

fn figure(rate: &RateNetwork, overlay: &Overlay) -> Result<Figure, CliError> {
    let trace = &overlay.verdict.trace;
    let own: Vec<(f64, f64)> =
        trace.samples.iter().map(|s| (s.z, if s.stationary { s.value } else { f64::NAN })).collect();
    let (low, high) =
        (trace.samples.first().map_or(-1.0, |s| s.z), trace.samples.last().map_or(1.0, |s| s.z));
    let mirror = |z: f64| overlay.measured.mirror(z);
    let theory = (0..=160)
        .map(|k| {
            let z = low + (high - low) * f64::from(k) / 160.0;
            overlay.theory.map(mirror(z)).map(|value| (z, mirror(value)))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let points = |stable: bool| {
        let of = trace.fixed_points.iter().filter(move |p| p.stable == stable);
        Dots::at(of.map(|p| (p.z, p.z)).collect::<Vec<_>>()).size(4.0)
    };
    let map = Panel::new(Axis::new("clamped output z"), Axis::new("returned output G(z)"))
        .title("Static map")
        .layer(Reference::diagonal())
        .layer(Line::through(theory).colour(Colour::Blue).label("theory"))
        .layer(Line::through(own).colour(Colour::Grey).width(1.2).label("network"))
        .layer(points(true).colour(Colour::Black).label("stable"))
        .layer(points(false).colour(Colour::Vermillion).marker(Marker::Square).open().label("unstable"));
    let mut figure = Figure::new("overlay", "Theory over the network")
        .caption(
            "Left, the static map: theory of networks with the measured statistics, and the network's own map with its fixed \
             points. Right, eigenvalues λ of J diag φ' at the fixed point next to the target: the disc is the predicted bulk, \
             crosses the predicted outliers, and the line the border of stability.",
        )
        .columns(2)
        .panel(map);
    let target = overlay.verdict.target;
    let nearest =
        trace.fixed_points.iter().min_by(|a, b| (a.z - target).abs().total_cmp(&(b.z - target).abs()));
    if let Some(point) = nearest.filter(|_| rate.units() <= LARGEST) {
        let gains: Vec<f64> = point.x.iter().map(|x| rate.transfer().first(*x)).collect();
        // A spectrum that cannot be had leaves the page without its panel.
        if let Ok(values) = spectrum(rate.connectivity(), &gains) {
            let predicted = overlay.forecast.at_target();
            let outliers = predicted.outliers.iter().filter(|v| v.norm() > predicted.radius);
            figure = figure.panel(
                Panel::complex_plane()
                    .title("Spectrum at the target")
                    .layer(Disc::new(predicted.radius).label("bulk, theory"))
                    .layer(Reference::vertical(1.0).label("Re λ = 1"))
                    .layer(Dots::at(values.iter().map(|v| (v.re, v.im))).size(1.8).label("eigenvalues"))
                    .layer(Crosses::at(outliers.map(|v| (v.re, v.im))).label("outlier, theory")),
            );
        }
    }
    Ok(figure)
}

fn table(overlay: &Overlay) -> Table {
    let mut table = Table::new("states", "Stationary states").caption(
        "Theory, and the network's own; slope of the static map, radius of the bulk, leading outlier.",
    );
    for column in ["of", "z", "slope", "radius", "outlier Re λ", "stable"] {
        table = table.column(column);
    }
    for p in overlay.states() {
        table = table.row([
            "theory".into(),
            overlay.z(p).into(),
            p.slope.into(),
            p.radius.into(),
            p.outliers[0].re.into(),
            p.stability.name().into(),
        ]);
    }
    for p in &overlay.verdict.trace.fixed_points {
        let outlier = own_outlier(p).map_or_else(|| Cell::from("in the bulk"), |v| v.re.into());
        let stable = if p.stable { "stable" } else { "unstable" };
        table = table.row([
            "network".into(),
            p.z.into(),
            p.slope.into(),
            p.radius.into(),
            outlier,
            stable.into(),
        ]);
    }
    table
}
