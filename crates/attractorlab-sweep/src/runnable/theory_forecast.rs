//! `theory.forecast`: what will become of a trained feedback network, for readouts of all families.

use attractorlab::theory::feedback::{
    BulkCorrelation, Family, RecursiveOptions, Stability, TrainingStart, forecast,
};

use super::{Measure, Measures, Parameter, Parameters, RunError, Runnable, Seed, ensemble};
use crate::{Domain, Kind};

/// Mean-field forecast of a feedback network, given where its readout comes from: which states there are, whether the target
/// is one that is held, and what competes with it, chaos included.
///
/// Source: Mastrogiuseppe & Ostojic, Neural Comput. 31:1139 (2019); see [`forecast`].
#[derive(Debug, Clone, Copy)]
pub struct TheoryForecast;

/// Names of the families.
const READOUTS: [&str; 7] = [
    "gaussian",
    "gaussian-least-squares",
    "least-squares",
    "least-squares-decorrelated",
    "gradient-descent",
    "recursive-input-only",
    "recursive-random",
];

fn family(parameters: &Parameters<'_>) -> Result<Family, RunError> {
    let least_squares = |correlation| {
        Ok::<_, RunError>(Family::LeastSquares { ridge: parameters.number("ridge")?, correlation })
    };
    let recursive = |start| {
        let units = parameters.integer("units")? as usize;
        Ok(Family::Recursive(RecursiveOptions {
            units,
            alpha: parameters.number("alpha")?,
            dt: 0.1,
            duration: parameters.number("duration")?,
            start,
        }))
    };
    match parameters.text("readout")? {
        "gaussian" => Ok(Family::Gaussian(ensemble::read_direction(parameters)?)),
        "gaussian-least-squares" => Ok(Family::GaussianLeastSquares),
        "least-squares" => least_squares(BulkCorrelation::Kept),
        "least-squares-decorrelated" => least_squares(BulkCorrelation::Dropped),
        "gradient-descent" => Ok(Family::SlowGradientDescent),
        "recursive-input-only" => recursive(TrainingStart::InputOnly),
        _ => recursive(TrainingStart::Random),
    }
}

impl Runnable for TheoryForecast {
    fn name(&self) -> &'static str {
        "theory.forecast"
    }

    fn about(&self) -> &'static str {
        "Mean-field forecast of a feedback network whose readout was trained by any rule: class, states, chaos, verdict"
    }

    fn version(&self) -> u32 {
        1
    }

    fn is_random(&self) -> bool {
        false
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut all = vec![
            Parameter::new("g", Domain::at_least(0.0), "spectral radius of the bulk"),
            Parameter::new("target", Domain::number(), "target A of the output"),
            Parameter::new("readout", Domain::choice(READOUTS), "where the readout comes from")
                .default("least-squares"),
        ];
        all.extend(ensemble::vectors());
        all.extend(ensemble::direction());
        all.extend([
            Parameter::new("ridge", Domain::at_least(0.0), "ridge q of least squares").default(0.0),
            Parameter::new(
                "units",
                Domain::whole(1, 1_000_000),
                "units, on which recursive least squares depends",
            )
            .default(400),
            Parameter::new("alpha", Domain::at_least(0.0), "regularisation of recursive least squares")
                .default(1.0),
            Parameter::new("duration", Domain::at_least(0.1), "duration of recursive least squares")
                .default(50.0),
            ensemble::transfer(),
        ]);
        all
    }

    fn measures(&self) -> Vec<Measure> {
        vec![
            Measure::new("class", Kind::Text, "mono, multi, target-unstable or target-bulk-unstable"),
            Measure::new("holds", Kind::Truth, "whether the target is a stable state").boundary(0.5),
            Measure::new("only", Kind::Truth, "whether no other attractor competes with it").boundary(0.5),
            Measure::new("output", Kind::Number, "output z of the state that training aims at"),
            Measure::new("other", Kind::Number, "output z of the nearest other attractor; missing if none"),
            Measure::new("chaotic", Kind::Integer, "chaotic states that keep their output"),
            Measure::new("states", Kind::Integer, "number of states"),
            Measure::new("marginal", Kind::Truth, "whether that number is in doubt, next to a saddle-node"),
            Measure::new("outlier_re", Kind::Number, "real part of the leading outlier λ at the target")
                .boundary(1.0),
            Measure::new("radius", Kind::Number, "radius of the bulk of J diag φ' at the target")
                .boundary(1.0),
            Measure::new("overlap_feedback", Kind::Number, "overlap ⟨n m⟩ of the readout"),
            Measure::new("overlap_input", Kind::Number, "overlap ⟨n I⟩ of the readout"),
            Measure::new(
                "a",
                Kind::Number,
                "share of the target drawn from the overlap with the feedback vector",
            ),
            Measure::new("verdict", Kind::Text, "what will happen, and why"),
        ]
    }

    fn run(&self, parameters: &Parameters<'_>, _: Seed) -> Result<Measures, RunError> {
        let inputs = ensemble::read_inputs(parameters)?;
        let transfer = ensemble::read_transfer(parameters)?;
        let target = parameters.number("target")?;
        let found = forecast(transfer, inputs, family(parameters)?, target).map_err(RunError::because)?;
        let at_target = found.at_target();
        let chaotic = found.chaotic_attractors().count();
        let others: Vec<f64> = found.other_attractors().map(|p| p.z).collect();
        let nearest = others.iter().copied().min_by(|a, b| (a - target).abs().total_cmp(&(b - target).abs()));
        let outlier = (at_target.stability != Stability::BulkUnstable).then_some(at_target.outliers[0].re);
        Ok(Measures::new()
            .with("class", found.class.label())
            .with("holds", found.holds())
            .with("only", found.holds() && others.is_empty() && chaotic == 0)
            .with("output", at_target.z)
            .with_option("other", nearest)
            .with("chaotic", chaotic as i64)
            .with("states", found.fixed_points.len() as i64)
            .with("marginal", found.marginal)
            .with_option("outlier_re", outlier)
            .with("radius", at_target.radius)
            .with("overlap_feedback", found.readout.overlap_feedback)
            .with("overlap_input", found.readout.overlap_input)
            .with("a", found.feedback_share)
            .with("verdict", found.verdict().as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn every_family_says_what_the_library_says() {
        let declared = TheoryForecast.parameters();
        for (readout, states) in [
            ("gaussian", 3),
            ("gaussian-least-squares", 3),
            ("least-squares", 3),
            ("least-squares-decorrelated", 3),
            ("gradient-descent", 3),
            ("recursive-input-only", 1),
            ("recursive-random", 3),
        ] {
            let values: Vec<Value> = declared
                .iter()
                .map(|p| match p.name.as_str() {
                    "g" => Value::Number(0.5),
                    "target" => Value::Number(1.5),
                    "input_std" => Value::Number(0.15),
                    "units" => Value::Integer(200),
                    "readout" => Value::from(readout),
                    _ => p.default.clone().unwrap(),
                })
                .collect();
            let parameters = Parameters { names: &declared, values: &values, arrays: &[] };
            let found = TheoryForecast.run(&parameters, Seed(1)).unwrap();
            let value = |name: &str| found.iter().find(|m| m.0 == name).map(|m| m.1.clone());
            assert_eq!(value("states"), Some(Value::Integer(states)), "{readout}");
            assert_eq!(value("holds"), Some(Value::Truth(true)), "{readout}");
            assert_eq!(value("only"), Some(Value::Truth(states == 1)), "{readout}");
        }
    }
}
