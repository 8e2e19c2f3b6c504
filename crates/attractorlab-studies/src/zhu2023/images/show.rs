//! Figures and tables of training runs.

use attractorlab_figures::{Axis, Cell, Colour, Column, Figure, Legend, Line, Panel, Reference, Table};

use super::runs::{Run, Setting};

/// Four panels, training and test, loss and accuracy, and a fifth with the eigenvalues; one line a learning rate, the
/// first seed.
pub(super) fn curves(id: &str, title: &str, setting: &Setting, runs: &[&Run]) -> Figure {
    let step = || Axis::new("step").range(0.0, setting.steps as f64);
    let loss = |name: &str| Panel::new(step(), Axis::new("loss J").range(0.0, 3.0)).title(name);
    let accuracy = |name: &str| {
        Panel::new(step(), Axis::new("accuracy").range(0.0, 1.0)).title(name).legend(Legend::Hidden)
    };
    let mut panels = [
        loss("training loss").legend(Legend::Hidden),
        accuracy("training accuracy"),
        loss("test loss").legend(Legend::Hidden),
        accuracy("test accuracy"),
        Panel::new(step(), Axis::new("Re λ of W, extremes").range(-4.0, 3.0))
            .title("eigenvalues")
            .layer(Reference::horizontal(1.0).label("1")),
    ];
    for (k, run) in runs.iter().filter(|run| run.plan.seed == 0).enumerate() {
        let colour = Colour::category(k);
        let label = format!("η = {}", run.plan.rate);
        let trained = |value: &dyn Fn(&attractorlab::training::equilibrium::StepRecord) -> f64| {
            Line::through(run.records.iter().map(|r| (r.step as f64, value(r)))).colour(colour).width(0.9)
        };
        let looked = |value: &dyn Fn(&super::runs::Look) -> f64| {
            Line::through(run.looks.iter().map(|l| (l.step as f64, value(l)))).colour(colour)
        };
        let lines = [
            vec![trained(&|r| r.loss)],
            vec![trained(&|r| r.accuracy.unwrap_or(f64::NAN))],
            vec![looked(&|l| l.test.loss)],
            vec![looked(&|l| l.test.accuracy.unwrap_or(f64::NAN))],
            vec![looked(&|l| l.eigenvalues.1).label(label), looked(&|l| l.eigenvalues.0).dashed()],
        ];
        for (panel, lines) in panels.iter_mut().zip(lines) {
            *panel = std::mem::take(panel).layers(lines);
        }
    }
    let mut figure = Figure::new(id, title).columns(3).caption(format!(
        "{}, one network; colours are learning rates. Last panel: largest real part of the eigenvalues of W (solid) and \
         smallest (dashed).",
        setting.name
    ));
    for panel in panels {
        figure = figure.panel(panel);
    }
    figure
}

/// One row a run.
pub(super) fn table(id: &str, title: &str, setting: &Setting, runs: &[&Run]) -> Table {
    let names = [
        "rule",
        "pass",
        "η",
        "seed",
        "training loss",
        "training accuracy",
        "test accuracy",
        "test accuracy, settled",
        "largest rise",
        "max Re λ(W)",
        "min Re λ(W)",
        "without stable state",
        "test images unstable or lost",
    ];
    let mut table = Table::new(id, title).caption(
        "Training loss and accuracy are means over the last 20 steps; the largest rise is that of the loss from one step to \
         the next; 'settled' is the test accuracy at converged states, whatever the pass of training, over the images that \
         have a stable one.",
    );
    for name in names {
        table = table.column(Column::new(name));
    }
    for run in runs {
        let plan = &run.plan;
        let rule = match (plan.leaky, plan.adam) {
            (true, _) => format!("{}, on test batches", plan.rule),
            (_, true) => format!("{}, Adam", plan.rule),
            _ => plan.rule.to_owned(),
        };
        let cells: Vec<Cell> = vec![
            format!("{rule} ({})", plan.transfer.name()).into(),
            if plan.truncated { "truncated" } else { "converged" }.into(),
            plan.rate.into(),
            plan.seed.into(),
            run.loss().into(),
            run.accuracy().into(),
            run.test_accuracy().into(),
            run.settled.accuracy.unwrap_or(f64::NAN).into(),
            run.largest_rise().into(),
            run.largest_eigenvalue().into(),
            run.smallest_eigenvalue().into(),
            run.left_out(setting.batch).into(),
            (run.settled.unstable + run.settled.not_found).into(),
        ];
        table = table.row(cells);
    }
    table
}
