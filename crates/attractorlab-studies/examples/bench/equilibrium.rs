//! Learning on fixed points. Matrices are those of `bench/peers/equilibrium.py`, which both sides make once, before the runs
//! that count.

use std::sync::LazyLock;

use attractorlab::dynamics::{Columns, EquilibriumOptions, FixedPointLayer, StabilityTest};
use attractorlab::network::Transfer;
use attractorlab::numerics::linalg::{Lu, Mat};
use attractorlab::training::equilibrium::linear::{
    GradientPath, LinearTask, LinearisedPath, ReparameterisedPath,
};
use attractorlab::training::equilibrium::{
    Batch, Evaluation, ForwardPass, LearningError, MeanSquaredError, MissingStates, rule_by_name,
};

/// A matrix that every language makes alike, entries of standard deviation `sd`.
fn entries(rows: usize, columns: usize, sd: f64, phase: f64) -> Mat<f64> {
    Mat::from_fn(rows, columns, |i, j| {
        let (i, j) = (i as f64, j as f64);
        sd * 2.0_f64.sqrt() * (phase + 12.9898 * i + 78.233 * j + 0.37 * i * j).sin()
    })
}

/// Task and initial weights of the linear network.
static LINEAR: LazyLock<(Mat<f64>, Mat<f64>, Mat<f64>)> = LazyLock::new(|| {
    let (n, m) = (200, 100);
    let sd = |radius: f64| radius / (n as f64).sqrt();
    let x = entries(n, m, 0.1, 1.0);
    let teacher = Mat::<f64>::identity(n, n) - entries(n, n, sd(0.5), 2.0);
    let y = Lu::from_matrix(teacher).expect("a regular teacher").inverse() * &x + entries(n, m, 0.01, 3.0);
    (x, y, entries(n, n, sd(0.75), 4.0))
});

fn linear() -> Result<(LinearTask, Mat<f64>), LearningError> {
    let (x, y, start) = &*LINEAR;
    Ok((LinearTask::new(x.clone(), y.clone())?, start.clone()))
}

/// Weights, drive and targets of 512 inputs to 300 units.
static IMAGES: LazyLock<[Columns<f32>; 3]> = LazyLock::new(|| {
    let (n, m) = (300, 512);
    let narrow = |rows, columns, sd, phase| {
        let matrix = entries(rows, columns, sd, phase);
        Columns::from_fn(rows, columns, |i, j| matrix[(i, j)] as f32)
    };
    [narrow(n, n, 0.5 / (n as f64).sqrt(), 1.0), narrow(n, m, 0.3, 2.0), narrow(n, m, 0.3, 3.0)]
});

/// NaN would agree with nobody.
fn answer(name: &'static str, value: Result<f64, LearningError>) -> Vec<(&'static str, f64)> {
    vec![(name, value.unwrap_or(f64::NAN))]
}

/// 100 steps of rule 1, η = 0.3.
pub(crate) fn gradient() -> Vec<(&'static str, f64)> {
    let run = || {
        let (task, start) = linear()?;
        let mut path = GradientPath::new(&task, start.as_ref(), 0.3)?;
        path.advance(100)?;
        task.loss(path.weights().as_ref())
    };
    answer("loss", run())
}

/// Steps of a learning curve with rules 2 and 3.
const STEPS: u64 = 1000;

/// What both sides compare: the last loss, and the mean of the logarithms of all.
fn course(losses: Result<Vec<f64>, LearningError>) -> Vec<(&'static str, f64)> {
    let losses = losses.unwrap_or_default();
    let mean = losses.iter().map(|loss| loss.log10()).sum::<f64>() / losses.len() as f64;
    vec![("loss", losses.last().copied().unwrap_or(f64::NAN)), ("mean log10 loss", mean)]
}

/// The loss at each step of rule 2, η = 1.
pub(crate) fn reparameterised() -> Vec<(&'static str, f64)> {
    let run = || {
        let (task, start) = linear()?;
        let mut losses = ReparameterisedPath::new(&task, start.as_ref(), 1.0, false)?.losses(STEPS);
        // The first is that of the start.
        losses.remove(0);
        Ok(losses)
    };
    course(run())
}

/// The loss at every fifth step of rule 3, η = 1.
pub(crate) fn linearised() -> Vec<(&'static str, f64)> {
    let run = || {
        let (task, start) = linear()?;
        let mut path = LinearisedPath::new(&task, start.as_ref(), 1.0)?;
        let after = |_| {
            path.advance(5);
            path.loss()
        };
        (0..STEPS / 5).map(after).collect()
    };
    course(run())
}

/// States of 512 inputs to 300 units to a residual of 1e-5.
fn converged(stability: StabilityTest) -> ForwardPass {
    ForwardPass::Converged(EquilibriumOptions { stability, ..EquilibriumOptions::of::<f32>() })
}

/// The states of a pass, and the update of a rule.
fn step(rule: &str, pass: ForwardPass) -> Vec<(&'static str, f64)> {
    let [weights, drive, targets] = &*IMAGES;
    let run = || {
        let layer = FixedPointLayer::new(weights.as_mat().to_owned(), Transfer::Tanh)?;
        let loss = MeanSquaredError::of_rates(targets.clone());
        let here = Evaluation::new(&layer, drive, None, &loss, &pass, MissingStates::LeaveOut)?;
        let rule = rule_by_name(rule).ok_or(LearningError::NotTruncated)?;
        let update = rule.update(&Batch::of(&layer, drive, &here, &loss, &pass), 1.0)?;
        let square: f64 = update.increment.values().iter().map(|u| f64::from(*u).powi(2)).sum();
        Ok(square.sqrt())
    };
    answer("norm of the update", run())
}

/// A step of rule 3, as much as numpy does.
pub(crate) fn linearised_step() -> Vec<(&'static str, f64)> {
    step("linearised", converged(StabilityTest::Off))
}

/// A step of rule 1, as much as numpy does.
pub(crate) fn gradient_step() -> Vec<(&'static str, f64)> {
    step("gradient", converged(StabilityTest::Off))
}

/// A step of rule 3 on states that are known to be stable.
pub(crate) fn tested_linearised_step() -> Vec<(&'static str, f64)> {
    step("linearised", converged(StabilityTest::Growth))
}

/// A step of rule 1 on states that are known to be stable.
pub(crate) fn tested_gradient_step() -> Vec<(&'static str, f64)> {
    step("gradient", converged(StabilityTest::Growth))
}

/// A step of rule 3 with the truncated pass of the authors.
pub(crate) fn truncated_step() -> Vec<(&'static str, f64)> {
    step("linearised", ForwardPass::truncated())
}
