//! E5, E6: the output's time constant stays finite at the edge of chaos.

use attractorlab::dynamics::{Input, Integrator, Record, SimulationOptions};
use attractorlab::network::Transfer;
use attractorlab::numerics::linalg::Mat;
use attractorlab::theory::output_dynamics::{LocalDynamics, Setting, edge_of_chaos, predict};
use attractorlab::training::TrainingError;
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel};
use serde_json::{Value, json};

use super::networks::{Network, agrees, replicate};
use crate::statistics::Sample;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E5 and E6: time constants up to the edge of chaos, and two kinds of perturbation beside it.
#[derive(Debug, Clone, Copy)]
pub struct EdgeOfChaosStudy;

const PURPOSE: &str = "rivkind2017/edge-of-chaos";
const RELU: Transfer = Transfer::Relu { threshold: -0.5 };
const TARGETS: [f64; 3] = [0.5, 1.0, 2.0];
/// tanh beside its edge g_c = 1.856.
const G: f64 = 1.8;
const TIMES: [f64; 5] = [0.0, 1.0, 2.0, 4.0, 8.0];

/// A, g_c, τ_open, τ_closed (specification section 9).
const EDGES: [(f64, f64, f64, f64); 4] = [
    (0.5, 1.549_674, 1.499_02, 1.697_30),
    (1.0, 1.855_589, 1.229_06, 1.384_83),
    (2.0, 2.325_025, 1.091_15, 1.202_17),
    (0.1, 1.193_401, 3.107_44, 3.377_79),
];
/// g and τ_open of relu, θ = −0.5, A = 1.
const RELU_TIMES: [(f64, f64); 5] = [(0.4, 1.121), (0.8, 1.682), (1.2, 5.155), (1.35, 19.60), (1.4, 96.4)];

struct Sizes {
    units: usize,
    networks: usize,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 600, networks: 24 },
        Preset::Full => Sizes { units: 1000, networks: 60 },
    }
}

fn local(transfer: Transfer, g: f64, target: f64) -> Result<LocalDynamics, StudyError> {
    let mut prediction =
        predict(&Setting::scalar(transfer, g, &[target])).map_err(StudyError::step("theory"))?;
    Ok(prediction.local.remove(0))
}

/// Output after a kick along the feedback vector, and size of a random perturbation, at the times.
struct Decay {
    output: Vec<f64>,
    internal: Vec<f64>,
}

/// Networks whose clamped state does not settle, beyond their own edge already, are left out.
fn decay(context: &Context<'_>, sizes: &Sizes) -> Result<Vec<Decay>, StudyError> {
    let setting = Setting::scalar(Transfer::Tanh, G, &[1.0]);
    let measured = replicate(context, PURPOSE, sizes.networks, |_, stream| {
        let network = Network::draw(&setting, sizes.units, stream);
        let closed = match network.task().least_squares(0.0) {
            Ok(trained) => network.close(trained)?,
            Err(TrainingError::NotStationary { .. }) => return Ok(None),
            Err(error) => return Err(StudyError::step("training")(error)),
        };
        let (kick, random) = (1e-5, stream.normals(sizes.units));
        let start = Mat::from_fn(sizes.units, 2, |i, c| {
            closed.states[(i, 0)] + kick * if c == 0 { network.feedback[(i, 0)] } else { random[i] }
        });
        let options = SimulationOptions {
            steps: 80,
            every: 10,
            integrator: Integrator::RungeKutta4,
            record: Record::States,
            ..SimulationOptions::default()
        };
        let run = context.simulate(
            "a perturbed network",
            &closed.network,
            start.as_ref(),
            Input::Zero,
            &options,
        )?;
        let frame = |t: f64| t.round() as usize;
        let column = |frame: usize, c: usize| -> Vec<f64> {
            (0..sizes.units).map(|i| run.value(frame, i, c)).collect()
        };
        let size = |frame: usize| {
            column(frame, 1)
                .iter()
                .enumerate()
                .map(|(i, x)| (x - closed.states[(i, 0)]).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        let output = |t: f64| (closed.network.output(&column(frame(t), 0))[0] - 1.0) / kick;
        Ok(Some(Decay {
            output: TIMES.iter().map(|&t| output(t)).collect(),
            internal: TIMES.iter().map(|&t| size(frame(t)) / size(0)).collect(),
        }))
    })?;
    Ok(measured.into_iter().flatten().collect())
}

impl Study for EdgeOfChaosStudy {
    fn id(&self) -> &'static str {
        "rivkind2017/edge-of-chaos"
    }

    fn title(&self) -> &'static str {
        "A finite time constant at the edge of chaos"
    }

    fn question(&self) -> &'static str {
        "As the bulk approaches chaos its own dynamics become slow. Does the output slow down with it, in tanh and in relu \
         networks?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "targets": TARGETS, "relu": {"threshold": -0.5, "target": 1.0},
            "decay": {"transfer": "tanh", "g": G, "target": 1.0, "units": sizes.units, "networks": sizes.networks,
                      "times": TIMES},
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let mut claims = quoted()?;
        let measured = decay(context, &sizes)?;
        let beside = local(Transfer::Tanh, G, 1.0)?;
        let sample = |pick: fn(&Decay) -> &Vec<f64>, i: usize| {
            Sample::of(&measured.iter().map(|d| pick(d)[i]).collect::<Vec<_>>())
        };
        for (i, t) in TIMES.iter().enumerate().skip(1).take(3) {
            let theory = beside.kick_response(*t)[(0, 0)];
            claims.push(
                agrees(
                    &format!("output-{t}"),
                    &format!("tanh beside the edge: the output at t = {t} after a kick"),
                    theory,
                    sample(|d| &d.output, i),
                )
                .source("specification E6"),
            );
        }
        let (output, internal) = (
            beside.kick_response(4.0)[(0, 0)] / beside.kick_response(0.0)[(0, 0)],
            sample(|d| &d.internal, 3).mean,
        );
        claims.push(
            Claim::at_least(
                "apart",
                "Beside the edge, at t = 4, what remains of a random perturbation of the units exceeds what remains of the \
                 output's: ratio",
                3.0,
                internal / output,
            )
            .source("Rivkind & Barak 2017: the time constant of the output stays finite at the edge of chaos")
            .because("Theory says 6.2; finite networks lose internal perturbations somewhat faster than infinite ones."),
        );
        let figure = Figure::new("edge-of-chaos", "Time constants up to the edge of chaos")
            .caption(format!(
                "Left and middle, time constants of the output with the loop cut (dashed) and closed (solid), and of the \
                 bulk, 1/(1 − radius) (dotted), against the gain, up to the edge. Right, tanh beside its edge (g = {G}, A = \
                 1): output after a kick and size of a random perturbation, relative to their start. Lines, theory; dots, \
                 mean over those of {} networks of {} units whose clamped state settles ({}), bars its standard error.",
                sizes.networks,
                sizes.units,
                measured.len()
            ))
            .panel(tanh_panel()?)
            .panel(relu_panel()?)
            .panel(decay_panel(&beside, &measured))
            .columns(3);
        Ok(Outcome { figures: vec![figure], tables: Vec::new(), claims })
    }
}

fn quoted() -> Result<Vec<Claim>, StudyError> {
    let mut claims = Vec::new();
    for (target, g, open, closed) in EDGES {
        let edge = edge_of_chaos(Transfer::Tanh, target).map_err(StudyError::step("edge of chaos"))?;
        for (slug, name, expected, found, digits) in [
            ("g", "g_c", g, edge.g, 1e-6),
            ("open", "τ_open", open, edge.tau_open, 1e-5),
            ("closed", "τ_closed", closed, edge.tau_closed, 1e-5),
        ] {
            claims.push(
                Claim::within(
                    &format!("edge-{target}-{slug}"),
                    &format!("tanh, A = {target}: {name} at the edge of chaos"),
                    expected,
                    found,
                    digits,
                )
                .source("specification section 9")
                .because("One unit of the last quoted digit."),
            );
        }
    }
    for (g, expected) in RELU_TIMES {
        let found = -1.0 / local(RELU, g, 1.0)?.open_poles[0].re;
        claims.push(
            Claim::within(
                &format!("relu-{g}"),
                &format!("relu: τ_open diverges with the bulk; at g = {g}"),
                expected,
                found,
                1e-3 * expected,
            )
            .source("specification section 9")
            .because("The quoted values have three to four digits."),
        );
    }
    Ok(claims)
}

/// Open (dashed), closed (solid) and bulk (dotted) times along gains.
fn lines(
    transfer: Transfer,
    target: f64,
    gains: &[f64],
    colour: Colour,
    name: &str,
) -> Result<[Line; 3], StudyError> {
    let mut points = [Vec::new(), Vec::new(), Vec::new()];
    for &g in gains {
        let local = local(transfer, g, target)?;
        points[0].push((g, -1.0 / local.poles[0].re));
        points[1].push((g, -1.0 / local.open_poles[0].re));
        if local.bulk_radius < 0.999 {
            points[2].push((g, 1.0 / (1.0 - local.bulk_radius)));
        }
    }
    let [closed, open, bulk] = points;
    Ok([
        Line::through(closed).colour(colour).label(name),
        Line::through(open).colour(colour).dashed(),
        Line::through(bulk).colour(colour).dotted(),
    ])
}

fn time_axis() -> Axis {
    Axis::log10("time constant (τ)").range(0.9, 100.0)
}

fn tanh_panel() -> Result<Panel, StudyError> {
    let mut panel = Panel::new(Axis::new("gain g"), time_axis()).title("tanh");
    for (i, target) in TARGETS.into_iter().enumerate() {
        let end = edge_of_chaos(Transfer::Tanh, target).map_err(StudyError::step("edge of chaos"))?.g;
        let gains: Vec<f64> = (0..=40).map(|k| 0.2 + (end - 0.2) * f64::from(k) / 40.0).collect();
        panel = panel.layers(lines(
            Transfer::Tanh,
            target,
            &gains,
            Colour::category(i),
            &format!("A = {target}"),
        )?);
    }
    Ok(panel)
}

fn relu_panel() -> Result<Panel, StudyError> {
    let gains: Vec<f64> = (0..=40).map(|k| 0.2 + 1.21 * f64::from(k) / 40.0).collect();
    Ok(Panel::new(Axis::new("gain g"), time_axis()).title("relu, θ = −0.5, A = 1").layers(lines(
        RELU,
        1.0,
        &gains,
        Colour::Blue,
        "closed loop",
    )?))
}

fn decay_panel(beside: &LocalDynamics, measured: &[Decay]) -> Panel {
    let times: Vec<f64> = (0..=80).map(|k| 0.1 * f64::from(k)).collect();
    let start = beside.kick_response(0.0)[(0, 0)];
    let dots = |pick: fn(&Decay) -> &Vec<f64>, scale: f64, colour, name: &str| {
        let samples: Vec<Sample> = (0..TIMES.len())
            .map(|i| Sample::of(&measured.iter().map(|d| pick(d)[i] / scale).collect::<Vec<_>>()))
            .collect();
        Dots::new(TIMES, samples.iter().map(|s| s.mean).collect::<Vec<_>>())
            .y_error(samples.iter().map(Sample::standard_error).collect::<Vec<_>>())
            .colour(colour)
            .label(name)
    };
    Panel::new(Axis::new("time t/τ"), Axis::new("relative size").range(-0.1, 1.05))
        .title("Two perturbations")
        .layer(
            Line::through(times.iter().map(|&t| (t, beside.kick_response(t)[(0, 0)] / start)))
                .colour(Colour::Blue),
        )
        .layer(Line::through(times.iter().map(|&t| (t, beside.internal_decay(t)))).colour(Colour::Vermillion))
        .layer(dots(|d| &d.output, start, Colour::Blue, "output"))
        .layer(dots(|d| &d.internal, 1.0, Colour::Vermillion, "units"))
}
