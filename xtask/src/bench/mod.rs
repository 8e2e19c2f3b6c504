//! `cargo xtask bench`: ours beside the peers, on this machine, in the same minutes.
//!
//! The rows are registered in one place, `crates/attractorlab-studies/examples/bench`: what is measured, our
//! work, the peers' scripts, and how closely the answers must agree. Ours and the peers take turns, each in a
//! process of its own, with one thread and then with all cores, so that a busy minute hits all of them.

mod instructions;
mod row;
mod start;
mod table;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::step;
use crate::venv::Venv;
use row::{Measured, Row};

/// What the peers need.
const REQUIREMENTS: [&str; 3] = ["numpy", "scipy", "reservoirpy"];

/// What tells everybody how many threads to use.
const THREADS: [&str; 5] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
];

/// What the peers ran on.
const VERSIONS: &str = "import platform, numpy, scipy, reservoirpy; print(f'Python {platform.python_version()}, numpy {numpy.__version__}, scipy {scipy.__version__}, ReservoirPy {reservoirpy.__version__}')";

const LEAST_ROUNDS: usize = 5;

struct Options {
    name: Option<String>,
    rounds: usize,
    write: bool,
    instructions: bool,
    /// A Python that has PyTorch, for the peers that need it.
    torch: Option<PathBuf>,
}

impl Options {
    fn read(arguments: &[&str]) -> Result<Self, String> {
        let mut options =
            Self { name: None, rounds: LEAST_ROUNDS, write: false, instructions: false, torch: None };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match *argument {
                "--write" => options.write = true,
                "--instructions" => options.instructions = true,
                "--with-torch" => {
                    let python = arguments.next().ok_or("--with-torch needs a Python that has PyTorch")?;
                    options.torch = Some(PathBuf::from(python));
                }
                "--rounds" => {
                    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok());
                    options.rounds = rounds
                        .filter(|rounds| *rounds >= LEAST_ROUNDS)
                        .ok_or_else(|| format!("--rounds needs a number of at least {LEAST_ROUNDS}"))?;
                }
                name if !name.starts_with('-') && options.name.is_none() => {
                    options.name = Some(name.to_owned());
                }
                other => return Err(format!("bench does not understand '{other}'")),
            }
        }
        if options.write && options.name.is_some() {
            return Err("--write renews the whole table: leave the name out".to_owned());
        }
        Ok(options)
    }
}

/// Measures the rows and prints the table of ratios.
pub(crate) fn run(arguments: &[&str]) -> Result<bool, String> {
    let options = Options::read(arguments)?;
    let built = step::run(
        "building our side",
        step::cargo().args(["build", "--release", "--package", "attractorlab-studies", "--example", "bench"]),
    );
    if !built.success {
        return Err("our side could not be built".to_owned());
    }
    let ours = crate::target().join("release/examples/bench");
    let mut rows = Row::parse(&answer(step::command(&ours).arg("list"))?)?;
    let mut bars = table::Bars::default();
    if options.torch.is_none() {
        for row in &mut rows {
            let without = row.peers.extract_if(.., |peer| peer.needs_torch());
            let chosen = options.name.as_ref().is_none_or(|name| *name == row.name);
            without.filter(|_| chosen).for_each(|peer| bars.leave_out(&row.name, &peer));
        }
    }
    let known: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let rows: Vec<&Row> =
        rows.iter().filter(|row| options.name.as_ref().is_none_or(|name| *name == row.name)).collect();
    if rows.is_empty() {
        return Err(match options.name {
            Some(name) => format!("there is no benchmark '{name}'; there are: {}", known.join(", ")),
            None => "no benchmark is registered".to_owned(),
        });
    }
    if options.instructions {
        return instructions::guard(&ours, &rows, options.write);
    }
    let venv = Venv::with("bench-venv", &REQUIREMENTS)?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = if cores > 1 { vec![1, cores] } else { vec![1] };

    let mut agree = true;
    let mut text = String::new();
    for row in rows {
        println!("\n== {}", row.name);
        let mut results = vec![vec![Vec::new(); 1 + row.peers.len()]; threads.len()];
        for round in 1..=options.rounds {
            for (&threads, results) in threads.iter().zip(&mut results) {
                let mut told = format!("round {round} of {}, {}:", options.rounds, table::threads(threads));
                for (index, results) in results.iter_mut().enumerate() {
                    let (who, mut command) = match index.checked_sub(1) {
                        None => ("attractorlab", {
                            let mut command = step::command(&ours);
                            command.args(["run", &row.name]);
                            command
                        }),
                        Some(peer) => {
                            let peer = &row.peers[peer];
                            let mut command = match options.torch.as_ref().filter(|_| peer.needs_torch()) {
                                Some(python) => step::command(python),
                                None => venv.run_python(),
                            };
                            command.arg(crate::root().join("bench/peers").join(&peer.script));
                            (peer.script.as_str(), command)
                        }
                    };
                    command.envs(THREADS.map(|name| (name, threads.to_string())));
                    let measured = Measured::parse(&answer(&mut command)?)?;
                    let _ = write!(told, " {who} {}", table::time(measured.seconds));
                    results.push(measured);
                }
                println!("{told}");
            }
        }
        bars.add(row, &threads, &results);
        let (section, agrees) = table::section(row, &threads, &results);
        agree &= agrees;
        text.push_str(&section);
    }
    if options.name.is_none() {
        text.push_str(&start::section()?);
    }
    let text = bars.section() + &text;
    println!("\n{text}");
    if !agree {
        println!("The answers do not agree: the ratios mean nothing.");
    }
    if options.write && agree {
        let mut versions = answer(venv.run_python().args(["-c", VERSIONS]))?;
        if let Some(python) = &options.torch {
            let torch = answer(step::command(python).args(["-c", "import torch; print(torch.__version__)"]))?;
            let _ = write!(versions, ", PyTorch {torch}");
        }
        renew(&text, &versions)?;
    }
    Ok(agree)
}

/// Runs one side and returns the last line that it prints.
fn answer(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("cannot start {}: {error}", command.get_program().display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().last() {
        Some(line) if output.status.success() => Ok(line.to_owned()),
        _ => Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Renews the part of the docs' page between its marks.
fn renew(text: &str, versions: &str) -> Result<(), String> {
    const BEGIN: &str = "<!-- measured: begin -->";
    const END: &str = "<!-- measured: end -->";
    let path = crate::root().join("docs/src/benchmarks.md");
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let page = fs::read_to_string(&path).map_err(told)?;
    let (Some(begin), Some(end)) = (page.find(BEGIN), page.find(END)) else {
        return Err(format!("{} lacks the marks {BEGIN} and {END}", path.display()));
    };
    let page = format!(
        "{}{BEGIN}\n\nMeasured {}, {versions}.\n\n{text}{}",
        &page[..begin],
        table::circumstances(),
        &page[end..]
    );
    let temporary = path.with_extension("md.tmp");
    fs::write(&temporary, page).and_then(|()| fs::rename(&temporary, &path)).map_err(told)?;
    println!("wrote {}", path.display());
    Ok(())
}
