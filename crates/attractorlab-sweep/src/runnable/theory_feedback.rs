//! `theory.feedback`: the prediction for a feedback network with a Gaussian readout.

use std::cell::RefCell;

use attractorlab::network::Transfer;
use attractorlab::theory::feedback::{Direction, FeedbackError, Inputs, Prediction, ReadoutCurve};

use super::{Measure, Measures, Parameter, Parameters, RunError, Runnable, Seed, ensemble};
use crate::{Domain, Kind};

/// What a readout curve depends on.
type Network = (Transfer, Inputs, Direction);

thread_local! {
    /// The curve of the last point of this thread: all targets of one network share it, and are neighbours
    /// where the target is the innermost axis.
    static LAST: RefCell<Option<(Network, ReadoutCurve)>> = const { RefCell::new(None) };
}

/// The prediction, from the last curve if it is that of this network. What the curve was used for before
/// leaves no trace in the numbers: a target beyond it extends a copy.
fn predict(
    transfer: Transfer,
    inputs: Inputs,
    direction: Direction,
    target: f64,
) -> Result<Prediction, FeedbackError> {
    LAST.with_borrow_mut(|last| {
        let network = (transfer, inputs, direction);
        if last.as_ref().is_none_or(|(known, _)| *known != network) {
            *last = Some((network, ReadoutCurve::new(transfer, inputs, direction)?));
        }
        let Some((_, curve)) = last else { unreachable!("the curve was made above") };
        curve.prediction(target)
    })
}

/// Every stationary state of a feedback network whose Gaussian readout holds a target, and what becomes of it.
#[derive(Debug, Clone, Copy)]
pub struct TheoryFeedback;

impl Runnable for TheoryFeedback {
    fn name(&self) -> &'static str {
        "theory.feedback"
    }

    fn about(&self) -> &'static str {
        "Mean-field prediction for a feedback network with a Gaussian readout: class, states, outlier at the target"
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
        ];
        all.extend(ensemble::vectors());
        all.extend(ensemble::direction());
        all.push(ensemble::transfer());
        all
    }

    fn measures(&self) -> Vec<Measure> {
        vec![
            Measure::new("class", Kind::Text, "mono, multi, target-unstable or target-bulk-unstable"),
            Measure::new("fixed_points", Kind::Integer, "number of stationary states"),
            Measure::new("stable_points", Kind::Integer, "number of stable stationary states"),
            Measure::new("marginal", Kind::Truth, "whether that number is in doubt, next to a saddle-node"),
            Measure::new("outlier_re", Kind::Number, "real part of the leading outlier λ at the target"),
            Measure::new("outlier_im", Kind::Number, "imaginary part of the leading outlier λ at the target"),
            Measure::new("radius", Kind::Number, "radius of the bulk of J diag φ' at the target"),
            Measure::new("delta", Kind::Number, "variance Δ of the units' inputs at the target"),
            Measure::new(
                "a",
                Kind::Number,
                "share of the target drawn from the overlap with the feedback vector",
            ),
            Measure::new("scale", Kind::Number, "scale c of the readout direction"),
            Measure::new(
                "flex",
                Kind::Number,
                "A_flex, the target this direction cannot realise; missing if none",
            ),
        ]
    }

    fn run(&self, parameters: &Parameters<'_>, _: Seed) -> Result<Measures, RunError> {
        let inputs = ensemble::read_inputs(parameters)?;
        let direction = ensemble::read_direction(parameters)?;
        let transfer = ensemble::read_transfer(parameters)?;
        let prediction =
            predict(transfer, inputs, direction, parameters.number("target")?).map_err(RunError::because)?;
        let at_target = prediction.at_target();
        let stable =
            prediction.fixed_points.iter().filter(|state| state.stability.name() == "stable").count();
        Ok(Measures::new()
            .with("class", prediction.class.label())
            .with("fixed_points", prediction.fixed_points.len() as i64)
            .with("stable_points", stable as i64)
            .with("marginal", prediction.marginal)
            .with("outlier_re", at_target.outliers[0].re)
            .with("outlier_im", at_target.outliers[0].im)
            .with("radius", at_target.radius)
            .with("delta", at_target.delta)
            .with("a", prediction.feedback_share)
            .with("scale", prediction.scale)
            .with_option("flex", prediction.flex))
    }
}

#[cfg(test)]
mod tests {
    use attractorlab::theory::feedback::predict_with;

    use super::*;

    #[test]
    fn the_kept_curve_changes_no_bit() {
        let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
        for g in [0.3, 0.8] {
            let inputs = Inputs { g, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
            // Far targets extend the curve; the near ones after them must not notice.
            for target in [0.5, 9.0, 0.5, -30.0, 0.7] {
                let kept = predict(Transfer::Tanh, inputs, direction, target).unwrap();
                let alone = predict_with(Transfer::Tanh, inputs, direction, target).unwrap();
                assert_eq!(format!("{kept:?}"), format!("{alone:?}"), "g {g}, target {target}");
            }
        }
    }
}
