//! The registry: a row is added here, and nowhere else.

use crate::Row;

/// All rows, in the order in which they are measured.
pub(crate) fn all() -> Vec<Row> {
    Vec::new()
}
