//! How fixed points change along a parameter, from the shell.

use std::path::Path;

use crate::world::{Ended, Scratch, attractorlab, run};

fn pytorch(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pytorch").join(name).display().to_string()
}

fn bifurcations(arguments: &str) -> Ended {
    run(attractorlab(), &format!("bifurcations {arguments}"))
}

#[test]
fn one_command_leads_from_a_weight_file_to_its_branches() {
    let scratch = Scratch::new("bifurcations");
    let net = pytorch("flipflop_gru16.safetensors");
    let ended = bifurcations(&format!(
        "{net} --along input --direction 1,0,0 --from -0.5 --to 0.5 --at 0 -o {}",
        scratch.0.display()
    ));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for said in ["9 branches along the strength of the input, 18 special points", "fold", "27 fixed points"] {
        assert!(ended.stdout.contains(said), "it does not say '{said}': {}", ended.stdout);
    }
    let page = std::fs::read_to_string(scratch.0.join("report.html")).expect("the page");
    assert!(page.contains("Branches of fixed points") && page.contains("Where stability changes"));
    let table = std::fs::read(scratch.0.join("branches.parquet")).expect("the table");
    assert!(table.starts_with(b"PAR1") && table.ends_with(b"PAR1"));
    let arrays = attractorlab::arrays::Arrays::read(&scratch.0.join("branches.npz")).expect("the arrays");
    assert_eq!(arrays.arrays["special_states"].shape(), [18, 16]);
    assert_eq!(arrays.arrays["states"].shape()[0], arrays.arrays["parameters"].shape()[0]);
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let scratch = Scratch::new("bifurcations-bad");
    let (net, folder) = (pytorch("flipflop_gru16.safetensors"), scratch.0.display());
    for (arguments, said) in [
        ("--from 1 --to 0", "lower end first"),
        ("--from 0 --to 1 --at 2", "range from 0 to 1"),
        ("--from 0 --to 1 --along bulk", "has no bulk"),
        ("--from 0 --to 1 --along morph", "no --other"),
        ("--from 0 --to 1 --input 1", "3 inputs of the network, got 1"),
    ] {
        let ended = bifurcations(&format!("{net} {arguments} -o {folder}"));
        assert_eq!(ended.code, Some(2), "{arguments}");
        assert!(ended.stderr.contains(said), "{arguments}: {}", ended.stderr);
    }
}
