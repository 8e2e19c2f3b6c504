//! `theory phase-diagram`: classes of feedback networks over two parameters.

use std::fmt::Write;
use std::path::PathBuf;

use attractorlab::theory::feedback::{
    Class, Inputs, PhaseAxis, PhaseDiagram, PhaseReadout, PhaseSettings, Quantity, phase_diagram,
};
use attractorlab_figures::{Axis, Colour, Figure, Line, Panel, Regions};
use clap::Args;
use serde_json::{Value, json};

use super::theory_feedback::{Name, ReadoutDirection, Training};
use crate::Ending;
use crate::error::CliError;
use crate::terminal;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Horizontal axis: target, g, rho, input-ratio (SI/Sm) or share (a), its ends, and the number of points
    #[arg(long, value_name = "QUANTITY=LOW:HIGH[:POINTS]", allow_hyphen_values = true)]
    x: String,
    /// Vertical axis, likewise
    #[arg(long, value_name = "QUANTITY=LOW:HIGH[:POINTS]", allow_hyphen_values = true)]
    y: String,
    /// The target A, unless an axis gives it
    #[arg(long, visible_alias = "A", value_name = "A", default_value_t = 1.0, allow_negative_numbers = true)]
    target: f64,
    /// Spectral radius g of the bulk, unless an axis gives it
    #[arg(long, value_name = "G", default_value_t = 0.8, allow_negative_numbers = true)]
    g: f64,
    /// Standard deviation Sm of the feedback vector
    #[arg(
        long,
        visible_alias = "sm",
        value_name = "SM",
        default_value_t = 1.2,
        allow_negative_numbers = true
    )]
    feedback_std: f64,
    /// Standard deviation SI of the input vector, unless an axis gives it
    #[arg(
        long,
        visible_alias = "si",
        value_name = "SI",
        default_value_t = 0.5,
        allow_negative_numbers = true
    )]
    input_std: f64,
    /// Weight of the shared direction, unless an axis gives it
    #[arg(long, value_name = "RHO", default_value_t = 0.0, allow_negative_numbers = true)]
    rho: f64,
    /// Share a of the target that Gaussian readouts draw from the feedback, instead of a direction
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    share: Option<f64>,
    #[command(flatten)]
    direction: ReadoutDirection,
    #[command(flatten)]
    training: Training,
    /// How closely boundaries are located, as a fraction of each axis
    #[arg(long, value_name = "FRACTION", default_value_t = 1e-6)]
    tolerance: f64,
    /// The transfer function
    #[arg(long, value_enum, default_value_t = Name::Tanh)]
    transfer: Name,
    /// Write the diagram as an SVG figure
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print classes and boundaries as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  attractorlab theory phase-diagram --x target=-2:2:200 --y g=0:2:200 --p 1 --pm 1 --pi 0.3 -o phases.svg
  attractorlab theory phase-diagram --x target=0.1:2 --y share=0:2.2 --json
  attractorlab theory phase-diagram --readout ls --x target=0.5:2:40 --y g=0.1:1.5:30

Classes: mono, the target is the only state; multi, other states exist; target-unstable; target-bulk-unstable, the
network is chaotic there. Without POINTS an axis has 60.";

fn axis(text: &str) -> Result<PhaseAxis, CliError> {
    let refuse = |reason: &str| CliError::Axis { axis: text.to_owned(), reason: reason.to_owned() };
    let (name, range) = text.split_once('=').ok_or_else(|| refuse("there is no '='"))?;
    let quantity = Quantity::ALL
        .into_iter()
        .find(|q| q.1 == name.trim())
        .ok_or_else(|| refuse("there is no such quantity"))?
        .0;
    let parts: Vec<&str> = range.split(':').collect();
    let [low, high, ref points @ ..] = parts[..] else { return Err(refuse("it needs two ends")) };
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| refuse("an end is not a number"));
    let points = match points {
        [] => 60,
        [points] => {
            points.trim().parse().map_err(|_| refuse("the number of points is not a whole number"))?
        }
        _ => return Err(refuse("it has more than three parts")),
    };
    Ok(PhaseAxis { quantity, low: number(low)?, high: number(high)?, points })
}

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let (x, y) = (axis(&arguments.x)?, axis(&arguments.y)?);
    let readout = match arguments.share {
        Some(share) => PhaseReadout::Share(share),
        None => PhaseReadout::Of(arguments.training.family(arguments.direction.direction())),
    };
    let settings = PhaseSettings {
        transfer: arguments.transfer.transfer(),
        inputs: Inputs {
            g: arguments.g,
            feedback_std: arguments.feedback_std,
            input_std: arguments.input_std,
            rho: arguments.rho,
        },
        target: arguments.target,
        readout,
        tolerance: arguments.tolerance,
    };
    let diagram = phase_diagram(&settings, x, y)?;
    if let Some(path) = &arguments.output {
        let svg = figure(&diagram).to_svg();
        std::fs::write(path, svg)
            .map_err(|source| CliError::SimulationOutput { path: path.display().to_string(), source })?;
    }
    let text = if arguments.json { format!("{:#}\n", as_json(&diagram)) } else { as_text(&diagram) };
    terminal::print(&text);
    Ok(Ending::Good)
}

fn name(quantity: Quantity) -> &'static str {
    Quantity::ALL.into_iter().find(|q| q.0 == quantity).map_or("", |q| q.1)
}

fn label(class: Option<Class>) -> &'static str {
    class.map_or("unrealisable", Class::label)
}

fn as_json(diagram: &PhaseDiagram) -> Value {
    let axis = |a: &PhaseAxis| json!({"quantity": name(a.quantity), "values": a.values()});
    let classes: Vec<Vec<&str>> = diagram
        .classes
        .chunks(diagram.x.points)
        .map(|row| row.iter().map(|class| label(*class)).collect())
        .collect();
    let boundaries: Vec<Value> = diagram
        .boundaries
        .iter()
        .map(|b| json!({"between": b.between.map(label), "points": b.points}))
        .collect();
    json!({"x": axis(&diagram.x), "y": axis(&diagram.y), "classes": classes, "boundaries": boundaries})
}

/// A map in letters, the highest row first, as wide as the terminal bears.
fn as_text(diagram: &PhaseDiagram) -> String {
    const LETTERS: [(char, &str); 5] = [
        ('.', "mono"),
        ('o', "multi"),
        ('#', "target-unstable"),
        ('~', "target-bulk-unstable"),
        (' ', "unrealisable"),
    ];
    let thin = |points: usize, most: usize| (0..points).step_by(points.div_ceil(most)).collect::<Vec<_>>();
    let (columns, mut rows) = (thin(diagram.x.points, 72), thin(diagram.y.points, 30));
    rows.reverse();
    let mut text =
        format!("{} from {} to {}, upwards\n", name(diagram.y.quantity), diagram.y.low, diagram.y.high);
    for row in rows {
        for &column in &columns {
            let class = label(diagram.classes[row * diagram.x.points + column]);
            text.push(LETTERS.iter().find(|l| l.1 == class).map_or('?', |l| l.0));
        }
        text.push('\n');
    }
    let total = diagram.classes.len();
    let _ = write!(
        text,
        "{} from {} to {}, to the right\n\n",
        name(diagram.x.quantity),
        diagram.x.low,
        diagram.x.high
    );
    for (letter, class) in LETTERS {
        let count = diagram.classes.iter().filter(|c| label(**c) == class).count();
        if count > 0 {
            let _ = writeln!(text, "{letter}  {class}: {count} of {total} points");
        }
    }
    text
}

fn figure(diagram: &PhaseDiagram) -> Figure {
    const NAMES: [&str; 5] = ["only state", "with others", "unstable", "chaotic", "unrealisable"];
    let index = |class: Option<Class>| match class {
        Some(Class::Monostable) => 0,
        Some(Class::Bistable) => 1,
        Some(Class::TargetUnstable) => 2,
        Some(Class::TargetBulkUnstable) => 3,
        None => 4,
    };
    let axis = |a: &PhaseAxis| {
        let label = match a.quantity {
            Quantity::Target => "target A",
            Quantity::Gain => "gain g",
            Quantity::Rho => "shared weight ρ",
            Quantity::InputRatio => "input strength S_{I}/S_{m}",
            Quantity::Share => "share of the feedback a",
        };
        Axis::new(label).range(a.low, a.high)
    };
    let classes: Vec<Vec<usize>> = diagram
        .classes
        .chunks(diagram.x.points)
        .map(|row| row.iter().map(|class| index(*class)).collect())
        .collect();
    let mut panel = Panel::new(axis(&diagram.x), axis(&diagram.y)).layer(Regions::new(
        diagram.x.values(),
        diagram.y.values(),
        classes,
        NAMES,
    ));
    for boundary in diagram.boundaries.iter().filter(|b| b.points.len() > 1) {
        panel = panel.layer(Line::through(boundary.points.iter().copied()).colour(Colour::Black).width(1.2));
    }
    Figure::new("phase-diagram", "Phase diagram").panel(panel)
}
