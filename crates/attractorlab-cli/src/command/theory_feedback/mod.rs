//! `theory feedback`: every stationary state of a trained feedback network, and what will happen.

mod text;

use attractorlab::network::Transfer;
use attractorlab::theory::feedback::{
    BulkCorrelation, Direction, Family, Inputs, RecursiveOptions, TrainingStart, forecast, predict_with,
};
use clap::{Args, ValueEnum};

use self::text::Answer;
use crate::Ending;
use crate::error::CliError;
use crate::terminal::{self, Page};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The output A that the readout is trained to hold
    #[arg(long, visible_alias = "A", value_name = "A", allow_negative_numbers = true)]
    target: f64,
    /// Spectral radius g of the random bulk
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    g: f64,
    /// Standard deviation Sm of the feedback vector m
    #[arg(long, visible_alias = "sm", value_name = "SM", allow_negative_numbers = true)]
    feedback_std: f64,
    /// Standard deviation SI of the input vector I
    #[arg(long, visible_alias = "si", value_name = "SI", allow_negative_numbers = true)]
    input_std: f64,
    /// Weight of the direction that m and I share; they correlate by its square
    #[arg(long, value_name = "RHO", default_value_t = 0.0, allow_negative_numbers = true)]
    rho: f64,
    #[command(flatten)]
    direction: ReadoutDirection,
    #[command(flatten)]
    training: Training,
    /// The transfer function
    #[arg(long, value_enum, default_value_t = Name::Tanh)]
    transfer: Name,
    /// Print the prediction as JSON
    #[arg(long)]
    json: bool,
}

/// The direction of a Gaussian readout.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ReadoutDirection {
    /// Weight p of the shared direction in the readout
    #[arg(long, visible_alias = "p", value_name = "P", default_value_t = 0.0, allow_negative_numbers = true)]
    shared: f64,
    /// Weight of m's own direction in the readout
    #[arg(
        long,
        visible_alias = "pm",
        value_name = "PM",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    feedback_own: f64,
    /// Weight of I's own direction in the readout
    #[arg(
        long,
        visible_alias = "pi",
        value_name = "PI",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    input_own: f64,
}

impl ReadoutDirection {
    pub(crate) fn direction(self) -> Direction {
        Direction { shared: self.shared, feedback_own: self.feedback_own, input_own: self.input_own }
    }
}

/// Where the readout comes from.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Training {
    /// Where the readout comes from; --p, --pm and --pi are for a Gaussian one
    #[arg(long, value_enum, default_value_t = Origin::Gaussian)]
    readout: Origin,
    /// Ridge parameter of least squares
    #[arg(long, value_name = "Q", default_value_t = 0.0, allow_negative_numbers = true)]
    ridge: f64,
    /// Where recursive least squares starts
    #[arg(long, value_enum, default_value_t = Start::InputOnly)]
    start: Start,
    /// Number of units, on which recursive least squares depends
    #[arg(long, value_name = "N", default_value_t = 400)]
    units: usize,
    /// Regularisation of recursive least squares
    #[arg(long, value_name = "ALPHA", default_value_t = 1.0, allow_negative_numbers = true)]
    alpha: f64,
    /// Time step of recursive least squares
    #[arg(long, value_name = "DT", default_value_t = 0.1, allow_negative_numbers = true)]
    dt: f64,
    /// Duration of recursive least squares
    #[arg(long, value_name = "T", default_value_t = 50.0, allow_negative_numbers = true)]
    duration: f64,
}

/// The families of readouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Origin {
    /// Gaussian along a direction, independent of the bulk
    Gaussian,
    /// Gaussian along mA + I, the direction of least squares
    GaussianLs,
    /// Least squares on the clamped state (ridge regression with --ridge)
    Ls,
    /// Least squares with its dependence on the bulk dropped
    LsDecorrelated,
    /// Slow gradient descent: the online delta rule
    Gd,
    /// Recursive least squares (FORCE)
    Rls,
}

/// Where recursive least squares starts.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Start {
    /// The stationary state with the output clamped at zero
    InputOnly,
    /// A random state
    Random,
}

impl Training {
    pub(crate) fn family(&self, direction: Direction) -> Family {
        let least_squares = |correlation| Family::LeastSquares { ridge: self.ridge, correlation };
        match self.readout {
            Origin::Gaussian => Family::Gaussian(direction),
            Origin::GaussianLs => Family::GaussianLeastSquares,
            Origin::Ls => least_squares(BulkCorrelation::Kept),
            Origin::LsDecorrelated => least_squares(BulkCorrelation::Dropped),
            Origin::Gd => Family::SlowGradientDescent,
            Origin::Rls => Family::Recursive(RecursiveOptions {
                units: self.units,
                alpha: self.alpha,
                dt: self.dt,
                duration: self.duration,
                start: match self.start {
                    Start::InputOnly => TrainingStart::InputOnly,
                    Start::Random => TrainingStart::Random,
                },
            }),
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  attractorlab theory feedback --target 1 --g 0.8 --sm 1.2 --si 0.5 --pi 1
  attractorlab theory feedback --target -1.5 --g 0.3 --sm 1.2 --si 0.5 --rho 0.5 --p 1 --pm 1 --pi 0.3 --json
  attractorlab theory feedback --readout ls --target 1.5 --g 0.5 --sm 1.2 --si 0.15
  attractorlab theory feedback --readout rls --start input-only --units 200 --target 1.5 --g 0.5 --sm 1.2 --si 0.15

A Gaussian readout is n = c (p xi + pm eta_m + pi eta_I), with c such that the target is stationary; the others are
trained. Outliers are
eigenvalues of J diag(phi'): a state is stable if they and the bulk radius stay below 1.";

/// The transfer functions of this theory.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Name {
    /// tanh x
    Tanh,
    /// erf(x/√2)
    Erf,
}

impl Name {
    pub(crate) fn transfer(self) -> Transfer {
        match self {
            Self::Tanh => Transfer::Tanh,
            Self::Erf => Transfer::Erf,
        }
    }
}

pub(crate) fn execute(arguments: &Arguments) -> Result<Ending, CliError> {
    let transfer = arguments.transfer.transfer();
    let inputs = Inputs {
        g: arguments.g,
        feedback_std: arguments.feedback_std,
        input_std: arguments.input_std,
        rho: arguments.rho,
    };
    let direction = arguments.direction.direction();
    let weights = [direction.shared, direction.feedback_own, direction.input_own];
    let family = arguments.training.family(direction);
    let answer = if let Family::Gaussian(direction) = family {
        let prediction = predict_with(transfer, inputs, direction, arguments.target)?;
        let forecast = forecast(transfer, inputs, family, arguments.target)?;
        Answer::gaussian(transfer, forecast, &prediction, weights)
    } else {
        if weights != [0.0; 3] {
            return Err(CliError::DirectionOfTrained);
        }
        Answer::of(transfer, forecast(transfer, inputs, family, arguments.target)?)
    };
    let text =
        if arguments.json { format!("{:#}\n", answer.as_json()) } else { answer.as_text(Page::stdout()) };
    terminal::print(&text);
    Ok(Ending::Good)
}
