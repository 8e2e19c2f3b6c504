//! Arrays of a point as NumPy's npz: a zip archive of npy files, not compressed.

use std::io::{self, Write};

use crate::Array;

/// The npy file of an array of little-endian float64.
fn npy(array: &Array) -> Vec<u8> {
    // A Python tuple: one length alone keeps its comma.
    let shape: Vec<String> = array.shape.iter().map(ToString::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let mut header =
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}{comma}), }}", shape.join(", "));
    // Magic, version and length take ten bytes; the data begin at a multiple of 64.
    let padding = 63 - (10 + header.len()) % 64;
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    for value in &array.data {
        out.extend(value.to_le_bytes());
    }
    out
}

/// The fields that local header and central directory share. The date is 1980-01-01, so that the same arrays
/// always give the same file.
fn common(checksum: u32, size: u32, name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for field in [20_u16, 0, 0, 0, 0x21] {
        out.extend(field.to_le_bytes());
    }
    for field in [checksum, size, size] {
        out.extend(field.to_le_bytes());
    }
    out.extend((name.len() as u16).to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

/// Writes the archive.
pub(crate) fn write(mut out: impl Write, arrays: &[Array]) -> io::Result<()> {
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, "arrays of a point beyond 4 GB");
    let mut directory = Vec::new();
    let mut offset = 0_u64;
    for array in arrays {
        let (name, data) = (format!("{}.npy", array.name), npy(array));
        let size = u32::try_from(data.len()).map_err(|_| too_large())?;
        let fields = common(crc32fast::hash(&data), size, &name);
        let start = u32::try_from(offset).map_err(|_| too_large())?;
        let local = [b"PK\x03\x04".as_slice(), &fields, name.as_bytes(), &data].concat();
        out.write_all(&local)?;
        offset += local.len() as u64;
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(fields);
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    out.write_all(&directory)?;
    let count = (arrays.len() as u16).to_le_bytes();
    let mut end = b"PK\x05\x06\x00\x00\x00\x00".to_vec();
    end.extend(count);
    end.extend(count);
    end.extend((directory.len() as u32).to_le_bytes());
    end.extend(u32::try_from(offset).map_err(|_| too_large())?.to_le_bytes());
    end.extend([0; 2]);
    out.write_all(&end)
}
