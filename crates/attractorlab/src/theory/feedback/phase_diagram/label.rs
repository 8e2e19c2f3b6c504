//! The class of one point of a phase diagram.

use attractorlab_numerics::roots::refine;

use super::{PhaseAxis, PhaseReadout, PhaseSettings, Quantity};
use crate::theory::clamped::VarianceTable;
use crate::theory::feedback::{Class, Family, FeedbackError, FixedPoint, Inputs, Stability, forecast};

/// Labels points; for Gaussian readouts from one table.
pub(super) struct Labeller {
    settings: PhaseSettings,
    x: PhaseAxis,
    y: PhaseAxis,
    table: VarianceTable,
}

/// One point of parameter space.
#[derive(Clone, Copy)]
struct Point {
    inputs: Inputs,
    target: f64,
    readout: PhaseReadout,
}

/// z = scale·sinh t for the search of further states, |t| up to this in so many steps.
const REACH: f64 = 4.5;
const STEPS: usize = 96;

impl Labeller {
    pub(super) fn new(settings: &PhaseSettings, x: PhaseAxis, y: PhaseAxis) -> Result<Self, FeedbackError> {
        let this = Self { settings: *settings, x, y, table: VarianceTable::new(settings.transfer, 1.0)? };
        // The largest variance is met in a corner: S is convex in each quantity, and so is S + g².
        let mut largest = 0.0_f64;
        for column in [x.low, x.high] {
            for row in [y.low, y.high] {
                let Point { inputs, target, .. } = this.point(column, row);
                inputs.check()?;
                let far = scale(&inputs, target) * REACH.sinh();
                let drive = inputs.drive(far).max(inputs.drive(-far)).max(inputs.drive(target));
                largest = largest.max(drive + inputs.g * inputs.g);
            }
        }
        Ok(Self { table: VarianceTable::new(settings.transfer, 1.01 * largest + 1.0)?, ..this })
    }

    fn point(&self, column: f64, row: f64) -> Point {
        let PhaseSettings { inputs, target, readout, .. } = self.settings;
        let mut point = Point { inputs, target, readout };
        for (quantity, value) in [(self.x.quantity, column), (self.y.quantity, row)] {
            match quantity {
                Quantity::Target => point.target = value,
                Quantity::Gain => point.inputs.g = value,
                Quantity::Rho => point.inputs.rho = value,
                Quantity::InputRatio => point.inputs.input_std = value * inputs.feedback_std,
                Quantity::Share => point.readout = PhaseReadout::Share(value),
            }
        }
        point
    }

    pub(super) fn label(&self, column: f64, row: f64) -> Option<Class> {
        let point = self.point(column, row);
        let Inputs { input_std, .. } = point.inputs;
        let share_of = |alpha: f64, beta: f64| {
            let (by_feedback, by_input) = (alpha * point.target, beta);
            let sum = by_feedback + by_input;
            if beta == 0.0 {
                (alpha != 0.0).then_some(1.0)
            } else {
                (sum.abs() > 1e-9 * by_feedback.abs().max(by_input.abs())).then(|| by_feedback / sum)
            }
        };
        let share = match point.readout {
            PhaseReadout::Share(share) => Some(share),
            PhaseReadout::Of(Family::Gaussian(direction)) => {
                let (alpha, beta) = direction.overlaps(&point.inputs);
                share_of(alpha, beta)
            }
            PhaseReadout::Of(Family::GaussianLeastSquares) => share_of(
                point.inputs.half_drive_slope(point.target),
                point.target * point.inputs.overlap() + input_std * input_std,
            ),
            PhaseReadout::Of(family) => return self.trained(&point, family),
        };
        share.map(|share| self.gaussian(&point, share))
    }

    fn trained(&self, point: &Point, family: Family) -> Option<Class> {
        match forecast(self.settings.transfer, point.inputs, family, point.target) {
            Ok(forecast) => Some(forecast.class),
            Err(FeedbackError::ChaoticTraining { z, .. }) if z == point.target => {
                Some(Class::TargetBulkUnstable)
            }
            Err(_) => None,
        }
    }

    fn gaussian(&self, point: &Point, share: f64) -> Class {
        let Point { inputs, target, .. } = point;
        let moments = self.table.at(inputs.g, inputs.drive(*target));
        let readout = (share / moments.gain, target * (1.0 - share) / moments.gain);
        let state = FixedPoint::gaussian(inputs, readout.0, readout.1, *target, &moments);
        match state.stability {
            Stability::BulkUnstable => Class::TargetBulkUnstable,
            Stability::OutlierUnstable => Class::TargetUnstable,
            Stability::Stable if self.has_further_states(inputs, *target, moments.gain, share) => {
                Class::Bistable
            }
            Stability::Stable => Class::Monostable,
        }
    }

    /// Whether a(z) ≤ a for some z.
    fn has_further_states(&self, inputs: &Inputs, target: f64, gain: f64, share: f64) -> bool {
        if inputs.feedback_std == 0.0 {
            return false;
        }
        let g2 = inputs.g * inputs.g;
        let scale = scale(inputs, target);
        // a(z), and (z − A)²a'(z).
        let at = |t: f64| {
            let z = scale * t.sinh();
            let m = self.table.at(inputs.g, inputs.drive(z));
            let slope = m.third * inputs.half_drive_slope(z) / (1.0 - g2 * m.power_slope);
            let value = (z * gain / m.gain - target) / (z - target);
            let rise =
                gain * (m.gain - z * slope) / (m.gain * m.gain) * (z - target) - z * gain / m.gain + target;
            (value, rise)
        };
        let center = (target / scale).asinh();
        let step = 2.0 * REACH / STEPS as f64;
        // From the target outwards on each side, so that the double zero of the slope stays outside.
        for direction in [-1.0, 1.0] {
            let mut last: Option<(f64, f64)> = None;
            for i in 0.. {
                let t = center + direction * (0.02 + step * f64::from(i));
                if t.abs() > REACH {
                    break;
                }
                let (value, rise) = at(t);
                if value <= share {
                    return true;
                }
                // A minimum lies where the slope, seen along the way, turns from falling to rising.
                let rise = direction * rise;
                if let Some((before, falling)) = last
                    && falling < 0.0
                    && rise >= 0.0
                {
                    let (lowest, _) = refine(|t| direction * at(t).1, (before, falling), (t, rise));
                    if at(lowest).0 <= share {
                        return true;
                    }
                }
                last = Some((t, rise));
            }
        }
        false
    }
}

fn scale(inputs: &Inputs, target: f64) -> f64 {
    let ratio = if inputs.feedback_std > 0.0 { inputs.input_std / inputs.feedback_std } else { 1.0 };
    (target.abs() + ratio).max(1e-6)
}
