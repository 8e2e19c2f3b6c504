//! Files appear whole or not at all: written under a hidden name, synced, renamed.
//!
//! The folder of a sweep holds Parquet files of one schema and nothing else, so that every reader of folders
//! (pandas, polars, DuckDB) reads it as it stands, even while it grows. Unfinished files therefore stand beside
//! the folder, not in it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A name that no other process on any machine uses: time, process, counter.
pub(crate) fn unique() -> String {
    let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let counter = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{nanoseconds:016x}-{:x}-{counter:x}", std::process::id())
}

/// Where unfinished files of a folder stand.
#[derive(Debug, Clone)]
pub(crate) struct Staging {
    place: PathBuf,
    prefix: String,
}

impl Staging {
    /// Beside `folder`, or inside of it where that is another file system or cannot be written to.
    pub(crate) fn of(folder: &Path) -> Self {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.sweep-");
        let beside = folder.parent().filter(|parent| same_file_system(parent, folder));
        if let Some(parent) = beside {
            let staging = Self { place: parent.to_owned(), prefix: prefix.clone() };
            let trial = staging.path();
            if File::create(&trial).is_ok() {
                let _ = fs::remove_file(&trial);
                return staging;
            }
        }
        Self { place: folder.to_owned(), prefix }
    }

    /// A fresh name for an unfinished file.
    pub(crate) fn path(&self) -> PathBuf {
        self.place.join(format!("{}{}", self.prefix, unique()))
    }

    /// Whether this is the name of an unfinished file.
    pub(crate) fn is_unfinished(&self, name: &str) -> bool {
        name.starts_with(&self.prefix)
    }

    /// Removes what killed processes left. To be called by one who knows that no other process writes.
    pub(crate) fn sweep(&self) {
        for entry in fs::read_dir(&self.place).into_iter().flatten().flatten() {
            if self.is_unfinished(&entry.file_name().to_string_lossy()) {
                // A leftover that cannot be removed disturbs nobody.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Writes `target` through `write`, which gets the open file and gives it back.
    pub(crate) fn write<E>(
        &self,
        target: &Path,
        write: impl FnOnce(File) -> Result<File, E>,
        failed: impl Fn(io::Error) -> E,
    ) -> Result<(), E> {
        let path = self.path();
        let written = (|| {
            let file = write(File::create(&path).map_err(&failed)?)?;
            file.sync_all().map_err(&failed)?;
            fs::rename(&path, target).map_err(&failed)
        })();
        if written.is_err() {
            // The first error is the one to tell; a leftover that cannot be removed adds nothing.
            let _ = fs::remove_file(&path);
            return written;
        }
        sync_folder(target);
        Ok(())
    }
}

/// Makes a rename durable. File systems that cannot sync folders say so, and lose nothing by it.
pub(crate) fn sync_folder(file: &Path) {
    if let Some(folder) = file.parent() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

#[cfg(unix)]
fn same_file_system(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    matches!((fs::metadata(a), fs::metadata(b)), (Ok(a), Ok(b)) if a.dev() == b.dev())
}

#[cfg(not(unix))]
fn same_file_system(_: &Path, _: &Path) -> bool {
    false
}
