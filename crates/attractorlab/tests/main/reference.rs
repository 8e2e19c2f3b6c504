//! Independent reference values, as data.

use serde_json::Value;

/// The cases of one kind in `tests/reference/{file}.json`.
pub(crate) fn cases(file: &str, kind: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/reference/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the reference file is part of the repository");
    let data: Value = serde_json::from_str(&text).expect("reference files are JSON");
    let cases: Vec<Value> = data["cases"]
        .as_array()
        .expect("cases")
        .iter()
        .filter(|case| case["kind"] == kind)
        .cloned()
        .collect();
    assert!(!cases.is_empty(), "no case of kind {kind} in {file}");
    cases
}

/// A number of a case.
#[track_caller]
pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

/// Asserts |found − expected| ≤ abs + rel·|expected| with the tolerance of the case.
#[track_caller]
pub(crate) fn assert_case(case: &Value, what: &str, found: f64, expected: &Value) {
    let expected = number(expected);
    let (abs, rel) = (number(&case["tolerance"]["abs"]), number(&case["tolerance"]["rel"]));
    let allowed = abs + rel * expected.abs();
    assert!(
        (found - expected).abs() <= allowed,
        "{} {what}: {found} against {expected}, allowed {allowed:e}",
        case["id"]
    );
}
