//! `theory output`: the local dynamics at each value that a network is trained to hold.

use std::fmt::Write;

use attractorlab::network::Transfer;
use attractorlab::theory::output_dynamics::{FeedbackLaw, Prediction, Setting, predict};
use clap::{Args, ValueEnum};
use num_complex::Complex;
use serde_json::{Value, json};

use crate::Ending;
use crate::error::CliError;
use crate::terminal::{self, Page};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The values that the network is trained to hold; entries of several outputs are separated by commas (after an
    /// equals sign where the first is negative)
    #[arg(
        long,
        visible_alias = "A",
        value_name = "VALUE",
        num_args = 1..,
        required = true,
        allow_negative_numbers = true
    )]
    target: Vec<String>,
    /// Spectral radius g of the random bulk
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    g: f64,
    /// The transfer function
    #[arg(long, value_enum, default_value_t = Name::Tanh)]
    transfer: Name,
    /// Threshold of relu
    #[arg(long, value_name = "THETA", default_value_t = 0.0, allow_negative_numbers = true)]
    threshold: f64,
    /// Ridge parameter of the normalised Gram matrix
    #[arg(long, value_name = "ALPHA", default_value_t = 0.0, allow_negative_numbers = true)]
    ridge: f64,
    /// Feedback weights uniform on ± this, in place of standard normal ones
    #[arg(long, value_name = "HALF_WIDTH", allow_negative_numbers = true)]
    uniform: Option<f64>,
    /// Print the prediction as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab theory output --target 0.75 1.5 3 --g 1
  attractorlab theory output --target -1 1 --g 0.8 --transfer relu --threshold -0.5 --json
  attractorlab theory output --target 1.2,0 --target=-0.6,1.04 --target=-0.6,-1.04 --g 1.2

Near each value the output obeys a linear ODE whose order is the number of values. A value is held if all
poles have a negative real part and the bulk's radius is below 1.";

/// The transfer functions of this theory.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// tanh x
    Tanh,
    /// erf(x/√2)
    Erf,
    /// max(0, x − θ)
    Relu,
    /// log(1 + eˣ)
    Softplus,
    /// 1/(1 + e⁻ˣ)
    Logistic,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let transfer = match arguments.transfer {
        Name::Tanh => Transfer::Tanh,
        Name::Erf => Transfer::Erf,
        Name::Relu => Transfer::Relu { threshold: arguments.threshold },
        Name::Softplus => Transfer::Softplus,
        Name::Logistic => Transfer::Logistic,
    };
    let targets = arguments.target.iter().map(|text| read(text)).collect::<Result<Vec<_>, _>>()?;
    let feedback = match arguments.uniform {
        Some(half_width) => FeedbackLaw::Uniform { half_width },
        None => FeedbackLaw::default(),
    };
    let setting =
        Setting { transfer, g: arguments.g, targets, context: Vec::new(), ridge: arguments.ridge, feedback };
    let prediction = predict(&setting)?;
    let text = if arguments.json {
        format!("{:#}\n", as_json(&prediction))
    } else {
        as_text(Page::stdout(), &prediction)
    };
    terminal::print(&text);
    Ok(Ending::Good)
}

/// One target: numbers separated by commas.
fn read(text: &str) -> Result<Vec<f64>, CliError> {
    text.split(',')
        .map(|entry| {
            entry
                .trim()
                .parse()
                .map_err(|_| CliError::Target { text: text.to_owned(), entry: entry.to_owned() })
        })
        .collect()
}

fn as_json(prediction: &Prediction) -> Value {
    let setting = prediction.setting();
    let pair = |value: &Complex<f64>| [value.re, value.im];
    let states: Vec<Value> = prediction
        .local
        .iter()
        .zip(&prediction.states)
        .zip(&setting.targets)
        .map(|((local, state), target)| {
            json!({
                "target": target,
                "description": local.description(),
                "stable": local.is_stable(),
                "poles": local.poles.iter().map(pair).collect::<Vec<_>>(),
                "open_poles": local.open_poles.iter().map(pair).collect::<Vec<_>>(),
                "characteristic_polynomial": local.characteristic_polynomial(),
                "bulk_radius": local.bulk_radius,
                "variance": state.delta,
            })
        })
        .collect();
    json!({
        "transfer": setting.transfer.name(),
        "g": setting.g,
        "ridge": setting.ridge,
        "condition": prediction.condition,
        "success": prediction.success(),
        "verdict": prediction.verdict(),
        "states": states,
    })
}

fn as_text(page: Page, prediction: &Prediction) -> String {
    let mut text = page.lines(&prediction.verdict(), 0).join("\n") + "\n\n";
    for (local, target) in prediction.local.iter().zip(&prediction.setting().targets) {
        let name = target.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "z = {name}: {}", local.description());
        let _ = writeln!(
            text,
            "{}",
            page.dim(&format!(
                "    bulk radius {:.6}; {} with the output line cut: {}",
                local.bulk_radius,
                if local.open_poles.len() == 1 { "pole" } else { "poles" },
                local.open_poles.iter().map(complex).collect::<Vec<_>>().join(", ")
            ))
        );
    }
    let _ = writeln!(text, "\ncondition number of the rates' covariance {:.4}", prediction.condition);
    text
}

fn complex(value: &Complex<f64>) -> String {
    if value.im == 0.0 { format!("{:.6}", value.re) } else { format!("{:.6} {:+.6}i", value.re, value.im) }
}
