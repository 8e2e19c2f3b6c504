//! Learning rules on fixed points, from a file.

mod description;
mod history;
mod page;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use attractorlab::arrays::{Array, Arrays};
use attractorlab::numerics::kernels::Real;
use attractorlab::numerics::linalg::{Mat, eigenvalues};
use attractorlab::training::equilibrium::{Batches, LearningTask, Score, Split, StepStatus, Trainer};

use self::description::Description;
pub(super) use self::description::{Precision, TransferName};
use self::history::History;
use super::Arguments;
use crate::Ending;
use crate::command::study_run::{pool, stop_on_ctrl_c};
use crate::error::CliError;
use crate::terminal;

type Refuse<'a> = &'a (dyn Fn(String) -> CliError + Sync);

pub(super) fn execute(arguments: &Arguments, text: &str, refuse: Refuse<'_>) -> Result<Ending, CliError> {
    let description: Description = toml::from_str(text).map_err(|error| refuse(error.to_string()))?;
    let pool = pool(arguments.threads)?;
    let cancelled = stop_on_ctrl_c();
    pool.install(|| match description.precision {
        Precision::Float32 => run::<f32>(arguments, text, &description, &cancelled, refuse),
        Precision::Float64 => run::<f64>(arguments, text, &description, &cancelled, refuse),
    })
}

fn run<T: Real>(
    arguments: &Arguments,
    text: &str,
    description: &Description,
    cancelled: &AtomicBool,
    refuse: Refuse<'_>,
) -> Result<Ending, CliError> {
    let begin = Instant::now();
    let say = |error: &dyn std::fmt::Display| refuse(error.to_string());
    // Everything that can be wrong with the file is found before the first step costs time.
    let folder = arguments.file.parent().unwrap_or(Path::new("."));
    let weights = description.weights::<T>(folder).map_err(refuse)?;
    let task = description.task::<T>(folder, weights.nrows()).map_err(refuse)?;
    let rule = description.rule::<T>().map_err(refuse)?;
    let mut trainer =
        Trainer::new(weights.as_ref(), description.transfer(), rule, description.options::<T>())
            .map_err(|error| say(&error))?;
    let batches = Batches::new(task.samples(Split::Train), description.schedule.batch, description.seed)
        .map_err(|error| say(&error))?;
    let total = description.schedule.total(batches.per_epoch()).map_err(refuse)?;

    let out = &arguments.output;
    std::fs::create_dir_all(out)
        .map_err(|source| CliError::Folder { path: out.display().to_string(), source })?;
    let checkpoint = out.join("checkpoint.safetensors");
    let configuration = description.configuration();
    let mut history = History::default();
    if arguments.resume {
        let extra = trainer.read_checkpoint(&checkpoint, &configuration).map_err(|error| say(&error))?;
        history = History::restore(&extra);
    } else if checkpoint.exists() {
        return Err(refuse(format!(
            "{} has a checkpoint already: continue it with --resume, or choose another folder",
            out.display()
        )));
    }

    // A run that ended before its time stays ended when it is continued.
    let mut status = trainer.status();
    while trainer.steps() < total && matches!(status, StepStatus::Updated) {
        let step = trainer.steps();
        if cancelled.load(Ordering::Relaxed) {
            break;
        }
        if step % description.schedule.every == 0 && history.looks.last().is_none_or(|l| l[0] < step as f64) {
            look(&trainer, task.as_ref(), &mut history).map_err(refuse)?;
        }
        let which = batches.indices(step);
        let (drive, loss) = task.batch(Split::Train, &which).map_err(|error| say(&error))?;
        let record = trainer.step(&drive, loss.as_ref()).map_err(|error| say(&error))?;
        status = record.status;
        history.push(&record);
        if trainer.steps() % description.schedule.checkpoint == 0 && trainer.steps() < total {
            trainer
                .write_checkpoint(&checkpoint, &configuration, history.arrays())
                .map_err(|error| say(&error))?;
            eprintln!("step {} of {total}: J = {:.4}", trainer.steps(), record.loss);
        }
    }
    trainer.write_checkpoint(&checkpoint, &configuration, history.arrays()).map_err(|error| say(&error))?;
    if cancelled.load(Ordering::Relaxed) {
        eprintln!("stopped after step {}; --resume continues", trainer.steps());
        return Ok(Ending::Interrupted);
    }

    // The last look is not part of the checkpoint: a longer run would not have it.
    look(&trainer, task.as_ref(), &mut history).map_err(refuse)?;
    let last = history.looks.last().copied().unwrap_or([f64::NAN; 6]);
    let ending = summary(&trainer, status, &last);
    write_results(out, &trainer, &history)
        .map_err(|reason| CliError::Results { path: out.display().to_string(), reason })?;
    let name = arguments.file.file_name().unwrap_or_default().to_string_lossy();
    page::report(&name, &ending, text, &history, begin.elapsed().as_secs_f64())
        .write_atomic(out.join("report.html"))
        .map_err(CliError::Page)?;
    terminal::print(&format!("{ending}\nreport: {}\n", out.join("report.html").display()));
    Ok(if status == StepStatus::Updated { Ending::Good } else { Ending::ClaimFails })
}

/// Tests the network, and looks at the eigenvalues of its weights.
fn look<T: Real>(
    trainer: &Trainer<T>,
    task: &dyn LearningTask<T>,
    history: &mut History,
) -> Result<(), String> {
    let layer = trainer.layer().map_err(|error| error.to_string())?;
    let options = trainer.options();
    let test = Score::of(&layer, task, Split::Test, usize::MAX, &options.pass, options.missing)
        .map_err(|error| error.to_string())?;
    let values = eigenvalues(layer.wide_weights()).map_err(|error| error.to_string())?;
    let parts = || values.iter().map(|value| value.re);
    let extremes = (parts().fold(f64::INFINITY, f64::min), parts().fold(f64::NEG_INFINITY, f64::max));
    history.look(trainer.steps(), &test, extremes);
    Ok(())
}

fn summary<T: Real>(trainer: &Trainer<T>, status: StepStatus, last: &[f64; 6]) -> String {
    let [_, loss, accuracy, without, largest, smallest] = *last;
    let how = match status {
        StepStatus::Updated => "finished",
        StepStatus::NoStates => "stopped: no sample of the batch had a stable state to learn from",
        StepStatus::Stopped => "stopped: a sample had no stable state, as the file asks",
        StepStatus::NotFinite => {
            "diverged: the next update would have made a weight infinite; the weights before it are kept"
        }
    };
    let accuracy = if accuracy.is_nan() { String::new() } else { format!(", accuracy {accuracy:.4}") };
    let stability = if without > 0.0 {
        format!("; {without} test samples have no stable state: their loss is not that of a usable network")
    } else {
        String::new()
    };
    format!(
        "{how} after {} steps: test loss {loss:.4}{accuracy}; Re λ of W from {smallest:.3} to {largest:.3}{stability}",
        trainer.steps()
    )
}

fn write_results<T: Real>(out: &Path, trainer: &Trainer<T>, history: &History) -> Result<(), String> {
    let weights = trainer.weights();
    let wide = Mat::from_fn(weights.nrows(), weights.ncols(), |i, j| weights[(i, j)].to_f64());
    let mut arrays = Arrays::default();
    arrays.arrays.insert("weights".to_owned(), Array::matrix(&wide));
    arrays.write(&out.join("weights.safetensors")).map_err(|error| error.to_string())?;
    let temporary = out.join(".history.csv.tmp");
    std::fs::write(&temporary, history.csv())
        .and_then(|()| std::fs::File::open(&temporary)?.sync_all())
        .and_then(|()| std::fs::rename(&temporary, out.join("history.csv")))
        .map_err(|error| error.to_string())
}
