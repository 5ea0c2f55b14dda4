//! Wallets as people and orders name them.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;

/// The longest name.
const LENGTH_MAX: usize = 32;

/// What an operator calls a wallet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WalletName(Arc<str>);

/// The text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name of 1 to {LENGTH_MAX} lower-case letters, digits, - and _")]
pub struct InvalidWalletName;

impl WalletName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, InvalidWalletName> {
        let is_allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
        };
        let is_name = (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(is_allowed);
        is_name.then(|| Self(text.into())).ok_or(InvalidWalletName)
    }

    /// The name of the one wallet where nobody gave it another.
    #[must_use]
    pub fn main() -> Self {
        Self("main".into())
    }

    /// The name as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WalletName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for WalletName {
    type Error = InvalidWalletName;

    fn try_from(text: String) -> Result<Self, InvalidWalletName> {
        Self::parse(&text)
    }
}

impl From<WalletName> for String {
    fn from(name: WalletName) -> Self {
        name.0.as_ref().to_owned()
    }
}

/// A wallet: what it is called, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedWallet {
    pub name: WalletName,
    pub address: Address,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        for text in ["main", "desk-2", "a", "x_1", &"a".repeat(32)] {
            assert_eq!(WalletName::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "Main", "a b", "a=b", "ä", "a,b", &"a".repeat(33)] {
            assert_eq!(WalletName::parse(text), Err(InvalidWalletName), "{text}");
        }
    }
}
