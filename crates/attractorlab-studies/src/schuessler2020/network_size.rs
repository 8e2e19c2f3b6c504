//! Figure S4: what depends on the number of units.

use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel, Table};
use serde_json::{Value, json};

use super::learnt::{Kind, PUBLISHED, Row, Summary, Tasks, learn, listed, median, sample, task_title};
use crate::statistics::Sample;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// The same task learnt by networks of different sizes.
#[derive(Debug, Clone, Copy)]
pub struct NetworkSize;

struct Sizes {
    units: &'static [usize],
    strengths: &'static [f64],
    networks: usize,
    test_trials: usize,
    tasks: Tasks,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes {
            units: &[48, 96, 192],
            strengths: &[0.9],
            networks: 5,
            test_trials: 64,
            tasks: &[("flip_flop", 90)],
        },
        Preset::Full => Sizes {
            units: &[64, 128, 256, 512, 1024],
            strengths: &[0.0, 0.9, 1.8],
            networks: 5,
            test_trials: 512,
            tasks: PUBLISHED,
        },
    }
}

impl Study for NetworkSize {
    fn id(&self) -> &'static str {
        "schuessler2020/network-size"
    }

    fn title(&self) -> &'static str {
        "Size and rank of the change do not grow with the network"
    }

    fn question(&self) -> &'static str {
        "How do size and functional rank of the change, and the speed of learning, depend on the number of units?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let s = sizes(preset);
        let tasks = listed(s.tasks);
        json!({"tasks": tasks, "units": s.units, "g": s.strengths, "networks": s.networks, "test_trials": s.test_trials})
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let s = sizes(context.preset);
        let kinds: Vec<Kind> = s
            .tasks
            .iter()
            .flat_map(|&(task, epochs)| {
                s.strengths
                    .iter()
                    .flat_map(move |&g| s.units.iter().map(move |&units| Kind { task, g, units, epochs }))
            })
            .collect();
        let found = learn(context, &kinds, s.networks, s.test_trials, Summary::of)?;
        let mut table = Table::new("sizes", "Networks of each size")
            .caption("Means of |ΔW| and |W₀|, medians of functional rank and epoch of convergence.");
        for column in ["task", "g", "N", "|ΔW|", "|W₀|", "functional rank", "convergence epoch"] {
            table = table.column(column);
        }
        for (kind, networks) in kinds.iter().zip(&found) {
            table = table.row([
                task_title(kind.task).into(),
                kind.g.into(),
                (kind.units as f64).into(),
                sample(networks.iter().map(|n| Some(n.norm))).mean.into(),
                sample(networks.iter().map(|n| Some(n.initial_norm))).mean.into(),
                median(networks.iter().map(|n| n.rank)).into(),
                median(networks.iter().map(|n| n.convergence)).into(),
            ]);
        }
        let claims = claims(&kinds, &found);
        Ok(Outcome { figures: figures(&s, &kinds, &found), tables: vec![table], claims })
    }
}

/// Slope of ln y against ln N over the means.
fn exponent(points: &[(usize, Sample)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(n, s)| ((*n as f64).ln(), s.mean.ln())).collect();
    let count = logs.len() as f64;
    let (x, y) =
        (logs.iter().map(|p| p.0).sum::<f64>() / count, logs.iter().map(|p| p.1).sum::<f64>() / count);
    logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>()
        / logs.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}

fn claims(kinds: &[Kind], found: &[Vec<Summary>]) -> Vec<Claim> {
    let flip_flop: Vec<(usize, &Vec<Summary>)> = kinds
        .iter()
        .zip(found)
        .filter(|(kind, _)| kind.task == "flip_flop" && (kind.g - 0.9).abs() < 1e-9)
        .map(|(kind, networks)| (kind.units, networks))
        .collect();
    let points = |pick: fn(&Summary) -> f64| -> Vec<(usize, Sample)> {
        flip_flop.iter().map(|(n, networks)| (*n, sample(networks.iter().map(|s| Some(pick(s)))))).collect()
    };
    let ranks: Vec<f64> =
        flip_flop.iter().map(|(_, networks)| median(networks.iter().map(|n| n.rank))).collect();
    let spread = ranks.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        - ranks.iter().copied().fold(f64::INFINITY, f64::min);
    vec![
        Claim::within(
            "change-exponent",
            "flip-flop, g = 0.9: |ΔW| grows with N to this power",
            0.0,
            exponent(&points(|n| n.norm)),
            0.2,
        )
        .source("supplement, scaling with N")
        .because(
            "The power of W₀ is a half. Means of five with 10 % scatter, over a factor of four in N, have an exponent with \
             standard error 0.05.",
        ),
        Claim::within(
            "initial-exponent",
            "|W₀| grows with N to this power: g√N",
            0.5,
            exponent(&points(|n| n.initial_norm)),
            0.02,
        )
        .source("definition of W₀")
        .because("|W₀|² is a sum of N² squares, with a relative error below 2 % a network."),
        Claim::at_most(
            "rank-spread",
            "flip-flop, g = 0.9: the functional rank (median) differs between sizes by at most",
            3.0,
            spread,
        )
        .source("supplement, scaling with N")
        .because("Single networks of one size have 3 to 5; a rank that grew as √N would double from 4 to 8."),
    ]
}

fn figures(sizes: &Sizes, kinds: &[Kind], found: &[Vec<Summary>]) -> Vec<Figure> {
    let colours = [Colour::Blue, Colour::Orange, Colour::Green];
    let rows: [Row; 4] = [
        ("Change", Axis::new("|ΔW|"), |n| Some(n.norm)),
        ("Start", Axis::log10("|W₀|"), |n| Some(n.initial_norm)),
        ("Rank", Axis::new("functional rank"), |n| n.rank.map(|r| r as f64)),
        ("Convergence", Axis::new("epoch of convergence"), |n| n.convergence.map(|e| e as f64)),
    ];
    let figure = |task: &str| {
        let mut figure = Figure::new(format!("sizes-{task}"), format!("Size of networks: {}", task_title(task)))
            .columns(2)
            .caption(
                "Norms of the change and of the initial weights, functional rank, and epoch of convergence against the \
                 number of units. Dots are means over networks that have a value, bars standard deviations; the line is \
                 g√N.",
            );
        for (title, axis, pick) in &rows {
            let mut panel = Panel::new(Axis::log10("number of units N"), axis.clone()).title(*title);
            for (g, colour) in sizes.strengths.iter().zip(colours) {
                let of = |kind: &Kind| kind.task == task && (kind.g - g).abs() < 1e-9;
                let points: Vec<(f64, Sample)> = kinds
                    .iter()
                    .zip(found)
                    .filter(|(kind, _)| of(kind))
                    .map(|(kind, networks)| (kind.units as f64, sample(networks.iter().map(*pick))))
                    .filter(|(_, sample)| sample.count > 1)
                    .collect();
                if *title == "Start" && *g > 0.0 {
                    let law = points.iter().map(|(n, _)| (*n, g * n.sqrt()));
                    panel = panel.layer(Line::through(law).colour(colour));
                }
                let bars: Vec<f64> = points.iter().map(|(_, s)| s.std).collect();
                panel = panel.layer(
                    Dots::at(points.iter().map(|(n, s)| (*n, s.mean)))
                        .y_error(bars)
                        .colour(colour)
                        .label(format!("g = {g}")),
                );
            }
            figure = figure.panel(panel);
        }
        figure
    };
    sizes.tasks.iter().map(|(task, _)| figure(task)).collect()
}
