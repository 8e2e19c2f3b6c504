//! A prediction as text and as JSON, the same for readouts of all families.

use std::fmt::Write;

use attractorlab::network::Transfer;
use attractorlab::theory::feedback::{Family, FixedPoint, Forecast, Inputs, Prediction, Readout};
use num_complex::Complex;
use serde_json::{Value, json};

use crate::terminal::Page;

/// What is printed.
pub(super) struct Answer {
    pub(super) readout_name: String,
    pub(super) transfer: Transfer,
    pub(super) inputs: Inputs,
    pub(super) target: f64,
    pub(super) readout: Readout,
    pub(super) feedback_share: f64,
    pub(super) class: &'static str,
    pub(super) marginal: bool,
    pub(super) verdict: String,
    pub(super) target_index: usize,
    pub(super) fixed_points: Vec<FixedPoint>,
    /// Only of Gaussian readouts: the direction, its scale, and A_flex.
    pub(super) direction: Option<([f64; 3], f64, Option<f64>)>,
    /// S_c(g).
    pub(super) critical_drive: f64,
}

impl Answer {
    pub(super) fn of(transfer: Transfer, forecast: Forecast) -> Self {
        Self {
            readout_name: forecast.family.to_string(),
            transfer,
            inputs: forecast.inputs,
            target: forecast.target,
            readout: forecast.readout,
            feedback_share: forecast.feedback_share,
            class: forecast.class.label(),
            marginal: forecast.marginal,
            verdict: forecast.verdict(),
            target_index: forecast.target_index,
            fixed_points: forecast.fixed_points,
            direction: None,
            critical_drive: forecast.critical_drive,
        }
    }

    /// With what the curve of a Gaussian readout adds to its forecast.
    pub(super) fn gaussian(
        transfer: Transfer,
        forecast: Forecast,
        prediction: &Prediction,
        direction: [f64; 3],
    ) -> Self {
        // Without chaos both say the same, and the curve's words are those of the paper.
        let stationary = forecast.critical_drive == 0.0;
        let verdict = if stationary { prediction.verdict() } else { forecast.verdict() };
        let scale = if stationary { prediction.scale } else { scale(&forecast, prediction) };
        let readout_name = Family::Gaussian(attractorlab::theory::feedback::Direction {
            shared: direction[0],
            feedback_own: direction[1],
            input_own: direction[2],
        })
        .to_string();
        Self {
            direction: Some((direction, scale, prediction.flex)),
            verdict,
            readout_name,
            ..Self::of(transfer, forecast)
        }
    }

    pub(super) fn as_json(&self) -> Value {
        let inputs = &self.inputs;
        let states: Vec<Value> = self
            .fixed_points
            .iter()
            .map(|state| {
                json!({
                    "z": state.z,
                    "delta": state.delta,
                    "outliers": state.outliers.map(|outlier| [outlier.re, outlier.im]),
                    "radius": state.radius,
                    "slope": state.slope,
                    "stability": state.stability.name(),
                })
            })
            .collect();
        let mut value = json!({
            "transfer": self.transfer.name(),
            "inputs": {
                "g": inputs.g, "feedback_std": inputs.feedback_std, "input_std": inputs.input_std, "rho": inputs.rho,
            },
            "readout": self.readout_name,
            "target": self.target,
            "overlap_feedback": self.readout.overlap_feedback,
            "overlap_input": self.readout.overlap_input,
            "feedback_share": self.feedback_share,
            "critical_drive": self.critical_drive,
            "class": self.class,
            "marginal": self.marginal,
            "verdict": self.verdict,
            "target_index": self.target_index,
            "fixed_points": states,
        });
        if let Some(([shared, feedback_own, input_own], scale, flex)) = self.direction {
            value["direction"] =
                json!({"shared": shared, "feedback_own": feedback_own, "input_own": input_own});
            value["scale"] = scale.into();
            value["flex"] = flex.into();
        }
        value
    }

    pub(super) fn as_text(&self, page: Page) -> String {
        let mut text = page.lines(&self.verdict, 0).join("\n") + "\n\n";
        let head = format!(
            "{:<2}{:>12}  {:<17}{:>12}  {:<24}{:<24}{:>10}",
            "", "z", "stability", "variance", "outlier", "second outlier", "radius"
        );
        let _ = writeln!(text, "{}", page.dim(head.trim_end()));
        for (index, state) in self.fixed_points.iter().enumerate() {
            let mark = if index == self.target_index { "A" } else { "" };
            let [first, second] = state.outliers.map(complex);
            let _ = writeln!(
                text,
                "{mark:<2}{:>12.6}  {:<17}{:>12.6}  {first:<24}{second:<24}{:>10.6}",
                state.z,
                state.stability.name(),
                state.delta,
                state.radius
            );
        }
        let _ = write!(text, "\nclass {}; ", self.class);
        if let Some((_, scale, _)) = self.direction {
            let _ = write!(text, "scale c = {scale:.6}; ");
        }
        let _ = write!(
            text,
            "overlaps <nm> = {:.6}, <nI> = {:.6}; share of the feedback a = {:.6}",
            self.readout.overlap_feedback, self.readout.overlap_input, self.feedback_share
        );
        if let Some((_, _, Some(flex))) = self.direction {
            let _ = write!(text, "; A_flex = {flex:.6}");
        }
        text.push('\n');
        text
    }
}

/// Scale c of the direction, from whichever overlap it has.
fn scale(forecast: &Forecast, prediction: &Prediction) -> f64 {
    let (now, then) = (forecast.readout, prediction.readout);
    let ratio = if then.overlap_feedback == 0.0 {
        now.overlap_input / then.overlap_input
    } else {
        now.overlap_feedback / then.overlap_feedback
    };
    prediction.scale * ratio
}

fn complex(value: Complex<f64>) -> String {
    if value.re.is_nan() {
        "-".to_owned()
    } else if value.im == 0.0 {
        format!("{:.6}", value.re)
    } else {
        format!("{:.6} {:+.6}i", value.re, value.im)
    }
}
