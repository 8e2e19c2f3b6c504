//! From results to the report.

use std::time::{SystemTime, UNIX_EPOCH};

use attractorlab_figures::{Cell, ClaimRow, Comparison as Shown, Report, Section, duration};

use crate::run::{Run, Settings, StudyResult};
use crate::{Claim, Comparison, Quantity};

/// The report of what is finished.
pub(super) fn report(run: &Run, settings: &Settings<'_>) -> Report {
    let seconds: f64 = run.results.iter().map(|result| result.seconds).sum();
    let mut report = Report::new("attractorlab: studies")
        .provenance("version", env!("CARGO_PKG_VERSION"))
        .provenance("preset", settings.preset.to_string())
        .provenance("seed", settings.seed.to_string())
        .provenance("threads", rayon::current_num_threads().to_string())
        .provenance("date", now())
        .provenance("time", duration(seconds));
    if run.results.len() < run.planned {
        report = report.subtitle(format!("{} of {} studies are finished", run.results.len(), run.planned));
    }
    run.results.iter().map(section).fold(report, Report::section)
}

fn section(result: &StudyResult) -> Section {
    let section = match &result.error {
        Some(error) => Section::failed(&result.id, &result.title, &result.question, error),
        None => Section::new(&result.id, &result.title, &result.question),
    };
    let section = section
        .parameters(result.parameters.clone())
        .seconds(result.seconds)
        .provenance("version", &result.version)
        .provenance("preset", result.preset.to_string())
        .provenance("seed", result.seed.to_string())
        .provenance(
            "run again",
            format!("attractorlab study run {} --{} --seed {}", result.id, result.preset, result.seed),
        );
    let section = result.claims.iter().map(row).fold(section, Section::claim);
    let section = result.figures.iter().cloned().fold(section, Section::figure);
    result.tables.iter().cloned().fold(section, Section::table)
}

fn row(claim: &Claim) -> ClaimRow {
    ClaimRow {
        id: claim.id.clone(),
        statement: claim.statement.clone(),
        source: claim.source.clone(),
        expected: cell(&claim.expected),
        measured: cell(&claim.measured),
        tolerance: claim.tolerance,
        comparison: match claim.comparison {
            Comparison::Within => Shown::Within,
            Comparison::AtLeast => Shown::AtLeast,
            Comparison::AtMost => Shown::AtMost,
            Comparison::Equal => Shown::Equal,
        },
        why: claim.why.clone(),
        holds: claim.holds,
    }
}

fn cell(quantity: &Quantity) -> Cell {
    match quantity {
        Quantity::Number(number) => (*number).into(),
        Quantity::Text(text) => text.as_str().into(),
    }
}

/// The time in Greenwich, to the minute.
fn now() -> String {
    // A clock before 1970 is wrong anyway; the report is still worth writing.
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let (year, month, day) = date(seconds / 86_400);
    let minutes = seconds / 60 % 1440;
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}

/// Year, month and day in the Gregorian calendar, from days since 1970-01-01.
fn date(days: u64) -> (u64, u64, u64) {
    // Eras of 400 years that begin on 1 March: the leap day is the last day of its year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_agree_with_the_calendar() {
        for (days, expected) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (20_454, (2026, 1, 1)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date(days), expected);
        }
    }
}
