//! One table out of many parts, in the order of the plan, a piece at a time.

use std::fs::{self, File};

use super::columns::{Cells, POINT};
use super::folder::Folder;
use super::part::{PartReader, PartWriter, Unusable};
use super::scan::{Contents, Damaged, Mend, NOWHERE, scan};
use crate::{Plan, SweepError};

/// Rows that are in memory at a time, and in a row group of the table.
const WINDOW: usize = 1 << 15;

const TABLE: &str = "table.parquet";

/// What `collect` found.
#[derive(Debug, Clone, PartialEq)]
pub struct Collected {
    /// Points of the plan.
    pub points: u64,
    /// Rows of the table.
    pub rows: u64,
    /// Points that failed: number and message, the first hundred.
    pub failures: Vec<(u64, String)>,
    /// Number of points that failed.
    pub failed: u64,
    /// Points without a row, as ranges with both ends included.
    pub gaps: Vec<(u64, u64)>,
    /// Files that are now one.
    pub merged: usize,
    /// Rows that stood in more than one file, and stand there once now.
    pub repeated: u64,
    /// Files that were moved aside.
    pub damaged: Vec<Damaged>,
}

/// Merges the parts of a folder into `table.parquet`, which takes their place.
///
/// The table has a row for every finished point, in the order of the plan, and does not depend on the number of
/// threads or shards that computed it, `seconds` excepted. Memory does not grow with the table but for a few
/// bytes a point. A crash leaves either the parts or the table in charge.
///
/// # Errors
/// [`SweepError`] if a run is at work in the folder, a part does not belong to it, or the table cannot be written.
pub fn collect(folder: &Folder, plan: &Plan) -> Result<Collected, SweepError> {
    let _lock = folder.lock(true, "this sweep")?;
    folder.sweep_leftovers();
    let contents = scan(folder, plan, Mend::Yes)?;
    let mut failures = Failures::new(folder);
    if contents.parts.len() == 1 && contents.parts[0].name == TABLE {
        windows(folder, &failures.columns(), &contents, |points, cells| {
            failures.look(points, cells);
            Ok(())
        })?;
    } else if !contents.parts.is_empty() {
        let path = folder.path().join(TABLE);
        // The new table takes the old one's name: only the others have to go.
        let replaced: Vec<String> =
            contents.parts.iter().map(|part| part.name.clone()).filter(|name| name != TABLE).collect();
        let failed = |source| SweepError::Write { path: path.clone(), source };
        let write = |file| write_table(folder, file, &contents, &replaced, &mut failures);
        folder.staging.write(&path, write, failed)?;
        for name in &replaced {
            let path = folder.path().join(name);
            fs::remove_file(&path).map_err(SweepError::write(path))?;
        }
    }
    Ok(Collected {
        points: plan.points(),
        rows: contents.finished(),
        failures: failures.first,
        failed: contents.failures(),
        gaps: gaps(&contents),
        merged: contents.parts.len(),
        repeated: contents.repeated(),
        damaged: contents.damaged,
    })
}

/// The first failures, in the order of the plan.
struct Failures {
    first: Vec<(u64, String)>,
    status: usize,
    message: usize,
}

impl Failures {
    fn new(folder: &Folder) -> Self {
        Self { first: Vec::new(), status: folder.layout.status(), message: folder.layout.message() }
    }

    fn columns(&self) -> [usize; 2] {
        [self.status, self.message]
    }

    fn look(&mut self, points: &[u64], cells: &[Cells]) {
        for (row, point) in points.iter().enumerate() {
            if self.first.len() < 100 && cells[self.status].text(row) != Some("ok") {
                self.first.push((*point, cells[self.message].text(row).unwrap_or_default().to_owned()));
            }
        }
    }
}

fn write_table(
    folder: &Folder,
    file: File,
    contents: &Contents,
    replaced: &[String],
    failures: &mut Failures,
) -> Result<File, SweepError> {
    let path = folder.path().join(TABLE);
    let failed = || SweepError::parquet(path.clone());
    let mut writer = PartWriter::new(&file, &folder.layout, &folder.facts(replaced)).map_err(failed())?;
    let all: Vec<usize> = (0..folder.layout.columns.len()).collect();
    windows(folder, &all, contents, |points, cells| {
        failures.look(points, cells);
        writer.rows(cells).map_err(failed())
    })?;
    writer.finish().map_err(failed())?;
    Ok(file)
}

/// Points without a row, as ranges with both ends included.
pub(crate) fn gaps(contents: &Contents) -> Vec<(u64, u64)> {
    let mut gaps: Vec<(u64, u64)> = Vec::new();
    for (point, owner) in contents.owner.iter().enumerate() {
        if *owner == NOWHERE {
            match gaps.last_mut() {
                Some(last) if last.1 + 1 == point as u64 => last.1 = point as u64,
                _ => gaps.push((point as u64, point as u64)),
            }
        }
    }
    gaps
}

/// Shows all finished points in the order of the plan, some at a time, with the wanted columns (the others are
/// empty), each point once.
pub(crate) fn windows(
    folder: &Folder,
    wanted: &[usize],
    contents: &Contents,
    mut show: impl FnMut(&[u64], &[Cells]) -> Result<(), SweepError>,
) -> Result<(), SweepError> {
    let layout = &folder.layout;
    let unusable = |name: &str| {
        let path = folder.path().join(name);
        move |error| match error {
            Unusable::Io(source) => SweepError::Read { path, source },
            Unusable::Damaged(reason) => SweepError::Read { path, source: std::io::Error::other(reason) },
        }
    };
    let open = |name: &str| PartReader::open(&folder.path().join(name)).map_err(unusable(name));
    // Files are opened for each window again: there may be more of them than a process may have open.
    let mut spans = Vec::new();
    for part in &contents.parts {
        let reader = open(&part.name)?;
        spans.push(
            (0..reader.groups()).map(|group| reader.span(group).unwrap_or((0, u64::MAX))).collect::<Vec<_>>(),
        );
    }
    for start in (0..contents.owner.len()).step_by(WINDOW) {
        let end = (start + WINDOW).min(contents.owner.len());
        let points: Vec<u64> = (start..end)
            .filter(|point| contents.owner[*point] != NOWHERE)
            .map(|point| point as u64)
            .collect();
        if points.is_empty() {
            continue;
        }
        let mut rows = vec![usize::MAX; end - start];
        for (row, point) in points.iter().enumerate() {
            rows[*point as usize - start] = row;
        }
        let mut cells: Vec<Cells> = layout
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| {
                Cells::missing(column.storage, if wanted.contains(&index) { points.len() } else { 0 })
            })
            .collect();
        for (index, part) in contents.parts.iter().enumerate() {
            let overlapping: Vec<usize> = (0..spans[index].len())
                .filter(|group| {
                    let (low, high) = spans[index][*group];
                    low < end as u64 && high >= start as u64
                })
                .collect();
            if overlapping.is_empty() {
                continue;
            }
            let reader = open(&part.name)?;
            for group in overlapping {
                let numbers = reader.column(layout, group, POINT).map_err(unusable(&part.name))?;
                let Cells::Integer(numbers) = numbers else { continue };
                // (row in the file, row in the window) of the points that this file is to show.
                let pairs: Vec<(usize, usize)> = numbers
                    .iter()
                    .enumerate()
                    .filter_map(|(row, number)| Some((row, usize::try_from((*number)?).ok()?)))
                    .filter(|(_, point)| {
                        (start..end).contains(point) && contents.owner[*point] == index as u32
                    })
                    .map(|(row, point)| (row, rows[point - start]))
                    .collect();
                for column in wanted {
                    let read = reader.column(layout, group, *column).map_err(unusable(&part.name))?;
                    for (from, to) in &pairs {
                        cells[*column].copy(*to, &read, *from);
                    }
                }
            }
        }
        show(&points, &cells)?;
    }
    Ok(())
}
