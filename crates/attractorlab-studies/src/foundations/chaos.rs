//! The transition to chaos, and the Lyapunov exponent beyond it.

use attractorlab::dynamics::{Input, LyapunovOptions, SimulationOptions, lyapunov_exponent_until};
use attractorlab::network::{Bulk, Connectivity, Form, RateNetwork, Transfer};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;
use attractorlab::theory::chaos::chaotic_state;
use attractorlab_figures::{Axis, Colour, Dots, Line, Panel, Reference};
use rayon::prelude::*;

use super::random_networks::{PURPOSE, Sizes};
use crate::statistics::Sample;
use crate::{Claim, Context, StudyError};

/// Strengths at which activity is watched.
const STRENGTHS: [f64; 4] = [0.6, 0.7, 1.3, 1.5];
/// Strengths at which the exponent is measured.
const EXPONENTS: [f64; 3] = [0.8, 2.0, 3.0];
const TRIALS: usize = 4;
const DURATION: f64 = 250.0;

pub(super) struct Chaos {
    /// For each strength the root mean square of x at the end: over networks.
    activity: Vec<(f64, Vec<f64>)>,
    exponents: Vec<Exponent>,
    units: usize,
}

/// Lyapunov exponents at one strength.
struct Exponent {
    g: f64,
    /// Over networks.
    measured: Vec<f64>,
    /// 2λ(N) − λ(N/2) over pairs of independent networks: without the shift of order 1/N.
    extrapolated: Vec<f64>,
    theory: f64,
}

fn network(units: usize, g: f64, purpose: &str, seed: u64, k: u64) -> Result<RateNetwork, StudyError> {
    let bulk = Bulk::Gaussian { g }
        .draw(units, &mut Stream::new(seed, &format!("{PURPOSE} {purpose} {g} {units}"), k))
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
                let run = context.simulate("simulation", &network, start.as_ref(), Input::Zero, &options)?;
                Ok(run.final_states.norm_l2() / ((network.units() * TRIALS) as f64).sqrt())
            })
            .collect::<Result<Vec<f64>, StudyError>>()?;
        activity.push((g, values));
    }
    let mut exponents = Vec::new();
    for g in EXPONENTS {
        let exponent = |units: usize, k: u64| {
            context.check()?;
            let network = network(units, g, "Lyapunov", seed, k)?;
            let start = Stream::new(seed, &format!("{PURPOSE} Lyapunov start {g} {units}"), k).normals(units);
            let dt = 0.2;
            let options = LyapunovOptions {
                dt,
                transient: (60.0 / dt) as usize,
                steps: (sizes.lyapunov_duration / dt) as usize,
                seed: seed ^ k,
                ..LyapunovOptions::default()
            };
            let found = lyapunov_exponent_until(&network, &start, options, context.cancelled);
            found.map(|found| found.exponent).ok_or(StudyError::Cancelled)
        };
        let units = sizes.chaos_units;
        let pairs = (0..sizes.lyapunov_networks as u64)
            .into_par_iter()
            .map(|k| Ok((exponent(units, k)?, exponent(units / 2, k)?)))
            .collect::<Result<Vec<(f64, f64)>, StudyError>>()?;
        // Below the transition the state at rest is all there is: growth rate g − 1.
        let theory = if g < 1.0 {
            g - 1.0
        } else {
            chaotic_state(Transfer::Tanh, g).map_err(StudyError::step("theory of chaos"))?.lyapunov_exponent
        };
        let measured = pairs.iter().map(|pair| pair.0).collect();
        let extrapolated = pairs.iter().map(|pair| 2.0 * pair.0 - pair.1).collect();
        exponents.push(Exponent { g, measured, extrapolated, theory });
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
                        "The slowest mode decays at 1 − max Re λ. The edge of the spectrum frays: at 300 units its radius \
                         is g(1.02 + 0.05 x) with x of Gumbel's law, so that at g = 0.7 a network misses e^(−0.03·250) \
                         with a probability below 1e-3; at g = 0.9 one in a hundred would.",
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
        for Exponent { g, measured, extrapolated, theory } in &self.exponents {
            let sample = Sample::of(measured);
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
            let sample = Sample::of(extrapolated);
            let side = (sample.mean - theory).signum();
            let beyond = if (sample.mean - theory).abs() <= NEXT_ORDER {
                0.0
            } else {
                sample.score(theory + side * NEXT_ORDER)
            };
            claims.push(
                Claim::within(
                    &format!("exponent-{g}"),
                    &format!(
                        "Lyapunov exponent at g = {g}, extrapolated to infinite size: {:.4} ± {:.4}, in mean-field theory \
                         {theory:.4}; standard errors beyond the allowance",
                        sample.mean,
                        sample.standard_error(),
                    ),
                    0.0,
                    beyond,
                    4.0,
                )
                .source("Sompolinsky, Crisanti & Sommers 1988: λ = −1 + √(1 − E₀)")
                .because(&format!(
                    "A finite network is less chaotic by about 14/N (150 to 1200 units): 2λ(N) − λ(N/2) leaves the next \
                     order and the time step of 0.2, for which {NEXT_ORDER} is allowed. Beyond that Student's t over {} \
                     pairs of networks, mapped to the normal quantile: 4 has the chance 6e-5.",
                    extrapolated.len()
                )),
            );
        }
        Ok(claims)
    }

    pub(super) fn panels(&self) -> Result<[Panel; 2], StudyError> {
        let near = [1.02, 1.05];
        let strengths: Vec<f64> =
            near.into_iter().chain((1..=20).map(|k| 1.0 + 0.1 * f64::from(k))).collect();
        let theory = strengths
            .par_iter()
            .map(|&g| Ok((g, chaotic_state(Transfer::Tanh, g).map_err(StudyError::step("theory of chaos"))?)))
            .collect::<Result<Vec<_>, StudyError>>()?;
        let quiet = [(0.6, 0.0), (1.0, 0.0)];
        let rms = quiet.into_iter().chain(theory.iter().map(|(g, s)| (*g, s.variance.sqrt())));
        let rms = rms.take_while(|(g, _)| *g < 1.75);
        let (means, bars): (Vec<_>, Vec<f64>) = self
            .activity
            .iter()
            .map(|(g, values)| {
                let sample = Sample::of(values);
                ((*g, sample.mean), sample.std)
            })
            .unzip();
        let activity = Panel::new(
            Axis::new("strength of the bulk g").range(0.6, 1.7),
            Axis::new("activity, rms of x").range(-0.05, 1.3),
        )
        .title("Transition to chaos")
        .layer(Reference::vertical(1.0).label("g = 1"))
        .layer(Line::through(rms).label("√Δ₀, mean field"))
        .layer(Dots::at(means).y_error(&bars).label("simulation"));
        let dots = |values: fn(&Exponent) -> &Vec<f64>, from: f64| {
            let chosen = self.exponents.iter().filter(move |exponent| exponent.g > from);
            let samples: Vec<_> = chosen.map(|exponent| (exponent.g, Sample::of(values(exponent)))).collect();
            let bars: Vec<f64> = samples.iter().map(|(_, sample)| sample.standard_error()).collect();
            Dots::at(samples.iter().map(|(g, sample)| (*g, sample.mean))).y_error(&bars)
        };
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
        .layer(dots(|exponent| &exponent.measured, 0.0).label(format!("simulation, N = {}", self.units)))
        .layer(dots(|exponent| &exponent.extrapolated, 1.0).open().colour(Colour::Vermillion).label("N → ∞"));
        Ok([activity, exponent])
    }
}

/// What is left of the shift of the Lyapunov exponent by finite size and time step.
const NEXT_ORDER: f64 = 0.006;
