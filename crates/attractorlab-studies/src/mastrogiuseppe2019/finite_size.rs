//! E8: how finite networks scatter about theory.

use attractorlab::dynamics::{SolverOptions, Status};
use attractorlab::network::Transfer;
use attractorlab::theory::feedback::{Direction, Inputs, Scatter, predict, scatter};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Marker, Panel, Table};
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::rules::Network;
use crate::statistics::Sample;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E8 of Mastrogiuseppe & Ostojic 2019.
#[derive(Debug, Clone, Copy)]
pub struct FiniteSize;

const INPUTS: Inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
const DIRECTION: Direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
const TARGET: f64 = 0.5;

/// Units and networks of each size.
fn sizes(preset: Preset) -> &'static [(usize, usize)] {
    match preset {
        Preset::Quick => &[(100, 500), (200, 400), (400, 200)],
        Preset::Full => &[(100, 2000), (200, 2000), (400, 1500), (800, 1000)],
    }
}

impl Study for FiniteSize {
    fn id(&self) -> &'static str {
        "mastrogiuseppe2019/finite-size"
    }

    fn title(&self) -> &'static str {
        "How finite networks scatter about theory"
    }

    fn question(&self) -> &'static str {
        "Theory is for many units. How far from it are the overlaps, static maps and outputs of finite networks, and does theory \
         know that beforehand?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        json!({
            "g": INPUTS.g, "feedback_std": INPUTS.feedback_std, "input_std": INPUTS.input_std, "rho": INPUTS.rho,
            "readout": {"shared": DIRECTION.shared, "feedback_own": DIRECTION.feedback_own, "input_own": DIRECTION.input_own},
            "target": TARGET,
            "sizes": sizes(preset).iter().map(|(units, networks)| json!({"units": units, "networks": networks})).collect::<Vec<_>>(),
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let prediction = predict(INPUTS, DIRECTION, TARGET).map_err(StudyError::step("theory"))?;
        let theory = scatter(Transfer::Tanh, INPUTS, DIRECTION, prediction.scale, TARGET)
            .map_err(StudyError::step("theory of the scatter"))?;
        let mut table = Table::new("finite-size", "Scatter over networks").caption(
            "Standard deviations over networks times √N, which theory has in the first row, and mean outputs; networks without a \
             state within 2 of the target are left out of the column of outputs.",
        );
        for column in ["N", "networks", "mean z", "√N sd of s_nm", "√N sd of G_N(A)", "√N sd of z", "without"]
        {
            table = table.column(column);
        }
        table = table.row([
            f64::INFINITY.into(),
            f64::INFINITY.into(),
            TARGET.into(),
            theory.overlap_feedback.into(),
            theory.map.into(),
            theory.output.into(),
            0.0.into(),
        ]);
        let mut cells = Vec::new();
        for (index, &(units, networks)) in sizes(context.preset).iter().enumerate() {
            let found = simulate(context, index, units, networks, prediction.scale)?;
            let column = |of: fn(&Found) -> f64| Sample::of(&found.iter().map(of).collect::<Vec<_>>());
            let outputs: Vec<f64> = found.iter().filter_map(|f| f.output).collect();
            let cell = Cell {
                units,
                overlap: column(|f| f.overlap),
                map: column(|f| f.map),
                output: Sample::of(&outputs),
            };
            let root = (units as f64).sqrt();
            table = table.row([
                (units as f64).into(),
                (found.len() as f64).into(),
                cell.output.mean.into(),
                (root * cell.overlap.std).into(),
                (root * cell.map.std).into(),
                (root * cell.output.std).into(),
                ((found.len() - outputs.len()) as f64).into(),
            ]);
            cells.push(cell);
        }
        Ok(Outcome {
            figures: vec![figure(&cells, &theory)],
            tables: vec![table],
            claims: claims(&cells, &theory),
        })
    }
}

/// What one network showed.
struct Found {
    overlap: f64,
    /// G_N(A).
    map: f64,
    /// Output of its stationary state next to the target.
    output: Option<f64>,
}

/// The networks of one size.
struct Cell {
    units: usize,
    overlap: Sample,
    map: Sample,
    output: Sample,
}

fn simulate(
    context: &Context<'_>,
    index: usize,
    units: usize,
    networks: usize,
    scale: f64,
) -> Result<Vec<Found>, StudyError> {
    let purpose = format!("mastrogiuseppe2019/finite-size/{index}");
    (0..networks)
        .into_par_iter()
        .map(|replicate| {
            context.check()?;
            let mut stream = Stream::new(context.seed, &purpose, replicate as u64);
            let network = Network::draw(units, INPUTS, &mut stream);
            let v = &network.vectors;
            let readout: Vec<f64> = (0..units)
                .map(|i| {
                    let own =
                        DIRECTION.feedback_own * v.feedback_own[i] + DIRECTION.input_own * v.input_own[i];
                    scale * (DIRECTION.shared * v.shared[i] + own)
                })
                .collect();
            let options = SolverOptions { tolerance: 1e-10, ..SolverOptions::default() };
            let task = network.task(TARGET);
            let map = task.static_map(&readout);
            let state = map.fixed_point_near(TARGET, true, 2.0, options);
            let overlap = readout.iter().zip(&v.feedback).map(|(n, m)| n * m).sum::<f64>() / units as f64;
            context.progress.update(replicate, networks);
            Ok(Found {
                overlap,
                map: map.sample(TARGET, options).value,
                output: (state.status == Status::Converged).then_some(state.z),
            })
        })
        .collect()
}

/// √N times the standard deviation over the networks of all sizes together, and its relative standard error: the
/// variance of n values errs by √(2/(n − 1)).
fn pooled<'a>(samples: impl Iterator<Item = (usize, &'a Sample)>) -> (f64, f64) {
    let (mut squares, mut degrees) = (0.0, 0.0);
    for (units, sample) in samples {
        let freedom = sample.count as f64 - 1.0;
        squares += freedom * units as f64 * sample.std * sample.std;
        degrees += freedom;
    }
    ((squares / degrees).sqrt(), (2.0 * degrees).sqrt().recip())
}

fn claims(cells: &[Cell], theory: &Scatter) -> Vec<Claim> {
    let mut claims = Vec::new();
    let mut law = |id: &str, what: &str, expected: f64, (found, error): (f64, f64), next: f64, why: &str| {
        claims.push(
            Claim::within(id, what, expected, found, (5.0 * error + next) * expected)
                .source("ours; specification E8 for N^(−1/2)")
                .because(why),
        );
    };
    law(
        "overlap",
        "Scatter of the overlap n·m/N, times √N, all sizes together, is that of a sum of products of Gaussians",
        theory.overlap_feedback,
        pooled(cells.iter().map(|c| (c.units, &c.overlap))),
        0.0,
        "Exact at every N. Five standard errors of a standard deviation.",
    );
    law(
        "map",
        "Scatter of G_N(A), times √N, all sizes together, is that of the theory without a free parameter",
        theory.map,
        pooled(cells.iter().map(|c| (c.units, &c.map))),
        0.05,
        "Five standard errors, and a twentieth for the next order in 1/N, which matters at N = 100 alone.",
    );
    // A shift of the state is 1/(1 − G') times that of the map, and bends with it.
    law(
        "output",
        "Scatter of the output, times √N, all sizes together, is that of the map over 1 − G'",
        theory.output,
        pooled(cells.iter().map(|c| (c.units, &c.output))),
        0.08,
        "Five standard errors, and 0.08 for the bend of the map on the scale of the scatter, which is 0.09 at N = 100.",
    );
    for (id, what, pick) in [
        ("overlap", "the overlap s_nm", (|c: &Cell| c.overlap) as fn(&Cell) -> Sample),
        ("map", "the map G_N(A)", |c| c.map),
    ] {
        let points: Vec<(usize, Sample)> = cells.iter().map(|c| (c.units, pick(c))).collect();
        let (slope, error) = exponent(&points);
        claims.push(
            Claim::within(
                &format!("exponent-{id}"),
                &format!("The scatter of {what} falls as a power of N with the exponent"),
                -0.5,
                slope,
                5.0 * error + 0.02,
            )
            .source("specification E8")
            .because("Five standard errors of a weighted fit, and 0.02 for corrections of the next order."),
        );
    }
    // The specification's values: .102 at N = 100 (60 networks), .0406 at N = 400 (30 networks).
    for (units, expected, count) in [(100, 0.102_f64, 60.0), (400, 0.0406, 30.0)] {
        let Some(cell) = cells.iter().find(|c| c.units == units) else { continue };
        let relative: f64 = (0.5 / (count - 1.0_f64) + 0.5 / (cell.output.count as f64 - 1.0)).sqrt();
        claims.push(
            Claim::within(
                &format!("std-{units}"),
                &format!("Standard deviation of the output at N = {units}"),
                expected,
                cell.output.std,
                5.0 * relative * expected,
            )
            .source("specification E8")
            .because(
                "Five standard errors of both standard deviations; the quoted one is of 60 and 30 networks.",
            ),
        );
    }
    claims
}

/// Exponent of a power law through log(sd) against log N, by weighted least squares, and its standard error:
/// the logarithm of a standard deviation of n values errs by 1/√(2(n − 1)).
fn exponent(points: &[(usize, Sample)]) -> (f64, f64) {
    let weights: Vec<f64> = points.iter().map(|p| 2.0 * (p.1.count as f64 - 1.0)).collect();
    let x: Vec<f64> = points.iter().map(|p| (p.0 as f64).ln()).collect();
    let y: Vec<f64> = points.iter().map(|p| p.1.std.ln()).collect();
    let total: f64 = weights.iter().sum();
    let mean = |v: &[f64]| weights.iter().zip(v).map(|(w, v)| w * v).sum::<f64>() / total;
    let (mx, my) = (mean(&x), mean(&y));
    let spread: f64 = weights.iter().zip(&x).map(|(w, x)| w * (x - mx).powi(2)).sum();
    let along: f64 = weights.iter().zip(x.iter().zip(&y)).map(|(w, (x, y))| w * (x - mx) * (y - my)).sum();
    (along / spread, spread.sqrt().recip())
}

fn figure(cells: &[Cell], theory: &Scatter) -> Figure {
    let mut panel =
        Panel::new(Axis::log10("units N"), Axis::log10("standard deviation over networks")).title("Scatter");
    let n: Vec<f64> = cells.iter().map(|c| c.units as f64).collect();
    for (name, colour, marker, expected, pick) in [
        (
            "output z",
            Colour::Blue,
            Marker::Circle,
            theory.output,
            (|c: &Cell| c.output) as fn(&Cell) -> Sample,
        ),
        ("overlap s_{nm}", Colour::Orange, Marker::Square, theory.overlap_feedback, |c| c.overlap),
        ("map G_{N}(A)", Colour::Green, Marker::Triangle, theory.map, |c| c.map),
    ] {
        let samples: Vec<Sample> = cells.iter().map(pick).collect();
        let std: Vec<f64> = samples.iter().map(|s| s.std).collect();
        let bars: Vec<f64> = samples.iter().map(|s| s.std / (2.0 * (s.count as f64 - 1.0)).sqrt()).collect();
        panel = panel
            .layer(Line::through(n.iter().map(|n| (*n, expected / n.sqrt()))).colour(colour))
            .layer(Dots::new(n.clone(), std).y_error(bars).colour(colour).marker(marker).label(name));
    }
    Figure::new("finite-size", "Finite networks approach theory as N^{−1/2}")
        .caption(
            "Standard deviation over networks of an overlap, of the static map at the target, and of the output. Lines, theory without \
             a free parameter; dots, networks, bars: standard errors.",
        )
        .panel(panel)
}
