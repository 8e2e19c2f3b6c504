//! F1: the loss landscape and the stable region.

use attractorlab::numerics::linalg::{Mat, MatRef};
use attractorlab::training::equilibrium::linear::{LandscapePoint, landscape_points, singular_steps};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Heatmap, Line, Panel, Reference};
use serde_json::{Value, json};

use super::linear::Setting;
use crate::statistics::largest;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// F1: slices and a plane of the loss through weights that solve the task.
#[derive(Debug, Clone, Copy)]
pub struct Landscape;

const UNITS: usize = 200;
const SAMPLES: usize = 100;
const DIRECTIONS: usize = 5;
/// Radius of the directions.
const RADIUS: f64 = 2.5;
/// Where teacher and direction together have radius one: √(1 − 0.5²)/2.5.
const EDGE: f64 = 0.346_410_161_513_775_46;

fn grid(preset: Preset) -> usize {
    match preset {
        Preset::Quick => 51,
        Preset::Full => 202,
    }
}

fn slice() -> Vec<f64> {
    (0..=201).map(|k| -1.01 + 0.01 * f64::from(k)).collect()
}

struct Slice {
    points: Vec<LandscapePoint>,
    poles: Vec<f64>,
    /// Largest real part at ± the edge.
    edges: Vec<f64>,
}

impl Study for Landscape {
    fn id(&self) -> &'static str {
        "zhu2023/landscape"
    }

    fn title(&self) -> &'static str {
        "The landscape of the loss"
    }

    fn question(&self) -> &'static str {
        "Where is the loss of a linear network smooth, where does it have poles, and what has that to do with stability?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        json!({"units": UNITS, "samples": SAMPLES, "directions": DIRECTIONS, "radius of directions": RADIUS,
               "points of a slice": slice().len(), "plane": [grid(preset), grid(preset)]})
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let mut setting = Setting::draw(UNITS, SAMPLES, context.seed, 0)?;
        let directions: Vec<Mat<f64>> = (0..DIRECTIONS).map(|_| setting.weights(RADIUS)).collect();
        let task = &setting.task;
        let centre = task.interpolating_weights().map_err(StudyError::step("weights that solve the task"))?;
        let look = |directions: &[MatRef<'_, f64>], at: &[Vec<f64>], spectrum: bool| {
            landscape_points(task, centre.as_ref(), directions, at, spectrum)
                .map_err(StudyError::step("the loss"))
        };
        let t = slice();
        let line: Vec<Vec<f64>> = t.iter().map(|t| vec![*t]).collect();
        let mut slices = Vec::new();
        for (k, direction) in directions.iter().enumerate() {
            context.check()?;
            let along = [direction.as_ref()];
            slices.push(Slice {
                points: look(&along, &line, false)?,
                poles: singular_steps(centre.as_ref(), direction.as_ref())
                    .map_err(StudyError::step("poles of the loss"))?,
                edges: look(&along, &[vec![-EDGE], vec![EDGE]], true)?
                    .iter()
                    .filter_map(|p| p.growth)
                    .collect(),
            });
            context.progress.update(k + 1, 2 * DIRECTIONS);
        }
        let at_centre = look(&[directions[0].as_ref()], &[vec![0.0]], false)?[0].loss;

        let side = grid(context.preset);
        let axis: Vec<f64> = (0..side).map(|k| -1.01 + 2.02 * k as f64 / (side - 1) as f64).collect();
        let mut plane = Vec::new();
        for (row, y) in axis.iter().enumerate() {
            context.check()?;
            let points: Vec<Vec<f64>> = axis.iter().map(|x| vec![*x, *y]).collect();
            let row_of = look(&[directions[0].as_ref(), directions[1].as_ref()], &points, false)?;
            plane.push(row_of.iter().map(|p| p.loss.clamp(0.01, 1000.0)).collect::<Vec<f64>>());
            context.progress.update(DIRECTIONS + row * DIRECTIONS / side, 2 * DIRECTIONS);
        }
        Ok(Outcome {
            figures: vec![slices_figure(&t, &slices), plane_figure(&axis, plane)],
            tables: Vec::new(),
            claims: claims(&t, &slices, at_centre),
        })
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn claims(t: &[f64], slices: &[Slice], at_centre: f64) -> Vec<Claim> {
    let losses = |keep: &dyn Fn(f64) -> bool| -> Vec<f64> {
        slices
            .iter()
            .flat_map(|slice| t.iter().zip(&slice.points).filter(|(t, _)| keep(t.abs())).map(|(_, p)| p.loss))
            .collect()
    };
    let inside = losses(&|t| t < 0.8 * EDGE);
    let outside = losses(&|t| t > 1.2 * EDGE);
    let poles = |low: f64, high: f64| {
        slices.iter().flat_map(|s| &s.poles).filter(|p| (low..high).contains(&p.abs())).count() as f64
    };
    // Between two points of a slice det(1 − W) changes its sign as often as there are poles, modulo two.
    let parity = slices
        .iter()
        .flat_map(|slice| {
            t.windows(2).zip(slice.points.windows(2)).map(|(t, p)| {
                let between = slice.poles.iter().filter(|pole| (t[0]..t[1]).contains(*pole)).count();
                (between % 2 == 1) == (p[0].sign != p[1].sign)
            })
        })
        .filter(|agrees| !agrees)
        .count() as f64;
    let maxima = |low: f64, high: f64| {
        slices
            .iter()
            .map(|slice| {
                (1..t.len() - 1)
                    .filter(|&k| (low..high).contains(&t[k].abs()))
                    .filter(|&k| {
                        slice.points[k].loss > slice.points[k - 1].loss
                            && slice.points[k].loss > slice.points[k + 1].loss
                    })
                    .count() as f64
            })
            .sum::<f64>()
            / slices.len() as f64
    };
    let edges: Vec<f64> = slices.iter().flat_map(|slice| slice.edges.iter().copied()).collect();
    let high = outside.iter().filter(|loss| **loss > 1000.0).count() as f64 / outside.len() as f64;
    vec![
        Claim::at_most("solved", "W* = (Y − X)Y⁺ solves the task: its loss", 1e-22, at_centre)
            .source("specification F1")
            .because("Rounding, squared, times the condition number of Y."),
        Claim::within("edge", "Largest Re λ(W) where the circular law puts the edge, mean over directions and sides", 1.0, edges.iter().sum::<f64>() / edges.len() as f64, 0.08)
            .source("specification F1")
            .because("The edge of 200 units fluctuates by 0.05, here over ten of them that share W*, and lies a few percent off."),
        Claim::at_most("inside-poles", "Within 0.8 of the stable segment the loss has no pole: poles", 0.0, poles(0.0, 0.8 * EDGE))
            .source("specification F1")
            .because("A real eigenvalue would have to lie a quarter of the radius, seven widths of the edge, outside the disc."),
        Claim::at_least("outside-poles", "Beyond it there are many: poles with 1.2 edge < |t| < 1, a slice", 2.0, poles(1.2 * EDGE, 1.0) / slices.len() as f64)
            .source("specification F1")
            .because("A Gaussian matrix of 200 units has about eleven real eigenvalues; five slices have some thirty poles here."),
        Claim::at_most("parity", "Every change of sign of det(1 − W) is a pole that the eigenvalues name: disagreements", 0.0, parity)
            .source("ours"),
        Claim::within("inside", "Median loss within 0.8 of the segment, log10", -0.25, median(inside.clone()).log10(), 0.6)
            .source("specification F1")
            .because("0.56 in the reference network; the mean over directions varies by tens of percent."),
        Claim::at_most("inside-most", "Largest loss there", 100.0, largest(inside.iter().copied()))
            .source("specification F1")
            .because("A few to tens."),
        Claim::within("outside", "Median loss beyond 1.2 of the segment, log10", 2.47, median(outside).log10(), 0.5)
            .source("specification F1")
            .because("298 in the reference network."),
        Claim::within("rugged", "Share of points there with a loss above 1000", 0.27, high, 0.17)
            .source("specification F1")
            .because("Poles are few and far between, so that the share varies by a third from slice to slice."),
        Claim::within("maxima", "Local maxima beyond the segment, a slice", 6.0, maxima(1.2 * EDGE, 2.0), 4.0)
            .source("specification F1")
            .because("Counts of about six a slice, as the numbers of real eigenvalues, vary by two; mean over five slices that share W*."),
        Claim::at_most("smooth", "Local maxima within 0.8 of the segment, a slice", 0.0, maxima(0.0, 0.8 * EDGE))
            .source("specification F1"),
    ]
}

fn slices_figure(t: &[f64], slices: &[Slice]) -> Figure {
    let mut panel = Panel::new(
        Axis::new("distance t along W_{1}").range(-1.01, 1.0),
        Axis::new("loss J").range(0.0, 1000.0),
    )
    .layer(Reference::vertical(-EDGE).label("stable"))
    .layer(Reference::vertical(EDGE));
    for (k, slice) in slices.iter().enumerate() {
        let line = Line::through(t.iter().zip(&slice.points).map(|(t, p)| (*t, p.loss)));
        panel = panel.layer(line.colour(Colour::category(k)).width(0.8));
    }
    let poles =
        slices.iter().flat_map(|slice| slice.poles.iter().filter(|p| p.abs() < 1.0)).map(|p| (*p, 980.0));
    panel = panel.layer(Dots::at(poles).colour(Colour::Black).size(1.6).label("poles"));
    Figure::new("slices", "The loss along five random lines")
        .caption(
            "J(W* + tW₁) through weights W* that solve the task, along five directions (colours). Between the dashed lines the \
             network is stable by the circular law. Dots at the top: every pole of the five slices.",
        )
        .panel(panel)
}

fn plane_figure(axis: &[f64], plane: Vec<Vec<f64>>) -> Figure {
    let circle = (0..=120).map(|k| {
        let angle = std::f64::consts::TAU * f64::from(k) / 120.0;
        (EDGE * angle.cos(), EDGE * angle.sin())
    });
    let panel = Panel::new(Axis::new("t_{1}"), Axis::new("t_{2}"))
        .equal_aspect()
        .layer(Heatmap::new(axis, axis, plane, Axis::log10("loss J").range(0.01, 1000.0)))
        .layer(Line::through(circle).dashed().colour(Colour::Vermillion).label("stable within"));
    Figure::new("plane", "The loss in a random plane")
        .caption("J(W* + t₁W₁ + t₂W₂), clipped to [0.01, 1000]. Dashed: where the circular law puts the edge of stability.")
        .panel(panel)
}
