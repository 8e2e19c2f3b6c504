//! The folder of a sweep: its manifest, and the lock that keeps two runs apart.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::columns::Layout;
use super::part::{Facts, PartReader, PartWriter, Unusable};
use super::staging::Staging;
use crate::{Declared, Plan, Registry, Runnable, SweepError};

/// Raised when the columns or facts of the files change.
const FORMAT: &str = "1";

/// Facts in the footer of every file.
pub(crate) const FACT_FORMAT: &str = "attractorlab.format";
pub(crate) const FACT_PLAN: &str = "attractorlab.plan";
pub(crate) const FACT_RUNNABLE: &str = "attractorlab.runnable";
pub(crate) const FACT_VERSION: &str = "attractorlab.version";
/// The plan's text, in the manifest.
const FACT_TEXT: &str = "attractorlab.plan.toml";
/// The declaration of what is run, in the manifest, where no registry knows it.
const FACT_DECLARATION: &str = "attractorlab.declaration";
/// The files, separated by line ends, that this one stands for; they may be gone already.
pub(crate) const FACT_REPLACES: &str = "attractorlab.replaces";

const MANIFEST: &str = "manifest.parquet";

/// A folder with a sweep in it.
///
/// Everything in the folder is Parquet with one schema. `manifest.parquet` has no rows; its footer says which
/// plan the folder belongs to. `part-….parquet` are immutable files of finished points, `table.parquet` is what
/// `collect` made of earlier parts. Arrays, damaged files and Slurm's scripts stand beside the folder, in
/// `DIR.arrays`, `DIR.damaged` and `DIR.slurm`.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    pub(crate) staging: Staging,
    pub(crate) layout: Layout,
    plan_hash: String,
    runnable: String,
}

/// Held while a process works in a folder; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: processes forked meanwhile (Python's pools) have it open as well.
        let _ = self.0.unlock();
    }
}

impl Folder {
    fn new(path: &Path, plan: &Plan) -> Self {
        Self {
            path: path.to_owned(),
            staging: Staging::of(path),
            layout: Layout::of(plan),
            plan_hash: plan.hash().to_owned(),
            runnable: runnable_fact(plan),
        }
    }

    /// Opens the folder for a plan, and makes it if it is not there.
    ///
    /// # Errors
    /// [`SweepError`] if it holds another sweep or other files, or cannot be written to.
    pub fn begin(path: &Path, plan: &Plan) -> Result<Self, SweepError> {
        fs::create_dir_all(path).map_err(SweepError::write(path))?;
        let path = &path.canonicalize().map_err(SweepError::read(path))?;
        let folder = Self::new(path, plan);
        if let Some(manifest) = read_manifest(path)? {
            folder.check_manifest(&manifest)?;
        } else {
            folder.refuse_other_files()?;
            folder.write_manifest(plan)?;
        }
        // A sweep that could not be kept must not start.
        let trial = folder.staging.path();
        File::create(&trial).and_then(|_| fs::remove_file(&trial)).map_err(SweepError::write(path))?;
        let inside = path.join(trial.file_name().unwrap_or_default());
        File::create(&inside).and_then(|_| fs::remove_file(&inside)).map_err(SweepError::write(path))?;
        Ok(folder)
    }

    /// Opens a folder that has a sweep, with its plan.
    ///
    /// # Errors
    /// [`SweepError`] if there is none, or it is of another version.
    pub fn open(path: &Path, registry: &Registry) -> Result<(Self, Plan), SweepError> {
        let full = path
            .canonicalize()
            .map_err(|source| SweepError::NoSweep { path: path.to_owned(), reason: source.to_string() })?;
        let Some(manifest) = read_manifest(&full)? else {
            let reason = format!("it has no {MANIFEST}");
            return Err(SweepError::NoSweep { path: path.to_owned(), reason });
        };
        let mut registry = registry.clone();
        if let Some(declaration) = manifest.reader.fact(FACT_DECLARATION) {
            let declared = Declared::from_json(declaration)?;
            if registry.get(declared.name()).is_none() {
                registry.register(declared)?;
            }
        }
        let plan = Plan::parse(&manifest.text, &registry)
            .map_err(|error| SweepError::StoredPlan { path: path.to_owned(), error })?;
        let folder = Self::new(&full, &plan);
        folder.check_manifest(&manifest)?;
        Ok((folder, plan))
    }

    /// The declaration of what the sweep at `path` runs, if there is a sweep and no registry knows it.
    ///
    /// # Errors
    /// [`SweepError`] if the manifest cannot be read.
    pub fn declaration(path: &Path) -> Result<Option<String>, SweepError> {
        let manifest = read_manifest(path)?;
        Ok(manifest.and_then(|manifest| manifest.reader.fact(FACT_DECLARATION).map(str::to_owned)))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A folder beside this one: `DIR.arrays` for `arrays`.
    pub fn beside(&self, what: &str) -> PathBuf {
        let mut name: OsString = self.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{what}"));
        self.path.with_file_name(name)
    }

    /// Facts for the footer of a file that stands for `replaced` files.
    pub(crate) fn facts(&self, replaced: &[String]) -> Facts {
        let mut facts: Facts = [
            (FACT_FORMAT, FORMAT),
            (FACT_PLAN, &self.plan_hash),
            (FACT_RUNNABLE, &self.runnable),
            (FACT_VERSION, env!("CARGO_PKG_VERSION")),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if !replaced.is_empty() {
            facts.push((FACT_REPLACES.to_owned(), replaced.join("\n")));
        }
        facts
    }

    /// How a file differs from what belongs here, in words.
    pub(crate) fn difference(&self, part: &PartReader) -> Option<String> {
        let Some(plan) = part.fact(FACT_PLAN) else {
            return Some("it was not written by a sweep".to_owned());
        };
        let fact = |name| part.fact(name).unwrap_or("unknown");
        if fact(FACT_FORMAT) != FORMAT {
            return Some(format!("its format is {}, this program's is {FORMAT}", fact(FACT_FORMAT)));
        }
        if fact(FACT_RUNNABLE) != self.runnable {
            return Some(format!("it is of {}, not of {}", fact(FACT_RUNNABLE), self.runnable));
        }
        if plan != self.plan_hash {
            return Some(format!("it is of plan {plan}, not of plan {}", self.plan_hash));
        }
        if fact(FACT_VERSION) != env!("CARGO_PKG_VERSION") {
            return Some(format!(
                "it was written by attractorlab {}, and this is {}",
                fact(FACT_VERSION),
                env!("CARGO_PKG_VERSION")
            ));
        }
        (!part.has_layout(&self.layout)).then(|| "its columns are others".to_owned())
    }

    fn check_manifest(&self, manifest: &Manifest) -> Result<(), SweepError> {
        match self.difference(&manifest.reader) {
            None => Ok(()),
            Some(difference) => Err(SweepError::AnotherSweep { path: self.path.clone(), difference }),
        }
    }

    fn refuse_other_files(&self) -> Result<(), SweepError> {
        let list = fs::read_dir(&self.path).map_err(SweepError::read(&self.path))?;
        for entry in list {
            let name =
                entry.map_err(SweepError::read(&self.path))?.file_name().to_string_lossy().into_owned();
            // The manifest may have come from another task between the two looks.
            if !self.staging.is_unfinished(&name) && !self.path.join(MANIFEST).exists() {
                let reason = format!("it has no {MANIFEST}, but other files, such as '{name}'");
                return Err(SweepError::NoSweep { path: self.path.clone(), reason });
            }
        }
        Ok(())
    }

    /// Writes the manifest, unless another task of the same sweep was faster.
    fn write_manifest(&self, plan: &Plan) -> Result<(), SweepError> {
        let target = self.path.join(MANIFEST);
        let unfinished = self.staging.path();
        let mut facts = self.facts(&[]);
        facts.push((FACT_TEXT.to_owned(), plan.text().to_owned()));
        facts.extend(plan.runnable().declaration().map(|text| (FACT_DECLARATION.to_owned(), text)));
        let written = (|| {
            let file = File::create(&unfinished).map_err(SweepError::write(&self.path))?;
            PartWriter::new(&file, &self.layout, &facts)
                .and_then(PartWriter::finish)
                .map_err(SweepError::parquet(&target))?;
            file.sync_all().map_err(SweepError::write(&target))?;
            // A link, unlike a rename, never takes the place of a manifest that is there.
            match fs::hard_link(&unfinished, &target) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                Err(_) => fs::rename(&unfinished, &target).map_err(SweepError::write(&target)),
                Ok(()) => Ok(()),
            }
        })();
        let _ = fs::remove_file(&unfinished);
        written?;
        super::staging::sync_folder(&target);
        match read_manifest(&self.path)? {
            Some(manifest) => self.check_manifest(&manifest),
            None => Ok(()),
        }
    }

    /// Locks the folder: alone, or together with other shards.
    pub(crate) fn lock(&self, alone: bool, what: &str) -> Result<Lock, SweepError> {
        let path = self.path.join(MANIFEST);
        let file = File::open(&path).map_err(SweepError::read(&path))?;
        let locked = if alone { file.try_lock() } else { file.try_lock_shared() };
        match locked {
            Err(TryLockError::WouldBlock) => {
                Err(SweepError::Busy { path: self.path.clone(), what: what.to_owned() })
            }
            // A file system without locks: parts are never shared between processes, so nothing is lost.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Lock(file)),
        }
    }

    /// Removes unfinished files that killed processes left. To be called by one who holds the lock alone.
    pub(crate) fn sweep_leftovers(&self) {
        self.staging.sweep();
        let arrays = self.beside("arrays");
        if arrays.is_dir() {
            Staging::of(&arrays).sweep();
        }
    }

    /// The files with rows, by name.
    pub(crate) fn files(&self) -> Result<Vec<String>, SweepError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(SweepError::read(&self.path))? {
            let name =
                entry.map_err(SweepError::read(&self.path))?.file_name().to_string_lossy().into_owned();
            if name != MANIFEST && !name.starts_with('.') {
                files.push(name);
            }
        }
        files.sort();
        Ok(files)
    }
}

fn runnable_fact(plan: &Plan) -> String {
    format!("{} version {}", plan.runnable().name(), plan.runnable().version())
}

struct Manifest {
    reader: PartReader,
    text: String,
}

fn read_manifest(folder: &Path) -> Result<Option<Manifest>, SweepError> {
    let path = folder.join(MANIFEST);
    let no_sweep = |reason: String| SweepError::NoSweep { path: folder.to_owned(), reason };
    match PartReader::open(&path) {
        Ok(reader) => {
            let text = reader.fact(FACT_TEXT).map(str::to_owned);
            let text = text.ok_or_else(|| no_sweep(format!("its {MANIFEST} has no plan")))?;
            Ok(Some(Manifest { reader, text }))
        }
        Err(Unusable::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(Unusable::Io(error)) => Err(SweepError::Read { path, source: error }),
        Err(Unusable::Damaged(reason)) => Err(no_sweep(format!("its {MANIFEST} is damaged ({reason})"))),
    }
}
