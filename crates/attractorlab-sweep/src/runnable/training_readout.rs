//! `training.readout`: a finite feedback network, its readout trained, beside the theory of the trained network.

use attractorlab::dynamics::{
    ClampedNetwork, EffectiveConnectivity, Input, SimulationOptions, SimulationStatus, Status, outliers,
};
use attractorlab::network::{Connectivity, Form, InputVectors, RateNetwork, Transfer, gaussian_bulk};
use attractorlab::theory::feedback::{BulkCorrelation, TrainedReadout};
use attractorlab::training::{
    DeltaOptions, FeedbackTask, RecursiveLeastSquares, delta_rule, least_squares, recursive_least_squares,
};
use attractorlab_numerics::linalg::Mat;

use super::{Measure, Measures, Parameter, Parameters, RunError, Runnable, Seed, ensemble};
use crate::{Domain, Kind};

/// Trains the readout of one random network to a stationary output, looks whether the closed loop holds it, and
/// sets the outlier at the target beside the theory's.
///
/// The theory is that of least squares; of the other rules it tells the least-squares solution, for comparison.
/// Source: Mastrogiuseppe & Ostojic, Neural Comput. 31:1139 (2019).
#[derive(Debug, Clone, Copy)]
pub struct TrainingReadout;

/// How far the trained state is pushed before it must come back, in units of the rms of the state.
const PUSH: f64 = 0.05;
/// How long it has for that, in time constants.
const PATIENCE: f64 = 60.0;
/// An output closer to the target than this share of it counts as held.
const HELD: f64 = 0.02;

impl Runnable for TrainingReadout {
    fn name(&self) -> &'static str {
        "training.readout"
    }

    fn about(&self) -> &'static str {
        "A finite feedback network whose readout is trained to a stationary output: held or lost, outlier, theory"
    }

    fn version(&self) -> u32 {
        1
    }

    fn is_random(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut all = vec![
            Parameter::new("target", Domain::number(), "target A of the output"),
            Parameter::new("g", Domain::at_least(0.0), "spectral radius of the bulk").default(0.5),
            Parameter::new("units", Domain::whole(2, 20_000), "number of units N").default(400),
            Parameter::new(
                "rule",
                Domain::choice(["least-squares", "recursive-least-squares", "delta"]),
                "training rule",
            )
            .default("least-squares"),
            Parameter::new("ridge", Domain::at_least(0.0), "ridge q of least squares").default(0.0),
        ];
        all.extend(ensemble::vectors());
        all
    }

    fn measures(&self) -> Vec<Measure> {
        vec![
            Measure::new("error", Kind::Number, "|z − A| when training ended"),
            Measure::new("holds", Kind::Truth, "whether the pushed closed loop returns to the target"),
            Measure::new("output", Kind::Number, "output z of the pushed closed loop in the end"),
            Measure::new(
                "monostable",
                Kind::Truth,
                "whether the closed loop finds the target from the trained state's mirror image too",
            )
            .predicted_by("theory_monostable")
            .boundary(0.5),
            Measure::new(
                "outlier_re",
                Kind::Number,
                "real part of the leading outlier λ at the target; missing within 1.5 radii of the bulk",
            )
            .predicted_by("theory_outlier_re")
            .boundary(1.0),
            Measure::new(
                "theory_outlier_re",
                Kind::Number,
                "theory: real part of the leading outlier λ at the target",
            ),
            Measure::new(
                "theory_radius",
                Kind::Number,
                "theory: radius of the bulk of J diag φ' at the target",
            ),
            Measure::new(
                "theory_monostable",
                Kind::Truth,
                "theory: whether the target is the only stationary state",
            ),
            Measure::new(
                "theory_fixed_points",
                Kind::Integer,
                "theory: number of stationary states of the closed loop",
            ),
        ]
    }

    fn arrays(&self) -> Vec<(String, String)> {
        vec![
            ("readout".to_owned(), "N: the trained readout n".to_owned()),
            ("state".to_owned(), "N: the state when training ended".to_owned()),
        ]
    }

    fn run(&self, parameters: &Parameters<'_>, seed: Seed) -> Result<Measures, RunError> {
        let units = parameters.integer("units")? as usize;
        let inputs = ensemble::read_inputs(parameters)?;
        let (target, ridge) = (parameters.number("target")?, parameters.number("ridge")?);
        let transfer = Transfer::Tanh;
        let bulk = gaussian_bulk(units, inputs.g, &mut seed.stream("bulk"));
        let vectors = InputVectors::draw(
            units,
            inputs.feedback_std,
            inputs.input_std,
            inputs.rho,
            &mut seed.stream("vectors"),
        );
        let task = FeedbackTask {
            network: ClampedNetwork { bulk: bulk.as_ref(), transfer },
            feedback: &vectors.feedback,
            input: &vectors.input,
            target,
        };
        let start = || seed.stream("start").normals(units);
        let trained = match parameters.text("rule")? {
            "least-squares" => least_squares(task, ridge),
            "delta" => delta_rule(task, &start(), DeltaOptions::default()),
            _ => recursive_least_squares(task, &start(), RecursiveLeastSquares::default()),
        }
        .map_err(RunError::because)?;

        let connectivity = Connectivity::new(bulk.clone())
            .and_then(|bulk| bulk.with_feedback(vectors.feedback.clone(), trained.readout.clone()))
            .map_err(RunError::because)?;
        let network = RateNetwork::new(connectivity, transfer, Form::Current)
            .with_bias(vectors.input.clone())
            .and_then(|network| network.with_output(trained.readout.clone()))
            .map_err(RunError::because)?;

        let rms = (trained.x.iter().map(|x| x * x).sum::<f64>() / units as f64).sqrt();
        let push = seed.stream("push").normals(units);
        let starts = Mat::from_fn(units, 2, |i, c| {
            let x = trained.x[i] + PUSH * rms * push[i];
            if c == 0 { x } else { -x }
        });
        let options =
            SimulationOptions { steps: (PATIENCE / 0.1) as usize, dt: 0.1, ..SimulationOptions::default() };
        let run = network.simulate(starts.as_ref(), Input::Zero, &options).map_err(RunError::because)?;
        let outputs = [0, 1].map(|c| {
            let end: Vec<f64> = run.final_states.col(c).iter().copied().collect();
            network.output(&end)[0]
        });
        let at_the_target = [0, 1].map(|c| {
            let ordinary = run.status[c] == SimulationStatus::Finished;
            ordinary && (outputs[c] - target).abs() <= HELD * target.abs().max(1e-12)
        });

        let mut outlier = None;
        if trained.status == Status::Converged {
            let operator =
                EffectiveConnectivity::new(network.connectivity(), network.gains_at(&trained.x, &[]));
            let found = outliers(&operator, 0.5).map_err(RunError::because)?;
            outlier = found.values.first().map(|value| value.re);
        }
        let theory = TrainedReadout::least_squares(transfer, inputs, target, ridge, BulkCorrelation::Kept)
            .map_err(RunError::because)?;
        let states = theory.fixed_points().map_err(RunError::because)?;
        // With a ridge the output is not exactly at the target: the state next to it is meant.
        let at_target = states
            .iter()
            .min_by(|a, b| (a.z - target).abs().total_cmp(&(b.z - target).abs()))
            .ok_or_else(|| RunError::new("the theory finds no stationary state"))?;
        let mut measures = Measures::new()
            .with("error", trained.error)
            .with("holds", at_the_target[0])
            .with("output", outputs[0])
            .with("monostable", at_the_target[0] && at_the_target[1])
            .with_option("outlier_re", outlier)
            .with("theory_outlier_re", at_target.outliers[0].re)
            .with("theory_radius", at_target.radius)
            .with("theory_monostable", states.len() == 1)
            .with("theory_fixed_points", states.len() as i64);
        if parameters.wants("readout") {
            measures = measures.with_array("readout", vec![units], trained.readout);
        }
        if parameters.wants("state") {
            measures = measures.with_array("state", vec![units], trained.x);
        }
        Ok(measures)
    }
}
