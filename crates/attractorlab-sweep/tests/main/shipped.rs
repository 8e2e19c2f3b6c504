//! The sweeps that the project ships: every plan is right, and runs.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use attractorlab_sweep::{Plan, Registry, RunOptions, read, status, view};

use crate::world::{Scratch, finish};

fn sweeps() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sweeps");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// The same plan with three values an axis, two seeds, networks of 100 units, and five epochs of training.
fn small(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let Some((key, value)) = line.split_once(" = ") else { return line.to_owned() };
        match key {
            "seeds" => "seeds = 2".to_owned(),
            "units" if value.starts_with('[') => "units = [50, 100]".to_owned(),
            "units" => "units = 100".to_owned(),
            "epochs" if value.starts_with('[') => "epochs = [5, 5, 5]".to_owned(),
            "epochs" => "epochs = 5".to_owned(),
            _ => match line.find("points = ") {
                Some(at) => format!("{}points = 3 }}", &line[..at]),
                None => line.to_owned(),
            },
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_shipped_sweep_plans_and_runs_small() {
    let files = sweeps();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let whole = Plan::parse(&text, &Registry::standard()).unwrap();
        assert!(whole.points() >= 500, "{}", file.display());
        let plan = Arc::new(Plan::parse(&small(&text), &Registry::standard()).unwrap());
        let scratch = Scratch::new(&format!("shipped-{}", file.file_stem().unwrap().display()));
        let folder = finish(&plan, &scratch.folder(), &RunOptions::default());
        let state = status(&folder, &plan).unwrap();
        assert_eq!((state.finished, state.failed), (plan.points(), 0), "{}", file.display());
        let report = view::report(&folder, &plan).unwrap();
        assert!(!report.sections[0].figures.is_empty() && !report.to_html().contains("NaN"));
    }
}

#[test]
fn trained_networks_agree_with_the_theory() {
    // Far on either side of the line, where a network of 400 units leaves no doubt: a readout drawn from the input
    // alone leaves one state (weak target, strong input), one from the feedback two that mirror each other.
    let plan = Arc::new(
        Plan::parse(
            "[run]\nwhat = 'training.readout'\nseeds = 5\n[[zip]]\ntarget = [0.3, 2.0]\ninput_std = [0.8, 0.1]\n\
             [fixed]\ng = 0.3\n",
            &Registry::standard(),
        )
        .unwrap(),
    );
    let scratch = Scratch::new("trained-theory");
    let folder = finish(&plan, &scratch.folder(), &RunOptions::default());
    let mut rows = 0;
    read(&folder, &plan, &["holds", "monostable", "theory_monostable"], |_, values| {
        rows += 1;
        assert_eq!(values[0], Some(attractorlab_sweep::Value::Truth(true)));
        assert!(values[1].is_some() && values[1] == values[2], "{values:?}");
    })
    .unwrap();
    assert_eq!(rows, 10);
}
