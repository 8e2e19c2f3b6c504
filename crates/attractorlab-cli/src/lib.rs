//! The program `attractorlab`, as a function over a list of studies.
//!
//! The program itself is [`program`] over `attractorlab_studies::all()`. A laboratory with studies of its
//! own builds its own program the same way: see `examples/own_studies.rs`.

mod command;
mod error;
mod progress;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use attractorlab_studies::Study;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything was done, and every claim holds.
    Good,
    /// A claim fails.
    ClaimFails,
    /// Bad input, an unwritable folder, or a study that could not run.
    CouldNotRun,
    /// Points of a sweep are missing or failed.
    Incomplete,
    /// The user stopped it.
    Interrupted,
    /// A batch system stopped it.
    Terminated,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Good => 0,
            Ending::ClaimFails | Ending::Incomplete => 1,
            Ending::CouldNotRun => 2,
            // What a shell reports of a program that SIGINT or SIGTERM ended.
            Ending::Interrupted => 130,
            Ending::Terminated => 143,
        })
    }
}

/// Runs the program over `studies` with the given arguments, the program's name first.
pub fn program(
    studies: &[&dyn Study],
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> ExitCode {
    let cli = match command::parse(arguments) {
        Ok(cli) => cli,
        Err(usage) => {
            // `--help` and `--version` come here too: clap knows which stream and which code is theirs.
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    match command::execute(cli, studies) {
        Ok(ending) => ending.into(),
        Err(error) => {
            error.show();
            Ending::CouldNotRun.into()
        }
    }
}
