//! Measurements as a table in Markdown.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use super::row::{Measured, Row};

/// The table of one row, ours first, and whether every peer's answers agree with ours.
pub(super) fn section(row: &Row, results: &[Vec<Measured>]) -> (String, bool) {
    let mut text = format!("### {}\n\n{}\n\n", row.name, row.what);
    text.push_str("| who | median | spread | times ours | largest difference |\n|---|---|---|---|---|\n");
    let times: Vec<[f64; 3]> = results.iter().map(|results| quantiles(results)).collect();
    let mut agree = true;
    for (index, [least, median, most]) in times.iter().copied().enumerate() {
        let (who, ratio, difference) = match index.checked_sub(1) {
            None => ("attractorlab", String::new(), String::new()),
            Some(peer) => {
                let distance = match (results[0].first(), results[index].first()) {
                    (Some(ours), Some(theirs)) => ours.distance(theirs),
                    _ => f64::NAN,
                };
                agree &= distance <= row.tolerance;
                (row.peers[peer].what.as_str(), rounded(median / times[0][1]), format!("{distance:.1e}"))
            }
        };
        let _ = writeln!(
            text,
            "| {who} | {} | {} – {} | {ratio} | {difference} |",
            time(median),
            time(least),
            time(most)
        );
    }
    let _ = writeln!(
        text,
        "\nMedian and range of {} runs that took turns, one thread each; answers must agree within {:e}.\n",
        results[0].len(),
        row.tolerance
    );
    (text, agree)
}

/// Least, median and largest time.
fn quantiles(results: &[Measured]) -> [f64; 3] {
    let mut seconds: Vec<f64> = results.iter().map(|result| result.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len() / 2;
    let median = match seconds.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => seconds[middle],
        _ => f64::midpoint(seconds[middle - 1], seconds[middle]),
    };
    let end = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
    [end(seconds.first()), median, end(seconds.last())]
}

/// A number with three significant digits.
fn rounded(value: f64) -> String {
    let decimals = (2 - value.abs().log10().floor().clamp(-9.0, 9.0) as i32).max(0) as usize;
    format!("{value:.decimals$}")
}

/// A duration in the unit that suits it.
pub(super) fn time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        seconds if seconds < 1e-3 => (seconds * 1e6, "µs"),
        seconds if seconds < 1.0 => (seconds * 1e3, "ms"),
        seconds => (seconds, "s"),
    };
    format!("{} {unit}", rounded(value))
}

/// Date, processor and compiler.
pub(super) fn circumstances() -> String {
    let date = Command::new("date").arg("+%Y-%m-%d").output();
    let date = date.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unknown processor", |(_, name)| name.trim());
    let compiler = Command::new("rustc").arg("--version").output();
    let compiler = compiler.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "on {} on {processor}, {}",
        date.unwrap_or_else(|_| "an unknown day".to_owned()),
        compiler.unwrap_or_else(|_| "an unknown compiler".to_owned())
    )
}

#[cfg(test)]
mod tests {
    use super::super::row::Peer;
    use super::*;

    fn runs(seconds: &[f64], outlier: f64) -> Vec<Measured> {
        let checks = [("outlier".to_owned(), outlier)];
        seconds.iter().map(|&seconds| Measured { seconds, checks: checks.clone().into() }).collect()
    }

    #[test]
    fn the_table_has_median_spread_and_ratio() {
        let row = Row {
            name: "figure".to_owned(),
            what: "A figure.".to_owned(),
            tolerance: 1e-3,
            guarded: false,
            peers: vec![Peer { script: "peer.py".to_owned(), what: "numpy".to_owned() }],
        };
        let ours = runs(&[0.004, 0.002, 0.003], 0.25);
        let (text, agrees) = section(&row, &[ours.clone(), runs(&[12.0, 18.0, 15.0], 0.2501)]);
        assert!(agrees);
        assert!(text.contains("| attractorlab | 3.00 ms | 2.00 ms – 4.00 ms |"), "{text}");
        assert!(text.contains("| numpy | 15.0 s | 12.0 s – 18.0 s | 5000 | 1.0e-4 |"), "{text}");
        assert!(!section(&row, &[ours, runs(&[1.0], 0.3)]).1);
    }
}
