//! The program `attractorlab`.

fn main() {}
