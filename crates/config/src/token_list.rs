//! The setting that names a token list.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use domain::TokenList;

/// Larger than any list of tokens that people trade.
const LENGTH_MAX: u64 = 64 << 20;

/// The list of a file; none stands for the cluster's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named(pub(super) Option<Arc<TokenList>>);

/// Reads the list in this file, if one is named.
pub(super) fn token_list(path: &str) -> Result<Named, String> {
    if path.is_empty() {
        return Ok(Named(None));
    }
    let text = read(path).map_err(|error| format!("a file with a token list ({error})"))?;
    let list = TokenList::from_json(&text);
    list.map(|list| Named(Some(Arc::new(list))))
        .map_err(|error| format!("a token list, but {error}"))
}

fn read(path: &str) -> std::io::Result<String> {
    let mut text = String::new();
    let length = File::open(path)?
        .take(LENGTH_MAX + 1)
        .read_to_string(&mut text)?;
    if u64::try_from(length).is_ok_and(|length| length <= LENGTH_MAX) {
        Ok(text)
    } else {
        Err(std::io::Error::other("larger than 64 MiB"))
    }
}
