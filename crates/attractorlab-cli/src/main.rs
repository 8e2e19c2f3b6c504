//! The program `attractorlab`.

use std::process::ExitCode;

use attractorlab_numerics::memory::{self, LargePages};

#[global_allocator]
static ALLOCATOR: LargePages = LargePages;

fn main() -> ExitCode {
    memory::keep_freed();
    attractorlab_cli::program(&attractorlab_studies::all(), std::env::args_os())
}
