//! What is in a folder: which points are finished, and in which file each stands.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use super::columns::POINT;
use super::folder::{FACT_REPLACES, Folder};
use super::part::{PartReader, Unusable};
use crate::{Plan, SweepError};

/// No file has the point.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// A file with rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) rows: u64,
    pub(crate) failed: u64,
}

/// A file that is not a whole Parquet file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Its name in the folder.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
    /// Where it was moved to; `None` if it was only looked at.
    pub moved_to: Option<PathBuf>,
}

/// The finished points of a folder.
#[derive(Debug, Clone)]
pub(crate) struct Contents {
    pub(crate) parts: Vec<Part>,
    /// For each point, the file that has its row; a row that is not a failure comes first.
    pub(crate) owner: Vec<u32>,
    failed: Vec<bool>,
    pub(crate) damaged: Vec<Damaged>,
}

/// Whether looking at a folder also mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mend {
    /// Damaged files are moved aside, files that another one stands for are removed.
    Yes,
    /// Nothing is touched.
    No,
}

impl Contents {
    pub(crate) fn is_finished(&self, point: u64) -> bool {
        self.owner[point as usize] != NOWHERE
    }

    pub(crate) fn has_failed(&self, point: u64) -> bool {
        self.failed[point as usize]
    }

    pub(crate) fn finished(&self) -> u64 {
        self.owner.iter().filter(|owner| **owner != NOWHERE).count() as u64
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failed.iter().filter(|failed| **failed).count() as u64
    }

    /// Rows that stand in more than one file.
    pub(crate) fn repeated(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum::<u64>() - self.finished()
    }
}

/// Looks at every file of the folder.
pub(crate) fn scan(folder: &Folder, plan: &Plan, mend: Mend) -> Result<Contents, SweepError> {
    let points = plan.points() as usize;
    let mut contents = Contents {
        parts: Vec::new(),
        owner: vec![NOWHERE; points],
        failed: vec![false; points],
        damaged: Vec::new(),
    };
    let mut readers = Vec::new();
    for name in folder.files()? {
        let path = folder.path().join(&name);
        match PartReader::open(&path) {
            Ok(reader) => {
                if let Some(difference) = folder.difference(&reader) {
                    return Err(SweepError::ForeignPart { path, difference });
                }
                readers.push((name, reader));
            }
            // Another process may have collected it in between.
            Err(Unusable::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(Unusable::Io(source)) => return Err(SweepError::Read { path, source }),
            Err(Unusable::Damaged(reason)) => set_aside(folder, name, reason, mend, &mut contents)?,
        }
    }
    // A file that stands for others was complete when it appeared; a crash may have left the others.
    let replaced: HashSet<String> = readers
        .iter()
        .filter_map(|(_, reader)| reader.fact(FACT_REPLACES))
        .flat_map(|names| names.lines().map(str::to_owned))
        .collect();
    for (name, reader) in readers {
        if replaced.contains(&name) {
            if mend == Mend::Yes {
                let path = folder.path().join(&name);
                fs::remove_file(&path).map_err(SweepError::write(path))?;
            }
            continue;
        }
        match rows(folder, &reader, points) {
            Ok(rows) => contents.add(name, &rows),
            Err(Unusable::Io(source)) => {
                return Err(SweepError::Read { path: folder.path().join(name), source });
            }
            Err(Unusable::Damaged(reason)) => set_aside(folder, name, reason, mend, &mut contents)?,
        }
    }
    Ok(contents)
}

/// Number and failure of every row of a file.
fn rows(folder: &Folder, reader: &PartReader, points: usize) -> Result<Vec<(u64, bool)>, Unusable> {
    let mut rows = Vec::new();
    for group in 0..reader.groups() {
        let numbers = reader.column(&folder.layout, group, POINT)?;
        let status = reader.column(&folder.layout, group, folder.layout.status())?;
        let super::columns::Cells::Integer(numbers) = numbers else { continue };
        for (row, number) in numbers.into_iter().enumerate() {
            let number = number.filter(|number| (0..points as i64).contains(number));
            let number = number.ok_or_else(|| Unusable::Damaged("a row has no valid point".to_owned()))?;
            rows.push((number as u64, status.text(row) != Some("ok")));
        }
    }
    Ok(rows)
}

impl Contents {
    fn add(&mut self, name: String, rows: &[(u64, bool)]) {
        let index = self.parts.len() as u32;
        for (point, failed) in rows {
            let point = *point as usize;
            // Two tasks may have computed a point, one of them on a machine that was given up; both rows are
            // the same but for the time. A failure gives way to a result.
            if self.owner[point] == NOWHERE || (self.failed[point] && !failed) {
                self.owner[point] = index;
                self.failed[point] = *failed;
            }
        }
        let failed = rows.iter().filter(|row| row.1).count() as u64;
        self.parts.push(Part { name, rows: rows.len() as u64, failed });
    }
}

fn set_aside(
    folder: &Folder,
    name: String,
    reason: String,
    mend: Mend,
    contents: &mut Contents,
) -> Result<(), SweepError> {
    let moved_to = if mend == Mend::Yes {
        let aside = folder.beside("damaged");
        fs::create_dir_all(&aside).map_err(SweepError::write(&aside))?;
        let target = aside.join(&name);
        fs::rename(folder.path().join(&name), &target).map_err(SweepError::write(&target))?;
        Some(target)
    } else {
        None
    };
    contents.damaged.push(Damaged { name, reason, moved_to });
    Ok(())
}
