//! Measurements as a table in Markdown.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use super::row::{Measured, Row};

/// The table of one row, ours first, and whether every peer's answers agree with ours. `results` holds the runs of
/// every side for each number of threads.
pub(super) fn section(row: &Row, numbers: &[usize], results: &[Vec<Vec<Measured>>]) -> (String, bool) {
    let mut text = format!("### {}\n\n{}\n\n| who |", row.name, row.what);
    for &number in numbers {
        let _ = write!(text, " {} | spread | times ours |", threads(number));
    }
    text.push_str(" largest difference |\n|---|");
    text.push_str(&"---|---|---|".repeat(numbers.len()));
    text.push_str("---|\n");
    let mut agree = true;
    for index in 0..=row.peers.len() {
        let peer = index.checked_sub(1).map(|peer| &row.peers[peer]);
        let _ = write!(text, "| {} |", peer.map_or("attractorlab", |peer| peer.what.as_str()));
        let mut largest = 0.0_f64;
        for results in results {
            let [least, median, most] = quantiles(&results[index]);
            let ratio = peer.map(|_| rounded(median / quantiles(&results[0])[1])).unwrap_or_default();
            let _ = write!(text, " {} | {} – {} | {ratio} |", time(median), time(least), time(most));
            let distance = match (results[0].first(), results[index].first()) {
                (Some(ours), Some(theirs)) => ours.distance(theirs),
                _ => f64::NAN,
            };
            agree &= distance <= row.tolerance;
            // NaN stays.
            largest = if distance <= largest { largest } else { distance };
        }
        let _ = writeln!(text, " {} |", peer.map(|_| format!("{largest:.1e}")).unwrap_or_default());
    }
    let rounds = results.first().and_then(|results| results.first()).map_or(0, Vec::len);
    let _ = writeln!(
        text,
        "\nMedian and range of {rounds} runs that took turns; answers must agree within {:e}.\n",
        row.tolerance
    );
    let ours = results.first().and_then(|results| results.first());
    let shares = ours.map(|ours| ours.iter().filter_map(|measured| measured.share).collect::<Vec<_>>());
    if let (Some(limit), Some(mut shares)) = (&row.limit, shares.filter(|shares| !shares.is_empty())) {
        shares.sort_by(f64::total_cmp);
        let percent = 100.0 * shares[shares.len() / 2];
        let _ = writeln!(
            text,
            "No program does with less than {limit}; on one thread, this processor needs {percent:.0} % of our time for it.\n"
        );
    }
    (text, agree)
}

/// "1 thread", "2 threads".
pub(super) fn threads(number: usize) -> String {
    format!("{number} thread{}", if number == 1 { "" } else { "s" })
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
        let run = |&seconds: &f64| Measured {
            seconds,
            share: Some(0.003 / seconds),
            checks: checks.clone().into(),
        };
        seconds.iter().map(run).collect()
    }

    #[test]
    fn the_table_has_median_spread_and_ratio() {
        let row = Row {
            name: "figure".to_owned(),
            what: "A figure.".to_owned(),
            tolerance: 1e-3,
            guarded: false,
            limit: Some("a task".to_owned()),
            peers: vec![Peer { script: "peer.py".to_owned(), what: "numpy".to_owned() }],
        };
        let ours = runs(&[0.004, 0.002, 0.003], 0.25);
        let one = vec![ours.clone(), runs(&[12.0, 18.0, 15.0], 0.2501)];
        let two = vec![runs(&[0.001], 0.25), runs(&[14.0], 0.25)];
        let (text, agrees) = section(&row, &[1, 2], &[one.clone(), two]);
        assert!(agrees);
        assert!(text.contains("| who | 1 thread | spread | times ours | 2 threads | spread |"), "{text}");
        assert!(text.contains("| attractorlab | 3.00 ms | 2.00 ms – 4.00 ms |  | 1.00 ms |"), "{text}");
        assert!(text.contains("| numpy | 15.0 s | 12.0 s – 18.0 s | 5000 | 14.0 s |"), "{text}");
        assert!(text.contains("| 14000 | 1.0e-4 |"), "{text}");
        assert!(text.contains("less than a task; on one thread, this processor needs 100 % of"), "{text}");
        // One side astray with one of the numbers of threads is enough.
        let astray = vec![ours, runs(&[1.0], 0.3)];
        let (text, agrees) = section(&row, &[1, 2], &[one, astray]);
        assert!(!agrees);
        assert!(text.contains("| 5.0e-2 |"), "{text}");
    }
}
