//! Running a command: shown while it runs, and kept to be counted.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// A command that came to its end.
pub(crate) struct Ended {
    /// Whether its exit code is 0.
    pub(crate) success: bool,
    /// Its stdout and stderr, in the order of arrival.
    pub(crate) output: String,
}

/// `cargo` as it was called, or from the path.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).as_ref())
}

/// A command that runs in the root of the workspace, without a stdin.
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(crate::root()).stdin(Stdio::null());
    // What cargo tells its children about this package is nothing to the children of this program.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}

/// Whether a program can be started.
pub(crate) fn there(program: &str, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a command, shows what it says line by line, and keeps it.
pub(crate) fn run(title: &str, command: &mut Command) -> Ended {
    println!("\n== {title}");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            let output = format!("cannot start {}: {error}", command.get_program().display());
            println!("{output}");
            return Ended { success: false, output };
        }
    };
    let output = Mutex::new(String::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(|| stdout.map(|stream| forward(stream, &output)));
        scope.spawn(|| stderr.map(|stream| forward(stream, &output)));
    });
    let success = child.wait().is_ok_and(|status| status.success());
    Ended { success, output: output.into_inner().unwrap_or_default() }
}

fn forward(stream: impl Read, output: &Mutex<String>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        if let Ok(mut output) = output.lock() {
            let _ = write!(output, "{text}");
        }
        line.clear();
    }
}
