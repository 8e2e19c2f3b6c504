//! F4 and F5: classification of images, by truncated and by converged states.

mod claims;
mod runs;
mod show;

use attractorlab::network::Transfer;
use attractorlab_figures::{Figure, Table};
use serde_json::{Value, json};

use self::runs::{Plan, Run, Setting, run_all};
use crate::{Context, Outcome, Preset, Study, StudyError};

/// F4: images learnt by the gradient.
#[derive(Debug, Clone, Copy)]
pub struct ImagesByGradient;

/// F5: images learnt by the linearised rule and its variant.
#[derive(Debug, Clone, Copy)]
pub struct ImagesByLinearised;

/// Does it depend on the authors' loop, or on plain gradient descent?
#[derive(Debug, Clone, Copy)]
pub struct ImagesPractice;

const GRADIENT: &str = "gradient";
const LINEARISED: &str = "linearised";
const VARIANT: &str = "linearised-variant";

/// The paper's learning rates on MNIST; those of the digits, whose drive is stronger, follow the specification.
fn rates(rule: &str, mnist: bool, preset: Preset) -> Vec<f64> {
    match (rule, mnist, preset) {
        (GRADIENT, true, Preset::Full) => vec![0.001, 0.0025, 0.005, 0.01, 0.025],
        (GRADIENT, true, Preset::Quick) => vec![0.01, 0.025],
        (GRADIENT, false, Preset::Full) => vec![0.003, 0.01, 0.02, 0.05, 0.1],
        (GRADIENT, false, Preset::Quick) => vec![0.01, 0.1],
        (LINEARISED, true, Preset::Full) => vec![0.01, 0.025, 0.05, 0.1, 0.25],
        (LINEARISED, true, Preset::Quick) => vec![0.1, 0.25],
        (LINEARISED, false, Preset::Full) => vec![0.03, 0.1, 0.2, 0.3],
        (LINEARISED, false, Preset::Quick) => vec![0.03, 0.1, 0.2],
        (_, true, Preset::Full) => vec![0.005, 0.01, 0.02, 0.05, 0.1],
        _ => vec![0.05],
    }
}

fn plans(rule: &'static str, setting: &Setting, preset: Preset, transfer: Transfer) -> Vec<Plan> {
    rates(rule, setting.mnist, preset)
        .into_iter()
        .flat_map(|rate| [true, false].map(|truncated| Plan { transfer, ..Plan::new(rule, rate, truncated) }))
        .collect()
}

fn of<'a>(runs: &'a [Run], rule: &str, truncated: bool) -> Vec<&'a Run> {
    runs.iter()
        .filter(|run| {
            let plan = &run.plan;
            plan.rule == rule
                && plan.truncated == truncated
                && plan.transfer == Transfer::Tanh
                && !plan.leaky
                && !plan.adam
        })
        .collect()
}

fn both_passes(rule: &str, title: &str, setting: &Setting, runs: &[Run]) -> Vec<Figure> {
    [(true, "truncated"), (false, "converged")]
        .map(|(truncated, name)| {
            show::curves(
                &format!("{rule}-{name}"),
                &format!("{title}, {name} states"),
                setting,
                &of(runs, rule, truncated),
            )
        })
        .into()
}

fn everything(setting: &Setting, runs: &[Run]) -> Table {
    let all: Vec<&Run> = runs.iter().collect();
    show::table("runs", "All runs", setting, &all)
}

impl Study for ImagesByGradient {
    fn id(&self) -> &'static str {
        "zhu2023/images-gradient"
    }

    fn title(&self) -> &'static str {
        "Images learnt by the gradient"
    }

    fn question(&self) -> &'static str {
        "Is the gradient through the fixed point slow or erratic when a network learns to classify images, and is it so with \
         converged states too?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        json!({"setting": Setting::describe(preset), "rates": {
            "digits": rates(GRADIENT, false, preset), "MNIST": rates(GRADIENT, true, preset)}})
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let setting = Setting::of(context)?;
        let runs = run_all(context, &setting, &plans(GRADIENT, &setting, context.preset, Transfer::Tanh))?;
        let figures = both_passes(GRADIENT, "Rule 1, the gradient", &setting, &runs);
        let claims = claims::gradient(
            &setting,
            context.preset,
            &of(&runs, GRADIENT, true),
            &of(&runs, GRADIENT, false),
        );
        Ok(Outcome { figures, tables: vec![everything(&setting, &runs)], claims })
    }
}

impl Study for ImagesByLinearised {
    fn id(&self) -> &'static str {
        "zhu2023/images-linearised"
    }

    fn title(&self) -> &'static str {
        "Images learnt by the linearised rule"
    }

    fn question(&self) -> &'static str {
        "Is the linearised rule fast and smooth, and do the eigenvalues of the weights stay on the stable side?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        json!({"setting": Setting::describe(preset), "rates": {
            "digits": rates(LINEARISED, false, preset), "MNIST": rates(LINEARISED, true, preset),
            "variant, digits": rates(VARIANT, false, preset), "variant, MNIST": rates(VARIANT, true, preset)}})
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let setting = Setting::of(context)?;
        let mut all = plans(LINEARISED, &setting, context.preset, Transfer::Tanh);
        all.extend(plans(VARIANT, &setting, context.preset, Transfer::Tanh));
        let runs = run_all(context, &setting, &all)?;
        let mut figures = both_passes(LINEARISED, "Rule 3, linearised", &setting, &runs);
        figures.extend(both_passes(VARIANT, "Rule 4, the variant", &setting, &runs));
        let mut claims = claims::linearised(
            &setting,
            context.preset,
            &of(&runs, LINEARISED, true),
            &of(&runs, LINEARISED, false),
        );
        claims.extend(claims::variant(&setting, context.preset, &of(&runs, VARIANT, true)));
        Ok(Outcome { figures, tables: vec![everything(&setting, &runs)], claims })
    }
}

impl Study for ImagesPractice {
    fn id(&self) -> &'static str {
        "zhu2023/images-practice"
    }

    fn title(&self) -> &'static str {
        "Images: the loop, the optimiser, the transfer function"
    }

    fn question(&self) -> &'static str {
        "Do the conclusions depend on the authors' loop, which trains on test batches by accident, on plain gradient descent, \
         or on tanh?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        json!({"setting": Setting::describe(preset), "Adam": {"learning rate": ADAM, "clipped to norm": 1.0},
               "relu": {"gradient": RELU.0, "linearised": RELU.1}})
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let setting = Setting::of(context)?;
        let (slow, fast) = (0.01, 0.1);
        let mut all = Vec::new();
        for plan in [Plan::new(GRADIENT, slow, true), Plan::new(LINEARISED, fast, true)] {
            all.extend([plan, Plan { leaky: true, ..plan }]);
        }
        all.push(Plan { adam: true, ..Plan::new(GRADIENT, ADAM, false) });
        for (rule, rate) in [(GRADIENT, RELU.0), (LINEARISED, RELU.1)] {
            let transfer = Transfer::Relu { threshold: 0.0 };
            all.push(Plan { transfer, ..Plan::new(rule, rate, false) });
        }
        let runs = run_all(context, &setting, &all)?;
        let claims = claims::practice(&setting, context.preset, &runs);
        Ok(Outcome { figures: Vec::new(), tables: vec![everything(&setting, &runs)], claims })
    }
}

/// Learning rate of Adam.
const ADAM: f64 = 0.003;
/// Learning rates of both rules for relu, whose gains are one in every unit that is active.
const RELU: (f64, f64) = (0.01, 0.05);
