//! The page of a bifurcation diagram.

use attractorlab::analysis::Bifurcations;
use attractorlab::dynamics::continuation::{Branch, SpecialKind};
use attractorlab::network::Network;
use attractorlab_figures::{
    Axis, Cell, Colour, Column, Dots, Figure, Line, Marker, Panel, Report, Section, Table,
};

use super::{described, ended};
use crate::command::net;

/// What the branches are drawn against.
struct Coordinate<'a> {
    label: String,
    value: Box<dyn Fn(usize, usize) -> f64 + 'a>,
    of_special: Box<dyn Fn(usize, usize) -> f64 + 'a>,
}

pub(super) fn report(
    name: &str,
    network: &Network,
    parameter: &str,
    found: &Bifurcations,
    seconds: f64,
) -> Report {
    let branches = &found.diagram.branches;
    let specials: usize = branches.iter().map(|branch| branch.specials.len()).sum();
    let mut section = Section::new(
        "bifurcations",
        "Branches of fixed points",
        format!("What do the fixed points do along the {parameter}?"),
    )
    .summary(format!(
        "{} branches and {specials} places where stability changes; branches that pass none of the values searched, and \
         are connected to none of these, are not shown.",
        branches.len()
    ))
    .figure(figure(network, parameter, found))
    .table(specials_table(found, parameter))
    .table(branches_table(found));
    for (fact, value) in net::facts(network) {
        section = section.provenance(fact, value);
    }
    section = section
        .parameters(serde_json::json!({
            "searched at": found.found.iter().map(|(value, _)| value).collect::<Vec<_>>(),
            "found there": found.found.iter().map(|(_, count)| count).collect::<Vec<_>>(),
        }))
        .seconds(seconds);
    Report::new(format!("Bifurcations of {name}"))
        .provenance("version", env!("CARGO_PKG_VERSION"))
        .section(section)
}

fn coordinates<'a>(network: &'a Network, found: &'a Bifurcations) -> Vec<Coordinate<'a>> {
    let branches = &found.diagram.branches;
    let outputs = found.outputs.iter().flatten().next().map_or(0, Vec::len);
    if outputs > 0 {
        return (0..outputs.min(3))
            .map(|z| Coordinate {
                label: format!(
                    "output z{}",
                    if outputs == 1 { String::new() } else { format!(" {}", z + 1) }
                ),
                value: Box::new(move |k, i| found.outputs[k][i][z]),
                of_special: Box::new(move |k, i| network.output(&branches[k].specials[i].x)[z]),
            })
            .collect();
    }
    let share = |c: usize| 100.0 * found.components.variances[c] / found.components.total;
    (0..found.components.axes.ncols().min(2))
        .map(|c| Coordinate {
            label: format!("PC {} ({:.0} %)", c + 1, share(c)),
            value: Box::new(move |k, i| found.components.project(&branches[k].points[i].x)[c]),
            of_special: Box::new(move |k, i| found.components.project(&branches[k].specials[i].x)[c]),
        })
        .collect()
}

/// Runs of points of equal stability, each sharing its first point with the run before.
fn runs(branch: &Branch) -> Vec<(bool, std::ops::Range<usize>)> {
    let mut out: Vec<(bool, std::ops::Range<usize>)> = Vec::new();
    for (i, point) in branch.points.iter().enumerate() {
        let stable = point.unstable == 0;
        match out.last_mut() {
            Some((kind, range)) if *kind == stable => range.end = i + 1,
            _ => out.push((stable, i.saturating_sub(1)..i + 1)),
        }
    }
    out
}

fn figure(network: &Network, parameter: &str, found: &Bifurcations) -> Figure {
    let coordinates = coordinates(network, found);
    let mut figure = Figure::new("branches", "Branches of fixed points")
        .caption("Solid: stable; dashed: unstable. Marks: where stability changes.")
        .columns(coordinates.len().min(3));
    for coordinate in &coordinates {
        let mut panel = Panel::new(Axis::new(parameter), Axis::new(coordinate.label.clone()));
        let mut named = [false; 2];
        for (k, branch) in found.diagram.branches.iter().enumerate() {
            for (stable, range) in runs(branch) {
                let line =
                    Line::through(range.map(|i| (branch.points[i].parameter, (coordinate.value)(k, i))))
                        .width(0.9);
                let line = if stable {
                    line.colour(Colour::Black)
                } else {
                    line.colour(Colour::Vermillion).dashed()
                };
                let label = if stable { "stable" } else { "unstable" };
                let seen = std::mem::replace(&mut named[usize::from(stable)], true);
                panel = panel.layer(if seen { line } else { line.label(label) });
            }
        }
        for (name, marker, colour, is) in kinds() {
            let points: Vec<(f64, f64)> = found
                .diagram
                .branches
                .iter()
                .enumerate()
                .flat_map(|(k, branch)| {
                    branch
                        .specials
                        .iter()
                        .enumerate()
                        .filter(|(_, special)| is(special.kind))
                        .map(move |(i, s)| (k, i, s))
                })
                .map(|(k, i, special)| (special.parameter, (coordinate.of_special)(k, i)))
                .collect();
            if !points.is_empty() {
                panel = panel.layer(Dots::at(points).marker(marker).colour(colour).size(4.0).label(name));
            }
        }
        figure = figure.panel(panel);
    }
    figure
}

type IsKind = fn(SpecialKind) -> bool;

fn kinds() -> [(&'static str, Marker, Colour, IsKind); 4] {
    [
        ("fold", Marker::Circle, Colour::Blue, |kind| kind == SpecialKind::Fold),
        ("branch point", Marker::Diamond, Colour::Green, |kind| {
            matches!(kind, SpecialKind::BranchPoint { .. })
        }),
        ("Hopf or Neimark–Sacker point", Marker::Square, Colour::Orange, |kind| {
            matches!(kind, SpecialKind::Hopf { .. } | SpecialKind::NeimarkSacker { .. })
        }),
        ("period doubling", Marker::Triangle, Colour::Purple, |kind| kind == SpecialKind::PeriodDoubling),
    ]
}

fn specials_table(found: &Bifurcations, parameter: &str) -> Table {
    let table = Table::new("specials", "Where stability changes")
        .caption(
            "The residual is how far from zero the test is at the point that is reported: the component of the tangent \
             along the parameter at a fold, the growth of the critical mode elsewhere.",
        )
        .column(Column::new("branch"))
        .column(Column::new(parameter))
        .column(Column::new("what happens"))
        .column(Column::new("residual"));
    found.diagram.branches.iter().enumerate().fold(table, |table, (k, branch)| {
        branch.specials.iter().fold(table, |table, special| {
            table.row([
                Cell::from((k + 1) as i64),
                Cell::from(special.parameter),
                Cell::from(described(special.kind)),
                Cell::from(special.residual),
            ])
        })
    })
}

fn branches_table(found: &Bifurcations) -> Table {
    let table = Table::new("branches", "Branches")
        .column(Column::new("branch"))
        .column(Column::new("points"))
        .column(Column::new("from"))
        .column(Column::new("to"))
        .column(Column::new("begins at"))
        .column(Column::new("ends at"));
    found.diagram.branches.iter().enumerate().fold(table, |table, (k, branch)| {
        let end = |at: Option<&attractorlab::dynamics::continuation::BranchPoint>| {
            Cell::from(at.map_or(f64::NAN, |point| point.parameter))
        };
        table.row([
            Cell::from((k + 1) as i64),
            Cell::from(branch.points.len() as i64),
            end(branch.points.first()),
            end(branch.points.last()),
            Cell::from(ended(branch.ends.0)),
            Cell::from(ended(branch.ends.1)),
        ])
    })
}
