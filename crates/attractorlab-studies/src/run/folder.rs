//! The folder that a run writes into.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::run::RunError;

/// A folder that exists and can be written to. A crash leaves every file in it either old or new, never half.
#[derive(Debug, Clone)]
pub struct OutputFolder {
    root: PathBuf,
}

impl OutputFolder {
    /// Opens the folder, makes it if need be, and writes a trial file, so that a run that could not be kept
    /// never starts.
    ///
    /// # Errors
    /// [`RunError::Output`] if the folder cannot be made or written to.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, RunError> {
        let root = root.into();
        let trial = temporary(&root.join("trial"));
        fs::create_dir_all(&root)
            .and_then(|()| File::create(&trial))
            .and_then(|mut file| file.write_all(b"trial"))
            .and_then(|()| fs::remove_file(&trial))
            .map_err(|source| RunError::Output { path: root.clone(), source })?;
        Ok(Self { root })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Writes a file below the folder: to a temporary name, synced, then renamed.
    ///
    /// # Errors
    /// [`RunError::Output`] if the file cannot be written.
    pub fn write(&self, relative: impl AsRef<Path>, bytes: &[u8]) -> Result<(), RunError> {
        let path = self.root.join(relative);
        replace(&path, bytes).map_err(|source| RunError::Output { path, source })
    }
}

/// The name under which a file is written before it takes its own.
fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let temporary = temporary(path);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&temporary, path)) {
        // The first error is the one to tell; a leftover that cannot be removed changes nothing about it.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    // The rename itself is durable once the folder is synced; file systems that cannot sync folders say so.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_replaces_and_leaves_nothing_else() {
        let root = std::env::temp_dir().join(format!("attractorlab-folder-{}", std::process::id()));
        let folder = OutputFolder::open(&root).unwrap();
        folder.write("a/b.txt", b"old").unwrap();
        folder.write("a/b.txt", b"new").unwrap();
        assert_eq!(fs::read(root.join("a/b.txt")).unwrap(), b"new");
        assert_eq!(fs::read_dir(root.join("a")).unwrap().count(), 1);
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_file_in_the_way_is_told_by_its_path() {
        let file = std::env::temp_dir().join(format!("attractorlab-file-{}", std::process::id()));
        fs::write(&file, b"").unwrap();
        let error = OutputFolder::open(file.join("report")).unwrap_err();
        assert!(error.to_string().contains(&*file.to_string_lossy()), "{error}");
        fs::remove_file(file).unwrap();
    }
}
