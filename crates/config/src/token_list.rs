//! The setting that names a token list.

use std::sync::Arc;

use domain::TokenList;

use crate::text_file;

/// In MiB, larger than any list of tokens that people trade.
const FILE_MIB_MAX: u64 = 64;

/// The list of a file; none stands for the cluster's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named(pub(super) Option<Arc<TokenList>>);

impl Named {
    /// This list, or else another one.
    pub(super) fn or(&self, other: impl FnOnce() -> TokenList) -> Arc<TokenList> {
        let named = self.0.clone();
        named.unwrap_or_else(|| Arc::new(other()))
    }
}

/// Reads the list in this file, if one is named.
pub(super) fn token_list(path: &str) -> Result<Named, String> {
    if path.is_empty() {
        return Ok(Named(None));
    }
    let text = text_file::read(path, FILE_MIB_MAX);
    let text = text.map_err(|error| format!("a file with a token list ({error})"))?;
    let list = TokenList::from_json(&text);
    list.map(|list| Named(Some(Arc::new(list))))
        .map_err(|error| format!("a token list, but {error}"))
}
