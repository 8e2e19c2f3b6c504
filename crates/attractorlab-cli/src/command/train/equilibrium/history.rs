//! What is kept of every step, in memory, in the checkpoint, and as a table.

use std::fmt::Write as _;

use attractorlab::arrays::{Array, Values};
use attractorlab::training::equilibrium::{Score, StepRecord, StepStatus};

const COLUMNS: [&str; 8] =
    ["step", "loss", "accuracy", "left_out", "unstable", "residual", "adjoint_residual", "gradient_norm"];
const LOOKS: [&str; 6] = [
    "step",
    "test_loss",
    "test_accuracy",
    "test_without_stable_state",
    "largest_real_part",
    "smallest_real_part",
];

/// Rows by step, and rows by look.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) steps: Vec<[f64; 8]>,
    pub(super) looks: Vec<[f64; 6]>,
}

impl History {
    pub(super) fn push(&mut self, record: &StepRecord) {
        let none = f64::NAN;
        self.steps.push([
            record.step as f64,
            record.loss,
            record.accuracy.unwrap_or(none),
            record.left_out as f64,
            record.unstable as f64,
            record.residual,
            record.adjoint_residual.unwrap_or(none),
            if record.status == StepStatus::Updated { record.gradient_norm } else { none },
        ]);
    }

    pub(super) fn look(&mut self, step: u64, test: &Score, (smallest, largest): (f64, f64)) {
        let without = (test.unstable + test.not_found) as f64;
        let accuracy = test.accuracy.unwrap_or(f64::NAN);
        self.looks.push([step as f64, test.loss, accuracy, without, largest, smallest]);
    }

    /// As arrays of a checkpoint.
    pub(super) fn arrays(&self) -> Vec<(String, Array)> {
        fn rows<const N: usize>(name: &str, rows: &[[f64; N]]) -> Option<(String, Array)> {
            Array::new(vec![rows.len(), N], Values::F64(rows.as_flattened().to_vec()))
                .map(|array| (name.to_owned(), array))
        }
        [rows("history", &self.steps), rows("looks", &self.looks)].into_iter().flatten().collect()
    }

    /// From the arrays of a checkpoint.
    pub(super) fn restore(arrays: &[(String, Array)]) -> Self {
        fn rows<const N: usize>(arrays: &[(String, Array)], name: &str) -> Vec<[f64; N]> {
            let found = arrays.iter().find(|(key, _)| key == name).map(|(_, array)| array.to_f64());
            found.unwrap_or_default().as_chunks::<N>().0.to_vec()
        }
        Self { steps: rows(arrays, "history"), looks: rows(arrays, "looks") }
    }

    /// As comma-separated values: a table of steps, an empty line, a table of looks.
    pub(super) fn csv(&self) -> String {
        let mut text = String::new();
        let mut table = |names: &[&str], rows: &mut dyn Iterator<Item = &[f64]>| {
            let _ = writeln!(text, "{}", names.join(","));
            for row in rows {
                let cells: Vec<String> =
                    row.iter().map(|v| if v.is_nan() { String::new() } else { format!("{v}") }).collect();
                let _ = writeln!(text, "{}", cells.join(","));
            }
        };
        table(&COLUMNS, &mut self.steps.iter().map(<[f64; 8]>::as_slice));
        table(&[""], &mut std::iter::empty());
        table(&LOOKS, &mut self.looks.iter().map(<[f64; 6]>::as_slice));
        text
    }
}
