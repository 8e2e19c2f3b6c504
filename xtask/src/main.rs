//! The project's own chores: `cargo xtask test | bench | docs`.

fn main() {}
