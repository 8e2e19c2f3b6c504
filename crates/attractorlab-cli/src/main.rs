//! The program `attractorlab`.

use std::process::ExitCode;

fn main() -> ExitCode {
    attractorlab_cli::program(&attractorlab_studies::all(), std::env::args_os())
}
