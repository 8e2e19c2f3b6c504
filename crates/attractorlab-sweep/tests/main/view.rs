//! The kind of figure follows from the axes.

use attractorlab_figures::{Layer, Report};
use attractorlab_sweep::{Folder, RunOptions, SweepError, view};

use crate::world::{Scratch, finish, plan};

fn report(name: &str, axes: &str) -> Report {
    let scratch = Scratch::new(name);
    let plan = plan(&format!("[run]\nwhat = 'test.draw'\nseeds = 5\n{axes}"));
    let folder = finish(&plan, &scratch.folder(), &RunOptions::default());
    let report = view::report(&folder, &plan).unwrap();
    assert!(!report.to_html().contains("NaN"));
    report
}

/// Panels and layers of the figure of a measure.
fn layers(report: &Report, measure: &str) -> (usize, Vec<Layer>) {
    let figure = report.sections[0].figures.iter().find(|figure| figure.id == measure).expect("it is drawn");
    (figure.panels.len(), figure.panels[0].layers.clone())
}

#[test]
fn one_numeric_axis_gives_dots_with_intervals() {
    let report = report("view-line", "[axes]\nx = { range = [-1, 1], points = 9 }");
    let (panels, layers) = layers(&report, "mean");
    let [Layer::Line(theory), Layer::Dots(dots)] = layers.as_slice() else { panic!("{layers:?}") };
    assert_eq!((panels, dots.x.len()), (1, 9));
    // The theory of the mean lies under its dots, and has no figure of its own.
    assert!(theory.y.iter().zip(&dots.x).all(|(y, x)| (y - x).abs() < 1e-12));
    assert!(report.sections[0].figures.iter().all(|figure| figure.id != "expected"));
    let bars = dots.y_error.as_ref().unwrap();
    assert!(bars.below.iter().all(|length| *length > 0.0));
    // The draws do not depend on x: all intervals have one length, and the means rise with x.
    assert!(dots.y.windows(2).all(|pair| (pair[1] - pair[0] - 0.25).abs() < 1e-12));
    assert!((bars.above[0] - bars.above[8]).abs() < 1e-12);
}

#[test]
fn two_numeric_axes_give_a_map_or_a_few_curves() {
    let report = report(
        "view-map",
        "[axes]\nx = { range = [-1, 1], points = 9 }\ncount = { range = [1, 8], points = 8 }",
    );
    let (_, map) = layers(&report, "mean");
    let [Layer::Heatmap(map), Layer::Line(theory)] = map.as_slice() else { panic!("{map:?}") };
    assert_eq!((map.x.len(), map.y.len(), map.z.len(), map.z[0].len()), (9, 8, 8, 9));
    // The expectation is x, so that its level line is the vertical at 0.1.
    assert!(theory.x.iter().filter(|x| !x.is_nan()).all(|x| (x - 0.1).abs() < 1e-12));
    assert!(theory.y.contains(&1.0) && theory.y.contains(&8.0));
    // Along x, the longest axis, the mean rises by a quarter at each step.
    assert!((map.z[3][1] - map.z[3][0] - 0.25).abs() < 1e-12);
    let (_, regions) = layers(&report, "sign");
    assert!(matches!(regions.as_slice(), [Layer::Regions(regions)] if regions.names.len() == 2));
    let report = self::report("view-curves", "[axes]\nx = { range = [-1, 1], points = 9 }\ncount = [1, 3]");
    let (panels, curves) = layers(&report, "mean");
    // A curve of theory and one of dots for each.
    assert_eq!((panels, curves.len()), (1, 4));
}

#[test]
fn words_give_panels_or_a_table() {
    let report = report("view-panels", "[axes]\nx = { range = [-1, 1], points = 9 }\nflag = [false, true]");
    assert_eq!(layers(&report, "mean").0, 2);
    let report =
        self::report("view-table", "[axes]\nx = [1]\nflag = [false, true]\nmode = ['fine', 'fails']");
    assert!(report.sections[0].figures.is_empty());
    let table = &report.sections[0].tables[0];
    assert_eq!((table.rows.len(), table.columns.len()), (4, 7));
    assert!(report.sections[0].notes[0].contains("10 points failed"));
}

#[test]
fn nothing_finished_is_nothing_to_draw() {
    let scratch = Scratch::new("view-nothing");
    let plan = plan("[run]\nwhat = 'test.draw'\n[axes]\nx = [1, 2]");
    let folder = Folder::begin(&scratch.folder(), &plan).unwrap();
    assert!(matches!(view::report(&folder, &plan), Err(SweepError::NothingToDraw { .. })));
}
