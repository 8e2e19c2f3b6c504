//! `theory linear-learning`: how a linear network learns an output at its fixed point.

use std::fmt::Write;

use attractorlab::theory::linear_learning::{
    LearnedState, LearningError, LearningFlow, OutlierLaw, ThirdOrder,
};
use clap::Args;
use serde_json::{Value, json};

use crate::Ending;
use crate::error::CliError;
use crate::terminal;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Spectral radius g of the random bulk, below 1
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    g: f64,
    /// The output to be learnt
    #[arg(long, value_name = "Z", allow_negative_numbers = true)]
    target: f64,
    /// Effective learning times (1 − g²)⁻² · learning rate · epochs to show on the way
    #[arg(long, value_name = "T", num_args = 1.., default_values_t = [0.1, 0.25, 0.5, 1.0, 2.0], allow_negative_numbers = true)]
    time: Vec<f64>,
    /// The fraction of the first loss that counts as converged
    #[arg(long, value_name = "FRACTION", default_value_t = 0.05, allow_negative_numbers = true)]
    fraction: f64,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab theory linear-learning --g 0.6 --target 2
  attractorlab theory linear-learning --g 0 --target 0.5 --time 0.5 1 --json

A linear network with a random bulk learns by gradient flow to answer a constant input with this output. The change of
its weights is nearly of rank two: s1, s2, s3 are its first singular values, for infinitely many units.";

/// Everything that is shown.
struct Answer {
    flow: LearningFlow,
    third: ThirdOrder,
    law: OutlierLaw,
    on_the_way: Vec<LearnedState>,
    trained: LearnedState,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    // Checked here, so that the message has the number that was given and not the time it stands for.
    if let Some(&value) = arguments.time.iter().find(|t| !(t.is_finite() && **t >= 0.0)) {
        let expected = "a finite number that is not negative";
        return Err(LearningError::Parameter { name: "time", expected, value }.into());
    }
    let flow = LearningFlow::large(arguments.g)?;
    let third = ThirdOrder::new(arguments.g, arguments.target)?;
    let square = third.beta() * third.beta();
    let times: Vec<f64> = arguments.time.iter().map(|t| t / square).collect();
    let answer = Answer {
        on_the_way: flow.at_times(arguments.target, &times)?,
        trained: flow.trained(arguments.target)?,
        law: OutlierLaw::new(arguments.g)?,
        flow,
        third,
    };
    let value = as_json(arguments, &answer)?;
    let text = if arguments.json { format!("{value:#}\n") } else { as_text(arguments, &answer, &value) };
    terminal::print(&text);
    Ok(Ending::Good)
}

fn as_json(arguments: &Arguments, answer: &Answer) -> Result<Value, CliError> {
    let Answer { flow, third, law, on_the_way, trained } = answer;
    let square = third.beta() * third.beta();
    let converged = flow.convergence(arguments.target, arguments.fraction)?;
    let shuffled = if arguments.target == 0.0 { None } else { flow.shuffled_loss(arguments.target)? };
    let steps: Vec<Value> = on_the_way
        .iter()
        .map(|state| {
            let order = third.at_time(state.time);
            json!({
                "time": state.time,
                "effective_time": state.time * square,
                "output": state.output,
                "singular_values": first(state),
                "norm": state.norm(),
                "third_order": {
                    "valid": order.effective_time <= third.end(),
                    "output": order.output,
                    "s1": order.first,
                    "s2": order.second,
                },
            })
        })
        .collect();
    let s1 = trained.singular_values.first().copied().unwrap_or(0.0);
    Ok(json!({
        "g": arguments.g,
        "target": arguments.target,
        "beta": third.beta(),
        "times": steps,
        "convergence": {
            "fraction": arguments.fraction,
            "time": converged.time,
            "effective_time": converged.time * square,
            "mean_gradient": converged.mean_gradient,
        },
        "trained": {
            "singular_values": first(trained),
            "norm": trained.norm(),
            "path_length": trained.path_length,
            "largest_learning_rate": trained.largest_learning_rate(),
            "shuffled_loss": shuffled,
            "outlier_leading_order": law.outlier(law.kappa_of_singular_value(s1)),
        },
        "third_order_ends_at": third.end(),
    }))
}

/// The singular values that are more than rounding.
fn first(state: &LearnedState) -> &[f64] {
    &state.singular_values[..state.singular_values.len().min(4)]
}

fn as_text(arguments: &Arguments, answer: &Answer, value: &Value) -> String {
    let Answer { third, on_the_way, trained, .. } = answer;
    let square = third.beta() * third.beta();
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{:>10}{:>12}{:>12}{:>12}{:>12}   third order z",
        "time t", "output z", "s1", "s2", "s3"
    );
    let entry = |state: &LearnedState, k: usize| match state.singular_values.get(k) {
        None => "-".to_owned(),
        Some(s) if *s > 0.0 && *s < 1e-3 => format!("{s:.4e}"),
        Some(s) => format!("{s:.6}"),
    };
    for state in on_the_way.iter().chain([trained]) {
        let t = state.time * square;
        let order = third.at_effective_time(t);
        let beside = if t <= third.end() { format!("{:.6}", order.output) } else { "-".to_owned() };
        let label = if t.is_finite() { format!("{t:.4}") } else { "trained".to_owned() };
        let _ = writeln!(
            text,
            "{label:>10}{:>12.6}{:>12}{:>12}{:>12}   {beside}",
            state.output,
            entry(state, 0),
            entry(state, 1),
            entry(state, 2)
        );
    }
    text.push('\n');
    let number = |pointer: &str| value.pointer(pointer).and_then(Value::as_f64);
    for (name, pointer) in [
        ("effective time to converge", "/convergence/effective_time"),
        ("learning rate x epochs to converge", "/convergence/time"),
        ("mean gradient until then", "/convergence/mean_gradient"),
        ("norm of the change", "/trained/norm"),
        ("loss after a shuffle of W0, relative", "/trained/shuffled_loss"),
        ("outlier, to leading order", "/trained/outlier_leading_order"),
        ("largest learning rate that settles here", "/trained/largest_learning_rate"),
    ] {
        if let Some(number) = number(pointer) {
            let _ = writeln!(text, "{name:<42}{number:>14.8}");
        }
    }
    let _ = writeln!(
        text,
        "\nt = learning rate x epochs / (1 - g^2)^2; converged: the loss is {} of the first.",
        arguments.fraction
    );
    text
}
