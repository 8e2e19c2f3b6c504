//! The report's HTML.

use super::Report;

/// The whole document.
pub(super) fn document(report: &Report) -> String {
    format!("<!doctype html>\n<html lang=\"en\"><title>{}</title></html>\n", report.title)
}
