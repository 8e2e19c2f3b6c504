//! Numbers as people read them: a real minus sign, powers of ten, no digits that mean nothing.

/// The minus sign proper.
pub(crate) const MINUS: char = '\u{2212}';

const MAX_DECIMALS: usize = 340;

/// Replaces the hyphen of a formatted number, and drops the sign of a number that was rounded to zero.
fn with_minus(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().any(|c| c.is_ascii_digit() && c != '0') => format!("{MINUS}{digits}"),
        Some(digits) => digits.to_owned(),
        None => text.to_owned(),
    }
}

fn not_finite(value: f64) -> Option<String> {
    if value.is_nan() {
        Some("not a number".to_owned())
    } else if value.is_infinite() {
        Some(if value > 0.0 { "∞".to_owned() } else { format!("{MINUS}∞") })
    } else {
        None
    }
}

/// A fixed number of decimals.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    // Formatting panics on absurd precisions, and no double has more than this to say.
    let decimals = decimals.min(MAX_DECIMALS);
    not_finite(value).unwrap_or_else(|| with_minus(&format!("{value:.decimals$}")))
}

/// A mantissa with `decimals` decimals and a power of ten in the notation of labels.
pub(crate) fn scientific(value: f64, decimals: usize) -> String {
    if let Some(word) = not_finite(value) {
        return word;
    }
    let decimals = decimals.min(MAX_DECIMALS);
    let text = format!("{value:.decimals$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}×{}", with_minus(mantissa), power_of_ten(exponent.parse().unwrap_or(0)))
}

/// `10^{exponent}` in the notation of labels.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    format!("10^{{{}}}", with_minus(&exponent.to_string()))
}

/// `digits` significant digits, as a power of ten where that is shorter to read.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if let Some(word) = not_finite(value) {
        return word;
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = digits.clamp(1, 17);
    // The exponent is that of the rounded number: 9.9996 has four digits as 10.00.
    let rounded = format!("{value:.*e}", digits - 1);
    let exponent: i32 = rounded.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    if (-4..6).contains(&exponent) {
        let whole_digits = exponent + 1;
        fixed(value, digits.saturating_sub(whole_digits.max(0) as usize) + (-whole_digits).max(0) as usize)
    } else {
        scientific(value, digits - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_minus_signs_and_zero_has_none() {
        assert_eq!(fixed(-1.5, 1), "−1.5");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(scientific(-1.5e-7, 1), "−1.5×10^{−7}");
        assert_eq!(fixed(f64::NEG_INFINITY, 1), "−∞");
    }

    #[test]
    fn significant_digits_survive_rounding_up() {
        assert_eq!(significant(9.99996, 4), "10.00");
        assert_eq!(significant(0.00012345, 3), "0.000123");
        assert_eq!(significant(1.0e12, 3), "1.00×10^{12}");
        assert_eq!(significant(123456.0, 4), "123456");
        assert_eq!(significant(f64::NAN, 4), "not a number");
    }
}
