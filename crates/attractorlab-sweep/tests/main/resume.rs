//! Results do not depend on threads, shards or interruptions.

use std::time::Duration;

use attractorlab_sweep::{
    Declared, Flush, Folder, Measures, Plan, Registry, RunError, RunOptions, Session, Shard, Silent, Stop,
    SweepError, collect, run, status,
};

use crate::world::{Draw, SMALL, Scratch, finish, plan, registry, rows};

#[test]
fn threads_and_shards_change_nothing() {
    let scratch = Scratch::new("shards");
    let plan = plan(SMALL);
    let one =
        finish(&plan, &scratch.0.join("one"), &RunOptions { threads: Some(1), ..RunOptions::default() });
    let two =
        finish(&plan, &scratch.0.join("two"), &RunOptions { threads: Some(2), ..RunOptions::default() });
    let path = scratch.0.join("three");
    for index in [3, 1, 2] {
        finish(&plan, &path, &RunOptions { shard: Shard::new(index, 3).unwrap(), ..RunOptions::default() });
    }
    let (three, _) = Folder::open(&path, &registry()).unwrap();
    let wanted = rows(&one, &plan);
    assert_eq!(wanted.len(), 240);
    assert_eq!(rows(&two, &plan), wanted);
    assert_eq!(rows(&three, &plan), wanted);
    let collected = collect(&three, &plan).unwrap();
    assert_eq!((collected.rows, collected.merged, collected.failed), (240, 3, 0));
    assert!(collected.gaps.is_empty());
    assert_eq!(rows(&three, &plan), wanted);
    assert_eq!(files(&path), ["manifest.parquet", "table.parquet"]);
    assert!(status(&three, &plan).unwrap().is_complete());
    // Nothing but the sweep's folders is left beside.
    assert_eq!(files(&scratch.0), ["one", "three", "two"]);
}

fn files(path: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_finished_is_not_done_again() {
    let scratch = Scratch::new("again");
    let plan = plan(SMALL);
    let half = RunOptions { shard: Shard::new(1, 2).unwrap(), ..RunOptions::default() };
    let folder = finish(&plan, &scratch.folder(), &half);
    let before = status(&folder, &plan).unwrap();
    assert_eq!((before.finished, before.gaps.len()), (120, 120));
    // A partial table is as good as parts.
    assert_eq!(collect(&folder, &plan).unwrap().rows, 120);
    let ran = run(&plan, &folder, &RunOptions::default(), &Stop::new(), &Silent).unwrap();
    assert_eq!((ran.before, ran.done, ran.points), (120, 120, 240));
    assert_eq!(collect(&folder, &plan).unwrap().merged, 2);
    let again = run(&plan, &folder, &RunOptions::default(), &Stop::new(), &Silent).unwrap();
    assert_eq!((again.before, again.done), (240, 0));
    assert_eq!(collect(&folder, &plan).unwrap().rows, 240);
}

const MIXED: &str = "
[run]
what = 'test.draw'
seeds = 3
[axes]
x = [0.0, 1.0]
mode = ['fine', 'fails', 'panics']
";

#[test]
fn a_failed_point_is_a_row_and_can_be_run_again() {
    let scratch = Scratch::new("failed");
    let plan = plan(MIXED);
    let folder = finish(&plan, &scratch.folder(), &RunOptions::default());
    let state = status(&folder, &plan).unwrap();
    assert_eq!((state.finished, state.failed), (18, 12));
    assert!(!state.is_complete());
    let collected = collect(&folder, &plan).unwrap();
    assert_eq!(collected.failed, 12);
    assert_eq!(collected.failures[0], (3, "it was told to fail".to_owned()));
    assert!(collected.failures[3].1.contains("defect: it was told to panic"));
    let before = rows(&folder, &plan);
    // Without being asked, failures are not run again.
    let ran = run(&plan, &folder, &RunOptions::default(), &Stop::new(), &Silent).unwrap();
    assert_eq!((ran.done, ran.failed), (0, 12));
    let retry = RunOptions { retry_failed: true, ..RunOptions::default() };
    let ran = run(&plan, &folder, &retry, &Stop::new(), &Silent).unwrap();
    assert_eq!((ran.before, ran.done, ran.failed), (6, 12, 12));
    assert_eq!(rows(&folder, &plan), before);
    let collected = collect(&folder, &plan).unwrap();
    assert_eq!((collected.rows, collected.repeated), (18, 0));
}

#[test]
fn a_stop_keeps_what_is_finished() {
    let scratch = Scratch::new("stop");
    let text = SMALL.replace("[axes]", "[fixed]\nsleep = 10\n[axes]");
    let plan = plan(&text);
    let folder = Folder::begin(&scratch.folder(), &plan).unwrap();
    let stop = Stop::new();
    let asks = stop.clone();
    let asker = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        asks.ask();
    });
    let ran = run(&plan, &folder, &RunOptions::default(), &stop, &Silent).unwrap();
    asker.join().unwrap();
    assert!(ran.stopped && ran.done > 0 && ran.done < 240, "{ran:?}");
    let state = status(&folder, &plan).unwrap();
    assert_eq!(state.finished, ran.done);
    // A second run goes on.
    let ran =
        run(&plan, &folder, &RunOptions { threads: Some(8), ..RunOptions::default() }, &Stop::new(), &Silent);
    assert_eq!(ran.unwrap().before, state.finished);
}

#[test]
fn points_in_flight_are_dropped_when_they_take_too_long() {
    let scratch = Scratch::new("drop");
    let plan = plan("[run]\nwhat = 'test.draw'\n[axes]\nx = [0.0]\nsleep = [0.0, 1.0, 60000.0, 60001.0]");
    let folder = Folder::begin(&scratch.folder(), &plan).unwrap();
    let stop = Stop::new();
    let asks = stop.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        asks.ask();
    });
    let options = RunOptions { grace: Duration::from_millis(200), threads: Some(2), ..RunOptions::default() };
    let start = std::time::Instant::now();
    let ran = run(&plan, &folder, &options, &stop, &Silent).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!((ran.done, ran.stopped), (2, true));
    assert_eq!(status(&folder, &plan).unwrap().finished, 2);
}

#[test]
fn two_sweeps_do_not_share_a_folder() {
    let scratch = Scratch::new("two");
    let plan_a = plan(SMALL);
    finish(&plan_a, &scratch.folder(), &RunOptions::default());
    let plan_b = plan(&SMALL.replace("12", "13"));
    let error = Folder::begin(&scratch.folder(), &plan_b).unwrap_err();
    assert!(matches!(error, SweepError::AnotherSweep { .. }), "{error}");
    assert!(error.to_string().contains(plan_a.hash()), "{error}");
    assert_eq!(error.hint().unwrap(), "choose another folder with -o");
    // A part that strayed in from elsewhere.
    let other = scratch.0.join("other");
    finish(&plan_b, &other, &RunOptions::default());
    let part = files(&other).into_iter().find(|name| name.starts_with("part")).unwrap();
    std::fs::copy(other.join(&part), scratch.folder().join(&part)).unwrap();
    let (folder, plan_a) = Folder::open(&scratch.folder(), &registry()).unwrap();
    let error = collect(&folder, &plan_a).unwrap_err();
    assert!(matches!(error, SweepError::ForeignPart { .. }), "{error}");
    assert!(error.to_string().contains(&part), "{error}");
    // The same plan, but the numbers would be others.
    let mut newer = attractorlab_sweep::Registry::new();
    newer.register(Draw { version: 2 }).unwrap();
    let error = Folder::open(&scratch.folder(), &newer).unwrap_err();
    assert!(error.to_string().contains("test.draw version 1"), "{error}");
    let text = plan_a.text().to_owned();
    let error = Folder::begin(&scratch.folder(), &Plan::parse(&text, &newer).unwrap()).unwrap_err();
    assert!(error.to_string().contains("version 2"), "{error}");
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let scratch = Scratch::new("busy");
    let plan = plan("[run]\nwhat = 'test.draw'\n[axes]\nx = [0.0]\n[fixed]\nsleep = 700.0");
    let folder = Folder::begin(&scratch.folder(), &plan).unwrap();
    let (other_plan, other_folder) = (plan.clone(), folder.clone());
    let first = std::thread::spawn(move || {
        run(&other_plan, &other_folder, &RunOptions::default(), &Stop::new(), &Silent).unwrap()
    });
    std::thread::sleep(Duration::from_millis(250));
    let second = run(&plan, &folder, &RunOptions::default(), &Stop::new(), &Silent);
    assert!(matches!(second, Err(SweepError::Busy { .. })), "{second:?}");
    assert!(matches!(collect(&folder, &plan), Err(SweepError::Busy { .. })));
    assert_eq!(first.join().unwrap().done, 1);
}

#[test]
fn arrays_stand_beside_in_either_format() {
    let text =
        "[run]\nwhat = 'test.draw'\nseeds = 2\n[axes]\nx = [0.0]\ncount = [3]\n[measure]\narrays = ['draws']";
    for format in ["npz", "safetensors"] {
        let scratch = Scratch::new(&format!("arrays-{format}"));
        let plan = plan(&format!("{text}\nformat = '{format}'"));
        let folder = finish(&plan, &scratch.folder(), &RunOptions::default());
        let beside = folder.beside("arrays");
        assert_eq!(files(&beside).len(), 2);
        let (values, seed) = plan.point(0);
        let path = beside.join(format!("{}.{format}", plan.key(&values, seed)));
        let stored = attractorlab::arrays::Arrays::read(&path).unwrap();
        assert_eq!(stored.arrays["draws"].to_f64(), seed.stream("draw").normals(3));
    }
}

#[test]
fn parts_appear_early_and_then_more_rarely() {
    let scratch = Scratch::new("flush");
    let text = SMALL.replace("[axes]", "[fixed]\nsleep = 4\n[axes]");
    let plan = plan(&text);
    let flush = Flush { first: Duration::from_millis(20), ..Flush::default() };
    let options = RunOptions { flush, threads: Some(2), ..RunOptions::default() };
    let folder = finish(&plan, &scratch.folder(), &options);
    // 480 ms of work, written after 20, 60, 140, 300 ms and at the end.
    let parts = status(&folder, &plan).unwrap().parts;
    assert!((3..=8).contains(&parts), "{parts}");
}

#[test]
fn points_computed_elsewhere_are_kept_and_read_without_their_author() {
    let scratch = Scratch::new("elsewhere");
    let declaration = r#"{"name": "python.f", "version": 1, "random": false,
        "parameters": {"x": "number", "word": "text"}, "measures": {"y": "number", "n": "integer"}}"#;
    let mut registry = Registry::standard();
    registry.register(Declared::from_json(declaration).unwrap()).unwrap();
    let text = "[run]\nwhat = 'python.f'\n[axes]\nx = [1, 2, 3]\n[fixed]\nword = 'a'";
    let plan = std::sync::Arc::new(Plan::parse(text, &registry).unwrap());
    let folder = Folder::begin(&scratch.folder(), &plan).unwrap();
    let mut session = Session::begin(&plan, &folder, &RunOptions::default(), &Silent).unwrap();
    assert_eq!(session.todo(), [0, 1, 2]);
    session.keep(2, Ok(Measures::new().with("y", 0.5).with("n", 7)), 0.1).unwrap();
    session.keep(0, Err(RunError::new("it broke")), 0.1).unwrap();
    let ran = session.finish().unwrap();
    assert_eq!((ran.done, ran.failed, ran.stopped), (2, 1, true));
    // A program that knows nothing of the function reads, collects and refuses to compute.
    let (folder, plan) = Folder::open(&scratch.folder(), &Registry::standard()).unwrap();
    assert_eq!(Folder::declaration(&scratch.folder()).unwrap().as_deref(), Some(declaration));
    assert_eq!(status(&folder, &plan).unwrap().gaps, [(1, 1)]);
    assert_eq!(collect(&folder, &plan).unwrap().failures, [(0, "it broke".to_owned())]);
    assert!(rows(&folder, &plan)[1].contains("Integer(7)"));
    for wrong in [
        "",
        "{}",
        r#"{"name": "f", "version": 1, "random": true, "parameters": {"x": "real"}, "measures": {}}"#,
    ] {
        assert!(Declared::from_json(wrong).is_err(), "{wrong}");
    }
}
