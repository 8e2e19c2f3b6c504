//! IDX, the format of MNIST: a magic number, big-endian sizes, bytes. Plain or gzipped.

use std::borrow::Cow;
use std::path::Path;

use super::super::packed;
use super::ImageError;

const IMAGES: u32 = 0x0000_0803;
const LABELS: u32 = 0x0000_0801;

/// The content, unpacked if it begins as gzip does.
fn unpack<'a>(bytes: &'a [u8], path: &Path, expected: &'static str) -> Result<Cow<'a, [u8]>, ImageError> {
    packed::unpack(bytes).map_err(|reason| ImageError::Idx { path: path.to_owned(), expected, reason })
}

/// The sizes after the magic number, and what follows them, of exactly the length that they promise.
fn sizes(
    bytes: &[u8],
    magic: u32,
    count: usize,
    broken: impl Fn(String) -> ImageError,
) -> Result<(Vec<usize>, &[u8]), ImageError> {
    let header = 4 * (count + 1);
    let words: Vec<u32> =
        bytes.as_chunks::<4>().0.iter().take(count + 1).map(|word| u32::from_be_bytes(*word)).collect();
    if let Some(found) = words.first().filter(|found| **found != magic) {
        let hint = match *found {
            LABELS => ", which is a file of labels",
            IMAGES => ", which is a file of images",
            _ => "",
        };
        return Err(broken(format!("it begins with {found:#010x}{hint}, not {magic:#010x}")));
    }
    if words.len() < count + 1 {
        return Err(broken(format!("{} bytes are too few for the header", bytes.len())));
    }
    let sizes: Vec<usize> = words[1..].iter().map(|w| *w as usize).collect();
    let length = sizes.iter().try_fold(1_usize, |product, n| product.checked_mul(*n));
    let found = bytes.len() - header;
    match length {
        Some(length) if length == found => Ok((sizes, &bytes[header..])),
        _ => Err(broken(format!("its header promises {sizes:?} bytes, and {found} follow it"))),
    }
}

/// Number, height, width and pixels of the images in the bytes of an IDX file; `path` is named in errors.
///
/// # Errors
/// [`ImageError::Idx`] if the bytes are cut short, damaged or of another kind, or there are no images.
pub fn read_idx_images(bytes: &[u8], path: &Path) -> Result<(usize, usize, usize, Vec<u8>), ImageError> {
    let broken = |reason| ImageError::Idx { path: path.to_owned(), expected: "images", reason };
    let bytes = unpack(bytes, path, "images")?;
    let (sizes, pixels) = sizes(&bytes, IMAGES, 3, broken)?;
    if pixels.is_empty() {
        return Err(broken("it holds no pixels".to_owned()));
    }
    Ok((sizes[0], sizes[1], sizes[2], pixels.to_vec()))
}

/// The labels in the bytes of an IDX file; `path` is named in errors.
///
/// # Errors
/// As [`read_idx_images`].
pub fn read_idx_labels(bytes: &[u8], path: &Path) -> Result<Vec<u8>, ImageError> {
    let broken = |reason| ImageError::Idx { path: path.to_owned(), expected: "labels", reason };
    let bytes = unpack(bytes, path, "labels")?;
    let (_, labels) = sizes(&bytes, LABELS, 1, broken)?;
    Ok(labels.to_vec())
}
