//! A table of results as one Parquet file.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

/// A column; `None` is a missing value.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers.
    Number(Vec<Option<f64>>),
    /// Integers.
    Integer(Vec<Option<i64>>),
    /// Text.
    Text(Vec<Option<String>>),
    /// True or false.
    Truth(Vec<Option<bool>>),
}

impl Column {
    fn physical(&self) -> (Physical, Option<LogicalType>) {
        match self {
            Self::Number(_) => (Physical::DOUBLE, None),
            Self::Integer(_) => (Physical::INT64, None),
            Self::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Self::Truth(_) => (Physical::BOOLEAN, None),
        }
    }
}

/// Writes a table with named columns of equal length: to a temporary file, synced, renamed.
///
/// # Errors
/// An [`io::Error`] if the file cannot be written or the columns have different lengths.
pub fn write_table(path: &Path, columns: &[(String, Column)]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = File::create(&temporary).and_then(|file| {
        let file = write(file, columns).map_err(io::Error::other)?;
        file.sync_all()
    });
    let written = written.and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write(file: File, columns: &[(String, Column)]) -> Result<File, ParquetError> {
    let fields = columns
        .iter()
        .map(|(name, column)| {
            let (physical, logical) = column.physical();
            Type::primitive_type_builder(name, physical)
                .with_logical_type(logical)
                .with_repetition(Repetition::OPTIONAL)
                .build()
                .map(Arc::new)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder("table").with_fields(fields).build().map(Arc::new)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(format!("attractorlab {}", env!("CARGO_PKG_VERSION")))
        .build();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for (name, column) in columns {
        let Some(mut writer) = group.next_column()? else { break };
        macro_rules! put {
            ($writer:expr, $cells:expr, $convert:expr) => {{
                let levels: Vec<i16> = $cells.iter().map(|cell| i16::from(cell.is_some())).collect();
                let values: Vec<_> = $cells.iter().flatten().map($convert).collect();
                $writer.write_batch(&values, Some(&levels), None)?;
            }};
        }
        match (writer.untyped(), column) {
            (ColumnWriter::DoubleColumnWriter(writer), Column::Number(cells)) => put!(writer, cells, |v| *v),
            (ColumnWriter::Int64ColumnWriter(writer), Column::Integer(cells)) => put!(writer, cells, |v| *v),
            (ColumnWriter::BoolColumnWriter(writer), Column::Truth(cells)) => put!(writer, cells, |v| *v),
            (ColumnWriter::ByteArrayColumnWriter(writer), Column::Text(cells)) => {
                put!(writer, cells, |v: &String| ByteArray::from(v.as_bytes().to_vec()));
            }
            _ => return Err(ParquetError::General(format!("'{name}' has another type than its column"))),
        }
        writer.close()?;
    }
    group.close()?;
    writer.into_inner()
}
