//! What was recorded, as a table or as arrays.

use std::io::Write as _;
use std::path::Path;

use attractorlab::arrays::{Array, Arrays, Values};
use attractorlab::dynamics::{Record, Simulation, SimulationStatus};

/// Writes CSV, or arrays where the name ends in `.npz`.
pub(super) fn write(path: &Path, run: &Simulation<f64>, record: &Record) -> std::io::Result<()> {
    if path.extension().is_some_and(|extension| extension == "npz") {
        arrays(run).write(path).map_err(std::io::Error::other)
    } else {
        write_csv(path, run, record)
    }
}

/// `times` (T), `frames` (T×V×P), `final_states` (N×P), `diverged_at` (P, NaN for trials that did not).
fn arrays(run: &Simulation<f64>) -> Arrays {
    let shape = [run.times.len(), run.variables, run.columns];
    let frames = (0..shape[0])
        .flat_map(|frame| (0..shape[1]).map(move |variable| (frame, variable)))
        .flat_map(|(frame, variable)| (0..shape[2]).map(move |column| run.value(frame, variable, column)))
        .collect();
    let diverged: Vec<f64> = run
        .status
        .iter()
        .map(|status| match status {
            SimulationStatus::Finished => f64::NAN,
            SimulationStatus::Diverged { time, .. } => *time,
        })
        .collect();
    let mut arrays = Arrays::default();
    let mut add = |name: &str, array: Array| arrays.arrays.insert(name.to_owned(), array);
    add("times", Array::vector(&run.times));
    if let Some(frames) = Array::new(shape.to_vec(), Values::F64(frames)) {
        add("frames", frames);
    }
    add("final_states", Array::matrix(&run.final_states));
    add("diverged_at", Array::vector(&diverged));
    arrays
}

/// To a temporary name first: a crash leaves the old file.
fn write_csv(path: &Path, run: &Simulation<f64>, record: &Record) -> std::io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".part");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&temporary)?);
    write!(file, "time,trial")?;
    for v in 0..run.variables {
        match record {
            Record::Outputs => write!(file, ",z{v}")?,
            Record::Units(units) => write!(file, ",x{}", units[v])?,
            Record::States | Record::Nothing => write!(file, ",x{v}")?,
        }
    }
    writeln!(file)?;
    for (frame, time) in run.times.iter().enumerate() {
        for trial in 0..run.columns {
            write!(file, "{time},{trial}")?;
            for v in 0..run.variables {
                write!(file, ",{}", run.value(frame, v, trial))?;
            }
            writeln!(file)?;
        }
    }
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    std::fs::rename(&temporary, path)
}
