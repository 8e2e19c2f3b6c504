//! Results on disk: immutable Parquet parts, one table out of them, arrays beside.

mod collect;
mod columns;
mod folder;
mod keep;
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
use std::io::Write;

use attractorlab::arrays::{Arrays, Format, Values};

use crate::{Array, Key, SweepError};

/// Writes the arrays of a point to `DIR.arrays/KEY.npz` or `KEY.safetensors`.
pub(crate) fn keep_arrays(
    folder: &Folder,
    key: Key,
    format: Format,
    arrays: &[Array],
) -> Result<(), SweepError> {
    let beside = folder.beside("arrays");
    fs::create_dir_all(&beside).map_err(SweepError::write(&beside))?;
    let path = beside.join(format!("{key}.{}", format.name()));
    let failed = |source| SweepError::Write { path: path.clone(), source };
    let mut named = Arrays::default();
    for array in arrays {
        let values = Values::F64(array.data.clone());
        let stored = attractorlab::arrays::Array::new(array.shape.clone(), values).ok_or_else(|| {
            failed(std::io::Error::other(format!("array '{}' has not the length of its shape", array.name)))
        })?;
        named.arrays.insert(array.name.clone(), stored);
    }
    let bytes =
        named.to_bytes(format, &path).map_err(|error| failed(std::io::Error::other(error.to_string())))?;
    let write = |mut file: fs::File| file.write_all(&bytes).map(|()| file).map_err(failed);
    staging::Staging::of(&beside).write(&path, write, failed)
}
