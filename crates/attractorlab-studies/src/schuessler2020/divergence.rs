//! S2: targets too large for the learning rate.

use attractorlab::analysis::weight_change::eigenvalues_along;
use attractorlab::task::DrivenFixedPoint;
use attractorlab::theory::linear_learning::LearningFlow;
use attractorlab::training::DescentStatus;
use attractorlab_figures::{Axis, Colour, Figure, Line, Panel, Reference};
use serde_json::{Value, json};

use super::linear::{LinearNetwork, replicate};
use crate::statistics::{Sample, largest, smallest};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// S2: learning that settles, oscillates or diverges, and the largest learning rate.
#[derive(Debug, Clone, Copy)]
pub struct Divergence;

const PURPOSE: &str = "schuessler2020/divergence";
/// g, target, learning rate at g = 0.
const RUNS: [(f64, f64, f64); 4] =
    [(0.6, 2.0, 0.002), (0.8, 2.0, 0.002), (0.6, 4.0, 0.001), (0.8, 4.0, 0.001)];
const EPOCHS: usize = 200;
/// Below this part of the largest learning rate training follows the flow.
const FOLLOWS: f64 = 0.7;
/// Epochs at the end over which a run that does not settle is watched.
const LATE: usize = 10;
/// Duration of a trial, twice that of the other studies.
const DURATION: f64 = 201.0;
/// Learning rates of the second part, in units of the largest that settles.
const FACTORS: [f64; 2] = [0.5, 2.0];

struct Sizes {
    units: usize,
    /// Epochs between snapshots.
    every: usize,
    networks: usize,
    network_units: usize,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 100, every: 8, networks: 16, network_units: 100 },
        Preset::Full => Sizes { units: 256, every: 2, networks: 40, network_units: 256 },
    }
}

/// One run through time.
struct Run {
    losses: Vec<f64>,
    /// Epochs, and the first five eigenvalues' real parts.
    eigenvalues: Vec<(usize, Vec<f64>)>,
    /// The largest learning rate of this very network.
    limit: f64,
    /// Size of the error before the last epoch, over the target, and that of the exact flow at the same time.
    errors: (f64, f64),
    /// The learning rate over the largest one of the solution at which training settled; `None` if it did not.
    end_factor: Option<f64>,
    /// The leading eigenvalue that its exact flow ends with.
    flow_eigenvalue: f64,
}

impl Study for Divergence {
    fn id(&self) -> &'static str {
        PURPOSE
    }

    fn title(&self) -> &'static str {
        "Large targets and strong bulks diverge"
    }

    fn question(&self) -> &'static str {
        "When does learning of a linear network oscillate or diverge? Can the learning rate at which it does be told beforehand?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "runs": RUNS.map(|(g, target, rate)| json!({"g": g, "target": target, "learning_rate": rate * (1.0 - g * g).powi(2)})),
            "epochs": EPOCHS, "duration": DURATION, "units": sizes.units,
            "rates_over_largest": FACTORS, "networks": sizes.networks, "network_units": sizes.network_units,
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let runs = replicate(context, PURPOSE, RUNS.len(), |index, stream| {
            let (g, target, base) = RUNS[index];
            let network = LinearNetwork::draw(sizes.units, g, stream);
            let (flow, step) = (network.flow()?, "the flow of one network");
            let limit = flow.trained(target).map_err(StudyError::step(step))?.largest_learning_rate();
            let task = DrivenFixedPoint { target, duration: DURATION, ..DrivenFixedPoint::default() };
            let rate = base * (1.0 - g * g).powi(2);
            let course = network.train::<f64>(context, &task, rate, EPOCHS, sizes.every)?;
            // Weights that have blown up have no spectrum to speak of.
            let (epochs, weights): (Vec<_>, Vec<_>) =
                course.snapshots.into_iter().filter(|(_, w)| w.norm_l2() < 1e3).unzip();
            let spectra =
                eigenvalues_along(&weights, 5).map_err(StudyError::step("eigenvalues along training"))?;
            let leading = spectra.iter().map(|values| values.iter().map(|v| v.re).collect());
            let end = flow
                .at_times(target, &[rate * (EPOCHS - sizes.every) as f64, rate * (EPOCHS - 1) as f64])
                .map_err(StudyError::step(step))?;
            let (there, end) = (end[1].output, &end[0]);
            let initial = &network.weights.recurrent;
            let ended = end.weight_change().map(|change| initial + change).into_iter().collect::<Vec<_>>();
            let flow_eigenvalue = eigenvalues_along(&ended, 1)
                .map_err(StudyError::step("eigenvalues of the flow"))?
                .first()
                .map_or(f64::NAN, |values| values[0].re);
            let settled =
                course.losses.len() == EPOCHS && course.losses[EPOCHS - 1] < 1e-3 * course.losses[0];
            let end_factor = if settled {
                let there =
                    LearningFlow::of_network(course.weights.as_ref(), &network.input, &network.readout)
                        .and_then(|flow| flow.at_times(target, &[0.0]))
                        .map_err(StudyError::step("where training ended"))?;
                Some(rate / there[0].largest_learning_rate())
            } else {
                None
            };
            // The loss is half the square of the error; a run that ended early has none.
            let last = course.losses.get(EPOCHS - 1).map_or(f64::NAN, |loss| (2.0 * loss).sqrt());
            Ok(Run {
                errors: (last / target, (there - target).abs() / target),
                end_factor,
                flow_eigenvalue,
                losses: course.losses,
                eigenvalues: epochs.into_iter().zip(leading).collect(),
                limit,
            })
        })?;
        let mut claims = through_time(&runs)?;
        claims.extend(limits(context, &sizes)?);
        let figure = draw(&runs, sizes.units);
        Ok(Outcome { figures: vec![figure], tables: Vec::new(), claims })
    }
}

/// What the four runs of the paper must show: every run makes a claim, whatever its network is like.
fn through_time(runs: &[Run]) -> Result<Vec<Claim>, StudyError> {
    let mut claims = Vec::new();
    for (index, ((g, target, base), run)) in RUNS.into_iter().zip(runs).enumerate() {
        let factor = base * (1.0 - g * g).powi(2) / run.limit;
        let first = run.losses.first().copied().unwrap_or(f64::NAN);
        let last = run.losses.last().copied().unwrap_or(f64::NAN);
        let setting = format!("g = {g}, target {target}, a learning rate of {factor:.2} of the largest");
        let claim = if factor < FOLLOWS {
            Claim::within(
                &format!("follows-{index}"),
                &format!("{setting}: size of the error after training, over the target, against the exact flow's at that time"),
                run.errors.1,
                run.errors.0,
                0.05,
            )
            .because(
                "Steps of less than 0.7 of the largest rate follow the flow: where the flow has arrived, errors shrink by \
                 |1 − 2·factor| an epoch and 200 epochs leave none; where it has not, steps are small beside its time scale and lag by \
                 about half a step, less than a hundredth of the way. A trial of 201 leaves e^(−201(1 − λ₁)) of an error: 0.05 \
                 covers λ₁ up to 0.985.",
            )
        } else if let Some(end) = run.end_factor {
            Claim::at_most(
                &format!("edge-{index}"),
                &format!("{setting} where the flow ends: training settled where it is at most one of it"),
                1.1,
                end,
            )
            .because(
                "Beyond one, errors grow by |1 − 2·factor| an epoch, slowly near one: at 1.1 by 1.2, which takes 100 epochs from 1e-8 to \
                 one. Less than that may look settled when training ends; the unstable networks of the paper lie at 2 and more.",
            )
        } else if factor < 1.0 {
            Claim::at_most(
                &format!("bounded-{index}"),
                &format!("{setting}: not settled yet, and the last loss is not above the first"),
                1.0,
                last / first,
            )
            .because("Below the largest rate errors shrink where the flow ends; oscillations on the way are of the size of the first error.")
        } else {
            let epochs = run.losses.len();
            let late = &run.losses[epochs - epochs.min(LATE)..];
            Claim::at_least(
                &format!("restless-{index}"),
                &format!("{setting}: it does not settle: largest of the last {LATE} losses over the first, or no end at all"),
                1e-6,
                if epochs < EPOCHS { f64::INFINITY } else { largest(late.iter().copied()) / first },
            )
            .because(
                "Where errors grow they cannot stay below a thousandth of the first for long: at factor 1.1 they grow by 7 in ten epochs. \
                 Losses are their squares.",
            )
        };
        claims.push(claim.source("specification S2; the largest rate: ours"));
    }
    // The published facts from the theory alone, at the published rates.
    let factor = |(g, target, base): (f64, f64, f64)| {
        let limit = LearningFlow::large(g)
            .and_then(|flow| flow.trained(target))
            .map_err(StudyError::step("the theory of linear learning"))?
            .largest_learning_rate();
        Ok(base * (1.0_f64 - g * g).powi(2) / limit)
    };
    let factors = RUNS.into_iter().map(factor).collect::<Result<Vec<f64>, StudyError>>()?;
    claims.push(
        Claim::at_most(
            "settling-in-theory",
            "the two published runs that converge have learning rates below the largest of many units: the larger of their ratios",
            1.0,
            largest(factors[..2].iter().copied()),
        )
        .source("specification S2 (target 2: both converge); the largest rate: ours")
        .because("Exact for many units; single networks of 256 units scatter about it."),
    );
    claims.push(
        Claim::at_least(
            "diverging-in-theory",
            "the two published runs that oscillate and diverge have learning rates above it: the smaller of their ratios",
            1.0,
            smallest(factors[2..].iter().copied()),
        )
        .source("specification S2 (target 4: g = 0.6 oscillates, g = 0.8 diverges); the largest rate: ours")
        .because("Exact for many units; the ratios are 1.7 and 8."),
    );
    // λ₁ at the end of the run that settles.
    let last = runs[0].eigenvalues.last().map_or(f64::NAN, |(_, values)| values[0]);
    claims.push(
        Claim::within(
            "eigenvalue-0",
            "g = 0.6, target 2: the leading eigenvalue after training (0.89 in the paper's network) against the exact flow's",
            runs[0].flow_eigenvalue,
            last,
            0.05,
        )
        .source("specification S2; ours")
        .because("Steps of a third of the largest learning rate move it by a few hundredths; networks scatter by as much."),
    );
    Ok(claims)
}

/// Many networks just below and well above their largest learning rate, and its mean against the limit.
fn limits(context: &Context<'_>, sizes: &Sizes) -> Result<Vec<Claim>, StudyError> {
    let (g, target) = (0.5, 2.0);
    let found = replicate(context, &format!("{PURPOSE}/limits"), sizes.networks, |_, stream| {
        let network = LinearNetwork::draw(sizes.network_units, g, stream);
        let trained = network.flow()?.trained(target).map_err(StudyError::step("the flow of one network"))?;
        let limit = trained.largest_learning_rate();
        let mut settles = [false; 2];
        for (settled, factor) in settles.iter_mut().zip(FACTORS) {
            let run = network.descend(target, factor * limit, 600)?;
            let error = (target - run.outputs.last().copied().unwrap_or(f64::NAN)).abs();
            // Settled where the flow ends: not at a flatter solution after oscillations.
            let smooth = crossings(&run.outputs, target) <= 3;
            *settled = run.status == DescentStatus::Finished && error < 1e-3 && smooth;
        }
        Ok((settles, limit.ln()))
    })?;
    let count = |k: usize| found.iter().filter(|(settles, _)| settles[k]).count() as f64;
    let all = sizes.networks as f64;
    let theory = LearningFlow::large(g)
        .and_then(|flow| flow.trained(target))
        .map_err(StudyError::step("the theory of linear learning"))?
        .largest_learning_rate()
        .ln();
    let sample = Sample::of(&found.iter().map(|(_, limit)| *limit).collect::<Vec<_>>());
    Ok(vec![
        Claim::equal(
            "below",
            "g = 0.5, target 2: how many networks settle at half of their own largest rate",
            all,
            count(0),
        )
        .source("ours")
        .because("A count: every one must."),
        Claim::equal(
            "above",
            "g = 0.5, target 2: how many settle smoothly at twice their largest rate",
            0.0,
            count(1),
        )
        .source("ours")
        .because("A count: the error changes sign and does not shrink at the flow's end, so that none can."),
        Claim::within(
            "limit",
            "g = 0.5, target 2: mean logarithm of the largest learning rate against that of many units",
            theory,
            sample.mean,
            6.5 * sample.standard_error() + 0.1,
        )
        .source("ours")
        .because("Six and a half standard errors over networks, and a tenth for finite size (β³/N is 0.02)."),
    ])
}

/// How often the error changes its sign, rounding left aside.
fn crossings(outputs: &[f64], target: f64) -> usize {
    let errors: Vec<f64> = outputs.iter().map(|z| z - target).collect();
    errors.windows(2).filter(|pair| pair[0] * pair[1] < 0.0 && pair[1].abs() > 1e-9).count()
}

fn draw(runs: &[Run], units: usize) -> Figure {
    let epochs = Axis::new("epoch").range(0.0, EPOCHS as f64);
    let mut loss_panel = Panel::new(epochs.clone(), Axis::log10("loss").range(1e-8, 100.0));
    let mut eigenvalue_panel = Panel::new(epochs, Axis::new("five largest Re λ of W").range(0.4, 1.3))
        .layer(Reference::horizontal(1.0));
    for (index, ((g, target, _), run)) in RUNS.into_iter().zip(runs).enumerate() {
        let colour = Colour::category(index);
        let losses = run.losses.iter().enumerate().map(|(e, l)| (e as f64, l.clamp(1e-8, 100.0)));
        loss_panel =
            loss_panel.layer(Line::through(losses).colour(colour).label(format!("g = {g}, ẑ = {target}")));
        for k in 0..5 {
            let points = run.eigenvalues.iter().map(|(epoch, values)| (*epoch as f64, values[k].min(1.3)));
            eigenvalue_panel = eigenvalue_panel.layer(Line::through(points).colour(colour));
        }
    }
    Figure::new("divergence", "Learning of large targets")
        .caption(format!(
            "Loss (left) and the five largest real parts of the eigenvalues of W (right) during training through {DURATION} units of \
             time, one network of {units} units a setting; beyond the line at 1 the fixed point is lost. Learning rates above the \
             largest one of the network oscillate or diverge."
        ))
        .panel(loss_panel)
        .panel(eigenvalue_panel)
}
