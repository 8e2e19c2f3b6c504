//! Linear networks that learn an output at their driven fixed point.

use attractorlab::network::{Form, Transfer};
use attractorlab::numerics::kernels::Real;
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use attractorlab::task::DrivenFixedPoint;
use attractorlab::theory::linear_learning::LearningFlow;
use attractorlab::training::bptt::{
    RateUnits, RateWeights, Trainable, Trainer, TrainingOptions, TrainingStatus,
};
use attractorlab::training::{DescendedNetwork, FixedPointDescent, OptimiserRule};
use rayon::prelude::*;

use crate::statistics::Sample;
use crate::{Claim, Context, StudyError};

/// A linear network before training.
pub(super) struct LinearNetwork {
    pub(super) weights: RateWeights,
    /// m, of length √N.
    pub(super) input: Vec<f64>,
    /// w = N times the readout, of length √N.
    pub(super) readout: Vec<f64>,
}

/// A course of training by back-propagation through time.
pub(super) struct Course {
    /// Losses of the epochs; fewer than were asked for if training diverged.
    pub(super) losses: Vec<f64>,
    /// W before some epochs.
    pub(super) snapshots: Vec<(usize, Mat<f64>)>,
    /// W after the last update.
    pub(super) weights: Mat<f64>,
}

/// The target's published learning rate at g = 0; it is multiplied by (1 − g²)² otherwise.
pub(super) fn base_rate(target: f64) -> f64 {
    if target < 0.75 {
        0.015
    } else if target < 1.5 {
        0.009
    } else {
        0.003
    }
}

/// The published learning rate.
pub(super) fn rate(g: f64, target: f64) -> f64 {
    base_rate(target) * (1.0 - g * g).powi(2)
}

impl LinearNetwork {
    pub(super) fn draw(units: usize, g: f64, stream: &mut Stream) -> Self {
        let weights = RateWeights::draw(units, 1, 1, g, stream);
        let column = |of: &Mat<f64>, scale: f64| of.col(0).iter().map(|v| scale * v).collect();
        let input = column(&weights.input, 1.0);
        let readout = column(&weights.readout, units as f64);
        Self { weights, input, readout }
    }

    /// The theory of this very network.
    pub(super) fn flow(&self) -> Result<LearningFlow, StudyError> {
        LearningFlow::of_network(self.weights.recurrent.as_ref(), &self.input, &self.readout)
            .map_err(StudyError::step("the flow of learning of one network"))
    }

    /// Gradient descent at the fixed point: trials of infinite length.
    pub(super) fn descend(
        &self,
        target: f64,
        rate: f64,
        epochs: usize,
    ) -> Result<DescendedNetwork, StudyError> {
        self.descend_from(&self.weights.recurrent, target, rate, epochs)
    }

    /// The same from other weights.
    pub(super) fn descend_from(
        &self,
        weights: &Mat<f64>,
        target: f64,
        rate: f64,
        epochs: usize,
    ) -> Result<DescendedNetwork, StudyError> {
        let initial = weights.as_ref();
        FixedPointDescent { initial, input: &self.input, readout: &self.readout, target }
            .run(rate, epochs)
            .map_err(StudyError::step("gradient descent at the fixed point"))
    }

    /// Training by back-propagation through time, with a snapshot every so many epochs.
    pub(super) fn train<T: Real>(
        &self,
        context: &Context<'_>,
        task: &DrivenFixedPoint,
        rate: f64,
        epochs: usize,
        every: usize,
    ) -> Result<Course, StudyError>
    where
        RateUnits<T>: Trainable<T>,
    {
        let units = RateUnits::<T>::new(&self.weights, Form::Current, Transfer::Linear, task.time_step)
            .map_err(StudyError::step("a linear network"))?;
        let options = TrainingOptions {
            epochs: epochs as u64,
            trials: 1,
            optimiser: OptimiserRule::GradientDescent { learning_rate: rate },
            trained: vec!["recurrent".to_owned()],
            snapshot_every: every as u64,
            ..TrainingOptions::default()
        };
        let step = "back-propagation through time of a linear network";
        let mut trainer = Trainer::new(units, task, options).map_err(StudyError::step(step))?;
        while trainer.status() == TrainingStatus::Running {
            context.check()?;
            trainer.step().map_err(StudyError::step(step))?;
        }
        let n = self.input.len();
        let snapshots = trainer
            .snapshots()
            .iter()
            .map(|snapshot| {
                // The recurrent weights come first.
                let matrix = Mat::from_fn(n, n, |i, j| snapshot.parameters[j * n + i].to_f64());
                (snapshot.epoch as usize, matrix)
            })
            .collect();
        Ok(Course { losses: trainer.losses(), snapshots, weights: trainer.network().weights().recurrent })
    }
}

/// `count` values, in parallel, each with a stream of its own.
pub(super) fn replicate<T: Send>(
    context: &Context<'_>,
    purpose: &str,
    count: usize,
    job: impl Fn(usize, &mut Stream) -> Result<T, StudyError> + Sync,
) -> Result<Vec<T>, StudyError> {
    (0..count)
        .into_par_iter()
        .map(|index| {
            context.check()?;
            job(index, &mut Stream::new(context.seed, purpose, index as u64))
        })
        .collect()
}

/// The mean over networks against the limit of many units.
///
/// Each value of the sample is the mean over a network and its mirror image (readout turned over), which cancels what
/// is odd in the output before training, z(0) ~ √(β/N). `bias` is the relative error that is allowed for what is
/// left: finite size and finite steps.
pub(super) fn agrees(id: &str, statement: &str, theory: f64, sample: Sample, bias: f64) -> Claim {
    let allowed = 6.5 * sample.standard_error() + bias.min(0.25) * theory.abs();
    Claim::within(id, statement, theory, sample.mean, allowed)
        .source("specification 4.5, to all orders: ours")
        .because(
            "Six and a half standard errors of the mean over networks (of 16 or more: Student's t exceeds them once in a hundred \
             thousand claims); two per cent for steps of finite size; and for finite size β³/N, 15β/N for s₂ (which is a product of \
             small overlaps), about one and a half times what networks of 128 to 512 units show.",
        )
}

/// Allowed relative error of most quantities.
pub(super) fn bias(g: f64, units: usize) -> f64 {
    0.02 + (1.0 - g * g).powi(-3) / units as f64
}

/// Allowed relative error of the second singular value.
pub(super) fn second_bias(g: f64, units: usize) -> f64 {
    0.02 + 15.0 / (1.0 - g * g) / units as f64
}
