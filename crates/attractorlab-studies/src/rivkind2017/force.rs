//! FORCE training with the loop closed: where it departs from the order-M ODE, and which theory follows it.

use attractorlab::dynamics::{OutputResponse, SolverOptions, Status, fixed_point};
use attractorlab::network::Transfer;
use attractorlab::numerics::linalg::Complex64;
use attractorlab::theory::output_dynamics::{Setting, StaircaseOptions, StaircaseReadout, predict};
use attractorlab::training::ForceOptions;
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Marker, Panel, Reference, Table};
use serde_json::{Value, json};

use super::networks::{Network, replicate};
use crate::statistics::Sample;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// Closed-loop FORCE against least squares on clamped states.
#[derive(Debug, Clone, Copy)]
pub struct Force;

const PURPOSE: &str = "rivkind2017/force";
const DURATION: f64 = 20.0;

struct Sizes {
    units: usize,
    networks: usize,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 400, networks: 48 },
        Preset::Full => Sizes { units: 800, networks: 150 },
    }
}

/// Name, transfer, g, targets; the last target is where training ends.
const CASES: [(&str, Transfer, f64, &[f64]); 4] = [
    ("tanh, g = 1.2, {1}", Transfer::Tanh, 1.2, &[1.0]),
    ("tanh, g = 1.2, {1.5, 0.6}", Transfer::Tanh, 1.2, &[1.5, 0.6]),
    ("tanh, g = 1.2, {0.6, 1.5}", Transfer::Tanh, 1.2, &[0.6, 1.5]),
    ("relu, θ = 0.3, g = 0.8, {0.5, 1}", Transfer::Relu { threshold: 0.3 }, 0.8, &[0.5, 1.0]),
];
/// Where the two theories differ by this much, networks are asked which of them they follow.
const DEPARTURE: f64 = 0.25;

/// What one case showed.
struct Found {
    name: &'static str,
    /// Slope G(0) of the static map at the last target: order-M ODE of least squares, transient theory,
    /// networks.
    ode: f64,
    theory: f64,
    networks: Sample,
    lost: usize,
    /// Output during training: theory and the mean over networks at each step.
    course: (Vec<f64>, Vec<f64>),
}

/// Slopes at the last target of the networks that have a state there, and the output of each during training.
type Trained = Vec<(Option<f64>, Vec<f64>)>;

fn train(
    context: &Context<'_>,
    index: usize,
    setting: &Setting,
    sizes: &Sizes,
) -> Result<Trained, StudyError> {
    let (_, transfer, _, targets) = CASES[index];
    let last = targets[targets.len() - 1];
    let force = ForceOptions { alpha: 1.0, dt: 0.1, duration: DURATION, update_every: 1, rounds: 1 };
    replicate(context, &format!("{PURPOSE}/{index}"), sizes.networks, |_, stream| {
        let network = Network::draw(setting, sizes.units, stream);
        let start = stream.normals(sizes.units);
        let (trained, course) =
            network.task().force_recorded(&start, force).map_err(StudyError::step("FORCE"))?;
        let closed = network.close(trained)?;
        let newton = SolverOptions { relaxation_steps: 0, ..SolverOptions::default() };
        let state = fixed_point(&closed.network, &closed.state(targets.len() - 1), newton);
        let near =
            state.status == Status::Converged && (closed.network.output(&state.x)[0] - last).abs() < 0.3;
        let gain = if near {
            let gains: Vec<f64> = state.x.iter().map(|x| transfer.first(*x)).collect();
            let response = OutputResponse::new(closed.network.connectivity(), &gains)
                .map_err(StudyError::step("response of a network"))?;
            let open = response
                .open_loop(&[Complex64::new(0.0, 0.0)])
                .map_err(StudyError::step("response of a network"))?;
            Some(open[0][(0, 0)].re)
        } else {
            None
        };
        Ok((gain, (0..course.nrows()).map(|step| course[(step, 0)]).collect()))
    })
}

fn examine(context: &Context<'_>, index: usize, sizes: &Sizes) -> Result<Found, StudyError> {
    let (name, transfer, g, targets) = CASES[index];
    let last = targets[targets.len() - 1];
    let setting = Setting::scalar(transfer, g, targets);
    let clamped = predict(&setting).map_err(StudyError::step("the order-M ODE"))?;
    let transient =
        StaircaseOptions { units: sizes.units, duration: DURATION, ..StaircaseOptions::default() };
    let theory = StaircaseReadout::new(transfer, g, targets, transient)
        .map_err(StudyError::step("the transient theory"))?;
    let z = theory
        .stationary_output_near(last)
        .map_err(StudyError::step("the stationary output"))?
        .unwrap_or(f64::NAN);
    let slope = theory.static_slope(z).map_err(StudyError::step("the slope"))?;
    let measured = train(context, index, &setting, sizes)?;
    let values: Vec<f64> = measured.iter().filter_map(|m| m.0).collect();
    let steps = theory.outputs.len();
    let mean = |step: usize| measured.iter().map(|m| m.1[step]).sum::<f64>() / measured.len() as f64;
    Ok(Found {
        name,
        ode: clamped.static_slope(last, 0.0).map_err(StudyError::step("the order-M ODE"))?,
        theory: slope,
        networks: Sample::of(&values),
        lost: measured.len() - values.len(),
        course: (theory.outputs.clone(), (0..steps).map(mean).collect()),
    })
}

impl Study for Force {
    fn id(&self) -> &'static str {
        "rivkind2017/force"
    }

    fn title(&self) -> &'static str {
        "FORCE is not least squares on clamped states"
    }

    fn question(&self) -> &'static str {
        "FORCE learns with the loop closed, from transients. Where do the networks it makes depart from the order-M ODE of \
         least squares, and does the theory of learnt transients follow them?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "cases": CASES.map(|c| json!({"network": c.0, "targets": c.3})),
            "units": sizes.units, "networks": sizes.networks, "alpha": 1.0, "dt": 0.1, "time_per_target": DURATION,
            "update": "every step", "start": "standard normal",
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let found: Vec<Found> =
            (0..CASES.len()).map(|index| examine(context, index, &sizes)).collect::<Result<_, _>>()?;
        let mut claims = Vec::new();
        let mut table = Table::new("slopes", "Slope of the static map at the last target")
            .caption("Order-M ODE of least squares on clamped states, theory of learnt transients, and the gain of \
                      networks that FORCE trained: mean, standard error, networks without a state near the target.");
        for column in ["network", "order-M ODE", "transient theory", "networks", "standard error", "lost"] {
            table = table.column(column);
        }
        for (index, f) in found.iter().enumerate() {
            table = table.row([
                f.name.into(),
                f.ode.into(),
                f.theory.into(),
                f.networks.mean.into(),
                f.networks.standard_error().into(),
                (f.lost as f64).into(),
            ]);
            claims.extend(f.claims(index, &sizes));
        }
        let jump = &found[1].course;
        let half = jump.0.len() / 2;
        let delay =
            |z: &[f64]| z[half..].iter().position(|z| (z - 0.6).abs() < 0.45).unwrap_or(usize::MAX) as f64;
        claims.push(
            Claim::within(
                "jump",
                "After a jump of the target the output lags behind: steps until half of the jump is made, theory",
                delay(&jump.0),
                delay(&jump.1),
                6.0,
            )
            .source("ours")
            .because(
                "A mean over networks, whose jumps differ by one or two steps of a tenth; a clamped output would need none.",
            ),
        );
        let figure = Figure::new("force", "Networks that FORCE trained")
            .caption(format!(
                "Left, slope of the static map at the last target, unstable above one: order-M ODE of least squares (squares), theory of learnt transients \
                 (triangles), and G(0) of {} networks of {} units that FORCE trained (dots, standard deviation). \
                 Right, the output during training on two targets: theory (line) and mean over networks (dots); after the \
                 jump of the target it is not clamped, but lags behind.",
                sizes.networks, sizes.units
            ))
            .panel(poles_panel(&found))
            .panel(course_panel(jump));
        Ok(Outcome { figures: vec![figure], tables: vec![table], claims })
    }
}

impl Found {
    /// The same questions for every case: which are asked depends on the theories alone.
    fn claims(&self, index: usize, sizes: &Sizes) -> Vec<Claim> {
        let name = self.name;
        let word = |slope: f64| if slope > 1.0 { "unstable" } else { "stable" };
        let error = self.networks.standard_error();
        let mut claims = vec![
            Claim::within(
                &format!("follows-{index}"),
                &format!("{name}: the transient theory gives the slope G(0) at the last target of networks that FORCE trained"),
                self.theory,
                self.networks.mean,
                5.0 * error + 40.0 / sizes.units as f64,
            )
            .source("ours; for one target specification of mastrogiuseppe2019, section 5")
            .because(
                "Five standard errors of the mean over networks, and 40/N for the bias of finite networks, of order 1/N.",
            ),
            Claim::equal(
                &format!("stability-{index}"),
                &format!("{name}: by the order-M ODE the last target is {}; by the transient theory, and in the mean network:", word(self.ode)),
                word(self.theory),
                word(self.networks.mean),
            )
            .source("specification section 11"),
        ];
        if (self.ode - self.theory).abs() >= DEPARTURE {
            let nearer = (self.ode - self.networks.mean).abs() - (self.theory - self.networks.mean).abs();
            claims.push(
                Claim::at_least(
                    &format!("departs-{index}"),
                    &format!("{name}: networks lie nearer to the transient theory than to the order-M ODE, in standard errors"),
                    5.0,
                    nearer / error,
                )
                .source("specification section 11")
                .because("Asked wherever the two differ by 0.25 or more; five standard errors of the mean over networks."),
            );
        }
        claims
    }
}

fn poles_panel(found: &[Found]) -> Panel {
    let at = |shift: f64, pick: fn(&Found) -> f64| -> Vec<(f64, f64)> {
        found.iter().enumerate().map(|(i, f)| (1.0 + i as f64 + shift, pick(f))).collect()
    };
    Panel::new(
        Axis::new("case, in the order of the table").range(0.5, 4.5).ticks([1.0, 2.0, 3.0, 4.0]),
        Axis::new("slope of the static map G(0)"),
    )
    .title("Stability at the last target")
    .layer(Reference::horizontal(1.0).label("border"))
    .layer(
        Dots::at(at(-0.1, |f| f.ode)).marker(Marker::Square).colour(Colour::Vermillion).label("order-M ODE"),
    )
    .layer(
        Dots::at(at(0.0, |f| f.theory))
            .marker(Marker::Triangle)
            .colour(Colour::Black)
            .label("transient theory"),
    )
    .layer(
        Dots::at(at(0.1, |f| f.networks.mean))
            .y_error(found.iter().map(|f| f.networks.std).collect::<Vec<_>>())
            .colour(Colour::Blue)
            .label("networks"),
    )
}

fn course_panel((theory, networks): &(Vec<f64>, Vec<f64>)) -> Panel {
    let course = |z: &[f64], every: usize| -> Vec<(f64, f64)> {
        z.iter().enumerate().step_by(every).map(|(step, z)| (0.1 * step as f64, *z)).collect()
    };
    Panel::new(Axis::new("time t/τ"), Axis::new("output z"))
        .title("Training on two targets")
        .layer(Reference::horizontal(1.5))
        .layer(Reference::horizontal(0.6))
        .layer(Line::through(course(theory, 1)).colour(Colour::Black).label("theory"))
        .layer(Dots::at(course(networks, 6)).colour(Colour::Blue).size(2.0).label("networks"))
}
