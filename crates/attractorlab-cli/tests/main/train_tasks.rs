//! `train` with back-propagation through time: files, resumption, and what it says to bad input.

use std::fs;

use crate::world::{Ended, Scratch, attractorlab, run};

fn train(folder: &Scratch, text: &str, more: &str) -> Ended {
    let path = folder.0.join("task.toml");
    fs::write(&path, text).unwrap();
    run(attractorlab(), &format!("train {} {more}", path.display()))
}

fn file(epochs: u32, more: &str) -> String {
    format!(
        "kind = \"bptt\"\n[network]\nunits = 24\ng = 0.9\n{more}[task]\nname = \"flip_flop\"\nduration = 20.0\n\
         [training]\nepochs = {epochs}\ncheckpoint = 4\n"
    )
}

#[test]
fn a_training_leaves_network_history_and_report_and_resumes_to_the_same_bytes() {
    let folder = Scratch::new("train-bptt");
    let (whole, part) = (folder.0.join("whole"), folder.0.join("part"));
    let ended = train(&folder, &file(10, ""), &format!("-o {}", whole.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("finished after 10 epochs: loss "), "{}", ended.stdout);
    assert_eq!(fs::read_to_string(whole.join("history.csv")).unwrap().lines().count(), 11);
    assert!(fs::read_to_string(whole.join("report.html")).unwrap().contains("singular value"));

    let ended = train(&folder, &file(6, ""), &format!("-o {}", part.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended = train(&folder, &file(10, ""), &format!("-o {} --resume --threads 1", part.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for name in ["network.safetensors", "initial.safetensors", "history.csv"] {
        assert_eq!(fs::read(whole.join(name)).unwrap(), fs::read(part.join(name)).unwrap(), "{name}");
    }
    // The network goes on into the other commands.
    let ended = run(attractorlab(), &format!("net show {}", whole.join("network.safetensors").display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // Another file is not this training, and a folder with a training is not written over.
    let other = train(&folder, &file(10, "noise = 0.1\n"), &format!("-o {} --resume", part.display()));
    assert_eq!(other.code, Some(2));
    assert!(other.stderr.contains("described by another file"), "{}", other.stderr);
    let again = train(&folder, &file(10, ""), &format!("-o {}", part.display()));
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("has a checkpoint already"), "{}", again.stderr);
}

#[test]
fn gated_networks_train_too_and_explosions_are_said() {
    let folder = Scratch::new("train-gated");
    let out = folder.0.join("out");
    let ended = train(&folder, &file(3, "cell = \"gru\"\n"), &format!("-o {}", out.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let explosive = file(30, "") + "optimiser = { rule = \"gradient_descent\", learning_rate = 1e30 }\n";
    let ended = train(&folder, &explosive, &format!("-o {}", folder.0.join("explosive").display()));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("was not finite; the weights of the epoch before are kept"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_stack_reads_reviews_and_resumes_to_the_same_bytes() {
    let folder = Scratch::new("train-text");
    let text = |epochs: u32| {
        format!(
            "kind = \"bptt\"\n[network]\ncell = \"lstm\"\nunits = 8\nlayers = 2\ndropout = 0.5\n[task]\n\
             name = \"text_classification\"\ndimension = 10\nmost_words = 8\n[training]\nepochs = {epochs}\ntrials = 8\n\
             loss = \"binary_cross_entropy\"\ncheckpoint = 2\n"
        )
    };
    let (whole, part) = (folder.0.join("whole"), folder.0.join("part"));
    let ended = train(&folder, &text(5), &format!("-o {}", whole.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(train(&folder, &text(3), &format!("-o {}", part.display())).code, Some(0));
    let ended = train(&folder, &text(5), &format!("-o {} --resume", part.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for name in ["network.safetensors", "initial.safetensors", "history.csv"] {
        assert_eq!(fs::read(whole.join(name)).unwrap(), fs::read(part.join(name)).unwrap(), "{name}");
    }
    // PyTorch's names, because no network of several layers is in the library.
    let bytes = fs::read(whole.join("network.safetensors")).unwrap();
    let header = String::from_utf8_lossy(&bytes[8..bytes.len().min(4000)]).into_owned();
    for name in ["recurrent.weight_hh_l1", "recurrent.weight_ih_l0", "readout.weight"] {
        assert!(header.contains(name), "{header}");
    }
}

#[test]
fn wrong_files_are_named() {
    let folder = Scratch::new("train-wrong");
    let refused = |text: String, words: &str| {
        let ended = train(&folder, &text, &format!("-o {}", folder.0.join("out").display()));
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        // The message is wrapped to the terminal's width.
        let message: Vec<&str> = ended.stderr.split_whitespace().filter(|word| *word != "│").collect();
        assert!(message.join(" ").contains(words), "{}", ended.stderr);
    };
    refused(file(3, "").replace("20.0", "3.0"), "too short");
    refused(file(3, "").replace("flip_flop", "flip"), "flip_flop");
    refused(file(3, "unitz = 3\n"), "unitz");
    refused(file(3, "").replace("units = 24", "units = 0"), "units must be at least 1");
    refused(file(3, "") + "trained = [\"W\"]\n", "it has recurrent, input, bias, readout, initial");
    refused(file(3, "layers = 2\n"), "layers and dropout are for the cells gru and lstm");
    refused(file(3, "cell = \"lstm\"\nlayers = 0\n"), "the number of layers must be at least 1");
    refused(file(3, "cell = \"lstm\"\ndropout = 1.0\n"), "the probability of dropout");
    refused(
        file(3, "").replace("flip_flop\"\nduration = 20.0", "text_classification\"\ndata = \"/nowhere\""),
        "/nowhere",
    );
    refused(file(3, "").replace("bptt", "rtrl"), "there are \"equilibrium\" and \"bptt\"");
}
