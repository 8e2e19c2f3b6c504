//! `sweep schema`: the JSON schema of plans.

use attractorlab_sweep::{Registry, schema};
use clap::Args;

use crate::{Ending, terminal};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {}

const EXAMPLES: &str = "\
Example:
  attractorlab sweep schema > sweep.schema.json

A plan that begins with '#:schema ./sweep.schema.json' is then completed and checked by editors with taplo.";

pub(crate) fn execute(registry: &Registry) -> Ending {
    terminal::print(&format!("{:#}\n", schema(registry)));
    Ending::Good
}
