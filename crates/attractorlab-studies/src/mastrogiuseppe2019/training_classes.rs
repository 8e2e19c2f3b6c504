//! E5: which class each training rule lands in, and what a release from the spurious side shows.

use attractorlab::dynamics::ReleaseOptions;
use attractorlab::network::Transfer;
use attractorlab::theory::feedback::{Class, Forecast, Inputs, forecast};
use attractorlab::training::DeltaOptions;
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel, Reference, Table};
use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::rules::{Network, Rule, released};
use crate::statistics::{Sample, chi_square_tail, wilson};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E5 of Mastrogiuseppe & Ostojic 2019.
#[derive(Debug, Clone, Copy)]
pub struct TrainingClasses;

const INPUTS: Inputs = Inputs { g: 0.5, feedback_std: 1.2, input_std: 0.15, rho: 0.0 };
const TARGET: f64 = 1.5;
const DELTA: DeltaOptions = DeltaOptions { rate: 0.05, dt: 0.1, duration: 600.0 };

/// Sizes and networks a cell.
fn cells(preset: Preset) -> (&'static [usize], usize) {
    match preset {
        Preset::Quick => (&[200], 16),
        Preset::Full => (&[200, 400, 800], 100),
    }
}

/// What one network showed: where the release from the clamped −A state ended, and the overlaps.
struct Found {
    z: f64,
    settled: bool,
    feedback: f64,
    input: f64,
}

impl Study for TrainingClasses {
    fn id(&self) -> &'static str {
        "mastrogiuseppe2019/training-classes"
    }

    fn title(&self) -> &'static str {
        "Which class of solutions training finds"
    }

    fn question(&self) -> &'static str {
        "Four training rules hold the same target. From which of them does a network started on the other side come back \
         to the target, and does theory know beforehand?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let (units, networks) = cells(preset);
        json!({
            "g": INPUTS.g, "feedback_std": INPUTS.feedback_std, "input_std": INPUTS.input_std, "rho": INPUTS.rho,
            "target": TARGET, "units": units, "networks_per_cell": networks,
            "delta_rule": {"rate": DELTA.rate, "dt": DELTA.dt, "duration": DELTA.duration},
            "recursive_least_squares": {"alpha": 1.0, "dt": 0.1, "duration": 50.0},
            "start": "clamped at −A", "release": 300.0,
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let (sizes, networks) = cells(context.preset);
        let mut table = Table::new("classes", "Networks released from the clamped −A state").caption(
            "Share of networks that end in a spurious state, with its 95 % interval (Wilson), their outputs there, and the \
             overlaps of readouts beside theory; differences in standard errors.",
        );
        for column in [
            "rule",
            "N",
            "theory: other state",
            "share lost",
            "95 % interval",
            "output there",
            "s_nm theory",
            "s_nm",
            "difference",
            "s_nI theory",
            "s_nI",
            "difference of s_nI",
        ] {
            table = table.column(column);
        }
        let mut claims = Vec::new();
        let mut shares = Panel::new(
            Axis::new("units N").range(150.0, 850.0),
            Axis::new("share lost to the spurious state").range(-0.05, 1.05),
        )
        .title("Released from −A");
        let mut plane =
            Panel::new(Axis::new("clamped output z").range(-2.5, 2.5), Axis::new("returned output G(z)"))
                .title("Static maps, N = 200")
                .layer(Reference::diagonal());
        for (index, rule) in Rule::ALL.into_iter().enumerate() {
            let (mut x, mut y, mut below, mut above) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            let mut squares = (0.0, 0);
            for &units in sizes {
                let predicted = forecast(Transfer::Tanh, INPUTS, rule.family(units), TARGET)
                    .map_err(StudyError::step("theory of training"))?;
                let found = simulate(context, rule, index, units, networks)?;
                let lost = found.iter().filter(|f| f.settled && f.z < 0.0).count();
                let (low, high) = wilson(lost, networks);
                let share = lost as f64 / networks as f64;
                x.push(units as f64);
                y.push(share);
                below.push(share - low);
                above.push(high - share);
                claims.push(class_claim(rule, units, &predicted, share, networks));
                let column = |of: fn(&Found) -> f64| Sample::of(&found.iter().map(of).collect::<Vec<_>>());
                let (feedback, input) = (column(|f| f.feedback), column(|f| f.input));
                let readout = predicted.readout;
                let scores = [feedback.score(readout.overlap_feedback), input.score(readout.overlap_input)];
                // The delta rule at a finite rate is not its slow limit.
                if rule != Rule::GradientDescent {
                    squares.0 += scores.iter().map(|s| s * s).sum::<f64>();
                    squares.1 += 2;
                }
                let there: Vec<f64> = found.iter().filter(|f| f.settled && f.z < 0.0).map(|f| f.z).collect();
                let mean =
                    if there.is_empty() { f64::NAN } else { there.iter().sum::<f64>() / there.len() as f64 };
                let other = predicted.other_attractors().next().map_or(f64::NAN, |p| p.z);
                table = table.row([
                    rule.name().into(),
                    (units as f64).into(),
                    other.into(),
                    share.into(),
                    format!("{low:.3} – {high:.3}").as_str().into(),
                    mean.into(),
                    readout.overlap_feedback.into(),
                    feedback.mean.into(),
                    scores[0].into(),
                    readout.overlap_input.into(),
                    input.mean.into(),
                    scores[1].into(),
                ]);
            }
            if squares.1 > 0 {
                claims.push(
                    Claim::at_least(
                        &format!("overlaps-{index}"),
                        &format!("{}: overlaps agree with theory at every N (p of χ²)", rule.name()),
                        1e-4,
                        chi_square_tail(squares.0, squares.1),
                    )
                    .source("specification section 5")
                    .because(
                        "Deviations of means in standard errors (Student's t as a normal score). The two overlaps of one \
                         network are correlated, which widens the sum at most as if they were one.",
                    ),
                );
            }
            let (colour, marker) = rule.mark();
            shares = shares.layer(
                Dots::new(x, y)
                    .y_error_between(below, above)
                    .colour(colour)
                    .marker(marker)
                    .label(rule.name()),
            );
            plane = plane.layer(map_line(rule)?.colour(colour).label(rule.name()));
        }
        let figure = Figure::new("training-classes", "Which class of solutions training finds")
            .caption(
                "Left, theory's static maps of the four rules; where they meet the diagonal the network is stationary, and only \
                 recursive least squares from the input-only state has lost the state on the other side. Right, share of \
                 networks that stay on the other side when released there; bars: 95 % intervals.",
            )
            .panel(plane)
            .panel(shares);
        Ok(Outcome { figures: vec![figure], tables: vec![table], claims })
    }
}

fn class_claim(rule: Rule, units: usize, predicted: &Forecast, share: f64, networks: usize) -> Claim {
    // Of sixteen networks three may err by chance or for their size, of a hundred five.
    let tolerated = if networks < 100 { 0.2 } else { 0.05 };
    let id = format!("{}-{units}", rule.name().replace(", ", "-").replace(' ', "-").to_lowercase());
    if predicted.class == Class::Bistable {
        Claim::at_least(
            &id,
            &format!("{}, N = {units}: theory finds a spurious state, and networks started there stay: share", rule.name()),
            1.0 - tolerated,
            share,
        )
    } else {
        Claim::at_most(
            &id,
            &format!("{}, N = {units}: theory finds the target alone, and networks come back to it: share lost", rule.name()),
            tolerated,
            share,
        )
    }
    .source("specification E5")
    .because(&format!(
        "For infinitely many units all networks are as theory says; of the {networks} of this size a share of {tolerated} is \
         allowed to differ, for finite size and chance."
    ))
}

fn map_line(rule: Rule) -> Result<Line, StudyError> {
    let theory =
        attractorlab::theory::feedback::ReadoutTheory::new(Transfer::Tanh, INPUTS, rule.family(200), TARGET)
            .map_err(StudyError::step("static map"))?;
    let points = (0..=100)
        .map(|i| {
            let z = -2.5 + 0.05 * f64::from(i);
            theory.map(z).map(|value| (z, value))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(StudyError::step("static map"))?;
    Ok(Line::through(points).colour(Colour::Black))
}

fn simulate(
    context: &Context<'_>,
    rule: Rule,
    index: usize,
    units: usize,
    networks: usize,
) -> Result<Vec<Found>, StudyError> {
    let purpose = format!("mastrogiuseppe2019/training-classes/{index}/{units}");
    (0..networks)
        .into_par_iter()
        .map(|replicate| {
            context.check()?;
            let mut stream = Stream::new(context.seed, &purpose, replicate as u64);
            let network = Network::draw(units, INPUTS, &mut stream);
            let task = network.task(TARGET);
            let (readout, _) = rule.train(context, task, DELTA, &mut stream)?;
            let start = task.clamped_state(-TARGET).map_err(StudyError::step("clamping at −A"))?;
            let starts = Mat::from_fn(units, 1, |i, _| start[i]);
            let outcome = task
                .static_map(&readout)
                .release_until(&starts, ReleaseOptions::default(), context.cancelled)
                .map_err(released)?[0];
            let overlap = |v: &[f64]| readout.iter().zip(v).map(|(n, v)| n * v).sum::<f64>() / units as f64;
            context.progress.update(index * networks + replicate, Rule::ALL.len() * networks);
            Ok(Found {
                z: outcome.z,
                settled: outcome.settled,
                feedback: overlap(&network.vectors.feedback),
                input: overlap(&network.vectors.input),
            })
        })
        .collect()
}
