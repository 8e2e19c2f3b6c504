//! How often theory was right: tables, figures, claims.

use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Marker, Panel, Reference, Table};

use super::super::rules::Rule;
use super::setting::Verdict;
use super::trial::Trial;
use crate::statistics::wilson;
use crate::{Claim, Outcome, Preset};

/// Beyond this many standard deviations from a boundary a verdict counts as clear.
const CLEAR: f64 = 2.0;

fn share(trials: &[&Trial], right: impl Fn(&Trial) -> bool) -> f64 {
    trials.iter().filter(|t| right(t)).count() as f64 / trials.len() as f64
}

fn theory_right(t: &Trial) -> bool {
    t.predicted.agrees(t.observed)
}

fn map_right(t: &Trial) -> bool {
    t.own == t.observed
}

pub(super) fn outcome(trials: &[Trial], passed: usize, preset: Preset) -> Outcome {
    let all: Vec<&Trial> = trials.iter().collect();
    let clear: Vec<&Trial> = trials.iter().filter(|t| t.margin >= CLEAR).collect();
    let mut claims = Vec::new();
    let full = preset == Preset::Full;
    // Observed classes.
    for (index, name) in ["target stable", "another attractor", "chaotic"].into_iter().enumerate() {
        let bound = if full { 0.15 } else { 0.02 };
        let measured = share(&all, |t| t.observed.flags()[index] == Some(true));
        claims.push(
            Claim::at_least(
                &format!("balance-{}", ["target", "other", "chaotic"][index]),
                &format!("The box has all outcomes: share of settings in which the network shows \"{name}\""),
                bound,
                measured,
            )
            .because("The box was chosen for this; in a small run a class may be rare by chance."),
        );
    }
    claims.push(accuracy_claim("clear", "All rules", &clear, full));
    for (id, name, rules) in groups() {
        let members: Vec<&Trial> =
            clear.iter().copied().filter(|t| rules.contains(&t.setting.rule)).collect();
        if full {
            claims.push(accuracy_claim(&format!("clear-{id}"), name, &members, full));
        }
    }
    for (index, name) in ["target", "other", "chaotic"].into_iter().enumerate() {
        let asked = clear.iter().copied().filter(|t| t.predicted.flags()[index].is_some());
        let shown: Vec<&Trial> = asked.filter(|t| t.observed.flags()[index] == Some(true)).collect();
        if full {
            claims.push(
                Claim::at_least(
                    &format!("recall-{name}"),
                    &format!("Of the clear settings whose networks show \"{name}\", theory foresaw"),
                    0.9,
                    share(&shown, |t| t.predicted.flags()[index] == Some(true)),
                )
                .source("Mastrogiuseppe & Ostojic 2019, abstract")
                .because("A bar set beforehand."),
            );
        }
    }
    let bar = if full { 0.99 } else { 0.7 };
    let steady: Vec<&Trial> = clear.clone();
    claims.push(
        Claim::at_least(
            "own-map",
            "The network's own static map tells what it does (clear settings)",
            bar,
            share(&steady, map_right),
        )
        .because(
            "No scatter of the disorder is left between map and network; what remains are basins that no start hits. In \
             a small run the bar leaves room for a handful of misses.",
        ),
    );
    let majority = baseline_majority(&all);
    let stump = baseline_stump(&all);
    let accuracy = share(&all, theory_right);
    claims.push(
        Claim::at_least(
            "skill",
            "Theory is right more often than the majority answer, over all settings",
            majority,
            accuracy,
        )
        .because("The majority answer is taken from the same networks, which favours it."),
    );
    if full {
        claims.push(
            Claim::at_least(
                "skill-rule",
                "and more often than the best rule with one threshold",
                stump.1,
                accuracy,
            )
            .because("The rule is chosen on the same networks, which favours it."),
        );
    }
    let (brier, climate) = brier(&all);
    claims.push(
        Claim::at_most("brier", "The Brier score of P(held) is below that of the base rate", climate, brier)
            .because("The base rate is taken from the same networks, which favours it."),
    );
    let tables = vec![
        summary(trials, &clear, passed, [majority, stump.1, brier, climate], &stump.0),
        confusion(&clear),
        settings(trials),
    ];
    Outcome { figures: vec![figure(&all)], tables, claims }
}

type Group = (&'static str, &'static str, &'static [Rule]);

fn groups() -> [Group; 3] {
    [
        ("least-squares", "Least squares", &[Rule::LeastSquares]),
        ("gradient", "Slow gradient descent", &[Rule::GradientDescent]),
        ("recursive", "Recursive least squares", &[Rule::RecursiveRandom, Rule::RecursiveInputOnly]),
    ]
}

fn accuracy_claim(id: &str, who: &str, trials: &[&Trial], full: bool) -> Claim {
    let bar = if full { 0.95 } else { 0.7 };
    Claim::at_least(
        id,
        &format!("{who}: beyond two standard deviations from a boundary theory's verdict is right"),
        bar,
        share(trials, theory_right),
    )
    .source("Mastrogiuseppe & Ostojic 2019, abstract: theory predicts training performance")
    .because(
        "A bar set beforehand: a verdict is right if all three of its answers are. In a small run it leaves room for \
         a handful of misses among some fifteen clear settings.",
    )
}

fn baseline_majority(trials: &[&Trial]) -> f64 {
    majority(trials) as f64 / trials.len() as f64
}

/// Count of the most frequent outcome.
fn majority(trials: &[&Trial]) -> usize {
    let mut counts: Vec<(Verdict, usize)> = Vec::new();
    for t in trials {
        match counts.iter_mut().find(|c| c.0 == t.observed) {
            Some(c) => c.1 += 1,
            None => counts.push((t.observed, 1)),
        }
    }
    counts.into_iter().map(|c| c.1).max().unwrap_or(0)
}

/// The best rule "if (quantity) is above a threshold then this outcome, else that one".
fn baseline_stump(trials: &[&Trial]) -> (String, f64) {
    type Quantity = (&'static str, fn(&Trial) -> f64);
    let quantities: [Quantity; 7] = [
        ("g", |t| t.setting.inputs.g),
        ("Sm", |t| t.setting.inputs.feedback_std),
        ("SI", |t| t.setting.inputs.input_std),
        ("rho", |t| t.setting.inputs.rho),
        ("|A|", |t| t.setting.target.abs()),
        ("Sm|A|/SI", |t| t.setting.inputs.feedback_std * t.setting.target.abs() / t.setting.inputs.input_std),
        ("S(A)/g²", |t| t.setting.inputs.drive(t.setting.target) / t.setting.inputs.g.powi(2)),
    ];
    let mut best = (String::new(), 0.0);
    for (name, of) in quantities {
        let mut sorted: Vec<&Trial> = trials.to_vec();
        sorted.sort_by(|a, b| of(a).total_cmp(&of(b)));
        for cut in 1..sorted.len() {
            let right = majority(&sorted[..cut]) + majority(&sorted[cut..]);
            let accuracy = right as f64 / sorted.len() as f64;
            if accuracy > best.1 {
                best = (format!("a threshold of {name} at {:.3}", of(sorted[cut])), accuracy);
            }
        }
    }
    best
}

/// Brier score of P(held), and that of the base rate.
fn brier(trials: &[&Trial]) -> (f64, f64) {
    let rate = share(trials, |t| t.held);
    let score = |p: &dyn Fn(&Trial) -> f64| {
        trials.iter().map(|t| (p(t) - f64::from(u8::from(t.held))).powi(2)).sum::<f64>() / trials.len() as f64
    };
    (score(&|t| t.probability), score(&|_| rate))
}

fn interval(trials: &[&Trial], right: impl Fn(&Trial) -> bool) -> String {
    let hits = trials.iter().filter(|t| right(t)).count();
    let (low, high) = wilson(hits, trials.len());
    format!("{:.3} ({low:.3} – {high:.3})", hits as f64 / trials.len() as f64)
}

fn summary(
    trials: &[Trial],
    clear: &[&Trial],
    passed: usize,
    [majority, stump, brier, climate]: [f64; 4],
    rule: &str,
) -> Table {
    let all: Vec<&Trial> = trials.iter().collect();
    let mut table = Table::new("accuracy", "How often theory and own map are right")
        .caption(format!(
            "Share of settings whose three answers are all right, with 95 % intervals (Wilson). Clear settings lie \
             beyond two standard deviations from a boundary. {passed} draws were passed over because training would have \
             started in a chaotic state, of which theory says nothing, for a target that is not. Majority answer {majority:.3}; \
             best rule, {rule}: {stump:.3}. Brier score of P(held) {brier:.3}, of the base rate {climate:.3}."
        ))
        .column("rule")
        .column("settings")
        .column("theory, all")
        .column("own map, all")
        .column("clear settings")
        .column("theory, clear")
        .column("own map, clear");
    let mut add = |name: &str, rules: &[Rule]| {
        let of = |list: &[&Trial]| -> Vec<Trial> {
            list.iter().filter(|t| rules.contains(&t.setting.rule)).map(|t| (*t).clone()).collect()
        };
        let (every, sure) = (of(&all), of(clear));
        let (every, sure): (Vec<&Trial>, Vec<&Trial>) = (every.iter().collect(), sure.iter().collect());
        table = table.clone().row([
            name.into(),
            (every.len() as f64).into(),
            interval(&every, theory_right).as_str().into(),
            interval(&every, map_right).as_str().into(),
            (sure.len() as f64).into(),
            interval(&sure, theory_right).as_str().into(),
            interval(&sure, map_right).as_str().into(),
        ]);
    };
    add("all", &Rule::ALL);
    for rule in Rule::ALL {
        add(rule.name(), &[rule]);
    }
    table
}

fn settings(trials: &[Trial]) -> Table {
    let mut table = Table::new("settings", "All settings").caption(
        "Every setting of the run: its parameters, theory's verdict, that of the network's own map, what the network did, \
         the distance from theory's nearest boundary in standard deviations, and P(held).",
    );
    for column in ["rule", "g", "Sm", "SI", "rho", "A", "theory", "own map", "network", "distance", "P(held)"]
    {
        table = table.column(column);
    }
    for t in trials {
        let inputs = t.setting.inputs;
        table = table.row([
            t.setting.rule.name().into(),
            inputs.g.into(),
            inputs.feedback_std.into(),
            inputs.input_std.into(),
            inputs.rho.into(),
            t.setting.target.into(),
            t.predicted.text().as_str().into(),
            t.own.text().as_str().into(),
            t.observed.text().as_str().into(),
            t.margin.into(),
            t.probability.into(),
        ]);
    }
    table
}

fn confusion(clear: &[&Trial]) -> Table {
    let mut pairs: Vec<(String, String, usize)> = Vec::new();
    for t in clear {
        let (predicted, observed) = (t.predicted.text(), t.observed.text());
        match pairs.iter_mut().find(|p| p.0 == predicted && p.1 == observed) {
            Some(p) => p.2 += 1,
            None => pairs.push((predicted, observed, 1)),
        }
    }
    pairs.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
    let mut table = Table::new("confusion", "Clear settings: predicted and observed")
        .caption("Number of settings with each verdict of theory and each outcome of the released network.")
        .column("theory")
        .column("network")
        .column("settings");
    for (predicted, observed, count) in pairs {
        table = table.row([predicted.as_str().into(), observed.as_str().into(), (count as f64).into()]);
    }
    table
}

fn figure(trials: &[&Trial]) -> Figure {
    let mut sorted: Vec<&Trial> = trials.to_vec();
    sorted.sort_by(|a, b| a.margin.total_cmp(&b.margin));
    let bins = (sorted.len() / 40).clamp(4, 10);
    let mut accuracy = Panel::new(
        Axis::new("distance from boundary (standard deviations)"),
        Axis::new("share right").range(0.0, 1.05),
    )
    .title("Accuracy");
    for (name, colour, marker, right) in [
        ("theory", Colour::Blue, Marker::Circle, theory_right as fn(&Trial) -> bool),
        ("own map", Colour::Orange, Marker::Square, map_right),
    ] {
        let (mut x, mut y, mut bars) = (Vec::new(), Vec::new(), Vec::new());
        for bin in 0..bins {
            let members = &sorted[bin * sorted.len() / bins..(bin + 1) * sorted.len() / bins];
            let hits = members.iter().filter(|t| right(t)).count();
            let (low, high) = wilson(hits, members.len());
            x.push(members[members.len() / 2].margin.min(30.0));
            y.push(hits as f64 / members.len() as f64);
            bars.push(0.5 * (high - low));
        }
        accuracy = accuracy.layer(Dots::new(x, y).y_error(bars).colour(colour).marker(marker).label(name));
    }
    sorted.sort_by(|a, b| a.probability.total_cmp(&b.probability));
    let mut reliability = Panel::new(
        Axis::new("predicted P(held)").range(0.0, 1.0),
        Axis::new("share held").range(-0.05, 1.05),
    )
    .title("Calibration")
    .layer(Reference::diagonal());
    let (mut x, mut y, mut bars) = (Vec::new(), Vec::new(), Vec::new());
    for bin in 0..bins {
        let members = &sorted[bin * sorted.len() / bins..(bin + 1) * sorted.len() / bins];
        let hits = members.iter().filter(|t| t.held).count();
        let (low, high) = wilson(hits, members.len());
        x.push(members.iter().map(|t| t.probability).sum::<f64>() / members.len() as f64);
        y.push(hits as f64 / members.len() as f64);
        bars.push(0.5 * (high - low));
    }
    reliability = reliability.layer(Dots::new(x, y).y_error(bars).colour(Colour::Blue));
    accuracy = accuracy.layer(Line::new([2.0, 2.0], [0.0, 1.0]).dashed().colour(Colour::Black));
    Figure::new("prediction", "How often theory predicts what training gives")
        .caption(
            "Left, share of settings in which all three answers are right, against the distance from the nearest boundary \
             (dashed: two standard deviations); theory knows the setting only, the own map is that of the trained network. \
             Right, share of networks that reach the target from every start against theory's probability. Bars: 95 % \
             intervals.",
        )
        .panel(accuracy)
        .panel(reliability)
}
