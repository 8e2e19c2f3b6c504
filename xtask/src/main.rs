//! The project's own chores: `cargo xtask test | bench | docs | wheel`.

mod bench;
mod counts;
mod docs;
mod step;
mod tests;
mod venv;
mod wheel;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <chore>

  test                                everything CI runs; ends with a line that counts
  test --with-torch PYTHON            tests against PyTorch too, with a Python that has it
  bench [NAME] [--rounds N] [--write] ours beside the peers, interleaved; --write renews the docs' table
  bench … --with-torch PYTHON         peers in PyTorch too, with a Python that has it
  bench --instructions [--write]      instruction counts against those on file (needs valgrind)
  docs                                the API documentation and the book
  wheel                               the Python wheel, in target/wheels

Examples:
  cargo xtask test
  cargo xtask bench --write";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["test"] => tests::run(None),
        ["test", "--with-torch", python] => tests::run(Some(Path::new(python))),
        ["test", "--with-torch"] => Err("--with-torch needs a Python that has PyTorch".to_owned()),
        ["bench", options @ ..] => bench::run(options),
        ["docs"] => Ok(docs::run()),
        ["wheel"] => wheel::run(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// The root of the workspace.
fn root() -> &'static Path {
    // The manifest of this package stands one level below.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where cargo builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}
