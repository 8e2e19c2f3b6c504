//! Claims and verdicts as text.

use std::fmt::Write;

use attractorlab_figures::duration;
use attractorlab_studies::run::{Run, StudyResult};

use crate::terminal::Page;

/// One line about a study: how many claims hold, or why it could not run.
pub(crate) fn summary(result: &StudyResult) -> String {
    if let Some(error) = &result.error {
        return format!("could not run: {error}");
    }
    let all = result.claims.len();
    format!("{} of {} ({})", all - result.failing(), holding(all), duration(result.seconds))
}

fn holding(claims: usize) -> String {
    if claims == 1 { "1 claim holds".to_owned() } else { format!("{claims} claims hold") }
}

/// A study's claims: verdict, name, expected, measured, tolerance, and the sentence that was tested.
pub(crate) fn table(page: Page, result: &StudyResult) -> String {
    let mut text = format!(
        "{}  {}\n",
        page.bold(&result.id),
        page.dim(&format!("{}, seed {}, {}", result.preset, result.seed, duration(result.seconds)))
    );
    if let Some(error) = &result.error {
        let _ = writeln!(text, "  {}", page.bad(&format!("✗ could not run: {error}")));
    }
    let rows: Vec<[String; 5]> =
        std::iter::once(["verdict", "claim", "expected", "measured", "tolerance"].map(str::to_owned))
            .chain(result.claims.iter().map(|claim| {
                [
                    if claim.holds { "✓ holds" } else { "✗ FAILS" }.to_owned(),
                    claim.id.clone(),
                    claim.expected_text(),
                    claim.measured_text(),
                    claim.tolerance_text(),
                ]
            }))
            .collect();
    if rows.len() > 1 {
        let mut widths = [0; 5];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for (index, row) in rows.iter().enumerate() {
            let cells: Vec<String> =
                row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            let claim = index.checked_sub(1).map(|index| &result.claims[index]);
            match claim {
                None => {
                    let _ = writeln!(text, "  {}", page.dim(cells.join("  ").trim_end()));
                }
                Some(claim) => {
                    let verdict = if claim.holds { page.good(&cells[0]) } else { page.bad(&cells[0]) };
                    let _ = writeln!(text, "  {verdict}  {}", cells[1..].join("  ").trim_end());
                    let indent = 2 + widths[0] + 2;
                    let mut sentences = vec![claim.statement.clone()];
                    if !claim.holds {
                        // Whoever looks at a failure needs to know where it comes from and what was allowed.
                        sentences.extend(labelled("source", &claim.source));
                        sentences.extend(labelled("tolerance", &claim.why));
                    }
                    for line in sentences.iter().flat_map(|sentence| page.lines(sentence, indent)) {
                        let _ = writeln!(text, "{:indent$}{}", "", page.dim(&line));
                    }
                }
            }
        }
    }
    text.push('\n');
    text
}

fn labelled(label: &str, text: &str) -> Option<String> {
    (!text.is_empty()).then(|| format!("{label}: {text}"))
}

/// The last line of a run.
pub(crate) fn total(page: Page, run: &Run) -> String {
    let claims: usize = run.results.iter().map(|result| result.claims.len()).sum();
    let failing: usize = run.results.iter().map(StudyResult::failing).sum();
    let broken = run.results.iter().filter(|result| result.error.is_some()).count();
    let mut parts = vec![
        format!("{} of {}", run.results.len(), counted(run.planned, "study", "studies")),
        counted(claims, "claim", "claims"),
    ];
    if failing == 0 && claims > 0 {
        parts.push(page.good("all hold"));
    } else if failing > 0 {
        parts.push(page.bad(&format!("{failing} FAIL{}", if failing == 1 { "S" } else { "" })));
    }
    if broken > 0 {
        parts.push(page.bad(&format!("{} could not run", counted(broken, "study", "studies"))));
    }
    if run.interrupted {
        parts.push(page.bad("stopped before the end"));
    }
    parts.join(", ") + "\n"
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
