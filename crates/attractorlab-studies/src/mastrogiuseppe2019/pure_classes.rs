//! E2: readouts along one direction alone, at one target and swept over targets.

use attractorlab::network::Transfer;
use attractorlab::theory::feedback::{
    Direction, FixedPoint, Inputs, Prediction, ReadoutCurve, Stability, TargetStates, predict,
};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Legend, Line, Marker, Panel, Reference};
use serde_json::{Value, json};

use super::finite::{Dot, Ensemble, Query, agreement, comparable, measure};
use super::lines::{branches, target_line};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E2 of Mastrogiuseppe & Ostojic 2019.
#[derive(Debug, Clone, Copy)]
pub struct PureClasses;

/// The geometry of the static maps.
const AT_ONE_TARGET: Inputs = Inputs { g: 0.8, feedback_std: 1.2, input_std: 0.5, rho: 0.0 };
const TARGET: f64 = 1.0;
const CLASSES: [(&str, Direction); 3] = [
    ("along the feedback vector", Direction { shared: 0.0, feedback_own: 1.0, input_own: 0.0 }),
    ("along the input vector", Direction { shared: 0.0, feedback_own: 0.0, input_own: 1.0 }),
    ("opposed", Direction { shared: 0.0, feedback_own: 1.0, input_own: -0.5 }),
];
/// The geometry of the sweeps, that of E1.
const SWEPT: Inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
const DIRECTIONS: [(&str, Direction); 3] = [
    ("along the feedback vector", Direction { shared: 0.0, feedback_own: 1.0, input_own: 0.0 }),
    ("along the input vector", Direction { shared: 0.0, feedback_own: 0.0, input_own: 1.0 }),
    ("along the shared direction", Direction { shared: 1.0, feedback_own: 0.0, input_own: 0.0 }),
];
const SWEEP_TARGETS: usize = 1000;
const UNITS: usize = 400;

fn networks(preset: Preset) -> usize {
    match preset {
        Preset::Quick => 20,
        Preset::Full => 200,
    }
}

impl Study for PureClasses {
    fn id(&self) -> &'static str {
        "mastrogiuseppe2019/pure-classes"
    }

    fn title(&self) -> &'static str {
        "Readouts along one direction alone"
    }

    fn question(&self) -> &'static str {
        "What does a network do whose readout lies along the feedback vector alone, along the input vector alone, or \
         along what the two share?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let inputs = |i: Inputs| json!({"g": i.g, "feedback_std": i.feedback_std, "input_std": i.input_std, "rho": i.rho});
        json!({
            "static_maps": inputs(AT_ONE_TARGET), "target": TARGET, "sweeps": inputs(SWEPT),
            "sweep_targets": SWEEP_TARGETS, "units": UNITS, "networks_per_dot": networks(preset),
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let mut predictions = Vec::new();
        let mut dots = Vec::new();
        for (i, (_, direction)) in CLASSES.into_iter().enumerate() {
            let prediction = predict(AT_ONE_TARGET, direction, TARGET).map_err(StudyError::step("theory"))?;
            let queries: Vec<Query> =
                comparable(&prediction.fixed_points).map(|p| (TARGET, prediction.scale, *p)).collect();
            let purpose = format!("mastrogiuseppe2019/pure-classes/{i}");
            let ensemble = Ensemble { purpose: &purpose, units: UNITS, networks: networks(context.preset) };
            dots.push(measure(context, ensemble, AT_ONE_TARGET, direction, &queries)?);
            predictions.push(prediction);
        }
        let mut sweeps = Vec::new();
        for (_, direction) in DIRECTIONS {
            sweeps.push(sweep(direction)?);
        }
        let mut claims = map_claims(&predictions);
        claims.extend(sweep_claims(&sweeps));
        claims.extend(agreement(&dots.concat()));
        Ok(Outcome {
            figures: vec![maps_figure(&predictions, &dots)?, sweeps_figure(&sweeps)],
            tables: Vec::new(),
            claims,
        })
    }
}

fn sweep(direction: Direction) -> Result<(ReadoutCurve, Vec<TargetStates>), StudyError> {
    let curve = ReadoutCurve::new(Transfer::Tanh, SWEPT, direction).map_err(StudyError::step("theory"))?;
    let targets: Vec<f64> =
        (0..SWEEP_TARGETS).map(|i| -2.0 + 4.0 * i as f64 / (SWEEP_TARGETS - 1) as f64).collect();
    let states =
        curve.sweep(&targets).into_iter().collect::<Result<_, _>>().map_err(StudyError::step("sweep"))?;
    Ok((curve, states))
}

const FOUR_DECIMALS: &str = "Four or five decimals are quoted; theory itself is converged to 1e-9.";
const SOURCE: &str = "specification E2";

fn map_claims(predictions: &[Prediction]) -> Vec<Claim> {
    let [along_feedback, along_input, opposed] = predictions else { return Vec::new() };
    let z = |p: &Prediction, i: usize| p.fixed_points.get(i).map_or(f64::NAN, |p| p.z);
    let outlier =
        |p: &Prediction, i: usize, j: usize| p.fixed_points.get(i).map_or(f64::NAN, |p| p.outliers[j].re);
    let count = |p: &Prediction| p.fixed_points.len() as f64;
    let exact = "Exact by symmetry; the tolerance is rounding.";
    let claims = vec![
        Claim::equal(
            "feedback-count",
            "Along the feedback vector there are three states",
            3.0,
            count(along_feedback),
        ),
        Claim::within("feedback-silent", "One of them is z = 0", 0.0, z(along_feedback, 1), 1e-12)
            .because(exact),
        Claim::within("feedback-mirror", "The other two are ±A", -TARGET, z(along_feedback, 0), 1e-10)
            .because(exact),
        Claim::within(
            "feedback-saddle",
            "z = 0 is unstable: its outlier",
            1.5903,
            outlier(along_feedback, 1, 0),
            5e-5,
        ),
        Claim::within(
            "feedback-stable",
            "±A are stable: their outlier",
            0.3846,
            outlier(along_feedback, 2, 0),
            5e-5,
        ),
        Claim::equal(
            "input-count",
            "Along the input vector the target is the only state",
            1.0,
            count(along_input),
        ),
        Claim::within(
            "input-outlier",
            "Its outliers are 0 and the second",
            -0.47014,
            outlier(along_input, 0, 1),
            5e-6,
        ),
        Claim::within(
            "input-radius",
            "and that one lies just inside of the bulk radius",
            0.47173,
            along_input.at_target().radius,
            5e-6,
        ),
        Claim::within("opposed-first", "Opposed: the spurious stable state", -1.6961, z(opposed, 0), 5e-5),
        Claim::within("opposed-saddle", "Opposed: the saddle", 0.5237, z(opposed, 1), 5e-5),
        Claim::within(
            "opposed-saddle-outlier",
            "Opposed: the saddle's outlier",
            1.3772,
            outlier(opposed, 1, 0),
            5e-5,
        ),
        Claim::within(
            "opposed-target-outlier",
            "Opposed: the target's outlier",
            0.6909,
            outlier(opposed, 2, 0),
            5e-5,
        ),
    ];
    claims
        .into_iter()
        .map(|claim| {
            let claim = claim.source(SOURCE);
            if claim.tolerance.is_some() && claim.why.is_empty() {
                claim.because(FOUR_DECIMALS)
            } else {
                claim
            }
        })
        .collect()
}

fn sweep_claims(sweeps: &[(ReadoutCurve, Vec<TargetStates>)]) -> Vec<Claim> {
    let [(_, along_feedback), (_, along_input), (shared, shared_states)] = sweeps else { return Vec::new() };
    // Along ηᵐ the third state is −A − 2 SI ρ²/Sm, exactly.
    let offset = SWEPT.input_std * SWEPT.rho * SWEPT.rho / SWEPT.feedback_std;
    let worst = along_feedback.iter().fold(0.0_f64, |worst, states| {
        let mirrored = -states.target - 2.0 * offset;
        let distance =
            states.fixed_points.iter().map(|p| (p.z - mirrored).abs()).fold(f64::INFINITY, f64::min);
        worst.max(distance)
    });
    let wrong = |states: &[TargetStates], expected: &dyn Fn(f64) -> &'static str| {
        states.iter().filter(|s| s.class().label() != expected(s.target)).count() as f64
    };
    let borders = shared.bifurcation_targets(-2.0, 2.0).unwrap_or_default();
    let flex = shared.flex().unwrap_or(f64::NAN);
    let exchange = borders.first().copied().unwrap_or(f64::NAN);
    let count = "A count over all targets of the sweep.";
    let between = move |a: f64| if -offset < a && a < 0.0 { "target-unstable" } else { "multi" };
    let along_shared = move |a: f64| {
        if a < exchange {
            "multi"
        } else if a < flex {
            "target-unstable"
        } else {
            "mono"
        }
    };
    vec![
        Claim::within("mirror", "Along ηᵐ a further state is −A − 2 SI ρ²/Sm: largest distance from it", 0.0, worst, 1e-9)
            .source(SOURCE)
            .because("Exact; the tolerance is that of the root."),
        Claim::equal(
            "feedback-window",
            "Along ηᵐ the target is unstable between −SI ρ²/Sm and 0, stable with others elsewhere: exceptions",
            0.0,
            wrong(along_feedback, &between),
        )
        .source(SOURCE)
        .because(count),
        Claim::equal("input-unique", "Along ηᴵ the target is always the only state: exceptions", 0.0, wrong(along_input, &|_| "mono"))
            .source(SOURCE)
            .because(count),
        Claim::within("shared-flex", "Along ξ the target that cannot be realised", -0.41667, flex, 5e-6)
            .source(SOURCE)
            .because("Five decimals are quoted."),
        Claim::within("shared-exchange", "Along ξ the target exchanges stability at", -1.0629, exchange, 5e-5)
            .source(SOURCE)
            .because("Four decimals are quoted."),
        Claim::equal(
            "shared-classes",
            "Along ξ: stable with others below the exchange, the saddle up to A_flex, unique above: exceptions",
            0.0,
            wrong(shared_states, &along_shared),
        )
        .source(SOURCE)
        .because(count),
    ]
}

fn maps_figure(predictions: &[Prediction], dots: &[Vec<Dot>]) -> Result<Figure, StudyError> {
    let mut figure = Figure::new("static-maps", "Static maps of three readouts")
        .caption(
            "The output G(z) that a network returns when its output is clamped at z; where it meets the diagonal the \
             closed loop is stationary. Circles, stable; squares, unstable; dots, mean and standard deviation over simulated \
             networks, for states far enough from a saddle-node.",
        )
        .columns(3);
    for (i, ((name, direction), (prediction, dots))) in
        CLASSES.into_iter().zip(predictions.iter().zip(dots)).enumerate()
    {
        let curve = ReadoutCurve::new(Transfer::Tanh, AT_ONE_TARGET, direction)
            .map_err(StudyError::step("theory"))?;
        let grid = (0..=300).map(|i| -3.0 + 0.02 * f64::from(i));
        let map = Line::through(grid.map(|z| (z, curve.map(&prediction.readout, z))));
        let (stable, unstable): (Vec<&FixedPoint>, Vec<&FixedPoint>) =
            prediction.fixed_points.iter().partition(|p| p.stability == Stability::Stable);
        let place = |points: Vec<&FixedPoint>| Dots::at(points.iter().map(|p| (p.z, p.z)));
        let simulated = Dots::at(dots.iter().map(|dot| (dot.predicted.z, dot.z.mean)))
            .y_error(dots.iter().map(|dot| dot.z.std).collect::<Vec<_>>())
            .size(2.5)
            .colour(Colour::Blue);
        let panel = Panel::new(
            Axis::new("clamped output z").range(-3.0, 3.0),
            Axis::new("returned output G(z)").range(-3.0, 3.0),
        )
        .title(name)
        .legend(if i == 0 { Legend::Auto } else { Legend::Hidden })
        .equal_aspect()
        .layer(Reference::diagonal())
        .layer(map.label("theory"))
        .layer(place(stable).open().size(7.0).colour(Colour::Black).label("stable"))
        .layer(
            place(unstable)
                .marker(Marker::Square)
                .open()
                .size(7.0)
                .colour(Colour::Vermillion)
                .label("unstable"),
        )
        .layer(simulated.label("simulation"));
        figure = figure.panel(panel);
    }
    Ok(figure)
}

fn sweeps_figure(sweeps: &[(ReadoutCurve, Vec<TargetStates>)]) -> Figure {
    let mut figure = Figure::new("sweeps", "Stationary outputs against the target, for pure directions")
        .caption(
            "Stationary outputs of readouts along one direction alone, in the geometry of the target sweep. Solid, stable; \
             dashed, unstable; pale, the target.",
        )
        .columns(3)
        .share_y();
    for (i, ((name, _), (curve, states))) in DIRECTIONS.into_iter().zip(sweeps).enumerate() {
        let mut panel =
            Panel::new(Axis::new("target A").range(-2.0, 2.0), Axis::new("output z").range(-4.0, 4.0))
                .title(name)
                .legend(if i == 0 { Legend::Auto } else { Legend::Hidden })
                .layer(target_line());
        let flex = curve.flex().unwrap_or(f64::NAN);
        for stable in [true, false] {
            let of_kind = |p: &FixedPoint| (p.stability == Stability::Stable) == stable;
            for (rank, branch) in branches(states, flex, of_kind).into_iter().enumerate() {
                let mut line = Line::through(branch.iter().map(|(a, p)| (*a, p.z)));
                if !stable {
                    line = line.dashed();
                }
                if rank == 0 {
                    line = line.label(if stable { "stable" } else { "unstable" });
                }
                panel = panel.layer(line);
            }
        }
        figure = figure.panel(panel);
    }
    figure
}
