//! `study list`: what can be run.

use std::fmt::Write;

use attractorlab_studies::{Preset, Study};
use clap::Args;
use serde_json::json;

use crate::Ending;
use crate::terminal::{self, Page};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print a JSON list with id, title, question and the parameters of both presets
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab study list
  attractorlab study list --json | jq -r '.[].id'";

pub(crate) fn execute(arguments: &Arguments, studies: &[&dyn Study]) -> Ending {
    let text = if arguments.json { as_json(studies) } else { as_text(Page::stdout(), studies) };
    terminal::print(&text);
    Ending::Good
}

fn as_json(studies: &[&dyn Study]) -> String {
    let list: Vec<_> = studies
        .iter()
        .map(|study| {
            json!({
                "id": study.id(),
                "title": study.title(),
                "question": study.question(),
                "parameters": {
                    "quick": study.parameters(Preset::Quick),
                    "full": study.parameters(Preset::Full),
                },
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::from(list))
}

fn as_text(page: Page, studies: &[&dyn Study]) -> String {
    let mut text = String::new();
    for study in studies {
        let _ = writeln!(text, "{}  {}", page.bold(study.id()), study.title());
        for line in page.lines(study.question(), 4) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}
