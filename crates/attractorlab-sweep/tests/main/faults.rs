//! What disks and users do to a folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use attractorlab_sweep::{Folder, RunOptions, Silent, Stop, SweepError, collect, run, status};

use crate::world::{SMALL, Scratch, finish, plan, registry, rows};

fn part(folder: &Path) -> std::path::PathBuf {
    let mut parts: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    parts.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with("part"));
    parts.sort();
    parts.remove(0)
}

#[test]
fn a_part_cut_short_is_moved_aside_and_its_points_are_run_again() {
    let scratch = Scratch::new("cut");
    let plan = plan(SMALL);
    let folder = finish(&plan, &scratch.folder(), &RunOptions::default());
    let wanted = rows(&folder, &plan);
    let whole = fs::read(part(folder.path())).unwrap();
    for length in [0, 1, 4, 100, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let part = part(folder.path());
        fs::write(&part, &whole[..length]).unwrap();
        // Looking does not touch.
        let state = status(&folder, &plan).unwrap();
        assert_eq!((state.finished, state.damaged.len()), (0, 1), "{length}");
        assert!(part.exists());
        let ran = run(&plan, &folder, &RunOptions::default(), &Stop::new(), &Silent).unwrap();
        assert_eq!((ran.done, ran.damaged.len()), (240, 1), "{length}");
        assert!(!part.exists() && ran.damaged[0].moved_to.as_ref().unwrap().exists());
        assert_eq!(rows(&folder, &plan), wanted);
    }
}

#[test]
fn a_crash_while_collecting_repeats_nothing() {
    let scratch = Scratch::new("collecting");
    let plan = plan(SMALL);
    let folder = finish(&plan, &scratch.folder(), &RunOptions::default());
    let wanted = rows(&folder, &plan);
    let part = part(folder.path());
    let saved = fs::read(&part).unwrap();
    collect(&folder, &plan).unwrap();
    // The crash: the table has appeared, and the part is still there.
    fs::write(&part, saved).unwrap();
    assert_eq!(status(&folder, &plan).unwrap().parts, 1);
    assert_eq!(rows(&folder, &plan), wanted);
    let collected = collect(&folder, &plan).unwrap();
    assert_eq!((collected.rows, collected.repeated), (240, 0));
    assert!(!part.exists());
}

#[test]
fn the_same_row_twice_is_one_point() {
    let scratch = Scratch::new("twice");
    let plan = plan(SMALL);
    let folder = finish(&plan, &scratch.folder(), &RunOptions::default());
    let wanted = rows(&folder, &plan);
    // A node that was given up came back, and wrote what another had done as well.
    fs::copy(part(folder.path()), folder.path().join("part-1of1-ghost.parquet")).unwrap();
    assert_eq!(rows(&folder, &plan), wanted);
    let collected = collect(&folder, &plan).unwrap();
    assert_eq!((collected.rows, collected.repeated), (240, 240));
    assert_eq!(rows(&folder, &plan), wanted);
}

#[test]
fn folders_that_are_no_sweeps_are_refused() {
    let scratch = Scratch::new("foreign");
    let plan = plan(SMALL);
    assert!(matches!(Folder::open(&scratch.folder(), &registry()), Err(SweepError::NoSweep { .. })));
    fs::create_dir_all(scratch.folder()).unwrap();
    assert!(matches!(Folder::open(&scratch.folder(), &registry()), Err(SweepError::NoSweep { .. })));
    fs::write(scratch.folder().join("thesis.tex"), "precious").unwrap();
    let error = Folder::begin(&scratch.folder(), &plan).unwrap_err();
    assert!(error.to_string().contains("thesis.tex"), "{error}");
    assert_eq!(fs::read_dir(scratch.folder()).unwrap().count(), 1);
    let file = scratch.0.join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(Folder::begin(&file.join("sweep"), &plan), Err(SweepError::Write { .. })));
}

/// Notes that a test could not do its work, for `cargo xtask test` to count.
fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
    if let Some(path) = std::env::var_os("ATTRACTORLAB_SKIPPED_TESTS") {
        use std::io::Write;
        let file = fs::OpenOptions::new().append(true).open(path);
        let _ = file.and_then(|mut file| writeln!(file, "{reason}"));
    }
}

/// A file system of its own, unmounted at the end.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn tmpfs(at: &'a Path, options: &str) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).output();
    }
}

#[test]
fn a_full_disk_loses_only_what_does_not_fit() {
    let scratch = Scratch::new("full");
    let disk = scratch.0.join("disk");
    fs::create_dir_all(&disk).unwrap();
    let Some(_mount) = Mount::tmpfs(&disk, "size=128k") else {
        return skip("a full disk: a small file system cannot be mounted here");
    };
    let text = SMALL.replace("seeds = 4", "seeds = 400");
    let plan = plan(&text);
    let path = disk.join("sweep");
    let folder = Folder::begin(&path, &plan).unwrap();
    let flush = attractorlab_sweep::Flush { rows: 500, ..attractorlab_sweep::Flush::default() };
    let options = RunOptions { flush, ..RunOptions::default() };
    let error = run(&plan, &folder, &options, &Stop::new(), &Silent).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("No space left on device") && message.contains("could not be kept"),
        "{message}"
    );
    let state = status(&folder, &plan).unwrap();
    assert!(state.finished > 0 && state.damaged.is_empty(), "{state:?}");
    assert_eq!(fs::read_dir(&disk).unwrap().count(), 1, "an unfinished file is left");
    // With room, the same command goes on.
    let grown = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&disk).status().unwrap();
    assert!(grown.success());
    let ran = run(&plan, &folder, &RunOptions::default(), &Stop::new(), &Silent).unwrap();
    assert_eq!(ran.before, state.finished);
    assert_eq!(collect(&folder, &plan).unwrap().rows, 24_000);
}

#[test]
fn a_folder_that_is_a_disk_of_its_own_works() {
    let scratch = Scratch::new("disk");
    let disk = scratch.0.join("sweep");
    fs::create_dir_all(&disk).unwrap();
    let Some(_mount) = Mount::tmpfs(&disk, "size=8m") else {
        return skip("a folder that is a disk: a file system cannot be mounted here");
    };
    let plan = plan(SMALL);
    let folder = finish(&plan, &disk, &RunOptions::default());
    assert_eq!(collect(&folder, &plan).unwrap().rows, 240);
    assert_eq!(fs::read_dir(&disk).unwrap().count(), 2);
}

#[test]
fn a_read_only_folder_is_found_before_anything_runs() {
    let scratch = Scratch::new("read-only");
    let disk = scratch.0.join("disk");
    fs::create_dir_all(&disk).unwrap();
    let plan = plan(SMALL);
    let Some(_mount) = Mount::tmpfs(&disk, "size=8m") else {
        return skip("a read-only folder: a file system cannot be mounted here");
    };
    let folder = finish(&plan, &disk.join("sweep"), &RunOptions::default());
    let locked = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap();
    assert!(locked.success());
    let error = Folder::begin(&disk.join("sweep"), &plan).unwrap_err();
    assert!(error.to_string().contains("Read-only file system"), "{error}");
    let error = Folder::begin(&disk.join("new"), &plan).unwrap_err();
    assert!(matches!(error, SweepError::Write { .. }), "{error}");
    // Reading needs no right to write.
    assert!(status(&folder, &plan).unwrap().is_complete());
    assert_eq!(rows(&folder, &plan).len(), 240);
}
