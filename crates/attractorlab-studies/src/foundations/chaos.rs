//! The transition to chaos, and the Lyapunov exponent beyond it.

use attractorlab::dynamics::{Input, LyapunovOptions, SimulationOptions, lyapunov_exponent};
use attractorlab::network::{Bulk, Connectivity, Form, RateNetwork, Transfer};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use attractorlab::theory::chaos::chaotic_state;
use attractorlab_figures::{Axis, Dots, Line, Panel, Reference};
use rayon::prelude::*;

use super::random_networks::{PURPOSE, Sizes};
use crate::statistics::Sample;
use crate::{Claim, Context, StudyError};

/// Strengths at which activity is watched.
const STRENGTHS: [f64; 4] = [0.8, 0.9, 1.3, 1.5];
/// Strengths at which the exponent is measured, and the allowance for networks of finite size, in
/// multiples of 100/N.
const EXPONENTS: [f64; 3] = [0.8, 2.0, 3.0];
const TRIALS: usize = 4;
const DURATION: f64 = 250.0;

pub(super) struct Chaos {
    /// For each strength the root mean square of x at the end: over networks.
    activity: Vec<(f64, Vec<f64>)>,
    /// For each strength the exponents over networks, and the theory's.
    exponents: Vec<(f64, Vec<f64>, f64)>,
    units: usize,
}

fn network(units: usize, g: f64, purpose: &str, seed: u64, k: u64) -> Result<RateNetwork, StudyError> {
    let bulk = Bulk::Gaussian { g }
        .draw(units, &mut Stream::new(seed, &format!("{PURPOSE} {purpose} {g}"), k))
        .map_err(StudyError::step("bulk"))?;
    let connectivity = Connectivity::new(bulk).map_err(StudyError::step("bulk"))?;
    Ok(RateNetwork::new(connectivity, Transfer::Tanh, Form::Current))
}

pub(super) fn run(context: &Context<'_>, sizes: Sizes) -> Result<Chaos, StudyError> {
    let seed = context.seed;
    let mut activity = Vec::new();
    for g in STRENGTHS {
        let values = (0..sizes.chaos_networks as u64)
            .into_par_iter()
            .map(|k| {
                context.check()?;
                let network = network(sizes.chaos_units, g, "activity", seed, k)?;
                let mut stream = Stream::new(seed, &format!("{PURPOSE} start {g}"), k);
                let start = Mat::from_fn(network.units(), TRIALS, |_, _| stream.normal());
                let dt = 0.1;
                let options =
                    SimulationOptions { dt, steps: (DURATION / dt) as usize, ..SimulationOptions::default() };
                let run = network
                    .simulate(start.as_ref(), Input::Zero, &options)
                    .map_err(StudyError::step("simulation"))?;
                Ok(run.final_states.norm_l2() / ((network.units() * TRIALS) as f64).sqrt())
            })
            .collect::<Result<Vec<f64>, StudyError>>()?;
        activity.push((g, values));
    }
    let mut exponents = Vec::new();
    for g in EXPONENTS {
        let values = (0..sizes.lyapunov_networks as u64)
            .into_par_iter()
            .map(|k| {
                context.check()?;
                let network = network(sizes.chaos_units, g, "Lyapunov", seed, k)?;
                let start =
                    Stream::new(seed, &format!("{PURPOSE} Lyapunov start {g}"), k).normals(network.units());
                let dt = 0.2;
                let options = LyapunovOptions {
                    dt,
                    transient: (100.0 / dt) as usize,
                    steps: (sizes.lyapunov_duration / dt) as usize,
                    seed: seed ^ k,
                    ..LyapunovOptions::default()
                };
                Ok(lyapunov_exponent(&network, &start, options).exponent)
            })
            .collect::<Result<Vec<f64>, StudyError>>()?;
        // Below the transition the state at rest is all there is: growth rate g − 1.
        let theory = if g < 1.0 {
            g - 1.0
        } else {
            chaotic_state(Transfer::Tanh, g).map_err(StudyError::step("theory of chaos"))?.lyapunov_exponent
        };
        exponents.push((g, values, theory));
    }
    Ok(Chaos { activity, exponents, units: sizes.chaos_units })
}

impl Chaos {
    pub(super) fn claims(&self) -> Result<Vec<Claim>, StudyError> {
        let mut claims = Vec::new();
        let source = "Sompolinsky, Crisanti & Sommers 1988";
        for (g, values) in &self.activity {
            let (least, most) =
                values.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &v| (low.min(v), high.max(v)));
            if *g < 1.0 {
                claims.push(
                    Claim::at_most(
                        &format!("dies-{g}"),
                        &format!("With g = {g} activity dies out: largest rms of x after {DURATION} τ over networks"),
                        1e-3,
                        most,
                    )
                    .source(source)
                    .because(
                        "The slowest mode decays at 1 − max Re λ, at least 0.04 for g = 0.9 as the edge scatters by \
                         0.3/√N: e^(−0.04·250) = 5e-5, and its share of a random start is N^(−1/2).",
                    ),
                );
            } else {
                let state = chaotic_state(Transfer::Tanh, *g).map_err(StudyError::step("theory of chaos"))?;
                let expected = state.variance.sqrt();
                claims.push(
                    Claim::at_least(
                        &format!("lives-{g}"),
                        &format!(
                            "With g = {g} activity goes on: least rms of x after {DURATION} τ over networks, over √Δ₀ = {expected:.3}"
                        ),
                        0.4,
                        least / expected,
                    )
                    .source(source)
                    .because(
                        "The rms of one network scatters by about a sixth around mean-field theory; the alternative, \
                         activity that dies, is smaller by orders of magnitude.",
                    ),
                );
            }
        }
        for (g, values, theory) in &self.exponents {
            let sample = Sample::of(values);
            if *g < 1.0 {
                claims.push(
                    Claim::at_most(
                        &format!("sign-{g}"),
                        &format!(
                            "With g = {g} the largest Lyapunov exponent is negative: mean over networks"
                        ),
                        0.0,
                        sample.mean,
                    )
                    .source(source)
                    .because("It is max Re λ − 1 of the state at rest, −0.2 up to the frayed edge, 0.05."),
                );
                continue;
            }
            claims.push(
                Claim::at_least(
                    &format!("sign-{g}"),
                    &format!("With g = {g} the largest Lyapunov exponent is positive: mean over networks"),
                    0.0,
                    sample.mean,
                )
                .source(source)
                .because("The mean lies more than ten standard errors above zero."),
            );
            // 4.5 standard errors as a Student t with few degrees of freedom would be much too narrow:
            // the score maps it to the normal quantile.
            let shift = FINITE_SIZE / self.units as f64;
            let distance = (sample.mean - theory).abs() - shift;
            let beyond = if distance <= 0.0 {
                0.0
            } else {
                sample.score(theory + (sample.mean - theory).signum() * shift)
            };
            claims.push(
                Claim::within(
                    &format!("exponent-{g}"),
                    &format!(
                        "Lyapunov exponent at g = {g}: measured {:.4} ± {:.4} against {theory:.4} in mean-field theory; standard errors beyond the allowance for finite size",
                        sample.mean,
                        sample.standard_error(),
                    ),
                    0.0,
                    beyond,
                    4.0,
                )
                .source("Sompolinsky, Crisanti & Sommers 1988: λ = −1 + √(1 − E₀)")
                .because(&format!(
                    "The scatter over {} networks, by Student's t mapped to the normal quantile (chance 6e-5), beyond a \
                     shift of finite size of {shift:.4} = {FINITE_SIZE}/N.",
                    values.len()
                )),
            );
        }
        Ok(claims)
    }

    pub(super) fn panels(&self) -> Result<[Panel; 2], StudyError> {
        let strengths: Vec<f64> = (1..=20).map(|k| 1.0 + 0.1 * f64::from(k)).collect();
        let theory = strengths
            .par_iter()
            .map(|&g| Ok((g, chaotic_state(Transfer::Tanh, g).map_err(StudyError::step("theory of chaos"))?)))
            .collect::<Result<Vec<_>, StudyError>>()?;
        let quiet = [(0.6, 0.0), (1.0, 0.0)];
        let rms = quiet.into_iter().chain(theory.iter().map(|(g, s)| (*g, s.variance.sqrt())));
        let rms = rms.take_while(|(g, _)| *g < 1.75);
        let points = |values: &[(f64, Vec<f64>)]| -> (Vec<(f64, f64)>, Vec<f64>) {
            values
                .iter()
                .map(|(g, v)| {
                    let sample = Sample::of(v);
                    ((*g, sample.mean), sample.std)
                })
                .unzip()
        };
        let (means, bars) = points(&self.activity);
        let activity = Panel::new(
            Axis::new("strength of the bulk g").range(0.6, 1.7),
            Axis::new("activity, rms of x").range(-0.05, 1.3),
        )
        .title("Transition to chaos")
        .layer(Reference::vertical(1.0).label("g = 1"))
        .layer(Line::through(rms).label("√Δ₀, mean field"))
        .layer(Dots::at(means).y_error(&bars).label("simulation"));
        let measured: Vec<_> = self.exponents.iter().map(|(g, v, _)| (*g, v.clone())).collect();
        let (means, bars) = points(&measured);
        let line = [(0.6, -0.4), (1.0, 0.0)]
            .into_iter()
            .chain(theory.iter().map(|(g, s)| (*g, s.lyapunov_exponent)));
        let exponent = Panel::new(
            Axis::new("strength of the bulk g").range(0.6, 3.1),
            Axis::new("Lyapunov exponent λ, 1/τ").range(-0.42, 0.3),
        )
        .title("Lyapunov exponent")
        .layer(Reference::horizontal(0.0))
        .layer(Line::through(line).label("mean field"))
        .layer(Dots::at(means).y_error(&bars).label("simulation"));
        Ok([activity, exponent])
    }
}

/// Shift of the Lyapunov exponent by finite size, times N.
const FINITE_SIZE: f64 = 6.0;
