//! The values of one axis.

use std::ops::Range;

use attractorlab_numerics::random::Stream;
use toml::Spanned;
use toml::de::DeValue;

use super::PlanError;
use super::source::Source;
use crate::{Domain, Kind, Parameter, Value};

/// The longest axis: enough for any grid, short enough that a slip does not fill the memory.
const LONGEST: u64 = 10_000_000;

/// The values that a plan gives for a parameter's axis, checked against its domain.
pub(super) fn values<'a>(
    source: &Source<'a>,
    parameter: &Parameter,
    given: Spanned<DeValue<'a>>,
) -> Result<Vec<Value>, PlanError> {
    let span = given.span();
    let name = &parameter.name;
    let values = match given.get_ref() {
        DeValue::Array(_) => source
            .list(&format!("axis '{name}'"), given)?
            .iter()
            .map(|value| {
                checked(source, parameter, source.scalar(&format!("axis '{name}'"), value)?, &value.span())
            })
            .collect::<Result<Vec<_>, _>>()?,
        DeValue::Table(_) => generated(source, parameter, given)?,
        _ => {
            return Err(source
                .error(&span, format!("axis '{name}' has one value"))
                .hint("a list in brackets makes it an axis; a single value belongs in [fixed]"));
        }
    };
    if values.is_empty() {
        return Err(source
            .error(&span, format!("axis '{name}' is empty"))
            .hint("give it at least one value"));
    }
    Ok(values)
}

/// The first position at which zipped columns (or one alone) repeat all values of an earlier position.
pub(super) fn repeated(columns: &[Vec<Value>]) -> Option<usize> {
    let length = columns.first().map_or(0, Vec::len);
    let mut rows: Vec<(Vec<u8>, usize)> = (0..length)
        .map(|position| {
            let mut bytes = Vec::new();
            for column in columns {
                column[position].canonical(&mut bytes);
            }
            (bytes, position)
        })
        .collect();
    rows.sort();
    rows.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).min()
}

/// A value of the right type within the parameter's domain. Whole numbers are numbers too.
pub(super) fn checked(
    source: &Source<'_>,
    parameter: &Parameter,
    value: Value,
    span: &Range<usize>,
) -> Result<Value, PlanError> {
    let value = match (parameter.domain.kind(), value) {
        (Kind::Number, Value::Integer(value)) => Value::Number(value as f64),
        (_, value) => value,
    };
    if parameter.domain.contains(&value) {
        return Ok(value);
    }
    let shown = if let Value::Text(word) = &value { format!("\"{word}\"") } else { value.to_string() };
    let error = source.error(span, format!("'{}' must be {}, not {shown}", parameter.name, parameter.domain));
    Err(match (&parameter.domain, &value) {
        (Domain::Choice(words), Value::Text(word)) => {
            error.meant(word, &words.iter().map(String::as_str).collect::<Vec<_>>())
        }
        _ => error,
    })
}

/// How an axis spreads its values between two ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spread {
    Even,
    EvenRatios,
    Random,
    RandomRatios,
}

const SPREADS: [(&str, Spread); 4] = [
    ("range", Spread::Even),
    ("log-range", Spread::EvenRatios),
    ("uniform", Spread::Random),
    ("log-uniform", Spread::RandomRatios),
];

fn generated<'a>(
    source: &Source<'a>,
    parameter: &Parameter,
    given: Spanned<DeValue<'a>>,
) -> Result<Vec<Value>, PlanError> {
    let name = &parameter.name;
    let place = format!("axis '{name}'");
    let mut table = source.table(&place, given)?;
    let span = table.span.clone();
    let mut found = Vec::new();
    for (key, spread) in SPREADS {
        found.extend(table.take(key).map(|ends| (key, spread, ends)));
    }
    let points = table.take("points").map(|value| source.count("points", &value)).transpose()?;
    let step =
        table.take("step").map(|value| Ok((source.scalar("step", &value)?, value.span()))).transpose()?;
    let seed = table.take("seed").map(|value| source.count("seed", &value)).transpose()?;
    table.finish(source, &place)?;

    let kinds = "range, log-range, uniform, log-uniform";
    let (key, spread, ends) = match <[_; 1]>::try_from(found) {
        Ok([found]) => found,
        Err(found) if found.is_empty() => {
            return Err(source
                .error(&span, format!("{place} does not say how its values are spread"))
                .hint(format!("give one of {kinds}, for example {{ range = [0.0, 2.0], points = 21 }}")));
        }
        Err(_) => return Err(source.error(&span, format!("{place} must have only one of {kinds}"))),
    };
    if !matches!(parameter.domain.kind(), Kind::Number | Kind::Integer) {
        return Err(source
            .error(&span, format!("{place} takes {}, so it has no {key}", parameter.domain))
            .hint("list its values in brackets"));
    }
    let random = matches!(spread, Spread::Random | Spread::RandomRatios);
    if seed.is_some() && !random {
        return Err(source.error(&span, format!("{place}: a {key} is not random and has no seed")));
    }
    let ends_span = ends.span();
    let (low, high) = ends_of(source, key, ends)?;
    if matches!(spread, Spread::EvenRatios | Spread::RandomRatios) && !(low > 0.0 && high > 0.0) {
        return Err(
            source.error(&ends_span, format!("both ends of a {key} must be positive, got [{low}, {high}]"))
        );
    }
    let count = match (points, step) {
        (Some(points), None) => points,
        (None, Some((step, step_span))) if spread == Spread::Even => {
            let step = step.as_number().unwrap_or(f64::NAN);
            let steps = (high - low) / step;
            if !(steps.is_finite() && steps >= 0.0) {
                let message = format!("a step of {step} never leads from {low} to {high}");
                return Err(source.error(&step_span, message));
            }
            let rounded = steps.round();
            if (steps - rounded).abs() > 1e-6 * steps.max(1.0) {
                let message = format!("steps of {step} from {low} do not end at {high}");
                return Err(source.error(&step_span, message).hint("give points instead, or another end"));
            }
            rounded as u64 + 1
        }
        (Some(_), Some((_, step_span))) => {
            return Err(source.error(&step_span, format!("{place} has both points and a step")));
        }
        (None, Some((_, step_span))) => {
            return Err(source.error(&step_span, format!("a {key} has no step")).hint("give points"));
        }
        (None, None) => {
            return Err(source
                .error(&span, format!("{place} does not say how many values it has"))
                .hint("add points = 21"));
        }
    };
    if count > LONGEST {
        return Err(source.error(&span, format!("{place} has {count} values; the most is {LONGEST}")));
    }
    // The stream is named after the axis: adding another axis moves no value of this one.
    let mut stream = Stream::new(seed.unwrap_or(0), &format!("sweep axis {name}"), 0);
    (0..count)
        .map(|index| {
            let fraction = if random {
                stream.uniform()
            } else if count == 1 {
                0.0
            } else {
                index as f64 / (count - 1) as f64
            };
            let value = match spread {
                // The ends are met exactly, and a symmetric range has symmetric values.
                Spread::Even | Spread::Random => low * (1.0 - fraction) + high * fraction,
                _ if fraction == 0.0 => low,
                _ if fraction == 1.0 => high,
                _ => (low.ln() * (1.0 - fraction) + high.ln() * fraction).exp(),
            };
            let value = if parameter.domain.kind() == Kind::Integer {
                let whole = value.round();
                if spread == Spread::Even && (value - whole).abs() > 1e-9 * value.abs().max(1.0) {
                    let message = format!("this {key} meets {value}, but '{name}' takes whole numbers");
                    return Err(source
                        .error(&ends_span, message)
                        .hint("choose points or step so that all values are whole"));
                }
                Value::Integer(whole as i64)
            } else {
                Value::Number(value)
            };
            checked(source, parameter, value, &ends_span)
        })
        .collect()
}

fn ends_of<'a>(source: &Source<'a>, key: &str, ends: Spanned<DeValue<'a>>) -> Result<(f64, f64), PlanError> {
    let span = ends.span();
    let list = source.list(key, ends)?;
    let [low, high] = list.as_slice() else {
        return Err(source.error(&span, format!("{key} must be two numbers [from, to], got {}", list.len())));
    };
    let number = |value: &Spanned<DeValue<'a>>| {
        source.scalar(key, value)?.as_number().filter(|number| number.is_finite()).ok_or_else(|| {
            source.error(&value.span(), format!("{key} must be two finite numbers [from, to]"))
        })
    };
    Ok((number(low)?, number(high)?))
}
