//! The page of a dissection.

use attractorlab::analysis::Dissection;
use attractorlab::dynamics::Dynamics;
use attractorlab::dynamics::Time;
use attractorlab::dynamics::fixed_points::{LinkEnd, Stability};
use attractorlab::network::Network;
use attractorlab::numerics::linalg::Mat;
use attractorlab_figures::{
    Axis, Cell, Colour, Column, Dots, Figure, Line, Marker, Panel, Reference, Report, Scene, SceneGroup,
    SceneMark, Section, Table,
};

use super::{fate, numbers, theory_page, verdict};
use crate::command::net;

/// Spectra are drawn for at most this many points.
const SPECTRA: usize = 12;

/// The page, still without sections.
pub(super) fn report(name: &str, seed: u64) -> Report {
    Report::new(format!("Dissection of {name}"))
        .provenance("version", env!("CARGO_PKG_VERSION"))
        .provenance("seed", seed.to_string())
}

/// Everything about one input, the `place`-th if there are several.
pub(super) fn section(network: &Network, found: &Dissection, place: Option<usize>, seconds: f64) -> Section {
    let stable = found.points.iter().filter(|point| point.modes.unstable == 0).count();
    let certified = found.points.iter().filter(|point| point.certificate.is_ok()).count();
    let (id, title) = match place {
        None => ("dissection".to_owned(), "Fixed points".to_owned()),
        Some(k) => {
            (format!("dissection-{k}"), format!("Fixed points under the input {}", numbers(&found.input)))
        }
    };
    let mut section = Section::new(id, title, "What does the network rest on, and what lies between?")
        .summary(format!(
            "{} fixed points were found, {stable} of them stable; {certified} are certified. {}",
            found.points.len(),
            verdict(found)
        ))
        .scene(scene(found))
        .figure(spectra(network, found));
    if !found.links.is_empty() {
        section = section.figure(links_figure(found));
    }
    if let Some(theory) = &found.theory {
        section = section.figure(theory_page::figure(found, theory)).table(theory_page::table(found, theory));
    }
    section = section.table(points_table(found)).table(rests_table(found));
    if !found.links.is_empty() {
        section = section.table(links_table(found));
    }
    if !found.slow.is_empty() {
        section = section.table(slow_table(found));
    }
    for (fact, value) in net::facts(network) {
        section = section.provenance(fact, value);
    }
    section
        .parameters(serde_json::json!({
            "input": found.input, "starts": found.search.starts, "random starts": found.search.random_starts,
            "starts that found no fixed point": found.search.lost,
            "rounds of deflation": found.search.deflation_rounds,
        }))
        .seconds(seconds)
}

fn project(found: &Dissection, x: &[f64]) -> [f64; 3] {
    let coordinates = found.components.project(x);
    std::array::from_fn(|k| coordinates.get(k).copied().unwrap_or(0.0))
}

fn share(found: &Dissection, k: usize) -> f64 {
    let variance = found.components.variances.get(k).copied().unwrap_or(0.0);
    if found.components.total > 0.0 { 100.0 * variance / found.components.total } else { 0.0 }
}

fn axis(found: &Dissection, k: usize) -> String {
    format!("PC {} ({:.0} %)", k + 1, share(found, k))
}

fn column(states: &Mat<f64>, c: usize) -> Vec<f64> {
    (0..states.nrows()).map(|i| states[(i, c)]).collect()
}

fn scene(found: &Dissection) -> Scene {
    let mut groups = Vec::new();
    let group = |label: &str, colour, mark, size, points| SceneGroup {
        label: label.to_owned(),
        colour,
        mark,
        size,
        points,
        names: Vec::new(),
    };
    for states in found.trajectories.0.iter().take(24) {
        let stride = states.ncols().div_ceil(150).max(1);
        let path = (0..states.ncols()).step_by(stride).map(|c| project(found, &column(states, c))).collect();
        groups.push(group("trajectories", Colour::Blue, SceneMark::Line, 0.5, path));
    }
    // Where unstable directions lead, and the directions themselves at the saddles.
    let reach = 0.15 * found.components.total.sqrt();
    for (k, dissected) in found.points.iter().enumerate() {
        let x = &dissected.point.x;
        for mode in &dissected.modes.modes[..dissected.modes.unstable] {
            let end = |sign: f64| -> [f64; 3] {
                let moved: Vec<f64> =
                    x.iter().zip(&mode.right).map(|(x, v)| x + sign * reach * v.re).collect();
                project(found, &moved)
            };
            let path = vec![end(-1.0), project(found, x), end(1.0)];
            groups.push(group("unstable modes", Colour::Vermillion, SceneMark::Line, 1.0, path));
        }
        let stable = dissected.modes.unstable == 0;
        let named = if stable {
            format!("point {}: stable", k + 1)
        } else {
            format!("point {}: {} unstable directions", k + 1, dissected.modes.unstable)
        };
        groups.push(SceneGroup {
            label: if stable { "stable" } else { "saddle" }.to_owned(),
            colour: if stable { Colour::Black } else { Colour::Vermillion },
            mark: if stable { SceneMark::Dot } else { SceneMark::Ring },
            size: 8.0,
            points: vec![project(found, x)],
            names: vec![named],
        });
    }
    for point in &found.slow {
        groups.push(SceneGroup {
            label: "slow point".to_owned(),
            colour: Colour::Orange,
            mark: SceneMark::Ring,
            size: 6.0,
            points: vec![project(found, &point.x)],
            names: vec![format!("slow point: q = {:.1e}", point.speed)],
        });
    }
    Scene {
        title: "Fixed points and trajectories".to_owned(),
        caption: "Principal components of trajectories and fixed points, with their share of the variance."
            .to_owned(),
        axes: std::array::from_fn(|k| axis(found, k)),
        groups,
    }
}

fn spectra(network: &Network, found: &Dissection) -> Figure {
    let time = network.under(&found.input).time();
    let boundary = match time {
        Time::Continuous => "the line Re λ = 1",
        Time::Discrete => "the unit circle",
    };
    let mut figure = Figure::new("spectra", "Eigenvalues at the fixed points")
        .caption(format!(
            "One panel a fixed point (at most {SPECTRA}, stable ones first). Dots: eigenvalues; those beyond {boundary} are \
             unstable.{}",
            if found.theory.is_some() {
                " Circle and crosses: bulk and outliers that mean-field theory predicts for the state."
            } else {
                ""
            }
        ))
        .columns(3);
    for (k, dissected) in found.points.iter().take(SPECTRA).enumerate() {
        let values = |unstable: bool| {
            let modes = &dissected.modes;
            let range = if unstable { 0..modes.unstable } else { modes.unstable..modes.modes.len() };
            modes.modes[range].iter().map(|m| (m.eigenvalue.re, m.eigenvalue.im)).collect::<Vec<_>>()
        };
        let boundary = match time {
            Time::Continuous => Reference::vertical(1.0),
            Time::Discrete => Reference::unit_circle(),
        };
        let mut panel =
            Panel::complex_plane().title(format!("Point {}", k + 1)).layer(boundary.label("stability"));
        if let Some(theory) = &found.theory {
            panel = theory_page::over_spectrum(panel, theory, k);
        }
        panel = panel.layer(Dots::at(values(false)).colour(Colour::Black).size(2.5).label("stable modes"));
        if dissected.modes.unstable > 0 {
            panel = panel.layer(
                Dots::at(values(true))
                    .colour(Colour::Vermillion)
                    .marker(Marker::Diamond)
                    .size(3.0)
                    .label("unstable modes"),
            );
        }
        figure = figure.panel(panel);
    }
    figure
}

fn links_figure(found: &Dissection) -> Figure {
    let mut panel = Panel::new(Axis::new(axis(found, 0)), Axis::new(axis(found, 1)));
    let mut labelled = false;
    for link in &found.links {
        let line = Line::through(link.path.iter().map(|x| {
            let [a, b, _] = project(found, x);
            (a, b)
        }))
        .colour(Colour::Blue)
        .width(0.6);
        panel = panel.layer(if labelled { line } else { line.label("along unstable directions") });
        labelled = true;
    }
    for (stable, label) in [(false, "saddle"), (true, "stable point")] {
        let points: Vec<(f64, f64)> = found
            .points
            .iter()
            .filter(|point| (point.modes.unstable == 0) == stable)
            .map(|point| {
                let [a, b, _] = project(found, &point.point.x);
                (a, b)
            })
            .collect();
        if !points.is_empty() {
            let dots = Dots::at(points).size(4.0).label(label);
            panel = panel.layer(if stable {
                dots.colour(Colour::Black)
            } else {
                dots.colour(Colour::Vermillion).open()
            });
        }
    }
    Figure::new("links", "Where the unstable directions lead")
        .caption("Lines: trajectories from each saddle along its unstable directions, both ways.".to_owned())
        .panel(panel)
}

fn points_table(found: &Dissection) -> Table {
    let mut table = Table::new("points", "Fixed points")
        .caption(
            "λ is the eigenvalue that grows fastest; the radii are those of the balls in which the point is proved to \
             exist, and to be the only one; hits count the starts that reached it.",
        )
        .column(Column::new("point"))
        .column(Column::new("unstable directions"))
        .column(Column::new("stability proved"))
        .column(Column::new("existence radius"))
        .column(Column::new("uniqueness radius"))
        .column(Column::new("survives 32-bit weights"))
        .column(Column::new("Re λ"))
        .column(Column::new("Im λ"))
        .column(Column::new("time constant"))
        .column(Column::new("outputs"))
        .column(Column::new("hits"));
    for (k, dissected) in found.points.iter().enumerate() {
        let leading = dissected.modes.modes.first();
        let (proved, existence, uniqueness) = match &dissected.certificate {
            Ok(proof) => {
                let proved = match proof.stability {
                    Stability::Stable => "stable".to_owned(),
                    Stability::Unstable { directions: 1 } => "1 unstable".to_owned(),
                    Stability::Unstable { directions } => format!("{directions} unstable"),
                    Stability::Marginal { error } => format!("marginal (±{error:.0e})"),
                };
                (proved, Cell::from(proof.existence_radius), Cell::from(proof.uniqueness_radius))
            }
            Err(reason) => (format!("nothing: {reason}"), Cell::from("–"), Cell::from("–")),
        };
        let outputs: Vec<String> = dissected.output.iter().map(|z| format!("{z:.4}")).collect();
        table = table.row([
            Cell::from((k + 1) as i64),
            Cell::from(dissected.modes.unstable as i64),
            Cell::from(proved),
            existence,
            uniqueness,
            Cell::from(if dissected.survives_f32 { "yes" } else { "no" }),
            Cell::from(leading.map_or(f64::NAN, |mode| mode.eigenvalue.re)),
            Cell::from(leading.map_or(f64::NAN, |mode| mode.eigenvalue.im)),
            Cell::from(leading.map_or(f64::NAN, |mode| mode.time_constant)),
            Cell::from(outputs.join(", ")),
            Cell::from(dissected.point.hits.total() as i64),
        ]);
    }
    table
}

fn rests_table(found: &Dissection) -> Table {
    let table = Table::new("rests", "What trajectories settle to")
        .caption("The ends of the trajectories (at most 64), followed until they rest, repeat themselves, or time is over.")
        .column(Column::new("it settles to"))
        .column(Column::new("trajectories"));
    found
        .rests
        .iter()
        .fold(table, |table, (rest, count)| table.row([Cell::from(fate(rest)), Cell::from(*count as i64)]))
}

fn links_table(found: &Dissection) -> Table {
    let table = Table::new("links", "Links")
        .caption("From each saddle along each of its unstable directions, both ways.")
        .column(Column::new("from"))
        .column(Column::new("mode"))
        .column(Column::new("sign"))
        .column(Column::new("to"));
    found.links.iter().fold(table, |table, link| {
        let to = match link.to {
            LinkEnd::Point(k) => format!("point {}", k + 1),
            LinkEnd::Elsewhere => "no known fixed point".to_owned(),
            LinkEnd::Diverged => "diverges".to_owned(),
        };
        table.row([
            Cell::from((link.from + 1) as i64),
            Cell::from((link.mode + 1) as i64),
            Cell::from(if link.sign > 0.0 { "+" } else { "−" }),
            Cell::from(to),
        ])
    })
}

fn slow_table(found: &Dissection) -> Table {
    let table = Table::new("slow", "Slow points")
        .caption("Local minima of the speed q = ½|F|² above zero; no fixed points.")
        .column(Column::new("speed q"))
        .column(Column::new("starts"));
    found
        .slow
        .iter()
        .fold(table, |table, point| table.row([Cell::from(point.speed), Cell::from(point.hits as i64)]))
}
