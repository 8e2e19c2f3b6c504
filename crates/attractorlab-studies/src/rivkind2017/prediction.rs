//! Does theory know beforehand which outputs a trained network will hold?

use attractorlab::network::Transfer;
use attractorlab::numerics::random::Stream;
use attractorlab::numerics::special::normal_cdf;
use attractorlab::theory::output_dynamics::{OutputError, Prediction as Theory, Setting, predict};
use attractorlab::training::{HoldingTest, TrainingError};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Panel, Reference, Table};
use serde_json::{Value, json};

use super::networks::{Closed, Network, replicate};
use super::scores::{Accuracy, Forecast, accuracy, brier};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// Random settings, each predicted and then trained.
#[derive(Debug, Clone, Copy)]
pub struct Prediction;

const PURPOSE: &str = "rivkind2017/prediction";

/// Real parts nearer to zero than this are within the scatter of networks of 600 units.
const CLEAR: f64 = 0.15;
/// Bulk radii from here on are within reach of chaos in a finite network.
const QUIET: f64 = 0.9;
/// Condition numbers of C from here on amplify the scatter of finite networks too much.
const WELL_POSED: f64 = 3000.0;
/// Scatter of a leading pole at N = 600, for the probabilities: about 1.2/√N.
const SCATTER: f64 = 0.05;
/// The states of a run count as held if the output stays within this of the target.
const TOLERANCE: f64 = 0.1;
/// ... over the last this much time.
const WATCHED: usize = 10;
/// Between these times the relaxation after a kick is read.
const WINDOW: [f64; 2] = [1.0, 4.0];

struct Sizes {
    settings: usize,
    units: usize,
    duration: f64,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { settings: 150, units: 300, duration: 40.0 },
        Preset::Full => Sizes { settings: 1500, units: 600, duration: 60.0 },
    }
}

/// What theory says of one target.
#[derive(Debug, Clone, Copy)]
struct Said {
    held: bool,
    /// Ridge moves the stationary output out of the tolerance.
    drifts: bool,
    leading: f64,
    bulk: f64,
}

/// One target of one setting.
#[derive(Debug, Clone)]
struct Case {
    transfer: Transfer,
    targets: usize,
    ridge: f64,
    /// |A| is the largest of its setting.
    largest: bool,
    said: Said,
    condition: f64,
    held: bool,
    /// Rate of relaxation of the output after a kick, predicted and measured.
    rates: Option<(f64, f64)>,
}

impl Case {
    fn is_clear(&self) -> bool {
        self.said.leading.abs() > CLEAR && self.said.bulk < QUIET && self.condition < WELL_POSED
    }

    fn theory(&self) -> Forecast {
        Forecast { probability: f64::from(u8::from(self.said.held)), happened: self.held }
    }

    /// The same with a probability: how likely the pole stays left and the bulk inside where networks
    /// scatter, the more so where C is ill-conditioned.
    fn hedged(&self) -> Forecast {
        let scatter = SCATTER * (1.0 + self.condition / 300.0).sqrt();
        let stays = normal_cdf(-self.said.leading / scatter) * normal_cdf((1.0 - self.said.bulk) / SCATTER);
        Forecast { probability: if self.said.drifts { 0.0 } else { stays }, happened: self.held }
    }

    fn rule(&self, says: bool) -> Forecast {
        Forecast { probability: f64::from(u8::from(says)), happened: self.held }
    }
}

/// Draws a setting from the box.
fn draw(stream: &mut Stream) -> Setting {
    let between = |stream: &mut Stream, low: f64, high: f64| low + (high - low) * stream.uniform();
    let tanh = stream.uniform() < 0.5;
    let size = between(stream, 0.2, 1.2);
    let threshold = if stream.uniform() < 0.5 { -size } else { size };
    let g = if tanh { between(stream, 0.2, 1.6) } else { between(stream, 0.2, 1.2) };
    let luck = stream.uniform();
    let count = 1 + [0.4, 0.7, 0.9].iter().filter(|edge| luck > **edge).count();
    let targets: Vec<f64> = (0..count)
        .map(|_| {
            let size = between(stream, 0.3_f64.ln(), 4.0_f64.ln()).exp();
            if stream.uniform() < 0.5 { -size } else { size }
        })
        .collect();
    let regular = stream.uniform() < 0.5;
    let exponent = between(stream, -5.0, -2.0);
    let ridge = if regular { 10.0_f64.powf(exponent) } else { 0.0 };
    let transfer = if tanh { Transfer::Tanh } else { Transfer::Relu { threshold } };
    Setting { ridge, ..Setting::scalar(transfer, g, &targets) }
}

/// The first setting of a stream that has a prediction. Others (no clamped state of relu, dependent
/// targets) cannot be trained either.
fn draw_predictable(stream: &mut Stream) -> (Setting, Theory) {
    loop {
        let setting = draw(stream);
        if let Ok(theory) = predict(&setting) {
            return (setting, theory);
        }
    }
}

/// Whether target m is held. Ridge moves the stationary output off its target: then the state that the
/// output drifts to counts, as long as it is within the tolerance.
fn say(theory: &Theory, m: usize) -> Result<Said, OutputError> {
    let local = &theory.local[m];
    let at_target =
        Said { held: local.is_stable(), drifts: false, leading: local.poles[0].re, bulk: local.bulk_radius };
    let setting = theory.setting();
    if setting.ridge == 0.0 || local.bulk_radius >= 1.0 {
        return Ok(at_target);
    }
    let target = setting.targets[m][0];
    let drift = theory.static_map(&[target], 0.0)?[0] - target;
    let edge = target + TOLERANCE * target.abs() * drift.signum();
    // Fixed steps and one secant: within a tenth of the target the map is nearly straight, and
    // where C is ill-conditioned too noisy for a search of all roots.
    let excess = |z: f64| theory.static_map(&[z], 0.0).map(|value| value[0] - z);
    let (mut near, mut near_excess) = (target, drift);
    let mut bracket = None;
    for step in 1..=4 {
        let far = target + 0.25 * f64::from(step) * (edge - target);
        let far_excess = excess(far)?;
        if far_excess * drift <= 0.0 {
            bracket = Some(((near, near_excess), (far, far_excess)));
            break;
        }
        (near, near_excess) = (far, far_excess);
    }
    let Some((near, far)) = bracket else { return Ok(Said { held: false, drifts: true, ..at_target }) };
    let root = near.0 + (far.0 - near.0) * near.1 / (near.1 - far.1);
    let there = theory.local_at(&[root], 0.0)?;
    Ok(Said { held: there.is_stable(), drifts: false, leading: there.poles[0].re, bulk: there.bulk_radius })
}

/// Draws, predicts and trains one setting.
fn examine(context: &Context<'_>, stream: &mut Stream, sizes: &Sizes) -> Result<Vec<Case>, StudyError> {
    let (setting, theory) = draw_predictable(stream);
    let count = setting.targets.len();
    let network = Network::draw(&setting, sizes.units, stream);
    let largest = setting.targets.iter().map(|t| t[0].abs()).fold(0.0, f64::max);
    let mut cases: Vec<Case> = (0..count)
        .map(|m| {
            Ok(Case {
                transfer: setting.transfer,
                targets: count,
                ridge: setting.ridge,
                largest: setting.targets[m][0].abs() == largest,
                said: say(&theory, m)?,
                condition: theory.condition,
                held: false,
                rates: None,
            })
        })
        .collect::<Result<_, OutputError>>()
        .map_err(StudyError::step("theory of a setting"))?;
    let trained = match network.task().least_squares(setting.ridge) {
        Ok(trained) => network.close(trained)?,
        // A network that does not settle, or is silent, cannot be trained: nothing is held.
        Err(
            TrainingError::NotStationary { .. }
            | TrainingError::Dependent { .. }
            | TrainingError::NoRates { .. },
        ) => return Ok(cases),
        Err(error) => return Err(StudyError::step("training")(error)),
    };
    let test = HoldingTest { duration: sizes.duration, tolerance: TOLERANCE, ..HoldingTest::default() };
    let holding = network
        .task()
        .test_holding(trained.readout.as_ref(), trained.states.as_ref(), test, stream)
        .map_err(StudyError::step("closed loop"))?;
    for (m, case) in cases.iter_mut().enumerate() {
        let end = holding.distances[m].iter().rev().take(WATCHED);
        let farthest = end.fold(0.0, |a: f64, d| if d.is_nan() { f64::INFINITY } else { a.max(*d) });
        case.held = farthest < TOLERANCE * setting.targets[m][0].abs();
    }
    if setting.ridge == 0.0 {
        relaxation(context, &trained, &theory, &mut cases)?;
    }
    Ok(cases)
}

/// Fills in how fast the output relaxes after a kick, where it is held and theory knows real poles only.
fn relaxation(
    context: &Context<'_>,
    closed: &Closed,
    theory: &Theory,
    cases: &mut [Case],
) -> Result<(), StudyError> {
    let frames = WINDOW.map(|t| (t / 0.1).round() as usize);
    let courses = closed.kicked(context, frames[1], 1)?;
    for (m, case) in cases.iter_mut().enumerate() {
        let local = &theory.local[m];
        let predicted = WINDOW.map(|t| local.kick_response(t)[(0, 0)]);
        let rate = |[start, end]: [f64; 2]| -(end / start).ln() / (WINDOW[1] - WINDOW[0]);
        let (expected, measured) = (rate(predicted), rate(frames.map(|frame| courses[m][frame])));
        let real = local.poles.iter().all(|pole| pole.im == 0.0);
        let held = case.is_clear() && case.held && case.said.held && real;
        if held && measured.is_finite() && expected.is_finite() {
            case.rates = Some((expected, measured));
        }
    }
    Ok(())
}

impl Study for Prediction {
    fn id(&self) -> &'static str {
        "rivkind2017/prediction"
    }

    fn title(&self) -> &'static str {
        "Predicting which outputs are held"
    }

    fn question(&self) -> &'static str {
        "For settings drawn at random, does the order-M ODE tell beforehand which outputs a network will hold after \
         training, and does it tell more than simple rules do?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "settings": sizes.settings, "units": sizes.units, "duration": sizes.duration,
            "box": {
                "transfer": ["tanh", "relu"], "g_tanh": [0.2, 1.6], "g_relu": [0.2, 1.2],
                "threshold": "0.2 to 1.2, either sign",
                "targets": {"1": 0.4, "2": 0.3, "3": 0.2, "4": 0.1},
                "size_of_targets": "log-uniform from 0.3 to 4, signs at random",
                "ridge": "0, or log-uniform from 1e-5 to 1e-2",
            },
            "held": format!("|z − f| < {TOLERANCE}|f| over the last {WATCHED} time constants"),
            "clear": {"leading_pole_above": CLEAR, "bulk_below": QUIET, "condition_below": WELL_POSED},
            "scatter_of_poles": SCATTER,
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let settings =
            replicate(context, PURPOSE, sizes.settings, |_, stream| examine(context, stream, &sizes))?;
        let clear_settings = settings.iter().filter(|cases| cases.iter().all(Case::is_clear)).count() as f64;
        let all: Vec<Case> = settings.into_iter().flatten().collect();
        let clear: Vec<Case> = all.iter().filter(|case| case.is_clear()).cloned().collect();
        let mut claims = claims(context.preset, &all, &clear);
        claims.push(
            Claim::at_least(
                "clear-states",
                "At least a third of the targets are clear cases",
                1.0 / 3.0,
                clear.len() as f64 / all.len() as f64,
            )
            .source("ours")
            .because("A bound on the box, which was fixed before any network was run."),
        );
        let figure = Figure::new("prediction", "Predicted and measured success")
            .caption(format!(
                "Left, fraction of targets whose fate theory told, against the predicted leading pole (dots, with 95 % \
                 intervals; {} targets of {} settings, networks of {} units). Right, rate at which the output relaxed after \
                 a kick against the predicted one (dots; line, equality), in the clear cases that were held.",
                all.len(),
                sizes.settings,
                sizes.units
            ))
            .panel(by_pole(&all))
            .panel(rates_panel(&all));
        Ok(Outcome {
            figures: vec![figure],
            tables: vec![table(&all, &clear, clear_settings / sizes.settings as f64)],
            claims,
        })
    }
}

/// One-line rules that a reader might use instead of the theory. The last is the paper's finding, a rule
/// that only the theory taught.
fn rules(case: &Case) -> [(&'static str, bool); 3] {
    let sign = match case.transfer {
        Transfer::Relu { threshold } => threshold < 0.0,
        _ => true,
    };
    [
        ("the larger |A| wins", case.largest),
        ("relu by the sign of θ, tanh always", sign),
        (
            "relu by the sign of θ, tanh the larger |A|",
            if case.transfer == Transfer::Tanh { case.largest } else { sign },
        ),
    ]
}

/// Forecasters: theory, theory with probabilities, the majority, and the rules.
fn forecasters(cases: &[Case]) -> Vec<(&'static str, Vec<Forecast>)> {
    let base = cases.iter().filter(|case| case.held).count() as f64 / cases.len() as f64;
    let mut list = vec![
        ("theory", cases.iter().map(Case::theory).collect::<Vec<_>>()),
        ("theory, hedged by the scatter of poles", cases.iter().map(Case::hedged).collect()),
        (
            "the majority",
            cases.iter().map(|case| Forecast { probability: base, happened: case.held }).collect(),
        ),
    ];
    for index in 0..3 {
        let name = cases.first().map_or("", |case| rules(case)[index].0);
        list.push((name, cases.iter().map(|case| case.rule(rules(case)[index].1)).collect()));
    }
    list
}

fn claims(preset: Preset, all: &[Case], clear: &[Case]) -> Vec<Claim> {
    let scores = forecasters(all);
    let in_clear = accuracy(&forecasters(clear)[0].1);
    // In a short run the fraction scatters; small networks err more often besides.
    let slack = match preset {
        Preset::Full => 0.0,
        Preset::Quick => 4.0 * (0.03 * 0.97 / in_clear.count as f64).sqrt() + 0.01,
    };
    // The majority and the first two rules.
    let skill = |cases: &[Case]| {
        let scores = forecasters(cases);
        let best = scores[2..5].iter().map(|(_, list)| accuracy(list).fraction).fold(0.0, f64::max);
        accuracy(&scores[0].1).fraction - best
    };
    let mut claims = vec![
        Claim::at_least(
            "clear-accuracy",
            "In the clear cases theory is right about at least 98 % of the targets",
            0.98 - slack,
            in_clear.fraction,
        )
        .source("Rivkind & Barak 2017, abstract: stability of the ODE predicts success and failure of training")
        .because(
            "The bound stands for networks of 600 units. The quick preset allows for four standard errors of a fraction \
             of 97 %, and for 1 % more errors in networks of 300.",
        ),
        Claim::at_least(
            "skill",
            "In the clear cases theory is right more often than the majority and two simple rules: difference",
            0.0,
            skill(clear),
        )
        .source("ours")
        .because("The difference is about 14 %, some five standard errors of a quick run; the claim is its sign."),
        Claim::at_most(
            "brier",
            "Theory hedged by the scatter of poles has a smaller Brier score than the base rate: ratio",
            0.85,
            brier(&scores[1].1) / brier(&scores[2].1),
        )
        .source("ours")
        .because("Without skill the ratio is one or more; hard cases, a good half of the box, keep it from zero."),
    ];
    if preset == Preset::Full {
        claims.push(
            Claim::at_least(
                "skill-everywhere",
                "Over all targets, hard ones included, theory is right more often than the majority and two rules: difference",
                0.0,
                skill(all),
            )
            .source("ours")
            .because("The difference is about 7 %, many standard errors of a full run; the claim is its sign."),
        );
    }
    let mut errors: Vec<f64> =
        all.iter().filter_map(|case| case.rates).map(|(said, seen)| (seen / said - 1.0).abs()).collect();
    errors.sort_by(f64::total_cmp);
    let median = errors.get(errors.len() / 2).copied().unwrap_or(f64::NAN);
    claims.push(
        Claim::at_most(
            "rates",
            "The output relaxes after a kick at the predicted rate: median relative error, clear cases held",
            0.15,
            median,
        )
        .source("Rivkind & Barak 2017: the output obeys a linear ODE")
        .because(
            "Poles scatter by about 1.2/√N, 5 % at N = 600 and 7 % at N = 300, of rates that are mostly between 0.2 and \
             0.8; the median of dozens of errors of that size stays below 15 %.",
        ),
    );
    claims
}

fn table(all: &[Case], clear: &[Case], clear_settings: f64) -> Table {
    let held = |cases: &[Case]| cases.iter().filter(|case| case.held).count() as f64 / cases.len() as f64;
    let mut table = Table::new("scores", "Who told which targets are held").caption(format!(
        "Fraction of right answers with its 95 % interval, and Brier score. Of all {} targets {:.1} % were held; of the \
         {} clear cases ({:.1} % of the targets; all targets are clear in {:.1} % of the settings) {:.1} %.",
        all.len(),
        100.0 * held(all),
        clear.len(),
        100.0 * clear.len() as f64 / all.len() as f64,
        100.0 * clear_settings,
        100.0 * held(clear),
    ));
    for column in ["targets", "forecast", "number", "right", "from", "to", "Brier score"] {
        table = table.column(column);
    }
    let groups: [(&str, Vec<Case>); 6] = [
        ("all", all.to_vec()),
        ("clear", clear.to_vec()),
        ("clear, tanh", clear.iter().filter(|c| c.transfer == Transfer::Tanh).cloned().collect()),
        ("clear, relu", clear.iter().filter(|c| c.transfer != Transfer::Tanh).cloned().collect()),
        ("clear, ridge", clear.iter().filter(|c| c.ridge > 0.0).cloned().collect()),
        ("clear, several targets", clear.iter().filter(|c| c.targets > 1).cloned().collect()),
    ];
    for (group, cases) in &groups {
        for (name, forecasts) in forecasters(cases) {
            let Accuracy { fraction, low, high, count } = accuracy(&forecasts);
            table = table.row([
                (*group).into(),
                name.into(),
                (count as f64).into(),
                fraction.into(),
                low.into(),
                high.into(),
                brier(&forecasts).into(),
            ]);
        }
    }
    table
}

fn by_pole(all: &[Case]) -> Panel {
    let edges = [-1.0, -0.6, -0.4, -0.25, -0.15, -0.08, -0.03, 0.0, 0.03, 0.08, 0.15, 0.25, 0.4, 0.6, 1.0];
    let mut panel = Panel::new(
        Axis::new("predicted leading pole Re s").range(-1.0, 1.0),
        Axis::new("fraction told right").range(0.0, 1.05),
    )
    .title("Accuracy against the pole")
    .layer(Reference::horizontal(0.98).label("98 %"));
    for (quiet, name, colour) in [
        (true, "clear apart from the pole", Colour::Blue),
        (false, "near chaos or ill-posed", Colour::Vermillion),
    ] {
        let (mut x, mut y, mut below, mut above) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for ends in edges.windows(2) {
            let bin: Vec<Forecast> = all
                .iter()
                .filter(|case| {
                    let inside = case.said.leading >= ends[0] && case.said.leading < ends[1];
                    inside && quiet == (case.said.bulk < QUIET && case.condition < WELL_POSED)
                })
                .map(Case::theory)
                .collect();
            if bin.len() >= 3 {
                let Accuracy { fraction, low, high, .. } = accuracy(&bin);
                x.push(0.5 * (ends[0] + ends[1]) + if quiet { 0.0 } else { 0.01 });
                y.push(fraction);
                below.push(fraction - low);
                above.push(high - fraction);
            }
        }
        panel = panel.layer(Dots::new(x, y).y_error_between(below, above).colour(colour).label(name));
    }
    panel
}

fn rates_panel(all: &[Case]) -> Panel {
    let points: Vec<(f64, f64)> = all.iter().filter_map(|case| case.rates).collect();
    Panel::new(
        Axis::new("predicted rate (1/τ)").range(0.0, 1.0),
        Axis::new("measured rate (1/τ)").range(0.0, 1.0),
    )
    .title("Relaxation after a kick")
    .layer(Reference::diagonal())
    .layer(Dots::at(points).size(2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The box was fixed by this, without a network: clear cases are a matter of theory alone.
    #[test]
    fn a_third_of_the_box_is_clear() {
        let (mut clear, mut all) = (0, 0);
        for replicate in 0..600 {
            let (setting, theory) = draw_predictable(&mut Stream::new(5, "box", replicate));
            for m in 0..setting.targets.len() {
                let said = say(&theory, m).unwrap();
                let leading = said.leading.abs() > CLEAR;
                all += 1;
                clear += u32::from(leading && said.bulk < QUIET && theory.condition < WELL_POSED);
            }
        }
        let fraction = f64::from(clear) / f64::from(all);
        assert!(fraction > 0.4, "{fraction}");
    }
}
