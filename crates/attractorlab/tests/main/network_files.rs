//! Networks on file: PyTorch's, our own, and broken ones.

use std::path::{Path, PathBuf};

use attractorlab::arrays::{Array, Arrays, Values};
use attractorlab::network::files::{ImportOptions, NameMap, NetworkFileError, Origin};
use attractorlab::network::{Bulk, Cell, Connectivity, Form, LinearReadout, Network, RateNetwork, Transfer};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;

pub(crate) fn pytorch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pytorch").join(name)
}

pub(crate) fn trained(name: &str) -> Network {
    let file = pytorch(&format!("flipflop_{name}.safetensors"));
    Network::read(&file, &ImportOptions::default()).expect("a state dictionary").0
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("attractorlab-{}-{name}", std::process::id()))
}

#[test]
fn forward_passes_equal_those_of_pytorch() {
    for name in ["tanh24", "gru16", "lstm12"] {
        let network = trained(name);
        let run = Arrays::read(&pytorch(&format!("flipflop_{name}.forward.npz"))).expect("a forward pass");
        let array = |name: &str| run.arrays[name].clone();
        let (inputs, hidden, outputs) = (array("inputs"), array("hidden"), array("outputs"));
        let [trials, steps, channels] = inputs.shape()[..] else { panic!("three axes") };
        let units = network.units();
        let (u, h, z) = (inputs.to_f64(), hidden.to_f64(), outputs.to_f64());
        let start = vec![0.0; network.state_size()];
        for trial in 0..trials {
            let input = Mat::from_fn(channels, steps, |k, t| u[(trial * steps + t) * channels + k]);
            let states = network.run(&input, Some(&start));
            for t in 0..steps {
                let state: Vec<f64> = (0..network.state_size()).map(|i| states[(i, t)]).collect();
                for i in 0..units {
                    let error = (state[i] - h[(trial * steps + t) * units + i]).abs();
                    assert!(error < 1e-5, "{name}: hidden unit {i} at step {t} is off by {error}");
                }
                for (k, out) in network.output(&state).iter().enumerate() {
                    let error = (out - z[(trial * steps + t) * channels + k]).abs();
                    assert!(error < 1e-5, "{name}: output {k} at step {t} is off by {error}");
                }
            }
        }
    }
}

fn rate_network() -> Network {
    let mut stream = Stream::new(5, "test", 0);
    let bulk = Bulk::Gaussian { g: 1.3 }.draw(7, &mut stream).expect("a bulk");
    let connectivity = Connectivity::new(bulk)
        .and_then(|c| c.with_feedback(stream.normals(7), stream.normals(7)))
        .expect("a connectivity");
    let transfer = Transfer::Relu { threshold: 0.1 };
    let rate = RateNetwork::new(connectivity, transfer, Form::Rate)
        .with_input_weights(Mat::from_fn(7, 2, |i, j| 0.1 + i as f64 / (3 + j) as f64))
        .and_then(|rate| rate.with_bias(stream.normals(7)))
        .and_then(|rate| rate.with_output(stream.normals(7)))
        .and_then(|rate| rate.with_time_constant(1.0 / 3.0))
        .and_then(|rate| rate.with_noise(0.1))
        .expect("a network");
    let readout =
        LinearReadout { weights: Mat::from_fn(2, 7, |i, j| 1.0 / (1 + i + j) as f64), bias: vec![0.3, -0.1] };
    Network::new(Cell::Rate(rate))
        .with_readout(readout)
        .and_then(|network| network.with_initial_state(stream.normals(7)))
        .and_then(|network| network.with_time_step(0.07))
        .expect("a network")
}

#[test]
fn own_files_keep_every_bit() {
    let networks = [rate_network(), trained("tanh24"), trained("gru16"), trained("lstm12")];
    for (k, network) in networks.iter().enumerate() {
        for ending in ["safetensors", "npz"] {
            let path = temporary(&format!("{k}.{ending}"));
            network.write(&path).expect("writable");
            let (back, origin) = Network::read(&path, &ImportOptions::default()).expect("readable");
            let bytes = std::fs::read(&path).expect("there");
            back.write(&path).expect("writable");
            assert_eq!(bytes, std::fs::read(&path).expect("there"));
            std::fs::remove_file(&path).expect("there");
            assert_eq!(origin, Origin::Own);
            assert_eq!(back.to_arrays(), network.to_arrays());
            assert_eq!(back.kind(), network.kind());
        }
    }
}

#[test]
fn arrays_of_other_programs_are_read_by_a_name_map() {
    let mut arrays = Arrays::default();
    let mut put = |name: &str, shape: &[usize], values: Vec<f32>| {
        arrays.arrays.insert(name.to_owned(), Array::new(shape.to_vec(), Values::F32(values)).expect("fits"));
    };
    put("wrec", &[2, 2], vec![0.0, 1.0, 2.0, 3.0]);
    put("wi", &[1, 2], vec![5.0, 6.0]);
    put("m", &[2, 1], vec![1.0, 2.0]);
    put("n", &[2, 1], vec![3.0, 4.0]);
    put("wo", &[1, 2], vec![1.0, -1.0]);
    let map = NameMap {
        recurrent: Some("wrec".to_owned()),
        left: Some("m".to_owned()),
        right: Some("n".to_owned()),
        scale: attractorlab::network::files::LowRankScale::One,
        input: Some("wi".to_owned()),
        output: Some("wo".to_owned()),
        transposed: vec!["wrec".to_owned(), "wi".to_owned()],
        transfer: Some("linear".to_owned()),
        dt: Some(0.2),
        ..NameMap::default()
    };
    let options = ImportOptions { map: Some(map), ..ImportOptions::default() };
    let (network, _) = Network::from_arrays(&arrays, &options).expect("a network");
    let Cell::Rate(rate) = network.cell() else { panic!("a rate network") };
    let weights = rate.connectivity().effective(&[1.0, 1.0]);
    // wrecᵀ + m nᵀ
    assert_eq!((weights[(0, 1)], weights[(1, 0)]), (2.0 + 4.0, 1.0 + 6.0));
    assert_eq!((rate.input_weights()[(1, 0)], network.output(&[3.0, 1.0])[0]), (6.0, 2.0));
}

#[test]
fn what_is_no_network_is_refused_in_words() {
    let base = Arrays::read(&pytorch("flipflop_gru16.safetensors")).expect("a file");
    let told = |arrays: &Arrays| match Network::from_arrays(arrays, &ImportOptions::default()) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    };
    let mut deeper = base.clone();
    deeper.arrays.insert("rnn.weight_hh_l1".to_owned(), base.arrays["rnn.weight_hh_l0"].clone());
    assert!(told(&deeper).contains("second layer"));
    let mut odd = base.clone();
    odd.arrays.insert(
        "rnn.weight_hh_l0".to_owned(),
        Array::new(vec![32, 16], Values::F32(vec![0.0; 512])).expect("fits"),
    );
    assert!(told(&odd).contains("nn.GRU 3n"));
    let mut nan = base.clone();
    nan.arrays.insert(
        "rnn.weight_hh_l0".to_owned(),
        Array::new(vec![48, 16], Values::F32(vec![f32::NAN; 768])).expect("fits"),
    );
    assert!(told(&nan).contains("not finite"));
    let mut narrow = base.clone();
    narrow
        .arrays
        .insert("readout.bias".to_owned(), Array::new(vec![2], Values::F32(vec![0.0; 2])).expect("fits"));
    assert!(told(&narrow).contains("2 biases"));
    let mut nothing = Arrays::default();
    nothing.arrays.insert("x".to_owned(), Array::vector(&[1.0]));
    assert!(told(&nothing).contains("name map"));
    let path = temporary("network.txt");
    assert!(matches!(base.write(&path), Err(error) if error.to_string().contains(".safetensors or .npz")));
}

/// Cuts, flips and forged lengths: an error or a network, never a panic, and memory of the order of the file.
#[test]
fn broken_files_are_errors() {
    let mut stream = Stream::new(8, "fuzz", 0);
    let own = temporary("fuzz.npz");
    rate_network().write(&own).expect("writable");
    let files = [pytorch("flipflop_gru16.safetensors"), pytorch("flipflop_lstm12.forward.npz"), own.clone()];
    for file in files {
        let good = std::fs::read(&file).expect("there");
        for round in 0..600 {
            let mut bytes = good.clone();
            if round % 3 == 0 {
                bytes.truncate((stream.uniform() * bytes.len() as f64) as usize);
            } else {
                // The headers are at the beginning, and the zip directory at the end.
                for _ in 0..=round % 7 {
                    let reach = if round % 2 == 0 { bytes.len().min(600) } else { bytes.len() };
                    let at = (stream.uniform() * reach as f64) as usize;
                    let at = if stream.uniform() < 0.3 { bytes.len() - 1 - at } else { at };
                    bytes[at] = (stream.uniform() * 256.0) as u8;
                }
            }
            if let Ok(arrays) = Arrays::from_bytes(&bytes, &file) {
                let _ = Network::from_arrays(&arrays, &ImportOptions::default());
            }
        }
    }
    std::fs::remove_file(own).expect("there");
    let mut forged = vec![0xff; 8];
    forged.extend(b"{}");
    assert!(Arrays::from_bytes(&forged, Path::new("forged.safetensors")).is_err());
    let missing = Network::read(Path::new("/nowhere/x.npz"), &ImportOptions::default());
    assert!(matches!(missing, Err(NetworkFileError::File(_))));
}
