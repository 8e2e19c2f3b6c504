//! E8, E11: the static map, its spurious fixed points, and what ridge regression does to it.

use attractorlab::dynamics::{ClampedNetwork, SolverOptions, Status};
use attractorlab::network::Transfer;
use attractorlab::theory::output_dynamics::{Prediction, Setting, predict};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Marker, Panel, Reference};
use serde_json::{Value, json};

use super::networks::{Network, agrees, replicate};
use crate::statistics::Sample;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E8 and E11: every stationary output of a trained network, and its move under ridge regression.
#[derive(Debug, Clone, Copy)]
pub struct StaticMapStudy;

const PURPOSE: &str = "rivkind2017/static-map";
const RIDGES: [f64; 5] = [0.002, 0.01, 0.02, 0.05, 0.1];
/// The network whose target moves under ridge regression: tanh with g > 1 beside the quoted g = 1.
const RIDGE: (Transfer, f64, f64) = (Transfer::Tanh, 1.2, 0.8);

struct Sizes {
    units: usize,
    networks: usize,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 400, networks: 24 },
        Preset::Full => Sizes { units: 1000, networks: 100 },
    }
}

/// Name, setting, range of outputs.
fn settings() -> [(&'static str, Setting, (f64, f64)); 3] {
    [
        ("tanh, g = 1, {0.75, 1.5, 3}", Setting::scalar(Transfer::Tanh, 1.0, &[0.75, 1.5, 3.0]), (0.05, 4.5)),
        ("tanh, g = 1.5, {1.2, 3.6}", Setting::scalar(Transfer::Tanh, 1.5, &[1.2, 3.6]), (0.75, 5.0)),
        (
            "relu, θ = −0.5, g = 0.8, {−1, 1}",
            Setting::scalar(Transfer::Relu { threshold: -0.5 }, 0.8, &[-1.0, 1.0]),
            (-3.0, 3.0),
        ),
    ]
}

fn theory_of(setting: &Setting) -> Result<Prediction, StudyError> {
    predict(setting).map_err(StudyError::step("theory"))
}

/// A stationary output and the leading real part there.
type Root = (f64, f64);

fn roots(theory: &Prediction, (low, high): (f64, f64)) -> Result<Vec<Root>, StudyError> {
    let found =
        theory.stationary_outputs(low, high, 0.0).map_err(StudyError::step("all stationary outputs"))?;
    found
        .roots
        .iter()
        .map(|root| {
            let local = theory.local_at(&[root.x], 0.0).map_err(StudyError::step("local dynamics"))?;
            Ok((root.x, local.poles[0].re))
        })
        .collect()
}

/// What networks return when they are clamped at the values.
fn maps_of_networks(
    context: &Context<'_>,
    index: usize,
    setting: &Setting,
    values: &[f64],
    sizes: &Sizes,
) -> Result<Vec<Vec<f64>>, StudyError> {
    replicate(context, &format!("{PURPOSE}/{index}"), sizes.networks, |_, stream| {
        let network = Network::draw(setting, sizes.units, stream);
        let closed = network.least_squares(0.0)?;
        let clamped = ClampedNetwork { bulk: network.bulk.as_ref(), transfer: network.transfer };
        Ok(values
            .iter()
            .map(|z| {
                let drive: Vec<f64> = network.feedback.col(0).iter().map(|w| w * z).collect();
                let state = clamped.solve(&drive, &drive, SolverOptions::default());
                if state.status == Status::Converged { closed.network.output(&state.x)[0] } else { f64::NAN }
            })
            .collect())
    })
}

/// Where the closed loop settles after ridge regression, in networks.
fn moved(context: &Context<'_>, ridge: f64, sizes: &Sizes, theory: f64) -> Result<Vec<f64>, StudyError> {
    let (transfer, g, target) = RIDGE;
    let setting = Setting::scalar(transfer, g, &[target]);
    replicate(context, &format!("{PURPOSE}/ridge/{ridge}"), sizes.networks, |_, stream| {
        let network = Network::draw(&setting, sizes.units, stream);
        let trained = network.task().least_squares(ridge).map_err(StudyError::step("training"))?;
        let (feedback, readout) = (network.feedback.col(0), trained.readout.col(0));
        let (feedback, readout): (Vec<f64>, Vec<f64>) =
            (feedback.iter().copied().collect(), readout.iter().copied().collect());
        let input = vec![0.0; sizes.units];
        let map = attractorlab::dynamics::StaticMap {
            network: ClampedNetwork { bulk: network.bulk.as_ref(), transfer },
            feedback: &feedback,
            input: &input,
            readout: &readout,
        };
        Ok(map.fixed_point_near(theory, true, 1.0, SolverOptions::default()).z)
    })
}

impl Study for StaticMapStudy {
    fn id(&self) -> &'static str {
        "rivkind2017/static-map"
    }

    fn title(&self) -> &'static str {
        "All stationary outputs, trained and spurious"
    }

    fn question(&self) -> &'static str {
        "Which values can the output of a trained network rest at besides its targets, are they stable, and how does ridge \
         regression move the targets?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "maps": settings().map(|(name, _, range)| json!({"network": name, "range": [range.0, range.1]})),
            "units": sizes.units, "networks": sizes.networks,
            "ridge": {"transfer": "tanh", "g": RIDGE.1, "target": RIDGE.2, "alpha": RIDGES},
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let mut claims = Vec::new();
        let mut maps = Figure::new("static-map", "Static maps")
            .caption(format!(
                "Output that the readout returns when the network is clamped at z. Line, theory; dots, mean over {} networks \
                 of {} units, bars its standard error. Stationary outputs lie on the diagonal: black, stable; open, \
                 unstable.",
                sizes.networks, sizes.units
            ))
            .columns(3);
        for (index, (name, setting, range)) in settings().into_iter().enumerate() {
            let theory = theory_of(&setting)?;
            let found = roots(&theory, range)?;
            claims.extend(root_claims(index, name, &theory, &found)?);
            let values: Vec<f64> =
                (0..8).map(|k| range.0 + (range.1 - range.0) * (f64::from(k) + 0.5) / 8.0).collect();
            let measured = maps_of_networks(context, index, &setting, &values, &sizes)?;
            let column = |k: usize| {
                Sample::of(&measured.iter().map(|map| map[k]).filter(|z| z.is_finite()).collect::<Vec<_>>())
            };
            // The value farthest from all targets that still lies between them.
            let at = |k: usize| theory.static_map(&[values[k]], 0.0).map_err(StudyError::step("static map"));
            for k in [2, 5] {
                claims.push(
                    agrees(
                        &format!("map-{index}-{k}"),
                        &format!("{name}: output of networks clamped at {:.2}", values[k]),
                        at(k)?[0],
                        column(k),
                    )
                    .source("specification section 7"),
                );
            }
            let samples: Vec<Sample> = (0..values.len()).map(column).collect();
            maps = maps.panel(map_panel(name, &theory, range, &found, &values, &samples)?);
        }
        let (panel, more) = ridge_panel(context, &sizes)?;
        claims.extend(more);
        let ridge = Figure::new("ridge", "Ridge regression moves the value that is held")
            .caption(format!(
                "Stationary output of a tanh network (g = {}) trained to {} with ridge parameter α. Line, theory; dots, \
                 mean over {} networks of {} units, bars its standard error.",
                RIDGE.1, RIDGE.2, sizes.networks, sizes.units
            ))
            .panel(panel);
        Ok(Outcome { figures: vec![maps, ridge], tables: Vec::new(), claims })
    }
}

fn root_claims(
    index: usize,
    name: &str,
    theory: &Prediction,
    found: &[Root],
) -> Result<Vec<Claim>, StudyError> {
    let targets = &theory.setting().targets;
    let missed = targets
        .iter()
        .map(|t| found.iter().map(|(z, _)| (z - t[0]).abs()).fold(f64::INFINITY, f64::min))
        .fold(0.0, f64::max);
    // Neighbouring roots alternate between slopes above and below one.
    let slopes = found
        .iter()
        .map(|(z, _)| theory.static_slope(*z, 0.0).map_err(StudyError::step("slope of the map")))
        .collect::<Result<Vec<f64>, _>>()?;
    let alternate = slopes.windows(2).all(|pair| (pair[0] > 1.0) != (pair[1] > 1.0));
    let between = found.windows(2).all(|pair| !(pair[0].1 < 0.0 && pair[1].1 < 0.0));
    let yes = |flag: bool| if flag { "yes" } else { "no" };
    Ok(vec![
        Claim::at_most(
            &format!("targets-{index}"),
            &format!("{name}: the search of all stationary outputs finds every target, to"),
            1e-7,
            missed,
        )
        .source("specification section 7")
        .because("Rounding in C⁻¹F, amplified by the condition number of C."),
        Claim::equal(
            &format!("alternate-{index}"),
            &format!(
                "{name}: slopes of the map at neighbouring stationary outputs lie on either side of one"
            ),
            "yes",
            yes(alternate),
        )
        .source("specification section 7"),
        Claim::equal(
            &format!("between-{index}"),
            &format!("{name}: no two stable outputs are neighbours, an unstable one lies between"),
            "yes",
            yes(between),
        )
        .source("specification section 7"),
    ])
}

fn map_panel(
    name: &str,
    theory: &Prediction,
    (low, high): (f64, f64),
    found: &[Root],
    values: &[f64],
    samples: &[Sample],
) -> Result<Panel, StudyError> {
    let curve = (0..=100)
        .map(|k| {
            let z = low + (high - low) * f64::from(k) / 100.0;
            let value = theory.static_map(&[z], 0.0).map_err(StudyError::step("static map"))?[0];
            Ok((z, value))
        })
        .collect::<Result<Vec<_>, StudyError>>()?;
    let held = |stable: bool| found.iter().filter(move |r| (r.1 < 0.0) == stable).map(|r| (r.0, r.0));
    Ok(Panel::new(Axis::new("clamped output z").range(low, high), Axis::new("returned output F(z)"))
        .title(name)
        .layer(Reference::diagonal())
        .layer(Line::through(curve).colour(Colour::Black))
        .layer(
            Dots::new(values, samples.iter().map(|s| s.mean).collect::<Vec<_>>())
                .y_error(samples.iter().map(Sample::standard_error).collect::<Vec<_>>())
                .colour(Colour::Blue)
                .size(2.5)
                .label("networks"),
        )
        .layer(Dots::at(held(true)).colour(Colour::Black).marker(Marker::Square).label("stable"))
        .layer(
            Dots::at(held(false)).colour(Colour::Vermillion).marker(Marker::Square).open().label("unstable"),
        ))
}

fn stationary(transfer: Transfer, g: f64, target: f64, ridge: f64) -> Result<Root, StudyError> {
    let theory = theory_of(&Setting { ridge, ..Setting::scalar(transfer, g, &[target]) })?;
    let found = roots(&theory, (0.3 * target, 1.2 * target))?;
    found.into_iter().rfind(|root| root.1 < 0.0).ok_or_else(|| StudyError::Library {
        step: format!("the stationary output under ridge {ridge}"),
        source: "no stable output was found".into(),
    })
}

fn ridge_panel(context: &Context<'_>, sizes: &Sizes) -> Result<(Panel, Vec<Claim>), StudyError> {
    let (transfer, g, target) = RIDGE;
    let quoted = stationary(Transfer::Tanh, 1.0, 0.8, 0.05)?;
    let mut claims = vec![
        Claim::within("moved", "tanh g = 1, A = 0.8, α = 0.05: the output held", 0.66267, quoted.0, 1e-5)
            .source("specification section 7")
            .because("One unit of the last quoted digit."),
        Claim::within("moved-pole", "The same: its pole", -0.44189, quoted.1, 1e-5)
            .source("specification section 7")
            .because("One unit of the last quoted digit."),
    ];
    let mut curve = vec![(0.0, target)];
    for k in 1..=20 {
        let ridge = 0.005 * f64::from(k);
        curve.push((ridge, stationary(transfer, g, target, ridge)?.0));
    }
    let mut dots = Vec::new();
    for (position, ridge) in RIDGES.into_iter().enumerate() {
        let (theory, _) = stationary(transfer, g, target, ridge)?;
        let sample = Sample::of(&moved(context, ridge, sizes, theory)?);
        claims.push(
            agrees(
                &format!("ridge-{position}"),
                &format!("tanh g = {g}, A = {target}, α = {ridge}: the output that networks hold"),
                theory,
                sample,
            )
            .source("specification E11"),
        );
        dots.push((ridge, sample));
    }
    let panel =
        Panel::new(Axis::new("ridge parameter α").range(0.0, 0.105), Axis::new("stationary output z*"))
            .layer(Reference::horizontal(target).label("target"))
            .layer(Line::through(curve).label("theory"))
            .layer(
                Dots::at(dots.iter().map(|(ridge, s)| (*ridge, s.mean)))
                    .y_error(dots.iter().map(|(_, s)| s.standard_error()).collect::<Vec<_>>())
                    .label("networks"),
            );
    Ok((panel, claims))
}
