//! A sweep on a real Slurm: one node, started here with ports and folders of its own, stopped by its processes.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::sweep::rows;
use crate::world::{Scratch, attractorlab, run, skip};

fn installed(program: &str) -> bool {
    Command::new(program)
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A cluster of this machine alone.
struct Cluster {
    conf: PathBuf,
    /// In the order in which they are to be stopped.
    daemons: Vec<Child>,
}

impl Cluster {
    fn start(root: &Path) -> Result<Self, String> {
        let fail = |error: std::io::Error| error.to_string();
        for folder in ["run", "log", "state", "spool", "munge"] {
            fs::create_dir_all(root.join(folder)).map_err(fail)?;
        }
        // munged refuses folders and keys that others can read.
        private(&root.join("munge"), 0o700);
        let key = root.join("munge/munge.key");
        // A key that can be guessed would let others run jobs as root while the test runs.
        let mut random = [0_u8; 1024];
        fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random)).map_err(fail)?;
        fs::write(&key, random).map_err(fail)?;
        private(&key, 0o600);
        let host = fs::read_to_string("/proc/sys/kernel/hostname").map_err(fail)?;
        let host = host.trim().split('.').next().unwrap_or("localhost").to_owned();
        let (control, node) = free_ports().map_err(fail)?;
        let conf = root.join("slurm.conf");
        let at = root.display();
        // A requeued job waits for `cred_expire` seconds before it starts again: two minutes, were it not set.
        let text = format!(
            "ClusterName=test\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser=root\nSlurmdUser=root\n\
             AuthType=auth/munge\nAuthInfo=socket={at}/munge/munge.sock,cred_expire=5\nCryptoType=crypto/munge\n\
             SlurmctldPort={control}\nSlurmdPort={node}\nSlurmctldPidFile={at}/run/slurmctld.pid\n\
             SlurmdPidFile={at}/run/slurmd.pid\nStateSaveLocation={at}/state\nSlurmdSpoolDir={at}/spool\n\
             SlurmctldLogFile={at}/log/slurmctld.log\nSlurmdLogFile={at}/log/slurmd.log\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nMpiDefault=none\n\
             SchedulerType=sched/backfill\nSchedulerParameters=sched_interval=1,batch_sched_delay=1\n\
             SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\nReturnToService=2\n\
             SwitchType=switch/none\nAccountingStorageType=accounting_storage/none\n\
             JobAcctGatherType=jobacct_gather/none\nJobCompType=jobcomp/none\nKillWait=5\n\
             NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN\n\
             PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:2\n"
        );
        fs::write(&conf, text).map_err(fail)?;
        let mut cluster = Self { conf, daemons: Vec::new() };
        let munge = root.join("munge");
        let argument = |name: &str, file: &str| format!("--{name}={}", munge.join(file).display());
        cluster.daemon(
            root,
            "munged",
            &[
                "--foreground",
                "--force",
                &argument("key-file", "munge.key"),
                &argument("socket", "munge.sock"),
                &argument("pid-file", "munged.pid"),
                &argument("log-file", "munged.log"),
                &argument("seed-file", "seed"),
            ],
        )?;
        wait(Duration::from_secs(20), "munged", || munge.join("munge.sock").exists())?;
        let conf = cluster.conf.display().to_string();
        cluster.daemon(root, "slurmctld", &["-D", "-f", &conf])?;
        cluster.daemon(root, "slurmd", &["-D", "-f", &conf, "-N", &host])?;
        let idle =
            wait(Duration::from_mins(1), "the node", || cluster.ask("sinfo", &["-h", "-o", "%T"]) == "idle");
        idle.map_err(|error| {
            let log = |name: &str| fs::read_to_string(root.join("log").join(name)).unwrap_or_default();
            format!(
                "{error}\n{}\n{}\n{}",
                cluster.ask("sinfo", &["-l"]),
                log("slurmctld.out"),
                log("slurmd.out")
            )
        })?;
        Ok(cluster)
    }

    fn daemon(&mut self, root: &Path, name: &str, arguments: &[&str]) -> Result<(), String> {
        let log =
            fs::File::create(root.join(format!("log/{name}.out"))).map_err(|error| error.to_string())?;
        let copy = log.try_clone().map_err(|error| error.to_string())?;
        let child = Command::new(name)
            .args(arguments)
            .env("SLURM_CONF", &self.conf)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(copy)
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        self.daemons.insert(0, child);
        Ok(())
    }

    /// What a command of Slurm answers.
    fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).env("SLURM_CONF", &self.conf).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for daemon in &mut self.daemons {
            let _ = Command::new("kill").arg(daemon.id().to_string()).status();
            let asked = Instant::now();
            while matches!(daemon.try_wait(), Ok(None)) {
                if asked.elapsed() > Duration::from_secs(10) {
                    let _ = daemon.kill();
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Two ports that nobody uses: taken at once, so that they differ, and given back.
fn free_ports() -> std::io::Result<(u16, u16)> {
    let (first, second) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok((first.local_addr()?.port(), second.local_addr()?.port()))
}

fn private(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the scratch folder is ours");
}

fn wait(limit: Duration, what: &str, mut until: impl FnMut() -> bool) -> Result<(), String> {
    let start = Instant::now();
    while !until() {
        if start.elapsed() > limit {
            return Err(format!("waited {limit:?} for {what}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// 40 points of a few tenths of a second.
const PLAN: &str = "
[run]
what = 'network.spectrum'
seeds = 4
[axes]
overlap = { range = [0.0, 2.25], points = 10 }
[fixed]
units = 500
";

#[test]
fn four_tasks_one_killed_and_one_out_of_time_make_the_local_table() {
    // sbatch comes with the daemons, and cannot even tell its version without a cluster.
    if !["slurmctld", "slurmd", "munged"].into_iter().all(installed) {
        return skip("a sweep on Slurm: slurm-wlm and munge are not installed");
    }
    if fs::metadata("/proc/self").map_or(1, |own| std::os::unix::fs::MetadataExt::uid(&own)) != 0 {
        return skip("a sweep on Slurm: only root can start its daemons");
    }
    let scratch = Scratch::new("slurm");
    let cluster = Cluster::start(&scratch.0.join("cluster")).expect("Slurm starts");
    let plan = scratch.0.join("plan.toml");
    fs::write(&plan, PLAN).unwrap();
    // A blank in the name, as folders of users have them.
    let folder = scratch.0.join("the sweep");
    let submitted = attractorlab()
        .args(["sweep", "submit", "--slurm", "--array-size", "4", "--partition", "debug"])
        .arg(&plan)
        .arg("-o")
        .arg(&folder)
        .env("SLURM_CONF", &cluster.conf)
        .output()
        .unwrap();
    let answer = String::from_utf8_lossy(&submitted.stdout).into_owned();
    assert!(submitted.status.success(), "{answer}{}", String::from_utf8_lossy(&submitted.stderr));
    let array = answer.split_whitespace().nth(2).expect("the job's number").to_owned();

    // Tasks 1 and 2 come first. Each is stopped once it has kept something, in the middle of its points.
    let parts = |shard: u32| {
        let prefix = format!("part-{shard}of4-");
        let names = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.filter(|name| name.to_string_lossy().starts_with(&prefix)).count()
    };
    let logs = scratch.0.join("the sweep.slurm");
    let log = |name: &str| fs::read_to_string(logs.join(name)).unwrap_or_default();
    wait(Duration::from_mins(1), "the first part of task 1", || parts(1) > 0).unwrap();
    cluster.ask("scontrol", &["requeue", &format!("{array}_1")]);
    wait(Duration::from_mins(1), "the first part of task 2", || parts(2) > 0).unwrap();
    cluster.ask("scancel", &["--batch", "--signal=USR1", &format!("{array}_2")]);

    let ended = wait(Duration::from_mins(3), "the table", || {
        folder.join("table.parquet").exists() && cluster.ask("squeue", &["-h"]).is_empty()
    });
    let told: String = (1..=4).map(|task| log(&format!("task-{task}.log"))).collect();
    ended.unwrap_or_else(|error| {
        panic!("{error}\n{}\n{told}{}", cluster.ask("squeue", &[]), log("collect.log"))
    });
    assert!(log("collect.log").contains("40 of 40 points"), "{}", log("collect.log"));
    assert!(!log("collect.log").contains("missing"), "{}", log("collect.log"));
    // Task 1 was cut off in the middle and went on where it was; so did task 2, told that its time was up.
    for task in [1, 2] {
        let log = log(&format!("task-{task}.log"));
        let last = log.lines().rfind(|line| line.contains("points done now")).expect("it ended").to_owned();
        assert!(!last.contains("10 of 10 points") && !last.contains("stopped"), "task {task}:\n{log}");
    }
    assert!(log("task-2.log").contains("stopped, run again to go on"), "{}", log("task-2.log"));

    let local = scratch.0.join("local");
    let ran = run(attractorlab(), &format!("sweep run {} -o {}", plan.display(), local.display()));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(rows(&folder) == rows(&local), "the cluster's table differs from the local one");
    // Nothing is left to submit.
    let again = attractorlab()
        .args(["sweep", "submit", "--slurm"])
        .arg(&plan)
        .arg("-o")
        .arg(&folder)
        .env("SLURM_CONF", &cluster.conf)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&again.stdout).contains("nothing to submit"));
}
