//! E0: one linear unit, where everything can be seen.

use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use attractorlab::training::equilibrium::linear::{LinearRule, LinearTask, ReparameterisedPath};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Legend, Line, Panel, Reference};
use serde_json::{Value, json};

use super::linear::literal;
use crate::statistics::{largest, smallest};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E0: the loss of one unit, and three rules from both sides of its minimum.
#[derive(Debug, Clone, Copy)]
pub struct OneDimensional;

const SAMPLES: usize = 500;
const STEPS: u64 = 1000;
const STARTS: [(f64, &str); 2] = [(-2.0, "left"), (0.0, "right")];
const GRADIENT: [f64; 4] = [0.02, 0.2, 2.0, 20.0];
const REPARAMETERISED: [f64; 3] = [0.02, 0.2, 2.0];

impl Study for OneDimensional {
    fn id(&self) -> &'static str {
        "zhu2023/one-dimensional"
    }

    fn title(&self) -> &'static str {
        "One unit: a curved valley made straight"
    }

    fn question(&self) -> &'static str {
        "Why does the gradient crawl on one side of the minimum and run on the other, and what does the reparameterised rule do \
         about it?"
    }

    fn parameters(&self, _preset: Preset) -> Value {
        json!({"samples": SAMPLES, "x": "N(0, 0.1²)", "y": "x/(1 − w) + N(0, 0.02²), w = −1", "starts": STARTS.map(|s| s.0),
               "rates": {"gradient": GRADIENT, "reparameterised and linearised": REPARAMETERISED}})
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let mut stream = Stream::new(context.seed, "zhu2023/one-dimensional", 0);
        let x: Vec<f64> = (0..SAMPLES).map(|_| 0.1 * stream.normal()).collect();
        let y: Vec<f64> = x.iter().map(|x| 0.5 * x + 0.02 * stream.normal()).collect();
        let row = |values: &[f64]| Mat::from_fn(1, values.len(), |_, c| values[c]);
        let task = LinearTask::new(row(&x), row(&y)).map_err(StudyError::step("the task"))?;
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let best = 1.0 - product(&x, &x) / product(&x, &y);
        let scalar = |w: f64| Mat::from_fn(1, 1, |_, _| w);
        let loss = |w: f64| task.loss(scalar(w).as_ref()).map_err(StudyError::step("the loss"));
        let least = loss(best)?;
        let run = |rule, start: f64, rate| {
            Ok::<_, StudyError>(literal(&task, &scalar(start), rule, rate, STEPS, 1)?.0)
        };
        // The share of the excess loss that is left.
        let left = |losses: &[f64], step: usize| (losses[step] - least) / (losses[0] - least);

        let mut claims = vec![
            Claim::at_most(
                "minimum",
                "No weight on a grid has a smaller loss than w* = 1 − Σx²/Σxy: least J − J(w*)",
                0.0,
                least - smallest(grid().into_iter().map(loss).collect::<Result<Vec<_>, _>>()?),
            )
            .source("specification E0"),
        ];
        let (slow, quick) = (run(LinearRule::Gradient, -2.0, 2.0)?, run(LinearRule::Gradient, 0.0, 2.0)?);
        claims.push(
            Claim::at_least(
                "left",
                "The gradient with η = 2 is not done after 1000 steps from the left: share of the excess loss left",
                0.08,
                left(&slow, 1000),
            )
            .source("specification E0")
            .because("0.29 in the reference data; over 500 samples the curvature varies by a tenth."),
        );
        claims.push(
            Claim::at_most("right", "From the right it is", 0.03, left(&quick, 1000))
                .source("specification E0")
                .because("0.0005 in the reference data."),
        );
        let mut apart = Vec::new();
        for (start, _) in STARTS {
            for rate in REPARAMETERISED {
                let losses = run(LinearRule::Reparameterised, start, rate)?;
                let path = ReparameterisedPath::new(&task, scalar(start).as_ref(), rate, false)
                    .map_err(StudyError::step("closed form"))?;
                for step in [1, 10, 100, 1000] {
                    apart.push((losses[step as usize] / path.loss(step) - 1.0).abs());
                }
            }
        }
        claims.push(
            Claim::at_most(
                "straight",
                "In a = 1/(1 − w) the loss is a parabola: rule 2 follows (1 − 2ηΣx²/m)^k from both sides, relative error",
                1e-10,
                largest(apart),
            )
            .source("specification sections 4 and 5")
            .because("Rounding over 1000 steps."),
        );
        for (start, side) in STARTS {
            let (second, third) =
                (run(LinearRule::Reparameterised, start, 2.0)?, run(LinearRule::Linearised, start, 2.0)?);
            claims.push(
                Claim::at_most(
                    &format!("coincide-{side}"),
                    &format!("From the {side}, rules 2 and 3 at η = 2 have the same loss at all steps, largest relative difference"),
                    0.02,
                    largest(second.iter().zip(&third).map(|(a, b)| (a / b - 1.0).abs())),
                )
                .source("specification E0")
                .because("Terms of second order in η Σx²/m = 0.02."),
            );
            claims.push(
                Claim::at_most(
                    &format!("done-{side}"),
                    &format!("From the {side} rule 2 at η = 2 is done after 100 steps: share of the excess loss left"),
                    0.01,
                    left(&second, 100),
                )
                .source("specification E0")
                .because("0.96²⁰⁰ = 0.0003; Σx²/m varies by six percent (one standard deviation), which makes it 0.002 at most."),
            );
        }

        let valley =
            Panel::new(Axis::new("weight w").range(-4.0, 0.9), Axis::log10("loss J").range(3e-4, 1.0))
                .layer(Line::through(grid().into_iter().filter_map(|w| Some((w, loss(w).ok()?)))))
                .layer(Reference::vertical(best).label("w*"))
                .layer(
                    Dots::at(STARTS.iter().filter_map(|(w, _)| Some((*w, loss(*w).ok()?))))
                        .colour(Colour::Blue)
                        .label("starts"),
                );
        let mut figure = Figure::new("one-dimensional", "One linear unit")
            .caption(
                "Left: the loss, with a pole at w = 1. Then: excess loss J − J(w*) by step from the left start (solid) and the \
                 right (dashed), for three rules; colours are learning rates.",
            )
            .columns(2)
            .panel(valley);
        for (rule, rates, title) in [
            (LinearRule::Gradient, GRADIENT.to_vec(), "rule 1"),
            (LinearRule::Reparameterised, REPARAMETERISED.to_vec(), "rule 2"),
            (LinearRule::Linearised, REPARAMETERISED.to_vec(), "rule 3"),
        ] {
            let mut panel = Panel::new(
                Axis::new("step").range(0.0, STEPS as f64),
                Axis::log10("excess loss").range(1e-9, 1e-2),
            )
            .title(title)
            .legend(Legend::TopRight);
            for (k, rate) in rates.into_iter().enumerate() {
                for (start, side) in STARTS {
                    let losses = run(rule, start, rate)?;
                    let line = Line::through(losses.iter().enumerate().map(|(s, j)| (s as f64, j - least)))
                        .colour(Colour::category(k));
                    panel = panel.layer(if side == "left" {
                        line.label(format!("η = {rate}"))
                    } else {
                        line.dashed()
                    });
                }
            }
            figure = figure.panel(panel);
        }
        Ok(Outcome { figures: vec![figure], tables: Vec::new(), claims })
    }
}

fn grid() -> Vec<f64> {
    (0..=490).map(|k| -4.0 + 0.01 * f64::from(k)).collect()
}
