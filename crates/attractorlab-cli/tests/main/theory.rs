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

/// The inputs of figure 1e of Mastrogiuseppe & Ostojic (2019), without the target.
const E1: &str = "theory feedback --g 0.3 --sm 1.2 --si 0.5 --rho 0.5 --p 1 --pm 1 --pi 0.3";

#[test]
fn the_states_of_a_feedback_network_are_all_there() {
    let ended = run(attractorlab(), &format!("{E1} --target -1.5 --json"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let prediction: Value = serde_json::from_str(&ended.stdout).unwrap();
    let states = prediction["fixed_points"].as_array().unwrap();
    for (state, expected) in states.iter().zip([-1.5, -0.4218, 1.8909]) {
        assert!((state["z"].as_f64().unwrap() - expected).abs() < 2e-4, "{state}");
    }
    assert_eq!((states.len(), &prediction["target_index"]), (3, &Value::from(0)));
    assert!((states[1]["outliers"][0][0].as_f64().unwrap() - 2.0242).abs() < 2e-3, "{}", states[1]);
    assert_eq!(states[1]["stability"], "outlier-unstable");
    assert!((prediction["flex"].as_f64().unwrap() + 0.231757).abs() < 1e-6);
    let text = run(attractorlab(), &format!("{E1} --target -1.5")).stdout;
    assert!(text.contains(prediction["verdict"].as_str().unwrap()), "{text}");
    assert!(text.contains("A    -1.500000  stable"), "{text}");
}

#[test]
fn a_complex_pair_is_shown_as_one() {
    let text = run(attractorlab(), &format!("{E1} --target -2")).stdout;
    assert!(text.contains("0.030606 +0.012222i") && text.contains("0.030606 -0.012222i"), "{text}");
}

#[test]
fn bad_input_ends_with_2_and_one_sentence() {
    for (line, said) in [
        (
            "theory feedback --target 1 --g -0.1 --sm 1 --si 1 --pm 1",
            "g must be a finite number that is not negative",
        ),
        ("theory feedback --target nan --g 0.5 --sm 1 --si 1 --pm 1", "target must be a finite number"),
        (
            "theory feedback --target 1 --g 0.5 --sm 1 --si 1 --rho 1.5 --pm 1",
            "rho must be between -1 and 1, got 1.5",
        ),
        ("theory feedback --target 1 --g 0.5 --sm 1 --si 1", "reads nothing"),
        ("theory feedback --target -1 --g 0.5 --sm 1 --si 1 --pm 1 --pi 1", "cannot realise the target -1"),
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

#[test]
fn the_dynamics_of_trained_values_read_as_a_sentence() {
    let ended = run(attractorlab(), "theory output --target 0.75 1.5 3 --g 1");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let line = "z = 0.75: order-3 ODE, poles −0.037 ± 0.432i";
    assert!(ended.stdout.contains(line), "{}", ended.stdout);
    assert!(ended.stdout.contains("resonates at ω = 0.433"), "{}", ended.stdout);
    assert!(ended.stdout.contains("Training fails at 1 of 3 values"), "{}", ended.stdout);
    let ended =
        run(attractorlab(), "theory output --target -1 1 --g 0.8 --transfer relu --threshold -0.5 --json");
    let prediction: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(prediction["success"], true);
    let pole = prediction["states"][0]["poles"][0][0].as_f64().unwrap();
    assert!((pole + 0.1717).abs() < 5e-5, "{pole}");
    let two = run(attractorlab(), "theory output --target 1.2,0 -0.6,1.04 -0.6,-1.04 --g 1.2");
    assert_eq!(two.code, Some(0), "{}", two.stderr);
}

#[test]
fn bad_values_to_hold_are_named() {
    for (line, expected) in [
        ("theory output --target 0.8 -0.8 --g 1", "leave one of them out"),
        ("theory output --target 0.8 0.8 --g 1", "same value"),
        ("theory output --target 1 --g 1.5 --transfer relu --threshold -0.5", "√2"),
        ("theory output --target one --g 1", "numbers separated by commas"),
        ("theory output --target 1 --g -1", "g must be"),
        ("theory output --target 1 --g 1 --ridge -1", "ridge must be"),
        ("theory output --target 1 --g 1 --uniform 0", "half-width"),
    ] {
        let ended = run(attractorlab(), line);
        assert_eq!(ended.code, Some(2), "{line}");
        let message = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(message.contains(expected), "{line}: {message}");
    }
}
