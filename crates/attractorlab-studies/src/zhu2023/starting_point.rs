//! E0b: from a stable and from an unstable start.

use attractorlab::numerics::linalg::{Mat, eigenvalues};
use attractorlab::training::equilibrium::linear::{LinearRule, ReparameterisedPath};
use attractorlab_figures::{Axis, Cell, Colour, Column, Figure, Legend, Line, Panel, Table};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::linear::{Setting, literal, name};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E0b: what a small loss is worth when training began with an unstable network.
#[derive(Debug, Clone, Copy)]
pub struct StartingPoint;

const UNITS: usize = 50;
const SAMPLES: usize = 25;
const STEPS: u64 = 3500;
/// Directions of the unstable start whose limits are looked at; training runs along the first.
const DIRECTIONS: usize = 16;
const EVERY: u64 = 25;
const RATES: [f64; 3] = [0.01, 0.1, 1.0];
const STARTS: [(f64, &str); 2] = [(-0.06, "stable"), (0.51, "unstable")];
const RULES: [LinearRule; 3] = [LinearRule::Gradient, LinearRule::Reparameterised, LinearRule::Linearised];

struct Run {
    start: &'static str,
    rule: LinearRule,
    rate: f64,
    losses: Vec<f64>,
    growth: f64,
}

fn largest_real_part(weights: &Mat<f64>) -> f64 {
    eigenvalues(weights.as_ref())
        .map_or(f64::NAN, |values| values.iter().map(|v| v.re).fold(f64::NEG_INFINITY, f64::max))
}

impl Study for StartingPoint {
    fn id(&self) -> &'static str {
        "zhu2023/starting-point"
    }

    fn title(&self) -> &'static str {
        "A small loss at an unstable network"
    }

    fn question(&self) -> &'static str {
        "If training starts with an unstable network, does a small loss at the end mean that the network works?"
    }

    fn parameters(&self, _preset: Preset) -> Value {
        json!({"units": UNITS, "samples": SAMPLES, "steps": STEPS, "rates": RATES, "starts": "W* + tW₁",
               "t": STARTS.map(|s| s.0), "radius of W₁": 2.5, "directions": DIRECTIONS})
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let mut setting = Setting::draw(UNITS, SAMPLES, context.seed, 0)?;
        let directions: Vec<Mat<f64>> = (0..DIRECTIONS).map(|_| setting.weights(2.5)).collect();
        let task = &setting.task;
        let centre = task.interpolating_weights().map_err(StudyError::step("weights that solve the task"))?;
        let along = |direction: &Mat<f64>, t: f64| {
            Mat::from_fn(UNITS, UNITS, |i, j| centre[(i, j)] + t * direction[(i, j)])
        };
        let mut stable_limits = Vec::new();
        for direction in &directions {
            context.check()?;
            let limit = ReparameterisedPath::new(task, along(direction, STARTS[1].0).as_ref(), 1.0, false)
                .and_then(|path| path.limit())
                .map_err(StudyError::step("the limit of rules 2 and 3"))?;
            stable_limits.push(largest_real_part(&limit) < 1.0);
        }
        let start = |t: f64| along(&directions[0], t);
        let all: Vec<_> = STARTS
            .iter()
            .flat_map(|start| RULES.map(|rule| (start, rule)))
            .flat_map(|(start, rule)| RATES.map(|rate| (start, rule, rate)))
            .collect();
        let runs = all
            .par_iter()
            .map(|((t, name), rule, rate)| {
                context.check()?;
                let (losses, end) = literal(task, &start(*t), *rule, *rate, STEPS, EVERY)?;
                Ok(Run { start: name, rule: *rule, rate: *rate, losses, growth: largest_real_part(&end) })
            })
            .collect::<Result<Vec<Run>, StudyError>>()?;
        let beginning = STARTS.map(|(t, _)| largest_real_part(&start(t)));
        let stable = stable_limits.iter().filter(|stable| **stable).count() as f64 / DIRECTIONS as f64;
        let claims = claims(&runs, beginning, stable);
        Ok(Outcome { figures: vec![figure(&runs)], tables: vec![table(&runs)], claims })
    }
}

fn claims(runs: &[Run], beginning: [f64; 2], stable: f64) -> Vec<Claim> {
    let end = |start: &str, rule: LinearRule, rate: f64| {
        runs.iter()
            .find(|run| run.start == start && run.rule == rule && run.rate == rate)
            .and_then(|run| run.losses.last().copied())
            .unwrap_or(f64::NAN)
    };
    let mut claims = vec![
        Claim::at_most("stable-start", "The first start is stable: largest Re λ(W)", 1.0, beginning[0])
            .source("specification E0b"),
        Claim::at_least("unstable-start", "The second is not", 1.0, beginning[1]).source("specification E0b"),
    ];
    // From the unstable start rule 3 may run into det A = 0 on its way; the table says whether it did.
    for (start, rule, short) in [
        ("stable", LinearRule::Reparameterised, 2),
        ("stable", LinearRule::Linearised, 3),
        ("unstable", LinearRule::Reparameterised, 2),
    ] {
        claims.push(
            Claim::at_most(
                &format!("small-{start}-{short}"),
                &format!(
                    "Rule {short} with η = 1 reaches a tiny loss from the {start} start: J after 3500 steps"
                ),
                1e-6,
                end(start, rule, 1.0),
            )
            .source("specification E0b")
            .because("The closed form gives 1e-13 and less in the networks first tried."),
        );
    }
    claims.push(
        Claim::at_most(
            "not-usable",
            "But the weights to which rules 2 and 3 lead from such starts are seldom stable: share of stable limits over \
             16 directions",
            0.5,
            stable,
        )
        .source("specification E0b")
        .because("None of 11 networks first tried had a stable limit; at one in ten, more than 8 of 16 happens once in a million."),
    );
    claims
}

fn figure(runs: &[Run]) -> Figure {
    let mut figure = Figure::new("starts", "Loss by step from two starts").columns(3).share_y().caption(
        "Solid, from the stable start; dashed, from the unstable one, where the loss is that of a state in which the network \
         does not rest. Colours are learning rates.",
    );
    for (k, rule) in RULES.into_iter().enumerate() {
        let mut panel =
            Panel::new(Axis::new("step").range(0.0, STEPS as f64), Axis::log10("loss J").range(1e-12, 1e5))
                .title(name(rule))
                .legend(if k == 0 { Legend::BottomLeft } else { Legend::Hidden });
        for run in runs.iter().filter(|run| run.rule == rule) {
            let position = RATES.iter().position(|rate| *rate == run.rate).unwrap_or(0);
            let points = run.losses.iter().enumerate().map(|(k, j)| ((k as u64 * EVERY) as f64, *j));
            let line = Line::through(points).colour(Colour::category(position));
            panel = panel.layer(if run.start == "stable" {
                line.label(format!("η = {}", run.rate))
            } else {
                line.dashed()
            });
        }
        figure = figure.panel(panel);
    }
    figure
}

fn table(runs: &[Run]) -> Table {
    let mut table = Table::new("ends", "After 3500 steps")
        .caption("A network whose largest Re λ is above one does not rest at its fixed points, however small the loss there.");
    for name in ["start", "rule", "η", "J", "largest Re λ(W)", "usable"] {
        table = table.column(Column::new(name));
    }
    for run in runs {
        let cells: Vec<Cell> = vec![
            run.start.into(),
            name(run.rule).into(),
            run.rate.into(),
            run.losses.last().copied().unwrap_or(f64::NAN).into(),
            run.growth.into(),
            if run.growth < 1.0 { "yes" } else { "no: unstable" }.into(),
        ];
        table = table.row(cells);
    }
    table
}
