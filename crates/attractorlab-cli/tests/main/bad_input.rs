//! Bad input ends with code 2, one sentence and a hint, before anything runs.

use std::fs;

use crate::world::{Scratch, own_studies, run};

/// Runs a line that must be refused, and returns what is said.
#[track_caller]
fn refused(line: &str) -> String {
    let ended = run(own_studies(), line);
    assert_eq!(ended.code, Some(2), "{line}: {}", ended.stderr);
    assert_eq!(ended.stdout, "", "{line}");
    assert!(!ended.stderr.contains("[1/"), "{line}: a study was started\n{}", ended.stderr);
    assert!(!ended.stderr.contains('\x1b'), "{line}: colour without a terminal");
    ended.stderr
}

#[test]
fn an_unknown_study_is_met_with_the_nearest() {
    let said = refused("study run coin/fiar");
    assert!(said.contains("there is no study 'coin/fiar'"), "{said}");
    assert!(said.contains("did you mean 'coin/fair'?"), "{said}");
    let said = refused("study run hopfield1982");
    assert!(said.contains("'study list' shows what there is"), "{said}");
}

#[test]
fn one_unknown_name_among_good_ones_stops_the_run() {
    assert!(refused("study run coin/fair con/bent").contains("coin/bent"));
}

#[test]
fn no_threads_at_all() {
    let said = refused("study run --all --threads 0");
    assert!(said.contains("--threads must be at least 1, not 0"), "{said}");
    assert!(said.contains("leave --threads out to use all cores"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_written_is_found_before_the_run() {
    let scratch = Scratch::new("unwritable");
    let file = scratch.0.join("file");
    fs::write(&file, "in the way").unwrap();
    let said = refused(&format!("study run coin/fair -o {}", file.join("report").display()));
    assert!(said.contains(&format!("cannot write to '{}", file.display())), "{said}");
    assert!(said.contains("choose another folder with -o"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "in the way");
}

#[test]
fn a_run_of_nothing() {
    let said = refused("study run");
    assert!(said.contains("no study is named") && said.contains("--all"), "{said}");
}

#[test]
fn contradictions_and_slips_of_the_command_line() {
    assert!(refused("study run --all --quick --full").contains("cannot be used with"));
    assert!(refused("study run coin/fair --all").contains("cannot be used with"));
    assert!(refused("study run --all --seed -1").contains("--seed"));
    assert!(refused("study run --all --threads many").contains("invalid value 'many'"));
    assert!(refused("study rum").contains("run"));
    refused("");
}
