//! `training.task`: a random network learns a task, and what training changed.

use attractorlab::analysis::TaskLearning;
use attractorlab::task::TaskKind;
use attractorlab::training::bptt::TrainingStatus;

use super::{Measure, Measures, Parameter, Parameters, RunError, Runnable, Seed};
use crate::{Domain, Kind};

/// Trains one random rate network on a task by back-propagation through time, and decomposes the change of its
/// recurrent weights.
///
/// Source: Schuessler et al., NeurIPS 2020 (arXiv:2006.11036).
#[derive(Debug, Clone, Copy)]
pub struct TrainingTask;

/// Tasks that have inputs, batches and a loss over the whole trial; the others are for linear networks.
const TASKS: [&str; 3] = ["flip_flop", "context_decision", "working_memory"];

impl Runnable for TrainingTask {
    fn name(&self) -> &'static str {
        "training.task"
    }

    fn about(&self) -> &'static str {
        "A random network that learns a task by back-propagation through time: speed, size and rank of the change"
    }

    fn version(&self) -> u32 {
        1
    }

    fn is_random(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<Parameter> {
        let count = |most| Domain::whole(1, most);
        vec![
            Parameter::new("task", Domain::choice(TASKS), "the task").default("flip_flop"),
            Parameter::new("g", Domain::at_least(0.0), "strength g of the initial recurrent weights"),
            Parameter::new("units", Domain::whole(2, 20_000), "number of units N").default(256),
            Parameter::new("epochs", count(1_000_000), "epochs, each one step on one batch").default(1000),
            Parameter::new("trials", count(100_000), "trials of a batch").default(32),
            Parameter::new("rate", Domain::at_least(1e-12), "learning rate of Adam times N").default(0.05),
            Parameter::new(
                "fraction",
                Domain::between(1e-6, 1.0),
                "loss that counts as converged, of the first",
            )
            .default(0.05),
            Parameter::new("test_trials", count(100_000), "trials of the test batch").default(512),
            Parameter::new("most_rank", Domain::whole(0, 1000), "largest rank of a truncated change")
                .default(25),
        ]
    }

    fn measures(&self) -> Vec<Measure> {
        vec![
            Measure::new(
                "convergence",
                Kind::Integer,
                "first epoch with a loss below the fraction of the first",
            ),
            Measure::new("loss", Kind::Number, "last loss over the first"),
            Measure::new("change", Kind::Number, "|ΔW| of the recurrent weights"),
            Measure::new("initial", Kind::Number, "|W₀| of the recurrent weights"),
            Measure::new("input_change", Kind::Number, "change of the input weights over their initial norm"),
            Measure::new("readout_change", Kind::Number, "change of the readout over its initial norm"),
            Measure::new("first_value", Kind::Number, "largest singular value of ΔW"),
            Measure::new(
                "effective_rank",
                Kind::Number,
                "participation ratio of the squared singular values of ΔW",
            ),
            Measure::new(
                "functional_rank",
                Kind::Integer,
                "rank of ΔW from which the test loss is below the fraction",
            ),
            Measure::new(
                "shuffled_loss",
                Kind::Number,
                "test loss with the entries of W₀ permuted, over the first loss",
            ),
            Measure::new("outlier_re", Kind::Number, "largest real part of the eigenvalues of W")
                .boundary(1.0),
            Measure::new("finite", Kind::Truth, "whether training stayed finite"),
        ]
    }

    fn arrays(&self) -> Vec<(String, String)> {
        [
            ("losses", "loss of each epoch"),
            ("singular_values", "singular values of ΔW"),
            ("truncation", "test loss with ΔW truncated at rank 0, 1, … , most_rank"),
        ]
        .map(|(name, about)| (name.to_owned(), about.to_owned()))
        .to_vec()
    }

    fn run(&self, parameters: &Parameters<'_>, seed: Seed) -> Result<Measures, RunError> {
        let task = TaskKind::named(parameters.text("task")?)
            .ok_or_else(|| RunError::new("defect: the library does not know the task"))?;
        let whole = |name: &str| parameters.integer(name).map(|value| value as usize);
        let learning = TaskLearning {
            units: whole("units")?,
            epochs: whole("epochs")? as u64,
            trials: whole("trials")?,
            learning_rate_times_units: parameters.number("rate")?,
            fraction: parameters.number("fraction")?,
            test_trials: whole("test_trials")?,
            ..TaskLearning::new(task, parameters.number("g")?)
        };
        let root = seed.stream("training task").normal().to_bits();
        let learnt = learning.run(root, 0, || false).map_err(RunError::because)?;
        let curve = learnt.truncation_curve(whole("most_rank")?).map_err(RunError::because)?;
        let relative = |name: &str| {
            let (change, initial) = learnt.part_change(name).map_err(RunError::because)?;
            Ok::<f64, RunError>(change / initial)
        };
        let spectra = learnt.change().spectra().map_err(RunError::because)?;
        let ratio = |loss: Option<&f64>| Some(loss? / learnt.losses.first()?);
        let shuffled =
            learnt.shuffled_loss(&mut seed.stream("shuffled weights")).map_err(RunError::because)?;
        let rank = curve.functional_rank(learning.fraction).filter(|_| learnt.convergence.is_some());
        let mut measures = Measures::new()
            .with_option("convergence", learnt.convergence.map(|epoch| epoch as i64))
            .with_option("loss", ratio(learnt.losses.last()))
            .with("change", learnt.change().norm())
            .with("initial", learnt.change().initial().norm_l2())
            .with("input_change", relative("input")?)
            .with("readout_change", relative("readout")?)
            .with("first_value", learnt.change().values()[0])
            .with("effective_rank", learnt.change().effective_rank())
            .with_option("functional_rank", rank.map(|rank| rank as i64))
            .with("shuffled_loss", shuffled)
            .with("outlier_re", spectra.trained[0].re)
            .with("finite", !matches!(learnt.status, TrainingStatus::NotFinite { .. }));
        for (name, values) in [
            ("losses", &learnt.losses[..]),
            ("singular_values", learnt.change().values()),
            ("truncation", &curve.losses[..]),
        ] {
            if parameters.wants(name) {
                measures = measures.with_array(name, vec![values.len()], values.to_vec());
            }
        }
        Ok(measures)
    }
}
