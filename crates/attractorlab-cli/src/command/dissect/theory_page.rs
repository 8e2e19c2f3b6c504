//! Mean-field theory laid over a dissected network of bulk and loops.

use attractorlab::analysis::{Dissection, TheoryOverlay};
use attractorlab::theory::feedback::Stability;
use attractorlab_figures::{
    Axis, Cell, Colour, Column, Crosses, Disc, Dots, Figure, Line, Marker, Panel, Reference, Table,
};

/// What theory says of the state taken for fixed point `k`, under the dots of its spectrum.
pub(super) fn over_spectrum(panel: Panel, theory: &TheoryOverlay, k: usize) -> Panel {
    let Some(state) = theory.matches.iter().position(|found| *found == Some(k)).map(|s| &theory.states[s])
    else {
        return panel;
    };
    let visible: Vec<(f64, f64)> = state
        .outliers
        .iter()
        .filter(|outlier| outlier.norm() > state.radius)
        .map(|outlier| (outlier.re, outlier.im))
        .collect();
    let panel = panel.layer(Disc::new(state.radius).colour(Colour::Blue).label("bulk, theory"));
    if visible.is_empty() {
        panel
    } else {
        let crosses = Crosses::at(visible).colour(Colour::Blue).size(4.0);
        panel.layer(crosses.label("outlier, theory"))
    }
}

/// Overlaps of theory and of the network; of one loop with the static map.
pub(super) fn figure(found: &Dissection, theory: &TheoryOverlay) -> Figure {
    let figure = Figure::new("theory", "Fixed points of the network and of mean-field theory");
    let loops = theory.states.first().map_or(0, |state| state.overlaps.len());
    let groups = |panel: Panel, place: &dyn Fn(&[f64]) -> (f64, f64)| {
        [(true, "stable point", Colour::Black), (false, "saddle", Colour::Vermillion)].into_iter().fold(
            panel,
            |panel, (stable, label, colour)| {
                let points: Vec<(f64, f64)> = found
                    .points
                    .iter()
                    .filter(|point| (point.modes.unstable == 0) == stable)
                    .map(|point| place(&point.overlaps))
                    .collect();
                if points.is_empty() {
                    return panel;
                }
                let dots = Dots::at(points).size(4.0).colour(colour).label(label);
                panel.layer(if stable { dots } else { dots.open() })
            },
        )
    };
    if loops == 1 {
        let panel = Panel::new(
            Axis::new("overlap κ that the loop is held at"),
            Axis::new("overlap G(κ) of the rates"),
        )
        .layer(Reference::diagonal().label("fixed points lie here"))
        .layer(Line::through(theory.map.iter().copied()).colour(Colour::Blue).label("static map, theory"));
        let panel = groups(panel, &|overlaps| (overlaps[0], overlaps[0]));
        return figure
            .caption(
                "Line: the map of mean-field theory for the network's own vectors and the strength of its bulk. \
                 Dots: the overlaps of the fixed points that were found.",
            )
            .panel(panel);
    }
    let predicted = Dots::at(theory.states.iter().map(|state| (state.overlaps[0], state.overlaps[1])))
        .x_error(theory.states.iter().map(|state| state.overlap_errors[0]).collect::<Vec<_>>())
        .y_error(theory.states.iter().map(|state| state.overlap_errors[1]).collect::<Vec<_>>())
        .marker(Marker::Diamond)
        .size(7.0)
        .open()
        .colour(Colour::Blue)
        .label("theory");
    let panel = Panel::new(
        Axis::new("overlap κ₁ with the first readout"),
        Axis::new("overlap κ₂ with the second readout"),
    )
    .layer(predicted);
    figure
        .caption(
            "Diamonds: states of mean-field theory for the network's own vectors and the strength of its bulk, with one \
             standard deviation over bulks. Dots: the fixed points that were found.",
        )
        .panel(groups(panel, &|overlaps| (overlaps[0], overlaps[1])))
}

/// One row for each predicted state.
pub(super) fn table(found: &Dissection, theory: &TheoryOverlay) -> Table {
    let mut table = Table::new("theory", "What mean-field theory predicts")
        .caption(format!(
            "For the network's own feedback vectors, readouts and inputs, and a bulk of independent entries with g = \
             {:.4}, as measured, that the readouts know nothing of (a readout trained by least squares does: its \
             overlaps may then be off by more than their errors). Errors: standard deviation over bulks. λ: the leading \
             eigenvalue outside the bulk, of the effective connectivity.",
            theory.g
        ))
        .column(Column::new("state"))
        .column(Column::new("verdict"))
        .column(Column::new("overlaps κ"))
        .column(Column::new("bulk radius"))
        .column(Column::new("λ"))
        .column(Column::new("fixed point"))
        .column(Column::new("its overlaps"))
        .column(Column::new("off by (errors)"))
        .column(Column::new("its leading λ"));
    for (s, (state, matched)) in theory.states.iter().zip(&theory.matches).enumerate() {
        let verdict = match state.stability {
            Stability::Stable => "stable",
            Stability::OutlierUnstable => "unstable",
            Stability::BulkUnstable => "chaotic",
        };
        let predicted: Vec<String> = state
            .overlaps
            .iter()
            .zip(&state.overlap_errors)
            .map(|(k, e)| format!("{k:.4} ± {e:.4}"))
            .collect();
        let outlier = state.outliers[0];
        let complex = |re: f64, im: f64| {
            if im == 0.0 { format!("{re:.4}") } else { format!("{re:.4} ± {:.4}i", im.abs()) }
        };
        let point = matched.map(|k| &found.points[k]);
        let worst = point.map(|point| {
            point
                .overlaps
                .iter()
                .zip(&state.overlaps)
                .zip(&state.overlap_errors)
                .map(|((found, k), e)| (found - k).abs() / e)
                .fold(0.0, f64::max)
        });
        let list = |values: &[f64]| values.iter().map(|v| format!("{v:.4}")).collect::<Vec<_>>().join(", ");
        let none = || "–".to_owned();
        table = table.row([
            Cell::from((s + 1) as i64),
            Cell::from(verdict),
            Cell::from(predicted.join(", ")),
            Cell::from(state.radius),
            Cell::from(if outlier.norm() > state.radius {
                complex(outlier.re, outlier.im)
            } else {
                "in the bulk".to_owned()
            }),
            Cell::from(matched.map_or_else(|| "none found".to_owned(), |k| (k + 1).to_string())),
            Cell::from(point.map_or_else(none, |point| list(&point.overlaps))),
            Cell::from(worst.map_or_else(none, |worst| format!("{worst:.1}"))),
            Cell::from(
                point
                    .and_then(|point| point.modes.modes.first())
                    .map_or_else(none, |mode| complex(mode.eigenvalue.re, mode.eigenvalue.im)),
            ),
        ]);
    }
    table
}
