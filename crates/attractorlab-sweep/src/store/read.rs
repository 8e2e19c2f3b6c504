//! Reading finished points, in the order of the plan.

use super::folder::Folder;
use super::scan::{Mend, scan};
use super::windows;
use crate::{Plan, SweepError, Value, text};

/// Shows the named columns of every finished point, in the order of the plan, each point once, whether or not
/// the sweep is collected or complete. Memory does not grow with the table but for a few bytes a point.
///
/// # Errors
/// [`SweepError`] if there is no such column, or a part cannot be read.
pub fn read(
    folder: &Folder,
    plan: &Plan,
    columns: &[&str],
    mut show: impl FnMut(u64, &[Option<Value>]),
) -> Result<(), SweepError> {
    let layout = &folder.layout;
    let positions = columns
        .iter()
        .map(|name| {
            layout.position(name).ok_or_else(|| SweepError::NoColumn {
                name: (*name).to_owned(),
                suggestion: text::nearest(name, layout.columns.iter().map(|column| column.name.as_str())),
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let contents = scan(folder, plan, Mend::No)?;
    let mut row = vec![None; positions.len()];
    windows(folder, &positions, &contents, |points, cells| {
        for (index, point) in points.iter().enumerate() {
            for (value, position) in row.iter_mut().zip(&positions) {
                *value = cells[*position].value(index);
            }
            show(*point, &row);
        }
        Ok(())
    })
}
