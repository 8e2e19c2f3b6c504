//! Running studies that hold, fail, cannot run, and are stopped.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use attractorlab_studies::run::{
    Observer, OutputFolder, Run, RunError, Settings, StudyResult, Verdict, run, to_json,
};
use attractorlab_studies::{Preset, Silent, Study};
use serde_json::Value;

use crate::rehearsal::{Ending, Rehearsal};

/// A fresh folder that is removed at the end of a test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("attractorlab-run-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn rehearse(endings: &[(&'static str, Ending)], output: Option<&OutputFolder>) -> Run {
    let studies: Vec<Rehearsal> = endings.iter().map(|(id, ending)| Rehearsal(id, *ending)).collect();
    let studies: Vec<&dyn Study> = studies.iter().map(|study| study as &dyn Study).collect();
    let cancelled = AtomicBool::new(false);
    run(
        &studies,
        &Settings { preset: Preset::Quick, seed: 5, output, cancelled: &cancelled, data: None },
        &Silent,
    )
    .unwrap()
}

#[test]
fn the_worst_that_happened_is_the_verdict() {
    let verdict = |endings: &[Ending]| {
        let named: Vec<_> = endings.iter().map(|ending| ("paper/name", *ending)).collect();
        rehearse(&named, None).verdict()
    };
    assert_eq!(verdict(&[Ending::Holds]), Verdict::Holds);
    assert_eq!(verdict(&[Ending::Holds, Ending::Fails]), Verdict::ClaimFails);
    assert_eq!(verdict(&[Ending::Errors, Ending::Fails]), Verdict::StudyError);
    assert_eq!(verdict(&[Ending::Panics, Ending::Holds]), Verdict::StudyError);
    assert_eq!(verdict(&[Ending::ClaimsNothing]), Verdict::StudyError);
    assert_eq!(verdict(&[Ending::Errors, Ending::Cancels]), Verdict::Interrupted);
}

#[test]
fn an_error_does_not_stop_the_studies_after_it() {
    let run = rehearse(
        &[("p/errors", Ending::Errors), ("p/panics", Ending::Panics), ("p/holds", Ending::Holds)],
        None,
    );
    let errors: Vec<_> = run.results.iter().map(|result| result.error.as_deref()).collect();
    assert_eq!(
        errors,
        [
            Some("solving for the targets: g must not be negative"),
            Some("defect in the study: shapes differ"),
            None
        ]
    );
}

#[test]
fn stopping_keeps_what_is_finished_and_starts_nothing_more() {
    let scratch = Scratch::new("stop");
    let folder = OutputFolder::open(&scratch.0).unwrap();
    let stopped = [("p/one", Ending::Holds), ("p/two", Ending::Cancels), ("p/three", Ending::Holds)];
    let run = rehearse(&stopped, Some(&folder));
    assert!(run.interrupted);
    assert_eq!((run.results.len(), run.planned), (1, 3));
    let kept: Value = serde_json::from_slice(&fs::read(scratch.0.join("results.json")).unwrap()).unwrap();
    assert_eq!(kept.as_array().unwrap().len(), 1);
    assert_eq!(kept[0]["id"], "p/one");
    let report = fs::read_to_string(scratch.0.join("report.html")).unwrap();
    assert!(report.contains("p/one") && !report.contains("p/two"), "{report}");
    assert!(report.contains("1 of 3 studies are finished"), "{report}");
    assert!(fs::read_to_string(scratch.0.join("figures/p/one/ramp.svg")).unwrap().starts_with("<svg"));
}

#[test]
fn a_study_that_ends_before_it_sees_the_stop_is_kept() {
    let run = rehearse(&[("p/one", Ending::CancelsAtItsEnd), ("p/two", Ending::Holds)], None);
    assert!(run.interrupted);
    assert_eq!(run.results.len(), 1);
    let last = rehearse(&[("p/one", Ending::CancelsAtItsEnd)], None);
    assert_eq!(last.verdict(), Verdict::Holds, "nothing was left undone");
}

#[test]
fn json_has_what_readers_rely_on() {
    let run = rehearse(&[("p/fails", Ending::Fails), ("p/errors", Ending::Errors)], None);
    let json: Value = serde_json::from_slice(&to_json(&run.results).unwrap()).unwrap();
    let study = &json[0];
    assert_eq!(study["id"], "p/fails");
    assert_eq!(study["preset"], "quick");
    assert_eq!(study["seed"], 5);
    assert!(study["seconds"].as_f64().unwrap() >= 0.0);
    assert_eq!(study["error"], Value::Null);
    assert_eq!(study["parameters"]["networks"], 2);
    let claim = &study["claims"][0];
    assert_eq!(claim["id"], "unity");
    assert_eq!(claim["statement"], "The measured value is one.");
    assert_eq!(claim["expected"], 1.0);
    assert_eq!(claim["measured"], 2.0);
    assert_eq!(claim["tolerance"], 1e-6);
    assert_eq!(claim["holds"], false);
    assert_eq!(study["claims"][1]["measured"], "mono");
    assert_eq!(study["claims"][1]["tolerance"], Value::Null);
    assert_eq!(json[1]["claims"], Value::Array(vec![]));
    assert!(json[1]["error"].as_str().unwrap().contains("g must not be negative"));
}

#[test]
fn the_observer_sees_every_step() {
    #[derive(Default)]
    struct Diary(Mutex<Vec<String>>);
    impl Observer for Diary {
        fn started(&self, position: usize, total: usize, study: &dyn Study) {
            self.0.lock().unwrap().push(format!("start {position}/{total} {}", study.id()));
        }
        fn progress(&self, done: usize, total: usize) {
            self.0.lock().unwrap().push(format!("step {done}/{total}"));
        }
        fn finished(&self, position: usize, total: usize, result: &StudyResult) {
            self.0.lock().unwrap().push(format!("end {position}/{total} {}", result.failing()));
        }
    }
    let diary = Diary::default();
    let (one, two) = (Rehearsal("p/one", Ending::Holds), Rehearsal("p/two", Ending::Fails));
    let settings = Settings {
        preset: Preset::Full,
        seed: 1,
        output: None,
        cancelled: &AtomicBool::new(false),
        data: None,
    };
    run(&[&one, &two], &settings, &diary).unwrap();
    assert_eq!(
        diary.0.into_inner().unwrap(),
        ["start 1/2 p/one", "step 1/2", "end 1/2 0", "start 2/2 p/two", "step 1/2", "end 2/2 1"]
    );
}

#[test]
fn results_that_cannot_be_kept_are_an_error() {
    let scratch = Scratch::new("lost");
    let folder = OutputFolder::open(&scratch.0).unwrap();
    // A folder where the file should be: the rename must fail, and the temporary file must go.
    fs::create_dir_all(scratch.0.join("results.json/occupied")).unwrap();
    let study = Rehearsal("p/one", Ending::Holds);
    let settings = Settings {
        preset: Preset::Quick,
        seed: 1,
        output: Some(&folder),
        cancelled: &AtomicBool::new(false),
        data: None,
    };
    let error = run(&[&study], &settings, &Silent).unwrap_err();
    assert!(matches!(&error, RunError::Output { path, .. } if path.ends_with("results.json")), "{error}");
    let mut left: Vec<_> =
        fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["figures", "results.json"]);
}
