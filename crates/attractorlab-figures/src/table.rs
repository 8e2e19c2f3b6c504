//! Tables as data.

use serde::Serialize;

use crate::number;

/// A number or a word in a table or a claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// Words.
    Text(String),
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

macro_rules! count_into_cell {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Cell {
            fn from(value: $integer) -> Self {
                Self::Number(value as f64)
            }
        }
    )*};
}

count_into_cell!(usize, u64, i64);

impl From<u32> for Cell {
    fn from(value: u32) -> Self {
        Self::Number(f64::from(value))
    }
}

impl From<i32> for Cell {
    fn from(value: i32) -> Self {
        Self::Number(f64::from(value))
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// How the numbers of a column are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Four significant digits, without a point for whole numbers.
    #[default]
    Auto,
    /// A fixed number of decimals.
    Fixed(usize),
    /// A number of significant digits.
    Significant(usize),
    /// A mantissa with this many decimals, and a power of ten.
    Scientific(usize),
}

impl Format {
    /// Writes a number as it stands in tables, with a real minus sign.
    ///
    /// ```
    /// use attractorlab_figures::Format;
    ///
    /// assert_eq!(Format::Fixed(2).write(-0.126), "−0.13");
    /// assert_eq!(Format::Auto.write(1.0 / 3.0), "0.3333");
    /// assert_eq!(Format::Scientific(1).write(1234.0), "1.2×10^{3}");
    /// ```
    pub fn write(self, value: f64) -> String {
        match self {
            Self::Auto if value.fract() == 0.0 && value.abs() < 1e9 => number::fixed(value, 0),
            Self::Auto => number::significant(value, 4),
            Self::Fixed(decimals) => number::fixed(value, decimals),
            Self::Significant(digits) => number::significant(value, digits),
            Self::Scientific(decimals) => number::scientific(value, decimals),
        }
    }
}

/// Head of a column.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Column {
    /// Quantity and symbol.
    pub name: String,
    /// Unit; may be empty.
    pub unit: String,
    /// How its numbers are written.
    pub format: Format,
}

impl Column {
    /// A column without a unit.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Names the unit.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// Says how numbers are written.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// A table to be read by a person.
///
/// ```
/// use attractorlab_figures::{Column, Format, Table};
///
/// let table = Table::new("errors", "Errors by size")
///     .column("network")
///     .column(Column::new("error").unit("%").format(Format::Fixed(1)))
///     .row(["N = 500".into(), 3.14.into()])
///     .row(["N = 2000".into(), 1.62.into()]);
/// assert_eq!(table.rows.len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Table {
    /// Short name, unique within its section.
    pub id: String,
    /// A title of a few words.
    pub title: String,
    /// What the table shows.
    pub caption: String,
    /// Heads of the columns.
    pub columns: Vec<Column>,
    /// Rows of cells; a short row is filled with empty cells.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), ..Self::default() }
    }

    /// Says what the table shows.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, column: impl Into<Column>) -> Self {
        self.columns.push(column.into());
        self
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, cells: impl IntoIterator<Item = Cell>) -> Self {
        self.rows.push(cells.into_iter().collect());
        self
    }

    /// Adds many rows.
    #[must_use]
    pub fn rows<R: IntoIterator<Item = Cell>>(mut self, rows: impl IntoIterator<Item = R>) -> Self {
        self.rows.extend(rows.into_iter().map(|row| row.into_iter().collect()));
        self
    }
}
