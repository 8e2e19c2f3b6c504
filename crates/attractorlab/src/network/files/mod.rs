//! Networks on file: the project's own format, PyTorch's state dictionaries, and arrays by any name.
//!
//! The own format is safetensors (or npz) with the conventions in the metadata: cell, form, transfer function,
//! time constant, time step. Reading it back gives the same network to the last bit. A PyTorch `state_dict` of
//! one `nn.RNN`, `nn.GRU` or `nn.LSTM` layer is recognised by its names; anything else is read with a
//! [`NameMap`] that says which array is what.

mod name_map;
mod own;
mod pytorch;

use std::path::Path;

use attractorlab_numerics::linalg::Mat;

use super::{Network, NetworkError, Transfer};
use crate::arrays::{ArrayFileError, Arrays, NamedArrays};

pub use name_map::{LowRankScale, NameMap};

/// Where a network came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The project's own format.
    Own,
    /// A PyTorch state dictionary.
    PyTorch,
    /// Arrays named by a [`NameMap`].
    Named,
}

/// What a file does not say by itself.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Transfer function of an `nn.RNN`, whose state dictionary does not name it: tanh if `None`.
    pub transfer: Option<Transfer>,
    /// Prefix of the readout's arrays, where several could be it.
    pub readout: Option<String>,
    /// Which array is what, for files of other programs.
    pub map: Option<NameMap>,
}

/// Why a file cannot be read as a network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkFileError {
    /// The file is not readable.
    #[error(transparent)]
    File(#[from] ArrayFileError),
    /// The network is not one.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// An array is missing.
    #[error("there is no array '{name}' in the file; it has {}", .present.join(", "))]
    Missing {
        /// Name of the array.
        name: String,
        /// Those that are there.
        present: Vec<String>,
    },
    /// An array has the wrong shape.
    #[error("array '{name}' must have the shape {expected}, got {found:?}")]
    Shape {
        /// Name of the array.
        name: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: Vec<usize>,
    },
    /// The architecture is not one that can be read.
    #[error("{what}: {advice}")]
    Architecture {
        /// What was found.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// A word of the metadata or the name map cannot be understood.
    #[error("{key} = \"{value}\" must be {expected}")]
    Word {
        /// Which entry.
        key: &'static str,
        /// What it says.
        value: String,
        /// What it may say.
        expected: &'static str,
    },
}

impl Network {
    /// Reads a network from a `.safetensors` or `.npz` file.
    ///
    /// # Errors
    /// [`NetworkFileError`] for a file that is broken, cut short or forged, weights that are NaN or of wrong
    /// shapes, and architectures that are not understood.
    pub fn read(path: &Path, options: &ImportOptions) -> Result<(Self, Origin), NetworkFileError> {
        Self::from_arrays(&Arrays::read(path)?, options)
    }

    /// Makes a network of named arrays: of a file, or lent by another program. Each is copied once.
    ///
    /// # Errors
    /// As [`Network::read`].
    pub fn from_arrays(
        arrays: &dyn NamedArrays,
        options: &ImportOptions,
    ) -> Result<(Self, Origin), NetworkFileError> {
        if let Some(map) = &options.map {
            return Ok((map.network(arrays)?, Origin::Named));
        }
        if arrays.word("format") == Some(own::FORMAT) {
            return Ok((own::read(arrays)?, Origin::Own));
        }
        Ok((pytorch::read(arrays, options)?, Origin::PyTorch))
    }

    /// The network as named arrays in the project's own format.
    pub fn to_arrays(&self) -> Arrays {
        own::write(self)
    }

    /// Writes the network in the project's own format, as `.safetensors` or `.npz`.
    ///
    /// ```
    /// use attractorlab::network::files::ImportOptions;
    /// use attractorlab::network::{Bulk, Cell, Connectivity, Form, Network, RateNetwork, Transfer};
    /// use attractorlab::numerics::random::Stream;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bulk = Bulk::Gaussian { g: 1.2 }.draw(20, &mut Stream::new(1, "bulk", 0))?;
    /// let rate = RateNetwork::new(Connectivity::new(bulk)?, Transfer::Tanh, Form::Current);
    /// let path = std::env::temp_dir().join("attractorlab-network.safetensors");
    /// Network::new(Cell::Rate(rate)).write(&path)?;
    /// let (network, _) = Network::read(&path, &ImportOptions::default())?;
    /// assert_eq!(network.kind(), "tanh rate network (current form)");
    /// # std::fs::remove_file(&path)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NetworkFileError::File`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), NetworkFileError> {
        Ok(self.to_arrays().write(path)?)
    }
}

/// The shape of an array that must be there.
fn wanted<'a>(arrays: &'a dyn NamedArrays, name: &str) -> Result<&'a [usize], NetworkFileError> {
    arrays.shape(name).ok_or_else(|| NetworkFileError::Missing {
        name: name.to_owned(),
        present: arrays.names().into_iter().map(str::to_owned).collect(),
    })
}

/// The values of an array that must be there.
fn vector(arrays: &dyn NamedArrays, name: &str) -> Result<Vec<f64>, NetworkFileError> {
    wanted(arrays, name)?;
    Ok(arrays.vector(name).unwrap_or_default())
}

/// A matrix that must be there.
fn matrix(arrays: &dyn NamedArrays, name: &str) -> Result<Mat<f64>, NetworkFileError> {
    oriented(arrays, name, false)
}

/// A matrix that must be there, or its transpose.
fn oriented(arrays: &dyn NamedArrays, name: &str, transposed: bool) -> Result<Mat<f64>, NetworkFileError> {
    let shape = wanted(arrays, name)?;
    arrays.matrix(name, transposed).ok_or_else(|| NetworkFileError::Shape {
        name: name.to_owned(),
        expected: "of a matrix".to_owned(),
        found: shape.to_vec(),
    })
}

fn parse_transfer(key: &'static str, value: &str, threshold: f64) -> Result<Transfer, NetworkFileError> {
    Ok(match value {
        "tanh" => Transfer::Tanh,
        "erf" => Transfer::Erf,
        "relu" => Transfer::Relu { threshold },
        "linear" => Transfer::Linear,
        "softplus" => Transfer::Softplus,
        "logistic" => Transfer::Logistic,
        _ => {
            let expected = "tanh, erf, relu, linear, softplus or logistic";
            return Err(NetworkFileError::Word { key, value: value.to_owned(), expected });
        }
    })
}

fn parse_form(key: &'static str, value: &str) -> Result<super::Form, NetworkFileError> {
    use super::Form;
    [Form::Current, Form::Rate, Form::Map].into_iter().find(|form| form.name() == value).ok_or_else(|| {
        NetworkFileError::Word { key, value: value.to_owned(), expected: "current, rate or map" }
    })
}
