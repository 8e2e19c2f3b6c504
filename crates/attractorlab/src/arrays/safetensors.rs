//! Arrays as safetensors.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::path::Path;

use safetensors::tensor::View;
use safetensors::{Dtype, SafeTensors};

use super::{Array, ArrayFileError, Arrays, Values};

/// The one entry of the metadata: with several, their order in the file would be left to chance.
const METADATA: &str = "attractorlab";

fn broken(path: &Path, reason: impl Display) -> ArrayFileError {
    ArrayFileError::Broken { path: path.to_owned(), format: "safetensors", reason: reason.to_string() }
}

pub(super) fn read(bytes: &[u8], path: &Path) -> Result<Arrays, ArrayFileError> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| broken(path, error))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| broken(path, error))?;
    let mut metadata: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in header.metadata().iter().flatten() {
        if key == METADATA {
            let inner: BTreeMap<String, String> =
                serde_json::from_str(value).map_err(|error| broken(path, error))?;
            metadata.extend(inner);
        } else {
            metadata.insert(key.clone(), value.clone());
        }
    }
    let mut arrays = BTreeMap::new();
    for (name, tensor) in tensors.tensors() {
        let data = tensor.data();
        let wide = |convert: fn([u8; 8]) -> f64| {
            Values::F64(data.as_chunks::<8>().0.iter().map(|b| convert(*b)).collect())
        };
        let half = |convert: fn(u16) -> f32| {
            Values::F32(data.as_chunks::<2>().0.iter().map(|b| convert(u16::from_le_bytes(*b))).collect())
        };
        let values = match tensor.dtype() {
            Dtype::F64 => wide(f64::from_le_bytes),
            Dtype::I64 => wide(|b| i64::from_le_bytes(b) as f64),
            Dtype::F32 => {
                Values::F32(data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
            }
            Dtype::I32 => Values::F64(
                data.as_chunks::<4>().0.iter().map(|b| f64::from(i32::from_le_bytes(*b))).collect(),
            ),
            // The upper half of a 32-bit float.
            Dtype::BF16 => half(|bits| f32::from_bits(u32::from(bits) << 16)),
            Dtype::F16 => half(half_precision),
            other => {
                let found = format!("{other:?}");
                return Err(ArrayFileError::Type { path: path.to_owned(), name, found });
            }
        };
        let array = Array::new(tensor.shape().to_vec(), values)
            .ok_or_else(|| broken(path, format!("array '{name}' does not fill its shape")))?;
        arrays.insert(name, array);
    }
    Ok(Arrays { arrays, metadata })
}

/// An IEEE number of 16 bits: 1 of sign, 5 of exponent, 10 of fraction.
fn half_precision(bits: u16) -> f32 {
    let fraction = f32::from(bits & 0x3ff) / 1024.0;
    let size = match (bits >> 10) & 0x1f {
        0 => fraction * (-14.0_f32).exp2(),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        exponent => (1.0 + fraction) * (f32::from(exponent) - 15.0).exp2(),
    };
    if bits >> 15 == 1 { -size } else { size }
}

struct Entry<'a>(&'a Array);

impl View for Entry<'_> {
    fn dtype(&self) -> Dtype {
        match self.0.values {
            Values::F32(_) => Dtype::F32,
            Values::F64(_) => Dtype::F64,
        }
    }
    fn shape(&self) -> &[usize] {
        &self.0.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(match &self.0.values {
            Values::F32(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Values::F64(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        })
    }
    fn data_len(&self) -> usize {
        match &self.0.values {
            Values::F32(values) => 4 * values.len(),
            Values::F64(values) => 8 * values.len(),
        }
    }
}

pub(super) fn write(arrays: &Arrays, path: &Path) -> Result<Vec<u8>, ArrayFileError> {
    let metadata = if arrays.metadata.is_empty() {
        None
    } else {
        let text = serde_json::to_string(&arrays.metadata).map_err(|error| broken(path, error))?;
        Some(HashMap::from([(METADATA.to_owned(), text)]))
    };
    safetensors::serialize(arrays.arrays.iter().map(|(name, array)| (name, Entry(array))), metadata)
        .map_err(|error| broken(path, error))
}

#[cfg(test)]
mod tests {
    use super::half_precision;

    #[test]
    fn half_precision_numbers_are_read() {
        let cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
        ];
        for (bits, value) in cases {
            assert_eq!(half_precision(bits), value);
        }
        assert!(half_precision(0x7c00).is_infinite() && half_precision(0x7e00).is_nan());
    }
}
