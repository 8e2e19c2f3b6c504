//! Networks that learn tasks, many at a time, and statistics that bear failures to learn.

use std::sync::atomic::{AtomicUsize, Ordering};

use attractorlab::analysis::weight_change::TruncationCurve;
use attractorlab::analysis::{LearntTask, TaskLearning};
use attractorlab::numerics::random::Stream;
use attractorlab::task::TaskKind;
use attractorlab::training::bptt::{Loss, evaluate};
use attractorlab_figures::Axis;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::statistics::Sample;
use crate::{Context, StudyError};

/// One kind of networks: a task and a strength, and how many are trained for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) task: &'static str,
    pub(super) g: f64,
    pub(super) units: usize,
    pub(super) epochs: u64,
}

/// The tasks by the names of the paper.
pub(super) const TASKS: [(&str, &str); 3] =
    [("flip_flop", "flip-flop"), ("context_decision", "Mante"), ("working_memory", "Romo")];

/// The name of a task in figures.
pub(super) fn task_title(task: &str) -> &'static str {
    TASKS.iter().find(|(name, _)| *name == task).map_or("task", |(_, title)| title)
}

/// Trains `networks` networks of each kind and looks at each with `examine`, which has a stream of its own for each;
/// networks run in parallel, and are named by the study's seed and their place alone.
pub(super) fn learn<R: Send>(
    context: &Context<'_>,
    kinds: &[Kind],
    networks: usize,
    test_trials: usize,
    examine: impl Fn(&LearntTask, &mut Stream) -> Result<R, StudyError> + Sync,
) -> Result<Vec<Vec<R>>, StudyError> {
    let done = AtomicUsize::new(0);
    let total = kinds.len() * networks;
    let one = |index: usize| -> Result<R, StudyError> {
        let kind = kinds[index / networks];
        let task = TaskKind::named(kind.task).expect("a task of the library");
        let Kind { g, units, epochs, .. } = kind;
        let learning = TaskLearning { units, epochs, test_trials, ..TaskLearning::new(task, g) };
        let replicate = (((index / networks) << 16) | (index % networks)) as u64;
        let learnt = learning
            .run(context.seed, replicate, || context.check().is_err())
            .map_err(StudyError::step("training"))?;
        context.check()?;
        let result =
            examine(&learnt, &mut Stream::new(context.seed, "schuessler2020: examination", replicate));
        context.progress.update(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        result
    };
    let mut results = (0..total).into_par_iter().map(one).collect::<Result<Vec<R>, _>>()?.into_iter();
    Ok(kinds.iter().map(|_| results.by_ref().take(networks).collect()).collect())
}

/// What most studies look at in a trained network.
pub(super) struct Summary {
    pub(super) losses: Vec<f64>,
    pub(super) convergence: Option<usize>,
    /// |ΔW| of the recurrent weights, and |W₀|.
    pub(super) norm: f64,
    pub(super) initial_norm: f64,
    /// Largest singular values of ΔW.
    pub(super) values: Vec<f64>,
    pub(super) curve: TruncationCurve,
    pub(super) rank: Option<usize>,
    /// Loss with permuted W₀ over the first loss.
    pub(super) shuffled: f64,
}

/// One trial of a trained network: (t, value) of each channel.
pub(super) struct Example {
    pub(super) inputs: Vec<Vec<(f64, f64)>>,
    /// Where the target counts; NaN elsewhere, which breaks a line.
    pub(super) targets: Vec<Vec<(f64, f64)>>,
    pub(super) outputs: Vec<Vec<(f64, f64)>>,
}

impl Example {
    /// The first trial of the test batch.
    pub(super) fn of(learnt: &LearntTask) -> Result<Self, StudyError> {
        let (_, outputs) = evaluate(learnt.trained(), &learnt.test, Loss::HalfSquare)
            .map_err(StudyError::step("an example"))?;
        let (d, trials) = (learnt.test.dimensions(), learnt.test.trials());
        let course = |channels: usize, value: &dyn Fn(usize) -> f64| -> Vec<Vec<(f64, f64)>> {
            let at = |k: usize, t: usize| (t as f64 * d.time_step, value(t * trials * channels + k));
            (0..channels).map(|k| (0..d.steps).map(|t| at(k, t)).collect()).collect()
        };
        let (targets, masks) = (learnt.test.targets(), learnt.test.masks());
        Ok(Self {
            inputs: course(d.inputs, &|i| learnt.test.inputs()[i]),
            targets: course(d.outputs, &|i| if masks[i] > 0.0 { targets[i] } else { f64::NAN }),
            outputs: course(d.outputs, &|i| f64::from(outputs[i])),
        })
    }
}

/// A panel of a quantity that networks may lack: its title, its axis, and the quantity.
pub(super) type Row = (&'static str, Axis, fn(&Summary) -> Option<f64>);

/// Names of tasks with the epochs that networks train.
pub(super) type Tasks = &'static [(&'static str, u64)];

/// The tasks of the paper, trained as there.
pub(super) const PUBLISHED: Tasks =
    &[("flip_flop", 1000), ("context_decision", 2000), ("working_memory", 6000)];

/// Tasks as parameters of a study.
pub(super) fn listed(tasks: Tasks) -> Vec<Value> {
    tasks.iter().map(|(task, epochs)| json!({"task": task, "epochs": epochs})).collect()
}

/// Ranks up to which changes are truncated.
pub(super) const MOST_RANK: usize = 15;

impl Summary {
    /// Weights are shuffled by the stream.
    pub(super) fn of(learnt: &LearntTask, stream: &mut Stream) -> Result<Self, StudyError> {
        let step = || StudyError::step("the change of the weights");
        let curve = learnt.truncation_curve(MOST_RANK).map_err(step())?;
        Ok(Self {
            losses: learnt.losses.clone(),
            convergence: learnt.convergence,
            norm: learnt.change().norm(),
            initial_norm: learnt.change().initial().norm_l2(),
            values: learnt.change().values().iter().take(MOST_RANK).copied().collect(),
            // As in the paper: networks that did not converge have no functional rank.
            rank: curve.functional_rank(0.05).filter(|_| learnt.convergence.is_some()),
            curve,
            shuffled: learnt.shuffled_loss(stream).map_err(step())?,
        })
    }
}

/// The median of values that may be missing; a missing one counts as beyond all others (a network that has not
/// converged converges later). Infinite if half or more are missing.
pub(super) fn median(values: impl Iterator<Item = Option<usize>>) -> f64 {
    let mut sorted: Vec<f64> = values.map(|v| v.map_or(f64::INFINITY, |v| v as f64)).collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    if n == 0 { f64::NAN } else { 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]) }
}

/// The share of pairs (one of each sample) in which the first is larger, ties counting half: 1 if the samples do
/// not overlap, about ½ if they are alike (Mann & Whitney).
pub(super) fn superiority(larger: &[f64], smaller: &[f64]) -> f64 {
    let pairs = larger.iter().flat_map(|a| smaller.iter().map(move |b| (a, b)));
    let score = |(a, b): (&f64, &f64)| if a > b { 1.0 } else { 0.5 * f64::from(u8::from(a == b)) };
    pairs.map(score).sum::<f64>() / (larger.len() * smaller.len()) as f64
}

/// Epochs to convergence, infinite where there was none.
pub(super) fn epochs_to_convergence(networks: &[Summary]) -> Vec<f64> {
    networks.iter().map(|n| n.convergence.map_or(f64::INFINITY, |epoch| epoch as f64)).collect()
}

/// Mean and standard deviation of the values that there are.
pub(super) fn sample(values: impl Iterator<Item = Option<f64>>) -> Sample {
    Sample::of(&values.flatten().collect::<Vec<_>>())
}

/// Why a share of pairs of at least 0.8 is asked for.
pub(super) const PAIRS: &str = "With five networks a kind and samples that do not overlap the share is one; were they \
    alike, a share of at least 0.8 would be due to chance in 1 of 13 runs, and samples as far apart as these (no overlap \
    among 400 pairs of 20 networks) fall below it in less than 1 of 10⁴.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_count_as_late() {
        assert_eq!(median([Some(3), None, Some(1)].into_iter()), 3.0);
        assert_eq!(median([Some(3), None, None].into_iter()), f64::INFINITY);
        assert_eq!(superiority(&[2.0, f64::INFINITY], &[1.0, 2.0]), 0.875);
    }
}
