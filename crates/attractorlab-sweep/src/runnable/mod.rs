//! What can be swept: a function of named parameters and a seed that returns named measures.

mod declared;
mod ensemble;
mod network_spectrum;
mod registry;
mod theory_feedback;
mod theory_forecast;
mod training_readout;
mod training_task;

pub use declared::Declared;
pub use network_spectrum::NetworkSpectrum;
pub use registry::Registry;
pub use theory_feedback::TheoryFeedback;
pub use theory_forecast::TheoryForecast;
pub use training_readout::TrainingReadout;
pub use training_task::TrainingTask;

use attractorlab_numerics::random::Stream;

use crate::{Domain, Kind, Value};

/// Something that can be swept. A point is one call of [`run`](Self::run).
///
/// ```
/// use attractorlab_sweep::{Domain, Kind, Measure, Measures, Parameter, Parameters, RunError, Runnable, Seed};
///
/// struct Walk;
///
/// impl Runnable for Walk {
///     fn name(&self) -> &str {
///         "example.walk"
///     }
///     fn about(&self) -> &str {
///         "Where a random walk ends."
///     }
///     fn version(&self) -> u32 {
///         1
///     }
///     fn is_random(&self) -> bool {
///         true
///     }
///     fn parameters(&self) -> Vec<Parameter> {
///         vec![Parameter::new("steps", Domain::whole(0, 1_000_000), "number of steps").default(100)]
///     }
///     fn measures(&self) -> Vec<Measure> {
///         vec![Measure::new("end", Kind::Number, "position after the last step")]
///     }
///     fn run(&self, parameters: &Parameters<'_>, seed: Seed) -> Result<Measures, RunError> {
///         let mut stream = seed.stream("walk");
///         let end = (0..parameters.integer("steps")?).map(|_| stream.normal()).sum::<f64>();
///         Ok(Measures::new().with("end", end))
///     }
/// }
///
/// let mut registry = attractorlab_sweep::Registry::standard();
/// registry.register(Walk)?;
/// # Ok::<(), attractorlab_sweep::SweepError>(())
/// ```
pub trait Runnable: Send + Sync + 'static {
    /// Its name, `FAMILY.NAME`, as plans write it after `what`.
    fn name(&self) -> &str;

    /// What one point computes, in a sentence.
    fn about(&self) -> &str;

    /// Raised whenever the same point gives other numbers: results of two versions are never mixed.
    fn version(&self) -> u32;

    /// Whether results depend on the seed. What does not is run with one seed.
    fn is_random(&self) -> bool;

    /// The parameters, in the order of the table's columns.
    fn parameters(&self) -> Vec<Parameter>;

    /// The measures, in the order of the table's columns.
    fn measures(&self) -> Vec<Measure>;

    /// Arrays that can be had on request: name and what it holds.
    fn arrays(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// For what no registry will know when the folder is read: see [`Declared`].
    fn declaration(&self) -> Option<String> {
        None
    }

    /// Computes one point. Parameters have been checked against their domains. Parallelism stands outside:
    /// rayon runs serially in here.
    ///
    /// # Errors
    /// [`RunError`] if this point has no result; it becomes a row with status `failed`, and the sweep goes on.
    fn run(&self, parameters: &Parameters<'_>, seed: Seed) -> Result<Measures, RunError>;
}

/// A parameter of a [`Runnable`].
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name, and that of its column.
    pub name: String,
    /// The values it takes.
    pub domain: Domain,
    /// Its value where the plan gives none; without one, the plan must give a value.
    pub default: Option<Value>,
    /// What it is, in a few words.
    pub about: String,
}

impl Parameter {
    /// A parameter that every plan must give.
    pub fn new(name: &str, domain: Domain, about: &str) -> Self {
        Self { name: name.to_owned(), domain, default: None, about: about.to_owned() }
    }

    /// Gives a default.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }
}

/// A measure of a [`Runnable`].
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Its name, and that of its column.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// What it is, in a few words.
    pub about: String,
    /// The measure that is its theory: drawn as a line over its dots.
    pub prediction: Option<String>,
    /// The value at which something changes, like an outlier of 1: its level line is drawn in maps.
    pub boundary: Option<f64>,
}

impl Measure {
    /// A measure.
    pub fn new(name: &str, kind: Kind, about: &str) -> Self {
        Self { name: name.to_owned(), kind, about: about.to_owned(), prediction: None, boundary: None }
    }

    /// Names the measure that is its theory.
    #[must_use]
    pub fn predicted_by(mut self, name: &str) -> Self {
        self.prediction = Some(name.to_owned());
        self
    }

    /// Gives the value at which something changes.
    #[must_use]
    pub fn boundary(mut self, level: f64) -> Self {
        self.boundary = Some(level);
        self
    }
}

/// The seed of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream of this seed for `purpose`; what it draws depends on nothing else.
    pub fn stream(self, purpose: &str) -> Stream {
        Stream::new(self.0, purpose, 0)
    }
}

/// The parameters of one point.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a> {
    pub(crate) names: &'a [Parameter],
    pub(crate) values: &'a [Value],
    pub(crate) arrays: &'a [String],
}

impl Parameters<'_> {
    /// A parameter's value.
    ///
    /// # Errors
    /// [`RunError`] if there is no such parameter.
    pub fn get(&self, name: &str) -> Result<&Value, RunError> {
        self.names
            .iter()
            .position(|parameter| parameter.name == name)
            .map(|index| &self.values[index])
            .ok_or_else(|| {
                RunError::new(format!("defect: it asks for a parameter '{name}' it does not declare"))
            })
    }

    /// A number.
    ///
    /// # Errors
    /// [`RunError`] if there is no such number.
    pub fn number(&self, name: &str) -> Result<f64, RunError> {
        self.get(name)?.as_number().ok_or_else(|| not_a(name, Kind::Number))
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`RunError`] if there is no such whole number.
    pub fn integer(&self, name: &str) -> Result<i64, RunError> {
        match self.get(name)? {
            Value::Integer(value) => Ok(*value),
            _ => Err(not_a(name, Kind::Integer)),
        }
    }

    /// A word.
    ///
    /// # Errors
    /// [`RunError`] if there is no such word.
    pub fn text(&self, name: &str) -> Result<&str, RunError> {
        match self.get(name)? {
            Value::Text(value) => Ok(value),
            _ => Err(not_a(name, Kind::Text)),
        }
    }

    /// True or false.
    ///
    /// # Errors
    /// [`RunError`] if there is no such truth value.
    pub fn truth(&self, name: &str) -> Result<bool, RunError> {
        match self.get(name)? {
            Value::Truth(value) => Ok(*value),
            _ => Err(not_a(name, Kind::Truth)),
        }
    }

    /// Whether the plan asks for the array `name`.
    pub fn wants(&self, name: &str) -> bool {
        self.arrays.iter().any(|array| array == name)
    }

    /// All parameters with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.names.iter().map(|parameter| parameter.name.as_str()).zip(self.values)
    }
}

fn not_a(name: &str, kind: Kind) -> RunError {
    RunError::new(format!("defect: the parameter '{name}' is not {kind}"))
}

/// An array of a point: shape, and entries row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Its name within the point's file.
    pub name: String,
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// Entries, the last dimension fastest.
    pub data: Vec<f64>,
}

/// What one point gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measures {
    pub(crate) values: Vec<(&'static str, Value)>,
    pub(crate) owned: Vec<(String, Value)>,
    pub(crate) arrays: Vec<Array>,
}

impl Measures {
    /// Nothing yet. A declared measure that is never set is missing in the point's row.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a measure.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// Sets a measure if there is a value.
    #[must_use]
    pub fn with_option(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Sets a measure whose name is known only at run time.
    #[must_use]
    pub fn with_named(mut self, name: String, value: impl Into<Value>) -> Self {
        self.owned.push((name, value.into()));
        self
    }

    /// Adds an array; see [`Parameters::wants`].
    #[must_use]
    pub fn with_array(mut self, name: &str, shape: Vec<usize>, data: Vec<f64>) -> Self {
        self.arrays.push(Array { name: name.to_owned(), shape, data });
        self
    }

    /// Measures with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let owned = self.owned.iter().map(|(name, value)| (name.as_str(), value));
        self.values.iter().map(|(name, value)| (*name, value)).chain(owned)
    }
}

/// Why a point has no result, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RunError {
    /// The sentence.
    pub message: String,
}

impl RunError {
    /// A reason in a sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// The library's own reason.
    pub fn because(error: impl std::error::Error) -> Self {
        Self::new(error.to_string())
    }
}
