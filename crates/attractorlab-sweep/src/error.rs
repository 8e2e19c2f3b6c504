//! What can go wrong with a sweep, in the user's words.

use std::io;
use std::path::PathBuf;

use parquet::errors::ParquetError;

use crate::PlanError;

/// Why a sweep could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The plan's file cannot be read.
    #[error("cannot read the plan '{}': {source}", path.display())]
    ReadPlan {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The plan is wrong.
    #[error("{}, {error}", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        error: PlanError,
    },
    /// A runnable cannot be added to the registry.
    #[error("'{name}' cannot be registered: {reason}")]
    Registration {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A shard that is none.
    #[error("'{given}' is not a shard: write I/N with I from 1 to N, for example 2/8")]
    Shard {
        /// What was given.
        given: String,
    },
    /// Something cannot be written.
    #[error("cannot write '{}': {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Finished points cannot be kept.
    #[error("cannot write '{}': {source}; {lost}, everything before is kept: make room and run the same command again", path.display())]
    Keep {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
        /// What is lost, in words.
        lost: String,
    },
    /// Something cannot be read.
    #[error("cannot read '{}': {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no sweep in the folder.
    #[error("'{}' is not the folder of a sweep: {reason}", path.display())]
    NoSweep {
        /// The folder.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The folder belongs to another plan.
    #[error("'{}' holds another sweep: {difference}", path.display())]
    AnotherSweep {
        /// The folder.
        path: PathBuf,
        /// How it differs.
        difference: String,
    },
    /// A part in the folder belongs to another plan or version.
    #[error("'{}' does not belong to this sweep: {difference}", path.display())]
    ForeignPart {
        /// The part.
        path: PathBuf,
        /// How it differs.
        difference: String,
    },
    /// The plan in the folder cannot be understood by this program.
    #[error("the plan in '{}' cannot be used: {error}", path.display())]
    StoredPlan {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        error: PlanError,
    },
    /// The table has no such column.
    #[error("the table has no column '{name}'")]
    NoColumn {
        /// The name.
        name: String,
        /// The name that was probably meant.
        suggestion: Option<String>,
    },
    /// Another process does the same work.
    #[error("another process is at work on {what} in '{}'", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
        /// On what.
        what: String,
    },
    /// A Parquet file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the format's library said.
        source: ParquetError,
    },
    /// The system gives no thread.
    #[error("cannot start a thread: {source}")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
    /// There is nothing to draw.
    #[error("there is nothing to draw: {reason}")]
    NothingToDraw {
        /// Why.
        reason: String,
    },
    /// Slurm refuses.
    #[error("{command} failed: {reason}")]
    Slurm {
        /// The command.
        command: String,
        /// What it said.
        reason: String,
    },
}

impl SweepError {
    /// What to do about it, where that is not plain.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Plan { error, .. } | Self::StoredPlan { error, .. } => error.hint.clone(),
            Self::AnotherSweep { .. } => Some("choose another folder with -o".to_owned()),
            Self::ForeignPart { .. } => Some("move it out of the folder".to_owned()),
            Self::Write { .. } | Self::Keep { .. } => {
                Some("choose another folder with -o, or make this one writable and large enough".to_owned())
            }
            Self::NoSweep { .. } => Some("give the folder that 'sweep run FILE -o DIR' wrote".to_owned()),
            Self::NoColumn { suggestion: Some(name), .. } => Some(format!("did you mean '{name}'?")),
            Self::Busy { .. } => Some("wait for it, or stop it; running again continues".to_owned()),
            _ => None,
        }
    }

    pub(crate) fn write(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Write { path, source }
    }

    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source }
    }

    pub(crate) fn parquet(path: impl Into<PathBuf>) -> impl FnOnce(ParquetError) -> Self {
        let path = path.into();
        move |source| match source {
            // A disk that is full speaks through the library; the system's words are what helps.
            ParquetError::External(inner) if inner.is::<io::Error>() => match inner.downcast::<io::Error>() {
                Ok(source) => Self::Write { path, source: *source },
                Err(inner) => Self::Parquet { path, source: ParquetError::External(inner) },
            },
            source => Self::Parquet { path, source },
        }
    }
}
