//! F5: a long short-term memory of two layers learns to tell approving from disapproving reviews.

use attractorlab::analysis::weight_change::{TrainedChanges, WeightChange};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use attractorlab::task::Batch;
use attractorlab::task::text::{TextClassification, TextData, TextError, TextOptions, accuracy};
use attractorlab::training::OptimiserRule;
use attractorlab::training::bptt::{
    GatedCellKind, GatedUnits, Loss, Trainable, TrainableMatrices, Trainer, TrainingOptions, TrainingStatus,
    evaluate,
};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Panel, Reference};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::statistics::{Sample, smallest};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// F5: what training changes in a long short-term memory that reads reviews.
#[derive(Debug, Clone, Copy)]
pub struct TextStudy;

const PURPOSE: &str = "schuessler2020/text";
/// The matrices that are truncated: recurrent weights of both layers, and what the second reads of the first.
const PARTS: [(&str, &str); 3] = [
    ("recurrent_l0", "layer 1, recurrent"),
    ("input_l1", "layer 2, input"),
    ("recurrent_l1", "layer 2, recurrent"),
];
const LAYERS: usize = 2;
const DROPOUT: f64 = 0.5;
const TRIALS: usize = 64;
/// The rank from which on the change must do what all of it does.
const ENOUGH: usize = 4;

struct Sizes {
    units: usize,
    /// Dimension of the word vectors.
    dimension: usize,
    most_words: usize,
    validation: usize,
    epochs: u64,
    /// The learning rate of Adam is this over the number of units.
    rate: f64,
    networks: usize,
    /// Ranks at which changes and weights are truncated.
    ranks: &'static [usize],
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes {
            units: 64,
            dimension: 40,
            most_words: 16,
            validation: 1000,
            epochs: 300,
            rate: 0.02,
            networks: 3,
            ranks: &[0, 1, 2, 3, 4, 8, 16, 64],
        },
        Preset::Full => Sizes {
            units: 256,
            dimension: 100,
            most_words: 60,
            validation: 872,
            epochs: 500,
            rate: 0.01,
            networks: 5,
            ranks: &[0, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 50, 75, 100, 150, 200, 256],
        },
    }
}

/// What is kept of one network.
struct Reader {
    losses: Vec<f64>,
    /// Accuracy on the texts set aside after training, and before.
    trained: f64,
    untrained: f64,
    /// The same at each rank, with the change truncated, and with the weights themselves.
    change: Vec<f64>,
    weights: Vec<f64>,
    /// Of each matrix.
    parts: Vec<PartChange>,
}

struct PartChange {
    /// Singular values of ΔW, W₀ and W.
    change: Vec<f64>,
    initial: Vec<f64>,
    /// Participation ratios of the squared singular values of ΔW and W.
    effective_rank: f64,
    trained_rank: f64,
}

impl Study for TextStudy {
    fn id(&self) -> &'static str {
        PURPOSE
    }

    fn title(&self) -> &'static str {
        "A long short-term memory that reads reviews"
    }

    fn question(&self) -> &'static str {
        "Is the change of the weights of low rank, too, where gated networks of two layers learn a task of real data? Is it the \
         change that can be truncated, or could the weights be?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let s = sizes(preset);
        json!({
            "texts": "snippets of movie reviews, by the sign of their mean rating (a substitute for SST-2); with --data a folder with \
                      one .tsv file of `rating TAB text` lines",
            "word_vectors": format!("positive pointwise mutual information of the same texts, {} leading directions (a substitute for GloVe)", s.dimension),
            "cell": "LSTM", "layers": LAYERS, "units": s.units, "dropout": DROPOUT, "most_words": s.most_words,
            "validation": s.validation, "epochs": s.epochs, "trials": TRIALS, "networks": s.networks, "ranks": s.ranks,
            "optimiser": format!("Adam, learning rate {}/N", s.rate), "loss": "binary cross-entropy", "precision": "float32",
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let s = sizes(context.preset);
        let task = task(context, &s)?;
        let data = task.data().map_err(StudyError::step("reading the texts"))?;
        let batches = data.validation_batches(TRIALS).map_err(StudyError::step("batches for tests"))?;
        let readers = (0..s.networks as u64)
            .into_par_iter()
            .map(|network| read(context, &s, &task, &batches, network))
            .collect::<Result<Vec<_>, StudyError>>()?;
        let claims = claims(&s, data, &readers);
        let figures = vec![figure(&s, &task, data, &readers)];
        Ok(Outcome { figures, tables: Vec::new(), claims })
    }
}

/// The texts of the user's folder, if it holds any, or those of the library; a split of its own for each seed.
fn task(context: &Context<'_>, s: &Sizes) -> Result<TextClassification, StudyError> {
    let options = TextOptions {
        dimension: s.dimension,
        most_words: s.most_words,
        validation: s.validation,
        split: context.seed,
        ..TextOptions::default()
    };
    if let Some(folder) = context.data {
        let task = TextClassification::new(TextOptions { data: Some(folder.to_owned()), ..options.clone() });
        match task.data() {
            // A folder of images, for other studies.
            Err(TextError::Folder { found: 0, .. }) => {}
            Err(error) => return Err(StudyError::step("reading the texts")(error)),
            Ok(_) => return Ok(task),
        }
    }
    Ok(TextClassification::new(options))
}

/// Trains one network, and looks at it.
fn read(
    context: &Context<'_>,
    s: &Sizes,
    task: &TextClassification,
    batches: &[Batch],
    network: u64,
) -> Result<Reader, StudyError> {
    let step = || StudyError::step("training a long short-term memory");
    let mut stream = Stream::new(context.seed, PURPOSE, network);
    let mut initial =
        GatedUnits::<f32>::draw_stack(GatedCellKind::Lstm, LAYERS, s.units, s.dimension, 1, &mut stream)
            .and_then(|network| network.with_dropout(DROPOUT))
            .map_err(step())?;
    // PyTorch draws on ±1/√N; the authors draw what reads the words on ±1/√(its dimension).
    let scale = (s.units as f32 / s.dimension as f32).sqrt();
    let input: Vec<f32> =
        initial.tensor("input_l0").map_err(step())?.iter().map(|weight| scale * weight).collect();
    initial.set_tensor("input_l0", &input).map_err(step())?;
    let trained = ["recurrent", "input", "input_bias", "recurrent_bias", "readout", "readout_bias"];
    let options = TrainingOptions {
        epochs: s.epochs,
        trials: TRIALS,
        optimiser: OptimiserRule::adam(s.rate / s.units as f64),
        trained: trained.map(str::to_owned).to_vec(),
        loss: Loss::BinaryCrossEntropy,
        seed: context.seed_for("schuessler2020/text: training", network),
        ..TrainingOptions::default()
    };
    let mut trainer = Trainer::new(initial.clone(), task, options).map_err(step())?;
    while trainer.status() == TrainingStatus::Running {
        context.check()?;
        trainer.step().map_err(step())?;
    }
    let accuracy_of = |network: &GatedUnits<f32>| -> Result<f64, StudyError> {
        context.check()?;
        let mut right = 0.0;
        for batch in batches {
            let (_, outputs) = evaluate(network, batch, Loss::BinaryCrossEntropy).map_err(step())?;
            right += accuracy(&outputs, batch) * batch.trials() as f64;
        }
        Ok(right / batches.iter().map(Batch::trials).sum::<usize>() as f64)
    };
    let truncating = || StudyError::step("truncating the change of a long short-term memory");
    let changes = TrainedChanges::new(&initial, trainer.network(), &PARTS.map(|(name, _)| name))
        .map_err(truncating())?;
    let along = |of: &dyn Fn(usize) -> Result<f64, StudyError>| -> Result<Vec<f64>, StudyError> {
        s.ranks.iter().map(|rank| of(*rank)).collect()
    };
    let parts = changes.changes().map(|(name, change)| {
        let against_zero = |matrix: Mat<f64>| {
            let none = Mat::<f64>::zeros(matrix.nrows(), matrix.ncols());
            WeightChange::new(none.as_ref(), matrix.as_ref())
                .map_err(StudyError::step("singular values of weights"))
        };
        Ok(PartChange {
            change: change.values().to_vec(),
            initial: against_zero(initial.matrix(name).map_err(step())?)?.values().to_vec(),
            effective_rank: change.effective_rank(),
            trained_rank: against_zero(change.trained().to_owned())?.effective_rank(),
        })
    });
    let parts = parts.collect::<Result<Vec<_>, StudyError>>()?;
    Ok(Reader {
        losses: trainer.losses(),
        trained: accuracy_of(trainer.network())?,
        untrained: accuracy_of(&initial)?,
        change: along(&|rank| accuracy_of(&changes.truncated(rank).map_err(truncating())?))?,
        weights: along(&|rank| accuracy_of(&changes.truncated_weights(rank).map_err(truncating())?))?,
        parts,
    })
}

fn claims(s: &Sizes, data: &TextData, readers: &[Reader]) -> Vec<Claim> {
    let majority = data.approving().max(1.0 - data.approving());
    let mean = |of: &dyn Fn(&Reader) -> f64| readers.iter().map(of).sum::<f64>() / readers.len() as f64;
    let at = |rank: usize| s.ranks.iter().position(|found| *found == rank).unwrap_or(0);
    let enough = at(ENOUGH);
    let effective =
        |of: &dyn Fn(&PartChange) -> f64| mean(&|r| r.parts.iter().map(of).sum::<f64>() / PARTS.len() as f64);
    vec![
        Claim::at_least(
            "learns",
            "accuracy on the texts set aside after training above that of always giving the more frequent answer; mean over networks",
            0.1,
            mean(&|r| r.trained) - majority,
        )
        .source("specification F5 (0.80 with the treebank and GloVe)")
        .because(
            "0.73 to 0.78 against 0.50 to 0.53 in pilots; a linear classifier on the mean vector of a text reaches 0.74 to 0.76. The \
             standard deviation of a share of 1000 texts is 0.016.",
        ),
        Claim::at_most(
            "low-rank-suffices",
            &format!("accuracy that is lost when the changes of all three matrices are truncated at rank {ENOUGH}; mean over networks"),
            0.03,
            mean(&|r| r.trained - r.change[enough]),
        )
        .source("specification F5: from rank 10 to 15 on, of 256 units")
        .because("The same texts are classified twice: 30 of 1000 must change from right to wrong on balance; the mean loss was below 0.006 in pilots."),
        Claim::at_least(
            "change-is-needed",
            "accuracy that is lost without the change of these matrices, input and readout as trained; mean over networks",
            0.02,
            mean(&|r| r.trained - r.change[at(0)]),
        )
        .source("specification F5")
        .because(
            "Otherwise the rank of the change would tell nothing. Random recurrent weights with trained input and readout lose 0.03 to 0.24, \
             by chance: 0.02 on average, 20 of 1000 texts, would need three of the best at once.",
        ),
        Claim::at_most(
            "effective-rank",
            "effective rank (participation ratio of squared singular values) of the change over that of the trained weights; means over matrices and networks",
            0.33,
            effective(&|p| p.effective_rank) / effective(&|p| p.trained_rank),
        )
        .source("specification F5: singular values of the change decay fast, those of the weights do not")
        .because("2 to 3 against tens; random matrices of this shape have two thirds of the number of units and more."),
        Claim::at_least(
            "above-the-initial",
            "first singular value of the change over the third; smallest over matrices and networks",
            2.0,
            smallest(readers.iter().flat_map(|r| r.parts.iter().map(|p| p.change[0] / p.change[2]))),
        )
        .source("specification F5: one value stands out, then fast decay")
        .because("Factors of 5 to 10 in pilots; singular values of a random change of this shape lie within a few per cent of each other."),
    ]
}

fn over(readers: &[Reader], pick: impl Fn(&Reader) -> f64) -> Sample {
    Sample::of(&readers.iter().map(pick).collect::<Vec<_>>())
}

/// An accuracy of a network by the place of its rank, and singular values of one of its matrices.
type Accuracy = fn(&Reader, usize) -> f64;
type Values = fn(&PartChange) -> &[f64];

fn figure(s: &Sizes, task: &TextClassification, data: &TextData, readers: &[Reader]) -> Figure {
    let mut learning = Panel::new(Axis::new("epoch"), Axis::new("cross-entropy")).title("Learning");
    for (index, reader) in readers.iter().enumerate() {
        // Means over 20 epochs: single batches scatter.
        let smooth =
            reader.losses.chunks(20).enumerate().map(|(k, losses)| {
                (20.0 * k as f64 + 10.0, losses.iter().sum::<f64>() / losses.len() as f64)
            });
        learning = learning.layer(Line::through(smooth).colour(Colour::category(index % 6)));
    }
    let mut truncated = Panel::new(
        Axis::log10("rank R + 1").range(0.8, s.units as f64 + 1.5),
        Axis::new("accuracy").range(0.45, 0.85),
    )
    .title("Truncation")
    .layer(Reference::horizontal(over(readers, |r| r.trained).mean).label("trained"));
    let curves: [(&str, Colour, Accuracy); 2] = [
        ("change truncated", Colour::Blue, |r, k| r.change[k]),
        ("weights truncated", Colour::Orange, |r, k| r.weights[k]),
    ];
    for (label, colour, pick) in curves {
        let samples: Vec<Sample> = (0..s.ranks.len()).map(|k| over(readers, |r| pick(r, k))).collect();
        let points: Vec<(f64, f64)> =
            s.ranks.iter().zip(&samples).map(|(rank, sample)| (*rank as f64 + 1.0, sample.mean)).collect();
        let bars: Vec<f64> = samples.iter().map(|sample| sample.std).collect();
        truncated = truncated
            .layer(Line::through(points.iter().copied()).colour(colour).width(0.6))
            .layer(Dots::at(points).y_error(bars).colour(colour).label(label));
    }
    let mut panels = Vec::new();
    for (index, (_, title)) in PARTS.iter().enumerate() {
        let mut panel = Panel::new(Axis::new("index"), Axis::new("singular value")).title(*title);
        let values: [(&str, Colour, Values); 2] =
            [("change ΔW", Colour::Blue, |p| &p.change), ("initial W₀", Colour::Grey, |p| &p.initial)];
        for (label, colour, pick) in values {
            let count = s.units.min(40);
            let mean = |k: usize| over(readers, |r| pick(&r.parts[index])[k]).mean;
            let points: Vec<(f64, f64)> = (0..count).map(|k| ((k + 1) as f64, mean(k))).collect();
            panel = panel.layer(Dots::at(points).size(2.5).colour(colour).label(label));
        }
        panels.push(panel);
    }
    let texts = if task.options().data.is_some() { "of the user's folder" } else { "of movie reviews" };
    let mut figure = Figure::new("text", "What training changes in a network that reads")
        .caption(format!(
            "{} networks of two layers of {} long short-term memory units learn whether snippets {texts} approve: {} to train on, {} set \
             aside. Cross-entropy of training batches with dropout (means over 20 epochs, a line a network). Accuracy before training \
             {:.2}, after it {:.2} (dashed), and with the recurrent weights of both layers and what the second reads of the first truncated \
             to W₀ + R components of their change (blue), or to R components of themselves (orange); dots are means, bars standard \
             deviations over networks. Singular values of each matrix's change and initial values, means. Texts and word vectors are \
             substitutes for those of the paper.",
            readers.len(),
            s.units,
            data.train_count(),
            data.validation_count(),
            over(readers, |r| r.untrained).mean,
            over(readers, |r| r.trained).mean,
        ))
        .columns(3)
        .panel(learning)
        .panel(truncated);
    for panel in panels {
        figure = figure.panel(panel);
    }
    figure
}
