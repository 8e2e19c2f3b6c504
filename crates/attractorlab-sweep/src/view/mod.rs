//! A sweep as figures: the kind of figure follows from the axes.
//!
//! One numeric axis gives lines (dots with an interval over seeds where chance is at work), two give a heat map
//! (lines where one of them has few values), all other axes give small multiples. The theory of a measure is a
//! line over its dots, and in a heat map the level line of the value at which something changes. A word, such as a class, is
//! drawn as regions over two axes and as shares along one.

mod cells;
mod draw;
mod frame;

use attractorlab_figures::{Report, Section};
use serde_json::{Map, Value as Json, json};

use self::frame::Frame;
use crate::{Folder, Plan, SweepError, Value, status, text};

/// The report of a sweep: a figure a measure, from all points that are finished.
///
/// # Errors
/// [`SweepError`] if the folder cannot be read or has no finished point.
pub fn report(folder: &Folder, plan: &Plan) -> Result<Report, SweepError> {
    let status = status(folder, plan)?;
    if status.finished == status.failed {
        let reason = "no point of the sweep has a result yet".to_owned();
        return Err(SweepError::NothingToDraw { reason });
    }
    let runnable = plan.runnable();
    let axes: Vec<String> = plan
        .axes()
        .iter()
        .map(|(names, values)| {
            format!("{} ({})", names.join(" with "), text::counted(*values as u64, "value"))
        })
        .collect();
    let over = if axes.is_empty() { "one setting".to_owned() } else { axes.join(", ") };
    let seeds = if runnable.is_random() {
        format!(", {}", text::counted(plan.seeds().len() as u64, "seed"))
    } else {
        String::new()
    };
    let mut section = Section::new(runnable.name(), runnable.about(), format!("Swept over {over}{seeds}."))
        .summary(format!("{} of {} finished.", status.finished, text::counted(status.points, "point")))
        .parameters(fixed(plan))
        .provenance("plan", plan.hash())
        .provenance("version of what was run", runnable.version().to_string())
        .seconds(status.seconds);
    if status.failed > 0 {
        section = section.note(format!("{} failed and are left out.", text::counted(status.failed, "point")));
    }
    let frame = Frame::of(plan);
    if let Some(remark) = frame.remark() {
        section = section.note(remark);
    }
    let mut tables = Vec::new();
    // In the figure of what it predicts, a theory is drawn already.
    let drawn = |name: &str| plan.measures().iter().any(|m| m.prediction.as_deref() == Some(name));
    for measure in plan.measures() {
        if frame.has_x() && frame.y.is_none() && drawn(&measure.name) {
            continue;
        }
        let cells = cells::gather(folder, plan, &measure.name)?;
        if frame.has_x() {
            let theory =
                measure.prediction.as_ref().filter(|name| plan.measures().iter().any(|m| m.name == **name));
            let theory = theory.map(|name| cells::gather(folder, plan, name)).transpose()?;
            if let Some(figure) = draw::figure(plan, &frame, measure, &cells, theory.as_ref()) {
                section = section.figure(figure);
            }
        } else {
            tables.push((measure, cells));
        }
    }
    if !tables.is_empty() {
        section = section.table(draw::table(plan, &frame, &tables));
    }
    Ok(Report::new(format!("Sweep of {}", runnable.name()))
        .subtitle(format!("{} over {over}", runnable.name()))
        .provenance("version", env!("CARGO_PKG_VERSION"))
        .section(section))
}

/// The parameters that no axis moves.
fn fixed(plan: &Plan) -> Json {
    let (values, _) = plan.point(0);
    let moved = |index: usize| plan.groups().iter().any(|group| group.parameters.contains(&index));
    let fixed: Map<String, Json> = plan
        .parameters()
        .iter()
        .zip(&values)
        .enumerate()
        .filter(|(index, _)| !moved(*index))
        .map(|(_, (parameter, value))| {
            let value = match value {
                Value::Number(value) => json!(value),
                Value::Integer(value) => json!(value),
                Value::Text(value) => json!(&**value),
                Value::Truth(value) => json!(value),
            };
            (parameter.name.clone(), value)
        })
        .collect();
    Json::Object(fixed)
}
