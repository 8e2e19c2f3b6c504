//! Sweeps on a Slurm cluster: an array job, and a job that collects.
//!
//! Nothing runs but the two jobs. Each task computes one shard and writes only its own parts, so that tasks
//! need no locks and no network between them. What ends a task early is met by running it again: Slurm requeues
//! what it pre-empts and what a dead node held, a task near its time limit requeues itself, and whatever is
//! still missing afterwards is computed by submitting the same plan once more.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::store::{Mend, forget_failures, scan};
use crate::{Folder, Plan, Shard, SweepError};

/// How to submit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlurmOptions {
    /// Number of tasks; never more than there are points.
    pub tasks: u64,
    /// How many of them may run at a time; `None` leaves it to Slurm.
    pub at_once: Option<u64>,
    /// Cores of each task.
    pub cores: u64,
    /// Time limit of a task, as Slurm writes it.
    pub time: Option<String>,
    /// Memory of a task, as Slurm writes it.
    pub memory: Option<String>,
    /// Partition.
    pub partition: Option<String>,
    /// Further options of sbatch, for both jobs, such as `--account=theory`.
    pub options: Vec<String>,
    /// How often a task may be started again at its time limit.
    pub restarts: u64,
    /// Whether points that failed are run again.
    pub retry_failed: bool,
}

impl Default for SlurmOptions {
    fn default() -> Self {
        Self {
            tasks: 16,
            at_once: None,
            cores: 1,
            time: None,
            memory: None,
            partition: None,
            options: Vec::new(),
            restarts: 20,
            retry_failed: false,
        }
    }
}

/// The two job scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scripts {
    /// The array job: a shard a task.
    pub array: String,
    /// The job that collects when all tasks have ended, however they ended.
    pub collect: String,
}

/// What was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Number of the array job.
    pub array: String,
    /// Number of the job that collects.
    pub collect: String,
    /// Folder of the scripts and of the tasks' logs.
    pub logs: PathBuf,
    /// Points that are to be computed.
    pub missing: u64,
}

/// Writes the scripts of a sweep, without touching anything: `program` is this program, `folder` will be the
/// sweep's folder.
///
/// # Errors
/// [`SweepError::Slurm`] for paths and options that a script cannot hold.
pub fn scripts(
    plan: &Plan,
    folder: &Path,
    program: &Path,
    options: &SlurmOptions,
) -> Result<Scripts, SweepError> {
    let folder = std::path::absolute(folder).map_err(SweepError::read(folder))?;
    let beside = beside(&folder);
    let tasks = options.tasks.clamp(1, plan.points().max(1));
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let limit = options.at_once.map_or_else(String::new, |limit| format!("%{limit}"));

    let mut common = Vec::new();
    common.extend(options.partition.as_ref().map(|partition| format!("--partition={partition}")));
    common.extend(options.options.iter().cloned());
    let mut array = vec![
        format!("--job-name=sweep:{name}"),
        format!("--array=1-{tasks}{limit}"),
        format!("--output={}", log(&beside, "task-%a.log")),
        "--open-mode=append".to_owned(),
        "--ntasks=1".to_owned(),
        format!("--cpus-per-task={}", options.cores),
        // A task that Slurm pre-empts, or whose node dies, is started again and goes on where it was.
        "--requeue".to_owned(),
        // Told a minute ahead, a task keeps its points and asks to be started again.
        "--signal=B:USR1@60".to_owned(),
    ];
    array.extend(options.time.as_ref().map(|time| format!("--time={time}")));
    array.extend(options.memory.as_ref().map(|memory| format!("--mem={memory}")));
    array.extend(common.iter().cloned());
    let mut collect = vec![
        format!("--job-name=collect:{name}"),
        format!("--output={}", log(&beside, "collect.log")),
        "--open-mode=append".to_owned(),
        "--ntasks=1".to_owned(),
        "--requeue".to_owned(),
    ];
    collect.extend(common);

    let (program, folder_text, plan_text) =
        (quoted(program)?, quoted(&folder)?, quoted(&beside.join("plan.toml"))?);
    Ok(Scripts {
        array: format!(
            "#!/bin/bash\n{}\n\
             program={program}\n\
             \"$program\" sweep run {plan_text} -o {folder_text} \\\n    \
             --shard \"$SLURM_ARRAY_TASK_ID/{tasks}\" --threads \"${{SLURM_CPUS_PER_TASK:-1}}\" &\n\
             child=$! code= signalled= time_is_up=\n\
             trap 'signalled=1; kill -TERM $child' TERM\n\
             trap 'signalled=1; time_is_up=1; kill -TERM $child' USR1\n\
             # A signal ends the wait, not the program.\n\
             while [ -z \"$code\" ]; do\n    \
             wait $child; ended=$?\n    \
             if [ -n \"$signalled\" ]; then signalled=; else code=$ended; fi\n\
             done\n\
             if [ -n \"$time_is_up\" ] && [ \"$code\" -eq 143 ] && [ \"${{SLURM_RESTART_COUNT:-0}}\" -lt {} ]; then\n    \
             scontrol requeue \"$SLURM_JOB_ID\"\n\
             fi\n\
             # Points that failed are rows of the table, not a failure of the task.\n\
             if [ \"$code\" -eq 1 ]; then code=0; fi\n\
             exit \"$code\"\n",
            directives(&array)?,
            options.restarts
        ),
        collect: format!(
            "#!/bin/bash\n{}\nexec {program} sweep collect {folder_text}\n",
            directives(&collect)?
        ),
    })
}

/// Begins the sweep's folder, writes the scripts beside it and submits them.
///
/// # Errors
/// [`SweepError`] if the folder cannot be used, or Slurm refuses a job.
pub fn submit(
    plan: &Plan,
    folder: &Path,
    program: &Path,
    options: &SlurmOptions,
) -> Result<Option<Submitted>, SweepError> {
    let folder = Folder::begin(folder, plan)?;
    let scripts = scripts(plan, folder.path(), program, options)?;
    let missing = {
        let _lock = folder.lock(true, "this sweep")?;
        let contents = if options.retry_failed {
            forget_failures(&folder, plan, &Shard::WHOLE.label(), |_| true)?.0
        } else {
            scan(&folder, plan, Mend::Yes)?
        };
        plan.points() - contents.finished()
    };
    if missing == 0 {
        return Ok(None);
    }
    let beside = beside(folder.path());
    fs::create_dir_all(&beside).map_err(SweepError::write(&beside))?;
    let write = |name: &str, text: &str| {
        let path = beside.join(name);
        fs::write(&path, text).map_err(SweepError::write(&path)).map(|()| path)
    };
    write("plan.toml", plan.text())?;
    let array_script = write("array.sh", &scripts.array)?;
    let collect_script = write("collect.sh", &scripts.collect)?;
    let array = sbatch(&[], &array_script)?;
    // `afterany`: a task that failed leaves gaps, and the collecting job is the one that tells them.
    let dependency = format!("--dependency=afterany:{array}");
    let collect = sbatch(&[&dependency], &collect_script).map_err(|error| match error {
        SweepError::Slurm { command, reason } => SweepError::Slurm {
            command,
            reason: format!(
                "{reason} (the array job {array} is submitted; collect by hand when it has ended)"
            ),
        },
        error => error,
    })?;
    Ok(Some(Submitted { array, collect, logs: beside, missing }))
}

/// Submits a script and returns the job's number.
fn sbatch(arguments: &[&str], script: &Path) -> Result<String, SweepError> {
    let failed = |reason: String| SweepError::Slurm { command: "sbatch".to_owned(), reason };
    let output = Command::new("sbatch")
        .arg("--parsable")
        .args(arguments)
        .arg(script)
        .output()
        .map_err(|error| failed(format!("it cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    // `NUMBER` or `NUMBER;CLUSTER`.
    let text = String::from_utf8_lossy(&output.stdout);
    let number: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
    if number.is_empty() { Err(failed(format!("it answered '{}'", text.trim()))) } else { Ok(number) }
}

fn beside(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".slurm");
    folder.with_file_name(name)
}

/// A log's path in Slurm's notation, in which `%` begins a placeholder.
fn log(folder: &Path, name: &str) -> String {
    format!("{}/{name}", folder.to_string_lossy().replace('%', "%%"))
}

fn directives(options: &[String]) -> Result<String, SweepError> {
    let mut text = String::new();
    for option in options {
        let refuse = |reason: &str| {
            Err(SweepError::Slurm {
                command: format!("the option '{option}' of sbatch"),
                reason: reason.to_owned(),
            })
        };
        if !option.starts_with('-') {
            return refuse("it must begin with a dash, such as --account=theory");
        }
        if option.contains(['\n', '\r', '"', '\\']) {
            return refuse("line ends, quotes and backslashes cannot be part of it");
        }
        match option.split_once('=') {
            Some((name, value)) if value.contains(char::is_whitespace) => {
                let _ = writeln!(text, "#SBATCH {name}=\"{value}\"");
            }
            _ => {
                let _ = writeln!(text, "#SBATCH {option}");
            }
        }
    }
    Ok(text)
}

/// A path as a word of the shell.
fn quoted(path: &Path) -> Result<String, SweepError> {
    match path.to_str() {
        Some(text) if !text.contains(['\n', '\r']) => Ok(format!("'{}'", text.replace('\'', "'\\''"))),
        _ => Err(SweepError::Slurm {
            command: "writing the job script".to_owned(),
            reason: format!("the path '{}' cannot stand in it", path.display()),
        }),
    }
}
