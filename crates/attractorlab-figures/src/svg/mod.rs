//! From figures to SVG.

use crate::Figure;

/// Draws a figure; `prefix` makes its ids unique on a page.
pub(crate) fn render(figure: &Figure, prefix: &str) -> String {
    let _ = prefix;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"85mm\" data-panels=\"{}\"/>",
        figure.panels.len()
    )
}
