//! The theory's commands: their numbers, and what they say to bad input.

use serde_json::Value;

use crate::world::{Scratch, attractorlab, run};

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
fn readouts_of_all_families_are_forecast() {
    let base = "theory feedback --target 1.5 --g 0.5 --sm 1.2 --si 0.15";
    for (readout, class, states) in [
        ("--readout ls", "multi", 3),
        ("--readout ls-decorrelated", "multi", 3),
        ("--readout ls --ridge 0.05", "multi", 3),
        ("--readout gaussian-ls", "multi", 3),
        ("--readout gd", "multi", 3),
        ("--readout rls --start random --units 200", "multi", 3),
        ("--readout rls --start input-only --units 200", "mono", 1),
    ] {
        let ended = run(attractorlab(), &format!("{base} {readout} --json"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(answer["class"], class, "{readout}");
        assert_eq!(answer["fixed_points"].as_array().unwrap().len(), states, "{readout}");
        let text = run(attractorlab(), &format!("{base} {readout}")).stdout;
        assert!(
            text.contains(answer["verdict"].as_str().unwrap()) && text.contains("The reason: "),
            "{text}"
        );
    }
    let refused = run(attractorlab(), &format!("{base} --readout ls --pm 1"));
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("training finds its own direction"), "{}", refused.stderr);
    let refused = run(attractorlab(), "theory feedback --readout ls --target 0.1 --g 2 --sm 1 --si 0.1");
    assert!(refused.code == Some(2) && refused.stderr.contains("is chaotic"), "{}", refused.stderr);
    let refused = run(attractorlab(), &format!("{base} --readout rls --alpha 0"));
    assert!(refused.code == Some(2) && refused.stderr.contains("alpha must be"), "{}", refused.stderr);
}

#[test]
fn chaos_with_a_drive() {
    let ended = run(attractorlab(), "theory chaos --g 2 --drive 0.3 --json");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let state: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(state["chaotic"], true);
    for (key, expected) in [("variance", 2.4887532), ("persistent", 1.6987804), ("critical_drive", 1.635957)]
    {
        assert!((state[key].as_f64().unwrap() - expected).abs() < 1e-6, "{key}: {}", state[key]);
    }
    assert!(state["autocorrelation"].as_array().unwrap().len() > 10);
    let rest = run(attractorlab(), "theory chaos --g 2 --drive 2").stdout;
    assert!(rest.starts_with("The network comes to rest."), "{rest}");
    assert!(run(attractorlab(), "theory chaos --g 0.5").stdout.starts_with("Activity dies out."));
    let refused = run(attractorlab(), "theory chaos --g -1");
    assert!(refused.code == Some(2) && refused.stderr.contains("g must be"), "{}", refused.stderr);
}

#[test]
fn phase_diagrams_are_drawn_and_listed() {
    let folder = Scratch::new("phases");
    let file = folder.0.join("phases.svg");
    let line =
        format!("theory phase-diagram --x target=0.25:2:8 --y share=0.5:2.2:20 --json -o {}", file.display());
    let ended = run(attractorlab(), &line);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("<svg"));
    let diagram: Value = serde_json::from_str(&ended.stdout).unwrap();
    // a_b = 0.87140 at A = 2.
    let boundaries = diagram["boundaries"].as_array().unwrap();
    let points: Vec<&Value> = boundaries.iter().flat_map(|b| b["points"].as_array().unwrap()).collect();
    let near = |p: &&Value| {
        (p[0].as_f64().unwrap() - 2.0).abs() < 1e-9 && (p[1].as_f64().unwrap() - 0.8714).abs() < 1e-5
    };
    assert!(points.iter().any(near));
    let text =
        run(attractorlab(), "theory phase-diagram --x target=-2:2 --y g=0:2 --p 1 --pm 1 --pi 0.3").stdout;
    assert!(text.contains("~  target-bulk-unstable: ") && text.contains("o  multi: "), "{text}");
    for (axis, words) in [
        ("target", "no '='"),
        ("mass=0:1", "no such quantity"),
        ("g=0", "two ends"),
        ("g=a:1", "not a number"),
    ] {
        let refused = run(attractorlab(), &format!("theory phase-diagram --x {axis} --y share=0:1"));
        assert!(refused.code == Some(2) && refused.stderr.contains(words), "{}", refused.stderr);
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
    let two =
        run(attractorlab(), "theory output --target 1.2,0 --target=-0.6,1.04 --target=-0.6,-1.04 --g 1.2");
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

#[test]
fn linear_learning_is_told_to_all_orders() {
    let ended = run(attractorlab(), "theory linear-learning --g 0 --target 2 --time 0.6 0.1 --json");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let found: Value = serde_json::from_str(&ended.stdout).unwrap();
    let number = |pointer: &str| found.pointer(pointer).and_then(Value::as_f64).unwrap();
    assert!((number("/trained/singular_values/0") - 0.8510473943).abs() < 1e-9);
    assert!((number("/times/1/output") - 0.1999987).abs() < 1e-6);
    assert_eq!(found["times"][0]["third_order"]["valid"], false);
    let text = run(attractorlab(), "theory linear-learning --g 0.6 --target 2").stdout;
    assert!(text.contains("   trained    2.000000    0.428095    0.032106   3.6159e-4"), "{text}");
    assert!(text.contains("loss after a shuffle of W0, relative          0.74419479"), "{text}");
    for (line, said) in [
        ("theory linear-learning --g 1 --target 2", "g must be between 0 and 0.999"),
        ("theory linear-learning --g 0.5 --target nan", "target must be a finite number"),
        (
            "theory linear-learning --g 0.5 --target 1 --time -1",
            "time must be a finite number that is not negative, got -1",
        ),
        ("theory linear-learning --g 0.5 --target 1 --fraction 2", "fraction must be"),
    ] {
        let ended = run(attractorlab(), line);
        assert!(ended.code == Some(2) && ended.stderr.contains(said), "{line}: {}", ended.stderr);
    }
    let silent = run(attractorlab(), "theory linear-learning --g 0.5 --target 0");
    assert_eq!(silent.code, Some(0), "{}", silent.stderr);
}

/// A network of 300 units that least squares trained to hold 1.5, as a file.
fn trained_network(scratch: &Scratch) -> std::path::PathBuf {
    use attractorlab::dynamics::ClampedNetwork;
    use attractorlab::network::{
        Cell, Connectivity, Form, InputVectors, Network, RateNetwork, Transfer, gaussian_bulk,
    };
    use attractorlab::numerics::random::Stream;
    use attractorlab::training::{FeedbackTask, least_squares};
    let mut stream = Stream::new(1, "overlay test", 0);
    let bulk = gaussian_bulk(300, 0.5, &mut stream);
    let v = InputVectors::draw(300, 1.2, 0.15, 0.0, &mut stream);
    let network = ClampedNetwork { bulk: bulk.as_ref(), transfer: Transfer::Tanh };
    let task = FeedbackTask { network, feedback: &v.feedback, input: &v.input, target: 1.5 };
    let readout = least_squares(task, 0.0).unwrap().readout;
    let connectivity = Connectivity::new(bulk).and_then(|c| c.with_feedback(v.feedback, readout)).unwrap();
    let rate = RateNetwork::new(connectivity, Transfer::Tanh, Form::Current).with_bias(v.input).unwrap();
    let file = scratch.0.join("network.safetensors");
    Network::new(Cell::Rate(rate)).write(&file).unwrap();
    file
}

#[test]
fn theory_lies_over_a_given_network() {
    let scratch = Scratch::new("overlay");
    let file = trained_network(&scratch);
    let line = format!("theory overlay {} --target 1.5 --trained-by ls", file.display());
    let ended = run(attractorlab(), &format!("{line} --json -o {}", scratch.0.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let found: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!((found["measured"]["g"].as_f64().unwrap() - 0.5).abs() < 0.01, "{found}");
    let states = |who: &str| found[who]["fixed_points"].as_array().unwrap().clone();
    let (theory, own) = (states("theory"), states("network"));
    assert_eq!((theory.len(), own.len()), (3, 3), "{found}");
    for (theory, own) in theory.iter().zip(&own) {
        let difference = theory["z"].as_f64().unwrap() - own["z"].as_f64().unwrap();
        assert!(difference.abs() < 0.15, "{theory} {own}");
    }
    let page = std::fs::read_to_string(scratch.0.join("report.html")).unwrap();
    assert!(page.contains("Static map") && page.contains("Spectrum at the target"));
    let text = run(attractorlab(), &line).stdout;
    assert!(text.contains("Network: The target 1.5 is held locally"), "{text}");
}

#[test]
fn a_network_without_a_loop_is_refused() {
    use attractorlab::network::{Cell, Connectivity, Form, Network, RateNetwork, Transfer};
    use attractorlab::numerics::linalg::Mat;
    let scratch = Scratch::new("overlay-bad");
    let file = scratch.0.join("network.npz");
    let rate = RateNetwork::new(Connectivity::new(Mat::zeros(4, 4)).unwrap(), Transfer::Tanh, Form::Current);
    Network::new(Cell::Rate(rate)).write(&file).unwrap();
    let ended = run(attractorlab(), &format!("theory overlay {} --target 1", file.display()));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("it has no feedback loop beside its bulk"), "{}", ended.stderr);
}
