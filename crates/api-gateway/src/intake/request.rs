//! A parsed request: the terms that it means, and the digest that tells it from another.

use domain::TokenList;
use domain::order::Terms;

use super::body::Fields;
use super::{fingerprint, terms};
use crate::error::Result;

/// A body that is a JSON object.
#[derive(Debug)]
pub(super) struct Request<'a> {
    fields: Fields<'a>,
    /// Its terms, or a list of its errors.
    pub(super) terms: Result<Terms>,
}

impl<'a> Request<'a> {
    /// Reads a body; refuses what is no JSON object.
    pub(super) fn read(body: &'a [u8], tokens: &TokenList) -> Result<Self> {
        let fields = Fields::read(body)?;
        let terms = terms::read(&fields, tokens);
        Ok(Self { fields, terms })
    }

    /// The same for every spelling of the same request, valid or not.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        fingerprint::of(&self.fields)
    }
}
