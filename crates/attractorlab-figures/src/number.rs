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

/// A duration as people say it: `< 1 ms`, `12 ms`, `3.8 s`, `2.5 min`, `3.1 h`.
///
/// ```
/// use attractorlab_figures::duration;
/// assert_eq!([3.5e-5, 0.012, 3.84, 150.0, 11_000.0].map(duration), ["< 1 ms", "12 ms", "3.8 s", "2.5 min", "3.1 h"]);
/// ```
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.0005 => "< 1 ms".to_owned(),
        s if s < 0.9995 => format!("{:.0} ms", s * 1e3),
        s if s < 99.95 => format!("{s:.1} s"),
        s if s < 5970.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
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

/// At most `digits` significant digits, without trailing zeros.
pub(crate) fn trimmed(value: f64, digits: usize) -> String {
    let text = significant(value, digits);
    let (mantissa, power) = text.find('×').map_or((text.as_str(), ""), |at| text.split_at(at));
    if mantissa.contains('.') {
        format!("{}{power}", mantissa.trim_end_matches('0').trim_end_matches('.'))
    } else {
        text
    }
}

/// A number with the digits that a tolerance calls for: one more than the tolerance resolves, so that a
/// reader sees on which side of it the number lies.
pub(crate) fn resolved(value: f64, tolerance: f64) -> String {
    let reach = value.abs().max(tolerance);
    if value.fract() == 0.0 && value.abs() < 1e9 && tolerance >= 1.0 {
        return fixed(value, 0);
    }
    if !(tolerance > 0.0 && tolerance.is_finite() && reach.is_finite()) {
        return trimmed(value, 6);
    }
    let place = 1 - tolerance.log10().floor() as i32;
    if (1e-4..1e6).contains(&reach) && place <= 10 {
        fixed(value, place.max(0) as usize)
    } else {
        let digits = (reach.log10().floor() as i32 + place + 1).clamp(1, 17);
        trimmed(value, digits as usize)
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

    #[test]
    fn tolerances_decide_the_digits() {
        assert_eq!(resolved(1.33249, 0.004), "1.3325");
        assert_eq!(resolved(-0.5, 0.1), "−0.50");
        assert_eq!(resolved(3.1e-9, 1e-10), "3.1×10^{−9}");
        assert_eq!(resolved(1.0, 1e-13), "1");
        assert_eq!(resolved(0.0, 1e-12), "0");
        assert_eq!(resolved(0.9, 0.0), "0.9");
        assert_eq!(resolved(f64::NAN, 0.1), "not a number");
        assert_eq!(trimmed(0.0040, 2), "0.004");
        assert_eq!(trimmed(120.0, 1), "120");
        assert_eq!(trimmed(1.0e-12, 2), "1×10^{−12}");
    }
}
