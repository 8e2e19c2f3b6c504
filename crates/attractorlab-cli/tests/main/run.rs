//! Runs and their exit codes, tables, JSON and files.

use std::fs;

use serde_json::Value;

use crate::world::{Scratch, own_studies, run};

#[test]
fn claims_that_hold_end_with_0() {
    let ended = run(own_studies(), "study run coin/fair");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("✓ holds  fair"), "{}", ended.stdout);
    assert!(ended.stdout.contains("1 of 1 study, 1 claim, all hold"), "{}", ended.stdout);
    assert!(ended.stderr.contains("preset quick, seed 1"), "{}", ended.stderr);
    assert!(!ended.stdout.contains('\x1b'), "colour without a terminal");
}

#[test]
fn a_claim_that_fails_ends_with_1_and_says_why_it_matters() {
    let ended = run(own_studies(), "study run coin");
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("✗ FAILS  fair"), "{}", ended.stdout);
    assert!(ended.stdout.contains("tolerance: five standard errors of a fair coin"), "{}", ended.stdout);
    assert!(ended.stdout.contains("2 of 2 studies, 2 claims, 1 FAILS"), "{}", ended.stdout);
}

#[test]
fn a_study_that_cannot_run_ends_with_2_after_the_others() {
    let ended = run(own_studies(), "study run coin/bent impossible");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stdout.contains("could not run: tossing the coin: a probability lies between 0 and 1"));
    assert!(ended.stdout.contains("✗ FAILS  fair"));
}

#[test]
fn json_is_all_that_stdout_carries() {
    let ended = run(own_studies(), "study run coin impossible --json --seed 18446744073709551615 --full");
    assert_eq!(ended.code, Some(2));
    let list: Value = serde_json::from_str(&ended.stdout).unwrap();
    let ids: Vec<_> = list.as_array().unwrap().iter().map(|study| study["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["coin/fair", "coin/bent", "impossible/coin"]);
    assert_eq!(list[0]["seed"], u64::MAX);
    assert_eq!(list[0]["preset"], "full");
    assert_eq!(list[0]["parameters"]["tosses"], 40_000);
    assert_eq!(list[0]["claims"][0]["holds"], true);
    assert_eq!(list[1]["claims"][0]["holds"], false);
    assert!(list[2]["error"].is_string());
}

#[test]
fn the_seed_decides_and_the_threads_do_not() {
    let claims = |line: &str| -> Value {
        let list: Value = serde_json::from_str(&run(own_studies(), line).stdout).unwrap();
        list[0]["claims"].clone()
    };
    let one = claims("study run coin/fair --json --seed 7 --threads 1");
    assert_eq!(one, claims("study run coin/fair --json --seed 7 --threads 2"));
    assert_ne!(one, claims("study run coin/fair --json --seed 8 --threads 1"));
}

#[test]
fn the_folder_is_made_and_holds_what_was_printed() {
    let scratch = Scratch::new("folder");
    let folder = scratch.0.join("new/report");
    let ended = run(own_studies(), &format!("study run coin/fair --json -o {}", folder.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(folder.join("results.json")).unwrap(), ended.stdout);
    assert!(ended.stderr.contains(&*folder.to_string_lossy()), "{}", ended.stderr);
}
