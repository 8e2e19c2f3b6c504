//! Names for the parts of a flat slice of parameters.

use std::ops::Range;

use super::BpttError;

/// A named part of the parameters: a matrix, column after column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Where it is.
    pub range: Range<usize>,
}

impl Tensor {
    /// Whether this is its name, with or without the number of its layer.
    fn answers_to(&self, name: &str) -> bool {
        self.name.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix("_l").is_some_and(|layer| layer.parse::<usize>().is_ok())
        })
    }
}

/// The parts of a network's parameters, one after the other without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    tensors: Vec<Tensor>,
}

impl Layout {
    /// Parts of these names, rows and columns.
    pub fn new<S: Into<String>>(shapes: impl IntoIterator<Item = (S, usize, usize)>) -> Self {
        let mut start = 0;
        let tensors = shapes
            .into_iter()
            .map(|(name, rows, columns)| {
                let range = start..start + rows * columns;
                start = range.end;
                Tensor { name: name.into(), rows, columns, range }
            })
            .collect();
        Self { tensors }
    }

    /// The parts, in their order.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.tensors.last().map_or(0, |tensor| tensor.range.end)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part of this name.
    ///
    /// # Errors
    /// [`BpttError::UnknownTensor`], which lists the names.
    pub fn tensor(&self, name: &str) -> Result<&Tensor, BpttError> {
        self.tensors
            .iter()
            .find(|tensor| tensor.name == name)
            .ok_or_else(|| BpttError::UnknownTensor { name: name.to_owned(), known: self.names() })
    }

    /// Its names, as errors list them.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
        names.join(", ")
    }

    /// For each part whether it is among `names`; in a network of several layers `recurrent` names `recurrent_l0`,
    /// `recurrent_l1` and so on together.
    ///
    /// # Errors
    /// [`BpttError`] for an unknown name, or none at all.
    pub fn selection<S: AsRef<str>>(&self, names: &[S]) -> Result<Vec<bool>, BpttError> {
        for name in names {
            if !self.tensors.iter().any(|tensor| tensor.answers_to(name.as_ref())) {
                self.tensor(name.as_ref())?;
            }
        }
        if names.is_empty() {
            return Err(BpttError::NothingTrained { known: self.names() });
        }
        let chosen = |tensor: &Tensor| names.iter().any(|name| tensor.answers_to(name.as_ref()));
        Ok(self.tensors.iter().map(chosen).collect())
    }
}
