//! `completions`: scripts for shells.

use clap::Args;
use clap_complete::Shell;

use crate::{Ending, terminal};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Example:
  attractorlab completions bash > ~/.local/share/bash-completion/completions/attractorlab";

pub(crate) fn execute(arguments: &Arguments, program: &mut clap::Command) -> Ending {
    let mut script = Vec::new();
    let name = program.get_name().to_owned();
    clap_complete::generate(arguments.shell, program, name, &mut script);
    terminal::print(&String::from_utf8_lossy(&script));
    Ending::Good
}
