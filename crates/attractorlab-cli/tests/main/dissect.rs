//! From a weight file to the page.

use std::path::Path;
use std::time::Instant;

use crate::world::{Ended, Scratch, attractorlab, run};

fn pytorch(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pytorch").join(name).display().to_string()
}

fn dissect(arguments: &str) -> Ended {
    run(attractorlab(), &format!("dissect {arguments}"))
}

#[test]
fn one_command_leads_from_a_weight_file_to_the_page() {
    let scratch = Scratch::new("dissect");
    let folder = scratch.0.display();
    let ended = dissect(&format!("{} -o {folder}", pytorch("flipflop_gru16.safetensors")));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for said in ["27 fixed points, 8 stable, 27 certified", "the indices add up to 1", "At least 27"] {
        assert!(ended.stdout.contains(said), "it does not say '{said}': {}", ended.stdout);
    }
    let page = std::fs::read_to_string(scratch.0.join("report.html")).expect("the page");
    for shown in [
        "class=\"scene\"",
        "Eigenvalues at the fixed points",
        "uniqueness radius",
        "unstable directions lead",
    ] {
        assert!(page.contains(shown), "the page does not show '{shown}'");
    }
    let table = std::fs::read(scratch.0.join("points.parquet")).expect("the table");
    assert!(table.starts_with(b"PAR1") && table.ends_with(b"PAR1"));
    let arrays = attractorlab::arrays::Arrays::read(&scratch.0.join("points.npz")).expect("the arrays");
    assert_eq!(arrays.arrays["points"].shape(), [27, 16]);
}

#[test]
fn trajectories_may_be_given_and_other_inputs() {
    let scratch = Scratch::new("dissect-input");
    let (net, states) = (pytorch("flipflop_lstm12.safetensors"), pytorch("flipflop_lstm12.forward.npz"));
    // The hidden states of an LSTM are half of its state.
    let ended = dissect(&format!("{net} --trajectories {states} -o {}", scratch.0.display()));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("24 variables of a state, got 12"), "{}", ended.stderr);
    let (net, states) = (pytorch("flipflop_gru16.safetensors"), pytorch("flipflop_gru16.forward.npz"));
    let ended = dissect(&format!(
        "{net} --trajectories {states} --input 1,0,-1 --starts 64 -o {}",
        scratch.0.display()
    ));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("stable"), "{}", ended.stdout);
}

#[test]
fn several_inputs_share_a_page_and_theory_is_laid_over_loops() {
    use attractorlab::network::{Bulk, Cell, Connectivity, Form, Network, RateNetwork, Transfer};
    use attractorlab::numerics::random::Stream;
    let scratch = Scratch::new("dissect-loops");
    let mut stream = Stream::new(1, "a network with a loop", 0);
    let bulk = Bulk::Gaussian { g: 0.5 }.draw(100, &mut stream).expect("a bulk");
    let m = stream.normals(100);
    let n: Vec<f64> = m.iter().map(|m| 1.8 * m).collect();
    let weights = attractorlab::numerics::linalg::Mat::from_fn(100, 1, |_, _| stream.normal());
    let connectivity =
        Connectivity::new(bulk).and_then(|bulk| bulk.with_feedback(m, n.clone())).expect("a loop");
    let rate = RateNetwork::new(connectivity, Transfer::Tanh, Form::Current)
        .with_input_weights(weights)
        .and_then(|network| network.with_output(n))
        .expect("a network");
    let file = scratch.0.join("loop.safetensors");
    Network::new(Cell::Rate(rate)).write(&file).expect("a file");
    let folder = scratch.0.join("out");
    let ended =
        dissect(&format!("{} --input 0 --input -0.1 --starts 64 -o {}", file.display(), folder.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for said in ["input 0: 3 fixed points", "input -0.1: ", "predicts 3 states; 3 of them are among"] {
        assert!(ended.stdout.contains(said), "it does not say '{said}': {}", ended.stdout);
    }
    let page = std::fs::read_to_string(folder.join("report.html")).expect("the page");
    for shown in
        ["Fixed points under the input -0.1", "static map, theory", "bulk, theory", "theory predicts"]
    {
        assert!(page.contains(shown), "the page does not show '{shown}'");
    }
    for part in ["input-1", "input-2"] {
        assert!(folder.join(part).join("points.parquet").exists());
    }
    let wrong = dissect(&format!("{} --input 1;2 -o {}", file.display(), folder.display()));
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("'1;2' is no number; write the input as 1,0,0"), "{}", wrong.stderr);
}

#[test]
fn a_network_of_128_units_takes_seconds() {
    use attractorlab::network::{Bulk, Cell, Connectivity, Form, Network, RateNetwork, Transfer};
    use attractorlab::numerics::random::Stream;
    let scratch = Scratch::new("dissect-128");
    let mut stream = Stream::new(1, "dissect test", 0);
    let bulk = Bulk::Gaussian { g: 0.8 }.draw(128, &mut stream).expect("a bulk");
    let m = stream.normals(128);
    let n: Vec<f64> = m.iter().map(|m| 2.0 * m).collect();
    let connectivity = Connectivity::new(bulk).and_then(|c| c.with_feedback(m, n)).expect("a connectivity");
    let network = Network::new(Cell::Rate(RateNetwork::new(connectivity, Transfer::Tanh, Form::Current)));
    let file = scratch.0.join("network.safetensors");
    network.write(&file).expect("writable");
    let begin = Instant::now();
    let ended = dissect(&format!("{} -o {}", file.display(), scratch.0.join("out").display()));
    let seconds = begin.elapsed().as_secs_f64();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("3 fixed points, 2 stable, 3 certified"), "{}", ended.stdout);
    // Five seconds on a quiet machine; the tests share theirs.
    assert!(seconds < 20.0, "it took {seconds} s");
}

#[test]
fn networks_are_shown_and_converted() {
    let scratch = Scratch::new("net");
    let converted = scratch.0.join("network.npz");
    let net = pytorch("flipflop_tanh24.safetensors");
    let ended = run(attractorlab(), &format!("net convert {net} -o {}", converted.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let shown = run(attractorlab(), &format!("net show {}", converted.display()));
    for said in ["attractorlab's own format", "tanh rate network (map form)", "units                 24"] {
        assert!(shown.stdout.contains(said), "{}", shown.stdout);
    }
    let shown = run(attractorlab(), &format!("net show {net} --json"));
    assert!(shown.stdout.contains("\"origin\": \"PyTorch state dictionary\""), "{}", shown.stdout);
}

#[test]
fn what_is_no_network_is_refused_in_one_sentence() {
    let scratch = Scratch::new("net-bad");
    let write = |name: &str, bytes: &[u8]| {
        let path = scratch.0.join(name);
        std::fs::write(&path, bytes).expect("writable");
        path.display().to_string()
    };
    let whole = std::fs::read(pytorch("flipflop_gru16.safetensors")).expect("there");
    let cases = [
        (write("cut.safetensors", &whole[..900]), "not a readable safetensors file"),
        (write("empty.npz", b""), "not a readable safetensors file"),
        (pytorch("flipflop_gru16.forward.npz"), "name map"),
        ("no-such-file.npz".to_owned(), "No such file"),
    ];
    for (file, said) in cases {
        let ended = run(attractorlab(), &format!("net show {file}"));
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains(said), "{file}: {}", ended.stderr);
    }
    let map = write("map.toml", b"recurrentt = \"w\"");
    let ended =
        run(attractorlab(), &format!("net show {} --map {map}", pytorch("flipflop_gru16.forward.npz")));
    assert!(ended.code == Some(2) && ended.stderr.contains("recurrentt"), "{}", ended.stderr);
}
