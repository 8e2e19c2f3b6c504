//! `theory average`: Gaussian averages of transfer functions.

use std::fmt::Write;

use attractorlab_numerics::gaussian::{Pair, Product, average, pair_average};
use attractorlab_numerics::transfer::Transfer;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::Ending;
use crate::error::CliError;
use crate::terminal;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What is averaged: products of x, Phi (the primitive), phi, phi', phi'', phi''', with powers like phi^2
    #[arg(value_name = "PRODUCT", required = true)]
    products: Vec<String>,
    /// The transfer function phi
    #[arg(long, value_enum, default_value_t = Name::Tanh)]
    transfer: Name,
    /// Threshold of relu
    #[arg(long, value_name = "X", default_value_t = 0.0, allow_negative_numbers = true)]
    threshold: f64,
    /// Mean of the Gaussian
    #[arg(long, value_name = "X", default_value_t = 0.0, allow_negative_numbers = true)]
    mean: f64,
    /// Standard deviation of the Gaussian (not its variance)
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    sd: f64,
    /// A product of a second variable: the average of PRODUCT(x1) times this one (x2)
    #[arg(long = "with", value_name = "PRODUCT", requires = "correlation")]
    other: Option<String>,
    /// Correlation of the two variables, between -1 and 1
    #[arg(long, value_name = "X", allow_negative_numbers = true, requires = "other")]
    correlation: Option<f64>,
    /// Mean of the second variable [default: that of the first]
    #[arg(long, value_name = "X", allow_negative_numbers = true, requires = "other")]
    mean2: Option<f64>,
    /// Standard deviation of the second variable [default: that of the first]
    #[arg(long, value_name = "X", allow_negative_numbers = true, requires = "other")]
    sd2: Option<f64>,
    /// Print a JSON list with one object a product
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab theory average phi^2 \"phi'\" \"phi'''\" --sd 4
  attractorlab theory average phi --with phi --sd 0.8 --sd2 1.1 --correlation 0.5 --json
  attractorlab theory average phi^2 --transfer relu --threshold 0.5 --mean -1 --sd 2";

/// The transfer functions by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// tanh x
    Tanh,
    /// erf(x/√2)
    Erf,
    /// max(0, x − threshold)
    Relu,
    /// x
    Linear,
    /// log(1 + eˣ)
    Softplus,
    /// 1/(1 + e⁻ˣ)
    Logistic,
}

impl Arguments {
    fn transfer(&self) -> Transfer {
        match self.transfer {
            Name::Tanh => Transfer::Tanh,
            Name::Erf => Transfer::Erf,
            Name::Relu => Transfer::Relu { threshold: self.threshold },
            Name::Linear => Transfer::Linear,
            Name::Softplus => Transfer::Softplus,
            Name::Logistic => Transfer::Logistic,
        }
    }

    /// The label of an average, its value, and its JSON form.
    fn average(&self, product: Product) -> Result<(String, f64, Value), CliError> {
        let transfer = self.transfer();
        let Some(other) = &self.other else {
            let value = average(transfer, product, self.mean, self.sd)?;
            let json = json!({
                "transfer": transfer.name(), "product": product.to_string(),
                "mean": self.mean, "sd": self.sd, "value": value,
            });
            return Ok((format!("⟨{product}⟩"), value, json));
        };
        let other: Product = other.parse()?;
        let pair = Pair {
            mean: [self.mean, self.mean2.unwrap_or(self.mean)],
            sd: [self.sd, self.sd2.unwrap_or(self.sd)],
            correlation: self.correlation.unwrap_or_default(),
        };
        let value = pair_average(transfer, product, other, pair)?;
        let json = json!({
            "transfer": transfer.name(), "product": product.to_string(), "with": other.to_string(),
            "mean": pair.mean, "sd": pair.sd, "correlation": pair.correlation, "value": value,
        });
        Ok((format!("⟨{product} · {other}⟩"), value, json))
    }
}

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let averages = arguments
        .products
        .iter()
        .map(|product| arguments.average(product.parse()?))
        .collect::<Result<Vec<_>, CliError>>()?;
    let text = if arguments.json {
        let list: Vec<Value> = averages.into_iter().map(|(_, _, json)| json).collect();
        format!("{:#}\n", Value::from(list))
    } else {
        let width = averages.iter().map(|(label, ..)| label.chars().count()).max().unwrap_or_default();
        let mut text = String::new();
        for (label, value, _) in &averages {
            // The averages are good to 1e-12: all digits are shown.
            let _ = writeln!(text, "{label:<width$}  {value}");
        }
        text
    };
    terminal::print(&text);
    Ok(Ending::Good)
}
