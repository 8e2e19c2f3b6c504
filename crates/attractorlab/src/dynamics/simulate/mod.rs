//! Simulation of rate networks, many trials at once.

mod block;
mod flow;

use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{Mat, MatRef};
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;

use self::block::{Block, Weights};
use crate::network::{Form, RateNetwork};

pub use flow::{FlowOptions, flow};

/// Columns are cut into blocks of at most this many; how, depends on their number alone.
const BLOCK: usize = 64;
/// A state whose root mean square exceeds this counts as diverged: states of rate networks are of
/// order 1.
pub const DIVERGED: f64 = 1e12;

/// How a step in continuous time is made. A map has only one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Integrator {
    /// x ← x + (dt/τ)(−x + drive); with noise the Euler–Maruyama method. Order 1.
    #[default]
    Euler,
    /// The leak exactly, the drive held over the step: x ← e^(−dt/τ) x + (1 − e^(−dt/τ)) drive. Exact,
    /// noise included, for units without recurrent connections under a constant input. Order 1.
    ExponentialEuler,
    /// The classical Runge–Kutta method of order 4; without noise.
    RungeKutta4,
}

/// What to keep of a simulation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Record {
    /// Only the final states.
    #[default]
    Nothing,
    /// All variables of the state.
    States,
    /// These variables of the state.
    Units(Vec<usize>),
    /// The outputs z.
    Outputs,
}

/// The inputs u(t) of the columns of a batch.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// No input: u = 0.
    Zero,
    /// Column c of the matrix is the constant input of column c of the batch.
    Constant(MatRef<'a, f64>),
    /// Writes u at time t for a column. Called from many threads.
    Varying(&'a (dyn Fn(f64, usize, &mut [f64]) + Sync)),
}

/// How to simulate.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulationOptions {
    /// Time step, in the units of τ; without meaning for a map.
    pub dt: f64,
    /// Number of steps.
    pub steps: usize,
    /// How a step is made.
    pub integrator: Integrator,
    /// What is recorded, at time 0 and after every `every` steps.
    pub record: Record,
    /// Steps between two recorded frames.
    pub every: usize,
    /// Root of the noise: column c draws from the stream (seed, "simulation noise", c).
    pub seed: u64,
}

impl Default for SimulationOptions {
    fn default() -> Self {
        Self {
            dt: 0.1,
            steps: 100,
            integrator: Integrator::Euler,
            record: Record::Nothing,
            every: 1,
            seed: 0,
        }
    }
}

/// How the simulation of one column ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SimulationStatus {
    /// All steps were made, and the state is ordinary.
    Finished,
    /// After this step the state was not finite, or its root mean square beyond [`DIVERGED`]: the step
    /// is too long for the method, or the network itself grows without bounds.
    Diverged {
        /// The step.
        step: usize,
        /// The time after it.
        time: f64,
    },
}

/// Why a simulation cannot be run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// The batch has no columns.
    #[error("the batch of initial states has no columns: there is nothing to simulate")]
    EmptyBatch,
    /// The initial states have the wrong height.
    #[error("initial states need one row for each of the {units} units, got {rows}")]
    Rows {
        /// Number of units.
        units: usize,
        /// Number of rows.
        rows: usize,
    },
    /// An initial state is NaN or infinite.
    #[error("the initial state of unit {unit} in column {column} is not finite")]
    NotFinite {
        /// The unit.
        unit: usize,
        /// The column.
        column: usize,
    },
    /// The inputs have the wrong shape.
    #[error("inputs must be {inputs}×{columns} (one row an input, one column a trial), got {found:?}")]
    Input {
        /// Number of inputs of the network.
        inputs: usize,
        /// Number of columns of the batch.
        columns: usize,
        /// Shape found.
        found: (usize, usize),
    },
    /// The time step is not a positive number.
    #[error("the time step must be positive and finite, got {dt}")]
    TimeStep {
        /// The time step.
        dt: f64,
    },
    /// Frames are asked for every zero steps.
    #[error("`every` must be at least 1: the number of steps between two recorded frames")]
    Every,
    /// A unit to be recorded does not exist.
    #[error("cannot record unit {unit} of a network of {units} units")]
    Unit {
        /// The unit.
        unit: usize,
        /// Number of units.
        units: usize,
    },
    /// The Runge–Kutta method knows no noise.
    #[error(
        "the Runge–Kutta method cannot integrate noise (strength {noise}); use Euler or exponential Euler"
    )]
    NoiseWithRungeKutta {
        /// The noise strength.
        noise: f64,
    },
    /// The flag given to [`RateNetwork::simulate_until`] was set.
    #[error("the simulation was stopped before its last step")]
    Stopped,
}

/// A simulated batch.
#[derive(Debug, Clone)]
pub struct Simulation<T> {
    /// Times of the frames.
    pub times: Vec<f64>,
    /// Number of recorded variables V.
    pub variables: usize,
    /// Number of columns P.
    pub columns: usize,
    /// Recorded values: frame after frame, in each column after column, in each the V variables.
    pub frames: Vec<T>,
    /// The states after the last step, N×P.
    pub final_states: Mat<T>,
    /// How each column ended.
    pub status: Vec<SimulationStatus>,
}

impl<T: Real> Simulation<T> {
    /// One recorded value.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn value(&self, frame: usize, variable: usize, column: usize) -> T {
        assert!(variable < self.variables && column < self.columns, "no such variable or column");
        self.frames[(frame * self.columns + column) * self.variables + variable]
    }

    /// The course of one variable in one column.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn trace(&self, variable: usize, column: usize) -> Vec<T> {
        (0..self.times.len()).map(|frame| self.value(frame, variable, column)).collect()
    }

    /// The first divergence, if any column diverged.
    pub fn divergence(&self) -> Option<SimulationStatus> {
        self.status.iter().copied().find(|status| *status != SimulationStatus::Finished)
    }
}

/// N×P initial states, independent normal with standard deviation `sd`, from the stream (seed,
/// "simulate: initial states", 0): those of `attractorlab simulate`.
pub fn initial_states(units: usize, trials: usize, sd: f64, seed: u64) -> Mat<f64> {
    let mut stream = Stream::new(seed, "simulate: initial states", 0);
    Mat::from_fn(units, trials, |_, _| sd * stream.normal())
}

impl RateNetwork {
    /// Simulates a batch of trials in the precision of `start`, whose columns are their initial states
    /// (x in the current form, r in the rate form, h for a map).
    ///
    /// The columns are spread over the threads of the current rayon pool in blocks that depend on their
    /// number only: one thread and many give the same bits.
    ///
    /// # Errors
    /// [`SimulationError`] for an empty batch, wrong shapes, a time step that is not positive, or noise
    /// under the Runge–Kutta method. Divergence is no error but [`Simulation::status`].
    ///
    /// ```
    /// use attractorlab::dynamics::{Input, Record, SimulationOptions, SimulationStatus};
    /// use attractorlab::network::{Bulk, Connectivity, Form, RateNetwork, Transfer};
    /// use attractorlab::numerics::{linalg::Mat, random::Stream};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bulk = Bulk::Gaussian { g: 0.5 }.draw(100, &mut Stream::new(1, "bulk", 0))?;
    /// let network = RateNetwork::new(Connectivity::new(bulk)?, Transfer::Tanh, Form::Current);
    /// let start = Mat::from_fn(100, 3, |i, c| ((i + c) as f32).sin());
    /// let options = SimulationOptions { steps: 400, every: 10, record: Record::Units(vec![0]), ..Default::default() };
    /// let run = network.simulate(start.as_ref(), Input::Zero, &options)?;
    /// assert_eq!((run.times.len(), run.status[2]), (41, SimulationStatus::Finished));
    /// // g < 1: activity dies out.
    /// assert!(run.value(40, 0, 2).abs() < 1e-3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn simulate<T: Real>(
        &self,
        start: MatRef<'_, T>,
        input: Input<'_>,
        options: &SimulationOptions,
    ) -> Result<Simulation<T>, SimulationError> {
        self.simulate_until(start, input, options, &AtomicBool::new(false))
    }

    /// Like [`Self::simulate`], but gives up within a step once `stop` is set: for runs that a user may
    /// interrupt.
    ///
    /// # Errors
    /// Those of [`Self::simulate`], and [`SimulationError::Stopped`] if the flag was set before all steps
    /// were made.
    pub fn simulate_until<T: Real>(
        &self,
        start: MatRef<'_, T>,
        input: Input<'_>,
        options: &SimulationOptions,
        stop: &AtomicBool,
    ) -> Result<Simulation<T>, SimulationError> {
        self.check_simulation(start, input, options)?;
        let columns = start.ncols();
        let weights = Weights::<T>::new(self, columns);
        let count = columns.div_ceil(BLOCK);
        let bounds: Vec<usize> = (0..=count).map(|b| b * columns / count).collect();
        let blocks: Vec<Block<'_, T>> = bounds
            .par_windows(2)
            .map(|ends| {
                let mut block = Block::new(self, &weights, start, input, options, ends[0]..ends[1]);
                if block.run(|| stop.load(Ordering::Relaxed)) {
                    Ok(block)
                } else {
                    Err(SimulationError::Stopped)
                }
            })
            .collect::<Result<_, _>>()?;

        let frames = options.steps / options.every + 1;
        let variables = match &options.record {
            Record::Nothing => 0,
            Record::States => self.units(),
            Record::Units(units) => units.len(),
            Record::Outputs => self.outputs(),
        };
        let mut recorded = Vec::with_capacity(frames * columns * variables);
        for frame in 0..frames {
            for (block, ends) in blocks.iter().zip(bounds.windows(2)) {
                let size = (ends[1] - ends[0]) * variables;
                recorded.extend_from_slice(&block.recorded()[frame * size..(frame + 1) * size]);
            }
        }
        let mut final_states = Mat::zeros(self.units(), columns);
        for (block, ends) in blocks.iter().zip(bounds.windows(2)) {
            for c in ends[0]..ends[1] {
                final_states.col_as_slice_mut(c).copy_from_slice(block.state(c - ends[0]));
            }
        }
        let dt = if self.form() == Form::Map { 1.0 } else { options.dt };
        Ok(Simulation {
            times: (0..frames).map(|f| (f * options.every) as f64 * dt).collect(),
            variables,
            columns,
            frames: recorded,
            final_states,
            status: blocks.iter().flat_map(|block| block.status().iter().copied()).collect(),
        })
    }

    fn check_simulation<T: Real>(
        &self,
        start: MatRef<'_, T>,
        input: Input<'_>,
        options: &SimulationOptions,
    ) -> Result<(), SimulationError> {
        let (units, columns) = (self.units(), start.ncols());
        if columns == 0 {
            return Err(SimulationError::EmptyBatch);
        }
        if start.nrows() != units {
            return Err(SimulationError::Rows { units, rows: start.nrows() });
        }
        for column in 0..columns {
            if let Some(unit) = start.col(column).iter().position(|x| !x.is_finite()) {
                return Err(SimulationError::NotFinite { unit, column });
            }
        }
        if let Input::Constant(u) = input
            && (u.nrows(), u.ncols()) != (self.inputs(), columns)
        {
            let found = (u.nrows(), u.ncols());
            return Err(SimulationError::Input { inputs: self.inputs(), columns, found });
        }
        if self.form() != Form::Map && !(options.dt > 0.0 && options.dt.is_finite()) {
            return Err(SimulationError::TimeStep { dt: options.dt });
        }
        if options.every == 0 {
            return Err(SimulationError::Every);
        }
        if let Record::Units(list) = &options.record
            && let Some(&unit) = list.iter().find(|&&unit| unit >= units)
        {
            return Err(SimulationError::Unit { unit, units });
        }
        if options.integrator == Integrator::RungeKutta4 && self.noise() > 0.0 && self.form() != Form::Map {
            return Err(SimulationError::NoiseWithRungeKutta { noise: self.noise() });
        }
        Ok(())
    }
}
