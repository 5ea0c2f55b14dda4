//! Files that settings name.

use std::fs::File;
use std::io::{Error, Read, Result};

/// The text of a file of at most so many MiB.
pub(crate) fn read(path: &str, mib_max: u64) -> Result<String> {
    let length_max = mib_max << 20;
    let mut text = String::new();
    let length = File::open(path)?
        .take(length_max + 1)
        .read_to_string(&mut text)?;
    match u64::try_from(length).is_ok_and(|length| length <= length_max) {
        true => Ok(text),
        false => Err(Error::other(format!("larger than {mib_max} MiB"))),
    }
}
