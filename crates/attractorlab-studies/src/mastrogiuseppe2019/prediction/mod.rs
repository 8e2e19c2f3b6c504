//! Does theory predict what trained networks do? Settings drawn from a box, each trained, released, and held
//! against the verdict that theory gave beforehand.

mod score;
mod setting;
mod trial;

use std::sync::atomic::{AtomicUsize, Ordering};

use attractorlab_numerics::random::Stream;
use rayon::prelude::*;
use serde_json::{Value, json};

use self::setting::{FEEDBACK_STD, GAIN, INPUT_STD, RHO, Setting, TARGET};
use self::trial::{DELTA, RELEASE, STARTS, Trial};
use super::rules::{RECURSIVE, Rule};
use crate::{Context, Outcome, Preset, Study, StudyError};

/// The prediction study: verdicts of theory against trained and released networks.
#[derive(Debug, Clone, Copy)]
pub struct PredictionStudy;

struct Size {
    settings: usize,
    units: usize,
    scatter_networks: usize,
    scatter_units: usize,
}

fn size(preset: Preset) -> Size {
    match preset {
        Preset::Quick => Size { settings: 24, units: 200, scatter_networks: 6, scatter_units: 100 },
        Preset::Full => Size { settings: 600, units: 400, scatter_networks: 20, scatter_units: 200 },
    }
}

/// Finite networks start to fluctuate at a bulk radius that scatters about one: root mean square of r − 1 at the
/// onset, times √N. Measured on clamped networks of 200 and 400 units at g = 1.5 and 2.4 by the share that
/// settles within 300 τ: the half-way radius lies 0.03 to 0.09 above one, and the share falls over 0.06 to 0.08.
const EDGE: f64 = 1.6;

impl Study for PredictionStudy {
    fn id(&self) -> &'static str {
        "mastrogiuseppe2019/prediction"
    }

    fn title(&self) -> &'static str {
        "Does theory predict what training will give?"
    }

    fn question(&self) -> &'static str {
        "Networks, inputs, targets and training rules are drawn at random from a box fixed beforehand. Theory says of \
         each whether the target will be stable, whether another attractor competes, and whether there is chaos. How \
         often is it right?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let Size { settings, units, scatter_networks, scatter_units } = size(preset);
        json!({
            "settings": settings, "units": units,
            "scatter": {"networks": scatter_networks, "units": scatter_units, "edge": EDGE},
            "box": {"g": GAIN, "feedback_std": FEEDBACK_STD, "input_std": INPUT_STD, "rho": RHO,
                    "target_size": TARGET, "target_sign": "±",
                    "rule": Rule::ALL.map(Rule::name)},
            "recursive_least_squares": {"alpha": RECURSIVE.alpha, "dt": RECURSIVE.dt, "duration": RECURSIVE.duration},
            "delta_rule": {"rate": DELTA.rate, "dt": DELTA.dt, "duration": DELTA.duration},
            "starts": {"number": STARTS, "kinds": "end of training, clamped at −A and ±2A, generic, large norm, leading \
                eigenspace of the bulk"},
            "release": {"dt": RELEASE.dt, "duration": RELEASE.duration, "settled": RELEASE.settled},
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let size = size(context.preset);
        let done = AtomicUsize::new(0);
        let trials: Vec<(Trial, usize)> = (0..size.settings)
            .into_par_iter()
            .map(|index| {
                context.check()?;
                let trial = one(context, &size, index as u64)?;
                context.progress.update(done.fetch_add(1, Ordering::Relaxed) + 1, size.settings);
                Ok(trial)
            })
            .collect::<Result<_, StudyError>>()?;
        let passed = trials.iter().map(|t| t.1).sum();
        let trials: Vec<Trial> = trials.into_iter().map(|t| t.0).collect();
        Ok(score::outcome(&trials, passed, context.preset))
    }
}

fn one(context: &Context<'_>, size: &Size, index: u64) -> Result<(Trial, usize), StudyError> {
    let stream =
        |what: &str| Stream::new(context.seed, &format!("mastrogiuseppe2019/prediction/{what}"), index);
    let (setting, answer, passed) =
        Setting::draw(&mut stream("setting"), size.units).map_err(StudyError::step("theory"))?;
    let edge = EDGE / (size.units as f64).sqrt();
    let networks = (size.scatter_networks, size.scatter_units, size.units);
    let scatter =
        trial::scatter(context, &setting, &answer.decisive, networks, edge, &mut stream("scatter"))?;
    context.check()?;
    Ok((trial::run(context, setting, &answer, size.units, &scatter, &mut stream("network"))?, passed))
}
