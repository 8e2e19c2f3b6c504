//! Reading and writing one Parquet file of a sweep.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding};
use parquet::column::reader::ColumnReader;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use super::columns::{Cells, Layout, POINT, Storage};

/// Facts about a file that stand in its footer, by name.
pub(crate) type Facts = Vec<(String, String)>;

fn properties(layout: &Layout, facts: &Facts) -> WriterPropertiesPtr {
    let facts = facts.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(format!("attractorlab {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(facts))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        // Row groups end where this program says, never by themselves.
        .set_max_row_group_row_count(None)
        // Rows are numbered upwards, and no two keys are alike: a dictionary would only be given up.
        .set_column_dictionary_enabled(ColumnPath::from("point"), false)
        .set_column_encoding(ColumnPath::from("point"), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(ColumnPath::from("key"), false);
    if layout.columns.iter().any(|column| column.name == "seconds") {
        builder = builder.set_column_dictionary_enabled(ColumnPath::from("seconds"), false);
    }
    Arc::new(builder.build())
}

/// Writes row groups into a file that is being made.
pub(crate) struct PartWriter<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    layout: Layout,
}

impl<W: Write + Send> PartWriter<W> {
    pub(crate) fn new(file: W, layout: &Layout, facts: &Facts) -> Result<Self, ParquetError> {
        let writer = SerializedFileWriter::new(file, layout.schema()?, properties(layout, facts))?;
        Ok(Self { writer, layout: layout.clone() })
    }

    /// Writes one row group; all columns have the same number of rows.
    pub(crate) fn rows(&mut self, cells: &[Cells]) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for (column, cells) in self.layout.columns.iter().zip(cells) {
            let Some(mut writer) = group.next_column()? else { break };
            let present = |row: bool| i16::from(row);
            macro_rules! write {
                ($writer:expr, $cells:expr) => {{
                    let values: Vec<_> = $cells.iter().flatten().cloned().collect();
                    let levels: Vec<i16> = $cells.iter().map(|cell| present(cell.is_some())).collect();
                    if column.required && values.len() != levels.len() {
                        return Err(ParquetError::General(format!(
                            "a row has no value for '{}', which every row must have",
                            column.name
                        )));
                    }
                    let levels = (!column.required).then_some(levels.as_slice());
                    $writer.write_batch(&values, levels, None)?;
                }};
            }
            match (writer.untyped(), cells) {
                (ColumnWriter::DoubleColumnWriter(writer), Cells::Number(cells)) => write!(writer, cells),
                (ColumnWriter::Int64ColumnWriter(writer), Cells::Integer(cells)) => write!(writer, cells),
                (ColumnWriter::ByteArrayColumnWriter(writer), Cells::Text(cells)) => write!(writer, cells),
                (ColumnWriter::BoolColumnWriter(writer), Cells::Truth(cells)) => write!(writer, cells),
                _ => return Err(ParquetError::General(format!("'{}' has another type", column.name))),
            }
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }

    /// Writes the footer, and what is still in a buffer. (The writer's own way to give the file back turns the system's
    /// errors into text, and a full disk would not be known as one.)
    pub(crate) fn finish(self) -> Result<(), ParquetError> {
        self.writer.close().map(|_| ())
    }
}

/// Why a file cannot be used as a part.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// The system cannot read it: it may be whole.
    Io(io::Error),
    /// It is not a whole Parquet file of this layout.
    Damaged(String),
}

impl From<ParquetError> for Unusable {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(error) if error.kind() != io::ErrorKind::UnexpectedEof => Self::Io(*error),
                Ok(error) => Self::Damaged(error.to_string()),
                Err(inner) => Self::Damaged(inner.to_string()),
            },
            error => Self::Damaged(error.to_string()),
        }
    }
}

/// An open part.
pub(crate) struct PartReader {
    reader: SerializedFileReader<File>,
}

impl PartReader {
    pub(crate) fn open(path: &Path) -> Result<Self, Unusable> {
        let file = File::open(path).map_err(Unusable::Io)?;
        Ok(Self { reader: SerializedFileReader::new(file)? })
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.reader.metadata()
    }

    /// A fact of the footer.
    pub(crate) fn fact(&self, name: &str) -> Option<&str> {
        let facts = self.metadata().file_metadata().key_value_metadata()?;
        facts.iter().find(|fact| fact.key == name)?.value.as_deref()
    }

    /// Whether the columns are those of the layout.
    pub(crate) fn has_layout(&self, layout: &Layout) -> bool {
        let schema = self.metadata().file_metadata().schema_descr();
        layout.schema().is_ok_and(|wanted| schema.root_schema().get_fields() == wanted.get_fields())
    }

    pub(crate) fn groups(&self) -> usize {
        self.metadata().num_row_groups()
    }

    /// The first and last point of a row group, which are in order within a part.
    pub(crate) fn span(&self, group: usize) -> Option<(u64, u64)> {
        match self.metadata().row_group(group).column(POINT).statistics()? {
            Statistics::Int64(statistics) => {
                Some((*statistics.min_opt()? as u64, *statistics.max_opt()? as u64))
            }
            _ => None,
        }
    }

    /// One column of one row group.
    pub(crate) fn column(&self, layout: &Layout, group: usize, column: usize) -> Result<Cells, Unusable> {
        let rows = self.metadata().row_group(group).num_rows() as usize;
        let reader = self.reader.get_row_group(group)?;
        let wanted = &layout.columns[column];
        let cells = match (reader.get_column_reader(column)?, wanted.storage) {
            (ColumnReader::DoubleColumnReader(mut reader), Storage::Number) => {
                Cells::Number(cells(rows, wanted.required, |levels, values: &mut Vec<f64>| {
                    reader.read_records(rows, levels, None, values)
                })?)
            }
            (ColumnReader::Int64ColumnReader(mut reader), Storage::Integer | Storage::Unsigned) => {
                Cells::Integer(cells(rows, wanted.required, |levels, values: &mut Vec<i64>| {
                    reader.read_records(rows, levels, None, values)
                })?)
            }
            (ColumnReader::ByteArrayColumnReader(mut reader), Storage::Text) => {
                Cells::Text(cells(rows, wanted.required, |levels, values: &mut Vec<ByteArray>| {
                    reader.read_records(rows, levels, None, values)
                })?)
            }
            (ColumnReader::BoolColumnReader(mut reader), Storage::Truth) => {
                Cells::Truth(cells(rows, wanted.required, |levels, values: &mut Vec<bool>| {
                    reader.read_records(rows, levels, None, values)
                })?)
            }
            _ => return Err(Unusable::Damaged(format!("the column '{}' has another type", wanted.name))),
        };
        Ok(cells)
    }
}

type Read = Result<(usize, usize, usize), ParquetError>;

/// Reads a column whole and puts its values where its levels say that there is one.
fn cells<T>(
    rows: usize,
    required: bool,
    read: impl FnOnce(Option<&mut Vec<i16>>, &mut Vec<T>) -> Read,
) -> Result<Vec<Option<T>>, Unusable> {
    let mut values = Vec::with_capacity(rows);
    let mut levels = Vec::new();
    let (records, _, _) = read((!required).then_some(&mut levels), &mut values)?;
    if records != rows {
        return Err(Unusable::Damaged(format!("a column has {records} of {rows} rows")));
    }
    if required {
        return Ok(values.into_iter().map(Some).collect());
    }
    let mut values = values.into_iter();
    Ok(levels.into_iter().map(|level| if level > 0 { values.next() } else { None }).collect())
}
