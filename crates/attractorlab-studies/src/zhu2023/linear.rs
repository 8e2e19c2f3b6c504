//! The linear network that the studies share.

use attractorlab::numerics::linalg::{Lu, Mat};
use attractorlab::numerics::random::Stream;
use attractorlab::training::equilibrium::LearningError;
use attractorlab::training::equilibrium::linear::{GradientPath, LinearRule, LinearTask, LinearWeights};

use crate::StudyError;

/// Inputs of standard deviation 0.1, answered by a teacher of spectral radius 0.5 with noise 0.01.
pub(super) struct Setting {
    pub(super) task: LinearTask,
    pub(super) stream: Stream,
}

impl Setting {
    pub(super) fn draw(units: usize, samples: usize, seed: u64, replicate: u64) -> Result<Self, StudyError> {
        let mut stream = Stream::new(seed, "zhu2023/linear", replicate);
        let x = normal(&mut stream, units, samples, 0.1);
        let teacher = square(&mut stream, units, 0.5);
        let noise = normal(&mut stream, units, samples, 0.01);
        let response = Lu::from_matrix(Mat::<f64>::identity(units, units) - teacher)
            .map_err(StudyError::step("the teacher"))?
            .inverse();
        let y = response * &x + noise;
        let task = LinearTask::new(x, y).map_err(StudyError::step("the task"))?;
        Ok(Self { task, stream })
    }

    /// Weights of this spectral radius.
    pub(super) fn weights(&mut self, radius: f64) -> Mat<f64> {
        square(&mut self.stream, self.task.units(), radius)
    }
}

fn normal(stream: &mut Stream, rows: usize, columns: usize, sd: f64) -> Mat<f64> {
    Mat::from_fn(rows, columns, |_, _| sd * stream.normal())
}

fn square(stream: &mut Stream, units: usize, radius: f64) -> Mat<f64> {
    normal(stream, units, units, radius / (units as f64).sqrt())
}

/// Losses of a rule, made step by step, at step 0 and after every `every` steps; infinite once it has diverged.
pub(super) fn literal(
    task: &LinearTask,
    start: &Mat<f64>,
    rule: LinearRule,
    rate: f64,
    steps: u64,
    every: u64,
) -> Result<(Vec<f64>, Mat<f64>), StudyError> {
    if rule == LinearRule::Gradient {
        return gradient(task, start, rate, steps, every);
    }
    let mut weights = LinearWeights::new(task, start.clone()).map_err(StudyError::step("initial weights"))?;
    let mut losses = Vec::new();
    for step in 0..=steps {
        if step % every == 0 {
            losses.push(task.loss(weights.weights()).ok().filter(|j| j.is_finite()).unwrap_or(f64::INFINITY));
        }
        if step < steps && losses.last().is_some_and(|j| j.is_finite()) {
            // A singular response, or a critical rate, is where a rule diverges.
            let before = weights.clone();
            if weights.step(rule, rate).is_err() || !weights.weights().norm_max().is_finite() {
                weights = before;
                losses.push(f64::INFINITY);
            }
        }
    }
    losses.resize((steps / every + 1) as usize, f64::INFINITY);
    Ok((losses, weights.weights().to_owned()))
}

/// The same for rule 1, whose own path has fewer operations.
fn gradient(
    task: &LinearTask,
    start: &Mat<f64>,
    rate: f64,
    steps: u64,
    every: u64,
) -> Result<(Vec<f64>, Mat<f64>), StudyError> {
    let mut path = match GradientPath::new(task, start.as_ref(), rate) {
        Ok(path) => path,
        Err(LearningError::Linalg(_)) => {
            return Ok((vec![f64::INFINITY; (steps / every + 1) as usize], start.clone()));
        }
        Err(error) => return Err(StudyError::step("initial weights")(error)),
    };
    let mut losses = Vec::new();
    while let Ok(loss) = path.loss()
        && loss.is_finite()
    {
        losses.push(loss);
        if path.step() == steps || path.advance(every.min(steps - path.step())).is_err() {
            break;
        }
    }
    losses.resize((steps / every + 1) as usize, f64::INFINITY);
    Ok((losses, path.weights()))
}

/// The name of a rule in figures.
pub(super) fn name(rule: LinearRule) -> &'static str {
    match rule {
        LinearRule::Gradient => "rule 1, gradient",
        LinearRule::Reparameterised => "rule 2, reparameterised",
        LinearRule::Lookahead => "rule 2, looking ahead",
        LinearRule::Linearised => "rule 3, linearised",
    }
}
