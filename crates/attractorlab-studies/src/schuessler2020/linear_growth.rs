//! F3: how output and change of a linear network grow during learning.

use attractorlab::numerics::linalg::{Mat, eigenvalues, singular_values};
use attractorlab::task::DrivenFixedPoint;
use attractorlab::theory::linear_learning::{LearningFlow, ThirdOrder};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel};
use serde_json::{Value, json};

use super::linear::{LinearNetwork, agrees, bias, rate, replicate, second_bias};
use crate::statistics::Sample;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// F3: networks trained by back-propagation through time, gradient descent at the fixed point, and theory.
#[derive(Debug, Clone, Copy)]
pub struct LinearGrowth;

const PURPOSE: &str = "schuessler2020/linear-growth";
const TARGETS: [f64; 2] = [0.5, 2.0];
const GAINS: [f64; 2] = [0.0, 0.6];
const EPOCHS: usize = 200;
/// Epochs at which means over networks are compared.
///
/// The output of the large target with a bulk shoots up within a few epochs, at a time that scatters between networks: no
/// mean is taken there.
fn epochs_of_marks(g: f64, target: f64) -> [usize; 4] {
    if g > 0.0 && target > 1.0 { [10, 20, 40, 200] } else { [20, 50, 100, 200] }
}

struct Sizes {
    /// Of networks trained through time, one a setting.
    trained_units: usize,
    /// Of networks that descend at the fixed point.
    units: usize,
    networks: usize,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { trained_units: 128, units: 128, networks: 20 },
        Preset::Full => Sizes { trained_units: 1024, units: 1024, networks: 40 },
    }
}

/// Output, s₁ and s₂ at each of the marks.
type Marks = [[f64; 3]; 4];

impl Study for LinearGrowth {
    fn id(&self) -> &'static str {
        PURPOSE
    }

    fn title(&self) -> &'static str {
        "Linear networks learn by changes of rank two"
    }

    fn question(&self) -> &'static str {
        "How do the output and the singular values of the weight change grow while a linear network learns an output, with \
         and without a random bulk, and does the theory say so to all orders?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "targets": TARGETS, "g": GAINS, "epochs": EPOCHS, "duration": 101, "dt": 0.5,
            "learning_rate": "0.015 (1 - g^2)^2 for 0.5, 0.003 (1 - g^2)^2 for 2",
            "units_through_time": sizes.trained_units, "units": sizes.units, "networks": sizes.networks,
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let settings: Vec<(f64, f64)> =
            TARGETS.into_iter().flat_map(|target| GAINS.map(|g| (g, target))).collect();
        let mut claims = Vec::new();
        let mut output_panels = Vec::new();
        let mut change_panels = Vec::new();
        for target in TARGETS {
            output_panels.push(
                Panel::new(
                    Axis::new("effective time t = β²ητ").range(0.0, EPOCHS as f64 * rate(0.0, target)),
                    Axis::new("output z"),
                )
                .title(format!("Target {target}")),
            );
            change_panels.push(Panel::new(
                Axis::new("effective time t = β²ητ").range(0.0, EPOCHS as f64 * rate(0.0, target)),
                Axis::new("singular values s₁, s₂ of ΔW"),
            ));
        }
        claims.extend(through_time(context, &sizes, &settings)?);
        for (index, &(g, target)) in settings.iter().enumerate() {
            let marks = replicate(context, &format!("{PURPOSE}/{index}"), sizes.networks, |_, stream| {
                mirrored(&LinearNetwork::draw(sizes.units, g, stream), g, target)
            })?;
            let panel = TARGETS.iter().position(|t| *t == target).unwrap_or(0);
            let colour = Colour::category(usize::from(g > 0.0));
            let label = format!("g = {g}");
            let flow = LearningFlow::large(g).map_err(StudyError::step("theory"))?;
            let marked = epochs_of_marks(g, target);
            let times = marked.map(|epoch| epoch as f64 * rate(g, target));
            let theory = flow.at_times(target, &times).map_err(StudyError::step("theory"))?;
            for (k, epoch) in marked.into_iter().enumerate() {
                for (which, name) in ["output", "s1", "s2"].into_iter().enumerate() {
                    let sample = Sample::of(&marks.iter().map(|m| m[k][which]).collect::<Vec<_>>());
                    let expected =
                        if which == 0 { theory[k].output } else { theory[k].singular_values[which - 1] };
                    claims.push(agrees(
                        &format!("{name}-{index}-{epoch}"),
                        &format!(
                            "g = {g}, target {target}: {name} of {} units after {epoch} epochs",
                            sizes.units
                        ),
                        expected,
                        sample,
                        if which == 2 { second_bias(g, sizes.units) } else { bias(g, sizes.units) },
                    ));
                }
            }
            let (z, s1, s2, third) = lines(&flow, g, target)?;
            let dots = |which: usize| {
                let samples: Vec<Sample> = (0..marked.len())
                    .map(|k| Sample::of(&marks.iter().map(|m| m[k][which]).collect::<Vec<_>>()))
                    .collect();
                Dots::at(marked.iter().zip(&samples).map(|(e, s)| (*e as f64 * rate(0.0, target), s.mean)))
                    .y_error(samples.iter().map(Sample::standard_error).collect::<Vec<_>>())
                    .colour(colour)
            };
            let [third_z, third_s1, third_s2] = third;
            output_panels[panel] = std::mem::replace(&mut output_panels[panel], empty())
                .layer(named(Line::through(z).colour(colour), &format!("{label}, all orders"), panel))
                .layer(named(
                    Line::through(third_z).colour(colour).dashed(),
                    &format!("{label}, third order"),
                    panel,
                ))
                .layer(dots(0));
            change_panels[panel] = std::mem::replace(&mut change_panels[panel], empty())
                .layer(Line::through(s1).colour(colour))
                .layer(Line::through(s2).colour(colour))
                .layer(Line::through(third_s1).colour(colour).dashed())
                .layer(Line::through(third_s2).colour(colour).dashed())
                .layer(dots(1))
                .layer(dots(2));
        }
        let figure = Figure::new("linear-growth", "Growth of output and change")
            .caption(format!(
                "Output (top) and the first two singular values of ΔW (bottom) against the effective time. Dots, means over {} \
                 networks of {} units and their mirror images, bars the standard error; lines, theory of many units to all orders; \
                 dashed, third order, frozen where its output passes the target.",
                sizes.networks, sizes.units
            ))
            .columns(2);
        let figure = output_panels.into_iter().chain(change_panels).fold(figure, Figure::panel);
        Ok(Outcome { figures: vec![figure], tables: Vec::new(), claims })
    }
}

/// Only the first panel has a legend: in the second it would hide lines.
fn named(line: Line, label: &str, panel: usize) -> Line {
    if panel == 0 { line.label(label) } else { line }
}

fn empty() -> Panel {
    Panel::new(Axis::new(""), Axis::new(""))
}

/// Means over a network and its mirror image.
fn mirrored(network: &LinearNetwork, g: f64, target: f64) -> Result<Marks, StudyError> {
    let mut sum = Marks::default();
    let initial = &network.weights.recurrent;
    let n = initial.nrows();
    for side in [target, -target] {
        let (mut weights, mut done) = (initial.clone(), 0);
        for (k, epoch) in epochs_of_marks(g, target).into_iter().enumerate() {
            let run = network.descend_from(&weights, side, rate(g, target), epoch - done)?;
            let change = Mat::from_fn(n, n, |i, j| run.weights[(i, j)] - initial[(i, j)]);
            let values =
                singular_values(change.as_ref()).map_err(StudyError::step("singular values of a change"))?;
            let output = run.outputs.last().copied().unwrap_or(f64::NAN) * side.signum();
            for (total, value) in sum[k].iter_mut().zip([output, values[0], values[1]]) {
                *total += 0.5 * value;
            }
            (weights, done) = (run.weights, epoch);
        }
    }
    Ok(sum)
}

type Points = Vec<(f64, f64)>;

/// Output and singular values to all orders, and all three to third order, against effective time.
fn lines(
    flow: &LearningFlow,
    g: f64,
    target: f64,
) -> Result<(Points, Points, Points, [Points; 3]), StudyError> {
    let end = EPOCHS as f64 * rate(0.0, target);
    let line: Vec<f64> = (0..=60).map(|k| end * f64::from(k) / 60.0).collect();
    let square = (1.0 - g * g).powi(2);
    let times: Vec<f64> = line.iter().map(|t| t * square).collect();
    let states = flow.at_times(target, &times).map_err(StudyError::step("theory"))?;
    let third = ThirdOrder::new(g, target).map_err(StudyError::step("third order"))?;
    let through = |pick: &dyn Fn(usize) -> f64| line.iter().enumerate().map(|(k, t)| (*t, pick(k))).collect();
    Ok((
        through(&|k| states[k].output),
        through(&|k| states[k].singular_values[0]),
        through(&|k| states[k].singular_values[1]),
        [
            through(&|k| third.clamped_at(line[k]).output.min(target)),
            through(&|k| third.clamped_at(line[k]).first),
            through(&|k| third.clamped_at(line[k]).second),
        ],
    ))
}

/// Back-propagation through time against descent at the fixed point and against the flow, network by network.
fn through_time(
    context: &Context<'_>,
    sizes: &Sizes,
    settings: &[(f64, f64)],
) -> Result<Vec<Claim>, StudyError> {
    let found = replicate(context, &format!("{PURPOSE}/through-time"), settings.len(), |index, stream| {
        let (g, target) = settings[index];
        let network = LinearNetwork::draw(sizes.trained_units, g, stream);
        let task = DrivenFixedPoint { target, ..DrivenFixedPoint::default() };
        let course = network.train::<f64>(context, &task, rate(g, target), EPOCHS, 0)?;
        let run = network.descend(target, rate(g, target), EPOCHS)?;
        let n = sizes.trained_units;
        let initial = &network.weights.recurrent;
        let change = |of: &Mat<f64>| Mat::from_fn(n, n, |i, j| of[(i, j)] - initial[(i, j)]);
        let (trained, descended) = (change(&course.weights), change(&run.weights));
        let apart = Mat::from_fn(n, n, |i, j| trained[(i, j)] - descended[(i, j)]).norm_l2();
        let flow = network.flow()?;
        let state = &flow
            .at_times(target, &[EPOCHS as f64 * rate(g, target)])
            .map_err(StudyError::step("the flow of one network"))?[0];
        let s1 = singular_values(trained.as_ref()).map_err(StudyError::step("singular values"))?[0];
        // Euler's method: a step multiplies errors by 1 − η·rate where the flow has e^(−η·rate).
        let euler = rate(g, target) * state.rate;
        let spectrum = eigenvalues(course.weights.as_ref()).map_err(StudyError::step("spectrum"))?;
        let leading = spectrum.iter().map(|v| v.re).fold(f64::NEG_INFINITY, f64::max);
        let transient = (1.0 - task.time_step * (1.0 - leading)).powi(200);
        Ok((apart / descended.norm_l2(), s1 / state.singular_values[0] - 1.0, euler, transient))
    })?;
    let mut claims = Vec::new();
    for (index, ((g, target), (apart, ratio, euler, transient))) in settings.iter().zip(found).enumerate() {
        claims.push(
            Claim::at_most(
                &format!("through-time-{index}"),
                &format!(
                    "g = {g}, target {target}: the change that back-propagation through 202 steps makes of a network of {} units is \
                     that of descent at the fixed point, up to this fraction",
                    sizes.trained_units
                ),
                1e-9 + 100.0 * transient,
                apart,
            )
            .source("ours")
            .because(
                "What is left of the slowest mode after the 200 driven steps is (1 − dt(1 − λ₁))²⁰⁰; sums over time and non-normality \
                 multiply it by the number of steps or so; 1e-9 for rounding and the modes of the bulk.",
            ),
        );
        claims.push(
            Claim::within(
                &format!("one-network-{index}"),
                &format!("g = {g}, target {target}: s₁ of the trained network over that of its own exact gradient flow"),
                1.0,
                1.0 + ratio,
                0.01 + 0.25 * euler,
            )
            .source("ours: the flow of a given network, specification 4.5")
            .because(
                "Steps of finite size follow the flow up to a fraction of η|a|²|b|²/N², here at its largest, the end of training: a \
                 quarter; and one per cent.",
            ),
        );
    }
    Ok(claims)
}
