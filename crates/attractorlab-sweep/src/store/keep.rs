//! Finished points become parts.

use std::fs;

use super::columns::{Cells, POINT};
use super::folder::Folder;
use super::part::{PartReader, PartWriter, Unusable};
use super::scan::{Contents, Mend, scan};
use super::staging::unique;
use crate::{Key, Plan, SweepError, Value};

/// Rows of a row group: few enough that the table can be put together from thousands of parts with little
/// memory.
const GROUP: usize = 4096;

/// One finished point.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) point: u64,
    pub(crate) key: Key,
    pub(crate) measures: Vec<Option<Value>>,
    /// Why it has no result.
    pub(crate) message: Option<String>,
    pub(crate) seconds: f64,
}

/// Writes rows as a new part. `label` names the shard.
pub(crate) fn keep(folder: &Folder, plan: &Plan, label: &str, rows: &mut [Row]) -> Result<(), SweepError> {
    rows.sort_by_key(|row| row.point);
    let layout = &folder.layout;
    write_part(folder, label, &[], |writer| {
        for rows in rows.chunks(GROUP) {
            let mut cells = layout.cells(rows.len());
            for (index, row) in rows.iter().enumerate() {
                let (values, seed) = plan.point(row.point);
                cells[POINT].set(index, &Value::Integer(row.point as i64));
                cells[POINT + 1].set_text(index, row.key.hex());
                for (parameter, value) in values.iter().enumerate() {
                    cells[2 + parameter].set(index, value);
                }
                // The bits of the seed; the schema says that they are unsigned.
                cells[layout.seed()].set(index, &Value::Integer(seed.0 as i64));
                for (measure, value) in row.measures.iter().enumerate() {
                    if let Some(value) = value {
                        cells[layout.seed() + 1 + measure].set(index, value);
                    }
                }
                let status: &[u8] = if row.message.is_none() { b"ok" } else { b"failed" };
                cells[layout.status()].set_text(index, status.to_vec());
                if let Some(message) = &row.message {
                    cells[layout.message()].set_text(index, message.as_bytes().to_vec());
                }
                cells[layout.seconds()].set(index, &Value::Number(row.seconds));
            }
            writer.rows(&cells)?;
        }
        Ok(())
    })
}

fn write_part(
    folder: &Folder,
    label: &str,
    replaced: &[String],
    fill: impl FnOnce(&mut PartWriter<&fs::File>) -> Result<(), parquet::errors::ParquetError>,
) -> Result<(), SweepError> {
    let path = folder.path().join(format!("part-{label}-{}.parquet", unique()));
    let write = |file: fs::File| {
        let mut writer = PartWriter::new(&file, &folder.layout, &folder.facts(replaced))?;
        fill(&mut writer)?;
        writer.finish()?;
        Ok(file)
    };
    folder.staging.write(
        &path,
        |file| write(file).map_err(SweepError::parquet(&path)),
        |source| SweepError::Write { path: path.clone(), source },
    )
}

/// Forgets the failures of the parts that `chosen` names, so that their points are run again: each such part
/// gives way to one without them. Returns how many failures are left in other parts.
pub(crate) fn forget_failures(
    folder: &Folder,
    plan: &Plan,
    label: &str,
    chosen: impl Fn(&str) -> bool,
) -> Result<(Contents, u64), SweepError> {
    let contents = scan(folder, plan, Mend::Yes)?;
    let mut left = 0;
    for part in contents.parts.iter().filter(|part| part.failed > 0) {
        if chosen(&part.name) {
            rewrite(folder, label, &part.name)?;
        } else {
            left += part.failed;
        }
    }
    Ok((scan(folder, plan, Mend::Yes)?, left))
}

fn rewrite(folder: &Folder, label: &str, name: &str) -> Result<(), SweepError> {
    let path = folder.path().join(name);
    let unusable = |error| match error {
        Unusable::Io(source) => SweepError::Read { path: path.clone(), source },
        Unusable::Damaged(reason) => {
            SweepError::Read { path: path.clone(), source: std::io::Error::other(reason) }
        }
    };
    let reader = PartReader::open(&path).map_err(unusable)?;
    let layout = &folder.layout;
    let mut groups = Vec::new();
    for group in 0..reader.groups() {
        let status = reader.column(layout, group, layout.status()).map_err(unusable)?;
        let good: Vec<usize> = (0..status.len()).filter(|row| status.text(*row) == Some("ok")).collect();
        let mut cells = layout.cells(good.len());
        for (index, cells) in cells.iter_mut().enumerate() {
            let all: Cells = reader.column(layout, group, index).map_err(unusable)?;
            good.iter().enumerate().for_each(|(to, from)| cells.copy(to, &all, *from));
        }
        if !good.is_empty() {
            groups.push(cells);
        }
    }
    if !groups.is_empty() {
        write_part(folder, label, &[name.to_owned()], |writer| {
            groups.iter().try_for_each(|cells| writer.rows(cells))
        })?;
    }
    fs::remove_file(&path).map_err(SweepError::write(&path))
}
