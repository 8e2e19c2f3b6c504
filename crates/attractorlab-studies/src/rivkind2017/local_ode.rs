//! E1, E2: the output after a kick, and the spectra of trained networks.

use attractorlab::network::Transfer;
use attractorlab::numerics::linalg::Complex64;
use attractorlab::theory::output_dynamics::{Prediction, Setting, predict};
use attractorlab_figures::{Axis, Colour, Crosses, Disc, Dots, Figure, Line, Panel, Reference};
use serde_json::{Value, json};

use super::networks::{Network, agrees, is_visible, replicate};
use crate::statistics::Sample;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E1 and E2: kicks and spectra.
#[derive(Debug, Clone, Copy)]
pub struct LocalOde;

const PURPOSE: &str = "rivkind2017/local-ode";
/// Steps of a tenth, and steps between two frames.
const COURSE: (usize, usize) = (120, 2);

struct Sizes {
    units: usize,
    networks: usize,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 300, networks: 20 },
        Preset::Full => Sizes { units: 1000, networks: 40 },
    }
}

/// Name, setting. The tanh networks are chaotic before training (g > 1).
fn settings() -> [(&'static str, Setting); 4] {
    [
        ("tanh, g = 1.2", Setting::scalar(Transfer::Tanh, 1.2, &[0.6, 1.5])),
        ("tanh, g = 1.5", Setting::scalar(Transfer::Tanh, 1.5, &[1.5])),
        ("relu, θ = −0.5, g = 0.8", Setting::scalar(Transfer::Relu { threshold: -0.5 }, 0.8, &[-1.0, 1.0])),
        ("relu, θ = 0.8, g = 0.7", Setting::scalar(Transfer::Relu { threshold: 0.8 }, 0.7, &[0.5, 1.0])),
    ]
}

/// What one network showed at each of its states: the eigenvalue by the leading pole where that is
/// visible, and the course of the output after a kick.
type Measured = Vec<(Option<Complex64>, Vec<f64>)>;

fn measure(
    context: &Context<'_>,
    index: usize,
    theory: &Prediction,
    sizes: &Sizes,
) -> Result<Vec<Measured>, StudyError> {
    replicate(context, &format!("{PURPOSE}/{index}"), sizes.networks, |_, stream| {
        let closed = Network::draw(theory.setting(), sizes.units, stream).least_squares(0.0)?;
        let courses = closed.kicked(context, COURSE.0, COURSE.1)?;
        let states = theory.local.iter().zip(courses).enumerate();
        states
            .map(|(m, (local, course))| {
                let pole = local.poles[0];
                let visible = is_visible(pole, local.bulk_radius);
                let eigenvalue = if visible { Some(closed.eigenvalue_near(m, pole)?) } else { None };
                Ok((eigenvalue, course))
            })
            .collect()
    })
}

impl Study for LocalOde {
    fn id(&self) -> &'static str {
        "rivkind2017/local-ode"
    }

    fn title(&self) -> &'static str {
        "The output obeys an ODE of low order"
    }

    fn question(&self) -> &'static str {
        "Does the output of a trained network of many units, kicked away from a value that it was trained to hold, follow \
         the linear ODE whose order is the number of targets, and are its poles eigenvalues of the network?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "settings": settings().map(|(name, setting)| json!({"network": name, "targets": setting.targets})),
            "units": sizes.units, "networks": sizes.networks, "kick": 1e-4, "duration": 0.1 * COURSE.0 as f64,
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let mut outcome = Outcome::default();
        let mut kicks = Figure::new("kicks", "The output after a kick")
            .caption(format!(
                "Response of the output to a small kick along the feedback vector, divided by the kick. Lines, theory: \
                 c exp(Jt)DF; dots, mean over {} networks of {} units with its standard error. Unstable states leave.",
                sizes.networks, sizes.units
            ))
            .columns(2);
        let mut spectra = Figure::new("spectra", "Spectra of trained networks")
            .caption(format!(
                "Growth rates λ − 1 of one network of {} units at a state that it was trained to hold. Grey, the predicted \
                 disc of the bulk; crosses, the poles of the reduced ODE: those outside the disc are eigenvalues; dashed, \
                 the border of stability.",
                sizes.units
            ))
            .columns(2);
        for (index, (name, setting)) in settings().into_iter().enumerate() {
            let theory = predict(&setting).map_err(StudyError::step("theory"))?;
            let measured = measure(context, index, &theory, &sizes)?;
            outcome.claims.extend(claims(index, name, &theory, &measured));
            kicks = kicks.panel(course_panel(name, &theory, &measured));
            if index != 1 {
                for panel in spectrum_panels(context, index, name, &theory, sizes.units)? {
                    spectra = spectra.panel(panel);
                }
            }
        }
        outcome.claims.push(
            Claim::within(
                "complex-pair",
                "relu with θ = 0.8 at g = 0.7 has the pair −0.487 ± 0.453i at the target 1 of {0.5, 1}: imaginary part",
                0.453,
                predict(&settings()[3].1).map_err(StudyError::step("theory"))?.local[1].poles[0].im,
                5e-4,
            )
            .source("specification E2")
            .because("It is quoted with three digits."),
        );
        outcome.figures = vec![kicks, spectra];
        Ok(outcome)
    }
}

fn claims(index: usize, name: &str, theory: &Prediction, measured: &[Measured]) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (m, local) in theory.local.iter().enumerate() {
        let target = theory.setting().targets[m][0];
        let pole = local.poles[0];
        let values: Vec<Complex64> = measured.iter().filter_map(|states| states[m].0).collect();
        if values.len() > 1 {
            let real: Vec<f64> = values.iter().map(|v| v.re).collect();
            claims.push(
                agrees(
                    &format!("outlier-{index}-{m}"),
                    &format!("{name}, target {target}: the leading pole is an eigenvalue of the networks, real part"),
                    pole.re,
                    Sample::of(&real),
                )
                .source("Rivkind & Barak 2017; specification section 10"),
            );
        }
        // Two time constants after the kick, or before an unstable state has grown by a factor of two.
        let horizon = if pole.re > 0.0 { (2.0_f64.ln() / pole.re).min(2.0) } else { 2.0 };
        let frame = ((horizon / (0.1 * COURSE.1 as f64)).floor() as usize).max(1);
        let t = 0.1 * (frame * COURSE.1) as f64;
        let response: Vec<f64> = measured.iter().map(|states| states[m].1[frame]).collect();
        claims.push(
            agrees(
                &format!("kick-{index}-{m}"),
                &format!(
                    "{name}, target {target}: {t:.1} time constants after a kick the output is at c exp(Jt)DF"
                ),
                local.kick_response(t)[(0, 0)],
                Sample::of(&response),
            )
            .source("Rivkind & Barak 2017: near each attractor the output obeys a linear ODE"),
        );
    }
    claims
}

fn course_panel(name: &str, theory: &Prediction, measured: &[Measured]) -> Panel {
    let mut panel =
        Panel::new(Axis::new("time after the kick t/τ"), Axis::new("response δz/kick").range(-0.6, 1.6))
            .title(name)
            .layer(Reference::horizontal(0.0));
    for (m, local) in theory.local.iter().enumerate() {
        let colour = [Colour::Blue, Colour::Vermillion][m % 2];
        let at = |t: f64| local.kick_response(t)[(0, 0)];
        let curve: Vec<(f64, f64)> =
            (0..=120).map(|k| 0.1 * f64::from(k)).map(|t| (t, at(t))).filter(|p| p.1.abs() < 1.6).collect();
        let frames: Vec<(f64, Sample)> = (0..=COURSE.0 / COURSE.1)
            .step_by(4)
            .map(|frame| {
                let values: Vec<f64> = measured.iter().map(|states| states[m].1[frame]).collect();
                (0.1 * (frame * COURSE.1) as f64, Sample::of(&values))
            })
            .filter(|(_, sample)| sample.mean.abs() < 1.6)
            .collect();
        let line = Line::through(curve).colour(colour);
        let line = if local.is_stable() { line } else { line.dashed() };
        let dots = Dots::at(frames.iter().map(|(t, sample)| (*t, sample.mean)))
            .y_error(frames.iter().map(|(_, sample)| sample.standard_error()).collect::<Vec<_>>())
            .colour(colour)
            .label(format!("target {}", theory.setting().targets[m][0]));
        panel = panel.layer(line).layer(dots);
    }
    panel
}

fn spectrum_panels(
    context: &Context<'_>,
    index: usize,
    name: &str,
    theory: &Prediction,
    units: usize,
) -> Result<Vec<Panel>, StudyError> {
    let portraits = replicate(context, &format!("{PURPOSE}/{index}"), 1, |_, stream| {
        let closed = Network::draw(theory.setting(), units, stream).least_squares(0.0)?;
        (0..theory.local.len()).map(|m| closed.growth_rates(m)).collect::<Result<Vec<_>, _>>()
    })?;
    let panel = |(m, rates): (usize, &Vec<Complex64>)| {
        let local = &theory.local[m];
        Panel::new(Axis::new("Re(λ − 1)"), Axis::new("Im(λ − 1)"))
            .equal_aspect()
            .title(format!("{name}, target {}", theory.setting().targets[m][0]))
            .layer(Disc::new(local.bulk_radius).centre(-1.0, 0.0).label("bulk"))
            .layer(Reference::vertical(0.0))
            .layer(Dots::at(rates.iter().map(|v| (v.re, v.im))).size(1.5).label("eigenvalues"))
            .layer(Crosses::at(local.poles.iter().map(|p| (p.re, p.im))).label("poles"))
    };
    Ok(portraits[0].iter().enumerate().map(panel).collect())
}
