//! The setting that names a token list.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use domain::TokenList;

/// Larger than any list of tokens that people trade.
const LENGTH_MAX: u64 = 64 << 20;

/// Reads the list in this file; nothing stands for the cluster's own list.
pub(super) fn token_list(path: &str) -> Result<Arc<TokenList>, String> {
    if path.is_empty() {
        return Ok(Arc::new(TokenList::mainnet()));
    }
    let text = read(path).map_err(|error| format!("a file with a token list ({error})"))?;
    let list = TokenList::from_json(&text);
    list.map(Arc::new)
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
