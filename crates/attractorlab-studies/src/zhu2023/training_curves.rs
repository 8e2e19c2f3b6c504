//! F2: training curves of the three rules on a linear network.

use attractorlab::numerics::linalg::Mat;
use attractorlab::training::equilibrium::linear::{
    LinearRule, LinearTask, LinearisedPath, ReparameterisedPath,
};
use attractorlab_figures::{Axis, Cell, Colour, Column, Dots, Figure, Legend, Line, Panel, Table};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::linear::{Setting, literal, name};
use crate::statistics::{largest, smallest};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// F2: the loss by step, for three rules and five learning rates.
#[derive(Debug, Clone, Copy)]
pub struct TrainingCurves;

const RATES: [f64; 5] = [0.03, 0.1, 0.3, 1.0, 3.0];
const STEPS: u64 = 3500;
/// Steps between two recorded losses.
const EVERY: u64 = 25;
const REACHED: f64 = 1e-9;

struct Sizes {
    units: usize,
    samples: usize,
    networks: u64,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 60, samples: 30, networks: 1 },
        Preset::Full => Sizes { units: 200, samples: 100, networks: 3 },
    }
}

/// The losses of one network at one rate, by the literal rules.
struct Run {
    network: u64,
    rate: f64,
    losses: [Vec<f64>; 3],
    /// Closed forms of rules 2 and 3 at the same steps.
    closed: [Vec<f64>; 2],
    /// The step below 1e-9 that rule 2's closed form predicts, and the ones at which rules 2 and 3 are.
    reached: Option<(u64, u64, u64)>,
    /// |W₂ − W₃|/|W₂| at the end, and the distance of rule 2 from the shared limit.
    apart: f64,
    limit: f64,
}

const RULES: [LinearRule; 3] = [LinearRule::Gradient, LinearRule::Reparameterised, LinearRule::Linearised];

fn run(task: &LinearTask, start: &Mat<f64>, network: u64, rate: f64) -> Result<Run, StudyError> {
    let closed_form = StudyError::step("closed form");
    let second = ReparameterisedPath::new(task, start.as_ref(), rate, false).map_err(closed_form)?;
    let predicted = second.step_below(REACHED).filter(|step| *step <= STEPS);
    let mut losses: [Vec<f64>; 3] = Default::default();
    let mut ends = Vec::new();
    for (k, rule) in RULES.into_iter().enumerate() {
        let (curve, end) = literal(task, start, rule, rate, STEPS, EVERY)?;
        losses[k] = curve;
        ends.push(end);
    }
    let mut third =
        LinearisedPath::new(task, start.as_ref(), rate).map_err(StudyError::step("closed form"))?;
    let mut closed = [Vec::new(), Vec::new()];
    for record in 0..=STEPS / EVERY {
        closed[0].push(second.loss(record * EVERY));
        closed[1].push(third.loss().unwrap_or(f64::INFINITY));
        third.advance(EVERY);
    }
    let reached = match predicted {
        None => None,
        Some(step) => Some((
            step,
            first_below(task, start, LinearRule::Reparameterised, rate, step)?,
            first_below(task, start, LinearRule::Linearised, rate, step)?,
        )),
    };
    let limit = second.limit().map_err(StudyError::step("the limit"))?;
    let size = ends[1].norm_l2();
    Ok(Run {
        network,
        rate,
        losses,
        closed,
        reached,
        apart: (&ends[1] - &ends[2]).norm_l2() / size,
        limit: (&ends[1] - &limit).norm_l2() / size,
    })
}

/// The first step at which a literal rule is below the threshold, looked for around the prediction.
fn first_below(
    task: &LinearTask,
    start: &Mat<f64>,
    rule: LinearRule,
    rate: f64,
    predicted: u64,
) -> Result<u64, StudyError> {
    let early = predicted * 9 / 10;
    let (_, weights) = literal(task, start, rule, rate, early, early.max(1))?;
    let (losses, _) = literal(task, &weights, rule, rate, predicted / 5 + 10, 1)?;
    let position = losses.iter().position(|loss| *loss < REACHED).unwrap_or(losses.len());
    // Already below: the search began too late.
    Ok(if position == 0 { 0 } else { early + position as u64 })
}

impl Study for TrainingCurves {
    fn id(&self) -> &'static str {
        "zhu2023/training-curves"
    }

    fn title(&self) -> &'static str {
        "Training curves of a linear network"
    }

    fn question(&self) -> &'static str {
        "Do the reparameterised rules learn at every learning rate where the gradient is slow or does not converge, and do closed \
         forms say how fast?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({"units": sizes.units, "samples": sizes.samples, "networks": sizes.networks, "rates": RATES, "steps": STEPS,
               "initial weights": "N(0, 0.75²/N)"})
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let mut networks = Vec::new();
        for network in 0..sizes.networks {
            let mut setting = Setting::draw(sizes.units, sizes.samples, context.seed, network)?;
            let start = setting.weights(0.75);
            networks.push((network, setting.task, start));
        }
        let all: Vec<_> = networks.iter().flat_map(|network| RATES.map(|rate| (network, rate))).collect();
        let done = std::sync::atomic::AtomicUsize::new(0);
        let runs = all
            .par_iter()
            .map(|((network, task, start), rate)| {
                context.check()?;
                let run = run(task, start, *network, *rate);
                let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
                context.progress.update(done, all.len());
                run
            })
            .collect::<Result<Vec<Run>, StudyError>>()?;
        Ok(Outcome { figures: vec![figure(&runs)], tables: vec![table(&runs)], claims: claims(&runs) })
    }
}

fn claims(runs: &[Run]) -> Vec<Claim> {
    let off = |of: fn(&(u64, u64, u64)) -> u64| {
        largest(runs.iter().filter_map(|r| r.reached).map(|r| (of(&r) as f64 / r.0 as f64 - 1.0).abs()))
    };
    // Down to where rounding in A X − Y, about (1e-16)², is a millionth of the loss.
    let agreement = |k: usize| {
        let pairs = runs.iter().flat_map(|run| run.losses[k + 1].iter().zip(&run.closed[k]));
        largest(pairs.filter(|(_, closed)| !(**closed <= 1e-12)).map(|(a, b)| (a / b - 1.0).abs()))
    };
    let rising = |k: usize| {
        runs.iter()
            .flat_map(|run| run.losses[k].windows(2))
            // A loss that is lost counts as a rise.
            .filter(|pair| !(pair[0] <= 1e-18 || pair[1] <= pair[0]))
            .count() as f64
    };
    let ends = |k: usize| runs.iter().map(move |run| *run.losses[k].last().unwrap_or(&f64::NAN));
    let best = |k: usize, network: u64| {
        // A rate at which the loss is lost is none of the best.
        let of = runs.iter().filter(|run| run.network == network);
        of.map(|run| *run.losses[k].last().unwrap_or(&f64::NAN)).fold(f64::INFINITY, f64::min)
    };
    let fastest = |run: &&Run| run.rate == 3.0;
    let networks = runs.iter().map(|run| run.network + 1).max().unwrap_or(0);
    let reached = (0..networks).map(|network| {
        runs.iter().filter(|run| run.network == network && run.reached.is_some()).count() as f64
    });
    vec![
        Claim::at_least("reached", "Some learning rate takes rule 2 below 1e-9 within 3500 steps, in every network: such rates, in the network with the fewest", 1.0, smallest(reached))
            .source("specification F2")
            .because("At η = 3 it takes 571 to 821 steps in 60 networks."),
        Claim::at_most("step-2", "Rule 2 is below 1e-9 at the step that its closed form predicts, relative difference", 0.02, off(|r| r.1))
            .source("specification F2")
            .because("They differ by rounding only; one step in fifty is allowed."),
        Claim::at_most("step-3", "Rule 3 is below 1e-9 at the step that rule 2's closed form predicts, relative difference", 0.02, off(|r| r.2))
            .source("specification F2")
            .because("Rule 3 is rule 2 to first order in η λ_max(K) ≤ 0.4, and both end with the same rate."),
        Claim::at_most("closed-2", "Rule 2 as written and its closed form have the same loss, largest relative difference", 1e-6, agreement(0))
            .source("specification section 4")
            .because("Rounding over 3500 steps, relative to losses above 1e-12."),
        Claim::at_most("closed-3", "Rule 3 as written and its m×m recursion have the same loss, largest relative difference", 1e-6, agreement(1))
            .source("specification section 4")
            .because("As for rule 2."),
        Claim::at_most("monotone-2", "Rule 2 never rises, at any learning rate: rises between records", 0.0, rising(1)).source("specification F2"),
        Claim::at_most("monotone-3", "Nor does rule 3", 0.0, rising(2)).source("specification F2"),
        Claim::at_least("gradient", "Rule 1 is not below 1e-9 at any learning rate: its smallest loss after 3500 steps", REACHED, smallest(ends(0)))
            .source("specification F2")
            .because("1e-5 and above in the reference networks."),
        Claim::at_least(
            "decades",
            "The best learning rate of rule 3 ends decades below the best of rule 1, in every network: decades",
            6.0,
            smallest((0..networks).map(|n| (best(0, n) / best(2, n)).log10())),
        )
        .source("specification F2")
        .because("More than eight in the paper's network; rule 1's end varies over two decades."),
        Claim::at_least(
            "unstable-rate",
            "Rule 1 with η = 3 does not converge: smallest loss of the last 500 steps",
            1e-6,
            smallest(runs.iter().filter(fastest).flat_map(|run| run.losses[0].iter().rev().take(20)).copied()),
        )
        .source("specification F2")
        .because("About 1e-2, oscillating; its tail is chaotic, so that only the decade counts."),
        Claim::at_most(
            "shared",
            "Rules 2 and 3 end at the same weights (η = 3), relative distance",
            1e-6,
            largest(runs.iter().filter(fastest).map(|run| run.apart)),
        )
        .source("specification section 4")
        .because("Both are within rounding, amplified by the condition number of A, of the limit."),
        Claim::at_most(
            "limit",
            "They are those of the closed form 1 − (A₀ − E₀X⁺)⁻¹, relative distance",
            1e-6,
            largest(runs.iter().filter(fastest).map(|run| run.limit)),
        )
        .source("specification section 4")
        .because("As above."),
    ]
}

fn figure(runs: &[Run]) -> Figure {
    let mut figure = Figure::new("curves", "Loss by step").columns(3).share_y().caption(
        "Dots, the rules as they are written; lines, the closed forms of rules 2 and 3. First network; colours are learning \
         rates.",
    );
    for (k, rule) in RULES.into_iter().enumerate() {
        let mut panel =
            Panel::new(Axis::new("step").range(0.0, STEPS as f64), Axis::log10("loss J").range(1e-9, 10.0))
                .title(name(rule))
                .legend(if k == 0 { Legend::BottomLeft } else { Legend::Hidden });
        for (position, run) in runs.iter().filter(|run| run.network == 0).enumerate() {
            let colour = Colour::category(position);
            let steps = (0..).map(|record| (record * EVERY) as f64);
            let label = format!("η = {}", run.rate);
            if k > 0 {
                panel = panel.layer(
                    Line::through(steps.clone().zip(run.closed[k - 1].iter().copied())).colour(colour),
                );
                let every = steps.zip(run.losses[k].iter().copied()).step_by(8);
                panel = panel.layer(Dots::at(every).colour(colour).size(2.0).label(label));
            } else {
                panel = panel.layer(
                    Line::through(steps.zip(run.losses[0].iter().copied())).colour(colour).label(label),
                );
            }
        }
        figure = figure.panel(panel);
    }
    figure
}

fn table(runs: &[Run]) -> Table {
    let mut table = Table::new("ends", "After 3500 steps");
    for name in [
        "network",
        "η",
        "J₀",
        "J, rule 1",
        "J, rule 2",
        "J, rule 3",
        "predicted step",
        "rule 2 at",
        "rule 3 at",
    ] {
        table = table.column(Column::new(name));
    }
    for run in runs {
        let end = |k: usize| run.losses[k].last().copied().unwrap_or(f64::NAN);
        let step = |of: fn(&(u64, u64, u64)) -> u64| {
            run.reached.map_or(Cell::from("not reached"), |r| of(&r).into())
        };
        table = table.row([
            run.network.into(),
            run.rate.into(),
            run.losses[0][0].into(),
            end(0).into(),
            end(1).into(),
            end(2).into(),
            step(|r| r.0),
            step(|r| r.1),
            step(|r| r.2),
        ]);
    }
    table
}
