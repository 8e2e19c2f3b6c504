//! `theory overlay`: the theory of a feedback network laid over what a given one does.

mod page;

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use attractorlab::dynamics::{ClampedNetwork, MapFixedPoint, TraceOptions};
use attractorlab::network::{Cell, Form, RateNetwork};
use attractorlab::theory::feedback::{
    BulkCorrelation, Family, FixedPoint, Forecast, MeasuredNetwork, ReadoutTheory, RecursiveOptions,
    TrainingStart,
};
use attractorlab::training::{FeedbackTask, Verdict};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::network_file::NetworkFile;
use crate::Ending;
use crate::error::CliError;
use crate::terminal::{self, Page};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    network: NetworkFile,
    /// The output A that the readout was trained to hold
    #[arg(long, visible_alias = "A", value_name = "A", allow_negative_numbers = true)]
    target: f64,
    /// Where the readout comes from
    #[arg(long, value_enum, default_value_t = Origin::Overlaps)]
    trained_by: Origin,
    /// Folder for report.html; made if need be
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab theory overlay network.safetensors --target 1.5
  attractorlab theory overlay network.npz --target 1.5 --trained-by ls -o overlay

The network is a rate network in the current form with one feedback loop (m, n); its bias is the input I. Its g, Sm, SI, the
correlation of m and I, and the overlaps of n are measured; the theory of networks with these statistics is laid over its
own static map, fixed points, spectrum and verdict.";

/// Where the readout comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Origin {
    /// Unknown: its measured overlaps stand for it, as if it were independent of the bulk
    Overlaps,
    /// Least squares on the clamped state
    Ls,
    /// The online delta rule
    Gd,
    /// Recursive least squares from the input-only state (alpha 1, step 0.1, duration 50)
    RlsInputOnly,
    /// Recursive least squares from a random state (the same)
    RlsRandom,
}

impl Origin {
    fn family(self, measured: &MeasuredNetwork) -> Family {
        let recursive = |start| {
            Family::Recursive(RecursiveOptions {
                units: measured.units,
                alpha: 1.0,
                dt: 0.1,
                duration: 50.0,
                start,
            })
        };
        match self {
            Self::Overlaps => Family::Overlaps(measured.readout),
            Self::Ls => Family::LeastSquares { ridge: 0.0, correlation: BulkCorrelation::Kept },
            Self::Gd => Family::SlowGradientDescent,
            Self::RlsInputOnly => recursive(TrainingStart::InputOnly),
            Self::RlsRandom => recursive(TrainingStart::Random),
        }
    }
}

/// Theory and network, side by side.
struct Overlay {
    measured: MeasuredNetwork,
    theory: ReadoutTheory,
    forecast: Forecast,
    verdict: Verdict,
}

impl Overlay {
    /// Outputs of the theory in the network's sign.
    fn z(&self, point: &FixedPoint) -> f64 {
        self.measured.mirror(point.z)
    }

    /// The theory's states in the network's order.
    fn states(&self) -> Vec<&FixedPoint> {
        let mut states: Vec<&FixedPoint> = self.forecast.fixed_points.iter().collect();
        states.sort_by(|a, b| self.z(a).total_cmp(&self.z(b)));
        states
    }
}

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let started = Instant::now();
    let (network, _) = arguments.network.read()?;
    let path = arguments.network.file.display().to_string();
    let refuse = |reason: String| CliError::NotFeedback { path: path.clone(), reason };
    let Cell::Rate(rate) = network.cell() else {
        return Err(refuse("it has gated cells, and the theory is of rate networks".to_owned()));
    };
    let (feedback, readout) = the_loop(rate).map_err(refuse)?;
    let bulk = rate.connectivity().bulk();
    let measured = MeasuredNetwork::new(bulk, feedback, rate.bias(), readout)?;
    let target = measured.mirror(arguments.target);
    let theory =
        ReadoutTheory::new(rate.transfer(), measured.inputs, arguments.trained_by.family(&measured), target)?;
    let task = FeedbackTask {
        network: ClampedNetwork { bulk, transfer: rate.transfer() },
        feedback,
        input: rate.bias(),
        target: arguments.target,
    };
    let overlay = Overlay {
        measured,
        forecast: theory.forecast()?,
        theory,
        verdict: task.verdict(readout, &TraceOptions::default())?,
    };
    if let Some(folder) = &arguments.output {
        std::fs::create_dir_all(folder)
            .map_err(|source| CliError::Folder { path: folder.display().to_string(), source })?;
        let name = arguments.network.file.file_name().unwrap_or_default().to_string_lossy();
        page::report(&name, &network, rate, &overlay, started.elapsed().as_secs_f64())?
            .write_atomic(folder.join("report.html"))
            .map_err(CliError::Page)?;
    }
    let text = if arguments.json {
        format!("{:#}\n", as_json(&overlay))
    } else {
        as_text(&overlay, Page::stdout())
            + &arguments
                .output
                .as_ref()
                .map(|folder| format!("\n{}\n", folder.join("report.html").display()))
                .unwrap_or_default()
    };
    terminal::print(&text);
    Ok(Ending::Good)
}

/// Feedback vector and readout of the only loop.
fn the_loop(network: &RateNetwork) -> Result<(&[f64], &[f64]), String> {
    if network.form() != Form::Current {
        return Err("it is not in the current form".to_owned());
    }
    let mut loops = network.connectivity().loops();
    match (loops.next(), loops.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err("it has no feedback loop beside its bulk".to_owned()),
        _ => Err("it has more than one feedback loop".to_owned()),
    }
}

/// What the network's own outliers say: the one of the largest real part.
fn own_outlier(point: &MapFixedPoint) -> Option<num_complex::Complex64> {
    point.outliers.iter().copied().max_by(|a, b| a.re.total_cmp(&b.re))
}

fn as_json(overlay: &Overlay) -> Value {
    let measured = &overlay.measured;
    let inputs = measured.inputs;
    let theory: Vec<Value> = overlay
        .states()
        .iter()
        .map(|p| {
            json!({
                "z": overlay.z(p), "slope": p.slope, "radius": p.radius, "stability": p.stability.name(),
                "outlier": [p.outliers[0].re, p.outliers[0].im],
            })
        })
        .collect();
    let own: Vec<Value> = overlay
        .verdict
        .trace
        .fixed_points
        .iter()
        .map(|p| {
            json!({
                "z": p.z, "slope": p.slope, "radius": p.radius, "stable": p.stable,
                "outlier": own_outlier(p).map(|v| [v.re, v.im]),
            })
        })
        .collect();
    json!({
        "measured": {
            "units": measured.units, "g": inputs.g, "feedback_std": inputs.feedback_std,
            "input_std": inputs.input_std, "rho": inputs.rho, "mirrored": measured.mirrored,
            "overlap_feedback": measured.readout.overlap_feedback, "overlap_input": measured.readout.overlap_input,
        },
        "target": overlay.verdict.target,
        "theory": {
            "readout": overlay.forecast.family.to_string(), "class": overlay.forecast.class.label(),
            "verdict": overlay.forecast.verdict(), "fixed_points": theory,
        },
        "network": {
            "verdict": overlay.verdict.to_string(), "fixed_points": own,
            "chaotic": overlay.verdict.global.chaotic,
        },
    })
}

fn as_text(overlay: &Overlay, page: Page) -> String {
    let measured = &overlay.measured;
    let inputs = measured.inputs;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} units, g = {:.4}, Sm = {:.4}, SI = {:.4}, rho = {:.4}, overlaps <nm> = {:.4}, <nI> = {:.4}{}",
        measured.units,
        inputs.g,
        inputs.feedback_std,
        inputs.input_std,
        inputs.rho,
        measured.readout.overlap_feedback,
        measured.readout.overlap_input,
        if measured.mirrored { " (m and n mirrored)" } else { "" }
    );
    let mirrored = if measured.mirrored { " (outputs with the opposite sign)" } else { "" };
    let words = [
        format!("Theory{mirrored}: {}", overlay.forecast.verdict()),
        format!("Network: {}", overlay.verdict),
    ];
    for sentence in words {
        let _ = write!(text, "\n{}\n", page.lines(&sentence, 0).join("\n"));
    }
    let head =
        format!("\n{:<8}{:>12}{:>12}{:>12}  {:<22}{:>10}", "", "z", "slope", "radius", "outlier", "stable");
    let _ = writeln!(text, "{}", page.dim(&head));
    let mut row = |who: &str, numbers: [f64; 3], outlier: Option<num_complex::Complex64>, stable: &str| {
        let outlier = outlier.filter(|v| v.re.is_finite()).map_or("-".to_owned(), |v| {
            if v.im == 0.0 { format!("{:.5}", v.re) } else { format!("{:.5} {:+.5}i", v.re, v.im) }
        });
        let [z, slope, radius] = numbers;
        let _ = writeln!(text, "{who:<8}{z:>12.5}{slope:>12.5}{radius:>12.5}  {outlier:<22}{stable:>10}");
    };
    for p in overlay.states() {
        let stable = if p.stability.name() == "stable" { "yes" } else { "no" };
        row("theory", [overlay.z(p), p.slope, p.radius], Some(p.outliers[0]), stable);
    }
    for p in &overlay.verdict.trace.fixed_points {
        row("network", [p.z, p.slope, p.radius], own_outlier(p), if p.stable { "yes" } else { "no" });
    }
    text
}
