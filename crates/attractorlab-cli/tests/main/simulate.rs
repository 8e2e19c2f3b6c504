//! `simulate`: numbers, files, and what it says to bad input.

use std::fs;

use crate::world::{Scratch, attractorlab, run};

fn simulate(folder: &Scratch, file: &str, more: &str) -> crate::world::Ended {
    let path = folder.0.join("network.toml");
    fs::write(&path, file).unwrap();
    run(attractorlab(), &format!("simulate {} {more}", path.display()))
}

const BISTABLE: &str = r#"
[network]
units = 300
bulk = { kind = "sparse", g = 0.5, probability = 0.2 }
loops = [{ overlap = 2.0 }]

[simulation]
duration = 50.0
trials = 3
every = 100
seed = 4
"#;

#[test]
fn a_loop_stronger_than_the_bulk_holds_an_output() {
    let folder = Scratch::new("simulate");
    let csv = folder.0.join("z.csv");
    let ended = simulate(&folder, BISTABLE, &format!("-o {}", csv.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("300 units, current form, tanh; 3 trials to time 50"), "{}", ended.stdout);
    let text = fs::read_to_string(&csv).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("time,trial,z0", 1 + 6 * 3));
    for line in &lines[lines.len() - 3..] {
        let z: f64 = line.rsplit(',').next().unwrap().parse().unwrap();
        assert!(z.abs() > 0.5 && z.abs() < 2.0, "{line}");
    }
    // The same seed gives the same bytes, another one others.
    simulate(&folder, BISTABLE, &format!("-o {}", csv.display()));
    assert_eq!(fs::read_to_string(&csv).unwrap(), text);
    simulate(&folder, BISTABLE, &format!("-o {} --seed 5", csv.display()));
    assert_ne!(fs::read_to_string(&csv).unwrap(), text);
}

#[test]
fn divergence_is_said() {
    let folder = Scratch::new("simulate-diverged");
    let ended = simulate(
        &folder,
        &BISTABLE
            .replace("trials = 3", "dt = 5.0\ntrials = 3\nduration = 1000.0")
            .replace("duration = 50.0\n", ""),
        "",
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("diverged at") && ended.stdout.contains("smaller dt"), "{}", ended.stdout);
}

#[test]
fn bad_files_end_with_2_and_one_sentence() {
    let folder = Scratch::new("simulate-bad");
    for (file, said) in [
        ("", "missing field `network`"),
        ("[network]\nunits = 5\n", "missing field `bulk`"),
        ("[network]\nunits = 0\nbulk = { kind = \"gaussian\", g = 1 }", "at least one unit"),
        ("[network]\nunits = 5\nbulk = { kind = \"gaussian\", g = -1.0 }", "g of the bulk must be"),
        ("[network]\nunits = 5\nbulk = { kind = \"gaussian\", g = nan }", "g of the bulk must be"),
        ("[network]\nunits = 5\nbulk = { kind = \"wigner\" }", "unknown variant `wigner`"),
        ("[network]\nunits = 5\ncolour = 1\nbulk = { kind = \"gaussian\", g = 1 }", "unknown field `colour`"),
        (
            "[network]\nunits = 5\nbulk = { kind = \"gaussian\", g = 1 }\n[simulation]\ntrials = 0",
            "has no columns",
        ),
        (
            "[network]\nunits = 5\nbulk = { kind = \"gaussian\", g = 1 }\n[simulation]\ndt = -0.1",
            "dt must be positive",
        ),
        (
            "[network]\nunits = 5\nbulk = { kind = \"gaussian\", g = 1 }\n[simulation]\nrecord = [9]",
            "cannot record unit 9",
        ),
        (
            "[network]\nunits = 5\nnoise = 1.0\nbulk = { kind = \"gaussian\", g = 1 }\n[simulation]\nmethod = \"runge-kutta\"",
            "cannot integrate noise",
        ),
    ] {
        let ended = simulate(&folder, file, "");
        assert_eq!(ended.code, Some(2), "{file}");
        assert_eq!(ended.stdout, "", "{file}");
        assert!(ended.stderr.contains(said), "{file}: {}", ended.stderr);
    }
    let ended = run(attractorlab(), "simulate /nowhere/network.toml");
    assert!(ended.code == Some(2) && ended.stderr.contains("/nowhere/network.toml"), "{}", ended.stderr);
}

#[test]
fn a_network_on_file_is_simulated_and_arrays_are_written() {
    let folder = Scratch::new("simulate-network");
    let [network, described, held] =
        ["net.safetensors", "described.npz", "held.npz"].map(|name| folder.0.join(name));
    let more = format!("--save-network {} --record states -o {}", network.display(), described.display());
    let ended = simulate(&folder, BISTABLE, &more);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let settings = "--duration 50 --trials 3 --every 100 --seed 4 --record states";
    let arguments = format!("simulate {} {settings} -o {}", network.display(), held.display());
    let ended = run(attractorlab(), &arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("300 units, current form, tanh; 3 trials"), "{}", ended.stdout);
    let read = |path: &std::path::Path| attractorlab::arrays::Arrays::read(path).unwrap();
    let (described, held) = (read(&described), read(&held));
    assert_eq!(held.arrays["frames"].shape(), [6, 300, 3]);
    // NaN stands for trials that did not diverge, and equals nothing.
    for name in ["times", "frames", "final_states"] {
        assert_eq!(held.arrays[name], described.arrays[name], "{name}");
    }
    assert!(held.arrays["diverged_at"].to_f64().iter().all(|time| time.is_nan()));
}

#[test]
fn files_that_hold_no_network_are_refused() {
    let folder = Scratch::new("simulate-bad-network");
    let path = folder.0.join("net.safetensors");
    fs::write(&path, "not a network").unwrap();
    for file in [path, folder.0.join("missing.npz")] {
        let ended = run(attractorlab(), &format!("simulate {}", file.display()));
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        assert!(ended.stderr.contains(file.file_name().unwrap().to_str().unwrap()), "{}", ended.stderr);
    }
}
