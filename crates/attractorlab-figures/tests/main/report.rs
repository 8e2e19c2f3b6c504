//! The page that is handed to readers.

use attractorlab_figures::{Cell, ClaimRow, Comparison, FigureError, Report, Section, Table};

use crate::gallery;

fn claim(holds: bool) -> ClaimRow {
    ClaimRow {
        id: "a".to_owned(),
        statement: "λ_{1} < 1 & <b>stays</b>".to_owned(),
        source: "eq. 7".to_owned(),
        expected: Cell::from(0.5),
        measured: Cell::from(0.5123),
        tolerance: Some(0.02),
        comparison: Comparison::Within,
        why: "three standard errors".to_owned(),
        holds,
    }
}

fn report() -> Report {
    Report::new("Claims <tested>")
        .subtitle("a subtitle")
        .provenance("seed", "7")
        .section(
            Section::new("paper/study", "A study", "Does it hold?")
                .summary("It does.")
                .figure(gallery::everything())
                .figure(gallery::everything())
                .table(Table::new("t", "A table").column("N").row([5.into()]))
                .claim(claim(true))
                .claim(claim(false))
                .parameters(serde_json::json!({ "g": 1.5, "nested": { "a": [1, 2] } }))
                .provenance("seed", "7")
                .seconds(2.5)
                .note("a note"),
        )
        .section(Section::failed("paper/broken", "Broken", "Does it run?", "no convergence <at all>"))
}

#[test]
fn the_page_says_everything_and_escapes_it() {
    let page = report().to_html();
    for part in [
        "<html lang=\"en\">",
        "<title>Claims &lt;tested&gt;</title>",
        "1 of 2 claims in 2 studies hold; 1 study could not run.",
        "href=\"#paper-study\"",
        "id=\"paper-study\"",
        "λ<sub>1</sub> &lt; 1 &amp; &lt;b&gt;stays&lt;/b&gt;",
        "✓</span> holds",
        "✗</span> fails",
        "three standard errors",
        "0.512",
        "± 0.02",
        "no convergence &lt;at all&gt;",
        "data:text/csv",
        "data:application/json",
        "<figcaption><strong>Figure 2.",
        "a note",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(!page.contains("<b>stays"));
}

#[test]
fn the_page_needs_no_network_and_ids_are_unique() {
    let page = report().to_html();
    let foreign: Vec<&str> = page
        .split("http")
        .skip(1)
        .filter(|rest| !rest.starts_with("://www.w3.org/2000/svg") && !rest.starts_with("-equiv"))
        .collect();
    assert!(foreign.is_empty(), "{:?}", foreign.first().map(|rest| &rest[..40.min(rest.len())]));
    assert!(!page.contains("src=") && !page.contains("@import") && !page.contains("<link"));
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn writing_replaces_the_file_and_leaves_no_other() {
    let folder = std::env::temp_dir().join(format!("attractorlab-figures-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("report.html");
    std::fs::write(&path, "old").unwrap();
    report().write_atomic(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), report().to_html());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_refused_write_names_the_file_and_the_step() {
    let missing = std::env::temp_dir().join("attractorlab-no-such-folder").join("report.html");
    match report().write_atomic(&missing) {
        Err(FigureError::Write { path, step, .. }) => {
            assert_eq!(path, missing);
            assert_eq!(step, "creating the temporary file");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(report().write_atomic("/"), Err(FigureError::NotAFile { .. })));
}

#[test]
fn an_empty_report_is_a_page() {
    let page = Report::default().to_html();
    assert!(page.contains("No study was run."));
}
