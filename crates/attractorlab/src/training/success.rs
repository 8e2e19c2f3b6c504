//! Whether training succeeded: does the closed loop hold its targets?

use attractorlab_numerics::linalg::{Mat, MatRef};
use attractorlab_numerics::random::Stream;

use super::task::column;
use super::{OutputTask, TrainingError};
use crate::dynamics::{Input, Integrator, Record, SimulationError, SimulationOptions, SimulationStatus};
use crate::network::{Connectivity, Form, NetworkError, RateNetwork};

/// How it is tested whether the closed loop holds its targets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HoldingTest {
    /// Standard deviation of the normal perturbation of every unit's input at the start.
    pub perturbation: f64,
    /// Duration of the run.
    pub duration: f64,
    /// Step of the Runge–Kutta method.
    pub dt: f64,
    /// A target f is held if |z − f| < `tolerance`·|f| at the end.
    pub tolerance: f64,
}

impl Default for HoldingTest {
    fn default() -> Self {
        Self { perturbation: 0.02, duration: 40.0, dt: 0.1, tolerance: 0.1 }
    }
}

/// What became of each target.
#[derive(Debug, Clone)]
pub struct Holding {
    /// Whether the target was held.
    pub held: Vec<bool>,
    /// Final outputs, K×M.
    pub outputs: Mat<f64>,
    /// Course of |z − f| of each target, one entry a time unit, the first at time 0; NaN after a
    /// divergence.
    pub distances: Vec<Vec<f64>>,
}

/// Why a trained network cannot be tested.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HoldingError {
    /// The task is wrong.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// The network cannot be made.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The simulation cannot be run.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
}

impl OutputTask<'_> {
    /// The network with its loops closed by these readouts (N×K), current form, τ = 1, with K outputs and
    /// one input for each target, whose weights are the target's constant input (none where the task has
    /// none): target m is run with the input that is 1 at m.
    ///
    /// # Errors
    /// [`NetworkError`] for a readout of the wrong shape or with entries that are not finite.
    pub fn closed_loop(&self, readout: MatRef<'_, f64>) -> Result<RateNetwork, NetworkError> {
        let mut bulk = Mat::zeros(self.units(), self.units());
        bulk.copy_from(self.network.bulk);
        let mut connectivity = Connectivity::new(bulk)?;
        for k in 0..self.outputs().min(readout.ncols()) {
            connectivity =
                connectivity.with_feedback(column(self.feedback, k).to_vec(), column(readout, k).to_vec())?;
        }
        let mut inputs = Mat::zeros(self.units(), self.inputs.ncols());
        inputs.copy_from(self.inputs);
        let mut network = RateNetwork::new(connectivity, self.network.transfer, Form::Current)
            .with_input_weights(inputs)?;
        for k in 0..readout.ncols() {
            network = network.with_output(column(readout, k).to_vec())?;
        }
        Ok(network)
    }

    /// Runs the closed loop from each of the `states` (N×M, as training left them), perturbed, and says
    /// which targets are held.
    ///
    /// Source: Rivkind & Barak 2017, whose training succeeds where every target is stable.
    ///
    /// # Errors
    /// [`HoldingError`] for matrices of the wrong shape.
    pub fn test_holding(
        &self,
        readout: MatRef<'_, f64>,
        states: MatRef<'_, f64>,
        test: HoldingTest,
        stream: &mut Stream,
    ) -> Result<Holding, HoldingError> {
        self.check()?;
        let network = self.closed_loop(readout)?;
        let (units, targets, outputs) = (self.units(), self.count(), self.outputs());
        let start = Mat::from_fn(states.nrows(), states.ncols(), |i, m| {
            states[(i, m)] + test.perturbation * stream.normal()
        });
        let every = (1.0 / test.dt).round().max(1.0) as usize;
        let options = SimulationOptions {
            dt: test.dt,
            steps: (test.duration / test.dt).round() as usize,
            integrator: Integrator::RungeKutta4,
            record: Record::Outputs,
            every,
            seed: 0,
        };
        let select = Mat::<f64>::identity(targets, targets);
        let input = if self.inputs.ncols() > 0 { Input::Constant(select.as_ref()) } else { Input::Zero };
        let run = network.simulate(start.as_ref(), input, &options)?;
        let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
        let mut holding =
            Holding { held: Vec::new(), outputs: Mat::zeros(outputs, targets), distances: Vec::new() };
        for m in 0..targets {
            let state: Vec<f64> = (0..units).map(|i| run.final_states[(i, m)]).collect();
            let finished = run.status[m] == SimulationStatus::Finished;
            let z = if finished { network.output(&state) } else { vec![f64::NAN; outputs] };
            let f = self.target(m);
            let distance = norm(&mut z.iter().zip(&f).map(|(z, f)| z - f));
            holding.held.push(distance < test.tolerance * norm(&mut f.iter().copied()));
            for (k, z) in z.iter().enumerate() {
                holding.outputs[(k, m)] = *z;
            }
            let course = (0..run.times.len())
                .map(|frame| norm(&mut f.iter().enumerate().map(|(k, f)| run.value(frame, k, m) - f)))
                .collect();
            holding.distances.push(course);
        }
        Ok(holding)
    }
}
