//! Texts, word vectors, and the task of classifying reviews.

use std::path::PathBuf;

use attractorlab::numerics::random::Stream;
use attractorlab::task::text::{Snippets, TextClassification, TextOptions, accuracy};
use attractorlab::task::{Task, TaskKind};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{
    BpttError, GatedCellKind, GatedUnits, Loss, Trainable, Trainer, TrainingOptions, evaluate,
};

fn small() -> TextOptions {
    TextOptions { dimension: 30, most_words: 12, validation: 600, ..TextOptions::default() }
}

/// A file in a folder of its own.
fn file(name: &str, text: &[u8]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("attractorlab-text-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("reviews.tsv");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_output_after_the_last_word_counts() {
    let task = TextClassification::new(small());
    let data = task.data().unwrap();
    assert_eq!((data.validation_count(), data.train_count()), (600, 5427 - 600 - missing()));
    let batch = task.batch(3, 7, 40).unwrap();
    assert_eq!(batch, task.batch(3, 7, 40).unwrap());
    assert_ne!(batch, task.batch(3, 8, 40).unwrap());
    let steps = batch.dimensions().steps;
    let mut longest = 0;
    for trial in 0..40 {
        let counted: Vec<usize> = (0..steps).filter(|t| batch.masks()[t * 40 + trial] > 0.0).collect();
        assert_eq!(counted.len(), 1);
        let last = counted[0];
        longest = longest.max(last + 1);
        for t in 0..steps {
            let word = &batch.inputs()[(t * 40 + trial) * 30..][..30];
            assert_eq!(word.iter().any(|v| *v != 0.0), t <= last, "trial {trial} step {t}");
        }
    }
    assert_eq!(longest, steps);
}

/// Snippets of which no word has a vector, and which are left out.
fn missing() -> usize {
    let reviews = Snippets::movie_reviews();
    let vectors = attractorlab::task::text::WordVectors::new(&reviews, 30, 3).unwrap();
    let known = |text: &str| attractorlab::task::text::words(text).any(|word| vectors.of(&word).is_some());
    reviews.snippets.iter().filter(|snippet| !known(&snippet.text)).count()
}

#[test]
fn texts_set_aside_are_never_trained_on() {
    let task = TextClassification::new(small());
    let inputs = |batch: &attractorlab::task::Batch, trial: usize| -> Vec<u64> {
        let (d, trials) = (batch.dimensions(), batch.trials());
        let column = |t: usize| batch.inputs()[(t * trials + trial) * d.inputs..][..d.inputs].iter();
        let all = (0..d.steps).flat_map(column).map(|v| v.to_bits());
        let mut all: Vec<u64> = all.collect();
        while all.last() == Some(&0) {
            all.pop();
        }
        all
    };
    let all = task.test_batch(1, 600).unwrap();
    let aside: std::collections::HashSet<Vec<u64>> = (0..600).map(|trial| inputs(&all, trial)).collect();
    assert!(aside.len() > 590, "each text comes once: {}", aside.len());
    let seen = task.batch(1, 0, 2000).unwrap();
    let again = (0..2000).filter(|trial| aside.contains(&inputs(&seen, *trial))).count();
    // Texts that are cut to the same few words are the same to the network.
    assert!(again < 20, "{again}");
    // In batches of texts of about one length nothing is lost.
    let batches = task.data().unwrap().validation_batches(64).unwrap();
    assert_eq!(batches.iter().map(attractorlab::task::Batch::trials).sum::<usize>(), 600);
    assert!(batches.windows(2).all(|pair| pair[0].dimensions().steps <= pair[1].dimensions().steps));
}

#[test]
fn a_stack_learns_to_classify() {
    let task = TextClassification::new(small());
    let mut stream = Stream::new(2, "test", 0);
    let network = GatedUnits::<f32>::draw_stack(GatedCellKind::Lstm, 2, 24, 30, 1, &mut stream)
        .unwrap()
        .with_dropout(0.2)
        .unwrap();
    let options = TrainingOptions {
        epochs: 120,
        trials: 64,
        optimiser: OptimiserRule::adam(0.005),
        trained: ["recurrent", "input", "input_bias", "recurrent_bias", "readout", "readout_bias"]
            .map(str::to_owned)
            .to_vec(),
        loss: Loss::BinaryCrossEntropy,
        ..TrainingOptions::default()
    };
    let initial = network.clone();
    let mut trainer = Trainer::new(network, &task, options.clone()).unwrap();
    trainer.run_until(|trainer| trainer.history().len() == 60).unwrap();
    let folder = std::env::temp_dir().join(format!("attractorlab-text-resume-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("half.safetensors");
    trainer.save(&path).unwrap();
    trainer.run().unwrap();
    let test = task.test_batch(1, 600).unwrap();
    let share = |network: &GatedUnits<f32>| {
        accuracy(&evaluate(network, &test, Loss::BinaryCrossEntropy).unwrap().1, &test)
    };
    let trained = share(trainer.network());
    // Chance is 0.5 with a standard deviation of 0.02.
    assert!(trained > 0.62 && share(&initial) < 0.6, "{trained} {}", share(&initial));
    // Dropout is drawn from seed and epoch: a resumed training has the same bits.
    let mut resumed = Trainer::resume(initial.clone(), &task, options.clone(), &path).unwrap();
    resumed.run().unwrap();
    assert_eq!(resumed.network().parameters(), trainer.network().parameters());
    let other = initial.with_dropout(0.3).unwrap();
    let refused = Trainer::resume(other, &task, options, &path).map(|_| ()).unwrap_err();
    assert!(matches!(refused, BpttError::Checkpoint { .. }) && refused.to_string().contains("dropout 0.2"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn wrong_texts_are_refused_in_words() {
    let message = |options: TextOptions| TextClassification::new(options).check().unwrap_err().to_string();
    for (options, words) in [
        (TextOptions { dimension: 0, ..small() }, "dimension"),
        (TextOptions { dimension: 100_000, ..small() }, "between 1 and the"),
        (TextOptions { most_words: 0, ..small() }, "most_words"),
        (TextOptions { least_rating: f64::NAN, ..small() }, "least_rating"),
        (TextOptions { least_rating: 5.0, ..small() }, "cannot set 600 of 0 texts aside"),
        (TextOptions { validation: 6000, ..small() }, "cannot set 6000"),
        (TextOptions { data: Some("/nowhere/reviews.tsv".into()), ..small() }, "/nowhere/reviews.tsv"),
        (TextOptions { data: Some(file("broken", b"1.0\tfine\nno tab\n")), ..small() }, "line 2"),
        (TextOptions { data: Some(file("bytes", b"1.0\t\xff\xfe\n")), ..small() }, "utf-8"),
        (
            TextOptions { data: Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")), ..small() },
            "one file",
        ),
    ] {
        let found = message(options.clone());
        assert!(found.contains(words), "{options:?}: {found}");
    }
}

#[test]
fn a_file_of_ones_own_is_read_from_its_folder_too() {
    use std::fmt::Write as _;
    let mut text = String::new();
    for k in 0..60 {
        let (rating, word) = if k % 2 == 0 { (1.5, "splendid") } else { (-1.5, "dreadful") };
        writeln!(text, "{k}\t{rating}\tA {word} film number {} of {}", k % 7, k % 5).unwrap();
    }
    let path = file("own", text.as_bytes());
    let options = |path: PathBuf| TextOptions {
        data: Some(path),
        dimension: 4,
        validation: 10,
        ..TextOptions::default()
    };
    let one = TextClassification::new(options(path.clone()));
    let folder = TextClassification::new(options(path.parent().unwrap().to_owned()));
    assert_eq!(one.test_batch(1, 10).unwrap(), folder.test_batch(1, 10).unwrap());
    // What files hold is the options, and nothing that was read.
    let kind = TaskKind::TextClassification(one);
    let text = serde_json::to_string(&kind).unwrap();
    assert_eq!(serde_json::from_str::<TaskKind>(&text).unwrap(), kind);
    assert!(serde_json::from_str::<TaskKind>(r#"{"name": "text_classification", "words": 3}"#).is_err());
}
