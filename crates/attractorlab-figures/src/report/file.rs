//! Writing a file so that a crash leaves the old one.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::FigureError;

/// Writes to a temporary name in the same folder, syncs, renames.
pub(super) fn write_atomic(path: &Path, content: &[u8]) -> Result<(), FigureError> {
    let Some(name) = path.file_name() else {
        return Err(FigureError::NotAFile { path: path.to_owned() });
    };
    // The process id keeps two programs that write the same report from sharing a temporary file.
    let mut temporary_name = name.to_owned();
    temporary_name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(temporary_name);
    let failed =
        |step: &'static str| move |source| FigureError::Write { path: path.to_owned(), step, source };
    let written = (|| {
        let mut file = File::create(&temporary).map_err(failed("creating the temporary file"))?;
        file.write_all(content).map_err(failed("writing"))?;
        file.sync_all().map_err(failed("syncing"))?;
        fs::rename(&temporary, path).map_err(failed("renaming the temporary file"))
    })();
    if written.is_err() {
        // The first error is the one to report; a temporary file that cannot be removed adds nothing.
        let _ = fs::remove_file(&temporary);
    }
    written
}
