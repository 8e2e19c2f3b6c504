//! How long it takes to begin: the program, and the import of the package.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::table::time;
use crate::step;
use crate::venv::Venv;
use crate::wheel;

/// What is started, and the bar in seconds.
const BARS: [(&str, f64); 3] = [
    ("`attractorlab --help`", 0.020),
    ("`attractorlab theory feedback --target -1.5 --g 0.3 …`, one call", 0.030),
    ("`import attractorlab` beyond `import numpy`", 0.100),
];

/// Median of twenty runs after one that fills the caches, in seconds.
fn median(mut command: impl FnMut() -> Command) -> Result<f64, String> {
    let mut seconds = Vec::new();
    for run in 0..21 {
        let mut command = command();
        let start = Instant::now();
        let output = command.output().map_err(|error| format!("cannot start {command:?}: {error}"))?;
        if !output.status.success() {
            return Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr)));
        }
        if run > 0 {
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2])
}

/// The section of the table about starting.
pub(super) fn section() -> Result<String, String> {
    let built = step::run(
        "building the program",
        step::cargo().args(["build", "--release", "--package", "attractorlab-cli"]),
    );
    if !built.success {
        return Err("the program could not be built".to_owned());
    }
    let venv = Venv::with("venv", &wheel::REQUIREMENTS)?;
    let file = wheel::build(&venv)?;
    let installed = step::run(
        "installing the wheel",
        venv.pip().args(["install", "--force-reinstall", "--no-deps"]).arg(&file),
    );
    if !installed.success {
        return Err("the wheel could not be installed".to_owned());
    }
    let program = crate::target().join("release/attractorlab");
    let run = |arguments: &str| {
        let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        let program: &Path = &program;
        median(move || {
            let mut command = step::command(program);
            command.args(&arguments);
            command
        })
    };
    let import = |module: &str| {
        median(|| {
            let mut command = venv.run_python();
            command.args(["-c", &format!("import {module}")]);
            command
        })
    };
    let measured = [
        run("--help")?,
        run("theory feedback --target -1.5 --g 0.3 --sm 1.2 --si 0.5 --rho 0.5 --p 1 --pm 1 --pi 0.3")?,
        import("attractorlab")? - import("numpy")?,
    ];
    let mut text = "### start-up\n\n| what | median of 20 | bar |\n|---|---|---|\n".to_owned();
    for ((what, bar), seconds) in BARS.iter().zip(measured) {
        println!("{what}: {}", time(seconds));
        let _ = writeln!(text, "| {what} | {} | {} |", time(seconds), time(*bar));
    }
    text.push_str("\nWhole processes, as a shell starts them.\n\n");
    Ok(text)
}
