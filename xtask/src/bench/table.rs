//! Measurements as a table in Markdown.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use super::row::{Measured, Peer, Row};

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
            let ratio = peer.map(|_| rounded(ratio(results, index))).unwrap_or_default();
            let _ = write!(text, " {} | {} – {} | {ratio} |", time(median), time(least), time(most));
            let distance = match (results[0].first(), results[index].first()) {
                (Some(ours), Some(theirs)) => ours.distance(theirs),
                _ => f64::NAN,
            };
            agree &= distance <= peer.and_then(|peer| peer.tolerance).unwrap_or(row.tolerance);
            // NaN stays.
            largest = if distance <= largest { largest } else { distance };
        }
        let _ = writeln!(text, " {} |", peer.map(|_| format!("{largest:.1e}")).unwrap_or_default());
    }
    let rounds = results.first().and_then(|results| results.first()).map_or(0, Vec::len);
    let _ = write!(
        text,
        "\nMedian and range of {rounds} runs that took turns; answers must agree within {:e}",
        row.tolerance
    );
    for peer in &row.peers {
        if let Some(tolerance) = peer.tolerance {
            let _ = write!(text, ", of \"{}\" within {tolerance:e}", peer.what);
        }
    }
    text.push_str(".\n\n");
    if let (Some(limit), Some(share)) = (&row.limit, share(results)) {
        let _ = writeln!(text, "{}\n", limit.replace("{}", &format!("{:.0}", 100.0 * share)));
    }
    (text, agree)
}

/// By how much a peer is slower with as many threads.
fn ratio(results: &[Vec<Measured>], index: usize) -> f64 {
    quantiles(&results[index])[1] / quantiles(&results[0])[1]
}

/// The median share of our time on one thread that the limit takes, where it was measured.
fn share(results: &[Vec<Vec<Measured>>]) -> Option<f64> {
    let mut shares: Vec<f64> =
        results.first()?.first()?.iter().filter_map(|measured| measured.share).collect();
    shares.sort_by(f64::total_cmp);
    shares.get(shares.len() / 2).copied()
}

/// The bars of all rows.
#[derive(Default)]
pub(super) struct Bars {
    lines: String,
}

impl Bars {
    /// Compares what was measured with the bars of a row.
    pub(super) fn add(&mut self, row: &Row, numbers: &[usize], results: &[Vec<Vec<Measured>>]) {
        for (index, peer) in row.peers.iter().enumerate() {
            let Some(bar) = peer.bar else { continue };
            // One core has one number of threads, the first and the last.
            let which = if bar.all_cores { numbers.len() - 1 } else { 0 };
            let ratio = ratio(&results[which], index + 1);
            let verdict = verdict(ratio >= bar.ratio);
            let _ = writeln!(
                self.lines,
                "| {} | {} | {} | {} × | {} × | {verdict} |",
                row.name,
                peer.what,
                numbers[which],
                rounded(ratio),
                bar.ratio
            );
        }
        if let (Some(least), Some(share)) = (row.least_share, share(results)) {
            let _ = writeln!(
                self.lines,
                "| {} | the least work on this processor | 1 | {:.0} % | {:.0} % | {} |",
                row.name,
                100.0 * share,
                100.0 * least,
                verdict(share >= least)
            );
        }
    }

    /// Says of a peer that it did not run.
    pub(super) fn leave_out(&mut self, name: &str, peer: &Peer) {
        if let Some(bar) = peer.bar {
            let _ = writeln!(self.lines, "| {name} | {} | | not run | {} × | |", peer.what, bar.ratio);
        }
    }

    /// The table, if a row has a bar.
    pub(super) fn section(&self) -> String {
        if self.lines.is_empty() {
            return String::new();
        }
        format!(
            "### Bars\n\n| work | beside | threads | measured | bar |  |\n|---|---|---|---|---|---|\n{}\n",
            self.lines
        )
    }
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "**below**" }
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
    use super::super::row::Bar;
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
        let mut row = Row {
            name: "figure".to_owned(),
            what: "A figure.".to_owned(),
            tolerance: 1e-3,
            guarded: false,
            limit: Some("A task takes {} % of our time.".to_owned()),
            least_share: Some(0.9),
            peers: vec![Peer {
                script: "peer.py".to_owned(),
                what: "numpy".to_owned(),
                bar: Some(Bar { ratio: 14_000.0, all_cores: true }),
                tolerance: None,
            }],
        };
        let ours = runs(&[0.004, 0.002, 0.003], 0.25);
        let one = vec![ours.clone(), runs(&[12.0, 18.0, 15.0], 0.2501)];
        let two = vec![runs(&[0.001], 0.25), runs(&[14.0], 0.25)];
        let results = [one.clone(), two];
        let mut bars = Bars::default();
        bars.add(&row, &[1, 2], &results);
        let table = bars.section();
        assert!(table.contains("| figure | numpy | 2 | 14000 × | 14000 × | reached |"), "{table}");
        assert!(table.contains("| 1 | 100 % | 90 % | reached |"), "{table}");
        bars.leave_out("figure", &row.peers[0]);
        assert!(bars.section().contains("| figure | numpy | | not run | 14000 × | |"));
        row.peers[0].bar = Some(Bar { ratio: 5001.0, all_cores: false });
        let mut bars = Bars::default();
        bars.add(&row, &[1, 2], &results);
        assert!(bars.section().contains("| numpy | 1 | 5000 × | 5001 × | **below** |"));
        let (text, agrees) = section(&row, &[1, 2], &results);
        assert!(agrees);
        assert!(text.contains("| who | 1 thread | spread | times ours | 2 threads | spread |"), "{text}");
        assert!(text.contains("| attractorlab | 3.00 ms | 2.00 ms – 4.00 ms |  | 1.00 ms |"), "{text}");
        assert!(text.contains("| numpy | 15.0 s | 12.0 s – 18.0 s | 5000 | 14.0 s |"), "{text}");
        assert!(text.contains("| 14000 | 1.0e-4 |"), "{text}");
        assert!(text.contains("A task takes 100 % of our time."), "{text}");
        // One side astray with one of the numbers of threads is enough.
        let astray = vec![ours, runs(&[1.0], 0.3)];
        let (text, agrees) = section(&row, &[1, 2], &[one.clone(), astray.clone()]);
        assert!(!agrees);
        assert!(text.contains("| 5.0e-2 |"), "{text}");
        row.peers[0].tolerance = Some(0.1);
        let (text, agrees) = section(&row, &[1, 2], &[one, astray]);
        assert!(agrees);
        assert!(text.contains("within 1e-3, of \"numpy\" within 1e-1."), "{text}");
    }
}
