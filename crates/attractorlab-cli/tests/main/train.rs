//! `train`: learning, resumption to the same bits, and what it says to bad input.

use std::fs;

use crate::world::{Ended, Scratch, attractorlab, run};

const FILE: &str = r#"
kind = "equilibrium"

[network]
units = 40

[data]
images = "digits"
white = 0.7

[rule]
name = "linearised"
learning_rate = 0.1
optimiser = "momentum"
momentum = 0.5

[schedule]
steps = 60
batch = 100
checkpoint = 10
"#;

fn train(folder: &Scratch, file: &str, out: &str, more: &str) -> Ended {
    let path = folder.0.join("run.toml");
    fs::write(&path, file).unwrap();
    run(attractorlab(), &format!("train {} -o {} {more}", path.display(), folder.0.join(out).display()))
}

#[test]
fn digits_are_learnt_and_a_resumed_run_has_the_same_bits() {
    let folder = Scratch::new("train");
    let whole = train(&folder, FILE, "whole", "--threads 2");
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let accuracy = whole.stdout.split("accuracy ").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
    assert!(accuracy.parse::<f64>().unwrap() > 0.55, "{}", whole.stdout);

    let half = train(&folder, &FILE.replace("steps = 60", "steps = 25"), "parts", "--threads 1");
    assert_eq!(half.code, Some(0), "{}", half.stderr);
    let again = train(&folder, FILE, "parts", "");
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("--resume"), "{}", again.stderr);
    let resumed = train(&folder, FILE, "parts", "--resume --threads 1");
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    for file in ["weights.safetensors", "checkpoint.safetensors"] {
        let read = |out: &str| fs::read(folder.0.join(out).join(file)).unwrap();
        assert_eq!(read("whole"), read("parts"), "{file}");
    }
    assert!(fs::read_to_string(folder.0.join("whole/report.html")).unwrap().contains("Eigenvalues"));
    let history = fs::read_to_string(folder.0.join("parts/history.csv")).unwrap();
    assert_eq!(history.lines().take_while(|line| !line.is_empty()).count(), 61);

    // Another rule is another configuration.
    let other = train(&folder, &FILE.replace("\"linearised\"", "\"gradient\""), "parts", "--resume");
    assert_eq!(other.code, Some(2));
    assert!(other.stderr.contains("another configuration"), "{}", other.stderr);
}

#[test]
fn a_run_that_diverges_says_so_and_keeps_finite_weights() {
    let folder = Scratch::new("train-diverges");
    let ended = train(&folder, &FILE.replace("learning_rate = 0.1", "learning_rate = 1e38"), "out", "");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stdout.contains("diverged"), "{}", ended.stdout);
    assert!(folder.0.join("out/report.html").is_file());

    // It is no less over when it is continued.
    let file = FILE.replace("learning_rate = 0.1", "learning_rate = 1e38");
    let resumed = train(&folder, &file, "out", "--resume");
    assert_eq!(resumed.code, Some(1), "{}", resumed.stderr);
    assert_eq!(resumed.stdout.lines().next(), ended.stdout.lines().next());
}

#[test]
fn bad_files_end_with_2_and_one_sentence() {
    let folder = Scratch::new("train-bad");
    for (file, said) in [
        (String::new(), "kind"),
        (FILE.replace("\"equilibrium\"", "\"bttp\""), "no training of kind"),
        (FILE.replace("optimiser", "optimizer"), "optimizer"),
        (FILE.replace("\"linearised\"", "\"backprop\""), "no rule \"backprop\""),
        (FILE.replace("batch = 100", "batch = 2000"), "2000"),
        (FILE.replace("batch = 100", "batch = 0"), "at least 1 sample"),
        (FILE.replace("learning_rate = 0.1", "learning_rate = -1.0"), "learning rate"),
        (FILE.replace("\"digits\"", "\"nowhere\""), "train-images-idx3-ubyte"),
        (FILE.replace("units = 40", "units = 0"), "unit"),
        (FILE.replace("\"linearised\"", "\"reparameterised\""), "same gains"),
        (FILE.replace("\"linearised\"", "\"unrolled\""), "truncated"),
    ] {
        let ended = train(&folder, &file, "out", "");
        assert_eq!(ended.code, Some(2), "{said}: {} {}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
        let _ = fs::remove_dir_all(folder.0.join("out"));
    }
    let resume = train(&folder, FILE, "empty", "--resume");
    assert_eq!(resume.code, Some(2));
    assert!(resume.stderr.contains("checkpoint.safetensors"), "{}", resume.stderr);
}
