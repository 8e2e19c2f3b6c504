//! Back-propagation through time, from a file.

mod description;
mod page;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use attractorlab::analysis::weight_change::WeightChange;
use attractorlab::network::{Form, Network};
use attractorlab::numerics::kernels::Real;
use attractorlab::task::{Task, TaskKind};
use attractorlab::training::bptt::{
    BpttError, GatedCellKind, GatedUnits, RateUnits, Trainable, TrainableMatrices, Trainer, TrainingStatus,
};

use self::description::{CellName, Description};
use super::Arguments;
use super::equilibrium::Precision;
use crate::Ending;
use crate::command::study_run::{pool, stop_on_ctrl_c};
use crate::error::CliError;
use crate::terminal;

type Refuse<'a> = &'a (dyn Fn(String) -> CliError + Sync);

pub(super) fn execute(arguments: &Arguments, text: &str, refuse: Refuse<'_>) -> Result<Ending, CliError> {
    let description: Description = toml::from_str(text).map_err(|error| refuse(error.to_string()))?;
    description.task.check().map_err(|error| refuse(error.to_string()))?;
    let run = Run { arguments, text, description: &description, cancelled: &stop_on_ctrl_c(), refuse };
    pool(arguments.threads)?.install(|| match description.precision {
        Precision::Float32 => run.cell::<f32>(),
        Precision::Float64 => run.cell::<f64>(),
    })
}

/// One call of the command.
struct Run<'a> {
    arguments: &'a Arguments,
    text: &'a str,
    description: &'a Description,
    cancelled: &'a AtomicBool,
    refuse: Refuse<'a>,
}

impl Run<'_> {
    fn cell<T: Real>(&self) -> Result<Ending, CliError> {
        let rate = |form| {
            let network = self.description.rate::<T>(form).map_err(self.refuse)?;
            self.train(network, |network, path| write_network(RateUnits::to_network(network), path))
        };
        let gated = |kind| self.train(self.description.gated::<T>(kind).map_err(self.refuse)?, write_gated);
        match self.description.network.cell {
            CellName::Current => rate(Form::Current),
            CellName::Rate => rate(Form::Rate),
            CellName::Map => rate(Form::Map),
            CellName::Gru => gated(GatedCellKind::Gru),
            CellName::Lstm => gated(GatedCellKind::Lstm),
        }
    }

    fn train<T: Real, M: Trainable<T>>(
        &self,
        network: M,
        write: impl Fn(&M, &Path) -> Result<(), String>,
    ) -> Result<Ending, CliError> {
        let begin = Instant::now();
        let say = |error: BpttError| (self.refuse)(error.to_string());
        let out = &self.arguments.output;
        let (checkpoint, configuration) =
            (out.join("checkpoint.safetensors"), out.join("configuration.json"));
        let wanted = self.description.configuration().map_err(self.refuse)?;
        let (task, options): (TaskKind, _) = (self.description.task.clone(), self.description.options());
        let mut trainer = if self.arguments.resume {
            let saved = std::fs::read_to_string(&configuration)
                .map_err(|error| (self.refuse)(format!("{} cannot be resumed: {error}", out.display())))?;
            if saved != wanted {
                return Err((self.refuse)(format!(
                    "the training in {} was described by another file; only epochs and checkpoint may differ",
                    out.display()
                )));
            }
            Trainer::resume(network.clone(), task, options, &checkpoint).map_err(say)?
        } else {
            let trainer = Trainer::new(network.clone(), task, options).map_err(say)?;
            if checkpoint.exists() {
                return Err((self.refuse)(format!(
                    "{} has a checkpoint already: continue it with --resume, or choose another folder",
                    out.display()
                )));
            }
            std::fs::create_dir_all(out)
                .map_err(|source| CliError::Folder { path: out.display().to_string(), source })?;
            self.put(&configuration, &wanted)?;
            trainer
        };
        // The network before training is the file's, whatever a checkpoint holds.
        let initial = network;
        let every = self.description.checkpoint() as usize;
        while trainer.status() == TrainingStatus::Running && !self.cancelled.load(Ordering::Relaxed) {
            let until = (trainer.history().len() / every + 1) * every;
            trainer
                .run_until(|trainer| {
                    self.cancelled.load(Ordering::Relaxed) || trainer.history().len() >= until
                })
                .map_err(say)?;
            trainer.save(&checkpoint).map_err(say)?;
            if let Some(epoch) = trainer.history().last() {
                let (done, total) = (trainer.history().len(), trainer.options().epochs);
                eprintln!("epoch {done} of {total}: loss {:.4e}", epoch.loss);
            }
        }
        if trainer.status() == TrainingStatus::Running {
            eprintln!("stopped after epoch {}; --resume continues", trainer.history().len());
            return Ok(Ending::Interrupted);
        }
        self.results(&trainer, &initial, &write, begin)
    }

    /// Network, history and report.
    fn results<T: Real, M: Trainable<T>>(
        &self,
        trainer: &Trainer<T, M, TaskKind>,
        initial: &M,
        write: &impl Fn(&M, &Path) -> Result<(), String>,
        begin: Instant,
    ) -> Result<Ending, CliError> {
        let out = &self.arguments.output;
        let failed = |reason: String| CliError::Results { path: out.display().to_string(), reason };
        for (name, network) in [("initial.safetensors", initial), ("network.safetensors", trainer.network())]
        {
            write(network, &out.join(name)).map_err(failed)?;
        }
        let mut csv = "epoch,loss,gradient_norm\n".to_owned();
        for (index, epoch) in trainer.history().iter().enumerate() {
            // Writing to a string does not fail.
            let _ = writeln!(csv, "{index},{:?},{:?}", epoch.loss, epoch.gradient_norm);
        }
        self.put(&out.join("history.csv"), &csv)?;
        // Of several layers the last, whose states are read out.
        let names = initial.layout().tensors().iter().map(|tensor| tensor.name.as_str());
        let recurrent = names.rev().find(|name| name.starts_with("recurrent") && !name.contains("bias"));
        let recurrent = recurrent.unwrap_or("recurrent");
        let matrix = |network: &M| network.matrix(recurrent).map_err(|error| failed(error.to_string()));
        let change = WeightChange::new(matrix(initial)?.as_ref(), matrix(trainer.network())?.as_ref())
            .map_err(|error| failed(error.to_string()))?;
        let ending = summary(trainer, &change);
        let name = self.arguments.file.file_name().unwrap_or_default().to_string_lossy();
        page::report(&name, &ending, self.text, &trainer.losses(), &change, begin.elapsed().as_secs_f64())
            .write_atomic(out.join("report.html"))
            .map_err(CliError::Page)?;
        terminal::print(&format!("{ending}\nreport: {}\n", out.join("report.html").display()));
        let good = !matches!(trainer.status(), TrainingStatus::NotFinite { .. });
        Ok(if good { Ending::Good } else { Ending::ClaimFails })
    }

    /// Writes a text in the place of a file, whole or not at all.
    fn put(&self, path: &Path, text: &str) -> Result<(), CliError> {
        let temporary = path.with_extension("tmp");
        std::fs::write(&temporary, text)
            .and_then(|()| std::fs::File::open(&temporary)?.sync_all())
            .and_then(|()| std::fs::rename(&temporary, path))
            .map_err(|error| CliError::Results {
                path: self.arguments.output.display().to_string(),
                reason: error.to_string(),
            })
    }
}

fn write_network(network: Result<Network, BpttError>, path: &Path) -> Result<(), String> {
    let network = network.map_err(|error| error.to_string())?;
    network.write(path).map_err(|error| error.to_string())
}

/// A file of the network; of several layers, which are no network of the library yet, one of PyTorch's names.
fn write_gated<T: Real>(network: &GatedUnits<T>, path: &Path) -> Result<(), String> {
    if network.layers() == 1 {
        return write_network(network.to_network(), path);
    }
    network.state_dict().write(path).map_err(|error| error.to_string())
}

fn summary<T: Real, M: Trainable<T>>(trainer: &Trainer<T, M, TaskKind>, change: &WeightChange) -> String {
    let losses = trainer.losses();
    let how = match trainer.status() {
        TrainingStatus::Running | TrainingStatus::Finished => "finished".to_owned(),
        TrainingStatus::Converged { epoch } => format!("converged at epoch {epoch}"),
        TrainingStatus::NotFinite { epoch } => format!(
            "stopped at epoch {epoch}: loss or gradient was not finite; the weights of the epoch before are kept"
        ),
    };
    let (first, last) =
        (losses.first().copied().unwrap_or(f64::NAN), losses.last().copied().unwrap_or(f64::NAN));
    format!(
        "{how} after {} epochs: loss {last:.4e}, {:.2} % of the first; |ΔW| = {:.3}, effective rank {:.2}",
        losses.len(),
        100.0 * last / first,
        change.norm(),
        change.effective_rank()
    )
}
