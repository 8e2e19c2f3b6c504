//! `cargo xtask test`: everything CI runs.

use std::fs;
use std::path::Path;

use crate::counts::{self, Counts};
use crate::step::{self, Ended};
use crate::venv::Venv;
use crate::wheel;

/// The file to which a test that cannot do its work (no browser, say) adds a line and returns; its path is in
/// the environment under this name.
const SKIPPED: &str = "ATTRACTORLAB_SKIPPED_TESTS";

/// What came out so far.
#[derive(Default)]
struct Tally {
    counts: Counts,
    failures: Vec<String>,
}

impl Tally {
    fn add(&mut self, title: &str, counts: Counts) {
        if counts.failed > 0 {
            self.failures.push(format!("{title}: {counts}"));
        }
        self.counts += counts;
    }

    fn check(&mut self, title: &str, command: &mut std::process::Command) -> bool {
        let success = step::run(title, command).success;
        self.add(title, Counts::one(success));
        success
    }

    /// Adds a test runner's counts, and its own words for what failed, so that nobody has to scroll.
    fn suite(&mut self, title: &str, ended: &Ended, counts: Counts, names: fn(&str) -> bool) {
        self.add(title, counts.checked(ended.success));
        let mut named: Vec<String> = Vec::new();
        for line in ended.output.lines().map(str::trim).filter(|line| names(line)) {
            let line = format!("  {line}");
            // nextest names a failure when it happens and again at the end.
            if !named.contains(&line) {
                named.push(line);
            }
        }
        self.failures.extend(named);
    }
}

/// How nextest names a test that failed.
fn nextest_failure(line: &str) -> bool {
    line.starts_with("FAIL [") || line.starts_with("TIMEOUT [") || line.starts_with("SIG")
}

/// How `cargo test` names a test that failed.
fn cargo_failure(line: &str) -> bool {
    line.starts_with("test ") && line.ends_with("FAILED")
}

/// How pytest names a test that failed.
fn pytest_failure(line: &str) -> bool {
    line.starts_with("FAILED ") || line.starts_with("ERROR ")
}

/// Runs everything, to the end even where something fails, and counts; tests that need PyTorch with a Python that
/// has it, if one is given.
pub(crate) fn run(torch: Option<&Path>) -> Result<bool, String> {
    let mut tally = Tally::default();
    let venv = Venv::with("venv", &wheel::REQUIREMENTS);
    // The wheel comes first: what maturin tells pyo3 is then told by every later call of cargo.
    let wheel = venv.as_ref().map_err(Clone::clone).and_then(wheel::build);
    let pyo3 = venv.as_ref().map(Venv::pyo3).unwrap_or_default();
    let cargo = || {
        let mut cargo = step::cargo();
        cargo.envs(pyo3.iter().cloned());
        cargo
    };

    tally.check("formatting", cargo().args(["fmt", "--all", "--check"]));
    tally.check(
        "lints",
        cargo().args(["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    );

    let skipped = crate::target().join("skipped-tests.txt");
    fs::write(&skipped, "").map_err(|error| format!("cannot write {}: {error}", skipped.display()))?;
    let select = ["--release", "--workspace", "--no-fail-fast"];
    if step::there("cargo-nextest", "--version") {
        let ended = step::run(
            "Rust tests (nextest)",
            cargo()
                .args(["nextest", "run"])
                .args(select)
                .args(["--status-level", "fail", "--final-status-level", "fail"])
                .env("NEXTEST_HIDE_PROGRESS_BAR", "1")
                .env(SKIPPED, &skipped),
        );
        let counts = counts::nextest(&ended.output).not_really_run(count_skipped(&skipped));
        tally.suite("Rust tests", &ended, counts, nextest_failure);
    } else {
        let ended = step::run(
            "Rust tests",
            cargo()
                .arg("test")
                .args(select)
                .args(["--lib", "--bins", "--tests", "--examples"])
                .env(SKIPPED, &skipped),
        );
        let counts = counts::cargo_test(&ended.output).not_really_run(count_skipped(&skipped));
        tally.suite("Rust tests", &ended, counts, cargo_failure);
    }
    let ended = step::run("doc tests", cargo().args(["test", "--doc"]).args(select));
    tally.suite("doc tests", &ended, counts::cargo_test(&ended.output), cargo_failure);

    match (&venv, &wheel) {
        (Ok(venv), Ok(wheel)) => {
            python(venv, wheel, &mut tally);
            if let Some(torch) = torch {
                with_torch(torch, wheel, &mut tally);
            }
        }
        (Err(message), _) | (_, Err(message)) => tally.add(message, Counts::one(false)),
    }

    println!();
    for line in fs::read_to_string(&skipped).unwrap_or_default().lines() {
        println!("skipped: {line}");
    }
    for failure in &tally.failures {
        println!("failed: {failure}");
    }
    println!("{}", tally.counts);
    Ok(tally.counts.failed == 0)
}

/// The wheel, installed as a user would, its tests, and its types.
fn python(venv: &Venv, wheel: &Path, tally: &mut Tally) {
    let installed = tally.check(
        "the wheel can be installed",
        venv.pip().args(["install", "--force-reinstall", "--no-deps"]).arg(wheel),
    );
    if !installed {
        return;
    }
    let ended = step::run("Python tests", venv.run_python().args(["-m", "pytest", "-q", "-rfE"]));
    tally.suite("Python tests", &ended, counts::pytest(&ended.output), pytest_failure);
    tally.check(
        "Python types",
        venv.run_python().args(["-m", "mypy", "--strict", "-p", "attractorlab", "--cache-dir"]).arg(cache()),
    );
    tally.check(
        "Python types of the tests",
        venv.run_python().args(["-m", "mypy", "--strict", "python/tests", "--cache-dir"]).arg(cache()),
    );
    tally.check(
        "stubs agree with the module",
        venv.run_python().args(["-m", "mypy.stubtest", "attractorlab._attractorlab"]),
    );
}

/// The tests that need PyTorch. The wheel goes into a folder of its own: the user's Python is not touched.
fn with_torch(python: &Path, wheel: &Path, tally: &mut Tally) {
    let packages = crate::target().join("with-torch");
    // A wheel of an earlier run would stay.
    let _ = fs::remove_dir_all(&packages);
    let installed = tally.check(
        "the wheel for the Python with PyTorch",
        step::command(python)
            .args([
                "-m",
                "pip",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
                "install",
                "--target",
            ])
            .arg(&packages)
            .args(["numpy", "pytest"])
            .arg(wheel),
    );
    if !installed {
        return;
    }
    let ended = step::run(
        "Python tests with PyTorch",
        step::command(python)
            .args(["-m", "pytest", "-q", "-rfE", "-m", "torch", "python/tests/test_torch.py"])
            .env("PYTHONPATH", &packages),
    );
    tally.suite("Python tests with PyTorch", &ended, counts::pytest(&ended.output), pytest_failure);
}

fn cache() -> std::path::PathBuf {
    crate::target().join("mypy")
}

fn count_skipped(path: &Path) -> usize {
    fs::read_to_string(path).map_or(0, |text| text.lines().count())
}
