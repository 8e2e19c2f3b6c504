//! F3: angles between the updates of the rules.

use attractorlab::numerics::linalg::Mat;
use attractorlab::training::equilibrium::linear::{
    LinearRule, LinearWeights, LinearisedPath, ReparameterisedPath, angle,
};
use attractorlab_figures::{Axis, Colour, Figure, Legend, Line, Panel, Reference};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::linear::Setting;
use crate::statistics::{largest, smallest};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// F3: how far the updates of rules 1 and 2, and of rules 2 and 3, point apart along training.
#[derive(Debug, Clone, Copy)]
pub struct Angles;

const RATES: [f64; 4] = [0.03, 0.1, 0.3, 1.0];
const UNITS: usize = 200;
const SAMPLES: usize = 100;
/// Where the angles are measured.
const STEPS: [u64; 16] = [1, 2, 5, 10, 20, 50, 100, 200, 350, 500, 750, 1000, 1500, 2000, 2750, 3500];
/// Below this loss the updates are rounding errors.
const ROUNDING: f64 = 1e-18;

/// Angles in degrees by step.
struct Course {
    rate: f64,
    /// θ₁₂ along rule 2.
    first: Vec<(f64, f64)>,
    /// θ₂₃ along rule 3.
    second: Vec<(f64, f64)>,
}

fn course(setting: &Setting, start: &Mat<f64>, rate: f64) -> Result<Course, StudyError> {
    let task = &setting.task;
    let along =
        ReparameterisedPath::new(task, start.as_ref(), rate, false).map_err(StudyError::step("rule 2"))?;
    let mut linearised =
        LinearisedPath::new(task, start.as_ref(), rate).map_err(StudyError::step("rule 3"))?;
    let increment = |weights: &LinearWeights<'_>, rule| {
        weights.increment(rule, rate).map(|(change, _)| change).map_err(StudyError::step("an update"))
    };
    let at = |weights: Mat<f64>| LinearWeights::new(task, weights).map_err(StudyError::step("weights"));
    let mut out = Course { rate, first: Vec::new(), second: Vec::new() };
    for step in STEPS {
        if along.loss(step) < ROUNDING {
            break;
        }
        let weights = at(along.weights(step).map_err(StudyError::step("weights of rule 2"))?)?;
        let theta = angle(
            &increment(&weights, LinearRule::Gradient)?,
            &increment(&weights, LinearRule::Reparameterised)?,
        );
        out.first.push((step as f64, theta));
        linearised.advance(step - linearised.step());
        let weights = at(linearised.weights().map_err(StudyError::step("weights of rule 3"))?)?;
        let theta = angle(
            &increment(&weights, LinearRule::Reparameterised)?,
            &increment(&weights, LinearRule::Linearised)?,
        );
        out.second.push((step as f64, theta));
    }
    Ok(out)
}

impl Study for Angles {
    fn id(&self) -> &'static str {
        "zhu2023/angles"
    }

    fn title(&self) -> &'static str {
        "Angles between updates"
    }

    fn question(&self) -> &'static str {
        "Do the reparameterised rules go downhill, though nearly at right angles to the gradient, and how alike are they?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        json!({"units": UNITS, "samples": SAMPLES, "rates": RATES, "steps": STEPS, "networks": networks(preset)})
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let mut all = Vec::new();
        for network in 0..networks(context.preset) {
            let mut setting = Setting::draw(UNITS, SAMPLES, context.seed, network)?;
            let start = setting.weights(0.75);
            let courses = RATES
                .par_iter()
                .map(|rate| {
                    context.check()?;
                    course(&setting, &start, *rate)
                })
                .collect::<Result<Vec<Course>, StudyError>>()?;
            context.progress.update(network as usize + 1, networks(context.preset) as usize);
            all.push(courses);
        }
        let figure = figure(&all[0]);
        let claims = claims(&all.into_iter().flatten().collect::<Vec<_>>());
        Ok(Outcome { figures: vec![figure], tables: Vec::new(), claims })
    }
}

fn networks(preset: Preset) -> u64 {
    match preset {
        Preset::Quick => 1,
        Preset::Full => 5,
    }
}

fn claims(courses: &[Course]) -> Vec<Claim> {
    let firsts = || courses.iter().flat_map(|c| c.first.iter().map(|(_, theta)| *theta));
    let at =
        |course: &Course, step: f64| course.second.iter().find(|(s, _)| *s == step).map(|(_, theta)| *theta);
    // θ₂₃/η at the first step, against that of the smallest rate.
    let ratios: Vec<f64> = courses
        .chunks(RATES.len())
        .flat_map(|network| {
            let unit = network[0].second[0].1 / network[0].rate;
            network[1..].iter().map(move |course| course.second[0].1 / course.rate / unit)
        })
        .collect();
    vec![
        Claim::at_most(
            "downhill",
            "Rule 2 goes downhill all along: largest angle to the gradient's update, degrees",
            90.0,
            largest(firsts()),
        )
        .source("specification F3; ⟨dJ/dW, ΔW₃⟩ = −η |dJ/dA|² < 0"),
        Claim::at_least(
            "steep",
            "At first it is nearly at right angles to it: θ₁₂ at step 1, degrees",
            78.0,
            smallest(courses.iter().map(|c| c.first[0].1)),
        )
        .source("specification F3")
        .because("84 to 89 over networks of 50 units, 85.3 in one of 200."),
        Claim::within(
            "late",
            "Later the angle falls: θ₁₂ at step 1000, mean over learning rates, degrees",
            76.5,
            {
                let late: Vec<f64> = courses
                    .iter()
                    .filter_map(|c| c.first.iter().find(|(s, _)| *s == 1000.0))
                    .map(|(_, theta)| *theta)
                    .collect();
                late.iter().sum::<f64>() / late.len() as f64
            },
            8.0,
        )
        .source("specification F3")
        .because("67 to 84 over single networks of 50 units; the spread of 200 units is half of that."),
        Claim::at_most(
            "proportional",
            "θ₂₃ at step 1 is proportional to η: largest deviation of θ₂₃/η from that of η = 0.03",
            0.2,
            largest(ratios.iter().map(|ratio| (ratio - 1.0).abs())),
        )
        .source("specification F3; ΔW₂ − ΔW₃ = O(η²)")
        .because("The next order is η λ_max(K) ≈ 0.12 at η = 1."),
        Claim::within("alike", "θ₂₃ at step 1 for η = 1, degrees", 1.95, courses[3].second[0].1, 0.8)
            .source("specification F3")
            .because("1.65 to 2.4 over networks; 40 % is the tolerance of the reference."),
        Claim::at_most(
            "decays",
            "By step 1000 rules 2 and 3 point the same way: largest θ₂₃, degrees",
            0.05,
            largest(courses.iter().filter_map(|c| at(c, 1000.0))),
        )
        .source("specification F3")
        .because("0.013 in the reference."),
    ]
}

fn figure(courses: &[Course]) -> Figure {
    let step = || Axis::log10("step").range(1.0, 3500.0);
    let mut first = Panel::new(step(), Axis::new("θ_{12} between rules 1 and 2 (degrees)").range(60.0, 95.0))
        .title("along rule 2")
        .layer(Reference::horizontal(90.0).label("90°"))
        .legend(Legend::Hidden);
    let mut second =
        Panel::new(step(), Axis::log10("θ_{23} between rules 2 and 3 (degrees)").range(1e-4, 10.0))
            .title("along rule 3")
            .legend(Legend::BottomLeft);
    for (k, course) in courses.iter().enumerate() {
        let line = |points: &[(f64, f64)]| Line::through(points.iter().copied()).colour(Colour::category(k));
        first = first.layer(line(&course.first));
        second = second.layer(line(&course.second).label(format!("η = {}", course.rate)));
    }
    Figure::new("angles", "Angles between the updates that two rules would make")
        .columns(2)
        .caption(
            "One network of 200 units; colours are learning rates. Angles in the Frobenius inner product.",
        )
        .panel(first)
        .panel(second)
}
