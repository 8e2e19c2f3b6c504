//! What can go wrong when a figure or a report leaves the program.

use std::path::PathBuf;

/// Why a figure or a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// The file could not be written; an older file of the same name is untouched.
    #[error("could not write {}: {step} failed", path.display())]
    Write {
        /// The file that was asked for.
        path: PathBuf,
        /// What was being done when it failed.
        step: &'static str,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The path names no file.
    #[error("{} does not name a file to write", path.display())]
    NotAFile {
        /// The path that was asked for.
        path: PathBuf,
    },
}
