//! The theory's commands: their numbers, and what they say to bad input.

use serde_json::Value;

use crate::world::{attractorlab, run};

/// The values of a `--json` line.
#[track_caller]
fn values(line: &str) -> Vec<f64> {
    let ended = run(attractorlab(), line);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let list: Value = serde_json::from_str(&ended.stdout).unwrap();
    list.as_array().unwrap().iter().map(|average| average["value"].as_f64().unwrap()).collect()
}

#[test]
fn averages_have_their_known_values() {
    // ⟨φ'''⟩ at standard deviation 4 is where a 200-node Gauss–Hermite rule is wrong by 60%.
    let third = values("theory average phi''' --sd 4 --json");
    assert!((third[0] + 0.01158).abs() < 1e-5, "{third:?}");
    // Of a linear φ, ⟨φ²⟩ is variance and squared mean.
    assert_eq!(values("theory average phi^2 x --transfer linear --mean -3 --sd 2 --json"), [13.0, -3.0]);
    let pair =
        values("theory average phi --with phi --sd 2 --sd2 3 --correlation -0.5 --transfer linear --json");
    assert!((pair[0] + 3.0).abs() < 1e-12, "{pair:?}");
}

#[test]
fn text_has_all_digits() {
    let ended = run(attractorlab(), "theory average phi^2 --sd 1");
    let (label, value) = ended.stdout.trim().split_once("  ").unwrap();
    assert_eq!(label, "⟨φ^2⟩");
    let json = values("theory average phi^2 --sd 1 --json");
    assert_eq!(value.parse::<f64>().unwrap().to_bits(), json[0].to_bits());
}

#[test]
fn bad_input_ends_with_2_and_one_sentence() {
    for (line, said) in [
        ("theory average phi --sd nan", "standard deviation must be a finite number that is not negative"),
        ("theory average phi --sd -1", "standard deviation must be"),
        ("theory average phi --sd 1 --mean inf", "mean must be a finite number"),
        (
            "theory average phi --sd 1 --with phi --correlation 1.5",
            "correlation must be between -1 and 1, got 1.5",
        ),
        ("theory average psi --sd 1", "`psi` in `psi` is not a factor"),
        ("theory average phi''^2 --sd 1 --transfer relu", "does not exist for relu"),
        ("theory average phi --sd 1 --with phi", "--correlation"),
        ("theory average phi", "--sd"),
    ] {
        let ended = run(attractorlab(), line);
        assert_eq!(ended.code, Some(2), "{line}");
        assert_eq!(ended.stdout, "", "{line}");
        assert!(ended.stderr.contains(said), "{line}: {}", ended.stderr);
    }
}
