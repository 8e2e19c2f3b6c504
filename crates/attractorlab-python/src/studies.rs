//! Studies: listing and running them. Results cross as JSON, the same that the program writes.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::path::PathBuf;

use attractorlab_studies::run::{OutputFolder, Settings, run, select};
use attractorlab_studies::{Preset, Silent};
use pyo3::prelude::*;
use serde_json::json;

use crate::errors::Failure;
use crate::interrupt::interruptible;

/// All studies, as a JSON list of objects with id, title and question.
#[pyfunction]
pub(crate) fn list_studies() -> String {
    let list: Vec<_> = attractorlab_studies::all()
        .iter()
        .map(|study| json!({ "id": study.id(), "title": study.title(), "question": study.question() }))
        .collect();
    serde_json::Value::from(list).to_string()
}

/// Runs studies and returns their results as a JSON list. `ids` is None for all.
#[pyfunction]
#[pyo3(signature = (ids, preset, seed, threads, output, data=None))]
pub(crate) fn run_studies(
    py: Python<'_>,
    ids: Option<Vec<String>>,
    preset: &str,
    seed: u64,
    threads: Option<usize>,
    output: Option<PathBuf>,
    data: Option<PathBuf>,
) -> Result<String, Failure> {
    let preset = match preset {
        "quick" => Preset::Quick,
        "full" => Preset::Full,
        other => return Err(Failure::Input(format!("preset must be 'quick' or 'full', not '{other}'"))),
    };
    if threads == Some(0) {
        return Err(Failure::Input(
            "threads must be at least 1, not 0; leave it out to use all cores".into(),
        ));
    }
    let all = attractorlab_studies::all();
    let chosen = match ids {
        None => all,
        Some(ids) => select(&all, &ids)?,
    };
    let output = output.map(OutputFolder::open).transpose()?;
    // Zero is rayon's own word for "as many as there are cores".
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?;
    let run = interruptible(py, |cancelled| {
        let settings = Settings { preset, seed, output: output.as_ref(), cancelled, data: data.as_deref() };
        pool.install(|| run(&chosen, &settings, &Silent))
    })??;
    Ok(serde_json::to_string(&run.results)?)
}
