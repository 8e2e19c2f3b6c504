//! Files that may be gzipped.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::GzDecoder;

/// Most bytes that are unpacked: twenty times MNIST.
const LARGEST: u64 = 1 << 30;

/// The content, unpacked if it begins as gzip does; what is wrong with it otherwise.
pub(super) fn unpack(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut out = Vec::new();
    let read = GzDecoder::new(bytes)
        .take(LARGEST + 1)
        .read_to_end(&mut out)
        .map_err(|error| format!("the gzip stream is damaged or cut short ({error})"))?;
    if read as u64 > LARGEST {
        return Err("more than a gigabyte when unpacked".to_owned());
    }
    Ok(Cow::Owned(out))
}
