//! Arrays as npz: a zip archive of npy files.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use npyz::{DType, NpyFile, Order, TypeChar, WriterBuilder};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::{Array, ArrayFileError, Arrays, Values};

/// Metadata are the bytes of a JSON text in this array: npz has no other place for them.
const METADATA: &str = "__attractorlab__";

fn broken(path: &Path, reason: impl Display) -> ArrayFileError {
    ArrayFileError::Broken { path: path.to_owned(), format: "npz", reason: reason.to_string() }
}

pub(super) fn read(bytes: &[u8], path: &Path) -> Result<Arrays, ArrayFileError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(path, error))?;
    let mut out = Arrays::default();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| broken(path, error))?;
        let file = entry.name().map_err(|error| broken(path, error))?.into_owned();
        let Some(name) = file.strip_suffix(".npy").map(str::to_owned) else {
            return Err(broken(path, format!("it holds '{file}', which is not a .npy file")));
        };
        // No length of the headers is trusted: the content grows as it is unpacked, up to what deflate can
        // make of the file.
        let mut content = Vec::new();
        let limit = (bytes.len() as u64).saturating_mul(1100);
        entry.take(limit).read_to_end(&mut content).map_err(|error| broken(path, error))?;
        let file =
            NpyFile::new(content.as_slice()).map_err(|error| broken(path, format!("{name}: {error}")))?;
        let Some(length) = checked_length(file.shape()) else {
            return Err(broken(path, format!("array '{name}' is larger than any memory")));
        };
        if length > content.len() {
            return Err(broken(path, format!("array '{name}' is cut short")));
        }
        if name == METADATA {
            let text: Vec<u8> = file.into_vec().map_err(|error| broken(path, error))?;
            out.metadata = serde_json::from_slice(&text).map_err(|error| broken(path, error))?;
        } else {
            let array = array(file, &name, path)?;
            out.arrays.insert(name, array);
        }
    }
    Ok(out)
}

fn checked_length(shape: &[u64]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, n| product.checked_mul(usize::try_from(*n).ok()?))
}

fn array(file: NpyFile<&[u8]>, name: &str, path: &Path) -> Result<Array, ArrayFileError> {
    let shape: Vec<usize> = file.shape().iter().map(|n| *n as usize).collect();
    let (order, dtype) = (file.order(), file.dtype());
    let wrong = || ArrayFileError::Type {
        path: path.to_owned(),
        name: name.to_owned(),
        found: dtype.descr().trim_matches('\'').to_owned(),
    };
    let DType::Plain(plain) = &dtype else { return Err(wrong()) };
    let failed = |error: std::io::Error| broken(path, format!("{name}: {error}"));
    macro_rules! widened {
        ($type:ty) => {{
            let values: Vec<$type> = file.into_vec().map_err(failed)?;
            Values::F64(values.into_iter().map(|v| v as f64).collect())
        }};
    }
    let values = match (plain.type_char(), plain.size_field()) {
        (TypeChar::Float, 4) => Values::F32(file.into_vec().map_err(failed)?),
        (TypeChar::Float, 8) => Values::F64(file.into_vec().map_err(failed)?),
        (TypeChar::Int, 8) => widened!(i64),
        (TypeChar::Int, 4) => widened!(i32),
        (TypeChar::Uint, 8) => widened!(u64),
        (TypeChar::Uint, 1) => widened!(u8),
        (TypeChar::Bool, _) => {
            let values: Vec<bool> = file.into_vec().map_err(failed)?;
            Values::F64(values.into_iter().map(|v| f64::from(u8::from(v))).collect())
        }
        _ => return Err(wrong()),
    };
    let values = if order == Order::Fortran && shape.len() > 1 {
        match values {
            Values::F32(values) => Values::F32(to_row_major(&shape, &values)),
            Values::F64(values) => Values::F64(to_row_major(&shape, &values)),
        }
    } else {
        values
    };
    Array::new(shape, values).ok_or_else(|| broken(path, format!("array '{name}' does not fill its shape")))
}

fn to_row_major<T: Copy>(shape: &[usize], values: &[T]) -> Vec<T> {
    let mut index = vec![0; shape.len()];
    (0..values.len())
        .map(|_| {
            let at = index.iter().zip(shape).rev().fold(0, |at, (i, n)| at * n + i);
            // The last index runs fastest.
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                if index[axis] < shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
            values[at]
        })
        .collect()
}

fn npy<T: npyz::AutoSerialize + Copy>(shape: &[usize], values: &[T]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let shape: Vec<u64> = shape.iter().map(|n| *n as u64).collect();
    let mut writer = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(&mut out).begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()?;
    Ok(out)
}

pub(super) fn write(arrays: &Arrays, path: &Path) -> Result<Vec<u8>, ArrayFileError> {
    let mut files = BTreeMap::new();
    let failed = |error: std::io::Error| broken(path, error);
    for (name, array) in &arrays.arrays {
        let bytes = match &array.values {
            Values::F32(values) => npy(&array.shape, values),
            Values::F64(values) => npy(&array.shape, values),
        };
        files.insert(name.as_str(), bytes.map_err(failed)?);
    }
    if !arrays.metadata.is_empty() {
        let text = serde_json::to_vec(&arrays.metadata).map_err(|error| broken(path, error))?;
        files.insert(METADATA, npy(&[text.len()], &text).map_err(failed)?);
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    // A fixed date: the same arrays give the same bytes.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .large_file(files.values().any(|bytes| bytes.len() as u64 > 0xffff_0000));
    for (name, bytes) in files {
        writer.start_file(format!("{name}.npy"), options).map_err(|error| broken(path, error))?;
        writer.write_all(&bytes).map_err(failed)?;
    }
    writer.finish().map(Cursor::into_inner).map_err(|error| broken(path, error))
}

#[cfg(test)]
mod tests {
    use super::to_row_major;

    #[test]
    fn column_major_arrays_are_turned() {
        assert_eq!(to_row_major(&[2, 3], &[0, 10, 1, 11, 2, 12]), [0, 1, 2, 10, 11, 12]);
        assert_eq!(
            to_row_major(&[2, 2, 2], &[0, 100, 10, 110, 1, 101, 11, 111]),
            [0, 1, 10, 11, 100, 101, 110, 111]
        );
    }
}
