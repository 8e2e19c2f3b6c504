//! What operations cost against the size of the network, the batch and the number of targets, with fitted exponents, and
//! what the largest ones need in memory.
//!
//! `cargo run --release -p attractorlab-studies --example cost_curves [FOLDER]` prints two tables in Markdown and draws
//! `cost-curves.svg` into the folder. `… cost_curves large NAME` runs one operation at N = 10,000 in a process of its own
//! and prints its time and the peak of the process's memory; the tables come from such processes.

use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::Instant;

use attractorlab::dynamics::{ClampedNetwork, EffectiveConnectivity, Input, SimulationOptions, outliers};
use attractorlab::network::{Bulk, Connectivity, Form, RateNetwork, Transfer};
use attractorlab::numerics::kernels::Real;
use attractorlab::numerics::linalg::{Mat, eigenvalues};
use attractorlab::numerics::random::Stream;
use attractorlab::task::FlipFlop;
use attractorlab::training::bptt::{RateUnits, RateWeights, Trainer, TrainingOptions};
use attractorlab::training::{FeedbackTask, OutputTask, RecursiveLeastSquares, recursive_least_squares};
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Marker, Panel};

type Failure = Box<dyn std::error::Error>;

/// One operation at several sizes.
struct Curve {
    name: &'static str,
    /// What grows.
    variable: &'static str,
    sizes: &'static [usize],
    /// The exponent that counting operations gives for large sizes.
    expected: f64,
    /// Seconds of one run of the operation at this size.
    run: fn(usize) -> Result<f64, Failure>,
}

fn seconds(work: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn bulk(n: usize) -> Result<Mat<f64>, Failure> {
    Ok(Bulk::Gaussian { g: 0.8 }.draw(n, &mut Stream::new(1, "cost", 0))?)
}

fn network(n: usize) -> Result<RateNetwork, Failure> {
    let mut stream = Stream::new(2, "cost", 0);
    let m = stream.normals(n);
    let readout = m.iter().map(|m| 1.5 * m).collect();
    let connectivity = Connectivity::new(bulk(n)?)?.with_feedback(m, readout)?;
    Ok(RateNetwork::new(connectivity, Transfer::Tanh, Form::Current))
}

/// Twenty Euler steps of a batch.
fn simulation<T: Real>(n: usize, batch: usize, steps: usize) -> Result<f64, Failure> {
    let network = network(n)?;
    let start = Mat::from_fn(n, batch, |i, c| T::from_f64(((i + c) as f64).sin()));
    let options = SimulationOptions { steps, ..Default::default() };
    seconds(|| {
        black_box(network.simulate(start.as_ref(), Input::Zero, &options)?);
        Ok(())
    })
}

fn spectrum(n: usize) -> Result<f64, Failure> {
    let bulk = bulk(n)?;
    seconds(|| {
        black_box(eigenvalues(bulk.as_ref())?);
        Ok(())
    })
}

fn outlier(n: usize) -> Result<f64, Failure> {
    let network = network(n)?;
    let operator = EffectiveConnectivity::new(network.connectivity(), vec![1.0; n]);
    seconds(|| {
        black_box(outliers(&operator, 0.1)?);
        Ok(())
    })
}

/// Clamped states of the targets and the readout of least squares.
fn least_squares(n: usize, targets: usize) -> Result<f64, Failure> {
    let bulk = bulk(n)?;
    let feedback = Stream::new(3, "cost", 0).normals(n);
    let feedback = Mat::from_fn(n, 1, |i, _| feedback[i]);
    let values = Mat::from_fn(targets, 1, |k, _| 0.5 + 1.5 * (k as f64 + 0.5) / targets as f64);
    let inputs = Mat::zeros(n, 0);
    let task = OutputTask {
        network: ClampedNetwork { bulk: bulk.as_ref(), transfer: Transfer::Tanh },
        feedback: feedback.as_ref(),
        targets: values.as_ref(),
        inputs: inputs.as_ref(),
    };
    seconds(|| {
        // A ridge keeps many targets of one network apart.
        black_box(task.least_squares(1e-6)?);
        Ok(())
    })
}

/// A hundred steps of recursive least squares with the loop closed.
fn recursive(n: usize) -> Result<f64, Failure> {
    let bulk = bulk(n)?;
    let mut stream = Stream::new(4, "cost", 0);
    let (feedback, input, start) = (stream.normals(n), stream.normals(n), stream.normals(n));
    let task = FeedbackTask {
        network: ClampedNetwork { bulk: bulk.as_ref(), transfer: Transfer::Tanh },
        feedback: &feedback,
        input: &input,
        target: 1.0,
    };
    let options = RecursiveLeastSquares { alpha: 1.0, dt: 0.1, duration: 10.0 };
    seconds(|| {
        black_box(recursive_least_squares(task, &start, options)?);
        Ok(())
    })
}

/// One epoch of back-propagation through time in f32.
fn epoch(n: usize) -> Result<f64, Failure> {
    let weights = RateWeights::draw(n, 2, 2, 0.9, &mut Stream::new(1, "network", 0));
    let network = RateUnits::<f32>::new(&weights, Form::Current, Transfer::Tanh, 0.5)?;
    let task = FlipFlop::default();
    let mut trainer = Trainer::new(network, &task, TrainingOptions::default())?;
    trainer.step()?;
    seconds(|| {
        trainer.step()?;
        Ok(())
    })
}

const CURVES: [Curve; 8] = [
    Curve {
        name: "simulation, f32, 100 trials, 20 steps",
        variable: "units N",
        sizes: &[250, 500, 1000, 2000, 4000],
        expected: 2.0,
        run: |n| simulation::<f32>(n, 100, 20),
    },
    Curve {
        name: "simulation, f32, 1000 units, 20 steps",
        variable: "trials",
        sizes: &[50, 100, 200, 400, 800],
        expected: 1.0,
        run: |batch| simulation::<f32>(1000, batch, 20),
    },
    Curve {
        name: "all eigenvalues",
        variable: "units N",
        sizes: &[125, 250, 500, 1000, 2000],
        expected: 3.0,
        run: spectrum,
    },
    Curve {
        name: "leading outlier",
        variable: "units N",
        sizes: &[250, 500, 1000, 2000, 4000],
        expected: 2.0,
        run: outlier,
    },
    Curve {
        name: "least squares, 2 targets",
        variable: "units N",
        sizes: &[250, 500, 1000, 2000, 4000],
        expected: 2.0,
        run: |n| least_squares(n, 2),
    },
    Curve {
        name: "least squares, 1000 units",
        variable: "targets",
        sizes: &[4, 8, 16, 32, 64],
        expected: 1.0,
        run: |targets| least_squares(1000, targets),
    },
    Curve {
        name: "recursive least squares, 100 steps",
        variable: "units N",
        sizes: &[250, 500, 1000, 2000, 4000],
        expected: 2.0,
        run: recursive,
    },
    Curve {
        name: "epoch of back-propagation, f32, 32 trials of 100 steps",
        variable: "units N",
        sizes: &[64, 128, 256, 512, 1024],
        expected: 2.0,
        run: epoch,
    },
];

/// The slope of log t against log size over the three largest sizes.
fn exponent(points: &[(f64, f64)]) -> f64 {
    let last: Vec<(f64, f64)> = points[points.len() - 3..].iter().map(|(n, t)| (n.ln(), t.ln())).collect();
    let mean = |f: fn(&(f64, f64)) -> f64| last.iter().map(f).sum::<f64>() / last.len() as f64;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let product: f64 = last.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    product / last.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}

/// Operations at N = 10,000: the name, and what they hold at least, in GB.
const LARGE: [(&str, f64); 3] = [
    ("simulation in f32, 100 trials, 20 steps", 0.8 + 0.4),
    ("one epoch of back-propagation in f32, 1 trial of 20 steps, Adam", 5.0 * 0.4),
    ("least squares, 2 targets", 0.8),
];

fn large(which: usize) -> Result<f64, Failure> {
    let n = 10_000;
    match which {
        0 => simulation::<f32>(n, 100, 20),
        1 => {
            let weights = RateWeights::draw(n, 2, 2, 0.9, &mut Stream::new(1, "network", 0));
            let network = RateUnits::<f32>::new(&weights, Form::Current, Transfer::Tanh, 0.5)?;
            drop(weights);
            let task = FlipFlop { duration: 10.0, ..FlipFlop::default() };
            let options = TrainingOptions { trials: 1, ..TrainingOptions::default() };
            let mut trainer = Trainer::new(network, &task, options)?;
            seconds(|| {
                trainer.step()?;
                Ok(())
            })
        }
        _ => least_squares(n, 2),
    }
}

/// The peak of this process's memory in GB.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib * 1024.0 / 1e9)
}

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, which] = arguments.as_slice()
        && word == "large"
    {
        let time = large(which.parse()?)?;
        println!("{time} {}", peak().unwrap_or(f64::NAN));
        return Ok(ExitCode::SUCCESS);
    }
    let folder = arguments.first().map_or(".", String::as_str);
    println!(
        "| operation | what grows | smallest | largest | exponent | by counting |\n|---|---|---|---|---|---|"
    );
    let mut panels: Vec<(&str, Panel)> = Vec::new();
    for (k, curve) in CURVES.iter().enumerate() {
        let mut points = Vec::new();
        for &size in curve.sizes {
            let mut best = f64::INFINITY;
            let begin = Instant::now();
            for repetition in 0..5 {
                if repetition > 1 && begin.elapsed().as_secs_f64() > 4.0 {
                    break;
                }
                best = best.min((curve.run)(size)?);
            }
            points.push((size as f64, best));
        }
        let (first, last) = (points[0], points[points.len() - 1]);
        let cell =
            |(size, seconds): (f64, f64)| format!("{size}: {}", attractorlab_figures::duration(seconds));
        println!(
            "| {} | {} | {} | {} | {:.2} | {} |",
            curve.name,
            curve.variable,
            cell(first),
            cell(last),
            exponent(&points),
            curve.expected
        );
        let guide: Vec<(f64, f64)> = curve
            .sizes
            .iter()
            .map(|&n| (n as f64, last.1 * (n as f64 / last.0).powf(curve.expected)))
            .collect();
        let at = panels.iter().position(|(variable, _)| *variable == curve.variable).unwrap_or_else(|| {
            let axes = (Axis::log10(curve.variable), Axis::log10("time of one run, s"));
            panels.push((curve.variable, Panel::new(axes.0, axes.1)));
            panels.len() - 1
        });
        let (variable, panel) = panels.remove(at);
        // Colours come again after six.
        let (colour, marker) = (Colour::category(k), if k < 6 { Marker::Circle } else { Marker::Square });
        let panel = panel
            .layer(Line::through(guide).colour(colour).width(0.8).dashed())
            .layer(Dots::at(points).colour(colour).marker(marker).size(4.0).label(curve.name));
        panels.insert(at, (variable, panel));
    }
    let mut figure = Figure::new("cost-curves", "Time against size")
        .caption("Dots: the best of several runs on one thread. Dashed: the power that counting operations gives, through \
                  the largest size.")
        .columns(2);
    for (_, panel) in panels {
        figure = figure.panel(panel);
    }
    std::fs::write(std::path::Path::new(folder).join("cost-curves.svg"), figure.to_svg())?;

    println!("\n| at N = 10,000 | time | peak memory | held at least |\n|---|---|---|---|");
    for (which, (name, least)) in LARGE.iter().enumerate() {
        let output = Command::new(std::env::current_exe()?).args(["large", &which.to_string()]).output()?;
        let text = String::from_utf8(output.stdout)?;
        let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [time, memory] = numbers.as_slice() else {
            return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)).into());
        };
        println!("| {name} | {} | {memory:.2} GB | {least:.1} GB |", attractorlab_figures::duration(*time));
    }
    Ok(ExitCode::SUCCESS)
}
