//! The columns of a sweep's table, and cells in memory.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::schema::types::{Type, TypePtr};

use crate::{Kind, Plan, Value};

/// How a column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    Number,
    Integer,
    Unsigned,
    Text,
    Truth,
}

impl From<Kind> for Storage {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Number => Self::Number,
            Kind::Integer => Self::Integer,
            Kind::Text => Self::Text,
            Kind::Truth => Self::Truth,
        }
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) storage: Storage,
    /// Whether every row has a value.
    pub(crate) required: bool,
}

/// The columns of a plan's table: point, key, parameters, seed, measures, status, message, seconds.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) columns: Vec<Column>,
    pub(crate) parameters: usize,
    pub(crate) measures: usize,
}

/// Position of the row number; the key follows, then the parameters.
pub(crate) const POINT: usize = 0;

impl Layout {
    pub(crate) fn of(plan: &Plan) -> Self {
        let column = |name: &str, storage, required| Column { name: name.to_owned(), storage, required };
        let mut columns = vec![column("point", Storage::Integer, true), column("key", Storage::Text, true)];
        columns.extend(plan.parameters().iter().map(|p| column(&p.name, p.domain.kind().into(), true)));
        columns.push(column("seed", Storage::Unsigned, true));
        columns.extend(plan.measures().iter().map(|m| column(&m.name, m.kind.into(), false)));
        columns.push(column("status", Storage::Text, true));
        columns.push(column("message", Storage::Text, false));
        columns.push(column("seconds", Storage::Number, true));
        Self { columns, parameters: plan.parameters().len(), measures: plan.measures().len() }
    }

    pub(crate) fn seed(&self) -> usize {
        2 + self.parameters
    }

    pub(crate) fn status(&self) -> usize {
        3 + self.parameters + self.measures
    }

    pub(crate) fn message(&self) -> usize {
        self.status() + 1
    }

    pub(crate) fn seconds(&self) -> usize {
        self.status() + 2
    }

    /// Position of the column of this name.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The table's schema.
    pub(crate) fn schema(&self) -> Result<TypePtr, ParquetError> {
        let fields = self
            .columns
            .iter()
            .map(|column| {
                let (physical, logical) = match column.storage {
                    Storage::Number => (Physical::DOUBLE, None),
                    Storage::Integer => (Physical::INT64, None),
                    Storage::Unsigned => (Physical::INT64, Some(LogicalType::integer(64, false))),
                    Storage::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
                    Storage::Truth => (Physical::BOOLEAN, None),
                };
                let repetition = if column.required { Repetition::REQUIRED } else { Repetition::OPTIONAL };
                Type::primitive_type_builder(&column.name, physical)
                    .with_logical_type(logical)
                    .with_repetition(repetition)
                    .build()
                    .map(Arc::new)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Type::group_type_builder("sweep").with_fields(fields).build().map(Arc::new)
    }

    /// Cells for rows that are still to be filled.
    pub(crate) fn cells(&self, rows: usize) -> Vec<Cells> {
        self.columns.iter().map(|column| Cells::missing(column.storage, rows)).collect()
    }
}

/// The cells of one column.
#[derive(Debug, Clone)]
pub(crate) enum Cells {
    Number(Vec<Option<f64>>),
    Integer(Vec<Option<i64>>),
    Text(Vec<Option<ByteArray>>),
    Truth(Vec<Option<bool>>),
}

impl Cells {
    pub(crate) fn missing(storage: Storage, rows: usize) -> Self {
        match storage {
            Storage::Number => Self::Number(vec![None; rows]),
            Storage::Integer | Storage::Unsigned => Self::Integer(vec![None; rows]),
            Storage::Text => Self::Text(vec![None; rows]),
            Storage::Truth => Self::Truth(vec![None; rows]),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Number(cells) => cells.len(),
            Self::Integer(cells) => cells.len(),
            Self::Text(cells) => cells.len(),
            Self::Truth(cells) => cells.len(),
        }
    }

    /// Sets a cell; a value of another type is left out.
    pub(crate) fn set(&mut self, row: usize, value: &Value) {
        match (self, value) {
            (Self::Number(cells), Value::Number(value)) => cells[row] = Some(*value),
            (Self::Integer(cells), Value::Integer(value)) => cells[row] = Some(*value),
            (Self::Text(cells), Value::Text(value)) => cells[row] = Some(ByteArray::from(&**value)),
            (Self::Truth(cells), Value::Truth(value)) => cells[row] = Some(*value),
            _ => {}
        }
    }

    pub(crate) fn set_text(&mut self, row: usize, text: Vec<u8>) {
        if let Self::Text(cells) = self {
            cells[row] = Some(ByteArray::from(text));
        }
    }

    /// Copies a cell of another column of the same type.
    pub(crate) fn copy(&mut self, row: usize, from: &Self, from_row: usize) {
        match (self, from) {
            (Self::Number(cells), Self::Number(from)) => cells[row] = from[from_row],
            (Self::Integer(cells), Self::Integer(from)) => cells[row] = from[from_row],
            (Self::Text(cells), Self::Text(from)) => cells[row].clone_from(&from[from_row]),
            (Self::Truth(cells), Self::Truth(from)) => cells[row] = from[from_row],
            _ => {}
        }
    }

    /// The cells as numbers; truth is 0 or 1, words are none.
    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Number(cells) => cells[row],
            Self::Integer(cells) => cells[row].map(|value| value as f64),
            Self::Truth(cells) => cells[row].map(|truth| f64::from(u8::from(truth))),
            Self::Text(_) => None,
        }
    }

    /// A word.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        match self {
            Self::Text(cells) => cells[row].as_ref().and_then(|bytes| bytes.as_utf8().ok()),
            _ => None,
        }
    }

    /// The cell as a value.
    pub(crate) fn value(&self, row: usize) -> Option<Value> {
        match self {
            Self::Number(cells) => cells[row].map(Value::Number),
            Self::Integer(cells) => cells[row].map(Value::Integer),
            Self::Text(_) => self.text(row).map(Value::from),
            Self::Truth(cells) => cells[row].map(Value::Truth),
        }
    }
}
