//! Claims in words and digits, the same in the terminal and in the report.

use crate::{Claim, Comparison, Quantity};

impl Claim {
    /// What was expected: `-0.231757`, `≥ 0.0001`, `mono`.
    pub fn expected_text(&self) -> String {
        let value = quantity(&self.expected, self.tolerance);
        match self.comparison {
            Comparison::Within | Comparison::Equal => value,
            Comparison::AtLeast => format!("≥ {value}"),
            Comparison::AtMost => format!("≤ {value}"),
        }
    }

    /// What was measured, with as many digits as the tolerance distinguishes.
    pub fn measured_text(&self) -> String {
        quantity(&self.measured, self.tolerance)
    }

    /// The tolerance: `± 1e-6`, or nothing where none is allowed.
    pub fn tolerance_text(&self) -> String {
        match self.tolerance {
            Some(tolerance) if tolerance != 0.0 => match self.comparison {
                Comparison::Within | Comparison::Equal => format!("± {}", significant(tolerance, 3)),
                Comparison::AtLeast => format!("- {}", significant(tolerance, 3)),
                Comparison::AtMost => format!("+ {}", significant(tolerance, 3)),
            },
            _ => String::new(),
        }
    }
}

fn quantity(quantity: &Quantity, tolerance: Option<f64>) -> String {
    match quantity {
        Quantity::Text(text) => text.clone(),
        Quantity::Number(number) => {
            // One digit beyond the tolerance, so that a difference that matters can be seen.
            let digits = match tolerance {
                Some(tolerance) if tolerance > 0.0 && tolerance.is_finite() && *number != 0.0 => {
                    (number.abs() / tolerance).log10().ceil().clamp(4.0, 13.0) as i32 + 2
                }
                _ => 6,
            };
            significant(*number, digits)
        }
    }
}

/// `value` with `digits` significant digits and no trailing zeros; powers of ten outside 1e-4 … 1e6.
fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    // Rounding first decides the decade: 9.9999 with three digits is 10.
    let rounded = format!("{value:.*e}", digits.max(1) as usize - 1);
    let Some((mantissa, exponent)) = rounded.split_once('e') else { return rounded };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        let decimals = (digits - 1 - exponent).max(0) as usize;
        trimmed(&format!("{value:.decimals$}")).to_owned()
    } else {
        format!("{}e{exponent}", trimmed(mantissa))
    }
}

fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_follow_the_tolerance() {
        let close = Claim::within("a", "", -0.231757, -0.2317570004, 1e-9);
        assert_eq!(close.expected_text(), "-0.231757");
        assert_eq!(close.measured_text(), "-0.2317570004");
        assert_eq!(close.tolerance_text(), "± 1e-9");
        let wide = Claim::within("a", "", 0.5, 0.51234567891, 0.05);
        assert_eq!(wide.measured_text(), "0.512346");
    }

    #[test]
    fn bounds_and_labels_read_as_such() {
        assert_eq!(Claim::at_least("p", "", 1e-4, 0.31).expected_text(), "≥ 0.0001");
        assert_eq!(Claim::at_most("p", "", 3.0, 2.0).expected_text(), "≤ 3");
        assert_eq!(Claim::at_most("p", "", 3.0, 2.0).tolerance_text(), "");
        assert_eq!(Claim::equal("c", "", "mono", "bistable").measured_text(), "bistable");
    }

    #[test]
    fn numbers_of_every_size_stay_short() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-12.5, "-12.5"),
            (123456.0, "123456"),
            (1234567.0, "1.23457e6"),
            (1.5e-7, "1.5e-7"),
            (0.99999999, "1"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(significant(value, 6), text);
        }
    }
}
