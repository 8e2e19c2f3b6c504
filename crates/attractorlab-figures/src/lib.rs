//! Figures as data, their SVG, and the self-contained HTML report.

/// A figure: panels with a caption.
#[derive(Debug, Clone, Default)]
pub struct Figure {}

/// A table to be read by a person.
#[derive(Debug, Clone, Default)]
pub struct Table {}
