//! Settings drawn from the box, and what theory says about each.

use attractorlab::network::Transfer;
use attractorlab::theory::clamped::DriveTheory;
use attractorlab::theory::feedback::{FeedbackError, Inputs, ReadoutTheory, Stability};
use attractorlab_numerics::random::Stream;
use attractorlab_numerics::special::normal_cdf;

use super::super::rules::Rule;

/// Ranges from which settings are drawn, uniformly and independently.
pub(super) const GAIN: (f64, f64) = (0.2, 2.8);
pub(super) const FEEDBACK_STD: (f64, f64) = (0.8, 1.6);
pub(super) const INPUT_STD: (f64, f64) = (0.1, 0.8);
pub(super) const RHO: (f64, f64) = (0.0, 0.8);
/// |A|; its sign is drawn too.
pub(super) const TARGET: (f64, f64) = (0.2, 2.2);

/// One setting of the box.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) inputs: Inputs,
    pub(super) target: f64,
    pub(super) rule: Rule,
}

/// What a network can do: each of the three may be true on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Verdict {
    /// The target is a stable state.
    pub(super) target: bool,
    /// Another stationary state is stable; `None` where theory leaves it open, because what training learns
    /// from a chaotic state is beyond it.
    pub(super) other: Option<bool>,
    /// There is a chaotic state.
    pub(super) chaotic: bool,
}

impl Verdict {
    pub(super) fn flags(self) -> [Option<bool>; 3] {
        [Some(self.target), self.other, Some(self.chaotic)]
    }

    /// Whether every answer given agrees with what was observed.
    pub(super) fn agrees(self, observed: Self) -> bool {
        self.flags().into_iter().zip(observed.flags()).all(|(said, seen)| said.is_none() || said == seen)
    }

    /// In words.
    pub(super) fn text(self) -> String {
        let parts = ["target stable", "other attractor", "chaotic"];
        let named: Vec<&str> = parts
            .into_iter()
            .zip(self.flags())
            .filter(|(_, flag)| *flag == Some(true))
            .map(|(part, _)| part)
            .collect();
        if named.is_empty() { "none".to_owned() } else { named.join(" + ") }
    }
}

/// Places at which finite networks may differ from theory.
#[derive(Debug, Clone)]
pub(super) struct Decisive {
    /// Extrema of G(z) − z away from the target, with their values: further states exist where a minimum
    /// below the target is negative, or a maximum above it positive.
    pub(super) extrema: Vec<(f64, f64)>,
    /// Stable or chaotic states, the target first, with radius.
    pub(super) states: Vec<(f64, f64)>,
    /// Slope of the map at the target.
    pub(super) slope: f64,
}

/// Theory's answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    pub(super) decisive: Decisive,
}

impl Setting {
    /// Draws until training starts and ends in states that theory knows, or the target's own clamped state is
    /// chaotic. The second value counts the draws that were passed over.
    pub(super) fn draw(stream: &mut Stream, units: usize) -> Result<(Self, Answer, usize), FeedbackError> {
        let mut passed = 0;
        loop {
            let mut between = |(low, high): (f64, f64)| low + (high - low) * stream.uniform();
            let inputs = Inputs {
                g: between(GAIN),
                feedback_std: between(FEEDBACK_STD),
                input_std: between(INPUT_STD),
                rho: between(RHO),
            };
            let size = between(TARGET);
            let target = if between((-1.0, 1.0)) < 0.0 { -size } else { size };
            let rule = Rule::ALL[(between((0.0, 4.0)) as usize).min(3)];
            let setting = Self { inputs, target, rule };
            match setting.answer(units) {
                Ok(answer) => return Ok((setting, answer, passed)),
                Err(FeedbackError::ChaoticTraining { .. }) => passed += 1,
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn answer(&self, units: usize) -> Result<Answer, FeedbackError> {
        let theory =
            match ReadoutTheory::new(Transfer::Tanh, self.inputs, self.rule.family(units), self.target) {
                Err(FeedbackError::ChaoticTraining { drive, critical, g, z }) => {
                    // Training is beyond theory, but what comes of it is not: no stationary target.
                    let at_target = self.inputs.drive(self.target);
                    if at_target >= critical {
                        return Err(FeedbackError::ChaoticTraining { drive, critical, g, z });
                    }
                    let radius = DriveTheory::new(Transfer::Tanh, g)?.at(at_target)?.radius(g);
                    return Ok(Answer {
                        verdict: Verdict { chaotic: true, ..Verdict::default() },
                        decisive: Decisive {
                            extrema: Vec::new(),
                            states: vec![(self.target, radius)],
                            slope: f64::NEG_INFINITY,
                        },
                    });
                }
                theory => theory?,
            };
        let forecast = theory.forecast()?;
        let verdict = Verdict {
            target: forecast.holds(),
            other: Some(forecast.other_attractors().next().is_some()),
            chaotic: forecast.chaotic_attractors().next().is_some(),
        };
        let at_target = forecast.at_target();
        let mut states = vec![(at_target.z, at_target.radius)];
        states.extend(
            forecast
                .fixed_points
                .iter()
                .filter(|p| p.z != at_target.z && p.slope < 1.0 && p.stability != Stability::OutlierUnstable)
                .map(|p| (p.z, p.radius)),
        );
        let extrema = extrema(&theory, at_target.z)?;
        Ok(Answer { verdict, decisive: Decisive { extrema, states, slope: at_target.slope } })
    }
}

/// Minima of G(z) − z below the target and maxima above it, from a grid, refined by parabolas.
fn extrema(theory: &ReadoutTheory, target: f64) -> Result<Vec<(f64, f64)>, FeedbackError> {
    let reach = theory.reach();
    let count = 80;
    let grid: Vec<f64> = (0..=count)
        .map(|i| reach * (2.0 * (2.0 * f64::from(i) / f64::from(count) - 1.0)).sinh() / 2.0_f64.sinh())
        .collect();
    let values = grid.iter().map(|&z| Ok(theory.map(z)? - z)).collect::<Result<Vec<f64>, FeedbackError>>()?;
    let mut found = Vec::new();
    for i in 1..grid.len() - 1 {
        let sign = if grid[i] < target { 1.0 } else { -1.0 };
        let (before, here, after) = (sign * values[i - 1], sign * values[i], sign * values[i + 1]);
        if here > before || here > after {
            continue;
        }
        // The target lies between extrema of its own: what is next to it belongs to it.
        if grid[i - 1] < target && target < grid[i + 1] {
            continue;
        }
        let (h0, h1) = (grid[i] - grid[i - 1], grid[i + 1] - grid[i]);
        let (s0, s1) = ((here - before) / h0, (after - here) / h1);
        let bend = (s1 - s0) / (0.5 * (h0 + h1));
        let slope = (s0 * h1 + s1 * h0) / (h0 + h1);
        let step = if bend > 0.0 { -slope / bend } else { 0.0 };
        found.push((
            grid[i] + step,
            sign * (here - if bend > 0.0 { 0.5 * slope * slope / bend } else { 0.0 }),
        ));
    }
    Ok(found)
}

/// Scatter of finite networks, from networks of the same setting.
#[derive(Debug, Clone)]
pub(super) struct Scatter {
    /// Standard deviations of G_N at the extrema.
    pub(super) extrema: Vec<f64>,
    /// Of the slope at the target.
    pub(super) slope: f64,
    /// Of the radius at the target, together with that of the radius at which networks start to fluctuate.
    pub(super) radius: f64,
}

impl Decisive {
    /// Distance from the nearest boundary in standard deviations.
    pub(super) fn margin(&self, scatter: &Scatter) -> f64 {
        let existence = self.extrema.iter().zip(&scatter.extrema).map(|((_, value), sd)| value.abs() / sd);
        let radii = self.states.iter().map(|(_, radius)| (radius - 1.0).abs() / scatter.radius);
        let slope = (1.0 - self.slope).abs() / scatter.slope.max(1e-12);
        existence.chain(radii).fold(slope, f64::min)
    }

    /// Probability that the target is stable and nothing competes with it, were the scatter Gaussian.
    pub(super) fn probability(&self, target: f64, scatter: &Scatter) -> f64 {
        let mut probability = normal_cdf((1.0 - self.states[0].1) / scatter.radius);
        if self.slope.is_finite() {
            probability *= normal_cdf((1.0 - self.slope) / scatter.slope.max(1e-12));
        }
        for ((z, value), sd) in self.extrema.iter().zip(&scatter.extrema) {
            let away = if *z < target { *value } else { -value };
            probability *= normal_cdf(away / sd);
        }
        probability
    }
}
