//! The program as a user runs it.

mod bad_input;
mod browser;
mod help;
mod interrupt;
mod run;
mod theory;
mod world;
