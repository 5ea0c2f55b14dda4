//! A parsed request: the terms that it means, and the digest that tells it from another.

use api_types::problem::FieldError;
use domain::TokenList;
use domain::order::Terms;

use super::body::{Field, Fields};
use super::{fingerprint, terms};
use crate::error::{ApiError, Code, Result};
use crate::settings::UnnamedPair;

/// A body that is a JSON object.
#[derive(Debug)]
pub(super) struct Request<'a> {
    fields: Fields<'a>,
    /// Its terms, or a list of its errors.
    pub(super) terms: Result<Terms>,
}

impl<'a> Request<'a> {
    /// Reads a body; refuses what is no JSON object.
    pub(super) fn read(body: &'a [u8], tokens: &TokenList, unnamed: UnnamedPair) -> Result<Self> {
        let fields = Fields::read(body)?;
        let names = [Field::TokenIn, Field::TokenOut];
        let is_unnamed = names.iter().all(|name| fields.get(*name).is_none());
        let terms = match unnamed {
            UnnamedPair::Refused if is_unnamed => Err(token_required(names)),
            UnnamedPair::Refused | UnnamedPair::SolForUsdc => terms::read(&fields, tokens),
        };
        Ok(Self { fields, terms })
    }

    /// The same for every spelling of the same request, valid or not.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        fingerprint::of(&self.fields)
    }
}

fn token_required(names: [Field; 2]) -> ApiError {
    let missing = names.map(|name| FieldError {
        field: name.name().to_owned(),
        message: "is missing: an order that spends real money says what it trades".to_owned(),
    });
    ApiError::of_faults(Code::TokenRequired, missing.to_vec())
}
