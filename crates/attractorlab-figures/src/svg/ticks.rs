//! Round numbers along an axis.

use super::scale::{Interval, ruler};
use crate::figure::{Axis, Scale};
use crate::number::{self, MINUS};

/// A labelled tick on the ruler.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// The ticks of an axis.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Ticks {
    pub(super) major: Vec<Tick>,
    pub(super) minor: Vec<f64>,
}

/// Chooses ticks, as many as possible without labels that touch. `extent` is the length that a label takes
/// along the axis, its margin included; `length` is that of the axis.
pub(super) fn choose(axis: &Axis, range: Interval, length: f64, extent: impl Fn(&str) -> f64) -> Ticks {
    if let Some(values) = &axis.ticks {
        return thinned(given(values, axis.scale, range), range, length, &extent);
    }
    let at_most = ((length / 20.0) as usize).clamp(2, 7);
    for count in (1..=at_most).rev() {
        let ticks = match axis.scale {
            Scale::Linear => Ticks { major: linear(range, count), minor: Vec::new() },
            Scale::Log10 => logarithmic(range, count),
        };
        if fits(&ticks.major, range, length, &extent) {
            return ticks;
        }
    }
    Ticks::default()
}

fn fits(ticks: &[Tick], range: Interval, length: f64, extent: &impl Fn(&str) -> f64) -> bool {
    ticks.windows(2).all(|pair| {
        let distance = (pair[1].at - pair[0].at) / range.length() * length;
        distance >= 0.5 * (extent(&pair[0].label) + extent(&pair[1].label))
    })
}

/// Drops the labels, not the ticks, that would touch their neighbours.
fn thinned(mut ticks: Ticks, range: Interval, length: f64, extent: &impl Fn(&str) -> f64) -> Ticks {
    let mut free_from = f64::NEG_INFINITY;
    for tick in &mut ticks.major {
        let centre = (tick.at - range.low) / range.length() * length;
        let half = 0.5 * extent(&tick.label);
        if centre - half < free_from {
            tick.label.clear();
        } else {
            free_from = centre + half;
        }
    }
    ticks
}

fn given(values: &[f64], scale: Scale, range: Interval) -> Ticks {
    let slack = 1e-9 * range.length();
    let mut major: Vec<Tick> = values
        .iter()
        .filter_map(|&value| Some(Tick { at: ruler(scale, value)?, label: shortest(value) }))
        .filter(|tick| tick.at >= range.low - slack && tick.at <= range.high + slack)
        .collect();
    major.sort_by(|a, b| a.at.total_cmp(&b.at));
    Ticks { major, minor: Vec::new() }
}

/// A number with just the digits it needs.
fn shortest(value: f64) -> String {
    let text = if value == 0.0 || (1e-4..1e5).contains(&value.abs()) {
        format!("{value}")
    } else {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let power = number::power_of_ten(exponent.parse().unwrap_or(0));
        match mantissa {
            "1" => power,
            "-1" => format!("-{power}"),
            _ => format!("{mantissa}×{power}"),
        }
    };
    text.replace('-', &MINUS.to_string())
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear(range: Interval, count: usize) -> Vec<Tick> {
    let rough = range.length() / count as f64;
    let power = rough.log10().floor();
    let magnitude = 10f64.powf(power);
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * magnitude >= rough * (1.0 - 1e-9)).unwrap_or(10.0);
    let step = factor * magnitude;
    if !(step.is_finite() && step > 0.0) {
        return Vec::new();
    }
    let first = (range.low / step - 1e-6).ceil();
    let last = (range.high / step + 1e-6).floor();
    let number = (last - first).clamp(-1.0, 20.0) as i32;
    let values: Vec<f64> = (0..=number).map(|i| (first + f64::from(i)) * step).collect();
    let labels = linear_labels(&values, step);
    values.into_iter().zip(labels).map(|(at, label)| Tick { at, label }).collect()
}

fn linear_labels(values: &[f64], step: f64) -> Vec<String> {
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let step_power = (step.log10() + 1e-9).floor() as i32;
    let power = (largest.log10() + 1e-9).floor() as i32;
    let exponent_wanted = !(1e-3..1e6).contains(&largest);
    values
        .iter()
        .map(|&value| {
            if value.abs() < 0.5 * step {
                "0".to_owned()
            } else if exponent_wanted {
                // One exponent for the whole axis, so that labels can be compared at a glance. The
                // division in two halves survives powers of ten that are not representable.
                let mantissa = value / 10f64.powi(power / 2) / 10f64.powi(power - power / 2);
                let decimals = (power - step_power).clamp(0, 12) as usize;
                match number::fixed(mantissa, decimals).as_str() {
                    "1" => number::power_of_ten(power),
                    "−1" => format!("{MINUS}{}", number::power_of_ten(power)),
                    mantissa => format!("{mantissa}×{}", number::power_of_ten(power)),
                }
            } else {
                number::fixed(value, (-step_power).clamp(0, 14) as usize)
            }
        })
        .collect()
}

/// Decades, or 1, 2, 5 within few decades, or round numbers within one.
fn logarithmic(range: Interval, count: usize) -> Ticks {
    let first = (range.low - 1e-9).ceil();
    let last = (range.high + 1e-9).floor();
    let decades = (last - first + 1.0).max(0.0) as usize;
    if decades < 2 || (decades == 2 && range.length() < 1.6 && count >= 5) {
        return within_decades(range, count);
    }
    let stride = decades.div_ceil(count.max(1)).max(1);
    let exponents: Vec<i32> = (0..decades).step_by(stride).map(|i| (first + i as f64) as i32).collect();
    let plain = exponents.iter().all(|e| (-2..=3).contains(e));
    let label = |e: i32| if plain { shortest(10f64.powi(e)) } else { number::power_of_ten(e) };
    let major = exponents.iter().map(|&e| Tick { at: f64::from(e), label: label(e) }).collect();
    let minor = if stride == 1 && decades <= 8 {
        (first as i32 - 1..=last as i32)
            .flat_map(|e| (2..10).map(move |m| f64::from(e) + f64::from(m).log10()))
            .filter(|at| *at > range.low && *at < range.high)
            .collect()
    } else if decades <= 40 {
        (0..decades).map(|i| first + i as f64).collect()
    } else {
        Vec::new()
    };
    Ticks { major, minor }
}

fn within_decades(range: Interval, count: usize) -> Ticks {
    let exponents = range.low.floor() as i32..=range.high.floor() as i32;
    let in_range = |at: &f64| *at >= range.low - 1e-9 && *at <= range.high + 1e-9;
    let positions = |mantissas: &[i32]| -> Vec<(i32, i32)> {
        exponents
            .clone()
            .flat_map(|e| mantissas.iter().map(move |&m| (m, e)))
            .filter(|&(m, e)| in_range(&(f64::from(e) + f64::from(m).log10())))
            .collect()
    };
    let found = positions(&[1, 2, 5]);
    if (2..=count.max(2)).contains(&found.len()) {
        let major = found
            .into_iter()
            .map(|(m, e)| Tick {
                at: f64::from(e) + f64::from(m).log10(),
                // Through text, so that 5 in the decade of 1e-3 reads 0.005 to the last digit.
                label: shortest(format!("{m}e{e}").parse().unwrap_or(0.0)),
            })
            .collect();
        let minor = positions(&[3, 4, 6, 7, 8, 9])
            .into_iter()
            .map(|(m, e)| f64::from(e) + f64::from(m).log10())
            .collect();
        return Ticks { major, minor };
    }
    let values = Interval { low: 10f64.powf(range.low), high: 10f64.powf(range.high) };
    if !(values.length().is_finite() && values.length() > 0.0) {
        return Ticks::default();
    }
    let major = linear(values, count)
        .into_iter()
        .filter_map(|tick| Some(Tick { at: ruler(Scale::Log10, tick.at)?, label: tick.label }))
        .filter(|tick| in_range(&tick.at))
        .collect();
    Ticks { major, minor: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, low: f64, high: f64) -> Vec<String> {
        let ticks = choose(axis, Interval { low, high }, 170.0, |label| 4.0 * label.chars().count() as f64);
        ticks.major.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        let axis = Axis::new("");
        assert_eq!(labels(&axis, -0.04, 1.04), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&axis, -1.5, 1.5), ["−1.5", "−1.0", "−0.5", "0", "0.5", "1.0", "1.5"]);
        assert_eq!(labels(&axis, 0.0, 4e-7).last().unwrap(), "4×10^{−7}");
        assert_eq!(labels(&axis, 0.0, 1e300).first().unwrap(), "0");
    }

    #[test]
    fn log_ticks_are_decades_with_minor_ticks() {
        let axis = Axis::log10("");
        assert_eq!(labels(&axis, -0.1, 3.1), ["1", "10", "100", "1000"]);
        assert_eq!(labels(&axis, -8.0, -4.9), ["10^{−8}", "10^{−7}", "10^{−6}", "10^{−5}"]);
        let ticks = choose(&axis, Interval { low: 0.0, high: 3.0 }, 170.0, |_| 20.0);
        assert_eq!(ticks.minor.len(), 24);
        assert_eq!(labels(&axis, 0.0, 1.0), ["1", "2", "5", "10"]);
        assert!(labels(&axis, 2.0, 2.1).len() >= 2);
        assert!(labels(&axis, -300.0, 300.0).len() <= 7);
    }

    #[test]
    fn labels_never_touch() {
        for (low, high) in [(1e6, 1e6 + 1e-3), (-1e300, 1e300), (123456.0, 123457.0), (0.0, 1e-300)] {
            let range = Interval { low, high };
            let extent = |label: &str| 5.0 * label.chars().count() as f64;
            let ticks = choose(&Axis::new(""), range, 100.0, extent);
            assert!(fits(&ticks.major, range, 100.0, &extent), "{low} {high}: {ticks:?}");
        }
    }

    #[test]
    fn given_ticks_are_kept_and_crowded_labels_dropped() {
        let axis = Axis::new("").ticks([0.0, 0.01, 1.0, 7.0]);
        assert_eq!(labels(&axis, 0.0, 1.0), ["0", "", "1"]);
    }
}
