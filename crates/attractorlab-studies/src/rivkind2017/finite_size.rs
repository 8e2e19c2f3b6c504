//! E9, E10: finite size, and several outputs on the way to a ring attractor.

use attractorlab::network::Transfer;
use attractorlab::theory::output_dynamics::{FeedbackLaw, Setting, predict};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel, Reference};
use serde_json::{Value, json};

use super::networks::{agrees, is_visible, replicate, settled};
use crate::statistics::Sample;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E9 and E10: how networks scatter with their size, and several outputs.
#[derive(Debug, Clone, Copy)]
pub struct SizesAndOutputs;

const PURPOSE: &str = "rivkind2017/sizes-and-outputs";
const RADIUS: f64 = 1.2;

struct Sizes {
    units: &'static [usize],
    networks: usize,
    ring_units: usize,
    ring_networks: usize,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: &[80, 160, 320], networks: 30, ring_units: 300, ring_networks: 20 },
        Preset::Full => {
            Sizes { units: &[100, 200, 400, 800, 1600], networks: 100, ring_units: 1000, ring_networks: 40 }
        }
    }
}

/// Name, setting, state.
fn settings() -> [(&'static str, Setting, usize); 3] {
    let uniform = FeedbackLaw::Uniform { half_width: 1.0 };
    [
        (
            "relu, θ = −0.5, g = 0.8, {−1, 1}",
            Setting::scalar(Transfer::Relu { threshold: -0.5 }, 0.8, &[-1.0, 1.0]),
            1,
        ),
        ("tanh, g = 1.2, {0.6, 1.5}", Setting::scalar(Transfer::Tanh, 1.2, &[0.6, 1.5]), 0),
        (
            "relu, θ = −0.3, g = 0.9, uniform feedback",
            Setting { feedback: uniform, ..Setting::scalar(Transfer::Relu { threshold: -0.3 }, 0.9, &[1.0]) },
            0,
        ),
    ]
}

/// Targets of K = 2 outputs on a circle.
fn ring(transfer: Transfer, g: f64, count: usize) -> Setting {
    let targets = (0..count)
        .map(|m| {
            let angle = std::f64::consts::TAU * m as f64 / count as f64;
            vec![RADIUS * angle.cos(), RADIUS * angle.sin()]
        })
        .collect();
    Setting { targets, ..Setting::scalar(transfer, g, &[RADIUS]) }
}

impl Study for SizesAndOutputs {
    fn id(&self) -> &'static str {
        "rivkind2017/sizes-and-outputs"
    }

    fn title(&self) -> &'static str {
        "Finite networks, and several outputs"
    }

    fn question(&self) -> &'static str {
        "How far are the poles of finite networks from those of infinite ones? And what becomes of the poles when two \
         outputs are trained to more and more points of a circle?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "settings": settings().map(|s| s.0), "units": sizes.units, "networks": sizes.networks,
            "ring": {"radius": RADIUS, "tanh_g": 1.2, "relu": {"threshold": -0.5, "g": 0.8}, "targets": [3, 5, 7, 9],
                     "units": sizes.ring_units, "networks": sizes.ring_networks},
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let mut claims = Vec::new();
        let mut panel = Panel::new(
            Axis::log10("units N").range(80.0, 2000.0),
            Axis::log10("standard deviation of the pole").range(0.005, 0.4),
        )
        .title("Scatter between networks");
        for (index, (name, setting, state)) in settings().into_iter().enumerate() {
            let theory = predict(&setting).map_err(StudyError::step("theory"))?;
            let pole = theory.local[state].poles[0];
            let mut points = Vec::new();
            for &units in sizes.units {
                let purpose = format!("{PURPOSE}/{index}/{units}");
                let values = replicate(context, &purpose, sizes.networks, |_, stream| {
                    let closed = settled(&setting, units, stream)?;
                    Ok(closed.eigenvalue_near(state, pole)?.re)
                })?;
                points.push((units as f64, Sample::of(&values)));
            }
            if let Some((units, sample)) = points.last() {
                claims.push(
                    agrees(
                        &format!("pole-{index}"),
                        &format!("{name}: mean pole of networks of {units} units"),
                        pole.re,
                        *sample,
                    )
                    .source("specification E9"),
                );
            }
            claims.push(exponent_claim(index, name, &points));
            let colour = Colour::category(index);
            // The line of slope −1/2 through the geometric mean.
            let level =
                points.iter().map(|(n, s)| (s.std * n.sqrt()).ln()).sum::<f64>() / points.len() as f64;
            panel = panel
                .layer(Line::through([80.0, 2000.0].map(|n: f64| (n, level.exp() / n.sqrt()))).colour(colour))
                .layer(
                    Dots::at(points.iter().map(|(n, s)| (*n, s.std)))
                        .y_error(
                            points
                                .iter()
                                .map(|(_, s)| s.std / (2.0 * s.count as f64).sqrt())
                                .collect::<Vec<_>>(),
                        )
                        .colour(colour)
                        .label(name),
                );
        }
        let (ring_panel, more) = rings(context, &sizes)?;
        claims.extend(more);
        let figure = Figure::new("sizes-and-outputs", "Scatter of poles, and poles on a ring")
            .caption(format!(
                "Left, standard deviation of the leading eigenvalue over {} networks, bars its standard error; lines, \
                 N^(−1/2). Right, leading pole of networks with two outputs trained to M points of a circle of radius \
                 {RADIUS}. Lines, theory; dots, eigenvalues of {} networks of {} units, bars the standard error. More points \
                 make the ring marginal: tanh approaches a ring attractor. Networks whose clamped states do not settle are \
                 drawn anew.",
                sizes.networks, sizes.ring_networks, sizes.ring_units
            ))
            .panel(panel)
            .panel(ring_panel);
        Ok(Outcome { figures: vec![figure], tables: Vec::new(), claims })
    }
}

fn exponent_claim(index: usize, name: &str, points: &[(f64, Sample)]) -> Claim {
    let n = points.len() as f64;
    let (x, y): (Vec<f64>, Vec<f64>) = points.iter().map(|(n, s)| (n.ln(), s.std.ln())).unzip();
    let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let spread: f64 = x.iter().map(|x| (x - mx).powi(2)).sum();
    let slope = x.iter().zip(&y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>() / spread;
    let networks = points.first().map_or(1, |(_, s)| s.count) as f64;
    // The logarithm of a standard deviation of n values scatters by 1/√(2n), somewhat more for tails.
    let allowed = 4.5 * 1.3 / (2.0 * networks * spread).sqrt() + 0.1;
    Claim::within(
        &format!("exponent-{index}"),
        &format!("{name}: the scatter of the pole falls as N to the power"),
        -0.5,
        slope,
        allowed,
    )
    .source("specification E9")
    .because(
        "Four and a half standard errors of the fitted exponent (the log of a standard deviation of n networks scatters by \
         1/√(2n), a third more for heavy tails), and 0.1 for corrections of order 1/N at the smallest networks.",
    )
}

fn rings(context: &Context<'_>, sizes: &Sizes) -> Result<(Panel, Vec<Claim>), StudyError> {
    let mut claims = Vec::new();
    let mut panel = Panel::new(
        Axis::new("targets M on the circle").range(2.5, 9.5).ticks([3.0, 5.0, 7.0, 9.0]),
        Axis::new("leading pole Re s (1/τ)"),
    )
    .title("Two outputs")
    .layer(Reference::horizontal(0.0));
    let families = [
        ("tanh, g = 1.2", Transfer::Tanh, 1.2),
        ("relu, θ = −0.5, g = 0.8", Transfer::Relu { threshold: -0.5 }, 0.8),
    ];
    for (index, (name, transfer, g)) in families.into_iter().enumerate() {
        let (mut line, mut dots) = (Vec::new(), Vec::new());
        // Odd numbers: of an even one, tanh has every target twice up to sign.
        for count in [3, 5, 7, 9] {
            let theory = predict(&ring(transfer, g, count)).map_err(StudyError::step("theory of a ring"))?;
            let leading = theory.local.iter().map(|local| local.poles[0].re).fold(f64::MIN, f64::max);
            line.push((count as f64, leading));
            if count == 3 {
                let local = &theory.local[0];
                let visible = is_visible(local.poles[0], local.bulk_radius);
                let purpose = format!("{PURPOSE}/ring/{index}");
                let values = replicate(context, &purpose, sizes.ring_networks, |_, stream| {
                    let closed = settled(theory.setting(), sizes.ring_units, stream)?;
                    Ok(closed.eigenvalue_near(0, local.poles[0])?.re)
                })?;
                let sample = Sample::of(&values);
                dots.push((3.0, sample));
                if visible {
                    claims.push(
                        agrees(
                            &format!("ring-{index}"),
                            &format!(
                                "{name}: leading eigenvalue of networks trained to three points of a circle"
                            ),
                            local.poles[0].re,
                            sample,
                        )
                        .source("specification E10"),
                    );
                }
            }
        }
        if transfer == Transfer::Tanh {
            for (at, expected, digits) in [(0, -0.0265, 1e-4), (1, -0.0023, 1e-4)] {
                claims.push(
                    Claim::within(
                        &format!("ring-{}", line[at].0),
                        &format!("tanh: leading pole of {} targets on a circle", line[at].0),
                        expected,
                        line[at].1,
                        digits,
                    )
                    .source("specification section 8")
                    .because("One unit of the last quoted digit."),
                );
            }
            claims.push(
                Claim::at_most(
                    "ring-attractor",
                    "tanh: nine targets on a circle are marginal, a ring attractor: |s|",
                    1e-3,
                    line[3].1.abs(),
                )
                .source("specification section 8")
                .because("The pole falls by more than a factor of ten from three targets to five."),
            );
        }
        let colour = Colour::category(index);
        panel = panel.layer(Line::through(line).colour(colour).label(name)).layer(
            Dots::at(dots.iter().map(|(m, s)| (*m, s.mean)))
                .y_error(dots.iter().map(|(_, s)| s.standard_error()).collect::<Vec<_>>())
                .colour(colour),
        );
    }
    Ok((panel, claims))
}
