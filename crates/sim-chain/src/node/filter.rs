//! Which accounts of a program are asked for.

use serde::Deserialize;
use serde_json::Value;

use super::params::WireEncoding;
use crate::json_rpc::error::Error;

const FILTERS_MAX: usize = 4;
/// The longest piece of data that one filter compares.
const COMPARED_BYTES_MAX: usize = 128;
/// No piece of so many bytes has a longer text.
const COMPARED_TEXT_MAX: usize = 2 * COMPARED_BYTES_MAX;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filter {
    DataSize(usize),
    Compare { offset: usize, bytes: Vec<u8> },
}

impl Filter {
    pub(super) fn takes(&self, data: &[u8]) -> bool {
        match self {
            Self::DataSize(size) => data.len() == *size,
            Self::Compare { offset, bytes } => data
                .get(*offset..)
                .is_some_and(|data| data.starts_with(bytes)),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Stated {
    DataSize(usize),
    Memcmp(Memcmp),
}

#[derive(Debug, Deserialize)]
struct Memcmp {
    offset: usize,
    bytes: Bytes,
    encoding: Option<WireEncoding>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Bytes {
    Text(String),
    Bytes(Vec<u8>),
}

/// Reads the list of filters.
pub(super) fn read(stated: &[Value]) -> Result<Vec<Filter>, Error> {
    if stated.len() > FILTERS_MAX {
        return Err(Error::invalid_params(format!(
            "Too many filters provided; max {FILTERS_MAX}"
        )));
    }
    stated.iter().map(read_one).collect()
}

fn read_one(stated: &Value) -> Result<Filter, Error> {
    let stated = Stated::deserialize(stated)
        .map_err(|error| Error::invalid_params(format!("Invalid params: {error}.")))?;
    let memcmp = match stated {
        Stated::DataSize(size) => return Ok(Filter::DataSize(size)),
        Stated::Memcmp(memcmp) => memcmp,
    };
    let wrong =
        || Error::invalid_params("Invalid Request: encoded binary data is too long or wrong");
    let encoding = memcmp.encoding.unwrap_or_default();
    let bytes = match memcmp.bytes {
        Bytes::Bytes(bytes) => bytes,
        Bytes::Text(text) if text.len() > COMPARED_TEXT_MAX => return Err(wrong()),
        Bytes::Text(text) => encoding.decode(&text).map_err(|_| wrong())?,
    };
    if bytes.len() > COMPARED_BYTES_MAX {
        return Err(wrong());
    }
    Ok(Filter::Compare {
        offset: memcmp.offset,
        bytes,
    })
}
