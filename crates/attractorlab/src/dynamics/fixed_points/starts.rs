//! Where searches start.

use attractorlab_numerics::linalg::{Mat, MatRef};
use attractorlab_numerics::random::Stream;

use super::super::Dynamics;

/// What a start was made of: no policy alone finds every fixed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedKind {
    /// A state that a trajectory visited: near what the network uses.
    Trajectory,
    /// Made from the network's structure or a theory's prediction.
    Structure,
    /// Drawn at random, independently: the only kind that estimates of completeness may count.
    Random,
    /// A random start pushed away from what was found already.
    Deflation,
}

/// Starting states, as columns, with what each was made of.
#[derive(Debug, Clone)]
pub struct Starts {
    states: Mat<f64>,
    kinds: Vec<SeedKind>,
}

impl Starts {
    /// No starts yet, for a system of `dim` variables.
    pub fn new(dim: usize) -> Self {
        Self { states: Mat::zeros(dim, 0), kinds: Vec::new() }
    }

    /// Adds the columns of `states`. The caller's array is copied, and never changed.
    ///
    /// # Panics
    /// If the states have another height than the system has variables.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, kind: SeedKind, states: MatRef<'_, f64>) -> Self {
        assert_eq!(states.nrows(), self.states.nrows(), "one row for each variable of the system");
        let (before, all) = (self.len(), self.len() + states.ncols());
        self.states.resize_with(states.nrows(), all, |i, c| states[(i, c - before)]);
        self.kinds.extend(std::iter::repeat_n(kind, states.ncols()));
        self
    }

    /// Adds states along structural directions: 0, and ±s·v for each direction v and the scales s = ½, 1, 2.
    ///
    /// For a network with feedback these are its feedback vectors: low-rank feedback puts its states there.
    ///
    /// # Panics
    /// If a direction has another length than the system has variables.
    #[must_use]
    #[track_caller]
    pub fn with_directions<'a>(self, directions: impl IntoIterator<Item = &'a [f64]>) -> Self {
        let dim = self.states.nrows();
        let mut columns = vec![vec![0.0; dim]];
        for direction in directions {
            assert_eq!(direction.len(), dim, "one entry of a direction for each variable of the system");
            for scale in [1.0, -1.0, 0.5, -0.5, 2.0, -2.0] {
                columns.push(direction.iter().map(|v| scale * v).collect());
            }
        }
        let states = Mat::from_fn(dim, columns.len(), |i, c| columns[c][i]);
        self.with(SeedKind::Structure, states.as_ref())
    }

    /// Adds `count` random starts, independent of each other: uniform in the box that is known to hold every
    /// fixed point, or in ±3 where that is unknown or larger.
    #[must_use]
    pub fn with_random(self, system: &(impl Dynamics + ?Sized), count: usize, stream: &mut Stream) -> Self {
        let reach = reach(system);
        let states = Mat::from_fn(system.dim(), count, |i, _| reach[i] * (2.0 * stream.uniform() - 1.0));
        self.with(SeedKind::Random, states.as_ref())
    }

    /// Number of starts.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The states, as columns.
    pub fn states(&self) -> MatRef<'_, f64> {
        self.states.as_ref()
    }

    /// What each start was made of.
    pub fn kinds(&self) -> &[SeedKind] {
        &self.kinds
    }
}

/// Half-widths of the box of random starts.
pub(super) fn reach(system: &(impl Dynamics + ?Sized)) -> Vec<f64> {
    let widest = 3.0;
    system.bounds().map_or_else(
        || vec![widest; system.dim()],
        |bounds| bounds.into_iter().map(|bound| bound.min(widest)).collect(),
    )
}
