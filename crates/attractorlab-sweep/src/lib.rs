//! Sweeps over parameters and seeds: the same plan on a laptop and on a Slurm cluster.
//!
//! A [`Plan`] says which [`Runnable`] is run over which points. [`run`] computes the points that are not
//! finished yet and keeps each as a row; [`collect`] makes one table of them. A killed run continues where it
//! was, and the table is the same whatever the threads, shards and interruptions.
//!
//! ```
//! use std::sync::Arc;
//! use attractorlab_sweep::{Folder, Plan, Registry, RunOptions, Silent, Stop, collect, run};
//!
//! let text = "
//!     [run]
//!     what = 'theory.feedback'
//!     [axes]
//!     g = [0.3, 0.8]
//!     target = { range = [0.5, 2.0], points = 4 }
//! ";
//! let plan = Arc::new(Plan::parse(text, &Registry::standard())?);
//! let path = std::env::temp_dir().join(format!("sweep-example-{}", std::process::id()));
//! let folder = Folder::begin(&path, &plan)?;
//! let ran = run(&plan, &folder, &RunOptions::default(), &Stop::new(), &Silent)?;
//! assert_eq!(ran.done, 8);
//! assert_eq!(collect(&folder, &plan)?.rows, 8);
//! # std::fs::remove_dir_all(path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod plan;
mod run;
mod runnable;
pub mod slurm;
mod status;
mod store;
pub mod table;
mod text;
mod value;
pub mod view;

pub use error::SweepError;
pub use plan::{Estimate, Key, Plan, PlanError, schema};
pub use run::{Flush, Observer, Progress, Ran, RunOptions, Session, Shard, Silent, Stop, run};
pub use runnable::{
    Array, Declared, Measure, Measures, NetworkSpectrum, Parameter, Parameters, Registry, RunError, Runnable,
    Seed, TheoryFeedback, TheoryForecast, TrainingReadout, TrainingTask,
};
pub use status::{Status, status};
pub use store::{Collected, Damaged, Folder, collect, read};
pub use text::duration;
pub use value::{Domain, Kind, Value};
