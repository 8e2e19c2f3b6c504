//! From the text of a plan to a checked plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::axis;
use super::source::{Entry, Source, Table, unknown};
use super::{Group, Plan, PlanError};
use attractorlab::arrays::Format;

use crate::{Parameter, Registry, Runnable, Value};

/// The most points of a plan: what a table of row numbers in memory bears.
const MOST_POINTS: u64 = 1 << 30;

/// Reads a plan and checks all of it.
pub(super) fn parse(text: &str, registry: &Registry) -> Result<Plan, PlanError> {
    let source = Source(text);
    let mut document = source.document()?;
    let run = document.take("run");
    let axes = document.take("axes");
    let zip = document.take("zip");
    let fixed = document.take("fixed");
    let measure = document.take("measure");
    document.finish(&source, "the plan")?;

    let Some(run) = run else {
        return Err(source
            .error(&(0..0), "the plan has no [run] table")
            .hint("begin with [run] and what = \"…\""));
    };
    let mut run = source.table("run", run)?;
    let runnable = what(&source, &mut run, registry)?;
    let seeds = seeds(&source, &mut run, &*runnable)?;
    run.finish(&source, "[run]")?;

    let parameters = runnable.parameters();
    let mut named = BTreeSet::new();
    let mut groups = Vec::new();
    if let Some(axes) = axes {
        for entry in source.table("axes", axes)?.into_entries() {
            let index = parameter(&source, &entry, &parameters, &mut named, "[axes]")?;
            let span = entry.value.span();
            let values = vec![axis::values(&source, &parameters[index], entry.value)?];
            if let Some(position) = axis::repeated(&values) {
                let message = format!("axis '{}' has the value {} twice", entry.key, values[0][position]);
                return Err(source
                    .error(&span, message)
                    .hint("each value once: its points are computed once"));
            }
            groups.push(Group { parameters: vec![index], values });
        }
    }
    if let Some(zip) = zip {
        for group in source.list("zip", zip)? {
            groups.push(zipped(&source, source.table("zip", group)?, &parameters, &mut named)?);
        }
    }
    let base = base(&source, fixed, &parameters, &mut named)?;
    let chosen = measures(&source, measure, &*runnable)?;

    let plan = Plan::new(text.to_owned(), runnable, parameters, groups, base, seeds, chosen);
    match plan {
        Some(plan) if plan.points() <= MOST_POINTS => Ok(plan),
        _ => Err(source
            .error(&(0..0), format!("the plan has more than {MOST_POINTS} points"))
            .hint("split it into several plans")),
    }
}

fn what<'a>(
    source: &Source<'a>,
    run: &mut Table<'a>,
    registry: &Registry,
) -> Result<Arc<dyn Runnable>, PlanError> {
    let Some(what) = run.take("what") else {
        let names: Vec<&str> = registry.iter().map(Runnable::name).collect();
        return Err(source
            .error(&run.span, "[run] does not say what to run")
            .hint(format!("add what = \"…\"; there is: {}", names.join(", "))));
    };
    let name = source.word("what", &what)?;
    registry.get(&name).cloned().ok_or_else(|| {
        let names: Vec<&str> = registry.iter().map(Runnable::name).collect();
        source.error(&what.span(), format!("there is nothing called '{name}' to run")).meant(&name, &names)
    })
}

fn seeds<'a>(
    source: &Source<'a>,
    run: &mut Table<'a>,
    runnable: &dyn Runnable,
) -> Result<Vec<u64>, PlanError> {
    let Some(given) = run.take("seeds") else { return Ok(vec![0]) };
    let span = given.span();
    let seeds = if matches!(given.get_ref(), toml::de::DeValue::Array(_)) {
        source
            .list("seeds", given)?
            .iter()
            .map(|seed| source.count("a seed", seed))
            .collect::<Result<Vec<_>, _>>()?
    } else {
        let count = source.count("seeds", &given)?;
        if count > 1_000_000 {
            return Err(source
                .error(&span, format!("seeds = {count} asks for {count} seeds"))
                .hint(format!("seeds = [{count}] is the one seed {count}")));
        }
        (0..count).collect()
    };
    if seeds.is_empty() {
        return Err(source.error(&span, "there are no seeds").hint("leave seeds out for the one seed 0"));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = seeds.iter().find(|seed| !seen.insert(**seed)) {
        return Err(source
            .error(&span, format!("the seed {twice} stands there twice"))
            .hint("two equal seeds give the same numbers, not two samples"));
    }
    if seeds.len() > 1 && !runnable.is_random() {
        return Err(source
            .error(
                &span,
                format!(
                    "{} draws nothing at random: {} seeds would give the same numbers",
                    runnable.name(),
                    seeds.len()
                ),
            )
            .hint("leave seeds out"));
    }
    Ok(seeds)
}

/// The index of the parameter that an entry names, which must not have been named before.
fn parameter(
    source: &Source<'_>,
    entry: &Entry<'_>,
    parameters: &[Parameter],
    named: &mut BTreeSet<usize>,
    place: &str,
) -> Result<usize, PlanError> {
    let index = parameters.iter().position(|parameter| parameter.name == entry.key).ok_or_else(|| {
        unknown(source, "parameter", entry, place, parameters.iter().map(|p| p.name.as_str()))
    })?;
    if !named.insert(index) {
        return Err(source
            .error(&entry.span, format!("the parameter '{}' is given twice", entry.key))
            .hint("a parameter stands in one place: [axes], a [[zip]] or [fixed]"));
    }
    Ok(index)
}

fn zipped<'a>(
    source: &Source<'a>,
    table: Table<'a>,
    parameters: &[Parameter],
    named: &mut BTreeSet<usize>,
) -> Result<Group, PlanError> {
    let span = table.span.clone();
    let mut group = Group { parameters: Vec::new(), values: Vec::new() };
    for entry in table.into_entries() {
        let index = parameter(source, &entry, parameters, named, "[[zip]]")?;
        let entry_span = entry.span.clone();
        let values = axis::values(source, &parameters[index], entry.value)?;
        if let Some(first) = group.values.first().filter(|first| first.len() != values.len()) {
            return Err(source.error(
                &entry_span,
                format!(
                    "zipped axes move together: '{}' has {} values, '{}' has {}",
                    parameters[group.parameters[0]].name,
                    first.len(),
                    entry.key,
                    values.len()
                ),
            ));
        }
        group.parameters.push(index);
        group.values.push(values);
    }
    if group.values.is_empty() {
        return Err(source.error(&span, "this [[zip]] has no axes"));
    }
    // One axis of a group may repeat a value: only the rows must differ.
    if let Some(position) = axis::repeated(&group.values) {
        let message = format!("row {} of this [[zip]] repeats an earlier one", position + 1);
        return Err(source.error(&span, message).hint("each row once: its points are computed once"));
    }
    Ok(group)
}

/// The values of all parameters that no axis moves; those of axes are overwritten point by point.
fn base<'a>(
    source: &Source<'a>,
    fixed: Option<toml::Spanned<toml::de::DeValue<'a>>>,
    parameters: &[Parameter],
    named: &mut BTreeSet<usize>,
) -> Result<Vec<Value>, PlanError> {
    let on_axes = named.clone();
    let mut values: Vec<Option<Value>> =
        parameters.iter().map(|parameter| parameter.default.clone()).collect();
    if let Some(fixed) = fixed {
        for entry in source.table("fixed", fixed)?.into_entries() {
            let index = parameter(source, &entry, parameters, named, "[fixed]")?;
            let value = source.scalar(&format!("'{}'", entry.key), &entry.value).map_err(|error| {
                error.hint("[fixed] has one value for each parameter; several belong in [axes]")
            })?;
            values[index] = Some(axis::checked(source, &parameters[index], value, &entry.value.span())?);
        }
    }
    values
        .into_iter()
        .enumerate()
        .map(|(index, value)| match value {
            Some(value) => Ok(value),
            None if on_axes.contains(&index) => Ok(Value::Truth(false)),
            None => Err(source
                .error(&(0..0), format!("the parameter '{}' has no value", parameters[index].name))
                .hint(format!(
                    "{}: {}; give it in [axes] or [fixed]",
                    parameters[index].about, parameters[index].domain
                ))),
        })
        .collect()
}

/// What is measured, and which arrays are written in which format.
pub(super) struct Chosen {
    pub(super) measures: Vec<crate::Measure>,
    pub(super) arrays: Vec<String>,
    pub(super) array_format: Format,
}

fn measures<'a>(
    source: &Source<'a>,
    table: Option<toml::Spanned<toml::de::DeValue<'a>>>,
    runnable: &dyn Runnable,
) -> Result<Chosen, PlanError> {
    let all = runnable.measures();
    let Some(table) = table else {
        return Ok(Chosen { measures: all, arrays: Vec::new(), array_format: Format::Npz });
    };
    let mut table = source.table("measure", table)?;
    let keep = table.take("keep");
    let arrays = table.take("arrays");
    let format = table.take("format");
    table.finish(source, "[measure]")?;
    let names = |what: &str, given, known: &[&str]| -> Result<Option<Vec<String>>, PlanError> {
        let Some(given) = given else { return Ok(None) };
        let mut names: Vec<String> = Vec::new();
        for name in source.list(what, given)? {
            let span = name.span();
            let name = source.word(what, &name)?;
            if !known.contains(&name.as_str()) {
                let message = format!("{} has no {what} '{name}'", runnable.name());
                return Err(source.error(&span, message).meant(&name, known));
            }
            if names.contains(&name) {
                return Err(source.error(&span, format!("the {what} '{name}' is named twice")));
            }
            names.push(name);
        }
        Ok(Some(names))
    };
    let known: Vec<&str> = all.iter().map(|measure| measure.name.as_str()).collect();
    let kept = names("measure", keep, &known)?;
    let known = runnable.arrays();
    let known: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let arrays = names("array", arrays, &known)?.unwrap_or_default();
    let measures = match kept {
        None => all,
        Some(kept) => all.into_iter().filter(|measure| kept.contains(&measure.name)).collect(),
    };
    let array_format = match format {
        None => Format::Npz,
        Some(given) => {
            let formats = [Format::Npz, Format::Safetensors];
            let word = source.word("format", &given)?;
            formats.into_iter().find(|format| format.name() == word).ok_or_else(|| {
                let message = format!("arrays are written as npz or safetensors, not as '{word}'");
                source.error(&given.span(), message).meant(&word, &formats.map(Format::name))
            })?
        }
    };
    Ok(Chosen { measures, arrays, array_format })
}
