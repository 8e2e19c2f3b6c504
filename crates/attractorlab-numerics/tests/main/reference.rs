//! Gaussian averages against the reference files.

use attractorlab_numerics::gaussian::{Pair, Product, average, pair_average};
use attractorlab_numerics::transfer::Transfer;
use serde_json::Value;

/// The cases of one kind in `tests/reference/{file}.json`, which must not be none.
fn cases(file: &str, kind: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/reference/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the reference file is part of the repository");
    let data: Value = serde_json::from_str(&text).expect("reference files are JSON");
    let all = data["cases"].as_array().expect("cases");
    let chosen: Vec<Value> = all.iter().filter(|case| case["kind"] == kind).cloned().collect();
    assert!(!chosen.is_empty(), "no case of kind {kind} in {file}");
    chosen
}

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

/// |found − expected| must be within the tolerance of the case, given as numbers or as "abs 1e-9".
#[track_caller]
fn check(case: &Value, what: &str, found: f64, expected: &Value) {
    let expected = number(expected);
    let allowed = match case["tol"].as_str() {
        Some(text) => {
            let digits = text.strip_prefix("abs ").expect("an absolute tolerance");
            digits.parse().expect("a number")
        }
        None => number(&case["tolerance"]["abs"]) + number(&case["tolerance"]["rel"]) * expected.abs(),
    };
    assert!(
        (found - expected).abs() <= allowed,
        "{} {what}: {found} against {expected}, allowed {allowed:e}",
        case["id"]
    );
}

/// The transfer function of a case of the Rivkind file.
fn transfer(input: &Value) -> Transfer {
    match input["phi"].as_str() {
        Some("tanh") => Transfer::Tanh,
        Some("erf") => Transfer::Erf,
        Some("relu") => Transfer::Relu { threshold: number(&input["theta"]) },
        other => panic!("unknown transfer function {other:?}"),
    }
}

const PHI: Product = Product::VALUE;
const PRIME: Product = Product::FIRST;
const SECOND: Product = Product::SECOND;

#[test]
fn integrals_of_tanh() {
    for case in cases("mastrogiuseppe2019", "integrals") {
        let get = |key: &str| number(&case["in"][key]);
        let one = |product| average(Transfer::Tanh, product, 0.0, get("var").sqrt()).unwrap();
        let pair = Pair::centered(get("var"), get("var2"), get("cov"));
        let two = |f, h| pair_average(Transfer::Tanh, f, h, pair).unwrap();
        let found = [
            ("phi2", one(PHI * PHI)),
            ("prime", one(PRIME)),
            ("primesq", one(PRIME * PRIME)),
            ("third", one(Product::THIRD)),
            ("F", one(PRIME * PRIME) + one(PHI * SECOND)),
            ("phiphi", two(PHI, PHI)),
            ("primeprime", two(PRIME, PRIME)),
            ("phisec", two(PHI, SECOND)),
        ];
        for (key, value) in found {
            check(&case, key, value, &case["out"][key]);
        }
    }
}

#[test]
fn moments_of_one_variable() {
    for case in cases("rivkind2017", "moments1") {
        let phi = transfer(&case["input"]);
        let sd = number(&case["input"]["s2"]).sqrt();
        let products =
            [("C", PHI * PHI), ("P", PRIME * PRIME), ("B", PHI * SECOND), ("m", PHI), ("d", PRIME)];
        for (key, product) in products {
            check(&case, key, average(phi, product, 0.0, sd).unwrap(), &case["output"][key]);
        }
    }
}

#[test]
fn moments_of_two_variables() {
    for case in cases("rivkind2017", "moments2") {
        let get = |key: &str| number(&case["input"][key]);
        let pair = Pair::centered(get("s2m"), get("s2n"), get("cov"));
        for (key, f, h) in [("C", PHI, PHI), ("a", PRIME, PRIME), ("b", PHI, SECOND)] {
            let value = pair_average(transfer(&case["input"]), f, h, pair).unwrap();
            check(&case, key, value, &case["output"][key]);
        }
    }
}
