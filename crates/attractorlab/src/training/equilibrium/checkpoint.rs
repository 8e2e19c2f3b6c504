//! Runs on file: everything that the next step depends on.

use std::path::{Path, PathBuf};

use attractorlab_numerics::kernels::Real;

use super::{LearningError, StepStatus, Trainer};
use crate::arrays::{Array, ArrayFileError, Arrays, Values};
use crate::dynamics::Columns;
use crate::training::OptimiserState;

const FORMAT: &str = "attractorlab equilibrium training";
/// What the names of extra arrays begin with.
const EXTRA: &str = "extra.";

/// Why a checkpoint cannot be written or continued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] ArrayFileError),
    /// The file is something else.
    #[error("{path}: not a checkpoint of training on fixed points: {reason}")]
    Kind {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The run that wrote it was configured otherwise.
    #[error(
        "{path}: a checkpoint of another configuration ({found}, this run is {expected}): continue it with the file \
         that it was started with, or choose another folder"
    )]
    Configuration {
        /// The file.
        path: PathBuf,
        /// Hash of this run's configuration.
        expected: String,
        /// Hash in the file.
        found: String,
    },
    /// The weights were trained otherwise.
    #[error(
        "{path}: a checkpoint of weights trained otherwise ({found}), not as this trainer does ({expected})"
    )]
    Training {
        /// The file.
        path: PathBuf,
        /// Rule, transfer function and options of this trainer.
        expected: String,
        /// Those in the file.
        found: String,
    },
    /// The state does not fit the trainer.
    #[error(transparent)]
    State(#[from] LearningError),
}

fn array<T: Real>(columns: &Columns<T>) -> Option<Array> {
    // Column after column is row after row of the transpose.
    numbers(vec![columns.count(), columns.rows()], columns.values())
}

fn numbers<T: Real>(shape: Vec<usize>, values: &[T]) -> Option<Array> {
    let wide = || values.iter().map(|v| v.to_f64());
    let values = if T::NAME == "float32" {
        Values::F32(wide().map(|v| v as f32).collect())
    } else {
        Values::F64(wide().collect())
    };
    Array::new(shape, values)
}

impl<T: Real> Trainer<T> {
    /// Writes the state of the run to a `.safetensors` or `.npz` file, at once or not at all; `configuration` (a hash,
    /// say) must be named again to continue it. `extra` arrays, the history of a run for example, are kept with it.
    ///
    /// # Errors
    /// [`CheckpointError::File`] if it cannot be written.
    pub fn write_checkpoint(
        &self,
        path: &Path,
        configuration: &str,
        extra: Vec<(String, Array)>,
    ) -> Result<(), CheckpointError> {
        let (weights, optimiser, steps, last) = self.state();
        let mut file = Arrays::default();
        file.arrays.extend(extra.into_iter().map(|(name, array)| (format!("{EXTRA}{name}"), array)));
        // Row i of the file's matrix holds the weights from unit i.
        file.arrays.extend(array(weights).map(|a| ("weights_transposed".to_owned(), a)));
        file.arrays.extend(last.and_then(array).map(|a| ("last_states".to_owned(), a)));
        for (k, moment) in optimiser.moments.iter().enumerate() {
            file.arrays.extend(numbers(vec![moment.len()], moment).map(|a| (format!("moment_{k}"), a)));
        }
        for (key, value) in [
            ("format", FORMAT.to_owned()),
            ("configuration", configuration.to_owned()),
            ("training", self.describe()),
            ("precision", T::NAME.to_owned()),
            ("steps", steps.to_string()),
            ("status", self.status().name().to_owned()),
            ("optimiser_steps", optimiser.steps.to_string()),
        ] {
            file.metadata.insert(key.to_owned(), value);
        }
        Ok(file.write(path)?)
    }

    /// Continues the run of a checkpoint, and returns its extra arrays: the steps that follow have the bits of an
    /// uninterrupted run.
    ///
    /// # Errors
    /// [`CheckpointError`] if the file is broken, of another kind, of another configuration, or was trained by another
    /// rule, with another transfer function, optimiser or other options; the trainer then stays as it was.
    pub fn read_checkpoint(
        &mut self,
        path: &Path,
        configuration: &str,
    ) -> Result<Vec<(String, Array)>, CheckpointError> {
        let file = Arrays::read(path)?;
        let kind = |reason: String| CheckpointError::Kind { path: path.to_owned(), reason };
        let text = |key: &str| {
            file.metadata.get(key).cloned().ok_or_else(|| kind(format!("it has no entry '{key}'")))
        };
        if text("format")? != FORMAT {
            return Err(kind(format!("its format is '{}'", text("format")?)));
        }
        let found = text("configuration")?;
        if found != configuration {
            let (path, expected) = (path.to_owned(), configuration.to_owned());
            return Err(CheckpointError::Configuration { path, expected, found });
        }
        if text("precision")? != T::NAME {
            return Err(kind(format!("its precision is {}, not {}", text("precision")?, T::NAME)));
        }
        let (expected, found) = (self.describe(), text("training")?);
        if expected != found {
            return Err(CheckpointError::Training { path: path.to_owned(), expected, found });
        }
        let count =
            |key: &str| text(key)?.parse::<u64>().map_err(|error| kind(format!("entry '{key}': {error}")));
        let columns = |name: &str, array: &Array| {
            let [count, rows] = array.shape()[..] else {
                return Err(kind(format!("array '{name}' is no matrix")));
            };
            let values = array.to_f64();
            Ok(Columns::from_fn(rows, count, |i, c| T::from_f64(values[c * rows + i])))
        };
        let weights = file
            .arrays
            .get("weights_transposed")
            .ok_or_else(|| kind("it has no array 'weights_transposed'".to_owned()))
            .and_then(|array| columns("weights_transposed", array))?;
        let last = file.arrays.get("last_states").map(|array| columns("last_states", array)).transpose()?;
        let moments = (0..)
            .map_while(|k| file.arrays.get(&format!("moment_{k}")))
            .map(|array| array.to_f64().into_iter().map(T::from_f64).collect())
            .collect();
        let status = text("status")?;
        let status =
            StepStatus::named(&status).ok_or_else(|| kind(format!("there is no status '{status}'")))?;
        let optimiser = OptimiserState { steps: count("optimiser_steps")?, moments };
        self.restore(weights, optimiser, count("steps")?, status, last)?;
        let extra = file
            .arrays
            .into_iter()
            .filter_map(|(name, array)| Some((name.strip_prefix(EXTRA)?.to_owned(), array)));
        Ok(extra.collect())
    }
}
