//! Functions whose Gaussian averages are closed: sums of xᵏ, xᵏ·cdf and xᵏ·pdf.
//!
//! Here cdf(x) = P(x + w·U > θ) and pdf is its derivative, U a standard normal independent of
//! everything. A width of zero makes them the step and the delta function at θ, so that a
//! piecewise polynomial is the special case w = 0, erf is the case w = 1, and the tails of every
//! other transfer function are matched by the same family. All moments follow from Stein's lemma,
//! E[x g] = μ E[g] + Σⱼ Cov(x, xⱼ) E[∂ⱼ g], which lowers the power by one at each step.

use crate::special::{INV_SQRT_2PI, bivariate_normal_upper, normal_cdf};

/// The factor beside a power of x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Factor {
    One,
    Cdf,
    Pdf,
}

/// coefficient · x^power · factor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub(super) coefficient: f64,
    pub(super) power: u8,
    pub(super) factor: Factor,
}

/// Where the step of a [`GaussSum`] lies and how wide it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) center: f64,
    pub(super) width: f64,
}

/// A sum of terms over one step.
#[derive(Debug, Clone)]
pub(super) struct GaussSum {
    pub(super) step: Step,
    pub(super) terms: Vec<Term>,
}

/// Two jointly Gaussian variables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Joint {
    pub(super) mean: [f64; 2],
    pub(super) variance: [f64; 2],
    pub(super) covariance: f64,
}

impl GaussSum {
    /// The smooth passage from `minus`(x) on the left to `plus`(x) on the right; coefficients by
    /// rising power.
    pub(super) fn passage(step: Step, minus: &[f64], plus: &[f64]) -> Self {
        let mut terms = Vec::new();
        for power in 0..minus.len().max(plus.len()) {
            let below = minus.get(power).copied().unwrap_or(0.0);
            let rise = plus.get(power).copied().unwrap_or(0.0) - below;
            let power = power as u8;
            if below != 0.0 {
                terms.push(Term { coefficient: below, power, factor: Factor::One });
            }
            if rise != 0.0 {
                terms.push(Term { coefficient: rise, power, factor: Factor::Cdf });
            }
        }
        Self { step, terms }
    }

    /// Value at `x` (for width zero: ½ on the step, and pdf terms are left out).
    pub(super) fn value(&self, x: f64) -> f64 {
        let Step { center, width } = self.step;
        let cdf = if width > 0.0 { normal_cdf((x - center) / width) } else { heaviside(x - center) };
        let pdf = || {
            let u = (x - center) / width;
            INV_SQRT_2PI / width * (-0.5 * u * u).exp()
        };
        self.terms
            .iter()
            .map(|term| {
                let factor = match term.factor {
                    Factor::One => 1.0,
                    Factor::Cdf => cdf,
                    Factor::Pdf if width > 0.0 => pdf(),
                    Factor::Pdf => 0.0,
                };
                term.coefficient * x.powi(i32::from(term.power)) * factor
            })
            .sum()
    }

    /// E of the sum over N(mean, sd²).
    pub(super) fn average(&self, mean: f64, sd: f64) -> f64 {
        let variance = sd * sd;
        self.terms
            .iter()
            .map(|term| term.coefficient * moment(mean, variance, term.power, term.factor, self.step))
            .sum()
    }

    /// E f(x₁) h(x₂) for two sums.
    pub(super) fn pair_average(&self, other: &Self, joint: Joint) -> f64 {
        let mut total = 0.0;
        for a in &self.terms {
            for b in &other.terms {
                let weight = a.coefficient * b.coefficient;
                let sides =
                    [Side { factor: a.factor, step: self.step }, Side { factor: b.factor, step: other.step }];
                total += weight * joint_moment(joint, [a.power, b.power], sides);
            }
        }
        total
    }
}

pub(super) fn heaviside(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        0.0
    } else {
        0.5
    }
}

/// E[x^power · factor(x)] over N(mean, variance).
pub(super) fn moment(mean: f64, variance: f64, power: u8, factor: Factor, step: Step) -> f64 {
    let total = step.width * step.width + variance;
    if power == 0 {
        return match factor {
            Factor::One => 1.0,
            Factor::Cdf if total == 0.0 => heaviside(mean - step.center),
            Factor::Cdf => normal_cdf((mean - step.center) / total.sqrt()),
            Factor::Pdf => density(mean - step.center, total),
        };
    }
    match factor {
        Factor::Pdf => {
            let weight = density(mean - step.center, total);
            if weight == 0.0 {
                return 0.0;
            }
            // pdf · N(mean, variance) is again Gaussian.
            let gain = variance / total;
            let tilted = mean + gain * (step.center - mean);
            weight * moment(tilted, variance * (step.width * step.width / total), power, Factor::One, step)
        }
        Factor::One | Factor::Cdf => {
            let below = f64::from(power - 1);
            let mut value = mean * moment(mean, variance, power - 1, factor, step);
            if variance > 0.0 {
                if power >= 2 {
                    value += variance * below * moment(mean, variance, power - 2, factor, step);
                }
                if factor == Factor::Cdf {
                    value += variance * moment(mean, variance, power - 1, Factor::Pdf, step);
                }
            }
            value
        }
    }
}

fn density(distance: f64, variance: f64) -> f64 {
    if variance > 0.0 {
        INV_SQRT_2PI / variance.sqrt() * (-0.5 * distance * distance / variance).exp()
    } else if distance == 0.0 {
        f64::INFINITY
    } else {
        0.0
    }
}

#[derive(Debug, Clone, Copy)]
struct Side {
    factor: Factor,
    step: Step,
}

/// E[x₁^a F₁(x₁) x₂^b F₂(x₂)].
fn joint_moment(joint: Joint, powers: [u8; 2], sides: [Side; 2]) -> f64 {
    // A pdf factor is a Gaussian observation of its variable: weigh by the evidence, tilt the law.
    for i in 0..2 {
        if sides[i].factor == Factor::Pdf {
            let (weight, tilted) = observe(joint, i, sides[i].step);
            if weight == 0.0 {
                return 0.0;
            }
            let mut rest = sides;
            rest[i].factor = Factor::One;
            return weight * joint_moment(tilted, powers, rest);
        }
    }
    // Stein's lemma on a variable with a positive power.
    if let Some(i) = (0..2).find(|&i| powers[i] > 0) {
        let j = 1 - i;
        let mut lowered = powers;
        lowered[i] -= 1;
        let mut value = joint.mean[i] * joint_moment(joint, lowered, sides);
        for (other, covariance) in [(i, joint.variance[i]), (j, joint.covariance)] {
            if covariance == 0.0 {
                continue;
            }
            if lowered[other] > 0 {
                let mut twice = lowered;
                twice[other] -= 1;
                value += covariance * f64::from(lowered[other]) * joint_moment(joint, twice, sides);
            }
            if sides[other].factor == Factor::Cdf {
                let mut slope = sides;
                slope[other].factor = Factor::Pdf;
                value += covariance * joint_moment(joint, lowered, slope);
            }
        }
        return value;
    }
    let step_moment = |i: usize| moment(joint.mean[i], joint.variance[i], 0, sides[i].factor, sides[i].step);
    if sides[0].factor == Factor::One || sides[1].factor == Factor::One {
        return step_moment(0) * step_moment(1);
    }
    let total = [0, 1].map(|i| sides[i].step.width * sides[i].step.width + joint.variance[i]);
    if total[0] == 0.0 || total[1] == 0.0 {
        return step_moment(0) * step_moment(1);
    }
    let bounds = [0, 1].map(|i| (sides[i].step.center - joint.mean[i]) / total[i].sqrt());
    bivariate_normal_upper(bounds[0], bounds[1], joint.covariance / (total[0] * total[1]).sqrt())
}

/// Evidence and posterior of observing x_i + width·U = center.
fn observe(joint: Joint, i: usize, step: Step) -> (f64, Joint) {
    let j = 1 - i;
    let noise = step.width * step.width;
    let total = joint.variance[i] + noise;
    let weight = density(step.center - joint.mean[i], total);
    if total == 0.0 || weight == 0.0 {
        return (weight, joint);
    }
    let surprise = step.center - joint.mean[i];
    let mut tilted = joint;
    tilted.mean[i] += joint.variance[i] / total * surprise;
    tilted.mean[j] += joint.covariance / total * surprise;
    tilted.variance[i] = joint.variance[i] * (noise / total);
    tilted.variance[j] = (joint.variance[j] - joint.covariance * (joint.covariance / total)).max(0.0);
    tilted.covariance = joint.covariance * (noise / total);
    (weight, tilted)
}
