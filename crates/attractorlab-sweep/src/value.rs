//! Values of parameters and measures, and what values a parameter takes.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

/// A value of a parameter or a measure.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A real number.
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// A word.
    Text(Arc<str>),
    /// True or false.
    Truth(bool),
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Truth(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl Value {
    /// The kind of this value.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Number,
            Self::Integer(_) => Kind::Integer,
            Self::Text(_) => Kind::Text,
            Self::Truth(_) => Kind::Truth,
        }
    }

    /// The value as a number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Integer(value) => Some(*value as f64),
            Self::Text(_) | Self::Truth(_) => None,
        }
    }

    /// Adds the canonical bytes of the value to `out`: two values have the same bytes exactly if they are the
    /// same, and the bytes never depend on how the value was written.
    pub(crate) fn canonical(&self, out: &mut Vec<u8>) {
        match self {
            Self::Number(value) => {
                out.push(b'n');
                // −0 and 0 are one point of an axis.
                let value = if *value == 0.0 { 0.0 } else { *value };
                out.extend(value.to_bits().to_le_bytes());
            }
            Self::Integer(value) => {
                out.push(b'i');
                out.extend(value.to_le_bytes());
            }
            Self::Text(value) => {
                out.push(b't');
                out.extend((value.len() as u64).to_le_bytes());
                out.extend(value.as_bytes());
            }
            Self::Truth(value) => out.extend([b'b', u8::from(*value)]),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::Truth(value) => write!(f, "{value}"),
        }
    }
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A real number (float64 in the table).
    Number,
    /// A whole number (int64).
    Integer,
    /// A word (string).
    Text,
    /// True or false (boolean).
    Truth,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Text => "a word in quotes",
            Self::Truth => "true or false",
        })
    }
}

/// The values that a parameter takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Domain {
    /// Finite real numbers between two bounds.
    Number {
        /// Lower bound.
        low: Bound<f64>,
        /// Upper bound.
        high: Bound<f64>,
    },
    /// Whole numbers, both ends included.
    Integer {
        /// Least value.
        low: i64,
        /// Largest value.
        high: i64,
    },
    /// One of some words.
    Choice(Vec<String>),
    /// Any text.
    Text,
    /// True or false.
    Truth,
}

impl Domain {
    /// Any finite number.
    pub fn number() -> Self {
        Self::Number { low: Bound::Unbounded, high: Bound::Unbounded }
    }

    /// Numbers from `low`, which is included.
    pub fn at_least(low: f64) -> Self {
        Self::Number { low: Bound::Included(low), high: Bound::Unbounded }
    }

    /// Numbers between two ends, both included.
    pub fn between(low: f64, high: f64) -> Self {
        Self::Number { low: Bound::Included(low), high: Bound::Included(high) }
    }

    /// Whole numbers between two ends, both included.
    pub fn whole(low: i64, high: i64) -> Self {
        Self::Integer { low, high }
    }

    /// One of `words`.
    pub fn choice<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Choice(words.into_iter().map(str::to_owned).collect())
    }

    /// The type of the values.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Number { .. } => Kind::Number,
            Self::Integer { .. } => Kind::Integer,
            Self::Choice(_) | Self::Text => Kind::Text,
            Self::Truth => Kind::Truth,
        }
    }

    /// Whether a value of the right kind lies in the domain.
    pub fn contains(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Number { low, high }, Value::Number(value)) => {
                let above = match low {
                    Bound::Included(low) => value >= low,
                    Bound::Excluded(low) => value > low,
                    Bound::Unbounded => true,
                };
                let below = match high {
                    Bound::Included(high) => value <= high,
                    Bound::Excluded(high) => value < high,
                    Bound::Unbounded => true,
                };
                value.is_finite() && above && below
            }
            (Self::Integer { low, high }, Value::Integer(value)) => (low..=high).contains(&value),
            (Self::Choice(words), Value::Text(value)) => words.iter().any(|word| **word == **value),
            (Self::Text, Value::Text(_)) | (Self::Truth, Value::Truth(_)) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { low, high } => {
                f.write_str("a number")?;
                match low {
                    Bound::Included(low) => write!(f, " ≥ {low}")?,
                    Bound::Excluded(low) => write!(f, " > {low}")?,
                    Bound::Unbounded => {}
                }
                let and = if *low == Bound::Unbounded { "" } else { " and" };
                match high {
                    Bound::Included(high) => write!(f, "{and} ≤ {high}"),
                    Bound::Excluded(high) => write!(f, "{and} < {high}"),
                    Bound::Unbounded => Ok(()),
                }
            }
            Self::Integer { low, high } if *low == i64::MIN && *high == i64::MAX => {
                f.write_str("a whole number")
            }
            Self::Integer { low, high } if *high == i64::MAX => write!(f, "a whole number ≥ {low}"),
            Self::Integer { low, high } => write!(f, "a whole number from {low} to {high}"),
            Self::Choice(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                write!(f, "one of {}", words.join(", "))
            }
            Self::Text => f.write_str("a text"),
            Self::Truth => f.write_str("true or false"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_bytes_tell_values_apart_and_zeros_not() {
        let bytes = |value: Value| {
            let mut out = Vec::new();
            value.canonical(&mut out);
            out
        };
        assert_eq!(bytes(0.0.into()), bytes((-0.0).into()));
        assert_ne!(bytes(1.0.into()), bytes(1_i64.into()));
        assert_ne!(bytes("1".into()), bytes(1_i64.into()));
    }

    #[test]
    fn domains_keep_their_bounds() {
        let gain = Domain::at_least(0.0);
        assert!(gain.contains(&0.0.into()));
        assert!(!gain.contains(&(-1e-9).into()) && !gain.contains(&f64::NAN.into()));
        assert!(!gain.contains(&f64::INFINITY.into()) && !gain.contains(&1_i64.into()));
        assert_eq!(gain.to_string(), "a number ≥ 0");
        assert_eq!(Domain::between(-1.0, 1.0).to_string(), "a number ≥ -1 and ≤ 1");
        assert!(!Domain::choice(["tanh"]).contains(&"relu".into()));
    }
}
