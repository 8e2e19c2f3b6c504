//! The report of a run.

use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel, Reference, Report, Section};

use super::history::History;

pub(super) fn report(name: &str, ending: &str, file: &str, history: &History, seconds: f64) -> Report {
    let step = || Axis::new("step");
    let by_step = |column: usize| Line::through(history.steps.iter().map(move |row| (row[0], row[column])));
    let by_look = |column: usize| history.looks.iter().map(move |row| (row[0], row[column]));
    let training = |column: usize| by_step(column).colour(Colour::Blue).width(0.9).label("training");
    let test = |column: usize| Dots::at(by_look(column)).colour(Colour::Vermillion).size(2.5).label("test");
    let mut curves = Figure::new("curves", "Learning").columns(2).caption(
        "Training, before each update, over the samples of its batch that have a state to learn from; test, over the test \
         samples.",
    );
    curves = curves.panel(Panel::new(step(), Axis::new("loss J")).layer(training(1)).layer(test(1)));
    if history.steps.iter().any(|row| row[2].is_finite()) {
        let accuracy = Axis::new("accuracy").range(0.0, 1.0);
        curves = curves.panel(Panel::new(step(), accuracy).layer(training(2)).layer(test(2)));
    }
    let spectrum = Panel::new(step(), Axis::new("Re λ of W, extremes"))
        .layer(Reference::horizontal(1.0).label("1"))
        .layer(Line::through(by_look(4)).label("largest"))
        .layer(Line::through(by_look(5)).dashed().label("smallest"));
    let missing = Panel::new(step(), Axis::new("samples without a stable state"))
        .layer(by_step(3).colour(Colour::Blue).label("in the batch"))
        .layer(Dots::at(by_look(3)).colour(Colour::Vermillion).size(2.5).label("in the test"));
    let states = Figure::new("states", "Eigenvalues of the weights, and stability")
        .columns(2)
        .caption(
            "Extreme real parts of the eigenvalues of W, and how many samples had no stable fixed point.",
        )
        .panel(spectrum)
        .panel(missing);
    let section =
        Section::new("training", "Training on fixed points", "How did the network learn, and is it stable?")
            .summary(ending)
            .figure(curves)
            .figure(states)
            .parameters(serde_json::json!({ "file": file }))
            .seconds(seconds);
    Report::new(format!("Training of {name}"))
        .provenance("version", env!("CARGO_PKG_VERSION"))
        .section(section)
}
