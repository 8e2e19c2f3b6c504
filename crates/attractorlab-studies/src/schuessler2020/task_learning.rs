//! Figure 1: learning curves, singular values of the change, and loss against rank, without and with a bulk.

use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel, Reference, Table};
use serde_json::{Value, json};

use super::learnt::{
    Example, Kind, PAIRS, PUBLISHED, Summary, Tasks, epochs_to_convergence, learn, listed, median, sample,
    superiority, task_title,
};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// Networks that learn tasks from weak and from strong random weights.
#[derive(Debug, Clone, Copy)]
pub struct TaskLearningStudy;

/// The strengths that are compared.
const STRENGTHS: [f64; 2] = [0.0, 0.9];

struct Sizes {
    units: usize,
    networks: usize,
    test_trials: usize,
    /// Tasks with their epochs.
    tasks: Tasks,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes {
            units: 96,
            networks: 5,
            test_trials: 64,
            tasks: &[("flip_flop", 120), ("context_decision", 100)],
        },
        Preset::Full => Sizes { units: 256, networks: 5, test_trials: 512, tasks: PUBLISHED },
    }
}

impl Study for TaskLearningStudy {
    fn id(&self) -> &'static str {
        "schuessler2020/task-learning"
    }

    fn title(&self) -> &'static str {
        "Random weights speed up learning, and what is learnt has low rank"
    }

    fn question(&self) -> &'static str {
        "How does a network that starts with strong random weights learn a task differently from one that starts with \
         none, and of what rank is the change that it needs?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let s = sizes(preset);
        let tasks = listed(s.tasks);
        json!({
            "tasks": tasks, "units": s.units, "networks": s.networks, "g": STRENGTHS, "dt": 0.5,
            "optimiser": "Adam, learning rate 0.05/N, 32 trials an epoch", "precision": "float32",
            "trained": ["recurrent", "input", "readout"], "test_trials": s.test_trials, "convergence": 0.05,
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let s = sizes(context.preset);
        let kinds: Vec<Kind> = s
            .tasks
            .iter()
            .flat_map(|&(task, epochs)| STRENGTHS.map(|g| Kind { task, g, units: s.units, epochs }))
            .collect();
        let found = learn(context, &kinds, s.networks, s.test_trials, |learnt, stream| {
            Ok((Summary::of(learnt, stream)?, Example::of(learnt)?))
        })?;
        // One example of each kind is enough.
        let (found, examples): (Vec<Vec<Summary>>, Vec<Vec<Example>>) =
            found.into_iter().map(|networks| networks.into_iter().unzip()).unzip();
        let mut outcome = Outcome::default();
        let mut table = Table::new("networks", "Networks of each kind")
            .caption("Medians over networks of the epoch of convergence and of the functional rank (∞ and missing: not within the epochs), mean norm of the change.");
        for column in ["task", "g", "convergence epoch", "functional rank", "|ΔW|"] {
            table = table.column(column);
        }
        for (kind, networks) in kinds.iter().zip(&found) {
            table = table.row([
                task_title(kind.task).into(),
                kind.g.into(),
                median(networks.iter().map(|n| n.convergence)).into(),
                median(networks.iter().map(|n| n.rank)).into(),
                sample(networks.iter().map(|n| Some(n.norm))).mean.into(),
            ]);
        }
        for (index, &(task, _)) in s.tasks.iter().enumerate() {
            let (weak, strong) = (&found[2 * index], &found[2 * index + 1]);
            outcome.claims.extend(claims(task, context.preset, weak, strong));
            outcome.figures.push(figure(task, weak, strong, &examples[2 * index + 1][0]));
        }
        outcome.tables.push(table);
        Ok(outcome)
    }
}

fn claims(task: &str, preset: Preset, weak: &[Summary], strong: &[Summary]) -> Vec<Claim> {
    let title = task_title(task);
    let mut claims = vec![
        Claim::at_least(
            &format!("earlier-{task}"),
            &format!("{title}: networks with g = 0.9 converge earlier than networks with g = 0, in this share of pairs"),
            0.8,
            superiority(&epochs_to_convergence(weak), &epochs_to_convergence(strong)),
        )
        .source("figure 1 d-f")
        .because(PAIRS),
    ];
    if task == "flip_flop" {
        // Smaller networks with g = 0.9 take longer, those with g = 0 do not.
        let least = if preset == Preset::Quick { 1.2 } else { 2.0 };
        let ratio = median(weak.iter().map(|n| n.convergence)) / median(strong.iter().map(|n| n.convergence));
        claims.push(
            Claim::at_least(
                "flip-flop-speed-up",
                "flip-flop: epochs to convergence at g = 0 over those at g = 0.9, medians",
                least,
                ratio,
            )
            .source("figure 1 d; specification section 5")
            .because(
                "About 3 with 256 units and 1.7 with 96, where 20 networks a kind had medians of 74 and 42 epochs and \
                 quartiles of 69-83 and 35-50: medians of five differ by less than 1.2 in less than 1 of 300 runs.",
            ),
        );
        claims.push(
            Claim::equal(
                "flip-flop-rank-two",
                "flip-flop, g = 0: the functional rank of the change is two (median over networks)",
                2.0,
                median(weak.iter().map(|n| n.rank)),
            )
            .source("figure 1 j; specification section 5")
            .because("All of 18 networks of 96 units that converged had rank two; one in ten does not converge in time."),
        );
        let rank = median(strong.iter().map(|n| n.rank));
        claims.push(
            Claim::within(
                "flip-flop-rank-strong",
                "flip-flop, g = 0.9: the functional rank is larger, but stays small (median over networks)",
                6.0,
                rank,
                3.0,
            )
            .source("figure 1 j; specification section 5: 4 to 9")
            .because("From 3 to 9: networks of 96 units have 3 to 5, of 256 units 5 to 6."),
        );
        let ratio = sample(weak.iter().filter(|n| n.rank.is_some()).map(|n| Some(n.values[1] / n.values[2])));
        claims.push(
            Claim::at_least(
                "flip-flop-gap",
                "flip-flop, g = 0: the second singular value of the change stands above the third by this factor",
                2.0,
                ratio.mean,
            )
            .source("figure 1 g")
            .because("1.06 against 0.19 to 0.33 among 18 networks: a mean of at least 3."),
        );
    }
    claims
}

/// Inputs thin, targets dashed where they count, outputs as lines.
fn example_panel(example: &Example) -> Panel {
    let colours = [Colour::Blue, Colour::Orange];
    let mut panel =
        Panel::new(Axis::new("time t/τ"), Axis::new("output z, input u")).title("A trial, g = 0.9");
    for input in &example.inputs {
        panel = panel.layer(Line::through(input.iter().copied()).colour(Colour::Grey).width(0.5));
    }
    for (k, (output, target)) in example.outputs.iter().zip(&example.targets).enumerate() {
        let colour = colours[k % colours.len()];
        panel = panel
            .layer(Line::through(output.iter().copied()).colour(colour).label(format!("output {}", k + 1)))
            .layer(Line::through(target.iter().copied()).colour(Colour::Black).dashed());
    }
    panel
}

fn figure(task: &str, weak: &[Summary], strong: &[Summary], example: &Example) -> Figure {
    let groups = [(weak, Colour::Orange, "g = 0"), (strong, Colour::Blue, "g = 0.9")];
    let mut curves = Panel::new(Axis::new("epoch"), Axis::log10("loss L/L(0)")).title("Learning");
    let mut values =
        Panel::new(Axis::new("index"), Axis::new("singular value of ΔW")).title("Change of the weights");
    let mut truncated = Panel::new(Axis::new("rank R of the change"), Axis::new("loss L(R)/L(R = 0)"))
        .title("Truncated change")
        .layer(Reference::horizontal(0.05));
    for (networks, colour, label) in groups {
        for (index, network) in networks.iter().enumerate() {
            let first = network.losses[0];
            let line =
                Line::through(network.losses.iter().enumerate().map(|(e, loss)| (e as f64, loss / first)))
                    .colour(colour)
                    .width(0.6);
            curves = curves.layer(if index == 0 { line.label(label) } else { line });
        }
        // As in the paper, of networks that converged; of all where fewer than two did.
        let converged: Vec<&Summary> = networks.iter().filter(|n| n.convergence.is_some()).collect();
        let shown = if converged.len() > 1 { converged } else { networks.iter().collect() };
        let over = |pick: &dyn Fn(&Summary, usize) -> f64, first: usize, last: usize| {
            let at: Vec<_> = (first..=last).map(|k| sample(shown.iter().map(|n| Some(pick(n, k))))).collect();
            let points: Vec<(f64, f64)> =
                at.iter().enumerate().map(|(k, s)| ((first + k) as f64, s.mean)).collect();
            let bars: Vec<f64> = at.iter().map(|s| s.std).collect();
            Dots::at(points).y_error(bars).colour(colour).label(label)
        };
        values = values.layer(over(&|n, k| n.values[k - 1], 1, 11));
        truncated = truncated.layer(over(&|n, k| n.curve.losses[k] / n.curve.losses[0], 0, 12));
    }
    let title = task_title(task);
    Figure::new(format!("learning-{task}"), format!("Learning the {title} task"))
        .caption(
            "One test trial: inputs (grey), outputs, and targets where they count (dashed). Loss of each epoch over the \
             first, one line a network. Singular values of the change of the recurrent weights after training. Test loss \
             with the change truncated at rank R, trained inputs and readouts; the line is the 5 % that define the \
             functional rank. Dots are means, bars standard deviations over the networks that converged (over all if \
             fewer than two did).",
        )
        .columns(2)
        .panel(example_panel(example))
        .panel(curves)
        .panel(values)
        .panel(truncated)
}
