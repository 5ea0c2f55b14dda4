//! The parameters of a call, which are told apart by their place.

use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use solana_address::Address;
use solana_hash::Hash;
use solana_signature::Signature;

use crate::json_rpc::error::Error;

/// What stands at each place; a null is as if nothing stood there.
#[derive(Debug)]
pub(super) struct Params(Vec<Value>);

impl Params {
    pub(super) const fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    pub(super) fn get(&self, place: usize) -> Option<&Value> {
        self.0.get(place).filter(|value| !value.is_null())
    }

    /// What may stand at a place.
    pub(super) fn optional<T: DeserializeOwned>(&self, place: usize) -> Result<Option<T>, Error> {
        self.get(place)
            .map(|value| {
                T::deserialize(value)
                    .map_err(|error| Error::invalid_params(format!("Invalid params: {error}.")))
            })
            .transpose()
    }

    /// What must stand at a place.
    pub(super) fn required<T: DeserializeOwned>(&self, place: usize) -> Result<T, Error> {
        self.optional(place)?.ok_or_else(|| {
            let places = self.0.len();
            Error::invalid_params(format!(
                "`params` should have at least {} argument(s), it has {places}",
                place + 1
            ))
        })
    }

    pub(super) fn settings<T: DeserializeOwned + Default>(&self, place: usize) -> Result<T, Error> {
        Ok(self.optional(place)?.unwrap_or_default())
    }

    pub(super) fn address(&self, place: usize) -> Result<Address, Error> {
        address(&self.required::<String>(place)?)
    }
}

pub(super) fn address(text: &str) -> Result<Address, Error> {
    parse(text)
}

pub(super) fn signature(text: &str) -> Result<Signature, Error> {
    parse(text)
}

pub(super) fn hash(text: &str) -> Result<Hash, Error> {
    parse(text)
}

/// Reads every text of a list, which has at most so many.
pub(super) fn list<T>(
    texts: &[String],
    most: usize,
    read: impl Fn(&str) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    if texts.len() > most {
        return Err(Error::invalid_params(format!(
            "Too many inputs provided; max {most}"
        )));
    }
    texts.iter().map(|text| read(text)).collect()
}

/// The longest text of a signature in base58.
const BASE58_MAX: usize = 88;

fn parse<T: FromStr>(text: &str) -> Result<T, Error> {
    let wrong = || Error::invalid_params("Invalid param: WrongSize");
    if text.len() > BASE58_MAX {
        return Err(wrong());
    }
    text.parse().map_err(|_| {
        if bs58::decode(text).into_vec().is_ok() {
            wrong()
        } else {
            Error::invalid_params("Invalid param: Invalid")
        }
    })
}

/// How clients write bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WireEncoding {
    #[default]
    Base58,
    Base64,
}

impl WireEncoding {
    /// The bytes of a text, whose length the caller bounds, or what is wrong with it.
    pub(super) fn decode(self, text: &str) -> Result<Vec<u8>, String> {
        match self {
            Self::Base58 => bs58::decode(text)
                .into_vec()
                .map_err(|error| error.to_string()),
            Self::Base64 => BASE64_STANDARD
                .decode(text)
                .map_err(|error| error.to_string()),
        }
    }
}
