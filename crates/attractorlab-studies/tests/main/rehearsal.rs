//! Small studies, one for each way in which a study can end.

use std::sync::atomic::Ordering;

use attractorlab_figures::{Axis, Figure, Line, Panel};
use attractorlab_studies::{Claim, Context, Outcome, Preset, Study, StudyError};

/// How a rehearsal ends.
#[derive(Clone, Copy)]
pub(crate) enum Ending {
    Holds,
    Fails,
    Errors,
    Panics,
    ClaimsNothing,
    /// Sets the flag itself, as Ctrl-C would, and stops at its next check.
    Cancels,
    /// Like `Cancels`, but is finished before it looks.
    CancelsAtItsEnd,
}

pub(crate) struct Rehearsal(pub(crate) &'static str, pub(crate) Ending);

impl Study for Rehearsal {
    fn id(&self) -> &'static str {
        self.0
    }

    fn title(&self) -> &'static str {
        "A rehearsal"
    }

    fn question(&self) -> &'static str {
        "Does the runner keep what is finished?"
    }

    fn parameters(&self, preset: Preset) -> serde_json::Value {
        serde_json::json!({ "networks": if preset == Preset::Quick { 2 } else { 20 } })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        context.progress.update(1, 2);
        let measured = match self.1 {
            Ending::Holds => 1.0,
            Ending::Fails => 2.0,
            Ending::Errors => {
                return Err(StudyError::Library {
                    step: "solving for the targets".to_owned(),
                    source: "g must not be negative".into(),
                });
            }
            Ending::Panics => panic!("shapes differ"),
            Ending::ClaimsNothing => return Ok(Outcome::default()),
            Ending::Cancels | Ending::CancelsAtItsEnd => {
                // The flag is shared with the test that owns it.
                context.cancelled.store(true, Ordering::Relaxed);
                if matches!(self.1, Ending::Cancels) {
                    context.check()?;
                }
                1.0
            }
        };
        let claims = vec![
            Claim::within("unity", "The measured value is one.", 1.0, measured, 1e-6)
                .source("ours")
                .because("rounding"),
            Claim::equal("class", "The class is mono.", "mono", "mono"),
        ];
        let line = Line::new([0.0, 1.0], [0.0, 1.0]);
        let panel = Panel::new(Axis::new("time t/τ"), Axis::new("output z")).layer(line);
        let figures = vec![Figure::new("ramp", "A ramp").panel(panel)];
        Ok(Outcome { figures, claims, ..Outcome::default() })
    }
}
