//! Named arrays on file: safetensors and NumPy's npz.
//!
//! Weights and trajectories come and go in these two formats. Reading is safe: nothing in a file is executed,
//! every length is checked against the bytes that are there, and a broken file is an error. Writing is atomic:
//! a temporary file beside the target is synced and renamed.

mod npz;
mod safetensors;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use attractorlab_numerics::linalg::Mat;

/// The values of an array, in the precision of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit floats. (Integers of a file are read as these.)
    F64(Vec<f64>),
}

/// An array in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    values: Values,
}

impl Array {
    /// An array of this shape; `None` if the number of values is another.
    pub fn new(shape: Vec<usize>, values: Values) -> Option<Self> {
        let length = match &values {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
        };
        (shape.iter().try_fold(1_usize, |product, n| product.checked_mul(*n)) == Some(length))
            .then_some(Self { shape, values })
    }

    /// A vector of 64-bit floats.
    pub fn vector(values: &[f64]) -> Self {
        Self { shape: vec![values.len()], values: Values::F64(values.to_vec()) }
    }

    /// A matrix of 64-bit floats.
    pub fn matrix(matrix: &Mat<f64>) -> Self {
        let (rows, columns) = (matrix.nrows(), matrix.ncols());
        let values = (0..rows).flat_map(|i| (0..columns).map(move |j| matrix[(i, j)])).collect();
        Self { shape: vec![rows, columns], values: Values::F64(values) }
    }

    /// Lengths of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values, in row-major order.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The values as 64-bit floats (exact), in row-major order.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.values {
            Values::F32(values) => values.iter().map(|v| f64::from(*v)).collect(),
            Values::F64(values) => values.clone(),
        }
    }

    /// The array with every value rounded to a 32-bit float.
    #[must_use]
    pub fn rounded_to_f32(&self) -> Self {
        let values = Values::F32(self.to_f64().into_iter().map(|v| v as f32).collect());
        Self { shape: self.shape.clone(), values }
    }

    /// The array as a matrix, if it has two axes.
    pub fn to_matrix(&self) -> Option<Mat<f64>> {
        let [rows, columns] = self.shape[..] else { return None };
        Some(match &self.values {
            Values::F32(values) => Mat::from_fn(rows, columns, |i, j| f64::from(values[i * columns + j])),
            Values::F64(values) => Mat::from_fn(rows, columns, |i, j| values[i * columns + j]),
        })
    }

    /// The transpose of the array as a matrix, if it has two axes.
    pub fn to_transposed_matrix(&self) -> Option<Mat<f64>> {
        let [rows, columns] = self.shape[..] else { return None };
        Some(match &self.values {
            Values::F32(values) => Mat::from_fn(columns, rows, |j, i| f64::from(values[i * columns + j])),
            Values::F64(values) => Mat::from_fn(columns, rows, |j, i| values[i * columns + j]),
        })
    }
}

/// A format of array files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Hugging Face's safetensors.
    Safetensors,
    /// NumPy's npz: a zip archive of npy files.
    Npz,
}

impl Format {
    /// Its name, which is also the extension of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Npz => "npz",
        }
    }

    /// The format that the name of a file asks for.
    ///
    /// # Errors
    /// [`ArrayFileError::Extension`] if it ends in neither `.safetensors` nor `.npz`.
    pub fn of(path: &Path) -> Result<Self, ArrayFileError> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("safetensors") => Ok(Self::Safetensors),
            Some("npz") => Ok(Self::Npz),
            _ => Err(ArrayFileError::Extension { path: path.to_owned() }),
        }
    }
}

/// Why a file of arrays cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayFileError {
    /// The file cannot be opened, read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The name does not say which format is meant.
    #[error("{path}: the name must end in .safetensors or .npz")]
    Extension {
        /// The file.
        path: PathBuf,
    },
    /// The content is not what its format demands: cut short, forged, or of another kind.
    #[error("{path}: not a readable {format} file: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// The format.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// An array has a type that no weight has.
    #[error("{path}: array '{name}' has the type {found}; numbers of 16, 32 or 64 bits are understood")]
    Type {
        /// The file.
        path: PathBuf,
        /// Name of the array.
        name: String,
        /// Its type.
        found: String,
    },
}

/// Arrays by name, with a few words beside them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arrays {
    /// The arrays.
    pub arrays: BTreeMap<String, Array>,
    /// Metadata.
    pub metadata: BTreeMap<String, String>,
}

/// Arrays by name, whoever holds them: [`Arrays`] of a file, or another program that lends its own, which are then
/// copied once, into what is made of them.
pub trait NamedArrays {
    /// The names, in order.
    fn names(&self) -> Vec<&str>;

    /// An entry of the metadata.
    fn word(&self, key: &str) -> Option<&str>;

    /// Lengths of the axes of an array, if there is one of this name.
    fn shape(&self, name: &str) -> Option<&[usize]>;

    /// The values of an array in row-major order, if there is one of this name.
    fn vector(&self, name: &str) -> Option<Vec<f64>>;

    /// An array as a matrix, or its transpose, if there is one of this name and it has two axes.
    fn matrix(&self, name: &str, transposed: bool) -> Option<Mat<f64>>;
}

impl NamedArrays for Arrays {
    fn names(&self) -> Vec<&str> {
        self.arrays.keys().map(String::as_str).collect()
    }

    fn word(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    fn shape(&self, name: &str) -> Option<&[usize]> {
        self.arrays.get(name).map(Array::shape)
    }

    fn vector(&self, name: &str) -> Option<Vec<f64>> {
        self.arrays.get(name).map(Array::to_f64)
    }

    fn matrix(&self, name: &str, transposed: bool) -> Option<Mat<f64>> {
        let array = self.arrays.get(name)?;
        if transposed { array.to_transposed_matrix() } else { array.to_matrix() }
    }
}

impl Arrays {
    /// Reads a file; its first bytes tell the format.
    ///
    /// # Errors
    /// [`ArrayFileError`] if it cannot be read, is broken, or holds something else than numbers.
    pub fn read(path: &Path) -> Result<Self, ArrayFileError> {
        let bytes = fs::read(path).map_err(|source| ArrayFileError::Io { path: path.to_owned(), source })?;
        Self::from_bytes(&bytes, path)
    }

    /// Reads a file that is in memory already; `path` is named in errors.
    ///
    /// # Errors
    /// As [`Arrays::read`].
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, ArrayFileError> {
        if bytes.starts_with(b"PK") { npz::read(bytes, path) } else { safetensors::read(bytes, path) }
    }

    /// Writes a file in the format that its name asks for. The same arrays always give the same bytes.
    ///
    /// ```
    /// use attractorlab::arrays::{Array, Arrays};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut arrays = Arrays::default();
    /// arrays.arrays.insert("x".to_owned(), Array::vector(&[1.0, 2.0]));
    /// let path = std::env::temp_dir().join("attractorlab-example.npz");
    /// arrays.write(&path)?;
    /// assert_eq!(Arrays::read(&path)?, arrays);
    /// # std::fs::remove_file(&path)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ArrayFileError`] if the name has another extension or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ArrayFileError> {
        let bytes = self.to_bytes(Format::of(path)?, path)?;
        replace(path, &bytes).map_err(|source| ArrayFileError::Io { path: path.to_owned(), source })
    }

    /// The content of a file in this format; `path` is named in errors.
    ///
    /// # Errors
    /// [`ArrayFileError`] if the arrays are too large for the format.
    pub fn to_bytes(&self, format: Format, path: &Path) -> Result<Vec<u8>, ArrayFileError> {
        match format {
            Format::Safetensors => safetensors::write(self, path),
            Format::Npz => npz::write(self, path),
        }
    }
}

/// Puts `bytes` in the place of `path`: written beside it, synced, renamed.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}
