//! Our side of the benchmarks that `cargo xtask bench` runs beside the peers in `bench/peers`.
//!
//! `list` prints the registered rows, `run NAME` measures one; both print one line of JSON. `once NAME` does the work
//! once, for who counts instructions.

mod equilibrium;
mod fixed_points;
mod learning;
mod limits;
mod networks;
mod rows;
mod trained;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use attractorlab::numerics::memory::{self, LargePages};
use serde_json::json;

/// As in the program and in the Python package, as is what `main` asks for first.
#[global_allocator]
static ALLOCATOR: LargePages = LargePages;

/// One benchmark, with everything there is to say about it.
pub(crate) struct Row {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What is computed, in one sentence.
    pub(crate) what: &'static str,
    /// Who else computes the same.
    pub(crate) peers: Vec<Peer>,
    /// How far the peers' answers may lie from ours.
    pub(crate) tolerance: f64,
    /// What bounds it, where that is known.
    pub(crate) limit: Option<limits::Limit>,
    /// The share of our time that the limit should take at least.
    pub(crate) least_share: Option<f64>,
    /// Does the work once; the answers show that the peers did the same.
    pub(crate) work: fn() -> Vec<(&'static str, f64)>,
}

/// A row without a limit or peers. Tolerance: how far the peers' answers may lie from those of `work`.
pub(crate) fn row(
    name: &'static str,
    what: &'static str,
    tolerance: f64,
    work: fn() -> Vec<(&'static str, f64)>,
) -> Row {
    Row { name, what, peers: Vec::new(), tolerance, limit: None, least_share: None, work }
}

impl Row {
    /// This bounds it.
    fn limit(mut self, limit: limits::Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// So much of our time the limit should take at least.
    fn least_share(mut self, share: f64) -> Self {
        self.least_share = Some(share);
        self
    }

    /// Adds a peer.
    fn beside(mut self, peer: Peer) -> Self {
        self.peers.push(peer);
        self
    }
}

/// One way in which the work of a row is done elsewhere.
pub(crate) struct Peer {
    /// A script in `bench/peers`.
    script: &'static str,
    what: &'static str,
    /// How many times our time it should take at least, and whether with all cores.
    bar: Option<(f64, bool)>,
    /// A tolerance of its own, where it does less than we do.
    tolerance: Option<f64>,
}

/// A peer without a bar.
pub(crate) fn peer(script: &'static str, what: &'static str) -> Peer {
    Peer { script, what, bar: None, tolerance: None }
}

impl Peer {
    /// We should be so many times faster on one thread.
    fn bar(mut self, ratio: f64) -> Self {
        self.bar = Some((ratio, false));
        self
    }

    /// We should be so many times faster if both sides have all cores.
    fn bar_on_all_cores(mut self, ratio: f64) -> Self {
        self.bar = Some((ratio, true));
        self
    }

    /// Its answers may lie so far from ours.
    fn within(mut self, tolerance: f64) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    fn to_json(&self) -> serde_json::Value {
        let bar = self.bar.map(|(ratio, all_cores)| json!({ "ratio": ratio, "all cores": all_cores }));
        json!({ "script": self.script, "what": self.what, "bar": bar, "tolerance": self.tolerance })
    }
}

/// A row is repeated for this long, and at least so often; its median counts.
const BUDGET: Duration = Duration::from_millis(500);
const REPEATS: usize = 5;

/// Time of a row, its answers, and, on one thread, the share of it that its limit takes. The limit is measured between the
/// runs, because processors change their pace.
fn measure(row: &Row) -> serde_json::Value {
    // The first run warms the caches, and gives the answers.
    let checks: BTreeMap<_, _> = (row.work)().into_iter().collect();
    let limit = row.limit.filter(|limit| rayon::current_num_threads() == 1 && limit.is_known());
    let (mut seconds, mut shares) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while seconds.len() < REPEATS || start.elapsed() < BUDGET {
        let before = limit.map(limits::Limit::seconds);
        if limit.is_some() {
            // The limit has taken the caches.
            std::hint::black_box((row.work)());
        }
        let run = Instant::now();
        std::hint::black_box((row.work)());
        let elapsed = run.elapsed().as_secs_f64();
        if let (Some(before), Some(limit)) = (before, limit) {
            shares.push(f64::midpoint(before, limit.seconds()) / elapsed);
        }
        seconds.push(elapsed);
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    json!({ "seconds": median(&mut seconds), "share of the limit": median(&mut shares), "checks": checks })
}

fn main() -> ExitCode {
    memory::keep_freed();
    let rows = rows::all();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = match arguments.as_slice() {
        ["list"] => rows
            .iter()
            .map(|row| {
                let peers: Vec<_> = row.peers.iter().map(Peer::to_json).collect();
                let guarded = rows::GUARDED.contains(&row.name);
                let limit = row.limit.map(limits::Limit::sentence);
                json!({ "guarded": guarded, "name": row.name, "what": row.what, "tolerance": row.tolerance, "limit": limit, "least share": row.least_share, "peers": peers })
            })
            .collect(),
        [how @ ("run" | "once"), name] => {
            let Some(row) = rows.iter().find(|row| row.name == *name) else {
                eprintln!("there is no benchmark '{name}'");
                return ExitCode::from(2);
            };
            if *how == "run" { measure(row) } else { json!((row.work)()) }
        }
        _ => {
            eprintln!("usage: bench list | bench run NAME | bench once NAME");
            return ExitCode::from(2);
        }
    };
    println!("{answer}");
    ExitCode::SUCCESS
}
