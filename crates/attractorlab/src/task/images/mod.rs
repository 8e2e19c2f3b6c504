//! Images to be classified: MNIST and its kin as IDX files, and the 8×8 digits that come with the library.

mod idx;
mod projection;

use std::path::{Path, PathBuf};

use attractorlab_numerics::random::Stream;

pub use idx::{read_idx_images, read_idx_labels};
pub use projection::Projection;

/// Labelled images of one size, in the bytes of their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    height: usize,
    width: usize,
    pixels: Vec<u8>,
    labels: Vec<u8>,
    /// The byte that is white.
    white: u8,
}

/// Images to train on and images to test on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageData {
    /// Training images.
    pub train: Images,
    /// Test images.
    pub test: Images,
}

/// Why images cannot be read or split.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what its name promises.
    #[error("{path}: not a readable IDX file of {expected}: {reason}")]
    Idx {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        expected: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Images and labels do not belong together.
    #[error("{images} has {image_count} images, but {labels} has {label_count} labels")]
    Counts {
        /// The file of images.
        images: PathBuf,
        /// Their number.
        image_count: usize,
        /// The file of labels.
        labels: PathBuf,
        /// Their number.
        label_count: usize,
    },
    /// A label is beyond the classes.
    #[error(
        "{path}: label {label} of image {image} is out of range: there are {classes} classes, numbered from 0"
    )]
    Label {
        /// The file.
        path: PathBuf,
        /// The image, numbered from 0.
        image: usize,
        /// Its label.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
    /// A folder has not the four files.
    #[error(
        "{folder}: no file {name}, plain or with .gz; a folder of images holds train-images-idx3-ubyte, \
         train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte"
    )]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The file that was looked for.
        name: &'static str,
    },
    /// More test images are asked for than there are.
    #[error("cannot set {test} of {images} images aside for the test: at least one must be left to train on")]
    Split {
        /// Number of test images.
        test: usize,
        /// Number of images.
        images: usize,
    },
    /// Training and test images have different sizes.
    #[error("training images are {train:?} pixels, test images {test:?}")]
    Sizes {
        /// Height and width of the training images.
        train: (usize, usize),
        /// Height and width of the test images.
        test: (usize, usize),
    },
}

/// Number of classes of the digits.
pub const CLASSES: usize = 10;

impl Images {
    /// Reads images and their labels (0 to 9) from two IDX files, plain or gzipped; white is 255.
    ///
    /// # Errors
    /// [`ImageError`] if a file is cut short, of another kind, or a label out of range.
    pub fn read(images: &Path, labels: &Path) -> Result<Self, ImageError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|source| ImageError::Io { path: path.to_owned(), source })
        };
        Self::from_bytes((&read(images)?, images), (&read(labels)?, labels), 255)
    }

    fn from_bytes(
        (images, image_path): (&[u8], &Path),
        (labels, label_path): (&[u8], &Path),
        white: u8,
    ) -> Result<Self, ImageError> {
        let (count, height, width, pixels) = read_idx_images(images, image_path)?;
        let labels = read_idx_labels(labels, label_path)?;
        if labels.len() != count {
            return Err(ImageError::Counts {
                images: image_path.to_owned(),
                image_count: count,
                labels: label_path.to_owned(),
                label_count: labels.len(),
            });
        }
        if let Some(image) = labels.iter().position(|label| usize::from(*label) >= CLASSES) {
            let (path, label) = (label_path.to_owned(), labels[image]);
            return Err(ImageError::Label { path, image, label, classes: CLASSES });
        }
        Ok(Self { height, width, pixels, labels, white })
    }

    /// The 1797 digits of 8×8 pixels that come with the library (white is 16). Their origin stands in
    /// `src/task/images/digits/README.md`.
    ///
    /// ```
    /// use attractorlab::task::images::Images;
    /// let digits = Images::digits();
    /// assert_eq!((digits.count(), digits.pixels_per_image(), digits.label(3)), (1797, 64, 3));
    /// ```
    ///
    /// # Panics
    /// Never: the files are part of the library and tested.
    pub fn digits() -> Self {
        let (images, labels) = (Path::new("digits (images)"), Path::new("digits (labels)"));
        Self::from_bytes(
            (include_bytes!("digits/images-idx3-ubyte.gz"), images),
            (include_bytes!("digits/labels-idx1-ubyte.gz"), labels),
            16,
        )
        .expect("the digits of the library can be read")
    }

    /// Number of images.
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    /// Height and width in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.height, self.width)
    }

    /// Number of pixels of an image.
    pub fn pixels_per_image(&self) -> usize {
        self.height * self.width
    }

    /// The pixels of an image, row by row, as in the file.
    ///
    /// # Panics
    /// If there is no such image.
    #[track_caller]
    pub fn pixels(&self, image: usize) -> &[u8] {
        let size = self.pixels_per_image();
        &self.pixels[image * size..(image + 1) * size]
    }

    /// The byte that is white: pixels over it lie in [0, 1].
    pub fn white(&self) -> u8 {
        self.white
    }

    /// The label of an image.
    ///
    /// # Panics
    /// If there is no such image.
    #[track_caller]
    pub fn label(&self, image: usize) -> usize {
        usize::from(self.labels[image])
    }

    fn select(&self, images: &[usize]) -> Self {
        Self {
            pixels: images.iter().flat_map(|&i| self.pixels(i).iter().copied()).collect(),
            labels: images.iter().map(|&i| self.labels[i]).collect(),
            ..*self
        }
    }
}

impl ImageData {
    /// Sets `test` images aside at random, by the stream (seed, "images: split", 0).
    ///
    /// # Errors
    /// [`ImageError::Split`] if none would be left.
    pub fn split(images: &Images, test: usize, seed: u64) -> Result<Self, ImageError> {
        if test >= images.count() {
            return Err(ImageError::Split { test, images: images.count() });
        }
        let order = Stream::new(seed, "images: split", 0).permutation(images.count());
        Ok(Self { test: images.select(&order[..test]), train: images.select(&order[test..]) })
    }

    /// The digits of the library, 360 of them for the test.
    ///
    /// # Errors
    /// Never: 360 is less than 1797.
    pub fn digits(seed: u64) -> Result<Self, ImageError> {
        Self::split(&Images::digits(), 360, seed)
    }

    /// Reads MNIST, or a data set that takes its place, from a folder with its four IDX files, plain or gzipped.
    ///
    /// # Errors
    /// [`ImageError`] if a file is missing, broken, or does not fit the others.
    pub fn read_folder(folder: &Path) -> Result<Self, ImageError> {
        let find = |name: &'static str| {
            // The two spellings that are in use.
            let spellings = [name.to_owned(), name.replace("-idx", ".idx")];
            spellings
                .iter()
                .flat_map(|name| [folder.join(name), folder.join(format!("{name}.gz"))])
                .find(|path| path.is_file())
                .ok_or_else(|| ImageError::Missing { folder: folder.to_owned(), name })
        };
        let train = Images::read(&find("train-images-idx3-ubyte")?, &find("train-labels-idx1-ubyte")?)?;
        let test = Images::read(&find("t10k-images-idx3-ubyte")?, &find("t10k-labels-idx1-ubyte")?)?;
        if train.size() != test.size() {
            return Err(ImageError::Sizes { train: train.size(), test: test.size() });
        }
        Ok(Self { train, test })
    }
}
