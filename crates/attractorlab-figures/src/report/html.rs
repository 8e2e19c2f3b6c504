//! The page around the sections: head, title, overview.

use super::section;
use super::{Report, Section};
use crate::number;
use crate::svg::{escape, identifier, to_html};

const STYLE: &str = include_str!("style.css");
const READ_OUT: &str = include_str!("read_out.js");

/// Forbids every request, so that the page is what it was when it was written, wherever it is opened.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// Numbers of figures and tables run through the report.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) figures: usize,
    pub(super) tables: usize,
}

/// Verdict of a study in a symbol and a word.
pub(super) fn verdict(section: &Section) -> (&'static str, &'static str, String) {
    let (held, total) = (section.held(), section.claims.len());
    if section.error.is_some() {
        ("error", "⚠", "could not run".to_owned())
    } else if total == 0 {
        ("none", "–", "no claims".to_owned())
    } else if held == total {
        ("holds", "✓", if total == 1 { "holds".to_owned() } else { "all hold".to_owned() })
    } else if total - held == 1 {
        ("fails", "✗", "1 fails".to_owned())
    } else {
        ("fails", "✗", format!("{} fail", total - held))
    }
}

/// Claims held of all claims.
fn held(section: &Section) -> String {
    if section.claims.is_empty() {
        "–".to_owned()
    } else {
        format!("{}/{}", section.held(), section.claims.len())
    }
}

/// A study's time.
pub(super) fn time(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), number::duration)
}

/// Key and value pairs.
pub(super) fn definitions(pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let rows: String = pairs
        .iter()
        .map(|(key, value)| format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(key), escape(value)))
        .collect();
    format!("<dl class=\"provenance\">\n{rows}</dl>\n")
}

/// Anchors of all sections: their names, made unique.
fn anchors(report: &Report) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for section in &report.sections {
        let name = identifier(&section.id);
        let mut anchor = name.clone();
        let mut copy = 2;
        while anchors.contains(&anchor) {
            anchor = format!("{name}--{copy}");
            copy += 1;
        }
        anchors.push(anchor);
    }
    anchors
}

fn plural(count: usize, word: &str) -> String {
    match (count, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {word}s"),
    }
}

/// One sentence about the whole run.
fn headline(report: &Report) -> String {
    let claims: usize = report.sections.iter().map(|s| s.claims.len()).sum();
    let held: usize = report.sections.iter().map(Section::held).sum();
    let failed = report.sections.iter().filter(|s| s.error.is_some()).count();
    let (class, symbol) = match (failed, claims - held) {
        (0, 0) => ("holds", "✓"),
        (0, _) => ("fails", "✗"),
        _ => ("error", "⚠"),
    };
    let stopped = match failed {
        0 => String::new(),
        n => format!("; {} could not run", plural(n, "study")),
    };
    format!(
        "<p class=\"headline {class}\"><span aria-hidden=\"true\">{symbol}</span> {held} of {} in {} hold{stopped}.</p>\n",
        plural(claims, "claim"),
        plural(report.sections.len(), "study")
    )
}

fn overview(report: &Report, anchors: &[String]) -> String {
    let rows: String = report
        .sections
        .iter()
        .zip(anchors)
        .map(|(section, anchor)| {
            let (class, symbol, word) = verdict(section);
            format!(
                "<tr><th scope=\"row\"><a href=\"#{anchor}\">{}</a><span class=\"id\">{}</span></th>\
                 <td class=\"verdict {class}\"><span aria-hidden=\"true\">{symbol}</span> {word}</td>\
                 <td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
                to_html(&section.title),
                escape(&section.id),
                held(section),
                time(section.seconds)
            )
        })
        .collect();
    format!(
        "<div class=\"scroll\"><table class=\"overview\">\n<caption>Studies in this report</caption>\n<thead><tr>\
         <th scope=\"col\">Study</th><th scope=\"col\">Verdict</th>\
         <th scope=\"col\" class=\"number\">Claims held</th><th scope=\"col\" class=\"number\">Time</th>\
         </tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// The whole document.
pub(super) fn document(report: &Report) -> String {
    let anchors = anchors(report);
    let mut counters = Counters::default();
    let sections: String = report
        .sections
        .iter()
        .zip(&anchors)
        .map(|(section, anchor)| section::html(section, anchor, &mut counters))
        .collect();
    let subtitle = if report.subtitle.is_empty() {
        String::new()
    } else {
        format!("<p class=\"subtitle\">{}</p>\n", to_html(&report.subtitle))
    };
    let (summary, overview) = if report.sections.is_empty() {
        ("<p>No study was run.</p>\n".to_owned(), String::new())
    } else if report.sections.iter().all(|s| s.claims.is_empty() && s.error.is_none()) {
        // Nothing was put to the test.
        (String::new(), String::new())
    } else {
        (headline(report), overview(report, &anchors))
    };
    let scene = if report.sections.iter().any(|s| !s.scenes.is_empty()) { super::scene::SCRIPT } else { "" };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{}</h1>\n{subtitle}{summary}{overview}{}</header>\n{sections}</main>\n\
         <script>\n{READ_OUT}{scene}</script>\n</body>\n</html>\n",
        escape(&report.title),
        to_html(&report.title),
        definitions(&report.provenance),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_unique() {
        let section = |id: &str| Section::new(id, "", "");
        let report = Report::new("r").section(section("a/b")).section(section("a-b")).section(section("a b"));
        assert_eq!(anchors(&report), ["a-b", "a-b--2", "a-b--3"]);
    }

    #[test]
    fn the_headline_counts_what_failed() {
        let report = Report::new("r").section(Section::failed("a", "A", "?", "diverged"));
        let line = headline(&report);
        assert!(line.contains("0 of 0 claims in 1 study hold; 1 study could not run."), "{line}");
    }
}
