//! One study on the page: question, figures, tables, claims, and what is folded away.

use serde_json::Value;

use super::data;
use super::html::{Counters, definitions, time, verdict};
use super::{ClaimRow, Comparison, Section};
use crate::svg::{self, escape, to_html};
use crate::{Cell, Figure, Format, Table, number};

/// The HTML of a section.
pub(super) fn html(section: &Section, anchor: &str, counters: &mut Counters) -> String {
    let (class, symbol, word) = verdict(section);
    let mut page = format!(
        "<section id=\"{anchor}\" aria-labelledby=\"{anchor}-heading\">\n\
         <h2 id=\"{anchor}-heading\">{}</h2>\n\
         <p class=\"status\"><span class=\"id\">{}</span> \
         <span class=\"verdict {class}\"><span aria-hidden=\"true\">{symbol}</span> {word}</span></p>\n",
        to_html(&section.title),
        escape(&section.id)
    );
    if !section.question.is_empty() {
        page.push_str(&format!("<p class=\"question\">{}</p>\n", to_html(&section.question)));
    }
    if let Some(error) = &section.error {
        page.push_str(&format!(
            "<div class=\"failure\" role=\"alert\"><strong>⚠ This study could not run.</strong>\
             <pre>{}</pre></div>\n",
            escape(error)
        ));
    }
    if !section.summary.is_empty() {
        page.push_str(&format!("<p class=\"summary\">{}</p>\n", to_html(&section.summary)));
    }
    for (index, scene) in section.scenes.iter().enumerate() {
        counters.figures += 1;
        page.push_str(&super::scene::html(scene, &format!("{anchor}--scene{}", index + 1), counters.figures));
    }
    for (index, figure) in section.figures.iter().enumerate() {
        counters.figures += 1;
        page.push_str(&figure_html(figure, &figure_anchor(anchor, index), counters.figures));
    }
    for table in &section.tables {
        counters.tables += 1;
        page.push_str(&table_html(table, counters.tables));
    }
    page.push_str(&claims_html(&section.claims));
    for note in &section.notes {
        page.push_str(&format!("<p class=\"note\">{}</p>\n", to_html(note)));
    }
    page.push_str(&particulars(section, anchor));
    page.push_str("</section>\n");
    page
}

fn figure_anchor(anchor: &str, index: usize) -> String {
    format!("{anchor}--figure{}", index + 1)
}

/// "Figure 3. A title." without a second full stop.
fn lead(kind: &str, number: usize, title: &str) -> String {
    let stop = if title.is_empty() || title.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("<strong>{kind} {number}. {}{stop}</strong> ", to_html(title))
}

fn figure_html(figure: &Figure, anchor: &str, number: usize) -> String {
    let columns = match (figure.columns, figure.panels.len()) {
        (0, panels) => panels.clamp(1, 3),
        (columns, panels) => columns.min(panels).clamp(1, 3),
    };
    format!(
        "<figure id=\"{anchor}\" class=\"columns{columns}\">\n<div class=\"scroll\">\n{}</div>\n\
         <figcaption>{}{}</figcaption>\n</figure>\n",
        svg::render(figure, anchor),
        lead("Figure", number, &figure.title),
        to_html(&figure.caption)
    )
}

fn table_html(table: &Table, number: usize) -> String {
    let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0).max(table.columns.len());
    let column = |index: usize| table.columns.get(index);
    let numeric = |index: usize| {
        let cells = || table.rows.iter().filter_map(|row| row.get(index));
        cells().count() > 0 && cells().all(|cell| matches!(cell, Cell::Number(_)))
    };
    let class = |index: usize| if numeric(index) { " class=\"number\"" } else { "" };
    let head: String = (0..columns)
        .map(|index| {
            let (name, unit) = column(index).map_or(("", ""), |c| (c.name.as_str(), c.unit.as_str()));
            let unit = if unit.is_empty() {
                String::new()
            } else {
                format!(" <span class=\"unit\">({})</span>", to_html(unit))
            };
            format!("<th scope=\"col\"{}>{}{unit}</th>", class(index), to_html(name))
        })
        .collect();
    let rows: String = table
        .rows
        .iter()
        .map(|row| {
            let cells: String = (0..columns)
                .map(|index| {
                    let format = column(index).map_or(Format::Auto, |c| c.format);
                    let text = row.get(index).map_or_else(String::new, |cell| cell_html(cell, format));
                    format!("<td{}>{text}</td>", class(index))
                })
                .collect();
            format!("<tr>{cells}</tr>\n")
        })
        .collect();
    format!(
        "<div class=\"scroll\"><table>\n<caption>{}{}</caption>\n<thead><tr>{head}</tr></thead>\n\
         <tbody>\n{rows}</tbody></table></div>\n",
        lead("Table", number, &table.title),
        to_html(&table.caption)
    )
}

fn cell_html(cell: &Cell, format: Format) -> String {
    match cell {
        Cell::Number(value) => to_html(&format.write(*value)),
        Cell::Text(text) => to_html(text),
    }
}

fn claims_html(claims: &[ClaimRow]) -> String {
    if claims.is_empty() {
        return String::new();
    }
    let rows: String = claims.iter().map(claim_html).collect();
    format!(
        "<div class=\"scroll\"><table class=\"claims\">\n<caption><strong>Claims.</strong> What was expected, \
         what was measured, and whether the two agree within the tolerance.</caption>\n<thead><tr>\
         <th scope=\"col\">Claim</th><th scope=\"col\" class=\"number\">Expected</th>\
         <th scope=\"col\" class=\"number\">Measured</th><th scope=\"col\" class=\"number\">Tolerance</th>\
         <th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

fn claim_html(claim: &ClaimRow) -> String {
    let why = if claim.why.is_empty() {
        String::new()
    } else {
        format!("<details><summary>why this tolerance</summary><p>{}</p></details>", to_html(&claim.why))
    };
    let source = if claim.source.is_empty() {
        String::new()
    } else {
        format!(" <span class=\"source\">{}</span>", to_html(&claim.source))
    };
    let relation = match claim.comparison {
        Comparison::Within | Comparison::Equal => "",
        Comparison::AtLeast => "≥ ",
        Comparison::AtMost => "≤ ",
    };
    let tolerance = match (claim.tolerance, claim.comparison) {
        (Some(0.0), Comparison::AtLeast | Comparison::AtMost) => "–".to_owned(),
        (None | Some(0.0), _) => "exact".to_owned(),
        (Some(tolerance), comparison) => {
            let sign = match comparison {
                Comparison::Within | Comparison::Equal => "±",
                Comparison::AtLeast => "−",
                Comparison::AtMost => "+",
            };
            format!("{sign} {}", to_html(&number::trimmed(tolerance, 2)))
        }
    };
    let quantity = |cell: &Cell| match (cell, claim.tolerance) {
        (Cell::Number(value), Some(tolerance)) => to_html(&number::resolved(*value, tolerance)),
        (cell, _) => cell_html(cell, Format::Auto),
    };
    let (class, symbol, word) =
        if claim.holds { ("holds", "✓", "holds") } else { ("fails", "✗", "fails") };
    format!(
        "<tr class=\"{class}\"><td><span class=\"id\">{}</span> {}{source}{why}</td>\
         <td class=\"number\">{relation}{}</td><td class=\"number\">{}</td><td class=\"number\">{tolerance}</td>\
         <td class=\"verdict {class}\"><span aria-hidden=\"true\">{symbol}</span> {word}</td></tr>\n",
        escape(&claim.id),
        to_html(&claim.statement),
        quantity(&claim.expected),
        quantity(&claim.measured)
    )
}

/// Parameters, provenance and data: there for whoever wants to check, out of the way of whoever reads.
fn particulars(section: &Section, anchor: &str) -> String {
    let mut provenance = section.provenance.clone();
    if section.seconds.is_some() {
        provenance.push(("time".to_owned(), time(section.seconds)));
    }
    let downloads: String = section
        .figures
        .iter()
        .enumerate()
        .map(|(index, figure)| {
            let drawing = svg::render(figure, &figure_anchor(anchor, index));
            format!("<li>{} {}</li>\n", to_html(&figure.title), data::figure_links(figure, &drawing, anchor))
        })
        .chain(section.tables.iter().map(|table| {
            format!("<li>{} {}</li>\n", to_html(&table.title), data::table_links(table, anchor))
        }))
        .collect();
    let parameters = parameters(&section.parameters);
    let mut content = String::new();
    if !parameters.is_empty() {
        content.push_str(&format!("<h3>Parameters</h3>\n{parameters}"));
    }
    if !provenance.is_empty() {
        content.push_str(&format!("<h3>Provenance</h3>\n{}", definitions(&provenance)));
    }
    if !downloads.is_empty() {
        content.push_str(&format!("<h3>Data</h3>\n<ul class=\"downloads\">\n{downloads}</ul>\n"));
    }
    if content.is_empty() {
        return content;
    }
    format!(
        "<details class=\"particulars\"><summary>Parameters, provenance and data</summary>\n{content}</details>\n"
    )
}

fn parameters(parameters: &Value) -> String {
    match parameters {
        Value::Null => String::new(),
        Value::Object(map) if map.is_empty() => String::new(),
        Value::Object(map) => {
            let pairs: Vec<(String, String)> = map
                .iter()
                .map(|(key, value)| {
                    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                    (key.clone(), text)
                })
                .collect();
            definitions(&pairs)
        }
        other => format!("<pre>{}</pre>\n", escape(&format!("{other:#}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> ClaimRow {
        ClaimRow {
            id: "a".into(),
            statement: "x < y & λ_{1}".into(),
            source: "eq. 5".into(),
            expected: 1.0.into(),
            measured: 2.0.into(),
            tolerance: Some(0.1),
            comparison: Comparison::AtLeast,
            why: "three standard errors".into(),
            holds: false,
        }
    }

    #[test]
    fn a_claim_shows_its_verdict_in_words_and_its_text_escaped() {
        let row = claim_html(&claim());
        for part in
            ["✗</span> fails", "≥ 1", "− 0.1<", "x &lt; y &amp; λ<sub>1</sub>", "three standard errors"]
        {
            assert!(row.contains(part), "{part} is missing in {row}");
        }
        assert!(claim_html(&ClaimRow { holds: true, ..claim() }).contains("✓</span> holds"));
    }

    #[test]
    fn short_rows_are_filled() {
        let table = Table::new("t", "T").column("a").column("b").row([1.0.into()]);
        assert_eq!(table_html(&table, 1).matches("<td").count(), 2);
    }
}
