//! Cost of the machinery itself.

use std::time::Instant;

use attractorlab_sweep::{RunOptions, collect};

use crate::world::{Scratch, finish, plan};

/// Largest memory that this process ever held, in MB.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}

#[test]
fn a_point_costs_little_and_a_table_little_memory() {
    let scratch = Scratch::new("scale");
    // A million points that do next to nothing.
    let plan = plan("[run]\nwhat = 'test.draw'\nseeds = 20\n[axes]\nx = { range = [-1, 1], points = 50000 }");
    let start = Instant::now();
    let folder = finish(&plan, &scratch.folder(), &RunOptions { threads: Some(1), ..RunOptions::default() });
    let each = start.elapsed().as_secs_f64() / 1_000_000.0;
    let start = Instant::now();
    assert_eq!(collect(&folder, &plan).unwrap().rows, 1_000_000);
    println!("{:.1} µs a point, collected in {:?}, peak {:?} MB", each * 1e6, start.elapsed(), peak_memory());
    // The bound is 50 µs on an idle machine; tests share theirs.
    assert!(each < 150e-6, "{each}");
    if let Some(peak) = peak_memory() {
        assert!(peak < 200.0, "{peak} MB");
    }
}
