//! The plan's text: tables and values that know their lines.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::PlanError;
use crate::{Value, text};

/// The text of a plan.
pub(super) struct Source<'a>(pub(super) &'a str);

impl<'a> Source<'a> {
    /// The line of a span, counted from one.
    fn line(&self, span: &Range<usize>) -> usize {
        let end = span.start.min(self.0.len());
        self.0.get(..end).map_or(1, |before| before.matches('\n').count() + 1)
    }

    /// A complaint about what stands at `span`.
    pub(super) fn error(&self, span: &Range<usize>, message: impl Into<String>) -> PlanError {
        PlanError { line: self.line(span), message: message.into(), hint: None }
    }

    /// The whole document.
    pub(super) fn document(&self) -> Result<Table<'a>, PlanError> {
        match DeTable::parse(self.0) {
            Ok(table) => {
                let span = table.span();
                Ok(Table::new(table.into_inner(), span))
            }
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                Err(self.error(&span, format!("this is not TOML: {}", error.message())))
            }
        }
    }

    /// A value as a table.
    pub(super) fn table(&self, name: &str, value: Spanned<DeValue<'a>>) -> Result<Table<'a>, PlanError> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Ok(Table::new(table, span)),
            other => Err(self.error(&span, format!("'{name}' must be a table, not {}", kind_of(&other)))),
        }
    }

    /// A value as a list.
    pub(super) fn list(
        &self,
        name: &str,
        value: Spanned<DeValue<'a>>,
    ) -> Result<Vec<Spanned<DeValue<'a>>>, PlanError> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(list) => Ok(list.into_iter().collect()),
            other => Err(self.error(&span, format!("{name} must be a list, not {}", kind_of(&other)))),
        }
    }

    /// A value as a word.
    pub(super) fn word(&self, name: &str, value: &Spanned<DeValue<'a>>) -> Result<String, PlanError> {
        match value.get_ref() {
            DeValue::String(word) => Ok(word.to_string()),
            other => {
                let message = format!("{name} must be a word in quotes, not {}", kind_of(other));
                Err(self.error(&value.span(), message))
            }
        }
    }

    /// A value as a whole number that is not negative.
    pub(super) fn count(&self, name: &str, value: &Spanned<DeValue<'a>>) -> Result<u64, PlanError> {
        match self.scalar(name, value)? {
            Value::Integer(number) if number >= 0 => Ok(number as u64),
            other => {
                let message = format!("{name} must be a whole number ≥ 0, not {other}");
                Err(self.error(&value.span(), message))
            }
        }
    }

    /// A value that is not a list, table or date.
    pub(super) fn scalar(&self, name: &str, value: &Spanned<DeValue<'a>>) -> Result<Value, PlanError> {
        let span = value.span();
        match value.get_ref() {
            DeValue::String(word) => Ok(Value::from(&**word)),
            DeValue::Boolean(truth) => Ok(Value::Truth(*truth)),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map(Value::Integer)
                .map_err(|_| self.error(&span, format!("{name}: {} is too large", number.as_str()))),
            DeValue::Float(number) => number
                .as_str()
                .parse()
                .map(Value::Number)
                .map_err(|_| self.error(&span, format!("{name}: '{}' is not a number", number.as_str()))),
            other => Err(self.error(&span, format!("{name} cannot be {}", kind_of(other)))),
        }
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a word",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// One key of a table with its value.
pub(super) struct Entry<'a> {
    pub(super) key: String,
    pub(super) span: Range<usize>,
    pub(super) value: Spanned<DeValue<'a>>,
}

/// A table, in the order in which it was written, from which known keys are taken.
pub(super) struct Table<'a> {
    pub(super) span: Range<usize>,
    entries: Vec<Entry<'a>>,
    taken: Vec<&'static str>,
}

impl<'a> Table<'a> {
    fn new(table: DeTable<'a>, span: Range<usize>) -> Self {
        let mut entries: Vec<Entry<'a>> = table
            .into_iter()
            .map(|(key, value)| Entry { span: key.span(), key: key.into_inner().into_owned(), value })
            .collect();
        // The parser sorts by name; the order of axes is the writer's.
        entries.sort_by_key(|entry| entry.span.start);
        Self { span, entries, taken: Vec::new() }
    }

    /// Takes the value of a key that is known.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'a>>> {
        self.taken.push(key);
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(index).value)
    }

    /// All entries, for tables whose keys are the user's.
    pub(super) fn into_entries(self) -> Vec<Entry<'a>> {
        self.entries
    }

    /// Complains if a key is left that nobody knows.
    pub(super) fn finish(self, source: &Source<'a>, place: &str) -> Result<(), PlanError> {
        match self.entries.first() {
            None => Ok(()),
            Some(entry) => Err(unknown(source, "key", entry, place, self.taken)),
        }
    }
}

/// The complaint about a key or name that is not known.
pub(super) fn unknown<'n>(
    source: &Source<'_>,
    what: &str,
    entry: &Entry<'_>,
    place: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> PlanError {
    let known: Vec<&str> = known.into_iter().collect();
    let error = source.error(&entry.span, format!("unknown {what} '{}' in {place}", entry.key));
    error.meant(&entry.key, &known)
}

impl PlanError {
    /// Adds "did you mean", or the list of what there is.
    pub(super) fn meant(mut self, wrong: &str, known: &[&str]) -> Self {
        self.hint = Some(match text::nearest(wrong, known.iter().copied()) {
            Some(name) => format!("did you mean '{name}'?"),
            None => format!("there is: {}", known.join(", ")),
        });
        self
    }

    /// Adds a hint.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
