//! Instruction counts: a guard against slowness that does not depend on how busy the machine is.
//!
//! Each guarded row does its work once under valgrind's callgrind, with the instruction set fixed, and the count is
//! compared with the one on file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::row::Row;
use crate::step;

/// Counts may rise by this much: what compilers change from one version to the next.
const SLACK: f64 = 0.05;

/// The instruction set that valgrind knows too.
const KERNELS: (&str, &str) = ("ATTRACTORLAB_SIMD", "avx2");

/// Counts the guarded rows and compares, or renews the file.
pub(super) fn guard(ours: &Path, rows: &[&Row], write: bool) -> Result<bool, String> {
    let path = crate::root().join("bench/instructions.json");
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let known: BTreeMap<String, u64> = match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(told(error)),
    };
    let mut counts = BTreeMap::new();
    let mut good = true;
    for row in rows.iter().filter(|row| row.guarded) {
        let count = count(ours, &row.name)?;
        let verdict = match known.get(&row.name) {
            None => "new".to_owned(),
            Some(before) => {
                let change = count as f64 / *before as f64 - 1.0;
                let slower = change > SLACK;
                good &= !slower || write;
                format!("{:+.1} %{}", 100.0 * change, if slower { "  MORE THAN BEFORE" } else { "" })
            }
        };
        println!("{:<24} {:>8.2} million instructions  {verdict}", row.name, count as f64 / 1e6);
        counts.insert(row.name.clone(), count);
    }
    if write {
        let text = serde_json::to_string_pretty(&counts).map_err(|error| error.to_string())?;
        fs::write(&path, text + "\n").map_err(told)?;
        println!("wrote {}", path.display());
    }
    Ok(good)
}

/// Instructions of one run.
fn count(ours: &Path, name: &str) -> Result<u64, String> {
    let mut command = step::command(Path::new("valgrind"));
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(ours)
        .args(["once", name])
        .env(KERNELS.0, KERNELS.1)
        .env("RAYON_NUM_THREADS", "1");
    let output = command
        .output()
        .map_err(|error| format!("cannot start valgrind: {error}; install it (apt-get install valgrind)"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split("Collected :").nth(1));
    collected
        .filter(|_| output.status.success())
        .and_then(|number| number.trim().parse().ok())
        .ok_or_else(|| format!("valgrind did not count '{name}':\n{text}"))
}
