//! Addresses: 32 bytes, written in base58.

use std::fmt;
use std::str::FromStr;

/// The address of an account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Address(pub [u8; 32]);

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address is 32 bytes in base58")]
pub struct NotAnAddress;

impl Address {
    /// An address known when this is compiled, where a wrong one is a compile error.
    #[must_use]
    pub const fn literal(text: &str) -> Self {
        match bs58::decode(text.as_bytes()).into_array_const() {
            Ok(bytes) => Self(bytes),
            Err(_) => panic!("not an address"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 44];
        let length = five8::encode_32(&self.0, &mut text);
        let text = std::str::from_utf8(&text[..usize::from(length)]);
        formatter.pad(text.map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let mut bytes = [0; 32];
        match five8::decode_32(text, &mut bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(_) => Err(NotAnAddress),
        }
    }
}

#[cfg(test)]
mod tests;
