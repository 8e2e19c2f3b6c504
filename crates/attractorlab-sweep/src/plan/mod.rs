//! Plans: what to run, over which points, measuring what.
//!
//! ```toml
//! [run]
//! what = "network.spectrum"
//! seeds = 20                    # the seeds 0 to 19; or a list [3, 5, 8]
//!
//! [axes]                        # every combination is a point, the first axis outermost, seeds innermost
//! units = [100, 200, 400]
//! overlap = { range = [0.0, 2.0], points = 21 }
//!
//! [fixed]
//! g = 0.8
//!
//! [measure]                     # without it, all measures and no arrays
//! keep = ["leading_re", "predicted"]
//! arrays = ["eigenvalues"]
//! format = "npz"               # of the arrays' files: npz (also without it) or safetensors
//! ```
//!
//! An axis is a list, or one of `{ range = [a, b], points = n }` (or `step = s`), `{ log-range = [a, b], points = n }`,
//! `{ uniform = [a, b], points = n, seed = s }`, `{ log-uniform = [a, b], points = n, seed = s }`. Axes in one
//! `[[zip]]` table move together.

mod axis;
mod estimate;
mod hash;
mod parse;
mod schema;
mod source;

pub use estimate::Estimate;
pub use hash::Key;
pub use schema::schema;

use std::path::Path;
use std::sync::Arc;

use attractorlab::arrays::Format;

use crate::{Measure, Parameter, Parameters, Registry, Runnable, Seed, SweepError, Value};

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct PlanError {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// One axis, or several that move together.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// Indices of the parameters.
    pub(crate) parameters: Vec<usize>,
    /// Values of each.
    pub(crate) values: Vec<Vec<Value>>,
}

impl Group {
    pub(crate) fn len(&self) -> usize {
        self.values[0].len()
    }
}

/// A checked plan. Its points are numbered: the last axis changes faster than the first, and seeds fastest.
#[derive(Clone)]
pub struct Plan {
    text: String,
    runnable: Arc<dyn Runnable>,
    parameters: Vec<Parameter>,
    groups: Vec<Group>,
    base: Vec<Value>,
    seeds: Vec<u64>,
    measures: Vec<Measure>,
    arrays: Vec<String>,
    array_format: Format,
    points: u64,
    hash: String,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plan({} over {} points, {})", self.runnable.name(), self.points, self.hash)
    }
}

impl Plan {
    /// Reads a plan from its text.
    ///
    /// ```
    /// use attractorlab_sweep::{Plan, Registry};
    ///
    /// let text = "
    ///     [run]
    ///     what = 'theory.feedback'
    ///     [axes]
    ///     g = { range = [0.0, 2.0], step = 0.5 }
    ///     target = [0.5, 1.0]
    /// ";
    /// let plan = Plan::parse(text, &Registry::standard())?;
    /// assert_eq!(plan.points(), 10);
    /// let slip = Plan::parse(&text.replace("target", "traget"), &Registry::standard()).unwrap_err();
    /// assert_eq!(slip.hint.as_deref(), Some("did you mean 'target'?"));
    /// assert_eq!(slip.line, 6);
    /// # Ok::<(), attractorlab_sweep::PlanError>(())
    /// ```
    ///
    /// # Errors
    /// [`PlanError`] with the line of the first thing that is wrong.
    pub fn parse(text: &str, registry: &Registry) -> Result<Self, PlanError> {
        parse::parse(text, registry)
    }

    /// Reads a plan from a file.
    ///
    /// # Errors
    /// [`SweepError::ReadPlan`] or [`SweepError::Plan`].
    pub fn read(path: &Path, registry: &Registry) -> Result<Self, SweepError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SweepError::ReadPlan { path: path.to_owned(), source })?;
        Self::parse(&text, registry).map_err(|error| SweepError::Plan { path: path.to_owned(), error })
    }

    #[allow(clippy::too_many_arguments, reason = "one caller, which has these parts in hand")]
    fn new(
        text: String,
        runnable: Arc<dyn Runnable>,
        parameters: Vec<Parameter>,
        groups: Vec<Group>,
        base: Vec<Value>,
        seeds: Vec<u64>,
        chosen: parse::Chosen,
    ) -> Option<Self> {
        let parse::Chosen { measures, arrays, array_format } = chosen;
        let points = groups
            .iter()
            .try_fold(seeds.len() as u64, |points, group| points.checked_mul(group.len() as u64))?;
        let mut plan = Self {
            text,
            runnable,
            parameters,
            groups,
            base,
            seeds,
            measures,
            arrays,
            array_format,
            points,
            hash: String::new(),
        };
        plan.hash = hash::plan_hash(&plan);
        Some(plan)
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it runs.
    pub fn runnable(&self) -> &dyn Runnable {
        &*self.runnable
    }

    /// Number of points.
    pub fn points(&self) -> u64 {
        self.points
    }

    /// All parameters of the runnable, in the order of the table's columns.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The chosen measures.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// The chosen arrays.
    pub fn arrays(&self) -> &[String] {
        &self.arrays
    }

    /// The format of their files.
    pub fn array_format(&self) -> Format {
        self.array_format
    }

    /// The seeds.
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// The hash of the plan's canonical form. It does not depend on how the plan is written: a range and the
    /// list of its values are the same plan.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Axes from the outermost in: names that move together, and the number of values.
    pub fn axes(&self) -> Vec<(Vec<&str>, usize)> {
        self.groups
            .iter()
            .map(|group| {
                let names = group.parameters.iter().map(|index| self.parameters[*index].name.as_str());
                (names.collect(), group.len())
            })
            .collect()
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The values of all parameters at a point, and its seed.
    ///
    /// # Panics
    /// If there is no such point.
    pub fn point(&self, point: u64) -> (Vec<Value>, Seed) {
        assert!(point < self.points, "the plan has {} points, none of number {point}", self.points);
        let mut values = self.base.clone();
        let mut rest = point;
        let mut digit = |length: usize| {
            let digit = (rest % length as u64) as usize;
            rest /= length as u64;
            digit
        };
        let seed = Seed(self.seeds[digit(self.seeds.len())]);
        for group in self.groups.iter().rev() {
            let position = digit(group.len());
            for (parameter, column) in group.parameters.iter().zip(&group.values) {
                values[*parameter] = column[position].clone();
            }
        }
        (values, seed)
    }

    /// The key of a point: the same in every plan that contains the point.
    pub fn key(&self, values: &[Value], seed: Seed) -> Key {
        hash::key(&*self.runnable, &self.parameters, values, seed)
    }

    pub(crate) fn view<'a>(&'a self, values: &'a [Value]) -> Parameters<'a> {
        Parameters { names: &self.parameters, values, arrays: &self.arrays }
    }
}
