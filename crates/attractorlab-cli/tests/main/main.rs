//! The program as a user runs it.

mod bad_input;
mod bifurcations;
mod browser;
mod dissect;
mod help;
mod interrupt;
mod run;
mod simulate;
#[cfg(target_os = "linux")]
mod slurm;
mod sweep;
mod theory;
mod train;
mod train_tasks;
mod world;
