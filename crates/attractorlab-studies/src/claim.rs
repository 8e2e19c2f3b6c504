//! Claims: sentences of a paper, or consequences of the theory, that a study puts to the test.

use serde::Serialize;

/// A number, a word or a truth value, as it stands in a claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Quantity {
    /// A real number.
    Number(f64),
    /// A label, for example the class of a network.
    Text(String),
}

impl From<f64> for Quantity {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Quantity {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Quantity {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// How the measured value of a claim is held against the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// |measured − expected| ≤ tolerance.
    Within,
    /// measured ≥ expected − tolerance.
    AtLeast,
    /// measured ≤ expected + tolerance.
    AtMost,
    /// The two are the same (labels, counts).
    Equal,
}

/// One claim with its verdict. The verdict is computed by the constructors and nowhere else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Claim {
    /// Short name, unique within its study, for example `a-flex`.
    pub id: String,
    /// The sentence that is tested.
    pub statement: String,
    /// Where the sentence comes from: paper and equation, specification section, or "ours".
    pub source: String,
    /// What the sentence says should be measured.
    pub expected: Quantity,
    /// What was measured.
    pub measured: Quantity,
    /// Allowed difference, in the units of the quantity; `None` for labels and counts.
    pub tolerance: Option<f64>,
    /// How the two are compared.
    pub comparison: Comparison,
    /// Why the tolerance is as wide as it is: an argument from statistics or numerics.
    pub why: String,
    /// Whether the claim holds.
    pub holds: bool,
}

impl Claim {
    fn numeric(
        id: &str,
        statement: &str,
        comparison: Comparison,
        expected: f64,
        measured: f64,
        tolerance: f64,
    ) -> Self {
        // A NaN on either side makes every comparison false, as it must be.
        let holds = match comparison {
            Comparison::Within | Comparison::Equal => (measured - expected).abs() <= tolerance,
            Comparison::AtLeast => measured >= expected - tolerance,
            Comparison::AtMost => measured <= expected + tolerance,
        };
        Self {
            id: id.to_owned(),
            statement: statement.to_owned(),
            source: String::new(),
            expected: expected.into(),
            measured: measured.into(),
            tolerance: Some(tolerance),
            comparison,
            why: String::new(),
            holds,
        }
    }

    /// Claims that `measured` lies within `tolerance` of `expected`.
    pub fn within(id: &str, statement: &str, expected: f64, measured: f64, tolerance: f64) -> Self {
        Self::numeric(id, statement, Comparison::Within, expected, measured, tolerance)
    }

    /// Claims that `measured` is not below `bound`.
    pub fn at_least(id: &str, statement: &str, bound: f64, measured: f64) -> Self {
        Self::numeric(id, statement, Comparison::AtLeast, bound, measured, 0.0)
    }

    /// Claims that `measured` is not above `bound`.
    pub fn at_most(id: &str, statement: &str, bound: f64, measured: f64) -> Self {
        Self::numeric(id, statement, Comparison::AtMost, bound, measured, 0.0)
    }

    /// Claims that two labels or counts are the same.
    pub fn equal(
        id: &str,
        statement: &str,
        expected: impl Into<Quantity>,
        measured: impl Into<Quantity>,
    ) -> Self {
        let (expected, measured) = (expected.into(), measured.into());
        let holds = expected == measured;
        Self {
            id: id.to_owned(),
            statement: statement.to_owned(),
            source: String::new(),
            expected,
            measured,
            tolerance: None,
            comparison: Comparison::Equal,
            why: String::new(),
            holds,
        }
    }

    /// Names the source of the claim.
    #[must_use]
    pub fn source(mut self, source: &str) -> Self {
        source.clone_into(&mut self.source);
        self
    }

    /// Argues for the width of the tolerance.
    #[must_use]
    pub fn because(mut self, why: &str) -> Self {
        why.clone_into(&mut self.why);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_never_holds() {
        assert!(!Claim::within("a", "", 1.0, f64::NAN, f64::INFINITY).holds);
        assert!(!Claim::at_least("a", "", 0.0, f64::NAN).holds);
        assert!(!Claim::at_most("a", "", 0.0, f64::NAN).holds);
        assert!(!Claim::equal("a", "", f64::NAN, f64::NAN).holds);
    }
}
