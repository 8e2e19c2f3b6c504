//! Results on disk: immutable Parquet parts, one table out of them, arrays beside.

mod collect;
mod columns;
mod folder;
mod keep;
mod npz;
mod part;
mod read;
mod scan;
mod staging;

pub use collect::{Collected, collect};
pub use folder::Folder;
pub use read::read;
pub use scan::Damaged;

pub(crate) use collect::{gaps, windows};
pub(crate) use folder::Lock;
pub(crate) use keep::{Row, forget_failures, keep};
pub(crate) use scan::{Mend, scan};

use std::fs;

use crate::{Array, Key, SweepError};

/// Writes the arrays of a point to `DIR.arrays/KEY.npz`.
pub(crate) fn keep_arrays(folder: &Folder, key: Key, arrays: &[Array]) -> Result<(), SweepError> {
    let beside = folder.beside("arrays");
    fs::create_dir_all(&beside).map_err(SweepError::write(&beside))?;
    let path = beside.join(format!("{key}.npz"));
    let failed = |source| SweepError::Write { path: path.clone(), source };
    let write = |file: fs::File| {
        let mut out = std::io::BufWriter::new(file);
        npz::write(&mut out, arrays).map_err(failed)?;
        out.into_inner().map_err(|error| failed(error.into_error()))
    };
    staging::Staging::of(&beside).write(&path, write, failed)
}
