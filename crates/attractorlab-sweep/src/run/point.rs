//! One point: parameters in, a row out, whatever happens in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::store::Row;
use crate::{Array, Measures, Plan, RunError};

/// Computes a point. A failure or a panic is a row as well.
pub(crate) fn compute(plan: &Plan, point: u64) -> Row {
    compute_with(plan, point, |_, _| Ok(()))
}

/// Computes a point and hands its arrays on.
pub(crate) fn compute_with(
    plan: &Plan,
    point: u64,
    arrays: impl FnOnce(&Row, &[Array]) -> Result<(), RunError>,
) -> Row {
    let (values, seed) = plan.point(point);
    let start = Instant::now();
    // A defect in one point must not lose the others; nothing of a point that panicked is looked at again.
    let ending = catch_unwind(AssertUnwindSafe(|| plan.runnable().run(&plan.view(&values), seed)));
    let seconds = start.elapsed().as_secs_f64();
    let ending =
        ending.unwrap_or_else(|panic| Err(RunError::new(format!("defect: {}", panic_message(&*panic)))));
    row_of(plan, point, ending, seconds, arrays)
}

/// The row of a point that has ended, and its arrays handed on.
pub(super) fn row_of(
    plan: &Plan,
    point: u64,
    ending: Result<Measures, RunError>,
    seconds: f64,
    arrays: impl FnOnce(&Row, &[Array]) -> Result<(), RunError>,
) -> Row {
    let (values, seed) = plan.point(point);
    let key = plan.key(&values, seed);
    let missing = vec![None; plan.measures().len()];
    let mut row = Row { point, key, measures: missing, message: None, seconds };
    let kept = ending.and_then(|measures| {
        fill(plan, &mut row, &measures)?;
        let wanted: Vec<Array> =
            measures.arrays.into_iter().filter(|array| plan.arrays().contains(&array.name)).collect();
        if wanted.is_empty() { Ok(()) } else { arrays(&row, &wanted) }
    });
    if let Err(error) = kept {
        row.measures.fill(None);
        row.message = Some(error.message);
    }
    row
}

fn fill(plan: &Plan, row: &mut Row, measures: &Measures) -> Result<(), RunError> {
    for (name, value) in measures.iter() {
        // Measures that the plan does not keep are dropped here.
        if let Some(index) = plan.measures().iter().position(|measure| measure.name == name) {
            let kind = plan.measures()[index].kind;
            if value.kind() != kind {
                return Err(RunError::new(format!(
                    "defect: the measure '{name}' is {value}, which is not {kind}"
                )));
            }
            row.measures[index] = Some(value.clone());
        }
    }
    Ok(())
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it stopped without a message")
}
