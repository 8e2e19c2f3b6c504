//! `sweep list`: what can be swept.

use std::fmt::Write;

use attractorlab_sweep::{Registry, Runnable, Value};
use clap::Args;
use serde_json::{Value as Json, json};

use crate::Ending;
use crate::error::CliError;
use crate::terminal::{self, Page};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Only this one
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab sweep list
  attractorlab sweep list theory.feedback --json";

pub(crate) fn execute(arguments: &Arguments, registry: &Registry) -> Result<Ending, CliError> {
    let chosen: Vec<&dyn Runnable> = match &arguments.name {
        None => registry.iter().collect(),
        Some(name) => match registry.get(name) {
            Some(runnable) => vec![&**runnable],
            None => {
                return Err(CliError::UnknownRunnable {
                    name: name.clone(),
                    suggestion: registry.nearest(name),
                });
            }
        },
    };
    let text = if arguments.json {
        format!("{:#}\n", Json::from(chosen.iter().map(|runnable| to_json(*runnable)).collect::<Vec<_>>()))
    } else {
        let page = Page::stdout();
        chosen.iter().map(|runnable| to_text(page, *runnable)).collect::<Vec<_>>().join("\n")
    };
    terminal::print(&text);
    Ok(Ending::Good)
}

fn to_text(page: Page, runnable: &dyn Runnable) -> String {
    let mut text = format!("{}  {}\n", page.bold(runnable.name()), runnable.about());
    let parameters = runnable.parameters();
    let measures = runnable.measures();
    let names = parameters.iter().map(|p| &p.name).chain(measures.iter().map(|m| &m.name));
    let width = names.map(|name| name.chars().count()).max().unwrap_or_default();
    let mut lines = |title: &str, rows: Vec<(String, String)>| {
        if !rows.is_empty() {
            let _ = writeln!(text, "  {}", page.dim(title));
        }
        for (name, about) in rows {
            let _ = writeln!(text, "    {name:<width$}  {about}");
        }
    };
    let parameters = parameters.into_iter().map(|parameter| {
        let default = parameter
            .default
            .map_or_else(|| "; to be given".to_owned(), |value| format!("; default {value}"));
        (parameter.name, format!("{} ({}{default})", parameter.about, parameter.domain))
    });
    lines("parameters", parameters.collect());
    lines("measures", measures.into_iter().map(|measure| (measure.name, measure.about)).collect());
    lines("arrays", runnable.arrays());
    text
}

fn to_json(runnable: &dyn Runnable) -> Json {
    let value = |value: &Value| match value {
        Value::Number(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Text(value) => json!(&**value),
        Value::Truth(value) => json!(value),
    };
    let parameters: Vec<Json> = runnable
        .parameters()
        .iter()
        .map(|p| {
            json!({"name": p.name, "about": p.about, "values": p.domain.to_string(),
                   "default": p.default.as_ref().map(value)})
        })
        .collect();
    let measures: Vec<Json> =
        runnable.measures().iter().map(|m| json!({"name": m.name, "about": m.about})).collect();
    let arrays: Vec<Json> =
        runnable.arrays().iter().map(|(name, about)| json!({"name": name, "about": about})).collect();
    json!({
        "name": runnable.name(), "about": runnable.about(), "version": runnable.version(),
        "random": runnable.is_random(), "parameters": parameters, "measures": measures, "arrays": arrays,
    })
}
