//! Ctrl-C stops cleanly and keeps what is done.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::world::{Ended, Scratch, own_studies};

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}

#[test]
fn what_is_finished_is_kept_and_the_code_is_130() {
    let scratch = Scratch::new("interrupt");
    let results = scratch.0.join("results.json");
    let mut program = own_studies();
    program.args(["study", "run", "coin/fair", "slow/coin", "-o"]).arg(&scratch.0);
    let child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();

    // The first study is on disk when the second one, of twenty seconds, is under way.
    let start = Instant::now();
    while !results.exists() {
        assert!(start.elapsed() < Duration::from_secs(10), "the first study was not kept");
        std::thread::sleep(Duration::from_millis(10));
    }
    interrupt(&child);
    let asked = Instant::now();
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert!(asked.elapsed() < Duration::from_secs(2), "it took {:?} to stop", asked.elapsed());
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert!(ended.stderr.contains("what is finished is kept"), "{}", ended.stderr);
    assert!(ended.stdout.contains("1 of 2 studies, 1 claim, all hold, stopped before the end"));
    let kept: serde_json::Value = serde_json::from_slice(&fs::read(results).unwrap()).unwrap();
    assert_eq!(kept.as_array().unwrap().len(), 1);
    assert_eq!(kept[0]["id"], "coin/fair");
}
