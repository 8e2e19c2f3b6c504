//! `theory feedback`: every stationary state of a trained feedback network, and what will happen.

use std::fmt::Write;

use attractorlab::network::Transfer;
use attractorlab::theory::feedback::{Direction, Inputs, Prediction, predict_with};
use clap::{Args, ValueEnum};
use num_complex::Complex;
use serde_json::{Value, json};

use crate::Ending;
use crate::error::CliError;
use crate::terminal::{self, Page};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The output A that the readout is trained to hold
    #[arg(long, visible_alias = "A", value_name = "A", allow_negative_numbers = true)]
    target: f64,
    /// Spectral radius g of the random bulk
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    g: f64,
    /// Standard deviation Sm of the feedback vector m
    #[arg(long, visible_alias = "sm", value_name = "SM", allow_negative_numbers = true)]
    feedback_std: f64,
    /// Standard deviation SI of the input vector I
    #[arg(long, visible_alias = "si", value_name = "SI", allow_negative_numbers = true)]
    input_std: f64,
    /// Weight of the direction that m and I share; they correlate by its square
    #[arg(long, value_name = "RHO", default_value_t = 0.0, allow_negative_numbers = true)]
    rho: f64,
    /// Weight p of the shared direction in the readout
    #[arg(long, visible_alias = "p", value_name = "P", default_value_t = 0.0, allow_negative_numbers = true)]
    shared: f64,
    /// Weight of m's own direction in the readout
    #[arg(
        long,
        visible_alias = "pm",
        value_name = "PM",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    feedback_own: f64,
    /// Weight of I's own direction in the readout
    #[arg(
        long,
        visible_alias = "pi",
        value_name = "PI",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    input_own: f64,
    /// The transfer function
    #[arg(long, value_enum, default_value_t = Name::Tanh)]
    transfer: Name,
    /// Print the prediction as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab theory feedback --target 1 --g 0.8 --sm 1.2 --si 0.5 --pi 1
  attractorlab theory feedback --target -1.5 --g 0.3 --sm 1.2 --si 0.5 --rho 0.5 --p 1 --pm 1 --pi 0.3 --json

The readout is n = c (p xi + pm eta_m + pi eta_I), with c such that the target is stationary. Outliers are
eigenvalues of J diag(phi'): a state is stable if they and the bulk radius stay below 1.";

/// The transfer functions of this theory.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// tanh x
    Tanh,
    /// erf(x/√2)
    Erf,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let transfer = match arguments.transfer {
        Name::Tanh => Transfer::Tanh,
        Name::Erf => Transfer::Erf,
    };
    let inputs = Inputs {
        g: arguments.g,
        feedback_std: arguments.feedback_std,
        input_std: arguments.input_std,
        rho: arguments.rho,
    };
    let direction = Direction {
        shared: arguments.shared,
        feedback_own: arguments.feedback_own,
        input_own: arguments.input_own,
    };
    let prediction = predict_with(transfer, inputs, direction, arguments.target)?;
    let text = if arguments.json {
        format!("{:#}\n", as_json(transfer, direction, &prediction))
    } else {
        as_text(Page::stdout(), &prediction)
    };
    terminal::print(&text);
    Ok(Ending::Good)
}

fn as_json(transfer: Transfer, direction: Direction, prediction: &Prediction) -> Value {
    let Prediction { inputs, readout, .. } = prediction;
    let states: Vec<Value> = prediction
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
    json!({
        "transfer": transfer.name(),
        "inputs": {
            "g": inputs.g, "feedback_std": inputs.feedback_std, "input_std": inputs.input_std, "rho": inputs.rho,
        },
        "direction": {
            "shared": direction.shared,
            "feedback_own": direction.feedback_own,
            "input_own": direction.input_own,
        },
        "target": prediction.target,
        "scale": prediction.scale,
        "overlap_feedback": readout.overlap_feedback,
        "overlap_input": readout.overlap_input,
        "feedback_share": prediction.feedback_share,
        "flex": prediction.flex,
        "class": prediction.class.label(),
        "marginal": prediction.marginal,
        "verdict": prediction.verdict(),
        "target_index": prediction.target_index,
        "fixed_points": states,
    })
}

fn as_text(page: Page, prediction: &Prediction) -> String {
    let mut text = page.lines(&prediction.verdict(), 0).join("\n") + "\n\n";
    let head = format!(
        "{:<2}{:>12}  {:<17}{:>12}  {:<24}{:<24}{:>10}",
        "", "z", "stability", "variance", "outlier", "second outlier", "radius"
    );
    let _ = writeln!(text, "{}", page.dim(head.trim_end()));
    for (index, state) in prediction.fixed_points.iter().enumerate() {
        let mark = if index == prediction.target_index { "A" } else { "" };
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
    let _ = write!(
        text,
        "\nclass {}; scale c = {:.6}; overlaps <nm> = {:.6}, <nI> = {:.6}; share of the feedback a = {:.6}",
        prediction.class.label(),
        prediction.scale,
        prediction.readout.overlap_feedback,
        prediction.readout.overlap_input,
        prediction.feedback_share
    );
    if let Some(flex) = prediction.flex {
        let _ = write!(text, "; A_flex = {flex:.6}");
    }
    text.push('\n');
    text
}

fn complex(value: Complex<f64>) -> String {
    if value.im == 0.0 { format!("{:.6}", value.re) } else { format!("{:.6} {:+.6}i", value.re, value.im) }
}
