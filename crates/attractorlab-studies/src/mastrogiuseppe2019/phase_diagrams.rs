//! E3 and E9: classes of solutions over two parameters, and the thresholds between them.

use attractorlab::dynamics::{SolverOptions, TraceOptions};
use attractorlab::network::Transfer;
use attractorlab::theory::chaos::ChaosTheory;
use attractorlab::theory::clamped::DriveTheory;
use attractorlab::theory::feedback::{
    Class, Direction, Family, Inputs, PhaseAxis, PhaseDiagram, PhaseReadout, PhaseSettings, Quantity,
    phase_diagram, thresholds,
};
use attractorlab::training::LocalVerdict;
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Marker, Panel, Regions};
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::rules::Network;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E3 and E9 of Mastrogiuseppe & Ostojic 2019.
#[derive(Debug, Clone, Copy)]
pub struct PhaseDiagrams;

/// The geometry of E3.
const INPUTS: Inputs = Inputs { g: 0.8, feedback_std: 1.2, input_std: 0.5, rho: 0.0 };
/// The readout direction of the diagrams without an axis for the share.
const DIRECTION: Direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
/// A, a_b, a_c of the specification.
const THRESHOLDS: [(f64, f64, f64); 4] =
    [(0.25, 0.98711, 1.09893), (0.5, 0.96125, 1.27847), (1.0, 0.91628, 1.55712), (2.0, 0.87140, 1.80680)];
/// S_c(g) of the specification.
const CRITICAL: [(f64, f64); 4] = [(1.1, 0.001352), (1.5, 0.186144), (2.0, 1.635957), (3.0, 15.0807)];
const UNITS: usize = 400;
const TOLERANCE: f64 = 1e-7;

/// Points of an axis, and simulated networks.
fn size(preset: Preset) -> (usize, usize) {
    match preset {
        Preset::Quick => (80, 40),
        Preset::Full => (200, 600),
    }
}

impl Study for PhaseDiagrams {
    fn id(&self) -> &'static str {
        "mastrogiuseppe2019/phase-diagrams"
    }

    fn title(&self) -> &'static str {
        "Classes of solutions over two parameters"
    }

    fn question(&self) -> &'static str {
        "Where in the space of targets, gains and geometries is the target the only state, one of several, unstable, or \
         chaotic, and where do these regions meet?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let (points, networks) = size(preset);
        json!({
            "g": INPUTS.g, "feedback_std": INPUTS.feedback_std, "input_std": INPUTS.input_std, "rho": INPUTS.rho,
            "readout": {"shared": DIRECTION.shared, "feedback_own": DIRECTION.feedback_own, "input_own": DIRECTION.input_own},
            "points_per_axis": points, "tolerance": TOLERANCE, "units": UNITS, "networks": networks,
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let (points, networks) = size(context.preset);
        let axis = |quantity, low, high| PhaseAxis { quantity, low, high, points };
        let gaussian = PhaseReadout::Of(Family::Gaussian(DIRECTION));
        let target = axis(Quantity::Target, -2.0, 2.0);
        let positive = axis(Quantity::Target, 0.05, 2.0);
        let panels: [(&str, PhaseReadout, PhaseAxis, PhaseAxis); 4] = [
            (
                "(a) share and target, g = 0.8",
                PhaseReadout::Share(0.0),
                positive,
                axis(Quantity::Share, -0.5, 2.2),
            ),
            ("(b) gain and target", gaussian, target, axis(Quantity::Gain, 0.0, 2.5)),
            ("(c) shared direction and target", gaussian, target, axis(Quantity::Rho, 0.0, 1.0)),
            ("(d) input strength and target", gaussian, target, axis(Quantity::InputRatio, 0.02, 1.5)),
        ];
        let mut figure = Figure::new("phase-diagrams", "Phase diagrams of Gaussian readouts")
            .columns(2)
            .caption(
                "What a network does whose Gaussian readout holds the target. Lines: boundaries, bisected to 1e-7 of the axis. \
                 In (a) all readouts, by the share a of the target that they draw from their overlap with the feedback \
                 vector; dots: networks of 400 units, filled where their own map has other stable states, open where the target is \
                 the only one, triangles where it is unstable. In (b) to (d) the readout lies along ξ + ηᵐ + 0.3 ηᴵ.",
            );
        let mut diagrams = Vec::new();
        for (title, readout, x, y) in panels {
            context.check()?;
            let settings = PhaseSettings {
                transfer: Transfer::Tanh,
                inputs: INPUTS,
                target: 1.0,
                readout,
                tolerance: TOLERANCE,
            };
            let diagram = phase_diagram(&settings, x, y).map_err(StudyError::step("phase diagram"))?;
            diagrams.push((title, diagram));
        }
        let simulated = simulate(context, networks)?;
        let mut claims = threshold_claims(&diagrams[0].1)?;
        claims.extend(critical_claims(&diagrams[1].1)?);
        claims.push(simulation_claim(&simulated));
        for (index, (title, diagram)) in diagrams.iter().enumerate() {
            let mut panel = draw(title, diagram);
            if index == 0 {
                panel = panel.layers(dots(&simulated));
            }
            figure = figure.panel(panel);
        }
        Ok(Outcome { figures: vec![figure], tables: Vec::new(), claims })
    }
}

const NAMES: [&str; 4] = ["only state", "with others", "unstable", "chaotic"];

fn index(class: Class) -> usize {
    match class {
        Class::Monostable => 0,
        Class::Bistable => 1,
        Class::TargetUnstable => 2,
        Class::TargetBulkUnstable => 3,
    }
}

fn label(quantity: Quantity) -> Axis {
    Axis::new(match quantity {
        Quantity::Target => "target A",
        Quantity::Gain => "gain g",
        Quantity::Rho => "shared weight ρ",
        Quantity::InputRatio => "input strength S_{I}/S_{m}",
        Quantity::Share => "share of the feedback a",
    })
}

fn draw(title: &str, diagram: &PhaseDiagram) -> Panel {
    let classes: Vec<Vec<usize>> = diagram
        .classes
        .chunks(diagram.x.points)
        .map(|row| row.iter().map(|class| class.map_or(usize::MAX, index)).collect())
        .collect();
    let regions = Regions::new(diagram.x.values(), diagram.y.values(), classes, NAMES);
    let axis = |a: &PhaseAxis| label(a.quantity).range(a.low, a.high);
    let mut panel = Panel::new(axis(&diagram.x), axis(&diagram.y)).title(title).layer(regions);
    for boundary in diagram.boundaries.iter().filter(|b| b.points.len() > 1) {
        panel = panel.layer(Line::through(boundary.points.iter().copied()).colour(Colour::Black).width(1.2));
    }
    panel
}

/// One simulated network: target, share, predicted class, distance from the nearest boundary, own class.
struct Simulated {
    target: f64,
    share: f64,
    predicted: Class,
    distance: f64,
    own: Class,
}

fn simulate(context: &Context<'_>, networks: usize) -> Result<Vec<Simulated>, StudyError> {
    (0..networks)
        .into_par_iter()
        .map(|replicate| {
            context.check()?;
            let mut stream = Stream::new(context.seed, "mastrogiuseppe2019/phase-diagrams", replicate as u64);
            let target = 0.3 + 1.6 * stream.uniform();
            let share = -0.4 + 2.5 * stream.uniform();
            let found = one(&mut stream, target, share)?;
            context.progress.update(replicate, networks);
            Ok(found)
        })
        .collect()
}

fn one(stream: &mut Stream, target: f64, share: f64) -> Result<Simulated, StudyError> {
    let borders = thresholds(Transfer::Tanh, INPUTS, target).map_err(StudyError::step("thresholds"))?;
    let moments = DriveTheory::new(Transfer::Tanh, INPUTS.g)
        .and_then(|theory| theory.at(INPUTS.drive(target)))
        .map_err(StudyError::step("theory"))?;
    let predicted = if share < borders.bistable {
        Class::Monostable
    } else if share < borders.unstable {
        Class::Bistable
    } else {
        Class::TargetUnstable
    };
    let network = Network::draw(UNITS, INPUTS, stream);
    let v = &network.vectors;
    // s_nm⟨φ'⟩ = a and s_nI⟨φ'⟩ = A(1 − a).
    let along_feedback = share / moments.gain / (INPUTS.feedback_std * INPUTS.feedback_std);
    let along_input = target * (1.0 - share) / moments.gain / (INPUTS.input_std * INPUTS.input_std);
    let readout: Vec<f64> =
        v.feedback.iter().zip(&v.input).map(|(m, i)| along_feedback * m + along_input * i).collect();
    let options = TraceOptions {
        solver: SolverOptions { tolerance: 1e-9, ..SolverOptions::default() },
        ..TraceOptions::default()
    };
    let verdict =
        network.task(target).verdict(&readout, &options).map_err(StudyError::step("tracing a map"))?;
    // A Gaussian readout misses its target by the scatter of the network: the state next to it stands for it.
    let trace = &verdict.trace;
    let nearest =
        trace.fixed_points.iter().min_by(|a, b| (a.z - target).abs().total_cmp(&(b.z - target).abs()));
    let own = match nearest {
        Some(point) if point.stable => {
            if trace.fixed_points.len() == 1 {
                Class::Monostable
            } else {
                Class::Bistable
            }
        }
        None if verdict.local == LocalVerdict::Chaotic => Class::TargetBulkUnstable,
        _ => Class::TargetUnstable,
    };
    let distance = (share - borders.bistable).abs().min((share - borders.unstable).abs());
    Ok(Simulated { target, share, predicted, distance, own })
}

/// Distance in a beyond which finite networks are held against theory.
const FAR: f64 = 0.3;

fn simulation_claim(simulated: &[Simulated]) -> Claim {
    let far: Vec<&Simulated> = simulated.iter().filter(|s| s.distance >= FAR).collect();
    let right = far.iter().filter(|s| s.own == s.predicted).count();
    Claim::at_least(
        "networks",
        "Networks of 400 units with random A and a, at least 0.3 in a from a boundary, are of the predicted class: share",
        0.8,
        right as f64 / far.len() as f64,
    )
    .source("ours")
    .because(
        "The overlaps of a finite network scatter by about 0.1 in a, and near a_c the state next to the target may be \
         another one; a fifth of the networks is far more than that, and far less than guessing.",
    )
}

fn dots(simulated: &[Simulated]) -> Vec<Dots> {
    [
        (Class::Monostable, Marker::Circle, true),
        (Class::Bistable, Marker::Circle, false),
        (Class::TargetUnstable, Marker::Triangle, false),
    ]
    .into_iter()
    .filter_map(|(class, marker, open)| {
        let of: Vec<&Simulated> = simulated.iter().filter(|s| s.own == class).take(40).collect();
        if of.is_empty() {
            return None;
        }
        let points = of.iter().map(|s| (s.target, s.share));
        let dots = Dots::at(points).marker(marker).colour(Colour::Black).size(3.0);
        Some(if open { dots.open() } else { dots })
    })
    .collect()
}

fn threshold_claims(diagram: &PhaseDiagram) -> Result<Vec<Claim>, StudyError> {
    let mut claims = Vec::new();
    let mut worst = 0.0_f64;
    for (target, bistable, unstable) in THRESHOLDS {
        let found = thresholds(Transfer::Tanh, INPUTS, target).map_err(StudyError::step("thresholds"))?;
        for (name, expected, measured) in [("b", bistable, found.bistable), ("c", unstable, found.unstable)] {
            claims.push(
                Claim::within(
                    &format!("a_{name}-{target}"),
                    &format!("a_{name} at A = {target}"),
                    expected,
                    measured,
                    6e-6,
                )
                .source("specification E3")
                .because("Five decimals are quoted."),
            );
        }
    }
    for boundary in &diagram.boundaries {
        let [Some(first), Some(second)] = boundary.between else { continue };
        for &(target, share) in &boundary.points {
            let found = thresholds(Transfer::Tanh, INPUTS, target).map_err(StudyError::step("thresholds"))?;
            let expected = match (first, second) {
                (Class::Monostable, Class::Bistable) => found.bistable,
                (Class::Bistable, Class::TargetUnstable) => found.unstable,
                _ => f64::NAN,
            };
            // Points on edges along A are located in A.
            let error = (share - expected).abs();
            worst = if error > worst || error.is_nan() { error } else { worst };
        }
    }
    claims.push(
        Claim::at_most(
            "boundaries",
            "Boundaries of diagram (a) are a_b and a_c: largest distance in a",
            1e-5,
            worst,
        )
        .source("specification E9")
        .because(
            "Located to 1e-7 of an axis in A or in a, along which the thresholds have slopes below ten.",
        ),
    );
    Ok(claims)
}

fn critical_claims(diagram: &PhaseDiagram) -> Result<Vec<Claim>, StudyError> {
    let theory = |g| ChaosTheory::new(Transfer::Tanh, g).map_err(StudyError::step("theory of chaos"));
    let mut claims = Vec::new();
    for (g, expected) in CRITICAL {
        claims.push(
            Claim::within(
                &format!("critical-{g}"),
                &format!("The bulk is stable from S_c on at g = {g}"),
                expected,
                theory(g)?.critical_drive(),
                6e-7 * (expected / 1.5).max(1.0) * 10.0,
            )
            .source("specification section 4")
            .because("Six significant digits are quoted."),
        );
    }
    let mut worst = 0.0_f64;
    let chaotic = diagram.boundaries.iter().filter(|b| b.between.contains(&Some(Class::TargetBulkUnstable)));
    for &(target, g) in chaotic.flat_map(|b| &b.points) {
        let critical = theory(g)?.critical_drive();
        worst = worst.max((INPUTS.drive(target) - critical).abs() / (1.0 + critical));
    }
    claims.push(
        Claim::at_most(
            "chaos-boundary",
            "The chaotic region of diagram (b) ends at S(A) = S_c(g): largest relative difference",
            1e-5,
            worst,
        )
        .source("specification E9")
        .because("Located to 1e-7 of an axis; S_c has a slope below twenty in g."),
    );
    Ok(claims)
}
