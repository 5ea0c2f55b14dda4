//! Addresses: 32 bytes, written in base58.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base58;

/// The address of an account on the chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 32]);

/// The text is not the base58 form of 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address: 32 bytes in base58")]
pub struct InvalidAddress;

impl Address {
    /// The address in these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// An address that stands in the code, where a wrong one does not compile.
    ///
    /// # Panics
    /// Where the text is not an address, at compile time in a constant.
    #[must_use]
    pub const fn literal(text: &str) -> Self {
        match bs58::decode(text.as_bytes()).into_array_const() {
            Ok(bytes) => Self(bytes),
            Err(_) => panic!("not an address"),
        }
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let mut bytes = [0; 32];
        match five8::decode_32(text, &mut bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(_) => Err(InvalidAddress),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        base58::address(&self.0, |text| f.pad(text))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        base58::address(&self.0, |text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRAPPED_SOL: &str = "So11111111111111111111111111111111111111112";

    #[test]
    fn an_address_is_printed_as_it_was_written() {
        let address: Address = WRAPPED_SOL.parse().unwrap();

        assert_eq!(address.to_string(), WRAPPED_SOL);
        assert_eq!(address, Address::literal(WRAPPED_SOL));
        assert_eq!(
            serde_json::to_string(&address).unwrap(),
            format!("\"{WRAPPED_SOL}\"")
        );
    }

    #[test]
    fn what_is_not_32_bytes_of_base58_is_no_address() {
        for text in [
            "",
            "SOL",
            "0OIl",
            &WRAPPED_SOL[1..],
            &format!("{WRAPPED_SOL}1"),
        ] {
            assert_eq!(text.parse::<Address>(), Err(InvalidAddress), "{text}");
        }
    }
}
