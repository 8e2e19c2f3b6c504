//! Short texts to be classified: reviews with ratings, vectors for their words, and the task of telling whether a
//! review is for or against.
//!
//! | wanted | item |
//! |---|---|
//! | rated texts, from a file or those that come with the library | [`Snippets`] |
//! | a vector for each word, from the texts alone | [`WordVectors`] |
//! | texts as numbers, to train on and to test on | [`TextData`] |
//! | the task | [`TextClassification`] with its [`TextOptions`] |

mod classification;
mod data;
mod snippets;
mod vectors;

use std::path::PathBuf;

use attractorlab_numerics::linalg::LinalgError;

pub use classification::{TextClassification, accuracy};
pub use data::{TextData, TextOptions};
pub use snippets::{Snippet, Snippets, words};
pub use vectors::WordVectors;

/// Why texts cannot be read or used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A file cannot be read.
    #[error("{path}: {reason}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A file holds no rated texts.
    #[error(
        "{path}, line {line}: {reason}; a line must be `rating TAB text` or `id TAB rating TAB text`, in UTF-8, plain \
         or gzipped"
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, numbered from 1; 0 for the whole file.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A folder holds no file of texts, or several.
    #[error(
        "{folder}: a folder of texts must hold one file that ends in .tsv or .tsv.gz, and this one holds {found}"
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// How many there are.
        found: usize,
    },
    /// A number is out of its range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the argument.
        name: &'static str,
        /// Its range.
        expected: String,
        /// What was given.
        value: f64,
    },
    /// Too few texts to set some aside.
    #[error("cannot set {validation} of {texts} texts aside: at least one must be left to train on")]
    Split {
        /// Number to be set aside.
        validation: usize,
        /// Number of texts with words that have vectors.
        texts: usize,
    },
    /// The texts are too few, or too much alike, for word vectors of this dimension.
    #[error("the texts do not give word vectors of dimension {dimension}: {source}")]
    Vectors {
        /// The dimension.
        dimension: usize,
        /// What the decomposition said.
        source: LinalgError,
    },
}
