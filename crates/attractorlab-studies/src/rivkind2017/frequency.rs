//! E7: each output value has a frequency response of its own.

use attractorlab::dynamics::{DrivenOptions, OutputResponse, driven_response};
use attractorlab::network::Transfer;
use attractorlab::numerics::linalg::Complex64;
use attractorlab::theory::output_dynamics::{LocalDynamics, Prediction, Setting, predict};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Marker, Panel};
use serde_json::{Value, json};

use super::networks::{Network, agrees, replicate};
use crate::statistics::Sample;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E7: frequency response at each state.
#[derive(Debug, Clone, Copy)]
pub struct FrequencySelectivity;

const PURPOSE: &str = "rivkind2017/frequency-selectivity";
const DRIVEN: [f64; 4] = [0.1, 0.3, 0.5, 1.0];

struct Sizes {
    units: usize,
    networks: usize,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 400, networks: 24 },
        Preset::Full => Sizes { units: 1000, networks: 40 },
    }
}

/// Title, setting, and the states to be driven: stable, and not so near to the border that the scatter
/// of networks decides.
fn settings() -> [(&'static str, Setting, &'static [usize]); 3] {
    [
        ("tanh, g = 1, three targets", Setting::scalar(Transfer::Tanh, 1.0, &[0.75, 1.5, 3.0]), &[2]),
        (
            "relu, θ = 0.8, g = 0.7, two targets",
            Setting::scalar(Transfer::Relu { threshold: 0.8 }, 0.7, &[0.5, 1.0]),
            &[1],
        ),
        ("tanh, g = 1.5, two targets", Setting::scalar(Transfer::Tanh, 1.5, &[1.5, 3.0]), &[1]),
    ]
}

fn omegas() -> Vec<f64> {
    (0..=60).map(|k| 0.03 * 200.0_f64.powf(f64::from(k) / 60.0)).collect()
}

fn gain(local: &LocalDynamics, omega: f64) -> Result<f64, StudyError> {
    let response = local
        .feedback_response(Complex64::new(0.0, omega))
        .map_err(StudyError::step("response of the reduced ODE"))?;
    Ok(response[(0, 0)].norm())
}

/// |H(iω)| of every stable state of one network at all frequencies, by linear solves; and what driving
/// gave at a few, in the first network.
struct Measured {
    solved: Vec<Vec<f64>>,
    /// |difference| between driven and solved responses, over the solved ones, and the driven |H|.
    driven: Vec<(usize, f64, f64, f64)>,
}

fn measure(
    context: &Context<'_>,
    index: usize,
    theory: &Prediction,
    states: &[usize],
    sizes: &Sizes,
) -> Result<Vec<Measured>, StudyError> {
    let shift = |omegas: &[f64]| omegas.iter().map(|w| Complex64::new(0.0, *w)).collect::<Vec<_>>();
    let mut frequencies = shift(&omegas());
    frequencies.insert(0, Complex64::new(0.0, 0.0));
    replicate(context, &format!("{PURPOSE}/{index}"), sizes.networks, |replicate, stream| {
        let closed = Network::draw(theory.setting(), sizes.units, stream).least_squares(0.0)?;
        let mut measured = Measured { solved: Vec::new(), driven: Vec::new() };
        for &m in states {
            let response = OutputResponse::new(closed.network.connectivity(), &closed.gains(m))
                .map_err(StudyError::step("response of a network"))?;
            let solve = |frequencies: &[Complex64]| {
                response.closed_loop(frequencies).map_err(StudyError::step("response of a network"))
            };
            measured.solved.push(solve(&frequencies)?.iter().map(|h| h[(0, 0)].norm()).collect());
            if replicate == 0 {
                let options = DrivenOptions { amplitude: 1e-5, ..DrivenOptions::default() };
                let driven = driven_response(&closed.network, 0, &closed.state(m), &DRIVEN, options)
                    .map_err(StudyError::step("driving a network"))?;
                let exact = solve(&shift(&DRIVEN))?;
                for ((omega, seen), exact) in DRIVEN.into_iter().zip(driven.values).zip(exact) {
                    let exact = exact[(0, 0)];
                    measured.driven.push((m, omega, seen.norm(), (seen - exact).norm() / exact.norm()));
                }
            }
        }
        Ok(measured)
    })
}

impl Study for FrequencySelectivity {
    fn id(&self) -> &'static str {
        "rivkind2017/frequency-selectivity"
    }

    fn title(&self) -> &'static str {
        "Each value has its own frequency response"
    }

    fn question(&self) -> &'static str {
        "A signal on the feedback line meets a network that holds a value. Which frequencies does the output follow, and \
         does that depend on the value?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "settings": settings().map(|(name, setting, _)| json!({"network": name, "targets": setting.targets})),
            "units": sizes.units, "networks": sizes.networks, "frequencies": [0.03, 6.0],
            "driven": {"frequencies": DRIVEN, "amplitude": 1e-5, "settle": 60.0, "read": 40.0},
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let mut claims = quoted()?;
        let mut figure = Figure::new("response", "Frequency response at each value")
            .caption(format!(
                "Size of the output's response to a sinusoid on the feedback line, at each stable target. Lines, theory; \
                 dots, mean over {} networks of {} units by linear solves, bars their standard deviation; squares, one of \
                 them driven in simulation. The lowest target of the first network lies so near to its border that \
                 networks of this size scatter across it.",
                sizes.networks, sizes.units
            ))
            .columns(3);
        for (index, (name, setting, states)) in settings().into_iter().enumerate() {
            let theory = predict(&setting).map_err(StudyError::step("theory"))?;
            let measured = measure(context, index, &theory, states, &sizes)?;
            for (position, &m) in states.iter().enumerate() {
                let target = setting.targets[m][0];
                for (frequency, label) in [(0, 0.0), (31, omegas()[30])] {
                    let values: Vec<f64> = measured.iter().map(|n| n.solved[position][frequency]).collect();
                    claims.push(
                        agrees(
                            &format!("gain-{index}-{m}-{frequency}"),
                            &format!("{name}, target {target}: |H(iω)| of networks at ω = {label:.3}"),
                            gain(&theory.local[m], label)?,
                            Sample::of(&values),
                        )
                        .source("specification E7"),
                    );
                }
            }
            let worst = measured.iter().flat_map(|n| &n.driven).map(|d| d.3).fold(0.0, f64::max);
            claims.push(
                Claim::at_most(
                    &format!("driven-{index}"),
                    &format!("{name}: driving a network and solving linear systems agree: largest relative difference"),
                    1e-2,
                    worst,
                )
                .source("ours")
                .because(
                    "A transient of size e^(60 s), the amplitude's second order and the step's error, 1e-5 together unless \
                     a network lies near its border.",
                ),
            );
            figure = figure.panel(panel(name, &theory, states, &measured)?);
        }
        Ok(Outcome { figures: vec![figure], tables: Vec::new(), claims })
    }
}

fn quoted() -> Result<Vec<Claim>, StudyError> {
    let list = settings();
    let of = |index: usize| predict(&list[index].1).map_err(StudyError::step("theory"));
    let (tanh, relu) = (of(0)?, of(1)?);
    let peak = |local: &LocalDynamics| {
        let found = local.resonance(20.0).map_err(StudyError::step("resonance"))?;
        Ok::<_, StudyError>(found.unwrap_or((f64::NAN, f64::NAN)))
    };
    let (low, upper) = (peak(&tanh.local[0])?, peak(&relu.local[1])?);
    let single =
        predict(&Setting::scalar(Transfer::Tanh, 1.5, &[1.0])).map_err(StudyError::step("theory"))?;
    let top = &tanh.local[2];
    let low_pass = [top, &single.local[0]].iter().all(|local| matches!(local.resonance(20.0), Ok(None)));
    let claim = |id: &str, what: &str, expected: f64, found: f64, digits: f64| {
        Claim::within(id, what, expected, found, digits)
            .source("specification E7")
            .because("One unit of the last quoted digit.")
    };
    Ok(vec![
        claim("low-omega", "tanh, target 0.75 of three: it resonates at ω", 0.433, low.0, 1e-3),
        claim("low-gain", "tanh, target 0.75 of three: |H| at its resonance", 27.4, low.1, 0.1),
        claim("top-gain", "tanh, target 3 of three: |H(0)|", 1.934, gain(top, 0.0)?, 1e-3),
        claim("relu-omega", "relu, target 1 of two: it resonates at ω", 0.505, upper.0, 1e-3),
        claim("relu-gain", "relu, target 1 of two: |H| at its resonance", 1.176, upper.1, 1e-3),
        Claim::equal(
            "low-pass",
            "The top target of tanh and a single target (g = 1.5) are low-pass",
            "yes",
            if low_pass { "yes" } else { "no" },
        )
        .source("specification E7"),
    ])
}

fn panel(
    name: &str,
    theory: &Prediction,
    states: &[usize],
    measured: &[Measured],
) -> Result<Panel, StudyError> {
    let mut panel = Panel::new(
        Axis::log10("frequency ω (1/τ)").range(0.03, 6.0),
        Axis::log10("response |H(iω)|").range(0.01, 50.0),
    )
    .title(name);
    for (m, local) in theory.local.iter().enumerate().filter(|(_, local)| local.is_stable()) {
        let colour = Colour::category(m);
        let curve =
            omegas().into_iter().map(|w| Ok((w, gain(local, w)?))).collect::<Result<Vec<_>, StudyError>>()?;
        panel = panel.layer(
            Line::through(curve).colour(colour).label(format!("target {}", theory.setting().targets[m][0])),
        );
        let Some(position) = states.iter().position(|state| *state == m) else { continue };
        let dots: Vec<(f64, Sample)> = omegas()
            .into_iter()
            .enumerate()
            .step_by(5)
            .map(|(k, w)| {
                let values: Vec<f64> = measured.iter().map(|n| n.solved[position][k + 1]).collect();
                (w, Sample::of(&values))
            })
            .collect();
        let driven = measured.iter().flat_map(|n| &n.driven).filter(|d| d.0 == m);
        panel = panel
            .layer(
                Dots::at(dots.iter().map(|(w, s)| (*w, s.mean)))
                    .y_error(dots.iter().map(|(_, s)| s.std).collect::<Vec<_>>())
                    .colour(colour),
            )
            .layer(
                Dots::at(driven.map(|d| (d.1, d.2)))
                    .marker(Marker::Square)
                    .open()
                    .colour(colour)
                    .label("driven"),
            );
    }
    Ok(panel)
}
