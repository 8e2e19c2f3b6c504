//! Trainings on file: everything that the epochs to come depend on, and everything that was recorded.

use std::path::Path;

use attractorlab_numerics::kernels::Real;

use super::{BpttError, Epoch, Snapshot, Trainable, Trainer, TrainingOptions, TrainingStatus};
use crate::arrays::{Array, Arrays, Values};
use crate::task::Task;
use crate::training::OptimiserState;

const FORMAT: &str = "attractorlab training";

fn array<T: Real>(values: &[T]) -> Array {
    let wide = || values.iter().map(|v| v.to_f64());
    let values = if T::NAME == "float32" {
        Values::F32(wide().map(|v| v as f32).collect())
    } else {
        Values::F64(wide().collect())
    };
    let length = match &values {
        Values::F32(v) => v.len(),
        Values::F64(v) => v.len(),
    };
    Array::new(vec![length], values).expect("one axis of this length")
}

/// The options that must be the same when a training is resumed: all but the number of epochs.
fn named_options(options: &TrainingOptions, path: &Path) -> Result<String, BpttError> {
    serde_json::to_string(&TrainingOptions { epochs: 0, ..options.clone() })
        .map_err(|error| BpttError::Checkpoint { path: path.to_owned(), reason: error.to_string() })
}

/// Reads the arrays of a checkpoint, in its precision.
struct Reader<'a> {
    arrays: &'a Arrays,
    path: &'a Path,
}

impl Reader<'_> {
    fn error(&self, reason: impl Into<String>) -> BpttError {
        BpttError::Checkpoint { path: self.path.to_owned(), reason: reason.into() }
    }

    fn array<T: Real>(&self, name: &str, length: usize) -> Result<Vec<T>, BpttError> {
        let array =
            self.arrays.arrays.get(name).ok_or_else(|| self.error(format!("it has no array '{name}'")))?;
        let found = match array.values() {
            Values::F32(_) => "float32",
            Values::F64(_) => "float64",
        };
        if found != T::NAME {
            return Err(self.error(format!("'{name}' is {found}, and the network is {}", T::NAME)));
        }
        let values = array.to_f64();
        if values.len() != length {
            let found = values.len();
            return Err(self.error(format!("'{name}' has {found} values where the network has {length}")));
        }
        Ok(values.into_iter().map(T::from_f64).collect())
    }

    fn word(&self, key: &str) -> Result<&str, BpttError> {
        let word = self.arrays.metadata.get(key);
        word.map(String::as_str).ok_or_else(|| self.error(format!("it does not say its {key}")))
    }

    fn number(&self, key: &str) -> Result<u64, BpttError> {
        self.word(key)?.parse().map_err(|_| self.error(format!("its {key} is no number")))
    }
}

impl<T: Real, M: Trainable<T>, K: Task> Trainer<T, M, K> {
    /// Writes the training to a file of arrays (`.safetensors` or `.npz`), whole or not at all.
    ///
    /// [`resume`](Self::resume) goes on from there with the same bits.
    ///
    /// # Errors
    /// [`BpttError`] if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), BpttError> {
        let mut out = Arrays::default();
        let mut put = |name: String, array: Array| {
            out.arrays.insert(name, array);
        };
        put("parameters".to_owned(), array(self.network.parameters()));
        put("last_good".to_owned(), array(&self.last_good));
        for (index, optimiser) in self.optimisers.iter().enumerate() {
            for (moment, values) in optimiser.state().moments.iter().enumerate() {
                put(format!("optimiser_{index}_{moment}"), array(values));
            }
        }
        put("losses".to_owned(), array(&self.losses()));
        put("gradient_norms".to_owned(), array(&self.gradient_norms()));
        for snapshot in &self.snapshots {
            put(format!("snapshot_{}", snapshot.epoch), array(&snapshot.parameters));
        }
        let options = named_options(&self.options, path)?;
        let (status, at) = match self.status {
            TrainingStatus::Running => ("running", 0),
            TrainingStatus::Finished => ("finished", 0),
            TrainingStatus::Converged { epoch } => ("converged", epoch),
            TrainingStatus::NotFinite { epoch } => ("not finite", epoch),
        };
        let steps = self.optimisers.first().map_or(0, |optimiser| optimiser.state().steps);
        for (key, value) in [
            ("format", FORMAT.to_owned()),
            ("epochs", self.history.len().to_string()),
            ("options", options),
            ("equations", self.network.equations()),
            ("task", self.task.describe()),
            ("status", status.to_owned()),
            ("status_epoch", at.to_string()),
            ("steps", steps.to_string()),
        ] {
            out.metadata.insert(key.to_owned(), value);
        }
        Ok(out.write(path)?)
    }

    /// Goes on with a training from a file that [`save`](Self::save) wrote: the epochs that follow have the same
    /// bits as without the interruption.
    ///
    /// `network` gives the equations and shapes; its parameters are replaced. The options must be those of the
    /// file; only the number of epochs may differ, so that a finished training can be prolonged. Other equations
    /// ([`Trainable::equations`]) or another task ([`Task::describe`]) are refused.
    ///
    /// # Errors
    /// [`BpttError`] if the file cannot be read, is of another network, precision or training.
    pub fn resume(network: M, task: K, options: TrainingOptions, path: &Path) -> Result<Self, BpttError> {
        let arrays = Arrays::read(path)?;
        let reader = Reader { arrays: &arrays, path };
        if reader.word("format")? != FORMAT {
            return Err(reader.error("it is not a training"));
        }
        if reader.word("options")? != named_options(&options, path)? {
            return Err(
                reader.error("it was trained with other options; only the number of epochs may differ")
            );
        }
        for (key, what, asked) in [
            ("equations", "with other equations", network.equations()),
            ("task", "on another task", task.describe()),
        ] {
            let found = reader.word(key)?;
            if found != asked {
                return Err(
                    reader.error(format!("it was trained {what} ({found}), not those asked for ({asked})"))
                );
            }
        }
        let mut trainer = Self::new(network, task, options)?;
        let length = trainer.last_good.len();
        let parameters: Vec<T> = reader.array("parameters", length)?;
        trainer.network.parameters_mut().copy_from_slice(&parameters);
        trainer.last_good = reader.array("last_good", length)?;
        let steps = reader.number("steps")?;
        for (index, optimiser) in trainer.optimisers.iter_mut().enumerate() {
            let lengths: Vec<usize> = optimiser.state().moments.iter().map(Vec::len).collect();
            let moments = lengths.iter().enumerate();
            let moments = moments
                .map(|(moment, length)| reader.array(&format!("optimiser_{index}_{moment}"), *length))
                .collect::<Result<_, _>>()?;
            optimiser.restore(OptimiserState { steps, moments })?;
        }
        let epochs = reader.number("epochs")? as usize;
        let losses: Vec<f64> = reader.array("losses", epochs)?;
        let norms: Vec<f64> = reader.array("gradient_norms", epochs)?;
        trainer.history = losses
            .into_iter()
            .zip(norms)
            .map(|(loss, gradient_norm)| Epoch { loss, gradient_norm })
            .collect();
        for name in arrays.arrays.keys() {
            if let Some(epoch) = name.strip_prefix("snapshot_").and_then(|epoch| epoch.parse().ok()) {
                trainer.snapshots.push(Snapshot { epoch, parameters: reader.array(name, length)? });
            }
        }
        trainer.snapshots.sort_by_key(|snapshot| snapshot.epoch);
        let epoch = reader.number("status_epoch")?;
        trainer.status = match reader.word("status")? {
            "converged" => TrainingStatus::Converged { epoch },
            "not finite" => TrainingStatus::NotFinite { epoch },
            // Whether epochs are left is seen at the next step.
            _ => TrainingStatus::Running,
        };
        Ok(trainer)
    }
}
