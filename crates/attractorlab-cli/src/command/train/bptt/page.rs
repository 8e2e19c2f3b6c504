//! The report of a training.

use attractorlab::analysis::weight_change::WeightChange;
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel, Report, Section};

pub(super) fn report(
    name: &str,
    ending: &str,
    file: &str,
    losses: &[f64],
    change: &WeightChange,
    seconds: f64,
) -> Report {
    let curve = Line::through(losses.iter().enumerate().map(|(epoch, loss)| (epoch as f64, *loss)));
    let values = change.values().iter().take(20).enumerate().map(|(k, s)| ((k + 1) as f64, *s));
    let mut figure = Figure::new("training", "Learning, and what it changed")
        .columns(2)
        .caption(
            "Loss of each epoch on its own batch, before the update; singular values of the change ΔW of the recurrent \
             weights (of the last layer); eigenvalues of the recurrent weights before and after training, where they are square.",
        )
        .panel(
            Panel::new(Axis::new("epoch"), Axis::log10("loss L"))
                .layer(curve.colour(Colour::Blue).width(0.9)),
        )
        .panel(
            Panel::new(Axis::new("index"), Axis::new("singular value of ΔW"))
                .layer(Dots::at(values.collect::<Vec<_>>()).colour(Colour::Orange)),
        );
    // The weights of gates are no square matrix, and have no eigenvalues.
    if change.trained().nrows() == change.trained().ncols()
        && let Ok(spectra) = change.spectra()
    {
        for (title, eigenvalues) in
            [("Before training", &spectra.initial), ("After training", &spectra.trained)]
        {
            let points: Vec<(f64, f64)> = eigenvalues.iter().map(|z| (z.re, z.im)).collect();
            figure = figure.panel(
                Panel::complex_plane().title(title).layer(Dots::at(points).size(2.5).colour(Colour::Blue)),
            );
        }
    }
    let section = Section::new(
        "training",
        "Back-propagation through time",
        "How did the network learn, and what changed?",
    )
    .summary(ending)
    .figure(figure)
    .parameters(serde_json::json!({ "file": file }))
    .seconds(seconds);
    Report::new(format!("Training of {name}"))
        .provenance("version", env!("CARGO_PKG_VERSION"))
        .section(section)
}
