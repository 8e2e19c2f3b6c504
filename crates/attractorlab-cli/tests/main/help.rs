//! Help, version, completions, and a quick start.

use std::time::Instant;

use crate::world::{attractorlab, run};

#[test]
fn every_command_helps_with_an_example() {
    for command in ["study list", "study run", "theory average", "theory feedback", "completions"] {
        let ended = run(attractorlab(), &format!("{command} --help"));
        assert_eq!(ended.code, Some(0));
        assert!(ended.stdout.contains(&format!("  attractorlab {command}")), "{}", ended.stdout);
        assert_eq!(ended.stderr, "");
    }
    assert_eq!(run(attractorlab(), "--help").code, Some(0));
}

#[test]
fn the_version_is_that_of_the_crate() {
    let ended = run(attractorlab(), "--version");
    assert_eq!(ended.stdout.trim(), format!("attractorlab {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = run(attractorlab(), &format!("completions {shell}"));
        assert_eq!(ended.code, Some(0));
        assert!(ended.stdout.contains("study") && ended.stdout.contains("quick"), "{shell}");
    }
}

#[test]
fn help_is_there_at_once() {
    // The fastest of ten starts: a busy machine delays some, never all.
    let fastest = (0..10)
        .map(|_| {
            let start = Instant::now();
            run(attractorlab(), "--help");
            start.elapsed()
        })
        .min()
        .unwrap();
    assert!(fastest.as_millis() < 20, "{fastest:?}");
}

#[test]
fn the_list_is_readable_by_people_and_programs() {
    let json = run(attractorlab(), "study list --json");
    let list: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let text = run(attractorlab(), "study list").stdout;
    for study in list.as_array().unwrap() {
        let id = study["id"].as_str().unwrap();
        assert!(text.contains(id) && id.split('/').count() == 2, "{id}");
        assert!(study["question"].as_str().unwrap().len() > 20, "{id}");
        assert!(study["parameters"]["quick"].is_object() && study["parameters"]["full"].is_object(), "{id}");
    }
}
