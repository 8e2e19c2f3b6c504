//! Starting programs, and folders that vanish.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program itself.
pub(crate) fn attractorlab() -> Command {
    clean(Command::new(env!("CARGO_BIN_EXE_attractorlab")))
}

/// The same program over studies that end in every way: `examples/own_studies.rs`.
pub(crate) fn own_studies() -> Command {
    let program =
        Path::new(env!("CARGO_BIN_EXE_attractorlab")).with_file_name("examples").join("own_studies");
    assert!(program.is_file(), "{} is missing: build the examples of this crate", program.display());
    clean(Command::new(program))
}

fn clean(mut command: Command) -> Command {
    command.env_remove("NO_COLOR").env_remove("RAYON_NUM_THREADS").env("LC_ALL", "C.UTF-8");
    command
}

/// What a program left behind.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }
}

/// Runs a command line, split at spaces, to its end.
pub(crate) fn run(mut program: Command, line: &str) -> Ended {
    program.args(line.split_whitespace()).output().expect("the program starts").into()
}

/// A fresh folder that is removed at the end of a test.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("attractorlab-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Tells `cargo xtask test` that a test did not run. In CI everything that tests need must be there.
pub(crate) fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "{reason}");
    eprintln!("skipped: {reason}");
    if let Some(path) = std::env::var_os("ATTRACTORLAB_SKIPPED_TESTS") {
        let file = fs::OpenOptions::new().append(true).open(path);
        let mut file = file.expect("the list of skipped tests is there");
        writeln!(file, "{reason}").expect("the list of skipped tests can be written");
    }
}
