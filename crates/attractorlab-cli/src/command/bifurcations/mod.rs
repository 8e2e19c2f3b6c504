//! `bifurcations`: how fixed points move, vanish and turn unstable along a parameter.

mod page;

use std::fmt::Write;
use std::path::PathBuf;

use attractorlab::analysis::{Bifurcations, bifurcations};
use attractorlab::arrays::{Array, Arrays};
use attractorlab::dynamics::continuation::{BranchEnd, ContinuationOptions, NetworkFamily, SpecialKind};
use attractorlab::network::Network;
use attractorlab::network::files::ImportOptions;
use attractorlab::numerics::linalg::Mat;
use attractorlab_sweep::table::{Column, write_table};
use clap::{Args, ValueEnum};

use super::network_file::NetworkFile;
use crate::Ending;
use crate::error::CliError;
use crate::terminal::{self, Page};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    network: NetworkFile,
    /// What the parameter changes
    #[arg(long, value_enum, default_value_t = Along::Recurrent)]
    along: Along,
    /// Lower end of the parameter
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    from: f64,
    /// Upper end of the parameter
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    to: f64,
    /// Values of the parameter at which to search for fixed points; both ends and the middle if left out
    #[arg(long, value_name = "P", value_delimiter = ',', allow_negative_numbers = true)]
    at: Vec<f64>,
    /// Constant input, one number for each input; zero if left out
    #[arg(long, value_name = "U", value_delimiter = ',', allow_negative_numbers = true)]
    input: Vec<f64>,
    /// With --along input: the direction in which the input grows; the first input if left out
    #[arg(long, value_name = "U", value_delimiter = ',', allow_negative_numbers = true)]
    direction: Vec<f64>,
    /// With --along morph: the network into which NET is changed
    #[arg(long, value_name = "NET")]
    other: Option<PathBuf>,
    /// Random starts of each search
    #[arg(long, value_name = "N", default_value_t = 512)]
    starts: usize,
    /// Largest step along a branch, as a share of the range
    #[arg(long, value_name = "S", default_value_t = 0.03)]
    step: f64,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Folder for the report and the results
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Along {
    /// All recurrent weights times the parameter
    Recurrent,
    /// The random bulk times the parameter, feedback loops as they are
    Bulk,
    /// The input plus the parameter times --direction
    Input,
    /// From NET (0) to --other (1), all weights mixed
    Morph,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab bifurcations model.safetensors --from 0 --to 1.5 -o branches
  attractorlab bifurcations model.safetensors --along input --direction 1,0,0 --from -1 --to 1 -o branches

Writes DIR/report.html, DIR/branches.parquet (a row a point) and DIR/branches.npz (the states).";

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let begin = std::time::Instant::now();
    let (network, _) = arguments.network.read()?;
    let family = arguments.family(&network)?;
    let options = ContinuationOptions {
        largest_step: arguments.step,
        ..ContinuationOptions::between(arguments.from, arguments.to)
    };
    let middle = 0.5 * (arguments.from + arguments.to);
    let values = if arguments.at.is_empty() {
        vec![arguments.from, middle, arguments.to]
    } else {
        arguments.at.clone()
    };
    let found = bifurcations(&family, &values, arguments.starts, arguments.seed, &options)?;
    let seconds = begin.elapsed().as_secs_f64();
    std::fs::create_dir_all(&arguments.output)
        .map_err(|source| CliError::Folder { path: arguments.output.display().to_string(), source })?;
    arguments.write(&found)?;
    let name = arguments.network.file.file_name().unwrap_or_default().to_string_lossy();
    page::report(&name, &network, family.parameter(), &found, seconds)
        .provenance("seed", arguments.seed.to_string())
        .write_atomic(arguments.output.join("report.html"))
        .map_err(CliError::Page)?;
    summary(&found, family.parameter());
    terminal::print(&format!("{}\n", arguments.output.join("report.html").display()));
    Ok(Ending::Good)
}

impl Arguments {
    fn family(&self, network: &Network) -> Result<NetworkFamily, CliError> {
        let input = if self.input.is_empty() { vec![0.0; network.inputs()] } else { self.input.clone() };
        let family = match self.along {
            Along::Recurrent => NetworkFamily::recurrent_scale(network, &input),
            Along::Bulk => NetworkFamily::bulk_scale(network, &input),
            Along::Input => {
                let mut direction = self.direction.clone();
                if direction.is_empty() {
                    direction = vec![0.0; network.inputs()];
                    direction.iter_mut().take(1).for_each(|u| *u = 1.0);
                }
                NetworkFamily::input(network, &input, &direction)
            }
            Along::Morph => {
                let path = self.other.as_ref().ok_or(CliError::NoOther)?;
                let (other, _) = Network::read(path, &ImportOptions::default()).map_err(|error| {
                    CliError::NetworkFile { path: path.display().to_string(), reason: error.to_string() }
                })?;
                NetworkFamily::morph(network, &other, &input)
            }
        };
        Ok(family?)
    }

    /// `branches.parquet` and `branches.npz`.
    fn write(&self, found: &Bifurcations) -> Result<(), CliError> {
        let failed =
            |path: &PathBuf, reason: String| CliError::Results { path: path.display().to_string(), reason };
        let path = self.output.join("branches.parquet");
        write_table(&path, &table(found)).map_err(|error| failed(&path, error.to_string()))?;
        let path = self.output.join("branches.npz");
        arrays(found).write(&path).map_err(|error| failed(&path, error.to_string()))
    }
}

/// Every point with its branch.
fn rows(found: &Bifurcations) -> Vec<(usize, &attractorlab::dynamics::continuation::BranchPoint, &[f64])> {
    let branches = found.diagram.branches.iter().zip(&found.outputs).enumerate();
    branches
        .flat_map(|(k, (branch, outputs))| {
            branch.points.iter().zip(outputs).map(move |(point, output)| (k, point, output.as_slice()))
        })
        .collect()
}

fn table(found: &Bifurcations) -> Vec<(String, Column)> {
    let rows = rows(found);
    let number = |f: &dyn Fn(usize) -> f64| Column::Number((0..rows.len()).map(|i| Some(f(i))).collect());
    let integer =
        |f: &dyn Fn(usize) -> usize| Column::Integer((0..rows.len()).map(|i| Some(f(i) as i64)).collect());
    let mut columns = vec![
        ("branch".to_owned(), integer(&|i| rows[i].0 + 1)),
        ("parameter".to_owned(), number(&|i| rows[i].1.parameter)),
        ("unstable_directions".to_owned(), integer(&|i| rows[i].1.unstable)),
        ("leading_eigenvalue_re".to_owned(), number(&|i| rows[i].1.leading.re)),
        ("leading_eigenvalue_im".to_owned(), number(&|i| rows[i].1.leading.im)),
    ];
    for z in 0..rows.first().map_or(0, |row| row.2.len()) {
        columns.push((format!("output_{}", z + 1), number(&|i| rows[i].2[z])));
    }
    columns
}

fn arrays(found: &Bifurcations) -> Arrays {
    let rows = rows(found);
    let dim = found.components.mean.len();
    let mut out = Arrays::default();
    let mut put = |name: &str, array: Array| out.arrays.insert(name.to_owned(), array);
    put("states", Array::matrix(&Mat::from_fn(rows.len(), dim, |c, i| rows[c].1.x[i])));
    put("parameters", Array::vector(&rows.iter().map(|row| row.1.parameter).collect::<Vec<_>>()));
    put("branches", Array::vector(&rows.iter().map(|row| (row.0 + 1) as f64).collect::<Vec<_>>()));
    let specials: Vec<_> = found.diagram.branches.iter().flat_map(|branch| &branch.specials).collect();
    put("special_parameters", Array::vector(&specials.iter().map(|s| s.parameter).collect::<Vec<_>>()));
    put("special_states", Array::matrix(&Mat::from_fn(specials.len(), dim, |c, i| specials[c].x[i])));
    out
}

/// What happens at a special point, with its number.
fn described(kind: SpecialKind) -> String {
    match kind {
        SpecialKind::BranchPoint { corank: 1 } | SpecialKind::Fold | SpecialKind::PeriodDoubling => {
            kind.name().to_owned()
        }
        SpecialKind::BranchPoint { corank } => format!("branch point of corank {corank}"),
        SpecialKind::Hopf { frequency } => format!("Hopf point, frequency {frequency:.5}/τ"),
        SpecialKind::NeimarkSacker { angle } => format!("Neimark–Sacker point, angle {angle:.5}"),
    }
}

/// Why a branch ends, in words.
fn ended(end: BranchEnd) -> &'static str {
    match end {
        BranchEnd::Range => "end of the range",
        BranchEnd::Closed => "closed loop",
        BranchEnd::Steps => "steps ran out",
        BranchEnd::Lost => "lost: needs smaller steps",
    }
}

fn summary(found: &Bifurcations, parameter: &str) {
    let page = Page::stdout();
    let branches = &found.diagram.branches;
    let count: usize = branches.iter().map(|branch| branch.specials.len()).sum();
    let mut text = format!(
        "{}\n",
        page.bold(&format!("{} branches along the {parameter}, {count} special points", branches.len()))
    );
    for (value, points) in &found.found {
        let _ = writeln!(text, "  at {value}: {points} fixed points found by search");
    }
    for (k, branch) in branches.iter().enumerate() {
        for special in &branch.specials {
            let _ = writeln!(
                text,
                "  branch {:>2} at {:.8}: {}",
                k + 1,
                special.parameter,
                described(special.kind)
            );
        }
    }
    if !found.diagram.complete {
        let _ = writeln!(text, "  more branches cross than were followed");
    }
    terminal::print(&text);
}
