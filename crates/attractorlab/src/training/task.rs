//! What is trained: the network, and the outputs that it should hold.

use attractorlab_numerics::kernels;
use attractorlab_numerics::linalg::{Mat, MatRef, matvec};

use super::TrainingError;
use crate::dynamics::{ClampedNetwork, SolverOptions, StaticMap, Status};

/// A network whose K readouts are to be trained, so that each of M target outputs is stationary.
///
/// The network is dx/dt = −x + bulk·φ(x) + Σₖ mₖ zₖ + I_m, with zₖ = nₖ·φ(x)/N.
///
/// ```
/// use attractorlab::dynamics::ClampedNetwork;
/// use attractorlab::network::{Transfer, gaussian_bulk};
/// use attractorlab::numerics::{linalg::Mat, random::Stream};
/// use attractorlab::training::OutputTask;
///
/// # fn main() -> Result<(), attractorlab::training::TrainingError> {
/// let mut stream = Stream::new(1, "example", 0);
/// let bulk = gaussian_bulk(200, 0.8, &mut stream);
/// let feedback = Mat::from_fn(200, 1, |_, _| stream.normal());
/// let targets = Mat::from_fn(2, 1, |m, _| [-1.0, 1.0][m]);
/// let network = ClampedNetwork { bulk: bulk.as_ref(), transfer: Transfer::Relu { threshold: -0.5 } };
/// let task = OutputTask::new(network, feedback.as_ref(), targets.as_ref());
/// let trained = task.least_squares(0.0)?;
/// assert!(trained.errors.iter().all(|error| *error < 1e-10));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct OutputTask<'a> {
    /// Bulk and transfer function.
    pub network: ClampedNetwork<'a>,
    /// Feedback vectors mₖ, N×K.
    pub feedback: MatRef<'a, f64>,
    /// The outputs f that the network should hold, M×K.
    pub targets: MatRef<'a, f64>,
    /// Constant input I of each target, N×M; N×0 for none.
    pub inputs: MatRef<'a, f64>,
}

/// States to learn from: the network clamped at each target.
#[derive(Debug, Clone)]
pub struct TrainingStates {
    /// Inputs x of the units, N×M.
    pub x: Mat<f64>,
    /// Rates φ(x), N×M.
    pub rates: Mat<f64>,
}

/// The columns of a matrix are contiguous in memory.
pub(super) fn column(a: MatRef<'_, f64>, j: usize) -> &[f64] {
    a.col(j).try_as_col_major().expect("columns are contiguous").as_slice()
}

impl<'a> OutputTask<'a> {
    /// A task without constant inputs.
    pub fn new(network: ClampedNetwork<'a>, feedback: MatRef<'a, f64>, targets: MatRef<'a, f64>) -> Self {
        let inputs = MatRef::from_column_major_slice(&[], network.bulk.nrows(), 0);
        Self { network, feedback, targets, inputs }
    }

    /// Number of units N.
    pub fn units(&self) -> usize {
        self.network.bulk.nrows()
    }

    /// Number of targets M.
    pub fn count(&self) -> usize {
        self.targets.nrows()
    }

    /// Number of outputs K.
    pub fn outputs(&self) -> usize {
        self.targets.ncols()
    }

    /// The target outputs f of state m.
    pub fn target(&self, m: usize) -> Vec<f64> {
        self.targets.row(m).iter().copied().collect()
    }

    /// Largest |f| of a target: what errors are measured in.
    pub(super) fn size(&self, m: usize) -> f64 {
        self.targets.row(m).iter().fold(0.0, |largest, f| largest.max(f.abs()))
    }

    /// Σₖ mₖ zₖ + I_m.
    pub fn drive(&self, m: usize, z: &[f64]) -> Vec<f64> {
        let mut drive = vec![0.0; self.units()];
        self.add_drive(m, z, 1.0, &mut drive);
        drive
    }

    fn add_drive(&self, m: usize, z: &[f64], scale: f64, out: &mut [f64]) {
        for (k, z) in z.iter().enumerate() {
            kernels::axpy(scale * z, column(self.feedback, k), out);
        }
        if self.inputs.ncols() > 0 {
            kernels::axpy(scale, column(self.inputs, m), out);
        }
    }

    /// The network clamped at each of its targets, each state found from the drive alone.
    ///
    /// # Errors
    /// [`TrainingError`] for matrices of the wrong shape or a state that is not stationary.
    pub fn clamped_states(&self) -> Result<TrainingStates, TrainingError> {
        self.check()?;
        let mut x = Mat::zeros(self.units(), self.count());
        let mut rates = x.clone();
        for m in 0..self.count() {
            let state = self.clamped_state(m, &self.target(m))?;
            let mut phi = vec![0.0; state.len()];
            self.network.transfer.values(&state, &mut phi);
            for (i, (state, phi)) in state.iter().zip(&phi).enumerate() {
                x[(i, m)] = *state;
                rates[(i, m)] = *phi;
            }
        }
        Ok(TrainingStates { x, rates })
    }

    /// The stationary state with the outputs clamped at `z` under the input of target m.
    pub(super) fn clamped_state(&self, m: usize, z: &[f64]) -> Result<Vec<f64>, TrainingError> {
        let drive = self.drive(m, z);
        let clamped = self.network.solve(&drive, &drive, SolverOptions::default());
        if clamped.status == Status::Converged {
            return Ok(clamped.x);
        }
        let z = if let [z] = z { z.to_string() } else { format!("{z:?}") };
        Err(TrainingError::NotStationary { z, residual: clamped.residual })
    }

    pub(super) fn check(&self) -> Result<(), TrainingError> {
        let (units, targets, outputs) = (self.units(), self.count(), self.outputs());
        if targets == 0 || outputs == 0 {
            return Err(TrainingError::NoTargets);
        }
        for (name, matrix) in [("the feedback vector", self.feedback), ("the input", self.inputs)] {
            if matrix.nrows() != units {
                return Err(TrainingError::Length { name, units, found: matrix.nrows() });
            }
        }
        let found = self.feedback.ncols();
        if found != outputs {
            let name = "the matrix of feedback vectors";
            return Err(TrainingError::Columns { name, of: "output", expected: outputs, found });
        }
        let found = self.inputs.ncols();
        if found != 0 && found != targets {
            let name = "the matrix of inputs";
            return Err(TrainingError::Columns { name, of: "target", expected: targets, found });
        }
        for m in 0..targets {
            if let Some(&value) = self.targets.row(m).iter().find(|f| !f.is_finite()) {
                let expected = "a finite number";
                return Err(TrainingError::Parameter { name: "target", expected, value });
            }
        }
        Ok(())
    }

    /// Checks the task together with a starting state.
    pub(super) fn check_start(&self, start: &[f64]) -> Result<(), TrainingError> {
        self.check()?;
        let units = self.units();
        if start.len() == units {
            Ok(())
        } else {
            Err(TrainingError::Length { name: "the starting state", units, found: start.len() })
        }
    }

    /// One Euler step of the network with outputs `z` under the input of target m, given the rates of `x`.
    pub(super) fn step(
        &self,
        m: usize,
        x: &mut [f64],
        rates: &[f64],
        z: &[f64],
        dt: f64,
        scratch: &mut [f64],
    ) {
        matvec(self.network.bulk, rates, scratch);
        for (x, field) in x.iter_mut().zip(scratch) {
            *x += dt * (*field - *x);
        }
        self.add_drive(m, z, dt, x);
    }

    /// Largest |zₖ − fₖ| at each of the states, whose rates are given, N×M.
    pub(super) fn errors(&self, readout: &Mat<f64>, rates: &Mat<f64>) -> Vec<f64> {
        (0..self.count())
            .map(|m| {
                (0..self.outputs())
                    .map(|k| {
                        let z = crate::network::mean_product(
                            column(readout.as_ref(), k),
                            column(rates.as_ref(), m),
                        );
                        (z - self.targets[(m, k)]).abs()
                    })
                    .fold(0.0, |a: f64, b| if b.is_nan() { b } else { a.max(b) })
            })
            .collect()
    }
}

/// A network whose readout is to be trained to one value of one output: bulk, transfer function,
/// feedback vector m, input I.
#[derive(Debug, Clone, Copy)]
pub struct FeedbackTask<'a> {
    /// Bulk and transfer function.
    pub network: ClampedNetwork<'a>,
    /// Feedback vector m.
    pub feedback: &'a [f64],
    /// Constant input I.
    pub input: &'a [f64],
    /// The output A that the network should settle at.
    pub target: f64,
}

impl<'a> FeedbackTask<'a> {
    /// Number of units.
    pub fn units(&self) -> usize {
        self.network.bulk.nrows()
    }

    /// The same task as one of M = 1 targets of K = 1 outputs.
    pub fn general(&self) -> OutputTask<'_> {
        let column = |v: &'a [f64]| MatRef::from_column_major_slice(v, v.len(), 1);
        OutputTask {
            network: self.network,
            feedback: column(self.feedback),
            targets: MatRef::from_column_major_slice(std::slice::from_ref(&self.target), 1, 1),
            inputs: column(self.input),
        }
    }

    /// The closed loop's static map with a readout.
    pub fn static_map(&self, readout: &'a [f64]) -> StaticMap<'a> {
        StaticMap { network: self.network, feedback: self.feedback, input: self.input, readout }
    }

    /// The stationary state clamped at `z`, found from the drive alone.
    ///
    /// # Errors
    /// [`TrainingError`] for vectors of the wrong length or a state that is not stationary.
    pub fn clamped_state(&self, z: f64) -> Result<Vec<f64>, TrainingError> {
        let task = self.general();
        task.check()?;
        task.clamped_state(0, &[z])
    }
}
