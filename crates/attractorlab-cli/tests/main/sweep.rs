//! Sweeps as a user runs them: bad input, signals, kills.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use attractorlab_sweep::{Folder, Registry, Value, read};

use crate::world::{Ended, Scratch, attractorlab, run};

/// Every row of a sweep's folder by its point, times excepted, floats by their bits.
pub(crate) fn rows(path: &Path) -> BTreeMap<u64, Vec<String>> {
    let (folder, plan) = Folder::open(path, &Registry::standard()).expect("the folder has a sweep");
    let mut columns = vec!["key", "seed", "status", "message"];
    columns.extend(plan.parameters().iter().map(|parameter| parameter.name.as_str()));
    columns.extend(plan.measures().iter().map(|measure| measure.name.as_str()));
    let mut rows = BTreeMap::new();
    let show = |point, values: &[Option<Value>]| {
        let bits = |value: &Option<Value>| match value {
            Some(Value::Number(number)) => format!("{:x}", number.to_bits()),
            other => format!("{other:?}"),
        };
        assert!(rows.insert(point, values.iter().map(bits).collect()).is_none(), "point {point} twice");
    };
    read(&folder, &plan, &columns, show).expect("the folder can be read");
    rows
}

/// A plan in a file.
fn plan(scratch: &Scratch, text: &str) -> String {
    let path = scratch.0.join("plan.toml");
    fs::write(&path, text).expect("the scratch folder can be written");
    path.display().to_string()
}

/// Starts `sweep run`.
fn start(plan: &str, folder: &Path, options: &[&str]) -> Child {
    attractorlab()
        .args(["sweep", "run", plan, "-o"])
        .arg(folder)
        .args(options)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

fn end(child: Child) -> Ended {
    child.wait_with_output().expect("the program ends").into()
}

const SPECTRA: &str = "
[run]
what = 'network.spectrum'
seeds = 40
[axes]
overlap = { range = [0.0, 2.0], points = 41 }
[fixed]
units = 40
";

#[test]
fn killed_at_fifty_moments_nothing_is_lost_or_repeated() {
    let scratch = Scratch::new("sweep-kill");
    let plan = plan(&scratch, SPECTRA);
    let (killed, whole) = (scratch.0.join("killed"), scratch.0.join("whole"));
    let mut before = BTreeMap::new();
    // Moments spread by the golden ratio: on average, half of a flush interval matters most.
    let mut moment = 0.37_f64;
    let mut grew = 0;
    for _ in 0..50 {
        moment = (moment + 0.618_033_988_749_895) % 1.0;
        let mut child = start(&plan, &killed, &["--flush-every", "0.01"]);
        std::thread::sleep(Duration::from_secs_f64(0.005 + 0.06 * moment));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        // The very first kills may come before there is a folder.
        let now = if killed.join("manifest.parquet").exists() { rows(&killed) } else { BTreeMap::new() };
        assert!(before.iter().all(|(point, row)| now.get(point) == Some(row)), "a finished point is lost");
        grew += usize::from(now.len() > before.len());
        before = now;
    }
    assert!(grew > 5, "only {grew} of 50 runs kept something: the kills came too early to test anything");
    let resumed = end(start(&plan, &killed, &[]));
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    let expected = format!("{} of 1640 points done now, {} before", 1640 - before.len(), before.len());
    assert!(resumed.stderr.contains(&expected), "{}\nnot: {expected}", resumed.stderr);
    assert_eq!(end(start(&plan, &whole, &[])).code, Some(0));
    let collected = run(attractorlab(), &format!("sweep collect {}", killed.display()));
    assert_eq!(collected.code, Some(0), "{}", collected.stderr);
    assert!(rows(&killed) == rows(&whole), "the resumed table differs");
    // Every killed process left at most files that the next one removed.
    let left: Vec<_> = fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}

#[test]
fn ctrl_c_and_sigterm_keep_what_is_finished() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let scratch = Scratch::new(&format!("sweep-{name}"));
        let plan = plan(&scratch, &SPECTRA.replace("units = 40", "units = 150"));
        let folder = scratch.0.join("sweep");
        let child = start(&plan, &folder, &[]);
        let begun = Instant::now();
        while !folder.join("manifest.parquet").exists() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the sweep did not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(400));
        signal(&child, name);
        let ended = end(child);
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert!(ended.stderr.contains("what is finished is kept"), "{}", ended.stderr);
        assert!(ended.stderr.contains("stopped, run again to go on"), "{}", ended.stderr);
        let kept = rows(&folder).len();
        assert!(kept > 0 && kept < 1640, "{kept}");
        assert!(ended.stderr.contains(&format!("{kept} of 1640 points done now")), "{}", ended.stderr);
        let status = run(attractorlab(), &format!("sweep status {} --json", folder.display()));
        assert_eq!(status.code, Some(1));
        let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
        assert_eq!(status["finished"], kept);
        assert_eq!(status["missing"], 1640 - kept);
    }
}

/// Runs a line that must be refused, and returns what is said.
#[track_caller]
fn refused(line: &str) -> String {
    let ended = run(attractorlab(), line);
    assert_eq!(ended.code, Some(2), "{line}: {}", ended.stderr);
    assert_eq!(ended.stdout, "", "{line}");
    ended.stderr
}

#[test]
fn bad_input_has_a_line_and_a_hint() {
    let scratch = Scratch::new("sweep-bad");
    let folder = scratch.0.join("sweep").display().to_string();
    let slip = plan(&scratch, &SPECTRA.replace("overlap", "overlpa"));
    let said = refused(&format!("sweep run {slip} -o {folder}"));
    assert!(said.contains("plan.toml, line 6: unknown parameter 'overlpa'"), "{said}");
    assert!(said.contains("did you mean 'overlap'?"), "{said}");
    assert!(refused(&format!("sweep plan {slip}")).contains("line 6"));
    assert!(!Path::new(&folder).exists(), "a wrong plan left a folder");
    let good = plan(&scratch, SPECTRA);
    for shard in ["0/4", "5/4", "2", "a/b"] {
        let said = refused(&format!("sweep run {good} -o {folder} --shard {shard}"));
        assert!(said.contains("is not a shard"), "{said}");
    }
    assert!(refused(&format!("sweep run {good} -o {folder} --threads 0")).contains("at least 1"));
    assert!(refused(&format!("sweep run {folder}.toml -o {folder}")).contains("cannot read the plan"));
    assert!(refused(&format!("sweep status {folder}")).contains("is not the folder of a sweep"));
    assert!(refused(&format!("sweep collect {}", scratch.0.display())).contains("no manifest.parquet"));
    assert!(refused("sweep list network.spectrun").contains("did you mean 'network.spectrum'?"));
    let said = refused(&format!("sweep submit {good} -o {folder} --slurm --sbatch-option=qos=low --dry-run"));
    assert!(said.contains("must begin with a dash"), "{said}");
    assert!(refused(&format!("sweep submit {good} -o {folder}")).contains("--slurm"));
}

#[test]
fn a_plan_is_told_in_words_and_in_json() {
    let scratch = Scratch::new("sweep-plan");
    let plan = plan(&scratch, SPECTRA);
    let told = run(attractorlab(), &format!("sweep plan {plan}"));
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    assert!(told.stdout.contains("1640 points") && told.stdout.contains("cost"), "{}", told.stdout);
    let json = run(attractorlab(), &format!("sweep plan {plan} --json --no-timing")).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["points"], &json["seeds"]), (&1640.into(), &40.into()));
    let schema = run(attractorlab(), "sweep schema").stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["properties"]["run"]["required"][0], "what");
    let folder = scratch.0.join("sweep").display().to_string();
    assert_eq!(run(attractorlab(), &format!("sweep run {plan} -o {folder} --shard 1/8")).code, Some(0));
    let page = run(attractorlab(), &format!("sweep report {folder}"));
    assert_eq!(page.stdout.trim(), format!("{folder}.html"), "{}", page.stderr);
    assert!(fs::read_to_string(page.stdout.trim()).unwrap().contains("205 of 1640 points finished"));
    let list = run(attractorlab(), "sweep list --json").stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert!(list.as_array().unwrap().iter().any(|runnable| runnable["name"] == "theory.feedback"));
}

#[test]
fn the_guide_to_a_cluster_says_what_works() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/guide/cluster.md");
    let page = fs::read_to_string(page).expect("the page is part of the repository");
    let blocks = |language: &str| -> Vec<String> {
        let begin = format!("```{language}\n");
        page.split(&begin).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
    };
    let scratch = Scratch::new("sweep-guide");
    plan(&scratch, &blocks("toml")[0]);
    let here = |line: &str| {
        let mut program = attractorlab();
        program.current_dir(&scratch.0);
        run(program, line)
    };
    // What Slurm would have computed; Slurm itself has a test of its own.
    let ran = here("sweep run plan.toml -o spectra");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut commands = 0;
    for line in blocks("sh").iter().flat_map(|block| block.lines()) {
        let Some(line) = line.strip_prefix("attractorlab ") else { continue };
        let submits = line.contains(" --slurm") && !line.contains("--dry-run");
        let ended = here(&if submits { format!("{line} --dry-run") } else { line.to_owned() });
        assert_eq!(ended.code, Some(0), "{line}: {}", ended.stderr);
        commands += 1;
    }
    assert!(commands >= 8, "only {commands} commands were found");
    assert!(
        rows(&scratch.0.join("shares")) == rows(&scratch.0.join("spectra")),
        "shares differ from the whole"
    );
}
