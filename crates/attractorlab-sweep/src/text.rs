//! Words for messages.

/// The name that was probably meant, if one is near enough to be worth naming.
pub(crate) fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let wanted = wanted.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::osa_distance(&wanted, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count() / 3).max(2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.to_owned())
}

/// "1 point", "12 points".
pub(crate) fn counted(number: u64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// A span of time as people say it: "0.4 s", "12 min", "3.5 h", "2.1 days".
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} µs", s * 1e6),
        s if s < 0.1 => format!("{:.1} ms", s * 1e3),
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 48.0 * 3600.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} days", s / 86400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        assert_eq!(nearest("taget", ["g", "target"]).as_deref(), Some("target"));
        assert_eq!(nearest("banana", ["g", "target"]), None);
    }

    #[test]
    fn spans_of_time_have_a_fitting_unit() {
        assert_eq!(duration(0.00004), "40 µs");
        assert_eq!(duration(90.0), "90 s");
        assert_eq!(duration(3.0 * 86400.0), "3.0 days");
    }
}
